"""What chance alone would bring, against numpy and where the law of chance is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import linregress

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.drift import Drift, drift
from crm_analysis.kpi.effect.outcomes import Outcome
from crm_analysis.report.sentences.kpi_believed import drift_said


def test_drift_of_levels_by_hand():
    years = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 2.5, 3.5, 3.5, 4.5]])
    values = np.repeat(years, 4, axis=0)
    start = np.array([8, 8, NEVER, NEVER, NEVER])
    # nothing after the second year is looked at
    found = drift(np.vstack([values, np.full((1, 5), 99.0)]), start)
    slope = np.polyfit(*years, 1)[0]
    gap = 2.25 - 11.5 / 3
    assert (found.slope, found.gap) == (pytest.approx(slope), pytest.approx(gap))
    assert found.drift == pytest.approx((slope - 1) * gap)
    assert found.p == pytest.approx(linregress(*years).pvalue)
    assert found.low < found.drift < found.high


@pytest.mark.parametrize(
    ("p", "gains", "says"),
    [(0.31, False, "any of it lasts cannot be told from chance (p 0.31, 12 units)"),
     (0.31, True, "any of it comes again, or is made up for, cannot be told from chance"),
     (0.01, True, "")],
)  # fmt: skip
def test_a_slope_that_is_not_told_from_zero_is_said_to_be_so(p, gains, says):
    own = Drift(0.1, 0.0, 0.2, 0.1, 0.4, 12, gains, p)
    found = SimpleNamespace(outcome=Outcome("orders", "orders"), drift=own)
    words = drift_said(SimpleNamespace(effect=SimpleNamespace(found={"orders": found}), currency=""))
    assert "regression to the mean" in words.lower()
    assert (says in words) if says else ("cannot be told" not in words)


def test_units_that_fell_by_chance_come_back_by_half():
    """Where years are independent, half of a gain is lost again (Galton)."""
    rng = np.random.default_rng(3)
    years = rng.normal(0, 1, (4, 4000)) + rng.normal(0, 5, 4000)
    worst = years[2] - years[1] < np.quantile(years[2] - years[1], 0.3)
    start = np.where(worst, 12, NEVER)
    found = drift(np.repeat(years, 4, axis=0), start, gains=True)
    came = years[3] - years[2]
    assert found.slope == pytest.approx(-0.5, abs=0.03)
    assert found.drift == pytest.approx(came[worst].mean() - came[~worst].mean(), abs=0.1)
    assert found.drift > 1


def test_units_chosen_by_lot_have_little_to_come_back_from():
    rng = np.random.default_rng(3)
    years = rng.normal(0, 1, (4, 4000))
    found = drift(np.repeat(years, 4, axis=0), np.where(np.arange(4000) < 2000, 12, NEVER), gains=True)
    assert abs(found.drift) < 0.05


def test_too_little_of_the_past_is_told_in_words():
    values = np.random.default_rng(1).normal(0, 1, (12, 6))
    start = np.array([8, 8, 8, NEVER, NEVER, NEVER])
    assert drift(values, start).units == 6
    with pytest.raises(BookError, match="3 years before"):
        drift(values, start, gains=True)
    with pytest.raises(BookError, match="5 units that differ; found units: 4"):
        drift(values[:, :4], start[:4])
    with pytest.raises(BookError, match="2 years before"):
        drift(values, start - 1)
