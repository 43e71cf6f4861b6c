"""The first page of a pack: what a director reads in two minutes, then pages, what is missing and why, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.labels import label
from crm_analysis.report import choice
from crm_analysis.report.action_lists import ACTIONS, LISTS
from crm_analysis.report.render import About, environment
from crm_analysis.report.sentences import counted
from crm_analysis.report.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ON_LISTS = ("serve",)
"""Decisions that the action lists carry out."""


def index(
    about: About,
    contents: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    assumptions: Sequence[str] = (),
    skipped: Mapping[str, str] | None = None,
    *,
    pdf: str = "",
) -> str:
    """The index as HTML, everything escaped; the same arguments give the same bytes.

    `contents` is `tables.contents` of each part that ran, in the order of the pack; `skipped` gives
    the reason for each part that did not; `pdf` names the file of all pages, if there is one. Everything told is
    chosen from them (`choice`), and nothing is computed.
    """
    from markupsafe import Markup

    pages = [
        {
            "file": f"{part}.html",
            "title": label(f"part_{part}"),
            "question": label(f"part_{part}_question"),
        }
        for part in contents
    ]
    tiles = [
        tile | {"line": Markup(sparkline(tile["trend"], tile["described"], tile["name"]))}
        for tile in choice.tiles(contents)
    ]
    told = choice.paragraph(contents)
    tables = [table for found in contents.values() for table in found["tables"]]
    lists = LISTS if any(table["name"] == ACTIONS for table in tables) else ""
    names = {table["name"] for table in tables}
    to_decide = [_decision(one, names, lists) for one in choice.decisions(contents)]
    missing = [{"title": label(f"part_{part}"), "reason": reason} for part, reason in (skipped or {}).items()]
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            about=about,
            home="",
            told=told,
            intervals=any(mark in sentence for sentence in told for mark in "(（"),
            tiles=tiles,
            tiles_note=label(f"front_tiles_{tiles[0]['kind']}") if tiles else "",
            changes=choice.changes(contents),
            decisions=to_decide,
            pages=pages,
            skipped=missing,
            assumptions=list(assumptions),
            assumptions_said=counted(len(assumptions), "front_assumptions"),
            tables=tables,
            lists=lists,
            pdf=pdf,
        )
    )


def _decision(entry: Mapping[str, Any], tables: set[str], lists: str) -> dict[str, Any]:
    """A decision with what is said of it, its link and the file of its list."""
    own = f"tables/{entry['table']}.csv" if entry["table"] in tables else ""
    file = lists if lists and entry["name"] in ON_LISTS else own
    return {**entry, "said": choice.worth_said(entry), "file": file}
