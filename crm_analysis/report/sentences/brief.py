"""The top of the account brief: who it is, what it is worth, what to watch, what is next; and what the book lacks.

Each line of what to watch is a fact of the book or an estimate with its interval; a threshold decides only whether it
is worth the line.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.brief.brief import told
from crm_analysis.labels import label
from crm_analysis.labels.language import begun, listed, sentences
from crm_analysis.periods import before
from crm_analysis.report.blocks import Block, Line
from crm_analysis.report.sentences import counted, money, window_said
from crm_analysis.report.values import decimals, is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_analysis.brief import Brief
    from crm_analysis.brief.expected import Risk

DOWN = 0.25
"""A fall of the last three months against the same of a year ago from which on it is worth a line."""
ENDING = 90
"""Days before its end from which on a contract is to be talked about."""
UNHAPPY = 50
"""Points of 100 below which more speaks against us than for us."""
OFTEN = 2
"""Complaints of one topic in a year from which on it is one that comes back."""


def top(look: Brief) -> Block:
    """Who, worth, watch, next."""
    lines = (
        Line(label("brief_who"), (who_said(look),)),
        Line(label("brief_worth"), (worth_said(look),)),
        Line(label("brief_watch"), tuple(watch(look)) or (label("brief_watch_nothing"),)),
        Line(label("brief_next"), tuple(next_steps(look)) or (label("brief_next_nothing"),)),
    )
    return Block("", lines, kind="top")


def who_said(look: Brief) -> str:
    """Key account or not, segment, rank, industry, office, who looks after it."""
    row, parts = look.row, []
    if row["key_account"]:
        parts.append(label("brief_who_key"))
    if isinstance(row["segment"], str) and row["active"]:
        rank, accounts = look.revenue_rank
        parts.append(segment_said(row["segment"]))
        parts.append(label("brief_who_rank", rank=text(rank, "count"), accounts=text(accounts, "count")))
    else:
        parts.append(label("brief_who_inactive" if look.ordered else "brief_who_new"))
    parts += [row[name] for name in ("industry", "customer_type") if name in row and isinstance(row[name], str)]
    if row["sales_office"]:
        parts.append(label("brief_who_office", office=row["sales_office"]))
    if row["rep_id"]:
        parts.append(label("brief_who_rep", rep=named(look, row["rep_id"])))
    return f"{begun(listed(parts))}{label('brief_stop')}"


def worth_said(look: Brief) -> str:
    """Revenue of the year and its change, margin, and the lifetime value with its interval."""
    row, currency = look.row, look.book.currency
    change, ago = "", row["revenue_before"]
    if not is_missing(ago) and ago > 0:
        share = row["revenue"] / ago - 1
        key = "brief_worth_more" if share >= 0 else "brief_worth_less"
        change = label(key, share=text(abs(share), "share"))
    words = [label("brief_worth_year", revenue=money(row["revenue"], currency), change=change)]
    if not is_missing(row["margin"]) and not is_missing(row.get("margin_rate")):
        rate = text(row["margin_rate"], "share")
        words.append(label("brief_worth_margin", margin=money(row["margin"], currency), rate=rate))
    worth = told(lambda: look.worth)
    if worth is not None:
        ends = amounts(currency, value=worth.value, low=worth.low, high=worth.high)
        words.append(label(f"brief_worth_ahead_{worth.money}", horizon=window_said(worth.horizon), **ends))
    return sentences(*words)


def watch(look: Brief) -> Iterator[str]:
    """What not to meet unprepared, the most urgent first."""
    for part in (_goodbye, _complaints, _money, _waiting, _silence, _trade, _contract, _again, _late, _risk, _rest):
        yield from part(look)


def _goodbye(look: Brief) -> Iterator[str]:
    last = look.goodbye
    if last is None:
        return
    on, reason, rival = last["known_on"].date(), last["reason"], last["competitor"]
    if not isinstance(reason, str):
        yield label("brief_watch_goodbye_bare", on=on)
        return
    words = label("brief_watch_goodbye_to", reason=reason, competitor=rival) if isinstance(rival, str) else reason
    yield label("brief_watch_goodbye", on=on, reason=words)


def _complaints(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.complaints)
    still = rows[rows["open"]] if rows is not None else None
    if still is not None and len(still):
        topics = listed(dict.fromkeys(topic_said(topic) for topic in still["topic"]))
        days = counted(int(still["days"].max()), "day")
        yield label("brief_watch_complaint", complaints=counted(len(still), "complaint"), days=days, topics=topics)


def _money(look: Brief) -> Iterator[str]:
    owed, currency = told(lambda: look.owed), look.book.currency
    if owed is not None and owed.overdue > 0:
        yield label("brief_watch_overdue", money=money(owed.overdue, currency), days=counted(owed.oldest_days, "day"))
    if owed is not None and owed.written_off > 0:
        yield label("brief_watch_written", money=money(owed.written_off, currency))


def _waiting(look: Brief) -> Iterator[str]:
    waiting = look.trade.waiting
    if len(waiting):
        worst = waiting.sort_values(["late_days", "order"], ascending=[False, True]).iloc[0]
        days = counted(int(worst["late_days"]), "day")
        yield label("brief_watch_waiting", orders=counted(len(waiting), "order"), order=worst["order"], days=days)


def _late(look: Brief) -> Iterator[str]:
    due, late = look.trade.due("3M")
    if late:
        yield label("brief_watch_late", late=text(late, "count"), due=text(due, "count"))


def _silence(look: Brief) -> Iterator[str]:
    row = look.row
    if not is_missing(row["silence_ratio"]) and row["silence_ratio"] > 1:
        days = {"days": counted(int(row["silent_days"]), "day"), "usual": counted(int(row["rhythm_days"]), "day")}
        yield label("brief_watch_silent", **days)


def _contract(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.contracts)
    if rows is None or rows.empty:
        return
    first = rows.iloc[0]
    if not first["in_force"]:
        yield label("brief_watch_contract_over", on=first["ends_on"].date())
    elif first["days_left"] <= ENDING:
        yield label("brief_watch_contract", days=counted(int(first["days_left"]), "day"), on=first["ends_on"].date())


def _trade(look: Brief) -> Iterator[str]:
    quarters, currency = look.trade.quarters["revenue"], look.book.currency
    if len(quarters) > 4 and quarters.iloc[-5] > 0 and (fall := 1 - quarters.iloc[-1] / quarters.iloc[-5]) >= DOWN:
        yield label("brief_watch_down", share=text(fall, "share"))
    if len(look.trade.stopped):
        yield label("brief_watch_stopped", families=families_said(look.trade.stopped, "revenue_before", currency))


def _again(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.complaints)
    if rows is None or rows.empty:
        return
    rows = rows[rows["opened_on"] > pd.Timestamp(before(look.day, "12M"))]
    topics = rows["topic"].dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if len(topics) and topics.iloc[0] >= OFTEN:
        counts = {"times": text(len(rows), "count"), "same": text(int(topics.iloc[0]), "count")}
        yield label("brief_watch_again", topic=topics.index[0], **counts)


def _risk(look: Brief) -> Iterator[str]:
    risk = told(lambda: look.risk)
    if risk is not None and risk.low > risk.usual:
        yield label("brief_watch_risk", **chances(risk))


def _rest(look: Brief) -> Iterator[str]:
    table = told(lambda: look.beside)
    rates = table[table["measure"] == "margin_rate"] if table is not None else None
    if rates is not None and len(rates) and rates["now"].iloc[0] < rates["low"].iloc[0]:
        rate, low = (text(rates[name].iloc[0], "share") for name in ("now", "low"))
        yield label("brief_watch_margin", rate=rate, low=low, segment=segment_said(look.row["segment"]))
    heard = told(lambda: look.heard)
    if heard is not None and heard.mean < UNHAPPY:
        points = text(heard.mean, "number", 0)
        yield begun(label("brief_watch_content", people=counted(heard.people, "person"), points=points))
    deals = told(lambda: look.deals)
    if deals is not None:
        late = deals[deals["open"] & (deals["expected_close"] < pd.Timestamp(look.day))]
        for _, one in late.head(1).iterrows():
            on = one["expected_close"].date()
            yield label("brief_watch_deal", product=one["product"] or one["opportunity_id"], on=on)
    people = told(lambda: look.people)
    if people is not None and len(people) and (people["role"] != "").any() and "decides" not in set(people["role"]):
        yield label("brief_watch_nobody")
    yield from _unseen(look)


def _unseen(look: Brief) -> Iterator[str]:
    """Only for accounts that the plan visits, and where the book tells visits from other contacts."""
    if not look.book.has("interactions", "channel") or not look.row["visits"] > 0:
        return
    since = told(lambda: look.since)
    if since is None or not since.visit or since.on <= before(look.day, "12M"):
        yield label("brief_watch_unseen")


def next_steps(look: Brief) -> Iterator[str]:
    """What the plan says is to be done, and what was last noted as the next step."""
    row = look.row
    if row["action"] and not is_missing(row["due"]):
        owner = row["owner_name"] or label("unassigned")
        action = str(row["action"]).rstrip(label("brief_stop"))
        yield label("brief_next_plan_due", action=action, due=row["due"].date(), owner=owner)
    notes = told(lambda: look.notes)
    if notes is not None and len(own := notes[notes["next_step"].notna()]):
        yield label("brief_next_noted", on=own["written_on"].iloc[0].date(), step=own["next_step"].iloc[0])


# --- what the book lacks ---

LACKS = {
    "cost": ("orders", ("cost",)),
    "family": ("orders", ("family",)),
    "delivery": ("orders", ("promised_on", "shipped_on")),
    "group": ("accounts", ("group_id",)),
    "contacts": ("contacts", ()),
    "interactions": ("interactions", ()),
    "summaries": ("summaries", ()),
    "invoices": ("invoices", ("due_on", "paid_on")),
    "complaints": ("complaints", ()),
    "surveys": ("surveys", ("score",)),
    "opportunities": ("opportunities", ("closed_on",)),
    "contracts": ("contracts", ("ends_on",)),
    "market_surveys": ("market_surveys", ("annual_demand",)),
    "spend": ("spend", ("account_id",)),
}
"""What a block needs of the book, by the word for it."""


def lacks(look: Brief) -> Block | None:
    """What the book does not hold, and what cannot be told from what it holds."""
    things = [label(f"brief_lack_{name}") for name, (table, columns) in LACKS.items()
              if not look.book.has(table, *columns)]  # fmt: skip
    said = [label("brief_lacks", things=listed(things))] if things else []
    if look.ordered:
        said += [label("brief_lacks_untold", reason=reason) for reason in look.refusals]
    return Block("", (Line("", (sentences(*said),)),), kind="lacks") if said else None


def estimates(look: Brief) -> Block:
    """From which day the brief looks, and what its intervals are."""
    words = sentences(label("brief_as_of", day=look.day), label("brief_estimates"))
    return Block("", (Line("", (words,)),), kind="lacks")


# --- words that several blocks use ---


def segment_said(segment: str) -> str:
    """A segment in words: its class and grade."""
    name, _, grade = segment.partition(" ")
    key = f"brief_class_{name}"
    if name not in ("High", "Mid", "Low"):
        return segment
    return label("brief_segment" if grade in ("A", "B") else "brief_segment_no_cost", name=label(key), grade=grade)


def named(look: Brief, rep_id: str) -> str:
    """The name of one of our people, or the id where there is none."""
    return look.names.get(rep_id, rep_id)


def topic_said(topic: object) -> str:
    """A complaint's topic, or that it is not told."""
    return topic if isinstance(topic, str) else label("brief_voice_unsaid")


def families_said(table: pd.DataFrame, column: str, currency: str | None, most: int = 4) -> str:
    """Product families, each with its money."""
    each = [
        label("brief_orders_family", family=family, money=money(amount, currency))
        for family, amount in zip(table["family"].head(most), table[column].head(most), strict=True)
    ]
    more = [label("brief_deals_more", n=len(table) - most)] if len(table) > most else []
    return listed([*each, *more])


def amounts(currency: str | None, **values: float) -> dict[str, str]:
    """Amounts that stand beside each other, with the same decimals."""
    places = decimals(values.values(), "money")
    return {name: f"{currency or ''} {text(value, 'money', places)}".strip() for name, value in values.items()}


def chances(risk: Risk) -> dict[str, str]:
    """A chance of leaving as it is written: chance, low, high, usual, quarters."""
    parts = {name: text(getattr(risk, name), "share") for name in ("chance", "low", "high", "usual")}
    return parts | {"quarters": window_said(f"{3 * risk.quarters}M")}


def day(value: object) -> dt.date | None:
    """A day of a frame as a date; None where it is missing."""
    return None if is_missing(value) else pd.Timestamp(value).date()  # type: ignore[arg-type]
