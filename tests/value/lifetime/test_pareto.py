"""Pareto/NBD against published fits, lifetimes, mpmath, other integrals, and accounts simulated to be so."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import Any

import lifetimes
import mpmath
import numpy as np
import pandas as pd
import pytest
from lifetimes import ParetoNBDFitter
from scipy.integrate import quad
from scipy.special import betainc
from scipy.stats import nbinom

from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.simulated import leaving_at_any_time

CDNOW = (0.55315, 10.57633, 0.60625, 11.6715)
"""Where CLVTools' tests have the maximum for CDNOW."""
MODEL = ParetoNBD()


@pytest.fixture(scope="module")
def cdnow() -> Histories:
    """The CDNOW sample up to week 39, in weeks, from the transactions that lifetimes ships."""
    path = Path(lifetimes.__file__).parent / "datasets/CDNOW_sample.txt"
    rows = pd.read_csv(path, sep=r"\s+", header=None, names=["master", "account", "day", "discs", "amount"])
    rows["day"] = pd.to_datetime(rows["day"], format="%Y%m%d")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes calls what pandas will drop
        days = lifetimes.utils.summary_data_from_transaction_data(
            rows, "account", "day", observation_period_end="1997-09-30", freq="D"
        )
    frame = days.assign(recency=days["recency"] / 7, T=days["T"] / 7).reset_index(drop=True)
    return Histories.of(frame, unit="week", as_of="1997-09-30")


@pytest.fixture(scope="module")
def fitted(cdnow: Histories) -> ParetoNBD:
    return ParetoNBD().fit(cdnow)


def grid(count: int, seed: int) -> tuple[np.ndarray, ...]:
    """Parameters, histories and a time, far beyond what books hold: x to 500, scales over four decades, some equal."""
    rng = np.random.default_rng(seed)

    def between(low: float, high: float) -> np.ndarray:
        return np.exp(rng.uniform(np.log(low), np.log(high), count))

    r, alpha, s, beta = between(0.05, 20), between(0.02, 200), between(0.05, 20), between(0.02, 200)
    beta[::5] = alpha[::5]
    x = np.where(rng.random(count) < 0.3, 0, np.floor(between(1, 500))).astype(int)
    T = between(0.1, 50)
    tx = np.where(x > 0, T * rng.random(count) ** 0.5, 0)
    return r, alpha, s, beta, x, tx, T, between(0.1, 50)


def by_mpmath(r: float, alpha: float, s: float, beta: float, x: int, tx: float, T: float) -> tuple[float, float]:
    """Log-likelihood and P(alive) as Fader & Hardie (2005) write them, with 2F1 to 60 digits."""
    with mpmath.workdps(60):
        r, alpha, s, beta, tx, T = (mpmath.mpf(float(value)) for value in (r, alpha, s, beta, tx, T))
        n = r + int(x)
        second, scale = (s + 1, alpha) if alpha >= beta else (n, beta)

        def term(u: Any) -> Any:
            return mpmath.hyp2f1(n + s, second, n + s + 1, abs(alpha - beta) / (scale + u)) / (scale + u) ** (n + s)

        alive = (alpha + T) ** -n * (beta + T) ** -s
        left = s / (n + s) * (term(tx) - term(T))
        likelihood = mpmath.gamma(n) / mpmath.gamma(r) * alpha**r * beta**s * (alive + left)
        return float(mpmath.log(likelihood)), float(alive / (alive + left))


# --- the likelihood ---


def test_fit_on_cdnow_matches_clvtools(cdnow: Histories, fitted: ParetoNBD) -> None:
    """To the digits that the likelihood tells: CLVTools stopped a little before the maximum."""
    assert fitted.loglik_ == pytest.approx(-9594.976, abs=5e-4)
    assert fitted.params_.to_numpy() == pytest.approx(np.array(CDNOW), rel=3e-4)
    frame = cdnow.frame
    x, tx, T = frame["frequency"].to_numpy(), frame["recency"].to_numpy(), frame["T"].to_numpy()
    theirs = ParetoNBDFitter._conditional_log_likelihood(CDNOW, x, tx, T).sum()
    assert theirs < fitted.loglik_ < theirs + 1e-4


