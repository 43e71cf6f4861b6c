"""What importance is learned from, what is left out with which words, and whether the truth is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from driver_answers import said, simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.errors import BookError, UserError
from crm_analysis.satisfaction.drivers.asked import asked
from crm_analysis.satisfaction.drivers.derived import JOHNSON, LMG, derived


@pytest.fixture(scope="module")
def frame() -> tuple[pd.DataFrame, list[str]]:
    return simulated(accounts=200, people=2, weights=(0.6, 0.3, 0.0), seed=4)


def with_more(frame, **columns):
    shares, accounts = frame
    return said(shares.assign(**columns), accounts)


def test_the_truth_is_found_and_what_means_nothing_is_no_more_than_noise(frame):
    found = derived(asked(said(*frame)))
    table = found.table.set_index("dimension")
    assert found.method == LMG
    assert table["importance"].sum() == pytest.approx(1)
    assert table["real"].tolist() == [True, True, False]
    assert table["importance"]["x0"] > table["importance"]["x1"] > table["importance"]["x2"]
    assert (table["low_importance"] <= table["importance"]).all()
    assert (table["importance"] <= table["high_importance"]).all()
    assert table["low_importance"]["x2"] > 0  # never negative: zero is no yardstick, the noise is
    assert table["low_above_noise"]["x2"] < 0
    assert 0 < found.noise < 0.03
    assert found.r2_low < found.r2 < found.r2_high
    assert found.shares.sum(axis=1) == pytest.approx(np.ones(len(found.shares)))


def test_coefficients_and_points_are_those_of_least_squares(frame):
    from statsmodels.regression.linear_model import OLS

    shares, accounts = frame
    table = derived(asked(said(shares, accounts)), draws=20).table
    design = shares[["x0", "x1", "x2"]].assign(one=1.0)
    fit = OLS(shares["satisfaction"], design).fit()
    assert table["points"].to_numpy() == pytest.approx(10 * fit.params[:3].to_numpy(), abs=1e-9)
    own = fit.params[:3] * shares[["x0", "x1", "x2"]].std() / shares["satisfaction"].std()
    assert table["coefficient"].to_numpy() == pytest.approx(own.to_numpy(), abs=1e-9)
    assert table["correlation"].to_numpy() == pytest.approx(shares.corr()["satisfaction"][:3].to_numpy(), abs=1e-9)


def test_intervals_of_coefficients_are_those_of_clustered_errors(frame):
    """statsmodels' errors with accounts as clusters, from rows; the draws of accounts, from moments: the same width."""
    from statsmodels.regression.linear_model import OLS

    shares, accounts = frame
    table = derived(asked(said(shares, accounts)), draws=2000).table
    fit = OLS(shares["satisfaction"], shares[["x0", "x1", "x2"]].assign(one=1.0)).fit()
    robust = fit.get_robustcov_results("cluster", groups=pd.factorize(np.array(accounts))[0])
    width = (table["high_points"] - table["low_points"]).to_numpy()
    assert width == pytest.approx(10 * 2 * 1.645 * robust.bse[:3], rel=0.1)


def test_the_order_and_the_names_of_rows_do_not_matter(frame):
    shares, accounts = frame
    rng = np.random.default_rng(0)
    order = rng.permutation(len(shares))
    first = derived(asked(said(shares, accounts)), draws=30).table
    turned = derived(
        asked(said(shares.iloc[order].reset_index(drop=True), [accounts[i] for i in order])), draws=30
    ).table
    pd.testing.assert_frame_equal(first, turned, rtol=1e-9)
    again = derived(asked(said(shares, accounts)), draws=30).table
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_a_dimension_is_the_mean_of_its_items_that_were_answered(frame):
    shares, accounts = frame
    shares = shares.copy()
    shares.loc[::3, "x1"] = np.nan
    asks = Questionnaire(dimensions={"both": ("x0", "x1"), "third": ("x2",)})
    found = asked(said(shares, accounts, said_of=asks))
    assert found.dimensions == ["both", "third"]
    assert found.values[:, 0] == pytest.approx(shares[["x0", "x1"]].mean(axis=1).to_numpy())
    assert found.notes == ("400 of 400 questionnaires answer every question used here; the others are left out.",)


def test_whole_questionnaires_count_until_too_many_are_lost(frame):
    shares, accounts = frame
    rng = np.random.default_rng(1)
    few = shares.mask(pd.DataFrame(rng.random(shares.shape) < 0.1, columns=shares.columns))
    found = asked(said(few, accounts))
    assert not found.pairwise
    assert len(found.values) == few.notna().all(axis=1).sum()
    many = shares.mask(pd.DataFrame(rng.random(shares.shape) < 0.35, columns=shares.columns).assign(satisfaction=False))
    found = asked(said(many, accounts))
    assert found.pairwise
    assert "each pair of questions" in found.notes[-1]
    table, whole = derived(found).table, derived(asked(said(*frame))).table
    assert table["real"].tolist() == [True, True, False]
    assert table["importance"].to_numpy() == pytest.approx(whole["importance"].to_numpy(), abs=0.1)


