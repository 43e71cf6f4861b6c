"""What the retention page tells of how long accounts stay, in sentences computed from an outlook.

A sentence about what the book cannot carry is empty, and nothing is shown for it. Those named alt say what figures
show, for those who do not see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.churn.retention.cohorts import BEFORE
from crm_analysis.churn.retention.curves import medians
from crm_analysis.churn.retention.projection import NAIVE
from crm_analysis.churn.retention.tenures import YEAR
from crm_analysis.churn.retention.tenures import counted as counts
from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.sentences import chance, counted, told_or
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from crm_analysis.churn.groups import Groups
    from crm_analysis.churn.outlook import Outlook

PAIRS = 3
"""Pairs of groups that are named in a sentence."""


def curve_said(look: Outlook) -> str:
    """When half are gone, what the curve rests on, and who is not in it."""
    stays = look.stays
    row, found, frame = medians(stays.curve).iloc[0], counts(stays.spells), stays.tenures
    median = row["median"]
    if median != median:
        half = label("curve_no_median", reach=f"{row['until_years']:.1f}")
    elif median < 1:
        half = label("curve_median_days", days=counted(round(median * YEAR), "day"))
    else:
        half = label("curve_median", median=f"{median:.1f}")
    words = [
        half,
        label("curve_rests", accounts=counted(len(frame), "account"), gone=int(frame["gone"].sum())),
    ]
    if found["late"]:
        words.append(label("curve_entered", late=found["late"]))
    if found["unknown_age"] or found["undecided"]:
        words.append(
            label(
                "curve_left_out",
                unknown=found["unknown_age"],
                undecided=found["undecided"],
                day=stays.spells.decided_until,
            )
        )
    return sentences(*words)


def groups_said(groups: Groups, baseline: dt.date | None = None) -> str:
    """Whether groups differ by more than chance, and which; within which time years stayed are counted.

    `baseline` is the day the groups are those of.
    """
    test, pairs = groups.test, groups.pairs
    if test["p"] != test["p"]:
        words = label("groups_small")
    else:
        numbers = {"groups": int(test["groups"]), "p": chance(test["p"])}
        if test["p"] > 0.05:
            words = label("groups_alike", **numbers)
        elif pairs.empty:
            words = label("groups_differ_none", **numbers)
        else:
            words = label("groups_differ", pairs=_pairs_said(pairs), **numbers)
    if groups.until == groups.until:
        words = sentences(words, label("groups_until", years=f"{groups.until:.1f}"))
    return words if baseline is None else sentences(label("groups_baseline", day=baseline), words)


def repurchase_said(look: Outlook) -> str:
    """How many new accounts order a second time within the longest time that is told."""
    row = look.stays.repurchase.iloc[-1]
    ends = {name: text(row[name], "share") for name in ("share", "low", "high")}
    return label("repurchase_said", accounts=int(row["accounts"]), months=int(row["months"]), **ends)


def steady_said(look: Outlook) -> str:
    """Whether accounts leave as often in each year of their tenure."""
    found = look.stays.constant
    if found["p"] != found["p"]:
        return label("steady_cannot")
    key = "steady_refuted" if found["verdict"] == "refuted" else "steady_not_refuted"
    return label(key, p=chance(found["p"]))


def projection_said(look: Outlook) -> str:
    """What came closest when tried; why nothing could be tried."""
    try:
        best = look.stays.trial.iloc[0]
    except BookError as lack:
        return str(lack)
    words = label(
        "projection_best",
        periods=int(best["periods"]),
        rest=int(best["rest"]),
        model=code_said(best["model"]),
        expected=text(best["expected"], "share"),
        came=text(best["came"], "share"),
    )
    return sentences(words, label("projection_naive") if best["model"] == NAIVE else "")


def cohorts_said(look: Outlook) -> str:
    """How many new accounts are there a year after the quarter of their first order."""
    table = look.stays.cohort_table
    own = table[table["cohort"] != BEFORE]
    own = own[own["kept_4"].notna()] if "kept_4" in own else own.head(0)
    if own.empty:
        return label("cohorts_none")
    share = float((own["kept_4"] * own["accounts"]).sum() / own["accounts"].sum())
    return label("cohorts_said", accounts=counted(own["accounts"].sum(), "account"), share=text(share, "share"))


def curve_alt(look: Outlook) -> str:
    """When half are gone."""
    return str(told_or(lambda: curve_said(look)))


def segments_alt(look: Outlook) -> str:
    """Whether segments differ."""
    return str(told_or(lambda: groups_said(look.stays.segments)))


def cohorts_alt(look: Outlook) -> str:
    """What the heat maps show, in a sentence."""
    return str(told_or(lambda: cohorts_said(look), label("cohorts_none")))


def projection_alt(look: Outlook) -> str:
    """What was closest when tried."""
    return str(told_or(lambda: projection_said(look)))


def _pairs_said(pairs: pd.DataFrame) -> str:
    named = [
        label("groups_pair", one=code_said(row.group), other=code_said(row.other))
        for row in pairs.head(PAIRS).itertuples()
    ]
    if len(pairs) > PAIRS:
        named.append(label("groups_more", n=len(pairs) - PAIRS))
    return listed(named)
