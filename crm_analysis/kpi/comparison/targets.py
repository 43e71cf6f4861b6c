"""Targets against what came: reached, missed, or too close to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.book import engine
from crm_analysis.errors import BookError
from crm_analysis.kpi.definitions import BY_NAME, Kpi
from crm_analysis.kpi.intervals import intervals
from crm_analysis.kpi.values import COMPANY, counted
from crm_analysis.kpi.windows import CLASSES, QUARTER, SEGMENT, dimensions, name_of, window
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]

REACHED, MISSED, CLOSE, AHEAD, UNTOLD = "reached", "missed", "close", "ahead", "untold"
STATES = (REACHED, MISSED, CLOSE, AHEAD, UNTOLD)
COLUMNS = (
    "kpi", "dimension", "group", "quarter", "window", "target", "set_on", "value", "low", "high", "gap", "state", "why",
)  # fmt: skip
_NEAR = 1e-9


def targets(book: Book, panel: Panel) -> pd.DataFrame:
    """Every target known on the panel's last day beside its figure, by quarter, then by KPI, dimension and group.

    Columns: kpi (as the book writes it), dimension (COMPANY, "segment" for a class, or one of the panel's; "" where
    nothing is of that name), group, quarter, window (the quarter itself; the year to its end for a KPI that is told for
    years only), target, set_on (NaT where not told), value, low, high (95 %; NaN for facts), gap (value less target),
    state, why.

    Of several targets for one cell and quarter the latest `set_on` counts. state: REACHED, MISSED; CLOSE, where the
    interval of an estimated figure holds the target, so that neither is sure; AHEAD, of a quarter yet to end; UNTOLD,
    and then why: "kpi" (no such KPI), "group" (no such group), "direction" (neither more nor less of it is better),
    "value" (no figure for it). BookError where the book has no targets known by then.
    """
    import pandas as pd

    rows = _known(book, panel)
    names = {name_of(end): place for place, end in enumerate(panel.ends)}
    last, words = name_of(panel.ends[-1]), _words(panel)
    kept: dict[tuple[str, str, int], Any] = {}
    found = []
    for told in rows.to_dict("records"):
        row: dict[str, Any] = {str(name): value for name, value in told.items()}
        kpi, group = BY_NAME.get(row["kpi"]), row["group"]
        dimension = COMPANY if not group else words.get(group.casefold(), ("", ""))[0]
        group = group if dimension in ("", COMPANY) else words[group.casefold()][1]
        row |= {"dimension": dimension, "group": group, "window": QUARTER}
        row |= dict.fromkeys(("value", "low", "high", "gap"), np.nan) | {"state": UNTOLD, "why": ""}
        if kpi is None or not dimension:
            row["why"] = "kpi" if kpi is None else "group"
        else:
            row["window"] = QUARTER if QUARTER in kpi.windows or not kpi.windows else kpi.windows[0]
            if row["quarter"] > last:
                row["state"] = AHEAD
            else:
                at = names.get(row["quarter"], -1)
                key = (kpi.name, dimension, at)
                if key not in kept:
                    kept[key] = _figures(panel, kpi, dimension, row["window"], at) if at >= 0 else {}
                row |= _judged(kpi, row["target"], kept[key].get(group))
        found.append(row)
    table = pd.DataFrame(found, columns=list(COLUMNS))
    keys = ["quarter", "kpi", "dimension", "group"]
    return table.sort_values(keys, ignore_index=True)


def _known(book: Book, panel: Panel) -> pd.DataFrame:
    """The targets that count: kpi, group, quarter, target, set_on, one row per target."""
    import pandas as pd

    day = panel.ends[-1]
    known = book.as_of(day)
    rows = known.need("targets")
    columns = [name for name in ("kpi", "segment", "quarter", "target", "set_on") if name in rows.columns]
    told = rows.select(*columns)
    frame = engine.frame(told.mutate(target=told.target.cast("float64")))
    for name in ("kpi", "quarter", "segment"):
        words = frame[name] if name in frame else pd.Series("", index=frame.index)
        frame[name] = words.fillna("").astype(str).str.strip()
    frame["quarter"] = frame["quarter"].str.upper()
    frame = frame.rename(columns={"segment": "group"})
    frame["set_on"] = pd.to_datetime(frame["set_on"]) if "set_on" in frame else pd.NaT
    frame = frame[frame["target"].notna() & (frame["quarter"].str.match(r"\d{4}Q[1-4]\Z"))]
    if frame.empty:
        raise BookError(label("target_none", day=day))
    keys = ["kpi", "group", "quarter"]
    # of two that were set on one day the higher number, so that the order of rows decides nothing
    frame = frame.sort_values([*keys, "set_on", "target"], na_position="first")
    return frame.drop_duplicates(keys, keep="last").reset_index(drop=True)


def _words(panel: Panel) -> dict[str, tuple[str, str]]:
    """By word, in any case, the dimension and group it means; of a word in two dimensions the first is meant."""
    import pandas as pd

    found: dict[str, tuple[str, str]] = {}
    for name in CLASSES[:-1]:
        found[name.casefold()] = SEGMENT, name
    order = ("region", "sales_office", "team", "rep")
    for dimension in (name for name in order if name in dimensions(panel)):
        for word in sorted({str(word) for word in pd.unique(panel.groups[dimension].ravel())} - {""}):
            found.setdefault(word.strip().casefold(), (dimension, word))
    return found


@dataclass(frozen=True)
class _Figure:
    value: float
    low: float
    high: float


def _figures(panel: Panel, kpi: Kpi, dimension: str, kind: str, place: int) -> dict[str, _Figure]:
    """The figures of a KPI and their intervals by group; none where the window is not told."""
    if kpi.parts is None or kpi.lack(panel):
        return {}
    own = window(panel, kind, place)
    found = counted(kpi, own, None if dimension == COMPANY else dimension) if own.inside else None
    if found is None:
        return {}
    num, den, codes, names = found
    some, many = codes >= 0, len(names)
    low, high = intervals(kpi, num, den, codes, many)
    top = np.bincount(codes[some], num[some], many)
    if den is None:
        value = top
    else:
        whole = np.bincount(codes[some], den[some], many)
        value = np.divide(top, whole, out=np.full(many, np.nan), where=whole > 0)
    return {
        name: _Figure(*(float(kpi.scale * each[at]) for each in (value, low, high))) for at, name in enumerate(names)
    }


def _judged(kpi: Kpi, target: float, figure: _Figure | None) -> dict[str, Any]:
    """value, low, high, gap, state and why of a target."""
    if figure is None or np.isnan(figure.value):
        return {"why": "value"}
    row = {"value": figure.value, "low": figure.low, "high": figure.high, "gap": figure.value - target}
    if kpi.better == "none":
        return row | {"why": "direction"}
    if figure.low <= target <= figure.high:
        return row | {"state": CLOSE}
    ahead = row["gap"] if kpi.better == "up" else -row["gap"]
    return row | {"state": REACHED if ahead >= -_NEAR * max(1.0, abs(target)) else MISSED}
