"""Rhythms against sums worked out literally, simulated gaps of known quantiles, and another package's moments."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.churn.definition.rhythm import LEAST, _Gaps, gap_sums, rhythm, shrunk
from crm_analysis.errors import UserError

START = dt.date(2025, 1, 1)


def on(number: int) -> dt.date:
    return START + dt.timedelta(days=int(number))


def sums_of(gaps: list[np.ndarray]) -> pd.DataFrame:
    logs = [np.log(each) for each in gaps]
    return pd.DataFrame(
        {
            "account_id": [f"A{place:06}" for place in range(len(gaps))],
            "gaps": [len(each) for each in gaps],
            "log_sum": [float(each.sum()) for each in logs],
            "log_square_sum": [float((each**2).sum()) for each in logs],
        }
    )


def drawn(rng: np.random.Generator, counts: np.ndarray, between: float, within: float | np.ndarray) -> list[np.ndarray]:
    """Gaps of accounts, lognormal around medians that scatter around 30 days."""
    means = rng.normal(math.log(30), math.sqrt(between), len(counts))
    spread = np.sqrt(np.broadcast_to(within, len(counts)))
    gaps = np.exp(rng.normal(np.repeat(means, counts), np.repeat(spread, counts)))
    return np.split(gaps, np.cumsum(counts)[:-1])


def test_sums_of_many_dates_are_those_worked_out_literally_from_order_days():
    rng = np.random.default_rng(1)
    days = {f"A{place:02}": sorted(set(rng.integers(0, 600, rng.integers(1, 12)).tolist())) for place in range(25)}
    orders = [line(name, on(day), 10) for name, own in days.items() for day in own]
    orders += [line("A00", on(day), amount) for day, amount in ((599, -5), (598, 0))]  # no orders
    dates = [on(590), on(100), on(350)]
    found = gap_sums(small_book(orders[::-1]), dates)
    rows = []
    for date in sorted(dates):
        for name, own in days.items():
            known = [on(day) for day in own if on(day) <= date]
            gaps = [(later - earlier).days for earlier, later in itertools.pairwise(known)]
            if known:
                logs = [math.log(gap) for gap in gaps]
                rows.append((date, name, len(gaps), sum(logs), sum(log**2 for log in logs), known[-1]))
    expected = pd.DataFrame(rows, columns=list(found)).astype(
        {"as_of": "datetime64[ns]", "last_order": "datetime64[ns]"}
    )
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-7)
    # alone or beside others, and whatever came later: the same to the last bit
    alone = gap_sums(small_book([row for row in orders if row["ordered_on"] <= on(350)]), [on(350)])
    pd.testing.assert_frame_equal(
        alone, found[found["as_of"] == pd.Timestamp(on(350))].reset_index(drop=True), check_exact=True
    )
    with pytest.raises(UserError, match="there is no date"):
        gap_sums(small_book(orders), [])


def test_the_next_gap_exceeds_the_rhythm_in_one_case_of_ten_whatever_is_known_of_the_account():
    rng = np.random.default_rng(2)
    n = 30_000
    counts = rng.choice([0, 1, 2, 5, 20], n)
    within = 0.4 / rng.gamma(4.0, 0.25, n)  # accounts differ in how regular they are
    gaps = drawn(rng, counts + 1, 0.5, within)
    known, coming = [each[:-1] for each in gaps], np.array([each[-1] for each in gaps])
    for quantile in (0.9, 0.5):
        days = shrunk(sums_of(known), quantile=quantile)
        over = pd.Series(coming > days.to_numpy()).groupby(counts).mean()
        assert over.between(1 - quantile - 0.015, 1 - quantile + 0.015).all(), over


def test_moments_are_those_of_paule_and_mandel_by_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(3)
    counts = rng.integers(1, 30, 200)
    gaps = drawn(rng, counts, 0.3, 0.5)
    sums = sums_of(gaps)
    found = _Gaps.of(sums)
    own = np.array([np.log(each).var(ddof=1) if len(each) > 1 else 0.0 for each in gaps])
    noise = found.variance(counts.astype(float), own) / counts
    theirs = combine_effects(np.array([np.log(each).mean() for each in gaps]), noise, method_re="iterated", atol=1e-12)
    assert found.between == pytest.approx(theirs.tau2, abs=1e-6)
    assert found.mean == pytest.approx(theirs.mean_effect_re, abs=1e-6)
    assert found.within == pytest.approx(0.5, abs=0.05)


def test_an_account_without_a_gap_has_its_segments_rhythm_and_one_with_many_its_own():
    rng = np.random.default_rng(4)
    fast, slow = ([np.exp(rng.normal(math.log(median), 0.3, 6)) for _ in range(40)] for median in (10, 100))
    gaps = [*fast, *slow, *[np.array([])] * 3, np.exp(rng.normal(math.log(10), 0.3, 3_000))]
    by = pd.Series(["fast"] * 40 + ["slow"] * 40 + ["fast", "slow", None, "slow"])
    days = shrunk(sums_of(gaps), by)
    new_fast, new_slow, unknown, own = days.iloc[80:]
    assert new_fast == pytest.approx(10 * math.exp(1.2816 * 0.3), rel=0.12)
    assert new_slow > 7 * new_fast
    assert new_fast < unknown < 10 * new_slow  # of no segment: of the whole book
    assert own == pytest.approx(10 * math.exp(1.2816 * 0.3), rel=0.03)
    # a segment of too few is told from the whole book
    few = pd.Series(["few"] * (LEAST - 1) + ["other"] * (len(gaps) - LEAST + 1))
    whole = shrunk(sums_of(gaps))
    assert shrunk(sums_of(gaps), few)[: LEAST - 1].tolist() == whole[: LEAST - 1].tolist()


def test_rows_and_dates_are_told_apart_and_keep_their_index():
    rng = np.random.default_rng(5)
    gaps = drawn(rng, rng.integers(0, 9, 120), 0.5, 0.5)
    sums = sums_of(gaps)
    one, two = sums.assign(as_of=pd.Timestamp("2025-01-01")), sums[:60].assign(as_of=pd.Timestamp("2026-01-01"))
    both = pd.concat([one, two], keys=["one", "two"]).sample(frac=1, random_state=1)
    days = shrunk(both)
    pd.testing.assert_series_equal(days.loc["one"].sort_index(), shrunk(one), rtol=1e-12)
    pd.testing.assert_series_equal(days.loc["two"].sort_index(), shrunk(two), rtol=1e-12)
    later = pd.concat([one, two.assign(log_sum=two["log_sum"] * 2)], keys=["one", "two"])
    assert shrunk(later).loc["one"].tolist() == shrunk(one).tolist()


def test_gaps_all_alike_give_that_gap_and_none_at_all_gives_nothing():
    alike = [np.full(4, 30.0)] * 5 + [np.array([])]
    assert shrunk(sums_of(alike)).tolist() == pytest.approx([30.0] * 6)
    assert shrunk(sums_of([np.array([]), np.array([20.0])])).isna().all()
    assert shrunk(sums_of([])).empty
    for wrong in (0, 1, 1.5):
        with pytest.raises(UserError, match="a quantile lies between 0 and 1"):
            shrunk(sums_of(alike), quantile=wrong)


def test_rhythm_of_a_book_tells_how_long_each_account_is_silent_against_its_own():
    orders = [line(f"A{n:02}", on(day), 1) for n in range(30) for day in range(n % 7, 600, 20)]
    orders += [line("B", on(500), 1)]
    found = rhythm(small_book(orders), on(630)).set_index("account_id")
    assert found["gaps"].drop("B").eq(29).all()
    assert found["rhythm_days"].to_numpy() == pytest.approx(np.full(31, 20.0), rel=1e-4)
    assert found.loc["A00", "silent_days"] == 630 - 580
    assert found.loc["A00", "silence_ratio"] == pytest.approx(2.5, rel=1e-4)
    assert found.loc["B", "silent_days"] == 130
    assert found.loc["B", "last_order"] == pd.Timestamp(on(500))
    segments = pd.Series({f"A{n:02}": "known" for n in range(30)})
    assert rhythm(small_book(orders), DAY, segments)["rhythm_days"].notna().all()
