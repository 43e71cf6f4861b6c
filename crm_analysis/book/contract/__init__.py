"""Every table and column of a customer book: what it means and when its value was known.

The contract is data. Intake, checks, `as_of` and the dictionary in data/README.md all read it, so
a column is described once. A column has one of three natures:

- *fixed*: true from the moment its row was known;
- *settles* with a date: unknown before that date (a complaint's closing, a payment);
- *current*: overwritten by the source system, so that it may describe today. Before the day of the
  extract it is replaced by its dated history or refused.
"""

from crm_analysis.book.contract import selling, steering, trade, voice
from crm_analysis.book.contract.columns import Column, Table, Type

__all__ = ["CONTRACT", "Column", "Table", "Type"]

_TABLES = (
    trade.ACCOUNTS,
    trade.ACCOUNT_HISTORY,
    trade.ORDERS,
    trade.INVOICES,
    voice.COMPLAINTS,
    voice.SURVEYS,
    voice.SURVEY_INVITATIONS,
    selling.INTERACTIONS,
    selling.SPEND,
    selling.OPPORTUNITIES,
    selling.STAGE_CHANGES,
    trade.CONTRACTS,
    steering.MARKET_SURVEYS,
    steering.MARKETS,
    selling.CONTACTS,
    selling.SUMMARIES,
    voice.EXITS,
    selling.REPS,
    steering.PROGRAMME,
    steering.TARGETS,
    steering.DECISIONS,
)

CONTRACT: dict[str, Table] = {table.name: table for table in _TABLES}
"""Every table by name, in the order they are read: accounts first, because all others refer to them."""
