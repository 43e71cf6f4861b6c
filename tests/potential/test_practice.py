"""Today's practice: against a cut worked by hand, scipy's intervals and statsmodels' test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_books import FEW
from statsmodels.stats.contingency_tables import mcnemar

from crm_analysis.errors import UserError
from crm_analysis.potential.practice import SHARES, practice
from crm_analysis.potential.vetoes import PREFIX, VETOES


def scored(revenue, score, promising, **more):
    many = len(revenue)
    rows = {"as_of": pd.Timestamp("2025-09-30"), "account_id": [f"A{n:04}" for n in range(many)], "revenue": revenue,
            "score": score, "promising": np.asarray(promising, float), "margin_later": 10.0 * np.arange(many),
            "revenue_later": 100.0 * np.arange(many), "bits": np.arange(many, dtype="uint64")}  # fmt: skip
    return pd.DataFrame(rows | {f"{PREFIX}{name}": False for name in VETOES} | more)


def drawn(many=600, seed=4):
    rng = np.random.default_rng(seed)
    score = rng.random(many)
    return scored(np.round(rng.random(many) * 50), score, rng.random(many) < score / 3)


def test_ten_accounts_worked_by_hand():
    rows = scored(range(10), [5, 4, 3, 2, 1, 0, 9, 8, 7, 6], [1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
    found = practice(rows, [0.1, 0.4, 1])
    assert (found.accounts, found.promising, found.money) == (10, 4, "margin")
    assert found.table["accounts"].tolist() == [1, 4, 10]
    assert found.table["missed_revenue"].tolist() == [1, 2, 4]
    assert found.table["missed_score"].tolist() == [0, 1, 4]  # the lowest four scores: A5, A4, A3, A2
    assert found.table["lost_revenue"].tolist() == [0, 30, 180]
    assert found.table["lost_score"].tolist() == [0, 30, 180]
    assert found.table["missed_share_revenue"].tolist() == [0.25, 0.5, 1]


def test_intervals_are_scipys_and_the_comparison_is_mcnemars():
    rows = drawn()
    found = practice(rows)
    assert tuple(found.table["cut_share"]) == SHARES
    for row in found.table.itertuples():
        cut = {name: rows[name].rank(method="first") <= row.accounts for name in ("revenue", "score")}
        for name in ("revenue", "score"):
            count = getattr(row, f"missed_{name}")
            interval = binomtest(count, found.promising).proportion_ci(0.9, method="exact")
            told = getattr(row, f"low_missed_{name}"), getattr(row, f"high_missed_{name}")
            assert told == pytest.approx((interval.low, interval.high))
            assert count == (cut[name] & (rows["promising"] == 1)).sum()
        own = {name: cut[name][rows["promising"] == 1] for name in cut}
        table = pd.crosstab(own["revenue"], own["score"]).reindex(
            index=[False, True], columns=[False, True], fill_value=0
        )
        if table.loc[True, False] + table.loc[False, True]:
            assert row.p_same == pytest.approx(min(1, mcnemar(table, exact=True).pvalue))
    assert found.table["p_same"].min() < 0.05


@FEW
@given(st.integers(0, 10_000))
def test_missed_never_falls_as_more_is_cut_and_a_perfect_score_misses_last(seed):
    rows = drawn(80, seed)
    found = practice(rows.assign(score=rows["promising"]))
    for name in ("missed_revenue", "missed_score", "lost_revenue", "lost_score"):
        assert found.table[name].is_monotonic_increasing
    unpromising = found.accounts - found.promising
    np.testing.assert_array_equal(found.table["missed_score"], np.maximum(found.table["accounts"] - unpromising, 0))
    assert (found.table["missed_score"] <= found.table["missed_revenue"]).all()


def test_the_same_rule_twice_misses_the_same():
    found = practice(drawn().assign(score=lambda rows: rows["revenue"])).table
    assert (found["missed_score"] == found["missed_revenue"]).all()
    assert (found["p_same"] == 1).all()


def test_vetoes_spare_accounts_by_both_rules_or_by_neither():
    rows = scored(range(10), range(10), [1] * 10).assign(**{f"{PREFIX}new": [True] * 3 + [False] * 7})
    neither, both = practice(rows, [0.5, 1]), practice(rows, [0.5, 1], vetoes=True)
    assert (neither.vetoes, both.vetoes) == (False, True)
    assert neither.table["lost_revenue"].tolist() == [100, 450]
    assert both.table["accounts"].tolist() == [5, 7]
    assert both.table["lost_revenue"].tolist() == both.table["lost_score"].tolist() == [250, 420]


def test_without_costs_revenue_is_what_is_lost():
    rows = scored(range(4), range(4), [1] * 4, margin_later=np.nan)
    assert practice(rows, [0.5]).money == "revenue"
    assert practice(rows, [0.5]).table["lost_score"].tolist() == [100]


def test_without_a_promising_account_the_interval_is_whole():
    row = practice(scored(range(4), range(4), [0] * 4), [0.5]).table.iloc[0]
    assert np.isnan(row["missed_share_score"])
    assert (row["low_missed_score"], row["high_missed_score"]) == (0, 1)


def test_permuting_and_renaming_accounts_changes_nothing():
    rows = drawn()
    names = {name: f"Z{len(rows) - place}" for place, name in enumerate(rows["account_id"])}
    other = rows.assign(account_id=rows["account_id"].map(names)).sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(practice(other).table, practice(rows).table)


def test_what_cannot_be_compared_is_refused():
    rows = drawn(20)
    later = rows.assign(as_of=pd.Timestamp("2025-06-30"))
    for wrong, words in (
        (rows.head(0), "found none"),
        (pd.concat([rows, later]), "found 2 days and 20 accounts more than once"),
        (rows.assign(score=np.nan), "found 20 and 0 without"),
        (rows.assign(promising=np.nan), "found 0 and 20 without"),
    ):
        with pytest.raises(UserError, match=words):
            practice(wrong)
    with pytest.raises(UserError, match="above 0 and up to 1"):
        practice(rows, [0, 0.5])
