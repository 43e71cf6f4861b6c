"""Moments by accounts are those of the rows drawn again; the noise is what rows of noise would be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from driver_answers import simulated

from crm_analysis.satisfaction.drivers.moments import Moments, ends, resampled
from crm_analysis.satisfaction.drivers.noise import likeness, with_noise


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    frame, accounts = simulated(accounts=40, people=3)
    return frame.to_numpy() * 100 + 1e4, np.unique(accounts, return_inverse=True)[1]


def again(values: np.ndarray, account: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.repeat(values, counts[account].astype(int), axis=0)


def test_moments_under_weights_are_those_of_the_accounts_drawn_again(rows):
    values, account = rows
    weights = resampled(40, draws=4)
    found = Moments(values, account, 40).under(weights)
    for place, counts in enumerate(weights):
        copied = again(values, account, counts)
        assert found.rows[place] == len(copied)
        assert found.mean[place] == pytest.approx(copied.mean(axis=0), rel=1e-12)
        assert found.cov[place] == pytest.approx(np.cov(copied.T, ddof=0), rel=1e-8, abs=1e-6)
        assert found.corr[place] == pytest.approx(np.corrcoef(copied.T), abs=1e-9)


def test_between_is_the_products_of_the_sums_of_accounts(rows):
    values, account = rows
    found = Moments(values, account, 40).under()
    sums = pd.DataFrame(values - values.mean(axis=0)).groupby(account).sum().to_numpy()
    assert found.between[0] == pytest.approx(sums.T @ sums, rel=1e-7, abs=1e-4)
    assert found.pairs[0] == 40 * (9 - 3)


def test_pairs_of_answers_are_those_of_pandas(rows):
    values, account = rows[0].copy(), rows[1]
    values[np.random.default_rng(1).random(values.shape) < 0.4] = np.nan
    found = Moments(values, account, 40, pairwise=True).under()
    known = (~np.isnan(values)).astype(float)
    many = known.T @ known  # pandas divides by one less
    assert found.cov[0] == pytest.approx(pd.DataFrame(values).cov().to_numpy() * (many - 1) / many, rel=1e-7)
    with pytest.raises(ValueError, match="pairwise"):
        Moments(values, account, 40)


def test_pairs_that_contradict_each_other_are_made_possible():
    nan = np.nan
    up, down = np.arange(6.0), np.arange(6.0)[::-1]
    values = np.vstack([np.c_[up, up, [nan] * 6], np.c_[[nan] * 6, up, up], np.c_[up, [nan] * 6, down]])
    found = Moments(values, np.arange(18), 18, pairwise=True).under()
    assert np.linalg.eigvalsh(found.corr[0]).min() > 0
    assert np.linalg.eigvalsh(pd.DataFrame(values).corr().to_numpy()).min() < -0.5


def test_accounts_without_rows_and_many_accounts_in_blocks(monkeypatch):
    frame, accounts = simulated(accounts=50, people=2)
    codes = np.unique(accounts, return_inverse=True)[1] * 2  # every second account has no row
    values, weights = frame.to_numpy(), resampled(100, draws=3)
    whole = Moments(values, codes, 100).under(weights)
    monkeypatch.setattr("crm_analysis.satisfaction.drivers.moments._BLOCK", 500)
    blocks = Moments(values, codes, 100).under(weights)
    for name in ("rows", "pairs", "mean", "cov", "between"):
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), rel=1e-9, abs=1e-9)
    assert whole.rows[0] == 2 * weights[0, ::2].sum()


def test_what_does_not_vary_goes_with_nothing():
    values = np.c_[np.ones(10), np.arange(10.0)]
    assert Moments(values, np.arange(10), 10).under().corr[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_draws_are_the_same_for_a_seed_and_count_every_account():
    first = resampled(30, draws=5, seed=3)
    assert (first == resampled(30, draws=5, seed=3)).all()
    assert (first.sum(axis=1) == 30).all()


def test_ends_leave_out_draws_that_could_not_be_computed():
    draws = np.c_[np.r_[np.arange(101.0), np.nan], np.full(102, np.nan)]
    low, high = ends(draws, 0.9, 10**9)
    assert (low[0], high[0]) == pytest.approx((5, 95), abs=1e-4)
    few = ends(draws, 0.9, 10)  # t with 9 degrees of freedom: 1.8331 * sqrt(10 / 9) = 1.9323, a tail of 2.67 %
    assert (few[0][0], few[1][0]) == pytest.approx((2.67, 97.33), abs=0.01)
    assert np.isnan([low[1], high[1]]).all()


def test_likeness_is_the_intraclass_correlation_that_was_simulated():
    for true in (0.0, 0.5):
        frame, accounts = simulated(accounts=2000, people=3, alike=true, steps=1000)
        codes = np.unique(accounts, return_inverse=True)[1]
        assert likeness(Moments(frame.to_numpy(), codes, 2000).under()) == pytest.approx(true, abs=0.03)
    alone = Moments(frame.to_numpy(), np.arange(6000), 6000).under()
    assert likeness(alone) == 0


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_noise_varies_with_answers_as_rows_of_noise_do(rows, alike):
    """Correlations of 4,000 noises made of moments against 4,000 made row by row: the same covariance."""
    values, account = rows
    rng, many = np.random.default_rng(5), 4000
    spread = Moments(values, account, 40).under()
    made = with_noise(spread.repeated(many), alike, rng)
    k = values.shape[1]
    found = made[:, k - 1, [*range(k - 1), k]]
    own, shared = rng.standard_normal((many, len(values))), rng.standard_normal((many, 40))
    noise = np.sqrt(1 - alike) * own + np.sqrt(alike) * shared[:, account]
    noise -= noise.mean(axis=1, keepdims=True)
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    rowwise = noise @ z / len(values) / noise.std(axis=1, keepdims=True)
    assert np.abs(found).max() < 1
    assert np.cov(found.T) == pytest.approx(np.cov(rowwise.T), abs=8 * np.cov(rowwise.T).max() / np.sqrt(many))
    assert found.mean(axis=0) == pytest.approx(np.zeros(k), abs=5 * found.std() / np.sqrt(many))
    assert np.linalg.eigvalsh(made).min() > 0
