"""The plan as a book tells it: who gets which treatment, by whom, with what effort.

A facade for the plan page. Each room is made once, when it is asked for; what the book cannot carry raises a BookError
that says so in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import accounts
from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.contacts import contacts
from crm_analysis.errors import BookError, UserError
from crm_analysis.frames import found, widened
from crm_analysis.labels import label
from crm_analysis.plan import summary
from crm_analysis.plan.actions import actions
from crm_analysis.plan.decisions.fate import Fates, fates
from crm_analysis.plan.effort.balance import Balance, balance
from crm_analysis.plan.effort.delivered import delivered, purposes
from crm_analysis.plan.effort.hours import Hours, hours
from crm_analysis.plan.effort.lengths import Lengths, lengths
from crm_analysis.plan.effort.need import Need, need, teams, todays_minutes
from crm_analysis.plan.effort.owners import owners
from crm_analysis.plan.facts import Low, facts
from crm_analysis.plan.grades.bad import bad_accounts, invoice_days
from crm_analysis.plan.grades.bar import LossBar, followed, let_pass, loss_bar
from crm_analysis.plan.policy import Policy
from crm_analysis.plan.treatment.rules import TEAMS
from crm_analysis.plan.treatment.treated import Treated, treated
from crm_analysis.potential.low import Wishes
from crm_analysis.potential.outlook import Outlook as Potential
from crm_analysis.potential.outlook import outlook as potential_outlook
from crm_analysis.potential.safety import Promise
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.reps import COLUMNS, reps
from crm_analysis.value.segments import Bars, bars

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


_OTHER = "another team"


@dataclass(frozen=True, eq=False)
class Outlook:
    """The plan as `book` tells it on `day`, the last of which anything is known."""

    book: Book
    day: dt.date
    policy: Policy = field(default_factory=Policy)
    wishes: Wishes = field(default_factory=Wishes)
    promise: Promise = field(default_factory=Promise)

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {"of": self.book.name, "as_of": self.day, "horizon": self.wishes.horizon}
        return Card("Outlook: plan", facts, next=(".table", ".treated", ".loss", ".hours", ".people"))

    # --- what everything starts from ---

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account known on the day (`accounts.accounts`)."""
        return accounts(self.book, self.day)

    @cached_property
    def bars(self) -> Bars:
        """The bars of High, Mid and of the margin rate."""
        return bars(self.accounts, self.wishes.high_bar, self.wishes.mid_bar)

    @cached_property
    def potential(self) -> Potential:
        """The potential page's own, made for the same wishes."""
        return potential_outlook(self.book, self.day, self.wishes, self.promise)

    @cached_property
    def low(self) -> Low | None:
        """The Low accounts as the potential page has them; None where nobody is Low."""
        look = self.potential
        try:
            return Low(look.today, look.usual.share if look.scored else np.nan, look.money.gain.amount)
        except BookError:
            return None

    @cached_property
    def facts(self) -> pd.DataFrame:
        """One row per account (`facts.facts`), with days_late and fails, of the loss bar; people by name."""
        frame = facts(self.book, self.day, self.bars, self.low, self.accounts)
        late, fails = np.full(len(frame), np.nan), np.zeros(len(frame), dtype=bool)
        try:
            now = self.bad[self.bad["as_of"] == np.datetime64(self.day)]
            late = found(now[["account_id", "days_late"]], frame["account_id"])["days_late"]
            fails = self.loss.fails(late)
        except BookError:
            pass
        more = {"decided_by": self._named(frame["decided_by"]), "days_late": late, "fails": fails}
        return widened(frame, more)

    # --- what can be borne ---

    @cached_property
    def _bad(self) -> pd.DataFrame | BookError:
        try:
            return self._bad_on(invoice_days(self.book, self.day)[:2])
        except BookError as lack:
            return lack

    @property
    def bad(self) -> pd.DataFrame:
        """Accounts that owed anything (`grades.bad.bad_accounts`), on the day and, where that is told, a year before.

        Raises BookError without invoices.
        """
        if isinstance(self._bad, BookError):
            raise self._bad
        return self._bad

    def _bad_on(self, days: Sequence[dt.date]) -> pd.DataFrame:
        return bad_accounts(self.book, days, self.policy.overdue_days)

    @cached_property
    def loss(self) -> LossBar:
        """The loss bar; raises BookError where invoices cannot tell who goes bad."""
        try:
            return loss_bar(followed(self.bad), self.policy.bad_share)
        except BookError:
            raise
        except UserError as gap:  # a year without a debt between others
            raise BookError(str(gap)) from None

    @property
    def let_pass(self) -> pd.DataFrame:
        """What the loss bar would have let pass in each year (`grades.bar.let_pass`); raises BookError as `loss`."""
        import pandas as pd

        earlier = invoice_days(self.book, self.day)[2:]
        past = followed(pd.concat([self._bad_on(earlier), self.bad]) if earlier else self.bad)
        return let_pass(past, self.loss.at.days_late)

    @cached_property
    def people(self) -> pd.DataFrame:
        """Our sales people (`reps.reps`); where the book has no such table, whom its accounts name, without hours."""
        import pandas as pd

        try:
            return reps(self.book, self.day)
        except BookError:
            named: list[str] = []
            if self.book.has("accounts", "rep_id"):
                rows = self.book.table("accounts", "rep_id")
                named = sorted(engine.frame(rows.filter(rows.rep_id.notnull()).select("rep_id").distinct())["rep_id"])
            frame = pd.DataFrame({"rep_id": np.array(named, dtype=object)}).reindex(columns=COLUMNS)
            return frame.astype({"name": object, "team": object, "hours_per_week": "float64"})

    @cached_property
    def lengths(self) -> Lengths:
        """How long contacts take."""
        import pandas as pd

        classes = pd.Series(self.facts["class"].to_numpy(), index=self.facts["account_id"])
        return lengths(self.book, self.day, classes)

    @cached_property
    def hours(self) -> Hours:
        """The hours there are for contacts."""
        took = todays_minutes(self.facts, self.lengths).sum()
        return hours(self.people, float(took), self.policy.capacity, self.policy.weeks)

    # --- the plan ---

    @cached_property
    def treated(self) -> Treated:
        """Treatments and grades of all accounts."""
        capacity = self.hours.contacts * 60 if self.hours.contacts > 0 else np.inf
        try:
            late_bar = self.loss.at.days_late
        except BookError:
            late_bar = np.inf
        return treated(self.facts, self.day, self.bars, self.policy, self.lengths, capacity, late_bar)

    @cached_property
    def table(self) -> pd.DataFrame:
        """`Treated.table` with owner (rep_id, "" for none), owner_name, owner_why and minutes_today (a year's)."""
        import pandas as pd

        rows, people = self.treated.table, self.people
        # whose team is none of the plan's cannot be held against it: such people keep what is theirs
        elsewhere = ~pd.Series(teams(people["team"]), dtype=object).isin(TEAMS).to_numpy()
        theirs = rows["rep_id"].isin(people.loc[elsewhere, "rep_id"])
        people = people.assign(team=people["team"].mask(elsewhere, _OTHER))
        dealt = widened(rows, {"team": rows["team"].mask(theirs, _OTHER)})
        given = owners(dealt, people, self.hours.minutes(people))
        if people.empty:
            given["owner_why"] = label("owner_nobody_named")
        owner = given["owner"]
        more = {"owner": owner, "owner_name": self._named(owner), "owner_why": given["owner_why"]}
        return widened(rows, more | {"minutes_today": todays_minutes(rows, self.lengths)})

    def _named(self, ids: pd.Series) -> pd.Series:
        """The names of our people by rep_id; the id of those not here, or without a name."""
        return ids.map(self.people.set_index("rep_id")["name"]).fillna(ids).astype(object)

    @cached_property
    def need(self) -> Need:
        """Accounts, minutes and people by team and person, today and planned."""
        return need(self.table, self.people, self.lengths, self.hours, contacts(self.book, self.day).scale)

    @cached_property
    def balance(self) -> Balance:
        """Service time today and planned by class; what the plan frees and gives."""
        return balance(self.table, self.lengths, contacts(self.book, self.day).scale)

    # --- the plan as lists ---

    @cached_property
    def actions(self) -> pd.DataFrame:
        """What is to be done with each account (`actions.actions`)."""
        return actions(self.table, self.people)

    @cached_property
    def treatments(self) -> pd.DataFrame:
        """One row per rule that applies to an account (`summary.treatments`)."""
        return summary.treatments(self.table)

    @cached_property
    def listed(self) -> pd.DataFrame:
        """Every account with its treatment (`summary.listed`)."""
        return summary.listed(self.table)

    @cached_property
    def handovers(self) -> pd.DataFrame:
        """Accounts whose owner changes (`summary.handovers`)."""
        return summary.handovers(self.table, self.people)

    @cached_property
    def delivered(self) -> pd.DataFrame:
        """Delivered against planned by account (`effort.delivered`); BookError where we cannot be told from them."""
        return delivered(self.table, contacts(self.book, self.day))

    @cached_property
    def purposes(self) -> pd.DataFrame:
        """What contacts were for, by who began them; raises BookError where the book does not tell."""
        return purposes(self.book, self.day)

    @cached_property
    def overrides(self) -> pd.DataFrame:
        """Decisions against the advice that stand (`summary.standing`)."""
        return summary.standing(self.book, self.day, self.table, self.people)

    @cached_property
    def fates(self) -> Fates:
        """What became of earlier decisions; small orders are those below the minimum of the potential page's steps."""
        try:
            minimum = self.potential.steps.minimum
        except BookError:
            minimum = 0.0
        return fates(self.book, self.day, self.facts, self.bars, minimum)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """What the book lacks of what the plan can use: why, unlocks."""
        return summary.missing(self.book)


def outlook(
    book: Book,
    as_of: str | dt.date,
    policy: Policy | None = None,
    wishes: Wishes | None = None,
    promise: Promise | None = None,
) -> Outlook:
    """The plan as a book tells it, as known on a day."""
    known = book.as_of(as_of)
    return Outlook(known, last_known(known), policy or Policy(), wishes or Wishes(), promise or Promise())
