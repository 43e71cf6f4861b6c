"""Forecasts of leaving put to the test in a book's own past, if need be with a shorter silence than counts as leaving.

Whether an account left is known late, so a forecast can be judged only where the silence has passed twice: once for
what is learned, once for what came. Where a book is too short for that, the longest shorter silence for which it is
long enough stands in: the forecasts are of another event then, and are said to be.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.churn.definition.silence import MONTH
from crm_analysis.churn.definition.spells import spells as spells_of
from crm_analysis.churn.survival.baselines import alive_scores
from crm_analysis.churn.survival.evaluation import Trial, rolling_origin
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.progress import busy

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells

STEP = "3M"


@dataclass(frozen=True)
class Tried:
    """A trial (`evaluation.rolling_origin`), and the days of silence that counted as leaving in it."""

    trial: Trial
    silence: int


def tried(book: Book, spells: Spells, panel: pd.DataFrame | None = None) -> Tried:
    """The trial of forecasts of leaving by `spells`; `panel` saves making the account-quarters of its landmarks again.

    Where no forecast by their silence can be judged yet, that of the longest shorter silence, in whole months, that
    can. Raises BookError, with the reason for their own silence, where there is none. Contracts have no shorter one.
    """
    try:
        return Tried(_trial(book, spells, panel), spells.silence)
    except UserError as refused:
        reason = str(refused)
    shorter = range(int((spells.silence - 1) / MONTH), 0, -1) if spells.basis == "orders" else ()
    for silence in (round(months * MONTH) for months in shorter):
        if not judged(book, spells.as_of, silence):
            continue
        try:
            return Tried(_trial(book, spells_of(book, spells.as_of, silence)), silence)
        except UserError:
            continue
    raise BookError(reason)


def judged(book: Book, as_of: dt.date, silence: int) -> list[dt.date]:
    """The landmarks up to the last one whose forecast can be made and judged by `as_of`; none if there is no such."""
    days, quiet = quarter_ends(book, as_of, silence), dt.timedelta(days=silence)
    ends = [day for day in days if after(day, STEP) + quiet <= as_of]
    if not ends or after(days[0], STEP) + quiet > ends[-1]:
        return []
    return ends


def scored(book: Book, panel: pd.DataFrame) -> pd.DataFrame:
    """The panel with the score that P(alive) is read from (`baselines.alive_scores`)."""
    days = [day.date() for day in panel["as_of"].unique()]
    return panel.merge(alive_scores(book, days), on=["as_of", "account_id"], how="left")


@busy("progress_risk_trial")
def _trial(book: Book, spells: Spells, panel: pd.DataFrame | None = None) -> Trial:
    days = judged(book, spells.as_of, spells.silence)
    if not days:
        raise UserError(label("leave_too_short", silence=spells.silence, begins=spells.begins, day=spells.as_of))
    if panel is None:
        panel = account_quarters(book, days, spells)
    own = panel[panel["as_of"].dt.date.isin(days)].reset_index(drop=True)
    return rolling_origin(scored(book, own), spells)
