"""The book to expect: sums by hand, and coverage on simulated books."""

from __future__ import annotations

import numpy as np
import pytest
from moves_by_hand import BARS, LADDER, known, markov
from scipy.stats import binomtest

from crm_analysis.plan.moves.expected import count_draws, expected
from crm_analysis.plan.moves.ladder import class_ladder
from crm_analysis.plan.moves.migration import counted, migration


@pytest.fixture(scope="module")
def told():
    years = {f"H{i}": [120 + i, 130 + i, 140 + i] for i in range(4)} | {f"L{i}": [10, 10, 10 + i] for i in range(8)}
    years |= {
        "M1": [60, 120, 70],
        "M2": [60, 10, None],
        "N1": [None, 10, 10],
        "N2": [None, None, 20],
        "N3": [None, None, 5],
    }
    found = known(years, cost=0.75)
    moves = migration(found, class_ladder(found, *BARS))
    return moves, found, expected(moves, found)


def test_expected_accounts_are_those_now_times_their_shares_and_the_entries(told):
    moves, _, found = told
    by_hand = moves.now @ moves.shares[:4] + 1.5 * moves.shares[4]  # one entry in the first step, two in the second
    assert found.table["expected"][:4].to_numpy() == pytest.approx(by_hand)
    assert found.table["expected"].iloc[-1] == pytest.approx(found.table["accounts"].iloc[-1] + 1.5)
    assert found.table["accounts"].iloc[-1] == 17
    assert found.entries[0] == 1.5
    assert (found.counts.sum(axis=1) >= 17).all()


def test_money_adds_up_and_is_what_accounts_of_each_state_bring(told):
    _, past, found = told
    table = found.table.set_index("state")
    assert table.loc["", "revenue"] == pytest.approx(past.revenue[-1].sum())
    each = 141.5  # of 140 to 143, the High ones
    assert table.loc["High", "revenue"] == pytest.approx(4 * each)
    assert table.loc["High", "expected_revenue"] == pytest.approx(table.loc["High", "expected"] * each)
    for name in ("revenue", "expected_revenue", "margin", "expected_margin"):
        assert table[name].iloc[:-1].sum() == pytest.approx(table.loc["", name])
    assert table.loc["High", "margin"] == pytest.approx(4 * each / 4)
    for name in ("expected", "revenue", "margin"):
        assert (table[f"low_{name}"] <= table[f"high_{name}"]).all()


def test_accounts_that_came_lie_in_the_interval_as_often_as_it_says():
    rng, many, pits = np.random.default_rng(5), 250, []
    for _ in range(many):
        matrix = np.array([rng.dirichlet(row) for row in np.full((4, 4), 2.0) + 8 * np.eye(4)])
        places = markov(matrix, 80, 3, rng)
        drawn, _ = count_draws(counted(places[:2], np.arange(80), LADDER), rng, 300)
        came = np.bincount(places[2], minlength=4)
        # the draws hold entries, of which there are none: with none known in one step, half of one is expected
        state = int(rng.integers(0, 4))
        ties = (drawn[:, state] == came[state]).sum() + 1
        pits.append(((drawn[:, state] < came[state]).sum() + rng.random() * ties) / 301)
    inside = int(((np.array(pits) > 0.05) & (np.array(pits) < 0.95)).sum())
    assert binomtest(inside, many, 0.9).pvalue > 0.01


def test_accounts_of_one_group_move_together_in_what_is_expected():
    rng, matrix = np.random.default_rng(6), np.full((4, 4), 0.25)
    groups = markov(matrix, 60, 3, rng)
    together = np.repeat(groups, 10, axis=1)
    alone = markov(matrix, 600, 3, rng)
    spread = []
    for places, cluster in ((together, np.repeat(np.arange(60), 10)), (alone, np.arange(600))):
        spread.append(count_draws(counted(places, cluster, LADDER), rng)[0].std(axis=0).mean())
    assert spread[0] > 2 * spread[1]
