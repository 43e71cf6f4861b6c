"""Books in a DuckDB file, behind a database URL and behind a connection are those of the text files."""

from __future__ import annotations

import csv
import datetime as dt
import os
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import postgres
import pytest
import xlsxwriter
from folders import ACCOUNTS, ORDERS, book_folder, folder
from postgres import PASSWORD, Server, server  # noqa: F401 - a fixture
from same_book import FEW, assert_same, rows_of, spoiled

from crm_analysis.book import Book, BookError, open_book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.opening import cache, kept

pytestmark = pytest.mark.slow  # the demo company in other files

TYPED: dict[str, Any] = {"date": dt.date.fromisoformat, "money": float, "number": float, "integer": int}


def in_workbooks(source: Path, place: Path) -> Path:
    """The folder's CSV files as typed sheets."""
    place.mkdir()
    (place / "book.toml").write_bytes((source / "book.toml").read_bytes())
    for path in source.glob("*.csv"):
        with (
            path.open(encoding="utf-8", newline="") as file,
            xlsxwriter.Workbook(place / f"{path.stem}.xlsx", {"default_date_format": "dd.mm.yyyy"}) as book,
        ):
            sheet = book.add_worksheet()
            names, *rows = csv.reader(file)
            sheet.write_row(0, 0, names)
            casts = [TYPED.get(CONTRACT[path.stem].column(name).type, str) for name in names]
            for number, row in enumerate(rows, start=1):
                typed = [cast(text) if text else None for cast, text in zip(casts, row, strict=True)]
                sheet.write_row(number, 0, typed)
    return place


def in_duckdb(source: Path, file: Path, schema: str = "erp") -> Path:
    """The folder's CSV files as typed tables of a DuckDB file, in an order of their own."""
    types = {"text": "VARCHAR", "date": "DATE", "integer": "BIGINT", "flag": "BOOLEAN"}
    with duckdb.connect(file) as con:
        con.execute(f'CREATE SCHEMA "{file.stem}"."{schema}"')
        for path in source.glob("*.csv"):
            with path.open(encoding="utf-8") as lines:
                names = lines.readline().strip().split(",")
            kinds = {name: types.get(CONTRACT[path.stem].column(name).type, "DECIMAL(38,6)") for name in names}
            read = f"read_csv('{path}', header=true, columns={kinds}, auto_detect=false)"
            table = f'"{file.stem}"."{schema}"."{path.stem}"'
            con.execute(f"CREATE TABLE {table} AS SELECT * FROM {read} ORDER BY random()")
    return file


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoiled(tmp_path_factory.mktemp("files") / "b", FEW, every=8)


@pytest.fixture(scope="module")
def plain(files: Path) -> Book:
    return open_book(files)


def test_the_demo_in_workbooks(files, plain, tmp_path):
    assert_same(open_book(in_workbooks(files, tmp_path / "b")), plain)


def test_the_demo_in_a_duckdb_file(files, plain, tmp_path):
    file = in_duckdb(files, tmp_path / "erp.duckdb")
    toml = folder(
        tmp_path / "t", book_toml=f'database = "erp.duckdb"\nschema = "erp"\n{(files / "book.toml").read_text()}'
    )
    file.rename(toml / file.name)
    book = open_book(toml)
    assert_same(book, plain)
    assert set(book.check.inputs) == {"book.toml", *(f"erp.{path.stem}" for path in files.glob("*.csv"))}
    assert book.table("orders").source.execute().unique().tolist() == ["erp.orders"]
    again = in_duckdb(files, tmp_path / "erp.duckdb")  # the same rows in another order
    again.replace(toml / file.name)
    assert open_book(toml).check == book.check


