"""What of all that the pages tell stands on the first page: by fixed rules, and nothing that they did not tell.

The paragraph goes from how much to whether the programme worked; changes beyond chance come before all others; the
decisions are those with most money at stake, one a page, and none serves an account less that another acts for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.report.front import STOPS, decision_said, entry_words

Contents = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""`tables.contents` of each part."""
TOPICS = {
    "revenue": ("revenue", "active_accounts"),
    "leaving": ("kept_in_a_year",),
    "content": ("content_now", "complaint_rate"),
    "cutting": ("may_be_cut",),
    "programme": ("kpis_changed",),
}
"""The paragraph: how much, who is leaving, how content, what may be cut, did the programme work.

By topic, the headlines of which the first takes its place where a page has no sentence for it.
"""
CHANGES = DECISIONS = 3
ORDER = ("call", "cut", "serve", "judge", "improve")
"""Decisions without money, in this order."""


def paragraph(contents: Contents) -> list[str]:
    """Its sentences, a topic each; a topic of which neither a sentence nor a headline is told is left out."""
    told = {one["name"]: str(one["sentence"]) for one in _all(contents, "told")}
    known = {one["name"]: one for one in _all(contents, "headlines") if one["value"] != label("unknown")}
    for topic, names in TOPICS.items():
        head = next((known[name] for name in names if name in known), None)
        if topic not in told and head is not None:
            told[topic] = label("front_headline", **_plain(head))
    return [told[topic] for topic in TOPICS if topic in told]


def tiles(contents: Contents) -> list[dict[str, Any]]:
    """The tiles, each with its page."""
    return list(_all(contents, "tiles"))


def changes(contents: Contents) -> list[dict[str, Any]]:
    """What changed: beyond chance first, of a family once; else that nothing did, moves, and what moved most."""
    every = list(_all(contents, "changes"))
    bright = _once(one for one in every if one["lit"])[:CHANGES]
    nothing = [one for one in every if one["nothing"] and not bright]
    other = [one for one in every if not one["lit"] and not one["most"] and not one["nothing"]]
    most = _once(one for one in every if one["most"])
    room = CHANGES - len(bright) - len(nothing)
    kept = other[: max(0, room - 1)] if nothing and most else other
    return [*bright, *nothing, *kept, *most][:CHANGES]


def decisions(contents: Contents) -> list[dict[str, Any]]:
    """The decisions to take: those with most money at stake first, then in ORDER; one of each page."""
    places = {name: at for at, name in enumerate(ORDER)}
    every = sorted(
        _all(contents, "decisions"),
        key=lambda one: (one["money"] is None, -(one["money"] or 0), places.get(one["name"], len(places)), one["name"]),
    )
    pages: dict[str, dict[str, Any]] = {}
    for one in every:
        pages.setdefault(one["page"], one)
    return list(pages.values())[:DECISIONS]


def settled(work: Path, contents: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> None:
    """Take accounts that a decision acts for out of those that serve accounts less, and say these anew.

    `work` holds a folder for each part. A decision of which nothing is left goes.
    """
    acted = {account for one in _all(contents, "decisions") for account in one["accounts"]}
    for part, found in contents.items() if acted else ():
        kept = [_without(work / part, one, acted) if one["stops"] else one for one in found["decisions"]]
        found["decisions"][:] = [one for one in kept if one]


def _without(folder: Path, entry: dict[str, Any], acted: set[str]) -> dict[str, Any]:
    """The decision without the accounts that are acted for; {} where none is left."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(folder / STOPS.format(name=entry["name"])).to_pandas()
    crossed = rows["account_id"].isin(acted)
    if not crossed.any():
        return entry
    if crossed.all():
        return {}
    from crm_analysis.report.sentences.front import ANEW

    many = int(crossed.sum())
    found = ANEW[entry["name"]](rows[~crossed].reset_index(drop=True), entry["values"])
    left_out = label("decide_left_out_one") if many == 1 else label("decide_left_out_many", n=many)
    words = entry_words(found)
    return entry | words | {"what": sentences(words["what"], left_out)}


def worth_said(entry: Mapping[str, Any]) -> str:
    """What a decision is worth and who acts."""
    return decision_said(str(entry["worth"]), str(entry["who"]))


def _all(contents: Contents, sort: str) -> Iterator[dict[str, Any]]:
    """What all parts list of a sort, in the order of the pack, each with its page."""
    for part, found in contents.items():
        for entry in found.get(sort, ()):
            yield {**entry, "page": f"{part}.html"}


def _once(entries: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of each family."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        found.setdefault(entry["family"], entry)
    return list(found.values())


def _plain(headline: Mapping[str, Any]) -> dict[str, str]:
    return {"heading": str(headline["heading"]), "value": str(headline["value"])}
