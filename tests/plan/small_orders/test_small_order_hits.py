"""Whom a proposal for small orders hits: against a book of four accounts worked by hand, and laws."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from four_accounts import CONTACTS, DAY, LINES, SPEND, classes, columns, contact, four, order, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import FEW, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import book_of
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.plan.small_orders import MINIMUM, Proposal, small_orders
from crm_analysis.plan.small_orders.hits import WHY, hits
from crm_analysis.plan.small_orders.year import PARTS, by_account
from crm_analysis.potential.advice.steps import year_orders
from crm_analysis.value.segments import bars, segments


def found(proposal, book=None, own=None):
    if book is None:
        book, own = plain()[0], plain()[1] if own is None else own
    return hits(book, DAY, proposal, classes(book) if own is None else own)


def test_hits_by_hand():
    own = found(Proposal(100, 10))
    assert columns(own.accounts, "class", "orders", "small", "small_revenue", "revenue", "small_margin", "margin") == {
        "A": ["Low", 4, 3, 180, 580, 18, 58], "B": ["Low", 2, 2, 60, 60, 12, 12], "C": ["Mid", 2, 1, 90, 590, 9, 59]
    }  # fmt: skip
    assert columns(own.accounts, "cost_to_serve", "contact_cost", "order_cost", "bundled", "cannot_bundle") == {
        "A": [40, 30, 15, 1, False], "B": [6, 4, 5, 0, True], "C": [0, 0, 0, 0, False]
    }  # fmt: skip
    assert own.orders["order"].tolist() == ["A1", "A2", "A3", "B1", "B2", "C1"]
    assert own.orders["value"].tolist() == [60, 70, 50, 30, 30, 90]
    assert own.orders["margin"].tolist() == [6, 7, 5, 6, 6, 9]
    assert own.orders["ordered_on"].iloc[0] == pd.Timestamp("2025-11-01")
    assert set(own.lacks) == {"agreed", "key_account"}
    assert own.lacks["key_account"] == "The book's table 'accounts' has no column 'key_account'."
    assert any("(delivery)" in words for words in own.says)


def test_the_minimum_is_the_lower_quartile_of_low_accounts_orders_and_the_surcharge_what_an_order_costs():
    own = found(Proposal())
    # Low accounts are A and B: 30 30 50 60 70 400; below 30 nothing is
    assert (own.proposal.minimum, own.minimum_chosen) == (30, True)
    assert own.accounts.empty
    given_ = found(Proposal(100))
    assert (given_.surcharge, given_.surcharge_chosen) == (8.75, True)
    assert given_.proposal.surcharge == 8.75
    assert not given_.minimum_chosen
    refused = found(Proposal(100, 10, MINIMUM))
    assert (refused.surcharge, refused.surcharge_chosen) == (0, False)


def test_who_is_spared_and_why():
    people = [{"account_id": name, "key_account": name in "BD"} for name in "ABCD"]
    agreed = {"contract_id": "1", "account_id": "A", "signed_on": "2026-01-01", "starts_on": "2026-01-01",
              "ended_on": None, "minimum_order": 60}  # fmt: skip
    rows = [agreed, agreed | {"contract_id": "2", "minimum_order": 65},
            agreed | {"contract_id": "3", "account_id": "C", "ended_on": "2026-09-30"},
            agreed | {"contract_id": "4", "account_id": "C", "starts_on": "2026-10-01"},
            agreed | {"contract_id": "5", "account_id": "C", "minimum_order": None}]  # fmt: skip
    book = four(people=people, contracts=rows)
    own = found(Proposal(1001), book)
    assert columns(own.spared, "why", "small", "small_revenue")["D"] == ["high", 1, 1000]
    assert columns(own.spared, "why", "agreed", "small", "below_agreed")["A"] == ["contract", 60, 4, 1]
    assert columns(own.spared, "why", "small")["B"] == ["key", 2]
    assert own.accounts["account_id"].tolist() == ["C"]
    assert set(own.orders["account_id"]) == {"C"}
    assert columns(found(Proposal(1001, exempt_high=False), book).spared, "why")["D"] == ["key"]
    plain = found(Proposal(1001, exempt_high=False))
    assert plain.accounts["account_id"].tolist() == ["A", "B", "C", "D"]
    assert own.spared["why"].isin(list(WHY)).all()
    # without the day a contract really ended, it is in force up to the last day agreed
    terms = [{name: value for name, value in agreed.items() if name != "ended_on"} | {"ends_on": day, "account_id": who}
             for who, day in (("A", "2026-09-30"), ("B", "2026-09-29"))]  # fmt: skip
    assert found(Proposal(100), four(contracts=terms)).spared["account_id"].tolist() == ["A"]


def test_parts_of_the_year_add_up_to_its_lines():
    more = [
        order("A", 9, "2025-06-01", 80, 8), order("A", 9, "2025-12-01", 20, 2),  # begun before the year
        order("B", 8, "2026-06-01", -15, -3), order("C", 7, "2026-07-01", 10, 1), order("C", 7, "2026-08-01", -10, -1),
        order("N", 1, "2026-01-05", 45, 5),
    ]  # fmt: skip
    people = [{"account_id": name} for name in "ABCD"] + [{"account_id": "N", "known_since": "2026-12-01"}]
    book = four(LINES + more, people=people)
    table = found(Proposal(100), book).totals.set_index("part")
    assert list(table.index) == list(PARTS)
    assert table.drop(columns="accounts").T.to_dict("list") == {
        "hit": [6, 330, 39], "spared": [0, 0, 0], "unknown": [1, 45, 5], "enough": [3, 1900, 190],
        "begun_before": [1, 20, 2], "reversed": [2, -15, -3], "whole": [13, 2280, 233],
    }  # fmt: skip
    parts = table.drop(index="whole")
    assert parts.drop(columns="accounts").sum().tolist() == table.loc["whole"].drop("accounts").tolist()
    lines = pd.DataFrame(LINES + more)
    inside = lines[lines["ordered_on"] > "2025-09-30"]
    assert table.loc["whole", "revenue"] == inside["revenue"].sum()
    assert table.loc["whole", "margin"] == (inside["revenue"] - inside["cost"]).sum()


def test_costs_are_of_as_much_time_as_orders_tell():
    lines = [order("A", 1, "2026-04-01", 50, 5), order("A", 2, "2026-06-01", 50, 5)]
    own = found(Proposal(100), four(lines))
    assert own.accounts.loc[0, "cost_to_serve"] == pytest.approx(40 * 183 / 365)
    assert label("orders_part_of_year", share="50%") in own.says
    with pytest.raises(BookError, match="Orders on 2026-09-30 reach back less than three months"):
        found(Proposal(100), four([order("A", 1, "2026-09-01", 50, 5)]))


def test_what_the_book_cannot_tell_is_nan_and_said():
    bare = [{name: value for name, value in row.items() if name != "cost"} for row in LINES]
    own = found(Proposal(100), four(bare, spend=None, interactions=None))
    assert own.money == "revenue"
    costs = {"cost_to_serve", "contact_cost", "asked_cost"}
    assert set(own.lacks) == {"profit", "surcharge", "agreed", "key_account"} | costs
    assert "no column 'cost'" in own.lacks["profit"]
    unknown = ["small_margin", "margin", "costed_revenue", "cost_to_serve", "contact_cost", "order_cost"]
    assert own.accounts[unknown].isna().all(axis=None)
    assert np.isnan(own.surcharge)
    assert "margin" not in own.totals
    assert label("orders_no_costs") in own.says


def test_one_source_of_cost_alone_counts():
    only = found(Proposal(100), four(interactions=None)).accounts
    assert columns(only, "order_cost") == {"A": [10], "B": [3], "C": [0]}
    rows = [{name: value for name, value in row.items() if name != "initiated_by"} for row in CONTACTS]
    own = found(Proposal(100), four(spend=None, interactions=rows))
    assert columns(own.accounts, "contact_cost")["A"] == [30]
    assert own.accounts["order_cost"].isna().all()
    assert set(own.lacks) == {"cost_to_serve", "asked_cost", "surcharge", "agreed", "key_account"}
    late = found(Proposal(100), four(interactions=[contact("A", 5, "them", "2026-09-01")]))
    assert "less than three months" in late.lacks["contact_cost"]


def test_lines_without_a_known_cost_are_said():
    lines = [row | {"cost": None} if row["order_id"] == "C2" else row for row in LINES]
    own = found(Proposal(100), four(lines))
    assert columns(own.accounts, "margin", "costed_revenue")["C"] == [9, 90]
    assert label("orders_partly_costed", share="59.3%") in own.says  # 730 of 1230


VALUES = np.random.default_rng(8).integers(1, 60, 40)


@pytest.fixture(scope="module")
def forty():
    """Forty orders of five accounts, as the engine has them."""
    rows = [line("ABCDE"[n % 5], "2026-01-01", int(value), order_id=f"{n}") for n, value in enumerate(VALUES)]
    return year_orders(small_book(rows).as_of(DAY))


@settings(FEW, max_examples=8)
@given(st.integers(1, 60), st.integers(0, 20))
def test_a_higher_minimum_never_hits_fewer_orders(forty, low, more):
    less, higher = (by_account(forty, minimum) for minimum in (low, low + more))
    assert (less["small"] <= higher["small"]).all()
    assert (less["small_revenue"] <= higher["small_revenue"]).all()
    assert less["small"].tolist() == [(VALUES[n::5] < low).sum() for n in range(5)]
    assert less["small_revenue"].tolist() == [VALUES[n::5][VALUES[n::5] < low].sum() for n in range(5)]
    assert (less["small"] + less["enough"]).tolist() == [8] * 5


def test_names_and_order_of_rows_change_nothing():
    rng = np.random.default_rng(3)
    to = {"A": "Q", "B": "Z", "C": "K", "D": "P"}

    def other(rows):
        rows = [dict(row) | {"account_id": to.get(row["account_id"])} for row in rows]
        return [rows[place] for place in rng.permutation(len(rows))]

    book = four([row | {"line_id": f"X{n}"} for n, row in enumerate(other(LINES))], spend=other(SPEND),
                interactions=other(CONTACTS))  # fmt: skip
    one = small_orders(plain()[0], DAY, Proposal(100), plain()[1])
    two = small_orders(book, DAY, Proposal(100), classes(book).sample(frac=1, random_state=1))
    for mine, theirs in ((one, two), (one.refusing, two.refusing)):
        for name in ("grid", "break_even", "bundling", "at_stake", "totals"):
            pd.testing.assert_frame_equal(getattr(mine, name), getattr(theirs, name), check_exact=True)
        renamed = mine.hits.assign(account_id=mine.hits["account_id"].map(to)).sort_values("account_id")
        pd.testing.assert_frame_equal(renamed.reset_index(drop=True), theirs.hits)


CUT = dt.date(2024, 9, 30)


@pytest.mark.slow
def test_nothing_known_later_is_used():
    rng = np.random.default_rng(2)
    made = whole.frames(rng, CUT)
    made["interactions"]["happened_on"] = [whole.FIRST, *made["interactions"]["happened_on"][1:]]
    made["orders"]["ordered_on"] = [whole.FIRST, *made["orders"]["ordered_on"][1:]]
    later = whole.scrambled(made, CUT, rng)
    answers = []
    for frames in (made, later):
        book = book_of(frames, whole.EXTRACT)
        frame = accounts(book, CUT)
        own = frame.assign(**{"class": segments(frame, bars(frame))["class"]})
        answers.append(small_orders(book, CUT, Proposal(1e5, exempt_high=False), own))
    one, two = answers
    assert len(one.hits)
    assert one.says == two.says
    for name in ("hits", "orders", "spared", "totals", "grid", "break_even", "bundling", "at_stake"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_wrong_parameters_are_named():
    with pytest.raises(UserError, match="the minimum of small orders is an amount of money from 0; found -1"):
        Proposal(-1)
    with pytest.raises(UserError, match="the surcharge of small orders is an amount of money from 0; found inf"):
        Proposal(1, float("inf"))
    with pytest.raises(UserError, match="one of price, minimum; found 'cut'"):
        Proposal(1, 1, "cut")
    with pytest.raises(UserError, match=r"missing: \['class'\]"):
        found(Proposal(100), own=plain()[1].drop(columns="class"))
    upside = plain()[1].assign(**{"class": ["High", "Low", "Low", "Low"]})
    with pytest.raises(UserError, match="every Low account to bring less revenue"):
        found(Proposal(100), own=upside)
