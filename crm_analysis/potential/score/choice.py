"""Which model of potential: the one that forecast later days best from earlier ones, and how far it is to be believed.

Rolling origin within the rows given. On each day on which the outcome of an earlier one was known, every candidate
learns from what was known by then and says what becomes of that day's accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.potential import lots
from crm_analysis.potential.features import FEATURES
from crm_analysis.potential.score.fitting import MOST
from crm_analysis.potential.score.model import (
    BASELINES,
    BOOSTED,
    LOGISTIC,
    PENALTIES,
    USUAL,
    PotentialModel,
    fitted,
    said,
)
from crm_analysis.progress import busy
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.value.scores import FLOOR, clustered

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CANDIDATES = ("revenue", "growth", "orders", LOGISTIC, BOOSTED)
"""What is chosen from, the simplest first."""
FEWEST = 5
"""Promising accounts below which nothing is learned."""
WANTED = 200
"""Promising accounts below which boosted trees are not tried."""
CALIBRATED = 20
"""Promising accounts in forecasts below which these are not used to correct probabilities."""
PRIOR = 0.5
"""How far the correction may be expected to go: the standard deviation of the shift, and of the slope's logarithm."""
_LOT = 4


@dataclass(frozen=True, eq=False)
class Choice:
    """The model chosen, fitted to all rows, and its probabilities corrected by how earlier ones came true.

    `table`, one row per candidate and penalty, best log score first (of equal ones the simplest): candidate, penalty
    (NaN where it has none), log_score (mean logarithm of the probability given to what came, of all forecasts), behind
    (the best one's less its own), standard_error (of behind; accounts are clusters), days, cases, promising (accounts);
    no row where no day could be forecast. The best is chosen, whether it is surely better or not: all are judged by the
    same forecasts, and `trial` tells what may be claimed.

    `intercept` and `slope` correct log odds, 0 and 1 if nothing does; `notes` are sentences saying what was left out.
    """

    name: str
    model: PotentialModel
    table: pd.DataFrame
    intercept: float
    slope: float
    notes: tuple[str, ...]

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {"chosen": self.name, "accounts": self.model.accounts_, "promising": self.model.promising_}
        return Card(
            "Choice: potential", facts, self.table, (".chance(rows)", ".interval(rows)", ".contributions(rows)")
        )

    def log_odds(self, rows: pd.DataFrame) -> Array:
        """Corrected log odds, one per row."""
        return self.intercept + self.slope * self.model.log_odds(rows)

    def chance(self, rows: pd.DataFrame) -> Array:
        """The corrected probability of being promising, one per row; it ranks as the model's own does."""
        from scipy.special import expit

        found: Array = expit(self.log_odds(rows))
        return found

    def interval(self, rows: pd.DataFrame, level: float = 0.9) -> tuple[Array, Array]:
        """Bounds of it, as `PotentialModel.interval`; the correction is taken as known."""
        from scipy.special import expit

        low, high = self.model.odds_interval(rows, level)
        return expit(self.intercept + self.slope * low), expit(self.intercept + self.slope * high)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the corrected log odds, as `PotentialModel.contributions`."""
        return self.model.contributions(rows) * self.slope


@busy("progress_potential")
def choose(
    rows: pd.DataFrame,
    horizon: str,
    candidates: Sequence[str] = CANDIDATES,
    features: Sequence[str] | None = None,
    seed: int = 0,
) -> Choice:
    """The candidate with the best log score on the days of `rows`, fitted to all of them.

    `rows` are cases of which it is known whether they were promising; `features` are taken from them unless given. A
    baseline stands aside if its column is not there, boosted trees if fewer than WANTED promising accounts can be
    learned from on any day. Where no day can be forecast, a logistic regression with the USUAL penalty is taken, or
    else the first candidate. Of more than MOST rows, whole accounts are drawn by lot.

    Probabilities are corrected by a shift and a stretch of log odds (Cox 1958) that would have made the forecasts come
    true, drawn towards none by PRIOR; not with fewer than CALIBRATED promising accounts in them. Raises UserError with
    fewer than FEWEST in all.
    """
    notes: list[str] = []
    names = [name for name in FEATURES if name in rows] if features is None else list(features)
    if len(rows) > MOST and "bits" in rows:
        kept = lots.lots(rows["bits"].to_numpy(np.uint64), seed, _LOT) < MOST / len(rows)
        notes.append(label("score_drawn", cases=int(kept.sum()), of=len(rows)))
        rows = rows[kept]
    if (found := promising(rows)) < FEWEST:
        raise UserError(label("score_few", promising=found, wanted=FEWEST))
    origins = _origins(rows, horizon)
    stand = _standing(rows, candidates, origins, notes)
    tried = _tried(rows, stand, origins, names, seed)
    if tried is None:
        notes.append(label("score_untried_choice"))
        kind = LOGISTIC if LOGISTIC in stand else stand[0]
        model = PotentialModel(kind, seed=seed).fit(rows, names)  # type: ignore[arg-type]
        return Choice(kind, model, _table({}, None), 0.0, 1.0, (*notes, *model.dropped_.values()))
    told, seen = tried
    table = _table(told, seen)
    best = table.iloc[0]
    penalty = USUAL if np.isnan(best["penalty"]) else float(best["penalty"])
    model = PotentialModel(best["candidate"], penalty, seed).fit(rows, names)
    intercept, slope = 0.0, 1.0
    if int(best["promising"]) >= CALIBRATED:
        intercept, slope = corrected(
            told[best["candidate"], penalty], seen["promising"].to_numpy("float64"), int(best["days"])
        )
    else:
        notes.append(label("score_uncorrected", promising=int(best["promising"]), wanted=CALIBRATED))
    return Choice(str(best["candidate"]), model, table, intercept, slope, (*notes, *model.dropped_.values()))


def decided(rows: pd.DataFrame, horizon: str, day: dt.date) -> pd.DataFrame:
    """The rows of which the outcome was known by a day: those whose horizon was over."""
    import pandas as pd

    days = [at for at in rows["as_of"].unique() if after(pd.Timestamp(at).date(), horizon) <= day]
    return rows[rows["as_of"].isin(days)]


def promising(rows: pd.DataFrame) -> int:
    """How many accounts were promising on at least one day."""
    return int(rows.loc[rows["promising"] == 1, "account_id"].nunique())


def corrected(log_odds: Array, came: Array, days: int) -> tuple[float, float]:
    """Intercept and slope of log odds that make the probabilities of some days come true; the slope is above 0.

    Both are drawn towards none: by PRIOR, and what all are moved by is taken by `days` in `days` and 1 besides, because
    the next day differs from these as they do from each other.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    middle = float(log_odds.mean())
    spread = log_odds - middle

    def cost(at: Array) -> tuple[float, Array]:
        slope = np.exp(at[1])
        odds = at[0] + middle + slope * spread
        off = expit(odds) - came
        value = (np.logaddexp(0, odds) - came * odds).sum() + (at**2).sum() / (2 * PRIOR**2)
        return float(value), np.array([off.sum(), slope * (off * spread).sum()]) + at / PRIOR**2

    shift, stretch = minimize(cost, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9 * len(came)}).x
    slope = float(np.exp(stretch))
    return float(shift) * days / (days + 1) + middle * (1 - slope), slope


