"""Scores against scikit-learn, scipy, statsmodels and hand calculations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.simulated import leaving_at_any_time, leaving_at_orders
from crm_analysis.value.scores import calibration, clustered, outcomes, scores
from crm_analysis.value.splits import Split

MANY = 1_000
"""Simulated accounts."""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    expected = np.round(rng.gamma(1.0, 2.0, 200), 1)
    return pd.DataFrame(
        {
            "account_id": [f"A{place // 2}" for place in range(200)],
            "frequency": rng.integers(0, 15, 200),
            "expected_orders": expected,
            "low": np.floor(expected * 0.5).astype(int),
            "high": np.ceil(expected * 2).astype(int),
            "orders": rng.poisson(expected),
            "log_score": -rng.random(200),
            "place": rng.random(200),
        }
    )


def test_scores_are_those_of_scikit_learn_and_scipy(table):
    found = scores(table)
    came, expected = table["orders"], table["expected_orders"]
    assert found["rmse"] == pytest.approx(root_mean_squared_error(came, expected))
    assert found["mae"] == pytest.approx(mean_absolute_error(came, expected))
    assert found["wape"] == pytest.approx(mean_absolute_error(came, expected) / came.mean())
    assert found["bias"] == pytest.approx(expected.sum() / came.sum() - 1)
    assert found["rank_correlation"] == pytest.approx(spearmanr(came, expected).statistic)
    assert found["log_score"] == pytest.approx(table["log_score"].mean())
    assert found["coverage"] == ((table["place"] >= 0.05) & (table["place"] <= 0.95)).mean()
    assert found["whole_coverage"] == ((table["low"] <= came) & (came <= table["high"])).mean()


def test_the_first_tenth_counts_equal_forecasts_in_part():
    rows = pd.DataFrame({"expected_orders": [9.0, 5, 5, 5, *[1.0] * 16], "orders": [4, 3, 0, 0, *[1] * 16]})
    rows = rows.assign(log_score=0.0, place=0.5, low=0, high=9)
    # two of twenty accounts: the first, and one of three equals that brought 3 in all
    assert scores(rows)["top_decile"] == pytest.approx((4 + 1) / 23)
    assert scores(rows.iloc[::-1])["top_decile"] == pytest.approx((4 + 1) / 23)
    nothing = scores(rows.assign(orders=0))
    assert np.isnan([nothing[name] for name in ("top_decile", "bias", "wape", "rank_correlation")]).all()


def test_the_clustered_error_is_that_of_statsmodels(table):
    values = table["log_score"].to_numpy()
    groups = pd.factorize(table["account_id"])[0]
    theirs = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    mean, error = clustered(values, table["account_id"])
    assert mean == pytest.approx(theirs.params[0])
    assert error == pytest.approx(theirs.bse[0])
    assert np.isnan(clustered(values[:2], table["account_id"][:2])[1])


def test_calibration_by_hand(table):
    found = calibration(table).set_index("frequency")
    assert found.index.tolist() == ["0", "1", "2", "3-4", "5-9", "10+"]
    assert found["forecasts"].sum() == len(table)
    own = table[table["frequency"].isin([3, 4])]
    assert found.loc["3-4", "predicted"] == pytest.approx(own["expected_orders"].mean())
    mean, error = clustered(own["orders"].to_numpy(float), own["account_id"])
    assert found.loc["3-4", ["orders", "low", "high"]].tolist() == pytest.approx(
        [mean, mean - 1.6448536 * error, mean + 1.6448536 * error]
    )


@pytest.mark.parametrize("kind", [BGNBD, MBGCNBD, ParetoNBD])
def test_a_true_model_has_even_places_and_the_probabilities_it_says(kind):
    """Places of simulated accounts within the Kolmogorov-Smirnov bound at 1 in 1,000, coverage at 4 errors."""
    rng = np.random.default_rng(5)
    T = rng.uniform(20, 100, MANY)
    if kind is ParetoNBD:
        params = {"r": 0.8, "alpha": 6.0, "s": 0.7, "beta": 20.0}
        histories = leaving_at_any_time(rng, T, "26W", params)
        model = kind.from_params("week", **params)
    else:
        params = {"r": 0.8, "alpha": 6.0, "a": 0.6, "b": 2.5}
        histories = leaving_at_orders(rng, T, "26W", params, first=kind is MBGCNBD)
        model = kind.from_params("week", **params, **({"k": 1} if kind is MBGCNBD else {}))
    split = Split(histories, "26W", histories.frame["orders"].to_numpy())
    table = outcomes(model, split, "26W", rng)
    places = np.sort(table["place"])
    assert np.abs(places - (np.arange(MANY) + 0.5) / MANY).max() < 1.95 / np.sqrt(MANY)
    assert scores(table)["coverage"] == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / MANY))
    assert scores(table)["whole_coverage"] >= scores(table)["coverage"] - 0.02
    nothing = table["orders"] == 0
    chance = model.order_distribution(histories, "26W", 1)["p_0"]
    np.testing.assert_allclose(table.loc[nothing, "log_score"], np.log(chance[nothing]), rtol=1e-6, atol=1e-9)
