"""What is reported of the score: measures, baselines, and what may be claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from crm_analysis.errors import UserError
from crm_analysis.potential.score.trial import Trial, trial
from tests.potential.score import made


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made.rows(400, 6, by_demand=1.5)


@pytest.fixture(scope="module")
def found(rows) -> Trial:
    expected = rows[["as_of", "account_id"]].assign(expected_orders=rows["order_count"])
    return trial(made.cases(rows), expected)


def test_measures_are_sklearns(found):
    for (day, name), own in found.forecasts.groupby(["as_of", "model"]):
        told = found.by_origin.set_index(["as_of", "model"]).loc[(day, name)]
        came = own["promising"]
        assert told["auc"] == pytest.approx(roc_auc_score(came, own["score"]))
        assert told["average_precision"] == pytest.approx(average_precision_score(came, own["score"]))
        assert told["brier"] == pytest.approx(brier_score_loss(came, own["chance"]))
        assert told["log_score"] == pytest.approx(-log_loss(came, own["chance"]))
        assert told["low"] < told["auc"] < told["high"]
    whole = found.summary.set_index("model")
    for name, own in found.forecasts.groupby("model"):
        each = found.by_origin[found.by_origin["model"] == name]
        assert whole.loc[name, "auc"] == pytest.approx(np.average(each["auc"], weights=each["promising"]))
        assert whole.loc[name, "brier"] == pytest.approx(brier_score_loss(own["promising"], own["chance"]))
        assert whole.loc[name, "expected"] == pytest.approx(own["chance"].sum() / own["promising"].sum())


def test_a_score_that_knows_more_is_recommended(found):
    assert found.absent == ()
    assert set(found.against["baseline"]) == {"revenue", "orders", "growth"}
    assert found.against["beaten"].all()
    assert found.recommended == "model"
    assert not found.claims_nothing
    assert found.calibration()["forecasts"].sum() == (found.forecasts["model"] == "model").sum()
    slope = found.recalibration().set_index("measure").loc["slope"]
    assert slope["low"] < 1.2
    assert slope["high"] > 0.8


def test_the_rule_is_recommended_where_the_score_does_not_surely_beat_it():
    own = trial(made.cases(made.rows(250, 6, seed=4)))
    assert own.absent == ("orders",)
    assert own.recommended == "revenue"
    assert not own.against.set_index("baseline").loc["revenue", "beaten"]


@pytest.mark.slow
def test_without_signal_nothing_is_claimed():
    """Of 5 books without any, one or two may claim something by chance (5 % each)."""
    claims = 0
    for seed in range(5):
        rows = made.rows(150, 6, seed=seed, by_size=0)
        claims += not trial(made.cases(rows)).claims_nothing
    assert claims <= 2


def test_a_day_sees_only_what_was_known_on_it(rows, found):
    first = found.forecasts["as_of"].min()
    later = rows["as_of"] > first - pd.DateOffset(months=12)
    turned = rows.assign(promising=np.where(later, 1 - rows["promising"], rows["promising"]))
    again = trial(made.cases(turned), rows[["as_of", "account_id"]].assign(expected_orders=rows["order_count"]))
    for day, same in ((first, True), (found.forecasts["as_of"].max(), False)):
        then, now = (own.forecasts[own.forecasts["as_of"] == day]["score"].to_numpy() for own in (found, again))
        assert np.array_equal(then, now) == same


def test_order_of_rows_and_names_of_accounts_change_nothing(rows, found):
    other = made.renamed(rows)
    expected = other[["as_of", "account_id"]].assign(expected_orders=other["order_count"])
    again = trial(made.cases(other), expected)
    for table in ("summary", "against"):
        first, second = (getattr(own, table).select_dtypes("number").to_numpy() for own in (found, again))
        assert second == pytest.approx(first, abs=1e-9)
    names = dict(zip(other["was"], other["account_id"], strict=True))
    moved = found.forecasts.assign(account_id=found.forecasts["account_id"].map(names))
    keys = ["as_of", "account_id", "model"]
    assert moved.sort_values(keys)["chance"].to_numpy() == pytest.approx(again.forecasts["chance"].to_numpy(), abs=1e-9)


def test_days_without_a_forecast_are_told(rows, found):
    days = [pd.Timestamp(day).date() for day in sorted(rows["as_of"].unique())]
    assert list(found.skipped) == days[:4]
    assert "nothing was known by then" in found.skipped[days[0]]
    assert list(found.kinds) == days[4:]
    with pytest.raises(UserError, match="No score could be tried"):
        trial(made.cases(rows[rows["as_of"] == rows["as_of"].max()]))
    nobody = rows.assign(promising=np.where(rows["as_of"] == pd.Timestamp(days[-1]), 0.0, rows["promising"]))
    assert "found 0 that grew" in trial(made.cases(nobody)).skipped[days[-1]]
