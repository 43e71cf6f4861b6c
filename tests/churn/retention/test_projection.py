"""Projections of retention: published fits, simulated accounts, trials, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.special import betaln
from scipy.stats import binom
from tenure_frames import tenures_of

from crm_analysis.churn.retention.projection import (
    BDW,
    DW,
    NAIVE,
    PARAMETERS,
    QUARTER,
    SBG,
    fitted,
    log_survival,
    naive,
    periods,
    projected,
    slopes,
    survivors,
    trial,
)
from crm_analysis.errors import UserError
from crm_analysis.value.lifetime.fitting import NotIdentified

FORETELL = survivors([100, 86.9, 74.3, 65.3, 59.3])


def loglik(model: str, parameters: list[float], table: pd.DataFrame) -> float:
    step = np.diff(log_survival(model, np.log(parameters), np.arange(len(table) + 1.0)))
    return float((table["lost"] * np.log(-np.expm1(step)) + (table["at_risk"] - table["lost"]) * step).sum())


def test_sbg_of_retenmods_tests_against_foretell():
    """Anchor: a 1.281009, b 7.790563 (R's optimiser stops just beside the top), and the next three."""
    found = fitted(FORETELL)
    a, b = found.summary["estimate"]
    assert (a, b) == (pytest.approx(1.281009, rel=5e-5), pytest.approx(7.790563, rel=5e-5))
    assert found.found.loglik >= loglik(SBG, [1.281009, 7.790563], FORETELL)
    assert (100 * found.survival(7)["survival"]).tolist()[-3:] == pytest.approx([53.443, 48.578, 44.449], abs=6e-4)


def test_bdw_of_retenmods_tests_against_foretell():
    """Anchor: .2593549, 1.7226948, 1.5842688, to 1e-4."""
    found = fitted(FORETELL, BDW)
    assert found.summary["estimate"].tolist() == pytest.approx([0.2593549, 1.7226948, 1.5842688], rel=1e-4)
    assert found.found.loglik >= loglik(BDW, [0.2593549, 1.7226948, 1.5842688], FORETELL)


def test_sbg_survival_is_the_recursion_of_fader_and_hardie_2007():
    """Their eq. 7: P(T = 1) = a / (a + b), P(T = t) = (b + t - 2) / (a + b + t - 1) P(T = t - 1)."""
    a, b = 0.668, 3.806
    chance = [a / (a + b)]
    for t in range(2, 13):
        chance.append(chance[-1] * (b + t - 2) / (a + b + t - 1))
    found = np.exp(log_survival(SBG, np.log([a, b]), np.arange(13.0)))
    assert found == pytest.approx(1 - np.cumsum([0, *chance]))


def test_the_discrete_weibull_is_where_the_bdw_ends_when_accounts_are_alike():
    """With a = (e^rate - 1) s and b = s, s very large, B(a, b + x) / B(a, b) is exp(-rate x)."""
    place = np.arange(9.0)
    alike = log_survival(BDW, np.log([np.expm1(0.2) * 1e6, 1e6, 0.7]), place)
    assert alike == pytest.approx(log_survival(DW, np.log([0.2, 0.7]), place), abs=1e-5)
    assert log_survival(SBG, np.log([2.0, 3.0]), place) == pytest.approx(betaln(2, 3 + place) - betaln(2, 3))


@pytest.mark.parametrize(("model", "at"), [(SBG, [0.3, 1.2]), (BDW, [-0.5, 0.4, 0.3]), (DW, [-1.0, -0.4])])
def test_slopes_are_the_differences_of_values(model, at):
    place = np.arange(7.0)
    found = slopes(model, np.array(at), place)
    for row in range(7):
        differences = approx_fprime(np.array(at), lambda x, row=row: log_survival(model, x, place)[row], 1e-7)
        assert found[row] == pytest.approx(differences, abs=1e-6)


def test_periods_count_whole_periods_only():
    q = QUARTER
    frame = pd.concat(
        [
            tenures_of([1, 1], True, 0, limit=0.9 * q),  # gone, but could not have been seen for a whole quarter
            tenures_of([1.5 * q] * 2, False, 0, limit=1.5 * q),
            tenures_of([1.5 * q] * 3, True, 0, limit=4 * q),
            tenures_of([3 * q] * 5, False, 0, limit=3 * q),
            tenures_of([2.5 * q] * 4, True, 0.5 * q, limit=9 * q),  # under observation from the second quarter on
        ]
    )
    table = periods(frame)
    assert table["at_risk"].tolist() == [2 + 3 + 5, 3 + 5 + 4, 5 + 4]
    assert table["lost"].tolist() == [0, 3, 4]
    assert table["retention"].tolist() == pytest.approx([1, 9 / 12, 5 / 9])
    assert table["years"].tolist() == pytest.approx([0.25, 0.5, 0.75])
    assert len(periods(frame, least=10)) == 2
    assert periods(frame[:0]).empty


def simulated(rng: np.random.Generator, size: int, a: float = 0.8, b: float = 4.0) -> pd.DataFrame:
    """Accounts that leave by the shifted beta-geometric in quarters, begun over ten years, the last four of them
    seen."""
    stays = rng.geometric(rng.beta(a, b, size)).astype(float)
    began = rng.uniform(0, 40, size)
    entry, limit = np.maximum(24 - began, 0), 40 - began
    seen = stays > entry
    duration, gone = np.minimum(stays, limit), stays <= limit
    quarters = pd.DataFrame({"entry": entry, "duration": duration, "limit": limit})[seen] * QUARTER
    return tenures_of(
        quarters["duration"], gone[seen], quarters["entry"].to_numpy(), limit=quarters["limit"].to_numpy()
    )


def test_the_true_retention_is_found_from_late_entries():
    """12 books of 1,500 accounts: the 90 % interval of survival at ten years covers the truth as often as that."""
    rng = np.random.default_rng(7)
    truth = np.exp(betaln(0.8, 4 + 40) - betaln(0.8, 4))
    inside = 0
    for _ in range(12):
        last = fitted(periods(simulated(rng, 1500))).survival(40).iloc[-1]
        inside += last["low"] <= truth <= last["high"]
    assert binom.cdf(inside, 12, 0.9) > 0.005


def test_a_trial_prints_whichever_wins():
    rng = np.random.default_rng(11)
    whole = periods(simulated(rng, 8000))
    table = trial(whole)
    assert set(table["model"]) == {NAIVE, *PARAMETERS}
    assert table["model"].iloc[0] in (SBG, BDW)
    assert (table["log_score"].diff().dropna() <= 0).all()
    best = table.iloc[0]
    assert best["low"] < best["expected"] < best["high"]
    assert best["came_low"] < best["came"] < best["came_high"]
    assert best["low"] < best["came_high"]
    assert best["came_low"] < best["high"]
    assert best["periods"] + best["rest"] == len(whole)
    assert best["lost"] == whole["lost"].iloc[best["periods"] :].sum()
    # retention falls and rises again: repeating the last one is as good as it gets
    lost = [10, 20, 30, 40, 60, 60, 60, 60, 60, 60, 60, 60]
    odd = pd.DataFrame({"period": range(1, 13), "at_risk": 1000, "lost": lost})
    odd = odd.assign(years=odd["period"] / 4, retention=1 - odd["lost"] / 1000)
    found = trial(odd)
    assert found["model"].iloc[0] == NAIVE
    assert found["remark"].str.contains("do not tell its parameters").sum() == 1
    assert found["came"].iloc[0] == pytest.approx(0.94**4)
    assert found["expected"].iloc[0] == pytest.approx((1 - 60.5 / 1001) ** 4)


def test_the_log_score_is_the_chance_given_to_what_came():
    table = trial(pd.DataFrame({"period": range(1, 7), "years": 1.0, "at_risk": 100, "lost": 20, "retention": 0.8}))
    found = table.set_index("model").loc[NAIVE]
    kept = 1 - 20.5 / 101
    assert found["log_score"] == pytest.approx((20 * np.log(1 - kept) + 80 * np.log(kept)) / 100)


def test_what_the_data_cannot_tell_is_refused_in_a_sentence():
    with pytest.raises(
        UserError, match="2 periods of tenure with 40 accounts lost; expected at least 3 periods and 10"
    ):
        fitted(survivors([100, 80, 60]))
    with pytest.raises(UserError, match="3 periods of tenure with 6 accounts lost"):
        fitted(survivors([100, 98, 96, 94]))
    alike = survivors([1000 * 0.9**t for t in range(8)])
    with pytest.raises(NotIdentified, match="do not tell its parameters"):
        fitted(alike)
    assert fitted(alike, DW).summary["estimate"].tolist() == pytest.approx([-np.log(0.9), 1], rel=1e-4)
    with pytest.raises(UserError, match="3 periods, of which the last 0 saw 0"):
        trial(survivors([100, 80, 60, 50]))
    with pytest.raises(UserError, match="that do not rise"):
        survivors([100, 101])


def test_projections_stand_beside_what_was_seen():
    table = projected(FORETELL, 8)
    seen = table[table["model"] == "seen"]
    assert seen["survival"].tolist() == pytest.approx([0.869, 0.743, 0.653, 0.593])
    assert (seen["low"] < seen["survival"]).all()
    assert (seen["survival"] < seen["high"]).all()
    last = table[table["model"] == NAIVE]
    assert last["period"].tolist() == [5, 6, 7, 8]
    assert last["survival"].tolist() == pytest.approx(0.593 * naive(FORETELL) ** np.arange(1, 5))
    for _, own in table[table["model"].isin(PARAMETERS)].groupby("model"):
        assert own["period"].tolist() == list(range(1, 9))
        assert (own["survival"].diff().dropna() < 0).all()
        assert (own["low"] < own["survival"]).all()
        assert (own["survival"] < own["high"]).all()
    narrow, wide = (fitted(FORETELL).survival(8, level=level) for level in (0.5, 0.95))
    assert (wide["low"] < narrow["low"]).all()
    assert (narrow["high"] < wide["high"]).all()
    after = fitted(FORETELL).survival(6, since=4)
    whole = fitted(FORETELL).survival(6)
    assert after["survival"].to_numpy() == pytest.approx(
        (whole["survival"].iloc[4:] / whole["survival"].iloc[3]).to_numpy()
    )
    assert projected(FORETELL[:0], 4).empty
