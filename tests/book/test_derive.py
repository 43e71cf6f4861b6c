"""Derived columns: exact arithmetic, what an empty cell does, and every hostile expression refused in one sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from folders import book_folder

from crm_analysis.book import BookError, engine, open_book
from crm_analysis.book.derive import DEEPEST, LONGEST, derived
from crm_analysis.book.layout import Format

D = Decimal
ROWS = {
    "A": ["1.1", "3", "", "0", "x"],
    "B": ["2.2", "0", "5", None, "1"],
    "T": ["DE-1", "", None, "fr", "DE"],
    "N": [1.5, 2.0, None, 4.0, 0.1],
    "I": [1, 2, None, 4, 5],
    "Unit price": ["1", "2", "3", "4", "5"],
    "day": pd.to_datetime(["2024-01-01", None, "2024-01-03", None, None]).date,
    "yes": [True, False, None, True, False],
}


@pytest.fixture(scope="module")
def table():
    return engine.connect().create_table(
        "rows", pa.table({k: pa.array(list(v), from_pandas=True) for k, v in ROWS.items()})
    )


def result(table, expression: str, **form: Any) -> list[Any]:
    column, _ = derived(expression, table, Format(**form), "here")
    return table.select(y=column).to_pyarrow()["y"].to_pylist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("A * B", [D("2.42"), D(0), None, None, None]),
        ("A + B", [D("3.3"), D(3), None, None, None]),
        ("B - A", [D("1.1"), D(-3), None, None, None]),
        ("A / B", [D("0.5"), None, None, None, None]),  # by zero and by nothing
        ("1 / 3", [D("0.333333")] * 5),
        ("-A", [D("-1.1"), D(-3), None, D(0), None]),
        ("+A", [D("1.1"), D(3), None, D(0), None]),
        ("N * 3", [D("4.5"), D(6), None, D(12), D("0.3")]),  # 0.30000000000000004 in doubles
        ("I * 0.1", [D("0.1"), D("0.2"), None, D("0.4"), D("0.5")]),
        ("0.1 + 0.2", [D("0.3")] * 5),
        ("col('Unit price') * 2", [D(2), D(4), D(6), D(8), D(10)]),
        ("round(A * 1.005, 2)", [D("1.11"), D("3.02"), None, D(0), None]),
        ("abs(-A)", [D("1.1"), D(3), None, D(0), None]),
        ("2000.5 * 600", [D("1200300")] * 5),  # past a million the engine's own product type overflows
        ("999999999999 + 999999999999 - 999999999999", [None] * 5),
        ("999999 * 999999 * 999999", [None] * 5),  # too large for the type: no number, never a wrong one
        ("coalesce(A, B, 7)", [D("1.1"), D(3), D(5), D(0), D(1)]),
        ("coalesce(I, 0)", [D(1), D(2), D(0), D(4), D(5)]),
        ("coalesce(T, '-')", ["DE-1", "-", "-", "fr", "DE"]),
        ("coalesce(day, day)", [*ROWS["day"]]),
        ("concat(T, '/', I)", ["DE-1/1", None, None, "fr/4", "DE/5"]),
        ("left(T, 2)", ["DE", None, None, "fr", "DE"]),
        ("'home' if startswith(T, 'DE') else 'abroad'", ["home", "abroad", "abroad", "abroad", "home"]),
        ("'x' if contains(T, '-') else None", ["x", None, None, None, None]),
        ("A if A > 0 else B", ["1.1", "3", "5", None, "1"]),
        ("A if A > 0 else 0", [D("1.1"), D(3), D(0), D(0), D(0)]),
        ("1 if T in ('DE', 'fr') else 0", [D(0), D(0), D(0), D(1), D(1)]),
        ("1 if T not in ('DE', 'fr') else 0", [D(1), D(1), D(1), D(0), D(0)]),
        ("1 if T == 'DE' else 0", [D(0), D(0), D(0), D(0), D(1)]),
        ("1 if T != 'DE' else 0", [D(1), D(1), D(1), D(1), D(0)]),
        ("1 if A is None else 0", [D(0), D(0), D(1), D(0), D(0)]),
        ("1 if A is not None else 0", [D(1), D(1), D(0), D(1), D(1)]),
        ("1 if A < B and not (I >= 2) or yes else 0", [D(1), D(0), D(0), D(1), D(0)]),
        ("1 if A == B / 2 else 0", [D(1), D(0), D(0), D(0), D(0)]),
        ("'N' + 0 if False else 1", None),
    ],
)
def test_results_by_hand(table, expression, expected):
    if expected is None:
        with pytest.raises(BookError):
            derived(expression, table, Format(), "here")
    else:
        found = result(table, expression)
        assert [None if pd.isna(cell) else cell for cell in found] == [None if pd.isna(x) else x for x in expected]


def test_products_are_exact_on_both_sides_of_a_million():
    amounts = ["948.5", "948.7", "949.123456", "1000", "1000.000001", "-999.999999", "999999.5", "31622776", "0.000001"]
    table = engine.connect().create_table("t", pa.table({"a": amounts}))
    squares = [round(D(amount) * D(amount), 6) for amount in amounts]
    expected = [square if square < D(10) ** 12 else None for square in squares]
    assert result(table, "a * a") == expected
    assert result(table, "a * (a + 0)") == expected
    assert expected.count(None) == 1


def test_the_stated_form_holds_for_text_and_not_for_typed_columns():
    table = engine.connect().create_table("t", pa.table({"text": ["1.234,5", "1.5"], "typed": [1.5, 2.5]}))
    form = {"decimal": ",", "thousands": "."}
    assert result(table, "text * 2", **form) == [D(2469), None]
    assert result(table, "coalesce(typed, 0) * 2", **form) == [D(3), D(5)]
    assert result(table, "typed + 1.5", **form) == [D(3), D(4)]


HOSTILE = [
    "__import__('os').system('id')",
    "__import__",
    "().__class__.__bases__[0].__subclasses__()",
    "A.__class__",
    "A[0]",
    "read_text('/etc/passwd')",
    "read_csv('/etc/passwd')",
    "getenv('HOME')",
    "open('/etc/passwd').read()",
    "eval('1')",
    "lambda: 1",
    "[x for x in T]",
    "{1: 2}",
    "{1, 2}",
    "[A, B]",
    "(A, B)",
    "f'{A}'",
    "b'x' + A",
    "1j * A",
    "... if A else 1",
    "A ** 99",
    "A // B",
    "A % B",
    "A @ B",
    "A << 9",
    "~A",
    "(x := 1)",
    "A if T else B",
    "A < B < I",
    "A is B",
    "T in 'DE'",
    "T in (A, B)",
    "T in ('a', 1)",
    "*A",
    "abs(*T)",
    "concat('', 2)",
    "concat(T, A * B)",
    "number(concat(" * 10 + "A" + ", '1'))" * 10,
    "abs(x=A)",
    "abs()",
    "abs(A, B)",
    "round(A, 99)",
    "round(A, True)",
    "round(A)",
    "left(T, 0)",
    "left(T, -1)",
    "left(T, 10**9)",
    "startswith(T, A)",
    "col(T)",
    "col('nothing')",
    "col('__row')",
    "missing + 1",
    "Unit price * 2",
    "A +",
    "A; B",
    "A = 1",
    "import os",
    "SELECT 1",
    "A -- comment",
    "'a' * 9",
    "A + 'x'",
    "A + True",
    "day + 1",
    "yes * 2",
    "concat(yes, 'x')",
    "not A",
    "A and B",
    "1e12 * A",
    "9" * 400,
    "1e999",
    "0.0000001 * A",
    "yield A",
    "await A",
    "\x00",
    "",
    "Ⅷ + 1",
    "A\u202e+ B",
    "-" * 900 + "A",
    "lambda: " + "-" * 900 + "A",
    "(" * 300 + "A" + ")" * 300,
    "[" * 300 + "]" * 300,
    "abs(" * 100 + "A" + ")" * 100,
    "A" + " + A" * 200,
    "A if yes else (" * 60 + "B" + ")" * 60,
    "A" + " + A" * 5000,
    "A." * 400 + "A",
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: repr(text[:30]))
def test_hostile_and_mistaken_expressions_are_refused_in_one_sentence(table, expression):
    with pytest.raises(BookError) as problem:
        derived(expression, table, Format(), "book.toml: orders.derived.cost")
    sentence = str(problem.value)
    assert sentence.startswith("book.toml: orders.derived.cost: ")
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert "\n" not in sentence


def test_what_is_long_and_deep_but_within_bounds_compiles_at_once(table):
    nested = "A"
    for _ in range(DEEPEST - 2):
        nested = f"({nested} if yes else B)"
    assert len(nested) < LONGEST
    assert len(result(table, nested)) == 5
    assert result(table, "1 / (" * 20 + "N" + ")" * 20)[1] == D(2)
    many = " or ".join(["yes"] * 120)
    assert result(table, f"1 if {many} else 0") == [D(1), D(0), D(0), D(1), D(0)]


def test_what_cannot_be_derived_is_listed_and_not_lost(tmp_path):
    orders = (
        "account_id,ordered_on,Total,Pieces,Price\nA1,2024-01-01,10,4,2.5\nA1,2024-01-02,10,0,x\nA1,2024-01-03,,,\n"
    )
    toml = """
        [orders.derived]
        revenue = "Total / Pieces"
        cost = "Pieces * Price"
        order_id = "concat('O', Pieces)"
        product = "'fixed'"
    """
    book = open_book(book_folder(tmp_path / "b", orders_csv=orders, book_toml=toml))
    lost = book.quarantine.order_by("row").execute()
    assert list(zip(lost.row, lost.rule, lost.column, lost.value, strict=True)) == [
        (2, "not_a_number", "revenue", "Total = 10, Pieces = 0"),
        (3, "missing_value", "revenue", None),
    ]
    line = book.table("orders").execute().iloc[0]
    assert (line.revenue, line.cost, line.order_id, line["product"]) == (D("2.5"), D(10), "O4", "fixed")
    assert not any("not used" in note for note in book.check.notes)


def test_a_condition_is_no_amount(tmp_path):
    place = book_folder(tmp_path / "b", book_toml="[orders.derived]\ncost = 'revenue > 1'\n")
    with pytest.raises(BookError, match=r"book.toml: orders.derived.cost: is a condition; expected a money"):
        open_book(place)
