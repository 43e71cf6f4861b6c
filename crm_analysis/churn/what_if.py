"""What holding accounts better would bring: retention up by so many points, over five years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.yearly import ALL, YEARS
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import listed
from crm_analysis.value.lifetime.forecasts import LEVEL
from crm_analysis.value.lifetime.worth import ANNUAL_RATE, CELLS, FEWEST, MOST
from crm_analysis.value.segments import INACTIVE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition import Spells

    Array = NDArray[np.float64]

THIN = 10
"""Accounts below which a segment has no rates of its own, and takes the whole book's."""
_SEED = 20260930
_BLOCK = 4_000_000


@dataclass(frozen=True)
class WhatIf:
    """What `points` more of retention a year would bring within YEARS.

    `table`: one row per segment raised, sorted, and where there are several the row ALL. Columns:

    - segment; accounts (counted there today); going_on (of them, expected to be really there); retention, raised (of a
      year; in the row ALL the means over going_on);
    - remaining, remaining_raised (accounts expected after YEARS), more_accounts (the difference);
    - revenue and more_revenue of all YEARS, discounted; with costs margin and more_margin likewise;
    - with costs, what may be spent at most: break_even_once (today, on each account counted), break_even_yearly (every
      year, on each account still there).

    But for the first line and remaining_raised, low_ and high_ before a name are its interval.

    `years`: segment, year (0 is today), accounts, accounts_raised and, of that year and not discounted, revenue,
    revenue_raised. `comparison`: given a curve, one row per way to go on, constant rates or the curve's: way,
    remaining, more_accounts, more_revenue and more_margin with their intervals; None without. `notes`: what was
    assumed, in sentences.
    """

    points: float
    table: pd.DataFrame
    years: pd.DataFrame
    comparison: pd.DataFrame | None
    notes: tuple[str, ...]


def population(spells: Spells, frame: pd.DataFrame) -> pd.DataFrame:
    """The accounts there today that have not said goodbye: account_id, segment, revenue and, with costs, margin.

    `frame` is what `accounts.accounts` returns for the spells' day over a year, with the column `segment`.
    """
    rows = spells.there(spells.as_of)
    rows = rows.loc[~rows["said_goodbye"], ["account_id"]]
    names = [name for name in ("account_id", "segment", "revenue", "margin") if name in frame]
    return rows.merge(frame[names], on="account_id").sort_values("account_id", ignore_index=True)


