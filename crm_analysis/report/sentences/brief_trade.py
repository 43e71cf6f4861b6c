"""Blocks of the account brief about trade: since the last visit, orders, beside others, what to expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.brief.brief import told
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed
from crm_analysis.report.blocks import Block, Grid, Line
from crm_analysis.report.sentences import counted, window_said
from crm_analysis.report.sentences.brief_words import (
    amounts,
    cents,
    chances,
    day,
    families_said,
    money,
    named,
    segment_said,
)
from crm_analysis.report.values import decimals, is_missing, text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.brief import Brief
    from crm_analysis.labels import Kind

_KINDS: dict[str, Kind] = {
    "revenue": "money",
    "orders": "count",
    "order_value": "money",
    "margin_rate": "share",
    "families": "count",
    "late_share": "share",
    "complaints": "count",
}


def since(look: Brief) -> Block:
    """What happened since the last visit; raises BookError where the book tells of no contacts."""
    found = look.since
    if found is None:
        return Block(label("brief_since"), (Line("", (label("brief_since_never"),)),))
    ago = (look.day - found.on).days
    key = "brief_since_ago" if ago else "brief_since_today"
    parts = [label(key, on=found.on, days=counted(ago, "day"))]
    parts += [named(look, found.rep_id)] if found.rep_id else []
    parts += [label("brief_since_about", purpose=found.purpose)] if found.purpose else []
    lines = [Line(label("brief_since_on" if found.visit else "brief_since_on_contact"), (listed(parts),))]
    bought = label(
        "brief_since_bought", orders=counted(found.orders, "order"), money=money(found.revenue, look.book.currency)
    )
    lines.append(Line(label("brief_since_orders"), (bought if found.orders else label("brief_since_none"),)))
    if found.theirs is not None:
        words = label("brief_since_theirs", theirs=text(found.theirs, "count"), ours=text(found.ours, "count"))
        none = not found.theirs and not found.ours
        lines.append(Line(label("brief_since_contacts"), (label("brief_since_none") if none else words,)))
    complaints = _counts({"opened": found.opened, "closed": found.closed})
    deals = _counts({"offered": found.offered, "won": found.won, "lost": found.lost})
    lines += [Line(label("brief_since_complaints"), (complaints,))] if complaints else []
    lines += [Line(label("brief_since_deals"), (deals,))] if deals else []
    if found.answered is not None:
        lines.append(Line(label("brief_since_answers"), (label("brief_since_answered", on=found.answered),)))
    return Block(label("brief_since" if found.visit else "brief_since_contact"), tuple(lines))


def _counts(found: dict[str, int | None]) -> str:
    """The counts that are not 0 in words; "none" if all are, nothing where none is known."""
    known = {name: number for name, number in found.items() if number is not None}
    said = [label(f"brief_since_{name}", **{name: number}) for name, number in known.items() if number]
    return listed(said) or (label("brief_since_none") if known else "")


def orders(look: Brief) -> Block:
    """The last orders, how it pauses, what came on time, what it buys and no longer buys."""
    if not look.ordered:
        return Block(label("brief_orders"), (Line("", (label("brief_orders_none"),)),))
    trade, currency = look.trade, look.book.currency
    lines = [Line(label("brief_orders_pause"), (_paused(look),))]
    due, late = trade.due("12M")
    if due:
        said = [label("brief_orders_delivered", kept=text(due - late, "count"), due=text(due, "count"))]
        lately, late = trade.due("3M")
        if lately:
            said.append(label("brief_orders_lately", kept=text(lately - late, "count"), due=text(lately, "count")))
        lines.append(Line(label("brief_orders_delivery"), (clauses(said),)))
    bought = trade.families[trade.families["revenue"] > 0]
    if len(bought):
        lines.append(Line(label("brief_orders_buys"), (families_said(bought, "revenue", currency),)))
    if len(trade.stopped):
        lines.append(Line(label("brief_orders_stopped"), (families_said(trade.stopped, "revenue_before", currency),)))
    if len(trade.begun):
        lines.append(Line(label("brief_orders_begun"), (families_said(trade.begun, "revenue", currency),)))
    return Block(label("brief_orders"), tuple(lines), _last(look))


def _paused(look: Brief) -> str:
    ago = counted(int(look.row["silent_days"]), "day")
    if is_missing(look.usual_pause):
        return label("brief_orders_ago", days=ago)
    return label("brief_orders_paused", days=ago, usual=counted(int(look.usual_pause), "day"))


def _last(look: Brief) -> Grid:
    """The last orders: day, money, families and delivery where the book tells them."""
    rows = look.trade.last
    amounts = [text(value, "money", cents(rows["revenue"])) for value in rows["revenue"]]
    heads = [label("brief_orders_on"), f"{label('brief_orders_money')} {look.book.currency or ''}".strip()]
    cells = [[text(on, "date") for on in rows["ordered_on"]], amounts]
    if look.book.has("orders", "family"):
        heads.append(label("brief_orders_what"))
        cells.append([listed(names) if isinstance(names, tuple) else label("unknown") for names in rows["families"]])
    if look.book.has("orders", "promised_on", "shipped_on"):
        heads.append(label("brief_orders_came"))
        cells.append([_came(one) for _, one in rows.iterrows()])
    return Grid(tuple(heads), tuple(zip(*cells, strict=True)), numbers=(1,))


def _came(order: pd.Series) -> str:
    late = order["late_days"]
    if order["waits"]:
        on = day(order["due_on"])
        if is_missing(late) or not late:
            return label("brief_orders_due", on=on) if on else label("unknown")
        return label("brief_orders_waits", days=counted(int(late), "day"))
    if is_missing(late):
        return label("unknown")
    return label("brief_orders_late", days=counted(int(late), "day")) if late else label("brief_orders_on_time")


def beside(look: Brief) -> Block | None:
    """The year beside the one before and beside the segment; None where it never ordered in them."""
    table = look.beside
    if table.empty:
        return None
    ago, others = table["year_before"].notna().any(), table["low"].notna().any()
    segment = look.row["segment"]
    heads = [label("brief_measure"), label("brief_beside_now")]
    heads += [label("brief_beside_before")] if ago else []
    heads += [label("brief_beside_others", segment=segment_said(segment))] if others else []
    rows = []
    for _, one in table.iterrows():
        kind = _KINDS[one["measure"]]
        values = [one["now"], one["year_before"], one["low"], one["high"]]
        places = cents(values) if kind == "money" else decimals(values, kind)
        now, before, low, high = (text(one[name], kind, places) for name in ("now", "year_before", "low", "high"))
        cells = [label(f"brief_measure_{one['measure']}"), now, *([before] if ago else [])]
        if others:
            known = not is_missing(one["low"])
            cells.append(label("brief_beside_between", low=low, high=high) if known else label("unknown"))
        rows.append(tuple(cells))
    note = label("brief_beside_note", others=text(int(table["others"].max()), "count")) if others else ""
    return Block(label("brief_beside"), (), Grid(tuple(heads), tuple(rows), note, (1, 2, 3)))


def ahead(look: Brief) -> Block | None:
    """Lifetime value, chance of leaving with its reasons, share of wallet; None where nothing of it can be told."""
    currency, lines = look.book.currency, []
    worth, risk = told(lambda: look.worth), told(lambda: look.risk)
    if worth is not None:
        ends = amounts(currency, value=worth.value, low=worth.low, high=worth.high)
        place = {"rank": text(worth.rank, "count"), "accounts": text(worth.accounts, "count")}
        words = label(f"brief_ahead_{worth.money}", horizon=window_said(worth.horizon), **ends, **place)
        lines.append(Line(label("brief_ahead_value"), (words,)))
    if risk is not None:
        sure = not is_missing(risk.low)
        words = label("brief_ahead_chance" if sure else "brief_ahead_chance_bare", **chances(risk))
        lines.append(Line(label("brief_ahead_risk"), (words,)))
        lines.append(Line(label("brief_ahead_why"), (risk.reasons or label("brief_ahead_nothing"),)))
        if risk.at_risk > 0 and risk.money in ("margin", "revenue"):
            stake = amounts(currency, money=risk.at_risk, low=risk.low_at_risk, high=risk.high_at_risk)
            words = label("brief_ahead_at_stake", **stake)
            lines.append(Line(label("brief_ahead_stake"), (words,)))
    lines += _growth(look)
    cost = look.row["cost_to_serve"]
    if not is_missing(cost) and cost > 0:
        lines.append(Line(label("brief_ahead_cost"), (label("brief_ahead_costs", money=money(cost, currency)),)))
    lines += _wallet(look)
    return Block(label("brief_ahead"), tuple(lines)) if lines else None


def _growth(look: Brief) -> list[Line]:
    """How likely a Low account becomes Mid, as the potential page tells it, if it can."""
    one = told(lambda: look.potential)
    if one is None:
        return []
    parts = {name: text(value, "share") for name, value in zip(("chance", "low", "high"), one, strict=True)}
    return [Line(label("brief_ahead_potential"), (label("brief_ahead_grows", **parts),))]


def _wallet(look: Brief) -> list[Line]:
    """Our share of what the account said it needs; of one that buys more than that, all of it."""
    found, currency = told(lambda: look.wallet), look.book.currency
    if found is None or not found[1] > 0:
        return []
    on, demand, growth, rival = found
    share = look.row["revenue"] / demand
    where = {"demand": money(demand, currency), "on": on}
    parts = [label("brief_ahead_share", share=text(share, "share"), **where) if share <= 1 else
             label("brief_ahead_all", **where)]  # fmt: skip
    if not is_missing(growth):
        parts.append(label("brief_ahead_growth", growth=f"{growth:+.0%}"))
    if rival:
        parts.append(label("brief_ahead_rival", competitor=rival))
    return [Line(label("brief_ahead_wallet"), (listed(parts),))]


def quarters(look: Brief) -> pd.DataFrame:
    """The quarters of the figure; raises BookError where fewer than two are known, which are no picture."""
    table = look.trade.quarters
    if len(table) < 2:
        raise BookError(label("brief_orders_short"))
    return table


def quarters_said(look: Brief) -> str:
    """What the figure of the quarters shows, in words."""
    table, currency = look.trade.quarters, look.book.currency
    values = [
        label("alt_brief_value", until=f"{until:%Y-%m}", money=money(amount, currency))
        for until, amount in zip(table["until"], table["revenue"], strict=True)
    ]
    return label("alt_brief", day=look.day, values=listed(values))
