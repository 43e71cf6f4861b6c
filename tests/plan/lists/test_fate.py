"""What became of decisions: against small books worked by hand, a simulation without effect, and laws."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.errors import UserError
from crm_analysis.labels import column
from crm_analysis.plan.decisions.carried import BEGINS, STOPS
from crm_analysis.plan.decisions.fate import DONE, FOLLOWS, fates, in_words, ratio_interval
from crm_analysis.plan.decisions.since import LEAST, since, undecided
from crm_analysis.potential.advice.decided import WORDS, latest, overrides
from crm_analysis.value.segments import Bars

AT = Bars(1000.0, 300.0, None)
NAMES = ("account_id", "decided_on", "action", "recommended", "reason", "decided_by")


def decisions(*rows):
    return [dict(zip(NAMES, [*one, *[None] * 6][:6], strict=True)) for one in rows]


def monthly(account, amount, begin="2024-01-01", end="2026-09-30", **more):
    days = pd.date_range(begin, end, freq="MS") + pd.Timedelta(days=14)
    return [
        line(account, day.date(), amount, order_id=f"{account}{day:%y%m}", **more)
        for day in days
        if day <= pd.Timestamp(end)
    ]


def today(*accounts, ratio=0.5, kind="Low"):
    return pd.DataFrame({"account_id": list(accounts), "name": list(accounts), "class": kind, "silence_ratio": ratio})


def visit(account, day, by="us", channel="visit"):
    return {"account_id": account, "happened_on": dt.date.fromisoformat(day), "initiated_by": by, "channel": channel}


def told(book, *accounts, **more):
    found = fates(
        book, DAY, today(*accounts, **{name: more.pop(name) for name in ("ratio", "kind") if name in more}), AT, **more
    )
    return found.table.set_index(["account_id", "decision"])


def test_how_long_a_decision_stands_and_what_replaced_it_by_hand():
    book = small_book(
        monthly("A", 10),
        decisions=decisions(
            ("A", "2025-01-10", "desk", "desk"),
            ("A", "2025-04-10", "Desk ", "desk"),  # said again: one unbroken row
            ("A", "2025-07-10", "keep", "desk"),
            ("A", "2025-10-10", "desk", "desk"),
            ("A", "2026-10-01", "goodbye", "desk"),  # not known yet
        ),
    )
    rows = fates(book, DAY, today("A"), AT).table.sort_values("decided_on")
    assert list(rows["decision"]) == ["desk", "desk", "keep", "desk"]
    assert list(rows["replaced_on"].dt.strftime("%Y-%m-%d").fillna("")) == [
        "2025-07-10",
        "2025-07-10",
        "2025-10-10",
        "",
    ]
    assert list(rows["stood_days"]) == [181, 181, 92, 355]
    assert list(rows["follows"]) == ["followed", "followed", "overridden", "followed"]


def test_an_unknown_word_replaces_nothing_and_never_stands_as_the_plan_has_it():
    """After a keep on 10 January "ponder" is written twice, and another word not known; the keep is said again."""
    rows = [
        ("A", "2025-01-10", "keep", "desk"), ("A", "2025-03-10", "ponder", "desk"),
        ("A", "2025-03-10", "think", "desk"), ("A", "2025-04-10", "ponder", "desk"),
        ("A", "2025-07-10", "keep", "desk"), ("B", "2025-01-10", "ponder", None), ("B", "2025-02-10", "desk", None),
        ("C", "2025-01-10", "desk", "desk"), ("C", "2025-06-10", None, "desk"), ("C", "2025-09-10", "key", "desk"),
    ]  # fmt: skip
    book = small_book([*monthly("A", 10), *monthly("B", 10), *monthly("C", 10)],
                      interactions=[visit("A", "2025-03-20")], decisions=decisions(*rows))  # fmt: skip
    held = overrides(book, DAY).set_index("account_id")
    assert dict(held["action"]) == {"A": "keep", "C": "key"}  # that is what the plan does
    assert dict(latest(book, DAY).set_index("account_id")["action"]) == {"A": "keep", "B": "desk", "C": "key"}
    found = fates(book, DAY, today("A", "B", "C"), AT)
    table = found.table.sort_values(["account_id", "decided_on", "decision"])
    told = [(row.account_id, row.decision, f"{row.begun:%m-%d}", f"{row.replaced_on:%m-%d}" if row.replaced_on ==
             row.replaced_on else "", row.stood_days) for row in table.itertuples()]  # fmt: skip
    assert told == [
        ("A", "keep", "01-10", "", 628), ("A", "ponder", "03-10", "", 0), ("A", "think", "03-10", "", 0),
        ("A", "ponder", "04-10", "", 0), ("A", "keep", "01-10", "", 628),
        ("B", "ponder", "01-10", "", 0), ("B", "desk", "02-10", "", 597),
        ("C", "desk", "01-10", "09-10", 243), ("C", "", "06-10", "", 0), ("C", "key", "09-10", "", 385),
    ]  # fmt: skip
    assert found.says[0] == (
        "There are 10 decisions about 3 accounts: 3 stand, 1 was replaced, 1 confirms an earlier one."
    )
    assert found.says[1] == "Decisions in words that are not known, which count for nothing: 5."
    unread = table[table["follows"] == "unknown"]
    assert unread["visits_since"].isna().all()
    assert set(unread["done"]) == {"untold"}


def test_how_a_decision_stands_to_the_advice():
    rows = [
        ("A", "keep", "cut", "Never-cut group"),
        ("B", "keep", None, None),
        ("C", "desk", None, None),
        ("D", "ponder", "keep", None),
        ("E", "desk", "may be cut", None),
        ("F", "minimum order", "desk", None),
    ]
    made = decisions(*((name, "2026-02-01", *rest) for name, *rest in rows))
    book = small_book([line(name, "2026-01-01", 5) for name in "ABCDEF"], decisions=made)
    table = told(book, *"ABCDEF").reset_index().set_index("account_id")
    assert dict(table["follows"]) == {
        "A": "lot", "B": "overridden", "C": "unasked", "D": "unknown", "E": "followed", "F": "overridden",
    }  # fmt: skip


def test_revenue_and_margin_of_a_year_before_and_since_by_hand():
    """Decided 2026-03-31: 12 orders of 100 before, 6 of 50 in the 183 days since."""
    orders = monthly("A", 100, end="2026-03-31", cost=60) + monthly("A", 50, begin="2026-04-01", cost=40)
    book = small_book(orders, decisions=decisions(("A", "2026-03-31", "keep", "keep")))
    row = told(book, "A").loc[("A", "keep")]
    assert row["revenue_before"] == 1200
    assert row["margin_before"] == 480
    assert row["revenue_since"] == pytest.approx(300 * 365 / 183)
    assert row["margin_since"] == pytest.approx(60 * 365 / 183)
    assert (row["class_then"], row["class_now"], row["orders_since"], row["left_since"]) == ("High", "Low", 6, False)


def test_less_than_ninety_days_is_too_early_and_a_year_before_needs_them_too():
    made = decisions(("A", "2026-07-02", "desk", "desk"), ("A", "2026-05-01", "keep", "keep"))
    book = small_book(monthly("A", 100, begin="2026-03-01"), decisions=made)
    rows = told(book, "A")
    assert rows.loc[("A", "desk"), "revenue_since"] == pytest.approx(300 * 365 / 90)  # just long enough
    assert rows.loc[("A", "desk"), "revenue_before"] == pytest.approx(400 * 365 / 110)  # of 110 days, since 15 March
    assert np.isnan(rows.loc[("A", "keep"), "revenue_before"])  # of 48
    late = small_book(monthly("A", 100), decisions=decisions(("A", "2026-07-03", "desk", "desk")))
    row = told(late, "A").loc[("A", "desk")]
    assert np.isnan(row["revenue_since"])
    assert row["done"] == "untold"  # no contacts in the book
    assert fates(late, DAY, today("A"), AT).summary.loc[0, ["accounts", "early", "measured"]].tolist() == [1, 1, 0]


def test_left_is_no_order_since_for_longer_than_its_rhythm():
    book = small_book(
        monthly("A", 100, end="2026-01-31"), decisions=decisions(("A", "2026-02-01", "goodbye", "goodbye"))
    )
    assert told(book, "A", ratio=1.2).loc[("A", "goodbye"), "left_since"]
    assert not told(book, "A", ratio=0.9).loc[("A", "goodbye"), "left_since"]


def test_desk_is_carried_out_where_visits_end():
    """Decided 2025-10-01, 364 days ago: as many are expected since as there were in the year before, nearly."""
    before = {"A": 4, "B": 4, "C": 4, "D": 2, "E": 0}
    since_ = {"A": 0, "B": 2, "C": 4, "D": 0, "E": 0}
    met = [visit(name, f"2025-0{1 + n}-10") for name, many in before.items() for n in range(many)]
    met += [visit(name, f"2026-0{1 + n}-10") for name, many in since_.items() for n in range(many)]
    met += [visit("A", "2026-03-01", by="them"), visit("A", "2026-03-01", channel="call"), visit("A", "2024-01-01")]
    book = small_book([o for name in before for o in monthly(name, 10)], interactions=met,
                      decisions=decisions(*((name, "2025-10-01", "desk", "desk") for name in before)))  # fmt: skip
    rows = told(book, *before)
    assert list(rows.loc[[(name, "desk") for name in before], "done"]) == ["yes", "less", "no", "few", "never"]
    assert rows.loc[("B", "desk"), ["visits_before", "visits_since"]].tolist() == pytest.approx([4, 2 * 365 / 364])
    early = fates(book, "2025-12-01", today(*before), AT).table
    assert set(early["done"]) == {"soon"}
    replaced = small_book(monthly("A", 10), interactions=met, decisions=decisions(
        ("A", "2025-10-01", "desk", "desk"), ("A", "2026-02-15", "keep", "desk")))  # fmt: skip
    assert told(replaced, "A").loc[("A", "desk"), "visits_before"] == 4
    more = small_book(monthly("B", 10), interactions=[*met, visit("B", "2026-09-01")], decisions=decisions(
        ("B", "2025-10-01", "desk", "desk"), ("B", "2026-02-15", "keep", "desk")))  # fmt: skip
    assert told(more, "B").loc[("B", "desk"), "visits_since"] == pytest.approx(2 * 365 / 137)  # while it stood


def test_a_minimum_order_is_carried_out_where_small_orders_end():
    """Orders of 40 and, in two lines on two days, of 60: one of them is below 50."""
    orders = monthly("A", 40, end="2025-09-30")
    orders += [line("A", day, 30, order_id="call-off") for day in ("2026-01-10", "2026-02-10")]
    book = small_book(orders, decisions=decisions(("A", "2025-10-01", "minimum order", "minimum order")))
    names, key = ["small_before", "small_since", "done"], ("A", "minimum order")
    assert told(book, "A", minimum=50).loc[key, names].tolist() == [12, 0, "yes"]
    assert told(book, "A", minimum=70).loc[key, names].tolist() == [12, 365 / 364, "less"]
    assert told(book, "A").loc[key, "done"] == "untold"
    with pytest.raises(UserError, match="a minimum order is an amount of money; found -1"):
        fates(book, DAY, today("A"), AT, minimum=-1)


def test_a_survey_or_a_visit_is_carried_out_with_the_first():
    asked = [
        {"account_id": "A", "surveyed_on": dt.date(2026, 9, 1)},
        {"account_id": "B", "surveyed_on": dt.date(2026, 1, 1)},
    ]
    made = [(name, "2026-05-01", "survey first", "survey first") for name in "AB"]
    made += [("C", "2026-05-01", "visit", "key"), ("C", "2026-09-20", "call", "key")]
    book = small_book([o for name in "ABC" for o in monthly(name, 10)], market_surveys=asked,
                      interactions=[visit("C", "2026-08-01", channel="call")], decisions=decisions(*made))  # fmt: skip
    rows = told(book, *"ABC")
    assert rows["done"].to_dict() == {
        ("A", "survey first"): "yes", ("B", "survey first"): "no", ("C", "visit"): "no", ("C", "call"): "soon",
    }  # fmt: skip


def crowd(rng, many, factor=1.0):
    """Low accounts of random revenue before and since 2025-10-01; those decided about were chosen for a bad year."""
    before = rng.gamma(2, 40, many).round(2)
    later = (rng.gamma(2, 40, many) * factor).round(2)
    orders = [line(f"A{n:04}", "2025-06-01", value) for n, value in enumerate(before)]
    orders += [line(f"A{n:04}", "2026-03-01", value) for n, value in enumerate(later)]
    return before, later, orders


def test_accounts_of_which_nothing_was_decided_stand_beside_by_hand():
    before, later, orders = crowd(np.random.default_rng(3), 60)
    made = decisions(*((f"A{n:04}", "2025-10-01", "desk", "desk") for n in range(20)))
    book = small_book([*orders, line("A0000", "2024-01-01", 1)], decisions=made)
    found = fates(book, DAY, today(*(f"A{n:04}" for n in range(60))), AT).summary.loc[0]
    scale = 365 / 364
    assert found["change"] == pytest.approx(later[:20].sum() * scale / before[:20].sum() - 1)
    kinds = np.select([before >= 1000, before >= 300], ["High", "Mid"], "Low")
    assert set(kinds) == {"Low"}
    own, other = before[20:], later[20:]
    ratio = other.sum() / own.sum()
    assert found["others_change"] == pytest.approx(ratio * scale - 1)
    residual = other - ratio * own
    error = np.sqrt((residual**2).sum() * 40 / 39) / own.sum() * scale
    assert found["high_others"] - found["others_change"] == pytest.approx(1.6448536 * error, rel=1e-6)
    assert found["low_change"] < found["change"] < found["high_change"]


def test_the_bootstrap_interval_is_as_wide_as_the_ratio_estimators_in_theory():
    """Cochran (1977), 6.4, with so many accounts that both hold; also where accounts are drawn in heaps."""
    rng = np.random.default_rng(8)
    for many in (600, 5000):
        before = rng.gamma(2, 50, many)
        later = before * rng.gamma(3, 1 / 3, many)
        low, high = ratio_interval(before, later)
        ratio = later.sum() / before.sum()
        error = np.sqrt(((later - ratio * before) ** 2).sum() * many / (many - 1)) / before.sum()
        assert high - low == pytest.approx(2 * 1.645 * error, rel=0.12)
        assert low < ratio < high
    assert all(np.isnan(ratio_interval(before[: LEAST - 1], later[: LEAST - 1])))


def test_order_and_names_change_nothing():
    _, _, orders = crowd(np.random.default_rng(5), 40)
    made = [(f"A{n:04}", "2025-10-01", "desk", "desk") for n in range(20)]
    one = fates(small_book(orders, decisions=decisions(*made)), DAY, today(*(f"A{n:04}" for n in range(40))), AT)
    rename = {f"A{n:04}": f"Z{39 - n:04}" for n in range(40)}
    moved = [{**row, "account_id": rename[row["account_id"]]} for row in reversed(orders)]
    said = decisions(*((rename[name], *rest) for name, *rest in reversed(made)))
    other = fates(small_book(moved, decisions=said), DAY, today(*rename.values()), AT)
    pd.testing.assert_frame_equal(one.summary, other.summary)
    assert one.says == other.says


def test_nothing_later_than_the_day_is_used():
    _, _, orders = crowd(np.random.default_rng(6), 40)
    made = [(f"A{n:04}", "2025-10-01", "desk", "desk") for n in range(20)]
    late = [("A0000", "2026-06-01", "keep", "desk"), ("A0030", "2026-06-01", "keep", "desk")]
    more = [line("A0001", "2026-06-02", 10_000), line("A0031", "2026-06-02", 10_000)]
    frame = today(*(f"A{n:04}" for n in range(40)))
    one = fates(small_book(orders, decisions=decisions(*made)), "2026-05-31", frame, AT)
    other = fates(small_book([*orders, *more], decisions=decisions(*made, *late)), "2026-05-31", frame, AT)
    pd.testing.assert_frame_equal(one.summary, other.summary)
    pd.testing.assert_frame_equal(one.table, other.table)


def test_few_others_are_not_compared_with():
    _, _, orders = crowd(np.random.default_rng(7), 20 + LEAST - 1)
    book = small_book(orders, decisions=decisions(*((f"A{n:04}", "2025-10-01", "desk", "desk") for n in range(20))))
    assert undecided(book.as_of(DAY), AT, [dt.date(2025, 10, 1)]).empty
    found = fates(book, DAY, today("A0000"), AT)
    assert np.isnan(found.summary.loc[0, "others_change"])
    assert len(found.says) == 1  # of 20 accounts nothing is said but in the table
    more = decisions(*((f"A{n:04}", "2025-10-01", "desk", "desk") for n in range(29)))
    _, _, orders = crowd(np.random.default_rng(7), 60)
    for many, says in ((29, 1), (30, 3)):
        made = [*more, *decisions(("A0029", "2025-10-01", "desk", "desk"))] if many == 30 else more
        said = fates(small_book(orders, decisions=made), DAY, today(*(f"A{n:04}" for n in range(60))), AT).says
        assert len(said) == says
    assert "does not show an effect of the decisions" in said[-1]


def test_decisions_are_counted_in_whole_sentences():
    rows = [("A", "2025-10-01", "desk", "desk"), ("A", "2025-11-01", "desk", "desk"), ("B", "2025-10-01", "desk", ""),
            ("B", "2026-09-01", "keep", "")]  # fmt: skip
    book = small_book([*monthly("A", 10), *monthly("B", 10)], decisions=decisions(*rows))
    found = fates(book, DAY, today("A", "B"), AT)
    assert found.says[0] == (
        "There are 4 decisions about 2 accounts: 2 stand (1 for less than 90 days), 1 was replaced, 1 confirms an "
        "earlier one."
    )
    one = fates(small_book(monthly("A", 10), decisions=decisions(*rows[:1])), DAY, today("A"), AT)
    assert one.says[0] == "There is 1 decision about 1 account: 1 stands."
    assert np.isnan(found.summary.set_index("decision").loc["keep", "carried"])  # nothing tells that


def test_a_book_without_decisions_says_so():
    found = fates(small_book([line("A", "2026-01-01", 5)]), DAY, today("A"), AT)
    assert found.table.empty
    assert found.summary.empty
    assert found.says == ("The book has no decisions yet, so nothing can have become of them.",)


def test_every_column_and_code_has_its_words():
    book = small_book(monthly("A", 10), decisions=decisions(("A", "2026-01-10", "desk", "desk")))
    found = fates(book, DAY, today("A"), AT)
    assert all(column(name).title for frame in (found.table, found.summary) for name in frame)
    assert in_words(found.table).loc[0, "follows"] == "as recommended"
    assert len({*DONE.values(), *FOLLOWS.values()}) == len(DONE) + len(FOLLOWS)
    assert {*STOPS, *BEGINS} <= set(WORDS)


def test_decisions_are_told_from_each_other_by_account_day_and_action():
    made = [
        ("A", "2026-01-10", "desk", "desk"),
        ("A", "2026-01-10", "desk", "desk"),
        ("A", "2026-01-10", "keep", "desk"),
    ]
    book = small_book(monthly("A", 10), decisions=decisions(*made))
    assert list(since(book.as_of(DAY))["action"]) == ["desk", "keep"]
