"""Folders of a company's files, made by hand, for tests that know every number in them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ACCOUNTS = "account_id,name\nA1,Alder\nA2,Birch\n"
ORDERS = "line_id,account_id,ordered_on,revenue\nL1,A1,2024-01-10,10.50\nL2,A2,2024-02-10,20\n"


def folder(place: Path, **files: str | bytes | pa.Table) -> Path:
    """A folder with these files: text, bytes, or a Parquet table; `_` before the ending stands for the point."""
    place.mkdir(parents=True, exist_ok=True)
    for key, content in files.items():
        stem, _, ending = key.rpartition("_")
        path = place / f"{stem}.{ending}"
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def book_folder(place: Path, **files: str | bytes | pa.Table) -> Path:
    """The same with two accounts and two orders unless given."""
    given = {key.rpartition("_")[0] for key in files}
    base = {"accounts_csv": ACCOUNTS, "orders_csv": ORDERS}
    return folder(place, **{key: text for key, text in base.items() if key.rpartition("_")[0] not in given}, **files)
