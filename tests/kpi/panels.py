"""Small panels made by hand, for tests that know every number in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from crm_analysis.kpi.panel import Panel
from crm_analysis.periods import quarter_end
from crm_analysis.value.segments import Bars

BARS = Bars(1000.0, 300.0, 0.2)
CLASS = {"High": 2, "Mid": 1, "Low": 0, "": -1}


def quarters(last: str, many: int) -> tuple[dt.date, ...]:
    """The ends of so many quarters, the last one last: quarters("2026Q3", 2) are 2026-06-30 and 2026-09-30."""
    place = int(last[:4]) * 4 + int(last[5]) - 1
    return tuple(quarter_end(f"{at // 4}Q{at % 4 + 1}") for at in range(place - many + 1, place + 1))


def made_panel(
    measures: Mapping[str, Sequence[Sequence[float]]],
    *,
    last: str = "2026Q3",
    classes: Any = None,
    groups: Mapping[str, Any] | None = None,
    offices: Sequence[str] | None = None,
    baseline: str | dt.date | None = None,
    bars: Bars = BARS,
    ids: Sequence[str] | None = None,
    why: Mapping[str, str] | None = None,
) -> Panel:
    """A panel of `measures`, each a row per quarter of a value per account; other measures are absent.

    `classes`: words (High, Mid, Low, "") by quarter and account, or one row for all quarters; without, by `revenue` of
    the trailing four quarters and `bars`, -1 in the first three quarters and where no `order_days` are in them.
    `groups`: by dimension, words by quarter and account, or one row for all quarters; `offices` is short for the
    dimension sales_office and its clusters. `baseline`: a quarter such as 2025Q3, or a day; without, the end of the
    same quarter a year ago.
    """
    tables = {name: np.array(rows, dtype="float64") for name, rows in measures.items()}
    count, many = next(iter(tables.values())).shape
    ends = quarters(last, count)
    if baseline is None:
        baseline = ends[max(count - 5, 0)]
    words = dict(groups or {})
    if offices is not None:
        words["sales_office"] = offices
    told = {name: _each(rows, count).astype(object) for name, rows in words.items()}
    cluster = {"account": np.arange(many)}
    if "sales_office" in told:
        names = sorted(set(told["sales_office"][-1]) - {""})
        cluster["sales_office"] = np.array([names.index(w) if w else -1 for w in told["sales_office"][-1]])
    made = {
        "account_id": np.array(ids or [f"A{place}" for place in range(many)], dtype=object),
        "ends": ends,
        "covered": (True,) * count,
        "measures": tables,
        "why": dict(why or {}),
        "since": dict.fromkeys(tables, ends[0] - dt.timedelta(days=400)),
        "bars": bars,
        "baseline": quarter_end(baseline) if isinstance(baseline, str) else baseline,
        "classes": _classes(classes, tables, count, many, bars),
        "first_order": np.full(many, np.datetime64("2020-01-01"), dtype="datetime64[D]"),
        "groups": told,
        "cluster": cluster,
    }
    more = {"extracted": False, "partial": False}
    known = {field.name for field in fields(Panel)}
    return Panel(**{name: value for name, value in (more | made).items() if name in known})


def _each(rows: Any, count: int) -> np.ndarray:
    table = np.array(rows, dtype=object)
    return np.tile(table, (count, 1)) if table.ndim == 1 else table


def _classes(words: Any, tables: Mapping[str, np.ndarray], count: int, many: int, bars: Bars) -> np.ndarray:
    if words is not None:
        return np.vectorize(CLASS.__getitem__, otypes=["int8"])(_each(words, count))
    classes = np.full((count, many), -1, dtype="int8")
    if "revenue" in tables:
        for place in range(3, count):
            year = tables["revenue"][place - 3 : place + 1].sum(axis=0)
            days = tables.get("order_days", tables["revenue"])
            bought = days[place - 3 : place + 1].sum(axis=0) > 0
            classes[place] = np.where(bought, np.select([year >= bars.high, year >= bars.mid], [2, 1], 0), -1)
    return classes
