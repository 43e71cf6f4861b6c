"""R2 shared out: published figures, the definition by all orders, and laws that hold for any data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.satisfaction.drivers import shapley

# mpg, cyl, disp, hp, vs, am, gear of the 32 cars in Motor Trend 1974 (Henderson & Velleman 1981; R's mtcars)
CARS = """21 6 160 110 0 1 4; 21 6 160 110 0 1 4; 22.8 4 108 93 1 1 4; 21.4 6 258 110 1 0 3; 18.7 8 360 175 0 0 3
18.1 6 225 105 1 0 3; 14.3 8 360 245 0 0 3; 24.4 4 146.7 62 1 0 4; 22.8 4 140.8 95 1 0 4; 19.2 6 167.6 123 1 0 4
17.8 6 167.6 123 1 0 4; 16.4 8 275.8 180 0 0 3; 17.3 8 275.8 180 0 0 3; 15.2 8 275.8 180 0 0 3; 10.4 8 472 205 0 0 3
10.4 8 460 215 0 0 3; 14.7 8 440 230 0 0 3; 32.4 4 78.7 66 1 1 4; 30.4 4 75.7 52 1 1 4; 33.9 4 71.1 65 1 1 4
21.5 4 120.1 97 1 0 3; 15.5 8 318 150 0 0 3; 15.2 8 304 150 0 0 3; 13.3 8 350 245 0 0 3; 19.2 8 400 175 0 0 3
27.3 4 79 66 1 1 4; 26 4 120.3 91 0 1 5; 30.4 4 95.1 113 1 1 5; 15.8 8 351 264 0 1 5; 19.7 6 145 175 0 1 5
15 8 301 335 0 1 5; 21.4 4 121 109 1 1 4"""


@pytest.fixture(scope="module")
def cars() -> pd.DataFrame:
    rows = [[float(number) for number in row.split()] for row in CARS.replace("\n", ";").split(";")]
    return pd.DataFrame(rows, columns=["mpg", "cyl", "disp", "hp", "vs", "am", "gear"])


def corr(frame: pd.DataFrame, *names: str) -> np.ndarray:
    return frame[list(names)].corr().to_numpy()[None]


def drawn(p: int, b: int = 3, seed: int = 0) -> np.ndarray:
    """Correlations of p drivers and a target (b, p + 1, p + 1)."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(p + 1, p + 1))
    return np.array([np.corrcoef((rng.normal(size=(40, p + 1)) @ mix).T) for _ in range(b)])


def by_orders(matrix: np.ndarray) -> np.ndarray:
    """LMG as it is defined: what each driver adds, averaged over every order."""
    p = len(matrix) - 1

    def told(subset: tuple[int, ...]) -> float:
        if not subset:
            return 0.0
        own, right = matrix[np.ix_(subset, subset)], matrix[list(subset), -1]
        return float(right @ np.linalg.solve(own, right))

    parts = np.zeros(p)
    for order in itertools.permutations(range(p)):
        for place, driver in enumerate(order):
            parts[driver] += told(order[: place + 1]) - told(order[:place])
    return parts / math.factorial(p)


def test_lmg_of_cars_matches_domir_and_relaimpo(cars):
    parts = shapley.lmg(corr(cars, "am", "vs", "cyl", "mpg"))[0]
    assert parts == pytest.approx([0.1774892, 0.2027032, 0.3817849], abs=5e-8)
    assert parts.sum() == pytest.approx(0.7619773, abs=5e-8)


def test_johnson_of_cars_matches_rwa(cars):
    parts = shapley.johnson(corr(cars, "cyl", "disp", "hp", "gear", "mpg"))[0]
    assert parts == pytest.approx([0.2284797, 0.2221469, 0.2321744, 0.0963886], abs=5e-8)
    assert parts.sum() == pytest.approx(0.7791896, abs=5e-8)


def test_coefficients_of_cars_match_statsmodels(cars):
    from statsmodels.regression.linear_model import OLS

    own = (cars - cars.mean()) / cars.std()
    fit = OLS(own["mpg"], own[["am", "vs", "cyl"]]).fit()
    matrix = corr(cars, "am", "vs", "cyl", "mpg")
    assert shapley.coefficients(matrix)[0] == pytest.approx(fit.params.to_numpy(), abs=1e-12)
    assert shapley.r2(matrix)[0] == pytest.approx(fit.rsquared, abs=1e-12)


@pytest.mark.parametrize("p", [1, 2, 5])
def test_lmg_is_the_mean_over_all_orders(p):
    matrices = drawn(p)
    assert shapley.lmg(matrices) == pytest.approx(np.array([by_orders(matrix) for matrix in matrices]), abs=1e-10)


@FEW
@given(st.integers(1, 7), st.integers(0, 10_000))
def test_parts_add_up_and_are_never_negative(p, seed):
    matrices = drawn(p, seed=seed)
    whole = shapley.r2(matrices)
    for parts in (shapley.lmg(matrices), shapley.johnson(matrices)):
        assert (parts > -1e-12).all()
        assert parts.sum(axis=1) == pytest.approx(whole, abs=1e-8)
    order = np.random.default_rng(seed).permutation(p)
    turned = matrices[:, [*order, p]][:, :, [*order, p]]
    assert shapley.lmg(turned) == pytest.approx(shapley.lmg(matrices)[:, order], abs=1e-10)


def test_the_last_driver_may_be_left_out_of_the_others():
    matrices = drawn(5)
    others, last = shapley.lmg_with_last(matrices)
    assert last == pytest.approx(shapley.lmg(matrices)[:, -1], abs=1e-12)
    without = matrices[:, [0, 1, 2, 3, 5]][:, :, [0, 1, 2, 3, 5]]
    assert others == pytest.approx(shapley.lmg(without), abs=1e-12)


def test_a_driver_told_by_others_is_found_and_shares_what_they_tell():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    values = np.column_stack([x, x[:, 0] + x[:, 1], x.sum(axis=1) + rng.normal(size=200)])
    matrix = np.corrcoef(values.T)
    assert shapley.told_by_others(matrix) == [3]
    for parts in (shapley.lmg(matrix[None]), shapley.johnson(matrix[None])):
        assert parts.sum() == pytest.approx(shapley.r2(matrix[None])[0], abs=1e-6)


def test_fifteen_drivers_and_a_noise_are_exact_and_more_are_refused():
    assert shapley.lmg(drawn(16, b=1)).sum() == pytest.approx(shapley.r2(drawn(16, b=1))[0], abs=1e-9)
    with pytest.raises(ValueError, match="17 drivers have 131,072 subsets"):
        shapley.lmg(drawn(17, b=1))