def what_if(
    rates: pd.DataFrame,
    money: pd.DataFrame,
    points: float,
    segment: str | None = None,
    curve: pd.DataFrame | None = None,
    annual_rate: float = ANNUAL_RATE,
    level: float = LEVEL,
) -> WhatIf:
    """What it would bring to hold `points` (0.05 is five in a hundred) more accounts a year, in one segment or in all.

    `rates` and `curve` are what `yearly.rates` and `yearly.curve` return, `money` what `population` does. Of the
    accounts counted there today, such a part is going on as on the last decided day. A year later `retention` of these
    is left, and of those as many again; or, with `curve`, as many as its year says: the segment then leaves at the
    curve's pace times what its first year is to that of the curve. Year by year they bring what the accounts counted
    brought in the last year, but for the part that those gone in silence brought, times the mean of the shares left
    when the year begins and when it ends; discounted from its middle. No new account comes, and none that left comes
    back. Raised retention is at most 1.

    Intervals hold what is not known of the rates (Jeffreys' beta) and of what an account brings (bootstrap over
    accounts). They are of expected numbers: what chance makes of these is not in them. Raises UserError for points that
    are none or a segment without accounts, BookError where nobody was there a year ago.
    """
    import pandas as pd

    if not 0 < points < 1:
        raise UserError(f"points of retention are a share between 0 and 1, such as 0.05; found {points!r}.")
    money = money.assign(segment=money["segment"].fillna(INACTIVE)).sort_values("account_id")
    known = sorted(money["segment"].unique())
    if not known or segment not in (None, *known):
        expected = f"one of {', '.join(known)}" if known else "accounts there today, of which there are none"
        raise UserError(f"no account there today is of the segment {segment!r}; expected {expected}.")
    rng = np.random.default_rng(_SEED)
    draws = int(np.clip(CELLS // len(money), FEWEST, MOST))
    parts = _parts(rates, money if segment is None else money[money["segment"] == segment], draws, rng)
    flat = [_Course.of(part, points) for part in parts]
    notes = [label("what_if_new")]
    if pooled := [part.name for part in parts if part.pooled]:
        notes.append(label("what_if_pooled", segments=listed(map(code_said, pooled)), thin=THIN))
    if capped := [part.name for part in parts if part.retention[0] + points > 1]:
        notes.append(label("what_if_capped", segments=listed(map(code_said, capped))))
    comparison = None
    if curve is not None:
        if len(curve) < YEARS:
            notes.append(label("what_if_short", years=YEARS, known=len(curve)))
        yearly = _chances(curve["kept"], curve["there"], draws, rng)
        own = [_Course.of(part, points, yearly) for part in parts]
        ways = {"constant": flat, "curve": own}
        rows = [{"way": label(f"way_{way}")} | _whole(ways[way])[-1].row(annual_rate, level) for way in ways]
        shown = [name for name in rows[0] if name == "way" or name.endswith("remaining") or "more_" in name]
        comparison = pd.DataFrame(rows)[shown]
    return WhatIf(
        points,
        pd.DataFrame([course.row(annual_rate, level) for course in _whole(flat)]),
        pd.concat([course.years() for course in _whole(flat)], ignore_index=True),
        comparison,
        tuple(notes),
    )


@dataclass(frozen=True)
class _Part:
    """A segment: accounts counted today, the share going on, a year's retention, and what those bring per counted one.

    Of arrays the first number is what was found, the others are draws.
    """

    name: str
    accounts: int
    going_on: Array
    retention: Array
    money: dict[str, Array]
    pooled: bool


def _parts(rates: pd.DataFrame, money: pd.DataFrame, draws: int, rng: np.random.Generator) -> list[_Part]:
    """The segments, sorted; those that are too thin share the whole book's rates, and draws of them."""
    rows: dict[str, Any] = {str(row["segment"]): row for row in rates.to_dict("records")}
    shares: dict[str, tuple[Array, Array, Array]] = {}
    parts = []
    for name, own in money.groupby("segment", sort=True):
        pooled = name not in rows or min(rows[str(name)]["counted"], rows[str(name)]["there"]) < THIN
        key = ALL if pooled else str(name)
        if key not in shares:
            shares[key] = _shares(rows[key], draws, rng)
        going, on, kept = shares[key]
        means = {what: on * mean for what, mean in _means(own, draws, rng).items()}
        parts.append(_Part(str(name), len(own), going, kept, means, pooled))
    return parts


def _shares(row: dict[str, Any], draws: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Of accounts counted the part going on, of their money the part that these bring, and a year's retention."""
    if not (row["counted"] and row["there"]):
        raise BookError(label("nobody_a_year_before"))
    on = np.concatenate([[0.0], rng.standard_normal(draws)]) * row["revenue_error"] + row["revenue_going_on"]
    going, kept = _chances([row["going_on"], row["kept"]], [row["counted"], row["there"]], draws, rng)
    return going, np.clip(on, 0.0, 1.0), kept


@dataclass(frozen=True)
class _Course:
    """What becomes of a segment, or of several together, with retention as it is and raised.

    Of each array the first axis is these two, the last one as in a segment: `rate` of the first year, `there` the
    accounts by year from 0 on, `money` by name and year from 1 on.
    """

    name: str
    accounts: int
    rate: Array
    there: Array
    money: dict[str, Array]

    @classmethod
    def of(cls, part: _Part, points: float, yearly: Array | None = None) -> _Course:
        rate = np.broadcast_to(part.retention, (YEARS, part.retention.size))
        if yearly is not None:
            pace = -np.log(np.maximum(yearly[np.minimum(np.arange(YEARS), len(yearly) - 1)], 1e-9))
            own = -np.log(np.maximum(part.retention, 1e-9))
            # where the curve loses nobody in its first year it tells no pace
            rate = np.where(pace[0] > 0, np.exp(-own * pace / np.where(pace[0] > 0, pace[0], 1.0)), rate)
        both = np.stack([rate, np.minimum(rate + points, 1.0)])
        shares = np.concatenate([np.ones((2, 1, rate.shape[1])), np.cumprod(both, axis=1)], axis=1)
        mean = part.accounts * (shares[:, 1:] + shares[:, :-1]) / 2
        money = {name: mean * each for name, each in part.money.items()}
        return cls(part.name, part.accounts, both[:, 0], part.accounts * part.going_on * shares, money)

    @classmethod
    def sum(cls, courses: list[_Course]) -> _Course:
        there = np.sum([course.there for course in courses], axis=0)
        start = [course.there[0, 0] for course in courses]
        rate = np.sum([course.rate * weight for course, weight in zip(courses, start, strict=True)], axis=0)
        money = {name: np.sum([course.money[name] for course in courses], axis=0) for name in courses[0].money}
        return cls(
            ALL,
            sum(course.accounts for course in courses),
            rate / np.maximum(np.sum(start, axis=0), 1e-9),
            there,
            money,
        )

    def row(self, annual_rate: float, level: float) -> dict[str, Any]:
        """The row of WhatIf.table."""
        plain, raised = self.there[:, :, 0]
        row = {"segment": self.name, "accounts": self.accounts, "going_on": plain[0]}
        row |= {"retention": self.rate[0, 0], "raised": self.rate[1, 0]}
        row |= dict(_told("remaining", self.there[0, -1], level)) | {"remaining_raised": raised[-1]}
        row |= dict(_told("more_accounts", self.there[1, -1] - self.there[0, -1], level))
        discount = (1 + annual_rate) ** -(np.arange(YEARS) + 0.5)
        for name, (as_is, held) in self.money.items():
            row |= dict(_told(name, discount @ as_is, level))
            row |= dict(_told(f"more_{name}", discount @ (held - as_is), level))
        if "margin" in self.money:
            gain = discount @ (self.money["margin"][1] - self.money["margin"][0])
            spells = discount @ (self.there[1, 1:] + self.there[1, :-1]) / 2
            row |= dict(_told("break_even_once", gain / self.accounts, level))
            row |= dict(_told("break_even_yearly", gain / np.maximum(spells, 1e-9), level))
        return row

    def years(self) -> pd.DataFrame:
        """The rows of WhatIf.years."""
        import pandas as pd

        table = pd.DataFrame({"segment": self.name, "year": np.arange(YEARS + 1)})
        for name, values in (("accounts", self.there), ("revenue", self.money["revenue"])):
            for which, end in enumerate(("", "_raised")):
                own = values[which, :, 0]
                table[name + end] = np.concatenate([np.full(YEARS + 1 - len(own), np.nan), own])
        return table


def _whole(courses: list[_Course]) -> list[_Course]:
    """The courses and, where there are several, their sum."""
    return [*courses, _Course.sum(courses)] if len(courses) > 1 else courses


def _told(name: str, values: Array, level: float) -> Iterator[tuple[str, float]]:
    """What was found, and an interval of the draws after it that holds it."""
    low, high = np.quantile(values[1:], [(1 - level) / 2, (1 + level) / 2], method="weibull")
    found = float(values[0])
    yield from {name: found, f"low_{name}": min(float(low), found), f"high_{name}": max(float(high), found)}.items()


def _chances(hits: Any, of: Any, draws: int, rng: np.random.Generator) -> Array:
    """One row for each count: the share found, then draws from Jeffreys' beta."""
    hits, of = np.asarray(hits, dtype=float)[:, None], np.asarray(of, dtype=float)[:, None]
    return np.concatenate([hits / of, rng.beta(hits + 0.5, of - hits + 0.5, (len(hits), draws))], axis=1)


def _means(money: pd.DataFrame, draws: int, rng: np.random.Generator) -> dict[str, Array]:
    """Money per account: the mean found, then means of accounts drawn with replacement, alike for all columns."""
    columns = [name for name in ("revenue", "margin") if name in money]
    values = money[columns].fillna(0.0).to_numpy("float64")
    means, step = [values.mean(axis=0)[None]], max(1, _BLOCK // len(values))
    for start in range(0, draws, step):
        drawn = rng.integers(0, len(values), (min(step, draws - start), len(values)))
        means.append(values[drawn].mean(axis=1))
    return dict(zip(columns, np.concatenate(means).T, strict=True))
