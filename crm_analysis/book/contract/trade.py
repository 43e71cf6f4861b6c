"""Accounts, their history, orders, invoices and contracts: what a company trades with whom."""

from __future__ import annotations

from crm_analysis.book.contract.columns import ACCOUNT, Column, Table, date, money, number, settling, text

ACCOUNTS = Table(
    "accounts",
    "one row per account: an office of a customer is an account, a group joins offices",
    (
        text("account_id", "key of the account", required=True),
        text("name", "name shown in reports"),
        text("group_id", "the customer group the account belongs to", nature="current"),
        text("sales_office", "our office that serves the account", nature="current"),
        text("country", "country of the account"),
        text("region", "region of the account"),
        text("postal_code", "postal code of the account"),
        text("industry", "industry of the account"),
        text("customer_type", "type of customer, such as dealer or maker"),
        Column("employees", "integer", "number of employees", nature="current"),
        text("rep_id", "our sales person for the account", nature="current"),
        text(
            "stage",
            "stage of business development",
            nature="current",
            levels=("suspect", "prospect", "contact", "engaged", "partner"),
        ),
        Column("key_account", "flag", "named a key account", nature="current"),
        date("known_since", "day we first knew the account; empty: its first order"),
    ),
    known_at="known_since",
    key=("account_id",),
    unlocks="everything",
)

ACCOUNT_HISTORY = Table(
    "account_history",
    "dated changes of columns of `accounts` that the source overwrites",
    (
        ACCOUNT,
        text("field", "the column of `accounts` that changed", required=True),
        text("value", "its value from that day on"),
        date("known_on", "day of the change", required=True),
    ),
    known_at="known_on",
    key=("account_id", "field", "known_on"),
    unlocks="stage, rep, group and office as they were on an earlier date",
)

ORDERS = Table(
    "orders",
    "order lines; credit notes and returns are negative lines",
    (
        text("line_id", "key of the line; made from the line's content if not given", required=True),
        text("order_id", "the order the line belongs to"),
        ACCOUNT,
        date("ordered_on", "day of the order", required=True),
        text("product", "product code"),
        text("family", "product family"),
        number("quantity", "units ordered, negative when returned"),
        money("revenue", "net revenue of the line", required=True),
        money("cost", "cost of the goods of the line"),
        text("currency", "currency of the amounts, to prove there is one only"),
        text("state", "valid or void", nature="current", levels=("valid", "void")),
        text("source", "file or sheet the line came from; lines of two sources may overlap"),
        date("promised_on", "day promised for shipment", may_be_future=True, after="ordered_on"),
        settling("shipped_on", "day shipped", after="ordered_on"),
        text("end_user_id", "the end user behind a dealer"),
    ),
    known_at="ordered_on",
    key=("line_id",),
    unlocks="value, churn, potential; `cost` margin; `shipped_on` on-time delivery; "
    "`end_user_id` the end user's lifetime value behind a dealer",
)

INVOICES = Table(
    "invoices",
    "invoices and their payment",
    (
        text("invoice_id", "key of the invoice", required=True),
        ACCOUNT,
        date("issued_on", "day of issue", required=True),
        date("due_on", "day payment is due", may_be_future=True, after="issued_on"),
        settling("paid_on", "day paid", after="issued_on"),
        money("amount", "amount of the invoice", required=True),
        settling("written_off_on", "day written off", after="issued_on"),
    ),
    known_at="issued_on",
    key=("invoice_id",),
    unlocks="days to pay, overdue, bad accounts and the loss the company can bear",
)

CONTRACTS = Table(
    "contracts",
    "contracts with accounts",
    (
        text("contract_id", "key of the contract", required=True),
        ACCOUNT,
        date("signed_on", "day signed", required=True),
        date("starts_on", "first day of the term", may_be_future=True),
        date("ends_on", "last day of the term as agreed", may_be_future=True, after="starts_on"),
        settling("ended_on", "day it really ended", after="signed_on"),
        text("end_reason", "why it ended", nature="settles", settles_with="ended_on"),
        money("minimum_order", "minimum order agreed"),
    ),
    known_at="signed_on",
    key=("contract_id",),
    unlocks="contractual churn",
)
