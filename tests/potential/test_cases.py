"""Cases of books made by hand, at their bars and edges, and of the demo company beside the truth of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases_by_hand import BIG, THEN, bought, on, told
from small_books import DAY, line, small_book

from crm_analysis.book import Book, BookError, book_of
from crm_analysis.errors import UserError
from crm_analysis.potential.cases import case_days, cases
from crm_analysis.potential.features import FEATURES, missing
from crm_analysis.potential.low import Wishes
from crm_analysis.potential.vetoes import VETOES

DEMO = Path(__file__).parents[2] / "data" / "demo"

# --- promising ---


def test_promising_is_at_the_bar_and_one_and_a_half_times_its_own():
    orders = [
        *bought("A", 10, 500),  # at the Mid bar
        *bought("B", 10, "499.9999"),
        *bought("C", 100, 500),
        *bought("D", 20, 0),
        *bought("E", 30, None),
        *bought("F", 5, 3000),
    ]
    found = told(orders)
    assert found.days == (THEN, DAY)
    assert found.bars.iloc[0].tolist() == [THEN, 500, 1000]
    assert on(found)["promising"].to_dict() == {"A": 1, "B": 0, "C": 1, "D": 0, "E": 0, "F": 1}
    assert on(found)["value_later"].to_dict() == {"A": 500, "B": 499.9999, "C": 500, "D": 0, "E": 0, "F": 3000}
    assert found.today["promising"].isna().all()
    assert found.known["as_of"].unique().tolist() == [pd.Timestamp(THEN)]


def test_one_and_a_half_times_is_exact_in_money_of_four_places():
    """60.13 * 1.5 is more than 90.195 in floating point."""
    cents = [6000 + 97 * place for place in range(10)] + [6013]
    orders, exact, short = [], {}, {}
    for own in cents:
        then, later = Decimal(own) / 100, Decimal(own) * 3 / 200
        exact[f"A{own}"], short[f"B{own}"] = then, then
        orders += bought(f"A{own}", then, later) + bought(f"B{own}", then, later - Decimal("0.0001"))
    assert any(float(then) * 1.5 > float(then * 3 / 2) for then in exact.values())
    found = on(told(orders, Wishes(mid_bar=80, high_bar=900)))["promising"]
    assert found.to_dict() == dict.fromkeys(exact, 1) | dict.fromkeys(short, 0)


def test_a_bar_in_money_is_met_by_its_very_amount():
    found = told([*bought("A", 10, "333.33"), *bought("B", 10, "333.3299")], Wishes(mid_bar=333.33))
    assert on(found)["promising"].to_dict() == {"A": 1, "B": 0}
    assert found.bars["mid"].tolist() == [333.33, 333.33]


def test_credit_notes_count_against_what_was_bought():
    orders = [
        *bought("A", 10, 900),
        line("A", "2026-09-30", -401),
        *bought("B", 10, 900),
        line("B", "2026-10-01", -401),  # after the day
        *bought("C", 10, 500),
        line("C", "2025-01-01", -400),  # brought less than nothing, and was active all the same
        line("D", "2025-01-01", -400),  # a credit alone is no order
        *bought("G", 800, None),
        line("G", "2025-03-03", -700),
    ]
    book = small_book(BIG + orders, extracted_on=dt.date(2026, 12, 31))
    found = on(cases(book, DAY, Wishes(mid_bar=500, high_bar=1000)))
    assert found["promising"].to_dict() == {"A": 0, "B": 1, "C": 1, "G": 0}
    assert found["value"].to_dict() == {"A": 10, "B": 10, "C": -390, "G": 100}
    assert found.loc["C", ["size", "pace"]].tolist() == pytest.approx([np.log(0.001)] * 2, rel=1e-6)


def test_margin_as_the_measure():
    orders = [
        *bought("A", 100, 900, cost=120),  # loses money, then brings 780
        *bought("B", 700, 800, cost=650),  # Mid by revenue, Low by margin; 150 is three times its own
        *bought("C", 60, 900, cost=None),  # brings what nobody knows: nothing that can be counted on
        line("D", "2025-01-01", 40, cost=10),
        line("D", "2025-11-01", 600, cost=None),
        line("D", "2025-11-02", 260, cost=10),
    ]
    found = told(orders, Wishes(by="margin"))
    assert found.bars.iloc[0].tolist() == [THEN, 250, 500]
    then = on(found)
    assert then["value"].to_dict() == {"A": -20, "B": 50, "C": 0, "D": 30}
    assert then["value_later"].to_dict() == {"A": 780, "B": 150, "C": 0, "D": 250}
    assert then["promising"].to_dict() == {"A": 1, "B": 0, "C": 0, "D": 1}
    assert then["revenue"].to_dict() == {"A": 100, "B": 700, "C": 60, "D": 40}
    assert np.isnan(then.loc["C", "margin_rate"])
    by_revenue = on(told(orders))
    assert by_revenue["margin"].to_dict() == {"A": -20, "C": 0, "D": 30}


def test_without_costs_margin_is_refused_as_the_measure_and_unknown_beside_revenue():
    orders = [{name: value for name, value in row.items() if name != "cost"} for row in BIG + bought("A", 1, 2)]
    book = small_book(orders)
    with pytest.raises(BookError, match="no column 'cost'"):
        cases(book, DAY, Wishes(by="margin"))
    found = cases(book, DAY)
    assert found.frame[["margin", "margin_later"]].isna().all(axis=None)
    assert "margin_rate" not in found.features


# --- bars given ---


def test_given_bars_hold_on_all_days():
    found = told(bought("A", 150, 400), Wishes(high_bar=300, mid_bar=200))
    assert found.bars[["mid", "high"]].to_numpy().tolist() == [[200, 300]] * 2
    assert on(found)["promising"].to_dict() == {"A": 1}


@pytest.mark.parametrize(("wishes", "bars"), [
    (Wishes(mid_bar=2000), [2000, 2000]),  # above what High was on the day
    (Wishes(high_bar=100), [100, 100]),
    (Wishes(mid_bar=600), [600, 1000]),
    (Wishes(high_bar=1200), [500, 1200]),
])  # fmt: skip
def test_one_given_bar_moves_the_other_only_out_of_its_way(wishes, bars):
    found = told(bought("A", 10, 20), wishes)
    assert found.bars.iloc[0].tolist() == [THEN, *bars]


@pytest.mark.parametrize(("wishes", "said"), [
    (Wishes(high_bar=100, mid_bar=200), r"the Mid bar \(200.00\) is above the High bar"),
    (Wishes(high_bar=-1), "expected no negative one"),
    (Wishes(mid_bar=-1), "expected no negative one"),
    (Wishes(by="profit"), "potential is told by revenue or margin; found 'profit'"),
    (Wishes(horizon="a year"), "a window is written like"),
])  # fmt: skip
def test_wishes_that_cannot_be_met(wishes, said):
    with pytest.raises(UserError, match=said):
        told(bought("A", 10, 20), wishes)


# --- books at the edge ---


def test_a_book_shorter_than_a_year_has_cases_of_today_alone():
    book = small_book([line("H", "2026-01-02", 1000), line("A", "2026-05-01", 10), line("A", "2026-08-01", 5)])
    found = cases(book, DAY)
    assert found.days == (DAY,)
    assert found.today["account_id"].tolist() == ["A"]
    assert len(found.known) == 0
    assert found.bars["as_of"].tolist() == [DAY]


def test_a_book_of_one_day_and_a_book_of_one_account():
    one_day = small_book([line("H", "2025-06-30", 1000), line("A", "2025-06-30", 10)])
    found = cases(one_day, "2026-06-30", Wishes(horizon="3M"))
    assert len(found.today) == 0  # nobody is active: the trailing year begins the day after
    found = cases(one_day, "2026-06-29", Wishes(horizon="3M"))
    assert found.today["account_id"].tolist() == ["A"]
    alone = cases(small_book([line("A", "2024-06-30", 10), line("A", "2026-06-30", 10)]), DAY)
    assert (len(alone.frame), len(alone.days)) == (0, 3)
    assert set(found.frame) == set(alone.frame)


def test_no_order_is_known():
    with pytest.raises(BookError, match=r"orders: no line is known on 2024-09-30; expected some before it\."):
        told(bought("A", 1, 2), day=dt.date(2024, 9, 30))


def test_after_the_extract_nothing_more_is_known():
    book = small_book(BIG + bought("A", 1, 2))
    late, then = cases(book, "2027-05-05"), cases(book, DAY)
    assert late.day == DAY
    pd.testing.assert_frame_equal(late.frame, then.frame)


@pytest.mark.parametrize(
    ("day", "horizon", "days"),
    [
        ("2026-09-30", "3M", ["2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"]),
        ("2026-05-30", "3M", ["2025-11-30", "2026-02-28"]),  # the end of a month, whose horizon ends a day late
        ("2026-08-30", "6M", ["2025-11-30", "2026-02-28"]),
        ("2026-09-29", "4W", ["2025-12-01", "2026-03-01", "2026-06-01", "2026-09-01"]),
    ],
)
def test_every_earlier_day_of_a_horizon_has_an_outcome(day, horizon, days):
    book = small_book(BIG + bought("A", 10, 600) + [line("A", day, 1)])
    assert [str(one) for one in case_days(book, day, horizon)] == days
    found = cases(book, day, Wishes(horizon=horizon, mid_bar=700, high_bar=800))
    assert [str(one) for one in found.days] == [*days, day]
    told_of = found.frame["promising"].notna().groupby(found.frame["as_of"])
    assert told_of.all().tolist() == [*([True] * len(days)), False]
    assert not found.today["promising"].notna().any()


def test_a_book_of_orders_alone_has_what_orders_tell_and_no_number_missing():
    orders = [{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in BIG]
    book = small_book(orders + bought("A", 10, 20))
    found = cases(book, DAY)
    told_of = ["size", "pace", "trend", "recent", "order_count", "silence_days", "silence_gaps", "tenure_years"]
    assert found.features == tuple(told_of)
    assert set(FEATURES) - set(missing(book)) == set(told_of)
    always = [name for name in told_of if name not in ("trend", "recent")]
    assert np.isfinite(found.frame[[*always, "revenue", "value"]].to_numpy()).all()
    assert not found.frame.filter(like="veto_").any(axis=None)
    assert all(found.frame[f"veto_{name}"].dtype == bool for name in VETOES)
    assert found.frame["bits"].dtype == np.uint64
    assert {str(found.frame[name].dtype) for name in told_of} == {"float32"}


# --- the demo company ---


@pytest.fixture(scope="module")
def demo() -> Book:
    """The demo company without what nothing here asks of."""
    kinds = {"revenue": str, "cost": str}
    frames = {
        "accounts": pd.read_csv(DEMO / "accounts.csv", dtype=str)[["account_id", "known_since"]],
        "orders": pd.read_csv(DEMO / "orders.csv", dtype=kinds)[
            ["line_id", "order_id", "account_id", "ordered_on", "revenue"]
        ],
    }
    return book_of(frames, DAY)


def test_the_demo_company_s_promising_accounts_are_those_of_its_truth(demo):
    truth = pd.read_csv(DEMO / "truth" / "accounts.csv").set_index("account_id")
    found = cases(demo, DAY)
    for day in ("2024-09-30", "2025-09-30"):
        expected = truth[f"promising_{day}"].dropna()
        own = on(found, dt.date.fromisoformat(day))["promising"]
        assert own.index.tolist() == sorted(expected.index)
        assert own.astype(bool).to_dict() == expected.astype(bool).to_dict()
        assert 0 < own.sum() < len(own)
