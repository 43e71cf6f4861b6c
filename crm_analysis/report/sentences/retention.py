"""What the retention page tells of the past, in sentences computed from an outlook: who left, when and why.

A sentence about what the book cannot carry is empty, and nothing is shown for it; where only a part is missing, that
part is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.churn.retention.reasons import CONFIRMED, REFUTED
from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.sentences import counted, per_hundred, row_of, told_or
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.churn.outlook import Outlook

TOO_YOUNG = 0.1
"""Years of tenure from which on it is said that a curve does not start at the beginning."""
FIVE = 5
"""Years after which management asks who is still there."""


# --- in short ---


def kept_in_a_year(look: Outlook) -> float:
    """The share of accounts that stayed a year; NaN if it cannot be told."""
    return float(told_or(lambda: look.yearly["retention"], float("nan")))


def kept_said(look: Outlook) -> str:
    """Of how many accounts, from when to when; why it cannot be told."""
    if look.defined is None:
        return label("leave_refused", reason=look.refusal)
    try:
        row = look.yearly
    except BookError as lack:
        return str(lack)
    first, last = look.days
    numbers = {name: per_hundred(row[name]) for name in ("low", "high")}
    return label("kept_said", there=int(row["there"]), kept=int(row["kept"]), first=first, last=last, **numbers)


def net_retention(look: Outlook) -> float:
    """Revenue kept with what the same accounts added; NaN if it cannot be told."""
    return float(told_or(lambda: look.stays.revenue_kept["net_kept"].iloc[0], float("nan")))


def revenue_said(look: Outlook) -> str:
    """What was kept of the revenue of the year before; empty if that is not whole in the book."""

    def said() -> str:
        row = look.stays.revenue_kept.iloc[0]
        return label("kept_revenue", gross=text(row["gross_kept"], "share"), net=text(row["net_kept"], "share"))

    return str(told_or(said))


def five_years(look: Outlook) -> str:
    """How many of a hundred accounts are there after five years, or as many as the curve reaches; empty without one."""

    def said() -> str:
        row = _five(look)
        part = row["years"] < 1
        years = label("year_part", n=f"{row['years']:.2g}") if part else counted(row["years"], "year")
        return label("five_value", share=per_hundred(row["survival"]), years=years)

    return str(told_or(said))


def five_said(look: Outlook) -> str:
    """The interval of that, and what the same retention in every year would leave; empty without a curve."""
    try:
        row = _five(look)
    except BookError:
        return ""
    numbers = {name: per_hundred(row[name]) for name in ("low", "high")}
    begins = float(look.stays.curve["years"].iloc[0])
    since = label("five_from", begins=f"{begins:.1f}") if begins >= TOO_YOUNG else ""
    if row["years"] < FIVE:
        return sentences(label("five_short", **numbers), since)
    words = sentences(label("five_said", **numbers), since)
    if "constant" not in row:
        return words
    constant, low, high = row["constant"], row["low"], row["high"]
    steady = look.stays.constant["verdict"] != "refuted"
    judged = "five_agrees" if low <= constant <= high else "five_apart" if steady else "five_below"
    if constant < low:
        judged = "five_apart" if steady else "five_above"
    rate = text(look.stays.rate, "share")
    return sentences(words, label("five_constant", rate=rate, constant=per_hundred(constant), judged=label(judged)))


def claim_verdict(look: Outlook) -> str:
    """What becomes of the claim, in a word or two; empty if nobody said why accounts left."""
    return str(
        told_or(
            lambda: label(
                "claim_value",
                share=f"{look.stays.share:.0%}",
                reason=code_said(look.stays.reason),
                verdict=code_said(row_of(look.stays.claim, "who", "asked")["verdict"]),
            )
        )
    )


def claim_said(look: Outlook) -> str:
    """Whether so many leave for the reason claimed, by all asked, by who says so, and by nobody's word."""
    try:
        table = look.stays.claim
    except BookError:
        return ""
    asked, everyone = row_of(table, "who", "asked"), row_of(table, "who", "leavers")
    verdict = {CONFIRMED: "claim_confirmed", REFUTED: "claim_refuted"}.get(str(asked["verdict"]), "claim_open")
    ends = {name: text(asked[name], "share") for name in ("share", "low", "high")}
    reason = code_said(look.stays.reason)
    said = label("claim_asked", of=int(asked["of"]), said=int(asked["said"]), reason=reason, **ends)
    both = [
        label("claim_who", who=label(f"who_{who}"), said=int(row["said"]), of=int(row["of"]))
        for who, row in ((who, row_of(table, "who", who)) for who in ("account", "rep"))
        if row["of"] > 0
    ]
    everybody = label(
        "claim_left",
        reason=reason,
        left=int(everyone["of"]),
        silent=int(everyone["of"] - asked["of"]),
        low=text(everyone["low"], "share"),
        high=text(everyone["high"], "share"),
    )
    told = label("claim_said", share=f"{look.stays.share:.0%}", reason=reason, verdict=label(verdict), asked=said)
    return sentences(told, *(both if len(both) == 2 else []), everybody)


# --- what counts as leaving ---


def decided_said(look: Outlook) -> str:
    """Until when leaving is decided, and how many of those counted as there then had left already."""
    words = label("decided_said", day=look.told.spells.decided_until)
    row = told_or(lambda: look.yearly, None)
    if row is None:
        return words
    more = label("decided_going", counted=int(row["counted"]), gone=int(row["counted"] - row["going_on"]))
    return sentences(words, more)


def ended_said(look: Outlook) -> str:
    """How many spells ended, by kind, and how many are open."""
    spells = look.told.spells
    there = spells.there(spells.as_of)
    kinds = {str(kind): int(n) for kind, n in look.kinds.items()}
    return label("ended_said", there=len(there), goodbye=int(there["said_goodbye"].sum()), **kinds)


def reactivation_said(look: Outlook) -> str:
    """How many of the accounts silent for as long as counts as leaving ordered again."""
    table, days = look.reactivation, look.told.silence
    row = table.iloc[int((table["days"] - days).abs().argmin())]
    return label(
        "reactivation_said",
        accounts=int(row["accounts"]),
        months=int(row["months"]),
        follow=round(row["follow_up_days"] * 12 / 365.25),
        **{name: text(row[name], "share") for name in ("share", "low", "high")},
    )


# --- what figures show, for those who do not see them ---


def reactivation_alt(look: Outlook) -> str:
    """How many come back after the silence that counts as leaving."""
    return str(told_or(lambda: reactivation_said(look)))


def incidence_alt(look: Outlook) -> str:
    """How many have gone by each cause at the end of the curve."""

    def said() -> str:
        last = look.stays.incidence.groupby("cause", sort=False).tail(1)
        parts = [
            label("incidence_part", cause=code_said(row.cause), share=text(row.incidence, "share"))
            for row in last.itertuples()
        ]
        return label("incidence_said", years=f"{last['years'].iloc[0]:.1f}", parts=listed(parts))

    return str(told_or(said))


def _five(look: Outlook) -> pd.Series:
    """The row of five years, or of the last one that the curve reaches; its end where it does not reach one.

    Raises BookError for a curve that begins later.
    """
    try:
        table = look.stays.by_year
    except BookError:
        return look.stays.last
    reached = table[table["years"] <= FIVE]
    if reached.empty:
        raise BookError(label("stay_no_tenure"))
    row: pd.Series = reached.iloc[-1]
    return row
