"""The rules a book must keep, as data: name, what happens where one is broken, where it holds, and why.

Rules that look at one row alone (`faults`) are tried in this order, and the first that fires names
the row. Rules that compare rows (`compare`, `references`) come after them, and what is merely odd
(`warn`, `references`, `months`) is looked for among the accepted rows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from crm_analysis.book.contract import CONTRACT

Action = Literal["stop", "quarantine", "duplicate", "warn"]
ACTIONS: dict[Action, str] = {
    "stop": "the book is refused, with one sentence saying what to do",
    "quarantine": "the row is rejected and listed with its reason",
    "duplicate": "the row is counted once; the copy is listed",
    "warn": "the row stays as it is and is counted; the report says so",
}
"""What becomes of a row, or of the book, by action."""


@dataclass(frozen=True)
class Rule:
    """A rule's name, its action, where it holds (tables and columns), and its reason."""

    name: str
    action: Action
    where: str
    why: str


TERMS = (("contracts", "ends_on"), ("reps", "to_date"))
"""Last days without which the row says nothing: before its first day it is rejected, not merely noted."""


def dates_in_order() -> list[tuple[str, str, str]]:
    """Table, date and the date it should not precede, of the contract, but for TERMS."""
    pairs = [(name, column.name, column.after) for name, table in CONTRACT.items() for column in table if column.after]
    return [pair for pair in pairs if pair[:2] not in TERMS]


