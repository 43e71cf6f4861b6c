"""Bad accounts against hand calculation, a plain loop, and a future that must not be seen."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from scipy.stats import binomtest
from small_books import DAY, line, small_book

from crm_analysis.book import Book, book_of
from crm_analysis.errors import BookError, UserError
from crm_analysis.periods import before
from crm_analysis.plan.grades.bad import bad_accounts, bad_shares, invoice_days, losses
from crm_analysis.plan.grades.bar import followed, loss_bar

CUT = dt.date(2024, 3, 31)
OLD = {"issued_on": "2022-01-10", "due_on": "2022-02-10", "paid_on": "2022-02-10", "amount": 1}
"""An invoice paid long ago, so that invoices cover the years."""


def invoice(account: str, due: str, paid: str | None, amount: float = 100, **more: Any) -> dict[str, Any]:
    """An invoice, issued 30 days before it is due unless said otherwise."""
    issued = dt.date.fromisoformat(due) - dt.timedelta(days=30)
    return {"account_id": account, "issued_on": issued, "due_on": due, "paid_on": paid, "amount": amount} | more


def book(*invoices: dict[str, Any], **more: Any) -> Book:
    rows = [{"invoice_id": f"I{place}", "written_off_on": None} | row for place, row in enumerate(invoices)]
    lines = [line(name, "2026-01-01", 1000) for name in sorted({row["account_id"] for row in rows})]
    return small_book(lines, invoices=rows, **more)


def one(*invoices: dict[str, Any], overdue_days: int = 60) -> dict[str, Any]:
    """The only account's row on DAY, 2026-09-30."""
    frame = bad_accounts(book(*invoices), [DAY], overdue_days)
    assert len(frame) == 1
    return dict(frame.iloc[0])


def test_an_account_by_hand():
    found = one(
        invoice("K", "2026-03-01", "2026-03-11", 100),  # 10 days late
        invoice("K", "2026-06-01", "2026-05-20", 300),  # paid early: 0
        invoice("K", "2026-09-10", None, 200),  # 20 days late, and open
        invoice("K", "2026-10-20", None, 500),  # not due yet, open
        invoice("K", "2026-08-20", None, -900),  # a credit note is no debt
        invoice("K", "2025-08-31", "2025-09-30", 700),  # paid on the last day before the year
    )
    assert (found["invoices"], found["amount"]) == (4, 1100)
    assert found["days_late"] == pytest.approx((100 * 10 + 300 * 0 + 200 * 20) / 600)
    assert (found["worst_days"], found["open"], found["overdue"]) == (20, 700, 200)
    assert found["overdue_share"] == pytest.approx(2 / 7)
    assert found["written_off"] == 0
    assert not found["bad"]


def test_bad_is_more_than_sixty_days_overdue_on_a_day_of_the_year():
    cases = [
        ("2026-03-01", "2026-04-30", False),  # 60 days late
        ("2026-03-01", "2026-05-01", True),  # 61
        ("2026-08-01", None, False),  # 60 on the day
        ("2026-07-31", None, True),
        ("2025-07-01", "2025-09-30", False),  # paid before the year began
        ("2025-07-01", "2025-10-01", True),  # still open on its first day
        ("2023-01-01", None, True),  # open for years
    ]
    late = [invoice(f"K{place}", due, paid) for place, (due, paid, _) in enumerate(cases)]
    sound = [invoice(f"K{place}", "2026-01-31", "2026-01-31") for place in range(len(cases))]
    frame = bad_accounts(book(*late, *sound), [DAY])
    assert frame["bad"].tolist() == [bad for *_, bad in cases]


def test_written_off_is_bad_in_that_year_and_ends_the_debt():
    gone = invoice("K", "2026-06-01", None, 50, written_off_on="2026-06-11")
    found = one(gone)
    assert (found["bad"], found["written_off"], found["open"], found["worst_days"]) == (True, 50, 0, 10)
    late = invoice("K", "2026-06-01", None, 50, written_off_on="2026-10-15")
    known = bad_accounts(book(late, extracted_on=dt.date(2026, 12, 31)), [DAY], 200)
    assert (known["bad"].tolist(), known["written_off"].tolist(), known["open"].tolist()) == ([False], [0], [50])
    long_ago = invoice("K", "2025-06-01", None, 50, written_off_on="2025-09-30")
    assert len(bad_accounts(book(long_ago), [DAY])) == 0
    afterwards = invoice("K", "2025-06-01", "2025-06-05", 50, written_off_on="2026-09-30")
    assert one(afterwards)["written_off"] == 50


