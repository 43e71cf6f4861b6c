"""Months and sources by hand: gaps, and changes of scale that are one and that are none."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crm_analysis.book.months import FACTOR, months, odd


def by(*rows: tuple[int, str, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["month", "source", "size", "lines"])


def year(sizes: list[float], lines: int = 30, source: str = "s") -> list[tuple[int, str, float, int]]:
    return [(24_000 + place, source, size, lines) for place, size in enumerate(sizes)]


def found(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[int, str]]:
    return {(rule, column): (rows, shown) for rule, column, rows, shown in odd(frame) if rows}


def test_lines_are_counted_by_month_source_and_size():
    lines = pd.DataFrame(
        {
            "ordered_on": pd.to_datetime(["2024-01-05", "2024-01-31", "2024-02-01"]),
            "revenue": ["100.00", "-100.00", "0"],
            "source": ["a", "a", "b"],
        }
    )
    table = ibis.memtable(lines).mutate(
        revenue=ibis._.revenue.cast("decimal(18, 4)"), ordered_on=ibis._.ordered_on.cast("date")
    )
    counted = months(table)
    assert counted.lines.tolist() == [2, 1]
    assert counted.month.tolist() == [2024 * 12, 2024 * 12 + 1]
    assert counted["size"][0] == 2.0
    assert pd.isna(counted["size"][1])


def test_a_change_that_stays_is_told_at_its_first_months_only():
    rows, shown = found(by(*year([2.0] * 8 + [5.0] * 8)))["scale_change", "ordered_on"]
    assert rows == 4  # then half of the six months before are of the new scale, and the lower of the middle two counts
    assert shown.startswith("2000-09 (about 1,000 times larger), 2000-10")


def test_a_first_month_is_compared_with_those_after_it():
    assert found(by(*year([-1.0] + [2.0] * 5)))["scale_change", "ordered_on"] == (
        1,
        "2000-01 (about 1,000 times smaller)",
    )


@pytest.mark.parametrize(
    "sizes",
    [
        [2.0, 2.1, 1.9, 3.6, 2.0, 2.0],  # 40 times, less than FACTOR
        [2.0, 5.0, 2.0],  # too few months around
        [2.0 + 0.3 * place for place in range(12)],  # doubles every month
    ],
)
def test_what_is_no_change_of_scale(sizes):
    assert FACTOR == 50
    assert found(by(*year(sizes))) == {}


def test_few_lines_are_chance():
    rows = year([2.0] * 8)
    assert found(by(*rows, (24_008, "s", 5.0, 29))) == {}
    assert found(by(*rows, (24_008, "s", 5.0, 30)))["scale_change", "ordered_on"][0] == 1


def test_a_source_of_another_scale_is_named_and_of_two_the_smaller():
    small, large = year([5.0] * 6, 30, "b"), year([2.0] * 6, 60, "a")
    assert found(by(*large, *small))["scale_change", "source"] == (1, "b (about 1,000 times larger)")
    other = year([2.2] * 6, 20, "c")
    assert found(by(*large, *small, *other))["scale_change", "source"] == (1, "b (about 1,000 times larger)")


def test_a_gap_of_one_source_shows_though_another_fills_the_month():
    rows = year([2.0] * 6, 30, "a") + [row for row in year([2.0] * 6, 30, "b") if row[0] != 24_003]
    assert found(by(*rows)) == {("month_without_orders", "source"): (1, "b: 2000-04")}
