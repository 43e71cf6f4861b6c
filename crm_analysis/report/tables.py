"""Tables as files: CSV and Parquet with the same bytes for the same table, and their list.

A notebook writes into its own folder. `contents.json` in it lists, in the order shown, the tables
(name, caption, rows, kinds, currency), the headlines (name, heading, value, sentence), the
assumptions (name: the sentence) and what it tells the first page (`front`): told, tiles, changes, decisions.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from crm_analysis.labels import Kind

CONTENTS = "contents.json"
SORTS = ("tables", "headlines", "assumptions", "told", "tiles", "changes", "decisions")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
# What makes a spreadsheet read a text as a formula, also in its full-width forms.
FORMULA = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"


def arrow(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> pa.Table:
    """The table in Arrow's types: dates as date32, texts as strings, no index, no pandas metadata."""
    import pyarrow as pa

    columns = {}
    for name, kind in kinds.items():
        values = frame[name]
        if kind == "text":
            columns[name] = pa.array([None if _absent(v) else str(v) for v in values], pa.string())
        elif kind == "date":
            columns[name] = pa.array([None if _absent(v) else _date(v) for v in values], pa.date32())
        elif kind == "flag":
            columns[name] = pa.array([None if _absent(v) else bool(v) for v in values], pa.bool_())
        else:
            columns[name] = pa.Array.from_pandas(values)
    return pa.table(columns)


def guarded(table: pa.Table) -> pa.Table:
    """The table with a quote (') before every text that a spreadsheet would run as a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            values = table.column(place)
            risky = pc.match_substring_regex(values, FORMULA)
            quoted = pc.binary_join_element_wise("'", values, "")
            table = table.set_column(place, field.name, pc.if_else(risky, quoted, values))
    return table


def write_table(
    frame: pd.DataFrame,
    kinds: Mapping[str, Kind],
    folder: Path,
    name: str,
    caption: str = "",
    currency: str = "",
) -> None:
    """Write the whole table as `<name>.csv` and `<name>.parquet` into folder and list it there.

    The CSV is UTF-8 with a byte-order mark (Excel then reads names in any script), comma separated,
    texts quoted; a text beginning with = + - @, tab or line break gets a quote (') before it, so
    that no spreadsheet runs it. The Parquet file holds the values unchanged, dates without time.
    Raises ValueError for a name that is not lower case letters, digits and underscores.
    """
    import pyarrow.csv
    import pyarrow.parquet

    if not NAME.match(name):
        raise ValueError(f"a table's name is lower case letters, digits and _; found {name!r}")
    folder.mkdir(parents=True, exist_ok=True)
    table = arrow(frame, kinds)
    pyarrow.parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
    with (folder / f"{name}.csv").open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        pyarrow.csv.write_csv(guarded(table), file)
    entry = {"name": name, "caption": caption, "rows": table.num_rows, "currency": currency}
    _list(folder, "tables", entry | {"kinds": dict(kinds)})


def write_headline(folder: Path, name: str, heading: str, value: str, sentence: str) -> None:
    """List a headline number of this notebook for the index; one of the same name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = {"name": name, "heading": heading, "value": value, "sentence": sentence}
    _list(folder, "headlines", entry)


def write_assumption(folder: Path, sentence: str) -> None:
    """List a sentence that the index prints among the assumptions."""
    folder.mkdir(parents=True, exist_ok=True)
    _list(folder, "assumptions", {"name": sentence})


def write_front(folder: Path, sort: str, entry: Mapping[str, Any]) -> None:
    """List something for the first page (`front`): told, tiles, changes or decisions; one of the same name goes."""
    folder.mkdir(parents=True, exist_ok=True)
    _list(folder, sort, entry)


def contents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What a notebook wrote into its folder: its tables and headlines, in the order shown."""
    path = folder / CONTENTS
    found: dict[str, list[dict[str, Any]]] = {sort: [] for sort in SORTS}
    if path.exists():
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def _list(folder: Path, sort: str, entry: Mapping[str, Any]) -> None:
    found = contents(folder)
    entries = {known["name"]: known for known in found[sort]}
    entries[entry["name"]] = dict(entry)
    found[sort] = list(entries.values())
    text = json.dumps(found, ensure_ascii=False, indent=1)
    (folder / CONTENTS).write_text(text + "\n", encoding="utf-8")


def _absent(value: Any) -> bool:
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value


def _date(value: Any) -> Any:
    import datetime

    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    return value.date() if isinstance(value, datetime.datetime) else value
