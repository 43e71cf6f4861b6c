"""A book behind a connection, used where it is, is the book of its files: on DuckDB and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import postgres
import pytest
from folders import folder
from postgres import PASSWORD, READER, Server, server  # noqa: F401 - a fixture
from same_book import DAY, DEMO, FEW, assert_answers_alike, assert_histories_alike, copied, spoiled, toml_in

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, BookError, open_book

pytestmark = pytest.mark.slow  # the same checks again on other connections


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoiled(tmp_path_factory.mktemp("files") / "b", FEW, every=8)


@pytest.fixture(scope="module")
def plain(files: Path) -> Book:
    return open_book(files)


def test_on_duckdb(files, plain, tmp_path):
    con = ibis.duckdb.connect()
    for name in FEW:
        con.read_csv(files / f"{name}.csv", table_name=name, all_varchar=True)
    before = set(con.list_tables())
    book = open_book(con, toml_in(tmp_path, files))
    assert_answers_alike(book, plain)
    assert_histories_alike(book, plain)
    assert {name for name in con.list_tables() if not name.startswith("__")} == before


@pytest.mark.postgres
def test_on_a_server_that_may_only_be_read(server: Server, tmp_path):  # noqa: F811
    """A clean book works everything out anew; of one with faults a user without rights is told what to do."""
    few = copied(DEMO, tmp_path / "few", ("accounts", "orders"))
    lines = (few / "orders.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (few / "orders.csv").write_text("".join(lines[:3000]), encoding="utf-8")
    postgres.load(server, few, "clean")
    spoiled(tmp_path / "faulty", ("accounts", "orders"), every=8)
    postgres.load(server, tmp_path / "faulty", "in place")
    con = reader(server)
    book, clean = open_book(con, toml_in(tmp_path / "a", few, 'schema = "clean"')), open_book(few)
    assert book.check.rows == clean.check.rows
    assert book.check.revenue == clean.check.revenue
    pd.testing.assert_frame_equal(accounts(book, DAY), accounts(clean, DAY), check_exact=True)
    with pytest.raises(
        BookError, match=r"in place\.orders: 6 rows break a rule, most of them .* To copy it, give the URL"
    ):
        open_book(con, toml_in(tmp_path / "b", few, 'schema = "in place"'))
    con.disconnect()


@pytest.mark.postgres
def test_on_a_server_with_temporary_tables(server: Server, files, plain, tmp_path):  # noqa: F811
    postgres.load(server, files, "faults")
    server.run(f"GRANT TEMPORARY ON DATABASE books TO {READER}")
    try:
        con = reader(server)
        book = open_book(con, toml_in(tmp_path, files, 'schema = "faults"'))
        assert_answers_alike(book, plain)
        assert_histories_alike(book, plain)
        con.disconnect()
    finally:
        server.run(f"REVOKE TEMPORARY ON DATABASE books FROM {READER}")


def reader(server: Server) -> Any:  # noqa: F811
    return ibis.postgres.connect(host="127.0.0.1", port=server.port, user=READER, password=PASSWORD, database="books")


def test_what_cannot_be_used_in_place_is_one_sentence(tmp_path):
    con = ibis.duckdb.connect()
    con.raw_sql("CREATE TABLE accounts AS SELECT 'A' AS account_id")
    with pytest.raises(BookError, match=r"the duckdb connection: no orders; found accounts\. Expected a table orders"):
        open_book(con)
    con.raw_sql("CREATE TABLE orders AS SELECT 'L' AS line_id, 'A' AS account_id, DATE '2024-01-01' AS ordered_on")
    with pytest.raises(BookError, match="revenue"):
        open_book(con)
    place = folder(tmp_path, a_toml='[orders]\nfile = "orders.csv"\n', b_toml='database = "erp.duckdb"\n')
    with pytest.raises(BookError, match=r"\[orders\] names the file 'orders.csv', but behind a connection are tables"):
        open_book(con, place / "a.toml")
    with pytest.raises(BookError, match="names a database, but a connection was given besides"):
        open_book(con, place / "b.toml")
    with pytest.raises(BookError, match="a connection of sqlite is given; expected one of duckdb, postgres, pyspark"):
        open_book(ibis.sqlite.connect())
