"""Text files: encodings, delimiters, headers, ragged and unfinished records; each mistake in one clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from folders import book_folder

from crm_analysis.book import BookError, open_book
from crm_analysis.book.delimited import BROKEN, ROW, TextFile, batches
from crm_analysis.book.layout import Format
from crm_analysis.book.sources import files


def read(place: Path, content: str | bytes, **form: object) -> tuple[tuple[str, ...], list[dict[str, object]], int]:
    """Names, records and number of records over several lines."""
    path = place / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    file = TextFile(path, Format(**form))  # type: ignore[arg-type]
    rows = [row for batch in batches(file) for row in batch.to_pylist()]
    return file.columns, rows, file.spanning


def cells(place: Path, content: str | bytes, **form: object) -> list[tuple[object, ...]]:
    columns, rows, _ = read(place, content, **form)
    return [tuple(row[name] for name in columns) for row in rows if row[BROKEN] is None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "latin-1"])
def test_encodings(tmp_path, encoding):
    assert cells(tmp_path, "id,näme\n1,Zoë\n".encode(encoding), encoding=encoding) == [("1", "Zoë")]


@pytest.mark.parametrize(
    ("encoding", "text"), [("gb18030", "深圳电路"), ("big5", "台北電路"), ("shift_jis", "東京基板")]
)
def test_encodings_of_two_bytes(tmp_path, encoding, text):
    assert cells(tmp_path, f"id,name\n1,{text}\n".encode(encoding), encoding=encoding) == [("1", text)]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert read(tmp_path, "id,n\n1,2\n".encode("utf-8-sig"))[0] == ("id", "n")


def test_a_wrong_encoding_names_the_line_and_those_that_fit(tmp_path):
    with pytest.raises(BookError) as problem:
        read(tmp_path, "id,name\n1,ok\n2,Zoë\n".encode("cp1252"))
    assert str(problem.value).startswith("orders.csv: not readable as utf-8: ")
    assert "in line 3; expected the right `encoding` under [format] in book.toml" in str(problem.value)
    assert "cp1252" in str(problem.value)
    with pytest.raises(BookError, match="not readable as utf-16"):
        read(tmp_path, b"id,n\n1,2\n\x00", encoding="utf-16")
    with pytest.raises(BookError, match="not readable as ascii"):
        read(tmp_path, "id,é\n1,2\n", encoding="ascii")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_delimiters(tmp_path, delimiter):
    text = f'id{delimiter}name\n1{delimiter}"x{delimiter}y"\n'
    assert cells(tmp_path, text, delimiter=delimiter) == [("1", f"x{delimiter}y")]


def test_title_rows_are_skipped_and_empty_lines_are_nothing(tmp_path):
    text = 'Report "of\n\nid,n\n\n1,2\n\n3,4\n\n'
    assert cells(tmp_path, text, skip=2) == [("1", "2"), ("3", "4")]
    assert cells(tmp_path, "\n\nid,n\n1,2\n") == [("1", "2")]


def test_names_of_columns_where_the_file_has_none(tmp_path):
    assert read(tmp_path, "1,2\n3,4", header=("x", "y"))[:2] == (
        ("x", "y"),
        [{"x": "1", "y": "2", BROKEN: None, ROW: 1}, {"x": "3", "y": "4", BROKEN: None, ROW: 2}],
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    assert cells(tmp_path, end.join(["id,n", "1,2", "", "3,4"]) + end) == [("1", "2"), ("3", "4")]
    assert cells(tmp_path, end.join(["id,n", "1,2"])) == [("1", "2")]


def test_blanks_quotes_and_line_breaks_in_fields(tmp_path):
    text = 'id, name ,"a\nb"\n 1 ,\u00a0x\u3000,"say ""hi"" 5"" pipe"\n2,5" pipe,"two\nlines"\n'
    columns, rows, spanning = read(tmp_path, text)
    assert columns == ("id", "name", "a\nb")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("1", "x", 'say "hi" 5" pipe'),
        ("2", '5" pipe', "two\nlines"),
    ]
    assert spanning == 1


def test_another_quote_character(tmp_path):
    assert cells(tmp_path, "id,n\n1,'a,b'\n2,\"\n", quote="'") == [("1", "a,b"), ("2", '"')]


def test_ragged_records_keep_their_numbers_and_their_text(tmp_path):
    text = "title\nid,n\n1,2\n3\n\n4,5\n6,7,8\n9,10\n"
    _, rows, _ = read(tmp_path, text, skip=1)
    assert [(row[ROW], row["id"], row[BROKEN]) for row in rows] == [
        (1, "1", None),
        (3, "4", None),
        (5, "9", None),
        (2, None, "1 fields, not 2: 3"),
        (4, None, "3 fields, not 2: 6,7,8"),
    ]


def test_ragged_records_in_many_blocks(tmp_path):
    lines = [f"{i},{'x' * 90}" + (",extra" if i % 50_000 == 7 else "") for i in range(1, 200_001)]
    _, rows, _ = read(tmp_path, "id,n\n" + "\n".join(lines) + "\n")
    assert sum(row[BROKEN] is None for row in rows) == 200_000 - 4
    assert all(int(row["id"]) == row[ROW] for row in rows if row[BROKEN] is None)
    assert [row[ROW] for row in rows if row[BROKEN]] == [7, 50_007, 100_007, 150_007]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,n\n1,2\n3,"4\n5,6\n', 3),  # swallows the rest as one good record
        ('id,n\n1,2\n3,4\n"5,6\n7,8\n', 4),  # and as a broken one
        ('"id,n\n1,2\n', 1),
        ('id,n\n1,"2\n' + "3,4\n" * 3_000_000, 2),  # longer than a block
    ],
)
def test_a_quote_that_never_ends_swallows_nothing_in_silence(tmp_path, text, line):
    with pytest.raises(BookError, match=f"a quoted field begins in line {line} and never ends"):
        read(tmp_path, text)


def test_a_header_alone_has_no_records(tmp_path):
    assert read(tmp_path, "id,n\n")[1] == []
    assert read(tmp_path, "id,n")[1] == []


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", ",,\n1,2,3\n"])
def test_an_empty_file(tmp_path, text):
    with pytest.raises(BookError, match=r"orders.csv: the file is empty; expected a line with the names"):
        read(tmp_path, text)


def test_a_delimiter_at_the_end_of_lines_names_a_column(tmp_path):
    assert read(tmp_path, "id,n,\n1,2,\n")[0] == ("id", "n", "column 3")


MISTAKES = [
    ("a,A,b\n1,2,3\n", "", "orders.csv: two columns are called 'a', capitals aside; expected each name once."),
    ("__row,account_id\n1,2\n", "", "orders.csv: column '__row' begins with two underscores; rename it."),
    (
        "account_id;ordered_on;revenue\nA1;2024-01-01;1\n",
        "",
        "orders.csv: column 'account_id' is missing; found account_id;ordered_on;revenue. The file seems to be "
        "separated by ';': set delimiter under [format] in book.toml.",
    ),
    (
        "konto;tag\nA1;2024-01-01\n",
        '[orders.columns]\naccount_id = "konto"\n',
        "orders.csv: column 'konto', named in [orders.columns] account_id of book.toml, is missing; found konto;tag. "
        "The file seems to be separated by ';': set delimiter under [format] in book.toml.",
    ),
    (
        "account_id,ordered_dt,revenue\nA1,2024-01-01,1\n",
        "",
        "orders.csv: column 'ordered_on' is missing; found account_id, ordered_dt, revenue. "
        "Map it under [orders.columns] in book.toml.",
    ),
    ("account_id,ordered_on,revenue\n", "", "orders.csv: the file has no rows; expected at least one of orders."),
    (
        "account_id,ordered_on,revenue\nA1,13.01.2024,1\nA2,x,1\n",
        "",
        "orders.csv: none of 2 rows could be accepted; most break the rule unparseable_date in column 'ordered_on', "
        'such as 13.01.2024. Expected YYYY-MM-DD, or the form given as date = "%d.%m.%Y" under [format] in book.toml.',
    ),
    (
        'account_id,ordered_on,revenue\nA1,2024-01-01,"1,50"\n',
        "",
        "orders.csv: none of 1 rows could be accepted; most break the rule not_a_number in column 'revenue', such as "
        "1,50. Expected digits with a point, or decimal and thousands given under [format] in book.toml.",
    ),
    (
        "account_id,ordered_on,revenue\nA1,2024-01-01,1,\n",
        "",
        "orders.csv: none of 1 rows could be accepted; most break the rule broken_record, such as 4 fields, not 3: "
        "A1,2024-01-01,1,. Expected as many fields as the header has; a delimiter at the end of each line makes one "
        "more.",
    ),
    (
        "account_id,ordered_on,revenue\na1,2024-01-01,1\n",
        "",
        "orders.csv: none of 1 rows could be accepted; most break the rule unknown_account in column 'account_id', "
        "such as a1. Expected the keys that `accounts` has.",
    ),
    (
        "account_id,ordered_on,revenue\nA1,2024-01-01,1\n",
        "extracted_on = 2023-12-31\n",
        "orders.csv: none of 1 rows could be accepted; most break the rule future_date in column 'ordered_on', such as "
        "2024-01-01. Expected dates up to extracted_on in book.toml.",
    ),
]


@pytest.mark.parametrize(("text", "toml", "sentence"), MISTAKES)
def test_mistakes_in_a_file_are_one_sentence(tmp_path, text, toml, sentence):
    place = book_folder(tmp_path / "b", orders_csv=text, book_toml=toml)
    with pytest.raises(BookError) as problem:
        open_book(place)
    assert str(problem.value) == sentence


def test_accounts_of_which_none_is_accepted(tmp_path):
    place = book_folder(tmp_path / "b", accounts_csv="account_id,employees\nA1,many\n")
    with pytest.raises(
        BookError, match=r"accounts.csv: none of 1 rows could be accepted; most break the rule not_a_nu"
    ):
        open_book(place)


def test_files_stay_inside_the_folder(tmp_path):
    place = book_folder(tmp_path / "b")
    (tmp_path / "secret.csv").write_text("x\n")
    for name in ("../secret.csv", "/etc/passwd", "sub/../../secret.csv", "C:\\secret.csv", "C:/secret.csv"):
        with pytest.raises(BookError, match="leads out of the book's folder"):
            files(place, name)
    with pytest.raises(BookError, match=r"there is no file 'x\*.csv'; found accounts.csv, orders.csv"):
        files(place, "x*.csv")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_the_user_placed_in_the_folder_is_followed(tmp_path):
    place = book_folder(tmp_path / "b")
    (place / "orders.csv").rename(tmp_path / "elsewhere.csv")
    (place / "orders.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert files(place, "orders.csv") == [place / "orders.csv"]
