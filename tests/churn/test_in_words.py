"""Reasons in words, by hand: which are told, in which order, with which figures."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_analysis.churn import in_words
from crm_analysis.churn.in_words import FIGURES, NOTICED, reasons
from crm_analysis.churn.survival.features import FEATURES, SILENCE, WORDS
from crm_analysis.labels import LABELS

PLAIN: dict[str, Any] = dict.fromkeys([*SILENCE, *FIGURES], 1.0)


def said(own: dict[str, float], others: dict[str, float], **added: float) -> str:
    """The reasons of an account with these figures beside nine of its segment with the others."""
    panel = pd.DataFrame([PLAIN | own, *[PLAIN | others] * 9])
    contributions = pd.DataFrame([added] + [dict.fromkeys(added, 0.0)] * 9)
    found = reasons(contributions, panel, pd.Series(["Low"] * 10))
    assert found[1:].tolist() == [""] * 9
    return str(found[0])


def test_silence_is_told_by_its_own_rhythm():
    own = {"silence_days": 94.0, "rhythm_days": 41.4, "silence_ratio": 94 / 41.4}
    assert said(own, {}, silence_days=0.4, silence_ratio=0.3, rhythm_days=-0.2) == (
        "silent for 94 days; by its rhythm seldom over 41"
    )
    # within its rhythm, or without one, it is told by its segment's
    words = "silent for 94 days, its segment for 12"
    for rhythm in (94.0, np.nan):
        assert said(own | {"rhythm_days": rhythm}, {"silence_days": 12.0}, silence_days=0.4) == words
    # shorter than usual and within its rhythm: no reason, whatever the model adds
    assert said({"silence_days": 3.0, "rhythm_days": 3.0}, {"silence_days": 30.0}, silence_days=0.9) == ""
    # three features of silence are one reason: together they take away
    assert said(own, {}, silence_days=0.4, silence_ratio=-0.5) == ""


@pytest.mark.parametrize(
    ("name", "own", "others", "words"),
    [
        ("complaints_open", 2, 0, "open complaints: 2, its segment has 0.2"),
        ("complaints_year", 3, 1, "complaints within a year: 3, its segment has 1.2"),
        ("overdue", 1, 0.5, "invoices overdue: 1, its segment has 0.6"),
        ("order_count", 4, 12, "orders within a year: 4, its segment has 12"),
        ("on_time", 0.6, 0.9, "60% of its lines shipped on time, 87% of its segment's"),
        ("trend", np.log(0.58), np.log(1.03), "revenue down 42% on the year before, its segment's up 3%"),
        ("recent", np.log(0.4), 0, "revenue of the last quarter down 60% on its year's pace, its segment's up 0%"),
        ("days_to_pay", 61.4, 30, "pays after 61 days, its segment after 30"),
        ("revenue", 1234.5, 45_000, "revenue of 1,234 within a year, its segment's is 45,000"),
        ("satisfaction", 0.25, 0.75, "satisfaction at 25% of the scale, its segment's at 70%"),
        ("satisfaction", np.nan, 0.75, "no survey answer within two years; its segment's are at 75% of the scale"),
        ("unanswered", 1, 0, "did not answer when last asked, as 10% of its segment"),
        ("contract", 0, 1, "no contract in force, 90% of its segment have one"),
        ("contract_ends", 20, 300, "its contract ends in 20 days, its segment's in 300"),
        ("contacts_theirs", 0.8, 0.5, "began 80% of its contacts, its segment 53%"),
        ("margin_rate", 0.1, 0.3, "margin rate of 10%, its segment's is 30%"),
    ],
)
def test_a_figure_stands_beside_its_segments(name, own, others, words):
    assert said({name: own}, {name: others}, **{name: 0.5}) == words


def test_what_is_unknown_or_on_the_other_side_is_no_reason():
    assert said({"on_time": np.nan}, {}, on_time=0.5) == ""
    assert said({"satisfaction": np.nan}, {"satisfaction": np.nan}, satisfaction=0.5) == ""
    assert said({"complaints_open": 0}, {"complaints_open": 2}, complaints_open=0.5) == ""
    assert said({"order_count": 12}, {"order_count": 4}, order_count=0.5) == ""
    assert said({"complaints_open": 2}, {"complaints_open": 0}, complaints_open=NOTICED - 1e-9) == ""
    assert said({"complaints_open": 2}, {"complaints_open": 0}, complaints_open=-0.5) == ""


def test_the_three_largest_come_first():
    own = {"complaints_open": 2, "overdue": 3, "order_count": 0, "families": 0, "silence_days": 9.0}
    found = said(own, {}, complaints_open=0.2, overdue=0.4, order_count=0.3, families=0.1, silence_days=0.25)
    assert found == (
        "invoices overdue: 3, its segment has 1.2; orders within a year: 0, its segment has 1; "
        "silent for 9 days; by its rhythm seldom over 1"
    )


def test_a_segment_is_compared_with_itself():
    panel = pd.DataFrame([PLAIN | {"complaints_open": many} for many in (1, 0, 5, 9)])
    contributions = pd.DataFrame({"complaints_open": [0.5, 0.0, 0.0, 0.5]})
    found = reasons(contributions, panel, pd.Series(["High", "High", None, None]))
    assert found.tolist() == [
        "open complaints: 1, its segment has 0.5",
        "",
        "",
        "open complaints: 9, its segment has 7",
    ]
    order = [2, 0, 3, 1]
    again = reasons(contributions.iloc[order], panel.iloc[order], pd.Series(["High", "High", None, None])[order])
    assert again.tolist() == found[order].tolist()
    assert reasons(pd.DataFrame(index=range(4)), panel, pd.Series(["A"] * 4)).tolist() == [""] * 4


def test_every_feature_that_is_a_figure_has_its_words():
    assert set(FIGURES) == set(FEATURES) - set(SILENCE) - set(WORDS)
    assert {f"reason_{name}" for name in FIGURES} <= set(LABELS)
    assert doctest.testmod(in_words).failed == 0
