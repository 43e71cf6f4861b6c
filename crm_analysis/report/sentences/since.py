"""What the page tells that compares this report with the last quarter's: moves, lists, forecasts, lights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.periods import quarters_back
from crm_analysis.report.front import Change
from crm_analysis.report.sentences import counted, money, told_or
from crm_analysis.report.sentences.potential import named
from crm_analysis.report.since import came
from crm_analysis.report.since.lists import AT_RISK, cut_counts
from crm_analysis.report.since.moves import ABSENT, INACTIVE, PROSPECT, matrix
from crm_analysis.report.since.packs import differences
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.labels import Kind
    from crm_analysis.report.since.outlook import Outlook

NAMED = 3
"""Accounts that are named in a sentence."""
MOVES = ("name", "moved_from", "moved_to", "moved_by", "revenue_then", "revenue_now", "rate_then", "rate_now")
RISKS = ("name", "listed", "because", "chance_then", "chance_now", "risk_worth", "rep_id")
CUTS = ("name", "listed", "advice_then", "advice_now", "revenue")
LIGHTS = ("kpi", "light_then", "light_now", "said_then", "said_now", "compared_with")
KINDS: dict[str, Kind] = {"from_chance": "share", "to_chance": "share"}
_APART = (INACTIVE, PROSPECT, ABSENT)


# --- in short ---


def about(look: Outlook) -> str:
    """Which two reports are compared, and what is unlike in how they were made; that there is none before."""
    if look.packs is None:
        return label("since_none")
    words = label("since_about", now=look.now.quarter, before=look.before.quarter, day=look.before.day)
    return sentences(words, differences(look.now, look.before))


def moves(look: Outlook) -> str:
    """How many accounts rose and how many fell."""
    up, down = _ways(look.moves)
    return label("since_moves_value", up=len(up), down=len(down))


def moves_said(look: Outlook) -> str:
    """Their revenue, how many only as the bars moved, the largest by name."""
    table = look.moves
    if table.empty:
        return label("since_moves_none")
    up, down = _ways(table)
    words = [
        label(
            "since_moves_said",
            up=counted(len(up), "account"),
            down=counted(len(down), "account"),
            day=look.before.day,
        )
    ]
    bars = int((table["moved_by"] == "bars").sum())
    if bars:
        words.append(label("since_moves_bars", accounts=counted(bars, "account")))
    largest = table[table["moved_by"] != "bars"].head(NAMED)
    if len(largest):
        parts = [label("since_moved_one", name=named(row), **_ends(row)) for _, row in largest.iterrows()]
        words.append(label("since_moves_largest", names=clauses(parts)))
    return sentences(*words)


def risks(look: Outlook) -> str:
    """How many entered the list at risk, and how many are off it."""
    table = look.risks
    entered = int((table["listed"] == "entered").sum())
    return label("since_risks_value", entered=entered, off=len(table) - entered)


def risks_said(look: Outlook, currency: str) -> str:
    """What puts an account on the list, what is at risk with those that entered, and why others are off it."""
    table = look.risks
    words = [label("since_risk_means", share=text(AT_RISK, "share"), horizon=_horizon(look))]
    entered, off = table[table["listed"] == "entered"], table[table["listed"] == "off"]
    if len(entered):
        worth = money(float(entered["risk_worth"].clip(lower=0).sum()), currency)
        words.append(label("since_entered", accounts=counted(len(entered), "account"), money=worth))
    if len(off):
        counts = off["because"].value_counts()
        parts = [label(f"since_off_{code}", n=int(counts[code])) for code in _OFF if code in counts]
        words.append(label("since_off", accounts=counted(len(off), "account"), parts=listed(parts)))
    return sentences(*words)


_OFF = ("ordered", "goodbye", "left", "fallen")


def orders(look: Outlook) -> str:
    """Orders that came beside those forecast."""
    found = look.orders
    return label("since_orders_value", came=f"{found.came:,.0f}", expected=f"{found.expected:,.0f}")


def orders_said(look: Outlook) -> str:
    """Whether what came lies within the interval, and whose forecast that was."""
    found = look.orders
    key = "inside" if found.inside else "above" if found.came > found.high else "below"
    words = label(
        "since_orders_said" if found.stated else "since_orders_anew",
        quarter=look.before.quarter,
        now=look.now.quarter,
        came=f"{found.came:,.0f}",
        expected=f"{found.expected:,.0f}",
        low=f"{found.low:,.0f}",
        high=f"{found.high:,.0f}",
    )
    return sentences(words, label(f"since_orders_{key}"))


# --- who moved ---


def moved(look: Outlook) -> pd.DataFrame:
    """The accounts that moved, in words; raises BookError where none did."""
    table = look.moves
    if table.empty:
        raise BookError("")
    shown = _placed(table).assign(moved_by=[label(f"moved_by_{code}") for code in table["moved_by"]])
    return shown.drop(columns="way")


def matrix_shown(look: Outlook) -> pd.DataFrame:
    """How many moved from where to where, in words; raises BookError where none did."""
    table = look.moves
    if table.empty:
        raise BookError("")
    return _placed(matrix(table))


# --- lists ---


def risk_table(look: Outlook) -> pd.DataFrame:
    """Accounts that entered and left the list at risk, in words; raises BookError where none did."""
    table = look.risks
    if table.empty:
        raise BookError(label("since_risks_none"))
    because = [label(f"since_because_{code}") for code in table["because"]]
    return table.assign(listed=_listed(table), because=because)


def cuts_said(look: Outlook) -> str:
    """How many may be cut by each report, how many came on the list and are off it."""
    then, this = cut_counts(look.now, look.before)
    counts = {"then": then, "now": this, "before": look.before.quarter}
    if not then and not this:
        return label("since_cuts_nobody", before=look.before.quarter)
    entered = int((look.cuts["listed"] == "entered").sum())
    return label("since_cuts", entered=entered, off=len(look.cuts) - entered, **counts)


def cut_table(look: Outlook) -> pd.DataFrame:
    """Accounts that came on the list of those that may be cut, or are off it; BookError without a word for none."""
    table = look.cuts
    if table.empty:
        raise BookError("")
    said = {
        name: [label(f"outcome_{code}") if code else label("since_not_low") for code in table[name]]
        for name in ("advice_then", "advice_now")
    }
    return table.assign(listed=_listed(table), **said)


# --- forecasts ---


def leaving_table(look: Outlook) -> pd.DataFrame:
    """Groups of the last report's list by their chance, and what became of them (`came.leaving`)."""
    names = {"ordered": "ordered_since", "silent": "silent_since", "left": "left_now"}
    return look.leaving.rename(columns=names)


