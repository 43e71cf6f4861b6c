"""The next year's margin by hand, its interval, size that is not satisfaction, and books that cannot tell."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.panel import account_quarters
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.worth.margin import FEW, compared, followed, starts_of


def table(now, later, days: int = 1, size=None) -> pd.DataFrame:
    """One row per account and day; accounts are the same on each day."""
    many = len(now) // days
    frame = pd.DataFrame({"now": np.asarray(now, dtype=float), "next": np.asarray(later, dtype=float)})
    frame["account_id"] = [f"A{place % many:03}" for place in range(len(now))]
    frame["as_of"] = np.repeat(pd.to_datetime(["2024-09-30", "2025-09-30"])[:days], many)
    return frame.assign(size=frame["now"] if size is None else size)


def levels(words) -> pd.DataFrame:
    return pd.DataFrame({"satisfaction": words})


def test_ratios_by_hand():
    """One band: all keep 0.8 of 2,000. The low keep 200 of 1,000, the high 1,400 of 1,000."""
    now = [50.0] * 20 + [100.0] * 10
    later = [10.0] * 20 + [140.0] * 10
    found, bands = compared(table(now, later), levels(["low"] * 20 + ["high"] * 10))
    assert bands == 1
    low = found.set_index("level").loc["low"]
    assert low[["accounts", "account_years", "this_year", "next_year", "kept"]].tolist() == [20, 20, 1000, 200, 0.2]
    assert low["against"] == pytest.approx(0.2 / 0.8)
    assert low["against_all"] == pytest.approx(0.2 / 0.8)
    assert low["largest"] == pytest.approx(1 / 20)
    assert low["middle"] == pytest.approx(0.2)
    high = found.set_index("level").loc["high"]
    assert high["against"] == pytest.approx(1.4 / 0.8)
    assert high["middle"] == pytest.approx(1.4)


def test_two_bands_are_each_compared_within():
    """Small accounts double and large ones halve, whatever was said: alike within bands, not without them."""
    now = [1.0] * 30 + [100.0] * 30
    later = [2.0] * 30 + [50.0] * 30
    said = ["low"] * 20 + ["high"] * 10 + ["low"] * 10 + ["high"] * 20
    found, bands = compared(table(now, later), levels(said))
    rows = found.set_index("level")
    assert bands == 3
    assert rows["against"].tolist() == pytest.approx([1, 1])
    assert rows.loc["low", "against_all"] == pytest.approx((540 / 1020) / (1560 / 3030))
    assert (rows["p_holm"] == 1).all()  # what only one comparison finds is not clear


def test_those_that_left_count_as_nothing():
    found, _ = compared(table([10.0] * 40, [0.0] * 20 + [10.0] * 20), levels(["low"] * 20 + ["high"] * 20))
    rows = found.set_index("level")
    assert rows.loc["low", ["kept", "against", "middle"]].tolist() == [0, 0, 0]
    assert rows.loc["high", "against"] == pytest.approx(2)


def test_the_interval_is_that_of_a_bootstrap_of_accounts():
    rng = np.random.default_rng(4)
    many = 150
    own = np.exp(rng.normal(5, 0.7, many))
    now = np.tile(own, 2) * np.exp(rng.normal(0, 0.3, 2 * many))
    later = np.tile(own * np.exp(rng.normal(0, 0.4, many)), 2) * rng.uniform(0.6, 1.2, 2 * many)
    rows, said = table(now, later, days=2), np.tile(rng.choice(["low", "high"], many), 2)
    found = compared(rows, levels(said), level=0.9)[0].set_index("level").loc["low"]
    drawn = []
    place = np.arange(2 * many).reshape(2, many)
    for _ in range(60):
        own = place[:, rng.integers(0, many, many)].ravel()
        part = rows.iloc[own].reset_index(drop=True)
        drawn.append(compared(part, levels(said[own]))[0].set_index("level").loc["low", "against"])
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx(found[["low", "high"]].to_numpy(float), abs=0.06)


def test_few_accounts_of_a_level_have_sums_and_no_ratio():
    found, _ = compared(table([10.0] * 30, [9.0] * 30), levels(["low"] * (FEW - 1) + ["high"] * (31 - FEW)))
    low = found.set_index("level").loc["low"]
    assert low["kept"] == pytest.approx(0.9)
    assert low[["against", "low", "high", "p_holm"]].isna().all()


def test_losses_and_equal_sizes_make_no_nonsense():
    found, bands = compared(table([-5.0] * 30, [3.0] * 30, size=7.0), levels(["low"] * 30))
    assert bands == 1  # thirty of one size are one band
    assert np.isnan(found["kept"].iloc[0])
    assert np.isnan(found["against"].iloc[0])
    one, _ = compared(table([5.0], [5.0]), levels(["low"]))
    assert one[["accounts", "kept"]].iloc[0].tolist() == [1, 1]
    assert np.isnan(one["low"].iloc[0])


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(5)
    rows = table(np.exp(rng.normal(5, 1, 200)), np.exp(rng.normal(5, 1, 200)), days=2)
    said = levels(rng.choice(["low", "middle", "silent"], 200))
    order = rng.permutation(200)
    other = compared(rows.iloc[order].reset_index(drop=True), said.iloc[order].reset_index(drop=True))[0]
    pd.testing.assert_frame_equal(compared(rows, said)[0], other, rtol=1e-9)


# --- from a book ---

NAMES = [f"A{place:02}" for place in range(30)]


def book_of_years(*, cost: bool):
    """Orders on the first day of each quarter for four years; the second half pays half from 2025-10-01 on."""
    orders = []
    for name in NAMES:
        for year in (2022, 2023, 2024, 2025, 2026):
            for month in (1, 4, 7):
                brought = 50 if name >= "A15" and year == 2026 else 100
                orders.append(line(name, f"{year}-{month:02}-01", brought, **({"cost": brought // 2} if cost else {})))
    answers = [
        {"account_id": name, "answered_on": "2025-05-01", "item": "satisfaction", "score": score}
        for name, score in [(name, 1 if name >= "A15" else 5) for name in NAMES]
    ]
    answers = [row | {"scale_min": 1, "scale_max": 5} for row in answers]
    return small_book(orders, surveys=answers)


@pytest.mark.parametrize("cost", [True, False])
def test_a_book_by_hand(cost):
    book = book_of_years(cost=cost)
    known = spells(book, DAY, 300)
    panel = account_quarters(book, [dt.date(2024, 9, 30), dt.date(2025, 6, 30), dt.date(2025, 9, 30), DAY], known)
    found = followed(book, panel)
    assert found.starts == (dt.date(2024, 9, 30), dt.date(2025, 9, 30))
    assert found.money == ("margin" if cost else "revenue")
    rows = found.table.set_index("level")
    part = 0.5 if cost else 1
    assert rows.loc["low", ["accounts", "account_years", "this_year", "next_year"]].tolist() == [
        15, 15, 4500 * part, 2250 * part
    ]  # fmt: skip
    assert rows.loc["low", "kept"] == pytest.approx(0.5)
    assert rows.loc["unheard", "kept"] == pytest.approx(1)  # on 2024-09-30 nobody had answered
    assert rows.loc["high", "against"] == pytest.approx(1 / 0.75)


def test_who_began_in_the_year_before_has_no_whole_one():
    """A new account orders 30 in two months and 180 in the next year; the old ones as ever."""
    old = [
        line(f"A{n}", f"{year}-{month:02}-01", 10) for n in range(12) for year in range(2023, 2027) for month in (2, 8)
    ]
    new = [line("N", f"2025-{month:02}-01", 15) for month in (8, 9)]
    new += [line("N", f"2026-{month:02}-01", 30) for month in (1, 3, 5, 7, 8, 9)]
    heard = [
        {"account_id": name, "answered_on": "2025-09-01", "item": "satisfaction", "score": 5, "scale_min": 1}
        for name in ["N", *(f"A{n}" for n in range(12))]
    ]
    book = small_book(old + new, surveys=[row | {"scale_max": 5} for row in heard])
    panel = account_quarters(book, [dt.date(2025, 9, 30)], spells(book, DAY, 300))
    row = followed(book, panel).table.iloc[0]
    assert row[["accounts", "this_year", "next_year"]].tolist() == [12, 240, 240]


def test_days_that_tell_no_year():
    book = book_of_years(cost=False)
    assert starts_of(book, [DAY]) == []
    assert starts_of(book, [dt.date(2022, 9, 30)]) == []  # the year before is not whole
    assert starts_of(book, [dt.date(2025, 9, 30), dt.date(2025, 6, 30), dt.date(2024, 9, 30)]) == [
        dt.date(2025, 9, 30), dt.date(2024, 9, 30)
    ]  # fmt: skip
    panel = account_quarters(book, [DAY], spells(book, DAY, 300))
    with pytest.raises(BookError, match="takes a day with a whole year of orders before it and one after it"):
        followed(book, panel)
