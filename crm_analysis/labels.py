"""Every name and unit a reader sees, in one place, ready to be translated.

`LABELS` holds words and sentences; `COLUMNS` holds, per column of a shown table, its heading, its
kind (how its values are written) and, where the heading needs one, its unit.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["money", "share", "count", "number", "date", "text", "flag"]


class Column(NamedTuple):
    """How a column is shown: heading, kind of its values, unit (empty if the kind says it all)."""

    heading: str
    kind: Kind
    unit: str = ""

    @property
    def title(self) -> str:
        """The heading with its unit: "Recency (days)"."""
        return f"{self.heading} ({self.unit})" if self.unit else self.heading


LABELS: dict[str, str] = {
    # --- report pack (crm_analysis.report), alphabetical ---
    "as_of": "As of",
    "assumptions": "Assumptions",
    "book": "Book",
    "contents": "On this page",
    "downloads": "Downloads",
    "downloads_note": "Text that a spreadsheet could run as a formula begins with a quote (') in the CSV files.",
    "headlines": "In short",
    "index_title": "Customer analysis {quarter}",
    "manifest": "Manifest: inputs, versions, parameters, timings",
    "no": "no",
    "pack_back": "All pages of this report",
    "pack_pages": "Pages",
    "parameter": "{part}, {words}: {value}",
    "part_data_check": "Data check",
    "part_data_check_question": "Can the data be trusted, and what was left out?",
    "part_segmentation": "Segmentation",
    "part_segmentation_question": "Who is valuable, and which few accounts carry the revenue?",
    "quarter": "Quarter",
    "sheet_column": "Table",
    "sheet_contents": "Contents",
    "sheet_description": "What it shows",
    "sheet_rows": "Rows",
    "sheet_too_long": "{rows} rows are more than a sheet can hold: see tables/{name}.csv and tables/{name}.parquet.",
    "skip_link": "Skip to the content",
    "skipped": "Not in this report",
    "table_cut": "Showing {shown} of {rows} rows.",
    "table_cut_saved": "Showing {shown} of {rows} rows; the whole table is in",
    "table_currency": "Money in {currency}.",
    "table_empty": "No rows.",
    "unknown": "–",
    "workbook": "All tables in one workbook",
    "yes": "yes",
}

COLUMNS: dict[str, tuple[str, Kind] | tuple[str, Kind, str]] = {
    # --- columns common to many tables, alphabetical ---
    "account_id": ("Account", "text"),
    "accounts": ("Accounts", "count"),
    "cost": ("Cost", "money"),
    "margin": ("Margin", "money"),
    "margin_rate": ("Margin rate", "share"),
    "name": ("Name", "text"),
    "ordered_on": ("Ordered on", "date"),
    "orders": ("Orders", "count"),
    "recency": ("Recency", "number", "days"),
    "revenue": ("Revenue", "money"),
    "revenue_share": ("Share of revenue", "share"),
    "rows": ("Rows", "count"),
}


def label(key: str) -> str:
    """The words for a key; KeyError names a key that has none.

    >>> label("as_of")
    'As of'
    """
    if key not in LABELS:
        raise KeyError(f"crm_analysis.labels.LABELS has no words for {key!r}")
    return LABELS[key]


def column(name: str) -> Column:
    """How a column is shown; KeyError names a column nobody has labelled, so none reaches a reader.

    >>> column("recency").title
    'Recency (days)'
    """
    if name not in COLUMNS:
        raise KeyError(f"crm_analysis.labels.COLUMNS has no heading for column {name!r}")
    return Column(*COLUMNS[name])
