"""What satisfaction hangs on: the tables of the page.

A facade over `answers` and `frame` (one row per account). What the book cannot carry raises a BookError in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book.questionnaire import IMPRESSIONS
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.satisfaction.drivers.asked import WINDOW, Asked, asked
from crm_analysis.satisfaction.drivers.derived import Derived, derived
from crm_analysis.satisfaction.drivers.impressions import by_team, overall, ratings, titled
from crm_analysis.satisfaction.drivers.ordered import OrderedLogit, ordered_logit
from crm_analysis.satisfaction.drivers.quadrants import Map, importance_map
from crm_analysis.satisfaction.drivers.ready import service_quality
from crm_analysis.satisfaction.drivers.stated import Stated, stated
from crm_analysis.satisfaction.paths import PathModel, path_model
from crm_analysis.satisfaction.scores.measures import accounts_said

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.answers import Answers

BORDER = 0.5
"""Share of the draws in a quadrant below which a dimension is said to lie on the border."""


@dataclass(frozen=True)
class Drivers:
    """What the overall answer in `answers` hangs on, and how `frame`'s teams are rated.

    `dimensions` are groups of items, the survey's own unless given; `target` the item that they should explain;
    `window` is how far back importance is learned from.
    """

    answers: Answers
    frame: pd.DataFrame
    dimensions: Mapping[str, tuple[str, ...]] | None = None
    target: str | None = None
    window: str = WINDOW
    level: float = field(default=LEVEL)

    # --- importance ---

    @cached_property
    def asked(self) -> Asked:
        """The questionnaires learned from (`asked.asked`); raises BookError if they are too few."""
        return asked(self.answers, self.dimensions, self.target, self.window)

    @cached_property
    def derived(self) -> Derived:
        """Importance as the answers tell it (`derived.derived`)."""
        return derived(self.asked, self.level)

    @cached_property
    def map(self) -> Map:
        """Importance against performance (`quadrants.importance_map`)."""
        return importance_map(self.derived)

    @cached_property
    def stated(self) -> Stated:
        """Importance as people say it (`stated.stated`); raises BookError where nobody does."""
        own = self.derived
        return stated(own.asked.source, own.asked.groups, own.asked.accounts, own.weights, self.level)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The dimensions, the most important first, in short; what a managing director reads.

        dimension, performance, importance, low_importance, high_importance, ten_points, stated_rank (where anybody said
        what is important), quadrant (in words), quadrant_share.
        """
        own = self.derived.table[["dimension", "points", "real"]].rename(columns={"points": "ten_points"})
        table = self.map.table.merge(own, on="dimension")
        columns = ["dimension", "performance", "importance", "low_importance", "high_importance", "ten_points"]
        try:
            table = table.merge(self.stated.table[["dimension", "stated_rank"]], on="dimension", how="left")
            columns.append("stated_rank")
        except BookError:
            pass
        table = table.sort_values(["importance", "dimension"], ascending=[False, True], ignore_index=True)
        table["quadrant"] = [
            _placed(place, real, share)
            for place, real, share in zip(table["quadrant"], table["real"], table["quadrant_share"], strict=True)
        ]
        table.loc[~table["real"], "quadrant_share"] = np.nan
        return _rounded(table[[*columns, "quadrant", "quadrant_share"]])

    @cached_property
    def details(self) -> pd.DataFrame:
        """The dimensions for an analyst, in the order asked.

        dimension, with_target (correlation), coefficient (standardised), low_coefficient, high_coefficient, ten_odds
        (ordered logit, ten points more) with low_ten_odds and high_ten_odds where it can be fitted, importance,
        other_importance, above_noise, low_above_noise, high_above_noise.
        """
        from scipy.stats import t as student

        names = ["dimension", "correlation", "coefficient", "low_coefficient", "high_coefficient"]
        table = self.derived.table[names].rename(columns={"correlation": "with_target"})
        try:
            fit, z = self.ordered, float(student.ppf((1 + self.level) / 2, self.asked.heard - 1))
            error = np.sqrt(np.maximum(np.diag(fit.cov), 0.0))
            table["ten_odds"] = np.exp(fit.coef)
            table["low_ten_odds"], table["high_ten_odds"] = np.exp(fit.coef - z * error), np.exp(fit.coef + z * error)
        except BookError:
            pass
        more = ["importance", "other_importance", "above_noise", "low_above_noise", "high_above_noise"]
        table[more] = self.derived.table[more]
        return _rounded(table.dropna(axis="columns", how="all"))

    @cached_property
    def ordered(self) -> OrderedLogit:
        """Ordered logit of the raw answers on the dimensions, for ten points each; whole questionnaires only.

        Answers on scales of different width have thresholds of their own and share the coefficients. Raises BookError
        where it has no finite answer, or fewer accounts gave whole questionnaires than the dimensions need.
        """
        own = self.asked
        whole = ~np.isnan(own.values).any(axis=1) & ~np.isnan(own.widths)
        values, widths = own.values[whole], own.widths[whole]
        heard, needed = len(np.unique(own.account[whole])), 10 * len(own.dimensions)
        if heard < needed:
            raise BookError(label("ordered_few", accounts=accounts_said(heard), needed=needed))
        return ordered_logit(values[:, -1] * widths, values[:, :-1] * 10, own.account[whole], widths)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Importance by draw of accounts, in shares of R2: a row per draw, a column per dimension."""
        import pandas as pd

        return pd.DataFrame(self.derived.shares, columns=self.asked.dimensions)

    @property
    def service(self) -> Drivers:
        """The same for the ready map of service quality; raises BookError where the survey has fewer than two of it."""
        groups = service_quality(self.answers.asks, self.answers.items)
        return self if groups == dict(self.answers.asks.dimensions) else replace(self, dimensions=groups)

    # --- the three impressions ---

    @cached_property
    def impressions_derived(self) -> Derived:
        """How much hangs on each impression (`derived.derived`)."""
        return derived(asked(self.answers, self._impressions, self.target, self.window), self.level)

    @cached_property
    def impressions(self) -> pd.DataFrame:
        """The impressions in their order, in words.

        impression, accounts, performance, low, high, points_lost, low_points_lost, high_points_lost, p_holm, importance
        (where it can be told).
        """
        table = overall(self._ratings, self.level).drop(columns="loses")
        try:
            own = self.impressions_derived.table.set_index("dimension")
            table["importance"] = table["impression"].map(own["importance"])
        except BookError:
            pass
        return _rounded(table.assign(impression=[titled(name) for name in table["impression"]]))

    @cached_property
    def team_details(self) -> pd.DataFrame:
        """Teams and impressions (`impressions.by_team`), in words; sales offices where the book has no teams."""
        table = self._teams.drop(columns="loses")
        return _rounded(table.assign(impression=[titled(name) for name in table["impression"]]))

    @cached_property
    def teams(self) -> pd.DataFrame:
        """One row per team, or sales office where the book names no teams.

        team (or sales_office), accounts, a column per impression, loses_on, points_lost, low_points_lost,
        high_points_lost.

        loses_on is the impression on which its accounts are surely below those of the other teams, the one with most
        points lost if there are several; the points are those.
        """
        import pandas as pd

        rows = []
        for name, own in self._teams.groupby("team", sort=False):
            row: dict[str, object] = {"team": name, "accounts": int(own["accounts"].max())}
            row |= {
                f"impression_{one}": value for one, value in zip(own["impression"], own["performance"], strict=True)
            }
            lost = own[own["loses"]].sort_values(["points_lost", "impression"], ascending=[False, True])
            none = label("team_few") if own["performance"].isna().all() else label("team_none")
            row["loses_on"] = titled(str(lost["impression"].iloc[0])) if len(lost) else none
            row |= {
                part: lost[part].iloc[0] if len(lost) else np.nan
                for part in ("points_lost", "low_points_lost", "high_points_lost")
            }
            rows.append(row)
        return _rounded(pd.DataFrame(rows).rename(columns={"team": self.by}))

    @property
    def by(self) -> str:
        """What a team is here: team, or sales_office where the book names no teams."""
        named = "team" in self.frame and self.frame["team"].replace("", None).notna().any()
        return "team" if named else "sales_office"

    @property
    def _impressions(self) -> dict[str, tuple[str, ...]]:
        own = self.answers.asks.impressions
        return {name: tuple(own[name]) for name in IMPRESSIONS if name in own}

    @cached_property
    def _ratings(self) -> pd.DataFrame:
        return ratings(self.answers, self._impressions)

    @cached_property
    def _teams(self) -> pd.DataFrame:
        if self.by not in self.frame:
            raise BookError(label("impressions_nobody"))
        return by_team(self._ratings, self.frame.set_index("account_id")[self.by], self.level)

    # --- the path model ---

    @cached_property
    def path_model(self) -> PathModel:
        """The path model that the survey allows (`paths.path_model`); raises BookError where it allows none."""
        import pandas as pd

        asks, ours = self.answers.asks, self.answers.ours
        blocks = {name: tuple(items) for name, items in asks.constructs.items()}
        if not asks.paths or not blocks:
            raise BookError(label("paths_none"))
        rows = ours.of(ours.people["answered_on"] > pd.Timestamp(before(self.answers.as_of, self.window)))
        return path_model(rows.shares, asks.paths, blocks, accounts=rows.people["account_id"], level=self.level)

    @cached_property
    def paths(self) -> pd.DataFrame:
        """What each construct hangs on, the most first: hangs, hangs_on, path, total, low_total, high_total; in words.

        path is the direct effect, empty where one hangs on the other only through others; total is all of it.
        """
        order = {name: place for place, name in enumerate(self.path_model.constructs["construct"])}
        table = self.path_model.paths
        table = table.assign(
            place=table["target"].map(order), size=-table["total"].abs(), name=table["source"].map(order)
        )
        table = table.sort_values(["place", "size", "name"], ignore_index=True)
        table["path"] = table["path"].where(table["low"].notna())
        table["hangs"] = [titled(name) for name in table["target"]]
        table["hangs_on"] = [titled(name) for name in table["source"]]
        return _rounded(table[["hangs", "hangs_on", "path", "total", "low_total", "high_total"]])

    @cached_property
    def path_details(self) -> pd.DataFrame:
        """The constructs: construct, measured_by (questions), r2, low_r2, high_r2, ave, reliability; in words."""
        table = self.path_model.constructs.drop(columns=["first_eigenvalue", "second_eigenvalue"]).rename(
            columns={"items": "measured_by"}
        )
        return _rounded(table.assign(construct=[titled(name) for name in table["construct"]]))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and by which rule; empty where nothing can be learned."""
        try:
            return self.derived.notes
        except BookError:
            return ()


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """To four digits: beyond them sums may depend on the machine's order of adding up."""
    return table.round(4)


def _placed(place: str, real: bool, share: float) -> str:
    """The words for a quadrant: for one that holds in fewer than half of the draws, that it is on the border."""
    if not real:
        return label("quadrant_chance")
    if not place:
        return ""
    return label("quadrant_border") if share < BORDER else label(f"quadrant_{place}")
