"""The treatment of every account: grade, team, level of service, cadence, next step, reason, owner."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.frames import widened
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.plan.effort.need import GOES_ON, planned_minutes
from crm_analysis.plan.grades.grades import Grades, base_grades, grades
from crm_analysis.plan.policy import CALL, DESK, DEVELOP, KEPT, KEY, NEW, NONE, PREPAY, STEP, VISITED, Policy
from crm_analysis.plan.treatment.rules import ADMINISTRATION, CUTS, OWN, RULES, TEAM_OF, TOLD
from crm_analysis.plan.treatment.steps import steps
from crm_analysis.plan.treatment.words import FORMATS, words
from crm_analysis.potential.advice.outcome import CUT

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.effort.lengths import Lengths
    from crm_analysis.value.segments import Bars

    Places = NDArray[np.int64]

_SITUATION = ["active", "open_complaint", "silence_ratio", "contract_ends"]
LATELY = "24M"
"""An account that ordered no longer ago is asked why it fell silent; others are let be."""
RECOMMENDED = {
    KEY: "key",
    DEVELOP: "develop",
    NEW: "develop",
    KEPT: "keep",
    DESK: "desk",
    PREPAY: "prepayment",
    STEP: "cut",
    CALL: "win back",
    NONE: "no service",
}
"""What `decisions` should hold as recommended, by level; "survey first" where that is the rule's step, and for a large
account that pays late what a small one gets, so that a word to keep it is one against the advice."""


@dataclass(frozen=True, eq=False)
class Treated:
    """`table`: `facts` and what is planned, one row per account; `grades`: how the two bars made the grades.

    Columns beside those of `facts`: days_late, fails (of the loss bar); base_grade, grade, bar ("loss", "work" or "");
    rule, team, level; visits, calls (a year, that we begin), desk (visits they ask for become calls), minutes_planned
    (a year); step, due; reason and action (in words); recommended.
    """

    table: pd.DataFrame
    grades: Grades


def treated(
    facts: pd.DataFrame,
    day: dt.date,
    at: Bars,
    policy: Policy,
    lengths: Lengths,
    capacity: float,
    late_bar: float = np.inf,
) -> Treated:
    """The treatment of each row of `facts`, which has days_late and fails (over the loss bar) too.

    `capacity` is in minutes a year. `at` are the bars the classes are told by, `late_bar` is the loss bar in days.
    """
    import pandas as pd

    # frames of many columns are not copied more often than need be: there may be a million rows
    rows = facts if isinstance(facts.index, pd.RangeIndex) else facts.reset_index(drop=True)
    signs = _signs(rows, day, policy)
    # what an account takes if no bar lowers it, and if the work bar does
    base = signs["base_grade"]
    asked = rows[["class", *GOES_ON, *(f"minutes_{name}" for name in GOES_ON)]]
    full = _minutes(asked, _rules(signs, base, ""), policy, lengths)
    ranked = base.isin(["A", "B"])
    lowered = _rules(signs, base.mask(ranked, "C"), np.where(ranked, "work", ""))
    select = np.minimum(_minutes(asked, lowered, policy, lengths), full)
    queue = {"base_grade": base, "kept": signs["kept"], "minutes_full": full, "minutes_select": select}
    found = grades(widened(rows[["account_id", "fails", "worth", "revenue"]], queue), capacity)
    grade, bar = (found.table[name].set_axis(rows.index) for name in ("grade", "bar"))
    place = _rules(signs, grade, bar)
    told = _ruled(signs, place)
    cadence = _cadence(place, policy)
    minutes = _minutes(asked, place, policy, lengths)
    shown = widened(rows, {"visits": cadence["visits"]})
    seen = widened(rows[_SITUATION], {"never": signs["never"], "level": told["level"], "step": told["step"]})
    next_ = steps(seen, day)
    money = FORMATS["money"].format
    reach = money(found.reach) if found.reach == found.reach else label("work_reaches_nobody")
    also = {"high": money(at.high), "mid": money(at.mid), "reach": reach, "late_bar": f"{late_bar:.1f}"}
    planned = {
        "base_grade": base,
        "grade": grade,
        "bar": bar,
        "rule": told["rule"],
        "team": told["team"],
        "level": told["level"],
        **cadence,
        "minutes_planned": minutes,
        "step": next_["step"],
        "due": next_["due"],
        "reason": words(shown, told["rule"], "why_plan", also),
        "action": words(shown, next_["step"], "step_plan", also),
        "recommended": _recommended(told["rule"], told["level"], told["step"]),
    }
    return Treated(widened(rows, planned), found)


def _signs(rows: pd.DataFrame, day: dt.date, policy: Policy) -> pd.DataFrame:
    """What the rules look at beside grade and bar, and the grade before any bar."""
    signs = rows[["class", "active", "stage", "outcome", "decided_means", "key_account"]].copy()
    signs["never"] = rows["first_order"].isna()
    signs["new"] = signs["active"] & (signs["class"] != "High") & ~signs["key_account"]
    signs["new"] &= rows["first_order"] > np.datetime64(before(day, policy.new))
    signs["lately"] = rows["last_order"] > np.datetime64(before(day, LATELY))
    signs["told"] = rows["decided_action"].map(TOLD)
    holds = rows["decided_against"] | rows["decided_action"].isin(CUTS)
    signs["told"] = signs["told"].where(holds).fillna("").astype(object)
    signs["kept"] = signs["told"] != ""
    signs["raised"] = (rows["promising"] | signs["new"]) & (signs["outcome"] != CUT)
    signs["base_grade"] = base_grades(signs)
    # rules compare these again and again: codes compare faster than words
    for name in ("class", "stage", "outcome", "decided_means", "told"):
        signs[name] = signs[name].astype("category")
    return signs


def _rules(signs: pd.DataFrame, grade: pd.Series, bar: Any) -> Places:
    """The place in RULES of each row's rule, were these its grade and the bar that lowered it."""
    import pandas as pd

    bar = pd.Series(bar, index=signs.index)
    rows = widened(signs, {"grade": grade.astype("category"), "bar": bar.astype("category")})
    return np.select([rule.holds(rows).to_numpy(bool) for rule in RULES], range(len(RULES)), len(RULES) - 1)


