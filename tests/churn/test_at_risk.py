"""The accounts at risk: a list by hand, its sums, and what must not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from leaving_sample import people, small_model
from scipy.stats import binom
from small_books import DAY, FEW

from crm_analysis.book import BookError
from crm_analysis.churn.at_risk import AtRisk, at_risk, segment_of
from crm_analysis.churn.definition.spells import Spells
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.value.lifetime.worth import Worth

FRAME = pd.DataFrame(
    {
        "account_id": list("ABCDEFG"),
        "name": ["Alder", "Birch", "Cedar", None, "Elm", "Fir", "Gum"],
        "segment": ["High A", "Low A", "Low A", None, "Low A", None, None],
        "rep_id": ["R1", "R1", "R2", None, "R2", "R1", None],
        "revenue": [900.0, 100.0, 80.0, 0.0, 50.0, 0.0, 0.0],
        "margin": [300.0, 40.0, 30.0, 0.0, 20.0, 0.0, 0.0],
    }
)
SPELLS = pd.DataFrame(
    [
        ("A", "2024-01-01", "2026-09-20", None, None),
        ("B", "2024-01-01", "2026-08-01", None, None),
        ("C", "2024-01-01", "2026-09-01", None, None),
        ("D", "2024-01-01", "2026-07-10", None, None),
        ("E", "2024-01-01", "2026-08-01", "2026-09-01", "price"),
        ("F", "2024-01-01", "2025-01-01", None, None),
    ],
    columns=["account_id", "began", "last", "gone_on", "reason"],
).astype(dict.fromkeys(("began", "last", "gone_on"), "datetime64[ns]"))
PANEL = pd.DataFrame(
    {
        "account_id": list("ABCD"),
        "silence_days": [10.0, 60.0, 29.0, 82.0],
        "rhythm_days": [20.0, 30.0, 40.0, 50.0],
        "silence_ratio": [0.5, 2.0, 0.725, 1.64],
        "complaints_open": [2.0, 0.0, 0.0, 0.0],
    }
)
CONTRIBUTIONS = pd.DataFrame({"silence_days": [0.0, 1.0, -1.0, 0.0], "complaints_open": [0.7, 0.0, 0.0, 0.0]})


def spells(frame: pd.DataFrame = SPELLS) -> Spells:
    return Spells.of(frame, silence=100, as_of=DAY, begins="2023-01-01")


def predictions(p_4: Any = (0.1, 0.8, 0.2, 0.5), low: Any = None, high: Any = None) -> pd.DataFrame:
    p_4 = np.asarray(p_4, dtype=float)
    low, high = (p_4 if given is None else np.asarray(given, dtype=float) for given in (low, high))
    return pd.DataFrame({"p_1": p_4 / 4, "p_2": p_4 / 2, "p_4": p_4, "low_4": low, "high_4": high})


def worth(value: Any = (1000.0, 200.0, -50.0), names: Any = tuple("ABC"), spread: float = 0.0) -> Worth:
    value = np.asarray(value, dtype=float)
    noise = 1 + spread * np.random.default_rng(4).standard_normal((1000, len(value)))
    drawn = (value * noise).astype(np.float32)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    accounts = pd.DataFrame({"account_id": list(names), "value": value, "low": low, "high": high})
    return Worth(accounts, "margin", "", "36M", 0.1, 0.9, 2.5, drawn)


def listed(**more: Any) -> AtRisk:
    given: dict[str, Any] = {
        "spells": spells(),
        "panel": PANEL,
        "predictions": predictions(),
        "contributions": CONTRIBUTIONS,
        "frame": FRAME,
        "worth": worth(),
        "model": None,
    }
    return at_risk(**(given | more))


def test_the_list_by_hand():
    found = listed()
    table = found.accounts
    assert table["account_id"].tolist() == ["B", "A", "C", "D"]  # 160, 100, -10; of D no value is known
    assert table["at_risk"].tolist()[:3] == pytest.approx([160, 100, -10])
    assert table[["value", "at_risk", "low_at_risk", "high_at_risk"]].isna().all(axis=1).tolist() == [False] * 3 + [
        True
    ]
    assert table["segment"].tolist() == ["Low A", "High A", "Low A", "Inactive"]
    assert table["rep_id"].tolist() == ["R1", "R1", "R2", "nobody"]
    assert table["p_4"].tolist() == [0.8, 0.1, 0.2, 0.5]
    assert table["p_1"].tolist() == pytest.approx([0.2, 0.025, 0.05, 0.125])
    assert table["silence_days"].tolist() == [60, 10, 29, 82]
    assert table["reasons"].tolist() == [
        "silent for 60 days; by its rhythm seldom over 30",
        "",  # a segment of its own: nobody to compare its complaints with
        "",
        "",
    ]
    assert (found.money, found.horizon) == ("margin", 4)
    # sure of value and probability: no width
    assert table["low_at_risk"].tolist()[:3] == pytest.approx([160, 100, -10], rel=1e-6)
    assert table["high_at_risk"].tolist()[:3] == pytest.approx([160, 100, -10], rel=1e-6)


def test_those_that_said_goodbye_and_the_others_are_told_apart():
    found = listed()
    assert found.goodbyes[["account_id", "name", "segment", "rep_id", "reason"]].to_numpy().tolist() == [
        ["E", "Elm", "Low A", "R2", "price"]
    ]
    assert found.goodbyes["gone_on"].tolist() == [pd.Timestamp("2026-09-01")]
    assert found.goodbyes["last_order"].tolist() == [pd.Timestamp("2026-08-01")]
    assert dict(found.counted.to_numpy().tolist()) == {
        "There, with a probability": 4,
        "Said goodbye": 1,
        "There, too new for a probability": 0,
        "Left before": 1,
        "No order yet": 1,
    }
    fewer = listed(panel=PANEL[:3], predictions=predictions()[:3], contributions=CONTRIBUTIONS[:3])
    assert fewer.counted["accounts"].tolist() == [3, 1, 1, 1, 1]
    assert fewer.counted["accounts"].sum() == len(FRAME)


def test_goodbyes_come_latest_first():
    more = SPELLS.assign(gone_on=SPELLS["gone_on"].mask(SPELLS["account_id"] == "C", pd.Timestamp("2026-09-20")))
    assert listed(spells=spells(more)).goodbyes["account_id"].tolist() == ["C", "E"]


def test_sums_by_hand():
    found = listed()
    by = found.by("rep_id")
    assert by["rep_id"].tolist() == ["R1", "nobody", "R2"]  # 260, 0, -10
    assert by["accounts"].tolist() == [2, 1, 1]
    assert by["leavers"].tolist() == pytest.approx([0.9, 0.5, 0.2])
    assert by["value"].tolist() == pytest.approx([1200, 0, -50])
    assert by["at_risk"].tolist() == pytest.approx([260, 0, -10])
    total = found.total.iloc[0]
    assert (total["accounts"], total["leavers"], total["at_risk"]) == (4, pytest.approx(1.6), pytest.approx(250))
    assert found.by("segment")["at_risk"].sum() == pytest.approx(250)
    assert found.by("segment")["leavers"].sum() == pytest.approx(1.6)


def test_the_number_of_leavers_is_that_of_so_many_coins():
    """With probabilities that are sure, 400 accounts at .2 are a binomial, whose quantiles are known."""
    ids = [f"A{place:03}" for place in range(400)]
    panel = pd.DataFrame({"account_id": ids, "silence_days": 1.0, "rhythm_days": 1.0, "silence_ratio": 1.0})
    frame = pd.DataFrame({"account_id": ids, "segment": "Low", "revenue": 1.0})
    chances = predictions(np.full(400, 0.2))
    none = pd.DataFrame(index=panel.index)
    total = at_risk(spells(SPELLS.head(1)), panel, chances, none, frame, None, None).total.iloc[0]
    assert total["leavers"] == pytest.approx(80)
    assert [total["low_leavers"], total["high_leavers"]] == pytest.approx(binom.ppf([0.05, 0.95], 400, 0.2), abs=1.5)
    # of money what is expected, chance apart
    assert total[["low_at_risk", "high_at_risk"]].tolist() == pytest.approx([80, 80])


# --- with a model whose parameters are uncertain ---


@pytest.fixture(scope="module")
def model() -> LeavingModel:
    return small_model()


def test_sums_are_as_uncertain_as_the_parameters_make_them(model):
    panel = people(300)
    frame = pd.DataFrame({"account_id": panel["account_id"], "segment": "Low", "revenue": 1.0})
    told = model.predict(panel)
    why = model.contributions(panel, frame["segment"])
    found = at_risk(spells(SPELLS.head(1)), panel, told, why, frame, None, model)
    total = found.total.iloc[0]
    assert total["at_risk"] == pytest.approx(told["p_4"].sum())
    # more than if the errors of accounts were unrelated, less than if they were the same
    width = total["high_at_risk"] - total["low_at_risk"]
    widths = (told["high_4"] - told["low_4"]).to_numpy()
    assert 1.5 * np.sqrt((widths**2).sum()) < width < 0.95 * widths.sum()
    assert total["high_leavers"] - total["low_leavers"] > width
    assert found.accounts["reasons"].str.startswith("silent for").any()
    row = found.accounts.set_index("account_id").loc["A000"]
    assert row["low_at_risk"] == pytest.approx(told["low_4"][0], abs=0.005)
    assert row["high_at_risk"] == pytest.approx(told["high_4"][0], abs=0.005)


def test_both_probability_and_value_widen_the_interval(model):
    panel = people(20)
    ids = panel["account_id"].tolist()
    frame = pd.DataFrame({"account_id": ids, "segment": "Low", "revenue": 1.0})
    told, why = model.predict(panel), pd.DataFrame(index=panel.index)

    def width(spread: float, own: LeavingModel | None) -> float:
        values = worth(np.full(20, 1000.0), ids, spread)
        row = at_risk(spells(), panel, told, why, frame, values, own).accounts.set_index("account_id").loc["A003"]
        return float(row["high_at_risk"] - row["low_at_risk"])

    p = told["p_4"][3]
    assert width(0.05, None) == pytest.approx(1000 * p * 2 * 1.645 * 0.05, rel=0.1)
    assert width(0.0, model) == pytest.approx(1000 * (told["high_4"][3] - told["low_4"][3]), rel=0.1)
    together = np.hypot(width(0.05, None), width(0.0, model))
    assert width(0.05, model) == pytest.approx(together, rel=0.1)  # unrelated: squares add up


def test_without_a_lifetime_value_the_last_year_stands_for_it():
    found = listed(worth=None)
    assert found.money == "last_year_margin"
    assert found.accounts["account_id"].tolist() == ["B", "A", "C", "D"]  # .8 x 40, .1 x 300, .2 x 30, 0
    assert found.accounts["at_risk"].tolist() == pytest.approx([32, 30, 6, 0])
    found = listed(worth=None, frame=FRAME.drop(columns="margin"))
    assert found.money == "last_year_revenue"
    assert found.accounts["account_id"].tolist() == ["A", "B", "C", "D"]


def test_fewer_quarters_that_could_be_learned():
    short = predictions().drop(columns=["p_4", "low_4", "high_4"]).assign(low_2=0.0, high_2=0.9)
    found = listed(predictions=short)
    assert found.horizon == 2
    assert "p_4" not in found.accounts
    assert found.accounts["at_risk"].max() == pytest.approx(80)
    assert found.accounts["low_2"].tolist() == [0] * 4


def test_a_book_that_does_not_tell_the_owner():
    found = listed(frame=FRAME.drop(columns=["rep_id", "name"]))
    assert {"rep_id", "name"}.isdisjoint(found.accounts.columns)
    assert {"rep_id", "name"}.isdisjoint(found.goodbyes.columns)
    with pytest.raises(BookError, match="'rep_id': the book does not tell it"):
        found.by("rep_id")


def test_nobody_there():
    found = listed(panel=PANEL[:0], predictions=predictions()[:0], contributions=CONTRIBUTIONS[:0])
    assert found.accounts.empty
    assert found.counted["accounts"].sum() == len(FRAME)
    assert found.by("segment").empty


def test_segments_are_told_of_every_row():
    assert segment_of(PANEL, FRAME).tolist() == ["High A", "Low A", "Low A", "Inactive"]


@given(
    p=some.lists(some.floats(0.001, 0.999), min_size=4, max_size=4),
    value=some.lists(some.floats(-1e5, 1e6), min_size=4, max_size=4),
    order=some.permutations(range(4)),
)
@settings(FEW, max_examples=4)
def test_sums_reconcile_and_the_order_of_rows_changes_nothing(p, value, order):
    low, high = np.asarray(p) * 0.7, 1 - (1 - np.asarray(p)) ** 1.5
    given = {"predictions": predictions(p, low, high), "worth": worth(value, list("ABCD"), 0.2)}
    found = listed(**given)
    table = found.accounts
    assert table["at_risk"].tolist() == sorted(table["at_risk"], reverse=True)
    assert (table["low_at_risk"] <= table["at_risk"]).all()
    assert (table["at_risk"] <= table["high_at_risk"]).all()
    for column in ("segment", "rep_id"):
        by = found.by(column)
        assert by["accounts"].sum() == len(table)
        assert by["leavers"].sum() == pytest.approx(sum(p))
        assert by["at_risk"].sum() == pytest.approx(table["at_risk"].sum(), abs=1e-6)
        assert (by["low_leavers"] <= by["leavers"]).all()
        assert (by["high_leavers"] <= by["accounts"]).all()
    rows = list(order)
    again = listed(
        panel=PANEL.iloc[rows],
        predictions=given["predictions"].iloc[rows],
        contributions=CONTRIBUTIONS.iloc[rows],
        frame=FRAME[::-1],
        worth=given["worth"],
    )
    pd.testing.assert_frame_equal(again.accounts, table)
    pd.testing.assert_frame_equal(again.total, found.total)
    pd.testing.assert_frame_equal(again.by("rep_id"), found.by("rep_id"))