def test_what_is_not_due_tells_nothing_of_lateness():
    found = one(invoice("K", "2026-10-01", None))
    assert isnan(found["days_late"])
    assert isnan(found["worst_days"])
    assert (found["overdue"], found["overdue_share"], found["bad"]) == (0, 0, False)
    undated = one(invoice("K", "2026-03-01", None, due_on=None, issued_on="2026-01-01"))
    assert isnan(undated["days_late"])
    assert (undated["open"], undated["bad"]) == (100, False)


def test_overdue_days_are_counted_from_the_day_that_is_given():
    row = invoice("K", "2026-03-01", "2026-03-02")
    assert one(row, overdue_days=0)["bad"]
    assert not one(row, overdue_days=1)["bad"]
    with pytest.raises(UserError, match="found -1"):
        one(row, overdue_days=-1)
    with pytest.raises(UserError, match="found none"):
        bad_accounts(book(row), [])


def test_days_go_back_as_far_as_invoices_cover_the_year():
    first = invoice("K", "2024-11-30", "2024-11-30")  # issued 2024-10-31: billed by the month
    assert invoice_days(book(first), DAY) == [DAY, dt.date(2025, 9, 30)]
    later = invoice("K", "2024-12-02", "2024-12-02")
    assert invoice_days(book(later), DAY) == [DAY]
    assert invoice_days(book(first), "2027-01-01") == [DAY, dt.date(2025, 9, 30)]
    with pytest.raises(BookError, match="no invoice issued up to 2024-10-30"):
        invoice_days(book(first), "2024-10-30")
    with pytest.raises(BookError, match="no table 'invoices'"):
        invoice_days(small_book([line("K", "2026-01-01", 1)]), DAY)
    without = {name: value for name, value in first.items() if name != "paid_on"} | {"invoice_id": "I"}
    with pytest.raises(BookError, match="'paid_on'"):
        invoice_days(small_book([line("K", "2026-01-01", 1)], invoices=[without]), DAY)


def test_bad_share_of_each_day_with_the_interval_of_scipy():
    rows = [invoice(f"K{place}", "2026-02-01", "2026-02-01" if place else "2026-08-01") for place in range(30)]
    rows += [invoice("K1", "2025-03-01", "2025-08-01"), invoice("K2", "2025-03-01", "2025-03-01")]
    found = bad_shares(bad_accounts(book(*rows), [DAY, before(DAY, "12M")]))
    assert found["as_of"].tolist() == [pd.Timestamp("2025-09-30"), pd.Timestamp("2026-09-30")]
    assert found[["accounts", "bad"]].to_numpy().tolist() == [[2, 1], [30, 1]]
    for row in found.itertuples():
        ends = binomtest(row.bad, row.accounts).proportion_ci(0.9, "exact")
        assert (row.low, row.high) == pytest.approx((ends.low, ends.high))


def test_money_lost_by_year_beside_revenue():
    rows = [
        OLD | {"account_id": "K"},
        invoice("K", "2024-11-30", None, 100, written_off_on="2025-05-01"),
        invoice("K", "2025-06-01", None, 20, written_off_on="2025-10-01"),
        invoice("L", "2025-06-01", None, 30, written_off_on="2026-09-30"),
    ]
    found = losses(book(*rows), DAY)
    assert found["as_of"].dt.year.tolist() == [2023, 2024, 2025, 2026]
    assert found["written_off"].tolist() == [0, 0, 100, 50]
    assert found["accounts"].tolist() == [0, 0, 1, 2]
    assert found["revenue"].tolist() == [0, 0, 0, 2000]
    assert np.isnan(found["lost_share"].iloc[2])
    assert found["lost_share"].iloc[3] == pytest.approx(0.025)