_EVERY, _LINES, _DATES = "every table", "`orders`", "every date"
_ALL = (
    Rule(
        "nothing_accepted",
        "stop",
        "`accounts`, `orders`",
        "no row of a required table can be used: a mapping or a format is wrong rather than the data",
    ),
    Rule(
        "mixed_currencies",
        "stop",
        "`orders.currency`",
        "lines are in several currencies and book.toml states none: their sum would mean nothing",
    ),
    Rule(
        "repeated_file",
        "duplicate",
        _EVERY,
        "the file holds the same rows as another of the table: it was loaded twice. Rows that one file repeats "
        "are left to the other rules",
    ),
    Rule(
        "broken_record",
        "quarantine",
        _EVERY,
        "the record has more or fewer fields than the header: none can be trusted",
    ),
    Rule("missing_key", "quarantine", "keys and `account_id`", "without its key a row belongs to nobody"),
    Rule("missing_value", "quarantine", "required columns", "a required column is empty"),
    Rule("unparseable_date", "quarantine", _DATES, "the text is no date of the stated form"),
    Rule(
        "not_finite",
        "quarantine",
        "every number",
        "an amount is not-a-number or infinite, and would swallow every sum",
    ),
    Rule(
        "not_a_number",
        "quarantine",
        "every number",
        "the text is no number of the stated form, or is too large for one",
    ),
    Rule("not_a_flag", "quarantine", "every flag", "the text is neither true nor false"),
    Rule(
        "absurd_date",
        "quarantine",
        _DATES,
        "the date is a placeholder or a typing error: before 1950 or after 2199. An end or a day to come that is "
        "written as 9999-12-31 is taken for none",
    ),
    Rule(
        "future_date",
        "quarantine",
        "dates that tell of the past",
        "the date lies after the extract, when it could not have been known",
    ),
    Rule(
        "off_scale",
        "quarantine",
        "`surveys`: `score`, `scale_min`, `scale_max`",
        "the score lies outside the scale it was given on, or the scale has no width: one such answer can outweigh "
        "many, and what was meant cannot be told",
    ),
    Rule(
        "empty_term",
        "quarantine",
        ", ".join(f"`{table}.{column}`" for table, column in TERMS),
        "the term ends before it starts: the row holds on no day, and nothing else in it says when it does",
    ),
    Rule(
        "void_document",
        "quarantine",
        "`orders.state`",
        "the document was cancelled: its amount is no revenue, on no day, and neither is that of other rows with its "
        "key, such as an earlier export has",
    ),
    Rule(
        "other_currency",
        "quarantine",
        "`orders.currency`",
        "the line is in another currency than book.toml states, and no rate is known; convert it before the export",
    ),
    Rule(
        "overlapping_source",
        "duplicate",
        _LINES,
        "the line stands in two overlapping files or sheets; it is kept once",
    ),
    Rule("repeated_row", "duplicate", "tables with a key", "the row repeats another, column for column, key and all"),
    Rule(
        "duplicate_key",
        "quarantine",
        "tables with a key",
        "another row has the same key and other values; the first by value is kept",
    ),
    Rule("unknown_account", "quarantine", "`account_id` of every table", "the account of the row is not in `accounts`"),
    Rule(
        "unknown_opportunity",
        "quarantine",
        "`stage_changes.opportunity_id`",
        "the opportunity is not in `opportunities`: the change belongs to no account and no deal",
    ),
    Rule(
        "month_without_orders",
        "warn",
        "`orders.ordered_on`, all lines and each source",
        "no order in a month between the first and the last: data may be missing. Of a source only if it has 30 "
        "lines or more in its middle month, so that chance leaves none out",
    ),
    Rule(
        "scale_change",
        "warn",
        "`orders.revenue`, all lines and each source",
        "a middle line is 50 times larger or smaller than in the months around, or than in the other sources: "
        "perhaps thousands against units, or cents. Months and sources of 30 lines or more are compared",
    ),
    Rule(
        "same_content",
        "warn",
        "`orders`, and tables without a key",
        "half of a source's rows or more (and 20) stand in another one too, but for keys and for what is filled in "
        "later; of order lines those of shared days are compared: perhaps one export twice, under new keys or grown",
    ),
    Rule(
        "contradiction",
        "warn",
        "accounts made of `orders`",
        "order lines give an account two values; the latest line, then the key, decides",
    ),
    Rule(
        "ordered_before_known",
        "warn",
        "`accounts.known_since`",
        "the account ordered before `known_since`: it counts as known from then",
    ),
    Rule(
        "known_date_missing",
        "warn",
        "the known-at date of every table",
        "the row has no known-at date; it counts as known from the day of the extract",
    ),
    Rule(
        "settles_after_extract",
        "warn",
        "dates that settle",
        "the date lies after the extract: planned, counted as not yet happened",
    ),
    Rule(
        "dates_out_of_order",
        "warn",
        ", ".join(f"`{table}.{later}` before `{earlier}`" for table, later, earlier in dates_in_order()),
        "one of the two dates is wrong, but the money and the account are not, so the row stays; its state counts "
        "from the day the row was known, and no span of time should be taken from the two",
    ),
    Rule(
        "alike_key",
        "warn",
        "`accounts.account_id`",
        "another account's key differs only in capitals or leading zeros: perhaps the same one",
    ),
    Rule(
        "mangled_key",
        "warn",
        "`accounts.account_id`",
        "the key looks like a number that a spreadsheet shortened, such as 1.2E+05",
    ),
    Rule(
        "nested_group",
        "warn",
        "`accounts.group_id`",
        "the group is an account that belongs to another group itself; groups are taken as they are named, one "
        "level deep, so the two are counted apart",
    ),
    Rule(
        "group_cycle",
        "warn",
        "`accounts.group_id`",
        "groups name each other in a circle, so none is the head; the accounts stay in the groups they name",
    ),
    Rule(
        "unknown_order",
        "warn",
        "`complaints.order_id`",
        "the order is not in `orders`: it may be older than the export; the complaint itself is right",
    ),
    Rule(
        "unknown_rep",
        "warn",
        "`rep_id` of every table, where `reps` is given",
        "the person is not in `reps`, so that no hours are known; the row itself is right",
    ),
    Rule(
        "never_invited",
        "warn",
        "`surveys`, where `survey_invitations` is given",
        "the customer answered and no invitation is on record: the rate of response is too high by it",
    ),
    Rule(
        "unknown_level",
        "warn",
        "columns with listed values",
        "the value is none of those the contract lists; it is kept as it stands",
    ),
    Rule(
        "spans_lines",
        "warn",
        "text files",
        "a field goes over several lines: a missing quote may have swallowed records",
    ),
    Rule(
        "unmatched_lookup",
        "warn",
        "tables with a lookup",
        "the key was not found in the lookup's file; its columns stay empty",
    ),
    Rule("rounded_amount", "warn", "every number", "a number had more than four decimals and was rounded"),
)
RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}
"""Every rule by name, in the order they are tried."""


def listing() -> str:
    """All rules as Markdown, one row each, grouped by action."""
    lines = [
        "# The rules of the check",
        "",
        "Made from `crm_analysis/book/rules.py` by `make dictionary`; change it there.",
        "",
        "A row goes by the first rule it breaks, in the order of this list within the rules that reject. Rows found "
        "are rows accepted plus rows in the quarantine plus duplicates, and so is revenue, to the cent.",
    ]
    for action, meaning in ACTIONS.items():
        lines += ["", f"## {action}: {meaning}", "", "| rule | where | why |", "|---|---|---|"]
        lines += [f"| `{rule.name}` | {rule.where} | {rule.why} |" for rule in _ALL if rule.action == action]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(listing())
