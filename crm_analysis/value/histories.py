"""Purchase histories: what buy-till-you-die models know of an account.

Frequency, recency, T and monetary as Fader, Hardie & Lee (2005) define them: the first occasion makes an account's
history begin and is no repeat. The unit of time is carried along, so that a horizon is written like 12M and never as a
bare number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known
from crm_analysis.errors import BookError
from crm_analysis.periods import after
from crm_analysis.value.history_source import Source, monetary_name

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
"""Days in each unit of time."""
RETURNS = ("net", "ignore", "reject")


def histories(
    book: Book,
    as_of: str | dt.date,
    unit: str = "week",
    returns: str = "net",
    covariates: Sequence[str] = (),
) -> Histories:
    """The purchase histories of a book's accounts as known on `as_of`, with these columns of `accounts` beside.

    An occasion is a day with a line of positive revenue or one free of charge (`book.occasions`); lines of one day are
    one occasion, a day that only returns is none. What credit notes do is told by `returns`:

    - "net": a credit that matches a purchase (`book.occasions`) counts with it, on its day; a day whose every
      purchase was reversed by `as_of` is no occasion, and was one before. A credit that matches none reduces the
      account's revenue and, if dated after the first occasion, the mean of its repeat occasions, none of them in
      particular: what is given back earlier was bought before the history begins;
    - "ignore": negative lines are left out, their money and what they cancel;
    - "reject": as "net", but an account with a credit that matches no purchase has no history.

    Margin is that of the lines whose cost is known, NaN where none is. T ends on `as_of`, or on the day of the extract
    if that is earlier. An account known more than a week (`accounts.LATE`) before the book's orders begin enters late:
    its first occasion in the book need not be its first. Its history then runs from that occasion, which is a
    valid history where the rates have no memory, but of an account that had survived until then: it is flagged as
    late_entry, which models may take as a covariate.

    Nothing is computed before it is asked for. Raises BookError if a word or date is none, or a covariate is not known.
    """
    known = book.as_of(as_of)
    _word(unit, DAYS, "unit")
    _word(returns, RETURNS, "returns")
    names = tuple(dict.fromkeys(name for name in covariates if name != "late_entry"))
    if missing := known.why_not("accounts", *names):
        raise BookError(missing)
    return Histories(Source(known, returns, names), unit=unit, as_of=last_known(known), returns=returns)


class Histories:
    """Purchase histories of accounts up to the end of the day `as_of`, times in `unit`, credits by `returns`.

    Made by `histories` from a book, or by `Histories.of` from a frame.
    """

    def __init__(self, source: Source | pd.DataFrame, *, unit: str, as_of: dt.date, returns: str) -> None:
        self.unit = unit
        self.as_of = as_of
        self.returns = returns
        self._source = source

    @classmethod
    def of(cls, frame: pd.DataFrame, *, unit: str, as_of: str | dt.date) -> Histories:
        """Histories from a frame in memory, such as a simulation or another source's summary.

        Needs frequency, recency and T, in `unit`; any other column is kept. Without account_id rows are numbered in
        their order. What can be told from the rest is filled in: dates, log_gaps of up to one repeat, monetary. Raises
        BookError naming the first row whose history cannot be.
        """
        import numpy as np
        import pandas as pd

        days = DAYS[_word(unit, DAYS, "unit")]
        day = as_date(as_of)
        if missing := sorted({"frequency", "recency", "T"} - set(frame.columns)):
            raise BookError(f"histories of a frame: column '{missing[0]}' is missing; found {list(frame.columns)}.")
        given = frame.reset_index(drop=True)
        made = pd.DataFrame({"account_id": [f"{place:09}" for place in range(len(given))]}, dtype=object)
        if "account_id" in given:
            made["account_id"] = given["account_id"].astype(str).astype(object)
            if made["account_id"].duplicated().any():
                twice = made.loc[made["account_id"].duplicated(), "account_id"].iloc[0]
                raise BookError(
                    f"histories of a frame: account_id {twice!r} stands there twice; expected one row each."
                )
        x, t_x, T = (given[name].to_numpy("float64") for name in ("frequency", "recency", "T"))
        with np.errstate(invalid="ignore"):
            sound = (x >= 0) & (x == np.floor(x)) & (t_x >= 0) & (t_x <= T) & np.isfinite(T) & ((x > 0) == (t_x > 0))
        if not sound.all():
            at = int(np.flatnonzero(~sound)[0])
            raise BookError(
                f"histories of a frame: row {at} has frequency {x[at]:g}, recency {t_x[at]:g}, T {T[at]:g}; expected a "
                "whole frequency, and recency between 0 and T, 0 only without repeats."
            )
        whole = np.datetime64(pd.Timestamp(day), "s")
        for end, ago in (("first_order", T), ("last_order", T - t_x)):
            made[end] = (whole - np.round(ago * days * 86400).astype("timedelta64[s]")).astype("datetime64[ns]")
        made["frequency"], made["recency"], made["T"] = x.astype("int64"), t_x, T
        logs = np.log(np.where(x == 1, t_x, 1.0))
        made["log_gaps"] = np.where(x <= 1, logs, np.nan)
        made["late_entry"] = False
        for money in ("revenue", "margin"):
            names = (money, f"first_{money}", monetary_name(money), f"{money}_squares")
            if money == "revenue" or any(name in given for name in names):
                made = made.assign(**dict.fromkeys(names, np.nan))
        for name in given:
            if name not in ("account_id", "frequency", "recency", "T"):
                made[name] = given[name]
        for money in ("revenue", "margin"):
            if {money, f"first_{money}"} <= set(given) and monetary_name(money) not in given:
                made[monetary_name(money)] = (made[money] - made[f"first_{money}"]) / made["frequency"].where(x > 0)
        if not made["account_id"].is_monotonic_increasing:
            made = made.sort_values("account_id", kind="stable", ignore_index=True)
        return cls(made, unit=unit, as_of=day, returns="net")

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per account with an occasion, sorted by account_id.

        Columns: account_id, first_order, last_order, frequency (repeat occasions), recency (time from the first to the
        last occasion), T (time from the first occasion to as_of), log_gaps (sum of the logs of the times between
        successive occasions; 0 without repeats, NaN where not known), late_entry, revenue (all money), first_revenue
        (of the first occasion), monetary (mean revenue of the repeat occasions; NaN without), revenue_squares (sum over
        all occasions of their squared revenue); where costs are known the same of margin: margin, first_margin,
        monetary_margin, margin_squares, and costed (repeat occasions whose cost is known); then covariates. Money is
        float64 in the book's currency.
        """
        return self._source.frame(DAYS[self.unit]) if isinstance(self._source, Source) else self._source

    def __repr__(self) -> str:
        return f"<Histories as of {self.as_of}, times in {self.unit}s, credits {self.returns}; see .frame>"

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """Known accounts without a history, by account_id: account_id, reason, revenue (as `returns` counts it)."""
        import pandas as pd

        if isinstance(self._source, Source):
            return self._source.left_out()
        return pd.DataFrame({"account_id": [], "reason": [], "revenue": []}).astype({"revenue": "float64"})

    @cached_property
    def tally(self) -> pd.DataFrame:
        """What was found, in numbers and money: what, count, revenue.

        Rows: accounts (with a history), one for each reason of `left_out`, and, for a book, of all accounts: occasions,
        cancelled occasions, matched credits, unmatched credits (order lines), and days with lines of unknown cost with
        the revenue of those lines. With `returns` "net" or "reject" the money of accounts and reasons is that of
        occasions and credits, and the sum of the book's order lines.
        """
        import pandas as pd

        out = self.left_out.groupby("reason", sort=True)["revenue"].agg(["size", "sum"])
        rows = [("accounts", len(self.frame), self.frame["revenue"].sum())]
        rows += [(str(reason), int(size), money) for reason, size, money in out.itertuples()]
        rows += self._source.found() if isinstance(self._source, Source) else []
        return pd.DataFrame(rows, columns=["what", "count", "revenue"])

    def time(self, horizon: str) -> float:
        """The time from `as_of` to the end of the horizon, in the histories' unit.

        Raises BookError for a bare number or anything not written like 12M or 52W.
        """
        if not isinstance(horizon, str):
            raise BookError(f"a horizon is written with its unit, such as 12M or 52W; found {horizon!r}.")
        return (after(self.as_of, horizon) - self.as_of).days / DAYS[self.unit]

    def compressed(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """The distinct histories, one row each, sorted: frequency, recency, T, *by, count, log_gaps (their sum).

        The likelihood of a purchase model depends on nothing else. Of a book, the engine makes them, and no row per
        account comes to Python. Raises BookError if a column of `by` is not there.
        """
        there = self._source.names if isinstance(self._source, Source) else tuple(self._source.columns)
        for name in by:
            if name not in there:
                raise BookError(f"the histories have no column '{name}'; found {', '.join(there) or 'none'}.")
        keys = ["frequency", "recency", "T", *by]
        if isinstance(self._source, Source):
            return _summed(self._source.compressed(DAYS[self.unit], by), keys)
        return _summed(self._source[[*keys, "log_gaps"]].assign(count=1), keys)


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows added up by their keys: count and log_gaps, which is not known where one of them is not."""
    import numpy as np
    import pandas as pd

    if all(pd.api.types.is_numeric_dtype(rows[name]) for name in keys):
        codes = np.sort(pd.util.hash_pandas_object(rows[keys], index=False).to_numpy())
        if (codes[1:] != codes[:-1]).all():  # no two alike, as of times that are no whole days: nothing to add up
            order = np.arange(len(rows))
            for name in reversed(keys):
                order = order[np.argsort(rows[name].to_numpy()[order], kind="stable")]
            return pd.DataFrame({name: rows[name].to_numpy()[order] for name in (*keys, "count", "log_gaps")})
    groups = rows.assign(__lost=rows["log_gaps"].isna()).groupby(keys, sort=True, dropna=False, observed=True)
    sums = groups.agg(count=("count", "sum"), log_gaps=("log_gaps", "sum"), lost=("__lost", "any"))
    sums["log_gaps"] = sums["log_gaps"].mask(sums.pop("lost"))
    return sums.reset_index()


def _word(given: Any, words: Iterable[str], what: str) -> Any:
    """The word, if it is one of those."""
    if not isinstance(given, str) or given not in words:
        raise BookError(f"the {what} of histories is one of {', '.join(words)}; found {given!r}.")
    return given
