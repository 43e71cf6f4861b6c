"""Which model earns its place: purchase models and naive forecasts tried on days whose outcome is known.

Rolling origins: on each day every candidate is fitted to what was known then, and its forecast scored against what
came. The mean log score decides, because nothing but the right probabilities maximises it (Gneiting & Raftery 2007).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book.book import as_date
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import code_said, label
from crm_analysis.periods import after, before, length_said
from crm_analysis.progress import busy, tracked
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.value.baselines import Baseline
from crm_analysis.value.candidates import Model, fitted, named, usual
from crm_analysis.value.lifetime.design import ENOUGH
from crm_analysis.value.scores import calibration, clustered, outcomes, scores
from crm_analysis.value.splits import Splits

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.histories import Histories


HORIZON = "12M"
ORIGINS = 4
"""Days tried at most, a quarter apart; their horizons overlap, and standard errors are clustered by account."""
SEED = 20260930
"""Of the uniform numbers of the randomised coverage."""
_CLEAR = 2.0  # standard errors beyond which a difference is more than chance
_SCORES = ("log_score", "rmse", "bias", "rank_correlation", "top_decile", "coverage", "whole_coverage", "mae", "wape")
_OF_A_DAY = ["rank_correlation", "top_decile"]  # scores within one day's accounts


@dataclass(frozen=True)
class Holdout:
    """How candidates did on the days `origins`, each over the `horizon` after it, as known on `as_of`.

    - `scores`: one row per origin and candidate: origin, model, fitted (its title as fitted, such as MBG/CNBD-2), prior
      (NaN: none), accounts, then the numbers of `value.scores.scores`, and note (why it was refused, or what is
      special). A refused candidate has no numbers.
    - `summary`: one row per candidate, best first: model, baseline, origins (it was fitted on), forecasts, log_score,
      behind (log score less that of the best, per forecast), standard_error (of behind, clustered by account), the
      other scores over all forecasts (rank_correlation and top_decile: mean over origins), note. A candidate that was
      refused somewhere is not comparable, has no numbers and stands last.
    - `calibration`: model, then the columns of `value.scores.calibration`, over all origins.
    - `chosen`: the model with the highest log score; `verdict`: one sentence about it.
    """

    as_of: dt.date
    horizon: str
    unit: str
    returns: str
    origins: tuple[dt.date, ...]
    scores: pd.DataFrame
    summary: pd.DataFrame
    calibration: pd.DataFrame
    chosen: str
    verdict: str
    candidates: dict[str, Model] = field(repr=False)
    """The candidates by name, not fitted."""

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {"as_of": self.as_of, "horizon": self.horizon, "days": self.origins, "chosen": self.chosen}
        table = self.summary[["model", "forecasts", "log_score", "behind", "standard_error"]]
        return Card("Holdout", facts | {"verdict": self.verdict}, table, (".summary", ".scores", ".calibration"))

    @property
    def history_wins(self) -> bool:
        """True if the chosen model is a baseline."""
        return isinstance(self.candidates[self.chosen], Baseline)


@dataclass(frozen=True)
class Auto:
    """The chosen `model`, fitted to everything known on a day, the `histories` it predicts for, and why: `holdout`."""

    model: Model
    histories: Histories
    holdout: Holdout


def origins(begins: dt.date, as_of: dt.date, horizon: str = HORIZON, most: int = ORIGINS) -> tuple[dt.date, ...]:
    """The days to forecast from, latest first: one horizon before `as_of`, then quarter by quarter.

    The first has a horizon of orders before it (less a week, `accounts.LATE`); the others at least a year, or two
    horizons where these are shorter. Raises BookError if there is none.
    """
    first = before(as_of, horizon)
    if before(first, horizon) < begins - LATE:
        start = before(first, horizon)
        raise BookError(label("trial_short", horizon=length_said(horizon), begins=begins, day=as_of, start=start))
    days = [first]
    for step in range(1, most):
        day = before(first, f"{3 * step}M")
        if max(before(day, "12M"), before(before(day, horizon), horizon)) < begins - LATE:
            break
        days.append(day)
    return tuple(days)


def holdout(
    book: Book,
    as_of: str | dt.date,
    horizon: str = HORIZON,
    models: Sequence[Model] | None = None,
    unit: str = "week",
    returns: str = "net",
    dates: Sequence[str | dt.date] | None = None,
) -> Holdout:
    """The candidates tried on the book as known on `as_of`; on the days `dates` unless `origins` shall choose.

    Candidates by default: BG/NBD, MBG/CNBD-k, Pareto/NBD and the baselines; where enough accounts entered late and
    enough did not, the best model with that as a covariate. One that maximum likelihood refuses is tried again with a
    weak prior, which it then has at earlier days too, where less is known. What came is told as it stands on `as_of`.
    Raises BookError for a book too short, UserError if no candidate can be fitted on every day.
    """
    return _Trial(book, as_of, horizon, models, unit, returns).on(dates)


def auto(
    book: Book,
    as_of: str | dt.date,
    horizon: str = HORIZON,
    models: Sequence[Model] | None = None,
    unit: str = "week",
    returns: str = "net",
    dates: Sequence[str | dt.date] | None = None,
) -> Auto:
    """The candidate with the best log score on earlier days, fitted to everything known on `as_of`.

    With the weak prior if it had it on one of those days. Else as `holdout`.
    """
    trial = _Trial(book, as_of, horizon, models, unit, returns)
    tried = trial.on(dates)
    model, known = fitted(
        tried.candidates[tried.chosen], trial.splits, tried.as_of, horizon, weak=tried.chosen in trial.weak
    )
    return Auto(model, known, tried)


class _Trial:
    """One holdout while it runs."""

    def __init__(
        self,
        book: Book,
        as_of: str | dt.date,
        horizon: str,
        models: Sequence[Model] | None,
        unit: str,
        returns: str,
    ) -> None:
        self.default = models is None
        chosen = usual() if models is None else list(models)
        self.candidates = {named(model): model for model in chosen}
        if not chosen or len(self.candidates) < len(chosen):
            raise UserError(
                f"a holdout compares different models, at least one; found {[named(model) for model in chosen]}."
            )
        covariates = [name for model in chosen for name in getattr(model, "covariates", ())]
        self.splits = Splits(book.as_of(as_of), unit, returns, tuple(dict.fromkeys(covariates)))
        self.horizon = horizon
        self.weak: set[str] = set()
        self.rows: list[dict[str, Any]] = []
        self.tables: dict[str, list[pd.DataFrame]] = {}

    @busy("progress_value_trial")
    def on(self, dates: Sequence[str | dt.date] | None) -> Holdout:
        """The candidates tried on these days, latest first."""
        import pandas as pd

        ends = self.splits.ends
        if dates is None:
            days = origins(self.splits.begins, ends, self.horizon)
        else:
            days = tuple(sorted({as_date(date) for date in dates}, reverse=True))
            if not days or after(days[0], self.horizon) > ends:
                raise BookError(
                    f"what came within {self.horizon} is known for days up to {before(ends, self.horizon)}; found "
                    f"{days[0] if days else 'no day'}."
                )
        for name in tracked(self.candidates):
            self._tried(name, days)
        if self.default:
            self._tried_by_entry(days)
        table = pd.DataFrame(self.rows)
        table["prior"] = table["prior"].astype("float64")
        summary = self._summary(table, days)
        if not summary["log_score"].notna().any():
            notes = table.loc[table["note"] != "", "note"]
            raise UserError(label("trial_no_candidate", days=len(days), reason=notes.iloc[0]))
        parts = [calibration(pd.concat(own)).assign(model=name) for name, own in self.tables.items()]
        calibrated = pd.concat(parts, ignore_index=True)
        return Holdout(
            ends,
            self.horizon,
            self.splits.unit,
            self.splits.returns,
            days,
            table.sort_values(["origin", "model"], ascending=[False, True], ignore_index=True),
            summary,
            calibrated[["model", *calibrated.columns.drop("model")]],
            str(summary["model"].iloc[0]),
            self._verdict(summary, days),
            self.candidates,
        )

    def _tried(self, name: str, days: tuple[dt.date, ...]) -> None:
        """A candidate fitted and scored on each day."""
        import pandas as pd

        for day in days:
            row: dict[str, Any] = {"origin": pd.Timestamp(day), "model": name, "fitted": "", "prior": None, "note": ""}
            row |= dict.fromkeys(("accounts", *_SCORES), np.nan)
            self.rows.append(row)
            try:
                model, known = fitted(self.candidates[name], self.splits, day, self.horizon, name in self.weak)
            except UserError as refused:
                row["note"] = str(refused)
                continue
            prior = getattr(model, "prior", None)
            if prior is not None:
                self.weak.add(name)
            split = self.splits.onward(known, self.horizon, seen_on=self.splits.ends)
            table = outcomes(model, split, self.horizon, np.random.default_rng(SEED))
            self.tables.setdefault(name, []).append(table)
            row |= {"fitted": model.title, "prior": prior, "accounts": len(table), **scores(table)}
            if isinstance(model, Baseline):
                row["note"] = model.note(known, self.horizon)

    def _tried_by_entry(self, days: tuple[dt.date, ...]) -> None:
        """The best model so far with late entry as a covariate, where both kinds are many; with its prior, if any."""
        from sklearn.base import clone

        best = self._best_model(days)
        if best is None or not self._both_kinds(days):
            return
        model = clone(self.candidates[best]).set_params(covariates=("late_entry",))
        name = named(model)
        self.candidates[name] = model
        if best in self.weak:
            self.weak.add(name)
        self._tried(name, days)

    def _everywhere(self, days: tuple[dt.date, ...]) -> list[str]:
        """Candidates fitted on every day."""
        return [name for name in self.candidates if len(self.tables.get(name, ())) == len(days)]

    def _log_scores(self, name: str) -> Any:
        return np.concatenate([table["log_score"].to_numpy() for table in self.tables[name]])

    def _best_model(self, days: tuple[dt.date, ...]) -> str | None:
        """The purchase model with the best log score so far."""
        own = [name for name in self._everywhere(days) if not isinstance(self.candidates[name], Baseline)]
        return max(own, key=lambda name: float(self._log_scores(name).mean()), default=None)

    def _both_kinds(self, days: tuple[dt.date, ...]) -> bool:
        """True if on every day twice as many accounts entered late, and did not, as an effect needs."""
        for day in days:
            frame = self.splits.known(day, self.horizon).frame
            late = frame.loc[frame["frequency"] > 0, "late_entry"]
            if min(late.sum(), (~late).sum()) < 2 * ENOUGH:
                return False
        return True

    def _summary(self, table: pd.DataFrame, days: tuple[dt.date, ...]) -> pd.DataFrame:
        import pandas as pd

        there = self._everywhere(days)
        logs = {name: self._log_scores(name) for name in there}
        best = max(there, key=lambda name: float(logs[name].mean()), default=None)
        rows = []
        for name, model in self.candidates.items():
            own = table[table["model"] == name]
            row: dict[str, Any] = {
                "model": name,
                "baseline": isinstance(model, Baseline),
                "origins": len(self.tables.get(name, ())),
            }
            row |= dict.fromkeys(("forecasts", "log_score", "behind", "standard_error", *_SCORES[1:]), np.nan)
            if name in there and best is not None:
                whole = pd.concat(self.tables[name])
                behind, error = clustered(logs[name] - logs[best], whole["account_id"])
                row |= scores(whole) | {name: own[name].mean() for name in _OF_A_DAY}
                row |= {"forecasts": len(whole), "behind": behind, "standard_error": error}
            row["note"] = next(iter(own.loc[own["note"] != "", "note"]), "")
            rows.append(row)
        found = pd.DataFrame(rows)
        return found.sort_values("log_score", ascending=False, kind="stable", na_position="last", ignore_index=True)

    def _verdict(self, summary: pd.DataFrame, days: tuple[dt.date, ...]) -> str:
        """What the comparison says, in one sentence."""
        import pandas as pd

        there = summary[summary["log_score"].notna()]
        best = str(there["model"].iloc[0])
        history = bool(there["baseline"].iloc[0])
        rivals = there.loc[there["baseline"] != history, "model"]
        forecasts = f"{len(self._log_scores(best)):,}"
        key = "verdict_over_many" if len(days) > 1 else "verdict_over_one"
        over = label(key, forecasts=forecasts, horizon=length_said(self.horizon), n=len(days))
        if not len(rivals):
            return label("verdict_history_alone" if history else "verdict_model_alone", best=code_said(best), over=over)
        rival = str(rivals.iloc[0])
        whole = pd.concat(self.tables[best])["account_id"]
        margin, error = clustered(self._log_scores(best) - self._log_scores(rival), whole)
        numbers = {"margin": f"{margin:.4f}", "error": f"{error:.4f}"}
        by = label("verdict_by" if margin > _CLEAR * error else "verdict_by_chance", over=over, **numbers)
        named = {"best": code_said(best), "rival": code_said(rival)}
        return label("verdict_history" if history else "verdict_model", by=by, **named)
