"""Purchase histories, against another package's summary, hand calculations and a plain stack."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_books import line, small_book

from crm_analysis.book import Book, BookError, book_of, open_book
from crm_analysis.errors import UserError
from crm_analysis.value.histories import DAYS, Histories, histories

END = dt.date(2026, 9, 30)
START = dt.date(2026, 1, 1)


def one(book: Book, as_of: str | dt.date = END, **more: Any) -> pd.Series:
    """The history of the only account that has one."""
    frame = histories(book, as_of, **more).frame
    assert len(frame) == 1
    return frame.iloc[0]


def what(found: Histories) -> dict[str, tuple[int, float]]:
    return {name: (count, revenue) for name, count, revenue in found.tally.itertuples(index=False)}


# CDNOW, summarised by the package lifetimes 0.11.3


@pytest.fixture(scope="module")
def transactions() -> pd.DataFrame:
    import lifetimes

    file = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
    rows = pd.read_csv(file, sep=r"\s+", header=None, names=["master", "account_id", "day", "number", "dollars"])
    rows["account_id"] = rows["account_id"].map("{:05}".format)
    rows["ordered_on"] = pd.to_datetime(rows["day"], format="%Y%m%d").dt.date
    return rows


@pytest.fixture(scope="module")
def cdnow(transactions) -> Book:
    orders = transactions.assign(
        line_id=[f"L{place:05}" for place in range(len(transactions))], revenue=transactions["dollars"].map(str)
    )
    accounts = pd.DataFrame({"account_id": sorted(orders["account_id"].unique())}).assign(
        known_since=dt.date(1997, 1, 1)
    )
    frames = {"accounts": accounts, "orders": orders[["line_id", "account_id", "ordered_on", "revenue"]]}
    return book_of(frames, dt.date(1998, 6, 30))


def test_cdnow_is_what_lifetimes_makes_of_the_transactions(cdnow, transactions):
    from lifetimes.utils import summary_data_from_transaction_data

    known = transactions[transactions["ordered_on"] <= dt.date(1997, 9, 30)]
    theirs = summary_data_from_transaction_data(
        known.assign(ordered_on=pd.to_datetime(known["ordered_on"])),
        "account_id",
        "ordered_on",
        monetary_value_col="dollars",
        observation_period_end="1997-09-30",
        freq="D",
    )
    found = histories(cdnow, "1997-09-30", unit="week")
    frame = found.frame
    assert len(frame) == 2_357
    assert (frame["frequency"] > 0).sum() == 946
    assert frame["account_id"].tolist() == theirs.index.tolist()
    assert frame["frequency"].tolist() == theirs["frequency"].tolist()
    np.testing.assert_array_equal(frame["recency"], theirs["recency"] / 7)
    np.testing.assert_array_equal(frame["T"], theirs["T"] / 7)
    np.testing.assert_allclose(frame["monetary"].fillna(0), theirs["monetary_value"], rtol=1e-12)
    assert found.as_of == dt.date(1997, 9, 30)
    assert found.time("39W") == 39


def test_cdnow_gaps_and_squares_are_those_of_plain_pandas(cdnow, transactions):
    known = transactions[transactions["ordered_on"] <= dt.date(1997, 9, 30)]
    days = known.groupby(["account_id", "ordered_on"], as_index=False)["dollars"].sum()
    days["gap"] = pd.to_datetime(days["ordered_on"]).groupby(days["account_id"]).diff().dt.days / 7
    days["log"], days["square"] = np.log(days["gap"]), days["dollars"] ** 2
    theirs = days.groupby("account_id")
    frame = histories(cdnow, "1997-09-30").frame
    np.testing.assert_allclose(frame["log_gaps"], theirs["log"].sum(), atol=1e-9)
    np.testing.assert_allclose(frame["revenue_squares"], theirs["square"].sum(), rtol=1e-9)
    np.testing.assert_allclose(frame["revenue"], theirs["dollars"].sum(), rtol=1e-12)
    np.testing.assert_allclose(frame["first_revenue"], theirs["dollars"].first(), rtol=1e-12)


@pytest.mark.parametrize("unit", DAYS)
def test_compressed_in_the_engine_is_the_frame_added_up(cdnow, unit):
    found = histories(cdnow, "1997-09-30", unit=unit)
    small, frame = found.compressed(), found.frame
    assert small["count"].sum() == len(frame)
    assert len(small) == len(frame.groupby(["frequency", "recency", "T"])) < len(frame)
    assert small["log_gaps"].sum() == pytest.approx(frame["log_gaps"].sum(), abs=1e-8)
    again = Histories.of(frame, unit=unit, as_of=found.as_of).compressed()
    pd.testing.assert_frame_equal(small, again, rtol=1e-9, atol=1e-9)
    keys = small[["frequency", "recency", "T"]]
    pd.testing.assert_frame_equal(keys, keys.sort_values(list(keys), ignore_index=True))


# credit notes, by hand


def test_a_purchase_given_back_two_weeks_later_is_no_repeat():
    book = small_book(
        [
            line("A", "2026-01-05", 100, product="P", quantity=1),
            line("A", "2026-03-02", 80, product="Q", quantity=2),
            line("A", "2026-03-16", -80, product="Q", quantity=-2),
        ]
    )
    before, after = one(book, "2026-03-15"), one(book, "2026-03-16")
    assert (before.frequency, before.recency, before.monetary, before.revenue) == (1, 8.0, 80, 180)
    assert (after.frequency, after.recency, after.revenue, after.first_revenue) == (0, 0.0, 100, 100)
    assert math.isnan(after.monetary)
    assert after["T"] == 10.0
    assert (after.log_gaps, before.log_gaps) == (0.0, pytest.approx(math.log(8)))
    found = what(histories(book, "2026-03-16"))
    assert found == {
        "accounts": (1, 100),
        "occasions": (1, 100),
        "cancelled occasions": (1, 80),
        "matched credits": (1, -80),
        "unmatched credits": (0, 0),
    }


def test_an_account_that_gave_all_back_has_no_history_and_is_listed():
    book = small_book(
        [line("A", "2026-02-02", 80), line("A", "2026-02-20", -80), line("B", "2026-02-02", -5)],
        accounts=[{"account_id": name} for name in "ABC"],
    )
    found = histories(book, END)
    assert found.frame.empty
    assert found.compressed().empty
    assert found.left_out.values.tolist() == [
        ["A", "every purchase was returned", 0],
        ["B", "no purchase", -5],
        ["C", "no order line", 0],
    ]
    assert len(histories(book, "2026-02-19").frame) == 1


P, Q, R = ({"product": name, "quantity": n} for name, n in (("P", 1), ("Q", 2), ("R", 1)))
BACK = {"product": "Q", "quantity": -2}
BOUGHT = [("2026-01-05", 100, P | {"cost": 60}), ("2026-03-02", 80, Q | {"cost": 50})]
PLAIN = [("2026-01-05", 100, {}), ("2026-03-02", 80, {})]
THREE = [(day, 100, {}) for day in ("2026-02-02", "2026-03-02", "2026-04-06")]
FREE = [("2026-01-05", 10, P), ("2026-02-02", 0, P)]
CASES = {
    "all back": [*BOUGHT, ("2026-03-16", -80, BACK)],
    "goods back for less": [*BOUGHT, ("2026-03-16", -70, BACK)],
    "another quantity": [*BOUGHT, ("2026-03-16", -80, BACK | {"quantity": -1})],
    "another product": [*BOUGHT, ("2026-03-16", -80, BACK | {"product": "R"})],
    "a lower price": [*BOUGHT, ("2026-03-16", -80, Q)],
    "no quantity": [*BOUGHT, ("2026-03-16", -80, {"product": "Q"})],
    "opposite revenue": [*PLAIN, ("2026-03-16", -80, {})],
    "another revenue": [*PLAIN, ("2026-03-16", -79, {})],
    "opposite revenue of a product": [(day, money, {"product": "P"}) for day, money, _ in PLAIN]
    + [("2026-03-16", -80, {"product": "P"})],
    "part back": [*BOUGHT, ("2026-03-02", 30, R | {"cost": 10}), ("2026-04-06", -80, BACK | {"cost": -50})],
    "late credit": [*THREE, ("2026-05-04", -30, {})],
    "early credit": [*THREE, ("2026-01-05", -30, {})],
    "two orders a day": [("2026-01-05", 10, {"order_id": "1"}), ("2026-01-05", 20, {"order_id": "2"})],
    "a day of returns": [("2026-01-05", 30, {}), ("2026-02-02", -3, {}), ("2026-02-09", 0, {"quantity": 0})],
    "free": FREE,
    "free without quantity": [("2026-01-05", 10, {}), ("2026-02-02", 0, {})],
    "exchanged": [*FREE, ("2026-02-02", 0, P | {"quantity": -1})],
    "invoiced anew": [
        ("2026-01-05", 100, P),
        ("2026-01-20", -100, P | {"quantity": -1}),
        ("2026-01-20", 90, P),
    ],
    "large": [("2026-01-05", "50000000000.50", {}), ("2026-03-02", 10, {})],
    "cost of one": [("2026-01-05", 100, {}), ("2026-02-02", 50, {"cost": 20}), ("2026-03-02", 10, {})],
}


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    """Each case an account."""
    book = small_book([line(name, day, money, **more) for name, rows in CASES.items() for day, money, more in rows])
    return histories(book, END).frame.set_index("account_id")


def test_what_a_credit_matches(cases):
    expected = {
        "all back": 0,
        "goods back for less": 0,
        "another quantity": 1,
        "another product": 1,
        "a lower price": 1,  # nothing came back
        "no quantity": 1,  # matched among lines without one
        "opposite revenue": 0,
        "another revenue": 1,
        "opposite revenue of a product": 0,
    }
    assert cases.loc[list(expected), "frequency"].to_dict() == expected


def test_a_part_given_back_is_taken_from_its_day_and_the_occasion_stands(cases):
    row = cases.loc["part back"]
    assert (row.frequency, row.monetary, row.revenue, row.revenue_squares) == (1, 30, 130, 100**2 + 30**2)
    assert (row.margin, row.first_margin, row.monetary_margin, row.margin_squares) == (60, 40, 20, 40**2 + 20**2)


def test_a_credit_without_a_purchase_lowers_the_mean_of_repeats_only_after_the_first_occasion(cases):
    money = ["monetary", "revenue", "first_revenue", "revenue_squares"]
    assert cases.loc["late credit", money].tolist() == [85, 270, 100, 30_000]
    assert cases.loc["early credit", money].tolist() == [100, 270, 100, 30_000]


def test_a_day_that_only_returns_is_no_occasion_and_orders_of_a_day_are_one(cases):
    found = cases.loc[["two orders a day", "a day of returns"], ["frequency", "first_revenue", "revenue"]]
    assert found.values.tolist() == [[0, 30, 30], [0, 30, 27]]


def test_what_is_free_of_charge_is_an_occasion_unless_exchanged(cases):
    """As in CDNOW, where eight customers paid nothing; goods exchanged on one day are no new purchase."""
    found = cases.loc[["free", "free without quantity", "exchanged"], "frequency"]
    assert found.tolist() == [1, 1, 0]


def test_invoiced_anew_on_the_day_of_the_credit_is_no_new_occasion(cases):
    row = cases.loc["invoiced anew"]
    assert (row.frequency, row.revenue, row.first_order) == (0, 90, pd.Timestamp("2026-01-05"))


def test_squares_of_large_money_are_whole(cases):
    assert cases.loc["large", "revenue_squares"] == 50_000_000_000.5**2 + 100


def test_costs_that_are_not_known_are_no_margin(cases):
    row = cases.loc["cost of one"]
    assert math.isnan(row.first_margin)
    assert (row.margin, row.monetary_margin, row.margin_squares) == (30, 30, 900)


def test_policies_for_returns():
    book = small_book(
        [
            line("A", "2026-01-05", 100),
            line("A", "2026-02-02", 80),
            line("A", "2026-02-09", -80),
            line("B", "2026-01-05", 100),
            line("B", "2026-02-02", -33),
        ]
    )
    net, ignore, reject = (histories(book, END, returns=word) for word in ("net", "ignore", "reject"))
    assert net.frame[["account_id", "frequency", "revenue"]].values.tolist() == [["A", 0, 100], ["B", 0, 67]]
    assert ignore.frame[["account_id", "frequency", "revenue"]].values.tolist() == [["A", 1, 180], ["B", 0, 100]]
    assert reject.frame[["account_id", "frequency", "revenue"]].values.tolist() == [["A", 0, 100]]
    assert reject.left_out.values.tolist() == [["B", "a credit matches no purchase", 67]]
    assert what(ignore)["cancelled occasions"] == (0, 0)
    assert what(net)["unmatched credits"] == (1, -33)
    assert len(histories(book, "2026-02-01", returns="reject").frame) == 2  # B's credit was not known yet
    assert [found.returns for found in (net, ignore, reject)] == ["net", "ignore", "reject"]


# the matching, against a stack


def matched(rows: list[tuple[dt.date, str, int, str]]) -> dict[str, dt.date]:
    """Per line the day of the line it is paired with, by a stack for each account's product and quantity.

    `rows`: day, product, quantity, place; quantities below nought are credits.
    """
    open_: dict[Any, list[tuple[str, dt.date]]] = defaultdict(list)
    pairs: dict[str, dt.date] = {}
    for day, product, quantity, place in sorted(rows, key=lambda row: (row[0], row[2] < 0, row[3])):
        stack = open_[product, abs(quantity)]
        if quantity > 0:
            stack.append((place, day))
        elif stack:
            bought, then = stack.pop()
            pairs[place], pairs[bought] = then, day
    return pairs


@pytest.fixture(scope="module")
def many() -> list[dict[str, Any]]:
    """Two hundred accounts with up to 25 lines each in a few days; every line is an order of its own."""
    rng = np.random.default_rng(11)
    rows = []
    for who in range(200):
        for _ in range(int(rng.integers(1, 26))):
            n = int(rng.choice([1, 2, -1, -1, -2]))
            day = START + dt.timedelta(int(rng.integers(0, 13)))
            more = {"product": "PQ"[rng.integers(2)], "quantity": n, "order_id": f"O{len(rows):05}"}
            rows.append(line(f"A{who:03}", day, 10 * n, **more))
    return rows


def stacked(rows: list[dict[str, Any]], as_of: dt.date) -> dict[str, Any] | None:
    """The history of an account's lines in days, by the stack, which sees the lines up to that day."""
    known = [
        (row["ordered_on"], row["product"], row["quantity"], row["order_id"])
        for row in rows
        if row["ordered_on"] <= as_of
    ]
    pairs = matched(known)
    stands = sorted({day for day, _, n, place in known if n > 0 and place not in pairs})
    if not stands:
        return None
    gaps = [(later - day).days for day, later in itertools.pairwise(stands)]
    money: dict[dt.date, int] = defaultdict(int)
    for day, _, n, place in known:
        money[day if n > 0 else pairs.get(place, day)] += 10 * n
    later = sum(amount for day, amount in money.items() if day > stands[0])
    # the money of an occasion is that of its purchases and of the credits paired with them
    own: dict[dt.date, int] = defaultdict(int)
    for day, _, n, place in known:
        if n > 0 or place in pairs:
            own[day if n > 0 else pairs[place]] += 10 * n
    return {
        "account_id": rows[0]["account_id"],
        "frequency": len(gaps),
        "recency": float(sum(gaps)),
        "T": float((as_of - stands[0]).days),
        "log_gaps": float(sum(map(math.log, gaps))),
        "revenue": float(sum(money.values())),
        "first_revenue": float(own[stands[0]]),
        "monetary": later / len(gaps) if gaps else math.nan,
        "revenue_squares": float(sum(own[day] ** 2 for day in stands)),
    }


