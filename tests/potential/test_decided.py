"""What people decided, and the miss rate measured afterwards: against tables worked by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from small_books import DAY, line, small_book

from crm_analysis.labels import label
from crm_analysis.labels.language import CHINESE, LANGUAGES, speaking
from crm_analysis.potential.advice import decided
from crm_analysis.potential.advice.decided import judged, measured, overrides, unknown
from crm_analysis.potential.advice.outcome import OUTCOMES
from crm_analysis.potential.advice.words import decision_read, decision_said
from crm_analysis.potential.cases import Cases, cases


def book_with(*rows):
    names = ("account_id", "decided_on", "action", "recommended", "reason", "decided_by")
    told = [dict(zip(names, row, strict=False)) for row in rows]
    orders = [line(name, "2026-01-01", 5) for name in "ABCDEFGH"]
    return small_book(orders, extracted_on=dt.date(2026, 12, 31), decisions=told)


def held(*rows, on=DAY):
    found = overrides(book_with(*rows), on)
    return {
        row.account_id: (row.action, f"{row.decided_on:%m-%d}", row.reason, row.keeps) for row in found.itertuples()
    }


def test_a_word_against_the_advice_is_kept_with_its_reason():
    found = held(
        ("A", "2026-02-01", " KEEP ", "goodbye", "knows of a project", "R1"),
        ("B", "2026-02-01", "Small-Order  Price", "desk", "asked for", "R1"),
        ("C", "2026-02-01", "keep", "Keep", "agreed", "R1"),
        ("D", "2026-02-01", "minimum order", "Minimum_Order", None, "R1"),
    )
    assert found == {
        "A": ("keep", "02-01", "knows of a project", True),
        "B": ("small order price", "02-01", "asked for", False),
    }


def test_decisions_are_read_in_any_language():
    with speaking(CHINESE.code):
        words = {code: decision_said(code) for code in ("keep", "goodbye", "desk service", "may be cut")}
        lot = label("never_cut_reason")
    assert held(
        ("A", "2026-02-01", words["keep"], words["goodbye"], "知道有一个项目", "R1"),
        ("B", "2026-02-01", words["desk service"], words["may be cut"], None, "R1"),
        ("C", "2026-02-01", words["keep"], words["may be cut"], lot, "R1"),
    ) == {"A": ("keep", "02-01", "知道有一个项目", True)}


def test_what_a_list_recommends_can_be_written_into_decisions():
    """The words of an outcome are among those of decisions, in every language."""
    for code in LANGUAGES:
        with speaking(code):
            meant = {name: decided.WORDS.get(decision_read(label(key))) for name, key in OUTCOMES.items()}
        assert meant == {name: name for name in OUTCOMES}


def test_a_keep_stands_through_agreement_and_ends_with_another_decision():
    first = ("A", "2026-02-01", "keep", "cut", "project", "R1")
    assert held(first, ("A", "2026-05-01", "keep", "keep", None, "R2")) == {"A": ("keep", "02-01", "project", True)}
    assert held(first, ("A", "2026-05-01", "desk", "desk", None, "R2")) == {}
    assert held(first, ("A", "2026-05-01", "ponder", "keep", None, "R2")) == {"A": ("keep", "02-01", "project", True)}
    again = held(first, ("A", "2026-05-01", "keep", "desk", "still", "R2"))
    assert again == {"A": ("keep", "05-01", "still", True)}
    early = held(("A", "2026-01-01", "goodbye", "goodbye", None, None), first)
    assert early == {"A": ("keep", "02-01", "project", True)}
    assert held(first, ("A", "2026-02-01", "goodbye", "goodbye", None, None))["A"][3]  # on one day the milder word


def test_a_keep_of_which_nothing_was_advised_counts_and_other_words_do_not():
    rows = [("A", "2026-02-01", "keep", None, None, None), ("B", "2026-02-01", "desk", None, None, None)]
    found = overrides(book_with(*rows), DAY)
    assert list(found["account_id"]) == ["A"]
    assert found.loc[0, ["recommended", "reason", "decided_by"]].tolist() == ["", "", ""]


def test_a_reversible_step_is_how_a_cut_begins():
    assert held(("A", "2026-02-01", "desk", "may be cut", None, None)) == {}
    assert held(("A", "2026-02-01", "desk", "minimum order", None, None)) == {"A": ("desk", "02-01", "", False)}


def test_the_lots_own_word_and_what_comes_later_are_no_overrides():
    rows = (("A", "2026-02-01", "keep", "may be cut", "Never-cut group", None),
            ("B", "2026-10-01", "keep", "may be cut", "later", None))  # fmt: skip
    assert held(*rows) == {}
    assert list(held(*rows, on="2026-11-01")) == ["B"]


def test_a_book_without_decisions_has_none():
    book = small_book([line("A", "2026-01-01", 5)])
    assert overrides(book, DAY).empty
    assert "keeps" in overrides(book, DAY)
    assert unknown(book, DAY).empty


def test_unknown_words_are_told():
    rows = [("A", "2026-02-01", "ponder", "keep"), ("B", "2026-02-01", "Ponder ", "Keep"),
            ("C", "2026-02-01", "GOODBYE", "wait"), ("D", "2026-02-01", "survey_first", None)]  # fmt: skip
    found = unknown(book_with(*rows), DAY)
    assert found.to_dict("records") == [
        {"column": "action", "word": "ponder", "decisions": 2},
        {"column": "recommended", "word": "wait", "decisions": 1},
    ]


DAYS = [dt.date(2024, 6, 30), dt.date(2024, 9, 30)]


def made(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "decided_on", "meant", "advised", "lot"])
    return frame.assign(decided_on=pd.to_datetime(frame["decided_on"]))


def frame(**promising):
    rows = [(pd.Timestamp(day), name, value) for name, values in promising.items() for day, value in zip(DAYS, values)]  # noqa: B905
    return pd.DataFrame(rows, columns=["as_of", "account_id", "promising"])


def test_every_decision_is_counted_once():
    told = made(
        ("A", "2024-07-15", "keep", "cut", False),  # promising by June: missed
        ("A", "2024-10-01", "keep", "keep", False),  # the earlier one counts
        ("B", "2024-09-29", "step", "step", False),  # promising by June
        ("B", "2024-10-20", "keep", "keep", True),  # by lot; not promising by September
        ("C", "2024-12-30", "keep", "keep", True),  # promising by September, kept
        ("D", "2024-10-10", "cut", "cut", False),  # said goodbye to
        ("E", "2024-10-10", "keep", "cut", False),  # goodbye within the horizon
        ("F", "2024-10-10", "keep", "cut", False),  # was not Low
        ("A", "2024-06-29", "keep", "cut", False),  # before any day of cases
        ("A", "2024-12-31", "keep", "cut", False),  # not over
        ("A", "2024-10-10", "keep", "", False),  # nothing advised
        ("G", "2024-10-10", "keep", "cut", True),  # by lot, missed
    )
    nan = np.nan
    found = judged(told, frame(A=(1, 0), B=(1, 0), C=(0, 1), D=(0, 1), E=(1, nan), G=(0, 1)), DAYS)
    assert found.counts == {"decisions": 12, "unadvised": 1, "waiting": 1, "outside": 2, "cut": 2, "judged": 6,
                            "eased": 1}  # fmt: skip
    lot, whole = (row for row in found.table.itertuples())
    assert (whole.accounts, whole.promising, whole.missed, whole.stepped) == (4, 4, 2, 1)
    assert (lot.accounts, lot.promising, lot.missed) == (3, 2, 1)
    for row in (lot, whole):
        interval = binomtest(row.missed, row.promising).proportion_ci(0.9, method="exact")
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
        assert row.rate == row.missed / row.promising
    assert found.says[0].startswith("Decisions: 12. Judged: 6; not over yet: 1; cut,")


def test_with_nothing_over_the_answer_is_words_and_the_widest_interval():
    for told, days in (
        (made(("A", "2026-01-01", "keep", "cut", True)), DAYS),
        (made(("A", "2024-07-01", "keep", "cut", True)), []),
    ):
        found = judged(told, frame(A=(1, 1)), days)
        assert found.counts["waiting"] == 1
        assert found.table[["low", "high"]].to_numpy().tolist() == [[0, 1], [0, 1]]
        assert any("never-cut group" in words for words in found.says)
    assert judged(made(), frame(A=(1, 1)), DAYS).says == (
        "The book has no decisions, so nothing can be measured afterwards.",
    )


def test_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(5)
    names = [f"A{n}" for n in range(40)]
    told = made(*[(name, "2024-10-05", rng.choice(["keep", "step"]), rng.choice(["cut", "keep"]), bool(n % 3))
                  for n, name in enumerate(names * 2)])  # fmt: skip
    outcome = frame(**{name: (0, float(n % 2)) for n, name in enumerate(names)})
    one = judged(told, outcome, DAYS)
    other = judged(told.sample(frac=1, random_state=2), outcome.sample(frac=1, random_state=3), DAYS)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.counts == other.counts


def grown_book():
    """B grows from 50 to 500 a year after 2025-09-30, C stays; A holds the bars up."""
    orders = [line("A", f"{year}-{month:02}-15", 1000) for year in (2023, 2024, 2025, 2026) for month in range(1, 13)
              if (year, month) < (2026, 10)]  # fmt: skip
    orders += [line(name, f"{year}-03-01", 50) for name in "BC" for year in (2024, 2025)]
    orders += [line("B", "2026-03-01", 50000), line("C", "2026-03-01", 50)]
    told = [("B", "2025-10-15", "keep", "goodbye", "never-cut group"), ("C", "2025-10-15", "keep", "cut", "hope"),
            ("C", "2026-09-15", "keep", "may be cut", "hope")]  # fmt: skip
    names = ("account_id", "decided_on", "action", "recommended", "reason")
    return small_book(orders, decisions=[dict(zip(names, row, strict=True)) for row in told])


def test_a_book_is_measured_by_what_came_after_the_decision():
    book = grown_book()
    known: Cases = cases(book, DAY)
    found = measured(book, known)
    assert found.counts["judged"] == 2
    assert found.counts["waiting"] == 1
    lot, whole = (row for row in found.table.itertuples())
    assert (lot.accounts, lot.promising, lot.missed) == (1, 1, 1)
    assert (whole.accounts, whole.promising, whole.missed) == (2, 1, 1)
    assert (
        measured(small_book([line("A", "2025-01-01", 9), line("A", "2026-01-01", 9)]), known).counts["decisions"] == 0
    )
