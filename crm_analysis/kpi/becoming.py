"""New accounts that become High: how many, how fast, and how many leave or are cut before.

An account is new from its first order on; the share that has become High so many quarters later is a cumulative
incidence (Aalen & Johansen 1978). Leaving and being cut are competing events: an account that is gone can no longer
become High, and dropped from the count, or censored, it would make the rate look too good. The bar is frozen in money.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.accounts import LATE, WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import first_known, last_known, order_days
from crm_analysis.churn.definition import Leaving, leaving
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.incidence import LEVEL, incidence
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.potential.advice.words import coded
from crm_analysis.potential.farewells import ACTIONS
from crm_analysis.potential.guard.exact import lower, upper

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.value.segments import Bars

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

YEAR = 4
WITHIN = (4, 8)
"""Quarters since the first order at which cohorts are compared."""
ALL = "all"
"""The cohort that all new accounts are together."""
_SCALE = 1e4  # money has four places: its sums are exact as whole numbers
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Step:
    """A rate now and a year before, the difference with its 95 % interval, p of none, and accounts in both."""

    now: float
    before: float
    change: float
    low: float
    high: float
    p: float
    accounts: int


@dataclass(frozen=True, eq=False)
class Becoming:
    """New accounts of a book and what became of them, as known on `day`.

    `last` is the last quarter that is over by then, numbered 4 x year + 0 to 3 as all quarters here; an extract of a
    quarter's last week (`accounts.LATE`) tells of all of it. `bar` is the revenue of a year from which an account is
    High. Accounts are new whose first order came on or after `since`: before it, a first order in the book may be that
    of an old customer. `silence` is in days.

    `accounts`, one row per new account that a quarter's end has come for, sorted by account_id: account_id,
    first_order, cohort (the half-year of it: 2025H1), entered (the quarter of it), seen (quarters from it to the last
    quarter's end that has come), event ("high", "left", "cut", or "" as long as nothing came), quarters (from the
    first order to the event; `seen` without one).
    """

    day: dt.date
    last: int
    bar: float
    since: dt.date
    silence: int
    accounts: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """`incidence` of each cohort, and of all of them in the last rows."""
        import pandas as pd

        whole = self.accounts.assign(cohort=ALL)
        return pd.concat([incidence(self.accounts), incidence(whole)], ignore_index=True)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per cohort, and one for all: what has become of it, and the rates after 4 and 8 quarters.

        Columns: cohort, accounts, of them so far became_many, left_many, cut_many, open_many (nothing yet);
        became_4, low_became_4, high_became_4, and alike of 8 (shares and 95 % intervals; NaN where no account of the
        cohort was followed so long); quarters_to_high (the median of those that got there so far, which leaves out
        whoever will take longer; NaN without any).
        """
        import pandas as pd

        rows = []
        for name, table in self.table.groupby("cohort", sort=False):
            whole = name == ALL
            own = self.accounts if whole else self.accounts[self.accounts["cohort"] == name]
            row: dict[str, object] = {"cohort": name, "accounts": len(own)}
            many = own["event"].value_counts()
            for key, event in (("became", "high"), ("left", "left"), ("cut", "cut"), ("open", "")):
                row[f"{key}_many"] = int(many.get(event, 0))
            for within in WITHIN:
                at = table[table["quarters_since"] == within]
                for key, column in (("became", "became"), ("low_became", "low_95"), ("high_became", "high_95")):
                    row[f"{key}_{within}"] = float(at[column].iloc[0]) if len(at) else np.nan
            there = own.loc[own["event"] == "high", "quarters"]
            row["quarters_to_high"] = float(there.median()) if len(there) else np.nan
            rows.append(row)
        return pd.DataFrame(rows)

    def success(self, within: int = 4) -> pd.DataFrame:
        """The success rate told at each quarter's end, of accounts that began in the year that ended `within` before.

        All of them are followed for `within` quarters, so the rate is a plain share with an exact 95 % interval
        (Clopper & Pearson 1934). One row per quarter at whose end a whole year of beginnings is followed, ascending:
        quarter (as "2026Q3"), accounts, became_many, became, low_95, high_95 (NaN without an account).
        """
        import pandas as pd

        if not isinstance(within, int) or within < 0:
            raise UserError(f"accounts are followed for a number of quarters; found {within!r}.")
        last, first = self.last, _quarter(self.since)
        if self.since > _begin(first) + LATE:
            first += 1
        entered = self.accounts["entered"].to_numpy("int64")
        good = ((self.accounts["event"] == "high") & (self.accounts["quarters"] <= within)).to_numpy()
        ends = np.arange(first + 3 + within, last + 1)
        size = max(len(ends) + within + 4, 1)
        sums = []
        for chosen in (np.ones(len(entered), dtype=bool), good):
            inside = chosen & (entered >= first)
            each = np.bincount(entered[inside] - first, minlength=size).cumsum()
            began = ends - within - first  # the last quarter of the year of beginnings
            sums.append(each[began] - np.where(began >= 4, each[began - 4], 0))
        accounts, became = (values.astype("int64") for values in sums)
        tail = (1 - LEVEL) / 2
        share = np.divide(became, accounts, out=np.full(len(ends), np.nan), where=accounts > 0)
        ends_ = [np.where(accounts > 0, bound(became, accounts, tail), np.nan) for bound in (lower, upper)]
        return pd.DataFrame(
            {"quarter": [f"{end // 4}Q{end % 4 + 1}" for end in ends], "accounts": accounts, "became_many": became,
             "became": share, "low_95": ends_[0], "high_95": ends_[1]}
        )  # fmt: skip

    def against_a_year_ago(self, within: int = 4) -> Step | None:
        """The last `success` against that of a year before; None where one of the two is not told.

        The interval of the difference of two independent shares is Newcombe's (1998, method 10), p is Fisher's exact
        two-sided one.
        """
        from scipy.stats import fisher_exact
        from statsmodels.stats.proportion import confint_proportions_2indep

        table = self.success(within)
        if len(table) <= YEAR:
            return None
        now, then = table.iloc[-1], table.iloc[-1 - YEAR]
        if not (now["accounts"] > 0 and then["accounts"] > 0):
            return None
        few, of = int(now["became_many"]), int(now["accounts"])
        few_then, of_then = int(then["became_many"]), int(then["accounts"])
        low, high = confint_proportions_2indep(few, of, few_then, of_then, method="newcomb", alpha=1 - LEVEL)
        p = float(fisher_exact([[few, of - few], [few_then, of_then - few_then]]).pvalue)
        change = float(now["became"] - then["became"])
        return Step(float(now["became"]), float(then["became"]), change, float(low), float(high), p, of + of_then)


