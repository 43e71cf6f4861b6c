"""Money and minutes of Low accounts: against sums made by hand and scipy's bootstrap."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from scipy.stats import bootstrap
from scipy.stats.mstats import winsorize
from small_books import DAY, line, small_book

from crm_analysis.book import book_of
from crm_analysis.potential.advice.asking import about
from crm_analysis.potential.advice.decided import WORDS, overrides, unknown
from crm_analysis.potential.advice.money import CONTACTS, effort, gain, money
from crm_analysis.potential.advice.steps import sizes

CUT = dt.date(2024, 9, 30)


def known(gains, days=None, promising=1.0):
    rows = pd.DataFrame({"account_id": [name for name, _ in gains], "margin": 100.0})
    rows["margin_later"] = [100.0 + more for _, more in gains]
    rows["as_of"] = pd.to_datetime(days or ["2025-09-30"] * len(gains))
    return rows.assign(promising=promising)


def contact(account, day, who="us", channel="visit", minutes=10, cost=5):
    return {"account_id": account, "happened_on": day, "initiated_by": who, "channel": channel, "minutes": minutes,
            "cost": cost}  # fmt: skip


def test_gain_is_the_mean_over_accounts_of_their_mean_over_days():
    rows = known([("A", 10), ("A", 30), ("B", 50), ("C", 35)], ["2025-06-30", "2025-09-30"] + ["2025-09-30"] * 2)
    others = known([("D", 999), ("B", 999)], promising=0.0)
    found = gain(pd.concat([rows, others]))
    assert found.amount == pytest.approx((20 + 50 + 35) / 3)
    assert found.accounts == 3
    assert found.largest == pytest.approx(50 / 105)
    assert not found.winsorised
    assert found.low <= found.amount <= found.high


def test_interval_is_scipys_bootstrap():
    each = np.random.default_rng(5).lognormal(8, 1, 60)
    found = gain(known([(f"A{n:02}", more) for n, more in enumerate(each)]))
    theirs = bootstrap((each,), np.mean, confidence_level=0.9, n_resamples=4000, method="percentile", rng=1)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.1 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.1 * width)


def test_one_account_that_makes_most_of_it_is_winsorised():
    each = [-5.0, 10.0, 20.0, 30.0, 4000.0]
    found = gain(known([(f"A{n}", more) for n, more in enumerate(each)]))
    assert found.winsorised
    assert found.amount == pytest.approx(float(winsorize(np.array(each), limits=(0.2, 0.2)).mean()))
    assert found.plain == pytest.approx(np.mean(each))
    assert found.largest == pytest.approx(4000 / 4060)


def test_gain_of_none_and_of_one_is_told_for_what_it_is():
    none = gain(known([("A", 5)], promising=0.0))
    assert none.accounts == 0
    assert np.isnan([none.amount, none.low, none.high]).all()
    one = gain(known([("A", 5)]))
    assert (one.accounts, one.amount) == (1, 5)
    assert np.isnan(one.low)


def test_gain_does_not_hang_on_names_or_order():
    rows = known([(f"A{n}", more) for n, more in enumerate(np.random.default_rng(2).normal(9, 5, 30))])
    names = {name: f"Z{99 - place}" for place, name in enumerate(rows["account_id"])}
    other = rows.assign(account_id=rows["account_id"].map(names)).sample(frac=1, random_state=4)
    assert gain(other) == gain(rows)


def test_minutes_are_divided_by_who_began_and_how():
    rows = [
        contact("A", "2026-03-01"), contact("A", "2026-04-01", "them", minutes=7), contact("A", "2026-05-01", None),
        contact("A", "2026-06-01", "us", "call", 3), contact("A", "2025-09-30", minutes=99),
        contact("B", "2025-10-01", "us", " Visit ", 20, 8), contact("B", "2023-01-01", minutes=99),
        contact("B", "2026-10-01", minutes=99),
    ]  # fmt: skip
    book = small_book([line("A", "2026-01-01", 5), line("B", "2026-01-01", 5)], interactions=rows)
    found, why = effort(book.as_of(DAY), DAY)
    assert why == {}
    assert found.loc["A"].to_dict() == dict(zip(CONTACTS, (30, 13, 7, 1, 10, 5), strict=True))
    assert found.loc["B"].to_dict() == dict(zip(CONTACTS, (20, 20, 0, 1, 20, 8), strict=True))


def test_contacts_that_begin_inside_the_year_are_brought_to_one_or_not_told():
    orders = [line("A", "2026-01-01", 5)]
    half = small_book(orders, interactions=[contact("A", "2026-04-01"), contact("A", "2026-06-01")])
    found, _ = effort(half.as_of(DAY), DAY)
    assert found.loc["A", "minutes"] == pytest.approx(20 * 365 / 183)
    short = small_book(orders, interactions=[contact("A", "2026-09-01")])
    found, why = effort(short.as_of(DAY), DAY)
    assert set(why) == set(CONTACTS)
    assert "less than three months" in why["visits"]


def test_what_a_book_lacks_is_nan_and_said():
    orders = [line("A", "2026-01-01", 5)]
    today = pd.DataFrame({"account_id": ["A"], "revenue": [5.0], "margin": [np.nan]})
    cases = known([("A", 5)]).assign(revenue=1.0, revenue_later=8.0)
    bare = money(small_book(orders), DAY, today, cases)
    assert bare.money == bare.gain.money == "revenue"
    assert bare.gain.amount == 7
    assert bare.accounts["brings"].tolist() == [5]
    assert set(bare.lacks) == {"margin", "cost_to_serve", *CONTACTS}
    assert bare.accounts[["cost_to_serve", *CONTACTS]].isna().all(axis=None)
    assert "a single account" in bare.says[0]
    some = [{name: value for name, value in contact("A", "2026-03-01").items() if name not in ("channel", "cost")}]
    some.append(some[0] | {"happened_on": "2025-01-01"})
    part = money(small_book(orders, interactions=some), DAY, today, cases)
    assert part.accounts["minutes_ours"].tolist() == [10]
    assert part.accounts[["visits", "minutes_visits", "cost_visits"]].isna().all(axis=None)
    assert "'channel'" in part.lacks["visits"]


def test_money_of_accounts_stands_in_their_order():
    orders = [line(name, day, 10, cost=6) for name in "ABC" for day in ("2025-01-01", "2026-01-01")]
    spend = [{"period_start": "2025-10-01", "period_end": "2026-09-30", "activity": "delivery", "amount": 12,
              "account_id": "B", "fixed": False}]  # fmt: skip
    contacts = [contact("C", "2025-01-01"), contact("C", "2026-01-01")]
    book = small_book(orders, spend=spend, interactions=contacts)
    today = pd.DataFrame({"account_id": ["C", "A", "B"], "revenue": 10.0, "margin": [3.0, 1.0, 2.0]})
    found = money(book, DAY, today, known([("A", 1), ("B", 2)]))
    assert found.money == "margin"
    assert found.lacks == {}
    assert found.accounts["account_id"].tolist() == ["C", "A", "B"]
    assert found.accounts["brings"].tolist() == [3, 1, 2]
    assert found.accounts["cost_to_serve"].tolist() == pytest.approx([0, 0, 12])
    assert found.accounts["visits"].tolist() == [1, 0, 0]


def whole_book(rng):
    """Every table of the contract, with words that mean something."""
    frames = whole.frames(rng, CUT)
    decisions, contacts = frames["decisions"], frames["interactions"]
    for name in ("action", "recommended"):
        decisions[name] = rng.choice([*WORDS, "ponder"], len(decisions))
    contacts["channel"] = rng.choice(["visit", "call"], len(contacts))
    contacts["happened_on"] = [whole.FIRST, *contacts["happened_on"][1:]]
    return frames


def answers(frames):
    book = book_of(frames, whole.EXTRACT)
    at = sizes(book, CUT, 1e9)
    contacts, why = effort(book.as_of(CUT), CUT)
    assert why == {}
    return overrides(book, CUT), unknown(book, CUT), contacts, at.accounts.assign(minimum=at.minimum), about(book, CUT)


@pytest.mark.slow
def test_what_is_known_later_and_the_order_of_rows_change_nothing():
    rng = np.random.default_rng(1)
    frames = whole_book(rng)
    later = whole.scrambled(frames, CUT, rng)
    later = {name: rows.sample(frac=1, random_state=1) for name, rows in later.items()}
    plain = answers(frames)
    assert all(len(table) for table in plain)
    for one, other in zip(plain, answers(later), strict=True):
        pd.testing.assert_frame_equal(one, other)
