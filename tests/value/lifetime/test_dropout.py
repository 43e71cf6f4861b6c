"""BG/NBD and MBG/CNBD-k against published fits and points, lifetimes, mpmath, and accounts simulated to be so."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from typing import Any

import lifetimes
import mpmath
import numpy as np
import pandas as pd
import pytest
from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter
from scipy.integrate import dblquad
from scipy.special import betaln, expit, gammaln
from scipy.stats import binomtest
from sklearn.base import clone

from crm_analysis.errors import UserError
from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.fitting import NotIdentified
from crm_analysis.value.lifetime.model import PurchaseModel
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.simulated import leaving_at_orders

DAY = "1997-09-30"
PUBLISHED = {"r": 0.24259, "alpha": 4.41360, "a": 0.79292, "b": 2.42589}
"""BG/NBD on CDNOW: Fader, Hardie & Lee (2005), and the tests of CLVTools and BTYD."""
RHYTHM = {"r": 1.3, "alpha": 2.8, "a": 0.42, "b": 0.79}


@pytest.fixture(scope="module")
def cdnow() -> Histories:
    """The CDNOW sample up to week 39 from the transactions that lifetimes ships, with the orders of weeks 40 to 78."""
    path = Path(lifetimes.__file__).parent / "datasets/CDNOW_sample.txt"
    rows = pd.read_csv(path, sep=r"\s+", header=None, names=["master", "account", "day", "discs", "amount"])
    rows["day"] = pd.to_datetime(rows["day"], format="%Y%m%d")
    days = rows.drop_duplicates(["account", "day"]).sort_values(["account", "day"])
    past = days[days["day"] <= DAY]
    sums = past.groupby("account")["day"].agg(["min", "max", "size"])
    gaps = np.log(past.groupby("account")["day"].diff().dt.days / 7)
    later = days[days["day"] > DAY].groupby("account").size()
    frame = pd.DataFrame(
        {
            "frequency": sums["size"] - 1,
            "recency": (sums["max"] - sums["min"]).dt.days / 7,
            "T": (pd.Timestamp(DAY) - sums["min"]).dt.days / 7,
            "log_gaps": gaps.groupby(past["account"]).sum(),
            "orders": later.reindex(sums.index).fillna(0).astype(int),
        }
    )
    return Histories.of(frame, unit="week", as_of=DAY)


@pytest.fixture(scope="module")
def fitted(cdnow: Histories) -> BGNBD:
    return BGNBD().fit(cdnow)


def one(x: int, tx: float, T: float) -> Histories:
    return Histories.of(pd.DataFrame({"frequency": [x], "recency": [tx], "T": [T]}), unit="week", as_of=DAY)


def theta(model: PurchaseModel) -> tuple[Any, ...]:
    return tuple(np.array([[value]]) for value in model.params_.iloc[:4])


def some() -> tuple[np.ndarray, ...]:
    """Histories of every kind: new, silent, just ordered, frequent."""
    x = np.array([0, 0, 1, 1, 3, 12, 60])
    tx = np.array([0.0, 0.0, 5.0, 30.0, 20.0, 11.0, 38.0])
    return x, tx, np.array([0.0, 30.0, 30.0, 30.0, 30.0, 52.0, 40.0])


MODELS = [
    BGNBD.from_params("week", r=0.25, alpha=4, a=0.8, b=2.5),
    MBGCNBD.from_params("week", k=1, r=0.5, alpha=6, a=0.9, b=1.6),
    MBGCNBD.from_params("week", k=2, **RHYTHM),
    MBGCNBD.from_params("week", k=5, r=3.0, alpha=0.9, a=0.1, b=8.0),
]


# --- published ---


def test_bg_nbd_matches_fader_hardie_lee_2005(fitted: BGNBD) -> None:
    assert fitted.params_.to_dict() == pytest.approx(PUBLISHED, abs=2e-5)
    assert fitted.loglik_ == pytest.approx(-9582.429, abs=6e-4)
    assert fitted.size_ == 2357


def test_mbg_nbd_matches_lifetimes_published_fit(cdnow: Histories) -> None:
    model = MBGCNBD(k=1).fit(cdnow)
    assert model.params_.tolist() == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=6e-4)
    assert model.loglik_ == pytest.approx(-9582.133, abs=4e-3)  # recomputed from lifetimes' rounded parameters
    assert model.title == "MBG/NBD"


@pytest.mark.parametrize(
    ("x", "tx", "T", "horizon", "expected"), [(2, 30.43, 38.86, "39W", 1.226), (26, 30.857, 31.0, "52W", 25.757)]
)
def test_expected_orders_of_the_btyd_walkthrough(
    fitted: BGNBD, x: int, tx: float, T: float, horizon: str, expected: float
) -> None:
    assert fitted.orders(one(x, tx, T), horizon)["expected_orders"][0] == pytest.approx(expected, abs=6e-4)


def test_a_new_account_and_the_chance_of_being_alive_match_the_btyd_walkthrough(fitted: BGNBD) -> None:
    new = fitted._expected(theta(fitted), np.array([0]), np.zeros(1), np.zeros(1), 52.0)
    assert new[0, 0] == pytest.approx(1.444, abs=6e-4)
    assert fitted.alive(one(26, 30.857, 31.0))["alive"][0] == pytest.approx(0.96885, abs=6e-6)


@pytest.mark.parametrize(("x", "expected"), [(10, 0.3474606), (15, 0.04283391), (20, 0.004158973), (25, 0.0003583685)])
def test_increasing_frequency_paradox_of_the_btyd_walkthrough(fitted: BGNBD, x: int, expected: float) -> None:
    # 52 weeks, BTYD's T.star; its parameters come from a rounded summary, hence the fourth digit
    assert fitted.orders(one(x, 20.0, 39.0), "52W")["expected_orders"][0] == pytest.approx(expected, rel=2e-4)


def test_log_likelihood_matches_pymc_marketing_far_out() -> None:
    at = (0.25, 4.0, 0.80, 2.50)
    found, _ = BGNBD()._likelihood(at, np.array([0, 200]), np.array([0.0, 38.0]), np.array([40.0, 40.0]))
    assert found[0] == pytest.approx(-0.59947382, abs=1e-8)
    assert found[1] == pytest.approx(100.7957, abs=1e-4)


@pytest.mark.parametrize(("model", "mae"), [(BGNBD(), 0.786), (MBGCNBD(k=1), 0.765)])
def test_hold_out_error_on_cdnow_weeks_40_to_78(cdnow: Histories, model: Any, mae: float) -> None:
    found = clone(model).fit(cdnow).orders(cdnow, "39W")["expected_orders"]
    assert np.abs(found - cdnow.frame["orders"]).mean() == pytest.approx(mae, abs=6e-4)


# --- lifetimes ---


def lifetimes_fit(fitter: Any, frame: pd.DataFrame) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fitter.fit(frame["frequency"], frame["recency"], frame["T"])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("ours", "theirs", "first"), [(BGNBD(), BetaGeoFitter, False), (MBGCNBD(1), ModifiedBetaGeoFitter, True)]
)
def test_parameters_and_likelihood_are_those_of_lifetimes(seed: int, ours: Any, theirs: Any, first: bool) -> None:
    """Ten simulated books of each model, and so of 20."""
    rng = np.random.default_rng(seed)
    book = leaving_at_orders(
        rng, rng.uniform(13, 104, 1500), "1M", {"r": 0.6, "alpha": 5, "a": 0.8, "b": 2.5}, first=first
    )
    mine, other = clone(ours).fit(book), lifetimes_fit(theirs(), book.frame)
    at = tuple(float(other.params_[name]) for name in mine.names)
    columns = (book.frame[name].to_numpy() for name in ("frequency", "recency", "T"))
    reached = mine._likelihood(at, *columns)[0].sum()
    assert mine.loglik_ >= reached - 1e-6
    assert mine.params_.to_numpy() == pytest.approx(np.array(at), rel=1e-5)


def test_predictions_are_those_of_lifetimes(fitted: BGNBD, cdnow: Histories) -> None:
    other = BetaGeoFitter()
    other.params_ = fitted.params_
    frame = cdnow.frame
    theirs = other.conditional_expected_number_of_purchases_up_to_time(
        39, frame["frequency"], frame["recency"], frame["T"]
    )
    assert fitted.orders(cdnow, "273D")["expected_orders"].to_numpy() == pytest.approx(np.asarray(theirs), rel=1e-6)
    alive = other.conditional_probability_alive(frame["frequency"], frame["recency"], frame["T"])
    assert fitted.alive(cdnow)["alive"].to_numpy() == pytest.approx(np.asarray(alive), rel=1e-9)


# --- the mathematics ---


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.title} {model.params_['r']}")
def test_slopes_are_differences_of_the_likelihood(model: PurchaseModel) -> None:
    at = model.params_.to_numpy()[:4]
    x, tx, T = some()
    _, slopes = model._likelihood(tuple(at), x, tx, T + 0.5)
    for place in range(4):
        up, down = at.copy(), at.copy()
        up[place], down[place] = at[place] * np.exp(1e-5), at[place] * np.exp(-1e-5)
        rise = model._likelihood(tuple(up), x, tx, T + 0.5)[0] - model._likelihood(tuple(down), x, tx, T + 0.5)[0]
        assert slopes[place] == pytest.approx(rise / 2e-5, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.title} {model.params_['r']}")
def test_chances_add_up_and_agree_however_they_are_reached(model: PurchaseModel) -> None:
    x, tx, T = some()
    own, t = theta(model), 12.0
    counts = np.arange(200)
    chances = np.array([model._probability(own, x, tx, T, t, np.full(len(x), y))[0] for y in counts])
    assert chances.sum(axis=0) == pytest.approx(np.ones(len(x)), abs=1e-9)
    assert (counts[:, None] * chances).sum(axis=0) == pytest.approx(model._expected(own, x, tx, T, t)[0], rel=1e-8)
    tails = np.array([model._at_least(own, x, tx, T, t, np.full(len(x), y))[0] for y in counts[1:]])
    assert 1 - np.cumsum(chances, axis=0)[:-1] == pytest.approx(tails, abs=1e-10)
    steps = model._steps(own, x, tx, T, t)
    assert np.array([steps.step()[0] for _ in range(40)]) == pytest.approx(tails[:40], abs=1e-11)


def test_a_far_tail_keeps_its_digits() -> None:
    """P(Y = y) where it is below 1e-20, against the same sum with 40 digits."""
    model, x, T, t, y = MODELS[0], 2, 40.0, 30.0, 60
    with mpmath.workdps(40):
        r, alpha, a, b = map(mpmath.mpf, (0.25, 4, 0.8, 2.5))
        n, stays, q = r + x, b + x, t / (alpha + T + t)

        def exactly(m: int) -> Any:
            return mpmath.gamma(n + m) / mpmath.gamma(n) / mpmath.factorial(m) * (1 - q) ** n * q**m

        def stayed(m: int) -> Any:
            return mpmath.beta(a, stays + m) / mpmath.beta(a, stays)

        odds = (b + x - 1) / a * ((alpha + 35) / (alpha + T)) ** n
        more = mpmath.nsum(exactly, [y, mpmath.inf])
        truth = odds / (1 + odds) * (stayed(y) * exactly(y) + (stayed(y - 1) - stayed(y)) * more)
    found = model._probability(theta(model), np.array([x]), np.array([35.0]), np.array([T]), t, np.array([y]))
    assert float(truth) < 1e-18
    assert found[0, 0] == pytest.approx(float(truth), rel=1e-10)


@pytest.mark.parametrize(("k", "first"), [(1, False), (1, True), (3, True)])
def test_accounts_simulated_one_by_one_do_what_the_model_says(k: int, first: bool) -> None:
    """New accounts of the model for 40 weeks: how many orders, who is left, what the orders are worth."""
    params = {"r": 1.3, "alpha": 2.8 / k, "a": 0.8, "b": 4.0}
    model = BGNBD.from_params("week", **params) if not first else MBGCNBD.from_params("week", k=k, **params)
    rng = np.random.default_rng(7)
    book = leaving_at_orders(rng, np.zeros(40_000), "40W", params, k=k, first=first)
    new = (theta(model), np.array([0]), np.zeros(1), np.zeros(1), 40.0)
    orders = book.frame["orders"]
    for y in (0, 1, 2, 5, 10):
        chance = float(model._probability(*new, np.array([y]))[0, 0])
        assert binomtest(int((orders == y).sum()), len(orders), chance).pvalue > 1e-3
    later = leaving_at_orders(np.random.default_rng(8), np.full(40_000, 40.0), "1W", params, k=k, first=first)
    left = float(model._remaining(*new)[0, 0])
    assert binomtest(int(later.frame["alive"].sum()), 40_000, left).pvalue > 1e-3


@pytest.mark.parametrize(
    ("model", "x", "tx", "T", "rate"),
    [(MODELS[0], 3, 20.0, 30.0, 0.01), (MODELS[0], 0, 0.0, 30.0, 0.002), (MODELS[1], 12, 40.0, 52.0, 0.002)],
)
def test_discounted_orders_are_the_double_integral(
    model: PurchaseModel, x: int, tx: float, T: float, rate: float
) -> None:
    """Alive times E[lambda / (rate + p lambda)], by QUADPACK."""
    r, alpha, a, b = model.params_
    shape, stays = r + x, b + x + (0 if isinstance(model, BGNBD) else 1)

    def cell(v: float, u: float) -> float:
        p, pace = expit(u), np.exp(v)
        log = a * np.log(p) + stays * np.log(expit(-u)) - betaln(a, stays)
        log += shape * np.log(pace * (alpha + T)) - pace * (alpha + T) - gammaln(shape)
        return float(np.exp(log) * pace / (rate + p * pace))

    inner, _ = dblquad(cell, -45, 12, -14, 3, epsabs=1e-9, epsrel=1e-7)
    alive = model._alive(theta(model), np.array([x]), np.array([tx]), np.array([T]))[0, 0]
    found = model._discounted(theta(model), np.array([x]), np.array([tx]), np.array([T]), rate)[0, 0]
    assert found == pytest.approx(inner * alive, rel=1e-5)


PARETO = ParetoNBD.from_params("week", r=0.55, alpha=10.6, s=0.61, beta=11.7)


@pytest.mark.parametrize("model", [*MODELS, PARETO], ids=lambda model: f"{model.title} {model.params_['r']}")
def test_lives_drawn_one_by_one_bring_the_discounted_orders_expected(model: PurchaseModel) -> None:
    """Drawing phase, rate and leaving is another way to the mean than its integrals, for every k."""
    x, tx, T = some()
    lives = tuple(np.repeat(p, 20_000, axis=0) for p in theta(model))
    drawn = model._brought(lives, x, tx, T, 0.01, np.random.default_rng(6))
    mean = model._discounted(theta(model), x, tx, T, 0.01)[0]
    error = np.maximum(drawn.std(axis=0) / np.sqrt(20_000), 1e-3)  # one that is hardly alive may not be drawn at all
    assert (np.abs(drawn.mean(axis=0) - mean) < 4.5 * error).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.title} {model.params_['r']}")
def test_discounting_within_a_long_horizon_nears_discounting_without_one(model: PurchaseModel) -> None:
    book = Histories.of(
        pd.DataFrame({"frequency": [2, 8], "recency": [20.0, 50.0], "T": [30.0, 52.0]}), unit="week", as_of=DAY
    )
    ever = model.discounted_orders(book, 1.0)["discounted_orders"]
    within = model.stream(book, "12Y", 1.0)["discounted_orders"]
    assert within.to_numpy() == pytest.approx(ever.to_numpy(), rel=0.002)
    short = model.stream(book, "1M", 1e-9)
    assert short["discounted_orders"].to_numpy() == pytest.approx(short["expected_orders"].to_numpy(), rel=1e-6)


def test_many_orders_to_come_are_counted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts beyond the bar are searched by halving; lowering the bar changes nothing."""
    from crm_analysis.value.lifetime import counts

    frame = pd.DataFrame({"frequency": [40, 3, 0], "recency": [39.0, 20.0, 0.0], "T": [40.0, 30.0, 9.0]})
    book = Histories.of(frame, unit="week", as_of=DAY)
    uniform = np.random.default_rng(1).random((32, 3))
    for model in MODELS:
        draws = model.parameter_draws(32)
        few = model.orders(book, "2Y"), model.sampled(book, "2Y", draws, uniform)
        monkeypatch.setattr(counts, "MANY", 0.01)
        many = model.orders(book, "2Y"), model.sampled(book, "2Y", draws, uniform)
        monkeypatch.undo()
        pd.testing.assert_frame_equal(few[0], many[0], rtol=1e-7)
        assert (few[1] == many[1]).all()
    crowded = Histories.of(
        pd.DataFrame({"frequency": [5000], "recency": [100.0], "T": [100.1]}), unit="week", as_of=DAY
    )
    found = BGNBD.from_params("week", r=1, alpha=1, a=0.05, b=50).orders(crowded, "1Y")
    assert 1000 < found["low"][0] < found["expected_orders"][0] < found["high"][0] < 3000


