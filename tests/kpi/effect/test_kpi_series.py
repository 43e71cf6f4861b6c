"""A series against its own past, held against statsmodels and against planted changes."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.linalg import toeplitz
from scipy.stats import t

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect import series as room
from crm_analysis.kpi.effect.series import series


def lasting(seed: int, periods: int, rho: float, size: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = np.zeros(periods + 50)
    for place in range(1, periods + 50):
        noise[place] = rho * noise[place - 1] + rng.normal(0, size)
    return noise[50:]


def test_each_correlation_matches_statsmodels_generalised_least_squares():
    outcome = 0.01 * np.arange(24) + lasting(1, 24, 0.5)
    design = room._design(24, 16, 4)
    fits = room._fits(design, outcome)
    for place in (0, 20, 45):
        rho = room._RHOS[place]
        oracle = sm.GLS(outcome, design, sigma=toeplitz(rho ** np.arange(24))).fit()
        assert fits.beta[place] == pytest.approx(oracle.params, rel=1e-8)
        assert fits.covariance[place] == pytest.approx(oracle.cov_params(), rel=1e-6, abs=1e-12)


def test_a_single_correlation_gives_students_interval():
    outcome = 0.01 * np.arange(24) + lasting(1, 24, 0.5)
    design = room._design(24, 16, 4)
    fits = room._fits(design, outcome)
    only = room._Fits(np.ones(1), fits.beta[:1], fits.covariance[:1], fits.free)
    oracle = sm.OLS(outcome, design).fit()  # the first correlation is none
    low, high = oracle.conf_int()[-2]
    assert only.told(np.eye(design.shape[1])[-2]) == pytest.approx((oracle.params[-2], low, high), rel=1e-6)
    assert oracle.df_resid == fits.free
    assert t.ppf(0.975, fits.free) > 2


def test_planted_change_of_level_and_trend_is_found_beside_a_season():
    place = np.arange(36)
    season = np.array([0.3, -0.2, 0.1, -0.2])[place % 4]
    since = np.maximum(place - 24, 0)
    values = 1 + 0.02 * place + season + 0.2 * (place >= 24) + 0.01 * since + lasting(2, 36, 0.0, 0.001)
    found = series(values, 24)
    assert found.season
    table = found.table.set_index("term")
    assert table.loc["level", "effect"] == pytest.approx(0.2, abs=0.004)
    assert table.loc["trend", "effect"] == pytest.approx(0.01, abs=0.001)
    assert found.effect == pytest.approx(0.2 + 0.01 * 5.5, abs=0.003)
    assert found.off_zero
    gap = (found.fitted["value"] - found.fitted["expected"])[24:]
    assert gap.mean() == pytest.approx(found.effect, abs=0.003)


def test_intervals_hold_with_lasting_errors_where_least_squares_do_not():
    held, plain = 0, 0
    for seed in range(40):
        values = lasting(seed, 20, 0.6) + 0.1 * (np.arange(20) >= 14)
        found = series(values, 14)
        held += found.low <= 0.1 <= found.high
        design = room._design(20, 14, 4)
        row = np.eye(design.shape[1])[-2] + 2.5 * np.eye(design.shape[1])[-1]
        low, high = sm.OLS(values, design).fit().t_test(row).conf_int()[0]
        plain += low <= 0.1 <= high
    assert held >= 36
    assert plain < 34


def test_too_short_a_series_is_told_in_words():
    values = lasting(1, 12, 0.0)
    with pytest.raises(BookError, match="before the start: 4; from it on: 8"):
        series(values, 4)
    with pytest.raises(BookError, match="from it on: 1"):
        series(values, 11)
    with pytest.raises(BookError, match="differ"):
        series(np.ones(12), 9)
    values[3] = np.nan
    with pytest.raises(BookError, match="all told"):
        series(values, 9)
