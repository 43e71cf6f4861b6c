"""The outlook of a book on leaving: who left, why, who is about to, and what holding them is worth.

A facade for the retention page. Each step is computed once, when it is asked for; what the book cannot carry raises a
BookError that says so in words, so that the rest can still be shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.accounts import WINDOW, accounts, snapshots
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition import Costs, Leaving, Spells, leaving
from crm_analysis.churn.definition.partial import DROP, falls, partial
from crm_analysis.churn.definition.rhythm import rhythm
from crm_analysis.churn.definition.silence import days_of, reactivation
from crm_analysis.churn.risks import Risks
from crm_analysis.churn.stays import Stays
from crm_analysis.churn.survival import features
from crm_analysis.churn.take_along import TakeAlong, take_along
from crm_analysis.churn.what_if import WhatIf, population, what_if
from crm_analysis.churn.yearly import ALL, curve, days_asked, rates
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.value.holdout import HORIZON as TRIED
from crm_analysis.value.lifetime.forecasts import discount
from crm_analysis.value.lifetime.worth import ANNUAL_RATE, HORIZON, Worth
from crm_analysis.value.outlook import outlook as value_outlook
from crm_analysis.value.segments import INACTIVE, bars, segments

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


@dataclass(frozen=True)
class Wishes:
    """What the reader of the page asks for beyond the definition of leaving.

    `drop`: the fall in spending that is partial churn; `points`: by how much retention is raised in what-if; `reason`
    and `share`: the claim that so many leave for this reason; the rest is as the value page has it (`value.outlook`).
    """

    drop: float = DROP
    points: float = 0.05
    reason: str = "service"
    share: float = 2 / 3
    horizon: str = HORIZON
    tried: str = TRIED
    annual_rate: float = ANNUAL_RATE
    unit: str = "week"
    returns: str = "net"


@dataclass(frozen=True)
class Outlook:
    """Leaving as the book tells it on `day`, the last of which anything is known.

    - `frame`: one row per account known, as `accounts.accounts` over a year, with its segment, or that it is inactive;
    - `defined`: what counts as leaving; None if the book is too short to say, and `refusal` says why.
    """

    book: Book
    day: dt.date
    frame: pd.DataFrame
    defined: Leaving | None
    refusal: str
    wishes: Wishes = field(default_factory=Wishes)

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {
            "of": self.book.name,
            "as_of": self.day,
            "sentence": self.defined.sentence if self.defined else None,
            "refusal": self.refusal or None,
        }
        return Card(
            "Outlook: retention", facts, next=(".yearly", ".stays.curve", ".risks.accounts", ".silent", ".down")
        )

    @property
    def told(self) -> Leaving:
        """What counts as leaving; raises BookError if that cannot be said."""
        if self.defined is None:
            raise BookError(label("leave_none"))
        return self.defined

    @property
    def lives(self) -> Spells:
        """The spells that how long accounts stay is told by: who came back has stayed (`Spells.lifelong`)."""
        return self.told.spells.lifelong

    # --- what counts as leaving ---

    @property
    def windows(self) -> pd.DataFrame:
        """The windows tried (`silence.windows`); raises BookError where none were, with the reason."""
        choice = self.told.choice
        if choice is None:
            raise BookError(label("leave_not_chosen"))
        columns = ["months", "alarms", "false_alarm_share", "low", "high", "accounts_false", "missed", "cost", "chosen"]
        return choice[columns].rename(columns={"cost": "wait_cost"})

    @cached_property
    def reactivation(self) -> pd.DataFrame:
        """As `silence.reactivation`; raises BookError if the book is too short, or contracts tell who left."""
        if self.told.basis != "orders":
            raise BookError(label("leave_not_chosen"))
        found = reactivation(self.book, self.day)
        if found.empty:
            raise BookError(label("leave_no_silence"))
        return found

    @property
    def kinds(self) -> pd.Series:
        """How many accounts are there (open), left, ours, closed; who came back counts as there."""
        import pandas as pd

        kinds = self.lives.frame["kind"].value_counts()
        return kinds.reindex(pd.Index(["open", "left", "ours", "closed"]), fill_value=0)

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The last day that is decided and the one a year before, earlier first; raises BookError as `days_asked`."""
        return days_asked(self.lives)

    @cached_property
    def rates(self) -> pd.DataFrame:
        """A year's retention by segment (`yearly.rates`); raises BookError if the book reaches back too little."""
        days = self.days
        known = snapshots(self.book, days, WINDOW)
        parts = [segments(own, bars(own))["segment"] for _, own in known.groupby("as_of")]
        table = rates(self.lives, known.assign(segment=_together(parts)))
        if not int(table["there"].iloc[-1]):
            raise BookError(label("stay_nobody_there", day=days[0]))
        return table

    @property
    def yearly(self) -> pd.Series:
        """The last row of `rates`, of all accounts."""
        table = self.rates
        row: pd.Series = table[table["segment"] == ALL].iloc[0]
        return row

    # --- rooms ---

    @cached_property
    def stays(self) -> Stays:
        """How long accounts stay and why they leave; raises BookError if leaving has no definition."""
        spells = self.lives
        try:
            rate: float | None = float(self.yearly["retention"])
        except BookError:
            rate = None
        return Stays(self.book, spells, self.frame, rate, self.wishes.reason, self.wishes.share)

    @cached_property
    def risks(self) -> Risks:
        """Who is at risk, and how far that can be trusted; raises BookError if leaving has no definition."""
        return Risks(self.book, self.told.spells, self.frame, self._worth)

    def _worth(self) -> Worth | None:
        """The lifetime values that the value page shows for the same wishes; None if it can tell none."""
        own = self.wishes
        return value_outlook(self.book, self.day, own.horizon, own.tried, own.annual_rate, own.unit, own.returns).worth

    @property
    def silent(self) -> pd.DataFrame:
        """The accounts there that are silent for longer than nine in ten of their gaps, the largest revenue first.

        Columns: account_id, name, segment, rep_id, revenue (of the last year), silent_days, rhythm_days, silence_ratio.
        Where leaving has no definition, those count as there that ordered within the year.
        """
        import pandas as pd

        own = self.frame.set_index("account_id")
        if self.defined is None:
            there = own.index[own["active"].astype(bool)]
        else:
            rows = self.defined.spells.there(self.day)
            there = pd.Index(rows.loc[~rows["said_goodbye"], "account_id"])
        table = rhythm(self.book, self.day, own["segment"])
        table = table[table["account_id"].isin(there) & (table["silence_ratio"] > 1)]
        names = [name for name in ("name", "segment", "rep_id", "revenue") if name in own]
        table = table.join(own[names], on="account_id")
        table = table.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
        return table[["account_id", *names, "silent_days", "rhythm_days", "silence_ratio"]]

    # --- spending down ---

    @cached_property
    def _partial(self) -> pd.DataFrame:
        try:
            return partial(self.book, self.day, self.told.spells, self.wishes.drop)
        except BookError:
            raise
        except UserError as refused:
            raise BookError(label("down_none", reason=refused)) from None

    @property
    def falls(self) -> pd.DataFrame:
        """How many fell, beside how many rose as far (`partial.falls`)."""
        return falls(self._partial)

    @property
    def down(self) -> pd.DataFrame:
        """The accounts whose spending is down by `drop` or more, the largest loss first, with name and segment."""
        table = self._partial[self._partial["down"]].drop(columns=["down", "up"])
        table.insert(3, "revenue_change", table["revenue"] - table["revenue_before"])
        names = [name for name in ("name", "segment", "rep_id") if name in self.frame]
        beside = self.frame.set_index("account_id")[names].reindex(table["account_id"])
        for place, name in enumerate(names, start=1):
            table.insert(place, name, beside[name].to_numpy(dtype=object))
        return table.sort_values(["revenue_change", "account_id"], ignore_index=True)

    # --- what would change ---

    @cached_property
    def what_if(self) -> WhatIf:
        """What `points` more of retention in each segment would bring (`what_if.what_if`)."""
        spells = self.lives
        money = population(spells, self.frame)
        if money.empty:
            raise BookError(label("stay_nobody_there", day=self.day))
        return what_if(self.rates, money, self.wishes.points, curve=curve(spells), annual_rate=self.wishes.annual_rate)

    @property
    def what_if_table(self) -> pd.DataFrame:
        """The columns of `WhatIf.table` that tell the difference."""
        table = self.what_if.table
        ends = ["more_accounts", "more_margin" if "more_margin" in table else "more_revenue", "break_even_yearly"]
        names = [f"{way}{name}" for name in ends for way in ("", "low_", "high_")]
        columns = ["segment", "accounts", "retention", "raised", *names]
        return table[[name for name in columns if name in table]]

    @cached_property
    def take_along(self) -> TakeAlong:
        """What hangs on each sales person (`take_along.take_along`)."""
        return take_along(self.book, self.frame, self.day)

    # --- what more data would tell ---

    @property
    def missing(self) -> pd.DataFrame:
        """What the book lacks, a row per sentence: why, unlocks (what it would tell). No rows where it has all."""
        import pandas as pd

        lacks: dict[str, list[str]] = {}
        for name, why in features.missing(self.book).items():
            lacks.setdefault(why, []).append(label(f"feature_{name}"))
        if lack := self.book.why_not("exits", "reason"):
            lacks.setdefault(lack, []).append(label("unlock_exits"))
        try:
            more = self.take_along.missing
        except BookError as nobody:
            more = pd.DataFrame({"why": [str(nobody)], "unlocks": [label("unlock_rep_id")]})
        for why, unlocks in zip(more["why"], more["unlocks"], strict=True):
            lacks.setdefault(why, []).append(unlocks)
        rows = [(why, clauses(dict.fromkeys(what))) for why, what in lacks.items()]
        return pd.DataFrame(rows, columns=["why", "unlocks"])


