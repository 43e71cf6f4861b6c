"""`unchanged_since`: the owner's word that overwritten columns were the same on an earlier day."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from crm_analysis.book import BookError, open_book

ACCOUNTS = "account_id,sales_office,known_since\nA,Gent,2024-01-01\nB,Linz,2024-01-01\n"
ORDERS = "line_id,account_id,ordered_on,revenue\n1,A,2026-09-01,10\n2,B,2026-10-01,20\n"


def book(place, toml):
    place.mkdir(exist_ok=True)
    (place / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    (place / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (place / "book.toml").write_text(toml, encoding="utf-8")
    return open_book(place)


def test_without_it_an_overwritten_column_is_barred_before_the_extract(tmp_path):
    quarter = book(tmp_path, "extracted_on = 2026-10-02").as_of("2026-09-30")
    assert "sales_office" not in quarter.table("accounts").columns
    assert "unchanged_since in book.toml" in (quarter.why_not("accounts", "sales_office") or "")


def test_with_it_the_column_is_there_from_that_day_on_and_the_report_says_so(tmp_path):
    whole = book(tmp_path, "extracted_on = 2026-10-02\nunchanged_since = 2026-09-30")
    assert whole.unchanged_since == dt.date(2026, 9, 30)
    offices = whole.as_of("2026-09-30").table("accounts").order_by("account_id").execute()["sales_office"]
    assert offices.tolist() == ["Gent", "Linz"]
    assert not whole.as_of("2026-09-29").has("accounts", "sales_office")
    assert any("unchanged since 2026-09-30" in note for note in whole.check.notes)


def test_it_lets_no_later_row_in(tmp_path):
    quarter = book(tmp_path, "extracted_on = 2026-10-02\nunchanged_since = 2026-09-30").as_of("2026-09-30")
    assert quarter.table("orders").line_id.execute().tolist() == ["1"]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (
            "extracted_on = 2026-10-02\nunchanged_since = 2026-10-03",
            "unchanged_since is after extracted_on, 2026-10-02",
        ),
        ('unchanged_since = "2026-09-30"', "expected a date such as 2026-09-30, without quotes"),
    ],
)
def test_a_wrong_day_is_refused(tmp_path, toml, words):
    with pytest.raises(BookError, match=words):
        book(tmp_path, toml)


def test_a_log_of_changes_that_says_nothing_of_an_account_leaves_it_the_owners_word(tmp_path):
    (tmp_path / "account_history.csv").write_text(
        "account_id,field,value,known_on\nA,sales_office,Köln,2026-01-01\n", encoding="utf-8"
    )
    whole = book(tmp_path, "extracted_on = 2026-10-02\nunchanged_since = 2026-09-30")
    offices = whole.as_of("2026-09-30").table("accounts").order_by("account_id").execute()["sales_office"]
    assert offices.tolist() == ["Köln", "Linz"]
    earlier = whole.as_of("2026-09-29").table("accounts").order_by("account_id").execute()["sales_office"]
    assert earlier.tolist()[0] == "Köln"
    assert pd.isna(earlier.tolist()[1])  # nobody says what it was
