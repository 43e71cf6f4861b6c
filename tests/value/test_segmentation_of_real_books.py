"""The two real books against SQL of our own over their raw files; skipped where the files are not at hand.

They are looked for in the folder that `CRM_ANALYSIS_DATA` names, or in `shared/data` beside the checkout.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, open_book
from crm_analysis.book.coverage import months
from crm_analysis.value.concentration import gini, top_share
from crm_analysis.value.families import families
from crm_analysis.value.pyramid import pyramid
from crm_analysis.value.segments import bars, segment_table, segments

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CRM_ANALYSIS_DATA") or CHECKOUT.parent / "shared" / "data")


def real(name: str) -> Book:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"no {name} in {DATA.name}; CRM_ANALYSIS_DATA names the folder that holds it")
    return open_book(folder, CHECKOUT / "examples" / name / "book.toml")


@pytest.fixture(scope="module")
def retail() -> Book:
    return real("online_retail_ii")


@pytest.fixture(scope="module")
def resellers() -> Book:
    return real("adventureworks_resellers")


def retail_lines() -> str:
    """Lines with a customer; of those that stand in both sheets the larger number of one sheet."""
    return f"""
        with counted as (
            select Invoice, StockCode, InvoiceDate, "Customer ID" customer, Country, Quantity, Price, sheet, count(*) n
            from '{DATA}/online_retail_ii/online_retail_II.parquet' group by all
        ), once as (
            select * exclude (sheet, n), max(n) n from counted group by all
        )
        select customer::varchar account_id, InvoiceDate::date as bought_on, Invoice order_id, n,
            n * cast(Quantity * Price as decimal(18, 4)) revenue, StockCode
        from once where customer is not null"""


def reseller_lines() -> str:
    return f"""
        select ResellerKey::varchar account_id, OrderDate::date as bought_on, SalesOrderNumber order_id, 1 n,
            SalesAmount revenue, TotalProductCost as cost, ProductKey
        from '{DATA}/adventureworks_resellers/FactResellerSales.parquet'"""


def by_sql(lines: str, start: str, day: str, cost: bool) -> pd.DataFrame:
    return duckdb.sql(f"""
        select account_id, sum(revenue)::double as revenue, {"sum(cost)::double as cost," if cost else ""}
            count(distinct case when revenue > 0 then order_id end) as orders
        from ({lines}) where bought_on > '{start}' and bought_on <= '{day}'
        group by account_id order by account_id""").df()


def compared(book: Book, day: str, expected: pd.DataFrame) -> None:
    """Everything on the segmentation page that is a number of the pyramid, the curve or the segments."""
    frame = accounts(book, day)
    ours = frame.set_index("account_id")
    theirs = expected.set_index("account_id").reindex(ours.index).fillna(0.0)
    assert len(expected) == len(set(expected.account_id) & set(ours.index))
    assert np.allclose(ours.revenue, theirs.revenue, rtol=0, atol=1e-6)
    assert (ours.orders == theirs.orders).all()
    active = theirs[theirs.orders > 0].sort_index().sort_values("revenue", ascending=False, kind="stable")
    revenue = active.revenue.to_numpy()
    size, whole = len(revenue), revenue.sum()
    edges = [0, *(math.ceil(size * percent / 100) for percent in (1, 5, 20)), size]

    table = pyramid(frame)
    assert table.accounts[:4].tolist() == np.diff(edges).tolist()
    assert np.allclose(table.revenue[:4], [revenue[a:b].sum() for a, b in itertools.pairwise(edges)])
    assert np.allclose(table.revenue_share[:4].sum() * frame.revenue.sum(), whole)
    assert table.accounts.sum() == len(frame)

    assert top_share(frame) == pytest.approx(revenue[: math.ceil(size / 5)].sum() / whole)
    pairs = sum(np.abs(revenue - one).sum() for one in revenue)
    assert gini(frame) == pytest.approx(pairs / (2 * size * whole))

    at = bars(frame)
    running = np.cumsum(revenue) / whole
    assert (at.high, at.mid) == (revenue[np.argmax(running >= 0.5)], revenue[np.argmax(running >= 0.8)])
    level = np.where(revenue >= at.high, "High", np.where(revenue >= at.mid, "Mid", "Low"))
    if "cost" in theirs:
        rate = 1 - active.cost / active.revenue
        assert at.margin_rate == pytest.approx(1 - theirs.cost.sum() / theirs.revenue.sum())
        level = level + np.where(rate >= at.margin_rate, " A", " B")
    else:
        level = level + " (no cost)"
    found = segments(frame, at).segment.set_axis(frame.account_id)[active.index]
    assert (found == level).all()
    sums = segment_table(frame, at)
    sums = sums.set_index(sums.segment.astype(str))
    for name in np.unique(level):
        assert sums.accounts[name] == (level == name).sum()
        assert sums.revenue[name] == pytest.approx(revenue[level == name].sum())


@pytest.mark.parametrize(("start", "day"), [("2010-12-31", "2011-12-31"), ("2009-12-31", "2010-12-31")])
def test_online_retail_ii_equals_sql_over_its_raw_lines(retail, start, day):
    compared(retail, day, by_sql(retail_lines(), start, day, cost=False))


@pytest.mark.parametrize(("start", "day"), [("2012-12-31", "2013-12-31"), ("2012-06-30", "2013-06-30")])
def test_adventureworks_equals_sql_over_its_raw_lines(resellers, start, day):
    compared(resellers, day, by_sql(reseller_lines(), start, day, cost=True))


def test_online_retail_ii_months_and_families_equal_sql(retail):
    expected = duckdb.sql(f"""
        select strftime(bought_on, '%Y-%m') as month, sum(n)::int as n, sum(revenue)::double as revenue
        from ({retail_lines()}) group by month order by month""").df()
    found = months(retail, "2011-12-31")
    assert found.month.tolist() == expected.month.tolist()
    assert found.lines.tolist() == expected.n.tolist()
    assert np.allclose(found.revenue, expected.revenue)
    sold = families(retail, "2011-12-31")
    assert sold.revenue.sum() == pytest.approx(accounts(retail, "2011-12-31").revenue.sum())


def test_adventureworks_totals_are_the_published_ones(resellers):
    """Reseller revenue 80,450,596.98 and product cost 79,980,114.38, as the source's own reports give them."""
    frame = accounts(resellers, "2013-12-31", "10Y")
    assert round(Decimal(frame.revenue.sum()), 2) == Decimal("80450596.98")
    assert round(Decimal(frame.cost.sum()), 2) == Decimal("79980114.38")
    assert (int(frame.active.sum()), len(frame)) == (635, 701)
    assert frame.revenue_change.isna().all()
    found = months(resellers, "2013-12-31")
    assert (found.month.iloc[0], found.month.iloc[-1]) == ("2010-12", "2013-11")
    assert (found.lines == 0).any()
    families_ = families(resellers, "2013-12-31", "10Y")
    assert families_.revenue.sum() == pytest.approx(80_450_596.98, abs=0.01)


def test_the_window_before_is_known_only_where_the_data_reach(resellers):
    """Orders begin on 29 December 2010."""
    assert accounts(resellers, dt.date(2012, 12, 31)).revenue_before.notna().all()
    assert accounts(resellers, dt.date(2012, 11, 30)).revenue_before.isna().all()  # the first month is missing