@pytest.mark.postgres
def test_the_demo_on_a_server_that_may_only_be_read(server: Server, files, plain):  # noqa: F811
    postgres.load(server, files, "demo erp")
    url = server.url("demo%20erp")
    assert_same(open_book(url, files / "book.toml"), plain)
    with psycopg_reader(server) as con:
        for forbidden in ('CREATE TABLE "demo erp".x (a int)', "CREATE TEMP TABLE x (a int)", "CREATE TABLE x (a int)"):
            with pytest.raises(Exception, match=r"permission denied|no schema has been selected"):
                con.execute(forbidden)


def psycopg_reader(server: Server) -> Any:  # noqa: F811
    import psycopg

    return psycopg.connect(
        host="127.0.0.1", port=server.port, user="reader", password=PASSWORD, dbname="books", autocommit=True
    )


def small(con: duckdb.DuckDBPyConnection, schema: str = "main") -> None:
    """Two accounts and two orders."""
    con.execute(
        f"CREATE TABLE {schema}.accounts AS SELECT * FROM (VALUES ('A1','Alder'),('A2','Birch')) t(account_id,name)"
    )
    con.execute(
        f"CREATE TABLE {schema}.orders AS SELECT * FROM (VALUES ('L1','A1',DATE '2024-01-10',10.50),"
        "('L2','A2',DATE '2024-02-10',20)) t(line_id,account_id,ordered_on,revenue)"
    )


@pytest.fixture
def erp(tmp_path: Path) -> Path:
    """A DuckDB file of a small book."""
    with duckdb.connect(tmp_path / "erp.duckdb") as con:
        small(con)
    return tmp_path / "erp.duckdb"


def test_a_duckdb_file_and_a_connection_need_no_mapping(erp):
    book = open_book(erp)
    assert (book.name, book.check.exit_code) == ("erp", 0)
    con = ibis.duckdb.connect(erp, read_only=True)
    live = open_book(con)
    assert rows_of(live) == rows_of(book)
    own = [name for name in con.list_tables() if not name.startswith("__")]
    assert own == ["accounts", "orders"]  # as it was, and still open
    con.disconnect()
    assert open_book(str(erp)).check == book.check


def test_tables_of_other_names_views_lookups_and_files_beside_them(erp, tmp_path):
    with duckdb.connect(erp) as con:
        con.execute(
            "CREATE TABLE vbak AS SELECT line_id AS no, account_id, ordered_on, revenue, 7 AS matnr FROM orders"
        )
        con.execute("CREATE VIEW items AS SELECT *, 'never read' AS secret FROM vbak")
        con.execute("CREATE TABLE Mara AS SELECT 7 AS matnr, 'boards' AS kind, 'x' AS other")
        con.execute("DROP TABLE orders")
        con.execute("DROP TABLE accounts")
    toml = """
database = "erp.duckdb"
[orders]
table = "ITEMS"
[orders.columns]
line_id = "no"
family = "kind"
[orders.derived]
cost = "col('revenue') * 0.5"
[[orders.lookup]]
table = "mara"
on = "matnr"
take = ["kind"]
"""
    place = folder(tmp_path, book_toml=toml, accounts_csv=ACCOUNTS)
    book = open_book(place)
    orders = book.table("orders").order_by("line_id").execute()
    assert orders.family.tolist() == ["boards", "boards"]
    assert orders.cost.tolist() == [Decimal("5.25"), Decimal("10")]
    assert set(book.check.inputs) == {"book.toml", "accounts.csv", "main.items", "main.Mara"}
    assert not [note for note in book.check.notes if "secret" in note]


def test_accounts_made_of_order_lines_in_a_database(erp, tmp_path):
    with duckdb.connect(erp) as con:
        con.execute(
            "CREATE TABLE sales AS SELECT line_id, account_id AS kunde, ordered_on, revenue, 'DE' AS land FROM orders"
        )
    toml = '[accounts]\nfrom = "orders"\n[accounts.columns]\naccount_id = "kunde"\ncountry = "{}"\n'
    toml += '[orders]\ntable = "sales"\n'
    place = folder(tmp_path / "t", my_toml=toml.format("land"))
    book = open_book(erp, place / "my.toml")
    assert book.table("accounts").select("account_id", "country").to_pyarrow().to_pylist() == [
        {"account_id": "A1", "country": "DE"},
        {"account_id": "A2", "country": "DE"},
    ]
    folder(place, my_toml=toml.format("staat"))
    with pytest.raises(BookError) as problem:
        open_book(erp, place / "my.toml")
    assert str(problem.value) == (
        "main.sales: column 'staat', named in [accounts.columns] country of book.toml, is missing; found line_id, "
        "kunde, ordered_on, revenue, land."
    )


