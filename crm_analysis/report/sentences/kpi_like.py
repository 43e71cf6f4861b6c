"""What the KPI page tells like for like: of the accounts of the baseline, whatever became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.like_for_like import RATES
from crm_analysis.kpi.values import COMPANY
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.kpi import quiet
from crm_analysis.report.sentences.kpi_words import changed, figure, lowered, within
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook

LIKE = ("kpi", "then_said", "plain_said", "plain_change_said", "like_then_said", "like_said", "like_change_said",
        "usual_said")  # fmt: skip
FIRST = "revenue_per_account"
"""The KPI that is told in short: cutting alone makes it rise."""


def like(look: Outlook) -> str:
    """The change of revenue per account of the baseline's accounts; a word for unknown where `like_said` says why."""
    try:
        row = _first(look)
    except BookError:
        return label("unknown")
    change = _changed(row, "like_for_like_change", "like_for_like_then", ends=False)
    key = "like_chance" if row["low"] <= 0 <= row["high"] else "like_value"
    return label(key, kpi=lowered(BY_NAME[row["kpi"]].title), change=change)


def like_said(look: Outlook) -> str:
    """The same with its interval, beside that of the accounts there are now, and what as long a time did before."""
    try:
        row = _first(look)
    except BookError as lack:
        return str(lack)
    words = [
        label(
            "like_short",
            kpi=BY_NAME[row["kpi"]].title,
            like=_changed(row, "like_for_like_change", "like_for_like_then"),
            plain=_changed(row, "plain_change", "plain_then"),
            accounts=counted(int(row["accounts_then"]), "account"),
            baseline=look.panel.baseline,
        )
    ]
    if not is_missing(row["usual_change"]):
        words.append(label("like_usual", usual=_changed(row, "usual_change", "like_for_like_then")))
    return sentences(*words)


def fates_said(look: Outlook) -> str:
    """What became of the accounts of the baseline."""
    row = _latest(look).iloc[0]
    words = [
        label(
            "like_set",
            accounts=counted(int(row["accounts_then"]), "account"),
            baseline=look.panel.baseline,
            ordering=text(int(row["ordering"]), "count"),
        )
    ]
    parts = [
        label(f"like_{key}", n=text(int(row[name]), "count"))
        for name, key in (("accounts_cut", "cut"), ("left", "left"))
        if not is_missing(row[name])
    ]
    if parts:
        words.append(label("like_gone", parts=listed(parts)))
    if len(parts) == 2:  # who was cut or left may have ordered in the year before that, so that more may be silent
        silent = int(row["accounts_then"] - row["ordering"] - row["accounts_cut"] - row["left"])
        words += [counted(silent, "like_silent")] if silent > 0 else []
    return sentences(*words)


def flattered_said(look: Outlook) -> str:
    """KPIs that look better only because other accounts are counted, or, of rates, because the mix is another."""
    rows = _latest(look)
    side = np.array([{"up": 1, "down": -1}.get(BY_NAME[name].better, 0) for name in rows["kpi"]])
    better = (side * rows["plain_change"] > 0) & ~(side * rows["like_for_like_change"] > 0)
    rates = rows["kpi"].isin(RATES)
    told = []
    for key, own in (("like_flattered", better & ~rates), ("like_mixed", better & rates)):
        if names := listed(lowered(BY_NAME[name].title) for name in rows.loc[own, "kpi"]):
            told.append(label(key, names=names))
    return sentences(*told) or label("like_not_flattered")


def table(look: Outlook) -> pd.DataFrame:
    """The latest quarter's KPIs, plain and like for like, in words and in numbers; raises BookError without any."""
    rows = _latest(look).reset_index(drop=True)
    units = [BY_NAME[name].unit for name in rows["kpi"]]
    pairs = list(zip(rows.to_dict("records"), units, strict=True))
    words = {
        "kpi": [BY_NAME[name].title for name in rows["kpi"]],
        "then_said": [figure(row["plain_then"], unit, look.currency) for row, unit in pairs],
        "plain_said": [figure(row["plain"], unit, look.currency) for row, unit in pairs],
        "plain_change_said": [_changed(row, "plain_change", "plain_then") for row, _ in pairs],
        "like_then_said": [figure(row["like_for_like_then"], unit, look.currency) for row, unit in pairs],
        "like_said": [figure(row["like_for_like"], unit, look.currency) for row, unit in pairs],
        "like_change_said": [_changed(row, "like_for_like_change", "like_for_like_then") for row, _ in pairs],
        "usual_said": [_changed(row, "usual_change", "like_for_like_then") for row, _ in pairs],
    }
    names = {"low": "low_95", "high": "high_95"}
    numbers = ("plain", "plain_then", "plain_change", "like_for_like", "like_for_like_then", "like_for_like_change",
               "low_95", "high_95", "usual_change")  # fmt: skip
    return rows.rename(columns=names).assign(**words)[[*words, *numbers]]


def _latest(look: Outlook) -> pd.DataFrame:
    quiet(look)
    rows = look.like_for_like
    rows = rows[(rows["dimension"] == COMPANY) & rows["plain"].notna() & rows["like_for_like"].notna()]
    if rows.empty:
        raise BookError(label("like_nothing"))
    return rows[rows["quarter"] == rows["quarter"].max()]


def _first(look: Outlook) -> pd.Series:
    rows = _latest(look)
    own = rows[rows["kpi"] == FIRST]
    if own.empty:
        raise BookError("")
    row: pd.Series = own.iloc[0]
    return row


def _changed(row: Mapping[Any, Any] | pd.Series, name: str, then: str, ends: bool = True) -> str:
    with_ends = ends and name == "like_for_like_change"
    low, high = (float(row[end]) if with_ends else np.nan for end in ("low", "high"))
    kpi, change, was = BY_NAME[str(row["kpi"])], float(row[name]), float(row[then])
    return changed(change, low, high, was, kpi.unit, was + change, within(kpi, was + change, was))
