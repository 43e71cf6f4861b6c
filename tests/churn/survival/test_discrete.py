"""The model of leaving against statsmodels and scikit-learn, on simulated hazards, and where it must hold back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from risk import EFFECTS, LEVELS, beside, simulated, within
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from crm_analysis.churn.survival import discrete, logistic
from crm_analysis.churn.survival.calibration import log_score, recalibration
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.errors import UserError

P = ["p_1", "p_2", "p_4"]


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated(1_500, seed=1)


@pytest.fixture(scope="module")
def model(data) -> LeavingModel:
    return LeavingModel().fit(data[1], data[0])


def design(model: LeavingModel, rows: pd.DataFrame) -> np.ndarray:
    """Effects of steps and all columns of a model, a row per risk row."""
    steps = (rows["step"].to_numpy()[:, None] == np.array([1, 2, 3, 4])).astype(float)
    return np.hstack([steps, model.design_.matrix(rows)])


def test_without_a_penalty_it_is_statsmodels_logit_with_clusters(data, model):
    rows = beside(*data)
    accounts = pd.factorize(rows["account_id"])[0]
    oracle = sm.Logit(rows["left"].to_numpy(), design(model, rows)).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": accounts}
    )
    assert model.penalty_ == 0
    assert model.says_ == []
    assert model.coefficients_ == pytest.approx(oracle.params, abs=1e-6)
    assert model.covariance_ == pytest.approx(oracle.cov_params(), rel=1e-6, abs=1e-12)
    assert model.loglik_ == pytest.approx(oracle.llf, abs=1e-6)
    plain = sm.Logit(rows["left"].to_numpy(), design(model, rows)).fit(disp=0)
    assert abs(oracle.bse[4] / plain.bse[4] - 1) > 0.01  # clustering matters: x belongs to the account


def test_with_a_penalty_it_is_scikit_learns(data):
    rows = beside(*data)
    first = rows[rows["step"] == 1]
    model = LeavingModel(penalty=30.0).fit(first)
    oracle = LogisticRegression(C=1 / 30, tol=1e-12, solver="newton-cholesky").fit(
        model.design_.matrix(first), first["left"]
    )
    assert model.coefficients_ == pytest.approx(np.r_[oracle.intercept_, oracle.coef_[0]], abs=1e-6)
    assert np.abs(model.coefficients_[1]) < np.abs(LeavingModel(penalty=0).fit(first).coefficients_[1])


def test_effects_and_levels_come_back(model):
    table = model.summary_
    effects = table[table["feature"] != "step"].set_index("feature")
    for name, effect in EFFECTS.items():
        own = effects.loc[name]
        assert abs(own["coefficient"] / own["scale"] - effect) < 3.5 * own["standard_error"] / own["scale"]
        assert own["odds_ratio"] == pytest.approx(np.exp(own["coefficient"]))
        assert own["low"] < own["coefficient"] < own["high"]
    assert effects.loc["x", "low"] > 0 > effects.loc["y", "high"]
    # levels are those of an account with middle features
    middle = sum(EFFECTS[column.feature] * column.centre for column in model.design_.columns)
    levels = table[table["feature"] == "step"]
    assert ((levels["coefficient"] - middle - np.array(LEVELS)).abs() < 3.5 * levels["standard_error"]).all()


def test_probabilities_are_calibrated_on_other_accounts(model):
    panel, rows = simulated(4_000, seed=99)
    said = model.predict(panel)
    came = rows.groupby("row")["left"].max()
    for horizon in (1, 2, 4):
        true = within(panel, horizon)
        assert said[f"p_{horizon}"].to_numpy() == pytest.approx(true, abs=0.12)
        assert abs(said[f"p_{horizon}"].mean() - true.mean()) < 0.015
    found = recalibration(said["p_4"], came, panel["account_id"]).set_index("measure")
    assert found.loc["intercept", "estimate"] == pytest.approx(0, abs=0.12)
    assert found.loc["slope", "estimate"] == pytest.approx(1, abs=0.12)


def test_bounds_are_those_of_drawn_parameters(data, model):
    panel = data[0].iloc[:200]
    said = model.predict(panel)
    draws = np.random.default_rng(0).multivariate_normal(model.coefficients_, model.covariance_, 4_000)
    matrix = model.design_.matrix(panel)
    hazard = expit(draws[:, None, :4] + (draws[:, 4:] @ matrix.T)[:, :, None])
    for horizon in (1, 2, 4):
        drawn = 1 - np.prod(1 - hazard[:, :, :horizon], axis=2)
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        assert said[f"low_{horizon}"].to_numpy() == pytest.approx(low, abs=0.012)
        assert said[f"high_{horizon}"].to_numpy() == pytest.approx(high, abs=0.012)


def test_probabilities_and_bounds_are_nested(model):
    rng = np.random.default_rng(3)
    odd = pd.DataFrame(rng.normal(scale=50, size=(500, 3)), columns=["x", "y", "z"]).assign(account_id="A")
    said = model.predict(odd)
    assert np.isfinite(said.drop(columns="account_id")).all(axis=None)
    for horizon in (1, 2, 4):
        low, p, high = (said[f"{name}_{horizon}"] for name in ("low", "p", "high"))
        assert ((low >= 0) & (low <= p) & (p <= high) & (high <= 1)).all()
    for name in ("p", "low", "high"):
        assert (said[f"{name}_1"] <= said[f"{name}_2"]).all()
        assert (said[f"{name}_2"] <= said[f"{name}_4"]).all()


def test_one_odd_account_has_no_absurd_probability(data, model):
    usual = data[0].iloc[[0]]
    far = usual.assign(y=[data[0]["y"].min() * 1_000])
    worst = usual.assign(y=[data[0]["y"].min()])
    assert model.predict(far)[P].to_numpy() == pytest.approx(model.predict(worst)[P].to_numpy())


def test_the_order_of_rows_and_columns_changes_nothing(data, model):
    rows = beside(*data).sample(frac=1, random_state=4)[["left", "z", "account_id", "y", "step", "x"]]
    other = LeavingModel(features=["x", "y", "z"]).fit(rows)
    assert other.predict(data[0])[P].to_numpy() == pytest.approx(model.predict(data[0])[P].to_numpy(), abs=1e-9)
    assert other.predict(data[0]).index.equals(data[0].index)


def test_risk_rows_may_point_into_a_panel(data, model):
    whole = LeavingModel().fit(beside(*data))
    pd.testing.assert_frame_equal(whole.summary_, model.summary_, rtol=1e-9)
    assert whole.step_shares_ == pytest.approx(model.step_shares_, abs=1e-9)
    assert whole.predict(data[0])[P].to_numpy() == pytest.approx(model.predict(data[0])[P].to_numpy(), abs=1e-9)


def test_contributions_add_up_to_the_difference_from_the_segment(data, model):
    panel = data[0]
    segment = pd.Series(np.where(panel["z"] > 1, "High", "Low"), index=panel.index)
    found = model.contributions(panel, segment)
    assert found.columns.tolist() == ["x", "y", "z"]
    odds = model.design_.matrix(panel) @ model.coefficients_[4:]
    means = pd.Series(odds).groupby(segment.to_numpy()).transform("mean").to_numpy()
    assert found.sum(axis=1).to_numpy() == pytest.approx(odds - means, abs=1e-9)
    assert found.groupby(segment).mean().abs().max(axis=None) < 1e-9
    unknown = model.contributions(panel, segment.where(segment == "Low"))
    apart = unknown[segment == "High"]
    assert apart.sum(axis=1).to_numpy() == pytest.approx((odds - odds.mean())[segment == "High"], abs=1e-9)


def silent(accounts: int, seed: int) -> pd.DataFrame:
    """Risk rows of accounts that are gone already after a long silence; who is still there leaves at random."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 180, accounts).astype(float)
    gone = rng.random(accounts) < expit((days - 90) / 12)
    frame = pd.DataFrame({"account_id": [f"A{n:05}" for n in range(accounts)], "silence_days": days})
    parts, there = [], np.ones(accounts, dtype=bool)
    for step in (1, 2, 3, 4):
        left = there & ((gone & (step == 1)) | (rng.random(accounts) < 0.05))
        parts.append(frame[there].assign(step=step, left=left[there].astype(int)))
        there &= ~left
    return pd.concat(parts, ignore_index=True)


