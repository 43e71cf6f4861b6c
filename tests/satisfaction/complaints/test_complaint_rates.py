"""Counts, rates and the funnel: against counts by hand, and as they behave where accounts complain unevenly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from complaining import company, complaint, days_ago, frame_of, keyed, look_of, plain_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import DAY, FEW, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.complaints.counts import Counts, counts
from crm_analysis.satisfaction.complaints.funnel import curves, funnel
from crm_analysis.satisfaction.complaints.rates import by_group, members, overall


@pytest.fixture(scope="module")
def book():
    return company()


def test_counts_are_those_of_the_rows_and_of_accounts(book):
    found = counts(book, DAY)
    own = found.frame.set_index("account_id")
    people = accounts(book, DAY).set_index("account_id")
    assert own["orders"].to_dict() == people["orders"].to_dict()
    rows = book.table("complaints").execute()
    opened = pd.to_datetime(rows["opened_on"])
    now = rows[opened > "2025-09-30"]["account_id"].value_counts()
    before = rows[(opened > "2024-09-30") & (opened <= "2025-09-30")]["account_id"].value_counts()
    assert own["complaints"][own["complaints"] > 0].to_dict() == now.to_dict()
    assert own["complaints_before"][own["complaints_before"] > 0].to_dict() == before.to_dict()
    assert found.comparable
    assert found.recorded_from is None


def test_only_what_was_known_on_the_day_counts(book):
    day = dt.date(2026, 3, 31)
    early = counts(book, day)
    rows = book.table("complaints").execute()
    opened = pd.to_datetime(rows["opened_on"])
    assert early.frame["complaints"].sum() == ((opened > "2025-03-31") & (opened <= "2026-03-31")).sum()


def test_credit_notes_are_no_orders_and_call_offs_one():
    lines = [
        line("A", days_ago(3), -5),
        line("A", days_ago(40), 10, order_id="O"),
        line("A", days_ago(4), 10, order_id="O"),
    ]
    lines.append(line("A", days_ago(900), 1, order_id="P"))
    book = small_book(lines, complaints=keyed([complaint("A", 800), complaint("A", 5)]))
    assert counts(book, DAY).frame[["complaints", "orders"]].iloc[0].tolist() == [1, 1]


def test_orders_older_than_the_recording_of_complaints_do_not_count():
    """20 complaints, all in the last 100 days: that 265 days before were quiet by chance is out of the question."""
    names = [f"A{place}" for place in range(10)]
    said = keyed(complaint(names[place % 10], 5 * place) for place in range(21))
    found = counts(small_book(plain_orders(names), complaints=said), DAY)
    assert found.recorded_from == days_ago(100)
    assert not found.comparable
    assert found.frame["orders"].sum() == 10 * 3
    assert found.frame["complaints"].sum() == 21
    # two complaints tell nothing of when recording began: such gaps are chance
    two = counts(small_book(plain_orders(names), complaints=said[:2]), DAY)
    assert two.recorded_from == days_ago(5)
    rare = counts(small_book(plain_orders(names), complaints=keyed([complaint("A1", 200), complaint("A2", 3)])), DAY)
    assert rare.recorded_from is None


def test_without_complaints_or_orders_it_is_said():
    lines = plain_orders(["A"])
    with pytest.raises(BookError, match="has no table 'complaints'"):
        counts(small_book(lines), DAY)
    later = small_book(lines, complaints=keyed([complaint("A", 10)]))
    with pytest.raises(BookError, match=f"no complaint by {days_ago(20)}"):
        counts(later, days_ago(20))
    early = small_book([line("A", days_ago(5), 10)], complaints=keyed([complaint("A", 10)]))
    with pytest.raises(BookError, match="no order is known"):
        counts(early, days_ago(7))


def test_no_orders_in_the_window():
    book = small_book([line("A", days_ago(900), 10)], complaints=keyed([complaint("A", 10), complaint("A", 850)]))
    row = overall(counts(book, DAY))
    assert row["complaints"] == 1
    assert row["orders"] == 0
    assert np.isnan([row["per_100"], row["low"], row["high"], row["per_account"], row["p"]]).all()
    table = funnel(counts(book, DAY).frame, pd.Series(["all"])).table
    assert table["way"].tolist() == [0]
    assert table["expected"].isna().all()


def test_the_rate_by_hand():
    names = [f"A{place}" for place in range(10)]
    said = keyed([complaint(name, 200) for name in names[:4]] + [complaint(names[0], 500), complaint("A1", 880)])
    row = overall(counts(small_book(plain_orders(names), complaints=said), DAY))
    assert row["per_100"] == pytest.approx(4.0)
    assert row["per_account"] == pytest.approx(0.4)
    assert (row["complainers"], row["silent"], row["accounts"]) == (4, 6, 10)
    # a complaint each: as even as Poisson, so that Garwood's interval of 4 in 100 orders holds: 1.366 to 9.154
    assert (row["low"], row["high"]) == (pytest.approx(1.366, abs=1e-3), pytest.approx(9.154, abs=1e-3))


def sample(rng, groups: int = 12, uneven: float = 0.0) -> tuple[pd.DataFrame, pd.Series]:
    """Accounts of groups that are all alike."""
    size = rng.integers(3, 15, groups)
    group = np.repeat(np.arange(groups), size)
    orders = rng.poisson(rng.gamma(1, 12, len(group))) + 1
    rate = 0.05 * (rng.gamma(1 / uneven, uneven, len(group)) if uneven else 1.0)
    frame = pd.DataFrame({"orders": orders, "complaints": rng.poisson(orders * rate)})
    frame["account_id"] = [f"A{place}" for place in range(len(frame))]
    return frame, pd.Series([f"G{one:02}" for one in group])


@pytest.mark.parametrize("uneven", [0.0, 1.5])
def test_groups_that_are_alike_are_seldom_blamed(uneven):
    """At most the 5 % of the limits, also where accounts complain far more readily than others."""
    rng = np.random.default_rng(11)
    out = sure = every = plain = 0
    for _ in range(25):
        frame, groups = sample(rng, uneven=uneven)
        table = funnel(frame, groups).table
        out += int((table["way"] != 0).sum())
        sure += int((table["level"] == 0.998).sum())
        ratio = table["complaints"] / table["expected"]
        low, high = 1 - 1.96 / np.sqrt(table["expected"]), 1 + 1.96 / np.sqrt(table["expected"])
        plain += int(((ratio < low) | (ratio > high)).sum())
        every += len(table)
    assert out / every <= 0.05
    assert sure / every <= 0.01
    if uneven:  # limits that take complaints for independent would blame several times as many
        assert plain / every > 0.1


def test_an_unhappy_group_is_found_and_an_unhappy_account_is_not_its_group():
    rng = np.random.default_rng(5)
    frame, groups = sample(rng, uneven=0.5)
    worse = frame["complaints"].where(groups != "G03", rng.poisson(frame["orders"] * 0.4))
    found = funnel(frame.assign(complaints=worse), groups)
    assert found.beyond["group"].tolist()[0] == "G03"
    assert found.beyond["level"].iloc[0] == 0.998
    many = frame["complaints"].copy()
    many.iloc[4] = 500
    found = funnel(frame.assign(complaints=many), groups)
    assert groups[4] not in set(found.beyond["group"])


def test_one_account_alone_is_said_to_be_alone():
    frame = pd.DataFrame({"orders": [20] * 30 + [1], "complaints": [1] * 6 + [0] * 24 + [2]})
    found = funnel(frame, pd.Series(["all"] * 30 + ["one"]))
    row = found.table.set_index("group").loc["one"]
    assert (row["way"], row["alone"]) == (1, True)
    assert found.beyond.empty


def test_limits_and_curves_agree_for_groups_of_the_median_spread():
    frame, groups = sample(np.random.default_rng(3))
    found = funnel(frame, groups)
    drawn = curves(found.table)
    assert (np.diff(drawn["high_95"]) < 0).all()
    assert (drawn["high_998"] > drawn["high_95"]).all()
    assert (drawn["low_998"] <= drawn["low_95"]).all()
    assert curves(found.table.head(0)).empty


@settings(FEW, max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.sampled_from("abc")), min_size=1, max_size=30))
def test_groups_reconcile_and_do_not_depend_on_the_order_of_rows(rows):
    frame = pd.DataFrame(rows, columns=["orders", "complaints", "group"])
    frame["account_id"] = [f"A{place}" for place in range(len(frame))]
    table = by_group(frame, frame["group"])
    for name in ("orders", "complaints"):
        assert table[name].sum() == frame[name].sum()
    assert table["complainers"].sum() == (frame["complaints"] > 0).sum()
    told = table[table["orders"] > 0]
    assert (told["low"] <= told["per_100"] + 1e-9).all()
    assert (told["per_100"] <= told["high"] + 1e-9).all()
    turned = frame.iloc[::-1].reset_index(drop=True)
    one, other = funnel(frame, frame["group"]), funnel(turned, turned["group"])
    pd.testing.assert_frame_equal(one.table, other.table, rtol=1e-9)
    assert (one.table["expected"].sum() if frame["orders"].sum() else 0) == pytest.approx(
        frame["complaints"].sum() if frame["orders"].sum() else 0
    )


def test_accounts_without_a_group_are_not_lost(book):
    frame = frame_of(book)
    frame.loc[:3, "sales_office"] = [None, "", " ", np.nan]
    found = counts(book, DAY)
    named = members(found, frame.iloc[:-1], "sales_office")
    assert (named == "not known").sum() == 5
    assert by_group(found.frame, named)["complaints"].sum() == found.frame["complaints"].sum()


def test_the_office_that_complains_is_named(book):
    beyond = look_of(book).beyond
    assert ("sales_office", "Linz") in set(zip(beyond["grouped_by"], beyond["group"], strict=True))


def test_the_first_counts_are_of_a_day_between_two_windows():
    names = [f"A{place}" for place in range(4)]
    start = dt.date(2025, 9, 30)
    ago = (DAY - start).days
    said = keyed([complaint("A0", ago), complaint("A1", ago - 1), complaint("A2", 0), complaint("A3", 895)])
    found = counts(small_book(plain_orders(names), complaints=said), DAY)
    assert isinstance(found, Counts)
    assert found.frame["complaints"].tolist() == [0, 1, 1, 0]
    assert found.frame["complaints_before"].tolist() == [1, 0, 0, 0]