def _ruled(signs: pd.DataFrame, place: Places) -> dict[str, pd.Series]:
    """Rule, team, level and step of each row."""
    import pandas as pd

    def told(name: str) -> NDArray[np.object_]:
        return np.array([getattr(rule, name) for rule in RULES], dtype=object)[place]

    own = signs["class"].astype(object).map(TEAM_OF).fillna(ADMINISTRATION).to_numpy()
    team = told("team")
    found = {"rule": told("name"), "team": np.where(team == OWN, own, team), "level": told("level")}
    return {name: pd.Series(values, index=signs.index) for name, values in (found | {"step": told("step")}).items()}


def _recommended(rule: pd.Series, level: pd.Series, step: pd.Series) -> pd.Series:
    found = level.map(RECOMMENDED).mask(step == "survey", "survey first")
    return found.mask(rule == "loss_large", RECOMMENDED[PREPAY])


def _cadence(place: Places, policy: Policy) -> dict[str, Any]:
    """Visits and calls a year that we begin, and whether visits they ask for become calls (desk)."""
    visits, calls = np.array([policy.cadence(rule.level) for rule in RULES], dtype="float64").T
    desk = np.array([rule.level not in VISITED for rule in RULES])
    return {"visits": visits[place], "calls": calls[place], "desk": desk[place]}


def _minutes(asked: pd.DataFrame, place: Places, policy: Policy, lengths: Lengths) -> pd.Series:
    return planned_minutes(widened(asked, _cadence(place, policy)), lengths)
