"""How accounts may take a proposal for small orders: against four accounts worked by hand, all orders of who leaves,
and the variance of a sum drawn without replacement.
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from four_accounts import DAY, LINES, classes, columns, four, plain
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.plan.small_orders import MINIMUM, Proposal, small_orders
from crm_analysis.plan.small_orders import spread as chance
from crm_analysis.plan.small_orders.break_even import break_even, must_bundle
from crm_analysis.plan.small_orders.reactions import BUNDLE, DROP, PAY, Reactions, Shares
from crm_analysis.plan.small_orders.spread import moments, spread

PRICED = pd.DataFrame({
    "account_id": list("ABC"), "pay": [30.0, 20, 10], "bundle": [15.0, np.nan, 0], "drop": [27.0, -2, -9],
    "leave": [12.0, -2, -59], "forced": False,
})  # fmt: skip
"""A table of three accounts; but for A's bundling the four accounts' at a price of 10."""
BOOKED = [30.0, np.nan, 0]


def priced(frame=PRICED):
    return Reactions(frame, "margin", PAY)


def refused(**columns):
    return Reactions(PRICED.assign(pay=np.nan, forced=[False, True, False]).assign(**columns), "margin", DROP)


def made(table):
    """Reactions of rows (leave, bundle, rest) at a price."""
    leave, bundle, rest = np.asarray(table, "float64").reshape(-1, 3).T
    ids = [f"A{n}" for n in range(len(leave))]
    return priced(pd.DataFrame({"account_id": ids, "pay": rest, "bundle": bundle, "drop": 0.0, "leave": leave,
                                "forced": False}))  # fmt: skip


def drawn(rng, many):
    """Accounts as they are: a few bring most of what there is to lose."""
    return np.column_stack([-rng.lognormal(3, 1.5, many), rng.lognormal(1, 1, many), rng.lognormal(2, 1, many)])


def test_each_reaction_by_hand():
    book, frame = plain()
    own = small_orders(book, DAY, Proposal(100, 10), frame)
    pd.testing.assert_frame_equal(own.took.accounts, PRICED.assign(bundle=BOOKED), check_dtype=False)
    assert columns(own.hits, "small", "leave", "forced") == {
        "A": [3, 12, False],
        "B": [2, -2, False],
        "C": [1, -59, False],
    }
    assert own.at_stake.to_dict("records") == [
        {"class": "Mid", "accounts": 1, "forced": 0, "orders": 2, "small": 1, "small_revenue": 90, "revenue": 590,
         "small_margin": 9, "margin": 59, "cost_to_serve": 0, "contact_cost": 0},
        {"class": "Low", "accounts": 2, "forced": 0, "orders": 6, "small": 5, "small_revenue": 240, "revenue": 640,
         "small_margin": 30, "margin": 70, "cost_to_serve": 46, "contact_cost": 34},
    ]  # fmt: skip
    step = small_orders(book, DAY, Proposal(100, 10, MINIMUM), frame).took
    pd.testing.assert_frame_equal(step.accounts, refused(bundle=BOOKED).accounts, check_dtype=False)
    pd.testing.assert_frame_equal(own.refusing.took.accounts, step.accounts)
    assert own.refusing.proposal == Proposal(100, 0, MINIMUM)
    assert (step.rest, step.lost) == (DROP, -2)


def test_profit_of_shares_by_hand():
    assert priced().profit(Shares(pay=1)) == 60
    assert priced().profit(Shares(bundle=1)) == 35  # B cannot, and pays 20
    assert priced().profit(Shares(leave=0.5, drop=0.25, pay=0.25)) == pytest.approx(-24.5 + 4 + 15)
    assert refused().profit(Shares(bundle=1)) == 13  # B is gone in any case
    assert refused().profit(Shares(leave=0.5, drop=0.5)) == pytest.approx(-2 - 23.5 + 9)
    with pytest.raises(UserError, match="nobody can pay"):
        refused().profit(Shares(pay=0.5, drop=0.5))
    with pytest.raises(UserError, match="from 0 to 1 and sum to 1"):
        Shares(leave=0.5)


def test_break_even_by_hand():
    rows = break_even(priced()).set_index("rest")
    assert rows.loc[PAY].tolist() == [60, pytest.approx(60 / 109), 1, 0, 2, False]
    assert rows.loc[BUNDLE].tolist() == [35, pytest.approx(35 / 84), 1, 0, 2, False]
    rows = break_even(refused()).set_index("rest")
    assert rows.loc[DROP].tolist() == [16, pytest.approx(16 / 65), 0, 0, 1, False]
    assert rows.loc[BUNDLE].tolist() == [13, pytest.approx(13 / 62), 0, 0, 1, False]


def test_it_may_never_lose_or_lose_in_any_case():
    never = break_even(refused(leave=[12.0, -2, 5])).set_index("rest").loc[BUNDLE]
    assert never[["break_even", "may_leave", "most_first", "least_first", "any"]].tolist() == [1, 2, 2, 2, True]
    # on average it never loses, but it does if C leaves and A does not
    rare = break_even(refused(leave=[80.0, -2, -59])).set_index("rest").loc[BUNDLE]
    assert rare[["break_even", "most_first", "least_first", "any"]].tolist() == [1, 0, 2, False]
    lost = break_even(refused(leave=[12.0, -99, -59])).set_index("rest").loc[BUNDLE]
    assert lost["profit_staying"] == -84
    assert lost[["break_even", "may_leave", "most_first", "least_first"]].isna().all()
    assert break_even(priced(PRICED[:0]))["break_even"].isna().all()


def test_how_many_must_bundle_by_hand():
    rows = must_bundle(priced(), (0.0, 0.5, 0.6))
    assert rows.iloc[0].tolist() == [0, 0, 1, 0, 3]
    # 5.5 if nobody bundles, -7 if all do: bundling saves less than a price brings; one account stays
    assert rows.iloc[1].tolist() == pytest.approx([0.5, 0, 0.44, 0, 0])
    assert rows.loc[2, "bundle_from":].isna().all()
    # dropping loses 50, bundling brings 15, and B's 2 are gone: from 52 / 65 on
    row = must_bundle(refused(drop=[-40.0, 0, -10]), (0.0,)).iloc[0]
    assert row.tolist() == pytest.approx([0, 52 / 65, 1, 2, 2])


MONEY = st.integers(-50, 50).map(float)
TABLES = st.lists(st.tuples(MONEY, MONEY, MONEY), min_size=1, max_size=6)


@FEW
@given(TABLES)
def test_at_break_even_the_profit_is_nothing_and_numbers_are_those_of_all_ways_to_leave(table):
    of = made(table)
    row = break_even(of).set_index("rest").loc[PAY]
    leave, _, rest = np.array(table).T
    many, change = len(table), leave - rest
    if rest.sum() < 0:
        assert np.isnan(row["break_even"])
        return
    share = row["break_even"]
    profit = of.profit(Shares(leave=share, pay=1 - share))
    assert profit == pytest.approx(0, abs=1e-9) if share < 1 else profit >= -1e-9
    worst = [min(rest.sum() + sum(way) for way in combinations(change, n)) for n in range(many + 1)]
    best = [max(rest.sum() + sum(way) for way in combinations(change, n)) for n in range(many + 1)]
    for name, sums in (("most_first", worst), ("least_first", best)):
        assert row[name] == next((n - 1 for n, total in enumerate(sums) if total < 0), many)
    assert row["most_first"] <= row["may_leave"] <= row["least_first"]
    assert row["any"] == (min(worst) >= 0)


@FEW
@given(TABLES, st.floats(0, 1))
def test_what_must_bundle_is_where_the_profit_changes_sign(table, leave):
    of = made(table)
    row = must_bundle(of, (leave,)).iloc[0]

    def profit(share):
        return of.profit(Shares(leave=leave, bundle=(1 - leave) * share, pay=(1 - leave) * (1 - share)))

    for share in np.linspace(0, 1, 11):
        if abs(profit(share)) > 1e-6:
            assert (row["bundle_from"] - 1e-9 <= share <= row["bundle_to"] + 1e-9) == (profit(share) > 0)


def all_ways(table, gone, bundled):
    """The sum of every way to deal reactions."""
    ways = set(permutations([0] * gone + [1] * bundled + [2] * (len(table) - gone - bundled)))
    return np.array([sum(row[place] for row, place in zip(table, way, strict=True)) for way in sorted(ways)])


def test_grid_by_hand():
    grid = spread(priced(), (0.2,), (0.5,)).iloc[0]
    assert grid[["leaving", "bundling", "resting"]].tolist() == [1, 1, 1]
    # of the six ways 42, 32, 23, 28, -24, -9
    assert grid["profit_change"] == pytest.approx(92 / 6)
    assert (grid["low_profit"], grid["high_profit"], grid["worst_profit"]) == (-24, 42, -24)
    nobody = spread(refused(), (0.0,), (0.0, 1.0))
    assert (
        nobody["profit_change"].tolist() == nobody["worst_profit"].tolist() == nobody["low_profit"].tolist() == [16, 13]
    )
    assert spread(priced(PRICED[:0]))["profit_change"].eq(0).all()


@FEW
@given(TABLES, st.data())
def test_moments_and_the_bound_are_those_of_all_ways(table, data):
    gone = data.draw(st.integers(0, len(table)))
    bundled = data.draw(st.integers(0, len(table) - gone))
    counts = np.array([[gone, bundled, len(table) - gone - bundled]])
    sums = all_ways(table, gone, bundled)
    mean, variance, third = moments(np.array(table), counts)
    assert mean[0] == pytest.approx(sums.mean(), abs=1e-9)
    assert variance[0] == pytest.approx(sums.var(), abs=1e-6)
    assert third[0] == pytest.approx(((sums - sums.mean()) ** 3).mean(), abs=1e-4)
    worst = chance._worst(np.array(table), counts)[0]
    assert worst <= sums.min() + 1e-9
    if (counts == 0).any():
        assert worst == pytest.approx(sums.min())


def test_variance_is_that_of_a_sample_total_without_replacement():
    table = drawn(np.random.default_rng(1), 50)
    _, variance, _ = moments(table, np.array([[7, 0, 43]]))
    # Cochran (1977), theorem 2.2: n^2 (1 - n/N) S^2 / n
    assert variance[0] == pytest.approx(7 * (1 - 7 / 50) * (table[:, 0] - table[:, 2]).var(ddof=1))


def test_drawn_intervals_are_the_quantiles_of_many_other_draws():
    rng = np.random.default_rng(2)
    table = drawn(rng, 60)
    grid = spread(made(table), (0.1,), (0.5,)).iloc[0]
    ways = np.array([rng.permutation(60) for _ in range(20_000)])
    sums = table[ways[:, :6], 0].sum(axis=1) + table[ways[:, 6:33], 1].sum(axis=1) + table[ways[:, 33:], 2].sum(axis=1)
    assert grid["profit_change"] == pytest.approx(sums.mean(), abs=5 * sums.std() / np.sqrt(len(sums)))
    assert (sums < grid["low_profit"]).mean() == pytest.approx(0.05, abs=0.02)
    assert (sums > grid["high_profit"]).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_one_of_63_that_leaves_is_worked_out_by_hand(seed):
    """Each leaves in one of 63 ways; three are below 5 %, so the fourth loss is the end; 59 of 63 are below 95 %."""
    table = drawn(np.random.default_rng(seed), 63)
    each = np.sort(table[:, 2].sum() + table[:, 0] - table[:, 2])
    row = spread(made(table), (0.02,), (0.0,)).iloc[0]
    assert row[["leaving", "bundling"]].tolist() == [1, 0]
    assert [row["low_profit"], row["high_profit"]] == pytest.approx([each[3], each[59]])
    # nobody gains or loses by bundling: who of the others does so changes nothing
    same = np.column_stack([table[:, 0], table[:, 2], table[:, 2]])
    grid = spread(made(same), (0.02,), (0.25, 0.5, 0.75, 1.0))
    assert grid["bundling"].tolist() == [16, 31, 47, 62]
    for name, end in (("low_profit", each[3]), ("high_profit", each[59])):
        assert grid[name].tolist() == pytest.approx([end] * 4)


def test_two_that_leave_are_worked_out_against_all_pairs():
    table = drawn(np.random.default_rng(7), 40)
    change = table[:, 0] - table[:, 1]
    every = np.sort([table[:, 1].sum() + change[a] + change[b] for a, b in combinations(range(40), 2)])
    row = spread(made(table), (0.05,), (1.0,)).iloc[0]
    assert [row["low_profit"], row["high_profit"]] == pytest.approx([every[38], every[740]])  # 39 and 741 of 780


@FEW
@given(TABLES, st.data())
def test_every_way_is_gone_through(table, data):
    gone = data.draw(st.integers(0, len(table)))
    bundled = data.draw(st.integers(0, len(table) - gone))
    count = np.array([gone, bundled, len(table) - gone - bundled])
    every = chance._every(np.array(table), count)
    own = all_ways(table, gone, bundled)
    assert np.unique(every.round(6)).tolist() == np.unique(own.round(6)).tolist()
    assert every.mean() == pytest.approx(own.mean(), abs=1e-9)
    assert every.var() == pytest.approx(own.var(), abs=1e-6)


def test_where_some_bundle_the_ends_are_those_of_many_other_draws():
    rng = np.random.default_rng(9)
    table = drawn(rng, 50)
    row = spread(made(table), (0.02,), (0.5,)).iloc[0]
    assert row[["leaving", "bundling", "resting"]].tolist() == [1, 25, 24]
    ways = rng.random((40_000, 50)).argsort(axis=1)
    sums = table[ways[:, 0], 0] + table[ways[:, 1:26], 1].sum(axis=1) + table[ways[:, 26:], 2].sum(axis=1)
    assert (sums < row["low_profit"]).mean() == pytest.approx(0.05, abs=0.005)
    assert (sums > row["high_profit"]).mean() == pytest.approx(0.05, abs=0.005)


def test_beyond_few_accounts_the_exact_moments_agree_with_draws(monkeypatch):
    of = made(drawn(np.random.default_rng(3), 1000))
    pairs = (0.0, 0.05, 0.2), (0.25, 0.75)
    by_draws = spread(of, *pairs)
    monkeypatch.setattr(chance, "FEW", 0)
    exact = spread(of, *pairs)
    width = (exact["high_profit"] - exact["low_profit"]).to_numpy()
    for name in ("low_profit", "high_profit"):
        assert (np.abs(exact[name] - by_draws[name]) < 0.06 * width).all()
    assert exact["profit_change"].equals(by_draws["profit_change"])


def test_a_coarser_grid_is_part_of_a_finer_one():
    of = made(drawn(np.random.default_rng(4), 30))
    fine, coarse = spread(of), spread(of, (0.0, 0.1), (0.0, 0.5))
    keys = ["leave_share", "bundle_share"]
    pd.testing.assert_frame_equal(coarse[keys].merge(fine, on=keys), coarse)
    assert fine["profit_change"].min() <= coarse["profit_change"].min()
    assert len(fine) == 25
    assert (fine["worst_profit"] <= fine["low_profit"]).all()
    assert (fine["low_profit"] <= fine["profit_change"]).all()
    assert (fine["profit_change"] <= fine["high_profit"]).all()


def test_without_costs_of_goods_revenue_is_at_stake_and_no_profit_is_told():
    bare = [{name: value for name, value in row.items() if name != "cost"} for row in LINES]
    book = four(bare)
    own = small_orders(book, DAY, Proposal(100, 10), classes(book))
    assert own.money == "revenue"
    assert "profit" in own.lacks
    assert own.break_even.empty
    assert own.bundling.empty
    assert columns(own.hits, "pay", "drop", "leave") == {
        "A": [30, -180, -580],
        "B": [20, -60, -60],
        "C": [10, -90, -590],
    }
    assert "margin" not in own.at_stake
    assert own.at_stake["cost_to_serve"].sum() == 46


def test_without_a_price_only_bundling_can_be_told():
    book = four(spend=None, interactions=None)
    own = small_orders(book, DAY, Proposal(100), classes(book))
    assert "surcharge" in own.lacks
    assert own.break_even["break_even"].isna().all()
    assert own.grid["profit_change"].isna().all()
    step = own.refusing
    assert "surcharge" not in step.lacks
    assert step.took.accounts["leave"].tolist() == [-58, -12, -59]
    assert step.break_even.set_index("rest").loc[BUNDLE, "profit_staying"] == -12