def test_likelihood_and_alive_match_mpmath_on_a_wide_grid() -> None:
    r, alpha, s, beta, x, tx, T, _ = grid(150, seed=1)
    for place in range(len(r)):
        theta, of = (r[place], alpha[place], s[place], beta[place]), slice(place, place + 1)
        loglik, alive = by_mpmath(*theta, x[place], tx[place], T[place])
        assert MODEL._likelihood(theta, x[of], tx[of], T[of])[0][0] == pytest.approx(loglik, rel=1e-11, abs=1e-10)
        assert MODEL._alive(theta, x[of], tx[of], T[of])[0] == pytest.approx(alive, rel=1e-6, abs=1e-200)


def test_alive_at_the_stability_points_of_clvtools_matches_mpmath() -> None:
    theta = (0.5143, 2.8845, 0.2856, 14.1087)
    for x in (221, 254, 161, 204):
        for tx in (20.0, 75.0, 99.9, 100.0):
            expected = by_mpmath(*theta, x, tx, 100.0)[1]
            found = MODEL._alive(theta, np.array([x]), np.array([tx]), np.array([100.0]))
            assert found == pytest.approx([expected], rel=1e-8, abs=1e-200)


def test_gradient_matches_differences_of_the_likelihood() -> None:
    step = 1e-5
    r, alpha, s, beta, x, tx, T, _ = grid(60, seed=2)
    tx[1], T[2], tx[2], x[2] = T[1] if x[1] else 0, 0.0, 0.0, 0
    for theta in zip(r[:15], alpha[:15], s[:15], beta[:15], strict=True):
        _, slope = MODEL._likelihood(theta, x, tx, T)
        for place in range(4):
            factors = np.where(np.arange(4) == place, np.exp(step), 1)
            up = MODEL._likelihood(tuple(theta * factors), x, tx, T)[0]
            down = MODEL._likelihood(tuple(theta / factors), x, tx, T)[0]
            assert slope[place] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-5)


def test_likelihood_matches_lifetimes(cdnow: Histories) -> None:
    frame = cdnow.frame
    x, tx, T = frame["frequency"].to_numpy(), frame["recency"].to_numpy(), frame["T"].to_numpy()
    expected = ParetoNBDFitter._conditional_log_likelihood(CDNOW, x, tx, T)
    assert MODEL._likelihood(CDNOW, x, tx, T)[0] == pytest.approx(np.asarray(expected), rel=1e-8)


