"""What the KPI page tells of targets, and what its figures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi import definitions
from crm_analysis.kpi.comparison.targets import AHEAD, CLOSE, MISSED, REACHED, UNTOLD
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.values import COMPANY
from crm_analysis.kpi.windows import name_of
from crm_analysis.labels import label
from crm_analysis.labels.language import bracketed, listed, sentences
from crm_analysis.report.sentences.kpi import group_said, quiet
from crm_analysis.report.sentences.kpi_words import figure, lowered
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook

TARGETS = ("quarter", "kpi", "of_whom", "goal_said", "came_said", "target_state")
DEFINITIONS = ("kpi", "question", "formula", "unit", "better", "interval")
BACK = 4
"""Quarters of targets that the page shows, besides the next."""


# --- targets ---


def goals(look: Outlook) -> str:
    """How many of the company's targets of the quarter were reached; raises BookError where none is known."""
    own = _quarter(look)
    return label("goals_value", reached=text(int((own["state"] == REACHED).sum()), "count"), of=text(len(own), "count"))


def goals_said(look: Outlook) -> str:
    """Which were missed, and which are too close to tell."""
    own = _quarter(look)
    words = []
    for state in (REACHED, MISSED, CLOSE):
        rows = own[own["state"] == state]
        if len(rows):
            names = listed(_named(row, look.currency) for _, row in rows.iterrows())
            words.append(label(f"goals_{state}", names=names))
    return sentences(*words)


def _named(row: pd.Series, currency: str) -> str:
    kpi = BY_NAME[row["kpi"]]
    goal, came = (figure(row[name], kpi.unit, currency) for name in ("target", "value"))
    return label("goals_one", kpi=lowered(kpi.title), came=came, goal=goal)


def _quarter(look: Outlook) -> pd.DataFrame:
    """The company's targets of the last quarter that can be told; raises BookError without any."""
    table = look.targets
    last = name_of(look.panel.ends[-1])
    own = table[(table["quarter"] == last) & (table["dimension"] == COMPANY) & (table["state"] != UNTOLD)]
    if own.empty:
        raise BookError(label("goals_none", quarter=last))
    return own


def targets(look: Outlook) -> pd.DataFrame:
    """Targets of the last quarter, then the company's of those before, then those of the next.

    In words and in numbers. Raises BookError where none is known.
    """
    import pandas as pd

    quiet(look)
    table = look.targets
    if (table["state"] == AHEAD).all():
        raise BookError(label("goals_none", quarter=name_of(look.panel.ends[-1])))
    shown = sorted(set(table.loc[table["state"] != AHEAD, "quarter"]))[-BACK:]
    rows = table[(table["quarter"].isin(shown) & (table["dimension"] == COMPANY)) | (table["quarter"] >= shown[-1])]
    turn = {name: at for at, name in enumerate([*reversed(shown), *sorted(set(rows["quarter"]) - set(shown))])}
    rows = rows.assign(turn=rows["quarter"].map(turn))
    rows = rows.sort_values(["turn", "kpi", "dimension", "group"], ignore_index=True)
    units = [BY_NAME[name].unit if name in BY_NAME else "number" for name in rows["kpi"]]
    pairs = list(zip(rows["target"], rows["value"], units, strict=True))
    states = zip(rows["state"], rows["why"], strict=True)
    return pd.DataFrame(
        {
            "quarter": rows["quarter"],
            "kpi": [BY_NAME[name].title if name in BY_NAME else name for name in rows["kpi"]],
            "kpi_code": rows["kpi"],
            "of_whom": [
                group_said(*pair) if pair[0] else pair[1] for pair in zip(rows["dimension"], rows["group"], strict=True)
            ],
            "goal_said": [figure(goal, unit, look.currency) for goal, _, unit in pairs],
            "came_said": [figure(came, unit, look.currency) for _, came, unit in pairs],
            "target_state": [label(f"target_why_{why}" if why else f"target_state_{state}") for state, why in states],
            "target": rows["target"],
            "came_figure": rows["value"],
            "low_95": rows["low"],
            "high_95": rows["high"],
            "set_on": rows["set_on"],
        }
    )


# --- what the figures mean ---


def definition_table() -> pd.DataFrame:
    """The KPIs as data, in words (`kpi.definitions.table`)."""
    return definitions.table().assign(kpi_code=[kpi.name for kpi in definitions.KPIS])


def titles() -> dict[str, str]:
    """The names of KPIs for figures, with their unit where it is neither a share nor money."""
    named = {}
    for kpi in definitions.KPIS:
        unit = label(f"kpi_unit_{kpi.unit}")
        told = kpi.unit in ("share", "money", "per_100") or unit in kpi.title.casefold()
        named[kpi.name] = kpi.title + bracketed("" if told else unit)
    return named