def outlook(
    book: Book,
    as_of: str | dt.date,
    silence: str = "",
    costs: Costs | None = None,
    wishes: Wishes | None = None,
) -> Outlook:
    """Leaving as a book tells it, as known on a day; `silence` and `costs` are as `definition.leaving` takes them.

    Raises UserError for a wish that cannot be met by any book: a share, rate or number of points that is none.
    """
    known, wishes = book.as_of(as_of), wishes or Wishes()
    _checked(wishes)
    day = last_known(known)
    if silence:
        days_of(silence)
    frame = accounts(known, day, WINDOW)
    frame["segment"] = segments(frame, bars(frame))["segment"].fillna(INACTIVE)
    try:
        return Outlook(known, day, frame, leaving(known, day, silence or None, costs=costs), "", wishes)
    except BookError as refused:
        return Outlook(known, day, frame, None, str(refused), wishes)


def _checked(wishes: Wishes) -> None:
    """Raise UserError for what no book could answer, before anything is computed."""
    for name in ("drop", "points", "share"):
        value = getattr(wishes, name)
        if not 0 < value < 1:
            raise UserError(f"{name} is a share between 0 and 1, such as {getattr(Wishes, name):.2g}; found {value!r}.")
    discount(wishes.annual_rate, "week")


def _together(parts: list[pd.Series]) -> pd.Series:
    import pandas as pd

    return pd.concat(parts)