def test_silence_weighs_on_the_first_step_and_not_on_later_ones():
    rows = silent(4_000, seed=2)
    model = LeavingModel().fit(rows)
    asked = pd.DataFrame({"silence_days": [10.0, 60, 90, 120, 170]})
    said = model.predict(asked)
    truth = 1 - (1 - expit((asked["silence_days"] - 90) / 12)) * 0.95
    assert said["p_1"].to_numpy() == pytest.approx(truth, abs=0.07)
    later = 1 - (1 - said["p_4"]) / (1 - said["p_1"])
    assert later.to_numpy() == pytest.approx(1 - 0.95**3, abs=0.05)
    found = model.contributions(asked, pd.Series(["all"] * 5))["silence_days"]
    assert found.is_monotonic_increasing
    assert model.step_shares_[1] > 0.7 > sum(model.step_shares_[step] for step in (2, 3, 4))


def test_few_that_left_are_penalised_with_the_strength_that_forecasts_best():
    panel, rows = simulated(90, seed=3, landmarks=1)
    noise = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 12))).add_prefix("n")
    panel = pd.concat([panel, noise], axis=1)
    model = LeavingModel().fit(rows, panel)
    assert model.penalty_ > 0
    assert f"{model.left_} accounts that left are few for 17 effects" in model.says_[-1]
    other, after = simulated(3_000, seed=4, landmarks=1)
    other = pd.concat([other, pd.DataFrame(np.random.default_rng(1).normal(size=(3_000, 12))).add_prefix("n")], axis=1)
    came = after.groupby("row")["left"].max()
    free = LeavingModel(penalty=0).fit(rows, panel)
    assert log_score(model.predict(other)["p_4"], came) > log_score(free.predict(other)["p_4"], came) + 0.02
    # a feature of which the data say nothing keeps the spread of the prior
    held = LeavingModel(penalty=1e4).fit(rows, panel)
    assert held.covariance_[2:, 2:].diagonal() == pytest.approx(1e-4, rel=0.05)


