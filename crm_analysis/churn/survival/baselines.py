"""What a model of leaving must beat: how long an account is silent, and the buy-till-you-die P(alive).

Both are one number per account and day. They get the same steps as the model, a logistic curve each, so that all three
are probabilities of the same thing and none is handicapped by its scale.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

import numpy as np

from crm_analysis.churn.survival.panel import HORIZONS, STEPS
from crm_analysis.errors import BookError
from crm_analysis.value.candidates import by_day

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

GONE = "gone"
"""The column of `alive_scores`: log odds of no longer being alive."""
PENALTY = 1.0
"""Inverse strength of the penalty on the slope of a curve (scikit-learn's C)."""
FEWEST = 5
"""Accounts that left within a step, and that did not, below which the step takes the share that left."""
_NEAR = 1e-6  # probabilities of being alive are no nearer to 0 and 1


def alive_scores(book: Book, dates: Iterable[dt.date]) -> pd.DataFrame:
    """One row per date and account with a history: as_of (datetime64), account_id, gone.

    `gone` is the log odds of no longer being alive by MBG/CNBD-k (Platzer & Reutterer 2016), fitted to what was known
    on that date and nothing later; NaN for all accounts of a date on which the model cannot be fitted. How regular
    orders are (k) is chosen on the first date on which it can be.
    """
    import pandas as pd

    parts = []
    for day, known, model in by_day(book, dates):
        frame = known.frame[["account_id"]].assign(as_of=pd.Timestamp(day))
        frame[GONE] = np.nan
        if model is not None:
            alive = np.clip(model.alive(known)["alive"].to_numpy("float64"), _NEAR, 1 - _NEAR)
            frame[GONE] = np.log1p(-alive) - np.log(alive)
        parts.append(frame)
    if not parts:
        raise BookError("alive_scores: there is no date; expected at least one, such as 2026-09-30.")
    return pd.concat(parts, ignore_index=True)[["as_of", "account_id", GONE]]


class ScoreModel:
    """Probability of leaving by one score, standardised day by day: a logistic curve per step, nothing else.

    `fit` takes risk rows and the panel they point into, which has the column `score`; rows without one are left out.
    Where a step has too few that left or stayed (FEWEST), its hazard is the share that left; one that is decided of
    nobody yet takes the curve of the step before, and if that is the first, nothing is told beyond it.
    """

    def __init__(self, score: str) -> None:
        self.score = score

    def fit(self, rows: pd.DataFrame, panel: pd.DataFrame) -> Self:
        """Learn `curves_`: by step, intercept and slope of the log odds of leaving in it."""
        from sklearn.linear_model import LogisticRegression

        values = _standard(panel, self.score)[rows["row"].to_numpy()]
        rows, values = rows[~np.isnan(values)], values[~np.isnan(values)]
        self.curves_: dict[int, tuple[float, float]] = {}
        for step in STEPS:
            own = (rows["step"] == step).to_numpy()
            if step > STEPS[0] and not own.any():
                # decided for nobody yet: as the step before, but not as the first, in which some have left already
                if step > STEPS[1] and step - 1 in self.curves_:
                    self.curves_[step] = self.curves_[step - 1]
                continue
            left = rows["left"].to_numpy()[own].astype(int)
            if min(left.sum(), len(left) - left.sum()) < FEWEST:
                part = (left.sum() + 0.5) / (len(left) + 1)
                self.curves_[step] = (float(np.log(part / (1 - part))), 0.0)
                continue
            # a penalty that only a score which separates, or very few that left, feel
            curve = LogisticRegression(C=PENALTY).fit(values[own][:, None], left)
            self.curves_[step] = (float(curve.intercept_[0]), float(curve.coef_[0, 0]))
        return self

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Probabilities of leaving within 1, 2 and 4 quarters, p_1, p_2, p_4; NaN without a score."""
        import pandas as pd

        score = _standard(frame, self.score)
        stays = np.ones(len(frame))
        result: dict[str, NDArray[np.float64]] = {}
        for step in STEPS:
            intercept, slope = self.curves_.get(step, (float("nan"), 0.0))
            stays = stays * (1 / (1 + np.exp(np.clip(intercept + slope * score, -50, 50))))
            if step in HORIZONS:
                result[f"p_{step}"] = 1 - stays
        return pd.DataFrame(result, index=frame.index)


def _standard(frame: pd.DataFrame, score: str) -> NDArray[np.float64]:
    """The score in standard deviations from the mean of its day: models refitted each day differ in scale."""
    by = frame.groupby("as_of")[score]
    spread = by.transform("std", ddof=0)
    found: NDArray[np.float64] = ((frame[score] - by.transform("mean")) / spread.where(spread > 0, 1.0)).to_numpy(
        "float64"
    )
    return found
