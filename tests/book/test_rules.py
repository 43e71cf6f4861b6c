"""Every rule: a book that breaks it, and one that breaks none; what the quarantine says; totals that reconcile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd
import pytest
from folders import book_folder

from crm_analysis.book import Book, open_book
from crm_analysis.book.check import Fired, Total, from_json
from crm_analysis.book.rules import RULES

ORDERS = """line_id,account_id,ordered_on,revenue,currency,state,promised_on,shipped_on,cost
good1,A1,2024-01-10,100.00,EUR,valid,2024-02-01,2024-02-02,60
good2,A2,2024-02-10,-20.50,EUR,Valid,2024-03-10,2099-01-01,
ragged,A1,2024-01-11,1.00
,A1,2024-01-12,2.00,EUR,valid,,,
nobody,,2024-01-13,4.00,EUR,valid,,,
nothing,A1,2024-01-14,,EUR,valid,,,
undated,A1,14/01/2024,8.00,EUR,valid,,,
infinite,A1,2024-01-15,inf,EUR,valid,,,
lettered,A1,2024-01-16,16 EUR,EUR,valid,,,
costly,A1,2024-01-16,16.00,EUR,valid,,,n/a
early,A1,1900-01-01,32.00,EUR,valid,,,
epoch,A1,1970-01-01,32.00,EUR,valid,,,
late,A1,2031-01-01,64.00,EUR,valid,,,
twice,A1,2024-03-01,128.00,EUR,valid,,,
twice,A1,2024-03-01,128.0,EUR,valid,,,
torn,A1,2024-03-02,256.00,EUR,valid,,,
torn,A2,2024-03-02,300.00,EUR,valid,,,
orphan,A9,2024-03-03,512.00,EUR,valid,,,
cased,a1,2024-03-04,1024.00,EUR,valid,,,
fine,A2,2024-05-05,0.12345,,valid,,,
"broken
line",A2,2024-05-06,0,EUR,valid,,,
"""
ACCOUNTS = """account_id,name,stage,key_account,known_since
A1,Alder,partner,yes,2024-03-01
 A2 ,Birch,Partner,0,
