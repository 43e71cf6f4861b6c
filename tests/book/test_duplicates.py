"""Lines in overlapping sources, keys made of content, and a book that does not depend on the order of its rows."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from folders import book_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_analysis.book import open_book
from crm_analysis.book.opening import cache

HEAD = "account_id,ordered_on,product,revenue,sheet\n"
MAPPED = '[orders]\nfile = "orders.csv"\n[orders.columns]\nsource = "sheet"\n'


def kept(book) -> dict[str, str]:
    """Digest of every accepted table's file."""
    home = next(
        path.parent
        for path in sorted(cache().glob("*/check.json"))
        if path.read_text(encoding="utf-8") == book.check.to_json(kept=True)
    )
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in home.glob("*.parquet")}


def test_the_larger_count_per_source_is_kept_and_honest_repeats_stay(tmp_path):
    lines = [
        *["A1,2024-01-01,bolt,5.00,one"] * 3,  # three in one sheet,
        *["A1,2024-01-01, bolt ,5,two"] * 2,  # two of them in the other, written with blanks
        *["A2,2024-01-01,nut,7,one"],  # in one sheet only
        *["A2,2024-01-01,nut,8,two"],  # another amount
        *["A2,2024-01-02,nut,7,two"] * 2,  # honest repeats on a day that one sheet has
        *[",2024-01-01,nut,9,one", ",2024-01-01,nut,9,two"],  # without account: once duplicate, once quarantined
        *["A1,2024-01-01,x,bad1,one", "A1,2024-01-01,x,bad2,two"],  # unreadable, and not alike
    ]
    place = book_folder(tmp_path / "b", orders_csv=HEAD + "\n".join(lines) + "\n", book_toml=MAPPED)
    book = open_book(place)
    rows, money = book.check.rows["orders"], book.check.revenue["orders"]
    assert (rows.found, rows.accepted, rows.quarantined, rows.duplicate) == (13, 7, 3, 3)
    assert (money.found, money.accepted, money.quarantined, money.duplicate) == (72, 44, 9, 19)
    accepted = book.table("orders").execute()
    assert Counter(zip(accepted["product"], accepted["source"], strict=True)) == {
        ("bolt", "one"): 3,
        ("nut", "one"): 1,
        ("nut", "two"): 3,
    }
    found = book.quarantine.filter(book.quarantine.rule == "overlapping_source").execute()
    assert sorted(found.row) == [4, 5, 11]
    assert set(found.value) == {"two"}


def test_two_files_of_orders_are_two_sources_even_under_one_name(tmp_path):
    toml = '[orders]\nfile = "*/lines.csv"\n'
    place = book_folder(tmp_path / "b", book_toml=toml)
    (place / "orders.csv").unlink()
    for year, extra in (("2023", "A1,2023-12-31,1\n"), ("2024", "A2,2024-01-02,2\n")):
        (place / year).mkdir()
        (place / year / "lines.csv").write_text(f"account_id,ordered_on,revenue\nA1,2024-01-01,5\n{extra}")
    book = open_book(place)
    assert book.check.rows["orders"].duplicate == 1
    assert book.table("orders").execute().source.tolist() == ["2023/lines.csv", "2023/lines.csv", "2024/lines.csv"]
    assert book.quarantine.file.execute().tolist() == ["2024/lines.csv"]
    assert set(book.check.inputs) == {"accounts.csv", "book.toml", "2023/lines.csv", "2024/lines.csv"}


def test_made_line_ids_are_unique_and_number_honest_repeats(tmp_path):
    lines = ["A1,2024-01-01,bolt,5.00,s"] * 3 + ["A1,2024-01-01,bolt,5.01,s"]
    book = open_book(book_folder(tmp_path / "b", orders_csv=HEAD + "\n".join(lines) + "\n", book_toml=MAPPED))
    ids = book.table("orders").line_id.execute().tolist()
    assert len(set(ids)) == 4
    stems = Counter(one.rpartition("-")[0] for one in ids)
    assert sorted(stems.values()) == [1, 3]
    assert sorted(one.rpartition("-")[2] for one in ids) == ["1", "1", "2", "3"]


CELLS = {
    "account_id": ["A1", " A1", "A2", "A3", "", "a1"],
    "ordered_on": ["2024-01-01", "2024-01-02", "2024-01-02", "1.2.2024", "", "1970-01-01", "2090-01-01"],
    "product": ["bolt", "nut", "", '"q""uoted, name"', "=1+1"],
    "revenue": ["1.00", "1", "-2.50", "3.14159", "x", "", "nan", "0.1"],
    "sheet": ["one", "two"],
    "country": ["DE", "FR", ""],
}
messy_rows = st.lists(st.tuples(*(st.sampled_from(values) for values in CELLS.values())), min_size=1, max_size=25)


