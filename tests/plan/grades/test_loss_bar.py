"""The loss bar: what it lets pass, what is shown of it, and what it must never do."""

from __future__ import annotations

import datetime as dt
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from small_books import FEW

from crm_analysis.errors import BookError, UserError
from crm_analysis.plan.grades.bar import IMPOSSIBLE, LIKELY, SHOWN, followed, let_pass, loss_bar
from crm_analysis.potential.guard import guard

LAST = pd.Timestamp("2025-09-30")


def past(late: list[float], bad: list[int] | set[int], day: pd.Timestamp = LAST) -> pd.DataFrame:
    """A year of accounts; `bad` are flags, or the places of the bad ones."""
    flags = [place in bad for place in range(len(late))] if isinstance(bad, set) else bad
    names = [f"K{place:05}" for place in range(len(late))]
    return pd.DataFrame({"as_of": day, "account_id": names, "days_late": late, "bad": np.array(flags, bool)})


def ramp(accounts: int, bad: set[int]) -> pd.DataFrame:
    """Accounts that pay 0, 1, 2, ... days late."""
    return past([float(place) for place in range(accounts)], bad)


def test_the_loosest_bar_under_the_share_by_hand():
    found = loss_bar(ramp(100, {70, 80, 90, 95}), 0.03)
    # 2 of 100 are under 3 %, 3 are not: the third bad account, at 90 days, is the first not to pass
    assert (found.at.days_late, found.at.passing, found.at.bad, found.at.accounts) == (89, 90, 2, 100)
    assert found.at.share == 0.02
    assert found.at.share_of_passing == pytest.approx(2 / 90)
    ends = binomtest(2, 100).proportion_ci(0.9, "exact")
    assert (found.at.low, found.at.high) == pytest.approx((ends.low, ends.high))
    assert (found.state, found.binds, found.too_few) == (LIKELY, True, False)
    assert (found.all.bad, found.all.passing, found.all.share) == (4, 100, 0.04)
    assert found.fails([0, 89, 89.01, nan, inf]).tolist() == [False, False, True, False, True]


def test_shown_to_hold_where_the_upper_bound_is_under_the_share():
    # no bad account of 99: (1 - .03)^99 = .049, and of 98 it is .0505
    found = loss_bar(ramp(99, set()), 0.03)
    assert (found.state, found.binds, found.at.days_late, found.needed) == (SHOWN, False, inf, 99)
    assert found.at.high < 0.03
    assert not found.fails([500.0]).any()
    few = loss_bar(ramp(98, set()), 0.03)
    assert (few.state, few.binds, few.too_few, few.sure) == (LIKELY, False, True, None)
    assert few.at.high > 0.03
    assert few.least_shown == pytest.approx(1 - 0.05 ** (1 / 98))


def test_a_bar_that_binds_can_be_shown_to_hold():
    # of 4,000 accounts 99 bad ones are shown to be under 3 % (P(Bin(4000, .03) <= 101) <= 5 %); the next ones pay alike
    late = [float(place) for place in range(3000)] + [9000.0] * 1000
    found = loss_bar(past(late, set(range(0, 2970, 30)) | set(range(3000, 3100))), 0.03)
    assert (found.state, found.at.passing, found.at.bad) == (SHOWN, 3000, 99)
    assert found.at == found.sure
    assert found.at.high < 0.03


def test_the_stricter_bar_that_is_sure_beside_the_loosest():
    bad = set(range(500, 1000, 10))
    found = loss_bar(ramp(1000, bad), 0.03)
    allowed = max(k for k in range(40) if binom.cdf(k, 1000, 0.03) <= 0.05)
    assert (found.at.bad, found.at.passing, found.state) == (29, 790, LIKELY)
    assert (found.sure.bad, found.sure.passing) == (allowed, 500 + 10 * allowed)
    assert found.sure.high < 0.03 < binomtest(allowed + 1, 1000).proportion_ci(0.9, "exact").high


def test_impossible_with_the_number():
    found = loss_bar(ramp(100, {0, 1, 2, 3, 4, 60, 70}), 0.03)
    # half of the accounts pass at least, and 5 of 100 are bad there; up to 59 days late no more are
    assert (found.state, found.sure, found.at.passing, found.at.share) == (IMPOSSIBLE, None, 60, 0.05)
    assert (found.strict.passing, found.strict.bad) == (50, 5)
    assert not found.surely_impossible
    assert binomtest(5, 100, 0.03, "greater").pvalue > 0.05
    sure = loss_bar(ramp(100, set(range(8)) | {90}), 0.03)
    assert (sure.state, sure.surely_impossible) == (IMPOSSIBLE, True)
    assert binomtest(8, 100, 0.03, "greater").pvalue < 0.05


def test_too_few_accounts_for_any_proof():
    found = loss_bar(ramp(20, {19}), 0.03)
    assert (found.state, found.too_few, found.needed, found.sure) == (LIKELY, True, 99, None)
    assert (found.at.passing, found.at.bad) == (19, 0)


def test_equally_late_accounts_pass_or_fail_together():
    found = loss_bar(past([0.0] * 60 + [5.0] * 30 + [9.0] * 10, {59, 61, 62, 95}), 0.03)
    assert (found.at.days_late, found.at.passing, found.at.bad) == (0, 60, 1)
    assert found.fails([0.0, 5.0]).tolist() == [False, True]
    alike = loss_bar(past([0.0] * 50, {1, 2}), 0.03)
    assert (alike.state, alike.binds, alike.at.share) == (IMPOSSIBLE, False, 0.04)


