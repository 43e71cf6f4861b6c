"""What the what-if page tells of moves: what lifting accounts brings, how accounts move, what book to expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import bracketed, clauses, listed, sentences
from crm_analysis.plan.moves.ladder import INACTIVE, state_said
from crm_analysis.plan.moves.movers import FEW, MOST_OF_IT
from crm_analysis.report.sentences import counted, money, told_or
from crm_analysis.report.sentences.plan import between, counted_hours
from crm_analysis.report.sentences.plan_lists import some
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.labels import Kind
    from crm_analysis.plan.proposals import Proposals

T = TypeVar("T")
# columns that the page shows of a table; its file holds all
LIFTED = ("move", "accounts", "movers", "measure", "a_year", "low", "high", "at_average")
EXPECTED = ("state", "accounts", "expected", "low_expected", "high_expected", "revenue", "expected_revenue",
            "low_revenue", "high_revenue")  # fmt: skip
MEASURES: dict[str, Kind] = {"low": "measure", "high": "measure"}
"""The ends of intervals, in rows of different things."""
MOVERS = ("from_state", "to_state", "movers", "held_share")
GAINED = ("gain_{}", "low_gain_{}", "high_gain_{}", "average_{}")
_ROWS = {
    "gain_revenue": ("what_revenue", "average_revenue"),
    "gain_margin": ("what_margin", "average_margin"),
    "effort_cost": ("what_effort", ""),
    "extra_avoidable": ("what_avoidable", ""),
    "profit_gain": ("what_profit", "average_profit"),
    "return_on_effort": ("what_return", "average_return_on_effort"),
}
"""What a move brings and takes: the label of its words, and its column at class averages."""


# --- what a lift brings ---


def lift(look: Proposals, currency: str) -> str:
    """What it brings a year, with its interval; that it is not known."""
    if lack(lambda: look.lifted):
        return label("unknown")
    row, name = _whole(look)
    if not row[name] > -np.inf:
        return label("unknown")
    low, high = row[f"low_{name}"], row[f"high_{name}"]
    if low < 0 < high:
        return label("lift_value_unsure", low=money(float(low), currency), high=money(float(high), ""))
    ends = between(low, high, lambda amount: money(amount, ""))
    kind = label("spread_profit") if name == "profit_gain" else label("spread_revenue")
    return label("lift_value", amount=money(float(row[name]), currency), money=kind, between=ends)


def lift_said(look: Proposals, currency: str) -> str:
    """What that is made of, beside what class averages would have promised; why it is not known."""
    if why := lack(lambda: look.lifted):
        return why
    row, name = _whole(look)
    found = look.lifted
    moves = clauses(
        label("lift_move", accounts=counted(wish.accounts, "account"), **_ends(wish.begin, wish.end))
        for wish in found.wishes
    )
    kind = "margin" if name == "profit_gain" else "revenue"
    gain = f"gain_{kind}"
    if not row[gain] > -np.inf:
        return sentences(label("lift_untold", moves=moves), *found.says[1:])
    known = found.table[found.table["from_state"] != ""]["movers"]
    words = [
        label(
            "lift_said",
            moves=moves,
            gain=money(float(row[gain]), currency),
            between=between(row[f"low_{gain}"], row[f"high_{gain}"], lambda amount: money(amount, "")),
            money=label(f"value_{kind}"),
            movers=counted(int(known.sum()), "mover"),
            average=money(float(row[f"average_{kind}"]), currency),
        )
    ]
    parts = []
    if row["effort_cost"] > -np.inf:
        hours = row["extra_minutes"] / 60
        key = "lift_effort" if hours >= 0 else "lift_effort_less"
        parts.append(label(key, hours=counted_hours(abs(hours)), cost=money(abs(row["effort_cost"]), currency)))
    if row["extra_avoidable"] > -np.inf:
        parts.append(label("lift_avoidable", cost=money(float(row["extra_avoidable"]), currency)))
    if parts and name == "profit_gain":
        left = money(float(row[name]), currency)
        both = label("lift_and", first=parts[0], last=parts[1]) if len(parts) > 1 else parts[0]
        words.append(label("lift_left", parts=both, left=left))
    if row[f"low_{name}"] < 0 < row[f"high_{name}"]:
        words.append(label("lift_unsure"))
    return sentences(*words, *_largest(look, kind, currency))


def _largest(look: Proposals, kind: str, currency: str) -> list[str]:
    """The moves of which few are known, or whose gain is for the most part that of a single account: without it."""
    words = []
    for wish in look.lifted.wishes:
        found = look.movers.lifts[wish.begin, wish.end]
        names = _ends(wish.begin, wish.end) | {"movers": found.accounts}
        if 1 < found.accounts < FEW:
            words.append(label("what_if_few_movers", **names))
        if found.accounts > 1 and found.share_of_largest(kind) > MOST_OF_IT:
            told = {
                "share": f"{found.share_of_largest(kind):.0%}",
                "money": label(f"value_{kind}"),
                "accounts": counted(wish.accounts, "account"),
                "gain": money(wish.accounts * found.gain_without_largest(kind), currency),
            }
            words.append(label("lift_largest", **names, **told))
    return words


def lift_rests(look: Proposals) -> str:
    """What the figures rest on; raises BookError where there are none."""
    found = look.lifted
    words = list(found.says)
    if look.effort is not None:
        words.append(label("lift_minutes", cost=f"{look.minute_cost:.2f}", states=_minutes(look)))
    return sentences(*words)


def lifted(look: Proposals, currency: str = "") -> pd.DataFrame:
    """What each move brings, a row per move and measure; raises BookError where it is not known.

    Columns: move, accounts, movers, measure (words), a_year, low, high, at_average; a return on effort that may as well
    be none (its interval holds zero) is not told.
    """
    import pandas as pd

    found = _but(lambda: look.lifted, look).table
    rows = []
    for row in (found if len(found) > 2 else found.iloc[:1]).to_dict("records"):
        arrow = label("move_arrow", **_ends(row["from_state"], row["to_state"]))
        move = arrow if row["from_state"] else label("plan_all")
        for name, (words, average) in _ROWS.items():
            if row.get(name, np.nan) > -np.inf:
                unsure = name == "return_on_effort" and row[f"low_{name}"] < 0 < row[f"high_{name}"]
                rows.append(
                    {
                        "move": move,
                        "accounts": row["accounts"],
                        "movers": row["movers"],
                        "measure": label(words) + bracketed("" if name == "return_on_effort" else currency),
                        "a_year": np.nan if unsure else row[name],
                        "low": np.nan if unsure else row.get(f"low_{name}", np.nan),
                        "high": np.nan if unsure else row.get(f"high_{name}", np.nan),
                        "at_average": np.nan if unsure else row.get(average, np.nan),
                    }
                )
    return some(pd.DataFrame(rows, columns=list(LIFTED)))


def movers_columns(look: Proposals) -> tuple[str, ...]:
    """The columns that the page shows of what movers brought: of margin, or of revenue without costs."""
    past = told_or(lambda: look.years, None)
    kind = "margin" if past is not None and "margin" in past.money() else "revenue"
    return (*MOVERS, *(name.format(kind) for name in GAINED))


def book(look: Proposals) -> pd.DataFrame:
    """The book before and after, in words; raises BookError where the moves cannot be told."""
    table = _but(lambda: look.lifted, look).book
    some(table[table["after_revenue"].notna()])
    return table.assign(state=[state_said(name) for name in table["state"]])


def book_said(look: Proposals, currency: str) -> str:
    """The profit of the whole book before and after; raises BookError where it cannot be told."""
    found = look.lifted.result
    if not found["after_profit"] > -np.inf:
        return ""
    key = "book_profit" if found["fixed"] > -np.inf else "book_profit_no_fixed"
    return label(
        key,
        before=money(float(found["profit"]), currency),
        after=money(float(found["after_profit"]), currency),
        between=between(found["low_after_profit"], found["high_after_profit"], lambda amount: money(amount, "")),
        fixed=money(float(np.nan_to_num(found["fixed"])), currency),
    )


def _ends(begin: str, end: str) -> dict[str, Any]:
    """The states of a move in words."""
    return {"begin": state_said(begin), "end": state_said(end)}


def _whole(look: Proposals) -> tuple[pd.Series, str]:
    """The row of all moves, and the column that says what they bring."""
    row = look.lifted.table.iloc[-1]
    told = "profit_gain" in row and row["gain_margin"] > -np.inf
    return row, "profit_gain" if told else "gain_revenue"


def _minutes(look: Proposals) -> str:
    told = look.effort.minutes if look.effort else {}
    return listed(
        label("lift_minutes_part", state=state_said(name), minutes=f"{minutes:,.0f}") for name, minutes in told.items()
    )


# --- how accounts move ---


def matrix_said(look: Proposals) -> str:
    """How the shares were counted; raises BookError where orders are too short."""
    return sentences(*look.migration.says)


def matrix(look: Proposals) -> pd.DataFrame:
    """Shares of accounts by state now and then, in words; raises BookError where orders are too short."""
    table = _but(lambda: look.migration, look).table
    return table.assign(**{name: [state_said(one) for one in table[name]] for name in ("from_state", "to_state")})


def matrix_alt(look: Proposals) -> str:
    """The figure in words: how many stay."""
    table = look.migration.table
    own = table[table["from_state"] == table["to_state"]]
    parts = listed(
        label("alt_matrix_part", state=state_said(name), share=text(part, "share"))
        for name, part in zip(own["from_state"], own["moved_share"], strict=True)
    )
    return label("alt_matrix", span=span(look), parts=parts)


def movers(look: Proposals) -> pd.DataFrame:
    """What movers brought, in words; raises BookError where it is not known."""
    table = _but(lambda: look.movers, look).table
    table = some(table[table["movers"] > 0].reset_index(drop=True))
    return table.assign(**{name: [state_said(one) for one in table[name]] for name in ("from_state", "to_state")})


# --- what to expect ---


def expect(look: Proposals) -> str:
    """How many of each state above inactive."""
    table = look.expected.table
    own = table[~table["state"].isin([INACTIVE, ""])]
    return listed(
        label(
            "expect_value",
            state=state_said(row["state"]),
            expected=f"{row['expected']:,.0f}",
            now=text(row["accounts"], "count"),
        )
        for _, row in own.iterrows()
    )


def expect_said(look: Proposals, currency: str) -> str:
    """The same with intervals and today's, and the revenue; raises BookError where orders are too short."""
    found = look.expected
    table = found.table
    own = table[table["state"] != ""]
    parts = [
        label(
            "expect_part",
            state=state_said(row["state"]),
            low=f"{row['low_expected']:,.0f}",
            high=f"{row['high_expected']:,.0f}",
        )
        for _, row in own.iterrows()
    ]
    last = table.iloc[-1]
    came, low, high = found.entries
    return label(
        "expect_said",
        span=span(look),
        parts=clauses(parts),
        entries=f"{came:,.0f}",
        entries_between=between(low, high),
        revenue=money(float(last["expected_revenue"]), currency),
        between=between(last["low_revenue"], last["high_revenue"], lambda amount: money(amount, "")),
        now=money(float(last["revenue"]), currency),
    )


def expected(look: Proposals) -> pd.DataFrame:
    """The book to expect, in words; raises BookError where orders are too short."""
    table = _but(lambda: look.expected, look).table
    return table.assign(state=[state_said(name) for name in table["state"]])


def lack(room: Callable[[], object]) -> str:
    """Why something cannot be told; empty if it can."""
    try:
        room()
    except BookError as why:
        return str(why)
    return ""


def _but(room: Callable[[], T], look: Proposals) -> T:
    """What the function returns; a BookError without a word where the reason stands in short, under the lift."""
    why = lack(room)
    if why and why == lack(lambda: look.lifted):
        raise BookError("")
    return room()


def span(look: Proposals) -> str:
    """How far ahead is looked: a quarter, 4 quarters."""
    return counted(look.quarters, "quarter_ahead")