def test_a_mapping_beside_a_database_names_files_from_its_own_folder(erp, tmp_path):
    with duckdb.connect(erp) as con:
        con.execute("DROP TABLE accounts")
    place = folder(tmp_path / "t", my_toml='[accounts]\nfile = "accounts.csv"\n', accounts_csv=ACCOUNTS)
    assert open_book(erp, place / "my.toml").check.inputs.keys() == {"my.toml", "accounts.csv", "main.orders"}
    folder(place, my_toml='database = "x.duckdb"\n')
    with pytest.raises(BookError, match=r"names a database, but one was given besides; expected one of the two"):
        open_book(erp, place / "my.toml")


def test_columns_of_all_types(erp):
    with duckdb.connect(erp) as con:
        con.execute("CREATE TYPE office AS ENUM ('Brno', 'Lyon')")
        con.execute(
            "ALTER TABLE accounts ADD COLUMN sales_office office; UPDATE accounts SET sales_office = 'Brno';"
            "ALTER TABLE accounts ADD COLUMN group_id UUID;"
            "UPDATE accounts SET group_id = '00000000-0000-0000-0000-00000000000f';"
            "ALTER TABLE accounts ADD COLUMN key_account BOOLEAN; UPDATE accounts SET key_account = account_id = 'A1';"
            "ALTER TABLE accounts ADD COLUMN employees HUGEINT; UPDATE accounts SET employees = 12;"
            "ALTER TABLE accounts ADD COLUMN known_since TIMESTAMPTZ;"
            "UPDATE accounts SET known_since = TIMESTAMPTZ '2020-01-01 23:30:00-05';"
            "ALTER TABLE orders ADD COLUMN cost DOUBLE; UPDATE orders SET cost = 0.1 + 0.2;"
            "ALTER TABLE orders ADD COLUMN quantity DECIMAL(38,10); UPDATE orders SET quantity = 12345678.0123;"
            "ALTER TABLE orders ADD COLUMN shipped_on TIMESTAMP; UPDATE orders SET shipped_on = '2024-03-01 12:00:00';"
            "ALTER TABLE orders ADD COLUMN order_id BIGINT; UPDATE orders SET order_id = 4711"
        )
    book = open_book(erp)
    assert book.check.exit_code == 0
    first = book.table("accounts").order_by("account_id").execute().iloc[0]
    assert (first.sales_office, first.group_id[-1], bool(first.key_account), first.employees) == ("Brno", "f", True, 12)
    assert str(first.known_since)[:10] == "2020-01-02"
    line = book.table("orders").order_by("line_id").execute().iloc[0]
    assert (line.cost, line.quantity, line.order_id) == (Decimal("0.3"), Decimal("12345678.0123"), "4711")
    assert str(line.shipped_on)[:10] == "2024-03-01"
    with duckdb.connect(erp) as con:
        con.execute("ALTER TABLE orders DROP COLUMN order_id; ALTER TABLE orders ADD COLUMN order_id INTEGER[]")
    with pytest.raises(BookError, match=r"main.orders: column 'order_id' holds array<int32>; expected texts, numbers"):
        open_book(erp)


