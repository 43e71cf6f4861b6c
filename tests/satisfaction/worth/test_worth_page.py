"""The facade and its sentences: on the demo company, on simulated books whose truth is known, and where books lack."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from small_books import DAY, small_book
from voice_sample import said, simulated

from crm_analysis import plots
from crm_analysis.accounts import accounts
from crm_analysis.book import open_book
from crm_analysis.churn.definition import leaving
from crm_analysis.churn.risks import Risks
from crm_analysis.errors import BookError
from crm_analysis.labels import column
from crm_analysis.report.sentences import worth as words
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.drivers.page import Drivers
from crm_analysis.satisfaction.worth.margin import Followed, compared
from crm_analysis.satisfaction.worth.page import Worth
from crm_analysis.satisfaction.worth.weights import slopes

DEMO = Path(__file__).resolve().parents[3] / "data" / "demo"
TABLES = ("leaving", "margin", "improvements", "by_dimension", "unheard", "focus", "focus_teams")
SENTENCES = [
    name + tail
    for tail, names in {
        "_said": ("leaving", "margin", "focus", "focus_importance", "focus_teams"),
        "_how": ("leaving", "margin", "priorities", "focus"),
        "_alt": ("leaving", "focus"),
        "": ("first_improvement", "rosier"),
    }.items()
    for name in names
]
WITH_MONEY = ("improvement_said", "priorities_said", "unheard_said", "priorities_alt")


def lacking(reason: str = "There is none."):
    def refused():
        raise BookError(reason)

    return refused


def plain(**parts) -> Worth:
    """A facade of parts; whatever is not given is refused."""
    given = {"book": small_book([], accounts=[{"account_id": "A"}]), "frame": pd.DataFrame({"account_id": ["A"]})}
    given |= dict.fromkeys(("risks", "answers", "importances"), lacking())
    return Worth(**(given | parts))


@pytest.fixture(scope="module")
def demo() -> Worth:
    book = open_book(DEMO).as_of(DAY)
    frame = accounts(book, DAY)
    frame["team"] = np.where(frame["account_id"].str[-1].astype(int) % 2, "odd", "even")
    risks = Risks(book, leaving(book, DAY).spells, frame, lambda: None)
    found = answers(book, DAY)
    drawn = slopes(Drivers(found, frame).derived)
    return Worth(book, frame, lambda: risks, lambda: found, lambda: drawn)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_the_demo_has_a_heading(demo, name):
    table = getattr(demo, name)
    assert len(table)
    for heading in table:
        assert column(str(heading)).title
    numbers = table.select_dtypes("number")
    assert not np.isinf(numbers.to_numpy("float64")).any()


def test_the_demo_is_told_in_whole_sentences(demo):
    told = [getattr(words, name)(demo) for name in SENTENCES]
    told += [getattr(words, name)(demo, "EUR") for name in WITH_MONEY]
    for sentence in told:
        assert sentence
        assert "{" not in sentence
        assert "nan" not in sentence.lower().split()
        assert "  " not in sentence
    assert words.first_improvement(demo) in demo.answers().asks.dimensions


def test_the_demo_adds_up(demo):
    heard, unheard = demo.priorities.accounts, demo.unheard
    margin = demo.frame.set_index("account_id")["margin"].clip(lower=0)
    assert heard["at_stake"].sum() + unheard["at_stake"].sum() == pytest.approx(margin.sum())
    assert not set(heard["account_id"]) & set(unheard["account_id"])
    rows = demo.linked.table
    own = rows[rows["question"] == "satisfaction"]
    assert own["quarters"].sum() == demo.linked.quarters
    assert own["left"].sum() == rows[rows["question"] == "trouble"]["left"].sum()


def test_slopes_are_those_of_least_squares(demo):
    derived = Drivers(demo.answers(), demo.frame).derived
    asked = derived.asked
    once = SimpleNamespace(asked=asked, weights=np.ones((1, len(asked.accounts))))
    values = asked.values
    x = np.column_stack([np.ones(len(values)), values[:, :-1]])
    oracle = np.linalg.lstsq(x, values[:, -1], rcond=None)[0][1:]
    if not asked.pairwise:
        assert slopes(once).to_numpy()[0] == pytest.approx(oracle)
    assert list(slopes(once).columns) == asked.dimensions


def test_figures_are_drawn_from_tables(demo):
    mpl.use("Agg")
    for ax in (
        plots.leaving_by_voice(demo.leaving), plots.first_priorities(demo.improvements),
        plots.first_priorities(demo.improvements.head(1), "EUR"), plots.focus_views(demo.focus),
    ):  # fmt: skip
        assert ax.get_title(loc="left")
        mpl.pyplot.close(ax.figure)


# --- sentences stay true when the data change ---


def leaving_of(effects, **how) -> Worth:
    panel, spells = simulated(seed=11, effects=effects, **({"accounts": 900} | how))
    look = plain(risks=lambda: SimpleNamespace(panel=panel, spells=spells))
    return look


def test_more_leave_at_both_ends():
    told = words.leaving_said(leaving_of({"low": 1.0, "high": 1.0, "silent": 1.0}))
    assert "levels differ by more than chance explains" in told
    assert "From low to high leaving does not go one way" in told
    assert "middle leave 0." in told
    assert "This is what goes together, not what causes what" in told


def test_fewer_leave_step_by_step():
    told = words.leaving_said(leaving_of({"low": 1.6, "middle": 0.8}))
    assert "From low to high leaving falls, but not evenly" in told  # in steps, as simulated
    assert "low leave" in told
    assert "times as often as 'high'" in told
    few = words.leaving_said(leaving_of({"low": 0.8, "middle": 0.4}, accounts=300))
    assert "a straight line from low to high is not contradicted" in few  # too few to see the steps


def test_nothing_goes_with_leaving():
    told = words.leaving_said(leaving_of({}))
    assert "Satisfaction: the levels differ by no more than chance explains" in told
    assert "straight line" not in told
    few = words.leaving_said(leaving_of({"low": -9, "middle": -9, "silent": -9, "unasked": -9}, a_year=0.9))
    assert "Satisfaction: too few left to compare the levels" in few


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        (5.0, "low: 46.9% less than accounts"),
        (10.0, "differs from that of others by no more than chance and size explain"),
        (25.0, "low: 64.3% more than accounts"),
    ],
)
def test_margin_is_told_as_it_went(low, expected):
    rng = np.random.default_rng(1)
    later = np.r_[np.full(100, low), np.full(60, 12.0)] if low == 5 else np.r_[np.full(80, low), np.full(80, 10.0)]
    many = len(later)
    table = pd.DataFrame(
        {
            "account_id": [f"A{place}" for place in range(many)],
            "as_of": pd.Timestamp("2025-09-30"),
            "size": 10.0,
            "now": 10.0,
            "next": later + rng.normal(0, 0.01, many),
        }
    )
    levels = pd.DataFrame({"satisfaction": np.where(np.arange(many) < (100 if low == 5 else 80), "low", "high")})
    if low == 25:
        levels.iloc[40:80] = "high"
    found, bands = compared(table, levels)
    look = plain(risks=lambda: SimpleNamespace(panel=pd.DataFrame()))
    look.__dict__["followed"] = Followed(found, (dt.date(2025, 9, 30),), "margin", bands)
    told = words.margin_said(look)
    if low == 10:
        assert expected in told
    else:
        share = abs(found.set_index("level").loc["low", "against"] - 1)
        assert f"low: {share:.1%} {'less' if low == 5 else 'more'} than accounts of their size kept" in told
    assert words.margin_how(look).startswith(f"Margin a year after 2025-09-30, of {many} account-years")


def rated(scores, stake, many: int = 2):
    """Accounts that so many people rated alike."""
    rows = [
        {"account_id": name, "person": f"P{n}", "good": score + 0.01 * n}
        for name, score in scores.items()
        for n in range(many)
    ]
    frame = pd.DataFrame({"account_id": list(stake), "revenue": list(stake.values())})
    drawn = pd.DataFrame({"good": np.full(20, 0.5)})
    return plain(frame=frame, answers=lambda: said(rows), importances=lambda: drawn)


def test_priorities_without_names_costs_or_people_in_charge():
    look = rated({"A": 0.1, "B": 0.8, "C": 0.8, "D": 0.8}, {"A": 900.0, "B": 100.0, "C": 1.0, "D": 1.0, "E": 1000.0})
    told = words.priorities_said(look, "EUR")
    assert told.startswith("First: A, good. 2 people put it at 10.5% of the scale")
    assert "EUR 900" in told
    assert words.improvement_said(look, "EUR").startswith("Most waits for good: 100.0% of all priority")
    assert words.unheard_said(look, "EUR").startswith("Of 1 account that brought EUR 1,000 in the year, 50.0% of all")
    assert words.priorities_how(look).startswith("Priority is gap x importance x revenue at stake")
    assert "was_asked" not in look.unheard


def test_nobody_lags_behind():
    look = rated({"A": 0.5, "B": 0.5, "C": 0.5}, {"A": 1.0, "B": 2.0, "C": 3.0})
    assert words.priorities_said(look, "EUR") == "No account heard has a gap that matters."
    assert words.improvement_said(look, "EUR") == "No account heard has a gap that matters."
    assert words.first_improvement(look) == ""
    with pytest.raises(BookError, match="Every account that brought money was heard"):
        _ = look.unheard


def test_nothing_is_at_stake():
    """A gap there is, and no money: neither that no gap matters, nor that all that brought money were heard."""
    look = rated({"A": 0.1, "B": 0.9, "C": 0.9}, {"A": 0.0, "B": 0.0, "C": -5.0, "D": 0.0})
    expected = (
        "No account heard has revenue above 0 in the year, so nothing is at stake and no improvement comes first."
    )
    assert words.priorities_said(look, "EUR") == expected
    assert words.improvement_said(look, "EUR") == expected
    with pytest.raises(BookError, match=r"^No account has revenue above 0 in the year, so none .* could be unheard"):
        _ = look.unheard


def test_our_own_view_that_is_not_rosier():
    rng = np.random.default_rng(2)
    rows = [
        {"account_id": f"A{place}", "person": who, "internal": who == "R", "good": rng.uniform()}
        for place in range(10)
        for who in "PR"
    ]
    look = plain(answers=lambda: said(rows))
    assert words.focus_said(look).startswith("Nowhere is our own view of ourselves rosier")
    assert words.rosier(look) == "0 of 1 questions"
    assert words.focus_importance_said(look) == ""
    with pytest.raises(BookError, match="which team serves which account"):
        words.focus_teams_said(look)
    only = plain(answers=lambda: said([row for row in rows if not row["internal"]]))
    assert words.focus_said(only).startswith("Our own people answered no survey")
    assert words.rosier(only) == ""


def test_what_is_misjudged_is_told_by_ranks():
    rng = np.random.default_rng(3)
    weights = {"a": (0.9, 0.60), "b": (0.8, 0.55), "c": (0.4, 0.65)}  # c is their last and our first
    rows = []
    for place in range(12):
        for who in "PR":
            row = {"account_id": f"A{place}", "person": who, "internal": who == "R"}
            for item, (theirs, ours) in weights.items():
                row |= {item: rng.uniform(), f"!{item}": (ours if who == "R" else theirs) + rng.normal(0, 0.01)}
            rows.append(row)
    told = words.focus_importance_said(plain(answers=lambda: said(rows)))
    assert "rank correlation -0.50" in told
    assert told.endswith("Misjudged most: 'c', which our people rank 1 in importance and customers 3.")


def test_what_one_part_lacks_the_others_do_without():
    """No survey: leaving by complaints still stands; nothing decided: the priorities still do."""
    panel, spells = simulated(600, 4, {"complaints_1": 1.0})
    panel = panel.drop(columns=["satisfaction", "unanswered"])
    look = plain(risks=lambda: SimpleNamespace(panel=panel, spells=spells))
    assert set(look.leaving["voice_question"]) == {"Complaints"}
    assert "one complaint in the year leave" in words.leaving_said(look)
    with pytest.raises(BookError, match="There is none"):
        _ = look.improvements
    assert words.improvement_said(look, "EUR") == "There is none."
    with pytest.raises(BookError, match="There is none"):
        _ = rated({"A": 0.1, "B": 0.5}, {"A": 1.0}).leaving
    few = plain(
        answers=lambda: said([{"account_id": "A", "good": 0.5}]),
        frame=pd.DataFrame({"account_id": ["A", "B"], "revenue": [30.0, 10.0]}),
    )
    assert few.unheard["account_id"].tolist() == ["B"]  # importances cannot be told, this can
    assert "EUR 10.00 in the year, 25.0% of all" in words.unheard_said(few, "EUR")
