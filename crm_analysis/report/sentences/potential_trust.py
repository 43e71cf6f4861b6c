"""What the potential page tells of trust: the score on earlier days, what is done today, drift, decisions.

Each function raises BookError, or gives an empty sentence, where the book cannot carry it, unless it says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, day_said, listed, sentences
from crm_analysis.potential.safety import CALIBRATION
from crm_analysis.potential.score.trial import MODEL
from crm_analysis.report.sentences import chance, counted, money, row_of
from crm_analysis.report.sentences.potential import share, some
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from crm_analysis.potential.drift import OutcomeDrift
    from crm_analysis.potential.outlook import Outlook
    from crm_analysis.potential.practice import Practice

RANKS = {
    "model": "rank_model",
    "revenue": "rank_revenue",
    "orders": "rank_orders",
    "growth": "rank_growth",
    "logistic": "rank_logistic",
    "boosted": "rank_boosted",
}
"""The label of each candidate's words."""
HALF = 0.5
"""The share of Low accounts whose cut by revenue is told in words."""
CLEAR = 0.05
NAMED = 3


# --- the score on earlier days ---


def trust(look: Outlook) -> str:
    """In a word, what the score may claim; raises BookError where there is none."""
    look.safety.choice  # noqa: B018 -- raises where there is none
    try:
        found = look.trial
    except BookError:
        return label("trust_value_untried")
    if found.claims_nothing:
        return label("trust_value_nothing")
    if found.recommended == MODEL:
        return label("trust_value_all")
    return label("trust_value_some", rival=_rival(found.recommended))


def trust_said(look: Outlook) -> str:
    """How well it ranked, and whether better than rules that need no model; why it could not be tried."""
    look.cases.today  # noqa: B018 -- raises where nobody is Low
    try:
        found = look.trial
    except BookError as lack:
        return str(lack)
    row = row_of(found.summary, "model", MODEL)
    words = [
        label(
            "trust_ranks",
            days=counted(row["days"], "earlier_day"),
            grew=counted(row["promising"], "trust_grew"),
            **{name: f"{100 * row[name]:.0f}" for name in ("auc", "low", "high")},
        )
    ]
    if found.claims_nothing:
        words.append(label("trust_nothing"))
    table = found.against
    if table.empty:
        return sentences(*words, label("trust_alone"))
    if found.recommended == MODEL:
        words.append(label("trust_all"))
    else:
        rivals = [_rival(name) for name in table.loc[~table["beaten"], "baseline"]]
        words.append(label("trust_not_all", rivals=_listed(rivals), best=_rival(found.recommended)))
    return sentences(*words)


def against_said(look: Outlook) -> str:
    """By how many pairs of a hundred the score is ahead of each baseline, and which candidate it is."""
    parts = [
        label(
            "rank_ahead",
            rival=_rival(row["baseline"]),
            **{name: f"{100 * row[key]:+.1f}" for name, key in (("more", "auc"), ("low", "low"), ("high", "high"))},
        )
        for row in look.trial.against.to_dict("records")
    ]
    words = [label("trust_ahead", rivals=clauses(parts))] if parts else []
    if look.judged:
        words.append(label("trust_kind", kind=_rival(look.safety.judge.name)))
    if look.scored and look.safety.guard.declines:
        words.append(label("trust_told", kind=_rival(look.safety.choice.name)))
    return sentences(*words)


TRIED = (
    "tried_on",
    "ranked_by",
    "trial_days",
    "trial_cases",
    "trial_grew",
    "pairs_right",
    "low",
    "high",
    "average_precision",
    "trial_lift",
    "brier",
    "trial_expected",
)
"""Columns that the page shows of trials; their files hold all."""
_TRIED = {
    "days": "trial_days",
    "cases": "trial_cases",
    "promising": "trial_grew",
    "lift": "trial_lift",
    "expected": "trial_expected",
    "auc": "pairs_right",
}