@pytest.mark.parametrize(
    ("harm", "toml", "sentence"),
    [
        (
            "DROP TABLE orders",
            "",
            "no orders; found accounts. Expected a table orders, or a [orders] section in book.toml",
        ),
        ("", '[orders]\ntable = "x"', "there is no table 'x' in schema 'main'; found accounts, orders."),
        (
            "",
            '[orders.columns]\ncost = "x"',
            "main.orders: column 'x', named in [orders.columns] cost of book.toml, is mis",
        ),
        (
            "ALTER TABLE orders RENAME revenue TO umsatz",
            "",
            "main.orders: column 'revenue' is missing; found line_id, account_id, ordered_on, umsatz.",
        ),
        ("", "[invoices]", "book.toml: [invoices] needs `file`, `table`; the database has no table invoices."),
    ],
)
def test_what_is_missing_is_named(erp, tmp_path, harm, toml, sentence):
    with duckdb.connect(erp) as con:
        con.execute(harm or "SELECT 1")
    place = folder(tmp_path / "t", my_toml=toml)
    with pytest.raises(BookError) as problem:
        open_book(erp, place / "my.toml")
    assert sentence in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('schema = "erp"\ndatabase = 3', "book.toml: database is 3; expected a text."),
        ('database = "erp.duckdb"\nschema = "sales"', "there is no schema 'sales' that may be used; found main"),
        ('schema = "erp"', "book.toml: schema is given without `database`; name the database too."),
        ('database = "../x.duckdb"', "book.toml: file '../x.duckdb' leads out of the book's folder"),
        (
            'database = "erp.mdb"',
            "book.toml: database is 'erp.mdb'; expected a URL, or a DuckDB file ending in .duckdb,",
        ),
        ('database = "no.duckdb"', "no.duckdb: No such file or directory."),
        ('database = "junk.db"', "junk.db: not readable as a DuckDB file: "),
        ('database = "nothing://x/y"', "nothing://x/y: cannot be opened: "),
        ('database = "postgresql://x:y/z"', "the database's URL is not readable: "),
        ('[orders]\ntable = "vbak"', "[orders] names a `table`, but there is no `database`; expected both."),
        ('[orders]\ntable = "a"\nfile = "b"', "book.toml: [orders] has both `file` and `table`; keep one."),
        (
            '[orders]\ntable = "a"\nsheet = "b"',
            "book.toml: orders.sheet is given with `table`; only files have sheets.",
        ),
    ],
)
def test_mistakes_with_databases(erp, tmp_path, toml, sentence):
    (tmp_path / "junk.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(BookError) as problem:
        open_book(folder(tmp_path, book_toml=toml, accounts_csv=ACCOUNTS))
    assert sentence in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_duckdb_file_that_another_program_writes_to(erp):
    code = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(erp)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(BookError, match=r"erp.duckdb: another program has the DuckDB file open for writing; close"):
            open_book(erp)
    finally:
        other.communicate()
    assert open_book(erp).check.exit_code == 0


def test_a_kept_book_is_opened_as_it_stands(tmp_path):
    place = book_folder(tmp_path / "b")
    home = kept(place)
    book = open_book(place)
    (place / "orders.csv").write_text(ORDERS + "L3,A1,2024-02-11,1\n")
    assert home.parent == cache()
    assert kept(home) == home
    assert open_book(home).check == book.check
    whole = (home / "check.json").read_text(encoding="utf-8")
    (home / "check.json").write_text("x" * len(whole.encode()))
    with pytest.raises(BookError, match="was kept by another version of this program; open its source again"):
        open_book(home)
    (home / "orders.parquet").unlink()
    with pytest.raises(BookError, match="parts of this kept book are missing or cut; open its source again"):
        open_book(home)


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:  # noqa: F811
    """The server with a small book in the schema `Shop`."""
    postgres.load(server, book_folder(tmp_path_factory.mktemp("shop") / "b"), "Shop")
    return server


@pytest.mark.postgres
def test_passwords_stand_nowhere(shop, tmp_path, monkeypatch):
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("CRM_ANALYSIS_CACHE", str(tmp_path / "cache"))
    from urllib.parse import quote

    quoted = quote(PASSWORD, safe="")
    for url in (
        shop.url("Shop").replace("reader@", f"reader:{quoted}@"),
        f"{shop.url('Shop')}&password={quoted}",
    ):
        home = kept(url)
        book = open_book(home)
        assert book.name == "books"
        for text in [book.check.to_json(), *(path.read_bytes().decode("latin-1") for path in home.iterdir())]:
            assert PASSWORD not in text
            assert quoted not in text
        with pytest.raises(BookError) as problem:
            open_book(url.replace("/books", "/nowhere"))
        assert PASSWORD not in str(problem.value)
        assert quoted not in str(problem.value)
        assert str(problem.value).startswith(f"postgresql://reader@127.0.0.1:{shop.port}/nowhere: cannot be opened: ")


@pytest.mark.postgres
def test_servers_and_rights_that_are_missing(shop, tmp_path, monkeypatch):
    def mistake(url: str, toml: str = "") -> str:
        with pytest.raises(BookError) as problem:
            open_book(url, folder(tmp_path / "t", my_toml=toml) / "my.toml")
        assert "\n" not in str(problem.value)
        return str(problem.value)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    assert "Connection refused" in mistake(shop.url("Shop", port=closed))
    base = f"postgresql://reader@127.0.0.1:{shop.port}/books"
    assert mistake(shop.url("nope")).startswith(f"{base}: there is no schema 'nope' that may be used; found ")
    assert mistake(f"{base}").startswith(f"{base}: ")
    shop.run("CREATE SCHEMA IF NOT EXISTS hidden", 'CREATE TABLE IF NOT EXISTS "Shop".secret (line_id text)')
    assert "there is no schema 'hidden' that may be used" in mistake(shop.url("hidden"))
    assert "permission denied for table secret" in mistake(
        shop.url("Shop"),
        '[orders]\ntable = "secret"\n[orders.columns]\naccount_id = "line_id"\nordered_on = "line_id"\n'
        'revenue = "line_id"\n',
    )
    assert "there is no table 'vbak' in schema 'Shop'; found accounts, orders." in mistake(
        shop.url("Shop"), '[orders]\ntable = "vbak"\n'
    )
    monkeypatch.setenv("PGPASSWORD", "wrong")
    assert 'password authentication failed for user "reader"' in mistake(shop.url("Shop"))


@pytest.mark.postgres
def test_numbers_and_days_that_no_other_engine_has(shop):
    shop.run(
        "CREATE SCHEMA odd",
        'CREATE TABLE odd.accounts AS TABLE "Shop".accounts',
        "CREATE TYPE odd.office AS ENUM ('Brno')",
        "CREATE DOMAIN odd.amount AS numeric(12, 2)",
        "ALTER TABLE odd.accounts ADD sales_office odd.office DEFAULT 'Brno', ADD group_id uuid DEFAULT "
        "'00000000-0000-0000-0000-00000000000f', ADD postal_code char(8) DEFAULT '602 81', "
        "ADD known_since timestamptz DEFAULT '2020-01-01 23:30:00-05', ADD notes jsonb DEFAULT '{}'",
        "CREATE TABLE odd.orders (line_id text, account_id text, ordered_on date, revenue numeric, cost odd.amount, "
        "quantity float8, shipped_on timestamp)",
        "INSERT INTO odd.orders VALUES ('L1', 'A1', '2024-01-10', 10.5, 3.25, 2, '2024-02-01 10:00'),"
        "('L2', 'A1', '2024-01-10', 'NaN', 1, 1, NULL), ('L3', 'A1', '2024-01-10', '-Infinity', 1, 1, NULL),"
        "('L4', 'A1', 'infinity', 1, 1, 1, NULL), ('L5', 'A1', '0044-03-15 BC', 1, 1, 1, NULL),"
        "('L6', 'A1', '2024-01-10', 1, 1, 'NaN', NULL), ('L7', 'A1', '2024-01-10', 1e40, 1, 1, NULL),"
        "('L8', 'A1', '2024-01-10', 0.123456789, NULL, 1, 'infinity')",
        "GRANT USAGE ON SCHEMA odd TO reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA odd TO reader",
    )
    book = open_book(shop.url("odd"))
    lost = book.quarantine.execute()
    assert sorted(zip(lost.rule, lost.column, lost.value, strict=True)) == [
        ("absurd_date", "ordered_on", "0001-01-01"),
        ("absurd_date", "ordered_on", "9999-12-31"),
        ("not_a_number", "revenue", "1" + "0" * 40),
        ("not_finite", "quantity", "nan"),
        ("not_finite", "revenue", "-Infinity"),
        ("not_finite", "revenue", "NaN"),
    ]
    lines = book.table("orders").order_by("line_id").execute()
    assert lines.line_id.tolist() == ["L1", "L8"]
    assert lines.shipped_on.isna().tolist() == [False, True]  # "infinity" is no day: none
    line = lines.iloc[0]
    assert (line.revenue, line.cost, line.quantity) == (Decimal("10.5"), Decimal("3.25"), Decimal("2"))
    account = book.table("accounts").order_by("account_id").execute().iloc[0]
    assert (account.sales_office, account.group_id[-1], account.postal_code) == ("Brno", "f", "602 81")
    assert str(account.known_since)[:10] == "2020-01-02"
    with pytest.raises(BookError, match=r"odd.accounts: column 'notes' holds (json|binary|unknown)"):
        open_book(shop.url("odd"), folder(Path(os.environ["CRM_ANALYSIS_CACHE"]) / "t", m_toml=JSON) / "m.toml")


JSON = '[accounts.columns]\nname = "notes"\n'


@pytest.mark.postgres
def test_all_tables_are_of_one_moment_and_nothing_can_be_written(shop, tmp_path):
    from crm_analysis.book.database import opened

    with opened(shop.url("Shop"), None, tmp_path) as base:
        before = base.table("orders")[1].count().execute()
        shop.run("""INSERT INTO "Shop".orders VALUES ('L9', 'A1', '2024-02-12', 5)""")
        assert base.table("orders")[1].count().execute() == before == 2
        with pytest.raises(Exception, match="read-only transaction"):
            base.con.con.execute('DELETE FROM "Shop".orders')
    assert open_book(shop.url("Shop")).check.rows["orders"].found == 3
    shop.run("""DELETE FROM "Shop".orders WHERE line_id = 'L9'""")
    assert open_book(shop.url("Shop")).check.rows["orders"].found == 2


@pytest.mark.postgres
def test_a_connection_to_a_server_stays_open_and_as_it_was(shop, tmp_path):
    url = shop.url("Shop")
    con = ibis.connect(url)
    with pytest.raises(BookError, match=r"the postgres connection: no schema is stated; found .*Shop"):
        open_book(con)  # Ibis sets a search path that folds capitals
    toml = folder(tmp_path, my_toml='schema = "Shop"\nname = "books"\n') / "my.toml"
    assert rows_of(open_book(con, toml)) == rows_of(open_book(url))
    assert set(con.list_tables(database="Shop")) >= {"accounts", "orders"}
    con.disconnect()


def test_all_notebooks_of_a_report_get_the_same_kept_book(erp, tmp_path, monkeypatch, capsys):
    from crm_analysis.cli import main
    from crm_analysis.errors import ReportError

    jobs: list[Any] = []

    def caught(prepared: list[Any], *_: Any) -> None:
        jobs.extend(prepared)
        raise ReportError("far enough")

    monkeypatch.setattr("crm_analysis.report.kernels.run_notebooks", caught)
    toml = folder(tmp_path / "t", my_toml='name = "Mine"\n') / "my.toml"
    arguments = ["report", str(erp), "--toml", str(toml), "--quarter", "2024Q1", "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "far enough" in capsys.readouterr().err
    homes = {job.parameters["book"] for job in jobs}
    assert homes == {str(kept(erp, toml))}
    assert len(jobs) > 1
    erp.unlink()
    assert open_book(homes.pop()).name == "Mine"
