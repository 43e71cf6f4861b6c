"""What the KPI page tells of offices and sales people beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi.comparison.funnels import BETTER, BETTER_PERHAPS, NONE, WORSE, WORSE_PERHAPS
from crm_analysis.kpi.definitions import BY_NAME, KPIS
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi import group_said, quiet
from crm_analysis.report.sentences.kpi_words import ends, figure, lowered
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook

SPREAD = ("kpi", "of_whom", "accounts", "now_said", "company_said", "limits_said", "spread_way")
OUTSIDE = (BETTER, WORSE)
PERHAPS = (BETTER_PERHAPS, WORSE_PERHAPS)
DRAWN = ("margin_rate", "on_time", "complaints_per_100_orders", "proactive_share", "shipping_days", "days_to_pay")
MOST_DRAWN = 4
"""KPIs that are drawn: those with the most offices outside, then the first of DRAWN that the book tells."""


def _told(look: Outlook) -> pd.DataFrame:
    """The rows with a figure and a name; raises BookError without any."""
    quiet(look)
    table = look.funnels
    table = table[(table["way"] != NONE) & (table["group"] != "")]
    if table.empty:
        raise BookError(label("spread_nothing"))
    return table


def spread_said(look: Outlook) -> str:
    """How many figures lie outside the limits, beside what chance alone puts there."""
    table = _told(look)
    sure, perhaps = (int(table["way"].isin(ways).sum()) for ways in (OUTSIDE, PERHAPS))
    return label(
        "spread_counts",
        figures=text(len(table), "count"),
        kpis=counted(table["kpi"].nunique(), "kpi"),
        sure=text(sure, "count"),
        expected=f"{0.002 * len(table):.1f}",
        perhaps=text(perhaps, "count"),
        chance=f"{0.048 * len(table):.0f}",
    )


def outside(look: Outlook) -> pd.DataFrame:
    """Those outside the outer limits, KPI by KPI; raises BookError without a word where none is."""
    table = _told(look)
    table = table[table["way"].isin(OUTSIDE)]
    if table.empty:
        raise BookError("")
    return _worded(look, table)


def every(look: Outlook) -> pd.DataFrame:
    """All offices and sales people, KPI by KPI; raises BookError without a word where there are none."""
    try:
        table = _told(look)
    except BookError:  # as is said of those outside
        raise BookError("") from None
    return _worded(look, table)


def _worded(look: Outlook, table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    table = named(look, table.reset_index(drop=True))
    units = [BY_NAME[name].unit for name in table["kpi"]]

    def said(name: str) -> list[str]:
        return [figure(value, unit, look.currency) for value, unit in zip(table[name], units, strict=True)]

    limits = zip(table["low_998"], table["high_998"], units, strict=True)
    words = {
        "kpi": [BY_NAME[name].title for name in table["kpi"]],
        "kpi_code": table["kpi"],
        "of_whom": [group_said(*pair) for pair in zip(table["dimension"], table["group"], strict=True)],
        "accounts": table["accounts"],
        "now_said": said("value"),
        "company_said": said("company"),
        "limits_said": [ends(low, high, unit, look.currency) for low, high, unit in limits],
        "spread_way": [label(f"spread_way_{way}") for way in table["way"]],
    }
    names = {"value": "now", "company": "company_figure"}
    numbers = table[["value", "company", "low_95", "high_95", "low_998", "high_998"]].rename(columns=names)
    return pd.concat([pd.DataFrame(words), numbers], axis=1)


def named(look: Outlook, table: pd.DataFrame) -> pd.DataFrame:
    """The rows with sales people by name, as far as one is known."""
    people = look.people
    if people.empty:
        return table
    names = people.set_index("rep_id")["name"].dropna()
    own = table["group"].map(names).where(table["dimension"] == "rep")
    return table.assign(group=own.fillna(table["group"]))


def drawn(look: Outlook) -> dict[str, pd.DataFrame]:
    """The funnels of offices to draw, by KPI; raises BookError where there are no offices."""
    table = _told(look)
    table = table[table["dimension"] == "sales_office"]
    out = table.loc[table["way"].isin(OUTSIDE), "kpi"].value_counts()
    order = sorted((kpi.name for kpi in KPIS if kpi.name in out.index), key=lambda name: -int(out[name]))
    names = [*order, *(name for name in DRAWN if name not in out.index and (table["kpi"] == name).any())]
    if not names:
        raise BookError("")
    return {name: table[table["kpi"] == name] for name in names[:MOST_DRAWN]}


def spread_alt(look: Outlook) -> str:
    """What the figure shows."""
    parts = [
        label("alt_spread_part", kpi=lowered(BY_NAME[name].title), n=int(rows["way"].isin(OUTSIDE).sum()), of=len(rows))
        for name, rows in drawn(look).items()
    ]
    return label("alt_spread", parts=clauses(parts))
