"""Every block of the brief against a small book worked out by hand (`acme`)."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest
from acme import ACCOUNTS, NASTY, TABLES, book, day, of, whole, words
from small_books import DAY, line, small_book

from crm_analysis.brief import Brief, brief
from crm_analysis.errors import BookError
from crm_analysis.report import blocks
from crm_analysis.report.sentences import brief as said
from crm_analysis.report.sentences import brief_room as room
from crm_analysis.report.sentences import brief_trade as trade
from crm_analysis.report.sentences import brief_watch


@cache
def acme() -> Brief:
    return of("A1")


def test_the_top_says_who_what_it_is_worth_what_to_watch_and_what_is_next():
    """Revenue of the year 300 + 200 + 100 - 40, of the one before 100 + 800; margin of costed lines 100 + 100 + 50."""
    lines = words(acme(), said.top)
    assert lines[0].startswith("Who: Key account, High A, number 1 of 2 by revenue, rail, North office, ")
    assert lines[0].endswith("looked after by Ann Lee.")
    begun = "Worth: 560 of revenue in 12 months, 37.8% less than in the 12 before. Margin 250, 41.7% of it. Expected"
    assert lines[1].startswith(begun)
    assert [line for line in lines if line.startswith("Watch")] == [
        "Watch: 1 complaint open, the oldest for 10 days: late delivery.",
        "Watch: 150 overdue, the oldest by 20 days.",
        "Watch: 1 order past the promised day and not shipped, N5 by 10 days.",
        "Watch: Revenue of the last 3 months is 67.5% below that of the same months a year ago.",
        "Watch: Bought in the year before, and no more: nuts 800.",
        "Watch: The contract ends in 31 days, on 2026-10-31.",
        "Watch: It complained 2 times in 12 months, 2 of them about the same: late delivery.",
        "Watch: 2 of 2 orders promised for the last 3 months came late.",
        "Watch: X1 was expected to be decided by 2026-09-15, and is open.",
    ]
    assert lines[-1] == "Next: Noted on 2026-09-02: Send list"


def test_since_the_last_visit():
    assert words(acme(), trade.since) == [
        "Since the last visit",
        "Last there: 2026-06-30, 92 days ago, Ann Lee, about: review",
        "Orders: 2 orders, 300",
        "Contacts: 1 began with them, 0 with us",
        "Complaints: 1 opened, 1 closed",
        "Opportunities: 1 new, 1 lost",
    ]


def test_without_a_visit_the_last_contact_counts_and_without_any_nobody_met_it():
    calls = [one for one in TABLES["interactions"] if one["channel"] == "call"]
    lines = words(of("A1", interactions=calls), trade.since)
    assert lines[:2] == ["Since the last contact", "Last spoken: 2026-08-01, 60 days ago, Ann Lee, about: order"]
    assert words(acme_office(), trade.since) == ["Since the last visit", "Nobody of us has met it yet."]


def like(look: Brief, other: Brief) -> Brief:
    """The brief with what the other knows of all accounts, which need not be made again."""
    made = ("plan", "frame", "_value", "_risks")
    look.__dict__.update({name: other.__dict__[name] for name in made if name in other.__dict__})
    return look


def beside_acme(account: str) -> Brief:
    acme().frame, acme().worth
    return like(brief(acme().book, account), acme())


def acme_office() -> Brief:
    return beside_acme("A2")


def test_orders_say_what_came_late_and_what_is_bought_no_more():
    lines = words(acme(), trade.orders)
    assert lines[:6] == [
        "Orders",
        "Ordered | Money | What | Delivery",
        "2026-09-01 | 100 | clips | waits, 10 days late",
        "2026-07-05 | 200 | bolts | 4 days late",
        "2025-11-10 | 300 | bolts | on time",
        "2025-08-10 | 800 | nuts | 5 days late",
    ]
    assert "Delivery: 1 of 3 orders promised for the last 12 months came on time; of the last 3 months 0 of 2" in lines
    assert "Buys: bolts 500, clips 100" in lines
    assert "No more: nuts 800" in lines
    assert "New: clips 100" in lines


def test_of_ten_pauses_on_nine_in_ten_are_counted():
    """Nine pauses of 3 days, then one of 50: a model of logarithms would say some 10 days, and 9 in 10 are 3."""
    days = [dt.date(2025, 12, 1) + dt.timedelta(days=gap) for gap in (*range(0, 28, 3), 27 + 50)]
    orders = [line("A1", str(on), 10, order_id=f"P{place}") for place, on in enumerate(days)]
    back = line("A1", str(days[0]), -10, order_id="back")
    look = brief(small_book([*orders, back], ACCOUNTS, DAY), "A1")
    assert look.trade.usual_pause == look.usual_pause == 3
    assert brief(small_book(orders[1:], ACCOUNTS, DAY), "A1").trade.usual_pause is None
    assert any("nine in ten of its pauses are no longer than 3 days" in one for one in words(look, trade.orders))


def test_quarters_end_with_the_day_and_reach_back_to_the_first_order():
    quarters = trade.quarters(acme())
    assert [str(one) for one in quarters["until"]][-3:] == ["2026-03-31", "2026-06-30", "2026-09-30"]
    assert quarters["revenue"].tolist()[-5:] == [800.0, 300.0, 0.0, 0.0, 260.0]
    assert quarters["margin"].tolist()[-5:] == [300.0, 100.0, 0.0, 0.0, 150.0]


def test_beside_itself_and_no_middle_half_of_few_others():
    lines = words(acme(), trade.beside)
    assert lines[1] == "Measure | 12 months | Before"
    assert "Orders | 3 | 2" in lines
    assert "Revenue per order | 187 | 450" in lines
    assert "Delivered late | 66.7% | 50.0%" in lines
    assert "Complaints | 2 | 0" in lines


def test_share_of_wallet():
    """Revenue of the year 560 of a demand of 2,800."""
    assert (
        "Share of wallet: 20.0% of 2,800 a year, as it said on 2026-01-10, expects +10% a year, also buys from Rival"
        in words(acme(), trade.ahead)
    )


def test_who_decides_comes_first():
    assert words(acme(), room.people) == ["Who may be in the room", "Decides: board (2)", "Uses: works"]


def test_money_owed():
    assert words(acme(), room.owed) == [
        "Money owed",
        "Open: 1,200",
        "Overdue: 150 in 1 invoice, the oldest by 20 days",
        "Pays: 10 days after the due day (median of 1 in 12 months)",
    ]


def test_offers_and_contracts():
    assert words(acme(), room.deals) == [
        "Offers and contracts",
        "Offers open: X1 5,000, proposal since 2026-09-01, expected by 2026-09-15",
        "Lost: X2 700, 2026-07-20, price, to Rival",
        "Contract: until 2026-10-31 (31 days left), minimum order 250",
    ]


def test_complaints_without_surveys():
    assert words(acme(), room.voice) == [
        "Satisfaction and complaints",
        "Complaints: open for 10 days: late delivery (high)",
        "Complaints: in 12 months late delivery (2)",
    ]


def survey(account: str, person: str, on: str, score: int) -> dict[str, object]:
    return {"account_id": account, "respondent_id": person, "answered_on": day(on), "item": "satisfaction",
            "score": score, "scale_min": 1, "scale_max": 5, "subject": "us", "respondent_type": "customer"}  # fmt: skip


def test_answers_of_a_year_beside_the_year_before_and_others():
    """Scores 1 and 3 of 1 to 5 are 0 and 50 of 100; the other accounts' 5 and 3 are 100 and 50."""
    rows = [survey("A1", "P1", "2026-05-01", 1), survey("A1", "P2", "2026-05-02", 3),
            survey("A1", "P2", "2025-05-02", 5), survey("A2", "Q", "2026-05-02", 5),
            survey("A3", "Z", "2026-05-02", 3)]  # fmt: skip
    look = of("A1", surveys=rows)
    lines = words(look, room.voice)
    assert lines[1].startswith("Answers: 25 of 100 (2 people, last on 2026-05-02); the year before 100; ")
    assert "other accounts on average 75 (" in lines[1]
    look.__dict__["beside"] = acme().beside
    assert "2 people of theirs rated us 25 of 100 in the last 12 months." in brief_watch.rest(like(look, acme()))


