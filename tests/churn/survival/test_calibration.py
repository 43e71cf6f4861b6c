"""Whether probabilities come true: against statsmodels, scikit-learn and hand calculations."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from sklearn.metrics import log_loss
from statsmodels.stats.proportion import proportion_confint

from crm_analysis.churn.survival.calibration import lift, log_score, recalibration, risk_groups
from crm_analysis.errors import UserError


@pytest.fixture(scope="module")
def forecast() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    chance = expit(rng.normal(-2, 1.5, 4_000))
    return chance, (rng.random(4_000) < chance).astype(float)


def test_groups_are_tenths_with_wilsons_bounds(forecast):
    chance, left = forecast
    table = risk_groups(chance, left)
    assert table["forecasts"].tolist() == [400] * 10
    order = np.argsort(chance)
    last = order[-400:]
    assert table["predicted"].iloc[-1] == pytest.approx(chance[last].mean())
    assert table["came"].iloc[-1] == left[last].mean()
    low, high = proportion_confint(left[last].sum(), 400, alpha=0.1, method="wilson")
    # as many independent forecasts as rows, but for the sample variance's n - 1
    assert (table["low"].iloc[-1], table["high"].iloc[-1]) == pytest.approx((low, high), abs=2e-4)
    assert table["predicted"].is_monotonic_increasing
    inside = ((table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])).sum()
    assert inside >= 7  # the forecast is right, so nine of ten are expected


def test_groups_keep_ties_together_and_clusters_widen_them():
    chance = np.r_[np.full(50, 0.1), np.full(30, 0.2), np.linspace(0.3, 0.9, 20)]
    left = np.tile([0.0, 1, 0, 0, 1], 20)
    table = risk_groups(chance, left)
    assert table["forecasts"].tolist()[:2] == [50, 30]
    doubled = risk_groups(np.tile(chance, 2), np.tile(left, 2), np.tile(np.arange(100), 2))
    assert doubled["forecasts"].tolist() == [2 * many for many in table["forecasts"]]
    # an account told twice is worth once
    assert doubled[["low", "high"]].to_numpy() == pytest.approx(table[["low", "high"]].to_numpy(), abs=1e-9)


def test_groups_where_nobody_left_have_bounds():
    table = risk_groups(np.full(20, 0.01), np.zeros(20))
    assert len(table) == 1
    assert table["low"].iloc[0] == 0
    assert table["high"].iloc[0] == pytest.approx(proportion_confint(0, 20, alpha=0.1, method="wilson")[1])


def test_recalibration_finds_what_was_done_to_a_forecast(forecast):
    chance, left = forecast
    right = recalibration(chance, left).set_index("measure")
    assert right.loc["intercept", "low"] < 0 < right.loc["intercept", "high"]
    assert right.loc["slope", "low"] < 1 < right.loc["slope", "high"]
    extreme = recalibration(expit(2 * logit(chance) + 1), left).set_index("measure")
    assert extreme.loc["slope", "estimate"] == pytest.approx(right.loc["slope", "estimate"] / 2, abs=1e-9)
    too_few = recalibration(expit(logit(chance) - 1), left).set_index("measure")
    assert too_few.loc["intercept", "estimate"] == pytest.approx(right.loc["intercept", "estimate"] + 1, abs=1e-9)


def test_recalibration_is_statsmodels_logit_with_clusters(forecast):
    chance, left = forecast
    accounts = np.arange(4_000) // 4
    found = recalibration(chance, left, accounts).set_index("measure")
    line = sm.Logit(left, sm.add_constant(logit(chance))).fit(disp=0, cov_type="cluster", cov_kwds={"groups": accounts})
    low, high = line.conf_int(0.1)[1]
    assert found.loc["slope"].to_numpy() == pytest.approx([line.params[1], low, high], abs=1e-6)


def test_log_score_is_scikit_learns(forecast):
    chance, left = forecast
    assert log_score(chance, left) == pytest.approx(-log_loss(left, chance))
    assert log_score([0.0, 1], [0, 1]) == 0
    assert log_score([0.0], [1]) == -700


def test_lift_counts_ties_at_the_border_in_part():
    chance = np.r_[0.9, np.full(3, 0.5), np.full(16, 0.1)]
    left = np.r_[1.0, 1, 0, 0, 1, 1, np.zeros(14)]
    # the first tenth is two accounts: one that left, and a third of one; a fifth of all left
    assert lift(chance, left) == pytest.approx((4 / 3) / 2 / (4 / 20))
    assert lift(chance[::-1], left[::-1]) == pytest.approx(lift(chance, left))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: recalibration([0.2, 0.3], [0, 0]), "found 0 of 2 left"),
        (lambda: recalibration([0.2, 0.3, 0.8], [0, 0, 1]), "there is no slope"),
        (lambda: recalibration([0.2, 0.3], [0, 1], ["A", "A"]), "more than one account"),
        (lambda: lift([0.1, 0.2], [0, 0]), "none among 2"),
        (lambda: log_score([0.1, 1.2], [0, 1]), "between 0 and 1"),
        (lambda: risk_groups([0.1, 0.2], [0, 2]), "0 .stayed. or 1 .left."),
        (lambda: risk_groups([0.1, 0.2], [0]), "of one length"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, words):
    with pytest.raises(UserError, match=words):
        call()
