"""The facade and its sentences: what a book carries is told, what it does not is said, and nothing breaks."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from score_books import BEFORE, NOW, asked, book_with, company, said, scores_of

from crm_analysis.book import Book
from crm_analysis.errors import BookError
from crm_analysis.labels import COLUMNS, column
from crm_analysis.report.sentences import scores as say
from crm_analysis.satisfaction.scores.page import Scores

mpl.use("Agg")
ONE = (
    say.content, say.content_said, say.nps, say.nps_said, say.heard_said, say.overview_said, say.change_said,
    say.response_said, say.habits_said, say.trial_said, say.weighted_said, say.rivals_said, say.alpha_said,
    say.trend_alt, say.bounds_alt,
)  # fmt: skip
TABLES = (
    lambda look: look.table,
    lambda look: look.by("segment"),
    lambda look: look.by("sales_office"),
    lambda look: look.trend,
    lambda look: look.change_table,
    lambda look: look.response,
    lambda look: look.response_by_segment,
    lambda look: look.heard,
    lambda look: look.habit_table,
    lambda look: look.weighted_table,
    lambda look: look.beside,
    lambda look: look.better,
    lambda look: look.reliability,
)


def everything(look: Scores) -> dict[str, str]:
    """All sentences; each table is made, or refused in words."""
    refused: list[str] = []
    for table in TABLES:
        try:
            found = table(look)
        except BookError as lack:
            refused.append(str(lack))
            continue
        assert len(found)
        assert set(found.columns) <= set(COLUMNS), set(found.columns) - set(COLUMNS)
    assert not [words for words in refused if len(words) < 20 or "{" in words]
    said_ = {part.__name__: part(look) for part in ONE}
    said_ |= {f"groups_{column}": say.groups_said(look, column) for column in ("segment", "sales_office", "team")}
    assert not [words for words in said_.values() if "nan" in words.lower() or "{" in words]
    return said_


@pytest.fixture(scope="module")
def look() -> Scores:
    own = scores_of(company())
    late = own.frame["account_id"].str[1:].astype(int) % 3 == 0
    own.frame["segment"] = np.where(late, "Low B", "High A")
    own.frame["sales_office"] = "North"
    own.frame["revenue"] = np.where(late, 500.0, 100.0)
    return own


def test_everything_is_told_of_a_book_that_has_it(look):
    told = everything(look)
    row = look.of("content")
    assert told["content"] == f"{row['points']:.0f}"
    assert f"{row['accounts_heard']} accounts" in told["content_said"]
    assert "larger accounts are less content" in told["overview_said"]
    assert "Low B is lower than the rest" in told["groups_segment"]
    assert "High A is higher" in told["groups_segment"]
    assert "were answered" in told["response_said"]
    assert "weighted so that" in told["weighted_said"]
    assert "Tried on 2026-05" in told["trial_said"]
    assert told["groups_sales_office"].startswith("Scores are not told by group")


def test_questionnaires_and_invitations_are_not_called_people(look):
    told = everything(look)
    row = look.weighted.set_index("score").loc["content"]
    silent = int(row["people_asked"] - row["people_heard"])
    assert f"{silent} invitations that brought no such answer" in told["weighted_said"]
    assert f"expected to {look.trial.asked} invitations" in told["trial_said"]
    assert "of each person whom the book names, only the latest answer" in told["weighted_said"]
    headings = {column(name).heading for name in ("people_heard", "people_asked", "people_answered")}
    assert headings == {"Questionnaires", "Invitations", "Invitations answered"}


def test_a_reliability_counts_questionnaires_not_people():
    rows = []
    for place in range(12):
        for day in (BEFORE, NOW):
            rows += said(f"A{place}", day, reliability=1 + place % 5, warmth=1 + (place + (day == NOW)) % 5)
    words = say.alpha_said(scores_of(book_with(rows)))
    assert words.startswith("2 items, answered together in 24 questionnaires of 12 accounts: ")


def test_people_are_counted_only_where_the_book_names_all_of_them():
    rows = [row for place in range(9) for row in said(f"A{place}", NOW, satisfaction=place % 5 + 1)]
    assert "9 people at 9 accounts" in say.content_said(scores_of(book_with(rows)))
    again = rows + said("A0", "2026-05-11", None, satisfaction=3)
    assert "10 questionnaires at 9 accounts" in say.content_said(scores_of(book_with(again)))


def test_scales_that_are_mixed_are_said():
    rows = [row for place in range(9) for row in said(f"A{place}", BEFORE, satisfaction=place % 5 + 1)]
    assert "several scales" not in say.overview_said(scores_of(book_with(rows)))
    rows += [row | {"scale_max": 7} for place in range(9) for row in said(f"B{place}", NOW, satisfaction=place % 7 + 1)]
    look = scores_of(book_with(rows))
    assert "on several scales (1 to 5, 1 to 7)" in say.overview_said(look)
    assert look.trend["asked_on"].tolist() == ["1 to 5", "1 to 7"]


def test_a_lead_on_an_item_is_corrected_for_all_of_them():
    rows = []
    for place in range(20):
        ours, theirs = {"warmth": 5, "speed": 2 + place % 3}, {"warmth": 1 + place % 2, "speed": 2 + (place + 1) % 3}
        rows += said(f"A{place}", NOW, satisfaction=4, **ours)
        rows += said(f"A{place}", NOW, subject="Acme", satisfaction=4, **theirs)
    look = scores_of(book_with(rows))
    words = say.rivals_said(look)
    assert "Surely ahead: warmth. What is called sure allows for the number of items looked at." in words
    assert "behind" not in words
    assert look.beside.set_index("item")["verdict"].to_dict() == {
        "satisfaction": "chance may explain it", "speed": "chance may explain it", "warmth": "surely ahead",
    }  # fmt: skip


def test_the_change_is_told_as_what_it_is(look):
    row = look.changes.set_index("score").loc["content"]
    words = say.change_said(look)
    assert ("no change is shown" in words) == (row["p_change"] >= 0.1)
    assert f"{row['both']} accounts answered both times" in words


def test_a_sure_change_has_its_direction():
    rows = [row for place in range(12) for row in said(f"A{place}", BEFORE, satisfaction=5 - place % 2)]
    rows += [row for place in range(12) for row in said(f"A{place}", NOW, satisfaction=1 + place % 2)]
    assert "satisfaction fell from 88 to 12" in say.change_said(scores_of(book_with(rows)))


def test_figures_are_drawn(look):
    from crm_analysis import plots

    assert len(plots.score_trend(look.trend).get_xticklabels()) == 4
    drawn = plots.score_groups(look.groups("segment"), look.of("content")["points"])
    assert [words.get_text().split(" (")[0] for words in drawn.get_yticklabels()] == ["High A", "Low B"]
    assert len(plots.score_bounds(look.weighted.iloc[0]).get_yticklabels()) == 4
    mpl.pyplot.close("all")


def three() -> Book:
    return book_with([row for name in "ABC" for row in said(name, NOW, satisfaction=4, warmth=3)])


CASES = {
    "three responses in total": (three, "90% interval"),
    "one account": (lambda: book_with(said("A", NOW, satisfaction=4)), "one account alone has no interval"),
    "one answer, asked yesterday": (
        lambda: book_with(said("A", NOW, satisfaction=4), [asked("B", "2026-09-29")]), "one account alone"),
    "all answers equal": (
        lambda: book_with([row for n in range(9) for row in said(f"A{n}", NOW, satisfaction=5, warmth=5)]), "interval"),
    "nobody named": (
        lambda: book_with([row for n in range(9) for row in said(f"A{n}", NOW, None, satisfaction=n % 5 + 1)]),
        "9 questionnaires at 9 accounts"),
    "no overall question": (
        lambda: book_with(said("A", NOW, warmth=5) + said("B", NOW, warmth=1)), "the mean of its service questions"),
    "recommendation only": (
        lambda: book_with([row for n in range(9) for row in said(f"A{n}", NOW, recommendation=n + 1)]),
        "no customer answered a question on it"),
    "old answers only": (
        lambda: book_with(said("A", "2023-05-10", satisfaction=5)), "the last answer known is of 2023-05-10"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_little_is_told_as_little(case):
    make, words = CASES[case]
    told = everything(scores_of(make()))
    assert words in told["content_said"]
    assert told["habits_said"]


def test_without_invitations_the_lack_is_named_and_accounts_heard_are_told():
    told = everything(scores_of(three()))
    assert "survey_invitations" in told["response_said"]
    assert "3 of 3 active accounts were heard" in told["heard_said"]
    assert told["weighted_said"] == ""


def test_a_frame_without_revenue_or_groups_has_its_scores():
    own = scores_of(three())
    bare = Scores(own.book, own.answers, own.frame[["account_id", "active"]])
    told = {part.__name__: part(bare) for part in (say.overview_said, say.heard_said, say.content)}
    assert told["content"] == "75"
    assert "revenue" not in told["overview_said"] + told["heard_said"]
    with pytest.raises(BookError, match="sales_office"):
        bare.groups("sales_office")


def test_the_same_book_gives_the_same_tables(look):
    again = Scores(look.book, look.answers, look.frame)
    assert again.weighted.equals(look.weighted)
    assert again.table.equals(look.table)