def test_notes_and_group():
    assert words(acme(), room.notes) == ["What we wrote last", "2026-09-02: Calm; Concerns: Prices; Next: Send list"]
    assert words(acme(), room.group)[1:] == [
        "Account | Segment | Year | Change",
        "Acme Brno | Mid B | 500 | –",
        "With this account 2 accounts, 1,060 in 12 months.",
    ]


def test_a_new_account_without_orders():
    look = beside_acme("A4")
    lines = whole(look)
    assert lines[0].startswith("Who: Has never ordered, North office")
    assert "It has never ordered." in lines
    with pytest.raises(BookError, match="Fewer than two quarters"):
        trade.quarters(look)
    assert not [line for line in lines if line.startswith(("Lifetime value", "Leaving", "Measure"))]
    assert "Since the last visit" in lines


def test_one_that_left_says_who_tells_why():
    lines = words(beside_acme("A3"), said.top)
    assert "Watch: It has said goodbye, known since 2025-02-01: price, to Rival, as our sales person tells it." in lines
    assert lines[0].startswith("Who: No order in 12 months")


def test_a_book_of_accounts_and_orders_only():
    plain_book = small_book([line("A", "2026-01-01", 10), line("B", "2026-02-01", 20)])
    lines = whole(brief(plain_book, "A"))
    lacking = next(line for line in lines if line.startswith("Not in this book: "))
    for thing in ("costs", "people at the account", "visits and calls", "invoices", "complaints", "contracts"):
        assert thing in lacking
    assert not [line for line in lines if line in ("Money owed", "Its group", "Who may be in the room")]
    assert lines[0].startswith("Who: ")


