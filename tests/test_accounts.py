"""Accounts against sums made by hand, by pandas from raw lines, and against what must not matter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from small_books import DAY, FEW, line, small_book

from crm_analysis.accounts import SUMMED, accounts, groups, snapshots
from crm_analysis.book import Book, BookError, open_book
from crm_analysis.book.coverage import months
from crm_analysis.periods import before
from crm_analysis.value.families import families

DEMO = Path(__file__).parents[1] / "data" / "demo"
START, EARLIER = "2025-09-30", "2024-09-30"


def by_account(book: Book, window: str = "12M", day: dt.date = DAY) -> pd.DataFrame:
    return accounts(book, day, window).set_index("account_id")


# --- hand-made books ---


def test_sums_of_a_book_made_by_hand():
    book = small_book(
        [
            line("A", "2024-10-01", 1, cost=1, order_id="0", family="x"),  # first day of the window before
            line("A", "2025-09-30", 10, cost=4, order_id="1", family="x"),  # its last day
            line("A", "2025-10-01", 100, cost=40, order_id="2", family="x"),  # first day of the window
            line("A", "2025-10-01", 50, cost=None, order_id="2", family="y"),
            line("A", "2026-09-30", "1000.25", cost="400.05", order_id="3", family="y"),  # its last day
            line("A", "2026-09-30", -20, cost=-8, order_id="4", family="z"),  # a credit note is no order
            line("B", "2025-01-01", 7, cost=3, order_id="5", family="x"),
            line("C", "2026-01-01", -5, cost=0, order_id="6", family="x"),
        ],
        [
            *({"account_id": name, "known_since": "2024-09-30"} for name in "ABC"),
            {"account_id": "D", "known_since": "2026-09-30"},
        ],
    )
    found = by_account(book)
    assert found.index.tolist() == list("ABCD")
    a = found.loc["A"]
    assert (a.revenue, a.cost, a.costed_revenue, a.orders, a.families) == (1130.25, 432.05, 1080.25, 2, 2)
    assert a.margin == 648.2
    assert a.margin_rate == pytest.approx(648.2 / 1080.25)
    assert (a.revenue_before, a.revenue_change, a.revenue_total) == (11.0, 1119.25, 1141.25)
    assert (a.first_order, a.last_order) == (pd.Timestamp("2024-10-01"), pd.Timestamp("2026-09-30"))
    assert a.tenure_days == 730
    assert found.active.to_dict() == {"A": True, "B": False, "C": False, "D": False}
    assert found.loc["B", ["revenue", "revenue_before", "revenue_total"]].tolist() == [0, 7, 7]
    c = found.loc["C"]  # nothing but a credit note: money, but never ordered
    assert (c.revenue, c.orders, c.margin, c.revenue_total) == (-5, 0, -5, -5)
    assert pd.isna(c.first_order)
    assert pd.isna(c.margin_rate)
    d = found.loc["D"]
    assert (d.revenue, d.orders, d.tenure_days) == (0, 0, 0)
    assert pd.isna(d.margin_rate)


def test_a_book_without_cost_family_or_order_id():
    found = by_account(small_book([line("A", "2026-01-05", 5), line("A", "2026-01-05", 6), line("A", "2026-01-06", 7)]))
    assert not {"cost", "margin", "margin_rate", "costed_revenue", "families"} & set(found)
    assert found.loc["A", ["revenue", "orders"]].tolist() == [18, 2]  # order days


def test_lines_without_an_order_id_count_as_one_order_a_day():
    book = small_book(
        [
            line("A", "2026-01-05", 5, order_id=None),
            line("A", "2026-01-05", 5, order_id=None),
            line("A", "2026-01-06", 5, order_id=None),
            line("B", "2026-01-05", 5, order_id="1"),
            line("B", "2026-01-06", 5, order_id="1"),
        ]
    )
    found = by_account(book)
    assert found.orders.to_dict() == {"A": 2, "B": 1}
    assert found.active.all()


def test_a_free_sample_is_no_order():
    found = by_account(
        small_book([line("A", "2026-01-05", 0, order_id="1"), line("B", "2026-01-05", "0.01", order_id="2")])
    )
    assert found.active.to_dict() == {"A": False, "B": True}


def test_who_ordered_is_active_even_if_all_went_back():
    book = small_book([line("A", "2026-01-05", 5, order_id="1"), line("A", "2026-02-05", -9, order_id="2")])
    found = by_account(book)
    assert found.loc["A", ["revenue", "orders", "active"]].tolist() == [-4, 1, True]


def test_accounts_without_any_order_and_books_without_lines():
    found = by_account(small_book([], [{"account_id": "A"}, {"account_id": "B"}]))
    assert found.revenue.tolist() == found.revenue_total.tolist() == [0, 0]
    assert not found.active.any()
    assert found.revenue_change.isna().all()
    none = accounts(small_book([]), DAY)
    assert len(none) == 0
    assert len(groups(none)) == 0


def test_unknown_days_and_windows_are_sentences():
    book = small_book([line("A", "2026-01-05", 5)])
    with pytest.raises(BookError, match="is no date"):
        accounts(book, "30.9.2026")
    with pytest.raises(Exception, match="a window is written like"):
        accounts(book, DAY, "abc")


# --- the window before ---


@pytest.mark.parametrize(
    ("first", "window", "known"),
    [
        ("2024-09-30", "12M", True),
        ("2024-10-01", "12M", True),  # the window before begins on 1 October
        ("2024-10-08", "12M", True),  # a week late: a weekend and a holiday
        ("2024-10-09", "12M", False),
        ("2024-10-31", "12M", False),  # a month is missing: the change would be too high by a twelfth
        ("2026-08-01", "1M", True),
        ("2026-08-04", "1M", True),
        ("2026-08-05", "1M", False),
        ("2026-08-31", "1M", False),  # all of it but one day is missing
        ("2026-09-25", "3D", True),
        ("2026-09-26", "3D", False),
    ],
)
def test_revenue_before_is_unknown_where_the_book_begins_inside_that_window(first, window, known):
    """The window of 12 months before begins on 2024-10-01, that of 1 month on 2026-08-01, of 3 days on 25 September."""
    book = small_book([line("A", first, 5), line("B", "2026-09-29", 7)])
    found = by_account(book, window)
    assert found.revenue_before.notna().all() == found.revenue_change.notna().all() == known
    assert found.revenue_before.isna().all() != known
    assert groups(found.reset_index()).revenue_before.notna().all() == known


# --- many dates at once ---


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(some.lists(some.dates(dt.date(2024, 6, 1), dt.date(2026, 11, 30)), min_size=1, max_size=4))
def test_snapshots_are_the_accounts_of_each_date(some_book, dates):
    found = snapshots(some_book, dates, "6M")
    assert found["as_of"].is_monotonic_increasing
    assert found["as_of"].unique().tolist() == [pd.Timestamp(day) for day in sorted(set(dates))]
    for day in dates:
        mine = found[found["as_of"] == pd.Timestamp(day)].drop(columns="as_of").reset_index(drop=True)
        alone = accounts(some_book, day, "6M")
        pd.testing.assert_frame_equal(mine[alone.columns], alone, check_dtype=False)
        assert mine.drop(columns=alone.columns).isna().all(axis=None)  # known on another date only


def test_a_call_off_order_is_one_order_in_each_window():
    book = small_book(
        [
            line("A", "2025-08-01", 5, order_id="frame"),
            line("A", "2025-11-01", 5, order_id="frame"),
            line("A", "2025-12-01", 5, order_id="frame"),
            line("A", "2025-12-01", 5, order_id="frame"),
            line("A", "2026-01-10", -5, order_id="frame"),
            line("A", "2026-01-20", 5, order_id="other"),
        ]
    )
    found = snapshots(book, ["2025-09-30", "2025-12-31", "2026-03-31"], "3M")
    assert found.orders.tolist() == [1, 1, 1]
    assert accounts(book, "2026-03-31", "12M").orders.tolist() == [2]


def test_a_column_that_one_date_cannot_know_is_empty_there():
    people = [{"account_id": "A", "name": "a", "rep_id": "R1", "known_since": "2025-01-01"}]
    book = small_book([line("A", "2025-02-01", 5)], people)
    assert "rep_id" not in snapshots(book, ["2026-03-31", "2026-06-30"])
    found = snapshots(book, ["2026-06-30", DAY])
    assert found.rep_id.tolist() == [None, "R1"]
    assert found.name.tolist() == ["a", "a"]


def test_snapshots_of_a_book_taken_back_see_no_further(some_book):
    back = some_book.as_of("2026-01-31")
    found = snapshots(back, ["2026-01-31", "2026-06-30"])
    assert found.groupby("as_of").revenue_total.sum().nunique() == 1


def test_snapshots_need_a_date(some_book):
    with pytest.raises(BookError, match="there is no date; expected at least one"):
        snapshots(some_book, [])


# --- groups ---


def test_groups_by_hand():
    book = small_book(
        [
            line("A1", "2026-01-01", 10),
            line("A2", "2026-02-01", 30),
            line("A3", "2024-02-01", 5),
            line("B", "2026-01-01", 4),
        ],
        [
            {"account_id": "A1", "name": "one", "group_id": "A", "stage": "suspect"},
            {"account_id": "A2", "name": "two", "group_id": "A", "stage": "partner"},
            {"account_id": "A3", "name": "three", "group_id": "A", "stage": "suspect"},
            {"account_id": "B", "name": "bee", "group_id": None, "stage": "suspect"},
            {"account_id": "C", "name": "sea", "group_id": None, "stage": None},
        ],
    )
    found = groups(accounts(book, DAY)).set_index("group_id")
    assert found.index.tolist() == ["A", "B", "C"]
    assert found.accounts.to_dict() == {"A": 3, "B": 1, "C": 1}
    assert found.name.to_dict() == {"A": "two", "B": "bee", "C": "sea"}
    assert found.revenue.to_dict() == {"A": 40, "B": 4, "C": 0}
    assert found.active.to_dict() == {"A": True, "B": True, "C": False}
    assert found.stage.to_dict() == {"A": "known", "B": "suspect", "C": "known"}
    assert found.loc["A", "first_order"] == pd.Timestamp("2024-02-01")


def test_an_account_whose_id_is_the_others_group_is_their_head_office():
    book = small_book(
        [line("1", "2026-01-01", 10), line("2", "2026-02-01", 30)],
        [{"account_id": "1", "group_id": None}, {"account_id": "2", "group_id": "1"}],
    )
    found = groups(accounts(book, DAY))
    assert found[["group_id", "accounts", "revenue"]].to_numpy().tolist() == [["1", 2, 40.0]]


# --- raw lines by pandas, and what must not matter ---


def random_lines(seed: int = 5, rows: int = 1500) -> list[dict]:
    """Lines of 40 accounts over three years: returns, free samples, missing costs and families."""
    draw = np.random.default_rng(seed)
    first = dt.date(2023, 10, 1).toordinal()
    return [
        line(
            f"A{int(draw.zipf(1.5)) % 40:02}",
            dt.date.fromordinal(first + int(draw.integers(0, 1096))),
            Decimal(int(draw.integers(-500, 5000) * draw.integers(0, 3))) / 100,
            cost=None if draw.random() < 0.2 else Decimal(int(draw.integers(0, 3000))) / 100,
            order_id=f"O{int(draw.integers(0, 700))}",
            family=None if draw.random() < 0.1 else str(draw.choice(["rigid", "flex", "hdi"])),
        )
        | {"line_id": f"L{place:05}"}
        for place in range(rows)
    ]


PEOPLE = [
    {
        "account_id": f"A{i:02}",
        "name": f"name {i}",
        "group_id": f"G{i % 7}" if i % 3 else None,
        "sales_office": ["Wien", "Gent", None][i % 3],
        "stage": ["suspect", "partner"][i % 2],
        "known_since": "2022-01-01",
    }
    for i in range(45)
]
LINES = random_lines()


@pytest.fixture(scope="module")
def some_book() -> Book:
    return small_book(LINES, PEOPLE)


def by_pandas(lines: list[dict], day: dt.date, window: str) -> pd.DataFrame:
    """The same sums from the raw lines: exact decimals, group by group, in plain Python."""
    start = before(day, window)
    earlier = before(start, window)
    rows = {}
    for name, group in pd.DataFrame([one for one in lines if one["ordered_on"] <= day]).groupby("account_id"):
        inside = group[group.ordered_on > start]
        bought = inside[inside.revenue > 0]
        costed = inside[inside.cost.notna()]
        ever = group[group.revenue > 0]
        rows[name] = {
            "revenue": float(sum(inside.revenue, Decimal())),
            "orders": bought.order_id.nunique(),
            "revenue_before": float(
                sum(group[(group.ordered_on > earlier) & (group.ordered_on <= start)].revenue, Decimal())
            ),
            "revenue_total": float(sum(group.revenue, Decimal())),
            "first_order": pd.Timestamp(ever.ordered_on.min()) if len(ever) else pd.NaT,
            "last_order": pd.Timestamp(ever.ordered_on.max()) if len(ever) else pd.NaT,
            "families": bought.family.nunique(),
            "cost": float(sum(costed.cost, Decimal())),
            "costed_revenue": float(sum(costed.revenue, Decimal())),
            "margin": float(sum(costed.revenue, Decimal()) - sum(costed.cost, Decimal())),
        }
    return pd.DataFrame(rows).T


@pytest.mark.parametrize(("day", "window"), [("2026-09-30", "12M"), ("2026-02-28", "1M"), ("2025-12-31", "90D")])
def test_accounts_equal_exact_sums_of_the_raw_lines(some_book, day, window):
    expected = by_pandas(LINES, dt.date.fromisoformat(day), window)
    found = by_account(some_book, window, dt.date.fromisoformat(day))
    for name in expected:
        theirs = expected[name].reindex(found.index)
        if name in ("first_order", "last_order"):
            assert found[name].equals(pd.to_datetime(theirs).astype(found[name].dtype))
        else:
            assert (found[name].to_numpy() == theirs.astype(float).fillna(0).to_numpy()).all(), name
    assert found.active.equals(found.orders > 0)


def test_rows_in_another_order_change_nothing(some_book):
    shuffle = np.random.default_rng(1).permutation
    turned = [dict(reversed(LINES[i].items())) for i in shuffle(len(LINES))]
    other = small_book(turned, [PEOPLE[i] for i in shuffle(len(PEOPLE))])
    one, two = accounts(some_book, DAY), accounts(other, DAY)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(groups(one), groups(two), check_exact=True)
    pd.testing.assert_frame_equal(families(some_book, DAY), families(other, DAY), check_exact=True)
    pd.testing.assert_frame_equal(months(some_book, DAY), months(other, DAY), check_exact=True)


def test_the_order_of_accounts_in_the_frame_does_not_change_their_groups(some_book):
    frame = accounts(some_book, DAY)
    turned = frame.sample(frac=1, random_state=3)
    left, right = groups(frame).set_index("group_id"), groups(turned).set_index("group_id")
    pd.testing.assert_frame_equal(left, right, rtol=1e-12)


def test_splitting_a_line_in_two_changes_nothing(some_book):
    split = []
    for place, one in enumerate(LINES):
        part = (one["revenue"] / 3).quantize(Decimal("0.01"))
        cost = one["cost"] and (one["cost"] / 3).quantize(Decimal("0.01"))
        if place % 2 or part * (one["revenue"] - part) < 0:
            split.append(one)
            continue
        split.append(one | {"revenue": part, "cost": cost, "line_id": f"{one['line_id']}-a"})
        rest = {"revenue": one["revenue"] - part, "cost": one["cost"] and one["cost"] - cost}
        split.append(one | rest | {"line_id": f"{one['line_id']}-b"})
    assert len(split) > len(LINES) + 500
    other = small_book(split, PEOPLE)
    pd.testing.assert_frame_equal(accounts(some_book, DAY), accounts(other, DAY), check_exact=True)


def test_groups_and_families_add_up_to_the_accounts(some_book):
    frame = accounts(some_book, DAY)
    rolled, sold = groups(frame), families(some_book, DAY)
    for name in SUMMED:
        assert rolled[name].sum() == pytest.approx(frame[name].sum(), abs=1e-6)
    assert rolled.accounts.sum() == len(frame)
    assert rolled.group_id.is_unique
    assert sold.revenue.sum() == pytest.approx(frame.revenue.sum(), abs=1e-6)
    assert sold.margin.sum() == pytest.approx(frame.margin.sum(), abs=1e-6)
    assert sold.revenue_share.sum() == pytest.approx(1)
    assert "" in sold.family.tolist()


def test_what_came_later_changes_nothing():
    """Everything after the day is scrambled, and every column that its source overwrites."""
    day = dt.date(2025, 12, 31)
    draw = np.random.default_rng(9)
    known = [one for one in LINES if one["ordered_on"] <= day]
    later = [
        line(
            f"A{int(draw.integers(0, 45)):02}",
            day + dt.timedelta(days=int(draw.integers(1, 300))),
            int(draw.integers(-900, 90000)),
            cost=1,
            order_id=known[i]["order_id"],
            family="later",
        )
        | {"line_id": f"later {i}"}
        for i in range(200)
    ]
    people = [
        one | {"group_id": "X", "sales_office": f"office {i}", "stage": "contact"} for i, one in enumerate(PEOPLE)
    ]
    people += [{"account_id": f"B{i}", "name": "later", "known_since": day + dt.timedelta(days=i)} for i in range(1, 9)]
    one = accounts(small_book(LINES, PEOPLE), day)
    two = accounts(small_book(known + later, people), day)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert not {"group_id", "sales_office", "stage"} & set(one)
    assert len(one) == len(PEOPLE)


def test_columns_with_a_dated_history_are_as_they_were_then():
    history = [
        {"account_id": "A", "field": "rep_id", "value": "R1", "known_on": "2020-01-01"},
        {"account_id": "A", "field": "rep_id", "value": "R2", "known_on": "2026-01-01"},
    ]
    book = small_book(
        [line("A", "2025-06-01", 1)], [{"account_id": "A", "rep_id": "R2", "stage": "partner"}], account_history=history
    )
    assert accounts(book, "2025-12-31").rep_id.tolist() == ["R1"]
    assert accounts(book, DAY).rep_id.tolist() == ["R2"]
    assert "stage" not in accounts(book, "2025-12-31")


amounts = some.decimals(-50, 5000, places=2)


@settings(FEW, max_examples=10)
@given(
    some.lists(
        some.tuples(some.sampled_from("ABCD"), some.integers(0, 800), amounts, some.none() | amounts),
        min_size=1,
        max_size=30,
    )
)
def test_windows_split_the_whole(rows):
    """Revenue of the window, of the one before and of all lines older than both add up to the total."""
    book = small_book([line(a, DAY - dt.timedelta(days=d), r, cost=c) for a, d, r, c in rows])
    found = by_account(book)
    old = dict.fromkeys(found.index, Decimal())
    for name, days, revenue, _ in rows:
        if DAY - dt.timedelta(days=days) <= dt.date(2024, 9, 30):
            old[name] += revenue
    if found.revenue_before.notna().all():
        parts = found.revenue + found.revenue_before + pd.Series({name: float(sum_) for name, sum_ in old.items()})
        assert np.allclose(parts, found.revenue_total, atol=1e-6)
    assert (found.orders >= 0).all()
    assert (found.first_order.isna() | (found.first_order <= found.last_order)).all()
    assert (found.margin_rate.isna() | (found.costed_revenue > 0)).all()


# --- the demo from its files ---


def test_the_demo_equals_its_raw_files():
    frame = by_account(open_book(DEMO))
    lines = pd.read_csv(DEMO / "orders.csv", dtype=str)
    lines["revenue"] = [int(amount.replace(".", "")) for amount in lines.revenue]  # cents: exact in whole numbers
    lines["cost"] = [int(amount.replace(".", "")) for amount in lines.cost]
    inside = lines[(lines.ordered_on > START) & (lines.ordered_on <= str(DAY))].groupby("account_id")
    prior = lines[(lines.ordered_on > EARLIER) & (lines.ordered_on <= START)].groupby("account_id")
    known = pd.read_csv(DEMO / "accounts.csv", dtype=str).account_id
    assert frame.index.tolist() == sorted(known)

    def full(sums: pd.Series) -> np.ndarray:
        return sums.reindex(frame.index).fillna(0).to_numpy()

    assert (frame.revenue == full(inside.revenue.sum()) / 100).all()
    assert np.allclose(frame.margin, full(inside.revenue.sum() - inside.cost.sum()) / 100, atol=1e-9)
    assert (frame.revenue_before == full(prior.revenue.sum()) / 100).all()
    assert (
        frame.orders
        == full(lines[(lines.revenue > 0) & (lines.ordered_on > START)].groupby("account_id").order_id.nunique())
    ).all()
    assert (
        frame.families
        == full(lines[(lines.revenue > 0) & (lines.ordered_on > START)].groupby("account_id").family.nunique())
    ).all()
    assert frame.active.sum() == 161
    assert frame.revenue.sum() == pytest.approx(11_458_632.13, abs=1e-6)


def test_months_of_the_demo_add_up_to_its_lines():
    by_month = months(open_book(DEMO), DAY)
    lines = pd.read_csv(DEMO / "orders.csv", dtype=str)
    expected = (
        lines.assign(revenue=lines.revenue.astype(float)).groupby(lines.ordered_on.str[:7]).revenue.agg(["size", "sum"])
    )
    assert by_month.month.tolist() == expected.index.tolist()
    assert by_month.lines.tolist() == expected["size"].tolist()
    assert np.allclose(by_month.revenue, expected["sum"])


def test_months_without_orders_are_shown():
    book = small_book([line("A", "2025-11-05", 5), line("B", "2026-02-05", 8), line("B", "2026-02-06", -8)])
    found = months(book, DAY)
    assert found.month.tolist() == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert found.lines.tolist() == [1, 0, 0, 2]
    assert found.accounts.tolist() == [1, 0, 0, 1]
    assert found.revenue.tolist() == [5, 0, 0, 0]
    assert months(small_book([]), DAY).empty
