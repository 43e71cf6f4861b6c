"""What satisfaction is worth, and our own view beside theirs: the tables of the page, from this room and `focus`.

A facade. What a book cannot carry raises a BookError in words, each table by itself: a book with complaints and no
survey still tells of leaving and margin by complaints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.book import engine
from crm_analysis.book.questionnaire import FOCUS
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.progress import busy
from crm_analysis.satisfaction.focus import Scorecard, scorecard
from crm_analysis.satisfaction.worth.categories import CUTS, cuts_of
from crm_analysis.satisfaction.worth.leaving import Linked, linked
from crm_analysis.satisfaction.worth.margin import Followed, followed
from crm_analysis.satisfaction.worth.priorities import WINDOW, Priorities, priorities, stakes, unheard

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.risks import Risks
    from crm_analysis.satisfaction.answers import Answers

_LEAVING = {
    "question": "voice_question",
    "level": "voice_level",
    "left": "left_count",
    "rate": "left_in_year",
    "ratio": "times_as_often",
    "low_ratio": "low_times",
    "high_ratio": "high_times",
}
_MARGIN = {
    "question": "voice_question",
    "level": "voice_level",
    "kept": "kept_later",
    "against": "against_alike",
    "middle": "middle_kept",
}
_PRIORITY = {
    "dimension": "improvement",
    "people": "people_on_it",
    "score": "shrunk_score",
    "benchmark": "within_reach",
    "p_first": "surely_first",
    "p_top": "among_first",
    "importance": "weight_on_whole",
}
_FOCUS = {"area": "focus_area", "item": "focus_item", "ours": "ours_said", "theirs": "theirs_said"}


@dataclass(frozen=True)
class Worth:
    """What satisfaction is worth in `book`; `frame` is one row per account known on its day.

    `risks` gives the account-quarters and who left (`churn.risks.Risks`), `answers` what was said, `importances` a row
    per draw and a column per dimension: how much overall satisfaction rises with it (`weights.slopes`). Each is called
    when it is needed and may raise BookError. `expected` is the money at stake by account_id, in place of last year's
    margin.
    """

    book: Book
    frame: pd.DataFrame
    risks: Callable[[], Risks]
    answers: Callable[[], Answers]
    importances: Callable[[], pd.DataFrame]
    expected: pd.Series | None = None
    level: float = LEVEL

    # --- leaving and margin by what was said ---

    @cached_property
    def cuts(self) -> tuple[float, float]:
        """Where low ends and high begins, as shares of the scale: the same for leaving and margin."""
        panel = self.risks().panel
        return cuts_of(panel["satisfaction"]) if "satisfaction" in panel else CUTS

    @cached_property
    def linked(self) -> Linked:
        """Leaving by what was said (`leaving.linked`); raises BookError as that does, or where leaving is not told."""
        risks = self.risks()
        return linked(risks.panel, risks.spells, self.cuts, self.level)

    @property
    def leaving(self) -> pd.DataFrame:
        """A row per signal and level, in words.

        Columns: voice_question, voice_level, accounts, left_count, left_in_year, low, high, times_as_often (as accounts
        alike at the reference), low_times, high_times.
        """
        table = self._worded(self.linked.table.drop(columns="quarters")).rename(columns=_LEAVING)
        return table.round(3)

    @cached_property
    def followed(self) -> Followed:
        """The next year's margin by what was said (`margin.followed`); raises BookError as that does."""
        panel = self.risks().panel
        if not {"satisfaction", "complaints_year"} & set(panel):
            raise BookError(label("worth_no_voice"))
        return followed(self.book, panel, self.cuts, self.level)

    @property
    def margin(self) -> pd.DataFrame:
        """A row per signal and level, in words.

        Columns: voice_question, voice_level, account_years, this_year, next_year, kept_later, against_alike, low, high,
        against_all, low_all, high_all, middle_kept.
        """
        table = self._worded(self.followed.table.drop(columns=["accounts", "largest", "p_holm"]))
        return table.rename(columns=_MARGIN).round(3)

    # --- what to improve for whom ---

    @cached_property
    @busy("progress_priorities")
    def priorities(self) -> Priorities:
        """Improvements by account (`priorities.priorities`); raises BookError where nobody was heard of.

        In money where leaving goes with the score, as far as that can be told; else points.
        """
        try:
            curve = self.linked.curve
        except UserError:
            curve = None
        return priorities(self.answers(), self.frame, self.importances(), self.expected, curve, self.level)

    @property
    def improvements(self) -> pd.DataFrame:
        """A row per account heard that has something to gain, the highest priority first.

        Columns: account_id, name, segment, rep_id, at_stake, improvement, people_on_it, said_score, shrunk_score,
        within_reach, priority, low, high, surely_first, among_first.
        """
        table = self.priorities.accounts.dropna(subset=["dimension"])
        table = table[(table["at_stake"] > 0) & (table["priority"] > 0)].reset_index(drop=True)
        return table.rename(columns=_PRIORITY).round(3)

    @property
    def by_dimension(self) -> pd.DataFrame:
        """A row per dimension: improvement, accounts, at_stake, priority, low, high, weight_on_whole."""
        table = self.priorities.dimensions.drop(columns=["within", "low_importance", "high_importance"])
        return table.rename(columns=_PRIORITY).round(3)

    @cached_property
    def unheard(self) -> pd.DataFrame:
        """Accounts nobody was heard of: account_id, name, segment, rep_id, at_stake, was_asked (where the book tells).

        Raises BookError without a survey, where no account has anything at stake, and where each that has was heard.
        """
        table = unheard(self.answers(), self.frame, self.expected)
        if table.empty and not self.at_stake > 0:
            kind = stakes(self.frame, self.expected)[1]
            raise BookError(label("unheard_no_stake", stake=label(f"stake_{kind}")))
        if table.empty:
            raise BookError(label("unheard_none"))
        if self.book.has("survey_invitations"):
            sent = self.book.table("survey_invitations")
            since = before(self.answers().as_of, WINDOW)
            asked = engine.frame(sent.filter(sent.sent_on > since).select("account_id").distinct())["account_id"]
            table = table.assign(was_asked=table["account_id"].isin(asked))
        return table

    @property
    def at_stake(self) -> float:
        """The money at stake of all accounts, heard or not."""
        return float(stakes(self.frame, self.expected)[0].sum())

    # --- our own view beside theirs ---

    @cached_property
    def scorecard(self) -> Scorecard:
        """The customer focus scorecard (`focus.scorecard`); raises BookError where our people did not answer."""
        return scorecard(self.answers(), self.frame, self.level)

    @property
    def focus(self) -> pd.DataFrame:
        """A row per question of the scorecard.

        Columns: focus_area, focus_item, accounts, ours_said, theirs_said, difference, low, high, verdict and, where
        both said what is important, rank_ours, rank_theirs.
        """
        table = self.scorecard.items.drop(columns="p_holm")
        ranks = self.scorecard.importance.set_index("item")[["rank_ours", "rank_theirs"]]
        if len(ranks):
            table = table.join(ranks, on="item")
        return self._judged(table)

    @property
    def focus_teams(self) -> pd.DataFrame:
        """A row per team, all questions together, with the columns of `focus`.

        Raises BookError as `scorecard`, and where the book does not tell who serves whom in which team.
        """
        teams = self.scorecard.teams
        if teams is None:
            raise BookError(label("focus_no_team"))
        return self._judged(teams.drop(columns="p_holm"))

    def _worded(self, table: pd.DataFrame) -> pd.DataFrame:
        """The words of questions and levels in place of their codes."""
        low, high = (f"{cut:.0%}" for cut in self.cuts)
        return table.assign(
            question=[label(f"worth_question_{code}") for code in table["question"]],
            level=[label(f"worth_level_{code}", low=low, high=high) for code in table["level"]],
        )

    @staticmethod
    def _judged(table: pd.DataFrame) -> pd.DataFrame:
        table = table.assign(verdict=[label(f"focus_{code}") for code in table["verdict"]])
        if "area" in table:
            areas = [label(f"focus_area_{name}") if name in FOCUS else name for name in table["area"]]
            table = table.assign(area=areas)
        return table.rename(columns=_FOCUS).round(3)
