"""Cronbach's alpha against published values, its definition, and another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import UserError
from crm_analysis.satisfaction.scores.reliability import reliability, scales

BANK = Path(__file__).resolve().parents[4] / "shared" / "data" / "satisfaction" / "bank_satisfaction.csv"


@pytest.fixture(scope="module")
def bank() -> pd.DataFrame:
    if not BANK.is_file():
        pytest.skip("the bank data are not there")
    return pd.read_csv(BANK)


@pytest.mark.parametrize(("block", "alpha"), [("imag", 0.830227), ("sat", 0.894011), ("loy", 0.819422)])
def test_standardised_alpha_of_the_bank_data_as_in_plspms_tests(bank, block, alpha):
    items = bank[[name for name in bank if name.startswith(block)]]
    assert reliability(items, bank.index).standardised == pytest.approx(alpha, abs=5e-7)


def items_of(n: int = 60, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    return pd.DataFrame(common + rng.normal(size=(n, 4)), columns=list("abcd"))


def test_alpha_by_its_definition():
    rows = items_of()
    found = reliability(rows, rows.index)
    total = rows.sum(axis=1).var(ddof=1)
    assert found.alpha == pytest.approx(4 / 3 * (1 - rows.var(ddof=1).sum() / total))
    like = rows.corr().to_numpy()
    mean = like[np.triu_indices(4, 1)].mean()
    assert found.correlation == pytest.approx(mean)
    assert found.standardised == pytest.approx(4 * mean / (1 + 3 * mean))
    assert found.without["a"] == pytest.approx(reliability(rows[list("bcd")], rows.index).alpha)
    assert found.low < found.alpha < found.high < 1


def test_the_interval_scatters_as_alphas_do():
    """The standard error by the delta method is about the spread of alphas of other samples of 200."""
    drawn = [np.log(1 - reliability(items_of(200, seed), range(200)).alpha) for seed in range(150)]
    found = reliability(items_of(200, 1000), range(200))
    told = (np.log(1 - found.low) - np.log(1 - found.high)) / 2 / 1.644854
    assert told == pytest.approx(np.std(drawn), rel=0.25)


def test_several_of_one_account_tell_less():
    rows = items_of()
    doubled = pd.concat([rows, rows, rows], ignore_index=True)
    alone = reliability(doubled, range(len(doubled)))
    together = reliability(doubled, list(range(60)) * 3)
    assert together.alpha == pytest.approx(alone.alpha)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_rows_with_gaps_and_constant_items_are_left_out():
    rows = items_of().assign(same=0.5)
    rows.loc[:4, "a"] = np.nan
    found = reliability(rows, rows.index)
    assert (found.people, found.items, found.constant) == (55, 4, ("same",))


def test_too_little_is_refused_with_what_was_found():
    with pytest.raises(UserError, match="two items that vary; found 1 of 2"):
        reliability(items_of()[["a"]].assign(b=1.0), range(60))
    with pytest.raises(UserError, match="found 3 of 3"):
        reliability(items_of(3), range(3))
    assert scales({"few": ["a", "b"]}, items_of(3), pd.Series(range(3))).empty


def test_items_that_say_the_same_have_alpha_one():
    rows = items_of()[["a"]].assign(b=lambda own: own["a"])
    found = reliability(rows, rows.index)
    assert found.alpha == pytest.approx(1.0)
    assert np.isnan(found.low)


def test_the_item_that_does_not_belong_is_named():
    rows = items_of().assign(odd=np.random.default_rng(9).normal(size=60))
    row = scales({"all": list(rows)}, rows, pd.Series(rows.index)).iloc[0]
    assert row["weakest"] == "odd"
    assert row["alpha_without"] > row["alpha"]
