"""Draws of probabilities against the intervals that the model itself tells."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from leaving_sample import people, small_model

from crm_analysis.churn.chances import drawn


def test_draws_agree_with_the_models_own_intervals():
    model = small_model()
    panel = people(30)
    told = model.predict(panel)
    chances = drawn(model, panel, 1000, np.random.default_rng(1))
    found = np.quantile(chances, [0.05, 0.5, 0.95], axis=0)
    for place, name in enumerate(("low_4", "p_4", "high_4")):
        assert found[place] == pytest.approx(told[name].to_numpy(), abs=0.01)
    order = np.random.default_rng(2).permutation(30)
    again = drawn(model, panel.iloc[order], 1000, np.random.default_rng(1))
    assert again == pytest.approx(chances[:, order], abs=1e-6)
    sure = copy.copy(model)
    sure.covariance_ = np.zeros_like(model.covariance_)
    one = drawn(sure, panel, 64, np.random.default_rng(1))
    assert one == pytest.approx(np.tile(told["p_4"], (64, 1)), abs=1e-6)
