"""What the retention page tells of what is to come, in sentences: who is at risk, how sure that is, what would help.

A sentence about what the book cannot carry is empty, and nothing is shown for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.churn.risks import titled
from crm_analysis.churn.survival.evaluation import ALIVE, MODEL, RECENCY, SURE
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, sentences
from crm_analysis.report.sentences import counted, money, per_hundred, row_of, told_or, window_said
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from crm_analysis.churn.at_risk import AtRisk
    from crm_analysis.churn.outlook import Outlook

TERMS = 4
"""Drivers that are named in a sentence."""
CLEAR = 0.05


# --- in short ---


def leavers(look: Outlook) -> str:
    """How many are expected to leave, of how many."""
    try:
        row = look.risks.listed.total.iloc[0]
    except BookError:
        return label("unknown")
    return label("risk_counts", leavers=f"{row['leavers']:.0f}", accounts=text(int(row["accounts"]), "count"))


def leavers_said(look: Outlook, currency: str) -> str:
    """The interval of that number and what goes with them; why there are no probabilities."""
    try:
        listed = look.risks.listed
    except BookError as lack:
        return "" if look.defined is None else str(lack)
    row = listed.total.iloc[0]
    key = "risk_said_negative" if row["at_risk"] <= 0 else "risk_said_year" if _last_year(listed) else "risk_said"
    said = label(
        key,
        horizon=label(f"horizon_{look.risks.reach}"),
        low=f"{row['low_leavers']:.0f}",
        high=f"{row['high_leavers']:.0f}",
        money=_money_said(look),
        **{name: money(float(row[name]), currency) for name in ("value", "at_risk", "low_at_risk", "high_at_risk")},
    )
    choice = look.told.choice
    if choice is None:
        return said
    again = float(choice.loc[choice["chosen"], "false_alarm_share"].iloc[0])
    return sentences(said, label("risk_again", share=f"{again:.0%}") if again > 0 else "")


def trust(look: Outlook) -> str:
    """In a word, whether the model is better than recency alone; empty if no probabilities can be told."""
    if not told_or(lambda: look.risks.today is not None and look.risks.model is not None, False):
        return ""
    key = told_or(lambda: _against(look, RECENCY)[0], "untried")
    return label(f"trial_value_{key}")


def trust_said(look: Outlook) -> str:
    """How the model did against both baselines on earlier days; why it could not be tried."""
    if not trust(look):
        return ""
    risks = look.risks
    try:
        table = risks.trial.summary
    except BookError as lack:
        return str(lack)
    rivals = []
    for rival in (RECENCY, ALIVE):
        key, ahead, error = _against(look, rival)
        rivals.append(label(f"trial_{key}", rival=label(f"rival_{rival}"), ahead=f"{ahead:.3f}", error=f"{error:.3f}"))
    words = label(
        "trial_said",
        days=counted(risks.trial.forecasts["as_of"].nunique(), "earlier_day"),
        forecasts=text(int(table["forecasts"].iloc[0]), "count"),
        rivals=label("trial_and", one=rivals[0], other=rivals[1]),
    )
    if risks.tried_silence != risks.spells.silence:
        words = sentences(label("trial_shorter", silence=risks.spells.silence, tried=risks.tried_silence), words)
    lift = row_of(table, "model", risks.used)["lift"]
    if lift == lift:
        words = sentences(words, label("trial_lift", lift=f"{lift:.1f}", candidate=label(f"rival_{risks.used}")))
    if risks.reach > risks.trial.decided[-1]:
        seen, reach = label(f"horizon_{risks.trial.decided[-1]}"), label(f"horizon_{risks.reach}")
        words = sentences(words, label("trial_reach", seen=seen, reach=reach))
    return words if risks.used == MODEL else sentences(words, _used_said(look))


# --- who is at risk ---


def list_said(look: Outlook) -> str:
    """By which candidate the probabilities are, and what the value is."""
    risks = look.risks
    listed = risks.listed
    if _last_year(listed):
        value = label("list_last_year", money=_money_said(look))
    else:
        value = label("list_money", money=_money_said(look), horizon=window_said(look.wishes.horizon))
    return sentences(_used_said(look), value)


def counted_said(look: Outlook) -> str:
    """Where every account known is."""
    table = look.risks.listed.counted
    counts = [(what, text(n, "count")) for what, n in zip(table["what"], table["accounts"], strict=True) if n]
    return sentences(*(label("counted_part", what=what, n=n) for what, n in counts))


def silent_said(look: Outlook) -> str:
    """How many accounts are silent for longer than is usual for them."""
    return label("silent_said", accounts=counted(len(look.silent), "account"))


def down_said(look: Outlook) -> str:
    """How many accounts spend so much less, beside how many rose as far; why it cannot be told."""
    try:
        down, up, more = (row for _, row in look.falls.iterrows())
    except BookError as lack:
        return "" if look.defined is None else str(lack)
    if not down["of"]:
        return label("down_nobody")
    return label(
        "down_beyond" if more["low"] > 0 else "down_chance",
        down=int(down["accounts"]),
        of=counted(down["of"], "account"),
        drop=text(look.wishes.drop, "share"),
        up=int(up["accounts"]),
        more=text(more["share"], "share"),
        low=text(more["low"], "share"),
        high=text(more["high"], "share"),
    )


# --- what goes with leaving ---


def drivers_said(look: Outlook) -> str:
    """From how many leavers it is learned, and what stands out."""
    found = look.risks.drivers
    numbers = {"left": text(found.left, "count"), "accounts": text(found.accounts, "count")}
    table = look.risks.driver_table
    few = label("drivers_alone") if "alone" in found.summary else ""
    clear = table[table["p_holm"] <= CLEAR]
    if clear.empty:
        return sentences(label("drivers_learned", **numbers), few, label("drivers_none"))
    named = [
        label("drivers_way", term=term, way=label("drivers_more" if ratio > 1 else "drivers_less"))
        for term, ratio in clear[["term", "hazard_ratio"]].head(TERMS).itertuples(index=False, name=None)
    ]
    return sentences(label("drivers_said", terms=clauses(named), **numbers), few)


# --- how far to trust it ---


def calibration_said(look: Outlook) -> str:
    """Whether as many left as were expected, over the longest time that is decided."""
    risks = look.risks
    table = risks.calibration
    expected = float((table["chance"] * table["forecasts"]).sum())
    came = float((table["came_true"] * table["forecasts"]).sum())
    return label(
        "calibration_said",
        candidate=titled(risks.used),
        horizon=label(f"horizon_{risks.horizon}"),
        expected=f"{expected:,.0f}",
        came=f"{came:,.0f}",
        forecasts=text(int(table["forecasts"].sum()), "count"),
    )


def calibration_alt(look: Outlook) -> str:
    """The same, empty where it cannot be told."""
    return str(told_or(lambda: calibration_said(look)))


# --- what would change ---


def what_if_said(look: Outlook, currency: str) -> str:
    """What it would bring to hold so many more of a hundred accounts."""
    row = look.what_if.table.iloc[-1]
    what = "margin" if "more_margin" in row else "revenue"
    words = label(
        "what_if_said",
        points=per_hundred(look.what_if.points),
        accounts=f"{row['more_accounts']:.0f}",
        low=f"{row['low_more_accounts']:.0f}",
        high=f"{row['high_more_accounts']:.0f}",
        what=label(f"value_{what}"),
        **{
            name: money(float(row[f"{end}more_{what}"]), currency)
            for name, end in (("money", ""), ("low_money", "low_"), ("high_money", "high_"))
        },
    )
    if what == "margin" and row["break_even_yearly"] > 0:
        yearly = money(float(row["break_even_yearly"]), currency)
        words = sentences(words, label("what_if_break_even", money=yearly))
    return words


def what_if_notes(look: Outlook) -> str:
    """What was assumed."""
    return sentences(*look.what_if.notes)


def take_along_said(look: Outlook, currency: str) -> str:
    """Who would take most along, and how much hangs on one person only."""
    table = look.take_along.reps
    named = table[table["rep_id"] != label("owner_nobody")]
    if named.empty or not named["active"].sum():
        return label("take_nobody")
    row = named.iloc[0]
    known = row["name"] if "name" in row and isinstance(row["name"], str) else row["rep_id"]
    words = label(
        "take_said",
        rep=known,
        active=counted(row["active"], "active_account"),
        share=text(row["revenue_share"], "share"),
    )
    if "revenue_sole" in table and table["revenue"].sum() > 0:
        share = named["revenue_sole"].sum() / table["revenue"].sum()
        sole = money(float(named["revenue_sole"].sum()), currency)
        words = sentences(words, label("take_sole", share=text(share, "share"), money=sole))
    return words


def missing_said(look: Outlook) -> str | None:
    """The sentence that stands for an empty list of what is missing; None if something is."""
    return None if len(look.missing) else label("none_missing")


def _against(look: Outlook, rival: str) -> tuple[str, float, float]:
    """beats, chance or behind; how far the model's log score is ahead, and the standard error of that."""
    ahead, error = look.risks.trial.against(rival)
    key = "behind" if ahead <= 0 else "beats" if ahead > SURE * error else "chance"
    return key, ahead, error


def _used_said(look: Outlook) -> str:
    risks = look.risks
    try:
        risks.trial  # noqa: B018 -- raises where nothing could be tried
    except BookError:
        return label("list_untried")
    key = "list_model" if risks.used == MODEL else "list_other"
    return label(key, candidate=titled(risks.used))


def _last_year(listed: AtRisk) -> bool:
    """Whether what the last year brought stands for a lifetime value."""
    return listed.money.startswith("last_year")


def _money_said(look: Outlook) -> str:
    """What is at risk, in a word."""
    told = look.risks.listed.money
    return label(f"value_{told.removeprefix('last_year_')}")
