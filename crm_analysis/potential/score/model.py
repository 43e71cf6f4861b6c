"""The model of potential: the probability that a Low account is promising, by what was known of it on a day."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.potential.score import design
from crm_analysis.potential.score.fitting import Data, sandwich
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Kind = Literal["logistic", "boosted", "revenue", "orders", "growth"]

LOGISTIC, BOOSTED = "logistic", "boosted"
EXPECTED = "expected_orders"
BASELINES: dict[str, str] = {"revenue": "size", "orders": EXPECTED, "growth": "recent"}
"""Rules that need no model, each by the one column it goes by: who brings most, orders most, has grown most."""
PENALTIES = (0.001, 0.004, 0.016, 0.064)
"""Inverse strengths of the penalty that are tried (scikit-learn's C), the heaviest first.

A coefficient is that of a standard deviation; C is the variance that it is expected to have, so the strength that suits
does not hang on how many accounts there are.
"""
USUAL = 0.004
ROUNDS = 20
"""Refits that tell how far boosted trees hang on the accounts they learned from."""
REFITTED = 30_000
"""Rows that these take at most; of more, fewer accounts are drawn, and what they tell is scaled by the root of that."""
_BLOCK = 65_536
_TREES = {"learning_rate": 0.1, "max_iter": 80, "max_leaf_nodes": 4, "min_samples_leaf": 80, "l2_regularization": 5.0}


class PotentialModel:
    """Probability of being promising.

    `kind`: "logistic", a penalised logistic regression on all features, with splines for those that may bend;
    "boosted", histogram gradient boosting held to the signs that `FEATURES` expects; or one of BASELINES, a logistic
    curve of one number. `penalty` is scikit-learn's C, of the first only; `seed` draws lots and refits.

    `fit` learns:

    - `features_`: the features it sees; `dropped_`: of the others, a sentence each saying why it does not;
    - `pipeline_`: the scikit-learn Pipeline; `covariance_`: of intercept and coefficients, clustered by account (None
      of boosted trees);
    - `usual_`: the mean log odds of the rows fitted to; `rows_`, `accounts_`, `promising_` (accounts that were, on at
      least one day), `sampled_` (whether accounts were drawn).
    """

    def __init__(self, kind: Kind = "logistic", penalty: float = USUAL, seed: int = 0) -> None:
        if kind not in (LOGISTIC, BOOSTED, *BASELINES):
            raise UserError(f"a model of potential is {', '.join((LOGISTIC, BOOSTED, *BASELINES))}; found {kind!r}.")
        if not 0 < penalty < np.inf:
            raise UserError(f"a penalty is a number above 0; found {penalty!r}.")
        self.kind, self.penalty, self.seed = kind, penalty, seed

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        if not hasattr(self, "pipeline_"):
            return Card(f"PotentialModel: {self.kind}", {"penalty": self.penalty}, next=(".fit(rows, features)",))
        facts = {
            "accounts": self.accounts_,
            "promising": self.promising_,
            "rows": self.rows_,
            "penalty": self.penalty if self.kind == "logistic" else None,
            "features": tuple(self.features_),
        }
        return Card(f"PotentialModel: {self.kind}", facts, next=(".chance(rows)", ".interval(rows)"))

    def fit(self, rows: pd.DataFrame, features: Sequence[str], weight: ArrayLike | None = None) -> Self:
        """Learn from cases of which it is known whether they were promising; several days of an account may be there.

        `features` are columns of `rows`, which also has account_id and promising (1, 0) and, beyond `fitting.MOST`,
        bits. `weight`: one number per row, above 0. Raises UserError where all or none are promising, or nothing tells
        rows apart.
        """
        return fitted([self], rows, features, weight)[0]  # type: ignore[return-value]

    def log_odds(self, rows: pd.DataFrame) -> Array:
        """Log odds of being promising, one per row."""
        return said([self], rows)[0]

    def chance(self, rows: pd.DataFrame) -> Array:
        """The probability of being promising, one per row."""
        from scipy.special import expit

        found: Array = expit(self.log_odds(rows))
        return found

    def interval(self, rows: pd.DataFrame, level: float = 0.9) -> tuple[Array, Array]:
        """Bounds of the probability, one pair per row.

        They hold how far the parameters hang on the accounts that were learned from, and not the model's being wrong or
        the pull of the penalty; what becomes of the account is more uncertain by far.
        """
        from scipy.special import expit

        low, high = self.odds_interval(rows, level)
        return expit(low), expit(high)

    def odds_interval(self, rows: pd.DataFrame, level: float = 0.9) -> tuple[Array, Array]:
        """The same in log odds, evenly around `log_odds`.

        From the sandwich covariance clustered by account (Liang & Zeger 1986), at the given penalty; of boosted trees,
        which have none, from ROUNDS refits to accounts drawn anew with replacement (as many, or REFITTED rows; Bickel,
        Goetze & van Zwet 1997).
        """
        from scipy.stats import norm

        if not 0 < level < 1:
            raise UserError(f"a level lies between 0 and 1; found {level!r}.")
        at = self.log_odds(rows)
        wide = float(norm.ppf((1 + level) / 2)) * self._error(rows)
        return at - wide, at + wide

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the log odds of a row against the mean of the rows fitted to; one column each.

        They add up to the row's log odds less `usual_`. Of boosted trees: the log odds less those with the feature at
        its usual value (median, most frequent word); these do not add up.
        """
        import pandas as pd

        if self.kind == BOOSTED:
            return self._occluded(rows)
        weights = self.pipeline_["odds"].coef_[0]
        parts = [design.shares(self._owners, weights, self._made(own)) for own in _blocks(rows)]
        names = list(self._centre)
        made = {name: np.concatenate([part[name] for part in parts]) - self._centre[name] for name in names}
        return pd.DataFrame(made, index=rows.index, columns=names)

    # --- how it is learned ---

    def _learn(self, data: Data, columns: Any, made: Array, bounds: bool) -> None:
        """Fit to ready columns; without `bounds` no covariance."""
        from sklearn.pipeline import Pipeline

        self.features_, self.dropped_, self.words_ = data.kept, data.dropped, data.lexicon
        self.rows_, self.accounts_ = len(data.came), int(data.owner.max()) + 1
        self.promising_ = len(np.unique(data.owner[data.came == 1]))
        self.sampled_ = data.sampled
        odds = self._estimator(data.signs, data.words)
        if self.kind == BOOSTED:
            with _alone():
                odds.fit(made, data.came, sample_weight=data.weighted)
            self._learned = (data, made)
        else:
            with warnings.catch_warnings():
                from sklearn.exceptions import ConvergenceWarning

                warnings.simplefilter("error", ConvergenceWarning)
                try:
                    odds.fit(made, data.came, sample_weight=data.weight)
                except ConvergenceWarning as refused:
                    raise UserError(label("score_no_maximum")) from refused
        self.pipeline_ = Pipeline([("columns", columns), ("odds", odds)])
        at = self._odds(made)
        self.usual_ = float(np.average(at, weights=data.weight))
        self.covariance_ = None
        if self.kind != BOOSTED:
            if bounds:
                self.covariance_ = sandwich(made, data, at, self._strength())
            means = np.average(made, axis=0, weights=data.weight)[None, :]
            self._owners = design.owners(columns)
            told = design.shares(self._owners, odds.coef_[0], means)
            self._centre = {name: float(value[0]) for name, value in told.items()}
        else:
            self._centre = {}
            self._middle = {name: data.middle(name) for name in data.kept}

    def _strength(self) -> float:
        """C, as the regression takes it."""
        return self.penalty if self.kind == LOGISTIC else 1.0  # of one slope: felt only where the number separates

    def _estimator(self, signs: list[int], words: list[bool]) -> Any:
        if self.kind == BOOSTED:
            from sklearn.ensemble import HistGradientBoostingClassifier

            return HistGradientBoostingClassifier(
                **_TREES,
                monotonic_cst=signs,
                categorical_features=words,
                early_stopping=False,
                random_state=self.seed,
            )
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=self._strength(), solver="newton-cholesky", tol=1e-7, max_iter=200)

    # --- how it is used ---

    def _made(self, rows: pd.DataFrame) -> Array:
        made: Array = np.asarray(
            self.pipeline_["columns"].transform(design.table(rows, self.features_, self.words_)), dtype="float64"
        )
        return made

    def _odds(self, made: Array) -> Array:
        if self.kind == BOOSTED:
            with _alone():
                told: Array = self.pipeline_["odds"].decision_function(made)
            return told
        odds = self.pipeline_["odds"]
        found: Array = made @ odds.coef_[0] + odds.intercept_[0]
        return found

    def _error(self, rows: pd.DataFrame) -> Array:
        """The standard error of the log odds."""
        errors: list[Array] = []
        if not len(rows):
            return np.zeros(0)
        if self.kind == BOOSTED:
            refits = self._refits()
            for own in _blocks(rows):
                made = self._made(own)
                with _alone():
                    spread = np.std([refit.decision_function(made) for refit in refits], axis=0, ddof=1)
                errors.append(spread * np.sqrt(self._drawn() / self.accounts_))
        else:
            if self.covariance_ is None:
                raise UserError("this model of potential was fitted without bounds; expected one fitted by `fit`.")
            for own in _blocks(rows):
                made = np.column_stack([np.ones(len(own)), self._made(own)])
                errors.append(np.sqrt(np.maximum(np.einsum("ij,ij->i", made @ self.covariance_, made), 0)))
        return np.concatenate(errors)

    def _refits(self) -> list[Any]:
        """The trees fitted to accounts drawn with replacement, made when they are first asked for."""
        if not hasattr(self, "refits_"):
            data, made = self._learned
            rng = np.random.default_rng(self.seed)
            self.refits_: list[Any] = []
            while len(self.refits_) < ROUNDS:
                times = np.bincount(rng.integers(0, self.accounts_, self._drawn()), minlength=self.accounts_)
                rows = np.repeat(np.arange(len(made)), times[data.owner])
                weight = None if data.weighted is None else data.weighted[rows]
                if 0 < data.came[rows].sum() < len(rows):
                    trees = self._estimator(data.signs, data.words)
                    with _alone():
                        self.refits_.append(trees.fit(made[rows], data.came[rows], sample_weight=weight))
        return self.refits_

    def _drawn(self) -> int:
        """Accounts that a refit takes."""
        return max(min(self.accounts_, REFITTED * self.accounts_ // self.rows_), 1)

    def _occluded(self, rows: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        whole = design.table(rows, self.features_, self.words_)
        columns = self.pipeline_["columns"]
        at = self._odds(columns.transform(whole))
        made = {}
        for name in self.features_:
            without = columns.transform(whole.assign(**{name: self._middle[name]}))
            made[name] = at - self._odds(without)
        return pd.DataFrame(made).set_index(rows.index)


def fitted(
    models: Sequence[PotentialModel],
    rows: pd.DataFrame,
    features: Sequence[str],
    weight: ArrayLike | None = None,
    bounds: bool = True,
) -> list[PotentialModel]:
    """Fit models of one kind, which then share their columns; the models. Without `bounds` they tell no intervals."""
    first = models[0]
    names = list(features) if first.kind in (LOGISTIC, BOOSTED) else [BASELINES[first.kind]]
    data = Data(rows, names, weight, first.seed, ordered=first.kind == BOOSTED)
    if first.kind == BOOSTED:
        columns, data.signs, data.words = design.branched(data.kept)
    else:
        columns = design.straight(data.table, data.kept, first.kind != LOGISTIC)
    with one_thread():
        made = np.asarray(columns.fit_transform(data.table), dtype="float64")
        for model in models:
            model._learn(data, columns, made, bounds)
    return list(models)


def said(models: Sequence[PotentialModel], rows: pd.DataFrame) -> list[Array]:
    """The log odds of each of some models that were fitted together."""
    if not len(rows):
        return [np.zeros(0) for _ in models]
    parts = []
    with one_thread():
        for own in _blocks(rows):
            made = models[0]._made(own)
            parts.append([model._odds(made) for model in models])
    return [np.concatenate(own) for own in zip(*parts, strict=True)]


def _alone() -> AbstractContextManager[Any]:
    """One thread for trees: on a machine that does other work too, several wait for each other ten times as long."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[Any] = threadpool_limits(1, "openmp")
    return limits


def _blocks(rows: Any) -> list[Any]:
    """Rows in pieces that fit into memory whatever is made of them."""
    return [rows[start : start + _BLOCK] for start in range(0, max(len(rows), 1), _BLOCK)]
