"""Lengths of contacts: by hand, against statsmodels' clustered errors, and on simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binomtest
from small_books import DAY, line, small_book

from crm_analysis.plan.effort.lengths import ASSUMED, LEAST_ACCOUNTS, assumed, lengths, measured

NAMES = [f"A{place:02}" for place in range(24)]


def sums(minutes: pd.Series, account: pd.Series) -> pd.DataFrame:
    by = minutes.groupby(account.to_numpy())
    return pd.DataFrame(
        {"contacts": by.size(), "minutes": by.sum(), "squares": (minutes**2).groupby(account.to_numpy()).sum()}
    )


def visits(counts: dict[str, list[float]], channel="visit", first="2020-01-01"):
    rows = [{"account_id": "A00", "happened_on": first, "channel": channel, "minutes": 999}]
    for name, minutes in counts.items():
        rows += [{"account_id": name, "happened_on": "2026-03-01", "channel": channel, "minutes": m} for m in minutes]
    return rows


def of(rows, classes=None):
    return lengths(small_book([line(name, "2026-01-01", 5) for name in NAMES], interactions=rows), DAY, classes)


def test_a_class_has_a_length_of_its_own_from_thirty_contacts_of_ten_accounts():
    rows = visits({name: [50, 70, 60] for name in NAMES[:10]} | {name: [20] for name in NAMES[10:]})
    rows += [{**rows[0], "happened_on": "2026-05-05", "minutes": bad} for bad in (None, 0, 1441)]
    high = pd.Series(["High"] * 10 + ["Low"] * 10 + [None] * 4, index=NAMES)
    found = of(rows, high)
    own = found.table[found.table["kind"] == "visits"].set_index("class")
    assert own.index.tolist() == ["", "High"]  # ten of Low, but only one contact each
    assert own["minutes"].tolist() == pytest.approx([(1800 + 280) / 44, 60])
    assert own["contacts"].tolist() == [44, 30]
    assert own.loc["High", "error"] == pytest.approx(0, abs=1e-6)  # all accounts alike
    assert own.loc["High", "scatter"] == pytest.approx(10)  # 50, 70, 60 in each
    assert found.minutes(pd.Series(["High", "Low", None]))["visits"] == pytest.approx([60, 2080 / 44, 2080 / 44])
    thin = of(visits({name: [10] * 4 for name in NAMES[:9]} | {NAMES[9]: [10]}), high.where(high.index != NAMES[9]))
    assert thin.table["class"].tolist() == ["", "", ""]  # 36 contacts, but of nine accounts


def test_lengths_that_few_accounts_tell_are_assumed_and_flagged():
    few = of(visits({name: [10] * 9 for name in NAMES[: LEAST_ACCOUNTS - 1]}))
    own = few.table.iloc[0]
    assert (own["minutes"], own["assumed"], own["accounts"]) == (ASSUMED["visits"], True, LEAST_ACCOUNTS - 1)
    assert np.isnan(own["error"])
    bare = lengths(small_book([line("A", "2026-01-01", 5)]), DAY)
    pd.testing.assert_frame_equal(bare.table, assumed().table, check_dtype=False)
    assert bare.table["minutes"].tolist() == list(ASSUMED.values())


def test_the_error_of_a_mean_is_that_of_statsmodels_with_accounts_as_clusters():
    from scipy.stats import norm, t

    rng = np.random.default_rng(4)
    account = pd.Series(np.repeat(np.arange(40), rng.integers(1, 9, 40)))
    minutes = pd.Series(rng.normal(60, 10, 40)[account] + rng.normal(0, 15, len(account)))
    found = measured(sums(minutes, account), 1.0)
    fit = sm.OLS(minutes.to_numpy(), np.ones(len(minutes))).fit(cov_type="cluster", cov_kwds={"groups": account})
    assert found["minutes"] == pytest.approx(fit.params[0])
    assert found["error"] == pytest.approx(fit.bse[0] * t.ppf(0.95, 39) / norm.ppf(0.95))
    assert found["high"] - found["minutes"] == pytest.approx(fit.bse[0] * t.ppf(0.95, 39))


def test_scatter_is_parted_as_analysis_of_variance_does_by_hand():
    # two contacts of each of ten accounts, means 10, 20, ..., 100, each 2 off: within 8, outer 2 x 916.67
    account = pd.Series(np.repeat(np.arange(10), 2))
    minutes = pd.Series([10.0 * (place + 1) + side for place in range(10) for side in (-2, 2)])
    found = measured(sums(minutes, account), 1.0)
    between = (2 * 8250 / 9 - 8) / 2
    assert found["between"] ** 2 == pytest.approx(between)
    assert found["scatter"] ** 2 == pytest.approx(between + 8)
    alone = measured(sums(minutes[::2].reset_index(drop=True), pd.Series(range(10))), 1.0)
    assert alone["between"] == 0  # one contact each: what accounts differ by cannot be told
    assert alone["scatter"] == pytest.approx(minutes[::2].std())


def test_intervals_cover_and_scatter_is_found_on_simulated_books():
    rng = np.random.default_rng(7)
    account = pd.Series(np.repeat(np.arange(12), 5))
    held, apart, single = 0, [], []
    for _ in range(400):
        minutes = pd.Series(rng.normal(60, 12, 12)[account] + rng.normal(0, 20, len(account)))
        found = measured(sums(minutes, account), 1.0)
        held += found["low"] <= 60 <= found["high"]
        apart.append(found["between"] ** 2)
        single.append(found["scatter"] ** 2)
    assert binomtest(held, 400, 0.9).pvalue > 0.01
    assert np.mean(apart) == pytest.approx(144, rel=0.1)
    assert np.mean(single) == pytest.approx(544, rel=0.05)


def test_neither_names_nor_order_change_a_length():
    rng = np.random.default_rng(3)
    rows = visits({name: list(rng.integers(1, 200, rng.integers(1, 6))) for name in NAMES})
    classes = pd.Series(["High", "Low"] * 12, index=NAMES)
    swapped = dict(zip(NAMES, reversed(NAMES), strict=True))
    other = [row | {"account_id": swapped[row["account_id"]]} for row in reversed(rows)]
    pd.testing.assert_frame_equal(of(rows, classes).table, of(other, classes.rename(swapped)).table)
