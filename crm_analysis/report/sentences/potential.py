"""What the potential page tells first: who may be cut, how sure that is, what would make us surer, what is at risk.

A value of a headline is short; the sentence beside it says what it rests on. Where the book cannot carry something the
sentence says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.periods import length_said
from crm_analysis.potential.advice.outcome import CUT
from crm_analysis.potential.cases import GROWN
from crm_analysis.potential.guard.exact import allowed_misses
from crm_analysis.report.sentences import counted, money, told_or
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.labels import Kind
    from crm_analysis.potential.outlook import Outlook

SHARES: dict[str, Kind] = {"low": "share", "high": "share"}
"""The ends of intervals of potentials."""
APART = 0.005
"""Shares of money that differ by less are told as one."""
# columns that the page shows of a table; its file holds all
ALPHAS = ("at_most", "cases_needed", "cut_accounts", "cut_part", "accounts_on_average")
LISTED = ("name", "advice", "potential", "low", "high", "revenue", "minutes")
OVERRIDES = ("name", "decision", "recommended", "reason", "decided_on")
FIRST = ("name", "potential", "low", "high", "reasons", "advice")
ASKED = ("name", "potential", "potential_if_yes", "potential_if_no", "changes", "worth_asking")
STEPS = ("step", "accounts", "freed_share", "freed_cost", "risk_share", "break_even")


# --- in short ---


def promising_said(look: Outlook, currency: str) -> str:
    """How many accounts are Low, and what promising means; that there is none."""
    try:
        many = len(look.cases.today)
    except BookError as lack:
        return str(lack)
    return label(
        "promising_means",
        low=counted(many, "low_are"),
        day=look.day,
        bar=money(float(look.cases.bars["mid"].iloc[-1]), currency),
        by=_by(look),
        horizon=within(look),
        grown=f"{GROWN:g}",
    )


def cuts(look: Outlook) -> str:
    """How many may be cut, of how many."""
    low = counted(len(look.today), "low_account")
    cut = int((look.today["outcome"] == CUT).sum())
    return label("cut_value", cut=text(cut, "count"), low=low) if cut else label("cut_value_none", low=low)


def cuts_said(look: Outlook) -> str:
    """How sure that is; if nobody may be cut why, and what could be promised."""
    look.cases.today  # noqa: B018 -- raises where nobody is Low
    try:
        found = look.safety.guard
    except BookError as lack:
        return sentences(label("cut_none"), str(lack))
    words = []
    if not look.judged:
        words.append(label("cut_none"))
    if found.more_needed:
        key = "guard_declines" if found.cases else "guard_declines_none"
        words = [label(key, alpha=share(found.alpha), cases=counted(found.cases, "guard_are"), needed=found.needed)]
    if not look.judged:
        return sentences(*words, label("guard_no_score") if look.scored else _lack(lambda: look.safety.choice))
    if found.declines:
        return sentences(*words, _supported(look))
    words = [label("guard_holds", confidence=share(1 - found.delta), alpha=share(found.alpha))]
    if found.vetoes_suffice:
        words.append(label("guard_vetoes", cases=found.cases))
    listed = look.today[look.today["outcome"] == CUT]
    if listed.empty:
        words.append(label("guard_nobody_below"))
    else:
        words.append(label("guard_list", expected=some(float(listed["potential"].sum()))))
    if moved(look):
        words.append(label("guard_moved"))
    return sentences(*words)


def surer(look: Outlook) -> str:
    """What would help most, in a word."""
    try:
        found = look.safety.guard
    except BookError:
        look.cases.today  # noqa: B018 -- raises where nobody is Low
        return label("surer_value_time")
    if found.more_needed:
        return counted(found.more_needed, "known_grown")
    if not look.judged:
        return label("surer_value_score")
    more = counted(_for_one_more(look) - found.cases, "known_grown")
    return label("surer_value_alpha", more=more)


def surer_said(look: Outlook) -> str:
    """How many known cases there are, what more would allow, and what it takes to have them."""
    look.cases.today  # noqa: B018 -- raises where nobody is Low
    try:
        found = look.safety.guard
    except BookError as lack:
        return str(lack)
    if not found.more_needed and not look.judged:
        return label("surer_score")
    if not found.more_needed:
        more = _for_one_more(look)
        misses = text(found.allowed_misses, "count")
        return label("surer_holds", cases=counted(found.cases, "surer_case"), misses=misses, more=more)
    numbers = {
        "low": counted(len(look.safety.calibration), "low_account"),
        "day": look.safety.day,
        "horizon": within(look),
        "needed": found.needed,
    }
    if not found.cases:
        return label("surer_nobody", **numbers)
    times = found.needed / found.cases
    written = f"{times:.0f}" if times >= 3 else f"{times:.1f}"
    words = [label("surer_declines", cases=counted(found.cases, "surer_known"), times=written, **numbers)]
    if told_or(lambda: bool(look.survey["within"].any()), False):
        words.append(label("surer_survey"))
    return sentences(*words)


def risk(look: Outlook) -> str:
    """How many of those that may be cut are expected to grow."""
    expected = float(look.today.loc[look.today["outcome"] == CUT, "potential"].sum())
    return label("risk_value", expected=some(expected)) if expected else label("risk_value_none")


def risk_said(look: Outlook, currency: str) -> str:
    """What is at risk in the list and what it frees; if nobody is cut, what all Low accounts are expected to hold."""
    listed = look.today[look.today["outcome"] == CUT]
    gain, kind = look.money.gain.amount, label(f"value_{look.money.money}")
    if listed.empty:
        return sentences(label("risk_no_list"), _whole(look, currency))
    expected = float(listed["potential"].sum())
    ends = {name: some(float(np.sort(listed[name]).sum())) for name in ("low", "high")}
    words = [label("risk_list", cut=counted(len(listed), "account"), **ends)]
    if gain > 0:
        words.append(label("risk_growth", growth=money(expected * gain, currency), money=kind))
    words.append(_missed(look, currency))
    own = look.money.accounts.set_index("account_id").loc[listed["account_id"]]
    minutes, cost = float(np.sort(own["minutes"]).sum()), float(np.sort(own["cost_to_serve"]).sum())
    freed = {"minutes": counted(round(minutes), "minute") if minutes > 0 else "", "cost": money(cost, currency)}
    known = [name for name, amount in (("minutes", minutes), ("cost", cost)) if amount > 0]
    if known:
        alone = "risk_frees_minutes" if minutes > 0 else "risk_frees_cost"
        key = "risk_frees_both" if len(known) > 1 else alone
        words.append(label("risk_frees", what=label(key, **freed)))
    return sentences(*words)


# --- words that its rooms share ---


def once(look: Outlook, table: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The table; where it cannot be told for a reason that stands in short already, BookError without a word."""
    try:
        return table()
    except BookError as lack:
        rooms = (lambda: look.today, lambda: look.safety.choice, lambda: look.safety.judge, lambda: look.survey)
        known = {_lack(room) for room in rooms}
        raise BookError("" if str(lack) in known else str(lack)) from None


