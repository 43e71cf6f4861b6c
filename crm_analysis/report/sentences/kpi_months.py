"""What the KPI page tells month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi_words import ends, figure, lowered

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.comparison.charts import MonthChart
    from crm_analysis.kpi.outlook import Outlook

SIGNALS = ("kpi", "month", "now_said", "limits_said", "signal_said")


def charts(look: Outlook) -> dict[str, MonthChart]:
    """The charts that the book can carry, by KPI; raises BookError without a word where there is none."""
    found, _ = look.charts
    if not found:
        raise BookError("")
    return found


def months_said(look: Outlook) -> str:
    """How many charts have a month that stands out, how often chance makes one, and what cannot be charted."""
    found = charts(look)
    lit = [name for name, own in found.items() if len(own.signals)]
    often = max(own.by_chance for own in found.values())
    words = [
        label("months_none", charts=counted(len(found), "chart_of"))
        if not lit
        else label(
            "months_some",
            charts=counted(len(found), "chart_of"),
            names=listed(lowered(BY_NAME[name].title) for name in lit),
        )
    ]
    words.append(label("months_by_chance", n=f"{100 * often:.0f}"))
    return sentences(*words)


def untold_said(look: Outlook) -> str:
    """What cannot be charted, and why."""
    _, why = look.charts
    return sentences(*dict.fromkeys(why.values()))


def months(look: Outlook) -> pd.DataFrame:
    """Every month of every chart; raises BookError where there is none."""
    import pandas as pd

    parts = []
    for name, own in charts(look).items():
        unit = BY_NAME[name].unit
        limits = ends(own.low, own.high, unit)
        rows = own.table
        parts.append(
            pd.DataFrame(
                {
                    "kpi": BY_NAME[name].title,
                    "kpi_code": name,
                    "month": rows["month"],
                    "now_said": [figure(value, unit) for value in rows["value"]],
                    "limits_said": limits,
                    "signal_said": [label(f"signal_{code}") if code else "" for code in rows["signal"]],
                    "now": rows["value"],
                    "numerator": rows["numerator"],
                    "denominator": rows["denominator"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def signals(look: Outlook) -> pd.DataFrame:
    """The months that stand out; raises BookError without a word where none does."""
    table = months(look)
    table = table[table["signal_said"] != ""].reset_index(drop=True)
    if table.empty:
        raise BookError("")
    return table


def months_alt(look: Outlook) -> str:
    """What the figure shows."""
    parts = []
    for name, own in charts(look).items():
        unit = BY_NAME[name].unit
        last = own.table.iloc[-1]
        words = {"kpi": lowered(BY_NAME[name].title), "last": figure(last["value"], unit)}
        words |= {"low": figure(own.low, unit), "high": figure(own.high, unit)}
        parts.append(label("alt_month_part", **words))
    return label("alt_months", parts=clauses(parts))
