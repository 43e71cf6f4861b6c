"""Satisfaction as a book tells it: what accounts said, what it hangs on, what they complain of, what it is worth.

A facade for the satisfaction page. Each room is made once, when it is asked for; what the book cannot carry raises a
BookError that says so in words, so that a book with surveys only, or with complaints only, still has its page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.book.days import last_known
from crm_analysis.churn.outlook import outlook as churn_outlook
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.reps import reps
from crm_analysis.satisfaction.answers import Answers, answers
from crm_analysis.satisfaction.complaints.page import Complaints
from crm_analysis.satisfaction.complaints.quiet import SilentAccounts
from crm_analysis.satisfaction.drivers.page import Drivers
from crm_analysis.satisfaction.scores.page import Scores
from crm_analysis.satisfaction.worth.page import Worth
from crm_analysis.satisfaction.worth.weights import slopes

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.outlook import Outlook as Leaving


FIRST = 5
"""Accounts of each kind among the first things to do."""


@dataclass(frozen=True)
class Outlook:
    """Satisfaction as `book` tells it on `day`, the last of which anything is known.

    `silence` is what counts as leaving (`churn.definition.leaving`), chosen from the data where it is empty.
    """

    book: Book
    day: dt.date
    silence: str = ""

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        calls = (".scores.table", ".drivers.table", ".worth.improvements", ".complaints.topics", ".quiet.silent_alike")
        return Card("Outlook: satisfaction", {"of": self.book.name, "as_of": self.day}, next=calls)

    @cached_property
    def leaving(self) -> Leaving:
        """Leaving as the retention page tells it: spells and account-quarters."""
        return churn_outlook(self.book, self.day, self.silence)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per account known, as `accounts.accounts` over a year, with segment, and team of its sales person."""
        frame = self.leaving.frame
        if "rep_id" not in frame or not self.book.has("reps", "team"):
            return frame
        team = reps(self.book, self.day).set_index("rep_id")["team"]
        return frame.assign(team=frame["rep_id"].map(team))

    @cached_property
    def _answers(self) -> Answers | BookError:
        try:
            return answers(self.book, self.day)
        except BookError as lack:
            return lack

    @property
    def answers(self) -> Answers:
        """What was said in surveys; raises BookError if the book cannot tell."""
        if isinstance(self._answers, BookError):
            raise BookError(str(self._answers))
        return self._answers

    @property
    def why_unheard(self) -> str:
        """Why no survey can be told of; empty if one can."""
        return str(self._answers) if isinstance(self._answers, BookError) else ""

    # --- rooms ---

    @cached_property
    def scores(self) -> Scores:
        """How content accounts are, and who is not heard; raises BookError without a survey."""
        return Scores(self.book, self.answers, self.frame)

    @cached_property
    def drivers(self) -> Drivers:
        """What satisfaction hangs on; raises BookError without a survey."""
        return Drivers(self.answers, self.frame)

    @cached_property
    def complaints(self) -> Complaints:
        """What accounts complain of; raises BookError without complaints."""
        self.book.need("complaints")
        return Complaints(self.book, self.day, self.frame, self._panels)

    @property
    def quiet(self) -> SilentAccounts:
        """Accounts that never complained; raises BookError without complaints."""
        return self.complaints.quiet

    @cached_property
    def worth(self) -> Worth:
        """What it is worth, and our own view beside theirs."""
        return Worth(
            self.book,
            self.frame,
            lambda: self.leaving.risks,
            lambda: self.answers,
            lambda: slopes(self.drivers.derived),
        )

    # --- what to do first ---

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """What to do first, FIRST accounts of each kind, an account under its first kind only.

        Columns: task (words), account_id, name, owner (the sales person, by name where the book has it), why. In
        this order: complaints that are open, the longest first; accounts that complained more than once; improvements
        whose priority is surely above nothing, the highest first; accounts with money at stake that nobody was heard of
        and nobody asked, the largest first. Raises BookError where there is none of it.
        """
        import pandas as pd

        rows = pd.DataFrame(columns=["account_id"])
        for made in (self._open, self._again, self._improved, self._unasked):
            try:
                part = made()
            except BookError:
                continue
            part = part[~part["account_id"].isin(rows["account_id"])].drop_duplicates("account_id").head(FIRST)
            rows = pd.concat([rows, part], ignore_index=True)
        if rows.empty:
            raise BookError(label("task_none"))
        beside = self.frame.set_index("account_id")
        for column in ("name", "rep_id"):
            if column in beside:
                rows = rows.assign(**{column: rows["account_id"].map(beside[column])})
        if "rep_id" in rows:
            named = dict[str, str]()
            if self.book.has("reps", "name"):
                people = reps(self.book, self.day).dropna(subset=["name"])
                named = dict(zip(people["rep_id"], people["name"], strict=True))
            rows["owner"] = [
                named.get(rep, rep) if isinstance(rep, str) else label("unknown") for rep in rows["rep_id"]
            ]
        columns = ["task", "account_id", "name", "owner", "why"]
        return rows[[name for name in columns if name in rows]].reset_index(drop=True)

    def _open(self) -> pd.DataFrame:
        table = self.complaints.open_ones
        why = [label("task_open_why", n=int(days)) for days in table["days_open"]]
        return table[["account_id"]].assign(task=label("task_open"), why=why)

    def _again(self) -> pd.DataFrame:
        table = self.complaints.most
        why = table["about"] if "about" in table else table["complaints"].map("{:.0f}".format)
        return table[["account_id"]].assign(task=label("task_again"), why=why)

    def _improved(self) -> pd.DataFrame:
        table = self.worth.improvements
        table = table[table["low"] > 0]
        why = [
            label("task_improve_why", said=f"{100 * said:.0f}", reach=f"{100 * reach:.0f}")
            for said, reach in zip(table["said_score"], table["within_reach"], strict=True)
        ]
        task = [label("task_improve", improvement=what) for what in table["improvement"]]
        return table[["account_id"]].assign(task=task, why=why)

    def _unasked(self) -> pd.DataFrame:
        table = self.worth.unheard
        asked = "was_asked" in table
        if asked:
            table = table[~table["was_asked"]]
        why = label("task_ask_never" if asked else "task_ask_unheard")
        return table[["account_id"]].assign(task=label("task_ask"), why=why)

    def _panels(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Account-quarters of the past and of the day; raises BookError if what counts as leaving cannot be said."""
        if self.leaving.defined is None:
            raise BookError(self.leaving.refusal)
        risks = self.leaving.risks
        return risks.panel, risks.today


def outlook(book: Book, as_of: str | dt.date, silence: str = "") -> Outlook:
    """Satisfaction as a book tells it, as known on a day."""
    known = book.as_of(as_of)
    return Outlook(known, last_known(known), silence)
