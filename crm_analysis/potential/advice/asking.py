"""Whom to ask first: what a market survey of an account is worth before its answer is known.

The decision an answer serves is whether to go on serving the account. Serving is worth (p - p*) x gain: p is the chance
that the account is promising, p* the chance at which it is not worth more than serving others, gain what a promising
account brings more. An answer says yes (its demand would make it one) or no, and is right with a sensitivity and a
specificity. Asking is worth the mean of what is decided best after each answer, less what is decided best now, less
its cost (pre-posterior analysis; Raiffa & Schlaifer 1961). That is the chance that the answer changes the decision,
times what is at stake when it does, less the cost: an account that no answer could move is worth nothing to ask.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crm_analysis.book import engine
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import UserError
from crm_analysis.periods import before
from crm_analysis.potential.advice.outcome import EXEMPT, OVERRIDE, VETO
from crm_analysis.potential.guard.exact import lower, upper

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]

ASSUMED = 0.8
"""How often an answer is taken to be right where the book cannot tell."""
LEAST = 10
"""Answers of promising accounts, and of others, from which on the book's own surveys tell it."""
AGE = "24M"
"""A market survey counts for so long."""


class Right(NamedTuple):
    """How often answers were right: of so many accounts, with an exact interval (Clopper & Pearson) at LEVEL."""

    share: float
    accounts: int
    low: float
    high: float


@dataclass(frozen=True)
class Accuracy:
    """How often an answer is right.

    `yes`: of accounts that proved promising, those that had named a demand of the Mid bar or more; `no`: of the others,
    those that had named less. Either as the book's market surveys tell or, where `assumed`, ASSUMED of so many accounts
    too few to tell.
    """

    yes: Right
    no: Right
    assumed: bool

    @property
    def tells(self) -> bool:
        """Whether a yes makes an account likelier to be promising; if not, asking is worth nothing."""
        return self.yes.share + self.no.share > 1


class Asked(NamedTuple):
    """What asking each account means.

    p_yes, the chance of yes; if_yes and if_no, the potential after either answer; changes, the chance that the answer
    changes the decision; at_stake, money if it does; value, the worth of asking less its cost.
    """

    p_yes: Array
    if_yes: Array
    if_no: Array
    changes: Array
    at_stake: Array
    value: Array


def accuracy(known: pd.DataFrame) -> Accuracy:
    """How often stated demand was right, of known cases with one; each account's latest, if LEAST of both kinds."""
    if "demand" in known:
        rows = known[known["demand"].notna() & known["promising"].notna()]
        rows = rows.sort_values(["account_id", "as_of"]).drop_duplicates("account_id", keep="last")
        promising, enough = rows["promising"].to_numpy() == 1, rows["demand"].to_numpy() >= 0
    else:
        promising, enough = np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    many = (int(promising.sum()), int((~promising).sum()))
    if min(many) < LEAST:
        yes, no = (Right(ASSUMED, count, np.nan, np.nan) for count in many)
        return Accuracy(yes, no, True)
    counts = (int((enough & promising).sum()), int((~enough & ~promising).sum()))
    tail = (1 - LEVEL) / 2
    yes, no = (
        Right(part / of, of, float(lower(part, of, tail)), float(upper(part, of, tail)))
        for part, of in zip(counts, many, strict=True)
    )
    return Accuracy(yes, no, False)


def asked(potential: Any, gain: Any, break_even: float, yes: float, no: float, cost: float = 0.0) -> Asked:
    """The worth of asking accounts of this potential; `yes` and `no` are how often these answers are right.

    `gain` (one for all or one each) below 0 counts as 0; if yes + no is not above 1, answers tell nothing. UserError
    for chances that are none, or a cost below 0.
    """
    p, money = np.asarray(potential, dtype=np.float64), np.maximum(np.asarray(gain, dtype=np.float64), 0)
    for name, values in (("potential", p), ("break-even", break_even), ("yes", yes), ("no", no)):
        if not np.all((np.asarray(values) >= 0) & (np.asarray(values) <= 1)):
            raise UserError(f"{name}: expected chances from 0 to 1; found others.")
    if not cost >= 0:
        raise UserError(f"the cost of asking is 0 or more; found {cost}.")
    p_yes = p * yes + (1 - p) * (1 - no)
    p_no = 1 - p_yes
    tells = yes + no > 1
    if_yes = np.divide(p * yes, p_yes, out=p.copy(), where=(p_yes > 0) & tells)
    if_no = np.divide(p * (1 - yes), p_no, out=p.copy(), where=(p_no > 0) & tells)
    serve = p >= break_even
    turned = np.where(serve, if_no < break_even, if_yes >= break_even)
    changes = np.where(turned, np.where(serve, p_no, p_yes), 0.0)
    at_stake = np.where(turned, np.abs(np.where(serve, if_no, if_yes) - break_even), 0.0) * money
    return Asked(p_yes, if_yes, if_no, changes, at_stake, changes * at_stake - cost)


