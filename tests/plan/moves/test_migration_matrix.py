"""The matrix: counts and smoothing by hand, intervals against the beta distribution, likeness and shocks by truths."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moves_by_hand import BARS, LADDER, known, markov
from scipy.integrate import quad
from scipy.stats import beta, norm
from small_books import DAY, FEW

from crm_analysis.plan.moves.ladder import class_ladder
from crm_analysis.plan.moves.migration import _alike, _seen, counted, migration, moved
from crm_analysis.plan.moves.shocks import shocks

YEARS = {
    "A": [120, 120, 60],  # High, High, Mid
    "B": [60, 120, 120],  # Mid, High, High
    "C": [10, 10, None],  # Low, Low, inactive
    "D": [10, None, 10],  # Low, inactive, Low
    "E": [None, 10, 60],  # new, Low, Mid
    "F": [None, None, 10],  # new, new, Low
}


def of(years=YEARS):
    found = known(years)
    return migration(found, class_ladder(found, *BARS))


def row(found, begin, end):
    table = found.table.set_index(["from_state", "to_state"])
    return table.loc[(begin, end)]


def test_counts_and_smoothed_shares_by_hand():
    found = of()
    assert found.days == (dt.date(2024, 9, 30), dt.date(2025, 9, 30), DAY)
    assert found.counts.sum(axis=0).tolist() == [[2, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 2], [0, 0, 1, 0]]
    assert found.entries.tolist() == [[0, 0, 1, 0], [0, 0, 1, 0]]
    assert found.now.tolist() == [1, 2, 2, 1]
    assert row(found, "High", "Mid")[["moved", "of"]].tolist() == [1, 3]
    # one account more, spread over four cells, on what the rows count for
    weight = found.effective[2]
    assert row(found, "Low", "inactive")["moved_share"] == pytest.approx((2 * weight / 4 + 0.25) / (weight + 1))
    assert row(found, "new", "Low")["moved_share"] == pytest.approx(2.25 / 3)
    assert row(found, "Mid", "Low")["moved_share"] > 0


def test_rows_sum_to_one_and_intervals_hold_the_share():
    table = of().table
    assert np.allclose(table.groupby("from_state")["moved_share"].sum(), 1)
    assert (table["low_moved_share"] <= table["moved_share"]).all()
    assert (table["moved_share"] <= table["high_moved_share"]).all()
    assert (table["low_moved_share"][table["moved"] == 0] == 0).all()


def test_intervals_of_one_step_are_those_of_the_beta_distribution():
    places = np.array([[2] * 40, [2] * 30 + [1] * 6 + [3] * 4])
    found = counted(places, np.arange(40), LADDER, days=(DAY, DAY))
    assert "not known" in found.says[-1]
    assert found.years.factor == 1
    for end, moves in (("Mid", 6), ("inactive", 4)):
        low, high = beta.ppf([0.05, 0.95], moves + 0.25, 40 - moves + 0.75)
        cell = row(found, "Low", end)
        assert cell["low_moved_share"] == pytest.approx(low, abs=0.01)
        assert cell["high_moved_share"] == pytest.approx(high, abs=0.01)


@FEW
@given(
    st.lists(st.lists(st.sampled_from([None, 10, 60, 120]), min_size=3, max_size=3), min_size=2, max_size=12),
    st.randoms(),
)
def test_names_and_the_order_of_rows_change_nothing(rows, random):
    rows = [*rows, [10, 10, 10]]
    names = [f"N{place}" for place in range(len(rows))]
    one = of(dict(zip(names, rows, strict=True)))
    random.shuffle(names)
    other = of(dict(sorted(zip(names, rows, strict=True))))
    assert one.table.equals(other.table)


def test_accounts_that_always_move_together_count_as_one():
    rng = np.random.default_rng(1)
    own = rng.choice(2, 400)
    begin, end, cluster = np.zeros(1600, dtype=np.int64), np.repeat(own, 4), np.repeat(np.arange(400), 4)
    counts = np.array([np.bincount(end, minlength=2), [0, 0]])
    assert _alike(cluster, begin, end, counts) == pytest.approx(1, abs=0.01)
    found = counted(np.stack([begin, end]), cluster, LADDER)
    assert found.effective[0] == pytest.approx(400, rel=0.02)


@pytest.mark.parametrize("truth", [0.0, 0.2])
def test_likeness_within_groups_is_found_on_dirichlet_multinomial_groups(truth):
    rng = np.random.default_rng(2)
    share = np.array([0.2, 0.3, 0.5])
    each = rng.dirichlet(share * (1 / truth - 1), 3000) if truth else np.tile(share, (3000, 1))
    end = (rng.random((3000, 3))[:, :, None] > np.cumsum(each, axis=1)[:, None, :2]).sum(axis=2).ravel()
    counts = np.vstack([np.bincount(end, minlength=3), np.zeros((2, 3), dtype=np.int64)])
    found = _alike(np.repeat(np.arange(3000), 3), np.zeros(9000, dtype=np.int64), end, counts)
    assert found == pytest.approx(truth, abs=0.03)


def test_a_shift_raises_the_odds_of_being_above_each_state():
    share = np.array([[0.1, 0.2, 0.3, 0.4]])
    for shift in (0.0, 0.5, -1.0):
        above = np.cumsum(moved(share, np.array([shift])))[:3]
        assert np.allclose(above / (1 - above), np.exp(shift) * np.array([0.1, 0.3, 0.6]) / [0.9, 0.7, 0.4])


def test_the_score_of_a_shock_is_the_slope_of_the_likelihood():
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 30, (2, 4, 4))
    share = counts.sum(axis=0) / counts.sum(axis=(0, 2))[:, None]

    def fit(step: int, shift: float) -> float:
        return float((counts[step] * np.log(moved(share, np.full(4, shift)))).sum())

    seen, information = _seen(counts, counts.sum(axis=(0, 2)).astype(float))
    for step in range(2):
        slope = (fit(step, 1e-5) - fit(step, -1e-5)) / 2e-5
        assert seen[step] * information[step] == pytest.approx(slope, rel=1e-4)


def test_the_posterior_of_shocks_is_that_of_numerical_integration():
    seen, information, scale = np.array([0.2, -0.1, -0.15]), np.array([50.0, 80, 60]), 0.15

    def density(size: float) -> float:
        variance = size**2 + 1 / information
        middle = (seen / variance).sum() / (1 / variance).sum()
        fit = norm.logpdf(seen, middle, np.sqrt(variance)).sum() - np.log((1 / variance).sum()) / 2
        return float(np.exp(fit + norm.logpdf(size, 0, scale)))

    whole = quad(density, 0, 1)[0]
    found = shocks(seen, information, scale)
    assert found.sizes @ found.weights == pytest.approx(quad(lambda s: s * density(s), 0, 1)[0] / whole, rel=0.01)
    squared = quad(lambda s: s**2 * density(s), 0, 1)[0] / whole
    assert found.factor == pytest.approx(1 + squared * information.mean(), rel=0.01)


def test_steps_that_differ_widen_intervals_and_a_factor_is_never_below_one():
    rng, matrix = np.random.default_rng(4), np.full((4, 4), 0.25)
    quiet = markov(matrix, 4000, 3, rng)
    loud = quiet.copy()
    loud[2] = np.maximum(loud[2] - (rng.random(4000) < 0.4), 0)  # in the second step four in ten go up
    cluster = np.arange(4000)
    one, other = counted(quiet, cluster, LADDER), counted(loud, cluster, LADDER)
    assert 1 <= one.years.factor < other.years.factor
    width = [(found.table["high_moved_share"] - found.table["low_moved_share"])[:12].mean() for found in (one, other)]
    assert width[1] > 1.5 * width[0]
