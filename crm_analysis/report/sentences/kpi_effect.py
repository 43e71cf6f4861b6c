"""What the KPI page tells of the programme: whether it worked, how sure that is, what a naive look would have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.series import Series
from crm_analysis.kpi.effect.starts import ALL
from crm_analysis.labels import label
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi_words import between, changed, figure, lowered, percent, signed
from crm_analysis.report.values import is_missing

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.effect.verdict import Effect, Found
    from crm_analysis.kpi.outlook import Outlook

FIRST = ("orders", "revenue")
"""Outcomes that are told in short, whatever was found of them."""
BACK = 8
"""Quarters before the start that are shown."""
EFFECTS = ("effect_on", "effect_said", "light", "naive_said", "year_before_said", "drift_said")
EVENTS = ("since_start", "effect_said", "units_told")
MONTHS = ("month_since", "effect_said", "to_date_said", "units_told")


# --- in short ---


def worked(look: Outlook) -> str:
    """In a word, whether the programme worked; a word for unknown where the book does not tell."""
    try:
        table = look.effect.table
    except BookError:
        return label("unknown")
    told = table[table["way"] != ""]
    if table.empty:
        return label("unknown")
    if told.empty:
        return label("effect_untold")
    parts = [f"{lowered(title(row['kpi']))} {_said(look, row, 'effect', ends=False)}" for _, row in told.iterrows()]
    better, worse = ((told["way"] == way).any() for way in ("better", "worse"))
    key = "effect_mixed" if better and worse else "effect_worse" if worse else "effect_yes"
    return label(key).format(parts=", ".join(parts))


def worked_said(look: Outlook) -> str:
    """The effect on orders and revenue with intervals, the naive comparison beside; why the book cannot tell."""
    try:
        found = look.effect
    except BookError as lack:
        return str(lack)
    table = found.table
    if table.empty:
        return next(iter(found.why.values()), "")
    rows = table[table["kpi"].isin(FIRST)]
    rows = rows if len(rows) else table.head(1)
    parts = [f"{lowered(title(row['kpi']))} {_said(look, row, 'effect')}" for _, row in rows.iterrows()]
    words = [label("effect_compared" if found.compared else "effect_series").format(parts=", ".join(parts))]
    beside = rows[rows["naive"].notna()]
    if len(beside):  # first what it would call sure
        row = max((row for _, row in beside.iterrows()), key=_sure)
        key = "effect_naive_fooled" if _sure(row) and row["way"] == "" else "effect_naive"
        words.append(label(key).format(outcome=lowered(title(row["kpi"])), naive=_said(look, row, "naive")))
    return " ".join(words)


def _sure(row: pd.Series) -> bool:
    """Whether the naive comparison would call it a change."""
    return bool(row["naive_low"] > 0 or row["naive_high"] < 0)


# --- the programme ---


def programme_said(look: Outlook) -> str:
    """Its name, what started when, and who is compared with whom; raises BookError where the book knows of none."""
    found = look.effect
    own = found.units.programme
    if own.kind == ALL:
        return label("programme_whole").format(name=own.name, first=own.first)
    days: dict[object, int] = {}
    for day in sorted(own.started.values()):
        days[day] = days.get(day, 0) + 1
    parts = [
        label("programme_from").format(units=counted(many, f"unit_{own.kind}"), day=day) for day, many in days.items()
    ]
    words = [label("programme_starts").format(name=own.name, parts=", ".join(parts))]
    never = int((found.units.start == NEVER).sum())
    if never:
        words.append(label("programme_never").format(units=counted(never, f"unit_{own.kind}")))
    if found.units.unknown:
        words.append(label("programme_unknown").format(names=", ".join(found.units.unknown)))
    return " ".join(words)


def how_said(look: Outlook) -> str:
    """How the effect is told, and what its interval means; its weakness where there is nothing to compare with."""
    found = look.effect
    words = [label("effect_how" if found.compared else "effect_how_series")]
    if any(one.outcome.levels for one in found.found.values()):
        words.append(label("effect_levels"))
    return " ".join(words)


def effects(look: Outlook) -> pd.DataFrame:
    """One row per outcome that can be told, in words and in numbers (`effect.verdict.Effect.table`)."""
    found = _known(look)
    table = found.table
    if table.empty:
        raise BookError(next(iter(found.why.values()), ""))
    words = {
        "effect_on": [title(name) for name in table["kpi"]],
        "effect_said": _column(look, table, "effect"),
        "light": [label(f"light_{way or 'same'}") for way in table["way"]],
        "naive_said": _column(look, table, "naive"),
        "year_before_said": _column(look, table, "before", ends=False),
        "drift_said": _column(look, table, "drift", ends=False),
    }
    numbers = table.rename(columns={"low": "low_95", "high": "high_95"}).drop(columns=["kpi", "way"])
    return numbers.assign(**words)[[*words, "effect", "low_95", "high_95", "p", "naive", "naive_low", "naive_high"]]


def _known(look: Outlook) -> Effect:
    """The effect; a BookError without a word where the book does not tell, which the first headline says."""
    try:
        return look.effect
    except BookError:
        raise BookError("") from None


def _column(look: Outlook, table: pd.DataFrame, name: str, ends: bool = True) -> list[str]:
    return [_said(look, row, name, ends) for _, row in table.iterrows()]


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
    return " ".join(label("effect_lacks").format(names=", ".join(names), why=why) for why, names in lacks.items())


# --- is it to be believed ---


def before_said(look: Outlook) -> str:
    """Whether the same estimate finds anything a year earlier, where there was nothing to find."""
    table = look.effect.table
    tried = table[table["before_p"].notna()]
    if tried.empty:
        return label("before_untried") if look.effect.compared else ""
    found = tried[tried["before_p"] <= ERROR]
    if found.empty:
        return label("before_nothing").format(tried=counted(len(tried), "outcome"))
    names = ", ".join(lowered(title(name)) for name in found["kpi"])
    return label("before_found").format(tried=counted(len(tried), "outcome"), names=names)


def drift_said(look: Outlook) -> str:
    """What chance alone would have brought had offices been chosen for the year before; raises BookError without it."""
    found = _main(look.effect)
    if found.drift is None:
        raise BookError("")
    own = found.drift
    share = found.outcome.logs
    turned = [float(np.expm1(value)) if share else value for value in (own.drift, own.low, own.high)]
    gap = float(np.expm1(own.gap)) if share else own.gap
    key = "drift_lower" if own.gap < 0 else "drift_higher"
    return label(key).format(
        outcome=lowered(title(found.outcome.name)),
        gap=written(gap, np.nan, np.nan, share, found.outcome.name, look.currency).lstrip("+-"),
        drift=written(turned[0], turned[1], turned[2], share, found.outcome.name, look.currency),
        kept=f"{100 * min(max(own.slope, 0.0), 1.0):.0f}",
    )


def events(look: Outlook) -> pd.DataFrame:
    """The effect on orders by quarters since the start, in words and numbers; raises BookError without a comparison."""
    found = _main(_known(look))
    if isinstance(found.estimate, Series):
        raise BookError("")
    table = found.estimate.by_event
    return _in_words(table[table["since"] >= -BACK].reset_index(drop=True), found, "effect", look.currency)


def drawn_events(look: Outlook) -> pd.DataFrame:
    """The same to draw: since, effect, low, high."""
    table = events(look)
    return table.rename(columns={"since_start": "since", "low_95": "low", "high_95": "high"})


def _in_words(table: pd.DataFrame, found: Found, name: str, currency: str) -> pd.DataFrame:
    share = found.outcome.logs
    turned = table[["effect", "low", "high"]].to_numpy("float64")
    turned = np.expm1(turned) if share else turned
    frame = table.rename(columns={"since": "since_start", "units": "units_told"}).drop(
        columns=["effect", "low", "high"]
    )
    frame[["effect", "low_95", "high_95"]] = turned
    frame[f"{name}_said"] = [written(mid, low, high, share, found.outcome.name, currency) for mid, low, high in turned]
    return frame


def events_alt(look: Outlook) -> str:
    """What the figure shows."""
    found, table = _main(look.effect), events(look)
    last = table.iloc[-1]
    return label("alt_effect").format(
        outcome=lowered(title(found.outcome.name)),
        before=int((table["since_start"] < 0).sum()),
        after=int((table["since_start"] >= 0).sum()),
        last=last["effect_said"],
    )


def main_title(look: Outlook) -> str:
    """The outcome that is drawn."""
    return lowered(title(_main(look.effect).outcome.name))


def main_shares(look: Outlook) -> bool:
    """Whether its effect is a share."""
    return bool(_main(look.effect).outcome.logs)


def _main(found: Effect) -> Found:
    for name in (*FIRST, *found.found):
        if name in found.found:
            return found.found[name]
    raise BookError(next(iter(found.why.values()), ""))


def series_said(look: Outlook) -> str:
    """What the company's own past lets expect, where there is nothing to compare with; raises BookError else."""
    found = _main(look.effect)
    own = found.estimate
    if not isinstance(own, Series):
        raise BookError("")
    key = "series_season" if own.season else "series_no_season"
    return f"{label('series_periods').format(before=own.before, after=own.after)} {label(key)}"


# --- when it shows ---


def until_said(look: Outlook) -> str:
    """From which month on the effect on orders is told, or how large it would have to be; why it is not known."""
    found = look.until
    since = int(found.table["since"].iloc[-1])
    if found.until is not None:
        return label("until_told").format(month=found.until, months=counted(since, "month"))
    smallest = f"{100 * np.expm1(found.smallest):.0f}%"
    return label("until_not_yet").format(months=counted(since, "month"), smallest=smallest)


def months(look: Outlook) -> pd.DataFrame:
    """The effect on orders by month since the start, and its mean so far; raises BookError where it is not known."""
    _known(look)
    found = look.until
    frame = found.table[["since", "units"]].rename(columns={"since": "month_since", "units": "units_told"})
    for name, columns in (
        ("effect", ("effect", "low", "high")),
        ("to_date", ("to_date", "to_date_low", "to_date_high")),
    ):
        turned = np.expm1(found.table[list(columns)].to_numpy("float64"))
        frame[f"{name}_said"] = [written(mid, low, high, True, found.measure) for mid, low, high in turned]
    ends = ["to_date", "low_95", "high_95"]
    frame[ends] = turned
    return frame
