"""Ordered logit: published figures, statsmodels' optimum, scales that change, what has no answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.drivers.ordered import _likelihood, ordered_logit


@pytest.fixture(scope="module")
def applied() -> tuple[np.ndarray, np.ndarray]:
    import statsmodels

    folder = Path(statsmodels.__file__).parent / "miscmodels" / "tests" / "results"
    if not (folder / "ologit_ucla.csv").is_file():
        pytest.skip("this installation of statsmodels came without its tests' data")
    frame = pd.read_csv(folder / "ologit_ucla.csv")
    order = {"unlikely": 0.0, "somewhat likely": 1.0, "very likely": 2.0}
    return frame["apply"].map(order).to_numpy(), frame[["pared", "public", "gpa"]].to_numpy("float64")


def test_apply_data_match_r_as_statsmodels_tests_print_it(applied):
    """MASS::polr stops a little before the maximum: its own likelihood is lower."""
    y, x = applied
    fit = ordered_logit(y, x, np.arange(len(y)))
    assert fit.coef == pytest.approx([1.04769011, -0.05878572, 0.61594057], abs=2e-4)
    assert fit.thresholds[0.0] == pytest.approx([2.203915, 4.299363], rel=4e-4)
    published = np.array([2.203915, 4.299363, 1.04769011, -0.05878572, 0.61594057])
    below, above = y.astype(int) - 1, np.where(y < 2, y.astype(int), -1)
    assert _likelihood(published, x, below, above, 2)[0] <= fit.log_likelihood < -358.5


def test_apply_data_match_the_optimum_of_statsmodels(applied):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    y, x = applied
    fit, model = ordered_logit(y, x, np.arange(len(y))), OrderedModel(y, x, distr="logit")
    other = model.fit(method="bfgs", disp=0, gtol=1e-9)
    assert fit.coef == pytest.approx(other.params[:3], abs=1e-6)
    assert fit.thresholds[0.0] == pytest.approx(model.transform_threshold_params(other.params)[1:-1], abs=1e-6)
    assert np.sqrt(np.diag(fit.classic)) == pytest.approx(other.bse[:3], rel=1e-3)


def test_two_categories_are_logistic_regression_with_clusters():
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    x, account = rng.normal(size=(300, 2)), np.repeat(np.arange(60), 5)
    y = (x @ [1.0, -0.5] + rng.normal(size=60)[account] + rng.logistic(size=300) > 0).astype(float)
    fit = ordered_logit(y, x, account)
    design = sm.add_constant(x)
    other = sm.Logit(y, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": account, "use_correction": False})
    assert fit.coef == pytest.approx(other.params[1:], abs=1e-6)
    assert fit.thresholds[0.0][0] == pytest.approx(-other.params[0], abs=1e-6)
    assert fit.cov == pytest.approx(other.cov_params()[1:, 1:] * 60 / 59, rel=1e-4)


def test_each_scale_has_thresholds_of_its_own():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4000, 2))
    latent = x @ [1.0, 0.5] + rng.logistic(size=4000)
    scale = np.repeat([4.0, 6.0], 2000)
    y = np.where(scale == 4, np.digitize(latent, [-2, -1, 0, 1]), np.digitize(latent, [-3, -2, -1, 0, 1, 2]))
    fit = ordered_logit(y.astype(float), x, np.arange(4000), scale)
    assert fit.coef == pytest.approx([1.0, 0.5], abs=0.1)
    assert fit.thresholds[4.0] == pytest.approx([-2, -1, 0, 1], abs=0.25)
    assert fit.thresholds[6.0] == pytest.approx([-3, -2, -1, 0, 1, 2], abs=0.25)
    assert not fit.merged


def test_answers_without_steps_are_put_into_tenths():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1000, 1))
    fit = ordered_logit(x[:, 0] + rng.logistic(size=1000), x, np.arange(1000))
    assert fit.merged
    assert len(fit.thresholds[0.0]) == 9
    assert fit.coef == pytest.approx([1.0], abs=0.2)


def test_the_unit_and_the_zero_of_a_driver_do_not_matter():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(500, 1))
    y = np.digitize(x[:, 0] + rng.logistic(size=500), [-1, 0, 1]).astype(float)
    plain, moved = ordered_logit(y, x, np.arange(500)), ordered_logit(y, 100 * x + 7, np.arange(500))
    assert moved.coef * 100 == pytest.approx(plain.coef, rel=1e-6)
    assert moved.thresholds[0.0] == pytest.approx(plain.thresholds[0.0] + 7 * moved.coef[0], rel=1e-6)


def test_an_answer_foretold_without_exception_is_refused():
    x = np.arange(60.0)[:, None]
    with pytest.raises(BookError, match="no finite answer"):
        ordered_logit((x[:, 0] > 30).astype(float), x, np.arange(60))
