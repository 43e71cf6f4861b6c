"""What some accounts say of their whole demand, and what all suppliers sold by family of boards."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.catalogue import FAMILIES
from crm_analysis.book.demo.chunk import Chunk
from crm_analysis.book.demo.days import workday, workday_before
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.parameters import LAST_DAY, QUARTER_START, QUARTERS, Floats, Ints, day
from crm_analysis.book.demo.tables import money

_ASKED, _AGAIN = 0.25, 0.35  # share of the customers asked for their demand, share of those asked once more
_ASKED_SINCE = day("2024-01-08")
_KNOWN_AFTER = 42  # days after a quarter until its figures are known
# usual size of each competitor against us, by family: families x competitors
_SIZES = np.array(
    [
        [1.6, 0.9, 0.4, 0.5, 0.3],
        [1.1, 1.0, 0.7, 0.6, 0.4],
        [0.4, 0.9, 1.8, 0.8, 0.5],
        [0.5, 0.6, 0.8, 1.7, 0.3],
        [0.3, 0.5, 0.9, 1.5, 0.3],
        [1.2, 0.5, 0.3, 0.3, 1.1],
        [0.6, 0.8, 0.9, 0.7, 0.6],
        [0.8, 0.6, 0.5, 0.4, 0.4],
    ]
)


def market_surveys(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """The contract's table `market_surveys`, sorted by its key."""
    n = len(chunk)
    begin = np.maximum(np.minimum(chunk.since, LAST_DAY), _ASKED_SINCE)
    end = np.minimum(chunk.until, LAST_DAY)
    span = end - begin
    asked = (chunk.since < NOBODY) & (span > 0) & (rng.random(n) < _ASKED)
    first = workday_before(begin + (span * rng.random(n)).astype(np.int64))
    again = workday_before(first + rng.integers(300, 420, n))
    twice = asked & (again < end) & (rng.random(n) < _AGAIN)
    account = np.concatenate([np.flatnonzero(asked), np.flatnonzero(twice)])
    on = np.concatenate([first[asked], again[twice]])
    order = np.lexsort((on, account))
    account, on = account[order], np.maximum(on[order], chunk.since[account[order]])

    u = rng.random((5, len(account)))
    told = chunk.accounts.demand[account] * np.exp(0.45 * (u[0] + u[1] - 1))
    step = 10.0 ** np.clip(np.floor(np.log10(told)) - 1, 2, None)  # two digits, as people say numbers
    said = np.maximum(step, np.rint(told / step) * step).astype(np.int64)
    growth = 0.02 + 0.14 * (chunk.accounts.potential[account] - 0.5) + 0.32 * (u[2] - 0.5)
    rival = np.where(u[3] < 0.85, chunk.rival[account], (u[4] * len(COMPETITORS)).astype(np.int64))
    return pa.table(
        {
            "account_id": chunk.account_id(account),
            "surveyed_on": names.dates(on),
            "annual_demand": money(100 * said),
            "demand_growth": pa.array(np.round(growth, 2) + 0.0),
            "main_competitor": names.words(COMPETITORS, np.where(u[4] < 0.12, -1, rival)),
        }
    )


def markets(rng: np.random.Generator, revenue: Ints) -> pa.Table:
    """The contract's table `markets`, sorted by its key; `revenue` is ours in cents, quarters x families.

    Our figure is the book's, in whole thousands. The last quarter is not known at the extract.
    """
    ours: Floats = revenue / 100
    share = np.maximum(ours.sum(axis=0), 1.0) / max(1.0, ours.sum())
    # the others sell into the same ups and downs, but not with our luck in a single family
    usual = ours.sum(axis=1, keepdims=True) * share
    families, others = _SIZES.shape
    level = 1.4 * _SIZES * rng.uniform(0.75, 1.3, _SIZES.shape)
    drift = rng.uniform(-0.25, 0.3, (families, others)) * (np.arange(QUARTERS) / QUARTERS)[:, None, None]
    theirs = usual[:, :, None] * level * (1 + drift) * rng.uniform(0.88, 1.12, (QUARTERS, families, others))
    amounts = np.concatenate([ours[:, :, None], theirs], axis=2)
    thousands = np.maximum(0, np.rint(amounts / 1000)).astype(np.int64)

    known = workday(QUARTER_START[1:] - 1 + _KNOWN_AFTER)
    suppliers = ("us", *COMPETITORS)
    by_key = [(family, supplier) for family in range(families) for supplier in range(others + 1)]
    by_key.sort(key=lambda pair: (FAMILIES[pair[0]], suppliers[pair[1]]))
    family, supplier = np.array(by_key).T
    quarter = np.repeat(np.flatnonzero(known <= LAST_DAY), len(by_key))
    family, supplier = (np.tile(index, len(quarter) // len(by_key)) for index in (family, supplier))
    return pa.table(
        {
            "period": names.words(quarter_labels(), quarter),
            "segment": names.words(FAMILIES, family),
            "supplier": names.words(suppliers, supplier),
            "amount": money(100_000 * thousands[quarter, family, supplier]),
            "known_on": names.dates(known[quarter]),
        }
    )


def quarter_labels(beyond: int = 0) -> tuple[str, ...]:
    """Quarters of the data, such as `2022Q4`, and some beyond them."""
    return tuple(f"{2022 + (3 + q) // 4}Q{(3 + q) % 4 + 1}" for q in range(QUARTERS + beyond))
