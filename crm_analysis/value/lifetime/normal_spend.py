"""Normal spend: what an order is worth where amounts may be negative, as margins are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crm_analysis.labels import code_said, label
from crm_analysis.value.lifetime.fitting import NotIdentified, maximum
from crm_analysis.value.lifetime.spend import SpendModel, finite

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from crm_analysis.value.histories import Histories

    Array = NDArray[np.float64]


class NormalSpend(SpendModel):
    """Orders normal about an account's own mean; means and variances normal-inverse-gamma over accounts.

    An account's variance is nu s^2 / chi^2(nu), its mean is normal about mu0 with that variance / kappa; given its
    orders both have the same form again, and the money of orders to come is a Student t (Gelman et al., Bayesian Data
    Analysis, 3rd ed., 3.3). The four parameters are fitted to all accounts (empirical Bayes).

    Every order of known money counts, the first too: of an account with one order it is all there is.

    nu is not kept above 2. Where accounts differ in scale by orders of magnitude, as in every real book tried, it is
    below, and a bound there would refuse them all. The mean of each account is finite all the same, for it has nu + n
    degrees of freedom after n >= 1 orders; its variance may not be, so take means from `mean`, and from `sampled`
    quantiles. One absurd order widens its own account's t and hardly moves the others, because that t has heavy tails.
    Amounts that are skewed rather than of heavy tails pull mu0 below their mean.
    """

    names: ClassVar = ("kappa", "nu", "s", "mu0")
    title: ClassVar = "Normal spend"
    _logs: ClassVar = 3

    def fit(self, histories: Histories, weights: Any = None) -> Self:
        """Fit by maximum likelihood to all accounts, each counted `weights` times.

        Raises NotIdentified where the data do not tell the parameters, as where no account ordered twice.
        """
        n, mean, squares = self._known(histories)
        weight = self._weights(histories, weights)
        of = (weight > 0) & (n > 0)
        n, mean, squares, weight = n[of], mean[of], squares[of], weight[of]
        if not (n > 1).any() or not squares.any():
            money = label(f"value_{self.money}")
            raise NotIdentified(label("spend_alike", model=code_said(self.title), histories=f"{len(n):,}", money=money))
        # Searched in money of this book's own middle and spread, so that neither currency nor level matters.
        middle = float(np.median(mean))
        varied = squares[squares > 0] / (n[squares > 0] - 1)
        within = float(np.median(varied))
        spread = float(np.median(np.abs(mean - middle))) or float(np.sqrt(within))
        shape = within / spread**2
        likelihood = _Likelihood(n, (mean - middle) / spread, squares / spread**2, weight)
        ratio = float(np.clip(shape, 0.05, 20.0))
        starts = [
            np.array([np.log(ratio), 0.0, np.log(shape) / 2 - 0.5, 0.0]),
            np.array([0.0, np.log(4.0), np.log(shape) / 2, 0.0]),
        ]
        size = float(weight.sum())
        found = maximum(likelihood, starts, self.names, self.title, size)
        unit = np.array([1.0, 1.0, 1.0, spread])
        at = found.at * unit + np.array([0.0, 0.0, np.log(spread), middle])
        return self._fitted(found, at, unit, found.loglik - float(weight @ n) * np.log(spread), size)

    def _known(self, histories: Histories) -> tuple[Array, ...]:
        """Number of orders of known money, their mean, and the sum of their squared differences from it."""
        n = self._repeats(histories) + 1
        if self.money == "margin" and "costed" in histories.frame:
            n -= histories.frame["first_margin"].isna().to_numpy()
        total, squares = (self._column(histories, name, n > 0) for name in (self.money, f"{self.money}_squares"))
        n = np.where(np.isfinite(total) & np.isfinite(squares), n, 0.0)
        total, squares = np.where(n > 0, total, 0.0), np.where(n > 0, squares, 0.0)
        each = np.maximum(n, 1)
        # Orders of one amount leave rounding, of either sign, where nothing should be.
        left = squares - total**2 / each
        return n, total / each, np.where((n > 1) & (left > 1e-12 * squares), left, 0.0)

    def _posterior(self, theta: Array, known: tuple[Array, ...]) -> tuple[Array, ...]:
        """kappa, nu, s^2 and the mean of each account after its orders."""
        kappa, nu, s, mu0 = theta
        n, mean, squares = known
        weight = n / (kappa + n)
        ahead = mean - mu0
        left = nu * s**2 + squares + kappa * weight * ahead**2
        return kappa + n, nu + n, left / (nu + n), mu0 + weight * ahead

    def _mean(self, theta: Array, known: tuple[Array, ...]) -> Array:
        return self._posterior(theta, known)[3]

    def _total(self, theta: Array, known: tuple[Array, ...], orders: Array, rng: np.random.Generator) -> Array:
        kappa, nu, variance, mean = self._posterior(theta, known)
        # a t is a normal over the root of a chi^2, which is twice a gamma of half its degrees of freedom
        scale = np.sqrt(variance * (orders + orders**2 / kappa) * (nu / 2) / rng.standard_gamma(nu / 2))
        return orders * mean + scale * rng.standard_normal(len(orders))

    def _log_total(self, theta: Array, known: tuple[Array, ...], orders: Array, totals: Array) -> Array:
        from scipy.special import gammaln

        kappa, nu, variance, mean = self._posterior(theta, known)
        scale = variance * (orders + orders**2 / kappa)
        off = (totals - orders * mean) ** 2 / scale
        density = gammaln((nu + 1) / 2) - gammaln(nu / 2) - np.log(np.pi * nu * scale) / 2
        return density - (nu + 1) / 2 * np.log1p(off / nu)


class _Likelihood:
    """The log-likelihood of the orders, a multivariate t per account, and its slopes in log kappa, nu, s and in mu0."""

    def __init__(self, n: Array, mean: Array, squares: Array, weight: Array) -> None:
        self.mean, self.squares, self.weight = mean, squares, weight
        # what depends on the number of orders alone is worked out once for each number
        self.orders, self.place = np.unique(n, return_inverse=True)
        self.count = np.bincount(self.place, weight)

    @np.errstate(all="ignore")  # far out, where a search may look, see `finite`
    def __call__(self, at: Array) -> tuple[float, Array]:
        from scipy.special import digamma, gammaln

        kappa, nu, s = np.exp(at[:3])
        orders, count = self.orders, self.count
        share = orders / (kappa + orders)
        freedom = (nu + orders) / 2
        prior = nu * s**2
        ahead = self.mean - at[3]
        squared = ahead**2
        left = prior + self.squares + (kappa * share)[self.place] * squared
        logs = np.log(left)
        # per account: its degrees of freedom over what its orders leave, each number of orders summed by itself
        pull = self.weight * freedom[self.place] / left
        log_left = np.bincount(self.place, self.weight * logs)
        value = count @ (
            gammaln(freedom) - gammaln(nu / 2) + np.log(kappa / (kappa + orders)) / 2 + nu / 2 * np.log(prior)
            - orders / 2 * np.log(np.pi)
        ) - freedom @ log_left  # fmt: skip
        spread = np.bincount(self.place, pull * squared)
        by_kappa = count @ share / 2 - kappa * (share**2 @ spread)
        by_nu = count @ (digamma(freedom) - digamma(nu / 2) + np.log(prior) + 1) / 2 - log_left.sum() / 2
        by_nu -= s**2 * pull.sum()
        by_s = self.weight.sum() * nu - 2 * prior * pull.sum()
        by_mu0 = 2 * kappa * (share @ np.bincount(self.place, pull * ahead))
        return finite(value, [by_kappa, nu * by_nu, by_s, by_mu0])
