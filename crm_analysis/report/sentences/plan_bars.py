"""What the plan page tells of the two bars: the loss the company can bear, and the work the team can carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import bracketed, listed, sentences
from crm_analysis.plan.effort.spare import kept_for_late
from crm_analysis.plan.grades.bar import IMPOSSIBLE, LIKELY, SHOWN
from crm_analysis.plan.grades.grades import BARS, GRADES, LOSS, WORK
from crm_analysis.report.sentences import counted, money, told_or
from crm_analysis.report.sentences.plan import LITTLE, NAMED, whole_hours
from crm_analysis.report.sentences.plan_lists import some
from crm_analysis.report.sentences.potential import named, share
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.labels import Kind
    from crm_analysis.plan.grades.bar import Passing
    from crm_analysis.plan.outlook import Outlook

GRADED = ("grade", "lowered_by", "accounts", "revenue", "hours_planned")
YEARS = ("as_of", "accounts", "passing", "bad", "share", "low", "high", "all_bad")
SHARES: dict[str, Kind] = {"low": "share", "high": "share"}
WORK_RULES = ("work", "work_large")
"""The rules of accounts that the work bar lowers and no other rule takes before."""
_STATE = {SHOWN: "bars_shown", LIKELY: "bars_likely", IMPOSSIBLE: "bars_impossible"}


def loss(look: Outlook) -> str:
    """How many the loss bar lowers; that there is none."""
    return _many(look, LOSS) if told_or(lambda: look.loss, None) is not None else label("unknown")


def work(look: Outlook) -> str:
    """How many the work bar lowers; that there is none."""
    return _many(look, WORK) if np.isfinite(look.treated.grades.capacity) else label("unknown")


def _many(look: Outlook, bar: str) -> str:
    many = int((look.table["bar"] == bar).sum())
    return counted(many, "account") if many else label("bars_nobody")


def loss_said(look: Outlook) -> str:
    """The loss bar in words; why there is none."""
    try:
        found = look.loss
    except BookError as lack:
        return label("bars_no_loss", lack=lack) if len(look.table) else ""
    told: dict[str, object] = {"borne": share(found.bad_share), "day": found.day, **_passing(found.at)}
    words = [label("bars_at", days=f"{found.at.days_late:.1f}", **told) if found.binds else label("bars_open", **told)]
    words.append(label(_STATE[found.state], **told))
    if found.state == LIKELY and found.too_few:
        words.append(label("bars_few", needed=found.needed, accounts=found.all.accounts))
    if found.state == IMPOSSIBLE and found.surely_impossible:
        words.append(label("bars_surely"))
    if found.binds:
        words.append(label("bars_without", **_passing(found.all)))
    words.append(_lowered(look, LOSS, "bars_loss_lowers"))
    return sentences(*words)


def known(look: Outlook) -> str:
    """What can be shown of any bar; raises BookError where there is none."""
    found = look.loss
    if found.sure is not None and not found.sure.everybody:
        return label("bars_sure", days=f"{found.sure.days_late:.1f}", **_passing(found.sure))
    if found.sure is not None:
        return ""
    return label("bars_least", least=text(found.least_shown, "share"))


def work_said(look: Outlook, currency: str) -> str:
    """The work bar in words."""
    found, hours = look.treated.grades, look.hours.contacts
    if not len(look.table):
        return ""
    if not np.isfinite(found.capacity):
        return label("bars_no_hours")
    numbers = {"hours": whole_hours(hours)}
    if not found.binding_work:
        wanted = (found.select + found.kept + found.wanted) / 60
        return label("bars_work_open", wanted=whole_hours(wanted), **numbers)
    if not found.select_fits:
        words = label("bars_work_full", select=whole_hours(found.select / 60), **numbers)
    elif found.reach > -np.inf:
        reach = money(found.reach, currency)
        words = label("bars_work_at", reach=reach, grade=found.reach_grade, **numbers)
    else:
        words = label("bars_work_nobody", **numbers)
    return sentences(words, _lowered(look, WORK, "bars_work_lowers"), _left(look))


def _left(look: Outlook) -> str:
    """The hours that the plan leaves although accounts were lowered, and why; nothing where it leaves none."""
    left = look.hours.contacts - float(look.table["minutes_planned"].sum()) / 60
    if not left >= LITTLE:
        return ""
    late = min(kept_for_late(look.facts, look.treated, look.day, look.bars, look.policy, look.lengths) / 60, left)
    key = "bars_left_late" if left - late < LITTLE else "bars_left_both" if late >= LITTLE else "bars_left_next"
    why = label(key, late=whole_hours(late))
    return label("bars_left", left=counted(round(left), "bars_left"), why=why)


def otherwise_said(look: Outlook) -> str:
    """How many that the work bar lowers get what another rule says; raises BookError where there are none."""
    rows = look.table[look.table["bar"] == WORK]
    return counted(len(some(rows[~rows["rule"].isin(WORK_RULES)])), "bars_otherwise")


def _lowered(look: Outlook, bar: str, key: str) -> str:
    rows = look.table[look.table["bar"] == bar]
    if rows.empty:
        return ""
    first = rows.sort_values(["worth", "account_id"], ascending=[False, True], kind="stable").head(NAMED)
    names = listed(named(row) for _, row in first.iterrows())
    return label(key, names=names)


def _passing(row: Passing) -> dict[str, str]:
    return {
        "bad": text(row.bad, "count"),
        "accounts": text(row.accounts, "count"),
        "share": text(row.share, "share"),
        "between": bracketed(label("from_to", low=text(row.low, "share"), high=text(row.high, "share"))),
    }


# --- the tables ---


def grades(look: Outlook) -> pd.DataFrame:
    """Accounts by grade and by the bar that lowered them, in words; raises BookError without accounts."""
    table = some(look.treated.grades.summary)
    found = table.assign(
        grade=[label(GRADES[name]) for name in table["grade"]],
        lowered_by=[label(BARS[name]) for name in table["bar"]],
        hours_planned=table["minutes"] / 60,
    )
    return found[list(GRADED)]


def years(look: Outlook) -> pd.DataFrame:
    """What the loss bar would have let pass, year by year; raises BookError where there is none (said in short)."""
    found = told_or(lambda: look.loss, None)
    if found is None:
        raise BookError("")
    return look.let_pass


def drawn_loss(look: Outlook) -> pd.DataFrame:
    """Bad shares by bar; raises BookError where there is nothing to draw."""
    table = look.loss.steps
    if len(table) < 2:
        raise BookError("")
    return table


def passing(look: Outlook) -> float:
    """The share of accounts that the loss bar lets pass; 1 where there is none."""
    return look.loss.at.passing / look.loss.at.accounts


def loss_alt(look: Outlook) -> str:
    """What the figure shows; raises BookError where there is none."""
    table = drawn_loss(look)
    first, last = table.iloc[0], table.iloc[-1]
    return label(
        "alt_loss",
        strict=text(first["passing_share"], "share"),
        least=text(first["share"], "share"),
        most=text(last["share"], "share"),
        borne=share(look.loss.bad_share),
    )
