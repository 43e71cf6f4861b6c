"""What the KPI page tells of the programme: whether it worked, how sure that is, what a naive look would have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book import engine
from crm_analysis.errors import BookError
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.series import Series
from crm_analysis.kpi.effect.starts import ALL
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import bracketed, clauses, listed, sentences
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi_words import between, changed, figure, lowered, percent, signed
from crm_analysis.report.values import is_missing

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.effect.verdict import Effect, Found
    from crm_analysis.kpi.outlook import Outlook

FIRST = ("orders", "revenue")
"""Outcomes that are told in short, whatever was found of them."""
NAMED = 5
"""Units that are named at most where units are left out."""
EFFECTS = ("effect_on", "effect_said", "light", "naive_said", "year_before_said", "drift_said")


# --- in short ---


def worked(look: Outlook) -> str:
    """In a word, whether the programme worked; where the book does not tell, that none is recorded, or "unknown"."""
    try:
        table = look.effect.table
    except BookError:
        return label("unknown" if recorded(look) else "effect_none")
    told = table[table["way"] != ""]
    if table.empty:
        return label("unknown")
    if not lit(look.effect):
        row = _first_rows(table).iloc[0]
        key = "effect_hint_shared" if look.effect.compared else "effect_hint"
        return label(key, part=_part(look, row))
    if told.empty:
        return label("effect_untold")
    parts = [_part(look, row, ends=False) for _, row in told.iterrows()]
    better, worse = ((told["way"] == way).any() for way in ("better", "worse"))
    key = "effect_mixed" if better and worse else "effect_worse" if worse else "effect_yes"
    return label(key, parts=listed(parts))


def lit(found: Effect) -> bool:
    """Whether effects are called better or worse, and the programme to have worked.

    Not where nothing is left to compare with: a series often looks like an effect where none is. Nor where single
    accounts are the units: what those of an office share is not in the interval.
    """
    return found.compared and found.units.programme.kind != "account_id"


def _first_rows(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["kpi"].isin(FIRST)]
    return rows if len(rows) else table.head(1)


def worked_said(look: Outlook) -> str:
    """The effect on orders and revenue with intervals, what could have been seen, and what a naive look would say.

    Why the book cannot tell, where it cannot.
    """
    try:
        found = look.effect
    except BookError as lack:
        return str(lack) if look.book.has("programme") else label("effect_no_table")
    table = found.table
    if table.empty:
        return next(iter(found.why.values()), "")
    rows = _first_rows(table)
    parts = [_part(look, row) for _, row in rows.iterrows()]
    key = "effect_series" if found.units.at_once else "effect_series_first"
    words = [label("effect_compared" if found.compared else key, parts=listed(parts))]
    if not table["told"].any():
        words += [_smallest_said(look), all_started_said(look)]
    beside = rows[rows["naive"].notna()]
    if len(beside):  # first what it would call sure
        row = max((row for _, row in beside.iterrows()), key=_sure)
        words.append(label("effect_naive", outcome=lowered(title(row["kpi"])), naive=_said(look, row, "naive")))
    return sentences(*words)


def recorded(look: Outlook) -> bool:
    """Whether the book knows of a programme that had started."""
    return look.book.has("programme") and bool(len(engine.frame(look.book.need("programme").limit(1))))


def _smallest_said(look: Outlook) -> str:
    """About how large an effect would have had to be to be told: half the width of the interval; "" of a series."""
    found = main_found(look.effect)
    own, name = found.estimate, found.outcome.name
    if isinstance(own, Series):
        return ""
    half = (own.high - own.low) / 2
    smallest = written(half, np.nan, np.nan, False, name, look.currency).lstrip("+")
    return label(
        "effect_smallest", outcome=lowered(title(name)), smallest=share_said(half) if found.outcome.logs else smallest
    )


def share_said(logs: float) -> str:
    """A difference of logarithms as a share, in whole percent."""
    return f"{100 * np.expm1(logs):.0f}%"


def all_started_said(look: Outlook) -> str:
    """That all units have started, so that later quarters have nothing to be held against; "" where some have not."""
    own = look.effect.units
    if not look.effect.compared or bool((own.start == NEVER).any()):
        return ""
    day = max(own.programme.started[name] for name in own.names)
    return label("effect_all_started", day=day)


def _sure(row: pd.Series) -> bool:
    """Whether the naive comparison would call it a change."""
    return bool(row["naive_low"] > 0 or row["naive_high"] < 0)


# --- the programme ---


def programme_said(look: Outlook) -> str:
    """Its name, what started when, and who is compared with whom; that there is none where the book knows of none."""
    try:
        found = look.effect
    except BookError:
        return label("effect_why_above" if recorded(look) else "effect_nowhere")
    own = found.units.programme
    if own.kind == ALL:
        return label("programme_whole", name=own.name, first=own.first)
    days: dict[object, int] = {}
    for day in sorted(own.started.values()):
        days[day] = days.get(day, 0) + 1
    parts = [label("programme_from", units=counted(many, f"unit_{own.kind}"), day=day) for day, many in days.items()]
    words = [label("programme_starts", name=own.name, parts=listed(parts))]
    never = int((found.units.start == NEVER).sum())
    if never:
        words.append(label("programme_never", units=counted(never, f"unit_{own.kind}")))
    if found.units.unknown:
        key = "programme_not_before" if own.kind == "account_id" else "programme_unknown"
        words.append(label(key, names=named(found.units.unknown, own.kind)))
    return sentences(*words)


def how_said(look: Outlook) -> str:
    """How the effect is told, and what its interval means; its weakness where there is nothing to compare with."""
    found = look.effect
    words = [label("effect_how")]
    if not found.compared:
        key = "effect_how_series" if found.units.at_once else "effect_how_few"
        words = [label(key), label("effect_placebo")]
    if any(one.outcome.levels for one in found.found.values()):
        words.append(label("effect_levels"))
    if found.compared and not lit(found):
        words.append(label("effect_shared"))
    words.append(_left_out_said(found))
    return sentences(*words)


def _left_out_said(found: Effect) -> str:
    """Units that are not in an outcome's estimate, outcomes that lack the same ones together; "" without any."""
    lacks: dict[tuple[str, ...], list[str]] = {}
    for name, one in found.found.items():
        if one.compared is not None and one.compared.left_out:
            lacks.setdefault(one.compared.left_out, []).append(lowered(title(name)))
    parts = [
        label("effect_left_out_part", outcomes=listed(outcomes), names=named(out, found.units.programme.kind))
        for out, outcomes in lacks.items()
    ]
    return label("effect_left_out", parts=clauses(parts)) if parts else ""


