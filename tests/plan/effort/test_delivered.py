"""Delivered against planned: by hand, against scipy's Poisson distribution, and the share that chance alone flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson
from small_books import DAY, line, small_book

from crm_analysis.book import BookError
from crm_analysis.contacts import Contacts, contacts
from crm_analysis.labels import label
from crm_analysis.plan.effort.delivered import VERDICTS, delivered, delivered_by, purposes


def contact(account, day="2026-03-01", who="us", channel="visit", minutes=10, purpose="order"):
    return {"account_id": account, "happened_on": day, "initiated_by": who, "channel": channel, "minutes": minutes,
            "purpose": purpose}  # fmt: skip


def book(rows):
    orders = [line(name, "2026-01-01", 5) for name in "ABCDE"]
    return small_book(orders, interactions=[contact("E", "2020-01-01"), *rows])


def planned(told: Contacts, **columns) -> pd.DataFrame:
    rows = pd.DataFrame(
        {"account_id": list("ABCDE"), "class": ["High", "High", "Low", "Low", None], "grade": [*"ABCD", ""]}
    )
    rows = rows.assign(level="key", visits=0.0, calls=0.0, **columns)
    return rows.join(told.of(rows["account_id"]))


def test_delivered_by_hand():
    told = contacts(book([
        contact("A"), contact("A", channel="call", minutes=5), contact("A", who="them", minutes=45),
        contact("B", who="them", channel="mail"), contact("E"), contact("D", who="them"),
    ]), DAY)  # fmt: skip
    rows = planned(told).assign(visits=[2.0, 2, 1, 0, 0], calls=[1.0, 0, 0, 0, 0])
    found = delivered(rows, told)
    assert found["visits_made"].tolist() == [1, 0, 0, 0, 1]
    assert found["visits_planned"].tolist() == [2, 2, 1, 0, 0]
    assert found["calls_made"].tolist() == [1, 0, 0, 0, 0]
    assert found["proactive"].tolist() == pytest.approx([2 / 3, 0, np.nan, 0, 1], nan_ok=True)
    assert found["proactive_minutes"].tolist() == pytest.approx([0.25, 0, np.nan, 0, 1], nan_ok=True)
    assert found["verdict"].tolist() == ["as_planned", "on_request", "untouched", "as_planned", "more"]
    table = delivered_by(found, "class").set_index("class")
    assert table.index.tolist() == ["", "High", "Low"]
    high = table.loc["High"]
    assert high[["accounts", "visits_planned", "visits_made", "calls_planned", "calls_made"]].tolist() == [
        2,
        4,
        1,
        1,
        1,
    ]
    assert high[["contacts_ours", "contacts_theirs", "proactive"]].tolist() == [2, 2, 0.5]
    assert high["proactive_minutes"] == 15 / 70
    assert high[list(VERDICTS)].tolist() == [0, 1, 0, 1, 0]
    assert delivered_by(found, "grade")["accounts"].tolist() == [1] * 5
    assert table[list(VERDICTS)].sum().sum() == 5


def test_verdicts_are_those_of_scipys_poisson_distribution():
    grid = [(rate, count) for rate in (0.5, 1, 3, 8, 18, 30.5) for count in range(60)]
    rates, counts = (np.array(values, dtype=float) for values in zip(*grid, strict=True))
    n = len(grid)
    rows = pd.DataFrame({"account_id": [f"A{place:03}" for place in range(n)], "class": "", "grade": "", "level": ""})
    rows = rows.assign(
        visits=rates, calls=0.0, visits_ours=counts, **{f"minutes_{side}": 0.0 for side in ("ours", "theirs")}
    )
    names = ["visits_theirs", "calls_ours", "calls_theirs", "others_theirs"]
    rows[names], rows["others_ours"] = 0.0, 1.0  # mails make none of them untouched
    found = delivered(rows, Contacts(rows, {}, 1.0, rows.iloc[:0]))["verdict"]
    fewer, as_many = poisson.cdf(counts, rates), poisson.sf(counts - 1, rates)
    expected = np.select([fewer <= 0.025, as_many <= 0.025], ["less", "more"], "as_planned")
    assert found.tolist() == expected.tolist()
    assert set(expected) == {"less", "more", "as_planned"}
    # of a half year, brought to a year, the counts there were decide
    half = rows.assign(visits_ours=2 * counts, visits=2 * rates)
    assert delivered(half, Contacts(rows, {}, 2.0, rows.iloc[:0]))["verdict"].tolist() == expected.tolist()


def test_chance_alone_flags_no_more_than_one_in_twenty():
    for rate in (1, 4, 8, 18):
        count = np.arange(200)
        rows = pd.DataFrame(
            {"account_id": count, "class": "", "grade": "", "level": "", "visits": float(rate), "calls": 0.0}
        )
        rows[["visits_theirs", "calls_ours", "calls_theirs", "others_theirs", "minutes_ours", "minutes_theirs"]] = 0.0
        rows = rows.assign(visits_ours=count.astype(float), others_ours=1.0)
        verdict = delivered(rows, Contacts(rows, {}, 1.0, rows.iloc[:0]))["verdict"]
        assert 0 < poisson.pmf(count, rate)[verdict != "as_planned"].sum() <= 0.05


def test_every_verdict_has_its_words_and_a_book_that_does_not_tell_says_so():
    assert all(label(key) for key in VERDICTS.values())
    told = contacts(small_book([line("A", "2026-01-01", 5)]), DAY)
    with pytest.raises(BookError, match="no table 'interactions'"):
        delivered(planned(told), told)


def test_purposes_by_hand():
    rows = [contact("A", purpose=" Order "), contact("A", purpose="order", minutes=None), contact("B", purpose="quote"),
            contact("B", purpose="review", minutes=9999), contact("B", purpose="a thank you"),
            contact("B", purpose=None), contact("A", who="them", purpose="ORDER"),
            contact("A", who="them", purpose="quote"),
            contact("C", who=None, purpose="quote"), contact("C", "2025-09-30", purpose="review")]  # fmt: skip
    found = purposes(book(rows), DAY, most=2)
    assert found[["begun_by", "purpose", "contacts"]].to_numpy().tolist() == [
        ["us", "order", 2], ["us", "quote", 1], ["us", "other purposes", 2], ["us", "not said", 1],
        ["them", "order", 1], ["them", "quote", 1], ["", "quote", 1],
    ]  # fmt: skip
    assert found["share"].tolist() == pytest.approx([1 / 3, 1 / 6, 1 / 3, 1 / 6, 0.5, 0.5, 1])
    assert found["minutes"].tolist() == [10, 10, 10, 10, 10, 10, 10]  # no contact takes a week
    slips = purposes(book([contact("A", purpose="order", minutes=minutes) for minutes in (0, None, 9999)]), DAY)
    assert slips["minutes"].isna().all()
    with pytest.raises(BookError, match="No contact is told of the year to 2026-09-30"):
        purposes(book([]), DAY)
    with pytest.raises(BookError, match="'purpose'"):
        purposes(
            small_book(
                [line("A", "2026-01-01", 5)],
                interactions=[{"account_id": "A", "happened_on": "2026-01-01", "initiated_by": "us"}],
            ),
            DAY,
        )
