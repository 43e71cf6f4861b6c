"""The what-if page: what it tells of a whole book, and of books that lack what it needs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from pages import Page, page_of, shown, table_of
from planned_company import HOSTILE, company, sold
from small_books import DAY, line, small_book

from crm_analysis.errors import UserError
from crm_analysis.plan import proposals as module
from crm_analysis.plan.proposals import Proposals, proposals
from crm_analysis.plan.small_orders import Proposal
from crm_analysis.plots.plan import migration_matrix, reactions
from crm_analysis.report.sentences import what_if as said
from crm_analysis.report.sentences import what_if_orders as orders

mpl.use("agg")


@pytest.fixture(scope="module")
def book() -> Any:
    return company()


@pytest.fixture(scope="module")
def look(book: Any) -> Proposals:
    return proposals(book, DAY)


@pytest.fixture(scope="module")
def whole(book: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, Path]:
    return shown("what_if", book, tmp_path_factory.mktemp("what_if"))


def test_the_lift_is_told_as_in_its_table(whole):
    page, folder = whole
    rows = table_of(folder, "lifted").set_index("measure")
    profit, margin = rows.loc["profit"], rows.loc["margin"]
    value = f"{profit['a_year']:,.0f} of profit a year ({profit['low']:,.0f} to {profit['high']:,.0f})"
    assert f"Lifting accounts: {value}" in page.text
    assert f"Moving 6 accounts from Low to Mid would bring {margin['a_year']:,.0f} (" in page.text
    assert f"At class averages it would be {margin['at_average']:,.0f}." in page.text
    spent = rows.loc["cost of more contacts", "a_year"] + rows.loc["other cost that serving them takes", "a_year"]
    assert profit["a_year"] == pytest.approx(margin["a_year"] - spent)
    back = rows.loc["return on effort (profit per money of contacts)", "a_year"]
    assert back == pytest.approx(profit["a_year"] / rows.loc["cost of more contacts", "a_year"])
    assert f"what {rows['movers'].iloc[0]:.0f} accounts that moved so brought" in page.text


def test_a_lift_whose_interval_holds_zero_shows_no_gain_and_no_return():
    """Ten movers of whom one gained nearly all: without it the six would bring what the others brought."""
    gains = np.array([-9.0] * 5 + [10.0] * 4 + [1000.0])
    lift = SimpleNamespace(
        accounts=10, share_of_largest=lambda _: 0.96, gain_without_largest=lambda _: gains[:-1].mean()
    )
    row = {"from_state": "Low", "to_state": "Mid", "accounts": 6, "movers": 10, "gain_margin": 600.0,
           "low_gain_margin": -50.0, "high_gain_margin": 3000.0, "average_margin": 70.0, "effort_cost": 10.0,
           "extra_minutes": 60.0, "extra_avoidable": np.nan, "profit_gain": 590.0, "low_profit_gain": -60.0,
           "high_profit_gain": 2990.0, "average_profit": 60.0, "return_on_effort": 59.0, "low_return_on_effort": -6.0,
           "high_return_on_effort": 299.0, "average_return_on_effort": 6.0}  # fmt: skip
    rows = pd.DataFrame([row, {**row, "from_state": "", "to_state": "", "movers": np.nan}])
    wish = SimpleNamespace(begin="Low", end="Mid", accounts=6)
    own: Any = SimpleNamespace(
        lifted=SimpleNamespace(table=rows, wishes=(wish,), says=()),
        movers=SimpleNamespace(lifts={("Low", "Mid"): lift}),
    )
    assert said.lift(own, "EUR") == "no gain shown (EUR -60.00 to 2,990)"
    words = said.lift_said(own, "EUR")
    assert words.endswith(
        "One of the 10 accounts that moved from Low to Mid made 96% of the margin they gained: without it 6 accounts "
        "would bring EUR -3.33."
    )
    back = said.lifted(own).set_index("measure").loc["return on effort (profit per money of contacts)"]
    assert back[["a_year", "low", "high", "at_average"]].isna().all()
    assert said.lifted(own).set_index("measure").loc["profit", "a_year"] == 590


def test_six_accounts_move_and_no_more(whole):
    states = table_of(whole[1], "book").set_index("state")
    change = states["after_accounts"] - states["accounts"]
    assert change.to_dict() == {"High": 0, "Mid": 6, "Low": -6, "inactive": 0, "all": 0}
    for name in ("accounts", "revenue", "margin", "after_revenue"):
        assert states[name].iloc[:-1].sum() == pytest.approx(states[name].iloc[-1])


def test_orders_hit_reconcile(whole):
    """Accounts, orders and money of those hit are the same in the list of accounts, of orders, and in the totals."""
    page, folder = whole
    hit, each, totals = (table_of(folder, name) for name in ("hits", "orders", "totals"))
    own = totals.set_index("part").loc["small, of accounts hit"]
    assert own["accounts"] == len(hit) == each["account_id"].nunique()
    assert own["orders"] == hit["small"].sum() == len(each)
    assert own["revenue"] == pytest.approx(hit["small_revenue"].sum()) == pytest.approx(each["value"].sum())
    assert f"Small orders hit: {len(hit)} accounts, {len(each)} small orders" in page.text
    parts = totals[totals["part"] != "all of the year"]
    assert parts["revenue"].sum() == pytest.approx(totals["revenue"].iloc[-1])
    assert parts["orders"].sum() == totals["orders"].iloc[-1]


def test_the_range_is_that_of_the_table(whole):
    page, folder = whole
    price, refusing = table_of(folder, "price"), table_of(folder, "minimum")
    low, high = price["low_profit"].min(), price["high_profit"].max()
    assert f"Profit of a small-order price: {low:,.2f} to {high:,.2f} a year" in page.text
    assert len(price) == len(refusing) == 25
    even = table_of(folder, "break_even")
    paid = even[even["rest"] == "pay the price"].iloc[0]
    hit = len(table_of(folder, "hits"))
    told = f"once more than {100 * paid['break_even']:.1f}% ({paid['may_leave']:.0f} of {hit} accounts) leave."
    assert f"If those that stay pay the price, it loses on average {told}" in page.text
    nobody = price[(price["leave_share"] == 0) & (price["bundle_share"] == 0)]["profit_change"].iloc[0]
    assert nobody == pytest.approx(paid["profit_staying"])


def test_break_evens_lie_on_the_lines_drawn(look):
    """The line of nobody bundling, straight between its points, is at nothing where the break-even of paying is."""
    drawn = orders.drawn(look)
    even = look.price.break_even.set_index("rest")["break_even"]
    for rest, share in (("pay", 0.0), ("bundle", 1.0)):
        own = drawn[drawn["bundle_share"] == share].sort_values("leave_share")
        slope = (own["profit_change"].iloc[-1] - own["profit_change"].iloc[0]) / own["leave_share"].iloc[-1]
        assert own["profit_change"].iloc[0] + slope * even[rest] == pytest.approx(0, abs=1e-6)


def test_the_book_expected_is_told_as_in_its_table(whole):
    page, folder = whole
    rows = table_of(folder, "expected").set_index("state")
    told = ", ".join(f"{name} {rows.loc[name, 'expected']:,.0f} (now {rows.loc[name, 'accounts']})" for name in
                     ("High", "Mid", "Low"))  # fmt: skip
    assert f"The book ahead: {told}" in page.text
    assert rows["expected"].iloc[:-1].sum() == pytest.approx(rows["expected"].iloc[-1])
    shares = table_of(folder, "migration").groupby("from_state")["moved_share"].sum()
    assert shares.to_numpy() == pytest.approx(1)


def test_hostile_names_on_the_list_of_accounts_hit(whole):
    page, folder = whole
    assert not page.soup.find_all(["script", "b"])
    hit = set(table_of(folder, "hits")["name"])
    assert len(hit & set(HOSTILE)) >= 3
    assert all(" ".join(name.split()) in page.text for name in hit)


def bare(many: int, months: int) -> Any:
    rows = sold(many, months)
    return small_book([{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in rows])


@pytest.mark.parametrize(
    ("book", "says"),
    [
        (lambda: bare(10, 48), "6 accounts are to leave Low"),
        (lambda: bare(12, 30), "What a minimum order or a small-order price does to the profit cannot be told"),
        (lambda: bare(12, 30), "are too short to tell what accounts that moved brought in their next year"),
        (lambda: small_book([line("A", "2026-08-01", 10)]), "must reach 24 months back to tell how accounts moved"),
        (lambda: small_book([line("A", "2026-08-01", 10)]), "Orders on 2026-09-30 reach back less than three months"),
        (lambda: small_book([line("A", "2023-08-01", 10)]), "6 accounts are to leave Low, where there are 0"),
        (lambda: small_book([], [{"account_id": "A"}]), "Lifting accounts: –"),
    ],
)
def test_books_that_lack_something_give_a_calm_page(book, says, tmp_path):
    page, folder = shown("what_if", book(), tmp_path)
    assert page.text.count(says) == 1
    assert "margin" in table_of(folder, "missing")["unlocks"].str.cat() or "profit" in page.text


def test_moves_between_tiers_and_other_proposals(book, tmp_path):
    page, folder = shown(
        "what_if",
        book,
        tmp_path,
        moves="small>medium: 2; medium>big: 1",
        quarters=2,
        minimum_order=500.0,
        small_order_price=20.0,
    )
    lifted = table_of(folder, "lifted")
    assert lifted["move"].unique().tolist() == ["Small 80% to Medium 15%", "Medium 15% to Big 4%", "all"]
    assert "A price of 20.00 for each order below 500.00" in page.text
    assert "No minimum was set" not in page.text
    assert "In 2 quarters, if accounts go on to move as they did" in page.text
    assert set(table_of(folder, "orders")["value"] < 500) == {True}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"moves": "six accounts"}, "moves are written like"),
        ({"moves": "Low>Rich: 6"}, "names the state 'rich'"),
        ({"quarters": 9}, "quarters looked ahead are 1 to 8; found 9"),
    ],
)
def test_what_cannot_be_read_is_refused_whatever_the_book(given, message):
    with pytest.raises(UserError, match=message):
        proposals(small_book([line("A", "2026-08-01", 10)]), DAY, **given)


def test_minutes_are_those_of_the_policy_and_those_asked_for_by_class(look):
    """Two visits and six calls a year to a High account, as long as its class takes, and two that it asks for.

    Theirs are the first, fourth and seventh of eight, and the seventh is before the year.
    """
    lengths = look.lengths
    effort = look.effort
    assert effort is not None
    kinds = look.accounts.set_index("account_id")["class"].drop("N1")
    each = pd.Series([2 * (20 + int(name[1:]) % 5 * 10) for name in kinds.index], kinds.index)
    asked = each.groupby(kinds).mean()
    own = lengths.minutes(pd.Series(["High", "Low"]))
    high = 2 * own["visits"][0] + 6 * own["calls"][0] + asked["High"]
    assert effort.minutes["High"] == pytest.approx(high)
    assert effort.minutes["Low"] == pytest.approx(own["calls"][1] + asked["Low"])
    met = [20 + place % 5 * 10 for place in range(36)]  # eight contacts each, of 20 money
    assert look.minute_cost == pytest.approx(36 * 20 / sum(met))


def test_what_comes_later_changes_nothing(book):
    """On an earlier day the page tells what a book that ends there tells."""
    day = dt.date(2026, 3, 31)
    known = [row for row in sold() if row["ordered_on"] <= day]
    found = [
        proposals(own, day)
        for own in (small_book(sold()), small_book(known, [{"account_id": f"A{n:03}"} for n in range(36)], day))
    ]
    pd.testing.assert_frame_equal(*(own.lifted.table for own in found))
    pd.testing.assert_frame_equal(*(own.price.hits for own in found))


def test_figures_draw_what_they_are_given(look):
    drawn = orders.drawn(look)
    ax = reactions(drawn, pd.DataFrame({"break_even": [0.05, 0.5, np.nan]}), "EUR")
    assert ax.lines[-1].get_xdata().tolist() == [0.05]  # the others are off the figure
    own = drawn[drawn["bundle_share"] == 0.25]
    assert ax.lines[1].get_ydata().tolist() == own["profit_change"].tolist()
    plt.close(ax.figure)
    ax = migration_matrix(said.matrix(look), "a year")
    assert len(ax.texts) == 5 * 4
    assert np.allclose(ax.images[0].get_array().sum(axis=1), 1)
    plt.close(ax.figure)


def test_parameters_reach_the_proposals(monkeypatch, tmp_path):
    seen: list[Any] = []

    def stop(*given: Any) -> Any:
        seen.append(given)
        raise RuntimeError("stopped")

    monkeypatch.setattr(module, "proposals", stop)
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: small_book([line("A", "2026-08-01", 10)]))
    values = {"minimum_order": 5.0, "small_order_price": 2.0, "moves": "Mid>High: 1", "quarters": 2, "mid_bar": 9.0}
    with pytest.raises(RuntimeError, match="stopped"):
        page_of("what_if", tmp_path, monkeypatch, book="", quarter="2026Q2", calls_key=3.0, **values)
    _, day, proposal, moves, quarters, policy, high_bar, mid_bar = seen[0]
    assert (day, proposal, moves, quarters) == (dt.date(2026, 6, 30), Proposal(5.0, 2.0), "Mid>High: 1", 2)
    assert (policy.calls_key, policy.visits_key, high_bar, mid_bar) == (3.0, 2.0, 0.0, 9.0)
