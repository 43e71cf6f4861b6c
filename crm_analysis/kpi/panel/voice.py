"""Answers and invitations of surveys by account and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.features.windows import ANSWER_DAYS
from crm_analysis.kpi.panel.grid import NOTHING, Told, first_day, untold
from crm_analysis.labels import label
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.invitations import invitations
from crm_analysis.satisfaction.scores.measures import NPS, TOP_TWO, measured

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Grid
    from crm_analysis.satisfaction.answers import Answers

OVERALL = ("csat_answers", "satisfied")
RECOMMENDED = ("nps_answers", "promoters", "detractors")
ANSWERS = ("answers", *RECOMMENDED, *OVERALL)
INVITED = ("invited", "responded")


def surveys(book: Book, grid: Grid) -> Told:
    """What customers said of us, one questionnaire a person and wave, by the day answered; and who was asked.

    answers (questionnaires); nps_answers (that say on a scale of 10 or 11 whether they would recommend us), promoters
    and detractors of these; csat_answers (that say how satisfied they are as a whole), satisfied of these (one of the
    two best answers). A later questionnaire of the same wave takes the place of the earlier one.

    invited, by the day ANSWER_DAYS after the invitation, when it is decided, reminders left out; responded, those
    answered by then. So a quarter is the same whenever it is asked for: on the satisfaction page, which looks at one
    day, later answers count too.
    """
    try:
        found = answers(book, grid.ends[-1])
    except BookError as error:
        return untold((*ANSWERS, *INVITED), str(error))
    return _said(found.ours, grid) | _asked(book, found, grid)


def _said(ours: Answers, grid: Grid) -> Told:
    if ours.people.empty:
        return untold(ANSWERS, label("panel_no_answer", day=grid.ends[-1]))
    scores = measured(ours)
    cells = grid.cells(ours.people[["account_id"]].assign(row=np.arange(len(scores))))
    row = cells.places("row")
    at = grid.place(ours.people["answered_on"].to_numpy("datetime64[D]"))[row]
    nps, top = (scores[name].to_numpy("float64")[row] for name in (NPS, TOP_TWO))
    told = {
        "answers": np.ones(len(row)),
        "nps_answers": ~np.isnan(nps) * 1.0,
        "promoters": (nps > 0) * 1.0,
        "detractors": (nps < 0) * 1.0,
        "csat_answers": ~np.isnan(top) * 1.0,
        "satisfied": np.nan_to_num(top),
    }
    why: dict[str, str] = {}
    if np.isnan(nps).all():
        why |= dict.fromkeys(RECOMMENDED, label("panel_no_nps"))
    if np.isnan(top).all():
        why |= dict.fromkeys(OVERALL, label("panel_no_csat"))
    measures = {name: cells.total(values, at) for name, values in told.items() if name not in why}
    return Told(measures, why, dict.fromkeys(measures, ours.people["answered_on"].min().date()))


def _asked(book: Book, found: Answers, grid: Grid) -> Told:
    try:
        sent = invitations(book, grid.ends[-1], found)
    except BookError as error:
        return untold(INVITED, str(error))
    first = first_day(book.table("survey_invitations").sent_on)
    if first is None:
        return NOTHING
    wait = np.timedelta64(ANSWER_DAYS, "D")
    asked, came = (sent[name].to_numpy("datetime64[D]") for name in ("sent_on", "answered_on"))
    cells = grid.cells(sent[["account_id"]].assign(at=grid.place(asked + wait), soon=(came <= asked + wait) * 1.0))
    measures = {"invited": cells.total(np.ones(len(cells.account)), "at"), "responded": cells.total("soon", "at")}
    return Told(measures, {}, dict.fromkeys(measures, first + wait.item()))
