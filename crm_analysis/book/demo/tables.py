"""Tables of the contract from the story's numbers, and the truth that no table shows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import CUSTOMER_TYPES, ROLES, Accounts
from crm_analysis.book.demo.catalogue import CATALOGUE, FAMILIES, INDUSTRIES
from crm_analysis.book.demo.company import OFFICES
from crm_analysis.book.demo.history import History, as_text
from crm_analysis.book.demo.lines import NEVER_SHIPPED, Lines, Tastes, families
from crm_analysis.book.demo.lives import GROWTH, Lives
from crm_analysis.book.demo.parameters import LAST_DAY, WEEK_START, WEEKS, Flags, Ints
from crm_analysis.book.demo.trade import RHYTHMS, Rhythms


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
            "line_id": names.codes("L", first_line + np.arange(len(lines)) + 1, 9),
            "order_id": names.codes("O", first_order + lines.order + 1, 9),
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


def truth_table(accounts: Accounts, lives: Lives, rhythms: Rhythms, taste: Tastes, bought: Flags) -> pa.Table:
    """What is true of each account and stands in no table; dates are empty where nothing happened.

    One row per account: account_id, role, log_size (logarithm of EUR a year), growth, growth_on,
    growth_weeks, growth_log (logarithm of the whole change), drift_log (over four years), started_on
    (newcomers' first week), left_on, susceptible (0 to 1), rhythm, orders_a_year, price and effort
    (multiples of the list price and of the usual cost). `role` is the one drawn; an account with
    `bought` false has no orders, whatever its role.
    """

    def week(index: Ints, known: Flags) -> pa.Array:
        return names.dates(WEEK_START[np.clip(index, 0, WEEKS - 1)], unknown=~known)

    changing = (lives.change != 0) & (lives.onset >= 0) & (lives.onset < WEEKS)
    return pa.table(
        {
            "account_id": names.account_ids(accounts.number),
            "role": pa.array(ROLES).take(pa.array(accounts.role)),
            "bought": pa.array(bought),
            "log_size": pa.array(accounts.log_size),
            "growth": pa.array(GROWTH).take(pa.array(lives.growth)),
            "growth_on": week(lives.onset, changing),
            "growth_weeks": pa.array(lives.weeks),
            "growth_log": pa.array(lives.change),
            "drift_log": pa.array(lives.drift),
            "started_on": week(lives.start, bought & (lives.start > 0)),
            "left_on": week(lives.end, bought & (lives.end < WEEKS)),
            "susceptible": pa.array(lives.susceptible),
            "rhythm": pa.array(RHYTHMS).take(pa.array(rhythms.rhythm)),
            "orders_a_year": pa.array(rhythms.rate),
            "price": pa.array(taste.price),
            "effort": pa.array(taste.effort),
        }
    )
