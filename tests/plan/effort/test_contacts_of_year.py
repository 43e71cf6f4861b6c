"""Contacts of a year by account: by hand, and against pandas' sums."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.contacts import NEEDS, contacts
from crm_analysis.plan.effort.delivered import purposes
from crm_analysis.plan.effort.lengths import lengths

ORDERS = [line(name, "2026-01-01", 5) for name in "ABC"]


def contact(account, day="2026-03-01", who="us", channel="visit", minutes=10, cost=5):
    return {"account_id": account, "happened_on": day, "initiated_by": who, "channel": channel, "minutes": minutes,
            "cost": cost}  # fmt: skip


EARLY = contact("C", "2020-01-01")


def of(rows):
    return contacts(small_book(ORDERS, interactions=rows), DAY)


def test_contacts_are_told_apart_by_hand():
    found = of([
        EARLY, contact("B", "2026-09-30", " Us", " VISIT ", 60, 20), contact("B", "2025-10-01", "them", "Visit", 30),
        contact("B", "2025-09-30"), contact("B", who="us", channel="call", minutes=4),
        contact("B", channel="fax", minutes=2), contact("B", channel=None, minutes=1),
        contact("B", who=None, channel="call", minutes=8), contact("A", who="them", channel="mail", minutes=None),
        contact("A", who="somebody", channel="visit", minutes=0), contact("A", "2026-10-01"),
    ])  # fmt: skip
    assert (found.why, found.scale) == ({}, 1)
    table = found.frame.set_index("account_id")
    assert table.index.tolist() == ["A", "B"]
    told = {name: value for name, value in table.loc["B"].items() if value}
    assert told == {
        "contacts_all": 6, "visits_ours": 1, "visits_theirs": 1, "calls_ours": 1, "calls_theirs": 1, "others_ours": 2,
        "minutes": 105, "minutes_ours": 67, "minutes_theirs": 38, "minutes_visits_ours": 60,
        "minutes_visits_theirs": 30,
        "minutes_calls_ours": 4, "minutes_calls_theirs": 8, "minutes_others_ours": 3, "unsaid": 1, "minutes_unsaid": 8,
        "contact_cost": 45, "cost_visits_ours": 20,
    }  # fmt: skip
    told = {name: value for name, value in table.loc["A"].items() if value}
    assert told == {"contacts_all": 2, "visits_theirs": 1, "others_theirs": 1, "untimed": 2, "unsaid": 1,
                    "contact_cost": 10}  # fmt: skip


def test_accounts_without_a_contact_have_none():
    found = of([EARLY, contact("B")])
    table = found.of(pd.Series(["C", "B", "A"], index=[7, 8, 9]))
    assert table.index.tolist() == [7, 8, 9]
    assert table["visits_ours"].tolist() == [0, 1, 0]
    assert table.notna().all(axis=None)


def test_what_the_book_lacks_is_nan_and_said():
    nothing = contacts(small_book(ORDERS), DAY)
    assert set(nothing.why) == set(NEEDS)
    assert np.isnan(nothing.scale)
    assert nothing.of(pd.Series(["A"])).isna().all(axis=None)
    rows = [{name: value for name, value in row.items() if name != "channel"} for row in (EARLY, contact("A"))]
    found = of(rows)
    assert "'channel'" in found.why["visits_ours"]
    assert "'channel'" in found.why["minutes_calls_theirs"]
    table = found.of(pd.Series(["A", "B"]))
    assert table[list(found.why)].isna().all(axis=None)
    assert table[["minutes", "minutes_ours", "contacts_all"]].to_numpy().tolist() == [[10, 10, 1], [0, 0, 0]]
    rows = [{name: value for name, value in row.items() if name != "initiated_by"} for row in (EARLY, contact("A"))]
    assert set(NEEDS) - set(of(rows).why) == {"contacts_all", "minutes", "untimed", "contact_cost"}


def test_contacts_that_begin_inside_the_year_are_brought_to_one():
    half = of([contact("A", "2026-04-01"), contact("A", "2026-06-01")])
    assert half.scale == pytest.approx(365 / 183)
    assert half.frame["visits_ours"].tolist() == pytest.approx([2 * 365 / 183])
    short = of([contact("A", "2026-09-01")])
    assert set(short.why) == set(NEEDS)
    assert "less than three months" in short.why["visits_ours"]


def test_contacts_equal_pandas_sums_of_a_random_book():
    rng, n = np.random.default_rng(5), 400
    rows = pd.DataFrame(
        {
            "account_id": rng.choice(list("ABC"), n),
            "happened_on": (pd.Timestamp("2025-07-01") + pd.to_timedelta(rng.integers(0, 500, n), "D")).strftime(
                "%Y-%m-%d"
            ),
            "channel": rng.choice(["visit", "call", "mail"], n),
            "initiated_by": rng.choice(["us", "them"], n),
            "minutes": rng.integers(1, 99, n),
            "cost": rng.integers(1, 99, n),
        }
    )
    found = of(rows.to_dict("records")).frame.set_index("account_id")
    rows = rows[(rows["happened_on"] > "2025-09-30") & (rows["happened_on"] <= "2026-09-30")]
    kind = rows["channel"].map({"visit": "visits", "call": "calls", "mail": "others"})
    name = kind + "_" + rows["initiated_by"].map({"us": "ours", "them": "theirs"})
    for prefix, values in (("", pd.Series(1, rows.index)), ("minutes_", rows["minutes"])):
        wide = values.groupby([rows["account_id"], prefix + name]).sum().unstack(fill_value=0)
        assert wide.shape == (3, 6)
        pd.testing.assert_frame_equal(found[wide.columns], wide.astype("float64"), check_names=False)
    assert found["contact_cost"].sum() == rows["cost"].sum()


def test_what_is_known_later_and_the_order_of_rows_change_nothing():
    rng = np.random.default_rng(8)
    day, names = "2026-03-31", [f"A{place:02}" for place in range(15)]
    orders = [line(name, "2025-01-01", 5) for name in names]
    rows = [
        contact(name, str(DAY.replace(year=2025) + dt.timedelta(days=int(rng.integers(0, 180)))), who, channel,
                round(float(rng.uniform(1, 90)), 1)) | {"purpose": purpose}
        for name in names for who in ("us", "them") for channel, purpose in (("visit", "order"), ("call", "quote"))
    ]  # fmt: skip
    rows.append(contact("A00", "2020-01-01"))
    later = [contact(name, "2026-04-01", minutes=999) | {"purpose": "later"} for name in names]
    one, other = small_book(orders, interactions=rows), small_book(orders, interactions=[*later, *reversed(rows)])
    told, again = contacts(one, day), contacts(other, day)
    assert len(told.frame) == 15
    pd.testing.assert_frame_equal(told.frame, again.frame, check_exact=True)
    assert not lengths(one, day).table["assumed"].iloc[:2].any()
    pd.testing.assert_frame_equal(lengths(one, day).table, lengths(other, day).table, check_exact=True)
    pd.testing.assert_frame_equal(purposes(one, day), purposes(other, day), check_exact=True)
