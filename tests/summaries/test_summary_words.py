"""What a summary names, and what counts as complete, timely and specific."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from crm_analysis.book.written import Summary
from crm_analysis.summaries.useful import Before, judged
from crm_analysis.summaries.words import Names, alike, length, named, numbers

NAMES = Names.of(["HDI", "ML-08-16", "flex-rigid boards", "多层板", "x"], ["Wexlarn", "Thelmora AG"], ["test lab"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("All fine, as always", ()),
        ("May we call again? It may be.", ()),
        ("Order 4 of them", ()),
        ("by 2026-10-15", ("day",)),
        ("on 12.10. or 12.10.2026", ("day",)),
        ("on 3 October", ("day",)),
        ("October 15th", ("day",)),
        ("until Friday", ("day",)),
        ("in week 42", ("day",)),
        ("in KW 42, Q4", ("day",)),
        ("yesterday's monday-morning feeling", ("day",)),
        ("offered 12,500 EUR", ("amount",)),
        ("wants €500", ("amount",)),
        ("3% less", ("amount",)),
        ("for 20 panels", ("amount",)),
        ("ratio 3.5 was fine", ()),
        ("asks for hdi", ("product",)),
        ("the ml-08-16 failed", ("product",)),
        ("Flex-rigid  BOARDS are late", ("product",)),
        ("hdis and ml-08", ()),
        ("has an offer of WEXLARN", ("competitor",)),
        ("thelmora ag again", ("competitor",)),
        ("thelmora", ()),
        ("met the head of logistics", ("role",)),
        ("met the test lab", ("role",)),
        ("New order O1", ("document",)),
        ("x marks it", ()),
        ("客户要求周五前交货", ("day",)),
        ("下周拜访采购经理，报价3万", ("day", "amount", "role")),
        ("要多层板", ("product",)),
        ("ＨＤＩ", ("product",)),
    ],
)
def test_what_a_text_names(text, kinds):
    assert named(text, NAMES, frozenset(["o1"])) == kinds


def test_words_are_counted_and_compared():
    assert length("") == 0
    assert length("客户 A1 要求交货") == 1 + 3
    assert alike("", "x") == 0
    assert alike("Keep in touch, all fine", "keep  in touch, ALL fine") == 1
    assert alike("客户要求交货", "客户要求付款") == pytest.approx(4 / 6)
    assert numbers("Order O12, K-7 and ten") == {"o12", "k-7"}


DAY = dt.date(2026, 9, 30)
GOOD = Summary(
    "A1", "R1", DAY, "Ready to order", "Price of Wexlarn", "Visit with the buyer on Friday", "Offer 20 panels by Monday"
)


def days(*ago: int) -> list[dt.date]:
    return [DAY - dt.timedelta(days=number) for number in ago]


def test_a_good_summary_lacks_nothing():
    found = judged(GOOD, NAMES, Before(None, days(20, 3)))
    assert (found.complete, found.timely, found.specific, found.why) == (True, True, True, "")
    assert found.names == ("day", "amount", "competitor", "role")


def test_complete_means_that_every_part_says_something():
    found = judged(replace(GOOD, concerns=" - ", next_step=""), NAMES, Before())
    assert (found.complete, found.specific) == (False, True)
    assert found.why == "nothing under What worries them, What is to be done next"


@pytest.mark.parametrize(
    ("ago", "timely"), [([14], True), ([15], False), ([40, 15], False), ([40, 2], True), ([], None)]
)
def test_timely_counts_from_the_latest_contact_if_there_was_one(ago, timely):
    found = judged(GOOD, NAMES, Before(None, days(*ago)))
    assert found.timely is timely
    assert found.why == ("written 15 days after the latest contact" if timely is False else "")
    assert judged(GOOD, NAMES, Before(None, None)).timely is None  # a book without contacts


def test_specific_means_new_named_and_long_enough():
    vague = replace(GOOD, headline="All fine", concerns="None known", events="Several calls", next_step="Keep in touch")
    assert judged(vague, NAMES, Before()).why == (
        "no day, amount, product, competitor, role or document is named; short (words: 9)"
    )
    again = judged(replace(GOOD, written_on=DAY), NAMES, Before(replace(GOOD, written_on=days(14)[0])))
    assert not again.specific
    assert again.why == "100% of its words are those of the summary of 2026-09-16"
    assert judged(GOOD, NAMES, Before(vague)).specific