# --- regularity ---


@pytest.mark.parametrize("k", [1, 2, 3])
def test_regularity_is_found_from_log_gaps(k: int) -> None:
    rng = np.random.default_rng(k)
    model = MBGCNBD().fit(leaving_at_orders(rng, rng.uniform(52, 104, 2000), "1M", RHYTHM, k=k))
    assert model.k_ == k
    assert set(model.by_k_["k"]) >= {max(k - 1, 1), k, k + 1}
    near = np.abs(np.log(model.params_.to_numpy() / list(RHYTHM.values())))
    assert (near < 4 * np.sqrt(np.diag(model.covariance_))).all()


def test_regularity_is_not_guessed_without_log_gaps(cdnow: Histories) -> None:
    bare = Histories.of(cdnow.frame[["frequency", "recency", "T"]], unit="week", as_of=DAY)
    with pytest.raises(UserError, match="they have no log_gaps"):
        MBGCNBD().fit(bare)
    assert MBGCNBD(k=2).fit(bare).k_ == 2
    assert MBGCNBD().fit(cdnow).k_ == 1  # CDNOW's buyers have no rhythm
    with pytest.raises(UserError, match="whole number"):
        MBGCNBD(k=1.5).fit(cdnow)


# --- fitting ---


def test_frequencies_in_the_hundreds_are_fitted() -> None:
    rng = np.random.default_rng(3)
    params = {"r": 2.0, "alpha": 0.5, "a": 0.3, "b": 60.0}
    book = leaving_at_orders(rng, rng.uniform(100, 156, 600), "1M", params, first=False)
    assert book.frame["frequency"].max() > 800
    model = BGNBD().fit(book)
    near = np.abs(np.log(model.params_.to_numpy() / list(params.values())))
    assert (near < 4 * np.sqrt(np.diag(model.covariance_))).all()
    assert np.isfinite(model.orders(book, "12M")["high"]).all()


