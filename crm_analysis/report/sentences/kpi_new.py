"""What the KPI page tells of new accounts that become High."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi.becoming import ALL, WITHIN
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.periods import before
from crm_analysis.report.sentences import counted, told_or
from crm_analysis.report.sentences.kpi import quiet
from crm_analysis.report.sentences.kpi_words import between, figure
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.becoming import Becoming
    from crm_analysis.kpi.outlook import Outlook
    from crm_analysis.labels import Kind

SHARES: dict[str, Kind] = {"low_95": "share", "high_95": "share"}
"""The ends of the intervals of a share."""
FEWEST = 5
"""Accounts that became High from which on a median time says something."""
MONTH = 30.44
"""Days of a month, on average."""
SUMMARY = ("half_year", "accounts", "became_many", "left_many", "cut_many", "open_many", "became_4_said",
           "became_8_said", "quarters_to_high")  # fmt: skip


def new(look: Outlook) -> str:
    """Of how many new accounts how many have become High so far; raises BookError where none is known."""
    row = _whole(look.becoming)
    return label("new_value", became=text(int(row["became_many"]), "count"), accounts=_new(row))


def new_said(look: Outlook) -> str:
    """What new and High mean, the rates within one and two years, what became of the others, how long it took."""
    found = look.becoming
    row = _whole(found)
    words = [
        label(
            "new_means", since=found.since, bar=figure(found.bar, "money", look.currency), days=_lasting(found.silence)
        )
    ]
    rates = []
    for within in WITHIN:
        share, low, high = (row[f"{end}became_{within}"] for end in ("", "low_", "high_"))
        if share >= 0:
            ends = {"low": text(low, "share"), "high": text(high, "share")}
            rates.append(label("new_rate", quarters=within, share=text(share, "share"), **ends))
    if rates:
        words.append(label("new_rates", rates=listed(rates)))
    if told_or(found.against_a_year_ago) is not None:
        words.append(label("new_scorecard", day=before(look.day, "12M")))
    words.append(
        label(
            "new_others",
            left=text(int(row["left_many"]), "count"),
            cut=text(int(row["cut_many"]), "count"),
            open=text(int(row["open_many"]), "count"),
        )
    )
    if row["became_many"] >= FEWEST:
        key = "new_time_one" if row["quarters_to_high"] == 1 else "new_time_many"
        words.append(label(key, n=f"{row['quarters_to_high']:g}"))
    return sentences(*words)


def _lasting(days: int) -> str:
    """So many days in words, in months where they are many."""
    if days < 2 * MONTH:
        return counted(days, "day")
    return label("new_about", months=counted(round(days / MONTH), "month"))


def cohorts_said(look: Outlook) -> str:
    """Whether cohorts can be told apart by what is known of them; raises BookError where no account is new."""
    rows = look.becoming.summary.iloc[:-1]
    rows = rows[rows["became_4"] >= 0]
    if len(rows) < 2:
        return label("new_one_cohort")
    best, least = (rows.sort_values(["became_4", "cohort"]).iloc[place] for place in (-1, 0))
    apart = best["low_became_4"] > least["high_became_4"]
    key = "new_apart" if apart else "new_alike"
    return label(key, best=best["cohort"], least=least["cohort"])


def summary(look: Outlook) -> pd.DataFrame:
    """Cohorts of new accounts and all of them; raises BookError where no account is new."""
    quiet(look)
    table = look.becoming.summary.rename(columns={"cohort": "half_year"})
    table["half_year"] = table["half_year"].replace(ALL, label("becoming_all"))
    for within in WITHIN:
        rates = zip(*(table[f"{end}became_{within}"] for end in ("", "low_", "high_")), strict=True)
        table[f"became_{within}_said"] = [text(rate, "share") + between(low, high, _share) for rate, low, high in rates]
    return table


def _share(value: float) -> str:
    return text(value, "share")


def curve(look: Outlook) -> pd.DataFrame:
    """Shares of all new accounts by quarters since the first order; BookError without a word where none is new."""
    try:
        table = look.becoming.table
    except BookError:  # as is said of cohorts
        raise BookError("") from None
    return table[table["cohort"] == ALL].drop(columns="cohort").reset_index(drop=True)


def new_alt(look: Outlook) -> str:
    """What the figure shows."""
    row = _whole(look.becoming)
    parts = [
        label("new_rate_short", quarters=within, share=text(row[f"became_{within}"], "share"))
        for within in WITHIN
        if row[f"became_{within}"] >= 0
    ]
    return label("alt_became_high", parts=listed(parts) or label("unknown"))


def _whole(found: Becoming) -> pd.Series:
    row: pd.Series = found.summary.iloc[-1]
    return row


def _new(row: pd.Series) -> str:
    return counted(int(row["accounts"]), "new_account")
