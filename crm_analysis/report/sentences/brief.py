"""The top of the account brief: who it is, what it is worth, what to watch, what is next; and what the book lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.brief.brief import told
from crm_analysis.labels import label
from crm_analysis.labels.language import begun, listed, sentences
from crm_analysis.report.blocks import Block, Line
from crm_analysis.report.sentences import window_said
from crm_analysis.report.sentences.brief_watch import watch
from crm_analysis.report.sentences.brief_words import amounts, money, named, segment_said
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_analysis.brief import Brief


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
    currency = look.book.currency
    unit = label("table_currency", currency=currency) if currency else ""
    words = sentences(label("brief_as_of", day=look.day), label("brief_estimates"), unit)
    return Block("", (Line("", (words,)),), kind="lacks")