def test_the_unit_of_time_changes_nothing_but_alpha(cdnow: Histories, fitted: BGNBD) -> None:
    frame = cdnow.frame[["frequency", "recency", "T"]].assign(
        recency=lambda f: (f["recency"] * 7).round(), T=lambda f: (f["T"] * 7).round()
    )
    days = Histories.of(frame, unit="day", as_of=DAY)
    other = BGNBD().fit(days)
    assert (other.params_ / fitted.params_).to_numpy() == pytest.approx([1, 7, 1, 1], rel=1e-6)
    assert other.loglik_ == pytest.approx(fitted.loglik_ - cdnow.frame["frequency"].sum() * np.log(7), abs=1e-5)
    pd.testing.assert_frame_equal(other.orders(days, "39W"), fitted.orders(cdnow, "39W"), rtol=1e-5)


def test_accounts_may_come_in_any_order_and_weights_count_them(cdnow: Histories, fitted: BGNBD) -> None:
    mixed = cdnow.frame.sample(frac=1, random_state=1)
    again = BGNBD().fit(Histories.of(mixed, unit="week", as_of=DAY))
    assert again.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-12)
    twice = BGNBD().fit(cdnow, weights=np.full(2357, 2.0))
    assert twice.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-6)
    assert twice.loglik_ == pytest.approx(2 * fitted.loglik_)
    assert twice.covariance_.to_numpy() == pytest.approx(fitted.covariance_.to_numpy() / 2, rel=1e-4)
    half = np.arange(2357) % 2
    part = Histories.of(cdnow.frame[half == 1], unit="week", as_of=DAY)
    assert BGNBD().fit(cdnow, weights=half).loglik_ == pytest.approx(BGNBD().fit(part).loglik_, abs=1e-6)


