"""Markets, the programme, targets and decisions: what management steers by."""

from __future__ import annotations

from crm_analysis.book.contract.columns import ACCOUNT, Table, date, money, number, text

MARKET_SURVEYS = Table(
    "market_surveys",
    "what an account said about its whole demand",
    (
        ACCOUNT,
        date("surveyed_on", "day asked", required=True),
        money("annual_demand", "yearly demand for what we sell, from all suppliers"),
        number("demand_growth", "expected growth of that demand, 0.1 is 10 % a year"),
        text("main_competitor", "its main other supplier"),
    ),
    known_at="surveyed_on",
    key=("account_id", "surveyed_on"),
    unlocks="share of wallet, potential",
)

MARKETS = Table(
    "markets",
    "sales of all suppliers in a market",
    (
        text("period", "the period, such as 2026Q1", required=True),
        text("segment", "part of the market"),
        text("supplier", "the supplier", required=True),
        money("amount", "its sales in the period", required=True),
        date("known_on", "day the figure was known"),
    ),
    known_at="known_on",
    key=("period", "segment", "supplier"),
    unlocks="market share, the three-four rule among suppliers",
)

PROGRAMME = Table(
    "programme",
    "where and when the programme started",
    (
        date("started_on", "day it started", required=True),
        text("name", "name of the programme", required=True),
        text("sales_office", "the office it started in"),
        text("segment", "or the segment"),
        text("account_id", "or the account"),
    ),
    known_at="started_on",
    key=("name", "started_on", "sales_office", "segment", "account_id"),
    unlocks="evaluation of the programme",
)

TARGETS = Table(
    "targets",
    "targets management set",
    (
        text("kpi", "name of the KPI", required=True),
        text("segment", "the segment it holds for"),
        text("quarter", "the quarter, such as 2026Q3", required=True),
        number("target", "the value to reach", required=True),
        date("set_on", "day it was set"),
    ),
    known_at="set_on",
    key=("kpi", "segment", "quarter", "set_on"),
    unlocks="evaluation against targets",
)

DECISIONS = Table(
    "decisions",
    "what was really done with the plan",
    (
        ACCOUNT,
        # a decision is made on a report, and so after the extract that the report rests on
        date("decided_on", "day decided, also after the extract; counts from then", required=True, may_be_future=True),
        text("action", "what was decided", required=True),
        text("recommended", "what the plan had recommended"),
        text("reason", "why it was overridden"),
        text("decided_by", "who decided, by code"),
    ),
    known_at="decided_on",
    unlocks="the guard measured afterwards",
)