def within(look: Outlook) -> str:
    """The horizon in words: a year, 6 months."""
    horizon = look.wishes.horizon
    if horizon in ("12M", "4Q", "1Y"):
        return label("a_year")
    return length_said(horizon)


def some(number: float) -> str:
    """An expected number of accounts: 0.4, 12."""
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def share(part: float) -> str:
    """A share in percent without needless decimals: 5%, 2.5%."""
    return f"{100 * part:.4g}%"


def named(row: object) -> str:
    """An account's name; its id where it has none."""
    get = row.get  # type: ignore[attr-defined]
    name = get("name")
    return name if isinstance(name, str) and name else str(get("account_id"))


def moved(look: Outlook) -> bool:
    """Whether Low accounts, or the promising among them, have moved since the guard learned from them."""
    found = [told_or(lambda: look.safety.drift.moved, False), told_or(lambda: look.outcome_drift.moved, False)]
    return any(found)


def alt(words: Callable[[], str]) -> str:
    """What a figure shows, in words; where the book cannot carry it there is no figure either."""
    return str(told_or(words)) or label("figure_none")


def _by(look: Outlook) -> str:
    return label(f"value_{look.wishes.by}")


def _lack(words: Callable[[], object]) -> str:
    """Why something cannot be told; empty if it can."""
    try:
        words()
    except BookError as lack:
        return str(lack)
    return ""


def _supported(look: Outlook) -> str:
    """The smallest miss rate that could be promised, and what it would allow; empty if none could."""
    smallest, cases = look.smallest_alpha, look.safety.guard.cases
    table = look.alphas
    row = table[np.isclose(table["at_most"], smallest)]
    if row.empty:
        return ""
    allowed = int(row["cut_accounts"].iloc[0])
    words = counted(allowed, "guard_cuts") if allowed else label("guard_cuts_none")
    key = "guard_support_one" if cases == 1 else "guard_support_many"
    return label(key, n=cases, smallest=share(smallest), cuts=words)


def _for_one_more(look: Outlook) -> int:
    """The fewest known cases among which one more could be missed than now."""
    found = look.safety.guard
    most = found.allowed_misses
    cases = found.cases
    while allowed_misses(cases, found.alpha, found.delta) <= most:
        cases += 1
    return cases


def _whole(look: Outlook, currency: str) -> str:
    """What all Low accounts together are expected to hold; empty where nobody is known to have grown."""
    expected = float(np.sort(look.today["potential"]).sum())
    if not expected > 0:
        return ""
    growth = expected * look.money.gain.amount
    key = "risk_whole_growth" if growth > 0 else "risk_whole"
    return label(
        key,
        low=counted(len(look.today), "low_account"),
        expected=some(expected),
        horizon=within(look),
        growth=money(growth, currency),
        money=label(f"value_{look.money.money}"),
    )


def _missed(look: Outlook, currency: str) -> str:
    """The share of later margin that the line would have lost, with its bound."""
    found, kind = look.missed_money, label(f"value_{look.money.money}")
    if not found.share >= 0:
        return label("risk_missed_none", money=kind)
    words = label(
        "risk_missed",
        money=kind,
        share=text(found.capped_share, "share"),
        confidence=share(1 - found.delta),
        bound=text(found.bound, "share"),
        cap=money(float(found.cap), currency),
    )
    if abs(found.share - found.capped_share) < APART:
        return words
    return sentences(words, label("risk_missed_whole", share=text(found.share, "share")))
