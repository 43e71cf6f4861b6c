"""What accounts said, and whether they were heard, as features of each landmark; as in `trade`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.features.windows import share

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.features.trade import Features
    from crm_analysis.features.windows import Marks

LATE_DAYS = 30
"""A complaint open for longer is late."""
_US, _INTERNAL = "us", "internal"
_SCORE = "decimal(18, 6)"  # sums of decimals do not depend on the order of the rows


def complaints(book: Book, marks: Marks) -> Iterator[Features]:
    """complaints_year and, where the book tells when complaints were closed, complaints_open and complaints_late."""
    cuts, rows = marks.cuts("day", "year"), book.table("complaints")
    begins = marks.begin(rows.opened_on)
    since = cuts.piece(rows.opened_on)
    opened = marks.ledger(rows.group_by("account_id", since=since).agg(opened=rows.count()))
    told = "closed_on" in rows.columns
    if told:
        until = cuts.piece(ibis.greatest(rows.opened_on, rows.closed_on.fill_null(marks.never)))
        standing = marks.ledger(rows.group_by("account_id", since=since, until=until).agg(open=rows.count()))
        lasted = rows.closed_on.fill_null(marks.never).delta(rows.opened_on, unit="day")
        rows = rows.filter(lasted > LATE_DAYS)
        came = cuts.piece(rows.opened_on, later=LATE_DAYS + 1)
        late = marks.ledger(rows.group_by("account_id", since=came).agg(late=rows.count()))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        found = {"complaints_year": opened.total("opened", year, now) * mark.as_a_year(begins)}
        if told:
            there = 1.0 if mark.there(begins) else float("nan")
            found["complaints_open"] = standing.total("open", -1, now, until=(now + 1, cuts.last)) * there
            found["complaints_late"] = late.total("late", year, now) * mark.as_a_year(begins)
        yield found


def satisfaction(book: Book, marks: Marks) -> Iterator[Features]:
    """satisfaction: the mean over people of their latest answer within two years.

    The overall question of `book.questionnaire` stands for a whole questionnaire where it was answered; without it all
    items do, those that the questionnaire says are worded against us turned round.
    """
    cuts, rows = marks.cuts("day", "earlier"), _customers(book.table("surveys"))
    if "subject" in rows.columns:
        rows = rows.filter(rows.subject.fill_null(_US).lower() == _US)
    low, high = rows.scale_min.cast("float64"), rows.scale_max.cast("float64")
    score = (rows.score.cast("float64") - low) / ibis.ifelse(high > low, high - low, ibis.null("float64"))
    if against := list(book.questionnaire.reversed):
        score = ibis.ifelse(rows["item"].isin(against), 1 - score, score)
    person: Any = rows.respondent_id.fill_null("") if "respondent_id" in rows.columns else ibis.literal("")
    rows = rows.select("account_id", "answered_on", "item", person=person, score=score.cast(_SCORE))
    rows = rows.filter(rows.score.notnull())
    overall = rows["item"] == book.questionnaire.overall
    each = rows.group_by("account_id", "person", "answered_on").agg(
        whole=rows.score.sum(where=overall).cast("float64"),
        wholes=overall.sum(),
        all=rows.score.sum().cast("float64"),
        items=rows.count(),
    )
    asked = each.wholes > 0
    mean = ibis.ifelse(asked, each.whole, each["all"]) / ibis.ifelse(asked, each.wholes, each["items"]).cast("float64")
    next_one = each.answered_on.lead().over(ibis.window(group_by=["account_id", "person"], order_by="answered_on"))
    each = each.mutate(mean=mean.cast(_SCORE), next_one=next_one)
    until = cuts.piece(each.next_one)
    sums = {"people": each.count(), "score": each["mean"].sum().cast("float64")}
    ledger = marks.ledger(each.group_by("account_id", since=cuts.piece(each.answered_on), until=until).agg(**sums))
    for mark in marks:
        now = cuts.at(mark.day)
        inside = (cuts.at(mark.earlier), now, (now + 1, cuts.last))
        yield {"satisfaction": share(ledger.total("score", *inside), ledger.total("people", *inside))}


def silence(book: Book, marks: Marks) -> Iterator[Features]:
    """unanswered: whether nobody answered since the account was last asked."""
    cuts = marks.cuts("day", "year", "asked")
    sent, answers = book.table("survey_invitations"), _customers(book.table("surveys"))
    asked = marks.ledger(sent.group_by("account_id", since=cuts.piece(sent.sent_on)).agg(last=sent.sent_on.max()))
    rows = answers.group_by("account_id", since=cuts.piece(answers.answered_on)).agg(last=answers.answered_on.max())
    answered = marks.ledger(rows)
    for mark in marks:
        last = asked.latest("last", cuts.at(mark.year), cuts.at(mark.asked))
        since = answered.latest("last", -1, cuts.at(mark.day))
        yield {"unanswered": np.where(np.isinf(last), np.nan, since < last)}


def _customers(rows: Any) -> Any:
    """Answers but for those of our own people."""
    if "respondent_type" not in rows.columns:
        return rows
    return rows.filter(rows.respondent_type.fill_null("") != _INTERNAL)


def contacts(book: Book, marks: Marks) -> Iterator[Features]:
    """In the trailing year: contacts, and, where the book tells who began them, contacts_theirs."""
    cuts, rows = marks.cuts("day", "year"), book.table("interactions")
    begins = marks.begin(rows.happened_on)
    sums = {"contacts": rows.count()}
    if "initiated_by" in rows.columns:
        theirs = (rows.initiated_by == "them").fill_null(False)
        sums |= {"told": rows.initiated_by.count(), "theirs": theirs.sum()}
    ledger = marks.ledger(rows.group_by("account_id", since=cuts.piece(rows.happened_on)).agg(**sums))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        found = {"contacts": ledger.total("contacts", year, now) * mark.as_a_year(begins)}
        if "told" in sums:
            found["contacts_theirs"] = share(ledger.total("theirs", year, now), ledger.total("told", year, now))
        yield found
