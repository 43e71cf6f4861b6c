"""What the satisfaction page tells of complaints, in sentences computed from its facade.

A sentence about what the book cannot carry is empty, and nothing is shown for it; headlines say why instead. Those
named alt say what figures show, for those who do not see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import begun, clauses, inside, listed, sentences
from crm_analysis.report.sentences import chance, counted, told_or, window_said
from crm_analysis.report.values import text
from crm_analysis.satisfaction.complaints.funnel import SURE, WARN
from crm_analysis.satisfaction.complaints.resolution import LISTED, WITHIN

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.complaints.page import Complaints

CLEAR = 0.05
NAMED = 3
"""Groups, topics or months that are named in a sentence."""
MOSTLY = 0.8
"""The share of complaints that the few topics named first make up."""


# --- in short ---


def rate(look: Complaints) -> float:
    """Complaints per 100 orders; NaN if that cannot be told."""
    return float(told_or(lambda: round(look.overall["per_100"], 2), float("nan")))


def rate_said(look: Complaints) -> str:
    """Of how many orders, and whether that changed beyond chance; why it cannot be told."""
    try:
        row, counts = look.overall, look.counts
    except BookError as lack:
        return str(lack)
    window = window_said(look.window)
    numbers = {"complaints": counted(row["complaints"], "complaint"), "window": window, "day": look.day}
    if not row["orders"]:
        return label("rate_no_orders", **numbers)
    ends = {name: _number(row[name]) for name in ("low", "high")}
    each = text(row["per_account"], "number", 2)
    words = [label("rate_said", orders=counted(row["orders"], "order"), each=each, **ends, **numbers)]
    if counts.recorded_from is not None:
        words.append(label("rate_recorded", day=counts.recorded_from))
    if row["p"] == row["p"]:
        key = "rate_changed" if row["p"] <= CLEAR else "rate_unchanged"
        words.append(label(key, window=window, before=_number(row["per_100_before"]), p=chance(row["p"])))
    elif not counts.comparable:
        words.append(label("rate_no_before", window=window))
    return sentences(*words)


def topic(look: Complaints) -> str:
    """The topic with most complaints; that there is none told."""
    return str(told_or(lambda: look.topics["topic"].iloc[0], label("unknown")))


def topic_said(look: Complaints) -> str:
    """Its share, how few topics make up most, and what changed; why it cannot be told."""
    try:
        table = look.topics
    except BookError as lack:
        return str(lack)
    first = table.iloc[0]
    complaints = counted(int(table["complaints"].sum()), "complaint")
    ends = {name: text(first[name], "share") for name in ("share", "low", "high")}
    words = [label("topic_said", topic=begun(first["topic"]), complaints=complaints, **ends)]
    some = table[table["complaints"] > 0]
    few = int((some["cumulated"] < MOSTLY - 1e-9).sum()) + 1
    if 1 < few < len(some):
        share = text(some["cumulated"].iloc[few - 1], "share")
        words.append(label("topic_few", n=few, topics=counted(len(some), "complaint_topic"), share=share))
    if "p_holm" in table:
        changed = table[table["p_holm"] <= CLEAR]
        window = window_said(look.window)
        if changed.empty:
            words.append(label("topic_unchanged", window=window))
        else:
            parts = [
                label("topic_changed_part", topic=row.topic, before=row.complaints_before, now=row.complaints)
                for row in changed.head(NAMED).itertuples()
            ]
            words.append(label("topic_changed", window=window, named=listed(parts)))
    return sentences(*words)


def wait(look: Complaints) -> str:
    """How long half of the complaints take; that it cannot be told."""
    try:
        days = look.waits["median_days"].iloc[0]
    except BookError:
        return label("unknown")
    return label("wait_value", median=counted(days, "day")) if days == days else label("wait_value_none")


def wait_said(look: Complaints) -> str:
    """The interval of that, the shares closed by then, and what is still open; why it cannot be told."""
    try:
        row, backwards = look.waits.iloc[0], look.resolution.backwards
    except BookError as lack:
        return str(lack)
    parts = [
        label(
            "wait_part",
            days=counted(days, "day"),
            **{name: text(row[f"{key}_{days}"], "share") for name, key in _ENDS.items()},
        )
        for days in WITHIN
        if row[f"within_{days}"] == row[f"within_{days}"]
    ]
    told = clauses(parts) or label("wait_unwatched")
    complaints = counted(row["complaints"], "complaint")
    if row["median_days"] != row["median_days"]:
        words = [label("wait_no_half", complaints=complaints, parts=told)]
    else:
        key = "wait_said" if row["high_days"] == row["high_days"] else "wait_said_open_end"
        numbers = {name: text(row[f"{name}_days"], "count") for name in ("low", "high")}
        median = counted(row["median_days"], "day")
        words = [label(key, complaints=complaints, median=median, parts=told, **numbers)]
    if row["still_open"] == row["complaints"]:
        words.append(label("wait_never"))
    elif row["still_open"]:
        words.append(counted(row["still_open"], "wait_open"))
    if backwards:
        words.append(counted(backwards, "wait_backwards"))
    return sentences(*words)


def group(look: Complaints) -> str:
    """The group with surely more complaints than chance explains; that there is none."""
    found = told_or(lambda: _sure(look), None)
    if found is None:
        return label("unknown")
    if found.empty:
        return label("beyond_value_none")
    row = found.iloc[0]
    return begun(label("beyond_value", by=_by(row["grouped_by"]), group=code_said(str(row["group"]))))


def group_said(look: Complaints) -> str:
    """The groups with more complaints than chance explains, and how many lie outside as chance has it."""
    try:
        beyond, sure = look.beyond, _sure(look)
    except BookError as lack:
        return str(lack)
    tested = sum(look.funnels[name].tested for name in look.groupings)
    groups = counted(tested, "complaint_group")
    if sure.empty:
        words = [label("beyond_none", groups=groups)]
    else:
        key = "beyond_some" if len(sure) == 1 else "beyond_several"
        words = [label(key, groups=groups, named=_named(sure))]
    perhaps = beyond[beyond["level"] < SURE]
    if len(perhaps):
        expected = text(tested * (1 - WARN) / 2, "number", 1)
        words.append(label("beyond_perhaps", n=len(perhaps), expected=expected, named=_named(perhaps)))
    alone = sum(int(look.funnels[name].table["alone"].sum()) for name in look.groupings)
    if alone:
        words.append(label("beyond_alone", n=alone))
    return sentences(*words)


# --- how many, and whose ---


def whose_said(look: Complaints) -> str:
    """How many accounts complained, and whether some do far more than others."""
    row = look.overall
    words = []
    if row["accounts"]:
        silent_ones = int(row["silent"])
        numbers = {"complainers": row["accounts"] - silent_ones, "silent": silent_ones}
        told = {name: text(int(number), "count") for name, number in numbers.items()}
        words.append(label("rate_whose", accounts=counted(row["accounts"], "account"), **told))
    uneven = max((own.uneven for own in look.funnels.values()), default=0.0)
    words.append(label("rate_uneven" if uneven > 0 else "rate_even"))
    return sentences(*words)


def funnel_said(look: Complaints) -> str:
    """How many of the groups drawn lie outside the limits, and whether groups differ among each other."""
    drawn = look.drawn
    table, groups = drawn.table, counted(drawn.tested, "complaint_group")
    out = table["way"] != 0
    words = label("funnel_all_inside", groups=groups)
    if out.any():
        words = label(
            "funnel_said",
            n=int(out.sum()),
            groups=groups,
            expected=text(drawn.tested * (1 - WARN), "number", 1),
            sure=int((out & (table["level"] == SURE)).sum()),
        )
    if drawn.tau2 != drawn.tau2:
        return words
    key = "funnel_no_spread" if drawn.tau2 == 0 else "funnel_spread" if out.any() else "funnel_spread_inside"
    return sentences(words, label(key, n=int(table["apart"].sum())))


def funnel_alt(look: Complaints) -> str:
    """The same, and the groups outside."""

    def said() -> str:
        table = look.drawn.table
        out = table[table["way"] != 0].assign(grouped_by=look.drawn_by)
        return sentences(funnel_said(look), _named(out))

    return str(told_or(said))


def drawn_groups(look: Complaints) -> str:
    """The word for the groups drawn: sales office."""
    return _by(look.drawn_by)


def most_said(look: Complaints) -> str:
    """How much of all complaints the accounts with several make up."""
    own = look.counts.frame["complaints"]
    several = own[own > 1]
    if several.empty:
        raise BookError(label("complaints_no_repeaters"))
    share = text(several.sum() / own.sum(), "share")
    return label("most_said", accounts=counted(len(several), "account"), share=share)


# --- about what, how long, again ---


def topics_alt(look: Complaints) -> str:
    """The topics and their shares."""

    def said() -> str:
        parts = [
            label("topics_alt_part", topic=row.topic, share=text(row.share, "share"))
            for row in look.topics.itertuples()
            if row.complaints
        ]
        return label("topics_alt", parts=listed(parts))

    return str(told_or(said))


def wait_groups_said(look: Complaints) -> str:
    """Between which groups the time to close differs by more than chance explains."""
    parts = []
    for differ, key in ((True, "wait_differ"), (False, "wait_alike")):
        own = {name: p for name, p in look.wait_tests.items() if (p <= CLEAR) == differ}
        if own:
            p = listed(chance(p) for p in own.values())
            parts.append(label(key, names=listed(_by(name) for name in own), p=p))
    return sentences(*parts)


def wait_alt(look: Complaints) -> str:
    """The shares closed by group."""

    def said() -> str:
        parts = []
        for row in look.waits.to_dict("records"):
            if row["grouped_by"] in (label("grouped_by_all"), label("grouped_by_topic")):
                shares = listed(text(row[f"within_{days}"], "share") for days in WITHIN)
                parts.append(label("wait_alt_part", group=row["group"], shares=shares))
        return label("wait_alt", parts=clauses(parts))

    return str(told_or(said))


def open_said(look: Complaints) -> str:
    """How many are open, and the longest."""
    table = look.open_ones
    days = counted(table["days_open"].iloc[0], "day")
    key = "open_said" if len(table) < LISTED else "open_said_listed"
    return label(key, open=counted(len(table), "complaint"), days=days)


def repeat_said(look: Complaints) -> str:
    """How often a complaint was followed by another, of any topic and of the same."""
    words = []
    for row in look.repeats.to_dict("records"):
        if row["within_90"] != row["within_90"]:
            words.append(label("repeat_unwatched"))
            continue
        ends = {name: text(row[f"{key}_90"], "share") for name, key in _ENDS.items()}
        key = "repeat_said" if row["within_180"] == row["within_180"] else "repeat_short"
        words.append(label(key, again=row["again_of"], later=text(row["within_180"], "share"), **ends))
    return sentences(*dict.fromkeys(words), label("repeat_counted"))


# --- month by month ---


def chart_said(look: Complaints) -> str:
    """The mean, its limits, and the months that stand out; why there is no chart."""
    try:
        chart = look.chart
    except BookError as lack:
        return str(lack)
    table = chart.table
    ends = {"middle": chart.middle, "low": chart.low, "high": chart.high}
    months = counted(len(table), "complaint_month")
    words = [label("chart_said", months=begun(months), **{name: _number(end) for name, end in ends.items()})]
    parts = []
    for key in ("above", "below"):
        named = [label(f"chart_{key}", month=month) for month in table["month"][table["signal"] == key]]
        parts += named[-NAMED:]
    runs = table["month"][table["signal"] == "run"]
    parts += [label("chart_run", month=runs.iloc[-1])] if len(runs) else []
    if parts:
        by_chance = f"{chart.by_chance:.0%}"
        words.append(label("chart_signals", parts=clauses(parts), share=by_chance))
    else:
        words.append(label("chart_none"))
    words.append(label("chart_season"))
    if chart.left_out:
        words.append(counted(chart.left_out, "chart_left_out"))
    return sentences(*words)


_ENDS = {"share": "within", "low": "low", "high": "high"}


def _sure(look: Complaints) -> pd.DataFrame:
    found = look.beyond
    return found[found["level"] == SURE]


def _named(table: pd.DataFrame) -> str:
    """Groups with what came and was expected; the first few of many."""
    parts = [
        label(
            "beyond_group",
            by=_by(str(row.grouped_by)),
            group=code_said(str(row.group)),
            complaints=row.complaints,
            expected=f"{row.expected:.1f}",
        )
        for row in table.head(NAMED).itertuples()
    ]
    more = len(table) - NAMED
    return label("beyond_more", named=listed(parts), n=more) if more > 0 else listed(parts)


def _by(column: str) -> str:
    return inside(label(f"grouped_by_{column}"))


def _number(value: float) -> str:
    return f"{value:.2f}"
