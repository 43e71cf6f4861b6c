"""What the value page's figures mean, in sentences computed from an outlook.

A sentence about what the book cannot carry is empty: nothing is shown for it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.report.sentences import counted, money, window_said
from crm_analysis.report.values import text
from crm_analysis.value.scores import LEVEL

if TYPE_CHECKING:
    from crm_analysis.value.outlook import Outlook

NEAR = 0.02
"""So near to 90 % intervals hold what came about as they should."""
EVEN = 0.01
"""A bias below this is none to speak of."""


def book_value(look: Outlook) -> float:
    """The value of the book; NaN if none can be told."""
    return float(look.worth.total["value"].iloc[0]) if look.worth is not None else float("nan")


def top_value_share(look: Outlook) -> float:
    """The share of value that the first tenth of accounts bring; NaN if it cannot be told."""
    return float(look.top["value_share"].iloc[0]) if look.worth is not None else float("nan")


def value_said(look: Outlook, currency: str) -> str:
    """The interval of the value of the book, and what it is; why there is none."""
    if look.worth is None:
        return label("value_refused", reason=look.refusal)
    total = look.worth.total.iloc[0]
    ends = {name: money(total[name], currency) for name in ("low", "high")}
    words = label("value_said", money=_money_said(look), **ends, **_scope(look))
    return sentences(words, back_said(look, currency) or _bias_said(look))


def back_said(look: Outlook, currency: str) -> str:
    """What the same models forecast of money one hold-out ago, and what came; empty where that cannot be told."""
    try:
        back = look.back
    except BookError:
        return ""
    row = back.total.iloc[0]
    missed = "back_above" if row["came"] > row["high"] else "back_below"
    return label(
        "back_said",
        start=back.made_on,
        end=back.until,
        where=label("back_inside" if row["inside"] else missed),
        **{name: money(float(row[name]), currency) for name in ("value", "low", "high", "came")},
    )


def top_said(look: Outlook, currency: str) -> str:
    """How many accounts the first tenth is, and the interval of what they bring; empty without a share."""
    if look.worth is None or top_value_share(look) != top_value_share(look):
        return ""
    row = look.top.iloc[0]
    return label(
        "top_said",
        accounts=counted(row["accounts"], "account"),
        **{name: money(row[name], currency) for name in ("value", "low", "high")},
    )


def told_counts(look: Outlook) -> str:
    """How many accounts are worth more than last year says, and how many less."""
    if not _compared(look):
        return ""
    told = look.compared["told"].value_counts()
    return label("told_counts", **{way: text(int(told.get(way, 0)), "count") for way in ("more", "less")})


def told_said(look: Outlook) -> str:
    """What it takes to be told so; empty if last year cannot be told."""
    if not _compared(look):
        return ""
    told = look.compared["told"]
    counts = {way: text(int((told == way).sum()), "count") for way in ("same", "loss")}
    words = label("told_said", money=_money_said(look), horizon=window_said(look.horizon), **counts)
    return sentences(words, label("told_loss", **counts) if (told == "loss").any() else "")


def differing_said(look: Outlook, told: str, currency: str) -> str:
    """How many are told "more" or "less", by how much together, and how many of the latter are likely gone."""
    table = look.differing(told)
    if table.empty:
        return label("told_none_more" if told == "more" else "told_none_less")
    words = label(
        "told_more" if told == "more" else "told_less",
        accounts=counted(len(table), "account"),
        difference=money(table["difference"].abs().sum(), currency),
    )
    gone = int((table["alive"] < 0.5).sum())
    if told == "less" and table["alive"].notna().any():
        words = sentences(words, label("told_less_alive", gone=text(gone, "count")))
    return sentences(words, label("told_chance"))


def holds_said(look: Outlook) -> str:
    """What a value holds, over which time, discounted by how much."""
    return sentences(look.told.holds, label("value_horizon", **_scope(look)))


def model_said(look: Outlook) -> str:
    """Why this model, or that it is untried and why."""
    if look.model is None:
        return ""
    if look.trial is None:
        return label("untried", model=code_said(look.model.title), reason=look.untried)
    return look.trial.verdict


def used_said(look: Outlook) -> str:
    """Whose forecast a value rests on, and how often its intervals held; empty if there is no value."""
    if look.model is None or look.trial is None:
        return model_said(look)
    key = "used_history" if look.trial.history_wins else "used_model"
    words = [label(key, model=code_said(look.model.title)), _coverage_said(look)]
    if look.model.title.startswith("BG/NBD"):
        words.append(label("used_bg"))
    return sentences(*words)


def trust_said(look: Outlook) -> str:
    """How often the chosen model's intervals held what came, how far it was off in sum, how far it was tried."""
    trial = look.tried
    words = [_coverage_said(look), _bias_said(look)]
    if look.histories.time(look.horizon) > look.histories.time(trial.horizon):
        reach = {"tried": window_said(trial.horizon), "horizon": window_said(look.horizon)}
        words.append(label("trust_reach_history" if trial.history_wins else "trust_reach", **reach))
    return sentences(*words)