def test_histories_are_those_of_a_stack(many):
    book = small_book(many)
    kept = set()
    for days in (0, 4, 9, 12):
        as_of = START + dt.timedelta(days)
        each: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in many:
            each[row["account_id"]].append(row)
        theirs = pd.DataFrame([found for rows in each.values() if (found := stacked(rows, as_of))])
        frame = histories(book, as_of, unit="day").frame
        assert len(frame) > 50
        kept.add(id(book.kept["occasion_days"]))
        pd.testing.assert_frame_equal(frame[list(theirs)], theirs, rtol=1e-9)
    assert len(kept) == 1  # the matching is done once for all days


# what must change nothing


def random_lines(seed: int, accounts: int = 12, lines: int = 240) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = []
    for place in range(lines):
        n = int(rng.choice([1, 2, 3, -1, -2]))
        day = START + dt.timedelta(int(rng.integers(0, 250)))
        who, product = f"A{rng.integers(accounts):02}", "PQR"[rng.integers(3)]
        more = {"product": product, "quantity": 2 * n, "order_id": f"O{place:04}", "line_id": f"L{place:04}"}
        rows.append(line(who, day, 20 * n, cost=None if rng.random() < 0.2 else 14 * n, **more))
    return rows


def assert_alike(book: Book, other: Book, as_of: dt.date) -> None:
    mine, theirs = histories(book, as_of), histories(other, as_of)
    pd.testing.assert_frame_equal(mine.frame, theirs.frame, check_exact=True)
    pd.testing.assert_frame_equal(mine.left_out, theirs.left_out, check_exact=True)


