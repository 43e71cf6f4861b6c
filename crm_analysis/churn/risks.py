"""Who is at risk, what goes with leaving, and how far forecasts of it can be trusted: the tables of the page.

A facade. The probabilities are those of the candidate that did best on earlier days; the model where no other is surely
better. What cannot be learned from the book raises a BookError that says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm_analysis.churn.at_risk import AtRisk, at_risk, segment_of
from crm_analysis.churn.definition.rhythm import rhythm
from crm_analysis.churn.survival.baselines import alive_scores
from crm_analysis.churn.survival.evaluation import ALIVE, CANDIDATES, MODEL, RECENCY, Trial, rolling_origin
from crm_analysis.churn.survival.explain import Drivers, cox_rows, drivers
from crm_analysis.churn.survival.panel import HORIZONS, account_quarters, quarter_ends, risk_rows
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells
    from crm_analysis.churn.survival.discrete import LeavingModel
    from crm_analysis.value.lifetime.worth import Worth


@dataclass(frozen=True)
class Risks:
    """Leaving as it can be forecast from `book` by `spells`; `frame` is one row per account known on their day.

    `value` gives the lifetime values, None where none can be told; it is called when the list asks for them.
    """

    book: Book
    spells: Spells
    frame: pd.DataFrame
    value: Callable[[], Worth | None]

    # --- what is learned from ---

    @cached_property
    def landmarks(self) -> list[dt.date]:
        """The quarter ends learned from, earliest first."""
        return quarter_ends(self.book, self.spells.as_of, self.spells.silence)

    @cached_property
    def panel(self) -> pd.DataFrame:
        """Account-quarters of the landmarks (`panel.account_quarters`); raises BookError if there are none."""
        if not self.landmarks:
            raise BookError(label("risk_short").format(begins=self.spells.begins, day=self.spells.as_of))
        return account_quarters(self.book, self.landmarks, self.spells)

    @cached_property
    def today(self) -> pd.DataFrame:
        """The accounts there on the day of the spells, with their features; raises BookError if there are none."""
        day = self.spells.as_of
        if self.landmarks and self.landmarks[-1] == day:
            found = self.panel[self.panel["as_of"].dt.date == day].reset_index(drop=True)
        else:
            found = account_quarters(self.book, [day], self.spells)
        if found.empty:
            raise BookError(label("risk_nobody").format(day=day))
        return found

    # --- how far to trust it ---

    @cached_property
    def trial(self) -> Trial:
        """Forecasts made on earlier days and what came (`evaluation.rolling_origin`); raises BookError without any."""
        day, silence = self.spells.as_of, dt.timedelta(days=self.spells.silence)
        tried = [own for own in self.landmarks if after(own, "3M") + silence <= day]
        panel = self.panel[self.panel["as_of"].dt.date.isin(tried)].reset_index(drop=True)
        try:
            if panel.empty:
                raise UserError(label("leave_nothing_decided"))
            self.model  # noqa: B018 -- what cannot be learned today could not be learned earlier
            return rolling_origin(self._scored(panel), self.spells)
        except UserError as refused:
            raise BookError(_sentence("leave_untried", refused)) from None

    @property
    def candidates(self) -> pd.DataFrame:
        """As `Trial.summary`, with the words for each candidate; columns that no origin can tell are left out."""
        table = self.trial.summary.rename(columns={"expected": "expected_came", "lift": "tenth_lift"})
        table = table.dropna(axis="columns", how="all").round(3)
        return table.assign(model=table["model"].map(titled))

    @property
    def by_origin(self) -> pd.DataFrame:
        """The log score, leavers and, of the model, ranking of each day on which forecasts were made."""
        found = self.trial.by_origin
        wide = found.pivot(index="as_of", columns="model", values="log_score").add_prefix("log_score_")
        counts = found[found["model"] == MODEL].set_index("as_of")[["forecasts", "leavers"]]
        return counts.join(wide).rename_axis("made_on").reset_index().round(3)

    @property
    def horizon(self) -> int:
        """The longest horizon, in quarters, that forecasts tried have wholly seen; raises BookError without one."""
        if not self.trial.decided:
            raise BookError(label("leave_undecided").format(horizon=HORIZONS[0]))
        return self.trial.decided[-1]

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Forecast and came of the candidate used, by groups of risk: group, forecasts, predicted, came, low, high."""
        table = self.trial.calibration(self.used, self.horizon)
        table = table.rename(columns={"group": "risk_group", "predicted": "chance", "came": "came_true"})
        return table.round(3)

    @cached_property
    def recalibration(self) -> pd.DataFrame:
        """Intercept and slope of the candidate used (`Trial.recalibration`); raises BookError if there are none."""
        try:
            return self.trial.recalibration(self.used, self.horizon)
        except BookError:
            raise
        except UserError as refused:
            raise BookError(str(refused)) from None

    # --- the model ---

    @cached_property
    def model(self) -> LeavingModel:
        """The model fitted to all that is decided today; raises BookError if too few accounts left."""
        return self._fitted(MODEL)  # type: ignore[no-any-return]

    @cached_property
    def used(self) -> str:
        """The candidate whose probabilities the list shows: the best one tried, the model where none could be tried."""
        try:
            return self.trial.chosen
        except BookError:
            return MODEL

    @cached_property
    def listed(self) -> AtRisk:
        """The accounts at risk, by the candidate used (`at_risk.at_risk`)."""
        panel, curve = self.today, self.used == ALIVE
        model: LeavingModel = self._fitted(RECENCY if curve else self.used)
        if curve:  # of one score: it has no interval, and its reason is silence
            told = self._fitted(ALIVE).predict(self._scored(panel))
            told = told.assign(**{f"{end}_{h}": told[f"p_{h}"] for h in HORIZONS for end in ("low", "high")})
        else:
            told = model.predict(panel)
        known = told["p_1"].notna().to_numpy()
        panel, told = panel[known].reset_index(drop=True), told[known].reset_index(drop=True)
        why = model.contributions(panel, segment_of(panel, self.frame))
        told = told.dropna(axis="columns", how="all")
        return at_risk(self.spells, panel, told, why, self.frame, self.value(), None if curve else model)

    @property
    def accounts(self) -> pd.DataFrame:
        """The rows of `listed`; without the interval of a probability where the candidate used has none."""
        table = self.listed.accounts
        ends = [name for name in table if name[:-1] in ("low_", "high_")]
        return table.drop(columns=ends) if self.used == ALIVE else table

    @property
    def reach(self) -> int:
        """Quarters ahead that the list looks: the longest that can be told, 4 at most."""
        return max(horizon for horizon in HORIZONS if f"p_{horizon}" in self.listed.accounts)

    @property
    def silent(self) -> pd.DataFrame:
        """The accounts there that are silent for longer than nine in ten of their gaps, the largest revenue first.

        Columns: account_id, name, segment, rep_id, revenue (of the last year), silent_days, rhythm_days, silence_ratio.
        """
        table = rhythm(self.book, self.spells.as_of, self.frame.set_index("account_id")["segment"])
        there = self.spells.there(self.spells.as_of)
        there = there[~there["said_goodbye"]]
        table = table[table["account_id"].isin(there["account_id"]) & (table["silence_ratio"] > 1)]
        names = [name for name in ("name", "segment", "rep_id", "revenue") if name in self.frame]
        table = table[["account_id", "silent_days", "rhythm_days", "silence_ratio"]].merge(
            self.frame[["account_id", *names]], on="account_id"
        )
        columns = ["account_id", *names, "silent_days", "rhythm_days", "silence_ratio"]
        return table.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)[columns]

    # --- what goes with leaving ---

    @cached_property
    def drivers(self) -> Drivers:
        """Hazard ratios (`explain.drivers`); raises BookError if too few accounts left."""
        try:
            return drivers(cox_rows(self.panel, self.spells))
        except BookError:
            raise
        except UserError as refused:
            raise BookError(_sentence("risk_no_drivers", refused)) from None

    @property
    def driver_table(self) -> pd.DataFrame:
        """The drivers, the clearest first: term, hazard_ratio, low_95, high_95, p_holm where told."""
        own = self.drivers.summary
        order = (own["coefficient"] / own["standard_error"]).abs().sort_values(ascending=False, kind="stable").index
        table = own.loc[order].rename(columns={"low": "low_95", "high": "high_95"})
        columns = ["term", "hazard_ratio", "low_95", "high_95", "p_holm"]
        return table[[name for name in columns if name in table]].reset_index(drop=True)

    # --- how it is made ---

    def _fitted(self, candidate: str) -> Any:
        rows = risk_rows(self.panel, self.spells, self.spells.as_of)
        try:
            return CANDIDATES[candidate]().fit(rows, self._scored(self.panel) if candidate == ALIVE else self.panel)
        except UserError as refused:
            raise BookError(_sentence("risk_none", refused)) from None

    def _scored(self, panel: pd.DataFrame) -> pd.DataFrame:
        """The panel with the score of P(alive)."""
        days = [day.date() for day in panel["as_of"].unique()]
        return panel.merge(alive_scores(self.book, days), on=["as_of", "account_id"], how="left")


def titled(candidate: str) -> str:
    """What a reader calls a candidate."""
    return label(f"candidate_{candidate}")


def _sentence(key: str, refused: UserError) -> str:
    """Why something cannot be told, as a sentence: the label's words, unless the refusal is one already."""
    words = str(refused)
    begun = label(key).split("{")[0]
    return words if words.startswith(begun) else label(key).format(reason=words)
