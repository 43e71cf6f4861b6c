"""Cohorts and beginnings: small books whose every number is known, and what must hold for any book."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small_books import line, small_book
from tenure_frames import FEWER

from crm_analysis.book import Book
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.retention.beginnings import first_year_class, firsts, repurchase
from crm_analysis.churn.retention.cohorts import BEFORE, cohorts, wide
from crm_analysis.value.segments import Bars

BEGIN, DAY = dt.date(2024, 1, 10), "2026-09-30"
NEW = {"known_since": BEGIN - dt.timedelta(days=1)}  # told: it was new when the book began


@pytest.fixture(scope="module")
def small() -> Book:
    """Orders from 2024-01-10. With a silence of 100 days, 2026-06-22 is the last decided day."""
    orders = [
        line("A", BEGIN, 100), line("A", "2024-04-01", 40), line("A", "2024-07-01", 60), line("A", "2024-07-05", -10),
        line("B", "2024-05-02", 30), line("B", "2025-01-10", 20),  # left, and came back
        line("C", "2024-06-30", 50),
        line("D", "2026-05-01", 7),
        line("O", "2024-03-01", 1000), line("O", "2024-06-01", 500),  # known for long
        line("U", "2024-03-05", 9),  # nobody says since when
        line("N", "2024-02-01", -5),  # never bought
    ]  # fmt: skip
    known = {"A": NEW["known_since"], "O": "2019-05-01", "U": "2024-03-05", "N": "2019-05-01"}
    accounts = [{"account_id": name, "known_since": known.get(name, "2024-01-15")} for name in "ABCDONU"]
    return small_book(orders, accounts)


def test_cohorts_by_hand(small):
    book = small
    table = cohorts(book, spells(book, DAY, 100)).set_index(["cohort", "quarter"])
    assert table.loc[BEFORE, "accounts"].iloc[0] == 2
    assert table.loc[(BEFORE, 0), "revenue"] == 1009
    assert table.loc[BEFORE, "there"].tolist()[:3] == [2, 1, 0]
    first = table.loc["2024Q1"]
    assert first["accounts"].iloc[0] == 1, "A was told to be new"
    assert first["there"].tolist()[:4] == [1, 1, 1, 0]
    assert first["revenue"].tolist()[:4] == [100, 40, 50, 0]
    assert first["revenue_share"].tolist()[:3] == pytest.approx([100 / 47.5, 40 / 47.5, 50 / 47.5])
    second = table.loc["2024Q2"]
    assert second["accounts"].iloc[0] == 2
    assert second["there"].tolist()[:5] == [2, 0, 0, 1, 0]
    assert second["returned"].tolist()[:5] == [0, 0, 0, 1, 0]
    assert second["share"].tolist()[:4] == [1, 0, 0, 0.5]
    last = table.loc["2026Q2"]
    assert last["period"].tolist() == ["2026Q2", "2026Q3"]
    assert last["there"].isna().tolist() == [False, True], "who was gone by 30 June is not yet decided"
    assert last["revenue"].tolist() == [7, 0], "both quarters are over"
    assert last["revenue_share"].isna().all()


def test_a_quarter_is_decided_when_the_silence_after_the_day_before_it_has_passed(small):
    book = small
    for silence, decided in ((92, True), (93, False)):  # from 2026-06-30 to 2026-09-30 there are 92 days
        table = cohorts(book, spells(book, DAY, silence))
        assert table.loc[table["period"] == "2026Q3", "there"].notna().all() == decided
    early = cohorts(book, spells(book, "2026-09-29", 10))
    assert early.loc[early["period"] == "2026Q3", "revenue"].isna().all(), "the quarter is not over"
    assert early.loc[early["period"] == "2026Q2", "revenue"].notna().all()


def test_the_wide_table_has_a_row_per_cohort(small):
    book = small
    long = cohorts(book, spells(book, DAY, 100))
    table = wide(long)
    assert table["cohort"].tolist() == [BEFORE, "2024Q1", "2024Q2", "2026Q2"]
    assert table.columns.tolist() == ["cohort", "accounts", *map(str, range(10))]
    assert table.loc[3, ["0", "1"]].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert wide(long, "revenue").loc[0, "1"] == 500


def test_cohorts_of_contracts_begin_with_the_contract():
    orders = [line("A", "2024-02-01", 10), line("A", "2025-02-01", 10), line("B", "2024-03-01", 5)]
    contracts = [
        {"contract_id": "1", "account_id": "A", "signed_on": dt.date(2023, 5, 1), "ended_on": None},
        {"contract_id": "2", "account_id": "B", "signed_on": dt.date(2024, 8, 1), "ended_on": dt.date(2025, 1, 5)},
    ]
    book = small_book(orders, contracts=contracts)
    found = spells(book, DAY, 30, basis="contracts")
    table = cohorts(book, found).set_index(["cohort", "quarter"])
    assert table.loc["2024Q3", "there"].tolist()[:4] == [1, 1, 1, 0]
    assert table.loc[BEFORE, "there"].min() == 1
    assert table.loc[(BEFORE, 0), "revenue"] == 10
    begun = firsts(book.as_of(DAY), found).execute().set_index("account_id")
    assert pd.to_datetime(begun["first"]).to_dict() == found.frame.set_index("account_id")["began"].to_dict()


def test_nothing_that_comes_later_changes_what_was_known_on_a_day(small):
    rows = small.table("orders").execute()
    day = dt.date(2025, 6, 30)
    changed = rows["ordered_on"].map(lambda on: dt.date.fromisoformat(str(on)[:10]) > day)
    assert changed.any()
    later = rows.assign(revenue=rows["revenue"].where(~changed, rows["revenue"] * -3))
    people = small.table("accounts").execute().to_dict("records")
    other = small_book(later.to_dict("records"), people)
    bars = Bars(high=100, mid=50, margin_rate=None)
    for made in (cohorts, repurchase, lambda book, known: first_year_class(book, known, bars)):
        tables = [made(book, spells(book, day, 100)) for book in (small, other)]
        assert len(tables[0]) > 1
        pd.testing.assert_frame_equal(*tables)


@st.composite
def books(draw) -> Book:
    day = st.dates(BEGIN, dt.date(2026, 9, 30))
    rows = draw(st.lists(st.tuples(st.sampled_from("ABCDEFGH"), day, st.integers(-3, 50)), min_size=1, max_size=40))
    orders = [line("Z", BEGIN, 1), *(line(*row) for row in rows)]
    since = st.sampled_from(["2019-01-01", "2024-01-05", "2024-01-09", "2024-03-01"])
    return small_book(orders, [{"account_id": name, "known_since": draw(since)} for name in "ABCDEFGHZ"])


@settings(FEWER, max_examples=3, phases=[Phase.generate])  # a book takes too long to look for a smaller one
@given(books(), st.sampled_from([20, 100, 300]))
def test_cohorts_add_up(book, silence):
    found = spells(book, DAY, silence)
    table = cohorts(book, found)
    first = found.frame[found.frame["spell"] == 1].set_index("account_id")
    before = ~first["age_known"] | (first["origin"] < first["entered"])
    begun = firsts(book.as_of(DAY), found).execute().set_index("account_id")
    assert begun["before"].to_dict() == before.to_dict(), "the engine and the spells agree on who is new"
    assert pd.to_datetime(begun["first"]).to_dict() == first["began"].to_dict()

    sizes = table.drop_duplicates("cohort").set_index("cohort")["accounts"]
    assert sizes.sum() == len(first)
    assert sizes.get(BEFORE, 0) == before.sum()
    bought = book.table("orders").execute()
    bought = bought[bought["account_id"].isin(first.index)]
    assert table["revenue"].sum() == pytest.approx(float(bought["revenue"].sum()))
    undecided = pd.PeriodIndex(table["period"], freq="Q").start_time > pd.Timestamp(found.decided_until) + pd.Timedelta(
        days=1
    )
    assert (table["there"].isna() == undecided).all()
    for period, own in table[~undecided].groupby("period"):
        start, end = pd.Period(period).start_time, pd.Period(period).end_time
        began = found.frame["entered"].where(found.frame["spell"] == 1, found.frame["began"])
        began = began.mask((found.frame["spell"] == 1) & found.frame["account_id"].map(before), pd.Timestamp(BEGIN))
        inside = found.frame[(began <= end) & (found.frame["last"] >= start)]
        assert own["there"].sum() == inside["account_id"].nunique()
    stayed = (table["there"] - table["returned"]).groupby(table["cohort"])
    assert (stayed.diff().dropna() <= 0).all(), "who never left can only become fewer"


def test_repurchase_by_hand():
    orders = [
        line("Z", "2024-01-10", 1),
        line("A", "2025-01-01", 5), line("A", "2025-01-01", 5, order_id="x"), line("A", "2025-04-02", 5),  # 91 days
        line("B", "2025-01-01", 5), line("B", "2025-04-03", 5),  # 92 days
        line("C", "2025-09-30", 5), line("C", "2025-12-01", -5),  # 365 days before the end; sent back only
        line("D", "2026-06-30", 5), line("D", "2026-07-01", 5),  # 92 days before the end
        line("E", "2026-08-01", 5), line("E", "2026-08-02", 5),  # too young for three months
        line("O", "2024-02-01", 5), line("O", "2024-02-02", 5),  # may have ordered before the book
    ]  # fmt: skip
    book = small_book([{"order_id": None} | one for one in orders])
    found = repurchase(book, spells(book, DAY, 180))
    assert found["accounts"].tolist() == [4, 3, 3]
    assert found["again"].tolist() == [2, 2, 2]
    assert found["share"].tolist() == pytest.approx([1 / 2, 2 / 3, 2 / 3])
    assert (found["low"] < found["share"]).all()
    assert (found["share"] < found["high"]).all()
    young = repurchase(book, spells(book, "2024-03-01", 180))
    assert young["accounts"].tolist() == [0, 0, 0]
    assert young["share"].isna().all()


def test_the_class_of_the_first_year_by_hand():
    orders = [
        line("Z", "2024-01-10", 1),
        line("H", "2024-09-01", 90), line("H", "2025-08-31", 10), line("H", "2025-09-01", 500),  # the 366th day
        line("M", "2024-09-01", 99), line("M", "2025-09-01", 500),
        line("L", "2024-09-01", 60), line("L", "2024-10-01", -20),
        line("Y", "2025-10-01", 900),  # the first year ends on 2026-09-30, the day looked from
        line("X", "2025-10-02", 900),
    ]  # fmt: skip
    book = small_book(orders)
    found = first_year_class(book, spells(book, DAY, 180), Bars(high=100, mid=50, margin_rate=None)).set_index(
        "account_id"
    )
    assert found["class"].to_dict() == {"H": "High", "L": "Low", "M": "Mid", "Y": "High"}
    assert found["revenue"].to_dict() == {"H": 100, "L": 40, "M": 99, "Y": 900}
    assert found.loc["Y", "known_on"] == pd.Timestamp(DAY)
    assert found.loc["H", "known_on"] == pd.Timestamp("2025-08-31")
