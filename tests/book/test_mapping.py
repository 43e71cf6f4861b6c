"""book.toml: what it may say, and one clear sentence for each mistake in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from folders import book_folder, folder

from crm_analysis.book import BookError, open_book
from crm_analysis.book.layout import Format
from crm_analysis.book.mapping import mapping


def mapped(place: Path, toml: str):
    return mapping(book_folder(place, book_toml=toml))


MISTAKES = [
    ("nmae = 'x'", "book.toml: key 'nmae' is not known; did you mean 'name'?"),
    ("[ordres]\nfile='x'", "book.toml: key 'ordres' is not known; did you mean 'orders'?"),
    ("[orders]\nflie='x'", "book.toml: key 'orders.flie' is not known; did you mean 'file'?"),
    ("[orders.columns]\nrevenu='x'", "book.toml: key 'orders.columns.revenu' is not known; did you mean 'revenue'?"),
    ("[orders.derived]\nrevenu='x'", "book.toml: key 'orders.derived.revenu' is not known; did you mean 'revenue'?"),
    ("[format]\nencodng='x'", "book.toml: key 'format.encodng' is not known; did you mean 'encoding'?"),
    ("name = 3", "book.toml: name is 3; expected a text."),
    ("orders = 3", "book.toml: [orders] is 3; expected a section."),
    ("format = 'x'", "book.toml: [format] is 'x'; expected a section."),
    (
        "extracted_on = '2024-01-01'",
        "book.toml: extracted_on is '2024-01-01'; expected a date such as 2026-09-30, without quotes.",
    ),
    ("notes = [1]", "book.toml: notes is [1]; expected a text or a list of texts."),
    ("[orders]\nfile = 3", "book.toml: orders.file is 3; expected a text or a list of texts."),
    ("[orders.columns]\nrevenue = 3", "book.toml: orders.columns.revenue is 3; expected a text."),
    ("[orders]\ncolumns = 'x'", "book.toml: orders.columns is 'x'; expected a section of names."),
    (
        "[orders.columns]\ncost='a'\n[orders.derived]\ncost='b'",
        "book.toml: orders.derived.cost is given in orders.columns too; keep one.",
    ),
    ("[orders]\nfrom='x'", "book.toml: orders.from is 'x'; only accounts can be made, from \"orders\"."),
    ("[accounts]\nfrom='orders'\nfile='x'", "book.toml: [accounts] has both `file` and `from`; keep one."),
    (
        "[accounts]\nfrom='orders'\n[accounts.derived]\nname='x'",
        "book.toml: [accounts] is made from orders; derived columns, lookups and format belong to [orders].",
    ),
    ("[reps.columns]\nrep_id='x'", "book.toml: [reps] needs `file`; there is no reps.csv or reps.parquet."),
    ("[format]\nencoding='klingon'", "book.toml: format.encoding is 'klingon', which is not an encoding."),
    ("[format]\nencoding='base64'", "book.toml: format.encoding is 'base64', which is not an encoding."),
    ("[format]\ndelimiter='::'", "book.toml: format.delimiter is '::'; expected one character."),
    ("[format]\ndelimiter='\"'", "book.toml: format.delimiter is '\"', as is quote; expected two characters."),
    ("[format]\ndecimal=''", "book.toml: format.decimal is ''; expected one character."),
    ("[format]\nthousands='.'", "book.toml: format.thousands is '.'; expected one character other than decimal."),
    ("[format]\nnegative='red'", "book.toml: format.negative is 'red'; expected leading, trailing or parentheses."),
    ("[format]\nskip=-1", "book.toml: format.skip is -1; expected a number of lines."),
    ("[format]\nskip=true", "book.toml: format.skip is True; expected a number of lines."),
    ("[format]\nheader=false", "book.toml: format.header is false; give the names of the columns as a list instead."),
    ("[format]\nheader=['a','a']", "book.toml: format.header names 'a' twice; expected each name once."),
    ("[format]\nheader=[1]", "book.toml: format.header is [1]; expected a text or a list of texts."),
    ("[format]\nnull=[0]", "book.toml: format.null is [0]; expected a text or a list of texts."),
    (
        "[format]\ndate='dd.mm.yyyy'",
        "book.toml: format.date is 'dd.mm.yyyy' and names no year; expected such as \"%d.%m.%Y\".",
    ),
    (
        "[format]\ndate='%d.%m.%Q'",
        "book.toml: format.date is '%d.%m.%Q' and has %Q, which is unknown; expected such as \"%d.%m.%Y\".",
    ),
    ("[format]\ndate=3", "book.toml: format.date is 3; expected a text."),
    (
        "[orders.lookup]\nfile='x'",
        "book.toml: [orders.lookup] is one section; write it with two brackets, [[orders.lookup]].",
    ),
    ("[[orders.lookup]]\nfile='x'", "book.toml: [[orders.lookup]] needs `on`."),
    (
        "[[orders.lookup]]\nfile='x'\non={}\ntake=['a']",
        "book.toml: [[orders.lookup]] has an empty `on` or `take`; name at least one column.",
    ),
    (
        "[[orders.lookup]]\nfile='x'\non='a'\ntake=3",
        "book.toml: orders.lookup.take is 3; expected a section of names.",
    ),
]


@pytest.mark.parametrize(("toml", "sentence"), MISTAKES)
def test_mistakes_are_one_sentence(tmp_path, toml, sentence):
    with pytest.raises(BookError) as problem:
        mapped(tmp_path, toml)
    assert str(problem.value) == sentence


def test_what_is_no_toml(tmp_path):
    with pytest.raises(BookError, match=r"book.toml: not readable as TOML: .*line 1"):
        mapped(tmp_path / "a", "name = = 3")
    place = book_folder(tmp_path / "b", book_toml="name = 'Zoë'".encode("cp1252"))
    with pytest.raises(BookError, match="not readable as TOML: 'utf-8' codec"):
        mapping(place)
    with pytest.raises(BookError, match=r"there is no such file; expected a book.toml"):
        mapping(place, place / "nowhere.toml")
    with pytest.raises(BookError, match=r"is a folder; expected a file such as book.toml"):
        mapping(place, place)


def test_a_whole_book_toml(tmp_path):
    toml = """
        name = "Nord"
        currency = "SEK"
        extracted_on = 2026-09-30
        notes = "one note"
        [format]
        delimiter = ";"
        decimal = ","
        [orders]
        file = ["2024*.csv", "2025.csv"]
        [orders.format]
        null = "-"
        [[orders.lookup]]
        file = "lands.csv"
        on = { land = "code" }
        take = { country = "name" }
        format = { delimiter = "|" }
    """
    plan = mapped(tmp_path, toml)
    assert (plan.name, plan.currency, plan.extracted_on, plan.notes) == (
        "Nord",
        "SEK",
        dt.date(2026, 9, 30),
        ("one note",),
    )
    orders = plan.tables["orders"]
    assert orders.files == ("2024*.csv", "2025.csv")
    assert orders.form == Format(delimiter=";", decimal=",", null=("-",))
    assert orders.lookups[0].form == Format(delimiter="|", decimal=",", null=("-",))
    assert (orders.lookups[0].on, orders.lookups[0].take) == ({"land": "code"}, {"country": "name"})
    assert plan.tables["accounts"].files == ("accounts.csv",)
    assert plan.tables["accounts"].form == Format(delimiter=";", decimal=",")


def test_columns_can_be_mapped_of_the_file_that_bears_the_tables_name(tmp_path):
    plan = mapped(tmp_path, "[orders.columns]\nrevenue = 'Betrag'")
    assert plan.tables["orders"].files == ("orders.csv",)
    assert plan.tables["orders"].columns == {"revenue": "Betrag"}


def test_names_of_files_in_capitals_and_two_files_of_one_table(tmp_path):
    place = folder(tmp_path / "b", Orders_CSV="x\n", accounts_csv="x\n", accounts_parquet=b"x")
    with pytest.raises(
        BookError, match=r"b: both accounts.csv and accounts.parquet are there; keep one, or name it in bo"
    ):
        mapping(place)
    folder(place, book_toml="[accounts]\nfile = 'accounts.csv'\n")
    plan = mapping(place)
    assert plan.tables["accounts"].files == ("accounts.csv",)
    assert plan.tables["orders"].files == ("Orders.CSV",)


LANDS = "code,land,n\nDE,Germany,1\nFR,France,2\n,Nowhere,3\n,Nowhere,4\n"
LOOKUP = "[[accounts.lookup]]\nfile='lands.csv'\non={name='code'}\ntake={country='land'}\n"


def test_a_lookup_takes_columns_and_says_what_it_did_not_find(tmp_path):
    accounts = "account_id,name\nA1, DE\nA2,XX\nA3,\n"
    book = open_book(book_folder(tmp_path / "b", accounts_csv=accounts, lands_csv=LANDS, book_toml=LOOKUP))
    found = book.table("accounts").order_by("account_id").execute()
    assert found.country.where(found.country.notna(), "-").tolist() == ["Germany", "-", "-"]
    assert [one.rows for one in book.check.fired if one.name == "unmatched_lookup"] == [1]
    assert set(book.check.inputs) == {"book.toml", "accounts.csv", "orders.csv", "lands.csv"}


@pytest.mark.parametrize(
    ("lands", "toml", "sentence"),
    [
        (LANDS + "DE,Doubleland,5\n", LOOKUP, "lands.csv: code DE stands there 2 times; a lookup needs each key once."),
        (
            LANDS,
            LOOKUP.replace("'land'", "'lnd'"),
            "lands.csv: column 'lnd', named in [[accounts.lookup]] of book.toml, is missing; found code, land, n.",
        ),
        (
            LANDS,
            LOOKUP.replace("country=", "Name="),
            "accounts.csv: the lookup of lands.csv takes a column 'Name' that is there already; give it another name: "
            'take = {"other name" = "land"}.',
        ),
        (
            LANDS,
            LOOKUP.replace("{name=", "{nmae="),
            "accounts.csv: column 'nmae', named in [[accounts.lookup]] of book.toml, is missing; "
            "found account_id, name.",
        ),
        (LANDS, LOOKUP.replace("lands.csv", "*s.csv"), "book.toml: the lookup's file '*s.csv' is 3 files; name one."),
        (LANDS, LOOKUP.replace("lands.csv", "../lands.csv"), None),
    ],
)
def test_mistakes_in_a_lookup(tmp_path, lands, toml, sentence):
    with pytest.raises(BookError) as problem:
        open_book(book_folder(tmp_path / "b", lands_csv=lands, book_toml=toml))
    assert str(problem.value) == (
        sentence or "book.toml: file '../lands.csv' leads out of the book's folder; name a file inside it."
    )


def test_files_of_one_table_with_other_columns(tmp_path):
    toml = "[orders]\nfile = 'year*.csv'\n"
    one, two = (
        "account_id,ordered_on,revenue,cost\nA1,2024-01-01,1,1\n",
        "account_id,ordered_on,revenue\nA1,2024-01-01,1\n",
    )
    place = book_folder(tmp_path / "b", year1_csv=one, year2_csv=two, book_toml=toml)
    with pytest.raises(
        BookError, match=r"year2.csv: gives .*; expected the columns of year1.csv: account_id, ordered_on"
    ):
        open_book(place)


def test_a_german_export(tmp_path):
    orders = (
        "Auftragsliste;;;\r\n\r\nKunde;Datum;Betrag;Rabatt\r\n"
        '0001;31.01.2024;"1.234,50";(1)\r\n0002;01.02.2024;20,00-;k.A.\r\n0001;01.02.2024 ;5;\r\n'
    )
    toml = """
        [accounts]
        from = "orders"
        [orders]
        file = "Auftraege.txt"
        format = { encoding = "cp1252", delimiter = ";", skip = 2, date = "%d.%m.%Y", decimal = ",", thousands = ".",
                   negative = "trailing", null = ["k.A."] }
        [orders.columns]
        account_id = "Kunde"
        ordered_on = "Datum"
        revenue = "Betrag"
    """.replace("\n                   ", " ")
    book = open_book(folder(tmp_path / "b", Auftraege_txt=orders.encode("cp1252"), book_toml=toml))
    assert book.check.exit_code == 0
    lines = book.table("orders").order_by("ordered_on", "revenue").execute()
    assert [float(value) for value in lines.revenue] == [1234.5, -20, 5]
    assert lines.account_id.tolist() == ["0001", "0002", "0001"]
    assert "orders: columns not used: Rabatt (Auftraege.txt)" in book.check.notes