def expected(rows: list[tuple[str, ...]]) -> tuple[int, Decimal]:
    """Rows and money as plain Python reads them."""
    money = Decimal(0)
    for row in rows:
        if row[3] not in ("x", "", "nan"):
            money += round(Decimal(row[3]), 4)
    return len(rows), money


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=messy_rows, seed=st.integers(0, 1000), ragged=st.booleans())
def test_totals_reconcile_and_the_order_of_rows_does_not_matter(tmp_path_factory, rows, seed, ragged):
    rows = [*rows, ("A1", "2024-01-01", "bolt", "1.00", "one", "DE")]  # at least one good line
    lines = [",".join(row) for row in rows] + ["A1,2024-01-01"] * ragged
    shuffled = lines.copy()
    random.Random(seed).shuffle(shuffled)
    toml = 'name = "Any"\n[accounts]\nfrom = "orders"\n[accounts.columns]\ncountry = "country"\n' + MAPPED
    books = []
    for order in (lines, shuffled):
        text = ",".join(CELLS) + "\n" + "\n".join(order) + "\n"
        place = book_folder(tmp_path_factory.mktemp("b"), orders_csv=text, book_toml=toml)
        (place / "accounts.csv").unlink()
        books.append(open_book(place))
    count, money = expected(rows)
    for book in books:
        rows_, money_ = book.check.rows["orders"], book.check.revenue["orders"]
        assert rows_.reconciles
        assert money_.reconciles
        assert (rows_.found, money_.found) == (count + ragged, money)
        assert rows_.accepted == book.table("orders").count().execute()
        assert rows_.quarantined + rows_.duplicate == book.quarantine.count().execute()
    one, other = (kept(book) for book in books)
    for name in ("accounts.parquet", "orders.parquet", "account_history.parquet"):
        assert one.get(name) == other.get(name)


@pytest.mark.slow
def test_bytes_are_the_same_for_many_row_groups_in_any_order(tmp_path):
    lines = [f"L{i:06},A{1 + i % 2},2024-01-{1 + i % 28:02},{i % 977}.25" for i in range(300_000)]
    digests = []
    for seed in (1, 2):
        random.Random(seed).shuffle(lines)
        text = "line_id,account_id,ordered_on,revenue\n" + "\n".join(lines) + "\n"
        place: Path = book_folder(tmp_path / str(seed) / "b", orders_csv=text)
        digests.append(kept(open_book(place)))
    assert digests[0] == digests[1]


def lines_of(numbers: range, start: str = "line_id,account_id,ordered_on,revenue\n", **more: str) -> str:
    """Order lines by number, each with an amount of its own; `more` gives the same text to every line."""
    names = start.strip().split(",")
    rows = []
    for i in numbers:
        row = {"line_id": f"L{i}", "account_id": f"A{i % 2 + 1}", "ordered_on": f"2024-01-{i % 28 + 1:02d}"} | more
        row["revenue"] = f"{i}.50"
        rows.append(",".join(row.get(name, "") for name in names))
    return ",".join(names) + "\n" + "\n".join(rows) + "\n"


TWO = '[orders]\nfile = ["one.csv", "two.csv"]\n'


@pytest.mark.parametrize("source", ["ERP", ""])
def test_files_overlap_whatever_their_column_source_says(tmp_path, source):
    names = "account_id,ordered_on,revenue,source\n"
    one, two = lines_of(range(30), names, source=source), lines_of(range(10, 40), names, source=source)
    check = open_book(book_folder(tmp_path, one_csv=one, two_csv=two, book_toml=TWO)).check
    assert check.rows["orders"].duplicate == 20
    assert check.rows["orders"].accepted == 40


def test_a_line_that_a_later_file_cancels_is_no_revenue(tmp_path):
    names = "line_id,account_id,ordered_on,revenue,state\n"
    one = lines_of(range(4), names, state="valid")
    two = lines_of(range(2), names, state="void")
    check = open_book(book_folder(tmp_path, one_csv=one, two_csv=two, book_toml=TWO)).check
    assert [(one.name, one.rows) for one in check.fired] == [("void_document", 4)]
    assert check.revenue["orders"].accepted == Decimal("2.5") + Decimal("3.5")


def test_a_copy_under_new_keys_is_seen_beside_a_third_source(tmp_path):
    names = "line_id,account_id,ordered_on,revenue,shipped_on\n"
    again = lines_of(range(30), names, shipped_on="2024-02-01").replace("\nL", "\nK")
    third = lines_of(range(200, 400), names).replace("\nL", "\nM")
    toml = 'extracted_on = 2024-12-31\n[orders]\nfile = ["one.csv", "two.csv", "three.csv"]\n'
    check = open_book(
        book_folder(tmp_path, one_csv=lines_of(range(30), names), two_csv=again, three_csv=third, book_toml=toml)
    ).check
    assert [(one.name, one.rows, one.examples) for one in check.fired] == [("same_content", 30, "one.csv, two.csv")]


@pytest.mark.parametrize(("more", "fires"), [(1, True), (100, True), (0, False)])
def test_a_table_without_a_key_that_a_grown_file_repeats(tmp_path, more, fires):
    def visits(numbers: range) -> str:
        return "account_id,happened_on,minutes\n" + "".join(f"A1,2024-01-{i % 28 + 1:02d},{i}\n" for i in numbers)

    two = visits(range(50 + more)) if more else visits(range(1000, 1050))
    toml = '[interactions]\nfile = ["one.csv", "two.csv"]\n'
    check = open_book(book_folder(tmp_path, one_csv=visits(range(50)), two_csv=two, book_toml=toml)).check
    assert [(one.table, one.name, one.rows) for one in check.fired] == [("interactions", "same_content", 50)] * fires