def test_a_covariate_is_found_and_used() -> None:
    rng = np.random.default_rng(11)
    T = rng.uniform(26, 104, 3000)
    slow = leaving_at_orders(rng, T, "26W", {"r": 1.0, "alpha": 8.0, "a": 0.5, "b": 4.0}, first=False).frame
    fast = leaving_at_orders(rng, T, "26W", {"r": 1.0, "alpha": 2.0, "a": 1.0, "b": 4.0}, first=False).frame
    both = pd.concat([slow.assign(industry="rail"), fast.assign(industry="telecom")]).drop(columns="account_id")
    both = pd.concat([both, both.head(4).assign(industry="rare")])
    book = Histories.of(both.drop(columns=["first_order", "last_order"]), unit="week", as_of="2026-09-30")
    model = BGNBD(covariates=("industry",)).fit(book)
    effects = model.summary_.set_index("parameter").iloc[4:]
    assert len(effects) == 2  # of the level that is not the reference; the rare one counts as the reference
    sign = 1 if model.design_.references["industry"] == "rail" else -1
    truth = {"rate": sign * np.log(4), "drop-out": sign * np.log(2)}
    for name, row in effects.iterrows():
        assert abs(row["estimate"] - truth[str(name).split(":")[0]]) < 4 * row["standard_error"]
    plain = BGNBD().fit(book)
    assert model.loglik_ > plain.loglik_ + 100
    assert model.bic_ < plain.bic_
    found = model.orders(book, "26W")["expected_orders"].groupby(book.frame["industry"]).sum()
    came = book.frame["orders"].groupby(book.frame["industry"]).sum()
    assert (found / came)[["rail", "telecom"]].to_numpy() == pytest.approx([1, 1], abs=0.08)
    with pytest.raises(UserError, match="no column 'region'"):
        BGNBD(covariates=("region",)).fit(book)


