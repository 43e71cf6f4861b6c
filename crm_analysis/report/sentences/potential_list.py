"""What the potential page tells of its lists: who is on them, whom to ask, what to do meanwhile, who may grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.potential.advice import decided
from crm_analysis.potential.advice.asking import AGE, LEAST
from crm_analysis.potential.advice.outcome import CUT, EXEMPT, KEEP, NEVER_CUT, OVERRIDE, SURVEY
from crm_analysis.potential.advice.steps import DESK, STEPS
from crm_analysis.report.sentences import counted, money, told_or, window_said
from crm_analysis.report.sentences.potential import named, share, some
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from crm_analysis.potential.outlook import Outlook

NAMED = 3
"""Accounts that are named in a headline."""
DOWN = (0.1, 0.25, 0.5)
"""Shares of Low accounts whose risk is told in words."""


# --- the list ---


def list_said(look: Outlook) -> str:
    """How many may be cut, are to be asked, are kept; raises BookError where nobody is Low."""
    found = look.today["outcome"].value_counts()
    numbers = {name: text(int(found.get(name, 0)), "count") for name in (CUT, SURVEY, KEEP)}
    return label("list_counts", low=counted(len(look.today), "low_account"), **numbers)


def never_cut_said(look: Outlook) -> str:
    """How many the lot keeps, and why; raises BookError where nobody is Low."""
    many = int((look.today["because"] == EXEMPT).sum())
    words = counted(many, "never_cut") if many else label("never_cut_none")
    return sentences(words, label("never_cut_why", share=share(NEVER_CUT), reason=label("never_cut_reason")))


def overrides_said(look: Outlook) -> str:
    """How many people keep against the advice, and words of decisions that were not understood."""
    many, words = int((look.today["because"] == OVERRIDE).sum()), []
    if told_or(lambda: len(look.overrides), 0):
        words.append(counted(many, "overrides_kept") if many else label("overrides_other"))
    odd = decided.unknown(look.book, look.day)
    if len(odd):
        words.append(label("overrides_unknown", words=listed(odd["word"].head(NAMED * 2))))
    return sentences(*words)


def down_said(look: Outlook) -> str:
    """What cutting so much would have missed, and what is chosen; raises BookError without a score."""
    table, found = look.down, look.safety.guard
    if not found.cases:
        raise BookError(label("ask_untold"))
    places = [int((table["share"] - part).abs().idxmin()) for part in DOWN if table["share"].max() > part]
    rows = table.loc[sorted({*places, len(table) - 1} - {0})]
    parts = [
        label(
            "down_part",
            share=text(row.share, "share"),
            misses=row.misses,
            cases=found.cases,
            bound=text(row.bound, "share"),
        )
        for row in rows.itertuples()
    ]
    words = label("down_said", confidence=share(1 - found.delta), parts=clauses(parts)) if parts else ""
    if found.declines:
        return sentences(words, label("down_not", alpha=share(found.alpha)))
    return sentences(words, label("down_chosen", share=text(cut_share(look), "share")))


def down_alt(look: Outlook) -> str:
    """The same, of the figure."""
    return label("alt_down", said=down_said(look))


def cut_share(look: Outlook) -> float:
    """The share of the Low accounts below the line; NaN where none is drawn."""
    if look.safety.guard.declines:
        return float("nan")
    return float((look.today["outcome"] == CUT).mean())


def alphas_said(look: Outlook) -> str:
    """How to read the table of other promises; raises BookError without a score."""
    look.alphas  # noqa: B018 -- raises where there are none
    return label("alphas_said", confidence=share(1 - look.promise.delta))


def average_said(look: Outlook) -> str:
    """What the columns of the weaker promise mean; raises BookError without a score."""
    look.alphas  # noqa: B018 -- raises where there are none
    return label("guard_average")


def record_said(look: Outlook) -> str:
    """That decisions must be written down to be measured; raises BookError where nobody is Low."""
    look.today  # noqa: B018 -- raises where nobody is Low
    return label("list_record")


# --- whom to ask ---


def ask(look: Outlook) -> str:
    """The first names; that there are none."""
    look.today  # noqa: B018 -- raises where nobody is Low
    try:
        rows = look.survey[look.survey["within"]].head(NAMED)
    except BookError:
        return label("unknown")
    return clauses(named(row) for _, row in rows.iterrows()) or label("ask_value_nobody")


def ask_said(look: Outlook, currency: str) -> str:
    """What asking the first is worth and why; why asking nobody is."""
    look.today  # noqa: B018 -- raises where nobody is Low
    try:
        table = look.survey
    except BookError as lack:
        return str(lack)
    rows = table[table["within"]]
    if rows.empty:
        return _nobody_asked(look, table, currency)
    row = rows.iloc[0]
    numbers = {
        "first": named(row),
        "changes": text(row["changes"], "share"),
        "now": text(row["potential"], "share"),
        "if_yes": text(row["potential_if_yes"], "share"),
        "if_no": text(row["potential_if_no"], "share"),
    }
    if not row["worth_asking"] >= 0:
        return label("ask_first_unpriced", **numbers)
    return label(
        "ask_first_said",
        worth=money(float(row["worth_asking"]), currency),
        at_stake=money(float(row["at_stake"]), currency),
        within=text(len(rows), "count"),
        surveys=counted(look.budget.surveys, "survey"),
        **numbers,
    )


def asking_how(look: Outlook) -> str:
    """How often answers are right, and what they decide; raises BookError where asking cannot be judged."""
    look.survey  # noqa: B018 -- raises where it cannot
    found = look.accuracy
    if found.assumed:
        words = label(
            "ask_assumed",
            share=share(found.yes.share),
            yes=counted(found.yes.accounts, "account"),
            no=text(found.no.accounts, "count"),
            least=LEAST,
        )
    else:
        ends = {
            f"{name}_{key}": text(getattr(own, key), "share")
            for name, own in (("yes", found.yes), ("no", found.no))
            for key in ("share", "low", "high")
        }
        words = label(
            "ask_measured", yes=counted(found.yes.accounts, "account"), no=text(found.no.accounts, "count"), **ends
        )
    return sentences(words, label("ask_break_even", share=text(look.usual.share, "share")))


def asked(look: Outlook) -> pd.DataFrame:
    """The accounts to ask within the budget, the most worth asking first; raises BookError where there are none."""
    table = look.survey[look.survey["within"]]
    if table.empty:
        raise BookError("")  # in short it is said why
    return table.reset_index(drop=True)


def _nobody_asked(look: Outlook, table: pd.DataFrame, currency: str) -> str:
    if not look.budget.surveys:
        return label("ask_no_budget")
    if not look.accuracy.tells:
        return label("ask_tells_nothing")
    if ((table["worth_asking"] > 0) & table["surveyed_on"].notna()).any():
        return label("ask_asked", age=window_said(AGE))
    return label("ask_nothing", cost=money(look.budget.cost, currency))


# --- what needs no guarantee ---


def steps_said(look: Outlook, currency: str) -> str:
    """The step that frees most for what it risks, read aloud; that there is nobody to take one with."""
    found = look.steps
    if found.accounts.empty:
        return label("steps_none")
    table = found.table[found.table["accounts"] > 0]
    minimum = money(found.minimum, currency)
    if table.empty:
        return label("steps_nothing", minimum=minimum)
    row = table.iloc[0]
    step = label(STEPS[row["step"]])
    numbers = {
        "step": step[0].upper() + step[1:],
        "accounts": counted(row["accounts"], "account"),
        "promising": some(row["promising"]),
        "low": some(row["low_promising"]),
        "high": some(row["high_promising"]),
        "risk": text(row["risk_share"], "share"),
    }
    told = row["freed_share"] >= 0
    words = [label("steps_said", what=_freed(row), **numbers) if told else label("steps_untold", **numbers)]
    unscored = "steps_risk_unscored" if row["promising"] > 0 else "steps_risk_unknown"
    words.append(label("steps_risk" if row["low_promising"] >= 0 else unscored, **numbers))
    if row["break_even"] >= 0:
        words.append(label("steps_even", share=text(row["break_even"], "share")))
    if found.minimum > 0:
        words.append(label("steps_chosen" if found.chosen else "steps_minimum", minimum=minimum))
    return sentences(*words)


def steps_shown(look: Outlook) -> pd.DataFrame:
    """The steps in words, those that concern anybody; raises BookError where none does."""
    table = look.steps.table
    table = table[table["accounts"] > 0].reset_index(drop=True)
    if table.empty:
        raise BookError("")  # the sentence above says it
    return table.assign(step=[label(STEPS[name]) for name in table["step"]]).dropna(axis=1, how="all")


def _freed(row: pd.Series) -> str:
    part = text(row["freed_share"], "share")
    if row["step"] != DESK:
        return label("steps_small", orders=counted(row["small_orders"], "small_order"), share=part)
    if row["minutes"] >= 0:
        return label("steps_desk", minutes=counted(round(row["minutes"]), "minute"), share=part)
    return label("steps_desk_visits", share=part)


# --- who may grow ---


def first_said(look: Outlook) -> str:
    """Who is most likely to grow, beside the average; raises BookError without a score."""
    row, usual = look.promising.iloc[0], look.usual.share
    key = "first_said" if usual > 0 else "first_said_alone"
    return label(
        key,
        name=named(row),
        usual=text(usual, "share"),
        **{name: text(row[name], "share") for name in ("potential", "low", "high")},
    )
