"""What is wrong with columns: repeats, inflation, separation, too few; against statsmodels and hand calculations."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.outliers_influence import variance_inflation_factor

from crm_analysis.churn.survival import checks
from crm_analysis.churn.survival.sample import codes, drawn, folds
from crm_analysis.errors import UserError


@pytest.fixture(scope="module")
def columns() -> np.ndarray:
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 500))
    return np.column_stack([np.ones(500), a, b, a + 0.3 * c])


def test_inflation_is_statsmodels(columns):
    oracle = [variance_inflation_factor(columns, place) for place in (1, 2, 3)]
    assert checks.inflation(columns.T @ columns, given=1) == pytest.approx(oracle, rel=1e-9)
    assert oracle[0] > 5


def test_repeats_name_the_later_column_and_the_one_it_is_like(columns):
    one, a, b, _ = columns.T
    both = np.column_stack([one, a, b, 5 - a, a + 1e-4 * b, 2 * a + b, np.full(500, 7.0), a * b])
    found = checks.repeats(both.T @ both, given=1)
    assert found == [(2, 0), (3, 0), (4, 0), (5, 5)]  # the constant is beside itself
    assert checks.told(found, list("abcdefg")) == [
        "Left out, because it is the same in every row: f.",
        "Left out, because others say the same: c (as a), d (as a), e (as a).",
    ]
    assert checks.repeats(columns.T @ columns, given=1) == []
    assert checks.told([], []) == []


def test_a_column_that_one_in_a_thousand_explains_otherwise_stays(columns):
    one, a, b, _ = columns.T
    rest = b - (a @ b) / (a @ a) * a
    for share, kept in ((2e-3, True), (0.5e-3, False)):
        mixed = a / np.std(a) * np.sqrt(1 - share) + rest / np.std(rest) * np.sqrt(share)
        both = np.column_stack([one, a, mixed])
        assert (checks.repeats(both.T @ both, given=1) == []) == kept


def test_separation_is_an_overlap_of_nothing_but_the_border():
    left = np.array([True, True, False, False, False])
    table = np.array(
        [
            # apart, at the border, mixed, flag of those that left only, flag of none that left, mixed flag
            [5.0, 3, 1, 1, 0, 1],
            [6.0, 4, 4, 0, 0, 0],
            [1.0, 3, 2, 0, 1, 0],
            [2.0, 1, 3, 0, 0, 1],
            [3.0, 2, 5, 0, 0, 0],
        ]
    )
    whole = checks.Overlap(6)
    whole.add(table, left)
    assert whole.parted() == [0, 1, 3, 4]
    parts = checks.Overlap(6)
    for row, came in zip(table, left, strict=True):
        parts.add(row[None, :], np.array([came]))
    assert parts.parted() == whole.parted()


def test_when_effects_are_held_back():
    assert checks.held_back(100, 10, []) is None
    assert "99 accounts that left are few for 10 effects: 9.9 for each, 10 are wanted" in str(
        checks.held_back(99, 10, [])
    )
    assert "by flag and by gift" in str(checks.held_back(100, 2, ["flag", "gift"]))


def test_holm_is_statsmodels():
    p = np.array([0.04, 0.001, 0.3, 0.3, 0.02, 0.9])
    assert checks.holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_enough_of_both():
    checks.enough(20, 20, "the model")
    with pytest.raises(UserError, match="the model: 19 accounts are known to have left, and 20 are needed"):
        checks.enough(19, 500, "the model")
    with pytest.raises(UserError, match="0 accounts are known to have stayed"):
        checks.enough(500, 0, "the model")


def test_accounts_are_drawn_and_parted_by_their_ids_alone():
    rng = np.random.default_rng(0)
    ids = np.repeat([f"A{number:05}" for number in range(2_000)], rng.integers(1, 9, 2_000))
    place, names = codes(ids)
    chosen = drawn(place, names, 3_000)
    assert 2_950 < chosen[place].sum() <= 3_000
    mixed = rng.permutation(ids)
    again, same = codes(mixed)
    assert list(same) == list(names)
    assert (drawn(again, same, 3_000) == chosen).all()
    assert drawn(place, names, len(place)).all()
    parts = folds(names)
    assert np.ptp(np.bincount(parts)) <= 1
    # chance, and not the order of ids, decides; drawing and parting have nothing to do with each other
    assert abs(np.corrcoef(np.arange(2_000), chosen)[0, 1]) < 0.08
    assert abs(np.corrcoef(parts == 0, chosen)[0, 1]) < 0.08
