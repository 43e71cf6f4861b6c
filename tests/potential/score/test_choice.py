"""The choice among models of potential, and the correction of their probabilities."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit
from sklearn.metrics import log_loss

from crm_analysis.errors import UserError
from crm_analysis.potential.score import choice as module
from crm_analysis.potential.score.choice import Choice, choose, corrected, decided
from crm_analysis.potential.score.model import PotentialModel
from tests.potential.score import made

PLAIN = ("revenue", "growth", "orders", "logistic")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made.rows(400, 6, by_demand=1.5)


@pytest.fixture(scope="module")
def found(rows) -> Choice:
    return choose(rows, "12M", PLAIN)


def test_what_matters_is_found_to_matter(rows, found):
    assert found.name == "logistic"
    table = found.table.set_index("candidate")
    assert table.loc["revenue", "behind"] > 2 * table.loc["revenue", "standard_error"]
    assert table.loc["growth", "behind"] > table.loc["revenue", "behind"]
    assert found.model.rows_ == len(rows)
    assert "orders" not in table.index  # nobody gave its column


def test_a_rule_is_chosen_where_nothing_else_matters():
    made_by_size = made.rows(300, 6, seed=8)
    assert choose(made_by_size, "12M", ("revenue", "growth")).name == "revenue"
    found = choose(made_by_size, "12M", PLAIN)
    assert found.table.loc[0, "candidate"] == "revenue" or found.model.penalty == min(module.PENALTIES)


def test_log_score_is_sklearns_of_refits_to_what_was_known(rows, found):
    said, came = [], []
    for day in sorted(rows["as_of"].unique()):
        before = rows[rows["as_of"] <= day - pd.DateOffset(months=12)]
        if len(before):
            now = rows[rows["as_of"] == day]
            said.append(PotentialModel("revenue").fit(before, ["size"]).chance(now))
            came.append(now["promising"])
    own = found.table.set_index("candidate").loc["revenue"]
    assert own["days"] == len(said) == 2
    assert own["cases"] == sum(map(len, said))
    assert own["log_score"] == pytest.approx(-log_loss(np.concatenate(came), np.concatenate(said)), abs=1e-9)


def test_an_outcome_is_known_when_the_horizon_is_over():
    frame = pd.DataFrame({"as_of": pd.to_datetime(["2024-06-30", "2024-09-29", "2024-09-30", "2024-12-31"])})
    assert decided(frame, "12M", dt.date(2025, 9, 29))["as_of"].dt.day.tolist() == [30, 29]
    assert decided(frame, "12M", dt.date(2025, 9, 30))["as_of"].dt.day.tolist() == [30, 29, 30]


def test_forecasts_do_not_see_what_was_decided_later(rows):
    """Outcomes of days that were open on every day that is forecast, and that are not forecast themselves."""
    days = sorted(rows["as_of"].unique())
    open_days = rows["as_of"].isin(days[2:4])
    turned = rows.assign(promising=np.where(open_days, 1 - rows["promising"], rows["promising"]))
    first, again = (choose(frame, "12M", ("revenue",)) for frame in (rows, turned))
    assert again.table["log_score"].tolist() == first.table["log_score"].tolist()
    earlier = rows.assign(promising=np.where(rows["as_of"] == days[1], 1 - rows["promising"], rows["promising"]))
    assert choose(earlier, "12M", ("revenue",)).table["log_score"].tolist() != first.table["log_score"].tolist()


def test_correction_is_statsmodels_where_much_is_known():
    rng = np.random.default_rng(1)
    odds = rng.normal(-2, 1, 20_000)
    came = (rng.random(len(odds)) < expit(0.4 + 0.7 * odds)).astype(float)
    peer = sm.GLM(came, sm.add_constant(odds), family=sm.families.Binomial()).fit().params
    assert corrected(odds, came, 10**9) == pytest.approx(peer, abs=0.01)


def test_correction_is_cautious_where_little_is_known():
    odds, came = np.array([-2.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    intercept, slope = corrected(odds, came, 1)
    assert 0.6 < slope < 1  # the slope that fits best is below 0
    assert abs(intercept) < 0.5
    many, fewer = (corrected(np.full(500, -2.0), np.repeat([1.0, 0.0], [200, 300]), days)[0] for days in (9, 1))
    assert fewer == pytest.approx(many * (1 / 2) / (9 / 10))


def test_correction_moves_probabilities_and_keeps_their_order(rows, found):
    assert (found.intercept, found.slope) != (0, 1)
    own, plain = found.chance(rows), found.model.chance(rows)
    assert (np.argsort(own, kind="stable") == np.argsort(plain, kind="stable")).all()
    assert own == pytest.approx(expit(found.intercept + found.slope * found.model.log_odds(rows)))
    low, high = found.interval(rows)
    assert ((low < own) & (own < high)).all()
    added = found.contributions(rows).sum(axis=1)
    assert np.ptp(added - found.log_odds(rows)) < 1e-9


def test_order_of_rows_and_names_of_accounts_change_nothing(rows, found):
    again = choose(made.renamed(rows), "12M", PLAIN)
    assert again.name == found.name
    assert np.abs(again.log_odds(rows) - found.log_odds(rows)).max() < 1e-9
    assert again.table["log_score"].to_numpy() == pytest.approx(found.table["log_score"].to_numpy(), abs=1e-9)


def test_what_could_not_be_tried_is_told(rows):
    one = rows[rows["as_of"] == rows["as_of"].max()]
    found = choose(one, "12M", PLAIN)
    assert (found.name, found.intercept, found.slope) == ("logistic", 0, 1)
    assert found.table.empty
    assert any("cannot be tried yet" in note for note in found.notes)
    few = one[(one["promising"] == 0) | (one["promising"].cumsum() <= 4)]
    with pytest.raises(UserError, match="known to have grown: 4"):
        choose(few, "12M")
    with pytest.raises(UserError, match="candidates for a score"):
        choose(one, "12M", ("orders",))


def test_boosted_trees_stand_by_where_enough_is_known(rows, monkeypatch):
    noted = choose(rows, "12M", ("revenue", "boosted"))
    assert noted.table["candidate"].tolist() == ["revenue"]
    assert any("200 are wanted" in note for note in noted.notes)
    monkeypatch.setattr(module, "WANTED", 20)
    assert set(choose(rows, "12M", ("revenue", "boosted")).table["candidate"]) == {"revenue", "boosted"}


def test_of_many_rows_whole_accounts_are_drawn(rows, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1000)
    found = choose(rows, "12M", ("revenue",))
    assert found.model.rows_ == 6 * found.model.accounts_
    assert 600 < found.model.rows_ < 1400
    assert "drawn by lot" in found.notes[0]
