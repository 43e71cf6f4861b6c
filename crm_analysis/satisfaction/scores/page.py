"""How content accounts are, how sure that is, and who is not heard: the tables of the page.

A facade. Each step is computed once; what the survey cannot carry raises a BookError that says so in words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.satisfaction.drivers.impressions import titled
from crm_analysis.satisfaction.scores import rivals
from crm_analysis.satisfaction.scores.answering import Answering, Trial, answering, known_before, told, trial
from crm_analysis.satisfaction.scores.groups import FEW, by_group, overview
from crm_analysis.satisfaction.scores.invitations import invitations
from crm_analysis.satisfaction.scores.measures import CONTENT, has_overall, nobodys, spoken, units
from crm_analysis.satisfaction.scores.reliability import LEAST, Alpha, reliability, scales
from crm_analysis.satisfaction.scores.response import heard, rates
from crm_analysis.satisfaction.scores.trend import changes, scale_names, trend
from crm_analysis.satisfaction.scores.weighting import weighted

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.answers import Answers

WINDOW = "12M"
"""How far back an answer is today's: surveys are mostly asked once or twice a year."""
ALL = "all"
"""The scale of all service items."""
HABITS = 6
"""Rows of what goes with answering that a reader looks at."""


@dataclass(frozen=True)
class Scores:
    """What customers said of us on `answers`, known on their day; `frame` is one row per account known then.

    `book` tells who was asked. Scores are of the latest questionnaire of each person within WINDOW.
    """

    book: Book
    answers: Answers
    frame: pd.DataFrame

    @property
    def as_of(self) -> dt.date:
        """The day of the answers."""
        return self.answers.as_of

    # --- how content they are ---

    @cached_property
    def latest(self) -> Answers:
        """What customers said of us within WINDOW, one questionnaire per person; raises BookError without any."""
        own = self.answers.ours
        found = own.latest(WINDOW)
        if found.people.empty or units(found).empty:
            days = own.people["answered_on"]
            last = days.max().date() if len(days) else label("unknown")
            raise BookError(label("scores_none", window=spoken(WINDOW), day=self.as_of, last=last))
        return found

    @cached_property
    def units(self) -> pd.DataFrame:
        """The accounts heard, with their scores (`measures.units`); raises BookError as `latest`."""
        return units(self.latest)

    @property
    def whole(self) -> bool:
        """Whether there is a question on overall satisfaction; without, the mean of all items stands for it."""
        return has_overall(self.latest)

    @property
    def named(self) -> bool:
        """Whether the book tells of every answer in `latest` who gave it; without, questionnaires are counted."""
        return not nobodys(self.latest.people).any()

    @property
    def scales(self) -> list[str]:
        """The scales on which overall satisfaction was answered in `latest` (`trend.scale_names`)."""
        return scale_names(self.latest)

    @cached_property
    def points(self) -> pd.DataFrame:
        """As `groups.overview`: a row per score (code), accounts first and by revenue."""
        return overview(self.units, self._revenue)

    @property
    def table(self) -> pd.DataFrame:
        """`points` with the words for each score."""
        return self.points.assign(score=self.points["score"].map(_scored))

    def of(self, score: str) -> pd.Series:
        """The row of `points` of one score; raises BookError where nobody told it."""
        rows = self.points[self.points["score"] == score]
        if rows.empty:
            raise BookError(label("scores_not_asked", window=spoken(WINDOW), day=self.as_of))
        row: pd.Series = rows.iloc[0]
        return row

    # --- groups ---

    def groups(self, column: str) -> pd.DataFrame:
        """As `groups.by_group`, by a column of `frame` such as "segment"; differs is a code.

        Raises BookError where the frame has no such column, or fewer than two groups have FEW accounts heard.
        """
        if column not in self.frame:
            self.book.need(*(("reps", "team") if column == "team" else ("accounts", column)))
            raise BookError(label("scores_no_groups", few=FEW))
        if column not in self._groups:
            named = self.frame.set_index("account_id")[column]
            self._groups[column] = by_group(self.units, named, self._revenue)
        found = self._groups[column]
        if (found["accounts_heard"] >= FEW).sum() < 2:
            raise BookError(label("scores_no_groups", few=FEW))
        return found

    def by(self, column: str) -> pd.DataFrame:
        """`groups` as a reader sees them: the column's own heading, and words for what differs."""
        words = {code: label(f"differs_{code or 'no'}") for code in ("", "few", "higher", "lower")}
        table = self.groups(column).rename(columns={"group": column})
        return table.assign(differs=table["differs"].map(words))

    @cached_property
    def _groups(self) -> dict[str, pd.DataFrame]:
        return {}

    # --- waves ---

    @cached_property
    def trend(self) -> pd.DataFrame:
        """As `trend.trend`: one row per wave."""
        return trend(self.answers.ours)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """As `trend.changes`: the last finished wave against the one before; raises BookError without two."""
        return changes(self.answers.ours)

    @property
    def change_table(self) -> pd.DataFrame:
        """`changes` with the words for each score; raises BookError without two waves."""
        return self.changes.assign(score=self.changes["score"].map(_scored))

    # --- who is not heard ---

    @cached_property
    def asked(self) -> pd.DataFrame:
        """As `invitations.invitations`; raises BookError where the book has none."""
        return invitations(self.book, self.as_of, self.answers)

    @cached_property
    def response(self) -> pd.DataFrame:
        """As `response.rates` by wave, the earliest first; raises BookError as `asked`."""
        table = rates(self.asked, self.asked["wave"], "wave")
        order = {wave: place for place, wave in enumerate(self.answers.waves["wave"])}
        return table.sort_values("wave", key=lambda own: own.map(order), ignore_index=True)

    @cached_property
    def response_by_segment(self) -> pd.DataFrame:
        """As `response.rates` of the invitations of WINDOW by segment; raises BookError as `asked`."""
        recent = self._recent(self.asked)
        return rates(recent, recent["account_id"].map(self.frame.set_index("account_id")["segment"]), "segment")

    @cached_property
    def heard(self) -> pd.DataFrame:
        """As `response.heard`, of all active accounts: one row; raises BookError where none is active."""
        if not self.frame["active"].astype(bool).any():
            raise BookError(label("said_no_active"))
        return heard(self.frame, self.units)

    @cached_property
    def invited(self) -> pd.DataFrame:
        """As `answering.known_before`; raises BookError as `asked`, and where nothing is known of those asked."""
        return known_before(self.book.as_of(self.as_of), self.asked)

    @cached_property
    def _model(self) -> Answering | BookError:
        try:
            return answering(self.invited)
        except BookError as refused:
            return refused

    @property
    def model(self) -> Answering:
        """As `answering.answering`; raises BookError where it cannot be fitted."""
        if isinstance(self._model, BookError):
            raise BookError(str(self._model))
        return self._model

    @cached_property
    def habits(self) -> pd.DataFrame:
        """As `answering.told`: what goes with answering, feature by feature; raises BookError as `model`."""
        return told(self.model, self.invited)

    @property
    def habit_table(self) -> pd.DataFrame:
        """The first HABITS rows of `habits`, with the words for each feature."""
        table = self.habits.head(HABITS)
        return table.assign(feature=[label(f"feature_{name}") for name in table["feature"]])

    @cached_property
    def trial(self) -> Trial:
        """As `answering.trial`; raises BookError where there is nothing to try it on."""
        self.model  # noqa: B018 -- what cannot be learned today could not be learned earlier
        return trial(self.invited)

    @cached_property
    def weighted(self) -> pd.DataFrame:
        """As `weighting.weighted`, of the invitations of WINDOW; raises BookError as `model`, or if none answered."""
        self.model  # noqa: B018 -- raises where nothing can be told of who answers
        rows = self._recent(self.invited)
        found = weighted(self.answers.ours, rows, answering(self.invited, habits=False)) if len(rows) else rows
        if found.empty:
            raise BookError(label("weighted_none", window=spoken(WINDOW), day=self.as_of))
        return found

    @property
    def weighted_table(self) -> pd.DataFrame:
        """`weighted` with the words for each score; raises BookError as `weighted`."""
        return self.weighted.assign(score=self.weighted["score"].map(_scored))

    # --- competitors ---

    @cached_property
    def beside(self) -> pd.DataFrame:
        """As `rivals.beside`: item by item, ours and theirs, with words for the verdict.

        Raises BookError where nobody rated both.
        """
        table = rivals.beside(self.answers, WINDOW)
        return table.assign(verdict=[label(f"rivals_is_{code}") for code in table["verdict"]])

    @cached_property
    def better(self) -> pd.DataFrame:
        """As `rivals.better`: all competitors together, then one by one; raises BookError where nobody rated both."""
        return rivals.better(self.answers, WINDOW)

    # --- whether the items measure one thing ---

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """As `reliability.scales`: all service items, then every dimension or construct of several items.

        Of all questionnaires about us that the book knows. Raises BookError if nothing can be told.
        """
        own, asks = self.answers.ours, self.answers.asks
        groups = {label("scale_all"): tuple(self._items)}
        groups |= {name: items for part in (asks.dimensions, asks.constructs) for name, items in part.items()}
        several = {name: items for name, items in groups.items() if len(items) > 1}
        table = scales(several, own.shares, own.people["account_id"])
        if table.empty:
            raise BookError(label("scores_no_alpha", needed=LEAST))
        return table.assign(scale=[name if name in asks.dimensions else titled(name) for name in table["scale"]])

    @cached_property
    def alpha(self) -> Alpha:
        """As `reliability.reliability` of all service items; raises BookError if it cannot be told."""
        own = self.answers.ours
        try:
            return reliability(own.shares[self._items], own.people["account_id"])
        except UserError:
            raise BookError(label("scores_no_alpha", needed=LEAST)) from None

    @property
    def _items(self) -> list[str]:
        """The service items: those of the dimensions."""
        said = dict.fromkeys(item for items in self.answers.asks.dimensions.values() for item in items)
        return [item for item in said if item in self.answers.shares]

    # --- shared ---

    @property
    def _revenue(self) -> pd.Series | None:
        if "revenue" not in self.frame:
            return None
        return self.frame.set_index("account_id")["revenue"].astype(float)

    def _recent(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The invitations of WINDOW."""
        import pandas as pd

        since = pd.Timestamp(before(self.as_of, WINDOW))
        return rows[rows["sent_on"] > since].reset_index(drop=True)


def _scored(code: str) -> str:
    return label(f"score_{code}")


__all__ = ["CONTENT", "Scores"]
