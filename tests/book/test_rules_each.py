"""Every rule has a book that breaks it and one that nearly does; totals reconcile on all of them."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from folders import book_folder, folder
from rule_cases import CASES, TOML, files

from crm_analysis.book import Book, BookError, open_book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.rules import ACTIONS, RULES, TERMS, dates_in_order, listing


def found(book: Book) -> dict[tuple[str, str, str], int]:
    return {(one.table, one.name, one.column): one.rows for one in book.check.fired}


def reconciled(book: Book) -> Book:
    """The book, its control totals compared with what its tables and its quarantine hold."""
    lost = book.quarantine.execute()
    for table, rows in book.check.rows.items():
        assert rows.reconciles
        assert rows.accepted == book.table(table).count().execute()
        assert rows.quarantined + rows.duplicate == int((lost.table == table).sum())
    money = book.check.revenue["orders"]
    assert money.reconciles
    assert money.accepted == book.table("orders").revenue.sum().execute()
    assert money.quarantined + money.duplicate == sum(lost.revenue.dropna(), Decimal(0))
    return book


def records(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return open_book(book_folder(tmp_path_factory.mktemp("broken") / "b", book_toml=TOML, **files("broken")))


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return open_book(book_folder(tmp_path_factory.mktemp("near") / "b", book_toml=TOML, **files("near")))


def test_rows_that_break_a_rule_are_found_by_it_and_by_no_other(broken):
    expected: Counter[tuple[str, str, str]] = Counter()
    for case in CASES:
        expected[case.table, case.rule, case.column] += case.rows
    assert found(broken) == expected
    reconciled(broken)


def test_rows_that_nearly_break_a_rule_are_found_by_none(near):
    assert found(near) == {}
    assert near.check.exit_code == 0
    reconciled(near)


@pytest.mark.parametrize("which", ["broken", "near"])
def test_totals_of_rows_and_revenue_as_plain_python_reads_the_files(which, request):
    book = request.getfixturevalue(which)
    for key, text in files(which).items():
        assert book.check.rows[key.removesuffix("_csv")].found == len(records(text))
    money = Decimal(0)
    for record in records(files(which)["orders_csv"]):
        if len(record) == 10 and record[4] not in ("", "-inf", "1e15"):
            money += round(Decimal(record[4]) + Decimal("1e-9"), 4)  # halves go up, away from zero
    assert round(money, 4) == book.check.revenue["orders"].found


def test_what_a_warning_shows(broken):
    shown = {(one.name, one.table, one.column): one.examples for one in broken.check.fired}
    assert shown["dates_out_of_order", "invoices", "paid_on"] == "2024-01-01 before 2024-01-02 (1)"
    assert shown["off_scale", "surveys", "score"] == "0.5 (1); 11 (1)"
    assert shown["group_cycle", "accounts", "group_id"] == "Y1 in Y2 in Y1"
    assert shown["nested_group", "accounts", "group_id"] == "G2 in G3 (1); Y1 in Y2 (1); Y2 in Y1 (1)"
    assert shown["never_invited", "surveys", "respondent_id"] == "P1 (1); P2 (1)"
    assert shown["other_currency", "orders", "currency"] == "USD (1)"


@pytest.mark.slow
def test_the_order_of_rows_changes_nothing_but_row_numbers(broken, tmp_path):
    mixed, draw = {}, random.Random(7)
    for key, text in files("broken").items():
        head, *rows = list(csv.reader(io.StringIO(text)))
        draw.shuffle(rows)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([head, *rows])
        mixed[key] = out.getvalue()
    again = open_book(book_folder(tmp_path / "b", book_toml=TOML, **mixed))
    assert again.check.fired == broken.check.fired
    assert again.check.rows == broken.check.rows
    assert again.check.revenue == broken.check.revenue
    for table in broken.tables:
        assert again.table(table).to_pyarrow().equals(broken.table(table).to_pyarrow())
    one, other = (
        sorted(tuple(map(str, row)) for row in book.quarantine.drop("row").execute().itertuples(index=False))
        for book in (again, broken)
    )
    assert one == other


# --- rules of whole files and books: for each a book that breaks it, and one that nearly does ---

CALLS = "account_id,happened_on,minutes\n"
HEAD = "line_id,account_id,ordered_on,revenue\n"
ITEMS, PRICED = HEAD.replace("\n", ",item\n"), HEAD.replace("\n", ",currency\n")
TWO_FILES = '[orders]\nfile = "lines_*.csv"\n'


def monthly(months: range, each: int, amount: str = "10{i:02}", name: str = "L") -> str:
    """Order lines of two accounts in months counted from January 2022, `each` in a month."""
    return "".join(
        f"{name}{month}-{i},A{1 + i % 2},{2022 + month // 12}-{month % 12 + 1:02}-{1 + i % 28:02},"
        f"{amount.format(i=i)}\n"
        for month in months
        for i in range(each)
    )


LINES = monthly(range(14), 30)


def gap(each: int) -> str:
    """Lines of other amounts, with nothing in April."""
    return monthly(range(3), each, "12{i:02}", "N") + monthly(range(4, 6), each, "12{i:02}", "N")


HIGH = monthly(range(6, 7), 30, "10{i:02}000")

WHOLE = {
    "nothing_accepted": (
        {"orders_csv": HEAD + "L1,A9,2024-01-01,1\n"},
        {"orders_csv": HEAD + "L1,A9,2024-01-01,1\nL2,A1,2024-01-01,1\n"},
        None,
    ),
    "mixed_currencies": (
        {"orders_csv": PRICED + "L1,A1,2024-01-01,1,EUR\nL2,A1,2024-01-01,1,USD\n"},
        {"orders_csv": PRICED + "L1,A1,2024-01-01,1,EUR\nL2,A1,2024-01-01,1,eur\n"},
        None,
    ),
    "repeated_file": (
        {
            "calls_1_csv": CALLS + "A1,2024-01-01,5\nA1,2024-01-01,5\nA2,,6\n",
            "calls_2_csv": CALLS + "A2,,6.0\n" + 2 * "A1,2024-01-01,5\n",
        },
        {
            "calls_1_csv": CALLS + "A1,2024-01-01,5\nA1,2024-01-01,5\n",
            "calls_2_csv": CALLS + "A1,2024-01-01,5\nA2,2024-01-01,5\n",
        },
        ("interactions", "", 3),
    ),
    "overlapping_source": (
        {
            "lines_1_csv": HEAD + "L1,A1,2024-01-01,1\n",
            "lines_2_csv": HEAD + "L2,A1,2024-01-02,1\nL1,A1,2024-01-01,1.0\n",
        },
        {
            "lines_1_csv": HEAD + "L1,A1,2024-01-01,1\n",
            "lines_2_csv": HEAD + "L2,A1,2024-01-02,1\nL3,A1,2024-01-01,1.0\n",
        },
        ("orders", "source", 1),
    ),
    "same_content": (
        {"lines_1_csv": HEAD + monthly(range(1), 20), "lines_2_csv": HEAD + monthly(range(1), 20, name="N")},
        {"lines_1_csv": HEAD + monthly(range(1), 19), "lines_2_csv": HEAD + monthly(range(1), 20, "11{i:02}", "N")},
        ("orders", "source", 20),
    ),
    "month_without_orders": (
        {"orders_csv": HEAD + monthly(range(3), 1) + monthly(range(4, 6), 1)},
        {"orders_csv": HEAD + monthly(range(6), 1)},
        ("orders", "ordered_on", 1),
    ),
    "month_without_orders of a source": (
        {"lines_1_csv": HEAD + LINES, "lines_2_csv": HEAD + gap(30)},
        {"lines_1_csv": HEAD + LINES, "lines_2_csv": HEAD + gap(29)},
        ("orders", "source", 1),
    ),
    "scale_change": (
        {"orders_csv": HEAD + monthly(range(6), 30) + HIGH + monthly(range(7, 14), 30)},
        {
            "orders_csv": HEAD
            + monthly(range(6), 30)
            + monthly(range(6, 7), 30, "400{i:02}")
            + monthly(range(7, 14), 30)
        },
        ("orders", "ordered_on", 1),
    ),
    "scale_change of a source": (
        {"lines_1_csv": HEAD + LINES, "lines_2_csv": HEAD + monthly(range(14), 3, "1.0{i}", "N")},
        {"lines_1_csv": HEAD + LINES, "lines_2_csv": HEAD + monthly(range(14), 2, "1.0{i}", "N")},
        ("orders", "source", 1),
    ),
    "contradiction": (
        {"orders_csv": "account_id,ordered_on,revenue,town\nA1,2024-01-01,1,Gent\nA1,2024-01-02,1,Linz\n"},
        {"orders_csv": "account_id,ordered_on,revenue,town\nA1,2024-01-01,1,Gent\nA1,2024-01-02,1,\n"},
        ("accounts", "region", 1),
    ),
    "unmatched_lookup": (
        {"orders_csv": ITEMS + "L1,A1,2024-01-01,1,i1\nL2,A1,2024-01-01,1,i2\n", "items_csv": "id,group\ni1,nuts\n"},
        {"orders_csv": ITEMS + "L1,A1,2024-01-01,1,i1\nL2,A1,2024-01-01,1,\n", "items_csv": "id,group\ni1,nuts\n"},
        ("orders", "", 1),
    ),
}
TOMLS = {
    "repeated_file": '[interactions]\nfile = "calls_*.csv"\n',
    "overlapping_source": TWO_FILES,
    "same_content": TWO_FILES,
    "month_without_orders of a source": TWO_FILES,
    "scale_change of a source": TWO_FILES,
    "contradiction": '[accounts]\nfrom = "orders"\n[accounts.columns]\naccount_id = "account_id"\nregion = "town"\n',
    "unmatched_lookup": '[[orders.lookup]]\nfile = "items.csv"\non = {item = "id"}\ntake = ["group"]\n'
    '[orders.columns]\nfamily = "group"\n',
}


SHARED = [("repeated_file", "overlapping_source")]
"""Rules that have their books together, since opening one takes a second; all others have their own."""
ALONE = [(rule,) for rule in WHOLE if WHOLE[rule][2] and not any(rule in rules for rules in SHARED)]


def whole(place: Path, which: int, *rules: str) -> Book:
    """A book for rules of whole files."""
    given = {key: text for rule in rules for key, text in WHOLE[rule][which].items()}
    toml = "".join(dict.fromkeys(TOMLS.get(rule, "") for rule in rules))
    base = {"accounts_csv": "account_id,known_since\nA1,2020-01-01\nA2,2020-01-01\n"}
    if "accounts" in toml:
        base = {}
    if not any(key.startswith(("orders", "lines")) for key in given):
        base["orders_csv"] = HEAD + "L1,A1,2024-01-10,1\n"
    return open_book(folder(place, **base, **given, book_toml=toml))


@pytest.mark.parametrize("rules", [*SHARED, *ALONE], ids=" and ".join)
def test_a_book_that_breaks_a_rule_of_files_and_one_that_nearly_does(tmp_path, rules):
    broken, near = (found(reconciled(whole(tmp_path / str(which), which, *rules))) for which in (0, 1))
    for rule in rules:
        name = rule.partition(" ")[0]
        table, column, rows = WHOLE[rule][2]
        assert broken[table, name, column] == rows
        assert (table, name, column) not in near


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "nothing_accepted",
            "orders.csv: none of 1 rows could be accepted; most break the rule unknown_account in column "
            "'account_id', such as A9. Expected the keys that `accounts` has.",
        ),
        (
            "mixed_currencies",
            "orders.csv: order lines are in 2 currencies: EUR (1), USD (1); expected one. Convert them, or state "
            'currency = "EUR" in book.toml: lines in another then go to the quarantine.',
        ),
    ],
)
def test_a_book_that_is_refused_and_one_that_nearly_is(tmp_path, rule, sentence):
    with pytest.raises(BookError) as problem:
        whole(tmp_path / "broken", 0, rule)
    assert str(problem.value) == sentence
    assert reconciled(whole(tmp_path / "near", 1, rule)).check.rows["orders"].accepted > 0


def test_every_rule_and_every_pair_of_dates_has_its_books():
    assert {case.rule for case in CASES} | {rule.partition(" ")[0] for rule in WHOLE} == set(RULES)
    pairs = {(case.table, case.column) for case in CASES if case.rule in ("dates_out_of_order", "empty_term")}
    assert pairs == {(table, column) for table, column, _ in dates_in_order()} | set(TERMS)
    for name, table in CONTRACT.items():
        for column in table:
            if column.after:
                assert table.column(column.after).type == "date", f"{name}.{column.name}"


def test_the_list_in_the_docs_is_the_one_the_rules_give():
    docs = Path(__file__).parents[2] / "docs" / "rules.md"
    assert docs.read_text(encoding="utf-8") == listing(), "run `make dictionary`"
    for rule in RULES.values():
        assert rule.action in ACTIONS
        assert docs.read_text(encoding="utf-8").count(f"| `{rule.name}` |") == 1
