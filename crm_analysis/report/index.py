"""The first page of a pack: headlines, pages, what is missing and why, assumptions, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.labels import label
from crm_analysis.report.action_lists import ACTIONS, LISTS
from crm_analysis.report.render import About, environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def index(
    about: About,
    contents: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    assumptions: Sequence[str] = (),
    skipped: Mapping[str, str] | None = None,
) -> str:
    """The index as HTML, everything escaped; the same arguments give the same bytes.

    `contents` is `tables.contents` of each part that ran, in the order of the pack; `skipped` gives
    the reason for each part that did not.
    """
    pages = [
        {
            "file": f"{part}.html",
            "title": label(f"part_{part}"),
            "question": label(f"part_{part}_question"),
        }
        for part in contents
    ]
    tiles = [
        {**headline, "page": f"{part}.html", "title": label(f"part_{part}")}
        for part, found in contents.items()
        for headline in found["headlines"]
    ]
    tables = [table for found in contents.values() for table in found["tables"]]
    missing = [{"title": label(f"part_{part}"), "reason": reason} for part, reason in (skipped or {}).items()]
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            about=about,
            home="",
            tiles=tiles,
            pages=pages,
            skipped=missing,
            assumptions=list(assumptions),
            tables=tables,
            lists=LISTS if any(table["name"] == ACTIONS for table in tables) else "",
        )
    )
