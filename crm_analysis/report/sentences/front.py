"""What the pages tell the first page: a sentence each for its paragraph, and the decisions they propose.

A BookError, or an empty sentence, says that there is nothing to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.potential.advice import decided
from crm_analysis.potential.advice.outcome import CUT
from crm_analysis.report.front import Decision
from crm_analysis.report.sentences import counted, money, per_hundred, told_or, window_said
from crm_analysis.report.sentences.plan import counted_hours
from crm_analysis.report.sentences.potential import moved, named, share, some
from crm_analysis.report.values import text
from crm_analysis.satisfaction.scores.measures import CONTENT
from crm_analysis.value import concentration

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.churn.outlook import Outlook as Leaving
    from crm_analysis.plan.outlook import Outlook as Plan
    from crm_analysis.potential.outlook import Outlook as Potential
    from crm_analysis.satisfaction.outlook import Outlook as Satisfaction

CALLS = 10
"""Accounts at risk that are called first: what can be done within a week or two."""


# --- a sentence each ---


def revenue(frame: pd.DataFrame, window: str, day: dt.date, currency: str) -> str:
    """Revenue, its change, from how many accounts, and what the first 20 % of them brought; "" without a revenue."""
    now, before = float(frame["revenue"].sum()), frame["revenue_before"].sum(min_count=1)
    if not frame["active"].any():
        return ""
    change = ""
    if before == before and before > 0:
        change = label("headline_revenue_change", change=f"{now / before - 1:+.1%}", window=window_said(window))
    return label(
        "front_revenue",
        money=money(now, currency),
        window=window_said(window),
        day=day,
        change=change,
        active=counted(int(frame["active"].sum()), "account"),
        share=text(concentration.top_share(frame), "share"),
    )


def leaving(look: Leaving, currency: str) -> str:
    """How many are expected to leave and what that puts at risk; where that cannot be told, how many were kept."""
    listed = told_or(lambda: look.risks.listed, None)
    if listed is None:
        row = look.yearly
        ends = {name: per_hundred(row[name]) for name in ("low", "high")}
        return label("front_kept", first=look.days[0], share=text(float(row["retention"]), "share"), **ends)
    row = listed.total.iloc[0]
    return label(
        "front_leaving" if row["at_risk"] > 0 else "front_leaving_cost",
        accounts=counted(int(row["accounts"]), "account"),
        leavers=f"{row['leavers']:.0f}",
        horizon=label(f"horizon_{listed.horizon}"),
        low=f"{row['low_leavers']:.0f}",
        high=f"{row['high_leavers']:.0f}",
        money=money(float(row["at_risk"]), currency),
        kind=label(f"value_{listed.money.removeprefix('last_year_')}"),
        low_money=money(float(row["low_at_risk"]), currency),
        high_money=money(float(row["high_at_risk"]), currency),
    )


def content(look: Satisfaction) -> str:
    """Satisfaction and complaints, whichever of them the book tells."""

    def scored() -> str:
        row = look.scores.of(CONTENT)
        points = {name: f"{row[name]:.0f}" for name in ("points", "low", "high")}
        return label("front_content", accounts=counted(row["accounts_heard"], "account"), **points)

    def complained() -> str:
        row = look.complaints.overall
        if not row["orders"]:
            return ""
        ends = {name: f"{row[name]:.2f}" for name in ("low", "high")}
        return label("front_complaints", rate=f"{row['per_100']:.2f}", **ends)

    return sentences(str(told_or(scored)), str(told_or(complained)))


def cutting(look: Potential) -> str:
    """How many may be cut and what that promises; that nobody may be, and what that would take."""
    low = counted(len(look.today), "low_account")
    guard = told_or(lambda: look.safety.guard, None)
    cut = int((look.today["outcome"] == CUT).sum())
    if guard is not None and guard.more_needed:
        return label("front_cut_unsafe", cases=counted(guard.cases, "guard_are"), needed=guard.needed)
    if guard is None or not cut:
        return label("front_cut_nobody", low=low)
    if moved(look):
        return label("front_cut_moved", cut=text(cut, "count"), low=low)
    ends = {"alpha": share(guard.alpha), "confidence": share(1 - guard.delta)}
    return label("front_cut", cut=text(cut, "count"), low=low, **ends)


# --- decisions ---


def call(look: Leaving, currency: str) -> Decision | None:
    """Whom to call: the accounts with most at risk that nobody decided to part with; None where nothing is at risk."""
    listed = look.risks.listed
    gone = _parted(look)
    table = listed.accounts
    rows = table[(table["at_risk"] > 0) & ~table["account_id"].isin(gone)].head(CALLS)
    if rows.empty:
        return None
    whole = listed.of(rows["account_id"])
    kind = label(f"value_{listed.money.removeprefix('last_year_')}")
    ends = {name: money(float(whole[at]), currency) for name, at in _AT_RISK.items()}
    key = "decide_call_year" if listed.money.startswith("last_year_") else "decide_call_worth"
    return Decision(
        what=label("decide_call", accounts=counted(len(rows), "account"), first=named(rows.iloc[0])),
        who=label("decide_call_who"),
        worth=label("front_stake", worth=label(key, kind=kind, **ends)),
        money=float(whole["at_risk"]),
        table="at_risk",
        accounts=tuple(rows["account_id"]),
    )


_AT_RISK = {"money": "at_risk", "low": "low_at_risk", "high": "high_at_risk"}


def _parted(look: Leaving) -> set[str]:
    """Accounts that people decided to part with."""
    said = told_or(lambda: decided.overrides(look.book, look.day), None)
    if said is None or said.empty:
        return set()
    plain = said["action"].astype(str).str.replace(r"[\s_-]+", " ", regex=True).str.strip().str.lower()
    return set(said.loc[plain.map(decided.WORDS) == CUT, "account_id"])


def cut(look: Potential, currency: str) -> Decision | None:
    """Whom to stop serving; whom to ask where nobody may be cut; what that needs where nobody can be asked."""
    rows = look.today[look.today["outcome"] == CUT]
    if len(rows):
        own = look.money.accounts.set_index("account_id").loc[rows["account_id"]]
        amounts = {name: own[name].to_numpy("float64") for name in ("minutes", "cost_to_serve")}
        ended = rows[["account_id", "potential"]].reset_index(drop=True).assign(**amounts)
        return cut_anew(ended, {"currency": currency})
    survey = told_or(lambda: look.survey[look.survey["within"]], None)
    if survey is None or survey.empty:
        guard = look.safety.guard  # raises where nothing can be promised, and nothing is to decide then
        if not guard.more_needed:
            return None
        needed = counted(guard.more_needed, "known_grown")
        return Decision(
            what=label("decide_wait", needed=needed), who=label("decide_wait_who"), table="potential_accounts"
        )
    worth = float(np.sort(survey["worth_asking"]).sum())
    cost = money(look.budget.cost * len(survey), currency)
    return Decision(
        what=label("decide_ask", accounts=counted(len(survey), "account"), first=named(survey.iloc[0])),
        who=label("decide_ask_who"),
        worth=_worth(label("decide_ask_worth", money=money(worth, currency), cost=cost)),
        money=worth,
        table="potential_survey",
    )


def cut_anew(rows: pd.DataFrame, values: dict[str, Any]) -> Decision:
    """The decision to stop serving the accounts of these rows: account_id, potential, minutes, cost_to_serve."""
    minutes, cost = (float(np.sort(np.nan_to_num(rows[name])).sum()) for name in ("minutes", "cost_to_serve"))
    freed = [counted(round(minutes), "minute")] if minutes >= 1 else []
    freed += [money(cost, values["currency"])] if cost > 0 else []
    both = label("decide_cut_both", minutes=freed[0], cost=freed[1]) if len(freed) > 1 else "".join(freed)
    return Decision(
        what=label(
            "decide_cut",
            accounts=counted(len(rows), "account"),
            expected=some(float(np.sort(rows["potential"]).sum())),
        ),
        who=label("decide_cut_who"),
        worth=_worth(label("decide_cut_worth", freed=both)) if both else "",
        money=cost if cost > 0 else float("nan"),
        table="potential_accounts",
        stops=rows,
        values=values,
    )


def serve(look: Plan) -> Decision | None:
    """To serve some accounts more and others less, by the plan; None where that is not known or nothing changes."""
    whole, table = look.balance.whole, look.table
    if not whole["hours_freed"] >= 0 or not whole["accounts_freed"] + whole["accounts_given"]:
        return None
    less = table["minutes_planned"] < table["minutes_today"]
    rows = table.loc[less, ["account_id"]].reset_index(drop=True)
    rows["hours"] = ((table["minutes_today"] - table["minutes_planned"])[less] / 60).to_numpy("float64")
    given = {"accounts": int(whole["accounts_given"]), "hours": float(whole["hours_given"])}
    return serve_anew(rows, given)


def serve_anew(rows: pd.DataFrame, values: dict[str, Any]) -> Decision:
    """The decision to serve the accounts of these rows (account_id, hours) less, and others more."""
    freed = counted_hours(float(np.sort(rows["hours"]).sum()))
    given = counted_hours(values["hours"])
    return Decision(
        what=label(
            "decide_serve",
            given=counted(values["accounts"], "account"),
            freed=counted(len(rows), "account"),
        ),
        who=label("decide_serve_who"),
        worth=_worth(label("decide_serve_worth", freed=freed, given=given)),
        table="plan_accounts",
        stops=rows,
        values=values,
    )


ANEW: dict[str, Callable[[pd.DataFrame, dict[str, Any]], Decision]] = {"cut": cut_anew, "serve": serve_anew}
"""By decision, how it is said of the accounts that are left of it."""


def improve(look: Satisfaction, currency: str) -> Decision | None:
    """What to improve first; None where no dimension surely comes first for anybody."""
    own = look.worth
    row, found = own.by_dimension.iloc[0], own.priorities
    if not row["low"] > 0:
        return None
    whole = found.each["priority"].clip(lower=0).sum()
    stake = {"money": money(float(row["at_stake"]), currency), "kind": label(f"stake_{found.money}")}
    if found.index:
        numbers = {name: f"{row[name]:.0f}" for name in ("low", "high")}
        worth = label("decide_improve_worth", share=text(row["priority"] / whole, "share"), **numbers, **stake)
    else:
        ends = {name: money(float(row[name]), currency) for name in ("low", "high")}
        amount = money(float(row["priority"]), currency)
        worth = label("decide_improve_money", **ends | stake | {"money": amount})
    return Decision(
        what=label("decide_improve", dimension=row["improvement"], accounts=counted(int(row["accounts"]), "account")),
        who=label("decide_improve_who", dimension=row["improvement"]),
        worth=_worth(worth),
        money=float("nan") if found.index else float(row["priority"]),
        table="improvements",
    )


def _worth(worth: str) -> str:
    return label("front_worth", worth=worth)
