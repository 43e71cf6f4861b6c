"""Spells against the definition, worked out literally from order days, and small books made by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book, BookError
from crm_analysis.churn.definition.spells import Spells, spells
from crm_analysis.errors import UserError
from crm_analysis.periods import after

START = dt.date(2025, 1, 1)
W = 60


def on(number: int) -> dt.date:
    """So many days after the first one."""
    return START + dt.timedelta(days=number)


def stamps(*days: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(day) for day in days]


def book_with(days: dict[str, list[int]], exits: list[dict[str, Any]] | None = None, **more: Any) -> Book:
    """Accounts that order on these days after START; the account Z orders on START, where the book begins."""
    orders = [line("Z", START, 1)] + [line(name, on(day), 10) for name, each in days.items() for day in each]
    tables = {} if exits is None else {"exits": exits}
    return small_book(orders, **tables, **more)


@pytest.fixture(scope="module")
def lives() -> dict[str, list[int]]:
    return random_lives(np.random.default_rng(5))


@pytest.fixture(scope="module")
def book(lives) -> Book:
    """Accounts with random orders, exits and contracts."""
    rng = np.random.default_rng(7)
    terms = []
    for name, days in lives.items():
        for place, (day, length) in enumerate(zip(days, rng.integers(1, 200, len(days)).tolist(), strict=True)):
            ended = on(day + length) if on(day + length) <= DAY else None
            terms.append(
                {"contract_id": f"{name}-{place}", "account_id": name, "signed_on": on(day), "ended_on": ended}
            )
    return book_with(lives, random_exits(np.random.default_rng(6), lives), contracts=terms)


# the definition, literally


def literal_there(days: list[dt.date], day: dt.date, silence: int) -> bool:
    """An order in (day - silence, day]."""
    return any(day - dt.timedelta(days=silence) < each <= day for each in days)


def literal_left(days: list[dt.date], day: dt.date, end: dt.date, silence: int) -> bool:
    """From the last order by `day` on, one before `end` has as many silent days after it, whatever comes then."""
    last = max(each for each in days if each <= day)
    ahead = [each for each in days if last <= each < end]
    return any(not any(each < other <= each + dt.timedelta(days=silence) for other in days) for each in ahead)


def random_lives(rng: np.random.Generator, accounts: int = 40) -> dict[str, list[int]]:
    return {f"A{place:02}": sorted(rng.integers(1, 630, rng.integers(1, 9)).tolist()) for place in range(accounts)}


@pytest.mark.parametrize("silence", [60, 150])
def test_population_and_outcomes_are_those_worked_out_literally_from_order_days(lives, book, silence):
    days = {name: [on(number) for number in numbers] for name, numbers in lives.items()} | {"Z": [START]}
    found = spells(book, DAY, silence)
    seen = set()
    for at in (on(number) for number in range(0, 395, 9)):
        there = sorted(name for name, own in days.items() if literal_there(own, at, silence))
        assert found.there(at)["account_id"].tolist() == there
        end = after(at, "3M")
        expected = {name: "left" if literal_left(days[name], at, end, silence) else "stayed" for name in there}
        assert found.outcomes(at, 3).replace("ours", "left").to_dict() == expected
        seen |= set(expected.values())
    assert seen == {"left", "stayed"}


def random_exits(rng: np.random.Generator, lives: dict[str, list[int]]) -> list[dict[str, Any]]:
    """Words about exits soon after some order, a few before the first; some are followed by orders."""
    rows = []
    for name, days in lives.items():
        left = int(rng.choice(days)) + int(rng.integers(-5, 20))
        word = {"decided_by": str(rng.choice(["us", "them"])), "source": str(rng.choice(["rep", "account"]))}
        known = left + int(rng.integers(0, 60))
        if known <= 637:
            rows.append({"account_id": name, "left_on": on(left), "known_on": on(known), "reason": "price"} | word)
    return rows


@pytest.mark.parametrize("basis", ["orders", "contracts"])
def test_who_is_there_is_told_alike_by_the_table_of_that_day_and_by_a_later_one(book, basis):
    whole = spells(book, DAY, W, basis)
    assert whole.exits["held"].any()
    assert whole.exits_ignored > 0
    said = 0
    for number in (61, 333, 637):
        then = spells(book, on(number), W, basis).there(on(number))
        now = whole.there(on(number))
        pd.testing.assert_frame_equal(now.reset_index(drop=True), then.reset_index(drop=True))
        said += int(then["said_goodbye"].sum())
    assert said > 0


def test_later_rows_and_the_order_of_rows_change_no_spell_known_on_a_day(lives, book):
    exits = random_exits(np.random.default_rng(6), lives)
    day = 300
    kept = {name: [number for number in numbers if number <= day] for name, numbers in lives.items()}
    told = [row for row in exits if row["known_on"] <= on(day)]
    assert 0 < len(told) < len(exits)
    with_more = spells(book, on(day), W)
    backwards = {name: list(reversed(numbers)) for name, numbers in reversed(kept.items())}
    removed = spells(book_with(backwards, told[::-1]), on(day), W)
    pd.testing.assert_frame_equal(with_more.frame, removed.frame)
    pd.testing.assert_frame_equal(with_more.exits, removed.exits)
    assert with_more.frame["reason"].notna().any()


# by hand


@pytest.fixture(scope="module")
def three() -> Book:
    return book_with({"A": [0, W, 2 * W + 1], "B": [10, 20], "C": [100]})


def test_a_gap_of_the_silence_is_no_end_and_one_of_a_day_more_is(three):
    found = spells(three, DAY, W).frame
    rows = found[found["account_id"] != "Z"]
    assert rows[["account_id", "spell", "orders"]].to_numpy().tolist() == [
        ["A", 1, 2], ["A", 2, 1], ["B", 1, 2], ["C", 1, 1],
    ]  # fmt: skip
    assert rows["began"].tolist() == [pd.Timestamp(on(day)) for day in (0, 121, 10, 100)]
    assert rows["last"].tolist() == [pd.Timestamp(on(day)) for day in (60, 121, 20, 100)]
    assert rows["known_on"].tolist() == [pd.Timestamp(on(day)) for day in (120, 181, 80, 160)]


def test_leaving_is_known_on_the_last_of_the_silent_days_and_not_before(three):
    for day, left in ((159, False), (160, True)):
        frame = spells(three, on(day), W).frame.set_index("account_id")
        assert frame.loc["C", ["left", "kind"]].tolist() == [left, "left" if left else "open"]
    whole = spells(three, DAY, W)
    assert "C" in set(whole.there(on(159))["account_id"])
    assert "C" not in set(whole.there(on(160))["account_id"])
    assert "C" not in set(whole.there(on(99))["account_id"])


def test_there_gives_nothing_that_was_not_known_on_the_day(three):
    found = spells(three, DAY, W).there(on(15))
    assert list(found) == ["account_id", "spell", "began", "origin", "entered", "age_known", "said_goodbye"]
    assert found["account_id"].tolist() == ["A", "B", "Z"]


def test_credits_and_goods_free_of_charge_are_no_orders():
    orders = [line("A", on(0), 5), line("A", on(40), -5), line("A", on(50), 0), line("B", on(90), 5)]
    frame = spells(small_book(orders), on(100), W).frame
    assert frame[["account_id", "orders", "left"]].to_numpy().tolist() == [["A", 1, True], ["B", 1, False]]


def test_outcomes_are_decidable_on_the_day_the_last_silence_has_passed():
    # three months after March 31 is June 30: whose last order came the day before has left, on the day itself has not
    book = book_with({"A": [80], "B": [80, 130, 179], "C": [80, 130, 180], "D": [80, 200]})
    day, expected = dt.date(2025, 3, 31), {"A": "left", "B": "left", "C": "stayed", "D": "left"}
    with pytest.raises(UserError, match="not yet decidable: that takes until 2025-08-29, and the book is known until"):
        spells(book, "2025-08-28", W).outcomes(day, 3)
    found = spells(book, "2025-08-29", W)
    assert found.outcomes(day, 3).to_dict() == expected
    with pytest.raises(UserError, match="who is there on 2024-12-31 cannot be told"):
        found.there("2024-12-31")
    with pytest.raises(UserError, match=r"who is there on 2025-08-30 cannot be told: .* from 2025-01-01 to 2025-08-29"):
        found.there("2025-08-30")


def test_late_entries_keep_their_age_and_accounts_of_unknown_age_are_told():
    accounts = [
        {"account_id": "Z", "known_since": "2025-01-01"},
        {"account_id": "known", "known_since": "2020-05-05"},
        {"account_id": "lately", "known_since": "2024-12-28"},  # within a week of the begin: not late
        {"account_id": "filled", "known_since": on(30)},  # as an opened book does where nothing is stated
        {"account_id": "nothing", "known_since": None},
        {"account_id": "credit", "known_since": on(30)},
        {"account_id": "new", "known_since": on(60)},
        {"account_id": "old", "known_since": "2020-05-05"},
    ]
    days = {"known": [30, 300], "lately": [30], "filled": [30], "nothing": [59], "new": [60], "old": [60]}
    orders = [line(name, on(day), 1) for name, numbers in days.items() for day in numbers]
    orders += [line("Z", START, 1), line("credit", on(30), -1), line("credit", on(40), 1)]
    found = spells(small_book(orders, accounts), DAY, W)
    frame = found.frame.set_index(["account_id", "spell"])
    assert found.begins == START
    assert found.whole_from == on(W)
    assert frame["age_known"].to_dict() == {
        ("Z", 1): False,
        ("credit", 1): False,
        ("filled", 1): False,
        ("known", 1): True,
        ("known", 2): True,
        ("lately", 1): True,
        ("new", 1): True,
        ("nothing", 1): False,
        ("old", 1): True,  # it had been silent for W when it ordered: a new spell, whatever came before
    }
    late = frame[frame["entered"] > frame["origin"]]
    assert late.index.tolist() == [("known", 1)]
    assert [late["origin"].iloc[0], late["entered"].iloc[0]] == stamps("2020-05-05", "2025-01-01")
    others = frame.drop(index=("known", 1))
    assert (others["origin"] == others["began"]).all()
    assert (others["entered"] == others["began"]).all()


def exit_of(account: str, left: int, known: int, reason: str | None = "price", by: str = "them", **more: Any) -> dict:
    return {
        "account_id": account, "left_on": on(left), "known_on": on(known), "reason": reason, "decided_by": by,
    } | {"source": "rep", "competitor": None} | more  # fmt: skip


def test_exits_belong_to_the_spell_they_end_and_decide_its_kind():
    lives = {name: [10, 20] for name in ("cut", "closed", "merged", "price", "nobody")}
    exits = [
        exit_of("cut", 20, 40, "not worth serving", "us"),
        exit_of("closed", 20, 40, " Closed  Down"),
        exit_of("merged", 25, 25, "MERGER", "us"),  # who decides comes first
        exit_of("price", 20, 40, competitor="Rival"),
    ]
    found = spells(book_with(lives, exits), DAY, W)
    frame = found.frame.set_index("account_id").drop(index="Z")
    assert frame["kind"].to_dict() == {
        "closed": "closed", "cut": "ours", "merged": "ours", "nobody": "left", "price": "left",
    }  # fmt: skip
    assert frame.loc["price", ["reason", "decided_by", "source", "competitor"]].tolist() == [
        "price", "them", "rep", "Rival",
    ]  # fmt: skip
    assert frame.loc["price", "gone_on"] == pd.Timestamp(on(40))
    assert frame.loc["nobody", ["reason", "decided_by", "source", "competitor"]].tolist() == [None] * 4
    assert found.outcomes(on(15), 3).to_dict() == frame["kind"].to_dict() | {"Z": "left"}
    own = spells(book_with(lives, exits), DAY, W, closed=["Price"], ours=[])
    assert own.frame.set_index("account_id")["kind"].drop("Z").to_dict() == {
        "closed": "left", "cut": "ours", "merged": "ours", "nobody": "left", "price": "closed",
    }  # fmt: skip


def test_an_exit_that_orders_followed_does_not_hold_and_counts_as_said_until_then():
    lives = {"back": [10, 50], "gone": [10], "again": [10, 200]}
    exits = [exit_of("back", 12, 30), exit_of("gone", 12, 30), exit_of("again", 12, 30), exit_of("back", 1, 2)]
    book = book_with(lives, exits)
    found = spells(book, DAY, W)
    reasons = found.frame.set_index(["account_id", "spell"])["reason"]
    assert reasons.to_dict() == {
        ("Z", 1): None, ("again", 1): "price", ("again", 2): None, ("back", 1): None, ("gone", 1): "price",
    }  # fmt: skip
    # one was followed by an order of the same spell, one came before any order
    assert found.exits_ignored == 2
    assert found.there(on(29))["said_goodbye"].sum() == 0
    for day in (30, 49):
        there = found.there(on(day)).set_index("account_id")["said_goodbye"]
        assert there.drop("Z").to_dict() == {"again": True, "back": True, "gone": True}
    assert found.there(on(50)).set_index("account_id").loc["back", "said_goodbye"] == np.False_
    early = spells(book, on(29), W)
    assert len(early.exits) == 1
    assert early.frame["kind"].eq("open").all()
    said = spells(book, on(30), W).frame.set_index("account_id")
    assert said.loc["gone", ["left", "kind"]].tolist() == [False, "left"]


def test_the_accounts_own_word_stands_before_a_reps_and_the_later_before_the_earlier():
    exits = [
        exit_of("A", 20, 60, "price"),
        exit_of("A", 20, 40, "service", source="account"),
        exit_of("B", 20, 40, "price"),
        exit_of("B", 20, 60, "quality"),
    ]
    found = spells(book_with({"A": [10], "B": [10]}, exits), DAY, W)
    assert found.frame.set_index("account_id")["reason"].to_dict() == {"A": "service", "B": "quality", "Z": None}
    assert found.exits["reason"].tolist() == ["service", "price", "quality", "price"]


# contracts


def contract(account: str, number: int, signed: Any, ended: Any = None, **more: Any) -> dict[str, Any]:
    def day(given: Any) -> Any:
        return on(given) if isinstance(given, int) else given

    dates = {name: day(value) for name, value in {"signed_on": signed, "ended_on": ended, **more}.items()}
    return {"contract_id": f"{account}{number}", "account_id": account} | dates


def test_a_chain_of_contracts_ends_where_the_last_ended_and_none_followed_within_the_grace():
    terms = [
        contract("chain", 1, 0, 100, starts_on=10, ends_on=100),
        contract("chain", 2, 90, 200, starts_on=130, ends_on=200),  # 30 days after: one chain
        contract(
            "chain", 3, 190, None, starts_on=231, ends_on=300
        ),  # 31 days after: another, past its end and in force
        contract("inside", 1, 0, 300, starts_on=0, ends_on=300),
        contract("inside", 2, 50, 100, starts_on=50, ends_on=100),  # ends before the other does
        contract("dated back", 1, 40, 100, starts_on=20, ends_on=100),
        contract("to come", 1, 600, None, starts_on=700, ends_on=800),
        contract("never", 1, 100, 120, starts_on=150, ends_on=300),  # ended before it began
    ]
    frame = spells(book_with({"chain": [1]}, contracts=terms), DAY, 30, "contracts").frame
    found = frame[["account_id", "began", "last", "orders", "left"]].to_numpy().tolist()
    assert found == [
        ["chain", pd.Timestamp(on(10)), pd.Timestamp(on(200)), 2, True],
        ["chain", pd.Timestamp(on(231)), pd.Timestamp(DAY), 1, False],
        ["dated back", pd.Timestamp(on(40)), pd.Timestamp(on(100)), 1, True],
        ["inside", pd.Timestamp(on(0)), pd.Timestamp(on(300)), 2, True],
    ]
    assert (frame["known_on"] == frame["last"] + pd.Timedelta(days=30)).all()


def test_contracts_tell_their_own_begin_and_enter_when_the_source_begins():
    terms = [
        contract("A", 1, "2020-02-01", None),
        contract("B", 1, "2023-02-01", "2024-06-30"),
        contract("C", 1, 30, None),
    ]
    terms = [
        row | {name: pd.Timestamp(row[name]).date() for name in ("signed_on", "ended_on") if row[name]} for row in terms
    ]
    found = spells(book_with({}, contracts=terms), DAY, 30, "contracts")
    frame = found.frame.set_index("account_id")
    assert found.begins == dt.date(2024, 6, 30)  # an end that was recorded: from there on ends are
    assert frame["origin"].tolist() == stamps("2020-02-01", "2023-02-01", "2025-01-31")
    assert frame["entered"].tolist() == stamps("2024-06-30", "2024-06-30", "2025-01-31")
    assert frame["age_known"].all()
    assert found.there("2024-07-29")["account_id"].tolist() == ["A", "B"]
    assert found.there("2024-07-30")["account_id"].tolist() == ["A"]


def test_agreed_ends_count_only_where_a_book_knows_no_other():
    terms = [{"contract_id": "A1", "account_id": "A", "signed_on": on(0), "ends_on": on(100)}]
    book = book_with({"A": [0]}, contracts=terms)
    assert spells(book, DAY, 30, "contracts").frame["last"].tolist() == [pd.Timestamp(on(100))]
    assert spells(book, on(50), 30, "contracts").frame["last"].tolist() == [pd.Timestamp(on(50))]
    neither = [{key: value for key, value in row.items() if key != "ends_on"} for row in terms]
    with pytest.raises(BookError, match="'ended_on' and 'ends_on' are missing"):
        spells(book_with({"A": [0]}, contracts=neither), DAY, 30, "contracts")


def test_a_notice_is_an_exit_and_the_contract_itself_may_tell_why_it_ended():
    terms = [
        contract("notice", 1, 0, 200, end_reason="expired"),
        contract("renewed", 1, 0, 100, end_reason="renewed"),
        contract("renewed", 2, 101, None, end_reason=None),
        contract("ours", 1, 0, 100, end_reason="Ended by us"),
    ]
    exits = [exit_of("notice", 150, 150, "service"), exit_of("renewed", 50, 50)]
    found = spells(book_with({}, exits, contracts=terms), DAY, 30, "contracts")
    frame = found.frame.set_index("account_id")
    assert frame["reason"].to_dict() == {"notice": "service", "ours": "Ended by us", "renewed": None}
    assert frame["kind"].to_dict() == {"notice": "left", "ours": "ours", "renewed": "open"}
    assert found.there(on(100)).set_index("account_id")["said_goodbye"].to_dict() == {
        "notice": False, "ours": False, "renewed": True,
    }  # fmt: skip
    assert found.there(on(160)).set_index("account_id")["said_goodbye"].to_dict() == {"notice": True, "renewed": False}


# made of a frame


def test_spells_of_a_frame_are_those_of_the_book_they_came_from(book):
    theirs = spells(book, DAY, W)
    shuffled = theirs.frame[["account_id", "began", "last"]].sample(frac=1, random_state=3)
    made = Spells.of(shuffled, silence=W, as_of=DAY, begins=START)
    same = ["account_id", "spell", "began", "last", "known_on", "left"]
    pd.testing.assert_frame_equal(made.frame[same], theirs.frame[same])
    assert list(made.frame) == list(theirs.frame)
    assert made.frame.dtypes.to_dict() == theirs.frame.dtypes.to_dict()
    assert made.decided_until == DAY - dt.timedelta(days=W)
    assert made.there(on(400))["account_id"].tolist() == theirs.there(on(400))["account_id"].tolist()


def test_spells_of_a_frame_keep_what_they_are_given_and_refuse_what_cannot_be():
    rows = pd.DataFrame({"account_id": ["A", "B"], "began": stamps("2025-01-01", "2025-02-01")})
    rows = rows.assign(last=stamps("2025-03-01", "2025-02-01"), origin=stamps("2019-01-01", "2025-02-01"))
    rows = rows.assign(gone_on=[pd.NaT, pd.Timestamp("2025-02-11")], decided_by=[None, "us"])
    made = Spells.of(rows, silence=30, as_of="2025-03-15", begins="2025-01-01")
    assert made.frame["kind"].tolist() == ["open", "ours"]
    assert made.frame["orders"].tolist() == [2, 1]
    assert made.frame["origin"].tolist() == stamps("2019-01-01", "2025-02-01")
    assert made.there("2025-02-10")["said_goodbye"].tolist() == [False, False]
    assert made.there("2025-02-11")["said_goodbye"].tolist() == [False, True]
    with pytest.raises(UserError, match="column 'last' is missing"):
        Spells.of(rows.drop(columns="last"), silence=30, as_of=DAY, begins=START)
    for wrong in (
        rows.assign(last=stamps("2024-03-01", "2025-02-01")),
        rows.assign(last=stamps("2026-10-01", "2025-02-01")),
        rows.assign(account_id="A"),
    ):
        with pytest.raises(UserError, match="account 'A' has a spell from"):
            Spells.of(wrong, silence=30, as_of=DAY, begins=START)


def test_a_silence_or_basis_that_is_none_is_refused(three):
    for wrong in (0, -3, 1.5, True, "6 months", None):
        with pytest.raises(UserError, match="a silence is a number of days"):
            spells(three, DAY, wrong)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="'orders' or 'contracts'; found 'both'"):
        spells(three, DAY, 30, "both")
    with pytest.raises(BookError, match="no table 'contracts'"):
        spells(three, DAY, 30, "contracts")
    with pytest.raises(BookError, match="no line is known on 2024-12-31"):
        spells(three, "2024-12-31", 30)
