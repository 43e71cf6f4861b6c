"""How long an account must be silent to count as left: what each window would cost, and who orders again.

Where no contract says so, leaving is a judgement: a short window declares accounts left that order again (false
alarms), a long one knows of each leaver late. Both are measured in the book's own past and weighed at costs that its
owner can set.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.purchases import begin_of, purchases
from crm_analysis.churn.definition.shares import LEVEL, effective, wilson
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

MONTH = 365.25 / 12
LONGEST = 24
"""Months of the longest window that is tried, and of the longest that a reactivation curve goes to."""
FOLLOW_UP = 12
"""Months for which accounts are watched after a silence, where the book is long enough."""
LEAST = 20
"""Accounts that must have ordered early enough to see whether they came back."""

_WRITTEN = re.compile(r"(\d{1,4})([DWMQY])\Z", re.ASCII)
_UNITS = {"D": 1.0, "W": 7.0, "M": MONTH, "Q": 3 * MONTH, "Y": 12 * MONTH}
_ROOM = 100_000  # more days than any book has


@dataclass(frozen=True)
class Costs:
    """What the two errors cost, in any one unit; only their ratio matters.

    `false_alarm`: declaring an account left that orders again. `late_month`: a month that passes between a leaver's
    last order and the day it is declared left. By default a false alarm costs as much as knowing of a leaver half a
    year late. It is more than a visit made in vain: the account counts as lost and later as won, so both figures are
    wrong, and whatever learns from the past learns from a leaver that was none; while a month's delay loses little,
    because the list of accounts at risk names the silent ones long before. In other words, waiting goes on while, for
    each leaver, more than one account in six comes back in the next month. On the books tried it chose 6 to 9 months.
    """

    false_alarm: float = 6.0
    late_month: float = 1.0

    def __post_init__(self) -> None:
        for name in ("false_alarm", "late_month"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
                raise UserError(f"the cost {name} is a positive number; found {value!r}.")


def days_of(silence: str | int) -> int:
    """A silence in days: a number of days, or written like 26W, 180D, 6M or 1Y (a month is 365.25 / 12 days).

    Raises UserError for anything else.

    >>> days_of("6M")
    183
    """
    if isinstance(silence, int) and not isinstance(silence, bool) and silence > 0:
        return silence
    match = _WRITTEN.match(silence) if isinstance(silence, str) else None
    if not match or int(match[1]) == 0:
        raise UserError(
            f"a silence is a number of days, at least 1, or written like 26W, 180D or 6M; found {silence!r}"
        )
    return round(int(match[1]) * _UNITS[match[2]])


def windows(book: Book, as_of: str | dt.date, costs: Costs | None = None) -> pd.DataFrame:
    """What each window of whole months would have cost, as known on `as_of`: one row per window, shortest first.

    Windows go to a third of the time that orders reach back, at most to LONGEST. Every order is followed for that third
    and FOLLOW_UP months more, at most for two thirds; only orders early enough for this count, so that nothing is cut
    off (the gaps that are cut off by the end of a book are the long ones). An account that did not order again in that
    time counts as a leaver: a few of them do later, so leavers are at most so many, and false alarms at least.

    Columns: months, days; orders (that could be followed); alarms (silences longer than the window), false_alarm_share
    (of alarms: ordered again), low, high (90 %; an account is the unit, Wilson's interval of the effective number of
    alarms), account_share (the same, each account with an alarm counting once: heavy buyers have many gaps),
    accounts_false (share of the accounts that were declared left wrongly at least once), late_months (from a leaver's
    last order to its alarm), missed (share of the accounts counted as there on an average day that had ordered for the
    last time), cost (false_alarm * P(ordered again after more than the window) + late_month * months * P(did not), per
    100 orders), chosen (the least cost; of equal ones the shortest).

    Raises BookError where orders do not reach back three months, or less than LEAST accounts ordered early enough.
    """
    import numpy as np
    import pandas as pd

    costs = costs or Costs()
    known = book.as_of(as_of)
    end, begins = last_known(known), begin_of(known)
    length = (end - begins).days + 1
    most = min(int(length / 3 / MONTH), LONGEST)
    if most < 1:
        raise BookError(label("silence_short_choice", days=length, day=end, least=math.ceil(3 * MONTH)))
    horizon = min(round((most + FOLLOW_UP) * MONTH), 2 * length // 3)
    days = [round(months * MONTH) for months in range(1, most + 1)]
    found = _costly(known, end - dt.timedelta(days=horizon), horizon, days)
    if found["accounts"] < LEAST:
        few = int(found["accounts"])
        raise BookError(label("silence_few", accounts=few, horizon=horizon, day=end, least=LEAST))

    def sums(name: str) -> np.ndarray:
        return np.array([found[f"{name}_{place}"] for place in range(len(days))], dtype="float64")

    false, gone = sums("false"), float(found["gone"])
    alarms = false + gone
    share = np.divide(false, alarms, out=np.zeros(len(days)), where=alarms > 0)
    scatter = (1 - share) ** 2 * sums("ff") - 2 * share * (1 - share) * sums("fg") + share**2 * found["gg"]
    number = effective(false, alarms, scatter, sums("alarmed"))
    low, high = wilson(share * number, number)
    months = np.arange(1, most + 1)
    orders = float(found["orders"])
    table = pd.DataFrame({"months": months, "days": days, "orders": int(orders), "alarms": alarms.astype("int64")})
    table["false_alarm_share"] = np.where(alarms > 0, share, np.nan)
    table["low"], table["high"] = low, high
    table["account_share"] = np.divide(sums("each"), sums("alarmed"), out=np.full(len(days), np.nan), where=alarms > 0)
    table["accounts_false"] = sums("wronged") / float(found["accounts"])
    table["late_months"] = np.array(days) / MONTH
    table["missed"] = gone * np.array(days) / sums("time")
    table["cost"] = 100 * (costs.false_alarm * false + costs.late_month * table["late_months"] * gone) / orders
    table["chosen"] = table.index == table["cost"].round(9).idxmin()
    return table


def _followed(known: Book, until: dt.date) -> ibis.Table:
    """Order days up to `until`: account_id, ordered_on, gap (days to the next order known; null without one)."""
    days = purchases(known)
    one = ibis.window(group_by="account_id", order_by="ordered_on")
    days = days.mutate(gap=days.ordered_on.lead().over(one).delta(days.ordered_on, unit="day").cast("int64"))
    return days.filter(days.ordered_on <= ibis.literal(until)).select("account_id", "ordered_on", "gap")


def _costly(known: Book, until: dt.date, horizon: int, windows: Sequence[int]) -> dict[str, Any]:
    """Sums over the accounts that ordered up to `until`, from the engine as one row.

    accounts, orders, gone (gaps beyond the horizon), gg (squares of an account's); and for each window, numbered: false
    (other gaps beyond it), ff, fg (squares, and products with gone), alarmed, wronged (accounts with any gap beyond it,
    with a false one), each (an account's false ones over all of its), time (days counted as there).
    """
    gaps = _followed(known, until)
    gaps = gaps.mutate(gap=ibis.least(gaps.gap.fill_null(horizon + 1), horizon + 1))
    sums: dict[str, Any] = {"orders": gaps.count(), "gone": (gaps.gap > horizon).sum().cast("int64")}
    for place, days in enumerate(windows):
        sums[f"false_{place}"] = ((gaps.gap > days) & (gaps.gap <= horizon)).sum().cast("int64")
        sums[f"time_{place}"] = ibis.least(gaps.gap, days).sum().cast("int64")
    each = engine.fenced(known.con, gaps.group_by("account_id").agg(**sums))
    gone = each.gone
    totals: dict[str, Any] = {"accounts": each.count(), "orders": each.orders.sum(), "gone": gone.sum()}
    totals["gg"] = (gone * gone).sum()
    for place in range(len(windows)):
        false = each[f"false_{place}"]
        alarms = false + gone
        share = false.cast("float64") / ibis.ifelse(alarms > 0, alarms, 1).cast("float64")
        totals |= {
            f"false_{place}": false.sum(),
            f"ff_{place}": (false * false).sum(),
            f"fg_{place}": (false * gone).sum(),
            f"alarmed_{place}": (alarms > 0).sum(),
            f"wronged_{place}": (false > 0).sum(),
            f"each_{place}": share.cast("decimal(18, 12)").sum(),
            f"time_{place}": each[f"time_{place}"].sum(),
        }
    row = engine.frame(each.agg(**totals)).iloc[0]
    return {name: float(row[name]) if row[name] is not None else 0.0 for name in totals}


def reactivation(book: Book, as_of: str | dt.date, follow_up: str = f"{FOLLOW_UP}M") -> pd.DataFrame:
    """The share of accounts silent for so many months that order again, as known on `as_of`: one row per month.

    Of each account the first silence of at least that length counts, so that accounts are independent of each other,
    and only if it was watched for `follow_up` after that: nothing is cut off. Where orders reach back less than three
    times that, the follow-up is a third of it, in whole months. Columns: months, days, follow_up_days, accounts, again,
    share, low, high (90 %, Wilson). Months without an account are left out. Raises BookError where orders do not reach
    back three months, UserError for a follow_up that is none.
    """
    import pandas as pd

    known = book.as_of(as_of)
    end, begins = last_known(known), begin_of(known)
    length = (end - begins).days + 1
    if length < 3 * MONTH:
        raise BookError(label("silence_short", days=length, day=end, least=math.ceil(3 * MONTH)))
    after = min(days_of(follow_up), round(int(length / 3 / MONTH) * MONTH))
    most = min(int((length - after) / MONTH), LONGEST)
    days = [round(months * MONTH) for months in range(1, most + 1)]
    # an account's first silence beyond a window and its length, as one number whose least is the first
    gaps = _followed(known, end)
    gap = ibis.least(gaps.gap.fill_null(_ROOM - 1), _ROOM - 1)
    code = gaps.ordered_on.delta(ibis.literal(begins), unit="day").cast("int64") * _ROOM + gap
    gaps = engine.fenced(known.con, gaps.select("account_id", gap=gap, code=code))
    firsts = {f"first_{place}": gaps.code.min(where=gaps.gap > window) for place, window in enumerate(days)}
    each = engine.fenced(known.con, gaps.group_by("account_id").agg(**firsts))
    totals: dict[str, Any] = {}
    for place, window in enumerate(days):
        first = each[f"first_{place}"]
        watched = first < ((end - begins).days - window - after + 1) * _ROOM
        back = watched & (first % _ROOM <= window + after)
        totals |= {f"accounts_{place}": watched.sum(), f"again_{place}": back.sum()}
    row = engine.frame(each.agg(**totals)).iloc[0].fillna(0)
    table = pd.DataFrame({"months": range(1, most + 1), "days": days, "follow_up_days": after})
    for name in ("accounts", "again"):
        table[name] = [int(row[f"{name}_{place}"]) for place in range(len(days))]
    table = table[table["accounts"] > 0].reset_index(drop=True)
    table["share"] = table["again"] / table["accounts"]
    table["low"], table["high"] = wilson(table["again"], table["accounts"], LEVEL)
    return table
