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
    # no minutes: visits of B take (60 + 30) / 2, others (2 + 1) / 2
    assert told == {"contacts_all": 2, "visits_theirs": 1, "others_theirs": 1, "untimed": 2, "unsaid": 1,
                    "minutes": 46.5, "minutes_theirs": 46.5, "minutes_visits_theirs": 45, "minutes_others_theirs": 1.5,
                    "minutes_unsaid": 45, "contact_cost": 10}  # fmt: skip


MINUTES = [name for name in NEEDS if "minutes" in NEEDS[name]]


def test_a_contact_without_minutes_counts_with_the_mean_of_its_kind_on_either_side_by_hand():
    found = of([
        EARLY, contact("A", minutes=60), contact("B", who="them", minutes=40), contact("A", minutes=None),
        contact("B", who="them", minutes=1500), contact("B", "2026-04-01", "them", minutes=0),
        contact("A", channel="mail", minutes=None), contact("C", who=None, minutes=None),
    ])  # fmt: skip
    table = found.frame.set_index("account_id")
    # a visit takes 50; no other contact is timed, so it takes the mean of all
    assert table["minutes_visits_ours"].tolist() == [60 + 50, 0, 0]
    assert table["minutes_others_ours"].tolist() == [50, 0, 0]
    assert table["minutes_visits_theirs"].tolist() == [0, 40 + 50 + 50, 50]
    assert table["minutes_unsaid"].tolist() == [0, 0, 50]
    assert table["minutes"].tolist() == [160, 140, 50]
    assert table["untimed"].tolist() == [2, 2, 1]
    assert found.timed[["account_id", "contacts", "minutes"]].to_numpy().tolist() == [["A", 1, 60], ["B", 1, 40]]


def test_minutes_blanked_by_chance_leave_the_hours_about_as_they_were():
    """Blanked by a coin, 2,000 visits of 60 minutes and calls of 10 take what the whole book says: within 3 in 100."""
    rng, n = np.random.default_rng(4), 2000
    visit = rng.random(n) < 0.4
    minutes = np.where(visit, 60, 10) * rng.uniform(0.5, 1.5, n)
    blank = rng.random(n) < 0.5
    account, who = rng.choice(list("ABC"), n), rng.choice(["us", "them"], n)

    def book(keep):
        rows = zip(account, who, visit, minutes, keep, strict=True)
        return of([EARLY] + [contact(a, who=w, channel="visit" if v else "call", minutes=round(m, 1) if k else None)
                             for a, w, v, m, k in rows])  # fmt: skip

    whole, half = book(np.ones(n, dtype=bool)), book(~blank)
    for name in ("minutes", "minutes_ours", "minutes_visits_theirs"):
        assert half.frame[name].sum() == pytest.approx(whole.frame[name].sum(), rel=0.03)
    assert half.frame["untimed"].sum() == blank.sum()
    assert half.timed["contacts"].sum() == n - blank.sum()


def without(rows, name):
    return [{key: value for key, value in row.items() if key != name} for row in rows]


@pytest.mark.parametrize("minutes", [None, 0, 1500])
def test_a_book_without_one_usable_minute_is_told_like_one_without_the_column(minutes):
    rows = [contact("C", "2025-01-01", minutes=30), contact("A", minutes=minutes),
            contact("B", who="them", minutes=minutes)]  # fmt: skip
    found, bare = of(rows), of(without(rows, "minutes"))
    assert set(found.why) == set(bare.why) == set(MINUTES)
    assert set(found.why.values()) == {
        "No contact of the year to 2026-09-30 tells its minutes (above 0, up to 1,440), so how long contacts take is "
        "not known."
    }
    pd.testing.assert_frame_equal(found.frame, bare.frame)
    pd.testing.assert_frame_equal(found.timed, bare.timed)


@pytest.mark.parametrize("who", [None, "somebody", " "])
def test_a_book_where_nobody_is_said_to_have_begun_is_told_like_one_without_the_column(who):
    rows = [contact("C", "2025-01-01"), contact("A", who=who), contact("B", who=who, channel="call")]
    found, bare = of(rows), of(without(rows, "initiated_by"))
    assert set(found.why) == set(bare.why)
    assert set(found.why.values()) == {
        "No contact of the year to 2026-09-30 says who began it (us or them), so those that accounts asked for cannot "
        "be told from ours."
    }
    pd.testing.assert_frame_equal(found.frame, bare.frame)
    pd.testing.assert_frame_equal(found.timed, bare.timed)
    one = of([*rows, contact("A", who="them")])
    assert (one.why, one.frame["unsaid"].sum(), one.frame["visits_theirs"].sum()) == ({}, 2, 2)


def test_of_two_columns_that_say_nothing_the_first_needed_is_named_and_a_missing_one_before_both():
    rows = [EARLY, contact("A", who=None, minutes=None)]
    why = of(rows).why
    assert why["minutes_visits_ours"] == why["minutes"] != why["visits_ours"]
    assert "'channel'" in of(without(rows, "channel")).why["minutes_visits_ours"]


def test_a_year_without_any_contact_tells_of_none_rather_than_nothing():
    found = of([contact("A", "2020-01-01", who=None, minutes=None)])
    assert found.why == {}
    assert found.of(pd.Series(["A"])).eq(0).all(axis=None)


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
    rows += [contact(name, "2025-12-01", minutes=None) | {"purpose": "order"} for name in names[::4]]
    later = [contact(name, "2026-04-01", minutes=999) | {"purpose": "later"} for name in names]
    one, other = small_book(orders, interactions=rows), small_book(orders, interactions=[*later, *reversed(rows)])
    told, again = contacts(one, day), contacts(other, day)
    assert len(told.frame) == 15
    pd.testing.assert_frame_equal(told.frame, again.frame, check_exact=True)
    assert not lengths(one, day).table["assumed"].iloc[:2].any()
    pd.testing.assert_frame_equal(lengths(one, day).table, lengths(other, day).table, check_exact=True)
    pd.testing.assert_frame_equal(purposes(one, day), purposes(other, day), check_exact=True)