def becoming(book: Book, as_of: str | dt.date, bars: Bars, silence: str | int | None = None) -> Becoming:
    """New accounts and what became of them, as known on `as_of`.

    High is an account from the first quarter's end on at which its revenue of the trailing year is at least
    `bars.high`, from the quarter of its first order on (quarter 0). It has left in the quarter in which its first
    silence has lasted as long as `churn.definition.leaving` says (by orders; a year where the book is too short to
    choose), or in which an exit of it was known; it is cut in the quarter in which somebody decided a goodbye, or an
    exit that we decided was known. The first of these counts, whatever came after; within a quarter leaving and being
    cut come before High, which is told at its end. All of it was known on the day it is dated, so that a later look
    changes nothing but by exits that later orders refute.

    New are accounts whose first order came a year, or the silence if that is longer, after orders begin. Raises
    BookError where no account is new, or no revenue told where the High bar is; UserError for a silence that is none.
    """
    if not bars.high > 0:
        raise BookError(label("becoming_no_bar"))
    known = book.as_of(as_date(as_of))
    begins, day = first_known(known), last_known(known)
    if begins is None:
        raise BookError(label("becoming_no_order", day=day))
    told = _leaving(known, day, silence)
    since = max(after(begins, WINDOW), begins + dt.timedelta(days=told.silence))
    last = _last_quarter(min(as_date(as_of), day + LATE))
    firsts = engine.fenced(known.con, _firsts(known, since, last))
    frame = engine.frame(firsts.order_by("account_id")).astype({"first_order": "datetime64[ns]"})
    if frame.empty:
        raise BookError(label("becoming_none", since=since, begins=begins))
    entered = _quarters(frame["first_order"].to_numpy("datetime64[D]"))
    high = _first_high(known, firsts, entered, last, bars.high)
    gone, kind = _gone(known, told, frame)
    out = np.where(np.isnat(gone), _NEVER, _quarters(gone))
    seen = last - entered
    when = np.minimum(high, out) - entered
    came = when <= seen
    event = np.select([came & (out <= high), came], [kind, np.full(len(frame), "high", dtype=object)], "")
    halves, place = np.unique(entered // 2, return_inverse=True)
    names = np.array([f"{half // 2}H{half % 2 + 1}" for half in halves], dtype=object)
    accounts = frame.assign(
        cohort=names[place], entered=entered, seen=seen, event=event.astype(object),
        quarters=np.where(came, when, seen),
    )  # fmt: skip
    return Becoming(day, last, bars.high, since, told.silence, accounts)


def _leaving(known: Book, day: dt.date, silence: str | int | None) -> Leaving:
    try:
        return leaving(known, day, silence, "orders")
    except BookError:  # too short to choose a silence from
        return leaving(known, day, WINDOW, "orders")


def _firsts(known: Book, since: dt.date, last: int) -> ibis.Table:
    """New accounts that a quarter's end has come for: account_id, first_order."""
    days = order_days(known)
    firsts = days.group_by("account_id").agg(first_order=days.ordered_on.min(where=days.bought))
    return firsts.filter(firsts.first_order.between(ibis.literal(since), ibis.literal(_end(last))))


def _first_high(known: Book, firsts: ibis.Table, entered: Whole, last: int, bar: float) -> Whole:
    """The first quarter at whose end each new account's trailing year reaches the bar; _NEVER where none has.

    In the order of account_id, as `entered`. Sums are of whole ten-thousandths, so that an account that brought the bar
    to the cent reaches it.
    """
    days = order_days(known)
    quarter = days.ordered_on.year().cast("int64") * 4 + days.ordered_on.quarter().cast("int64") - 1
    rows = days.select("account_id", "revenue", quarter=quarter).semi_join(firsts, "account_id")
    rows = rows.filter(rows.quarter <= last)
    sums = rows.group_by("account_id", "quarter").agg(revenue=rows.revenue.sum().cast("float64"))
    frame = engine.frame(sums.order_by("account_id", "quarter"))
    at, ids = frame["quarter"].to_numpy("int64"), frame["account_id"]
    code = (ids != ids.shift()).cumsum().to_numpy("int64") - 1
    begin = int(at.min()) - 4
    each = np.zeros((last + 1 - begin, len(entered)))
    each[at - begin, code] = np.rint(frame["revenue"].to_numpy("float64") * _SCALE)
    whole = each.cumsum(axis=0)
    ends = np.arange(begin + 4, last + 1)
    reached = ((whole[4:] - whole[:-4]) / _SCALE >= bar) & (ends[:, None] >= entered)
    return np.where(reached.any(axis=0), ends[reached.argmax(axis=0)], _NEVER).astype(np.int64)


def _gone(known: Book, told: Leaving, frame: pd.DataFrame) -> tuple[NDArray[np.datetime64], NDArray[np.object_]]:
    """The day each new account had left or was cut (NaT for neither), and which: "left" or "cut"."""
    import pandas as pd

    spells = told.spells.frame
    spells = spells[spells["spell"] == 1].set_index("account_id").reindex(frame["account_id"])
    silent = spells["known_on"].where(spells["left"].eq(True)).to_numpy("datetime64[ns]")
    said = spells["gone_on"].to_numpy("datetime64[ns]")
    day = np.fmin(silent, said)
    kind = np.where(spells["kind"].eq("ours"), "cut", "left").astype(object)
    if known.has("decisions"):
        rows = known.table("decisions")
        rows = rows.filter(coded(rows.action).isin(list(ACTIONS)) & rows.decided_on.notnull())
        made = engine.frame(rows.select("account_id", "decided_on").distinct())
        own = made.merge(frame[["account_id", "first_order"]], on="account_id")
        said_on = own[own["decided_on"] >= own["first_order"]].groupby("account_id")["decided_on"].min()
        decided = pd.to_datetime(said_on.reindex(frame["account_id"])).to_numpy("datetime64[ns]")
        first = ~np.isnat(decided) & ~(day < decided)
        day, kind = np.where(first, decided, day), np.where(first, "cut", kind)
    return day.astype("datetime64[D]"), kind


def _quarters(days: NDArray[np.datetime64]) -> Whole:
    """Quarters of days, numbered from year 0 on: 4 x year + 0 to 3. Not for NaT."""
    found: Whole = days.astype("datetime64[M]").astype(np.int64) // 3 + 4 * 1970
    return found


def _quarter(day: dt.date) -> int:
    return 4 * day.year + (day.month - 1) // 3


def _begin(quarter: int) -> dt.date:
    return dt.date(quarter // 4, 3 * (quarter % 4) + 1, 1)


def _end(quarter: int) -> dt.date:
    return _begin(quarter + 1) - dt.timedelta(days=1)


def _last_quarter(day: dt.date) -> int:
    """The last quarter whose end has come on a day."""
    return _quarter(day + dt.timedelta(days=1)) - 1