def people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"account_id": name} for name in sorted({row["account_id"] for row in rows})]


def test_order_of_rows_and_splitting_of_lines_change_nothing():
    rng = np.random.default_rng(1)
    rows = random_lines(1)
    halves = [
        row
        | {name: row[name] and row[name] // 2 for name in ("revenue", "cost", "quantity")}
        | {"line_id": f"{key}{n}"}
        for row in rows
        for n, key in enumerate([row["line_id"]] * 2)
    ]
    shuffled = [halves[place] for place in rng.permutation(len(halves))]
    book, other = small_book(rows), small_book(shuffled, accounts=people(rows)[::-1])
    assert_alike(other, book, END)
    assert (histories(book, END).compressed()["frequency"] > 0).any()


def test_the_future_is_not_seen():
    rng = np.random.default_rng(3)
    rows, cut = random_lines(3), START + dt.timedelta(120)
    other = [row for row in rows if row["ordered_on"] <= cut or rng.random() < 0.6]
    for place, row in enumerate(other):
        if row["ordered_on"] > cut:
            later = cut + dt.timedelta(int(rng.integers(1, 90)))
            more = {"revenue": int(rng.integers(-60, 60)), "quantity": int(rng.choice([-2, -4, 2, 6]))}
            other[place] = row | more | {"ordered_on": later}
    book, changed = small_book(rows), small_book(other, accounts=people(rows))
    assert_alike(book, changed, cut)
    assert not histories(book, END).frame.equals(histories(changed, END).frame)


def test_money_and_credits_add_up_to_the_book():
    rows = random_lines(5)
    book = small_book(rows)
    for returns in ("net", "reject"):
        found = histories(book, END, returns=returns)
        tally = what(found)
        assert tally["days with lines of unknown cost"][1] == sum(row["revenue"] for row in rows if row["cost"] is None)
        total = sum(row["revenue"] for row in rows)
        assert found.frame["revenue"].sum() + found.left_out["revenue"].sum() == total
        parts = ("occasions", "cancelled occasions", "matched credits", "unmatched credits")
        assert sum(tally[name][1] for name in parts) == total
        assert sum(tally[name][0] for name in parts[2:]) == sum(row["revenue"] < 0 for row in rows)
        assert set(found.frame["account_id"]) | set(found.left_out["account_id"]) == {row["account_id"] for row in rows}


# dates, late entry, covariates, quarantine


def test_T_ends_with_the_extract():
    book = small_book([line("A", "2026-01-05", 10)])
    found = histories(book, "2030-01-01", unit="day")
    assert found.as_of == END
    assert found.frame["T"].tolist() == [(END - dt.date(2026, 1, 5)).days]
    assert histories(book.as_of("2026-02-01"), END).as_of == dt.date(2026, 2, 1)


def test_accounts_known_more_than_a_week_before_the_first_line_enter_late():
    lines = [line(name, "2026-02-02" if name == "A" else "2026-03-02", 10) for name in "ABCD"]
    known = {"A": "2026-02-02", "B": "2026-01-25", "C": "2026-01-26", "D": None}
    book = small_book(lines, accounts=[{"account_id": name, "known_since": day} for name, day in known.items()])
    found = histories(book, END, covariates=("late_entry",))
    assert found.frame["late_entry"].tolist() == [False, True, False, False]
    small = found.compressed(by=["late_entry"])
    assert small.groupby("late_entry")["count"].sum().to_dict() == {False: 3, True: 1}


def test_covariates_stand_beside_and_split_the_compressed_form():
    lines = [line(name, "2026-02-02", 10) for name in "ABCD"]
    industries = {"A": "food", "B": "steel", "C": None, "D": "food"}
    book = small_book(lines, accounts=[{"account_id": name, "industry": it} for name, it in industries.items()])
    found = histories(book, END, covariates=["industry"])
    assert found.frame["industry"].tolist() == ["food", "steel", None, "food"]
    small = found.compressed(by=["industry"])
    assert small["count"].tolist() == [2, 1, 1]
    assert small["industry"].tolist()[:2] == ["food", "steel"]
    with pytest.raises(BookError, match="have no column 'region'; found late_entry, industry"):
        found.compressed(by=["region"])
    with pytest.raises(BookError, match="table 'accounts' has no column 'region'"):
        histories(book, END, covariates=["region"])


def test_lines_in_the_quarantine_are_not_seen(tmp_path):
    text = "line_id,order_id,account_id,ordered_on,revenue,state\n"
    text += "1,1,A,2024-01-05,10,valid\n2,2,,2024-02-05,20,valid\n3,3,A,2024-03-05,30,void\n4,4,A,2024-04-05,40,valid\n"
    (tmp_path / "orders.csv").write_text(text)
    (tmp_path / "accounts.csv").write_text("account_id\nA\n")
    (tmp_path / "book.toml").write_text("extracted_on = 2024-06-30\n")
    found = histories(open_book(tmp_path), "2024-06-30")
    assert found.frame[["account_id", "frequency", "revenue"]].values.tolist() == [["A", 1, 50]]


def test_before_the_first_line_there_is_nothing():
    found = histories(small_book([line("A", "2026-02-02", 10)]), "2026-01-01")
    assert found.frame.empty
    assert found.frame.dtypes["first_order"] == "datetime64[ns]"
    assert found.left_out["reason"].tolist() == ["no order line"]


# units, horizons, frames in memory


def test_units_are_words_and_horizons_carry_one():
    book = small_book([line("A", "2026-01-05", 10)])
    times = {unit: histories(book, END, unit=unit).time("12M") for unit in DAYS}
    assert times == {"day": 365, "week": pytest.approx(365 / 7), "month": pytest.approx(12 * 365 / 365.25)}
    found = histories(book, END)
    for bare in (52, 12.0, None):
        with pytest.raises(BookError, match="a horizon is written with its unit, such as 12M or 52W; found"):
            found.time(bare)
    with pytest.raises(UserError, match="found '52'"):
        found.time("52")
    with pytest.raises(BookError, match="the unit of histories is one of day, week, month; found 7"):
        histories(book, END, unit=7)
    with pytest.raises(BookError, match="the returns of histories is one of net, ignore, reject; found 'drop'"):
        histories(book, END, returns="drop")


def test_a_frame_in_memory_is_filled_where_it_can_be():
    given_ = pd.DataFrame(
        {"frequency": [0, 1, 3], "recency": [0.0, 4.0, 9.0], "T": [2.0, 5.0, 10.0], "region": list("NSN")}
    )
    found = Histories.of(given_, unit="week", as_of="2026-09-30")
    frame = found.frame
    assert frame["log_gaps"].tolist()[:2] == [0.0, math.log(4)]
    assert math.isnan(frame["log_gaps"][2])
    assert frame["first_order"].tolist() == [pd.Timestamp("2026-09-30") - pd.Timedelta(weeks=n) for n in (2, 5, 10)]
    assert frame["last_order"].tolist() == [pd.Timestamp("2026-09-30") - pd.Timedelta(weeks=n) for n in (2, 1, 1)]
    assert not frame["late_entry"].any()
    assert "margin" not in frame
    assert found.compressed(by=["region"])["count"].tolist() == [1, 1, 1]
    assert math.isnan(found.compressed()["log_gaps"][2])
    assert (len(found.left_out), found.tally["count"].tolist()) == (0, [3])
    with pytest.raises(BookError, match="have no column 'industry'; found account_id, "):
        found.compressed(by=["industry"])


@pytest.mark.parametrize(
    ("x", "t_x", "T"), [(1, 0, 5), (0, 1, 5), (1, 6, 5), (1.5, 1, 5), (-1, 1, 5), (1, 1, np.inf), (np.nan, 0, 5)]
)
def test_a_history_that_cannot_be_is_named(x, t_x, T):
    rows = pd.DataFrame({"frequency": [1, x], "recency": [1, t_x], "T": [9, T]})
    with pytest.raises(BookError, match="row 1 has frequency"):
        Histories.of(rows, unit="week", as_of=END)


def test_a_frame_lacks_a_column_or_has_an_account_twice():
    rows = pd.DataFrame({"frequency": [0, 0], "recency": [0, 0], "T": [9, 9]})
    with pytest.raises(BookError, match="column 'T' is missing"):
        Histories.of(rows.drop(columns="T"), unit="week", as_of=END)
    with pytest.raises(BookError, match="account_id 'A' stands there twice"):
        Histories.of(rows.assign(account_id="A"), unit="week", as_of=END)
