"""Every table and column of a customer book: what it means and when its value was known.

The contract is data. Intake, checks, `as_of` and the dictionary in data/README.md all read it, so
a column is described once. A column has one of three natures:

- *fixed*: true from the moment its row was known;
- *settles* with a date: unknown before that date (a complaint's closing, a payment);
- *current*: overwritten by the source system, so that it may describe today. Before the day of the
  extract it is replaced by its dated history or refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "date", "money", "number", "integer", "flag"]
Nature = Literal["fixed", "settles", "current"]


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning, and when its value was known."""

    name: str
    type: Type
    meaning: str
    required: bool = False
    nature: Nature = "fixed"
    settles_with: str | None = None
    may_be_future: bool = False
    levels: tuple[str, ...] = ()
    after: str | None = None
    """The date of the same row that this date does not come before, if all is right."""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, the column that dates its rows, and what it unlocks."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    known_at: str
    key: tuple[str, ...] = ()
    unlocks: str = ""

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns every book must give."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def known_dates(self) -> tuple[Column, ...]:
        """Date columns that tell of the past from the moment their row is known."""
        return tuple(
            column
            for column in self.columns
            if column.type == "date" and column.nature == "fixed" and not column.may_be_future
        )

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the contract has none."""
        return next(column for column in self.columns if column.name == name)


def _text(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "text", meaning, **more)  # type: ignore[arg-type]


def _date(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "date", meaning, **more)  # type: ignore[arg-type]


def _money(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "money", meaning, **more)  # type: ignore[arg-type]


def _number(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "number", meaning, **more)  # type: ignore[arg-type]


def _settling(name: str, meaning: str, after: str) -> Column:
    """A date that is unknown until it has come, and comes no earlier than `after`."""
    return Column(name, "date", meaning, nature="settles", settles_with=name, after=after)


_ACCOUNT = _text("account_id", "the account the row belongs to", required=True)

_TABLES = (
    Table(
        "accounts",
        "one row per account: an office of a customer is an account, a group joins offices",
        (
            _text("account_id", "key of the account", required=True),
            _text("name", "name shown in reports"),
            _text("group_id", "the customer group the account belongs to", nature="current"),
            _text("sales_office", "our office that serves the account", nature="current"),
            _text("country", "country of the account"),
            _text("region", "region of the account"),
            _text("postal_code", "postal code of the account"),
            _text("industry", "industry of the account"),
            _text("customer_type", "type of customer, such as dealer or maker"),
            Column("employees", "integer", "number of employees", nature="current"),
            _text("rep_id", "our sales person for the account", nature="current"),
            _text(
                "stage",
                "stage of business development",
                nature="current",
                levels=("suspect", "prospect", "contact", "engaged", "partner"),
            ),
            Column("key_account", "flag", "named a key account", nature="current"),
            _date("known_since", "day we first knew the account; empty: its first order"),
        ),
        known_at="known_since",
        key=("account_id",),
        unlocks="everything",
    ),
    Table(
        "account_history",
        "dated changes of columns of `accounts` that the source overwrites",
        (
            _ACCOUNT,
            _text("field", "the column of `accounts` that changed", required=True),
            _text("value", "its value from that day on"),
            _date("known_on", "day of the change", required=True),
        ),
        known_at="known_on",
        key=("account_id", "field", "known_on"),
        unlocks="stage, rep, group and office as they were on an earlier date",
    ),
    Table(
        "orders",
        "order lines; credit notes and returns are negative lines",
        (
            _text("line_id", "key of the line; made from the line's content if not given", required=True),
            _text("order_id", "the order the line belongs to"),
            _ACCOUNT,
            _date("ordered_on", "day of the order", required=True),
            _text("product", "product code"),
            _text("family", "product family"),
            _number("quantity", "units ordered, negative when returned"),
            _money("revenue", "net revenue of the line", required=True),
            _money("cost", "cost of the goods of the line"),
            _text("currency", "currency of the amounts, to prove there is one only"),
            _text("state", "valid or void", nature="current", levels=("valid", "void")),
            _text("source", "file or sheet the line came from; lines of two sources may overlap"),
            _date("promised_on", "day promised for shipment", may_be_future=True, after="ordered_on"),
            _settling("shipped_on", "day shipped", after="ordered_on"),
            _text("end_user_id", "the end user behind a dealer"),
        ),
        known_at="ordered_on",
        key=("line_id",),
        unlocks="value, churn, potential; `cost` margin; `shipped_on` on-time delivery; "
        "`end_user_id` the end user's lifetime value behind a dealer",
    ),
    Table(
        "invoices",
        "invoices and their payment",
        (
            _text("invoice_id", "key of the invoice", required=True),
            _ACCOUNT,
            _date("issued_on", "day of issue", required=True),
            _date("due_on", "day payment is due", may_be_future=True, after="issued_on"),
            _settling("paid_on", "day paid", after="issued_on"),
            _money("amount", "amount of the invoice", required=True),
            _settling("written_off_on", "day written off", after="issued_on"),
        ),
        known_at="issued_on",
        key=("invoice_id",),
        unlocks="days to pay, overdue, bad accounts and the loss the company can bear",
    ),
    Table(
        "complaints",
        "complaints of accounts",
        (
            _text("complaint_id", "key of the complaint", required=True),
            _ACCOUNT,
            _date("opened_on", "day opened", required=True),
            _settling("closed_on", "day closed", after="opened_on"),
            _text("topic", "what it was about"),
            _text("dimension", "service dimension it concerns"),
            _text("severity", "how severe it was"),
            _text("order_id", "the order it concerns"),
        ),
        known_at="opened_on",
        key=("complaint_id",),
        unlocks="satisfaction, churn drivers",
    ),
    Table(
        "surveys",
        "survey answers, one row per item answered",
        (
            _ACCOUNT,
            _text("respondent_id", "the person who answered, by code"),
            _date("answered_on", "day of the answer", required=True),
            _text("item", "the question", required=True),
            _number("score", "the answer"),
            _number("importance", "stated importance of the item"),
            _number("scale_min", "lowest possible score"),
            _number("scale_max", "highest possible score"),
            _text("subject", "us, or a competitor's name"),
            _text("respondent_type", "customer or internal", levels=("customer", "internal")),
        ),
        known_at="answered_on",
        unlocks="satisfaction; comparison with competitors; focus scorecard",
    ),
    Table(
        "survey_invitations",
        "who was asked",
        (
            _ACCOUNT,
            _date("sent_on", "day the invitation was sent", required=True),
            _text("respondent_id", "the person asked, by code"),
        ),
        known_at="sent_on",
        unlocks="non-response",
    ),
    Table(
        "interactions",
        "visits, calls and other contacts",
        (
            _ACCOUNT,
            _text("rep_id", "our person"),
            _date("happened_on", "day of the contact", required=True),
            _text("channel", "visit, call, mail or other"),
            _text("initiated_by", "us or them", levels=("us", "them")),
            _text("purpose", "what it was for"),
            _number("minutes", "minutes spent"),
            _money("cost", "cost of the contact"),
        ),
        known_at="happened_on",
        unlocks="effort; reactive or proactive service",
    ),
    Table(
        "spend",
        "what serving costs, by activity",
        (
            _date("period_start", "first day of the period"),
            _date("period_end", "last day of the period", required=True, after="period_start"),
            _text("activity", "what the money was spent on", required=True),
            _money("amount", "amount spent", required=True),
            _text("account_id", "the account it was spent on, where known"),
            Column("fixed", "flag", "true if it would stay without the account"),
        ),
        known_at="period_end",
        unlocks="cost to serve, avoidable and fixed; return",
    ),
    Table(
        "opportunities",
        "sales opportunities",
        (
            _text("opportunity_id", "key of the opportunity", required=True),
            _text("account_id", "the account it is with"),
            _text("rep_id", "our person", nature="current"),
            _date("opened_on", "day opened", required=True),
            _text("product", "product it is about"),
            _money("amount", "amount expected", nature="current"),
            _settling("closed_on", "day won or lost", after="opened_on"),
            _text("outcome", "won or lost", nature="settles", settles_with="closed_on"),
            _text("lost_reason", "why it was lost", nature="settles", settles_with="closed_on"),
            _text("competitor", "who won it", nature="settles", settles_with="closed_on"),
            _date("expected_close", "day expected to close", nature="current", may_be_future=True, after="opened_on"),
        ),
        known_at="opened_on",
        key=("opportunity_id",),
        unlocks="funnel, win rate, pipeline",
    ),
    Table(
        "stage_changes",
        "dated stages of opportunities",
        (
            _text("opportunity_id", "the opportunity", required=True),
            _text("stage", "the stage it entered", required=True),
            _money("amount", "amount expected from that day on"),
            _date("entered_on", "day it entered the stage", required=True),
        ),
        known_at="entered_on",
        key=("opportunity_id", "stage", "entered_on"),
        unlocks="funnel; the stage and amount an opportunity had on a date",
    ),
    Table(
        "contracts",
        "contracts with accounts",
        (
            _text("contract_id", "key of the contract", required=True),
            _ACCOUNT,
            _date("signed_on", "day signed", required=True),
            _date("starts_on", "first day of the term", may_be_future=True),
            _date("ends_on", "last day of the term as agreed", may_be_future=True, after="starts_on"),
            _settling("ended_on", "day it really ended", after="signed_on"),
            _text("end_reason", "why it ended", nature="settles", settles_with="ended_on"),
            _money("minimum_order", "minimum order agreed"),
        ),
        known_at="signed_on",
        key=("contract_id",),
        unlocks="contractual churn",
    ),
    Table(
        "market_surveys",
        "what an account said about its whole demand",
        (
            _ACCOUNT,
            _date("surveyed_on", "day asked", required=True),
            _money("annual_demand", "yearly demand for what we sell, from all suppliers"),
            _number("demand_growth", "expected growth of that demand, 0.1 is 10 % a year"),
            _text("main_competitor", "its main other supplier"),
        ),
        known_at="surveyed_on",
        key=("account_id", "surveyed_on"),
        unlocks="share of wallet, potential",
    ),
    Table(
        "markets",
        "sales of all suppliers in a market",
        (
            _text("period", "the period, such as 2026Q1", required=True),
            _text("segment", "part of the market"),
            _text("supplier", "the supplier", required=True),
            _money("amount", "its sales in the period", required=True),
            _date("known_on", "day the figure was known"),
        ),
        known_at="known_on",
        key=("period", "segment", "supplier"),
        unlocks="market share, the three-four rule among suppliers",
    ),
    Table(
        "contacts",
        "people at an account, by code; no personal data needed",
        (
            _text("contact_id", "key of the contact", required=True),
            _ACCOUNT,
            _text("department", "department"),
            _text(
                "role",
                "decides, influences, buys or uses",
                levels=("decides", "influences", "buys", "uses"),
            ),
            _date("known_since", "day we first knew the contact"),
        ),
        known_at="known_since",
        key=("contact_id",),
        unlocks="coverage",
    ),
    Table(
        "summaries",
        "what a sales person wrote about an account",
        (
            _ACCOUNT,
            _text("rep_id", "who wrote it"),
            _date("written_on", "day written", required=True),
            _text("headline", "the account in one line"),
            _text("concerns", "what worries the account"),
            _text("events", "what happened"),
            _text("next_step", "what is to be done next"),
        ),
        known_at="written_on",
        unlocks="the account brief",
    ),
    Table(
        "exits",
        "accounts that left, and why",
        (
            _ACCOUNT,
            _date("left_on", "day it left"),
            _date("known_on", "day we learned of it", required=True, after="left_on"),
            _text("reason", "why it left"),
            _text("competitor", "where it went"),
            _text("decided_by", "them or us", levels=("them", "us")),
            _text("source", "who says so: the account or our rep", levels=("account", "rep")),
        ),
        known_at="known_on",
        unlocks="why accounts leave; a rep's \"price\" is not the customer's",
    ),
    Table(
        "reps",
        "our sales people; a change of hours or team is a new row",
        (
            _text("rep_id", "the person", required=True),
            _text("name", "name shown in reports"),
            _text("team", "team"),
            _number("hours_per_week", "hours a week for accounts"),
            _date("from_date", "first day the row holds"),
            _settling("to_date", "last day the row holds", after="from_date"),
        ),
        known_at="from_date",
        key=("rep_id", "from_date"),
        unlocks="workload",
    ),
    Table(
        "programme",
        "where and when the programme started",
        (
            _date("started_on", "day it started", required=True),
            _text("name", "name of the programme", required=True),
            _text("sales_office", "the office it started in"),
            _text("segment", "or the segment"),
            _text("account_id", "or the account"),
        ),
        known_at="started_on",
        key=("name", "started_on", "sales_office", "segment", "account_id"),
        unlocks="evaluation of the programme",
    ),
    Table(
        "targets",
        "targets management set",
        (
            _text("kpi", "name of the KPI", required=True),
            _text("segment", "the segment it holds for"),
            _text("quarter", "the quarter, such as 2026Q3", required=True),
            _number("target", "the value to reach", required=True),
            _date("set_on", "day it was set"),
        ),
        known_at="set_on",
        key=("kpi", "segment", "quarter", "set_on"),
        unlocks="evaluation against targets",
    ),
    Table(
        "decisions",
        "what was really done with the plan",
        (
            _ACCOUNT,
            _date("decided_on", "day decided", required=True),
            _text("action", "what was decided", required=True),
            _text("recommended", "what the plan had recommended"),
            _text("reason", "why it was overridden"),
            _text("decided_by", "who decided, by code"),
        ),
        known_at="decided_on",
        unlocks="the guard measured afterwards",
    ),
)

CONTRACT: dict[str, Table] = {table.name: table for table in _TABLES}
"""Every table by name, in the order they are read: accounts first, because all others refer to them."""


def dictionary() -> str:
    """The data dictionary as Markdown, one section per table."""
    lines = [
        "# Data dictionary",
        "",
        "Made from `crm_analysis/book/contract.py` by `make dictionary`; change it there.",
        "",
        "A book is a folder with one CSV or Parquet file per table, named after the table; a `book.toml` "
        "maps files of other names and shapes. `accounts` and `orders` are enough to begin with. "
        "Money is exact decimal with four places in one reporting currency. Dates are days, without time zone.",
        "",
        "*Nature* says when a value was known. **fixed**: from the day in the table's *known at* column. "
        "**settles**: unknown before the date it settles with. **current**: overwritten by the source, so for any "
        "day before the extract it is taken from its dated history, or refused. A row whose *known at* date is "
        "empty counts as known from the day of the extract; an account without `known_since` from its first order.",
    ]
    for table in _TABLES:
        key = ", ".join(f"`{name}`" for name in table.key) or "none"
        lines += [
            "",
            f"## {table.name}",
            "",
            f"{table.meaning[0].upper()}{table.meaning[1:]}. Known at `{table.known_at}`. Key: {key}. "
            f"Unlocks {table.unlocks}.",
            "",
            "| column | type | required | nature | meaning |",
            "|---|---|---|---|---|",
        ]
        for column in table:
            nature: str = column.nature
            if column.settles_with:
                nature += " with itself" if column.settles_with == column.name else f" with `{column.settles_with}`"
            meaning = column.meaning
            if column.levels:
                meaning += f" ({', '.join(column.levels)})"
            lines.append(
                f"| `{column.name}` | {column.type} | {'yes' if column.required else ''} | {nature} | {meaning} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(dictionary(), end="")
