"""What both models of the value of orders share; see GammaGamma and NormalSpend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from crm_analysis.errors import UserError
from crm_analysis.labels import code_said, label
from crm_analysis.reprs import Card, as_bundle, as_text
from crm_analysis.value.lifetime.fitting import Maximum, normal_draws, summary

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.value.histories import Histories

    Array = NDArray[np.float64]

MONEY = ("revenue", "margin")
"""What a spend model may be about."""


class SpendModel(BaseEstimator):
    """A model of what the orders of an account are worth, given what its orders were worth so far.

    `money` is what of the histories it reads: "revenue" or "margin". `fit` learns `params_`, `covariance_` (of the
    parameters as searched: logarithms, but mu0 as it is), `loglik_`, `summary_`, `size_` (accounts) and `optimiser_`.
    """

    names: ClassVar[tuple[str, ...]]
    title: ClassVar[str]
    _logs: ClassVar[int]  # so many of the parameters are searched as logarithms, and come first

    def __init__(self, money: str = "revenue") -> None:
        self.money = money

    # --- what a model says of itself; theta holds its parameters, known what it takes from the histories ---

    def _known(self, histories: Histories) -> tuple[Array, ...]:
        """What the model must know of each account; raises UserError where the histories do not hold it."""
        raise NotImplementedError

    def _mean(self, theta: Array, known: tuple[Array, ...]) -> Array:
        raise NotImplementedError

    def _total(self, theta: Array, known: tuple[Array, ...], orders: Array, rng: np.random.Generator) -> Array:
        """A draw of the money of so many orders of each account."""
        raise NotImplementedError

    def _log_total(self, theta: Array, known: tuple[Array, ...], orders: Array, totals: Array) -> Array:
        """The log density of the money of so many orders of each account."""
        raise NotImplementedError

    _repr_mimebundle_ = as_bundle

    def __repr__(self) -> str:
        return as_text(self) if hasattr(self, "summary_") else super().__repr__()

    def _card(self) -> Card:
        if not hasattr(self, "summary_"):
            return Card(super().__repr__(), next=(".fit(histories)",))
        facts = {"money": self.money, "accounts": self.size_, "loglik": self.loglik_, "interval": "low, high: 95%"}
        return Card(self.title, facts, self.summary_, (".mean(histories)", ".summary_"))

    # --- what follows ---

    @classmethod
    def from_params(cls, money: str = "revenue", covariance: Any = None, **params: float) -> Self:
        """A model with known parameters, such as published ones: `GammaGamma.from_params(p=6.25, q=3.74, v=15.44)`."""
        if sorted(params) != sorted(cls.names):
            raise UserError(
                f"{cls.title} has the parameters {', '.join(cls.names)}; found {', '.join(sorted(params))}."
            )
        given = np.array([float(params[name]) for name in cls.names])
        if not (np.isfinite(given).all() and (given[: cls._logs] > 0).all()):
            above = ", ".join(cls.names[: cls._logs])
            raise UserError(f"{cls.title}: parameters are finite, and {above} above 0; found {params}.")
        model = cls(money)
        zero = np.zeros((len(given),) * 2)
        model._learned(cls._searched(given), zero if covariance is None else np.asarray(covariance, dtype=float))
        return model

    def mean(self, histories: Histories) -> pd.Series:
        """The expected money of one order to come, per account: on the frame's index, in the book's currency."""
        import pandas as pd

        theta = self._theta
        return pd.Series(self._mean(theta, self._known(histories)), histories.frame.index, name=f"mean_{self.money}")

    def parameter_draws(self, m: int) -> Array:
        """`m` draws (m, parameters), evenly spread over their normal approximation, as searched; 0 is the fit alone."""
        draws = normal_draws(self._searched(self._theta), self.covariance_.to_numpy(), m)
        # Purchase models spread theirs by the same points: in another order the two are unrelated, as their fits are.
        return draws[np.random.default_rng(20261122).permutation(len(draws))]

    def sampled(self, histories: Histories, counts: Any, draws: Array, rng: np.random.Generator) -> Array:
        """The money of so many orders, drawn for each parameter draw and account: like `counts`, (draws, accounts).

        `draws` come from `parameter_draws`. What is drawn holds what is not known of the parameters, of the account,
        and of each order. 0 where no order is counted. Work on so many accounts at a time as memory allows.
        """
        known = self._known(histories)
        counts = np.asarray(counts)
        if counts.shape != (len(draws), len(known[0])):
            raise UserError(
                f"counts of orders have one row per draw and one column per account, {(len(draws), len(known[0]))}; "
                f"found {counts.shape}."
            )
        totals = np.zeros(counts.shape)
        for row, theta in enumerate(self._natural(draws)):
            of = np.flatnonzero(counts[row])
            orders = counts[row, of].astype(float)
            totals[row, of] = self._total(theta, tuple(part[of] for part in known), orders, rng)
        return totals

    def log_density(self, histories: Histories, counts: Any, totals: Any) -> Array:
        """The log density given beforehand to the money that came, for the number of orders that came; per account.

        At the fitted parameters and per unit of money, so that models of the same money compare. 0 where no order
        came, which tells nothing of the value of orders.
        """
        known = self._known(histories)
        counts, totals = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
        of = counts > 0
        density = np.zeros(len(counts))
        theta = self._theta
        density[of] = self._log_total(theta, tuple(part[of] for part in known), counts[of], totals[of])
        return density

    def _column(self, histories: Histories, column: str, used: Any) -> Array:
        """An amount of the histories, NaN where it is not known, which must not be everywhere it is used."""
        if self.money not in MONEY:
            raise UserError(f"{self.title}: money is 'revenue' or 'margin'; found {self.money!r}.")
        lines = f"as where the book's order lines hold {'costs' if self.money == 'margin' else 'revenue'}"
        if column not in histories.frame:
            raise UserError(f"{self.title}: the histories have no column {column!r}; expected it, {lines}.")
        values = histories.frame[column].to_numpy("float64")
        if np.any(used) and not np.isfinite(values[used]).any():
            raise UserError(label(f"spend_unknown_{self.money}", model=code_said(self.title), column=column))
        return values

    def _repeats(self, histories: Histories) -> Array:
        """Repeat orders whose money is known: of margin, those with costs, where the histories tell them apart."""
        costed = self.money == "margin" and "costed" in histories.frame
        return histories.frame["costed" if costed else "frequency"].to_numpy("float64")

    def _weights(self, histories: Histories, weights: Any) -> Array:
        if weights is None:
            return np.ones(len(histories.frame))
        given = np.asarray(weights, dtype=float)
        if given.shape != (len(histories.frame),) or not (np.isfinite(given) & (given >= 0)).all():
            raise UserError("weights are one per account, finite and not negative; found others.")
        return given

    @property
    def _theta(self) -> Array:
        return np.asarray(self.params_, dtype=np.float64)

    @classmethod
    def _searched(cls, theta: Array) -> Array:
        return np.concatenate([np.log(theta[: cls._logs]), theta[cls._logs :]])

    @classmethod
    def _natural(cls, at: Array) -> Array:
        return np.concatenate([np.exp(at[..., : cls._logs]), at[..., cls._logs :]], axis=-1)

    def _learned(self, at: Array, covariance: Array) -> None:
        import pandas as pd

        self.params_ = pd.Series(self._natural(at), list(self.names))
        self.covariance_ = pd.DataFrame(covariance, list(self.names), list(self.names))
        self.summary_ = summary(self.names, at, covariance, logs=self._logs)

    def _fitted(self, found: Maximum, at: Array, unit: Array, loglik: float, size: float) -> Self:
        """What a maximum in scaled money is in the book's: at, and the unit of each parameter as searched."""
        self._learned(at, found.covariance * np.outer(unit, unit))
        self.loglik_, self.size_, self.optimiser_ = loglik, size, found.optimiser
        return self


def finite(value: float, slopes: list[float]) -> tuple[float, Array]:
    """A log-likelihood and its slopes; minus infinity on a flat where, far out, one of them is no number."""
    slope = np.array(slopes, dtype=float)
    if np.isfinite(value) and np.isfinite(slope).all():
        return float(value), slope
    return -np.inf, np.zeros_like(slope)
