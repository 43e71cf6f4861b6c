"""Gamma-Gamma: what an order is worth where every amount is positive and accounts differ in scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.value.lifetime.fitting import NotIdentified, maximum, penalised
from crm_analysis.value.lifetime.spend import SpendModel, finite

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.value.histories import Histories

    Array = NDArray[np.float64]

SMALL = 0.1
"""A correlation up to this is less than a small effect (Cohen 1988, Statistical Power Analysis, 2nd ed., p. 79)."""


@dataclass(frozen=True)
class Independence:
    """Whether the number of orders and their value are unrelated, as Gamma-Gamma takes them to be.

    `table` has one row per measure: measure, correlation, low, high (95 %), accounts. "pearson" and "spearman" are of
    frequency and mean value among accounts with repeat orders, as the literature shows them. Neither is 0 where the
    model holds: means of few orders scatter more, and in a skewed way, so that on books of uneven orders the model
    itself gives a Spearman of .2. "within model" is 0 there: the rank correlation of frequency with the place of an
    account's mean in the distribution that the model gives it at its frequency. `doubtful`: the interval of the last
    lies wholly beyond SMALL on either side. CDNOW, on which the model was published as good enough, is just doubtful.
    """

    table: pd.DataFrame
    doubtful: bool
    sentence: str


class GammaGamma(SpendModel):
    """The Gamma-Gamma model of the mean value of an account's repeat orders; parameters p, q and v.

    Each order is Gamma(p, rate nu), and nu varies over accounts as Gamma(q, rate v). Fader, Hardie & Lee (2005),
    Journal of Marketing Research 42, 415-430; Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value. The
    first order of an account is left out, as there: it is often untypical, and an account with one order has the
    prior's mean. Learns beside SpendModel's attributes `independence_`. `prior` is None for plain maximum likelihood,
    or the standard deviation of a normal prior on the logarithms of the parameters, for books whose means do not
    tell p and v apart: what is expected of an order hardly depends on it there.
    """

    names: ClassVar = ("p", "q", "v")
    title: ClassVar = "Gamma-Gamma"
    _logs: ClassVar = 3

    def __init__(self, money: str = "revenue", prior: float | None = None) -> None:
        super().__init__(money)
        self.prior = prior

    def fit(self, histories: Histories, weights: Any = None) -> Self:
        """Fit by maximum likelihood to the accounts with repeat orders, each counted `weights` times.

        Raises UserError where one of them has a mean of 0 or less, or q comes out at 1 or less: then the value of an
        order has no finite mean, and no lifetime value could be told. NotIdentified where the data do not tell.
        """
        x, total = self._known(histories)
        weight = self._weights(histories, weights)
        of = (x > 0) & (weight > 0)
        size = float(weight[of].sum())
        if not size:
            raise NotIdentified(label("spend_no_repeat", model=self.title, accounts=f"{len(x):,}"))
        scale = float(np.median(total[of] / x[of]))
        likelihood = _Likelihood(x[of], total[of] / scale, weight[of])
        starts = [np.log([4.0, 3.0, 0.6]), np.log([0.3, 8.0, 25.0])]  # even orders, and uneven ones
        searched = likelihood if self.prior is None else penalised(likelihood, starts[0], self.prior)
        found = maximum(searched, starts, self.names, self.title, size)
        found = replace(found, loglik=likelihood(found.at)[0])
        if found.at[1] <= 0:
            money, q = label(f"value_{self.money}"), f"{np.exp(found.at[1]):.3g}"
            raise UserError(label("spend_infinite", model=self.title, q=q, money=money))
        shift = np.array([0.0, 0.0, np.log(scale)])
        self._fitted(found, found.at + shift, np.ones(3), found.loglik - size * np.log(scale), size)
        self.independence_ = self._independence(x[of], total[of])
        return self

    def _known(self, histories: Histories) -> tuple[Array, ...]:
        """Number of repeat orders of known money, and their money."""
        x = self._repeats(histories)
        mean = self._column(histories, "monetary" if self.money == "revenue" else f"monetary_{self.money}", x > 0)
        repeated = (x > 0) & np.isfinite(mean)
        if wrong := int((mean[repeated] <= 0).sum()):
            counts = {"wrong": f"{wrong:,}", "accounts": f"{repeated.sum():,}"}
            raise UserError(label("spend_negative", model=self.title, money=label(f"value_{self.money}"), **counts))
        return np.where(repeated, x, 0.0), np.where(repeated, x * np.where(repeated, mean, 0.0), 0.0)

    def _mean(self, theta: Array, known: tuple[Array, ...]) -> Array:
        p, q, v = theta
        x, total = known
        if q <= 1:
            raise UserError(f"{self.title}: q is {q:.3g}; at 1 or less the mean {self.money} of an order is infinite.")
        return p * (v + total) / (p * x + q - 1)

    def _total(self, theta: Array, known: tuple[Array, ...], orders: Array, rng: np.random.Generator) -> Array:
        p, q, v = theta
        x, total = known
        return rng.standard_gamma(p * orders) * (v + total) / rng.standard_gamma(q + p * x)

    def _log_total(self, theta: Array, known: tuple[Array, ...], orders: Array, totals: Array) -> Array:
        """Beta-prime, scaled; minus infinity for a total of 0 or less, which the model rules out."""
        from scipy.special import betaln

        p, q, v = theta
        x, total = known
        shape, rate, due = q + p * x, v + total, p * orders
        share = np.where(totals > 0, totals, 1.0) / rate
        density = (due - 1) * np.log(share) - (shape + due) * np.log1p(share) - betaln(due, shape) - np.log(rate)
        return np.where(totals > 0, density, -np.inf)

    def _independence(self, x: Array, total: Array) -> Independence:
        """The check, over accounts with repeat orders."""
        import pandas as pd
        from scipy.special import betainc
        from scipy.stats import rankdata

        p, q, v = self.params_
        mean, rank = total / x, rankdata(x)
        place = betainc(p * x, q, total / (v + total))
        measures = {
            "pearson": _correlation(x, mean, 1.0),
            "spearman": _correlation(rank, rankdata(mean), None),
            "within model": _correlation(rank, rankdata(place), None),
        }
        table = pd.DataFrame.from_dict(measures, orient="index", columns=["correlation", "low", "high"])
        table = table.rename_axis("measure").reset_index().assign(accounts=len(x))
        found, low, high = measures["within model"]
        if not np.isfinite(found):
            return Independence(table, False, label("spend_even", accounts=f"{len(x):,}"))
        doubtful = bool(low > SMALL or high < -SMALL)
        ends = {"found": f"{found:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
        numbers = label("spend_numbers", accounts=f"{len(x):,}", **ends)
        key = "spend_unrelated" if not doubtful else "spend_more" if found > 0 else "spend_less"
        return Independence(table, doubtful, label(key, numbers=numbers))


class _Likelihood:
    """The log-likelihood of the means, and its slopes in the logs of p, q and v; the sums without parameters kept."""

    def __init__(self, x: Array, total: Array, weight: Array) -> None:
        self.x, self.total, self.weight = x, total, weight
        # what depends on the number of orders alone is worked out once for each number
        self.orders, place = np.unique(x, return_inverse=True)
        self.count = np.bincount(place, weight)
        self.size = weight.sum()
        self.logs = weight @ (x * np.log(total))
        self.fixed = weight @ np.log(total / x)
        self.drawn = weight * x

    @np.errstate(all="ignore")  # far out, where a search may look, see `finite`
    def __call__(self, at: Array) -> tuple[float, Array]:
        from scipy.special import digamma, gammaln

        p, q, v = np.exp(at)
        due = p * self.orders
        reach = v + self.total
        log_reach = np.log(reach)
        once, often = self.weight @ log_reach, self.drawn @ log_reach
        value = self.count @ (gammaln(due + q) - gammaln(due))
        value += self.size * (q * at[2] - gammaln(q)) + p * self.logs - self.fixed - p * often - q * once
        rising = digamma(due + q)
        by_p = (self.count * self.orders) @ (rising - digamma(due)) + self.logs - often
        by_q = self.count @ rising + self.size * (at[2] - digamma(q)) - once
        by_v = self.size * q / v - ((p * self.drawn + q * self.weight) / reach).sum()
        return finite(value, [p * by_p, q * by_q, v * by_v])


def _correlation(one: Array, other: Array, inflation: float | None) -> tuple[float, float, float]:
    """Pearson's correlation with its 95 % interval by Fisher's z; NaN where one of the two does not vary.

    `inflation` of the variance of z is 1 + r^2 / 2 for ranks (Bonett & Wright 2000, Psychometrika 65), if None.
    """
    if len(one) < 4 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return np.nan, np.nan, np.nan
    r = float(np.clip(np.corrcoef(one, other)[0, 1], -1 + 1e-12, 1 - 1e-12))
    spread = 1.959963984540054 * np.sqrt((1 + r**2 / 2 if inflation is None else inflation) / (len(one) - 3))
    return r, float(np.tanh(np.arctanh(r) - spread)), float(np.tanh(np.arctanh(r) + spread))
