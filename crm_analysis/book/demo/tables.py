"""Tables of the contract from the story's numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import CUSTOMER_TYPES, Accounts
from crm_analysis.book.demo.catalogue import CATALOGUE, FAMILIES, INDUSTRIES
from crm_analysis.book.demo.company import OFFICES
from crm_analysis.book.demo.history import History, as_text
from crm_analysis.book.demo.lines import NEVER_SHIPPED, Lines, families
from crm_analysis.book.demo.parameters import LAST_DAY, Ints


def money(cents: Ints) -> pa.Array:
    """Whole cents as decimals with two places, without passing through a float.

    An Arrow decimal is a 128-bit whole number: the cents, and above them their sign repeated.
    """
    wide = np.empty((len(cents), 2), dtype="<i8")
    wide[:, 0] = cents
    wide[:, 1] = cents >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(wide)])


def account_table(accounts: Accounts, history: History, rng: np.random.Generator) -> pa.Table:
    """The contract's table `accounts` for a chunk, sorted by its key."""
    at = pa.array(accounts.first_office)  # an account does not move house when another office serves it
    country = pa.array([office[2] for office in OFFICES]).take(at)
    town = pa.array([office[0] for office in OFFICES]).take(at)
    prefix = pa.array([office[3] for office in OFFICES]).take(at)
    three = pa.array(np.array([office[4] for office in OFFICES])[accounts.first_office] == 3)
    digits = pc.if_else(three, names.padded(accounts.postal, 3), names.padded(accounts.postal % 100, 2))
    # offices of a group share their name's stem, so it comes from the group they were founded in
    name = names.companies(accounts.first_group, accounts.industry, country, town, accounts.branch, accounts.site, rng)
    overwritten = ("group_id", "sales_office", "rep_id", "stage")
    current = {field: as_text(field, history.current(field)) for field in overwritten}
    return pa.table(
        {
            "account_id": names.account_ids(accounts.number),
            "name": name,
            "group_id": current["group_id"],
            "sales_office": current["sales_office"],
            "country": country,
            "region": pa.array([office[1] for office in OFFICES]).take(at),
            "postal_code": pc.binary_join_element_wise(prefix, digits, ""),
            "industry": pa.array(INDUSTRIES).take(pa.array(accounts.industry)),
            "customer_type": pa.array(CUSTOMER_TYPES).take(pa.array(accounts.customer_type)),
            "employees": pa.array(history.current("employees")),
            "rep_id": current["rep_id"],
            "stage": current["stage"],
            "key_account": pa.array(history.current("key_account") == 1),
            "known_since": names.dates(history.known_since),
        }
    )


def order_table(lines: Lines, accounts: Accounts, first_line: int, first_order: int) -> pa.Table:
    """The contract's table `orders` for a chunk; lines and orders are numbered through the whole book."""
    account_id, rows = names.account_ids(accounts.number), pa.array(lines.account)
    return pa.table(
        {
            "line_id": names.line_ids(first_line + np.arange(len(lines))),
            "order_id": names.order_ids(first_order + lines.order),
            "account_id": account_id.take(rows),
            "ordered_on": names.dates(lines.ordered_on),
            "product": pa.array(CATALOGUE.code).take(pa.array(lines.product)),
            "family": pa.array(FAMILIES).take(pa.array(families(lines))),
            "quantity": pa.array(lines.quantity),
            "revenue": money(lines.revenue),
            "cost": money(lines.cost),
            "promised_on": names.dates(lines.promised_on, unknown=lines.promised_on == NEVER_SHIPPED),
            "shipped_on": names.dates(lines.shipped_on, unknown=lines.shipped_on > LAST_DAY),
        }
    )
