"""What the satisfaction page tells of scores, in sentences computed from `satisfaction.scores.page.Scores`.

A sentence about what the book cannot carry is empty, and nothing is shown for it; where only a part is missing, that
part is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError
from crm_analysis.features.windows import ANSWER_DAYS
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import clauses, inside, listed, sentences
from crm_analysis.report.sentences import chance, counted, per_hundred, row_of, told_or, window_said
from crm_analysis.report.values import text
from crm_analysis.satisfaction.scores.groups import FEW, LEAST_WORTH, SURE
from crm_analysis.satisfaction.scores.measures import CONTENT, NPS
from crm_analysis.satisfaction.scores.page import WINDOW
from crm_analysis.satisfaction.scores.rivals import SURE as RIVALS_SURE

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.scores.page import Scores

WIDE = 5.0
"""Equal accounts' worth below which a score by revenue is that of a few large accounts."""
LIKELY = 0.1
"""p-value up to which a change is told as one; the interval of 90 % then excludes none."""
GOOD, FAIR = 0.8, 0.7
"""Alphas from which a common score is good, and good enough for groups (Nunnally & Bernstein 1994)."""
NAMED = 4
"""Groups or items that are named in a sentence."""


# --- in short ---


def content(look: Scores) -> str:
    """Satisfaction in points; "unknown" where nobody was heard."""
    return str(told_or(lambda: _points(look.of(CONTENT)["points"]), label("unknown")))


def content_said(look: Scores) -> str:
    """Whose answers that is of, and its interval; why there is none."""
    try:
        row = look.of(CONTENT)
    except BookError as lack:
        return str(lack)
    said = label("content_said", from_=_from(look, row), interval=_interval(row))
    return said if look.whole else sentences(said, label("content_items"))


def nps(look: Scores) -> str:
    """The net promoter score with its sign; "unknown" where recommendation was not asked."""
    return str(told_or(lambda: f"{look.of(NPS)['points']:+.0f}", label("unknown")))


def nps_said(look: Scores) -> str:
    """Whose answers that is of, and its interval; empty where recommendation was not asked."""

    def said() -> str:
        row = look.of(NPS)
        return label("nps_said", from_=_from(look, row), interval=_interval(row))

    return str(told_or(said))


def heard_share(look: Scores) -> float:
    """The share of active accounts that were heard; NaN if it cannot be told."""
    return float(told_or(lambda: look.heard["response"].iloc[0], float("nan")))


def heard_said(look: Scores) -> str:
    """How many of the active accounts were heard, and what revenue they bring; empty where nobody was."""

    def said() -> str:
        row = look.heard.iloc[0]
        words = label(
            "heard_said",
            heard=text(int(row["accounts_heard"]), "count"),
            active=text(int(row["active_accounts"]), "count"),
            share=text(row["response"], "share"),
            window=window_said(WINDOW),
            day=look.as_of,
        )
        money = row.get("revenue_heard", float("nan"))
        return words if money != money else sentences(words, label("heard_revenue", share=text(money, "share")))

    return str(told_or(said))


# --- scores, waves, groups ---


def overview_said(look: Scores) -> str:
    """The score, accounts first, and what weighting by revenue makes of it."""

    def said() -> str:
        row = look.of(CONTENT)
        words = label("overview_said", points=_points(row["points"]), interval=_interval(row))
        if len(look.scales) > 1:
            words = sentences(words, label("overview_scales", scales=listed(look.scales)))
        weighted = row.get("points_by_revenue", float("nan"))
        if weighted != weighted or row["accounts_heard"] < FEW:
            return words
        low, high = row["low_by_revenue"], row["high_by_revenue"]
        if row["effective"] < max(WIDE, LEAST_WORTH) or low != low:
            more = label("overview_revenue_wide", points=_points(weighted), effective=f"{row['effective']:.1f}")
            return sentences(words, more)
        apart = "revenue_lower" if high < row["points"] else "revenue_higher" if low > row["points"] else "revenue_same"
        ends = {"low": _points(low), "high": _points(high)}
        more = label("overview_revenue", points=_points(weighted), verdict=label(apart), **ends)
        return sentences(words, more)

    return str(told_or(said))


