"""The two real books, with the facts their publishers and the literature give; skipped where the data is not there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from crm_analysis.book import Book, open_book
from crm_analysis.book.check import Total

pytestmark = pytest.mark.slow  # a million order lines

REPO = Path(__file__).parents[2]


def real(name: str) -> Book:
    place = REPO.parent / "shared" / "data" / name
    if not place.is_dir():
        pytest.skip(f"the real book {name} is not beside the repository, at ../shared/data/{name}")
    return open_book(place, REPO / "examples" / name / "book.toml")


@pytest.fixture(scope="module")
def retail() -> Book:
    return real("online_retail_ii")


@pytest.fixture(scope="module")
def bicycles() -> Book:
    return real("adventureworks_resellers")


def test_online_retail_reconciles_to_the_line_and_the_penny(retail):
    d = Decimal
    assert retail.check.rows["orders"] == Total(d(1_067_371), d(809_561), d(235_287), d(22_523))
    assert retail.check.revenue["orders"].reconciles
    assert retail.check.revenue["orders"].found == d("19287250.5680")
    assert 1_067_371 - 22_523 == 1_044_848 == 809_561 + 235_287
    found = {(one.name, one.column): one.rows for one in retail.check.fired}
    assert found == {
        ("missing_key", "account_id"): 235_287,
        ("overlapping_source", "source"): 22_523,
        ("contradiction", "country"): 13,
    }


def test_online_retail_equals_a_plain_query_on_the_source(retail):
    """Oracle: the same sums by DuckDB on the publisher's file, without this package."""
    import duckdb

    source = REPO.parent / "shared" / "data" / "online_retail_ii" / "online_retail_II.parquet"
    money, lines, negative = duckdb.sql(
        f"""with l as (select *, trim(Invoice) i, trim(StockCode) s,
                       row_number() over (partition by Invoice, StockCode, Quantity, Price, sheet) k
                       from '{source}'),
            kept as (select * from l where sheet = 'Year 2009-2010' or not exists (
                       select 1 from l o where o.sheet = 'Year 2009-2010' and o.i = l.i and o.s = l.s
                       and o.Quantity = l.Quantity and o.Price = l.Price and o.k = l.k))
            select sum(Quantity * Price::decimal(18, 6)), count(*), count(*) filter (where Quantity < 0)
            from kept where "Customer ID" is not null"""
    ).fetchone()
    table = retail.table("orders")
    assert lines == table.count().execute()
    assert money == table.revenue.sum().execute()
    assert negative == table.filter(table.quantity < 0).count().execute() > 0


def test_online_retail_accounts(retail):
    accounts = retail.table("accounts").execute()
    assert len(accounts) == 5_942
    assert accounts.account_id.str.fullmatch(r"\d{5}").all()
    assert accounts.country.notna().all()


def test_bicycles_are_all_accepted_to_the_penny(bicycles):
    assert bicycles.check.exit_code == 0
    table = bicycles.table("orders")
    assert round(table.revenue.sum().execute(), 2) == Decimal("80450596.98")
    assert round(table.cost.sum().execute(), 2) == Decimal("79980114.38")
    assert bicycles.check.rows["orders"].accepted == 60_855
    assert bicycles.check.rows["accounts"].accepted == 701


def test_bicycles_months_without_orders_are_a_warning(bicycles):
    (found,) = [one for one in bicycles.check.fired if one.name == "month_without_orders"]
    assert (found.action, found.rows, found.examples) == ("warn", 3, "2011-02, 2011-04, 2011-06")