def test_separation_is_found_said_and_penalised(data):
    panel, rows = data
    gone = rows.loc[(rows["left"] == 1) & (rows["step"] == 1), "row"]
    told = panel.assign(flag=panel.index.isin(gone[:60]).astype(float))  # only among those that left
    model = LeavingModel().fit(rows, told)
    assert model.penalty_ > 0
    assert "on one side of all that stayed by flag" in " ".join(model.says_)
    assert np.isfinite(model.summary_.select_dtypes("number")).all(axis=None)
    with pytest.raises(UserError, match=r"no finite maximum.*flag"):
        LeavingModel(penalty=0).fit(rows, told)


def test_separation_by_several_features_together_is_found():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(2_000, 2)), columns=["a", "b"])
    frame = frame.assign(account_id=[f"A{n}" for n in range(2_000)], step=1, left=(frame["a"] + frame["b"] > 1) * 1)
    model = LeavingModel().fit(frame)
    assert "together part all that left" in model.says_[1]
    assert model.penalty_ > 0
    with pytest.raises(UserError, match="several together"):
        LeavingModel(penalty=0).fit(frame)


def test_what_repeats_or_never_changes_is_left_out_and_said(data, model):
    panel, rows = data
    more = panel.assign(same=3.0, double=2 * panel["x"] + 1, mixed=panel["x"] - panel["y"], empty=np.nan)
    found = LeavingModel().fit(rows, more)
    assert found.summary_["term"].tolist() == model.summary_["term"].tolist()
    assert found.coefficients_ == pytest.approx(model.coefficients_, abs=1e-9)
    said = " ".join(found.says_)
    assert "the same in every row: empty, same." in said
    assert "others say the same: double (as x), mixed (as y)." in said


def test_unknown_values_get_an_effect_of_their_own(data):
    panel, rows = data
    gone = rows.loc[rows["left"] == 1, "row"]
    rng = np.random.default_rng(7)
    unanswered = rng.random(len(panel)) < np.where(panel.index.isin(gone), 0.7, 0.3)
    model = LeavingModel().fit(rows, panel.assign(y=panel["y"].where(~unanswered)))
    own = model.summary_.set_index("term").loc["y: not known"]
    assert own["low"] > 0.5
    assert own["scale"] == 1
    assert f"y ({unanswered.mean():.1%})" in model.says_[0]


def test_texts_have_levels_and_new_ones_count_as_the_commonest(data):
    panel, rows = data
    named = panel.assign(branch=np.where(panel["x"] > 1, "north", "south"))
    named.loc[:30, "branch"] = "rare"
    model = LeavingModel().fit(rows, named)
    assert "branch north" in model.summary_["term"].tolist()
    asked = pd.DataFrame({"x": 0.0, "y": 0.0, "z": 1.0, "branch": ["south", "west", None, "north"]})
    p = model.predict(asked)["p_4"].to_numpy()
    assert p[0] == p[1] == p[2] != p[3]


