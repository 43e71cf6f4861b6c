"""The rules of treatment, as data: the first that holds decides an account's team, level of service and next step.

`docs/plan_rules.md` is made of them (`make dictionary`), so that the two cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.plan.policy import CALL, DESK, DEVELOP, KEPT, KEY, LEVELS, NEW, NONE, PREPAY, STEP, VISITED, Policy
from crm_analysis.plan.treatment.steps import SITUATIONS, STEPS
from crm_analysis.potential.advice.decided import EASED
from crm_analysis.potential.advice.outcome import CUT, SURVEY

if TYPE_CHECKING:
    import pandas as pd

    Holds = Callable[[pd.DataFrame], pd.Series]

OPERATIONS, SUPPORT, ADMINISTRATION, DEVELOPMENT = (
    "operations centre", "customer support", "sales administration", "business development",
)  # fmt: skip
TEAMS = (OPERATIONS, SUPPORT, ADMINISTRATION, DEVELOPMENT)
"""The teams, as `reps.team` names them."""
OWN = "by class"
TEAM_OF = {"High": OPERATIONS, "Mid": SUPPORT, "Low": ADMINISTRATION}
"""The team of a value class; an account without class, which orders nothing, is sales administration's."""


@dataclass(frozen=True)
class Rule:
    """`holds` tells of rows of `treated` without treatment whether the rule applies; OWN leaves the team to the class.

    The labels `rule_plan_<name>` and `why_plan_<name>` are its words: when it applies, and an account's reason.
    """

    name: str
    team: str
    level: str
    step: str
    holds: Holds


def _stage(*stages: str) -> Holds:
    return lambda rows: rows["never"] & rows["stage"].isin(stages)


def _new(*stages: str) -> Holds:
    return lambda rows: rows["new"] & (rows["grade"] == "B") & rows["stage"].isin(stages)


def _told(kind: str) -> Holds:
    return lambda rows: rows["told"] == kind


CUTS = ("cut", "may be cut")
TOLD = {
    **dict.fromkeys(("keep", "call"), "keep"),
    **dict.fromkeys(("develop", "visit"), "develop"),
    **dict.fromkeys(("survey first", "survey"), "survey"),
    **dict.fromkeys(("desk", "desk service", "select", "minimum order", "small order price"), "step"),
    "key": "key",
    "prepayment": "prepay",
    "no service": "none",
    "win back": "call",
    **dict.fromkeys(CUTS, "cut"),
}
"""What a person's word that is not what was recommended comes to, by the words of `decisions` (`decided.WORDS`).

It goes before both bars. Words for a goodbye hold whatever was recommended, and so does "cut", which begins with a step
that can be taken back.
"""
RULES = (
    Rule("told_cut", OWN, STEP, "step_down", _told("cut")),
    Rule("goodbye", OWN, NONE, "stop", lambda rows: rows["decided_means"] == CUT),
    Rule("told_survey", OWN, DESK, "survey", _told("survey")),
    Rule("told_prepay", OWN, PREPAY, "terms", _told("prepay")),
    Rule("told_none", OWN, NONE, "wait", _told("none")),
    Rule("told_call", ADMINISTRATION, CALL, "win_back", _told("call")),
    Rule("told_step", OWN, DESK, "carry_on", _told("step")),
    Rule("told_key", OPERATIONS, KEY, "visit_key", _told("key")),
    Rule("told_develop", SUPPORT, DEVELOP, "visit_develop", _told("develop")),
    Rule("loss_large", OWN, KEPT, "limit", lambda rows: (rows["bar"] == "loss") & (rows["class"] != "Low")),
    Rule("loss", OWN, PREPAY, "terms", lambda rows: rows["bar"] == "loss"),
    Rule("contact", DEVELOPMENT, NEW, "first_order", _stage("contact", "engaged", "partner")),
    Rule("prospect", DEVELOPMENT, NONE, "qualify", lambda rows: rows["never"]),
    Rule("lapsed", ADMINISTRATION, CALL, "win_back", lambda rows: ~rows["active"] & rows["lately"]),
    Rule("gone", ADMINISTRATION, NONE, "wait", lambda rows: ~rows["active"]),
    Rule("key", OPERATIONS, KEY, "visit_key", lambda rows: rows["grade"] == "A"),
    Rule("new_partner", DEVELOPMENT, NEW, "hand_over", _new("partner")),
    Rule("new_engaged", DEVELOPMENT, NEW, "second_need", _new("engaged")),
    Rule("new", DEVELOPMENT, NEW, "settle_in", lambda rows: rows["new"] & (rows["grade"] == "B")),
    Rule("develop", SUPPORT, DEVELOP, "visit_develop", lambda rows: (rows["grade"] == "B") & (rows["class"] == "Mid")),
    Rule("promising", SUPPORT, DEVELOP, "visit_promising", lambda rows: rows["grade"] == "B"),
    Rule("kept", OWN, KEPT, "keep_on", _told("keep")),
    Rule("cut", ADMINISTRATION, STEP, "step_down", lambda rows: rows["grade"] == "D"),
    Rule("eased", OWN, DESK, "carry_on", lambda rows: rows["decided_means"] == EASED),
    Rule("work_large", OWN, KEPT, "keep_on", lambda rows: (rows["bar"] == "work") & (rows["class"] != "Low")),
    Rule("work", OWN, DESK, "desk", lambda rows: rows["bar"] == "work"),
    Rule("survey", ADMINISTRATION, DESK, "survey", lambda rows: rows["outcome"] == SURVEY),
    Rule("select", ADMINISTRATION, DESK, "desk", lambda rows: rows["active"]),
)  # fmt: skip
"""In this order; the last one takes every account that is left."""


def markdown(policy: Policy | None = None) -> str:
    """docs/plan_rules.md: the rules, the steps that come before a rule's own, and the levels."""
    own = policy or Policy()
    lines = [f"# {label('rules_title')}", "", label("rules_made"), "", f"## {label('rules_each')}", ""]
    lines += ["| when | team | level | next step |", "|---|---|---|---|"]
    for rule in RULES:
        team = label("team_own") if rule.team == OWN else code_said(rule.team)
        words = (label(f"rule_plan_{rule.name}"), team, label(f"level_{rule.level}"), _blank(f"step_plan_{rule.step}"))
        lines.append(f"| {' | '.join(words)} |")
    lines += [
        "",
        label("rules_own"),
        "",
        f"## {label('rules_first')}",
        "",
        "| when | next step | due in days |",
        "|---|---|---|",
    ]
    for name in SITUATIONS:
        lines.append(f"| {label(f'when_{name}')} | {_blank(f'step_plan_{name}')} | {STEPS[name]} |")
    lines += ["", f"## {label('rules_levels')}", ""]
    lines += ["| level | visits a year | calls a year | visits they ask for |", "|---|---|---|---|"]
    for level in LEVELS:
        visits, calls = own.cadence(level)
        asked = label("asked_visits" if level in VISITED else "asked_calls")
        lines.append(f"| {label(f'level_{level}')} | {visits:g} | {calls:g} | {asked} |")
    return "\n".join(lines)


def _blank(key: str) -> str:
    """A label with blanks for what is filled in."""
    return re.sub(r"{\w+}", "...", label(key))


if __name__ == "__main__":
    print(markdown())  # noqa: T201 -- what `make dictionary` writes into the docs