def test_accounts_without_a_record_are_told_apart_and_never_fail():
    frame = pd.concat([ramp(100, {99}), past([nan] * 10, {1, 2})])
    found = loss_bar(frame, 0.03)
    assert (found.unknown.accounts, found.unknown.bad, found.all.accounts) == (10, 2, 100)
    assert found.at == loss_bar(ramp(100, {99}), 0.03).at
    told = let_pass(frame, found.at.days_late)
    assert told[["unknown_accounts", "unknown_bad"]].to_numpy().tolist() == [[10, 2]]


def test_the_latest_year_decides_and_earlier_ones_are_shown():
    earlier = past([1.0, 95.0, 96.0, nan], {0, 1, 3}, LAST - pd.DateOffset(years=1))
    years = pd.concat([earlier, ramp(100, {60, 70, 94, 97})])
    found = loss_bar(years, 0.03)
    assert found.day == dt.date(2025, 9, 30)
    assert found.at.days_late == 93
    told = let_pass(years, found.at.days_late)
    rows = told[["accounts", "passing", "bad", "all_bad", "unknown_accounts", "unknown_bad"]].to_numpy().tolist()
    assert rows == [[3, 1, 1, 2, 1, 1], [100, 94, 2, 4, 0, 0]]
    assert told["share"].tolist() == pytest.approx([1 / 3, 0.02])


def test_bars_that_are_shown_are_bars_of_the_year():
    frame = ramp(500, set(range(3, 500, 7)))
    steps = loss_bar(frame, 0.03).steps
    assert 30 <= len(steps) <= 40
    assert steps["passing"].iloc[0] == 250
    assert steps["days_late"].iloc[-1] == inf
    for row in steps.itertuples():
        own = frame[frame["days_late"] <= row.days_late]
        assert (row.passing, row.bad, row.accounts) == (len(own), own["bad"].sum(), 500)
        assert row.share == pytest.approx(own["bad"].sum() / 500)
        assert row.passing_share == pytest.approx(len(own) / 500)


def test_what_became_of_accounts_in_the_year_after():
    days = pd.to_datetime(["2023-09-30", "2024-09-30", "2025-09-30"])
    rows = [
        (days[0], "A", 3.0, False),
        (days[0], "B", nan, True),
        (days[0], "gone", 9.0, True),
        (days[1], "A", 4.0, True),
        (days[1], "B", 5.0, False),
        (days[1], "new", nan, False),
        (days[2], "B", 6.0, True),
        (days[2], "new", 7.0, False),
    ]
    frame = pd.DataFrame(rows, columns=["as_of", "account_id", "days_late", "bad"])
    found = followed(frame)
    told = [
        (days[0], "A", 3.0, True),
        (days[0], "B", nan, False),
        (days[0], "new", nan, False),
        (days[1], "B", 5.0, True),
        (days[1], "new", nan, False),
    ]
    pd.testing.assert_frame_equal(found, pd.DataFrame(told, columns=list(frame)))
    pd.testing.assert_frame_equal(followed(frame.sample(frac=1, random_state=3)), found)
    assert len(followed(frame[frame["as_of"] == days[0]])) == 0
    with pytest.raises(UserError, match="a year apart"):
        followed(frame[frame["as_of"] != days[1]])


def test_without_a_past_it_says_so():
    with pytest.raises(BookError, match="two years"):
        loss_bar(ramp(0, set()))
    with pytest.raises(BookError, match="anything was due in the year up to 2025-09-30"):
        loss_bar(past([nan, nan], {0}))
    with pytest.raises(UserError, match="bad_share"):
        loss_bar(ramp(5, set()), 0)


books = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60)
shares = st.floats(0.005, 0.6)


@FEW
@given(books, shares, shares)
def test_a_smaller_share_never_lets_more_accounts_pass(rows, one, other):
    frame = past([float(late) for late, _ in rows], [bad for _, bad in rows])
    strict, loose = (loss_bar(frame, share) for share in sorted((one, other)))
    assert strict.at.days_late <= loose.at.days_late
    if strict.sure is not None:
        assert strict.sure.days_late <= loose.sure.days_late
    for found in (strict, loose):
        assert found.at.passing >= len(rows) / 2
        assert (found.at.share < found.bad_share) == (found.state != IMPOSSIBLE)
        assert found.state != SHOWN or (found.at.high <= found.bad_share * (1 + 1e-6) and found.at == found.sure)


@FEW
@given(books, shares, st.randoms())
def test_order_and_names_change_nothing(rows, share, random):
    mixed = random.sample(rows, len(rows))
    frames = (past([float(late) for late, _ in own], [bad for _, bad in own]) for own in (rows, mixed))
    one, other = (loss_bar(frame, share) for frame in frames)
    assert (one.at, one.state, one.sure) == (other.at, other.state, other.sure)
    pd.testing.assert_frame_equal(one.steps, other.steps)


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=60, max_size=300, unique_by=lambda row: row[0])
)
def test_the_sure_bar_lets_pass_as_many_bad_ones_as_the_guard_allows_misses(rows):
    """The guard's promise for a score that never fails an account known to be good, were all of them its cases."""
    frame = past([float(late) for late, _ in rows], [bad for _, bad in rows])
    found = loss_bar(frame, 0.1)
    score = [float(late) if bad else 1e9 for late, bad in rows]
    line = guard(score, [False] * len(rows), 0.1, 0.05)
    # cut, in the guard's words, is who passes and goes bad; a good account does so nowhere
    passing = sum(late < line.threshold for late, _ in rows) if not line.declines else 0
    if 2 * passing < len(rows):
        assert found.sure is None
    else:
        assert found.sure.passing == (passing if line.threshold < 1e9 else len(rows))
