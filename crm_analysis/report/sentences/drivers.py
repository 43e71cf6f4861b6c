"""What the satisfaction page tells of what satisfaction hangs on, in sentences computed from its tables.

A sentence about what the book cannot carry is empty, and nothing is shown for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import begun, clauses, listed, sentences
from crm_analysis.report.sentences import counted, per_hundred, told_or, window_said
from crm_analysis.report.values import text
from crm_analysis.satisfaction.drivers.impressions import titled
from crm_analysis.satisfaction.drivers.quadrants import IMPROVE, KEEP, LOW, OVERKILL

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.drivers.page import Drivers

SURE = 0.8
"""Share of the draws of accounts from which on a place or an order is said without a doubt."""


# --- in short ---


def hangs_most(look: Drivers) -> str:
    """The dimension on which satisfaction hangs most, with its share; empty where nothing is above noise."""

    def said() -> str:
        row = _first(look)
        return "" if row is None else label("hangs_value", dimension=row["dimension"], share=_share(row["importance"]))

    return str(told_or(said))


def hangs_said(look: Drivers) -> str:
    """What satisfaction hangs on most, and whether that is settled; why it cannot be told."""
    try:
        row = _first(look)
        own = look.derived
    except BookError as lack:
        return str(lack)
    name, accounts = titled(own.asked.target), counted(own.asked.heard, "account")
    target = begun(name)
    if row is None:
        return label("hangs_no", target=name, accounts=accounts)
    if len(own.table) == 1:
        return label("hangs_alone", target=target, dimension=row["dimension"], points=f"{row['points']:.1f}")
    numbers = {"share": _share(row["importance"])}
    numbers |= {end: _share(row[f"{end}_importance"]) for end in ("low", "high")}
    second = _rival(look, str(row["dimension"]))
    if second:
        return label(
            "hangs_open", target=target, dimension=row["dimension"], second=second, accounts=accounts, **numbers
        )
    rated = look.map.table.set_index("dimension")["performance"][row["dimension"]]
    return label("hangs_first", target=target, dimension=row["dimension"], rated=_points(rated), **numbers)


def improve_first(look: Drivers) -> str:
    """The dimension to improve first: the most important of those rated below average; empty where untold."""

    def said() -> str:
        row = _improve(look)
        return label("improve_nothing") if row is None else str(row["dimension"])

    return str(told_or(said))


def improve_said(look: Drivers) -> str:
    """How sure it is that it belongs there; empty where importance cannot be told."""

    def said() -> str:
        row = _improve(look)
        if row is None:
            return label("improve_nothing_said")
        key = "improve_sure" if row["quadrant_share"] >= SURE else "improve_open"
        accounts = counted(look.derived.asked.heard, "account")
        return label(key, chance=per_hundred(row["quadrant_share"]), accounts=accounts)

    return str(told_or(said))


# --- importance ---


def map_alt(look: Drivers) -> str:
    """What lies in which quarter of the map, in the words of the table, for those who do not see it."""

    def said() -> str:
        table = look.table
        parts = []
        for place in (IMPROVE, KEEP, OVERKILL, LOW, "border", "chance"):
            words = label(f"quadrant_{place}")
            names = table.loc[table["quadrant"] == words, "dimension"].tolist()
            if names:
                parts.append(label("map_quadrant", quadrant=begun(words), dimensions=_listed(names)))
        return label(
            "map_alt", dimensions=_listed(table["dimension"].tolist()), quadrants=clauses(parts) or label("unknown")
        )

    return str(told_or(said))


def map_said(look: Drivers) -> str:
    """For how many dimensions the place on the map is sure; empty with one dimension or none."""

    def said() -> str:
        table = look.map.table
        if len(table) < 2:
            return ""
        sure = look.derived.table["real"].to_numpy() & (table["quadrant_share"].to_numpy("float64") >= SURE)
        return label("map_unsure", sure=int(sure.sum()), of=len(table))

    return str(told_or(said))


def explained_said(look: Drivers) -> str:
    """How much all dimensions tell, what noise would, from how many; what is chance, and what has a minus."""

    def said() -> str:
        own = look.derived
        target, table = titled(own.asked.target), own.table
        words = [
            label(
                "explained_said",
                r2=_share(own.r2),
                low=_share(own.r2_low),
                high=_share(own.r2_high),
                noise=_share(own.noise),
                target=target,
                questionnaires=counted(len(own.asked.values), "drivers_sheet"),
                accounts=counted(own.asked.heard, "account"),
                window=window_said(own.asked.window),
                day=look.answers.as_of,
            )
        ]
        chance = table.loc[~table["real"], "dimension"].tolist()
        if chance:
            words.append(label("explained_none", dimensions=_listed(chance)))
        minus = table.loc[table["high_coefficient"] < 0, "dimension"].tolist()
        if minus:
            words.append(label("explained_negative", dimensions=_listed(minus), target=target))
        return sentences(*words)

    return str(told_or(said))


def stated_said(look: Drivers) -> str:
    """Whether what people call most important is what satisfaction hangs on; empty where either cannot be told."""

    def said() -> str:
        own, first = look.stated, _first(look)
        if first is None:
            return ""
        top = own.table.sort_values(["stated", "dimension"], ascending=[False, True]).iloc[0]
        most = own.table.sort_values(["stated_first", "dimension"], ascending=[False, True]).iloc[0]
        stated, found = str(top["dimension"]), str(first["dimension"])
        words = {"stated": stated, "derived": found, "target": titled(look.asked.target)}
        if stated == found:
            said = label("stated_agree", **words)
        else:
            draws = look.draws
            chance = float((draws[found] > draws[stated]).mean()) if stated in draws else 0.0
            key = "stated_apart" if chance >= SURE else "stated_open"
            said = label(key, chance=per_hundred(chance), **words)
        if most["stated_first"] != most["stated_first"]:
            return said
        share, alike = per_hundred(most["stated_first"]), per_hundred(own.alike)
        first_said = label("stated_first_said", share=share, dimension=most["dimension"], alike=alike)
        return sentences(said, first_said)

    return str(told_or(said))


def notes_said(look: Drivers) -> str:
    """What was left out, and by which rule; empty where nothing could be learned."""
    return sentences(*look.notes)


# --- impressions ---


def impressions_said(look: Drivers) -> str:
    """Which impression accounts rate below the others, and which weighs most; empty where they are not asked for."""

    def said() -> str:
        table = look.impressions
        lost = table[(table["p_holm"] < 1 - look.level) & (table["points_lost"] > 0)]
        lost = lost.sort_values(["points_lost", "impression"], ascending=[False, True])
        words = label("impressions_even")
        if len(lost):
            row = lost.iloc[0]
            words = label(
                "impressions_lost", impression=row["impression"], rated=_points(row["performance"]), **_lost(row)
            )
        if "importance" not in table or table["importance"].isna().all():
            return words
        heavy = table.loc[table["importance"].idxmax()]
        weigh = label(
            "impressions_weigh",
            target=titled(look.asked.target),
            share=_share(heavy["importance"]),
            impression=heavy["impression"],
        )
        return sentences(words, weigh)

    return str(told_or(said))


def teams_said(look: Drivers) -> str:
    """Which teams surely lose on which impression; why teams cannot be compared."""
    try:
        table = look.teams
    except BookError as lack:
        return str(lack)
    lost = table[table["points_lost"].notna()].sort_values(["points_lost", look.by], ascending=[False, True])
    if lost.empty:
        many = int((~table.filter(like="impression_").isna().all(axis=1)).sum())
        return label("teams_none", teams=counted(many, f"{look.by.removeprefix('sales_')}s_counted"))
    key = "teams_lose" if look.by == "team" else "offices_lose"
    return sentences(
        *(
            label(key, team=code_said(row[look.by]), impression=row["loses_on"], **_lost(row))
            for _, row in lost.head(3).iterrows()
        )
    )


def teams_alt(look: Drivers) -> str:
    """The same, for those who do not see the figure."""
    return label("teams_alt", said=teams_said(look))


# --- path model ---


def paths_said(look: Drivers) -> str:
    """What moves the last construct most, how much all paths tell, and what cannot be told; empty without a model."""

    def said() -> str:
        model = look.path_model
        goal = _goal(model.constructs)
        table = model.paths[model.paths["target"] == goal].sort_values(["total", "source"], ascending=[False, True])
        known = table[(table["low_total"] > 0) | (table["high_total"] < 0)]
        open_ = [titled(name) for name in table["source"] if name not in set(known["source"])]
        words = []
        if len(known):
            row = known.loc[known["total"].abs().idxmax()]
            words.append(
                label(
                    "paths_said",
                    source=titled(str(row["source"])),
                    target=titled(goal),
                    total=f"{row['total']:.2f}",
                    low=f"{row['low_total']:.2f}",
                    high=f"{row['high_total']:.2f}",
                )
            )
        fit = model.constructs.set_index("construct").loc[goal]
        numbers = {"r2": _share(fit["r2"]), "low": _share(fit["low_r2"]), "high": _share(fit["high_r2"])}
        words.append(label("paths_fit", target=titled(goal), **numbers))
        if open_:
            words.append(label("paths_unsure", sources=_listed(open_), target=titled(goal)))
        return sentences(*words)

    return str(told_or(said))


# --- parts ---


def _first(look: Drivers) -> pd.Series | None:
    """The most important dimension above noise; None if there is none."""
    table = look.derived.table
    table = table[table["real"]].sort_values(["importance", "dimension"], ascending=[False, True])
    row: pd.Series | None = table.iloc[0] if len(table) else None
    return row


def _rival(look: Drivers, first: str) -> str:
    """The dimension that most often is more important than the first in the draws, where it is so too often."""
    draws = look.draws
    others = draws.drop(columns=first)
    ahead = others.gt(draws[first], axis=0).mean()
    name = str(ahead.idxmax())
    return name if ahead[name] > 1 - SURE else ""


def _improve(look: Drivers) -> pd.Series | None:
    """The most important dimension that is important above the average and rated below it; None if there is none."""
    table = look.map.table.assign(real=look.derived.table["real"].to_numpy())
    table = table[(table["quadrant"] == IMPROVE) & table["real"]]
    table = table.sort_values(["importance", "dimension"], ascending=[False, True])
    row: pd.Series | None = table.iloc[0] if len(table) else None
    return row


def _goal(constructs: pd.DataFrame) -> str:
    """The first construct that something hangs on and that most others lead to: satisfaction where there is one."""
    names = constructs.loc[constructs["r2"].notna(), "construct"].tolist()
    return "satisfaction" if "satisfaction" in names else str(names[-1])


def _lost(row: pd.Series) -> dict[str, str]:
    ends = {"points": "points_lost", "low": "low_points_lost", "high": "high_points_lost"}
    return {name: f"{row[column]:.1f}" for name, column in ends.items()}


def _share(value: Any) -> str:
    return text(value, "share") if np.isfinite(value) else label("unknown")


def _points(value: Any) -> str:
    return f"{value:.0f}" if np.isfinite(value) else label("unknown")


def _listed(names: list[str]) -> str:
    """Names in a row: a, b and c; of more than eight the first eight and how many more."""
    if len(names) > 8:
        return label("drivers_and_more", names=listed(names[:8]), more=len(names) - 8)
    if len(names) < 2:
        return "".join(names)
    return label("drivers_and", names=listed(names[:-1]), last=names[-1])