def change_said(look: Scores) -> str:
    """Whether satisfaction changed since the wave before, or chance explains it; why it cannot be told."""
    try:
        table = look.changes
    except BookError as lack:
        return str(lack)
    if CONTENT not in set(table["score"]):
        return ""
    row = row_of(table, "score", CONTENT)
    if row["p_change"] != row["p_change"]:
        return ""
    words = {"before": row["wave_before"], "now": row["wave_now"]}
    words |= {"first": _points(row["points_before"]), "second": _points(row["points_now"])}
    if row["p_change"] < LIKELY:
        ends = sorted(abs(float(row[end])) for end in ("low", "high"))
        moved = label("change_up" if row["points_change"] > 0 else "change_down")
        said = label(
            "change_sure",
            moved=moved,
            low=_points(ends[0]),
            high=_points(ends[1]),
            chance=chance(row["p_change"]),
            **words,
        )
    else:
        said = label("change_none", p=per_hundred(row["p_change"]), **words)
    both = label("change_both", both=counted(row["both"], "heard"))
    return sentences(said, both, label("change_remark") if row["remark"] else "")


def groups_said(look: Scores, column: str) -> str:
    """Which groups differ beyond chance, and how many show no score; why it cannot be told."""
    kind = label(f"kind_{column}")
    try:
        table = look.groups(column)
    except BookError as lack:
        return str(lack)
    small = int((table["accounts_heard"] < FEW).sum())
    compared = table[table["differs"] != "few"]
    sure = compared[compared["differs"] != ""]
    parts = [
        label(
            "group_differs",
            group=code_said(row["group"]),
            how=label(f"differs_{row['differs']}"),
            points=_points(row["content"]),
            low=_points(row["low_content"]),
            high=_points(row["high_content"]),
            accounts=counted(row["accounts_heard"], "heard"),
        )
        for _, row in sure.head(NAMED).iterrows()
        if "content" in table
    ]
    if compared.empty:
        said = label("scored_untold", kind=kind, few=FEW)
    elif parts:
        said = label("scored_sure", many=len(compared), kind=kind, parts=clauses(parts))
    else:
        said = label("scored_alike", many=len(compared), kind=kind)
    if small:
        few = label("scored_small_one" if small == 1 else "scored_small", many=small, kind=kind, few=FEW)
        said = sentences(said, few)
    return said


# --- who is not heard ---


def response_said(look: Scores) -> str:
    """How many of the last wave's invitations were answered; the lack of invitations in words."""
    try:
        table = look.response
    except BookError as lack:
        return str(lack)
    decided = table[table["people_asked"] > 0]
    late = int(table["undecided"].sum())
    words = []
    if len(decided):
        row = decided.iloc[-1]
        numbers = {name: text(row[name], "share") for name in ("low", "high")}
        asked = text(int(row["people_asked"]), "count")
        words.append(
            label("response_said", asked=asked, wave=row["wave"], share=text(row["response"], "share"), **numbers)
        )
    if late:
        words.append(label("response_undecided", many=text(late, "count"), days=ANSWER_DAYS))
    return sentences(*words)


def habits_said(look: Scores) -> str:
    """What goes with answering most; why nothing is told of it."""
    try:
        table = look.habits
    except BookError as lack:
        return str(lack)
    sure = table[table["p_holm"] <= SURE]
    if sure.empty:
        return label("habit_none")
    row = sure.iloc[0]
    return label(
        "habit_more",
        feature=inside(label(f"feature_{row['feature']}")),
        first=text(row["answer_low"], "share"),
        second=text(row["answer_high"], "share"),
        chance=chance(row["p_holm"]),
    )


def trial_said(look: Scores) -> str:
    """How well answers could be foretold; why it is not known."""
    try:
        found = look.trial
    except BookError as lack:
        return "" if str(lack) == _lack(look) else str(lack)
    if not found.better:
        return label("trial_worse", wave=found.wave)
    return label(
        "trial_better",
        wave=found.wave,
        expected=f"{found.expected:.0f}",
        asked=counted(found.asked, "invitation"),
        answered=text(found.answered, "count"),
        auc=per_hundred(found.auc),
    )