def test_fit_finds_the_parameters_of_simulated_accounts() -> None:
    truth = {"r": 0.8, "alpha": 8.0, "s": 0.6, "beta": 12.0}
    rng = np.random.default_rng(3)
    model = ParetoNBD().fit(leaving_at_any_time(rng, rng.uniform(26, 104, 3000), "12M", truth))
    off = np.log(model.params_.to_numpy() / [*truth.values()])
    covariance = model.covariance_.to_numpy()
    assert off @ np.linalg.solve(covariance, off) < 18.5  # chi-squared with 4 degrees, one in a thousand
    assert np.all(np.sqrt(np.diag(covariance)) < 0.5)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_fit_on_simulated_books_matches_lifetimes(seed: int) -> None:
    """lifetimes told to search to the last digit; with its own tolerance it stops in the fourth."""
    rng = np.random.default_rng(seed)
    truth = {"r": 0.8, "alpha": 8.0, "s": 0.6, "beta": 12.0}
    histories = leaving_at_any_time(rng, rng.uniform(26, 104, 400), "12M", truth)
    x, tx, T = (histories.frame[name].to_numpy() for name in ("frequency", "recency", "T"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its search leaves the range of numbers now and then
        theirs = ParetoNBDFitter().fit(x, tx, T, tol=1e-12).params_.to_numpy()
    model = ParetoNBD().fit(histories)
    assert model.params_.to_numpy() == pytest.approx(theirs, rel=1e-5)
    assert model.loglik_ > ParetoNBDFitter._conditional_log_likelihood(theirs, x, tx, T).sum() - 1e-7


def test_fit_finds_the_effects_of_a_covariate() -> None:
    """Accounts of one region order three times as fast and leave twice as fast."""
    rng = np.random.default_rng(10)
    parts = [
        leaving_at_any_time(rng, rng.uniform(26, 104, 1200), "12M", {"r": 1.2, "alpha": a, "s": 0.9, "beta": b}).frame
        for a, b in ((9.0, 30.0), (3.0, 15.0))
    ]
    frame = pd.concat(parts, keys=["north", "south"], names=["region"]).reset_index("region").drop(columns="account_id")
    model = ParetoNBD(("region",)).fit(Histories.of(frame, unit="week", as_of="2026-09-30"))
    summary = model.summary_.set_index("parameter")
    reference = "north" if "rate: region=south" in summary.index else "south"
    other, sign = ("south", 1) if reference == "north" else ("north", -1)
    for on, factor in (("rate", 3.0), ("drop-out", 2.0)):
        effect = summary.loc[f"{on}: region={other}"]
        assert abs(effect["estimate"] - sign * np.log(factor)) < 3.5 * effect["standard_error"]
        assert effect["standard_error"] < 0.4


# --- predictions ---


def test_predictions_on_cdnow_match_the_btyd_walkthrough(fitted: ParetoNBD) -> None:
    """The account's t_x is 30 6/7 weeks; its 25.45647 is of estimates a fifth digit off the maximum."""
    theta = tuple(fitted.params_)
    new, account = ([np.array([value]) for value in history] for history in ((0, 0.0, 0.0), (26, 216 / 7, 31.0)))
    assert MODEL._expected(theta, *new, 52.0) == pytest.approx([1.473434], abs=1e-6)
    assert MODEL._expected(theta, *account, 52.0) == pytest.approx([25.45647], rel=1e-4)
    assert MODEL._alive(theta, *account) == pytest.approx([0.997874], abs=1e-6)


def test_predictions_match_lifetimes(cdnow: Histories) -> None:
    oracle = ParetoNBDFitter()
    oracle.params_ = pd.Series(CDNOW, index=["r", "alpha", "s", "beta"])
    frame = cdnow.compressed().iloc[::40]
    x, tx, T = frame["frequency"].to_numpy(), frame["recency"].to_numpy(), frame["T"].to_numpy()
    alive = oracle.conditional_probability_alive(x, tx, T)
    assert MODEL._alive(CDNOW, x, tx, T) == pytest.approx(np.asarray(alive), rel=1e-7)
    orders = oracle.conditional_expected_number_of_purchases_up_to_time(39, x, tx, T)
    assert MODEL._expected(CDNOW, x, tx, T, 39.0) == pytest.approx(np.asarray(orders), rel=1e-7)
    for y in (0, 1, 4):
        chances = oracle.conditional_probability_of_n_purchases_up_to_time(y, 39, x, tx, T)
        found = MODEL._probability(CDNOW, x, tx, T, 39.0, np.full(len(x), y))
        assert found == pytest.approx(np.asarray(chances, dtype=float), rel=1e-6)


@pytest.mark.slow
def test_chances_of_orders_match_the_mixture_over_the_moment_of_leaving() -> None:
    """Relative accuracy, also in far tails: a sum of negative binomial chances, each integrated by QUADPACK."""
    r, alpha, s, beta, x, tx, T, t = grid(25, seed=4)
    y = np.random.default_rng(5).integers(0, 12, len(r)) * np.where(x > 20, 9, 1)
    for place in range(len(r)):
        of, count, end = slice(place, place + 1), int(y[place]), float(t[place])
        theta = (r[place], alpha[place], s[place], beta[place])
        n, A, S, B = r[place] + x[place], alpha[place] + T[place], s[place], beta[place] + T[place]

        def mixed(chance: Any, S: Any = S, B: Any = B, end: float = end) -> float:
            def integrand(v: float) -> float:
                u = B * np.expm1(v)  # left by u: 1 - exp(-S v)
                return S * np.exp(-S * v) * chance(u)

            stop = np.log1p(end / B)
            points = [quad(integrand, a, b, epsabs=0, epsrel=1e-9, limit=200)[0] for a, b in pieces(stop)]
            return sum(points) + np.exp(-S * stop) * chance(end)

        alive = MODEL._alive(theta, x[of], tx[of], T[of])[0]
        exactly = mixed(lambda u, n=n, A=A, count=count: nbinom.pmf(count, n, A / (A + u)))
        expected = alive * exactly + (0 if count else 1 - alive)
        found = MODEL._probability(theta, x[of], tx[of], T[of], end, y[of])
        assert found == pytest.approx([expected], rel=1e-6, abs=1e-250)
        if count:
            beyond = mixed(lambda u, n=n, A=A, count=count: betainc(count, n, u / (A + u)))
            found = MODEL._at_least(theta, x[of], tx[of], T[of], end, y[of])
            assert found == pytest.approx([alive * beyond], rel=1e-6, abs=1e-250)


def pieces(stop: float) -> list[tuple[float, float]]:
    """A stretch from 0 to `stop`, cut ever finer towards 0."""
    cuts = [0.0, *(stop * 0.4**power for power in range(12, -1, -1))]
    return list(itertools.pairwise(cuts))


def test_chances_of_orders_add_up_and_have_the_expected_mean() -> None:
    x, tx, T = np.array([0, 3, 40]), np.array([0.0, 20.0, 38.0]), np.array([39.0, 39.0, 39.0])
    y = np.arange(400)[:, None]
    chances = MODEL._probability(CDNOW, x, tx, T, 26.0, y)
    assert chances.sum(axis=0) == pytest.approx([1, 1, 1], abs=1e-9)
    assert (y * chances).sum(axis=0) == pytest.approx(MODEL._expected(CDNOW, x, tx, T, 26.0), rel=1e-8)
    tails = MODEL._at_least(CDNOW, x, tx, T, 26.0, np.maximum(y, 1))
    assert tails[1:-1] - tails[2:] == pytest.approx(chances[1:-1], abs=1e-10)


def test_what_is_expected_is_continuous_where_s_is_one() -> None:
    x, tx, T = np.array([0, 5]), np.array([0.0, 30.0]), np.array([39.0, 39.0])
    at = [MODEL._expected((0.55, 10.0, s, 11.0), x, tx, T, 52.0) for s in (1 - 1e-9, 1.0, 1 + 1e-9)]
    assert at[0] == pytest.approx(at[1], rel=1e-8)
    assert at[2] == pytest.approx(at[1], rel=1e-8)


def test_remaining_is_how_alive_the_account_would_still_be_if_nobody_looked() -> None:
    """The limit of the orders expected in a short time, as a share of the rate: a derivative of `expected`."""
    x, tx, T = np.array([0, 5, 30]), np.array([0.0, 30.0, 38.0]), np.array([39.0, 39.0, 39.0])
    r, alpha, _, _ = CDNOW
    later = MODEL._expected(CDNOW, x, tx, T, 20.001) - MODEL._expected(CDNOW, x, tx, T, 19.999)
    found = MODEL._remaining(CDNOW, x, tx, T, 20.0)
    assert found == pytest.approx(later / 0.002 * (alpha + T) / (r + x), rel=1e-6)


def test_discounted_orders_match_the_confluent_hypergeometric_function_of_mpmath() -> None:
    """Fader, Hardie & Lee (2005), equation of DERT, with Tricomi's U."""
    r, alpha, s, beta, x, tx, T, _ = grid(60, seed=6)
    for place, rate in enumerate(np.exp(np.random.default_rng(7).uniform(np.log(1e-5), np.log(2), len(r)))):
        of, b = slice(place, place + 1), float(beta[place] + T[place])
        theta = (r[place], alpha[place], s[place], beta[place])
        lasting = b * float(mpmath.hyperu(1, 2 - float(s[place]), float(rate) * b))
        pace = (r[place] + x[place]) / (alpha[place] + T[place])
        found = MODEL._discounted(theta, x[of], tx[of], T[of], float(rate))
        expected = MODEL._alive(theta, x[of], tx[of], T[of]) * pace * lasting
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-250)


def test_simulated_accounts_order_as_often_as_predicted() -> None:
    truth = {"r": 0.7, "alpha": 6.0, "s": 0.8, "beta": 20.0}
    rng = np.random.default_rng(8)
    histories = leaving_at_any_time(rng, rng.uniform(10, 80, 20_000), "6M", truth)
    frame = histories.frame
    x, tx, T = frame["frequency"].to_numpy(), frame["recency"].to_numpy(), frame["T"].to_numpy()
    theta, t = tuple(truth.values()), histories.time("6M")
    cells = [(MODEL._alive(theta, x, tx, T), frame["alive"].to_numpy())]
    for y in (0, 1, 2, 5):
        chance = MODEL._probability(theta, x, tx, T, t, np.full(len(x), y))
        cells.append((chance, (frame["orders"] == y).to_numpy()))
    cells.append((MODEL._at_least(theta, x, tx, T, t, np.full(len(x), 12)), (frame["orders"] >= 12).to_numpy()))
    for chance, came in cells:
        for part in (x == 0, (x > 0) & (x < 4), x >= 4, T < 30, tx < T / 2):
            spread = np.sqrt((chance * (1 - chance))[part].sum())
            assert abs((came - chance)[part].sum()) < 4.5 * max(spread, 1)


# --- walking the distribution ---


@pytest.mark.parametrize(
    ("theta", "t", "within"),
    [
        (CDNOW, 39.0, 1e-5),
        (CDNOW, 90.0, 1e-3),  # of 165 orders to expect
        ((0.5, 4.0, 800.0, 100.0), 39.0, 1e-5),  # nobody stays
    ],
)
def test_steps_are_the_chances_of_at_least_so_many_orders(theta: Any, t: float, within: float) -> None:
    draws = tuple(np.array([[1.0], [1.1]]) * value for value in theta)
    x, tx, T = np.array([0, 2, 14, 90]), np.array([0.0, 11.0, 30.0, 38.5]), np.array([39.0, 20.0, 39.0, 39.0])
    steps = MODEL._steps(draws, x, tx, T, t)
    assert steps.alive == pytest.approx(MODEL._alive(draws, x, tx, T))
    for y in range(1, 30):
        expected = MODEL._at_least(draws, x, tx, T, t, np.full(len(x), y))
        assert steps.step() == pytest.approx(expected, abs=within)
    steps.keep(np.array([False, True, False, True]))
    for y in range(30, 60):
        expected = MODEL._at_least(draws, x, tx, T, t, np.full(len(x), y))
        assert steps.step() == pytest.approx(expected[:, [1, 3]], abs=within)


def test_predictions_do_not_depend_on_how_many_accounts_stand_beside() -> None:
    x, tx, T = grid(2500, seed=9)[4:7]
    draws = tuple(np.array([[1.0], [1.2]]) * value for value in CDNOW)
    y = np.arange(len(x)) % 7
    whole = MODEL._probability(draws, x, tx, T, 20.0, y)
    assert whole.shape == (2, len(x))
    for of in (slice(0, 1), slice(1700, 1733)):
        assert whole[:, of] == pytest.approx(MODEL._probability(draws, x[of], tx[of], T[of], 20.0, y[of]), rel=1e-13)