def leaving_said(look: Outlook) -> str:
    """What became of those most at risk beside the others, and that it cannot be judged yet."""
    table = look.leaving
    many = int(table["accounts"].sum())
    if not many:
        raise BookError("")
    gone = int(table[["goodbye", "left"]].to_numpy().sum())
    return label(
        "since_leaving",
        quarter=look.before.quarter,
        accounts=counted(many, "account"),
        expected=f"{float(table['leavers_told'].sum()):.0f}",
        horizon=_horizon(look),
        gone=gone,
        silent=int(table["silent"].sum()),
        ordered=int(table["ordered"].sum()),
    )


def ranked_said(look: Outlook) -> str:
    """Whether those with the highest chance were silent more often; raises BookError for fewer than ten of them."""
    table = look.leaving
    top, rest = table.iloc[0], table.iloc[1:].sum()
    if top["accounts"] < FEW or rest["accounts"] < FEW:
        return label("since_rank_few", few=FEW)
    shares = [1 - float(row["ordered"] / row["accounts"]) for row in (top, rest)]
    return label(
        "since_rank", top=text(shares[0], "share"), rest=text(shares[1], "share"), bar=text(AT_RISK, "share"),
        n=int(top["accounts"]), others=int(rest["accounts"]),
    )  # fmt: skip


FEW = 10
"""Accounts of a group below which its share is not told."""


def ahead_said(look: Outlook, currency: str) -> str:
    """How the book ahead did that is due now; when the next is due where none is."""
    try:
        then, found = came.book_ahead(look.now, look.before)
    except BookError:
        many = look.before.parameter("what_if", "quarters")
        if not many:
            raise
        return label(
            "since_ahead_later", quarter=look.before.quarter, due=quarters_back(look.before.quarter, -int(many))
        )
    where = "inside" if found.inside else "above" if found.came > found.high else "below"
    amounts = {name: money(getattr(found, name), currency) for name in ("came", "expected", "low", "high")}
    return sentences(
        label("since_ahead", quarter=then.quarter, now=look.now.quarter, **amounts), label(f"since_ahead_{where}")
    )


# --- lights ---


def lights_said(look: Outlook) -> str:
    """How many lights of then are still lit."""
    table = look.lights
    then, both = table["light_then"].isin(_LIT), table["light_now"] == table["light_then"]
    if not then.any():
        return label("since_lights_none", quarter=look.before.quarter)
    return label("since_lights", n=int(then.sum()), quarter=look.before.quarter, still=int((then & both).sum()))


_LIT = ("better", "worse", "changed")


def light_table(look: Outlook) -> pd.DataFrame:
    """The lights of then and of now, in words; BookError without a word where none was lit in either."""
    table = look.lights
    if table.empty:
        raise BookError("")
    said = {name: [label(f"light_{code or 'unknown'}") for code in table[name]] for name in ("light_then", "light_now")}
    return table.assign(compared_with=[label(f"against_{name}") for name in table["against"]], **said)


# --- the first page ---


def changes(look: Outlook, currency: str) -> list[Change]:
    """What moved since the last report, for the first page: segments, the list at risk, the forecast of orders."""
    found = []
    for name, made in (
        ("moves", lambda: moves_said(look)),
        ("risks", lambda: label("since_front_risks", value=risks(look), more=risks_said(look, currency))),
        ("orders", lambda: orders_said(look)),
    ):
        words = told_or(made)
        if words:
            found.append(Change(f"since_{name}", words, name))
    return found


# --- words that its rooms share ---


def place_said(code: str) -> str:
    """A segment, or why an account has none, in words."""
    return label(f"place_{code}") if code in _APART else code_said(code)


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: [place_said(code) for code in table[name]] for name in ("moved_from", "moved_to")})


def _ends(row: pd.Series) -> dict[str, str]:
    return {"begin": place_said(str(row["moved_from"])), "end": place_said(str(row["moved_to"]))}


def _ways(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return table[table["way"] == "up"], table[table["way"] == "down"]


def _listed(table: pd.DataFrame) -> list[str]:
    return [label(f"listed_{code}") for code in table["listed"]]


def _horizon(look: Outlook) -> str:
    return label(f"horizon_{came.horizon(look.before)}")