def test_estimators_keep_the_conventions_of_scikit_learn(cdnow: Histories) -> None:
    model = MBGCNBD(k=2, covariates=("industry",), prior=1.5)
    assert clone(model).get_params() == {"k": 2, "covariates": ("industry",), "prior": 1.5}
    fitted = BGNBD().fit(cdnow)
    assert not hasattr(clone(fitted), "params_")


def test_what_the_data_do_not_tell_is_refused() -> None:
    def of(x: list[int], tx: list[float], T: list[float]) -> Histories:
        return Histories.of(pd.DataFrame({"frequency": x, "recency": tx, "T": T}), unit="week", as_of=DAY)

    with pytest.raises(NotIdentified, match="none of the 3 accounts ordered a second time by 1997-09-30"):
        BGNBD().fit(of([0, 0, 0], [0.0, 0, 0], [5.0, 6, 7]))
    with pytest.raises(NotIdentified, match=r"the 4 histories do not tell .*Expected more accounts"):
        BGNBD().fit(of([3, 2, 4, 3], [30.0, 31, 29, 30], [31.0, 32, 30, 31]))
    ever = of([5] * 300, [40.0] * 300, [40.0] * 300)  # nobody left, all alike: neither rate's spread nor drop-out
    for model in (BGNBD(), MBGCNBD(k=1), MBGCNBD(k=2)):
        with pytest.raises(NotIdentified):
            model.fit(ever)
        weak = model.set_params(prior=2.0).fit(ever)
        assert np.isfinite(weak.params_).all()
        assert weak.alive(ever)["alive"].iloc[0] > 0.8