def _origins(rows: pd.DataFrame, horizon: str) -> dict[dt.date, pd.DataFrame]:
    """The days that can be forecast, with the rows that were known by then."""
    import pandas as pd

    found = {}
    for at in sorted(rows["as_of"].unique()):
        day = pd.Timestamp(at).date()
        before = decided(rows, horizon, day)
        if promising(before) >= FEWEST and (before["promising"] == 0).any():
            found[day] = before
    return found


def _standing(
    rows: pd.DataFrame, candidates: Sequence[str], origins: dict[dt.date, pd.DataFrame], notes: list[str]
) -> list[str]:
    """The candidates that can be fitted on every day, the simplest first."""
    found = []
    least = min((promising(before) for before in [*origins.values(), rows]), default=0)
    for name in sorted(candidates, key=CANDIDATES.index):
        if name == BOOSTED and least < WANTED:
            notes.append(label("score_no_trees", promising=least, wanted=WANTED))
        elif name not in BASELINES or _known(rows, origins, BASELINES[name]):
            found.append(name)
    if not found:
        raise UserError(label("score_no_candidate"))
    return found


def _known(rows: pd.DataFrame, origins: dict[dt.date, pd.DataFrame], name: str) -> bool:
    return name in rows and all(before[name].nunique() > 1 for before in [rows, *origins.values()])


def _tried(
    rows: pd.DataFrame, stand: list[str], origins: dict[dt.date, pd.DataFrame], names: list[str], seed: int
) -> tuple[dict[tuple[str, float], Array], pd.DataFrame] | None:
    """Log odds said of the rows of all origins, by candidate and penalty, and these rows; None if there is none."""
    import pandas as pd

    told: dict[tuple[str, float], list[Array]] = {}
    seen = []
    before_key: tuple[pd.Timestamp, ...] = ()
    models: list[list[PotentialModel]] = []
    for day, before in origins.items():
        now = rows[rows["as_of"] == pd.Timestamp(day)]
        key = tuple(before["as_of"].unique())
        if key != before_key:  # the same rows known as on the day before: the same models
            models = [_made(kind, before, names, seed) for kind in stand]
            before_key = key
        for alike in models:
            for model, odds in zip(alike, said(alike, now), strict=True):
                told.setdefault((model.kind, model.penalty), []).append(odds)
        seen.append(now)
    if not seen:
        return None
    return {key: np.concatenate(parts) for key, parts in told.items()}, pd.concat(seen, ignore_index=True)


def _made(kind: str, rows: pd.DataFrame, names: list[str], seed: int) -> list[PotentialModel]:
    penalties = PENALTIES if kind == LOGISTIC else (USUAL,)
    models = [PotentialModel(kind, penalty, seed) for penalty in penalties]  # type: ignore[arg-type]
    return fitted(models, rows, names, bounds=False)


def _table(told: dict[tuple[str, float], Array], seen: pd.DataFrame | None) -> pd.DataFrame:
    """As `Choice.table`."""
    import pandas as pd

    columns = ["candidate", "penalty", "log_score", "behind", "standard_error", "days", "cases", "promising"]
    if seen is None:
        return pd.DataFrame({name: [] for name in columns})
    came = seen["promising"].to_numpy("float64")
    scores = {key: np.maximum(came * odds - np.logaddexp(0, odds), FLOOR) for key, odds in told.items()}
    best = max(scores, key=lambda key: float(scores[key].mean()))  # of equal ones the first, the simplest
    rows = []
    for (kind, penalty), score in scores.items():
        behind, error = clustered(scores[best] - score, seen["account_id"])
        shown = penalty if kind == LOGISTIC else float("nan")
        rows.append((kind, shown, float(score.mean()), behind, error))
    table = pd.DataFrame(rows, columns=columns[:5])
    table["days"], table["cases"], table["promising"] = seen["as_of"].nunique(), len(seen), promising(seen)
    return table.sort_values("log_score", ascending=False, kind="stable", ignore_index=True)