def named(names: tuple[str, ...], kind: str) -> str:
    """How many units, and which: no more than NAMED of them."""
    words = listed(code_said(name) if kind == "segment" else name for name in names[:NAMED])
    if len(names) > NAMED:
        words = label("effect_and_more", names=words, n=len(names) - NAMED)
    return counted(len(names), f"unit_{kind}") + bracketed(words)


def effects(look: Outlook) -> pd.DataFrame:
    """One row per outcome that can be told, in words and in numbers (`effect.verdict.Effect.table`)."""
    found = known_effect(look)
    table = found.table
    if table.empty:
        raise BookError(next(iter(found.why.values()), ""))
    words = {
        "effect_on": [title(name) for name in table["kpi"]],
        "effect_said": _column(look, table, "effect"),
        "light": [label(f"light_{way or 'same'}" if lit(found) else "light_unknown") for way in table["way"]],
        "naive_said": _column(look, table, "naive"),
        "year_before_said": [_a_year_earlier(look, row, found.found[row["kpi"]]) for _, row in table.iterrows()],
        "drift_said": _column(look, table, "drift", ends=False),
    }
    numbers = table.rename(columns={"low": "low_95", "high": "high_95"}).drop(columns=["kpi", "way"])
    return numbers.assign(**words)[[*words, "effect", "low_95", "high_95", "p", "naive", "naive_low", "naive_high"]]


def known_effect(look: Outlook) -> Effect:
    """The effect; a BookError without a word where the book does not tell, which the first headline says."""
    try:
        return look.effect
    except BookError:
        raise BookError("") from None


def _column(look: Outlook, table: pd.DataFrame, name: str, ends: bool = True) -> list[str]:
    return [_said(look, row, name, ends) for _, row in table.iterrows()]


def _a_year_earlier(look: Outlook, row: pd.Series, found: Found) -> str:
    """What the same estimate finds a year before the start, with its interval."""
    own = found.estimate
    if isinstance(own, Series) or own.before is None:
        return label("unknown")
    told = np.array([own.before.effect, own.before.low, own.before.high])
    value, low, high = np.expm1(told) if row["share"] else told
    return written(value, low, high, bool(row["share"]), str(row["kpi"]), look.currency)


def _part(look: Outlook, row: pd.Series, ends: bool = True) -> str:
    """An outcome with the effect on it."""
    return label("effect_part", outcome=lowered(title(row["kpi"])), effect=_said(look, row, "effect", ends))


def _said(look: Outlook, row: pd.Series, name: str, ends: bool = True) -> str:
    """An effect with its sign and, where wished for, its interval: a share, or in the KPI's unit."""
    pair = {"effect": ("low", "high")}.get(name, (f"{name}_low", f"{name}_high"))
    low, high = (float(row[end]) if ends and end in row else np.nan for end in pair)
    return written(float(row[name]), low, high, bool(row["share"]), str(row["kpi"]), look.currency)


def written(value: float, low: float, high: float, share: bool, name: str, currency: str = "") -> str:
    """An effect in words, as a share of what there would have been, or in the unit of the KPI `name`."""
    if is_missing(value):
        return label("unknown")
    if not share and name in BY_NAME and BY_NAME[name].unit == "money":

        def amount(money: float) -> str:
            return figure(money, "money", currency)

        return signed(value, amount) + between(low, high, amount)
    if not share:
        return changed(value, low, high, np.nan, BY_NAME[name].unit if name in BY_NAME else "number")
    return signed(value, percent) + between(low, high, percent)


def title(name: str) -> str:
    """An outcome's name."""
    return BY_NAME[name].title if name in BY_NAME else label(f"outcome_{name}")


def untold_said(look: Outlook) -> str:
    """Outcomes that cannot be told, and why, alike ones together."""
    lacks: dict[str, list[str]] = {}
    for name, why in look.effect.why.items():
        lacks.setdefault(why, []).append(lowered(title(name)))
    return sentences(*(label("effect_lacks", names=listed(names), why=why) for why, names in lacks.items()))


def main_found(found: Effect) -> Found:
    """The outcome that is drawn and told first; raises BookError where none could be told."""
    for name in (*FIRST, *found.found):
        if name in found.found:
            return found.found[name]
    raise BookError(next(iter(found.why.values()), ""))