def weighted_said(look: Scores) -> str:
    """What weighting for silence makes of satisfaction, and what bounds it; empty where it cannot be weighted."""

    def said() -> str:
        table = look.weighted
        if CONTENT not in set(table["score"]):
            return ""
        row = row_of(table, "score", CONTENT)
        keys = ("weighted_said", ("low", "high")), ("weighted_odds", ("low_odds", "high_odds")), (
            "weighted_worst", ("low_worst", "high_worst"),
        )  # fmt: skip
        more: dict[str, object] = {"points": _points(row["points"]), "weighted": _points(row["weighted"])}
        more |= {"window": window_said(WINDOW), "day": look.as_of}
        silent = int(row["people_asked"] - row["people_heard"])
        more["silent"] = counted(silent, "invitation")
        return sentences(
            *(
                label(key, low=_points(row[ends[0]]), high=_points(row[ends[1]]), **more)
                for key, ends in (keys if silent else keys[:2])
            )
        )

    return str(told_or(said))


# --- competitors, reliability ---


def rivals_said(look: Scores) -> str:
    """How many accounts rate us better, and on which items the lead is beyond chance; why it is not told."""
    try:
        row, items = look.better.iloc[0], look.beside
    except BookError as lack:
        return str(lack)
    said = label(
        "rivals_said",
        accounts=counted(row["accounts_heard"], "heard"),
        better=per_hundred(row["us_better"]),
        worse=per_hundred(row["us_worse"]),
        low=per_hundred(row["low"]),
        high=per_hundred(row["high"]),
    )
    sure = items["p_holm"] <= RIVALS_SURE
    sides = {"rivals_ahead": sure & (items["lead"] > 0), "rivals_behind": sure & (items["lead"] < 0)}
    parts = [label(key, items=listed(items.loc[own, "item"])) for key, own in sides.items() if own.any()]
    return sentences(said, *(parts or [label("rivals_even")]), label("rivals_corrected"))


def alpha_said(look: Scores) -> str:
    """Whether the service items measure one thing; why that cannot be told."""
    try:
        found = look.alpha
    except BookError as lack:
        return str(lack)
    verdict = "alpha_good" if found.alpha >= GOOD else "alpha_fair" if found.alpha >= FAIR else "alpha_poor"
    if verdict == "alpha_poor" and found.high >= FAIR:
        verdict = "alpha_border"
    said = label(
        "alpha_said",
        items=found.items,
        sheets=counted(found.people, "questionnaire"),
        accounts=counted(found.accounts, "heard"),
        alpha=f"{found.alpha:.2f}",
        low=f"{found.low:.2f}",
        high=f"{found.high:.2f}",
        verdict=label(verdict),
    )
    if found.without:
        best = max(found.without, key=lambda item: found.without[item])
        if found.without[best] > found.high:
            return sentences(said, label("alpha_weakest", item=best, alpha=f"{found.without[best]:.2f}"))
    return said


# --- what figures show, for those who do not see them ---


def trend_alt(look: Scores) -> str:
    """Satisfaction wave by wave; empty where no wave shows one."""

    def said() -> str:
        table = look.trend
        told = table[table["content"].notna()] if "content" in table else table.head(0)
        parts = [label("trend_part", wave=row.wave, points=_points(row.content)) for row in told.itertuples()]
        return label("trend_alt", parts=listed(parts)) if parts else ""

    return str(told_or(said))


def groups_alt(look: Scores, column: str) -> str:
    """Satisfaction of each group that shows one; empty where none does."""

    def said() -> str:
        table = look.groups(column)
        told = table[table["content"].notna()] if "content" in table else table.head(0)
        parts = [
            label(
                "groups_alt_part",
                group=code_said(row.group),
                points=_points(row.content),
                low=_points(row.low_content),
                high=_points(row.high_content),
            )
            for row in told.itertuples()
        ]
        return label("groups_alt", parts=listed(parts)) if parts else ""

    return str(told_or(said))


def bounds_alt(look: Scores) -> str:
    """As `weighted_said`."""
    return weighted_said(look)


def _points(value: Any) -> str:
    """Points as they are written: whole."""
    return f"{value + 0.0:.0f}" if round(value) else "0"


def _from(look: Scores, row: pd.Series) -> str:
    return label(
        "scores_from",
        people=counted(row["people_heard"], "person" if look.named else "questionnaire"),
        accounts=counted(row["accounts_heard"], "heard"),
        window=window_said(WINDOW),
        day=look.as_of,
    )


def _interval(row: pd.Series) -> str:
    if row["low"] != row["low"]:
        return label("scores_no_interval")
    return label("scores_interval", low=_points(row["low"]), high=_points(row["high"]))


def _lack(look: Scores) -> str:
    """Why there is no model of who answers; empty if there is one."""
    try:
        look.model  # noqa: B018 -- raises where there is none
    except BookError as lack:
        return str(lack)
    return ""
