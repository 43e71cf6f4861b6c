"""Reasons of a potential, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.labels import LABELS
from crm_analysis.potential.features import FEATURES, WORDS
from crm_analysis.potential.score.reasons import FIGURES, reasons

ROWS = pd.DataFrame(
    {
        "size": np.log([0.5, 0.1, 0.02]),
        "silence_days": [5.0, 30.0, 200.0],
        "silence_gaps": [0.1, 1.0, 9.0],
        "recent": [np.log(1.4), 0.0, np.log(0.5)],
        "demand": [np.nan, np.log(2.0), np.nan],
        "industry": pd.Categorical(["audio", None, "medical"]),
    },
    index=[7, 3, 9],
)


def said(**added: list[float]) -> list[str]:
    return reasons(pd.DataFrame(added, index=ROWS.index), ROWS).tolist()


def test_the_largest_come_first_with_their_figure_and_the_usual_one():
    found = said(size=[0.5, 0, -0.2], recent=[0.7, 0, -0.9])
    assert found == [
        "last quarter up 40% on its year's pace; usual: up 0%; brought 50% of the Mid bar within a year; usual: 10%",
        "",
        "last quarter down 50% on its year's pace; usual: up 0%; brought 2% of the Mid bar within a year; usual: 10%",
    ]


def test_only_what_moves_to_the_accounts_own_side_is_told():
    assert said(size=[0.5, 0, 0.3], recent=[-0.3, 0, -0.9])[0] == (
        "brought 50% of the Mid bar within a year; usual: 10%"
    )
    # a small account whose size raises its potential only corrects another feature
    assert said(size=[-0.5, 0, 0.5]) == ["", "", ""]
    assert said(size=[0.09, 0, -0.09]) == ["", "", ""]  # too little to be noticed


def test_silence_in_days_and_in_gaps_is_one_reason():
    found = said(silence_days=[0.06, 0, -0.3], silence_gaps=[0.06, 0, -0.3])
    assert found == ["days since its last order: 5; usual: 30", "", "days since its last order: 200; usual: 30"]


def test_words_are_told_and_what_is_unknown_is_not():
    assert said(industry=[0.4, 0.4, -0.4], demand=[0.3, 0.0, -0.2]) == ["industry: audio", "", "industry: medical"]


def test_usual_figures_can_be_those_of_others():
    usual = ROWS.assign(size=np.log(0.04))
    own = reasons(pd.DataFrame({"size": [0.5, 0.2, -0.5]}, index=ROWS.index), ROWS, usual)
    assert own.index.tolist() == [7, 3, 9]
    assert own[3] == "brought 10% of the Mid bar within a year; usual: 4%"


def test_three_reasons_at_most():
    found = said(size=[1.0] * 3, recent=[0.9] * 3, silence_days=[0.8] * 3, industry=[0.7] * 3)[0]
    assert found.count("usual") == 3
    assert "industry" not in found


def test_every_feature_has_its_reason_but_tenure():
    told = {name for own in FIGURES for name in own.features} | set(WORDS)
    assert set(FEATURES) - told == {"tenure_years"}
    for name in [*(own.told for own in FIGURES), *WORDS]:
        assert "{own}" in LABELS[f"reason_potential_{name}"]
