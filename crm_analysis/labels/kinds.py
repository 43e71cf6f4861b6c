"""How a column of a shown table is written: its heading, the kind of its values, its unit."""

from __future__ import annotations

from typing import Literal, NamedTuple

from crm_analysis.labels.language import bracketed

Kind = Literal["money", "exact", "share", "count", "number", "points", "measure", "date", "text", "flag"]


class Column(NamedTuple):
    """How a column is shown: heading, kind of its values, unit (empty if the kind says it all)."""

    heading: str
    kind: Kind
    unit: str = ""

    @property
    def title(self) -> str:
        """The heading with its unit: "Recency (days)"."""
        return self.heading + bracketed(self.unit)


Words = dict[str, tuple[str, Kind] | tuple[str, Kind, str]]
"""Heading, kind and, where the heading needs one, unit, by column."""
