"""IPCW measures against scikit-survival, on data with ties and heavy censoring, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from sksurv.metrics import (
    brier_score,
    concordance_index_censored,
    concordance_index_ipcw,
    cumulative_dynamic_auc,
    integrated_brier_score,
)
from sksurv.util import Surv

from crm_analysis.churn.survival.metrics import Followed, brier, concordance, dynamic_auc
from crm_analysis.errors import UserError

SEEDS = range(10)
EXACT = 1e-6


def followed(seed: int) -> tuple[Followed, Followed, np.ndarray]:
    """Train and test data with a risk: odd seeds in whole units of time, every third with tied risks, the last three
    with four of five censored."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(200, 500))
    risk = rng.normal(size=size)
    leaves = rng.exponential(np.exp(-risk))
    stopped = rng.exponential(0.15 if seed >= 7 else rng.uniform(0.5, 3), size)
    duration = np.minimum(leaves, stopped)
    if seed % 2:
        duration = np.ceil(duration * (40 if seed >= 7 else 4))
    if seed % 3 == 0:
        risk = np.round(risk)
    half = size // 2
    event = leaves <= stopped
    return Followed(duration[:half], event[:half]), Followed(duration[half:], event[half:]), risk[half:]


def oracle(data: Followed) -> np.ndarray:
    return Surv.from_arrays(data.event, data.duration)


@pytest.mark.parametrize("seed", SEEDS)
def test_concordance_is_scikit_survivals(seed):
    train, test, risk = followed(seed)
    tau = float(np.quantile(test.duration, 0.7))
    ours = concordance(test, risk, train, tau)
    assert ours == pytest.approx(concordance_index_ipcw(oracle(train), oracle(test), risk, tau)[0], abs=EXACT)
    whole = concordance(test, risk)
    assert whole == pytest.approx(concordance_index_censored(test.event, test.duration, risk)[0], abs=EXACT)
    assert 0.5 < ours != whole


@pytest.mark.parametrize("seed", SEEDS)
def test_auc_and_brier_are_scikit_survivals(seed):
    train, test, risk = followed(seed)
    both = Followed(np.r_[train.duration, test.duration], np.r_[train.event, test.event])  # support for every duration
    low, high = np.quantile(test.duration, [0.3, 0.8])
    times = np.unique([low, (low + high) / 2, high - 1e-3])
    stays = np.exp(-times[None, :] * np.exp(risk)[:, None])
    scores, mean = cumulative_dynamic_auc(oracle(both), oracle(test), risk, times)
    ours = dynamic_auc(test, risk, times, both)
    assert ours["auc"].to_numpy() == pytest.approx(scores, abs=EXACT)
    assert ours.attrs["mean"] == pytest.approx(mean, abs=EXACT)
    by_time = dynamic_auc(test, 1 - stays, times, both)
    assert by_time["auc"].to_numpy() == pytest.approx(
        cumulative_dynamic_auc(oracle(both), oracle(test), 1 - stays, times)[0], abs=EXACT
    )
    errors = brier(test, stays, times, both)
    assert errors["brier"].to_numpy() == pytest.approx(
        brier_score(oracle(both), oracle(test), stays, times)[1], abs=EXACT
    )
    assert errors.attrs["integrated"] == pytest.approx(
        integrated_brier_score(oracle(both), oracle(test), stays, times), abs=EXACT
    )


def test_rows_in_another_order_change_nothing():
    train, test, risk = followed(5)
    order = np.random.default_rng(0).permutation(len(test))
    other = Followed(test.duration[order], test.event[order])
    assert concordance(other, risk[order], train, 4) == pytest.approx(concordance(test, risk, train, 4), abs=1e-12)
    assert dynamic_auc(other, risk[order], [2, 3], train)["auc"].to_numpy() == pytest.approx(
        dynamic_auc(test, risk, [2, 3], train)["auc"].to_numpy(), abs=1e-12
    )


def test_a_hundred_thousand_accounts_in_quarters_are_compared():
    """All pairs by counting: four quarters and two risks, so that a table of counts has every pair."""
    rng = np.random.default_rng(2)
    size = 100_000
    risk = rng.integers(0, 2, size).astype(float)
    duration = np.minimum(rng.geometric(0.1 + 0.1 * risk), 4).astype(float)
    event = duration < 4
    right = pairs = 0.0
    for time in (1, 2, 3):
        high = ((duration == time) & (risk == 1)).sum()
        low = ((duration == time) & (risk == 0)).sum()
        later_low, later_high = ((duration > time) & (risk == 0)).sum(), ((duration > time) & (risk == 1)).sum()
        right += high * (later_low + later_high / 2) + low * (later_low / 2)
        pairs += (high + low) * (later_low + later_high)
    test = Followed(duration, event)
    assert concordance(test, risk) == pytest.approx(right / pairs, abs=1e-12)
    assert concordance(test, risk, test) == pytest.approx(right / pairs, abs=1e-12)  # no one is censored before the end


def test_what_lies_beyond_censoring_is_refused_in_words():
    train = Followed(np.array([1.0, 2, 3, 3]), np.array([True, False, True, False]))
    late = Followed(np.array([1.0, 3, 4, 5]), np.array([True, True, True, False]))
    risk = np.array([4.0, 3, 2, 1])
    with pytest.raises(ValueError):  # scikit-survival refuses it as well
        concordance_index_ipcw(oracle(train), oracle(late), risk)
    with pytest.raises(UserError, match=r"past time 3, .*expected a tau of at most 3"):
        concordance(late, risk, train)
    assert concordance(late, risk, train, tau=3) == 1
    with pytest.raises(UserError, match="times below 3"):
        dynamic_auc(late, risk, [4.5], train)
    with pytest.raises(UserError, match="times below 3"):
        brier(late, np.full((4, 2), 0.5), [1, 4], train)
    later = Followed(np.array([1.0, 4, 5]), np.array([True, True, False]))
    with pytest.raises(
        UserError, match=r"times below 3\.5"
    ):  # nobody left before, but those there weigh nothing either
        brier(later, np.full((3, 2), 0.5), [1, 3.5], train)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda test: concordance(test, [1.0, 2]), "one number for each of 3"),
        (lambda test: concordance(test, [1.0, 2, np.nan]), "1 that are no numbers"),
        (lambda test: concordance(Followed([2.0, 2], [False, False]), [1.0, 2]), "no two of 2 accounts"),
        (lambda test: dynamic_auc(test, [1.0, 2, 3], [3], test), r"within \[1, 3\)"),
        (lambda test: dynamic_auc(test, [1.0, 2, 3], [2, 2], test), "times rise"),
        (lambda test: dynamic_auc(test, [1.0, 2, 3], [1.5], Followed([9.0], [True])), "nobody had left by time 1.5"),
        (lambda test: brier(test, np.ones((3, 1)), [1.5, 2], test), r"3 accounts and 2 times; found \(3, 1\)"),
        (lambda test: Followed([1.0, 2], [True]), "of one length"),
        (lambda test: Followed([1.0, np.inf], [True, False]), "1 that are not"),
    ],
)
def test_what_is_no_measure_is_refused(call, words):
    test = Followed(np.array([1.0, 2, 3]), np.array([False, True, False]))
    with pytest.raises(UserError, match=words):
        call(test)