def test_questions_never_asked_together_cannot_be_compared(frame):
    shares, accounts = frame
    half = np.arange(len(shares)) < len(shares) // 2 + 60  # x0 in one half, x1 in the other
    split = shares.assign(x0=shares["x0"].where(half), x1=shares["x1"].where(~half))
    found = asked(said(split, accounts))
    assert found.dimensions == ["x0", "x2"]
    assert "'x1' is left out: fewer than 30 accounts" in found.notes[0]


def test_what_cannot_explain_is_left_out_with_words(frame):
    shares = frame[0]
    more = {"same": 0.5, "nobody": np.nan, "sum": shares["x0"] / 2 + shares["x1"] / 2}
    found = asked(with_more(frame, **more))
    assert found.dimensions == ["sum", "x0", "x2"]
    words = " ".join(found.notes)
    assert "'same' is left out: everybody gave the same answer" in words
    assert "'nobody' is left out: nobody" in words
    assert "'x1' is left out: the dimensions before it tell its answers exactly" in words
    assert derived(found, draws=20).table["importance"].sum() == pytest.approx(1)


def test_the_recommendation_stands_in_and_is_no_driver(frame):
    shares, accounts = frame
    renamed = shares.rename(columns={"satisfaction": "recommendation"})
    assert asked(said(renamed, accounts)).target == "recommendation"
    both = shares.assign(recommendation=shares["satisfaction"])
    assert asked(said(both, accounts)).target == "satisfaction"
    chosen = asked(said(both, accounts), target="recommendation")
    assert (chosen.target, chosen.dimensions) == ("recommendation", ["x0", "x1", "x2"])
    assert "x0" not in asked(said(shares, accounts), target="x0").dimensions


def test_scales_of_yes_and_no_are_like_any_other(frame):
    shares, accounts = frame
    table = derived(asked(said((shares > 0.5).astype(float), accounts, width=1.0))).table
    assert table["real"].tolist()[0]


def test_only_the_window_counts(frame):
    shares, accounts = frame
    days = ["2026-05-20" if i % 2 else "2023-05-20" for i in range(len(shares))]
    assert len(asked(said(shares, accounts, days)).values) == len(shares) // 2
    assert len(asked(said(shares, accounts, days), window="60M").values) == len(shares)
    with pytest.raises(BookError, match="Nobody answered 'satisfaction' or 'recommendation' in the 24 months"):
        asked(said(shares, accounts, "2020-05-20"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (3, "3 accounts answered 'satisfaction'.*3 dimensions need 30 accounts"),
        (29, "29 accounts answered"),
    ],
)
def test_three_responses_are_too_few(frame, rows, words):
    shares, _ = frame
    with pytest.raises(BookError, match=words):
        asked(said(shares.head(rows)))


def test_many_people_of_one_account_are_one_account(frame):
    with pytest.raises(BookError, match="1 account answered"):
        asked(said(frame[0], ["A"] * 400))


def test_one_answer_given_by_all_teaches_nothing(frame):
    with pytest.raises(BookError, match="never differently"):
        asked(said(frame[0].assign(satisfaction=0.75)))
    with pytest.raises(BookError, match="No question is left"):
        asked(said(frame[0].assign(x0=1.0, x1=np.nan, x2=0.25)))


def test_what_nobody_asked_is_named(frame):
    with pytest.raises(UserError, match="no question 'x9' in the survey; it has x0, x1, x2, satisfaction"):
        asked(said(*frame), dimensions={"a": ("x9",)})
    with pytest.raises(UserError, match="no question 'y'"):
        asked(said(*frame), target="y")


def test_eighty_dimensions_need_eight_hundred_accounts_and_twenty_are_told_by_johnson():
    shares, accounts = simulated(accounts=400, people=1, weights=(0.6, *([0.0] * 79)), halo=0.0)
    with pytest.raises(BookError, match=r"400 accounts answered.*80 dimensions need 800 accounts"):
        asked(said(shares, accounts))
    shares, accounts = simulated(accounts=250, people=1, weights=(0.6, *([0.0] * 19)), halo=0.0)
    found = derived(asked(said(shares, accounts)), draws=100)
    assert found.method == JOHNSON
    assert "20 dimensions" in found.notes[-1]
    table = found.table
    assert table["importance"].idxmax() == 0
    assert table["real"][0]
    assert table["real"][1:].sum() <= 3  # one of 19 is expected by chance
    assert table["other_importance"].isna().all()


@settings(FEW, max_examples=8)
@given(st.integers(0, 1000), st.floats(0.1, 0.9))
def test_what_is_left_unused_of_a_scale_changes_no_importance(seed, part):
    """Answers moved and drawn together, as by a habit that all share, leave importance as it was; points change."""
    shares, accounts = simulated(accounts=40, people=1, seed=seed)
    plain = derived(asked(said(shares, accounts)), draws=2).table
    moved = derived(asked(said(shares.assign(x0=shares["x0"] * part + (1 - part) / 2), accounts)), draws=2).table
    assert moved["importance"].to_numpy() == pytest.approx(plain["importance"].to_numpy(), abs=1e-9)
    assert moved["points"][0] * part == pytest.approx(plain["points"][0], abs=1e-9)