def survey_list(
    today: pd.DataFrame,
    gain: float,
    break_even: float,
    right: Accuracy,
    cost: float,
    surveys: int,
    outcomes: pd.DataFrame | None = None,
    about: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The accounts of `today` (cases of a day with their potential), the one most worth asking first.

    `outcomes` (`outcome.outcomes` of the same rows): accounts that a person, a veto or a lot keeps are left out, for no
    answer would change that. `about` (`about` of the book): names and earlier surveys. `surveys`: how many there
    are to give. Where the gain is not known (NaN), money is NaN and accounts stand in the order of any gain at no cost.

    Columns: account_id, name, rep_id, outcome (as far as given), potential, p_yes, potential_if_yes, potential_if_no,
    changes (the chance that the answer changes the decision), at_stake (money a year, when it does), value (changes x
    at_stake - cost), surveyed_on (its last market survey within AGE, NaT without), unheard (no answer of it to any
    satisfaction survey counts: nobody speaks for it), within (asked if the surveys are given in this order to
    accounts that are worth their cost and were not surveyed within AGE: those have said what they would say).
    """
    import pandas as pd

    if surveys < 0:
        raise UserError(f"a survey budget is 0 or more accounts; found {surveys}.")
    rows = today.reset_index(drop=True)
    heard = rows["satisfaction"].notna() if "satisfaction" in rows else pd.Series(False, index=rows.index)
    unknown = bool(np.isnan(gain))
    found = asked(
        rows["potential"], 1.0 if unknown else gain, break_even, right.yes.share, right.no.share,
        0.0 if unknown else cost,
    )  # fmt: skip
    table = pd.DataFrame({"account_id": rows["account_id"]})
    if about is not None:
        table = table.merge(about, on="account_id", how="left", validate="one_to_one")
    if "surveyed_on" not in table:
        table["surveyed_on"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    free = pd.Series(True, index=rows.index)
    if outcomes is not None:
        table["outcome"] = outcomes["outcome"].to_numpy()
        free = ~outcomes["because"].reset_index(drop=True).isin([OVERRIDE, VETO, EXEMPT])
    table = table.assign(
        potential=rows["potential"].to_numpy("float64"),
        p_yes=found.p_yes,
        potential_if_yes=found.if_yes,
        potential_if_no=found.if_no,
        changes=found.changes,
        at_stake=found.at_stake,
        value=found.value,
        unheard=~heard,
        revenue=rows["revenue"].to_numpy("float64"),
        lot=rows["bits"].to_numpy("uint64") if "bits" in rows else np.uint64(0),
    )
    # the lot before the id: renaming accounts must not move the budget's end among equals
    order = ["value", "changes", "revenue", "lot", "account_id"]
    table = table[free].sort_values(order, ascending=[False, False, False, True, True], ignore_index=True)
    worth = (table["value"] > 0) & table["surveyed_on"].isna()
    table["within"] = worth & (np.cumsum(worth.to_numpy()) <= surveys)
    if unknown:
        table[["at_stake", "value"]] = np.nan
    first = [name for name in ("account_id", "name", "rep_id", "outcome") if name in table]
    rest = ["potential", "p_yes", "potential_if_yes", "potential_if_no", "changes", "at_stake", "value", "surveyed_on",
            "unheard", "within"]  # fmt: skip
    return table[first + rest]


def about(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """By account: account_id, name and rep_id (as far as known then), surveyed_on (within AGE, NaT without)."""
    import pandas as pd

    then = book.as_of(as_of)
    day = then.day or then.extracted_on
    names = [name for name in ("name", "rep_id") if then.has("accounts", name)]
    rows = then.table("accounts", *names).select("account_id", *names)
    table = engine.frame(rows.order_by("account_id"))
    table["surveyed_on"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    if then.has("market_surveys"):
        own = then.table("market_surveys")
        own = own.filter((own.surveyed_on > before(day, AGE)) & own.account_id.notnull())
        last = engine.frame(own.group_by("account_id").agg(last=own.surveyed_on.max()).order_by("account_id"))
        table["surveyed_on"] = table["account_id"].map(last.set_index("account_id")["last"]).astype("datetime64[ns]")
    return table