def test_a_book_with_everything_lacks_nothing_but_what_it_lacks():
    lines = words(acme(), said.lacks)
    assert lines[0].startswith("Not in this book: survey answers, what serving an account costs.")


def test_names_are_text():
    look = beside_acme("A3")
    page = "".join(blocks.html(made) for made in (said.top(look), room.about(look), trade.orders(look)) if made)
    assert "<script" not in page
    rows = blocks.html(room.group(acme_office()) or blocks.Block(""))
    assert "Acme Łódź" in rows
    hurt = blocks.html(blocks.Block(NASTY, (blocks.Line(NASTY, (NASTY,)),), blocks.Grid((NASTY,), ((NASTY,),), NASTY)))
    assert "<script" not in hurt
    assert hurt.count("&lt;script&gt;") == 7


def test_a_block_that_the_book_cannot_carry_shows_nothing(monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr("crm_analysis.report.blocks.display_html", lambda words, _: shown.append(words))
    blocks.block(lambda: room.owed(of("A1", invoices=None)))
    blocks.block(None)
    blocks.block(blocks.Block("empty"))
    assert shown == []
    with pytest.raises(BookError, match="no table 'invoices'"):
        room.owed(of("A1", invoices=None))


def test_decisions_made_later_than_the_day_are_not_seen():
    decided = [{"account_id": "A1", "decided_on": day("2026-08-01"), "action": "keep", "recommended": "keep",
                "reason": "friend of the house", "decided_by": "R1"}]  # fmt: skip
    look = of("A1", decisions=decided)
    assert "Decided: keep on 2026-08-01: friend of the house" in words(look, room.about)
    earlier = brief(book(decisions=decided), "A1", "2026-07-31")
    assert not [line for line in words(earlier, room.about) if line.startswith("Decided")]
    assert look.day == DAY
