"""The model of potential against known truth, statsmodels and refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from crm_analysis.errors import UserError
from crm_analysis.potential.score import fitting
from crm_analysis.potential.score import model as module
from crm_analysis.potential.score.model import PotentialModel, fitted
from tests.potential.score import made


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made.rows(500, 3)


@pytest.fixture
def few_trees(monkeypatch):
    monkeypatch.setitem(module._TREES, "max_iter", 15)
    monkeypatch.setattr(module, "ROUNDS", 4)
    monkeypatch.setattr(module, "REFITTED", 900)


def test_chances_are_the_true_ones():
    known, fresh = made.rows(6000, by_demand=0.8), made.rows(2000, seed=2, by_demand=0.8)
    found = PotentialModel("logistic", 0.016).fit(known, made.FEATURES).chance(fresh)
    assert np.abs(found - fresh["truth"]).mean() < 0.02
    assert np.corrcoef(found, fresh["truth"])[0, 1] > 0.97


def test_estimates_and_clustered_errors_are_those_of_statsmodels(rows):
    own = PotentialModel("logistic", 1e9).fit(rows, ["trend", "industry"])
    columns = own._made(rows)[:, :-1]  # without a penalty one of the words is too many
    columns = np.column_stack([np.ones(len(rows)), columns])
    groups = pd.factorize(rows["account_id"])[0]
    peer = sm.Logit(rows["promising"], columns).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert own.log_odds(rows) == pytest.approx(columns @ peer.params.to_numpy(), abs=1e-5)
    low, high = own.odds_interval(rows.head(20), 0.9)
    error = np.sqrt(np.einsum("ij,ij->i", columns[:20] @ peer.cov_params().to_numpy(), columns[:20]))
    assert (high - low) / 2 / 1.6448536 == pytest.approx(error * np.sqrt(500 / 499), rel=1e-4)


def test_intervals_are_as_wide_as_refits_to_accounts_drawn_anew(rows):
    rng, ids, names = np.random.default_rng(1), rows["account_id"].unique(), ["size", "trend", "industry"]
    own = PotentialModel("logistic", 0.016).fit(rows, names)
    asked = rows.iloc[::25]
    places = rows.groupby("account_id").indices
    drawn = []
    for _ in range(25):
        again = rows.iloc[np.concatenate([places[name] for name in rng.choice(ids, len(ids))])]
        drawn.append(fitted([PotentialModel("logistic", 0.016)], again, names, bounds=False)[0].log_odds(asked))
    low, high = own.odds_interval(asked)
    ratio = np.std(drawn, axis=0, ddof=1) / ((high - low) / 2 / 1.6448536)
    assert 0.8 < np.median(ratio) < 1.25


def test_contributions_add_up_to_the_log_odds(rows):
    own = PotentialModel().fit(rows, made.FEATURES)
    added = own.contributions(rows)
    assert set(added) == set(made.FEATURES)
    assert np.abs(added.sum(axis=1) + own.usual_ - own.log_odds(rows)).max() < 1e-9
    assert own.usual_ == pytest.approx(own.log_odds(rows).mean(), abs=1e-9)
    assert added.mean().abs().max() < 1e-9
    assert added["size"].std() > 5 * added["recent"].std()


def test_a_heavy_penalty_leaves_the_rule_of_revenue():
    known = made.rows(3000)
    own = PotentialModel("logistic", 1e-4).fit(known, made.FEATURES).log_odds(known)
    assert np.corrcoef(own, known["size"])[0, 1] > 0.97


def test_columns_that_tell_nothing_are_left_out_and_told(rows):
    frame = rows.assign(trend=np.nan, order_count=1.0, pace=np.where(rows["pace"] > 0, 2.0, np.nan))
    own = PotentialModel().fit(frame, made.FEATURES)
    assert set(own.dropped_) == {"trend", "order_count"}
    assert "known of none" in own.dropped_["trend"]
    assert "the same of all" in own.dropped_["order_count"]
    assert "pace" in own.features_  # whether it is known still tells rows apart
    with pytest.raises(UserError, match="Nothing that is known"):
        PotentialModel().fit(frame, ["trend", "order_count"])


@pytest.mark.parametrize(("kind", "equal"), [("logistic", 1e-9), ("boosted", 0), ("revenue", 1e-9)])
def test_order_of_rows_and_names_of_accounts_change_nothing(rows, kind, equal, few_trees):
    other = made.renamed(rows)
    first, again = (PotentialModel(kind).fit(frame, made.FEATURES) for frame in (rows, other))
    assert np.abs(first.log_odds(rows) - again.log_odds(rows)).max() <= equal
    asked = rows.head(10)
    assert np.abs(np.array(first.interval(asked)) - np.array(again.interval(asked))).max() <= equal


def test_boosted_trees_keep_to_the_signs_expected(rows, few_trees):
    own = PotentialModel("boosted").fit(rows, made.FEATURES)
    asked = rows.head(60)
    more = own.log_odds(asked.assign(size=asked["size"] + 1, silence_days=asked["silence_days"] / 2))
    assert (more >= own.log_odds(asked)).all()
    assert (more > own.log_odds(asked)).any()
    low, high = own.odds_interval(asked)
    assert ((low < own.log_odds(asked)) & (own.log_odds(asked) < high)).all()
    added = own.contributions(asked)
    assert np.isfinite(added.to_numpy()).all()
    assert np.corrcoef(added["size"], asked["size"])[0, 1] > 0.6


def test_of_many_rows_whole_accounts_are_drawn(rows, monkeypatch):
    monkeypatch.setattr(fitting, "MOST", 600)
    own = PotentialModel().fit(rows, made.FEATURES)
    assert own.sampled_
    assert own.rows_ == 3 * own.accounts_
    assert 450 < own.rows_ < 750
    again = PotentialModel().fit(made.renamed(rows), made.FEATURES)
    assert again.log_odds(rows) == pytest.approx(own.log_odds(rows), abs=1e-9)


def test_a_weight_of_two_for_all_is_half_the_penalty(rows):
    twice = PotentialModel("logistic", 0.004).fit(rows, made.FEATURES, np.full(len(rows), 2.0))
    lighter = PotentialModel("logistic", 0.008).fit(rows, made.FEATURES)
    assert twice.log_odds(rows) == pytest.approx(lighter.log_odds(rows), abs=1e-6)


def test_models_fitted_together_are_those_fitted_alone(rows):
    both = fitted([PotentialModel("logistic", 0.001), PotentialModel("logistic", 0.064)], rows, made.FEATURES)
    alone = PotentialModel("logistic", 0.064).fit(rows, made.FEATURES)
    assert both[1].log_odds(rows) == pytest.approx(alone.log_odds(rows), abs=1e-9)
    assert np.std(both[0].log_odds(rows)) < np.std(both[1].log_odds(rows))


def test_words_and_numbers_never_seen_before_get_a_chance(rows):
    own = PotentialModel().fit(rows, made.FEATURES)
    odd = rows.head(2).assign(industry=["space", None], demand=[1e3, np.nan], silence_days=[-5.0, 1e6])
    chance = own.chance(odd)
    assert ((chance > 0) & (chance < 1)).all()


def test_a_fit_that_does_not_converge_is_refused(rows, monkeypatch):
    short = LogisticRegression(C=1e6, max_iter=1)
    monkeypatch.setattr(PotentialModel, "_estimator", lambda *given: short)
    with pytest.raises(UserError, match="did not converge"):
        PotentialModel().fit(rows, made.FEATURES)


def test_wrong_calls_are_told(rows):
    with pytest.raises(UserError, match="found 'forest'"):
        PotentialModel("forest")
    with pytest.raises(UserError, match="above 0"):
        PotentialModel(penalty=0)
    with pytest.raises(UserError, match="no column 'margin_rate'"):
        PotentialModel().fit(rows, ["margin_rate"])
    with pytest.raises(UserError, match="promising \\(1\\) or not"):
        PotentialModel().fit(rows.assign(promising=np.nan), made.FEATURES)
    with pytest.raises(UserError, match="found 0 that grew"):
        PotentialModel().fit(rows.assign(promising=0.0), made.FEATURES)
    with pytest.raises(UserError, match="weights"):
        PotentialModel().fit(rows, made.FEATURES, np.zeros(len(rows)))
    with pytest.raises(UserError, match="between 0 and 1"):
        PotentialModel().fit(rows, made.FEATURES).interval(rows, 90)
