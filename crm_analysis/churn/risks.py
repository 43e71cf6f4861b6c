"""Who is at risk, what goes with leaving, and how far forecasts of it can be trusted: the tables of the page.

A facade. The probabilities are those of the candidate that did best on earlier days; the model where no other is surely
better. What cannot be learned from the book raises a BookError that says why, as often as it is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from crm_analysis.churn.at_risk import AtRisk, at_risk, segment_of
from crm_analysis.churn.survival.evaluation import ALIVE, CANDIDATES, MODEL, RECENCY, Trial
from crm_analysis.churn.survival.explain import Drivers, cox_rows, drivers
from crm_analysis.churn.survival.panel import HORIZONS, account_quarters, quarter_ends, risk_rows
from crm_analysis.churn.tried import Tried, scored, tried
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.progress import busy

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells
    from crm_analysis.churn.survival.discrete import LeavingModel
    from crm_analysis.value.lifetime.worth import Worth

Found = TypeVar("Found")


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
            raise BookError(label("risk_short", begins=self.spells.begins, day=self.spells.as_of))
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
            raise BookError(label("risk_nobody", day=day))
        return found

    # --- how far to trust it ---

    @cached_property
    def _tried(self) -> Tried | BookError:
        try:
            self.model  # noqa: B018 -- what cannot be learned today could not be learned earlier
            return tried(self.book, self.spells, self.panel)
        except UserError as refused:
            return BookError(_sentence("leave_untried", refused))

    @property
    def trial(self) -> Trial:
        """Forecasts made on earlier days and what came (`churn.tried`); raises BookError without any."""
        return _or_raise(self._tried).trial

    @property
    def tried_silence(self) -> int:
        """The days of silence that counted as leaving in the trial; raises BookError as `trial`."""
        return _or_raise(self._tried).silence

    @cached_property
    def used(self) -> str:
        """The candidate whose probabilities the list shows: the best one tried, the model where none could be tried."""
        return MODEL if isinstance(self._tried, BookError) else self._tried.trial.chosen

    @property
    def candidates(self) -> pd.DataFrame:
        """As `Trial.summary`, with the words for each candidate; columns that no origin can tell are left out."""
        names = {"leavers": "left_count", "expected": "expected_came", "lift": "tenth_lift"}
        table = self.trial.summary.rename(columns=names).dropna(axis="columns", how="all").round(3)
        first = [
            "model",
            "forecasts",
            "left_count",
            "log_score",
            "behind",
            "standard_error",
            "tenth_lift",
            "expected_came",
        ]
        order = [*(name for name in first if name in table), *(name for name in table if name not in first)]
        return table[order].assign(model=table["model"].map(titled))

    @property
    def by_origin(self) -> pd.DataFrame:
        """What each candidate scored on each day: made_on, forecasts, left_count, log_score_model, ...; rounded."""
        found = self.trial.by_origin
        wide = found.pivot(index="as_of", columns="model", values="log_score").add_prefix("log_score_")
        counts = found[found["model"] == MODEL].set_index("as_of")[["forecasts", "leavers"]]
        names = [f"log_score_{name}" for name in CANDIDATES if f"log_score_{name}" in wide]
        table = counts.rename(columns={"leavers": "left_count"}).join(wide[names])
        return table.rename_axis("made_on").reset_index().round(3)

    @property
    def horizon(self) -> int:
        """The longest horizon, in quarters, that a forecast tried has wholly seen; raises BookError without one."""
        decided = self.trial.decided
        if not decided:
            raise BookError(label("leave_undecided", horizon=HORIZONS[0]))
        return decided[-1]

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Forecast and came of the candidate used: risk_group, forecasts, chance, came_true, low, high; rounded."""
        table = self.trial.calibration(self.used, self.horizon)
        return table.rename(columns={"group": "risk_group", "predicted": "chance", "came": "came_true"}).round(3)

    # --- the list ---

    @cached_property
    def _model(self) -> LeavingModel | BookError:
        try:
            return self._fitted(MODEL)  # type: ignore[no-any-return]
        except UserError as refused:
            return BookError(_sentence("risk_none", refused))

    @property
    def model(self) -> LeavingModel:
        """The model fitted to all that is decided today; raises BookError if too few accounts left."""
        return _or_raise(self._model)

    @cached_property
    @busy("progress_risks")
    def listed(self) -> AtRisk:
        """The accounts at risk, by the candidate used (`at_risk.at_risk`)."""
        self.model  # noqa: B018 -- raises where too few left
        panel, curve = self.today, self.used == ALIVE
        model: LeavingModel = self.model if self.used == MODEL else self._fitted(RECENCY)
        if curve:  # of one score: it has no interval, and its reason is silence
            told = self._fitted(ALIVE).predict(scored(self.book, panel))
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
        table = table.assign(reasons=table["reasons"].replace("", label("nothing_unusual")))
        ends = [f"{end}_{horizon}" for end in ("low", "high") for horizon in HORIZONS]
        return table.drop(columns=ends, errors="ignore") if self.used == ALIVE else table

    @property
    def reach(self) -> int:
        """Quarters ahead that the list looks: the longest that can be told, 4 at most."""
        return max(horizon for horizon in HORIZONS if f"p_{horizon}" in self.listed.accounts)

    # --- what goes with leaving ---

    @cached_property
    def _drivers(self) -> Drivers | BookError:
        try:
            return drivers(cox_rows(self.panel, self.spells))
        except UserError as refused:
            return BookError(_sentence("risk_no_drivers", refused))

    @property
    def drivers(self) -> Drivers:
        """Hazard ratios (`explain.drivers`); raises BookError if too few accounts left."""
        return _or_raise(self._drivers)

    @property
    def driver_table(self) -> pd.DataFrame:
        """The drivers, the clearest first: term, hazard_ratio, low_95, high_95, p_holm.

        Where effects are shrunk, each term's by itself, without those for which there is no finite one. Without those
        that only say that a feature is not known.
        """
        own = self.drivers.summary
        own = own[~own["term"].str.endswith(label("term_unknown", term=""))]
        if "alone" in own:
            names = {"alone": "hazard_ratio", "alone_low": "low", "alone_high": "high", "alone_p_holm": "p_holm"}
            own = own[["term", "alone_p", *names]].rename(columns=names | {"alone_p": "p"}).dropna()
        table = own.sort_values(["p", "term"], ignore_index=True).rename(columns={"low": "low_95", "high": "high_95"})
        return table[["term", "hazard_ratio", "low_95", "high_95", "p_holm"]]

    @property
    def notes(self) -> pd.DataFrame:
        """What was left out, filled in, drawn or penalised: model, note; one row per sentence."""
        import pandas as pd

        rows = [(titled(MODEL), note) for note in self.model.says_]
        if isinstance(self._drivers, Drivers):
            rows += [(label("notes_drivers"), note) for note in self._drivers.says]
        return pd.DataFrame(rows, columns=["model", "note"])

    def _fitted(self, candidate: str) -> Any:
        """A candidate fitted to all that is decided today."""
        panel = scored(self.book, self.panel) if candidate == ALIVE else self.panel
        return CANDIDATES[candidate]().fit(risk_rows(self.panel, self.spells, self.spells.as_of), panel)


def titled(candidate: str) -> str:
    """What a reader calls a candidate."""
    return label(f"candidate_{candidate}")


def _or_raise(found: Found | BookError) -> Found:
    if isinstance(found, BookError):
        raise found
    return found


def _sentence(key: str, refused: UserError) -> str:
    """Why something cannot be told, as a sentence: the label's words, unless the refusal is one already."""
    words = str(refused)
    begun = label(key).split("{", maxsplit=1)[0]
    return words if words.startswith(begun) else label(key, reason=words)
