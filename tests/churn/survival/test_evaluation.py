"""Forecasts of leaving put to the test: what each candidate may learn from, and what is said of its forecasts."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from crm_analysis.churn.definition import Spells
from crm_analysis.churn.survival.baselines import GONE, ScoreModel
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.evaluation import ALIVE, MODEL, RECENCY, Trial, rolling_origin
from crm_analysis.churn.survival.panel import risk_rows
from crm_analysis.errors import UserError
from crm_analysis.periods import after

SILENCE, BEGINS, TODAY = 90, dt.date(2022, 1, 1), dt.date(2026, 3, 31)
LANDMARKS = [after(dt.date(2022, 12, 31), f"{3 * step}M") for step in range(3, 12)]


def lives(n: int = 500, seed: int = 5) -> tuple[pd.DataFrame, Spells]:
    """Accounts there from the begin, that leave in each quarter with a chance that `pull` raises; panel and spells."""
    rng = np.random.default_rng(seed)
    pull = rng.normal(size=n)
    hazard = 1 / (1 + np.exp(2.4 - 1.6 * pull))
    quarters = rng.geometric(hazard)
    ids = [f"A{place:04}" for place in range(n)]
    day = np.array([np.datetime64(after(BEGINS, f"{3 * int(q)}M")) for q in quarters])
    last = np.minimum(day - rng.integers(0, 85, n).astype("timedelta64[D]"), np.datetime64(TODAY))
    last = np.maximum(last, np.datetime64(BEGINS))
    frame = pd.DataFrame({"account_id": ids, "began": BEGINS, "last": last})
    spells = Spells.of(frame, silence=SILENCE, as_of=TODAY, begins=BEGINS)
    rows = []
    for landmark in LANDMARKS:
        there = spells.there(landmark)[["account_id", "spell"]].assign(as_of=pd.Timestamp(landmark))
        rows.append(there)
    panel = pd.concat(rows, ignore_index=True)
    panel["pull"] = panel["account_id"].map(dict(zip(ids, pull, strict=True)))
    silent = (panel["as_of"] - panel["account_id"].map(dict(zip(ids, last, strict=True)))).dt.days
    panel["silence_days"] = silent.clip(lower=0).astype(float)
    panel[GONE] = panel["silence_days"] / 30
    return panel.sort_values(["as_of", "account_id"], ignore_index=True), spells


LEARNED = {
    MODEL: lambda: LeavingModel(penalty=1.0),
    RECENCY: lambda: LeavingModel(penalty=1.0, features=["silence_days"]),
    ALIVE: lambda: ScoreModel(GONE),
}
"""The usual candidates, without the search for a penalty."""


class Fixed:
    """A candidate that says the same of everybody, and remembers what it was given."""

    def __init__(self, seen: list[tuple[pd.DataFrame, pd.DataFrame]], chance: float = 0.2) -> None:
        self.seen, self.chance = seen, chance

    def fit(self, rows: pd.DataFrame, panel: pd.DataFrame) -> Any:
        self.seen.append((rows, panel))
        return self

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        stays = 1 - self.chance
        return pd.DataFrame({f"p_{h}": 1 - stays**h for h in (1, 2, 4)}, index=frame.index)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return rolling_origin(*lives(), LEARNED)


def test_a_candidate_learns_only_from_what_was_decided_on_the_day():
    panel, spells = lives(60)
    given: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    found = rolling_origin(panel, spells, {MODEL: lambda: Fixed(given)})
    days = sorted(found.forecasts["as_of"].unique())
    assert len(given) >= len(days) > 5
    assert len(given[-1][0]) > 100
    for (rows, before), day in zip(given[-len(days) :], days, strict=True):
        marks = before["as_of"].iloc[rows["row"]].dt.date
        decided = [
            after(mark, f"{3 * step}M") + dt.timedelta(days=SILENCE)
            for mark, step in zip(marks, rows["step"], strict=True)
        ]
        assert not decided or max(decided) <= day.date()
        assert GONE not in before
        assert before["as_of"].max() < day


def test_what_came_is_told_as_far_as_it_is_decided_and_no_farther():
    panel, spells = lives(60)
    found = rolling_origin(panel, spells, {MODEL: lambda: Fixed([])}).forecasts
    last = spells.frame.set_index("account_id")["last"]
    for row in found.itertuples():
        ends = [after(row.as_of.date(), f"{3 * step}M") for step in (1, 2, 3, 4)]
        seen = sum(end + dt.timedelta(days=SILENCE) <= TODAY for end in ends)
        assert row.seen == seen
        left = [step for step, end in enumerate(ends[:seen], start=1) if last[row.account_id].date() < end]
        assert row.left_in == (left[0] if left else 0)
    assert set(found["seen"]) == {1, 2, 3, 4}


def test_the_log_score_is_that_of_the_horizons_seen():
    forecasts = pd.DataFrame(
        [
            ("A", 1, 4, 0.1, 0.3, 0.6),
            ("B", 2, 4, 0.1, 0.3, 0.6),
            ("C", 4, 4, 0.1, 0.3, 0.6),
            ("D", 0, 4, 0.1, 0.3, 0.6),
            ("E", 0, 3, 0.1, 0.3, 0.6),  # three quarters seen: the second is the last horizon
            ("F", 3, 3, 0.1, 0.3, 0.6),
            ("G", 0, 1, 0.1, 0.3, np.nan),
        ],
        columns=["account_id", "left_in", "seen", "p_1", "p_2", "p_4"],
    ).assign(as_of=pd.Timestamp("2024-03-31"), model=MODEL)
    said = [0.1, 0.2, 0.3, 0.4, 0.7, 0.7, 0.9]
    found = Trial(forecasts, {}).summary["log_score"].iloc[0]
    assert found == pytest.approx(np.mean([math.log(chance) for chance in said]), rel=1e-12)


def test_areas_are_means_over_origins_of_scikit_learns(trial: Trial):
    own = trial.forecasts[trial.forecasts["model"] == MODEL]
    for horizon in (1, 2, 4):
        areas, leavers = [], []
        for _, there in own[own["seen"] >= horizon].groupby("as_of"):
            came = there["left_in"].between(1, horizon)
            areas.append(roc_auc_score(came, there[f"p_{horizon}"]))
            leavers.append((there["left_in"] > 0).sum())
        found = trial.summary.set_index("model").loc[MODEL, f"auc_{horizon}"]
        assert found == pytest.approx(np.average(areas, weights=leavers), abs=1e-9)


def test_the_model_beats_the_naive_where_more_than_silence_matters(trial: Trial):
    table = trial.summary.set_index("model")
    assert table.index[0] == MODEL == trial.chosen
    assert set(table.index) == {MODEL, RECENCY, ALIVE}
    for other in (RECENCY, ALIVE):
        mean, error = trial.against(other)
        assert mean > 3 * error > 0
        assert table.loc[other, "behind"] == pytest.approx(mean)
    assert table.loc[MODEL, "auc_4"] > table.loc[RECENCY, "auc_4"]
    slope = trial.recalibration().set_index("measure").loc["slope"]
    assert slope["low"] < 1 < slope["high"]


def test_where_only_silence_matters_the_model_is_not_said_to_win():
    panel, spells = lives(seed=8)
    rng = np.random.default_rng(1)
    panel["pull"] = rng.normal(size=len(panel))
    found = rolling_origin(panel, spells, LEARNED)
    mean, error = found.against(RECENCY)
    assert mean < 2 * error


def test_the_order_of_rows_changes_nothing(trial: Trial):
    panel, spells = lives()
    shuffled = panel.sample(frac=1, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(rolling_origin(shuffled, spells, LEARNED).summary, trial.summary, rtol=1e-9)


def test_what_is_known_later_changes_no_forecast(trial: Trial):
    panel, spells = lives()
    earlier = dt.date(2025, 6, 30)
    frame = spells.frame[spells.frame["began"] <= pd.Timestamp(earlier)]
    frame = frame.assign(last=frame["last"].clip(upper=pd.Timestamp(earlier)))
    then = Spells.of(frame[["account_id", "began", "last"]], silence=SILENCE, as_of=earlier, begins=BEGINS)
    found = rolling_origin(panel, then, LEARNED).forecasts
    both = found.merge(trial.forecasts, on=["as_of", "account_id", "model"], suffixes=("", "_later"))
    assert len(both) == len(found) > 0
    for horizon in (1, 2, 4):
        np.testing.assert_allclose(both[f"p_{horizon}"], both[f"p_{horizon}_later"], rtol=1e-9)
    assert (both["seen"] <= both["seen_later"]).all()


def test_a_book_too_short_for_a_trial_is_told_so():
    panel, spells = lives(60)
    with pytest.raises(UserError, match="No forecast of leaving could be tried"):
        rolling_origin(panel[panel["as_of"] == panel["as_of"].max()].reset_index(drop=True), spells)
    with pytest.raises(UserError, match="20 are needed"):
        rolling_origin(panel[panel["account_id"] < "A0012"].reset_index(drop=True), spells)


def test_a_score_model_is_scikit_learns_logistic_curve_per_step():
    from sklearn.linear_model import LogisticRegression

    panel, spells = lives()
    rows = risk_rows(panel, spells, TODAY)
    found = ScoreModel("pull").fit(rows, panel).predict(panel)
    by = panel.groupby("as_of")["pull"]
    score = ((panel["pull"] - by.transform("mean")) / by.transform("std", ddof=0)).to_numpy()
    stays = np.ones(len(panel))
    for step in (1, 2):
        own = rows[rows["step"] == step]
        curve = LogisticRegression(C=1.0).fit(score[own["row"]][:, None], own["left"])
        stays = stays * curve.predict_proba(score[:, None])[:, 0]
    np.testing.assert_allclose(found["p_2"], 1 - stays, atol=1e-6)
    assert (found["p_1"] <= found["p_2"]).all()
    assert (found["p_2"] <= found["p_4"]).all()


def test_a_step_decided_of_nobody_takes_the_curve_of_the_step_before():
    panel, spells = lives(100)
    rows = risk_rows(panel, spells, TODAY)
    curves = ScoreModel("pull").fit(rows[rows["step"] < 3], panel).curves_
    assert curves[2] == curves[3] == curves[4] != curves[1]
    found = ScoreModel("pull").fit(rows[rows["step"] == 1], panel).predict(panel)
    assert found["p_1"].notna().all()
    assert found[["p_2", "p_4"]].isna().all(axis=None)


def test_accounts_without_a_score_get_no_probability():
    panel, spells = lives(100)
    rows = risk_rows(panel, spells, TODAY)
    lacking = panel.assign(pull=panel["pull"].where(panel["account_id"] > "A0010"))
    found = ScoreModel("pull").fit(rows, lacking).predict(lacking)
    assert found["p_4"].isna().to_numpy().tolist() == lacking["pull"].isna().tolist()
