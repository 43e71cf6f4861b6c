"""One account as the book knew it on a day: a facade for the page that a sales person takes to a meeting.

Each block is made once, when it is asked for; what the book cannot carry raises a BookError that says so in words. All
of it is read from the book as of the day, so nothing that became known later is in it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from crm_analysis.book import engine
from crm_analysis.book.days import order_days
from crm_analysis.brief import beside as beside_
from crm_analysis.brief import expected, pending, voice, who
from crm_analysis.brief import since as since_
from crm_analysis.brief.trade import Trade
from crm_analysis.brief.which import day_of, which
from crm_analysis.errors import BookError, UserError
from crm_analysis.plan.outlook import Outlook as Plan
from crm_analysis.plan.outlook import outlook as plan_outlook

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.risks import Risks
    from crm_analysis.value.outlook import Outlook as Value

Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Brief:
    """What `book` knew of `account` (an account_id) on `day`."""

    book: Book
    account: str
    day: dt.date

    # --- what the packages tell of all accounts ---

    @cached_property
    def plan(self) -> Plan:
        """The plan page's own, as its notebook makes it unless told otherwise."""
        return plan_outlook(self.book, self.day)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every account known on the day, a row each, by account_id: the plan's table."""
        return self.plan.table

    @cached_property
    def row(self) -> pd.Series:
        """The account's row of `frame`."""
        found: pd.Series = self.frame[self.frame["account_id"] == self.account].iloc[0]
        return found

    @cached_property
    def revenue_rank(self) -> tuple[int, int]:
        """Its place by revenue of the year, and how many accounts ordered in it."""
        active = self.frame[self.frame["active"]]
        return int((active["revenue"] > self.row["revenue"]).sum()) + 1, len(active)

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of our people by rep_id."""
        return who.names(self.book, self.day)

    # --- the account by itself ---

    @cached_property
    def trade(self) -> Trade:
        """What it bought."""
        return Trade(self.book, self.account, self.day)

    @property
    def usual_pause(self) -> float:
        """The days that nine in ten of its pauses are no longer than: counted, or of few estimated; NaN for neither."""
        counted = self.trade.usual_pause
        return float(self.row["rhythm_days"] if counted is None else counted)

    @cached_property
    def ordered(self) -> bool:
        """Whether it ever ordered."""
        days = order_days(self.book)
        mine = days.filter((days.account_id == self.account) & days.bought)
        return len(engine.frame(mine.limit(1))) > 0

    @cached_property
    def people(self) -> pd.DataFrame:
        """The people we know there (`who.people`)."""
        return who.people(self.book, self.account)

    @cached_property
    def siblings(self) -> pd.DataFrame:
        """The other accounts of its group (`who.siblings`)."""
        return who.siblings(self.frame, self.account)

    @cached_property
    def since(self) -> since_.Since | None:
        """What happened since the last visit (`since.since`)."""
        return since_.since(self.book, self.account, self.trade)

    @cached_property
    def owed(self) -> pending.Owed | None:
        """What it owes (`pending.owed`)."""
        return pending.owed(self.book, self.account, self.day)

    @cached_property
    def complaints(self) -> pd.DataFrame:
        """Its complaints open, and of the last year (`pending.complaints`)."""
        return pending.complaints(self.book, self.account, self.day)

    @cached_property
    def deals(self) -> pd.DataFrame:
        """Its opportunities open, and ended in the last year (`pending.deals`)."""
        return pending.deals(self.book, self.account, self.day)

    @cached_property
    def contracts(self) -> pd.DataFrame:
        """Its contracts (`pending.contracts`)."""
        return pending.contracts(self.book, self.account, self.day)

    @cached_property
    def wallet(self) -> tuple[dt.date, float, float, str] | None:
        """What it said of its whole demand (`pending.wallet`)."""
        return pending.wallet(self.book, self.account, self.day)

    @cached_property
    def heard(self) -> voice.Heard | None:
        """What its people said of us (`voice.heard`)."""
        return voice.heard(self.book, self.account, self.day)

    @cached_property
    def goodbye(self) -> pd.Series | None:
        """What it said when it left (`voice.goodbye`)."""
        return voice.goodbye(self.book, self.account)

    @cached_property
    def notes(self) -> pd.DataFrame:
        """What our people wrote last (`voice.notes`)."""
        return voice.notes(self.book, self.account)

    # --- beside others, and ahead ---

    @cached_property
    def beside(self) -> pd.DataFrame:
        """Its year beside the year before, and beside others of its segment (`beside.beside`)."""
        return beside_.beside(self.book, self.day, self.account, self.frame)

    @cached_property
    def _value(self) -> Value:
        return expected.value_look(self.book, self.day)

    @cached_property
    def _risks(self) -> Risks:
        return expected.risks_look(self.book, self.day, self._value)

    @cached_property
    def worth(self) -> expected.Worth | None:
        """Its lifetime value (`expected.value_of`)."""
        return _in_words(lambda: expected.value_of(self._value, self.account))

    @cached_property
    def potential(self) -> tuple[float, float, float] | None:
        """The chance that it becomes Mid, with its interval, as the potential page tells it; None unless it is Low.

        Raises BookError where the page has no score.
        """
        look = self.plan.potential
        if self.row["class"] != "Low" or not look.scored:
            return None
        own = look.today[look.today["account_id"] == self.account]
        if own.empty:
            return None
        chance, low, high = (float(own[name].iloc[0]) for name in ("potential", "low", "high"))
        return (chance, low, high) if low == low else None

    @cached_property
    def risk(self) -> expected.Risk | None:
        """The chance that it leaves (`expected.risk_of`); None where it never ordered."""
        if not self.ordered:
            return None
        return _in_words(lambda: expected.risk_of(self._risks, self.account))

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why value or risk cannot be told, in sentences; nothing where they are."""
        found = []
        for block in (lambda: self.worth, lambda: self.risk):
            try:
                block()
            except BookError as lack:
                found.append(str(lack))
        return tuple(dict.fromkeys(found))


def brief(book: Book, account: str, as_of: str | dt.date | None = None) -> Brief:
    """The brief of the one account that `account` fits (`which.which`), as of a day or of the book's last.

    Raises BookError for a day the book knows nothing of, or if no account fits, or several do.
    """
    day = day_of(book, as_of)
    return Brief(book.as_of(day), which(book, account, day), day)


def told(block: Callable[[], Found]) -> Found | None:
    """What the block tells; None where the book cannot carry it."""
    try:
        return block()
    except BookError:
        return None


def _in_words(block: Callable[[], Found]) -> Found:
    """The same, every refusal a BookError."""
    try:
        return block()
    except BookError:
        raise
    except UserError as refused:
        raise BookError(str(refused)) from None
