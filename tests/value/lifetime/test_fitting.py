"""A maximum found from some of the histories is that of all, and a bad start does no harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime import model as models
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.fitting import Maximum, maximum
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.simulated import leaving_at_orders


@pytest.fixture(scope="module")
def histories() -> Histories:
    rng = np.random.default_rng(21)
    params = {"r": 0.9, "alpha": 5.0, "a": 0.6, "b": 3.0}
    return leaving_at_orders(rng, rng.uniform(10, 100, 4000), "12M", params)


@pytest.mark.parametrize("family", [BGNBD, ParetoNBD, lambda: MBGCNBD(2)])
def test_fit_that_begins_with_some_histories_ends_where_that_of_all_does(
    histories: Histories, family: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = family().fit(histories)
    monkeypatch.setattr(models, "_SAMPLE", 1000)
    part = family().fit(histories)
    assert whole.optimiser_ == "L-BFGS-B, Newton"
    assert part.optimiser_ == "L-BFGS-B, Newton on a part, Newton on all"
    assert part.params_.to_numpy() == pytest.approx(whole.params_.to_numpy(), rel=1e-7)
    assert part.loglik_ == pytest.approx(whole.loglik_, abs=1e-6)
    assert part.covariance_.to_numpy() == pytest.approx(whole.covariance_.to_numpy(), rel=0.01)


def test_a_start_that_leads_away_is_dropped() -> None:
    """Of counts with the mean exp(at): the maximum is the log of their mean, the curvature their sum."""
    total, count = 60.0, 20.0

    def likelihood(at: np.ndarray) -> tuple[float, np.ndarray]:
        return float(total * at[0] - count * np.exp(at[0])), np.array([total - count * np.exp(at[0])])

    near = Maximum(np.array([1.0]), np.array([[1 / total]]), 0.0, "elsewhere")
    for start in (near, replace(near, at=np.array([-9.0])), replace(near, covariance=np.array([[5.0]])), None):
        found = maximum(likelihood, [np.array([0.0])], ["rate"], "Poisson", count, start)
        assert found.at[0] == pytest.approx(np.log(3.0), abs=1e-9)
        assert found.covariance[0, 0] == pytest.approx(1 / total, rel=1e-4)
