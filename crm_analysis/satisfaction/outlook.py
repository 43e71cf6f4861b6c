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
from crm_analysis.reps import reps
from crm_analysis.satisfaction.answers import Answers, answers
from crm_analysis.satisfaction.complaints.page import Complaints
from crm_analysis.satisfaction.drivers.page import Drivers
from crm_analysis.satisfaction.scores.page import Scores
from crm_analysis.satisfaction.worth.page import Worth
from crm_analysis.satisfaction.worth.weights import slopes

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.outlook import Outlook as Leaving


@dataclass(frozen=True)
class Outlook:
    """Satisfaction as `book` tells it on `day`, the last of which anything is known.

    `silence` is what counts as leaving (`churn.definition.leaving`), chosen from the data where it is empty.
    """

    book: Book
    day: dt.date
    silence: str = ""

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

    def _panels(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Account-quarters of the past and of the day."""
        risks = self.leaving.risks
        return risks.panel, risks.today


def outlook(book: Book, as_of: str | dt.date, silence: str = "") -> Outlook:
    """Satisfaction as a book tells it, as known on a day."""
    known = book.as_of(as_of)
    return Outlook(known, last_known(known), silence)