def test_later_steps_with_few_that_left_share_a_level(data):
    panel, rows = data
    early = rows[(rows["step"] <= 2)]
    few = early[(early["step"] == 1) | (early["left"] == 0) | (early["row"] < 60)]
    assert 0 < few.loc[few["step"] == 2, "left"].sum() < 10
    model = LeavingModel().fit(few, panel)
    assert model.effects_ == {1: 0, 2: 1, 3: 1, 4: 1}
    assert "Quarters 2, 3, 4 ahead share one level" in model.says_[0]
    said = model.predict(panel)
    assert said["p_4"].notna().all()
    first = LeavingModel().fit(rows[rows["step"] == 1], panel)
    assert first.horizons_ == (1,)
    assert "no later one gets a probability" in first.says_[0]
    assert first.predict(panel)[["p_2", "low_4", "high_2"]].isna().all(axis=None)
    assert first.predict(panel)["p_1"].mean() == pytest.approx(model.predict(panel)["p_1"].mean(), abs=1e-3)


def test_above_a_size_whole_accounts_are_drawn_and_it_is_said(data, model, monkeypatch):
    monkeypatch.setattr(discrete, "MOST", 6_000)
    panel, rows = data
    part = LeavingModel().fit(rows, panel)
    assert part.sampled_
    assert not model.sampled_
    assert 5_900 < part.rows_ <= 6_000 < len(rows)
    assert f"fitted to {part.accounts_:,} of 1,500 accounts" in part.says_[0]
    assert part.predict(panel)["p_4"].to_numpy() == pytest.approx(model.predict(panel)["p_4"].to_numpy(), abs=0.1)
    mixed = LeavingModel().fit(rows.sample(frac=1, random_state=1), panel)
    assert mixed.coefficients_ == pytest.approx(part.coefficients_, abs=1e-9)


def test_newton_does_not_depend_on_the_size_of_blocks(data, model, monkeypatch):
    monkeypatch.setattr(logistic, "_BLOCK", 100)
    monkeypatch.setattr(discrete, "_BLOCK", 100)
    other = LeavingModel().fit(data[1], data[0])
    assert other.covariance_ == pytest.approx(model.covariance_, rel=1e-9)
    assert other.predict(data[0])[P].to_numpy() == pytest.approx(model.predict(data[0])[P].to_numpy(), abs=1e-12)


def test_too_few_that_left_are_refused_with_the_numbers():
    panel, rows = simulated(60, seed=3, landmarks=1)
    gone = rows.loc[rows["left"] == 1, "row"].unique()
    rows.loc[rows["row"].isin(gone[19:]), "left"] = 0
    with pytest.raises(UserError, match="19 accounts are known to have left, and 20 are needed"):
        LeavingModel().fit(rows, panel)
    rows["left"] = 1
    with pytest.raises(UserError, match="0 accounts are known to have stayed"):
        LeavingModel().fit(rows, panel)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop(columns="left"), "no column 'left'"),
        (lambda rows: rows.drop(columns="account_id"), "no column 'account_id'"),
        (lambda rows: rows.assign(step=5), "a step of 1, 2, 3 or 4"),
        (lambda rows: rows.assign(left=2), "left of 0 or 1"),
        (lambda rows: rows[rows["step"] > 1], "no step 1"),
        (lambda rows: rows.assign(x=np.inf), "'x' is infinite in"),
        (lambda rows: rows.assign(x=pd.Timestamp("2026-01-01")), "'x' is datetime64"),
    ],
)
def test_rows_that_are_none_are_refused(data, change, words):
    with pytest.raises(UserError, match=words):
        LeavingModel().fit(change(beside(*data)))


def test_a_panel_of_other_columns_is_refused(data, model):
    panel, rows = data
    with pytest.raises(UserError, match="no feature 'y'; found x, z"):
        model.predict(panel.drop(columns="y"))
    with pytest.raises(UserError, match="no feature 'w'"):
        LeavingModel(features=["w"]).fit(rows, panel)
    with pytest.raises(UserError, match="point to row 2,999; the panel has 10"):
        LeavingModel().fit(rows, panel.iloc[:10])
    with pytest.raises(UserError, match="a penalty is 0"):
        LeavingModel(penalty=-1)