def test_from_invoices_to_the_bar_by_hand():
    """Forty accounts that paid 0 to 39 days late in one year; those from 30 days on pay 90 days late in the next."""
    first = [invoice(f"K{late:02}", "2025-03-01", dt.date(2025, 3, 1) + dt.timedelta(days=late)) for late in range(40)]
    second = [invoice(f"K{late:02}", "2026-03-01", "2026-05-30" if late >= 30 else "2026-03-01") for late in range(40)]
    new = [invoice("new", "2026-03-01", None), OLD | {"account_id": "gone", "issued_on": "2023-10-20"}]
    source = book(*first, *second, *new)
    frame = bad_accounts(source, invoice_days(source, DAY))
    found = loss_bar(followed(frame), 0.03)
    assert (found.day, found.at.days_late, found.at.passing, found.at.bad) == (dt.date(2025, 9, 30), 30, 31, 1)
    assert (found.all.accounts, found.all.bad) == (40, 10)
    assert (found.unknown.accounts, found.unknown.bad) == (1, 1)
    today = frame[frame["as_of"] == pd.Timestamp(DAY)]
    # by what is known today those who were late lately fail, and the new one, which never paid
    assert set(today.loc[found.fails(today["days_late"]), "account_id"]) == {f"K{late}" for late in range(30, 40)} | {
        "new"
    }


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(5)
    frames = whole.frames(rng, CUT)
    parts = [whole.frames(rng, CUT)["invoices"].assign(invoice_id=lambda rows, n=n: rows["invoice_id"] + f".{n}")
             for n in range(4)]  # fmt: skip
    return {name: frames[name] for name in ("accounts", "orders")} | {"invoices": pd.concat(parts, ignore_index=True)}


def test_against_a_plain_loop_over_what_was_known(made):
    """Another way to the same: what each invoice was on every single day of the year."""
    source = book_of(made, whole.EXTRACT)
    for day in (CUT, whole.EXTRACT):
        start = before(day, "12M")
        days = [start + dt.timedelta(days=k) for k in range(1, (day - start).days + 1)]
        expected: dict[str, dict[str, float]] = defaultdict(
            lambda: dict.fromkeys(["invoices", "bad", "lost", "open"], 0)
        )
        for row in whole.rows_of(source.as_of(day), "invoices"):
            if row["amount"] <= 0:
                continue
            ends = min(row["paid_on"] or dt.date.max, row["written_off_on"] or dt.date.max)
            lost = row["written_off_on"] is not None and row["written_off_on"] in days
            if not lost and not any(one <= ends for one in days):
                continue
            own = expected[row["account_id"]]
            own["invoices"] += 1
            late = row["due_on"] and any(one <= ends and (one - row["due_on"]).days > 60 for one in days)
            own["bad"] = max(own["bad"], int(lost or bool(late)))
            own["lost"] += float(row["amount"]) if lost else 0
            own["open"] += float(row["amount"]) if ends == dt.date.max else 0
        frame = bad_accounts(source, [day]).set_index("account_id")
        assert sorted(frame.index) == sorted(expected)
        for name, own in expected.items():
            told = frame.loc[name]
            assert (told["invoices"], told["bad"]) == (own["invoices"], own["bad"]), name
            assert (told["written_off"], told["open"]) == pytest.approx((own["lost"], own["open"])), name


def test_nothing_that_became_known_later_changes_a_day(made):
    changed = whole.scrambled(made, CUT, np.random.default_rng(6))
    assert not changed["invoices"].equals(made["invoices"])
    for days in ([CUT], [before(CUT, "12M"), CUT]):
        pd.testing.assert_frame_equal(
            bad_accounts(book_of(made, whole.EXTRACT), days), bad_accounts(book_of(changed, whole.EXTRACT), days)
        )


def test_many_days_at_once_tell_what_each_would_alone(made):
    source = book_of(made, whole.EXTRACT)
    days = [before(CUT, "6M"), CUT, whole.EXTRACT]
    alone = [bad_accounts(source.as_of(day), [day]) for day in days]
    pd.testing.assert_frame_equal(bad_accounts(source, days), pd.concat(alone, ignore_index=True))


def test_order_of_rows_and_names_change_nothing(made):
    other = dict(made)
    other["invoices"] = (
        made["invoices"]
        .sample(frac=1, random_state=1)
        .assign(account_id=lambda rows: rows["account_id"].map(lambda name: f"Z{99 - int(name[1:])}"))
    )
    frame, renamed = (bad_accounts(book_of(frames, whole.EXTRACT), [CUT]) for frames in (made, other))
    renamed["account_id"] = renamed["account_id"].map(lambda name: f"A{99 - int(name[1:])}")
    pd.testing.assert_frame_equal(frame, renamed.sort_values("account_id", ignore_index=True))