def test_a_weak_prior_hardly_moves_what_the_data_tell(cdnow: Histories, fitted: BGNBD) -> None:
    weak = BGNBD(prior=2.0).fit(cdnow)
    moved = np.abs(np.log(weak.params_ / fitted.params_)) / np.sqrt(np.diag(fitted.covariance_))
    assert (moved < 0.1).all()
    assert fitted.loglik_ - 0.1 < weak.loglik_ < fitted.loglik_


# --- intervals ---


def test_intervals_nest_and_hold_their_prediction(fitted: BGNBD, cdnow: Histories) -> None:
    wide, narrow = fitted.orders(cdnow, "39W", 0.95), fitted.orders(cdnow, "39W", 0.5)
    assert (wide["low"] <= narrow["low"]).all()
    assert (narrow["high"] <= wide["high"]).all()
    few = Histories.of(cdnow.frame[["frequency", "recency", "T"]].iloc[::40], unit="week", as_of=DAY)
    for table, name in ((fitted.alive(cdnow), "alive"), (fitted.discounted_orders(few), "discounted_orders")):
        assert ((table["low"] <= table[name]) & (table[name] <= table["high"])).all()
    ends = fitted.order_distribution(cdnow, "39W", 30)
    assert ends.drop(columns="account_id").sum(axis=1).to_numpy() == pytest.approx(np.ones(len(ends)))
    below = ends.drop(columns=["account_id", "p_more"]).cumsum(axis=1)
    low = (below.to_numpy() <= 0.05 + 1e-12).sum(axis=1)  # the smallest number not below the lower end
    assert (fitted.orders(cdnow, "39W")["low"].to_numpy() == low).mean() > 0.999