def tried(look: Outlook) -> pd.DataFrame:
    """The score and the baselines in words, the best ranking first: ranked_by, trial_days, ..."""
    table = look.trial.summary.rename(columns=_TRIED)
    table.insert(0, "ranked_by", [_rival(name) for name in table["model"]])
    return table.drop(columns=["model", "behind", "standard_error"])


_BY_DAY = (MODEL, "orders", "revenue", "growth")


def tried_by_day(look: Outlook) -> pd.DataFrame:
    """The same day by day, the score first: tried_on, ranked_by, trial_cases, ..."""
    table = look.trial.by_origin.rename(columns={"as_of": "tried_on"} | _TRIED)
    table["ranked_by"] = [_rival(name) for name in table["model"]]
    place = {name: at for at, name in enumerate(_BY_DAY)}  # not by their words: the same in every language
    table = table.assign(place=table["model"].map(place)).sort_values(["tried_on", "place"])
    first = ["tried_on", "ranked_by"]
    rest = [name for name in table if name not in (*first, "model", "place")]
    return table[first + rest].reset_index(drop=True)


def calibration(look: Outlook) -> pd.DataFrame:
    """Groups of forecasts, the lowest potential first: forecasts, chance, grew_share, low, high."""
    names = {"predicted": "chance", "came": "grew_share"}
    return look.trial.calibration().rename(columns=names).drop(columns="group")


def calibration_said(look: Outlook) -> str:
    """What came of those told the highest potential, and of all."""
    table = calibration(look)
    last = table.iloc[-1]
    words = label(
        "trust_calibrated",
        chance=text(last["chance"], "share"),
        came=text(last["grew_share"], "share"),
        cases=text(int(last["forecasts"]), "count"),
        expected=some(float((table["chance"] * table["forecasts"]).sum())),
        grown=text(round(float((table["grew_share"] * table["forecasts"]).sum())), "count"),
        **{name: text(last[name], "share") for name in ("low", "high")},
    )
    lift = float(row_of(look.trial.summary, "model", MODEL)["lift"])
    return sentences(words, label("trust_lift", lift=f"{lift:.1f}")) if lift == lift else words


def calibration_alt(look: Outlook) -> str:
    """The same, of the figure."""
    return label("alt_potential_calibration", said=calibration_said(look))


# --- what people do today ---


def practice_said(look: Outlook, currency: str) -> str:
    """What cutting the half with the least revenue would have missed, beside as many by score."""
    found = look.practice
    if not found.promising:
        return label("practice_nobody", accounts=counted(found.accounts, "account"))
    row = _half(found)
    words = [
        label(
            "practice_said",
            accounts=counted(found.accounts, "account"),
            day=found.day,
            promising=text(found.promising, "count"),
            cut=text(int(row["accounts"]), "count"),
            by_revenue=text(int(row["missed_revenue"]), "count"),
            by_score=text(int(row["missed_score"]), "count"),
        )
    ]
    if row["missed_revenue"] or row["missed_score"]:
        amounts = {name: money(float(row[f"lost_{name}"]), currency) for name in ("revenue", "score")}
        words.append(label("practice_lost", money=label(f"value_{found.money}"), **amounts))
    if row["missed_revenue"] != row["missed_score"]:
        key = "practice_surely" if row["p_same"] <= CLEAR else "practice_alike"
        words.append(label(key, p=chance(row["p_same"])))
    return sentences(*words)


def practice_alt(look: Outlook) -> str:
    """The same, of the figure."""
    return label("alt_practice", said=practice_said(look, ""))


def drawn(look: Outlook) -> pd.DataFrame:
    """The table of today's practice; raises BookError where nobody grew, for there is nothing to miss."""
    found = look.practice
    if not found.promising:
        raise BookError(label("practice_nobody", accounts=counted(found.accounts, "account")))
    return found.table


# --- drift, and decisions ---


