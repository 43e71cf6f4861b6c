"""What more retention would bring: by hand, at its limits, and of the demo company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from small_books import DAY, FEW

from crm_analysis.accounts import accounts, snapshots
from crm_analysis.book import BookError, open_book
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.retention.arithmetic import yearly_retention
from crm_analysis.churn.what_if import THIN, WhatIf, population, what_if
from crm_analysis.churn.yearly import ALL, curve, days_asked, rates
from crm_analysis.errors import UserError
from crm_analysis.value.segments import bars, segments

DEMO = Path(__file__).parents[2] / "data" / "demo"


def rates_of(**counts: tuple[int, int, int, int]) -> pd.DataFrame:
    """Rates as `rates` returns them: by segment there, kept, counted, going_on; all revenue goes on."""
    table = pd.DataFrame.from_dict(counts, orient="index", columns=["there", "kept", "counted", "going_on"])
    table.loc[ALL] = table.sum()
    table = table.rename_axis("segment").reset_index().assign(revenue_going_on=1.0, revenue_error=0.0)
    return table.assign(retention=table["kept"] / table["there"])


def money_of(**segments: tuple[int, float]) -> pd.DataFrame:
    """So many accounts of each segment, of that revenue each and a quarter of it as margin."""
    rows = [
        {"account_id": f"{name}{place:03}", "segment": name, "revenue": revenue, "margin": revenue / 4}
        for name, (size, revenue) in segments.items()
        for place in range(size)
    ]
    return pd.DataFrame(rows)


def one(found: WhatIf) -> dict[str, Any]:
    assert len(found.table) == 1
    return found.table.iloc[0].to_dict()


HUNDRED = rates_of(Low=(100, 80, 100, 100)), money_of(Low=(100, 1000.0))


def test_a_hundred_accounts_five_points_by_hand():
    found = what_if(*HUNDRED, 0.05, annual_rate=0.1)
    row = one(found)
    assert (row["accounts"], row["going_on"], row["retention"], row["raised"]) == (100, 100, 0.8, pytest.approx(0.85))
    assert row["remaining"] == pytest.approx(32.768)  # 80 % a year leaves 32.8 % after five years
    assert row["remaining_raised"] == pytest.approx(44.3705, abs=1e-4)
    assert row["more_accounts"] == pytest.approx(11.6025, abs=1e-4)
    # accounts at the middle of each year: 90, 72, 57.6, 46.08, 36.864; 92.5, 78.625, 66.83125, 56.80656, 48.28558
    middles = [1.1**-0.5, 1.1**-1.5, 1.1**-2.5, 1.1**-3.5, 1.1**-4.5]
    plain = sum(d * n for d, n in zip(middles, [90, 72, 57.6, 46.08, 36.864], strict=True))
    raised = sum(d * n for d, n in zip(middles, [92.5, 78.625, 66.83125, 56.8065625, 48.285578125], strict=True))
    assert row["revenue"] == pytest.approx(1000 * plain)
    assert row["more_revenue"] == pytest.approx(1000 * (raised - plain))
    assert row["margin"] == pytest.approx(250 * plain)
    assert row["more_margin"] == pytest.approx(250 * (raised - plain))
    assert row["break_even_once"] == pytest.approx(250 * (raised - plain) / 100)
    assert row["break_even_yearly"] == pytest.approx(250 * (raised - plain) / raised)
    assert found.years["accounts"].tolist() == pytest.approx([100, 80, 64, 51.2, 40.96, 32.768])
    assert found.years["accounts_raised"].tolist() == pytest.approx([100 * 0.85**year for year in range(6)])
    assert found.years["revenue"].tolist()[1:] == pytest.approx([90_000, 72_000, 57_600, 46_080, 36_864])
    assert found.years["revenue_raised"][1] == pytest.approx(92_500)
    assert pd.isna(found.years["revenue"][0])
    assert found.comparison is None
    assert len(found.notes) == 1
    assert found.notes[0].startswith("No new account comes")


def test_those_gone_in_silence_are_not_held():
    counts = rates_of(Low=(100, 80, 50, 40)).assign(revenue_going_on=0.95)
    found = one(what_if(counts, HUNDRED[1], 0.05))
    whole = one(what_if(*HUNDRED, 0.05))
    assert found["accounts"] == 100
    assert found["going_on"] == pytest.approx(80)
    assert found["more_accounts"] == pytest.approx(0.8 * whole["more_accounts"])
    assert found["more_revenue"] == pytest.approx(0.95 * whole["more_revenue"])
    assert found["revenue"] == pytest.approx(0.95 * whole["revenue"])


def test_intervals_of_retention_are_jeffreys_and_of_money_the_spread_of_accounts():
    from scipy.stats import beta

    row = one(what_if(*HUNDRED, 0.05))
    low, high = beta.ppf([0.05, 0.95], 80.5, 20.5)
    gains = [100 * ((rate + 0.05) ** 5 - rate**5) for rate in (low, high)]
    assert row["low_more_accounts"] == pytest.approx(gains[0] * beta.ppf(0.5, 100.5, 0.5), rel=0.03)
    assert row["high_more_accounts"] == pytest.approx(gains[1], rel=0.03)
    sure = rates_of(Low=(10**9, 8 * 10**8, 10**9, 10**9))
    money = HUNDRED[1].assign(revenue=np.where(np.arange(100) < 50, 0.0, 2000.0))
    wide = one(what_if(sure, money, 0.05))
    spread = 1.645 * 1000 / np.sqrt(100) / 1000  # of a mean of accounts whose standard deviation is 1000
    assert wide["high_revenue"] / wide["revenue"] == pytest.approx(1 + spread, abs=0.03)
    assert wide["low_revenue"] / wide["revenue"] == pytest.approx(1 - spread, abs=0.03)
    assert wide["low_more_accounts"] == pytest.approx(wide["high_more_accounts"], rel=1e-3)
    assert one(what_if(sure, HUNDRED[1], 0.05))["low_revenue"] == pytest.approx(
        one(what_if(*HUNDRED, 0.05))["revenue"], rel=1e-3
    )


def test_nobody_can_be_held_twice():
    found = what_if(rates_of(Low=(50, 49, 50, 50)), money_of(Low=(50, 100.0)), 0.05)
    row = one(found)
    assert row["raised"] == 1
    assert row["remaining_raised"] == 50
    assert "exceed that: Low." in found.notes[1]
    row = one(what_if(rates_of(Low=(50, 50, 50, 50)), money_of(Low=(50, 100.0)), 0.05))
    assert row["more_accounts"] == 0 == row["low_more_accounts"] < row["high_more_accounts"]


def test_segments_add_up():
    counts = rates_of(High=(20, 19, 20, 20), Low=(100, 70, 100, 80))
    money = money_of(High=(20, 9000.0), Low=(110, 100.0))
    found = what_if(counts, money, 0.05).table.set_index("segment")
    assert found.index.tolist() == ["High", "Low", ALL]
    summed = ["accounts", "going_on", "remaining", "remaining_raised", "more_accounts", "revenue", "more_margin"]
    assert found.loc[ALL, summed].tolist() == pytest.approx(found.loc[["High", "Low"], summed].sum().tolist())
    assert found.loc[ALL, "retention"] == pytest.approx((20 * 0.95 + 88 * 0.7) / 108)
    alone = one(what_if(counts, money, 0.05, segment="Low"))
    for name in ("more_accounts", "more_revenue", "break_even_once"):
        assert alone[name] == pytest.approx(found.loc["Low", name])
    width = found["high_more_accounts"] - found["low_more_accounts"]
    assert width[ALL] < width["High"] + width["Low"]


def test_thin_segments_take_the_whole_books_rates_and_it_is_said():
    counts = rates_of(High=(THIN - 1, 9, 50, 50), Low=(91, 71, 50, 50))
    money = money_of(High=(5, 1.0), Low=(50, 1.0), New=(5, 1.0))
    found = what_if(counts, money, 0.05)
    assert found.table["retention"].tolist() == pytest.approx([0.8, 71 / 91, 0.8, (8 + 50 * 71 / 91) / 60])
    assert "Fewer than 10 accounts" in found.notes[1]
    assert "High, New." in found.notes[1]
    same = found.table[found.table["segment"].isin(["High", "New"])]
    assert same["low_more_accounts"].nunique() == 1  # the same draws: their errors do not cancel


def test_a_curve_that_flattens_keeps_more():
    flat = pd.DataFrame({"year": [1], "there": [100], "kept": [80]})
    found = what_if(*HUNDRED, 0.05, curve=flat)
    assert found.comparison is not None
    assert found.comparison["remaining"].tolist() == pytest.approx([32.768, 32.768])
    assert "for the first 1 of 5 years" in found.notes[1]
    own = pd.DataFrame({"year": range(1, 6), "there": [100] * 5, "kept": [80, 90, 95, 95, 100]})
    found = what_if(*HUNDRED, 0.05, curve=own)
    assert found.comparison is not None
    assert len(found.notes) == 1
    assert found.comparison["way"].tolist() == ["Every year as the last", "As the book's own curve"]
    left = 100 * 0.8 * 0.9 * 0.95 * 0.95
    assert found.comparison["remaining"][1] == pytest.approx(left)
    held = 100 * 0.85 * 0.95 * 1 * 1 * 1
    assert found.comparison["more_accounts"][1] == pytest.approx(held - left)
    assert found.comparison["more_revenue"][0] == one(found)["more_revenue"]
    # of a segment that keeps .64 where the book keeps .8: twice the leaving, year by year
    faster = what_if(rates_of(Low=(100, 64, 100, 100)), HUNDRED[1], 0.05, curve=own).comparison
    assert faster is not None
    assert faster["remaining"][1] == pytest.approx(100 * (left / 100) ** 2)


def test_a_curve_without_a_loss_in_its_first_year_tells_no_pace():
    none = pd.DataFrame({"year": [1, 2], "there": [30, 30], "kept": [30, 20]})
    found = what_if(*HUNDRED, 0.05, curve=none).comparison
    assert found is not None
    assert found["remaining"][1] == pytest.approx(32.768)
    assert np.isfinite(found.drop(columns="way").to_numpy(float)).all()


@given(
    kept=some.integers(0, 40),
    going=some.integers(0, 40),
    points=some.floats(0.001, 0.999),
    money=some.lists(some.floats(0, 1e6), min_size=1, max_size=12),
)
@settings(FEW, max_examples=15)
def test_more_retention_never_brings_less(kept, going, points, money):
    frame = pd.DataFrame({"account_id": [f"A{i:02}" for i in range(len(money))], "segment": "Low", "revenue": money})
    counts = rates_of(Low=(40, kept, 40, going))
    row = one(what_if(counts, frame, points))
    assert "margin" not in row
    assert not [name for name in row if name.startswith("break_even")]
    for name in ("more_accounts", "more_revenue", "revenue", "remaining"):
        assert 0 <= row[f"low_{name}"] <= row[name] <= row[f"high_{name}"]
    assert row["remaining_raised"] <= row["going_on"] <= row["accounts"]
    assert row["revenue"] <= 5 * sum(money) + 1e-6
    again = one(what_if(counts.iloc[::-1], frame.iloc[::-1], points))
    assert again == row


def test_what_cannot_be_asked_is_a_sentence():
    for points in (0, 1, -0.05, 5):
        with pytest.raises(UserError, match=r"between 0 and 1, such as 0\.05"):
            what_if(*HUNDRED, points)
    with pytest.raises(UserError, match="of the segment 'Mid'; expected one of Low"):
        what_if(*HUNDRED, 0.05, segment="Mid")
    with pytest.raises(UserError, match="of which there are none"):
        what_if(HUNDRED[0], HUNDRED[1].head(0), 0.05)
    with pytest.raises(BookError, match="No account was there a year before"):
        what_if(rates_of(Low=(0, 0, 5, 5)), HUNDRED[1], 0.05)


def test_the_demo_agrees_with_its_yearly_retention_and_its_accounts():
    book = open_book(DEMO)
    own = spells(book, DAY, 92)  # the last decided day is 2026-06-30
    first, last = days_asked(own)
    frame = accounts(book, DAY)
    at = bars(frame)
    frame["segment"] = segments(frame, at)["class"]
    then = snapshots(book, [first, last])
    then["segment"] = segments(then, at)["class"]
    found = rates(own, then)
    assert (
        found.iloc[-1][["there", "kept", "counted", "going_on"]].tolist()
        == found.iloc[:-1][["there", "kept", "counted", "going_on"]].sum().tolist()
    )
    same = yearly_retention(own).iloc[-1]
    assert str(same["until"].date()) == str(last)
    assert found.iloc[-1][["there", "kept"]].tolist() == same[["accounts", "kept"]].tolist()
    assert curve(own).iloc[0][["there", "kept"]].tolist() == same[["accounts", "kept"]].tolist()
    money = population(own, frame)
    rows = own.there(DAY)
    assert len(money) == (~rows["said_goodbye"]).sum() > 100
    whole = what_if(found, money, 0.05, curve=curve(own))
    assert whole.table["accounts"].iloc[-1] == len(money)
    year = whole.years[(whole.years["segment"] == ALL) & (whole.years["year"] == 1)].iloc[0]
    assert 0.7 * money["revenue"].sum() < year["revenue"] < money["revenue"].sum()
