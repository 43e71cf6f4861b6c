"""What the KPI page tells the first page: tiles, what changed, what the programme did, what is to be decided on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.kpi.comparison.lights import CHANGED, LAST_QUARTER, UNKNOWN, YEAR_AGO
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.values import COMPANY, values
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.front import Change, Decision, Tile
from crm_analysis.report.sentences.kpi import LIT, changes, group_said
from crm_analysis.report.sentences.kpi_effect import FIRST, lit, recorded, title, worked, written
from crm_analysis.report.sentences.kpi_words import changed, figure, lowered, within
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook

QUARTERS = 12
"""Quarters that a tile's line shows."""
MOST, LEAST = 8, 6
"""Tiles at most, and how many there should be if the book tells as many."""
TILES = ("revenue", "margin_rate", "account_retention", "net_revenue_retention", "nps", "complaints_per_100_orders",
         "on_time", "low_share_of_time", "days_to_pay")  # fmt: skip
INSTEAD = ("csat", "margin", "revenue_per_account", "revenue_growth", "account_growth", "repurchase_rate",
           "shipping_days", "resolution_days", "top_20_share")  # fmt: skip
"""What a tile shows: what management steers by, and what takes the place of what a book does not tell."""
FAMILIES = (
    ("revenue", "revenue_per_account", "revenue_growth"),
    ("margin", "margin_per_account", "margin_rate"),
    ("net_revenue_retention", "gross_revenue_retention", "account_retention", "account_growth"),
    ("nps", "csat"),
    ("complaints_per_100_orders",),
    ("on_time", "shipping_days"),
)
"""KPIs that tell of one thing, the weightiest first: of each family the first page names one change."""
MOVED = 3
"""Figures that moved most, where none did by more than chance."""
FEWEST = 2


# --- tiles ---


def tiles(look: Outlook) -> list[Tile]:
    """The figures that management steers by, in a fixed order, as many as are told; BookError without a quarter."""
    table = look.scorecard
    card = {str(row["kpi"]): row for _, row in table[table["now"].notna()].iterrows()}
    chosen = [name for name in TILES if name in card][:MOST]
    chosen += [name for name in INSTEAD if name in card][: max(0, LEAST - len(chosen))]
    past = values(look.panel, look.kind, quarters=QUARTERS)
    return [_tile(look, card[name], name, past[past["kpi"] == name]) for name in chosen]


def _tile(look: Outlook, row: pd.Series, name: str, past: pd.DataFrame) -> Tile:
    kpi = BY_NAME[name]
    if row["window"] != look.kind:
        past = values(look.panel, row["window"], quarters=QUARTERS)
        past = past[past["kpi"] == name]
    figures = [None if is_missing(value) else float(value) for value in past["value"]]
    return Tile(
        name=name,
        heading=kpi.title,
        now=figure(row["now"], kpi.unit, look.currency),
        before="" if is_missing(row["before"]) else figure(row["before"], kpi.unit, look.currency),
        change=changed(row["change"], np.nan, np.nan, row["before"], kpi.unit),
        light=str(row["light"]),
        kind=str(row["window"]),
        trend=tuple(zip(past["quarter"].astype(str), figures, strict=True)),
        described=_described(look, name, past[past["value"].notna()]),
    )


def _described(look: Outlook, name: str, past: pd.DataFrame) -> str:
    """What a tile's line shows."""
    kpi = BY_NAME[name]
    if len(past) < FEWEST:
        return label("spark_none", kpi=kpi.title)
    ends = {"begin": past["value"].iloc[0], "end": past["value"].iloc[-1]}
    ends |= {"low": past["value"].min(), "high": past["value"].max()}
    said = {place: figure(value, kpi.unit, look.currency) for place, value in ends.items()}
    return label("spark_alt", kpi=kpi.title, first=past["quarter"].iloc[0], last=past["quarter"].iloc[-1], **said)


# --- what changed ---


