"""Every figure of a pack against a year ago and against last quarter: what got better, what got worse, what is noise.

A light is lit only where chance alone would hardly ever make such a change, and of all that are lit hardly any is to be
wrong: over all cells of a pack by Benjamini & Hochberg (1995). The company's own figures have half the weight in that,
and the other dimensions the rest in equal parts (Genovese, Roeder & Wasserman 2006): else they were drowned in those of
many offices.

The same quarter of the year before has the same season. A quarter is held against the last one less what the same two
quarters made a year before. One odd quarter a year ago would then look like a change of today, so the same must be told
against the year before that, or, where the book does not reach so far, by the plain step from the last quarter, in the
same direction (an intersection-union test; Berger 1982). Sales offices are the clusters, as what happens to an office
happens to all its accounts at once; a cell of fewer than `change.OFFICES` of them is told by its accounts, with what
accounts of an office have had in common in earlier changes added (`change.shocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.kpi.comparison.change import (
    OFFICES,
    Change,
    Contrast,
    Sums,
    change,
    clusters,
    contrast,
    seasoned,
    shocks,
)
from crm_analysis.kpi.comparison.change import shared as shared_by
from crm_analysis.kpi.comparison.flips import FEWEST, chance
from crm_analysis.kpi.definitions import KPIS, Kpi
from crm_analysis.kpi.values import COMPANY, counted
from crm_analysis.kpi.windows import CLASSES, QUARTER, QUARTERS, SEGMENT, Window, checked_kind, window
from crm_analysis.progress import busy, tracked

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Codes = NDArray[np.intp]
    Counted = tuple[Array, Array | None, NDArray[np.int64], list[str]]

YEAR_AGO, LAST_QUARTER = "year", "quarter"
AGAINST = (YEAR_AGO, LAST_QUARTER)
STEPS = {YEAR_AGO: (0, QUARTERS), LAST_QUARTER: (0, QUARTERS, 1, QUARTERS + 1)}
"""How many quarters back the windows lie that a comparison is made of."""
EARLIER = (2 * QUARTERS, 2 * QUARTERS + 1)
"""Those of the year before, against which a step from the last quarter is told once more."""
DIMENSIONS = (COMPANY, SEGMENT, "team", "region", "sales_office")
"""The cells of a pack. Sales people are held against each other (`funnels`): of one alone a quarter tells little."""
FALSE = 0.05
"""Share of lit cells that may be lit by chance."""
PAST = 8
"""Earlier changes from which it is learned what accounts of an office have in common."""
BETTER, WORSE, CHANGED, SAME, UNKNOWN = "better", "worse", "changed", "same", "unknown"
LIGHTS = (BETTER, WORSE, CHANGED, SAME, UNKNOWN)
COLUMNS = (
    "kpi", "dimension", "group", "against", "window", "quarter", "now", "before", "change", "low", "high", "p", "q",
    "light", "clusters", "clustered_by", "accounts", "why",
)  # fmt: skip


@busy("progress_lights")
def lights(
    panel: Panel,
    kind: str = QUARTER,
    quarter: str | int = -1,
    dimensions: Sequence[str] = DIMENSIONS,
    kpis: Sequence[Kpi] = KPIS,
) -> pd.DataFrame:
    """One row per KPI, group and comparison, in the order of `kpis`, `dimensions`, groups by name and AGAINST.

    Columns: kpi, dimension (COMPANY: all), group; against (YEAR_AGO: the same window a year before; LAST_QUARTER:
    the quarter before, less season), window (its kind: `kind`, or the KPI's first where it has no such; QUARTER for
    LAST_QUARTER), quarter (the window's last); now, before, change (for LAST_QUARTER less the same change a year
    before), low and high (95 %, not widened for the number of cells), p (of no change; for LAST_QUARTER the larger
    of this one's and the other year's or the plain step's, 1 where they point in different directions), q (the
    smallest share of false lights at which it would be lit; both NaN where UNKNOWN); light; clusters, clustered_by
    (sales_office, account), accounts (with anything in either window); why it is UNKNOWN: "now" or "before" (no
    figure for this window, or for one that it is held against), "few" (fewer than FEWEST clusters); else "".

    light: BETTER, WORSE (by the KPI's direction; CHANGED where it has none), SAME (not told from chance), UNKNOWN.
    KPIs that the panel lacks (`definitions.missing`) have no row. UserError for a window that nobody knows.
    """
    import pandas as pd

    checked_kind(kind)
    rows: list[dict[str, Any]] = []
    office = clusters(panel.cluster.get("sales_office", np.full(len(panel.account_id), -1)))
    by = [name for name in dimensions if name in (COMPANY, SEGMENT) or name in panel.groups]
    for kpi in tracked(kpis):
        for against in AGAINST if kpi.parts is not None and not kpi.lack(panel) else ():
            # what is held against a year before anyway has no season to take off
            if against == LAST_QUARTER and (QUARTER not in kpi.windows or kpi.paired):
                continue
            usual = kind if kind in kpi.windows else kpi.windows[0]
            own = window(panel, usual if against == YEAR_AGO else QUARTER, quarter)
            learned = cache(partial(_learned, kpi, against, own, office[0]))  # once for all dimensions, if at all
            for dimension in by:
                told = {"kpi": kpi.name, "dimension": dimension, "against": against}
                told |= {"window": own.kind, "quarter": own.quarter}
                if dimension not in kpi.apart:
                    rows += [told | row for row in _rows(kpi, against, own, dimension, *office, learned)]
    places = {name: place for place, name in enumerate([*(kpi.name for kpi in kpis), *dimensions, *AGAINST])}

    def order(row: dict[str, Any]) -> tuple[int, int, int, str, int]:
        kpi_at, dimension, against = (places[row[name]] for name in ("kpi", "dimension", "against"))
        segment = CLASSES.index(row["group"]) if row["dimension"] == SEGMENT and row["group"] in CLASSES else 0
        return kpi_at, dimension, segment, row["group"], against

    rows.sort(key=order)
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("q", "light")])
    table["q"] = adjusted(table["p"], table["dimension"])
    better = table["kpi"].map({kpi.name: kpi.better for kpi in KPIS})
    table["light"] = lit(table["change"], table["q"], better)
    return table[list(COLUMNS)]


def adjusted(p: ArrayLike, family: ArrayLike) -> Array:
    """The smallest share of false lights at which each cell would be lit; NaN for cells without p.

    Benjamini & Hochberg's adjusted p of all cells, each divided by its weight first. Weights are 1 on average; the
    cells of COMPANY have half of all, those of each other family the same part of the rest.
    """
    import pandas as pd
    from scipy.stats import false_discovery_control

    found = np.asarray(p, dtype=np.float64).copy()
    some = ~np.isnan(found)
    if some.any():
        codes, names = pd.factorize(np.asarray(family, dtype=object)[some])
        own = np.array([name == COMPANY for name in names])
        part = np.where(own, 0.5, 0.5 / max(len(names) - 1, 1)) if own.any() and len(names) > 1 else 1 / len(names)
        weight = (some.sum() * part / np.bincount(codes))[codes]
        found[some] = false_discovery_control(np.minimum(found[some] / weight, 1.0))
    return found


def lit(changes: pd.Series, q: pd.Series, better: pd.Series, false: float = FALSE) -> NDArray[np.object_]:
    """The light of each change: its direction where q is at most `false`."""
    way = np.where(better == "down", -1, 1) * np.sign(changes.to_numpy(dtype=np.float64))
    told = np.where((better == "none").to_numpy(), CHANGED, np.where(way > 0, BETTER, WORSE))
    sure = np.nan_to_num(q.to_numpy(dtype=np.float64), nan=1.0) <= false
    found: NDArray[np.object_] = np.select([q.isna().to_numpy(), sure], [UNKNOWN, told], SAME).astype(object)
    return found


def _rows(
    kpi: Kpi, against: str, own: Window, by: str, office: Codes, offices: int, learned: Callable[[], float]
) -> Iterator[dict[str, Any]]:
    """The cells of one KPI, comparison and dimension."""
    steps = STEPS[against]
    dimension = None if by == COMPANY else by
    told = [counted(kpi, at, dimension) if at.inside else None for at in (own.earlier(step) for step in steps)]
    if told[0] is None:
        if by == COMPANY:
            yield {"group": ""} | _row(Change(), "account", "now")
        return
    known = [found for found in told if found is not None]
    if against == LAST_QUARTER and len(known) == len(steps):
        more = [counted(kpi, at, dimension) if at.inside else None for at in (own.earlier(step) for step in EARLIER)]
        known += [found for found in more if found is not None] if None not in more else []
    for group, members, sums in _groups(known, by == SEGMENT):
        if len(known) < len(steps):
            lone = Change(kpi.scale * sums[0].total(), accounts=len(members))
            yield {"group": group} | _row(lone, "account", "before")
            continue
        names, code = np.unique(office[members], return_inverse=True)
        by_office = int((names < offices).sum()) >= OFFICES
        found = _contrast(kpi, sums[: len(steps)], code if by_office else np.arange(len(members), dtype=np.intp))
        extra = 0.0
        if not by_office and offices > 1:
            extra = shared_by(found, code, learned())
        result = change(found, shared=extra)
        if against == LAST_QUARTER:
            other = [sums[0], sums[4], sums[2], sums[5]] if len(sums) > len(steps) else [sums[0], sums[2]]
            step = _contrast(kpi, other, code if by_office else np.arange(len(members), dtype=np.intp))
            again = chance(step.part, shared_by(step, code, learned()) if extra > 0 else 0.0)
            if step.clusters < FEWEST or np.isnan(result.p):
                result = replace(result, p=float("nan"))
            else:
                result = replace(result, p=max(result.p, again) if result.change * step.change > 0 else 1.0)
        why = "now" if np.isnan(result.now) else "before" if np.isnan(result.change) else ""
        why = why or ("few" if result.clusters < FEWEST else "")
        yield {"group": group} | _row(result, "sales_office" if by_office else "account", why)


def _row(found: Change, clustered_by: str, why: str) -> dict[str, Any]:
    row = {name: getattr(found, name) for name in ("now", "before", "change", "low", "high", "p", "clusters")}
    return row | {"accounts": found.accounts, "clustered_by": clustered_by, "why": why}


def _groups(told: Sequence[Counted], ordered: bool) -> Iterator[tuple[str, Codes, list[Sums]]]:
    """By group, the accounts with anything in one of the windows while they were in it, and their sums in each."""
    names = told[0][3] if ordered else sorted({name for found in told for name in found[3]})
    place = {name: at for at, name in enumerate(names)}
    many = len(told[0][0])
    keys = []
    for num, den, codes, own in told:
        of = np.array([place[name] for name in own], dtype=np.intp)
        used = np.flatnonzero((codes >= 0) & ((num != 0) | (den is not None and den != 0)))
        keys.append(of[codes[used]] * many + used)
    every = np.sort(np.concatenate(keys))  # numpy's unique hashes first, and takes several times as long
    every = every[np.diff(every, prepend=-1) > 0]
    ends = np.searchsorted(every, np.arange(len(names) + 1) * many)
    at = [np.searchsorted(every, own) for own in keys]
    tables: list[tuple[Array, Array | None]] = []
    for (num, den, _, _), key, where in zip(told, keys, at, strict=True):
        part, below = np.zeros(len(every)), np.zeros(len(every))
        part[where] = num[key % many]
        if den is not None:
            below[where] = den[key % many]
        tables.append((part, None if den is None else below))
    for number, name in enumerate(names):
        inside = slice(ends[number], ends[number + 1])
        if inside.start < inside.stop or len(names) == 1:  # the company has its row even where there is nothing
            sums = [Sums(part[inside], None if of is None else of[inside]) for part, of in tables]
            yield name, (every[inside] - number * many).astype(np.intp), sums


def _contrast(kpi: Kpi, sums: Sequence[Sums], code: Codes) -> Contrast:
    """The change of a figure; of four windows that beyond the season."""
    found = contrast(sums[0], sums[1], code, scale=kpi.scale)
    return found if len(sums) == 2 else seasoned(found, contrast(sums[2], sums[3], code, scale=kpi.scale))


def _learned(kpi: Kpi, against: str, own: Window, office: Codes) -> float:
    """What accounts of an office have in common in changes of the KPI, from PAST earlier ones, or from this one."""
    windows: dict[int, Counted | None] = {}

    def sums(step: int) -> Sums | None:
        if step not in windows:
            at = own.earlier(step)
            windows[step] = counted(kpi, at, None) if at.inside else None
        found = windows[step]
        return None if found is None else Sums(found[0], found[1])

    pairs: list[tuple[Contrast, Contrast]] = []
    every = np.arange(len(office), dtype=np.intp)
    for back in (*range(1, PAST + 1), 0):
        if back == 0 and pairs:
            break
        known = [found for step in STEPS[against] if (found := sums(back + step)) is not None]
        if len(known) == len(STEPS[against]):
            pairs.append((_contrast(kpi, known, every), _contrast(kpi, known, office)))
    return shocks(pairs, office)
