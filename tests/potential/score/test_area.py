"""The area under the ROC curve and its intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from crm_analysis.errors import UserError
from crm_analysis.potential.score.area import area
from tests.small_books import FEW


def delong(score: np.ndarray, came: np.ndarray) -> float:
    """The standard error by the paper's double sums."""
    yes, no = score[came == 1], score[came == 0]
    psi = (yes[:, None] > no).astype(float) + 0.5 * (yes[:, None] == no)
    return float(np.sqrt(psi.mean(axis=1).var(ddof=1) / len(yes) + psi.mean(axis=0).var(ddof=1) / len(no)))


def clusters(seed: int, accounts: int = 150, days: int = 3) -> dict[str, np.ndarray]:
    """Scores of the same accounts on several days; what came hangs on the account too."""
    rng = np.random.default_rng(seed)
    owner, day = np.tile(np.arange(accounts), days), np.repeat(np.arange(days), accounts)
    own = np.tile(rng.normal(0, 1, accounts), days)
    score = own + rng.normal(0, 0.5, len(own))
    came = (np.tile(rng.logistic(0, 1, accounts), days) + rng.logistic(0, 0.3, len(own)) + own > 1.5).astype(float)
    return {"score": score, "other": rng.normal(0, 1, len(own)) + 0.3 * own, "came": came, "owner": owner, "day": day}


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=40))
@FEW
def test_area_and_error_of_one_day_are_sklearns_and_delongs(pairs):
    score, came = np.array([pair[0] for pair in pairs], float), np.array([pair[1] for pair in pairs], float)
    if not 2 <= came.sum() <= len(came) - 2:
        return
    found = area(score, came)
    assert found.auc == pytest.approx(roc_auc_score(came, score), abs=1e-12)
    assert found.error == pytest.approx(delong(score, came), abs=1e-12)


def test_area_of_several_days_is_the_mean_of_sklearns_weighted_by_the_promising():
    made = clusters(1)
    each = [made["day"] == day for day in range(3)]
    areas = [roc_auc_score(made["came"][own], made["score"][own]) for own in each]
    weights = [made["came"][own].sum() for own in each]
    found = area(made["score"], made["came"], made["owner"], made["day"])
    assert found.auc == pytest.approx(np.average(areas, weights=weights), abs=1e-12)


def test_errors_clustered_by_account_are_the_cluster_bootstraps():
    made, rng = clusters(2), np.random.default_rng(5)
    own, other = (area(made[name], made["came"], made["owner"], made["day"]) for name in ("score", "other"))
    drawn = []
    for _ in range(200):
        picked = rng.integers(0, 150, 150)
        rows = (np.arange(3)[:, None] * 150 + picked).ravel()  # every day of an account drawn
        drawn.append(
            [area(made[name][rows], made["came"][rows], None, made["day"][rows]).auc for name in ("score", "other")]
        )
    table = np.array(drawn)
    assert own.error == pytest.approx(table[:, 0].std(), rel=0.2)
    _, low, high = own.less(other)
    assert (high - low) / 2 / 1.645 == pytest.approx((table[:, 0] - table[:, 1]).std(), rel=0.2)
    # accounts are no independent rows: without them the interval would be too short
    assert area(made["score"], made["came"], None, made["day"]).error < 0.9 * own.error


def test_without_signal_the_interval_has_one_half_as_often_as_it_says():
    rng, inside = np.random.default_rng(7), 0
    for _ in range(300):
        low, high = area(rng.normal(0, 1, 120), rng.permutation(np.repeat([1.0, 0.0], [15, 105]))).interval()
        inside += low <= 0.5 <= high
    assert binomtest(inside, 300, 0.9).pvalue > 0.01


def test_order_and_names_of_accounts_change_nothing():
    made = clusters(3)
    order = np.random.default_rng(1).permutation(len(made["came"]))
    names = np.array([f"x{-number}" for number in made["owner"]])
    first = area(made["score"], made["came"], made["owner"], made["day"])
    again = area(made["score"][order], made["came"][order], names[order], made["day"][order])
    assert again.auc == pytest.approx(first.auc, abs=1e-12)
    assert again.interval() == pytest.approx(first.interval(), abs=1e-12)


def test_nothing_is_told_where_nothing_can_be():
    assert np.isnan(area([1.0, 2.0], [1, 1]).auc)
    assert area([1.0, 2.0], [1, 1]).interval() == (0, 1)
    assert area([3.0, 2.0, 1.0, 0.0], [1, 1, 0, 0]).interval() == (0, 1)  # no error, and yet not sure
    same = area([1.0, 2.0, 2.0, 3.0, 0.0], [0, 1, 0, 1, 1])
    assert same.less(same) == (0, 0, 0)
    with pytest.raises(UserError, match="numbers"):
        area([1.0, np.nan], [1, 0])
    with pytest.raises(UserError, match="one length"):
        area([1.0], [1, 0])
