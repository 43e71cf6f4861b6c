"""What a table means, in one sentence computed from it: still true when the data change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError
from crm_analysis.labels import label, noted
from crm_analysis.labels import window_said as window_said
from crm_analysis.labels.language import sentences
from crm_analysis.report.values import decimals, text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book import Book, CheckResult
    from crm_analysis.value.segments import Bars


def money(amount: float, currency: str | None) -> str:
    """An amount with its currency, whole units from 1,000 on."""
    return f"{currency or ''} {text(amount, 'money', decimals([amount], 'money'))}".strip()


AS_GROUPS = {"accounts": "groups", "account_share": "group_share", "revenue_per_account": "revenue_per_group"}
"""Columns of a table of groups, renamed for a reader."""


def exact(amount: object, currency: str | None) -> str:
    """An amount to the cent with its currency."""
    return f"{currency or ''} {text(amount, 'exact', 2)}".strip()


def counted(number: float, words: str) -> str:
    """So many of something: 1 account, 250 accounts."""
    return label(f"{words}_one" if number == 1 else f"{words}_many", n=text(int(number), "count"))


def told_or(words: Callable[[], Any], otherwise: Any = "") -> Any:
    """What the function returns, or the other where the book cannot carry it."""
    try:
        return words()
    except BookError:
        return otherwise


def row_of(table: pd.DataFrame, column: str, value: str) -> pd.Series:
    """The row of a table whose column has this value."""
    row: pd.Series = table[table[column] == value].iloc[0]
    return row


def per_hundred(share: float) -> str:
    """A share as so many of a hundred."""
    return f"{100 * share:.0f}"


def chance(p: float) -> str:
    """A p-value as it is written.

    >>> chance(0.2371), chance(2e-9)
    ('p = 0.24', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def check_said(check: CheckResult) -> str:
    """How much of the order lines was accepted, and where the rest is."""
    rows, money_ = check.rows["orders"], check.revenue["orders"]
    if rows.accepted == rows.found:
        return label(
            "said_check_all", lines=counted(int(rows.found), "line"), money=exact(money_.found, check.currency)
        )
    return label(
        "said_check",
        accepted=text(int(rows.accepted), "count"),
        lines=counted(int(rows.found), "line"),
        money=exact(money_.accepted, check.currency),
        quarantined=text(int(rows.quarantined), "count"),
        quarantined_money=exact(money_.quarantined, check.currency),
        duplicate=text(int(rows.duplicate), "count"),
        duplicate_money=exact(money_.duplicate, check.currency),
    )


def redacted_said(check: CheckResult) -> list[str]:
    """Of a redacted book: that codes stand for names, and what else that changed."""
    if not check.redaction:
        return []
    return [label("redacted_said"), *([label("redacted_ids_said")] if check.hidden_ids else [])]


def days_said(book: Book, day: dt.date) -> str:
    """How the report's day lies to the day of the extract."""
    key = "said_day_before" if day < book.extracted_on else "said_day_after" if day > book.extracted_on else "said_day"
    days = counted(abs((day - book.extracted_on).days), "day")
    return label(key, day=day, extracted=book.extracted_on, days=days)


def pyramid_said(pyramid: pd.DataFrame) -> str:
    """What the small tier is in numbers and in revenue, against the first three."""
    rows = pyramid.set_index("tier")
    few = rows.loc[["top", "big", "medium"], ["accounts", "revenue_share"]].sum()
    if not few["accounts"]:
        return label("said_no_active")
    return label(
        "said_pyramid",
        few=counted(float(few["accounts"]), "account"),
        few_share=text(few["revenue_share"], "share"),
        small=counted(int(rows["accounts"]["small"]), "account"),
        small_share=text(rows["revenue_share"]["small"], "share"),
    )


def concentration_said(gini: float, share: float) -> str:
    """The share of the first fifth and the Gini coefficient."""
    if gini != gini:
        return label("said_no_active")
    return label("said_concentration", share=text(share, "share"), gini=f"{gini:.2f}")


def bars_said(bars: Bars, currency: str | None, window: str, day: dt.date) -> str:
    """Where the segments divide."""
    key = "said_bars" if bars.margin_rate is not None else "said_bars_no_cost"
    rate = text(bars.margin_rate, "share") if bars.margin_rate is not None else ""
    return label(
        key,
        high=money(bars.high, currency),
        mid=money(bars.mid, currency),
        rate=rate,
        window=window_said(window),
        day=day,
    )


def segments_said(table: pd.DataFrame) -> str:
    """How many accounts are Low, and what they bring."""
    low = table[table["segment"].astype(str).str.startswith("Low")]
    if not table["accounts"].sum():
        return label("said_no_active")
    return label(
        "said_segments",
        low=counted(low["accounts"].sum(), "account"),
        share=text(low["accounts"].sum() / table["accounts"].sum(), "share"),
        revenue_share=text(low["revenue_share"].sum(), "share"),
    )


def workload_said(table: pd.DataFrame) -> str:
    """The usual minutes a day for each account, and whose accounts nobody serves."""
    served = table[(table["rep_id"] != "") & (table["accounts"] > 0)]
    nobody = int(table.loc[table["rep_id"] == "", "accounts"].sum())
    if served.empty:
        return label("said_workload_none")
    told = label(
        "said_workload",
        reps=counted(len(served), "rep"),
        accounts=text(served["accounts"].median(), "number", decimals([served["accounts"].median()], "number")),
        minutes=text(served["minutes_per_day"].median(), "number", 0),
    )
    return sentences(told, label("said_unassigned", accounts=counted(nobody, "account")) if nobody else "")


def groups_said(groups: pd.DataFrame) -> str:
    """How many accounts are offices of one customer; empty if none is."""
    several = groups[groups["accounts"] > 1]
    if several.empty:
        return ""
    return label(
        "said_groups", groups=counted(len(several), "group"), accounts=counted(several["accounts"].sum(), "account")
    )


def no_rule_said(check: CheckResult) -> str | None:
    """The sentence that stands for an empty table of rules; None if a rule fired."""
    return None if check.fired else label("said_no_rule")


def months_said(months: pd.DataFrame, currency: str) -> str:
    """From when to when the book has orders, and its best month."""
    if months.empty:
        return label("said_no_active")
    best = months.loc[months["revenue"].idxmax()]
    return label(
        "said_months",
        first=months["month"].iloc[0],
        last=months["month"].iloc[-1],
        best=best["month"],
        money=money(float(best["revenue"]), currency),
    )


def assumptions(check: CheckResult) -> pd.DataFrame:
    """What the book's owner and the intake take as given, a row each: note."""
    import pandas as pd

    return pd.DataFrame({"note": list(map(noted.said, check.notes))})


def no_assumption_said(check: CheckResult) -> str | None:
    """The sentence that stands for an empty list of assumptions."""
    return None if check.notes else label("said_no_assumption")


def revenue_said(frame: pd.DataFrame, window: str, day: dt.date) -> str:
    """The window, and the change against the one before where the book reaches back that far."""
    before, now = frame["revenue_before"].sum(min_count=1), frame["revenue"].sum()
    change = ""
    if before == before and before > 0:
        change = label("headline_revenue_change", change=f"{now / before - 1:+.1%}", window=window_said(window))
    return label("headline_revenue", window=window_said(window), day=day, change=change)


def active_said(frame: pd.DataFrame, window: str, day: dt.date) -> str:
    """Active accounts against all accounts known."""
    share = frame["active"].mean() if len(frame) else float("nan")
    return label(
        "headline_active",
        share=text(share, "share"),
        accounts=counted(len(frame), "account"),
        window=window_said(window),
        day=day,
    )


def top_share_said(frame: pd.DataFrame) -> str:
    """How many accounts the first fifth is."""
    return label("headline_top_share", accounts=counted(-(-int(frame["active"].sum()) // 5), "account"))


def low_share(table: pd.DataFrame) -> float:
    """The share of active accounts that are Low (`segments.segment_table`); NaN without active accounts."""
    low = table["segment"].astype(str).str.startswith("Low")
    return float(table.loc[low, "account_share"].sum()) if table["accounts"].sum() else float("nan")


def low_said(table: pd.DataFrame) -> str:
    """What the Low accounts bring."""
    if not table["accounts"].sum():
        return label("said_no_active")
    low = table["segment"].astype(str).str.startswith("Low")
    return label("headline_low", revenue_share=text(table.loc[low, "revenue_share"].sum(), "share"))