def test_what_is_not_known_of_the_parameters_widens_intervals(cdnow: Histories) -> None:
    few = Histories.of(cdnow.frame[["frequency", "recency", "T"]].iloc[::20], unit="week", as_of=DAY)
    model = BGNBD(prior=2.0).fit(few)
    known = BGNBD.from_params("week", **model.params_.to_dict())
    mine, sure = model.alive(few), known.alive(few)
    assert (sure["high"] - sure["low"]).max() < 1e-12
    assert (mine["high"] - mine["low"]).max() > 0.05


def test_sampled_orders_follow_the_distribution(fitted: BGNBD, cdnow: Histories) -> None:
    known = BGNBD.from_params("week", **fitted.params_.to_dict())
    uniform = np.random.default_rng(5).random((400, 2357))
    drawn = known.sampled(cdnow, "39W", known.parameter_draws(400), uniform)
    truth = known.order_distribution(cdnow, "39W")
    for y in (0, 1, 3):
        chances = truth[f"p_{y}"].to_numpy()
        spread = np.sqrt((400 * chances * (1 - chances)).sum())
        assert abs((drawn == y).sum() - 400 * chances.sum()) < 4 * spread


# --- time ---


def test_the_path_of_one_account_knows_only_what_came_before(fitted: BGNBD) -> None:
    days = [dt.date(1997, 1, 1), dt.date(1997, 2, 1), dt.date(1997, 3, 5)]
    path = fitted.alive_path(days, dt.date(1997, 9, 30)).set_index("day")
    assert path.loc["1997-01-20", "alive"] == 1  # BG/NBD: not ordered again, so alive with certainty
    assert path["alive"].loc["1997-02-01":"1997-03-04"].is_monotonic_decreasing
    assert path.loc["1997-03-05", "alive"] > path.loc["1997-03-04", "alive"]
    cut = fitted.alive_path(days[:2], dt.date(1997, 3, 4)).set_index("day")
    pd.testing.assert_frame_equal(cut, path.loc[:"1997-03-04"])
    at_end = one(2, (days[2] - days[0]).days / 7, (dt.date(1997, 9, 30) - days[0]).days / 7)
    assert path["alive"].iloc[-1] == pytest.approx(fitted.alive(at_end)["alive"][0], rel=1e-12)


def test_mistakes_of_unit_and_horizon_cannot_be_made(fitted: BGNBD, cdnow: Histories) -> None:
    with pytest.raises(UserError, match="horizon is written with its unit"):
        fitted.orders(cdnow, 39)  # type: ignore[arg-type]
    months = Histories.of(cdnow.frame[["frequency", "recency", "T"]], unit="month", as_of=DAY)
    with pytest.raises(UserError, match="the model counts in weeks, the histories in months"):
        fitted.orders(months, "39W")
    for level in (0, 1, 90):
        with pytest.raises(UserError, match="between 0 and 1"):
            fitted.orders(cdnow, "39W", level)
    with pytest.raises(UserError, match="above 0"):
        fitted.discounted_orders(cdnow, 0.0)
    with pytest.raises(UserError, match=r"such as 0\.1 for 10%; found 5"):
        fitted.discounted_orders(cdnow, 5)
    with pytest.raises(UserError, match="BG/NBD is not fitted yet"):
        BGNBD().orders(cdnow, "39W")
    with pytest.raises(UserError, match="fit takes purchase histories"):
        BGNBD().fit(cdnow.frame)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="has the parameters r, alpha, a, b"):
        BGNBD.from_params("week", r=1, alpha=1, s=1, beta=1)
