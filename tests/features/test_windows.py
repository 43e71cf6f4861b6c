"""Windows cut into pieces against sums by plain loops over dated rows, and what brings a year to a year."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import DAY, FEW

from crm_analysis.features.windows import Cuts, Landmark, Ledger, Marks, days_since_epoch, share, stacked

FIRST = dt.date(2024, 1, 1)
IDS = ["a", "b", "c"]
dates = st.integers(0, 1100).map(lambda days: FIRST + dt.timedelta(days=days))
rows = st.lists(
    st.tuples(st.sampled_from([*IDS, "other", None]), dates, st.none() | dates, st.integers(-9999, 9999)), max_size=30
)


def ended(cuts: Cuts, day: dt.date | None) -> int:
    """The piece a day falls in, by looking at all of them."""
    return sum(end < day for end in cuts.days) if day else cuts.last


@FEW
@given(rows, st.sets(dates, min_size=1, max_size=3), st.randoms())
def test_sums_and_latest_days_of_windows_are_those_of_plain_loops(rows, days, random):
    marks = [Landmark.of(day) for day in sorted(days)]
    cuts = Cuts(day for mark in marks for day in (mark.day, mark.year))

    def ledger(rows: list[tuple[str | None, dt.date, dt.date | None, int]]) -> Ledger:
        table = pa.table(
            {
                "account_id": pa.array([row[0] for row in rows], pa.string()),
                "since": pa.array([ended(cuts, row[1]) for row in rows], pa.int16()),
                "until": pa.array([ended(cuts, row[2]) for row in rows], pa.int16()),
                "money": pa.array([row[3] / 100 for row in rows], pa.float64()),
                "last": pa.array([row[1] for row in rows], pa.date32()),
            }
        )
        return Ledger.of(table, pa.array(IDS))

    mixed = list(rows)
    random.shuffle(mixed)
    one, other = ledger(rows), ledger(mixed)
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        inside = [row for row in rows if mark.year < row[1] <= mark.day]
        still = [row for row in rows if row[1] <= mark.day and (row[2] is None or row[2] > mark.day)]
        for own, window in ((inside, (year, now)), (still, (-1, now, (now + 1, cuts.last)))):
            sums: Counter[str | None] = Counter()
            for name, _, _, money in own:
                sums[name] += money
            last = {name: max((row[1] for row in own if row[0] == name), default=None) for name in IDS}
            assert one.total("money", *window).tolist() == [sums[name] / 100 for name in IDS]
            assert (one.total("money", *window) == other.total("money", *window)).all()
            expected = [-np.inf if day is None else days_since_epoch(day) for day in last.values()]
            assert one.latest("last", *window).tolist() == expected


def test_the_engine_finds_the_same_pieces():
    import ibis

    cuts = Cuts([DAY, FIRST, DAY])
    assert cuts.days == [FIRST, DAY]
    found = ibis.memtable(
        pa.table({"on": pa.array([FIRST, FIRST + dt.timedelta(1), DAY, DAY + dt.timedelta(1), None])})
    )
    told = found.select(piece=cuts.piece(found.on), later=cuts.piece(found.on, later=1)).to_pyarrow()
    assert told["piece"].to_pylist() == [0, 1, 1, 2, 2]
    assert told["later"].to_pylist() == [1, 1, 2, 2, 2]  # what begins a day later


def test_stacked_takes_the_accounts_of_each_landmark():
    told = [{"x": np.arange(3.0), "word": np.array(["p", None, "q"], dtype=object)}, {"x": -np.arange(3.0)}]
    told[1]["word"] = np.array([None, "r", "s"], dtype=object)
    found = stacked(iter(told), [np.array([2, 0]), np.array([1])])
    assert found["x"].tolist() == [2, 0, -1]
    assert found["x"].dtype == "float32"
    assert found["word"].tolist() == ["q", "p", "r"]
    assert np.isnan(share(np.array([1.0, 1.0]), np.array([0.0, -1.0]))).all()


@pytest.mark.parametrize(
    ("begins", "factor"),
    [
        ("2020-01-01", 1),
        ("2025-10-01", 1),
        ("2025-10-08", 1),  # a week late: a weekend and a holiday
        ("2025-10-09", 365 / 357),
        ("2026-07-03", 365 / 90),
        ("2026-07-04", None),
        ("2026-10-01", None),
        (None, None),
    ],
)
def test_what_brings_a_year_to_a_year(begins, factor):
    mark = Landmark.of(DAY)
    begin = None if begins is None else dt.date.fromisoformat(begins)
    np.testing.assert_equal(mark.as_a_year(begin), np.nan if factor is None else factor)
    assert mark.there(begin) == (begins is not None and begins <= "2026-09-30")


def test_the_days_of_a_landmark():
    mark = Landmark.of(DAY)
    assert (mark.quarter, mark.year, mark.earlier) == (dt.date(2026, 6, 30), dt.date(2025, 9, 30), dt.date(2024, 9, 30))
    marks = Marks((mark,), pa.array(IDS), FIRST, np.zeros(3, dtype=np.int64))
    assert marks.cuts("day", "year").days == [mark.year, mark.day]
