"""A report as its files tell it: what it was made of, and its tables."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError, ReportError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.manifest import NAME
from crm_analysis.report.tables import CONTENTS, contents

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Pack:
    """A report, or one that is being made: `facts` is its manifest, `folder` holds its Parquet files at any depth."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def quarter(self) -> str:
        """Its quarter, such as 2026Q2."""
        return str(self.facts["quarter"])

    @property
    def day(self) -> dt.date:
        """The day it looks from: its quarter's last, or that of the extract if that is earlier."""
        last = dt.date.fromisoformat(str(self.facts["as_of"]))
        extracted = str(self.facts.get("extracted") or last)
        return min(last, dt.date.fromisoformat(extracted))

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """A table of the report; BookError where it has none of that name, or not these columns."""
        import pyarrow.parquet

        found = sorted(self.folder.rglob(f"{name}.parquet"))
        if not found:
            raise BookError(label("since_no_table", quarter=self.quarter, name=name))
        try:
            frame: pd.DataFrame = pyarrow.parquet.read_table(found[0]).to_pandas()
        except (OSError, ValueError):  # a file that somebody changed
            raise BookError(label("since_unreadable", quarter=self.quarter, name=name)) from None
        lacking = [column for column in columns if column not in frame]
        if lacking:
            raise BookError(label("since_no_column", quarter=self.quarter, name=name, columns=listed(lacking)))
        return frame

    @property
    def currency(self) -> str:
        """The currency that its tables are in, as long as it is being made; "" where none is named."""
        for path in sorted(self.folder.rglob(CONTENTS)):
            named = {str(table["currency"]) for table in contents(path.parent)["tables"]} - {""}
            if named:
                return min(named)
        return ""

    def parameter(self, part: str, name: str) -> Any:
        """What a page was asked for; None where it was not made, or did not know the parameter."""
        return self.facts.get("parameters", {}).get(part, {}).get(name)


def pack(folder: str | Path) -> Pack:
    """The report of a folder; ReportError where its manifest cannot be read."""
    path = Path(folder) / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        found = Pack(Path(folder), facts)
        found.day  # noqa: B018 -- raises where it is no manifest of ours
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ReportError(f"{path}: expected the manifest of a report; make that report again") from None


def same_codes(now: Pack, before: Pack) -> bool:
    """Whether an account has the same id in both: neither is redacted, or both by the same codes."""
    return bool(now.facts.get("redaction", "") == before.facts.get("redaction", ""))


def differences(now: Pack, before: Pack) -> str:
    """What is unlike in how the two were made, in sentences; "" for nothing that matters."""
    found = []
    versions = [str(one.facts.get("versions", {}).get("crm_analysis", "")) for one in (before, now)]
    if versions[0] != versions[1]:
        found.append(label("since_version", quarter=before.quarter, version=versions[0]))
    if now.facts.get("language", "en") != before.facts.get("language", "en"):
        found.append(label("since_language", quarter=before.quarter))
    if now.facts.get("book") != before.facts.get("book") and same_codes(now, before):  # the name may be of an account
        found.append(label("since_book", quarter=before.quarter, book=before.facts.get("book")))
    if not same_codes(now, before):
        found.append(label("since_redacted", quarter=before.quarter))
    parts = [part for part in now.facts.get("parameters", {}) if part in before.facts.get("parameters", {})]
    unlike = [
        (part, name)
        for part in parts
        for name, value in now.facts["parameters"][part].items()
        if name in before.facts["parameters"][part] and before.facts["parameters"][part][name] != value
    ]
    if unlike:
        pages = dict.fromkeys(part for part, _ in unlike)
        told = [
            label("since_asked_page", page=label(f"part_{page}"), names=listed(n for p, n in unlike if p == page))
            for page in pages
        ]
        found.append(label("since_asked", pages=listed(told), quarter=before.quarter))
    return sentences(*found)