def drift_said(look: Outlook) -> str:
    """Whether scores of Low accounts have moved since calibration, and which shift would have been noticed."""
    look.safety.judge  # noqa: B018 -- raises where there is no score
    found, day = look.safety.drift, look.safety.day
    row = found.table.iloc[0]
    if not row["gap"] >= 0:
        return label("drift_few", day=day)
    gap = text(min(max(row["noticeable"], found.least), 1.0), "share")
    if not row["moved"]:
        words = [label("drift_still", day=day, gap=gap)]
    else:
        ends = {name: text(row[name], "share") for name in ("then", "now", "at")}
        words = [label("drift_moved", day=day), label("drift_gap", **ends)]
    if found.features:
        names = listed(label(f"feature_{name}") for name in found.features[:NAMED])
        words.append(label("drift_features", features=names))
    return sentences(*words)


def outcome_drift_said(look: Outlook) -> str:
    """Whether accounts that grew still score as those before them; raises BookError where nothing could be tried."""
    look.trial  # noqa: B018 -- raises where nothing could be
    try:
        found = look.outcome_drift
    except BookError:
        return label("drift_outcome_none")
    whole, low = (row_of(found.table, "kind", name) for name in ("score", "low_end"))
    words = []
    if low["moved"]:
        ends = {name: text(low[name], "share") for name in ("then", "now")}
        words.append(label("drift_outcome_low", **ends))
    if whole["moved"]:
        words.append(label("drift_outcome_score"))
    return sentences(*words) or _still(found, whole)


def afterwards_said(look: Outlook) -> str:
    """What was decided and what came of it, as far as it is over."""
    found = look.afterwards
    lot = row_of(found.table, "group", "lot")
    words = list(found.says)
    if lot["promising"]:
        numbers = {name: text(lot[name], "share") for name in ("rate", "low", "high")}
        words.append(label("decided_rate", missed=int(lot["missed"]), promising=int(lot["promising"]), **numbers))
    return sentences(*words)


def _still(found: OutcomeDrift, row: pd.Series) -> str:
    numbers = {"before": text(row["accounts_then"], "count"), "last": text(row["accounts_now"], "count")}
    gap = max(row["noticeable"], found.least)
    if not gap < 1:
        return label("drift_outcome_blind", **numbers)
    return label("drift_outcome_still", gap=text(gap, "share"), **numbers)


def _half(found: Practice) -> pd.Series:
    table = found.table
    row: pd.Series = table.iloc[int((table["cut_share"] - HALF).abs().to_numpy().argmin())]
    return row


def _rival(name: object) -> str:
    return label(RANKS[str(name)])


def _listed(names: list[str]) -> str:
    return label("names_and", names=listed(names[:-1]), last=names[-1]) if len(names) > 1 else names[0]


# --- how it was done ---


def how_said(look: Outlook) -> str:
    """Who taught, who tested, by what rule; raises BookError where no outcome is known."""
    own, wish = look.safety, look.promise
    days = own.learned["as_of"]
    first, last = (days.min().date(), days.max().date()) if len(days) else (own.day, own.day)
    span = day_said(first) if first == last else label("how_span", first=first, last=last)
    words = [
        label(
            "how_tested",
            days=span,
            share=share(CALIBRATION),
            seed=wish.seed,
            day=own.day,
            aside=counted(len(own.calibration), "account"),
            cases=own.guard.cases,
            delta=share(wish.delta),
            alpha=share(wish.alpha),
        ),
        label("how_void"),
    ]
    frame = look.cases.frame
    gone = int((frame["promising"].isna() & (frame["as_of"] < frame["as_of"].max())).sum())
    if gone:
        words.append(counted(gone, "how_goodbye"))
    return sentences(*words)


def score_notes(look: Outlook) -> str:
    """What was left out when the score was learned; raises BookError without one."""
    return sentences(*look.safety.choice.notes)
