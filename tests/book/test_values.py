"""Numbers, dates and flags in the forms a company's systems write them; typed Parquet columns."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from folders import book_folder

from crm_analysis.book import BookError, engine, open_book, values
from crm_analysis.book.layout import Format

D = Decimal


@pytest.fixture(scope="module")
def con():
    return engine.connect()


def read(con, cells: list[Any], type_: str, kind: pa.DataType | None = None, **form: Any) -> list[Any]:
    table = con.create_table(ibis.util.gen_name("t"), pa.table({"x": pa.array(cells, kind or pa.string())}))
    raw = table.x
    found = table.select(y=values.read(raw, type_, Format(**form))).to_pyarrow()["y"].to_pylist()  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("form", "pairs"),
    [
        (
            {},
            {
                "1": D(1),
                "-1.5": D("-1.5"),
                "+.25": D("0.25"),
                "3.": D(3),
                "1e3": D(1000),
                "1.5E+2": D(150),
                "0.00005": D("0.0001"),
                "99999999999999.9999": D("99999999999999.9999"),
                # what engines read and a person does not mean
                "1_000": None,
                "7f": None,
                "0x1F": None,
                "1,5": None,
                "1.5-": None,
                "(5)": None,
                "٣": None,
                "½": None,
                "--1": None,
                "1e500": None,
                "e5": None,
                ".": None,
                "100000000000000": None,
                "nan": None,
                "Infinity": None,
                "5 EUR": None,
                "": None,
            },
        ),
        (
            {"decimal": ",", "thousands": "."},
            {"1.234,50": D("1234.5"), "1234,5": D("1234.5"), "-1.234.567": D(-1234567), "1.23": None, "1.23,4": None},
        ),
        ({"decimal": ","}, {"0,5": D("0.5"), "1.234,5": None, "1.5": None, "-,5": D("-0.5")}),
        ({"thousands": ","}, {"1,234.5": D("1234.5"), "12,34": None, "1,234,567": D(1234567), "1234": D(1234)}),
        ({"thousands": " ", "decimal": ","}, {"1 234,5": D("1234.5"), "1\u00a0234": D(1234), "1\u202f234": D(1234)}),
        ({"thousands": "'"}, {"1'234.50": D("1234.5")}),
        ({"negative": "trailing"}, {"5.5-": D("-5.5"), "5 -": D(-5), "-5": D(-5), "5": D(5), "-": None, "-5-": None}),
        ({"negative": "parentheses"}, {"(5.5)": D("-5.5"), "( 7 )": D(-7), "5": D(5), "(-5)": None, "(": None}),
        ({"null": ("n/a", "-")}, {"n/a": None, "-": None, "1": D(1)}),
    ],
)
def test_numbers(con, form, pairs):
    assert dict(zip(pairs, read(con, list(pairs), "money", **form), strict=True)) == pairs


@pytest.mark.parametrize(
    ("form", "pairs"),
    [
        (
            None,
            {
                "2024-02-29": dt.date(2024, 2, 29),
                "2024-01-31 23:59:59.999": dt.date(2024, 1, 31),
                "2024-01-31T23:59:00Z": dt.date(2024, 1, 31),
                "2024-01-31T23:59:00-05:00": dt.date(2024, 1, 31),
                "2024-01-31 07:05": dt.date(2024, 1, 31),
                # what engines read and a person does not mean
                "2024-1-31": None,
                "2024/01/31": None,
                "2024 01 31": None,
                "31.01.2024": None,
                "2023-02-29": None,
                "2024": None,
                "20240131": None,
                "epoch": None,
                "infinity": None,
                "2024-01-31 late": None,
                "": None,
            },
        ),
        ("%d.%m.%Y", {"31.01.2024": dt.date(2024, 1, 31), "1.2.2024": dt.date(2024, 2, 1), "2024-01-31": None}),
        ("%m/%d/%Y %H:%M", {"01/31/2024 23:59": dt.date(2024, 1, 31), "31/01/2024 00:00": None}),
        ("%Y%m%d", {"20240131": dt.date(2024, 1, 31), "20241301": None}),
        ("%d-%b-%y", {"31-Jan-24": dt.date(2024, 1, 31)}),
    ],
)
def test_dates(con, form, pairs):
    assert dict(zip(pairs, read(con, list(pairs), "date", date=form), strict=True)) == pairs


def test_flags_and_whole_numbers(con):
    assert read(con, ["Yes", "TRUE", "1", "n", "0", "F", "maybe", ""], "flag") == [True] * 3 + [False] * 3 + [None] * 2
    assert read(con, ["12", "12.0", "12.5", "x", "1e2"], "integer") == [12, 12, None, None, 100]


def test_typed_columns(con):
    day = dt.datetime(2024, 1, 31, 23, 59)
    zone = pa.timestamp("us", tz="America/New_York")
    assert read(con, [day], "date", pa.timestamp("us")) == [day.date()]
    assert read(con, [day], "date", pa.timestamp("ns")) == [day.date()]
    assert read(con, [day], "date", pa.date64()) == [day.date()]
    late = dt.datetime(2024, 1, 31, 20, 0, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert read(con, [late], "date", zone) == [dt.date(2024, 2, 1)]  # moved to UTC
    assert read(con, [20101229, 20101232], "date", pa.int64(), date="%Y%m%d") == [dt.date(2010, 12, 29), None]
    assert read(con, [20101229.0], "date", pa.float64(), date="%Y%m%d") == [dt.date(2010, 12, 29)]
    assert read(con, [12345.0, 1.5, float("nan"), None], "text", pa.float64()) == ["12345", "1.5", None, None]
    assert read(con, [D("123.0000000000"), D("0.5000000000")], "text", pa.decimal128(38, 10)) == ["123", "0.5"]
    assert read(con, [D("100")], "text", pa.decimal128(10, 0)) == ["100"]
    assert read(con, [7], "text", pa.int32()) == ["7"]
    assert read(con, [0.1 + 0.2, float("inf"), float("nan"), 1e15], "money", pa.float64()) == [
        D("0.3"),
        None,
        None,
        None,
    ]
    assert read(con, [D("1.23456")], "money", pa.decimal128(20, 5)) == [D("1.2346")]
    assert read(con, [True, None], "flag", pa.bool_()) == [True, None]
    assert read(con, ["a", "b", "a"], "text", pa.dictionary(pa.int8(), pa.string())) == ["a", "b", "a"]


def parquet_orders(**more: Any) -> pa.Table:
    columns = {
        "line": pa.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        "account_id": pa.array([12345.0, 12345.0, float("nan"), None, 77.0, 77.0]),
        "ordered_on": pa.array([dt.datetime(2024, 1, d, 23, 59) for d in range(1, 7)], pa.timestamp("ns")),
        "revenue": pa.array([10.0, float("nan"), 1.0, 1.0, float("inf"), 0.123456]),
        "product": pa.array([" a", "a", "b", "b", "", "c"]).dictionary_encode(),
        "cost": pa.array([D("1.50"), None, None, None, None, D("2.25")], pa.decimal128(9, 2)),
        "currency": pa.array([b"EUR"] * 6, pa.binary()),
    }
    return pa.table(columns | more)


TOML = '[orders.columns]\nline_id = "line"\n[accounts]\nfile = "who.parquet"\n'


def test_a_typed_parquet_book(tmp_path):
    who = pa.table(
        {"account_id": pa.array([12345, 77]).cast(pa.int32()), "known_since": pa.array([None, None], pa.date32())}
    )
    place = book_folder(tmp_path / "b [1] o'x", orders_parquet=parquet_orders(), who_parquet=who, book_toml=TOML)
    (place / "accounts.csv").unlink()
    book = open_book(place)
    lines = book.table("orders").execute()
    assert lines.account_id.tolist() == ["12345", "77"]
    assert lines.line_id.tolist() == ["1", "6"]
    assert lines.revenue.tolist() == [D("10.0000"), D("0.1235")]
    assert lines["product"].tolist() == ["a", "c"]
    assert lines.currency.tolist() == ["EUR", "EUR"]
    lost = book.quarantine.order_by("row").execute()
    assert list(zip(lost.row, lost.rule, lost.value.fillna("-"), strict=True)) == [
        (2, "not_finite", "nan"),
        (3, "missing_key", "-"),
        (4, "missing_key", "-"),
        (5, "not_finite", "inf"),
    ]
    assert {one.name: one.rows for one in book.check.fired if one.action == "warn"}["rounded_amount"] == 1


def test_columns_that_hold_lists_and_files_that_are_no_parquet(tmp_path):
    listed = parquet_orders(account_id=pa.array([[1]] * 6))
    place = book_folder(
        tmp_path / "b", orders_parquet=listed, who_parquet=pa.table({"account_id": [1]}), book_toml=TOML
    )
    with pytest.raises(
        BookError, match=r"orders.parquet: column 'account_id' holds array<.*expected texts, numbers or da"
    ):
        open_book(place)
    Path(place / "orders.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BookError, match=r"orders.parquet: not readable as Parquet: "):
        open_book(place)


def test_float_noise_is_no_rounding_and_a_fifth_decimal_is(con):
    noisy = con.create_table("noisy", pa.table({"x": np.array([0.1 + 0.2, 16.95 * 3, 1e9 + 0.1, 0.12341, 2.00005])}))
    value = values.decimal(noisy.x, Format())
    assert noisy.select(y=values.rounded(noisy.x, value, Format())).execute().y.tolist() == [False] * 3 + [True] * 2
    texts = con.create_table("texts", pa.table({"x": ["1.23450", "1.23451", "1e-5", "1.5e-1", "1e3", "x", None]}))
    value = values.decimal(texts.x, Format())
    found = texts.select(y=values.rounded(texts.x, value, Format()).fill_null(False)).execute().y.tolist()
    assert found == [False, True, True, False, False, False, False]