def remarks_said(look: Outlook) -> str:
    """What is special about candidates, those with the same remark together; empty if nothing is."""
    table = look.candidates
    own = table[table["remark"] != ""].groupby("remark", sort=False)["model"]
    return sentences(
        *(
            label("remark_of", models=listed(map(code_said, models)), remark=str(remark).rstrip(".。"))
            for remark, models in own
        )
    )


def came(look: Outlook) -> str:
    """Orders that came, and orders forecast, of the last quarter; empty if no forecast can be made."""
    try:
        row = look.past.total.iloc[0]
    except BookError:
        return ""
    return label(
        "past_counts", came=text(row["orders"], "count"), expected=text(round(row["expected_orders"]), "count")
    )


def past_said(look: Outlook) -> str:
    """Last quarter's forecast, its interval, and whether it held; empty if no forecast can be made."""
    try:
        past = look.past
    except BookError:
        return ""
    row = past.total.iloc[0]
    missed = "forecast_above" if row["orders"] > row["high"] else "forecast_below"
    return label(
        "past_said",
        came=text(row["orders"], "count"),
        start=past.made_on + dt.timedelta(days=1),
        end=past.until,
        expected=text(round(row["expected_orders"]), "count"),
        low=text(round(row["low"]), "count"),
        high=text(round(row["high"]), "count"),
        where=label("forecast_inside" if row["inside"] else missed),
        model=code_said(past.model),
    )


def past_share_said(look: Outlook) -> str:
    """How many accounts ordered within their interval, and what came from accounts nobody could forecast."""
    past = look.past
    return label(
        "past_share",
        share=text(past.inside, "share"),
        accounts=counted(len(past.accounts), "account"),
        new=text(int(past.total["new_orders"].iloc[0]), "count"),
    )


def spend_said(look: Outlook) -> str:
    """Why this model of an order's value, and whether what Gamma-Gamma takes for granted holds."""
    if look.spend is None:
        return ""
    check = getattr(look.spend.model, "independence_", None)
    return sentences(look.spend.verdict, "" if check is None else check.sentence)


def found_said(look: Outlook) -> str:
    """How many accounts entered late."""
    frame = look.histories.frame
    late = int(frame["late_entry"].sum())
    accounts = counted(len(frame), "account")
    return label("found_late" if late else "found_none_late", late=text(late, "count"), accounts=accounts)


def _coverage_said(look: Outlook) -> str:
    coverage = float(look.candidate["coverage"])
    off = coverage - LEVEL
    judged = "trust_narrow" if off < -NEAR else "trust_wide" if off > NEAR else "trust_right"
    return label("trust_coverage", coverage=text(coverage, "share"), judged=label(judged))


def _bias_said(look: Outlook) -> str:
    """How far the forecasts tried were off in sum; empty where no order came to compare with."""
    if look.trial is None:
        return label("trust_untried")
    bias = float(look.candidate["bias"])
    if bias != bias:
        return ""
    if abs(bias) < EVEN:
        return label("trust_bias_none")
    return label("trust_bias_few" if bias < 0 else "trust_bias_more", bias=text(abs(bias), "share"))


def _compared(look: Outlook) -> bool:
    try:
        look.compared  # noqa: B018 -- raises where there is none
    except BookError:
        return False
    return True


def _money_said(look: Outlook) -> str:
    """What a value is, in a word."""
    worth = look.told
    words = label("value_margin" if worth.money == "margin" else "value_revenue")
    return words if look.cost is None else label("value_less_cost", money=words)


def _scope(look: Outlook) -> dict[str, str | dt.date]:
    worth = look.told
    return {
        "horizon": window_said(look.horizon),
        "day": look.day,
        "accounts": counted(len(worth.accounts), "account"),
        "rate": text(worth.annual_rate, "share"),
    }
