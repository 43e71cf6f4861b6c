"""How management steers: targets before a quarter, and decisions about small accounts in the programme's offices."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.chunk import Chunk
from crm_analysis.book.demo.company import REGIONS
from crm_analysis.book.demo.days import workday_before
from crm_analysis.book.demo.markets import quarter_labels
from crm_analysis.book.demo.parameters import (
    LAST_DAY,
    PROGRAMME_STARTS,
    QUARTER_START,
    QUARTERS,
    Floats,
    Ints,
    choices,
    quarter_of,
)

ACTIONS = ("keep", "desk", "minimum order", "survey first", "goodbye")
KEEP, DESK, MINIMUM, SURVEY, GOODBYE = range(len(ACTIONS))
OVERRIDES = (
    "knows of a project",
    "new contact person",
    "belongs to a group",
    "asked for by the account",
    "no time yet",
)
_DECIDED = 0.34  # share of the Low accounts of a treated office decided about in a quarter
_OVERRIDDEN = 0.22
_INSTEAD_SHARE = np.array([70, 18, 4, 8, 0], dtype=float)
_FIRST_TARGET = 4  # quarters: a target grows from the same quarter of the year before
_BY_REGION_SINCE = 12
_GROWTH = 1.05


def decisions(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """The contract's table `decisions`, sorted by account and day."""
    n, first = len(chunk), int(quarter_of(np.array(PROGRAMME_STARTS[:1]))[0])
    quarters = np.arange(first, QUARTERS)
    day = workday_before(QUARTER_START[quarters] + 20 + rng.integers(0, 50, (n, len(quarters))))
    value = chunk.value[:, quarters] / chunk.bar
    started = chunk.starts[chunk.accounts.office_in_quarter()[:, quarters]] <= day
    customer = (chunk.since[:, None] + 30 <= day) & (day < chunk.until[:, None])
    picked = (value < 1) & started & customer & (rng.random(day.shape) < _DECIDED) & (day <= LAST_DAY)
    account, column = np.nonzero(picked)
    day, value = day[account, column], value[account, column]

    ordered = np.cumsum(chunk.revenue != 0, axis=1)
    quarter = quarters[column]
    silent = ordered[account, quarter] == ordered[account, quarter - 4]
    # what the plan knows of an account's future is little
    hint = 0.3 * chunk.accounts.potential[account] + 0.7 * rng.random(len(account))
    recommended = np.select(
        [silent, hint > 0.72, value < 0.06, value < 0.30], [GOODBYE, SURVEY, MINIMUM, DESK], default=KEEP
    )
    instead = choices(rng.random(len(account)), _INSTEAD_SHARE)
    action = np.where(rng.random(len(account)) < _OVERRIDDEN, instead, recommended)
    overridden = action != recommended
    why = rng.integers(0, len(OVERRIDES), len(account))
    told = rng.random(len(account)) < 0.85
    return pa.table(
        {
            "account_id": chunk.account_id(account),
            "decided_on": names.dates(day),
            "action": names.words(ACTIONS, action),
            "recommended": names.words(ACTIONS, recommended),
            "reason": names.words(OVERRIDES, np.where(overridden & told, why, -1)),
            "decided_by": chunk.rep_id(account, day),
        }
    )


def targets(rng: np.random.Generator, revenue: Ints) -> pa.Table:
    """The contract's table `targets`, sorted by KPI, segment and quarter; `revenue` in cents, quarters x regions.

    Revenue is to grow over the same quarter of the year before. The other KPIs move slowly towards what the
    programme promises: margin_rate and on_time (shares), low_share_of_time (share of the minutes),
    complaints_per_100_orders.
    """
    quarters = np.arange(_FIRST_TARGET, QUARTERS + 1)
    year_before: Floats = revenue[quarters - 4] / 100 * _GROWTH * rng.uniform(0.98, 1.03, (len(quarters), 1))
    thousands = np.rint(year_before / 1000) * 1000
    along = (quarters - _FIRST_TARGET) / (QUARTERS - _FIRST_TARGET)
    company = {
        "complaints_per_100_orders": np.round(2.2 - 0.7 * along, 1),
        "low_share_of_time": np.round(0.55 - 0.20 * along**2, 2),
        "margin_rate": np.round(0.235 + 0.02 * along, 3),
        "on_time": np.round(0.86 + 0.06 * along, 2),
        "revenue": np.rint(year_before.sum(axis=1) / 1000) * 1000,
    }
    late = np.flatnonzero(quarters >= _BY_REGION_SINCE)
    rows: list[tuple[str, str | None, Ints, Floats]] = [
        (kpi, None, quarters, values) for kpi, values in company.items()
    ]
    rows += [("revenue", region, quarters[late], thousands[late, REGIONS.index(region)]) for region in sorted(REGIONS)]
    at = np.concatenate([row[2] for row in rows])
    set_on = workday_before(QUARTER_START[np.minimum(at, QUARTERS)] - 14)
    counts = [len(row[2]) for row in rows]
    return pa.table(
        {
            "kpi": pa.array([row[0] for row in rows]).take(pa.array(np.repeat(np.arange(len(rows)), counts))),
            "segment": pa.array([row[1] for row in rows]).take(pa.array(np.repeat(np.arange(len(rows)), counts))),
            "quarter": names.words(quarter_labels(beyond=1), at),
            "target": pa.array(np.concatenate([row[3] for row in rows])),
            "set_on": names.dates(set_on),
        }
    )
