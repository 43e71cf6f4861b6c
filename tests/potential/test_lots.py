"""Lots: uniform, the same on every day and for siblings, new for each seed and purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest
from small_books import FEW, line, small_book

from crm_analysis.book import Book, book_of
from crm_analysis.potential.lots import _mixed, keys, lots, of_groups

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def demo() -> Book:
    """The demo company, of each account the lines of its first two months."""
    orders = pd.read_csv(DEMO / "orders.csv", dtype={"revenue": str})
    orders = orders[["line_id", "order_id", "account_id", "ordered_on", "revenue"]]
    day = pd.to_datetime(orders["ordered_on"])
    early = day - day.groupby(orders["account_id"]).transform("min") < pd.Timedelta("60D")
    return book_of({"orders": orders[early].reset_index(drop=True)}, "2026-09-30")


def ids_of(book: Book) -> pa.Array:
    return pa.array(sorted(set(book.table("orders").account_id.execute())), pa.string())


@pytest.mark.parametrize(
    ("seed", "expected"), [(0, 0xE220A8397B1DCDAF), (1234567, 6457827717110365317)], ids=["0", "1234567"]
)
def test_bits_are_stirred_as_splitmix64_does(seed, expected):
    """The first outputs of the reference implementation (Vigna 2015) and of Rosetta Code."""
    assert _mixed(np.array([seed], dtype=np.uint64)).tolist() == [expected]


def test_the_demo_s_accounts_draw_uniform_lots(demo):
    bits, _ = keys(demo, ids_of(demo))
    assert len(set(bits.tolist())) > 0.98 * len(bits) > 200
    drawn = {(seed, purpose): lots(bits, seed, purpose) for seed in (0, 1, 20260930) for purpose in (0, 1, 2)}
    assert min(kstest(each, "uniform").pvalue for each in drawn.values()) > 0.05 / len(drawn)
    assert kstest(np.concatenate(list(drawn.values())), "uniform").pvalue > 0.05
    assert all(((each > 0) & (each < 1)).all() for each in drawn.values())


def test_each_seed_and_each_purpose_draws_anew():
    """Also from bits next to each other."""
    bits = np.arange(5_000, dtype=np.uint64)
    drawn = np.array([lots(bits, seed, purpose) for seed in range(4) for purpose in range(4)])
    assert kstest(drawn.ravel(), "uniform").pvalue > 0.01
    others = np.corrcoef(drawn)[np.triu_indices(len(drawn), 1)]
    assert np.abs(others).max() < 4 / np.sqrt(len(bits))
    neighbours = [np.corrcoef(each[:-1], each[1:])[0, 1] for each in drawn]
    assert np.abs(neighbours).max() < 4 / np.sqrt(len(bits))


def test_lots_stay_when_later_days_are_added_and_names_and_rows_change(demo):
    early = demo.as_of("2024-06-30")
    ids = ids_of(early)
    then, first = keys(early, ids)
    now, since = keys(demo, ids)
    assert (then == now).all()
    assert (first == since).all()
    assert len(ids) > 100
    orders = demo.table("orders").execute().sample(frac=1, random_state=1, ignore_index=True)
    orders["account_id"] = orders["account_id"].str[::-1]
    other = book_of({"orders": orders}, "2026-09-30")
    names = [name[::-1] for name in ids_of(demo).to_pylist()]
    renamed, _ = keys(other, ids_of(other))
    expected, _ = keys(demo, ids_of(demo))
    assert dict(zip(names, expected, strict=True)) == dict(zip(ids_of(other).to_pylist(), renamed, strict=True))


def test_accounts_alike_on_their_first_day_share_their_lot_and_no_others():
    book = small_book(
        [
            line("A", "2026-01-05", 10, order_id="1"),
            line("A", "2026-01-05", 5, order_id="2"),
            line("B", "2026-01-05", "7.5", order_id="3"),
            line("B", "2026-01-05", "7.5", order_id="4"),
            line("B", "2026-02-05", 900),  # later days tell nothing
            line("C", "2026-01-06", 10),
            line("C", "2026-01-06", 5),
            line("D", "2026-01-05", 15),
            line("E", "2026-01-05", 10),
            line("E", "2026-01-05", "5.0001"),
            line("F", "2026-01-05", -15),
        ]
    )
    bits, first = keys(book, pa.array([*"ABCDEF", "nobody"]))
    assert bits[0] == bits[1]
    assert len(set(bits[:6].tolist())) == 5
    assert [str(day.astype("datetime64[D]")) for day in first[:3]] == ["2026-01-05", "2026-01-05", "2026-01-06"]


@FEW
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 4), st.integers(0, 9)), max_size=12), st.randoms())
def test_siblings_share_the_lot_of_their_oldest_whatever_the_order(rows, random):
    """Groups, first days and bits, with many ties."""

    def shared(rows: list[tuple[int, int, int]]) -> list[int]:
        group, first, bits = (np.array([row[place] for row in rows], dtype=np.int64) for place in range(3))
        return [int(each) for each in of_groups(bits.astype(np.uint64), first, group)]

    found = shared(rows)
    for (group, first, bits), own in zip(rows, found, strict=True):
        family = [row for row in rows if row[0] == group] if group >= 0 else [(group, first, bits)]
        oldest = min(row[1] for row in family)
        assert own in {row[2] for row in family if row[1] == oldest}
        assert {other for row, other in zip(rows, found, strict=True) if row[0] == group >= 0} <= {own}
    mixed = list(range(len(rows)))
    random.shuffle(mixed)
    assert shared([rows[place] for place in mixed]) == [found[place] for place in mixed]
