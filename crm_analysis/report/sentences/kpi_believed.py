"""Sentences and tables of the KPI page: whether the programme's effect is to be believed, and when it shows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.kpi.effect.series import Series
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi_effect import known_effect, main_found, named, share_said, title, written
from crm_analysis.report.sentences.kpi_words import lowered

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.effect.drift import Drift
    from crm_analysis.kpi.effect.verdict import Found
    from crm_analysis.kpi.outlook import Outlook

BACK = 8
"""Quarters before the start that are shown."""
MONTHS = ("month_since", "effect_said", "to_date_said", "units_told")


# --- is it to be believed ---


def before_said(look: Outlook) -> str:
    """Whether the same estimate finds anything a year earlier, where there was nothing to find; quarters off zero."""
    try:
        table = look.effect.table
    except BookError:
        return label("before_nowhere")
    tried = table[table["before_p"].notna()]
    many = counted(len(tried), "outcome")
    if tried.empty:
        words = label("before_untried") if look.effect.compared else ""
    elif (tried["before_p"] <= ERROR).any():
        names = listed(lowered(title(name)) for name in tried.loc[tried["before_p"] <= ERROR, "kpi"])
        words = label("before_found", tried=many, names=names)
    else:
        words = label("before_nothing", tried=many)
    return sentences(words, _off_said(look))


def _off_said(look: Outlook) -> str:
    """Quarters before the start whose interval leaves out zero, and how often chance does that; "" without any."""
    try:
        table = events(look)
    except BookError:
        return ""
    off = table[(table["since_start"] < 0) & ((table["low_95"] > 0) | (table["high_95"] < 0))]
    if off.empty:
        return ""
    names = listed(
        label("before_off_part", since=row["since_start"], effect=row["effect_said"]) for _, row in off.iterrows()
    )
    key = "before_off_one" if len(off) == 1 else "before_off_many"
    return label(key, n=len(off), names=names)


def drift_said(look: Outlook) -> str:
    """What chance alone would have brought had units been chosen for the year before; raises BookError without it.

    Of sums the distance is one of gains: part of it comes again. Of rates it is one of levels: part of it lasts.
    """
    found = main_found(known_effect(look))
    if found.drift is None:
        raise BookError("")
    own = found.drift
    share = found.outcome.logs
    turned = [float(np.expm1(value)) if share else value for value in (own.drift, own.low, own.high)]
    gap = float(np.expm1(own.gap)) if share else own.gap
    if own.gains:
        key = "drift_lost" if own.gap < 0 else "drift_gained"
    else:
        key = "drift_lower" if own.gap < 0 else "drift_higher"
    words = label(
        key,
        outcome=lowered(title(found.outcome.name)),
        gap=written(gap, np.nan, np.nan, share, found.outcome.name, look.currency).lstrip("+-"),
        drift=written(turned[0], turned[1], turned[2], share, found.outcome.name, look.currency),
        kept=_kept(own),
    )
    if own.p > ERROR:
        key = "drift_unsure_gains" if own.gains else "drift_unsure"
        return sentences(words, label(key, p=f"{own.p:.2f}", n=own.units))
    return words


def _kept(own: Drift) -> str:
    """What becomes of such a distance in the next year, by the slope."""
    slope = own.slope
    if own.gains:
        key, share = ("drift_again", slope) if slope >= 0 else ("drift_back", -slope)
    elif slope > 1:
        key, share = "drift_widens", slope - 1
    else:
        key, share = ("drift_lasts", slope) if slope >= 0 else ("drift_turns", -slope)
    return label(key, kept=f"{100 * share:.0f}")


def events(look: Outlook) -> pd.DataFrame:
    """The effect on orders by quarters since the start, in words and numbers; raises BookError without a comparison."""
    found = main_found(known_effect(look))
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
    if found.compared is not None and found.compared.base == 1:  # pooled: one period is what others are held against
        frame.loc[frame["since_start"] == -1, f"{name}_said"] = label("effect_base")
    return frame


def events_alt(look: Outlook) -> str:
    """What the figure shows."""
    found, table = main_found(look.effect), events(look)
    last = table.iloc[-1]
    return label(
        "alt_effect",
        outcome=lowered(title(found.outcome.name)),
        before=int((table["since_start"] < 0).sum()),
        after=int((table["since_start"] >= 0).sum()),
        last=last["effect_said"],
    )


def main_title(look: Outlook) -> str:
    """The outcome that is drawn."""
    return lowered(title(main_found(look.effect).outcome.name))


def main_shares(look: Outlook) -> bool:
    """Whether its effect is a share."""
    return bool(main_found(look.effect).outcome.logs)


def series_said(look: Outlook) -> str:
    """What the company's own past lets expect, where there is nothing to compare with; raises BookError else."""
    found = main_found(look.effect)
    own = found.estimate
    if not isinstance(own, Series):
        raise BookError("")
    key = "series_season" if own.season else "series_no_season"
    return sentences(label("series_periods", before=own.before, after=own.after), label(key))


# --- when it shows ---


def until_said(look: Outlook) -> str:
    """From which month on the effect on orders is told, or how large it would have to be; that there is none to follow.

    Raises BookError without a word where months are not known: their table says why.
    """
    try:
        own = look.effect.units.programme
    except BookError:
        return label("until_nowhere")
    try:
        found = look.until
    except BookError:
        raise BookError("") from None
    told = counted(int(found.table["since"].iloc[-1]), "month")
    ago = counted(_months(own.first, look.day), "month")
    if found.until is not None:
        words = label("until_told", ago=ago, months=told, month=found.until)
    else:
        words = label("until_not_yet", ago=ago, months=told, smallest=share_said(found.smallest))
    if found.left_out:
        return sentences(words, label("until_left_out", names=named(found.left_out, own.kind)))
    return words


def _months(first: dt.date, last: dt.date) -> int:
    """Whole months from the first day to the end of the last one."""
    end = last + dt.timedelta(days=1)
    return 12 * (end.year - first.year) + end.month - first.month - (end.day < first.day)


def months(look: Outlook) -> pd.DataFrame:
    """The effect on orders by month since the start, and its mean so far; raises BookError where it is not known."""
    known_effect(look)
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
