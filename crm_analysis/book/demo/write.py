r"""The demo's folder: which one may be written to, and how its files are written.

CSV files are UTF-8 with a header, commas, `\n` line ends and no quotes; dates are ISO, money has two
places. The same book gives the same bytes on every system.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.demo import company
from crm_analysis.book.demo.parameters import CURRENCY, FORMATS, LARGEST, LAST_DAY, NAME, SMALLEST
from crm_analysis.errors import BookError

TABLES = tuple(CONTRACT)
CSV_UP_TO = 20_000  # accounts: a larger book is read much faster from Parquet


def check(accounts: object, seed: object, format: object) -> None:
    """Raises BookError for a number of accounts, a seed or a format that cannot be."""
    if not isinstance(accounts, int) or isinstance(accounts, bool) or not SMALLEST <= accounts <= LARGEST:
        raise BookError(f"accounts is {accounts!r}; a demo has between {SMALLEST} and {LARGEST} accounts")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise BookError(f"seed is {seed!r}; it must be a whole number, 0 or more")
    if format not in FORMATS:
        raise BookError(f"format is {format!r}; it must be one of {', '.join(FORMATS)}")


def usual_format(accounts: int) -> str:
    """The format of a book of that size where none is asked for."""
    return FORMATS[0] if accounts <= CSV_UP_TO else FORMATS[1]


def prepare(folder: Path, accounts: int, seed: int, format: str, without: Sequence[str]) -> None:
    """Makes the folder ready: created, or emptied of the tables of an earlier demo.

    Raises BookError where anything else is in it, so that no real book is ever written over. The new
    book.toml comes first: a demo that was interrupted is known as a demo and may be made again.
    """
    with failures(folder):
        if folder.exists() and not folder.is_dir():
            raise BookError(f"{folder}: is a file; name a folder for the demo")
        if folder.is_dir() and any(folder.iterdir()) and not _is_demo(folder):
            raise BookError(f"{folder}: is not empty and holds no earlier demo; name a new or empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            for suffix in FORMATS:
                (folder / f"{table}.{suffix}").unlink(missing_ok=True)
                (folder / f"{table}.{suffix}.part").unlink(missing_ok=True)
        (folder / "book.toml").write_bytes(_book_toml(accounts, seed, format, without).encode())


@contextmanager
def failures(folder: Path) -> Iterator[None]:
    """Turns what the system refuses (rights, a full disk) into one sentence about the folder."""
    try:
        yield
    except OSError as error:
        raise BookError(f"{folder}: the demo cannot be written there ({error.strerror or error})") from error


def _is_demo(folder: Path) -> bool:
    try:
        return tomllib.loads((folder / "book.toml").read_text(encoding="utf-8")).get("name") == NAME
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def _book_toml(accounts: int, seed: int, format: str, without: Sequence[str]) -> str:
    extracted = date(1970, 1, 1) + timedelta(LAST_DAY)
    again = f"crm-analysis demo FOLDER --accounts {accounts} --seed {seed}"
    if format != usual_format(accounts):
        again += f" --format {format}"
    again += "".join(f" --without {name}" for name in without)
    return (
        "# Synthetic data: every account, person, product and price is invented.\n"
        f"# Made again, byte for byte, by: {again}\n"
        f'name = "{NAME}"\n'
        f'currency = "{CURRENCY}"\n'
        f"extracted_on = {extracted.isoformat()}\n"
        f"\n{company.SURVEY}"
    )


class TableFile:
    """One table's file, written piece by piece; a context manager.

    The pieces stand under a name of their own until the last one is written, so that a table that is
    there is whole.
    """

    def __init__(self, folder: Path, table: str, format: str) -> None:
        self._path = folder / f"{table}.{format}"
        self._part = folder / f"{table}.{format}.part"
        self._format = format
        self._file: BinaryIO | None = None
        self._parquet: pyarrow.parquet.ParquetWriter | None = None

    def __enter__(self) -> TableFile:
        self._file = self._part.open("wb")
        return self

    def add(self, piece: pa.Table) -> None:
        """Appends rows; all pieces of a table have the same columns."""
        assert self._file is not None
        if self._format == "csv":
            if self._file.tell() == 0:
                self._file.write((",".join(piece.column_names) + "\n").encode())
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            pyarrow.csv.write_csv(piece, self._file, options)
            return
        piece = piece.cast(pa.schema([_typed(field) for field in piece.schema]))
        if self._parquet is None:
            # keys of rows hardly repeat, and a dictionary of them is made in vain
            repeated = [name for name in piece.column_names if not name.endswith("_id") or name == "account_id"]
            self._parquet = pyarrow.parquet.ParquetWriter(self._file, piece.schema, use_dictionary=repeated)
        self._parquet.write_table(piece)

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        assert self._file is not None
        if self._parquet is not None:
            self._parquet.close()
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


def _typed(field: pa.Field) -> pa.Field:
    """Money with the four places of the contract."""
    return field.with_type(pa.decimal128(18, 4)) if pa.types.is_decimal(field.type) else field
