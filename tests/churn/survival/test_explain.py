"""What drives leaving: Cox's model against lifelines and statsmodels, its rows by hand, its refusals in words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter, CoxTimeVaryingFitter
from lifelines.statistics import proportional_hazard_test

from crm_analysis.churn.definition import Spells
from crm_analysis.churn.survival import cox, explain
from crm_analysis.churn.survival.explain import cox_rows, drivers
from crm_analysis.churn.survival.sample import codes
from crm_analysis.errors import UserError

NAMES = ["a", "b", "c"]


ALONE = ["alone", "alone_low", "alone_high", "alone_p", "alone_p_holm"]


def intervals(table: pd.DataFrame, matrix: np.ndarray | None = None) -> cox.Intervals:
    owner, names = codes(table["account_id"])
    return cox.Intervals(
        table["start"].to_numpy(),
        table["stop"].to_numpy(),
        table["event"].to_numpy(),
        table[NAMES].to_numpy() if matrix is None else matrix,
        owner,
        names,
    )


def table(seed: int, tied: bool, late: bool, size: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(size, 3))
    start = rng.uniform(0, 1, size) if late else np.zeros(size)
    leaves = start + rng.exponential(np.exp(-x @ [0.6, -0.3, 0]), size)
    stop = np.minimum(leaves, start + rng.exponential(1.5, size))
    event = leaves <= stop
    if tied:
        start, stop = np.floor(start * 8) / 8, np.floor(stop * 8) / 8 + 1 / 8
    return pd.DataFrame(x, columns=NAMES).assign(
        start=start, stop=stop, event=event, account_id=[f"A{number // 3:04}" for number in range(size)]
    )


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_the_partial_likelihood_is_lifelines_and_statsmodels(tied, late):
    data = table(1, tied, late)
    found = cox.maximum(intervals(data))
    oracle = CoxTimeVaryingFitter().fit(data.drop(columns="account_id"), "event")
    assert found.at == pytest.approx(oracle.params_.to_numpy(), abs=1e-6)
    assert found.loglik == pytest.approx(oracle.log_likelihood_, abs=1e-6)
    error = np.sqrt(np.diag(np.linalg.inv(found.sums.information)))
    assert error == pytest.approx(oracle.standard_errors_.to_numpy(), abs=1e-6)
    if not tied:  # statsmodels has Breslow's ties as its default
        other = sm.PHReg(data["stop"], data[NAMES], status=data["event"] * 1, entry=data["start"]).fit()
        assert found.at == pytest.approx(other.params, abs=1e-6)


def test_clustered_errors_are_lifelines():
    data = table(2, tied=False, late=False)
    rows = intervals(data)
    found = cox.maximum(rows)
    spread = cox.covariance(rows, found, 0)
    oracle = CoxPHFitter().fit(
        data.drop(columns="start").assign(account_id=rows.owner), "stop", "event", cluster_col="account_id"
    )
    factor = np.sqrt(100 / 99)  # G / (G - 1), which lifelines leaves out
    assert np.sqrt(np.diag(spread)) == pytest.approx(factor * oracle.standard_errors_.to_numpy(), rel=1e-5)


def test_clustered_errors_with_ties_and_late_entry_are_near_the_jackknife():
    data = table(3, tied=True, late=True)
    rows = intervals(data)
    found = cox.maximum(rows)
    assert cox.score_residuals(rows, found.sums).sum(axis=0) == pytest.approx(0, abs=1e-8)
    left_out = []
    for number in range(100):
        kept = np.arange(100) != number
        left_out.append(cox.maximum(rows.of(kept), start=found.at).at)
    jackknife = 99 / 100 * ((np.array(left_out) - found.at) ** 2).sum(axis=0)
    assert np.sqrt(np.diag(cox.covariance(rows, found, 0))) == pytest.approx(np.sqrt(jackknife), rel=0.1)


@pytest.mark.parametrize("tied", [False, True])
def test_cutting_rows_into_quarters_changes_nothing(tied):
    data = table(4, tied, late=True)
    parts = []
    for begin in np.arange(0, 12, 0.5):
        part = data[(data["start"] < begin + 0.5) & (data["stop"] > begin)].copy()
        part["event"] &= part["stop"] <= begin + 0.5
        part["start"] = part["start"].clip(lower=begin)
        part["stop"] = part["stop"].clip(upper=begin + 0.5)
        parts.append(part)
    whole, cut = intervals(data), intervals(pd.concat(parts))
    one, many = cox.maximum(whole), cox.maximum(cut)
    assert len(cut.stop) > 2 * len(whole.stop)
    assert many.at == pytest.approx(one.at, abs=1e-9)
    assert cox.covariance(cut, many, 0) == pytest.approx(cox.covariance(whole, one, 0), abs=1e-9)
    assert cox.drift(cut, many) == pytest.approx(cox.drift(whole, one), abs=1e-7)


def test_drift_is_lifelines_proportional_hazard_test():
    data = table(5, tied=False, late=False).drop(columns=["start", "account_id"])
    rows = intervals(data.assign(start=0.0, account_id="A"))
    fitted = CoxPHFitter().fit(data, "stop", "event")
    oracle = proportional_hazard_test(fitted, data, time_transform="rank").summary["test_statistic"]
    assert cox.drift(rows, cox.maximum(rows)) == pytest.approx(oracle[NAMES].to_numpy(), abs=1e-5)


def test_a_penalty_is_lifelines():
    data = table(6, tied=True, late=False).drop(columns=["start", "account_id"])
    data[NAMES] = (data[NAMES] - data[NAMES].mean()) / data[NAMES].std()
    rows = intervals(data.assign(start=0.0, account_id="A"))
    oracle = CoxPHFitter(penalizer=0.1).fit(data, "stop", "event")
    assert cox.maximum(rows, 0.1 * len(data)).at == pytest.approx(oracle.params_.to_numpy(), abs=1e-5)


DAYS = [dt.date(2025, 3, 31), dt.date(2025, 6, 30), dt.date(2025, 9, 30)]


def panel(*rows: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["as_of", "account_id"])
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]), x=range(len(frame)))


def test_rows_are_at_risk_until_the_day_after_the_last_order():
    """By hand: 90 days are leaving, as of 2025-12-31, so that 2025-10-02 is the last day decided."""
    frame = pd.DataFrame(
        [
            ("here", "2024-01-01", "2025-12-20", None),
            ("left", "2024-01-01", "2025-04-10", None),
            ("gone", "2024-01-01", "2025-03-30", None),  # silent at the first landmark already
            ("same day", "2024-01-01", "2025-06-30", None),
            ("border", "2024-01-01", "2025-10-01", None),
            ("late", "2024-01-01", "2025-10-02", None),
            ("cut", "2024-01-01", "2025-05-01", "us"),
        ],
        columns=["account_id", "began", "last", "decided_by"],
    )
    frame["gone_on"] = pd.to_datetime(np.where(frame["decided_by"] == "us", "2025-05-02", None))
    spells = Spells.of(frame, silence=90, as_of="2025-12-31", begins="2024-01-01")
    assert spells.decided_until == dt.date(2025, 10, 2)
    assert spells.frame.set_index("account_id")["kind"].to_dict() == {
        "border": "left", "cut": "ours", "gone": "left", "here": "open", "late": "left", "left": "left",
        "same day": "left",
    }  # fmt: skip
    there = panel(
        *(("2025-03-31", name) for name in ("here", "left", "gone", "same day", "cut")),
        *(("2025-06-30", name) for name in ("here", "left", "same day", "cut")),
        *(("2025-09-30", name) for name in ("here", "border", "late")),
    )
    rows = cox_rows(there, spells)
    found = {(row.account_id, int(row.start)): (int(row.stop), bool(row.event)) for row in rows.itertuples(index=False)}
    assert found == {
        ("here", 0): (91, False),
        ("left", 0): (11, True),  # the 10th of April is day 10
        ("same day", 0): (91, False),
        ("same day", 91): (92, True),
        ("cut", 0): (32, False),  # we ended it: no event
        ("here", 91): (183, False),
        ("here", 183): (185, False),  # cut at the last day decided
        ("border", 183): (185, True),
        ("late", 183): (185, False),  # left on the last day decided: as curves do, it is still there
    }
    assert rows["x"].tolist() == [0, 1, 3, 4, 5, 7, 9, 10, 11]  # features stay beside, in the panel's order


def test_rows_belong_to_the_spell_of_their_day():
    frame = pd.DataFrame(
        [("A", "2024-01-01", "2024-06-30"), ("A", "2025-01-01", "2025-07-05")], columns=["account_id", "began", "last"]
    )
    spells = Spells.of(frame, silence=90, as_of="2025-12-31", begins="2024-01-01")
    rows = cox_rows(panel(("2024-03-31", "A"), ("2024-06-30", "A"), ("2025-06-30", "A")), spells)
    assert rows[["start", "stop", "event"]].to_numpy().tolist() == [[0, 91, False], [91, 92, True], [456, 462, True]]
    with pytest.raises(UserError, match="decided by 2025-10-02; the panel has none"):
        cox_rows(panel(("2025-12-31", "A")), spells)


def quarters(accounts: int, seed: int, drifting: bool = False) -> pd.DataFrame:
    """Account-quarters: yearly hazard .2 exp(.5 a - .4 b), twice that in one quarter; b is new each quarter.

    With `drifting` the effect of a falls from 1 to -1.
    """
    rng = np.random.default_rng(seed)
    names = np.array([f"A{number:05}" for number in range(accounts)])
    a, there, parts = rng.normal(size=accounts), np.ones(accounts, dtype=bool), []
    for quarter in range(8):
        b, c = rng.normal(size=(2, accounts))
        effect = 1 - 2 * quarter / 7 if drifting else 0.5
        hazard = 0.2 * np.exp(effect * a - 0.4 * b) * (2 if quarter == 3 else 1) / 365
        wait = np.floor(rng.exponential(1 / hazard)) + 1
        part = pd.DataFrame({"account_id": names, "a": a, "b": b, "c": c, "silence_days": wait})
        part["start"], part["stop"] = 91.0 * quarter, 91.0 * quarter + np.minimum(wait, 91)
        parts.append(part.assign(event=wait <= 91)[there])
        there = there & (wait > 91)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    return quarters(1_500, seed=1)


def test_true_effects_come_back_with_their_ratios(simulated):
    found = drivers(simulated)
    table = found.summary.set_index("feature")
    assert table.index.tolist() == NAMES  # silence is left out
    for name, effect in (("a", 0.5), ("b", -0.4), ("c", 0.0)):
        own = table.loc[name]
        assert abs(own["coefficient"] - effect * own["scale"]) < 3.5 * own["standard_error"]
        ends = np.exp(own["coefficient"] + np.array([-1.96, 1.96]) * own["standard_error"])
        assert (own["hazard_ratio"], own["low"], own["high"]) == pytest.approx(
            (np.exp(own["coefficient"]), *ends), rel=1e-4
        )
    assert table.loc[["a", "b"], "p_holm"].max() < 1e-6
    assert (table["p_holm"] >= table["p"]).all()
    assert table.loc["a", "inflation"] == pytest.approx(1, abs=0.01)
    assert found.penalty == 0
    assert found.left == simulated["event"].sum()
    assert found.per_parameter == found.left / 3
    assert found.says == ()
    assert (found.proportional["p_holm"] > 0.01).all()


def test_the_order_of_rows_changes_nothing(simulated):
    one, other = drivers(simulated), drivers(simulated.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(one.summary, other.summary, rtol=1e-7)
    pd.testing.assert_frame_equal(one.proportional, other.proportional, rtol=1e-6)


def test_an_effect_that_changes_over_the_years_is_found_and_said():
    found = drivers(quarters(1_500, seed=2, drifting=True))
    worst = found.proportional.set_index("term")["p_holm"]
    assert worst["a"] < 1e-6
    assert worst[["b", "c"]].min() > 0.01
    assert found.says[-1] == "Not the same over the years, so that the ratio told is an average: a."


def test_few_that_left_are_penalised_and_have_no_p(simulated):
    some = simulated[simulated["account_id"] < "A00120"]
    rng = np.random.default_rng(0)
    more = some.assign(**{f"n{number}": rng.normal(size=len(some)) for number in range(8)})
    found = drivers(more)
    assert found.penalty > 0
    assert "p" not in found.summary
    assert "p_holm" not in found.summary
    assert found.proportional.empty
    assert f"{found.left} accounts that left are few for 11 effects" in found.says[-1]
    assert "p-values are not told" in found.says[-1]


def test_the_penalty_forecasts_other_accounts_better_than_none():
    """On average over books: the gain in log partial likelihood per account that left, and not far below the best."""
    gains = []
    for seed in range(3):
        data = quarters(700, seed)
        noise = np.random.default_rng(seed).normal(size=(len(data), 8))
        data = pd.concat([data, pd.DataFrame(noise).add_prefix("n")], axis=1)
        design = explain.Design.of(data, [*NAMES, *(f"n{number}" for number in range(8))], bends=False)
        rows = intervals(data, design.matrix(data))
        own, other = rows.of(np.arange(700) < 120), rows.of(np.arange(700) >= 120)
        held, free, none = (
            cox.sums(other, at).loglik / other.event.sum()
            for at in (cox.maximum(own, cox.strength(own)).at, cox.maximum(own).at, np.zeros(11))
        )
        gains.append((held - none, free - none))
    held, free = np.mean(gains, axis=0)
    assert held > free + 0.015
    assert held > 0.06


def test_a_feature_that_parts_those_that_left_is_penalised(simulated):
    flagged = simulated.assign(flag=(simulated["event"] & (simulated["a"] > 0)).astype(float))
    found = drivers(flagged)
    assert found.penalty > 0
    assert "on one side of all that stayed by flag" in found.says[-1]
    together = found.summary.drop(columns=ALONE).select_dtypes("number")
    assert np.isfinite(together).all(axis=None)
    alone = found.summary.set_index("term")[ALONE]
    assert alone.loc["flag"].isna().all() or alone.loc["flag", "alone"] > 1
    assert alone.drop("flag").notna().all(axis=None)


def test_where_effects_are_shrunk_each_is_told_by_itself_too(simulated):
    """Against lifelines with one covariate; the interval is that of the same model fitted here with one feature."""
    some = simulated[simulated["account_id"] < "A00120"]
    rng = np.random.default_rng(0)
    more = some.assign(**{f"n{number}": rng.normal(size=len(some)) for number in range(8)})
    found = drivers(more).summary.set_index("term")
    single = drivers(more, ["a"]).summary.set_index("term")
    assert "alone" not in single
    for ours, theirs in (("alone", "hazard_ratio"), ("alone_low", "low"), ("alone_high", "high"), ("alone_p", "p")):
        assert found.loc["a", ours] == pytest.approx(single.loc["a", theirs], rel=1e-6)
    frame = more.assign(id=more["account_id"])[["id", "start", "stop", "event", "a"]]
    oracle = CoxTimeVaryingFitter().fit(frame, id_col="id", event_col="event", start_col="start", stop_col="stop")
    by_unit = np.log(found.loc["a", "alone"]) / found.loc["a", "scale"]
    assert by_unit == pytest.approx(oracle.params_["a"], abs=1e-5)
    assert (found["alone_p_holm"] >= found["alone_p"]).all()


def test_repeats_are_left_out_and_said(simulated):
    found = drivers(simulated.assign(twice=2 * simulated["a"], same=1.0))
    assert found.summary["term"].tolist() == NAMES
    assert found.says == (
        "Left out, because it is the same in every row: same.",
        "Left out, because others say the same: twice (as a).",
    )
    with pytest.raises(UserError, match="no feature differs"):
        drivers(simulated.assign(same=1.0), ["same"])


def test_above_a_size_whole_accounts_are_drawn(simulated, monkeypatch):
    monkeypatch.setattr(explain, "MOST", 5_000)
    found = drivers(simulated)
    assert found.sampled
    assert 4_900 < found.rows <= 5_000
    assert f"those of {found.accounts:,} of 1,500 accounts" in found.says[0]


def test_silence_and_too_few_that_left_are_refused(simulated):
    with pytest.raises(UserError, match="'silence_days' is zero at each last order"):
        drivers(simulated, ["a", "silence_days"])
    few = simulated.assign(event=simulated["event"] & (simulated["account_id"] < "A00030"))
    with pytest.raises(
        UserError, match=r"the drivers of leaving: \d+ accounts are known to have left, and 20 are needed"
    ):
        drivers(few)
