"""Trailing years on several days: against `accounts` on each day, and what they do not hang on."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from moves_by_hand import yearly
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import BookError
from crm_analysis.errors import UserError
from crm_analysis.plan.moves.past import past


def test_years_are_those_of_accounts_on_each_day():
    rng = np.random.default_rng(1)
    rows = [line("A00", "2022-10-03", 5, cost=1)]
    for _ in range(400):
        day = dt.date(2022, 10, 3) + dt.timedelta(days=int(rng.integers(0, 1458)))
        amount = round(float(rng.normal(50, 60)), 2)  # some are credit notes
        paid = {"cost": round(amount * 0.7, 2)} if rng.random() < 0.9 else {"cost": None}
        rows.append(line(f"A{rng.integers(0, 60):02}", day, amount, order_id=f"O{rng.integers(0, 300)}", **paid))
    book = small_book(rows)
    found = past(book, DAY)
    assert [str(day) for day in found.days] == ["2023-09-30", "2024-09-30", "2025-09-30", "2026-09-30"]
    for place in (1, 3):
        frame = accounts(book, found.days[place]).set_index("account_id").loc[found.account_id]
        assert np.allclose(found.revenue[place], frame["revenue"], rtol=1e-12)
        assert np.allclose(found.margin[place], frame["margin"], rtol=1e-12)
        assert np.array_equal(found.active[place], frame["active"])
        assert np.array_equal(found.customer[place], frame["first_order"].notna())
        assert 5 < found.active[place].sum() < len(frame)


def test_steps_of_some_quarters_reach_as_far_as_orders_over_a_whole_year():
    book = yearly({"A": [1, 1, 1, 1], "B": [None, 1, None, 1]})
    assert past(book, DAY, 8).days == (dt.date(2024, 9, 30), DAY)
    quarterly = past(book, DAY, 1).days
    assert quarterly[0] == dt.date(2024, 9, 30)
    assert len(quarterly) == 9
    assert past(book, "2025-09-30").days[-1] == dt.date(2025, 9, 30)


def test_an_account_is_a_customer_from_its_first_order_and_active_in_years_it_ordered():
    found = past(yearly({"A": [1, 1, 1, 1], "B": [None, 5, None, 7]}), DAY)
    assert found.account_id.tolist() == ["A", "B"]
    assert found.customer[:, 1].tolist() == [False, True, True, True]
    assert found.active[:, 1].tolist() == [False, True, False, True]
    assert found.revenue[:, 1].tolist() == [0, 5, 0, 7]
    assert found.margin is None


def test_what_came_after_the_day_changes_nothing():
    years = {"A": [1, 2, 3, 4], "B": [5, 6, 7, 8], "C": [None, None, None, 9]}
    whole, known = (
        past(yearly(years), "2025-09-30"),
        past(yearly({"A": [1, 2, 3, None], "B": [5, 6, 7, None]}), "2025-09-30"),
    )
    assert whole.account_id.tolist() == known.account_id.tolist()
    assert np.array_equal(whole.revenue, known.revenue)


@pytest.mark.parametrize("quarters", [0, 9, 2.0, True, "4"])
def test_a_step_of_no_1_to_8_quarters_is_refused(quarters):
    with pytest.raises(UserError, match="1 to 8 quarters; found"):
        past(yearly({"A": [1, 1]}), DAY, quarters)


def test_orders_too_short_for_a_step_are_refused_with_their_first_day():
    with pytest.raises(BookError, match=r"must reach 24 months back .* of 2025-10-02"):
        past(yearly({"A": [1]}), DAY)
    with pytest.raises(BookError, match="none"):
        past(small_book([], [{"account_id": "A"}]), DAY)


def test_accounts_of_one_customer_group_are_one_cluster():
    people = [{"account_id": name, "group_id": group} for name, group in (("A", "G"), ("B", "G"), ("C", None))]
    found = past(small_book([line(name, f"{year}-10-02", 1) for name in "ABC" for year in (2024, 2025)], people), DAY)
    assert found.cluster[0] == found.cluster[1] != found.cluster[2]
