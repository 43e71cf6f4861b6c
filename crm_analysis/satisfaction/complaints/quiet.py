"""Silent accounts as a page tells them: who looks like those that complain, and how far that can be trusted.

A facade, as `page`: each step is computed once, and what the book cannot carry raises a BookError in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import inside
from crm_analysis.satisfaction.complaints import silent, silent_trial

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.complaints.silent import Cases
    from crm_analysis.satisfaction.complaints.silent_trial import SilentTrial

Found = TypeVar("Found")
DECIMALS = 3


@dataclass(frozen=True)
class SilentAccounts:
    """Accounts of `book` that had not complained by `day`; `frame` is one row per account known.

    `panels` gives the account-quarters of past quarter ends and those of the day, raising BookError without any;
    `counted` raises BookError where the book has no complaints.
    """

    book: Book
    day: dt.date
    frame: pd.DataFrame
    panels: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]
    counted: Callable[[], object]

    @cached_property
    def _cases(self) -> Cases | BookError:
        try:
            self.counted()
            return silent.enough(silent.cases(self.book, self.panels()[0], self.day))
        except BookError as lack:
            return lack

    @cached_property
    def _trial(self) -> SilentTrial | BookError:
        try:
            return silent_trial.tried(_or_raise(self._cases))
        except BookError as lack:
            return lack

    @property
    def trial(self) -> SilentTrial:
        """Forecasts of complaints made on earlier days (`silent_trial.tried`); raises BookError without any."""
        return _or_raise(self._trial)

    @cached_property
    def _listed(self) -> pd.DataFrame | BookError:
        try:
            found = _or_raise(self._cases)
            model = silent.learned(found.frame)
            usual = self.trial.usual if not isinstance(self._trial, BookError) else float("nan")
            if usual != usual:  # untried: by the chances of those it was learned from
                chance = model.predict(found.frame)["p_1"]
                usual = float(chance[found.frame["came"] == 1].median())
            today = silent.silent_today(self.book, self.panels()[1])
            return silent.listed(model, today, self.frame, usual)
        except BookError as lack:
            return lack

    @property
    def silent(self) -> pd.DataFrame:
        """The silent accounts (`silent.listed`); raises BookError if there is too little to learn from."""
        return _or_raise(self._listed)

    @property
    def silent_alike(self) -> pd.DataFrame:
        """Those with a chance as high as half of the accounts that then complained had, at least.

        Columns: account_id, name, complaint_chance, low, high, reasons, rep_id, segment. Raises BookError, beside where
        `silent` does, where these forecasts could not be tried on earlier days, or were not surely better there than
        the best of their naive rivals: the list would be no finding.
        """
        self.silent  # noqa: B018 -- where there is nothing to learn from, that is said
        try:
            verdict = self.trial.verdict
        except BookError as lack:
            raise BookError(label("silent_list_untried", reason=lack)) from None
        if verdict != "beats":
            rival = inside(label(f"silent_candidate_{self.trial.rival}"))
            raise BookError(label(f"silent_list_{verdict}", rival=rival))
        table = self.silent[self.silent["alike"]].drop(columns="alike").rename(columns={"chance": "complaint_chance"})
        order = ["account_id", "name", "complaint_chance", "low", "high", "reasons", "rep_id", "segment"]
        return table[[name for name in order if name in table]].reset_index(drop=True)

    @property
    def silent_candidates(self) -> pd.DataFrame:
        """The model and its naive rivals, best first, in words; rounded (`SilentTrial.summary`)."""
        names = {"expected": "expected_complained", "lift": "complainers_lift", "low": "low_auc", "high": "high_auc"}
        table = self.trial.summary.rename(columns=names)
        words = [label(f"silent_candidate_{name}") for name in table["model"]]
        return table.assign(model=words).round(DECIMALS + 1)  # log scores differ little; the sentence has four digits

    @property
    def silent_calibration(self) -> pd.DataFrame:
        """Forecast and came by groups of risk: risk_group, forecasts, chance, came_true, low, high; rounded."""
        table = self.trial.calibration()
        names = {"group": "risk_group", "predicted": "chance", "came": "complained_share"}
        return table.rename(columns=names).round(DECIMALS)


def _or_raise(found: Found | BookError) -> Found:
    if isinstance(found, BookError):
        raise found
    return found
