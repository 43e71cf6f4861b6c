"""KPIs by month: against counts by hand, against the quarters of the panel, and as known on the day only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from small_books import DAY, line, small_book

from crm_analysis import xmr
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.comparison.charts import SOURCES, chart, charts, monthly
from crm_analysis.kpi.panel import panel

MEASURES = {
    "margin_rate": ("margin", "costed_revenue"),
    "complaints_per_100_orders": ("complaints", "orders"),
    "resolution_days": ("closing_days", "closed"),
    "shipping_days": ("shipping_days", "shipped"),
    "on_time": ("on_time", "due"),
    "proactive_share": ("contacts_ours", "contacts_said"),
}


def day(months_ago: int, number: int = 5) -> dt.date:
    at = DAY.year * 12 + DAY.month - 1 - months_ago
    return dt.date(at // 12, at % 12 + 1, number)


def shop(more=()):
    """Two years of a shop that sells every month, ships four days later, is asked for five days, and closes in a week.

    The order of three months ago ships late; complaints come every month, contacts too, theirs twice.
    """
    lines, complaints, contacts = [], [], []
    for ago in range(27):
        sold, late = day(ago), 9 if ago == 3 else 4
        lines.append(
            line(
                "A", sold, 100 + ago, cost=60, order_id=f"N{ago}", promised_on=sold + dt.timedelta(days=5),
                shipped_on=sold + dt.timedelta(days=late),
            )
        )  # fmt: skip
        lines.append(line("B", sold, 50, cost=30, order_id=f"M{ago}"))
        complaints.append(
            {
                "complaint_id": f"C{ago:03}",
                "account_id": "A",
                "opened_on": sold,
                "closed_on": sold + dt.timedelta(days=7),
            }
        )
        for place, who in enumerate(("us", "THEM ", "them", None)):
            contacts.append(
                {"account_id": "A", "happened_on": day(ago, place + 1), "initiated_by": who, "channel": "call"}
            )
    return small_book([*lines, *more], complaints=complaints, interactions=contacts)


@pytest.fixture(scope="module")
def book():
    return shop()


def test_months_by_hand(book):
    told = {kpi: monthly(book, DAY, kpi) for kpi in SOURCES}
    assert all(len(table) == 24 and table["month"].iloc[-1] == "2026-09" for table in told.values())
    last = {kpi: tuple(table[["numerator", "denominator"]].iloc[-1]) for kpi, table in told.items()}
    assert last == {
        "margin_rate": (60.0, 150.0),
        "complaints_per_100_orders": (1.0, 2.0),
        "resolution_days": (7.0, 1.0),
        "shipping_days": (4.0, 1.0),
        "on_time": (1.0, 1.0),
        "proactive_share": (1.0, 3.0),
    }
    late = told["on_time"].set_index("month")
    assert tuple(late.loc["2026-06"]) == (0.0, 1.0)
    found = chart(told["complaints_per_100_orders"], "complaints_per_100_orders")
    assert found.table["value"].tolist() == [50.0] * 24
    assert (found.middle, found.low, found.high, len(found.signals)) == (50, 50, 50, 0)


def test_three_months_are_the_panels_quarter(book):
    measures = panel(book, DAY).measures
    for kpi, names in MEASURES.items():
        table = monthly(book, DAY, kpi)
        quarters = table.groupby(table.index // 3)[["numerator", "denominator"]].sum()
        for column, name in zip(quarters, names, strict=True):
            assert quarters[column].tolist() == pytest.approx(measures[name][-8:].sum(axis=1).tolist()), kpi


def test_a_month_that_has_not_ended_does_not_count(book):
    table = monthly(book, "2026-09-29", "margin_rate")
    assert table["month"].iloc[-1] == "2026-08"


def test_what_comes_later_is_not_known(book):
    """Closings and shipments after the day, and everything else, change no month up to it."""
    early, cut = dt.date(2026, 3, 31), shop(more=[line("A", "2026-06-01", 9999, cost=1, shipped_on="2026-06-02")])
    for kpi in SOURCES:
        assert monthly(cut, early, kpi).equals(monthly(book, early, kpi))


def test_months_begin_where_the_table_does(book):
    """Complaints begin in July 2024; what closes is told a quarter later."""
    early = dt.date(2025, 9, 30)
    assert monthly(book, early, "complaints_per_100_orders")["month"].iloc[0] == "2024-07"
    assert monthly(book, early, "resolution_days")["month"].iloc[0] == "2024-10"


def test_limits_by_hand():
    """Months of 4 and 6 in turn: mean 5, moving range 2, limits 5 -+ 5.32; a share stays below 1."""
    import pandas as pd

    months = pd.DataFrame({"month": range(12), "numerator": [4.0, 6.0] * 6, "denominator": 1.0})
    found = chart(months, "shipping_days")
    assert (found.middle, found.high) == pytest.approx((5, 5 + 2.66 * 2))
    assert found.low == 0
    shares = chart(months.assign(numerator=[0.5, 0.9] * 6), "on_time")
    assert (shares.low, shares.high) == (0.0, 1.0)
    far = chart(months.assign(numerator=[4.0, 6.0] * 5 + [4.0, 60.0]), "shipping_days")
    assert far.signals["signal"].tolist()[-1] == xmr.ABOVE


def test_charts_that_cannot_be_made_say_why():
    found, why = charts(small_book([line("A", day(ago), 10) for ago in range(30)]), DAY)
    assert found == {}
    assert set(why) == set(SOURCES)
    assert "cost" in why["margin_rate"]
    short = shop().as_of(day(18, 28))
    with pytest.raises(BookError, match="needed for limits"):
        chart(monthly(short, day(18, 28), "margin_rate"), "margin_rate")
    with pytest.raises(UserError, match="nps"):
        monthly(short, DAY, "nps")


def test_signals_by_chance_are_those_of_a_normal_law():
    """Drawn here anew, with another seed."""
    drawn = np.random.default_rng(1).normal(size=(4000, 24))
    assert xmr.by_chance(24) == pytest.approx((xmr.signals(drawn)[0] != "").any(axis=1).mean(), abs=0.02)