def moved(look: Outlook) -> list[Change]:
    """What lit up: the company's figures against a year ago, against last quarter, then groups'; else that none did.

    In each part by the importance of the figure. Then what moved most and still may be chance.
    """
    table = look.lights
    own = table[(table["dimension"] == COMPANY) & (table["against"] == YEAR_AGO)]
    bright = table[table["light"].isin(LIT)]
    found = [_change(look, row) for row in _ordered(bright)]
    if not own["light"].isin(LIT).any():
        many = int((own["light"] != UNKNOWN).sum())
        words = label("front_nothing", of=text(many, "count")) if many else label("front_nothing_told")
        found.append(Change("nothing", words, "nothing", nothing=True))
    dim = own[~own["light"].isin([*LIT, UNKNOWN])].sort_values(["p", "kpi"], kind="stable").head(MOVED)
    keys = ["front_most", *["front_most_next"] * (MOVED - 1)]
    return [*found, *(_change(look, row, key) for key, (_, row) in zip(keys, dim.iterrows(), strict=False))]


def _ordered(rows: pd.DataFrame) -> Iterable[pd.Series]:
    """The company before groups, a year ago before last quarter, good or bad before neither; then by importance."""
    place = {name: at for at, name in enumerate(name for family in FAMILIES for name in family)}
    ranked = rows.assign(
        of=rows["dimension"] != COMPANY,
        neither=rows["light"] == CHANGED,
        late=rows["against"] == LAST_QUARTER,
        weight=rows["kpi"].map(place).fillna(len(place)),
    )
    ranked = ranked.sort_values(["of", "late", "neither", "weight", "p", "kpi", "group"], kind="stable")
    return [row for _, row in ranked.iterrows()]


def _change(look: Outlook, row: pd.Series, most: str = "") -> Change:
    """One change in words; `most` is the key of words around what moved most and may be chance."""
    name, kpi = str(row["kpi"]), BY_NAME[row["kpi"]]
    now, before = row["now"], row["before"]
    step = changed(row["change"], row["low"], row["high"], before, kpi.unit, now, within(kpi, now, before))
    words = label(
        "front_moved" if most else "front_change" if row["dimension"] == COMPANY else "front_change_of",
        kpi=kpi.title,
        whom=group_said(row["dimension"], row["group"]),
        now=figure(now, kpi.unit, look.currency),
        before=figure(before, kpi.unit, look.currency),
        against=label(f"front_against_{row['against']}"),
        light=label(f"tile_{row['light']}"),
        change=step,
    )
    family = next((own[0] for own in FAMILIES if name in own), name)
    key = "_".join(str(row[part]) for part in ("kpi", "dimension", "group", "against"))
    return Change(key, label(most, what=words) if most else words, family, lit=not most, most=bool(most))


# --- the programme ---


def programme(look: Outlook) -> str:
    """Whether the programme worked; where none is recorded, how many figures changed beyond chance."""
    if not recorded(look):
        return label("front_figures", what=changes(look))
    parts = _parts(look)
    key = "front_programme" if parts and not _told(look) else "front_programme_short"
    return label(key, verdict=worked(look), parts=parts)


def _told(look: Outlook) -> bool:
    """Whether the verdict names effects by itself."""
    return not lit(look.effect) or bool((look.effect.table["way"] != "").any())


def _parts(look: Outlook) -> str:
    table = look.effect.table
    told = []
    for _, row in table[table["kpi"].isin(FIRST)].iterrows():
        value, low, high = (float(row[name]) for name in ("effect", "low", "high"))
        effect = written(value, low, high, bool(row["share"]), str(row["kpi"]), look.currency)
        told.append(label("front_effect", outcome=lowered(title(row["kpi"])), effect=effect))
    return listed(told)


def judge(look: Outlook) -> Decision | None:
    """Whether to go on with the programme; None where none is recorded, or its effect cannot be told at all."""
    if not recorded(look):
        return None
    found = look.effect
    table, name = found.table, found.units.programme.name
    if table.empty:
        return None
    ways = set(table["way"]) if lit(found) else set()
    key = "decide_look" if "worse" in ways else "decide_go_on" if "better" in ways else "decide_prove"
    what = label(key, name=name)
    if key == "decide_prove":
        what = sentences(what, label("tells_time" if found.compared else "tells_hold_back"))
    parts = _parts(look)
    worth = label("front_so_far", parts=parts) if parts else ""
    return Decision(what=what, who=label("decide_programme_who"), worth=worth, table="kpi_effect")
