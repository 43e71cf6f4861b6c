"""Tables of what cuts risk and free: against counts by hand, scipy's bounds, and the guard itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.potential.guard import by_alpha, guard, on_average, steps_down

ROWS = st.lists(st.tuples(st.integers(0, 25), st.booleans()), max_size=90)


def parted(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in rows], float), np.array([kept for _, kept in rows], bool)


def test_steps_are_counted_by_hand():
    known, kept = np.array([1.0, 2.5, 3.0, 9.0, 0.0]), np.array([False, False, False, False, True])
    low, low_kept = np.array([1.0, 2.0, 2.0, 3.0, 0.0]), np.array([False, False, False, False, True])
    table = steps_down(known, kept, low, low_kept, 0.1)
    assert table["accounts"].tolist() == [0, 1, 3, 4]
    assert table["share"].tolist() == [0, 0.2, 0.6, 0.8]
    assert table["misses"].tolist() == [0, 1, 1, 3]
    assert table["miss_rate"].tolist() == [0, 0.2, 0.2, 0.6]
    assert table["threshold"].tolist() == [-np.inf, *np.nextafter([1.0, 2.0, 3.0], np.inf)]
    exact = [binomtest(misses, 5).proportion_ci(0.8, "exact").high for misses in (1, 1, 3)]
    assert table["bound"].tolist() == pytest.approx([0.0, *exact])


def test_as_many_places_as_asked_for_the_last_one_cuts_all():
    rng = np.random.default_rng(1)
    low = rng.random(10_007)
    table = steps_down(rng.random(60), np.zeros(60, bool), low, low > 0.9, 0.1)
    assert len(table) == 41
    assert table["accounts"].iloc[-1] == (low <= 0.9).sum()
    assert np.diff(table["accounts"]).max() - np.diff(table["accounts"]).min() <= 1


@FEW
@given(ROWS, ROWS, st.sampled_from([0.05, 0.1, 0.3]), st.sampled_from([0.1, 0.2]))
def test_the_last_step_within_alpha_is_the_guards_cut(known, today, alpha, delta):
    """With a place for each account, so that none is stepped over. The same of fewer places: never beyond."""
    (score, kept), (low, low_kept) = parted(known), parted(today)
    cut = int(guard(score, kept, alpha, delta).may_cut(low, low_kept).sum())
    every = steps_down(score, kept, low, low_kept, delta, places=max(len(low), 1))
    assert every.loc[every["bound"] <= alpha, "accounts"].max() == cut
    few = steps_down(score, kept, low, low_kept, delta, places=3)
    assert few.loc[few["bound"] <= alpha, "accounts"].max() <= cut
    for column in ("accounts", "threshold", "misses", "bound"):
        assert few[column].is_monotonic_increasing
    assert few["accounts"].iloc[-1] == (~low_kept).sum()
    for _, row in few.iterrows():
        assert ((low < row["threshold"]) & ~low_kept).sum() == row["accounts"]
        assert ((score < row["threshold"]) & ~kept).sum() == row["misses"]


def test_by_alpha_is_what_each_guard_says():
    rng = np.random.default_rng(2)
    known, kept, low, low_kept = rng.random(70) ** 0.5, rng.random(70) < 0.2, rng.random(500), rng.random(500) < 0.1
    table = by_alpha(known, kept, low, low_kept, [0.1, 0.05, 0.02, 0.1], 0.1)
    assert table["alpha"].tolist() == [0.02, 0.05, 0.1]
    assert table["needed"].tolist() == [114, 45, 22]  # .98^114 = .09995, .98^113 = .10199
    assert table["needed_on_average"].tolist() == [49, 19, 9]
    for _, row in table.iterrows():
        sure, mean = guard(known, kept, row["alpha"], 0.1), on_average(known, kept, row["alpha"])
        cuts = [int(((low < line.threshold) & ~low_kept).sum()) for line in (sure, mean)]
        assert [row["accounts"], row["accounts_on_average"]] == cuts
        assert [row["share"], row["share_on_average"]] == [cut / 500 for cut in cuts]
        assert [row["allowed_misses"], row["threshold"]] == [sure.allowed_misses, sure.threshold]
    assert table["accounts"].tolist() == sorted(table["accounts"])
    assert table["accounts"].iloc[0] == 0  # 70 cases are fewer than 114
    assert table["accounts"].iloc[-1] > 0


def test_without_low_accounts_or_known_cases_tables_are_still_there():
    nothing = np.zeros(0), np.zeros(0, bool)
    table = steps_down(*nothing, *nothing, 0.1)
    assert table["accounts"].tolist() == [0]
    assert table["share"].tolist() == [0.0]
    unknown = steps_down(*nothing, [1.0, 2.0], [False, False], 0.1)
    assert unknown["bound"].tolist() == [0.0, 1.0, 1.0]
    assert unknown["miss_rate"].isna().all()
    assert by_alpha(*nothing, *nothing, [0.05], 0.1)["accounts"].tolist() == [0]


def test_what_cannot_be_told_is_refused():
    some = np.arange(3.0), np.zeros(3, bool)
    with pytest.raises(UserError, match="one alpha at least"):
        by_alpha(*some, *some, [], 0.1)
    with pytest.raises(UserError, match="low_score: expected finite"):
        by_alpha(*some, [np.nan], [False], [0.1], 0.1)
    with pytest.raises(UserError, match="low_score: expected scores and vetoes"):
        steps_down(*some, [1.0], [], 0.1)
    with pytest.raises(UserError, match="one place at least; found 0"):
        steps_down(*some, *some, 0.1, places=0)
