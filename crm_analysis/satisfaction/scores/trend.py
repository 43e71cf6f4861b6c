"""Scores wave by wave, and what changed since the wave before: surely, or perhaps by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.satisfaction.scores.change import change
from crm_analysis.satisfaction.scores.groups import FEW
from crm_analysis.satisfaction.scores.intervals import POINTS, Sums, ends
from crm_analysis.satisfaction.scores.measures import CONTENT, NPS, SCORES, TOP_TWO, has_overall, units

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.answers import Answers


def trend(answers: Answers, level: float = LEVEL, few: int = FEW) -> pd.DataFrame:
    """One row per wave in which somebody told a score, the earliest first.

    Columns: wave, open (answers may still come), accounts_heard, people_heard (questionnaires), asked_on (the scale of
    the question on overall satisfaction, where it was asked: `scale_of`), then for each score that somebody told its
    name, low_<name>, high_<name>, in points; NaN below `few` accounts.
    """
    import pandas as pd

    own = units(answers, "wave")
    known = answers.waves[answers.waves["wave"].isin(own["wave"])]
    table = pd.DataFrame({"wave": known["wave"].to_numpy(object), "open": known["open"].to_numpy(bool)})
    place = pd.Index(table["wave"]).get_indexer(own["wave"])
    table["accounts_heard"] = np.bincount(place, minlength=len(table))
    table["people_heard"] = np.bincount(place, own["people"], len(table)).astype(np.int64)
    if has_overall(answers):
        table["asked_on"] = [scale_of(answers.of_wave(wave)) for wave in table["wave"]]
    for name in SCORES:
        sums = Sums.of(own[name], place, len(table))
        found = (sums.mean, *ends(sums, name, level))
        if not sums.accounts.any():
            continue
        for column, values in zip((name, f"low_{name}", f"high_{name}"), found, strict=True):
            table[column] = np.where(sums.accounts >= few, POINTS * values, np.nan)
    return table


def scale_of(answers: Answers) -> str:
    """The scale on which overall satisfaction was answered, such as "1 to 5"; that there are several; empty if none."""
    names = scale_names(answers)
    return names[0] if len(names) == 1 else label("scale_several") if names else ""


def scale_names(answers: Answers) -> list[str]:
    """The scales on which these questionnaires answer the overall question, the shortest first."""
    item, days = answers.asks.overall, answers.people["answered_on"]
    found: dict[str, None] = {}
    for width in sorted(_widths(answers, item)):
        told = days[(answers.shares[item].notna()) & np.isclose(answers.widths[item], width, atol=1e-6)]
        known = answers.scales
        known = known[(known["item"] == item) & np.isclose(known["scale_max"] - known["scale_min"], width, atol=1e-6)]
        known = known[(known["first"] <= told.max()) & (known["last"] >= told.min())]
        found |= dict.fromkeys(
            label("scale_from_to", low=f"{low:g}", high=f"{high:g}")
            for low, high in zip(known["scale_min"], known["scale_max"], strict=True)
        )
    return list(found)


def last_two(answers: Answers, few: int = FEW) -> tuple[str, str]:
    """The names of the last wave that is not open any more, and the one before, of those heard of `few` accounts.

    Raises BookError where there are no two.
    """
    own = units(answers, "wave")
    heard = own["wave"].value_counts()
    closed = answers.waves[~answers.waves["open"].astype(bool)]["wave"]
    told = [str(wave) for wave in closed if heard.get(wave, 0) >= few]
    if len(told) < 2:
        raise BookError(label("scores_no_two_waves", found=len(told), few=few))
    return told[-2], told[-1]


def changes(answers: Answers, level: float = LEVEL, few: int = FEW) -> pd.DataFrame:
    """One row per score told in the last two waves (`last_two`): what it was, what it is, and how sure the change is.

    Columns: score (code), wave_before, wave_now, points_before, points_now, points_change, low, high, p_change (how
    often chance alone moves it as far), accounts_before, accounts_now, both (accounts that told it both times),
    paired_change (of these alone), remark. Between waves that asked on other scales top_two and nps have no change, and
    content, a share of the scale, has a remark. Raises BookError as `last_two`.
    """
    import pandas as pd

    first, second = last_two(answers, few)
    waves = {wave: answers.of_wave(wave) for wave in (first, second)}
    own = {wave: units(part).set_index("account_id") for wave, part in waves.items()}
    asks = answers.asks
    whole = [asks.overall] if has_overall(answers) else [item for item in answers.items if item != asks.recommendation]
    asked = {CONTENT: whole, TOP_TWO: [asks.overall], NPS: [asks.recommendation]}
    rows = []
    for name in SCORES:
        before, now = own[first][name].dropna(), own[second][name].dropna()
        if not len(before) or not len(now):
            continue
        same = all(_widths(waves[first], item) == _widths(waves[second], item) for item in asked[name])
        found = change(before, now, name, level)
        row: dict[str, Any] = {"score": name, "wave_before": first, "wave_now": second}
        row |= {"points_before": found.before, "points_now": found.now, "points_change": found.change}
        row |= {"low": found.low, "high": found.high, "p_change": found.p}
        row |= {"accounts_before": found.accounts_before, "accounts_now": found.accounts_now}
        row |= {"both": found.both, "paired_change": found.paired, "remark": ""}
        if not same:
            row["remark"] = label("scores_other_scale" if name == CONTENT else "scores_no_change")
        if not same and name != CONTENT:
            row |= dict.fromkeys(("points_change", "low", "high", "p_change", "paired_change"), np.nan)
        elif min(found.accounts_before, found.accounts_now) < few:
            row |= dict.fromkeys(
                ("points_before", "points_now", "points_change", "low", "high", "p_change", "paired_change"), np.nan
            )
            row["remark"] = label("scores_few", few=few)
        rows.append(row)
    return pd.DataFrame(rows)


def _widths(answers: Answers, item: str) -> set[float]:
    """The widths of the scales on which an item was answered."""
    if item not in answers.widths:
        return set()
    own = answers.widths[item][answers.shares[item].notna()]
    return set(np.unique(own.round(6)).tolist())