A3,Cedar,,maybe,2020-01-01
A4,Doum,prospect,no,
a4,Doum too,,,2021-01-01
1.2E+05,Elm,,,2021-01-01
A5,Fir,,,2021-01-01
A5,Fir,,,2021-01-01
A6,Gum,,,2021-01-01
A6,Gum tree,,,2021-01-01
,Hazel,,,2021-01-01
"""
CONTACTS = "contact_id,account_id,known_since\nC1,A1,\nC2,A1,2024-01-01\n"
HISTORY = "account_id,field,value,known_on\nA1,stage,contact,2024-01-01\nA1,Stage,partner,2024-02-01\n"


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Book:
    toml = 'name = "Messy"\ncurrency = "EUR"\nextracted_on = 2024-06-30\n'
    place = book_folder(
        tmp_path_factory.mktemp("books") / "messy",
        book_toml=toml,
        orders_csv=ORDERS,
        accounts_csv=ACCOUNTS,
        contacts_csv=CONTACTS,
        account_history_csv=HISTORY,
    )
    return open_book(place)


def fired(book: Book) -> dict[tuple[str, str, str], Fired]:
    assert book.check is not None
    return {(one.table, one.name, one.column): one for one in book.check.fired}


def listed(book: Book, table: str) -> Iterator[tuple[object, ...]]:
    assert book.quarantine is not None
    frame = book.quarantine.filter(book.quarantine.table == table).order_by("file", "row").execute()
    frame = frame.astype(object).mask(frame.isna(), None)
    return frame[["row", "rule", "column", "value", "revenue"]].itertuples(index=False, name=None)


def test_order_lines_in_the_quarantine_name_rule_row_value_and_money(messy):
    money = Decimal
    assert list(listed(messy, "orders")) == [
        (3, "broken_record", "", "4 fields, not 9: ragged,A1,2024-01-11,1.00", None),
        (4, "missing_key", "line_id", None, money("2.0000")),
        (5, "missing_key", "account_id", None, money("4.0000")),
        (6, "missing_value", "revenue", None, None),
        (7, "unparseable_date", "ordered_on", "14/01/2024", money("8.0000")),
        (8, "not_finite", "revenue", "inf", None),
        (9, "not_a_number", "revenue", "16 EUR", None),
        (10, "not_a_number", "cost", "n/a", money("16.0000")),
        (11, "absurd_date", "ordered_on", "1900-01-01", money("32.0000")),
        (12, "absurd_date", "ordered_on", "1970-01-01", money("32.0000")),
        (13, "future_date", "ordered_on", "2031-01-01", money("64.0000")),
        (15, "repeated_row", "line_id", "twice", money("128.0000")),
        (17, "duplicate_key", "line_id", "torn", money("300.0000")),
        (18, "unknown_account", "account_id", "A9", money("512.0000")),
        (19, "unknown_account", "account_id", "a1", money("1024.0000")),
    ]


def test_accounts_in_the_quarantine(messy):
    assert list(listed(messy, "accounts")) == [
        (3, "not_a_flag", "key_account", "maybe", None),
        (8, "repeated_row", "account_id", "A5", None),
        (10, "duplicate_key", "account_id", "A6", None),
        (11, "missing_key", "account_id", None, None),
    ]
    assert set(messy.quarantine.file.execute()) == {"orders.csv", "accounts.csv"}


def test_control_totals_by_hand(messy):
    d = Decimal
    assert messy.check.rows["orders"] == Total(found=d(21), accepted=d(6), quarantined=d(14), duplicate=d(1))
    # accepted: 100 - 20.50 + 128 + 256 + 0.1235 + 0; quarantined: 2+4+8+16+32+32+64+300+512+1024
    assert messy.check.revenue["orders"] == Total(d("2585.6235"), d("463.6235"), d(1994), d(128))
    assert messy.check.rows["accounts"] == Total(d(11), d(7), d(3), d(1))
    assert messy.check.exit_code == 1


def test_accepted_lines_are_typed_and_sorted(messy):
    lines = messy.table("orders").execute()
    assert lines.line_id.tolist() == ["good1", "good2", "twice", "torn", "fine", "broken\nline"]
    assert lines.revenue.tolist()[-2:] == [Decimal("0.1235"), Decimal("0.0000")]
    assert pd.isna(lines.cost[1])


@pytest.mark.parametrize(
    ("table", "rule", "column", "rows", "examples"),
    [
        ("orders", "month_without_orders", "ordered_on", 1, "2024-04"),
        ("orders", "settles_after_extract", "shipped_on", 1, ""),
        ("orders", "unknown_level", "state", 1, "Valid (1)"),
        ("orders", "spans_lines", "", 1, ""),
        ("orders", "rounded_amount", "", 1, ""),
        ("orders", "unknown_account", "account_id", 2, "A9 (1); a1 (1)"),
        ("orders", "missing_key", "account_id", 1, ""),
        ("accounts", "ordered_before_known", "known_since", 1, ""),
        ("accounts", "known_date_missing", "known_since", 1, ""),
        ("accounts", "unknown_level", "stage", 1, "Partner (1)"),
        ("accounts", "alike_key", "account_id", 2, "A4 and a4"),
        ("accounts", "mangled_key", "account_id", 1, "1.2E+05 (1)"),
        ("contacts", "known_date_missing", "known_since", 1, ""),
        ("account_history", "unknown_level", "field", 1, "Stage (1)"),
    ],
)
def test_rules_that_fired(messy, table, rule, column, rows, examples):
    one = fired(messy)[table, rule, column]
    assert (one.rows, one.examples, one.action) == (rows, examples, RULES[rule].action)


def test_a_key_that_differs_by_capitals_is_pointed_at(messy):
    note = "orders: unknown accounts that capitals or leading zeros alone set apart: a1 (A1)"
    assert note in messy.check.notes


def test_blanks_around_a_key_do_not_matter(messy):
    assert "A2" in messy.table("accounts").account_id.execute().tolist()


def test_known_since_is_the_first_order_if_earlier_or_empty_and_the_extract_if_neither(messy):
    days = messy.table("accounts").execute().set_index("account_id").known_since.astype(str)
    assert days[["A1", "A2", "A4", "a4"]].tolist() == ["2024-01-10", "2024-02-10", "2024-06-30", "2021-01-01"]


def test_a_clean_book_breaks_no_rule(tmp_path):
    known = "account_id,known_since\nA1,2020-01-01\nA2,2020-01-01\n"
    book = open_book(book_folder(tmp_path / "clean", accounts_csv=known))
    assert book.check.fired == ()
    assert book.check.exit_code == 0
    assert book.quarantine.count().execute() == 0
    assert book.check.revenue["orders"] == Total(Decimal("30.5"), Decimal("30.5"), Decimal(0), Decimal(0))


def test_the_result_survives_json(messy):
    again = from_json(messy.check.to_json())
    assert again == messy.check
    read = json.loads(messy.check.to_json())
    assert read["tables"]["orders"]["revenue"]["found"] == 2585.6235
    assert read["tables"]["accounts"] == {"rows": {"found": 11, "accepted": 7, "quarantined": 3, "duplicate": 1}}
    assert {
        key: value
        for rule in read["rules"]
        if rule["name"] == "not_finite"
        for key, value in rule.items()
        if key != "examples"
    } == {"table": "orders", "name": "not_finite", "action": "quarantine", "column": "revenue", "rows": 1}


def test_amounts_that_a_double_cannot_hold_stay_exact_in_json(messy):
    from dataclasses import replace

    large = Decimal("123456789012345.6789")
    result = replace(messy.check, revenue={"orders": Total(large, large, Decimal(0), Decimal(0))})
    assert from_json(result.to_json()).revenue["orders"].found == large


def test_totals_and_rules_as_frames(messy):
    totals = messy.check.totals.set_index("table")
    assert totals.loc["orders", "rows_found"] == 21
    assert totals.loc["orders", "revenue_accepted"] == 463.6235
    assert list(messy.check.rules.columns) == ["table", "rule", "action", "column", "rows", "examples", "why"]
    assert (messy.check.rules.why != "").all()


def test_an_end_that_is_written_as_never_is_none(tmp_path):
    contracts = "contract_id,account_id,signed_on,starts_on,ends_on,ended_on\nC1,A1,2024-01-01,2024-01-01,9999-12-31,\n"
    contracts += "C2,A1,2024-01-01,2024-01-01,2024-12-31,9999-12-31\nC3,A1,9999-12-31,2024-01-01,2024-12-31,\n"
    book = open_book(book_folder(tmp_path, contracts_csv=contracts))
    kept = book.table("contracts").order_by("contract_id").execute()
    assert kept.contract_id.tolist() == ["C1", "C2"]
    assert kept.ends_on.isna().tolist() == [True, False]
    assert kept.ended_on.isna().all()
    assert [(one.name, one.column) for one in book.check.fired if one.action == "quarantine"] == [
        ("absurd_date", "signed_on")
    ]
