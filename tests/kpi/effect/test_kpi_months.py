"""Months until an effect shows, from planted effects and from a small book."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from panels import made_panel
from small_books import DAY, line, small_book

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.months import monthly, months, until
from crm_analysis.kpi.effect.starts import programme, units

START = np.array([14] * 6 + [NEVER] * 6)


def values(effect: np.ndarray, seed: int = 1) -> np.ndarray:
    """24 months of 12 units; from month 14 on half of them have an effect a month."""
    rng = np.random.default_rng(seed)
    table = rng.normal(0, 0.01, (24, 12)) + rng.normal(0, 1, 12) + rng.normal(0, 1, (24, 1))
    table[14:, :6] += effect[:, None]
    return table


def test_an_effect_that_comes_late_is_told_from_its_month_on():
    found = until(values(np.array([0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])), START)
    assert found.until == 4
    assert found.table["since"].tolist() == list(range(1, 11))
    assert found.table["effect"].iloc[3:].tolist() == pytest.approx([0.5] * 7, abs=0.03)
    assert found.table["to_date"].iloc[-1] == pytest.approx(0.35, abs=0.02)
    assert (found.table["to_date_low"].iloc[3:] > 0).all()


def test_an_effect_that_is_gone_again_is_not_told():
    found = until(values(np.array([0.5, 0.5, 0, 0, 0, -0.3, -0.3, -0.4, 0, 0])), START)
    assert found.table["to_date_low"].iloc[0] > 0
    assert found.until is None
    assert 0 < found.smallest < 0.05


def test_a_loss_is_told_as_a_gain_is():
    assert until(values(np.full(10, -0.5)), START).until == 1


def test_months_of_units_are_those_of_the_book():
    rng = np.random.default_rng(4)
    names = [f"A{place}" for place in range(8)]
    sold = []
    for number in range(27 * 8 * 3):  # three lines a month and account; two lines in a row are an order
        month, name = dt.date(2024 + (6 + number // 24) // 12, (6 + number // 24) % 12 + 1, 1), names[number // 3 % 8]
        day = month + dt.timedelta(days=int(rng.integers(0, 28)))
        revenue = float(np.round(rng.lognormal(3, 1), 2))
        order = f"{name} {number // 24 // 2} {number % 3 % 2}"
        sold.append(line(name, day, revenue, order_id=order, cost=float(np.round(revenue * 0.6, 2))))
    started = [{"started_on": "2026-01-01", "name": "focus", "sales_office": f"O{place}"} for place in range(4)]
    book = small_book(sold, programme=started)
    panel = made_panel({"revenue": np.ones((9, 8))}, offices=[f"O{place}" for place in range(8)], ids=names)
    own = units(book, panel, programme(book, DAY))
    frame = pd.DataFrame(sold)
    frame["month"] = [day.year * 12 + day.month - 1 for day in frame["ordered_on"]]
    frame["margin"] = frame["revenue"] - frame["cost"]
    first = frame["ordered_on"].min()
    for measure in ("revenue", "margin"):
        sums, begins = monthly(book, panel, own, measure)
        assert begins == first.year * 12 + first.month - 1
        oracle = frame.pivot_table(index="month", columns="account_id", values=measure, aggfunc="sum", fill_value=0)
        assert sums == pytest.approx(oracle.to_numpy(), abs=1e-6)
    # an order counts once, in the first month it bought in; orders are of an account
    orders = frame.groupby(["account_id", "order_id"])["month"].min().reset_index()
    oracle = orders.pivot_table(index="month", columns="account_id", values="order_id", aggfunc="count", fill_value=0)
    sums, begins = monthly(book, panel, own, "orders")
    assert sums.tolist() == oracle.reindex(range(begins, begins + 27), fill_value=0).to_numpy().tolist()
    found = months(book, panel, own, "revenue")
    assert found.table["since"].tolist() == list(range(1, 10))
    assert found.found.assignments == 70
    with pytest.raises(BookError, match="Too few periods"):
        months(book, panel, own)


def test_what_months_cannot_tell_is_said():
    book = small_book([line("A0", "2026-09-01", 10)], programme=[{"started_on": "2026-01-01", "name": "focus"}])
    panel = made_panel({"revenue": np.ones((5, 1))}, ids=["A0"])
    own = units(book, panel, programme(book, DAY))
    with pytest.raises(UserError, match="found 'minutes'"):
        months(book, panel, own, "minutes")
    with pytest.raises(BookError, match="cost"):
        months(book, panel, own, "margin")
