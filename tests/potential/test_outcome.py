"""Outcomes: against a list worked by hand, rule by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from crm_analysis.errors import UserError
from crm_analysis.potential import lots
from crm_analysis.potential.advice.outcome import SEED, never_cut, outcomes, usual
from crm_analysis.potential.vetoes import PREFIX, VETOES


def today(potential, **vetoes):
    rows = pd.DataFrame({"account_id": [f"A{place}" for place in range(len(potential))], "potential": potential})
    for name in VETOES:
        rows[f"{PREFIX}{name}"] = vetoes.get(name, [False] * len(rows))
    return rows


def keeping(*names, keeps=True, reason="knows of a project", who="R1"):
    return pd.DataFrame({"account_id": names, "decided_on": pd.Timestamp("2026-05-04"), "reason": reason,
                         "decided_by": who, "keeps": keeps})  # fmt: skip


def test_each_rule_decides_in_its_turn():
    rows = today(
        [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.2], new=[True, True] + [False] * 5, contract=[True] + [False] * 6
    )
    found = outcomes(rows, 0.05, 0.1, keeping("A0"), exempt=[False, False, True, False, False, False, True])
    assert list(found["because"]) == ["override", "veto", "exempt", "below", "between", "between", "exempt"]
    assert list(found["outcome"]) == ["keep", "keep", "keep", "cut", "survey", "survey", "keep"]
    assert list(found["recommended"]) == ["keep", "keep", "cut", "cut", "survey", "survey", "keep"]
    assert list(found["veto"]) == ["new", "new", "", "", "", "", ""]
    assert found["why"][0] == "kept by R1 on 2026-05-04: knows of a project"
    assert found["why"][1] == "too new to judge"
    assert found["why"][2] == "kept by lot (never-cut group), to measure the guard"


def test_the_lot_comes_before_a_veto_and_a_word_so_that_its_accounts_can_be_told_by_it():
    found = outcomes(today([0.01, 0.02], new=[True, False]), 0.05, 0.1, keeping("A1"), exempt=[True, True])
    assert list(found["because"]) == ["exempt", "exempt"]
    assert list(found["recommended"]) == ["keep", "cut"]
    assert list(found["outcome"]) == ["keep", "keep"]


def test_the_threshold_is_strict_and_the_bar_to_keep_is_not():
    found = outcomes(today([0.05, 0.0499, 0.1, 0.0999]), 0.05, 0.1)
    assert list(found["outcome"]) == ["survey", "cut", "keep", "survey"]
    assert found["why"][2].endswith("(10.0%)")


def test_a_guard_that_declines_cuts_nobody_and_says_so():
    found = outcomes(today([0.0, 0.05, 0.2]), -np.inf, 0.1)
    assert list(found["outcome"]) == ["survey", "survey", "keep"]
    assert "the guard allows no cut" in found["why"][0]


def test_where_vetoes_suffice_all_others_may_be_cut():
    found = outcomes(today([0.0, 0.9], key_account=[True, False]), np.inf, 0.1)
    assert list(found["outcome"]) == ["keep", "cut"]
    assert found["why"][0] == "named key account"


def test_the_guard_is_held_against_the_score_it_was_calibrated_on():
    found = outcomes(today([0.02, 0.2]), 0.05, 0.1, score=[0.07, 0.01])
    assert list(found["outcome"]) == ["survey", "cut"]


def test_without_a_usual_chance_nobody_is_kept_for_it():
    assert list(outcomes(today([0.01, 0.99]), 0.05, np.nan)["outcome"]) == ["cut", "survey"]


def test_other_decisions_keep_nobody_and_words_stand_in_for_what_is_missing():
    rows = today([0.01, 0.01])
    others = pd.concat([keeping("A0", keeps=False), keeping("A1", reason="", who="")])
    found = outcomes(rows, 0.05, 0.1, others)
    assert list(found["outcome"]) == ["cut", "keep"]
    assert found["why"][1] == "kept by somebody on 2026-05-04: no reason given"


def test_every_veto_has_its_words():
    rows = today([0.01] * len(VETOES), **{name: np.eye(len(VETOES), dtype=bool)[n] for n, name in enumerate(VETOES)})
    found = outcomes(rows, 0.5, 0.6)
    assert found["why"].nunique() == len(VETOES)
    assert list(found["veto"]) == list(VETOES)


def test_the_usual_chance_is_that_of_the_latest_day():
    days = ["2025-06-30"] * 4 + ["2025-09-30"] * 5
    known = pd.DataFrame({"as_of": pd.to_datetime(days), "promising": [1.0, 1, 1, 0, 1, 0, 0, 0, 0]})
    found = usual(known)
    assert (found.share, found.promising, found.cases) == (0.2, 1, 5)
    assert found.day == pd.Timestamp("2025-09-30")
    nobody = known.assign(promising=[1.0, 1, 1, 0, 0, 0, 0, 0, 0])
    assert (usual(nobody).share, usual(nobody).cases, usual(nobody).day) == (pytest.approx(1 / 3), 9, None)
    assert np.isnan(usual(known.assign(promising=0.0)).share)
    assert np.isnan(usual(known.head(0)).share)


def test_the_lot_never_cuts_its_share_and_the_same_accounts_on_every_day():
    rows = pd.DataFrame({"bits": np.random.default_rng(3).integers(0, 2**63, 4000, dtype="uint64")})
    chosen = never_cut(rows, 0.05)
    assert binomtest(int(chosen.sum()), 4000, 0.05).pvalue > 0.001
    shuffled = rows.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(never_cut(shuffled, 0.05), chosen[shuffled.index])
    assert never_cut(rows, 0.1)[chosen].all()
    bits = rows["bits"].to_numpy()
    np.testing.assert_array_equal(chosen, lots.lots(bits, SEED, 2) < 0.05)  # another release must not draw anew
    calibrating = lots.lots(bits, SEED, 1) < 0.5
    assert binomtest(int((chosen & calibrating).sum()), int(chosen.sum()), 0.5).pvalue > 0.001
    assert not never_cut(rows, 0).any()
    other = never_cut(rows, 0.05, seed=8)
    assert binomtest(int((chosen & other).sum()), int(chosen.sum()), 0.05).pvalue > 0.001


def test_what_is_no_number_is_refused():
    with pytest.raises(UserError, match="potential: expected 2 finite numbers; found 2, 1 of them not finite"):
        outcomes(today([0.1, np.nan]), 0.05, 0.1)
    with pytest.raises(UserError, match="threshold"):
        outcomes(today([0.1]), np.nan, 0.1)
    with pytest.raises(UserError, match="never cut is from 0 up to"):
        never_cut(pd.DataFrame({"bits": [1]}), 1)
