"""Scores of questionnaires, accounts, groups and waves: any scale, accounts first, few accounts told as few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from score_books import BEFORE, NOW, book_with, heard, said
from small_books import DAY
from small_books import FEW as EXAMPLES

from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.groups import FEW, by_group, overview
from crm_analysis.satisfaction.scores.measures import measured, promoted, top_two, units
from crm_analysis.satisfaction.scores.trend import changes, last_two, trend


def steps(low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    scores = np.arange(low, high + 1)
    return (scores - low) / (high - low), np.full(len(scores), float(high - low))


@pytest.mark.parametrize(("low", "high", "tops"), [(1, 5, 2), (1, 7, 2), (0, 10, 2), (0, 1, 1), (1, 3, 1), (1, 4, 2)])
def test_top_two_on_any_scale(low, high, tops):
    found = top_two(*steps(low, high))
    assert found.sum() == tops
    assert (np.diff(found) >= 0).all()


def test_promoters_and_detractors_on_eleven_and_ten_steps():
    """9 and 10 promote, 0 to 6 detract (Reichheld 2003); nobody does on a scale of seven."""
    assert promoted(*steps(0, 10)).tolist() == [-1] * 7 + [0] * 2 + [1] * 2
    assert promoted(*steps(1, 10)).tolist() == [-1] * 6 + [0] * 2 + [1] * 2
    assert np.isnan(promoted(*steps(1, 7))).all()


def test_scores_that_are_no_whole_numbers():
    share = np.array([8.9, 9.0, 6.5, 6.0]) / 10
    assert promoted(share, np.full(4, 10.0)).tolist() == [0, 1, 0, -1]
    assert top_two(np.array([0.75, 0.7]), np.full(2, 4.0)).tolist() == [1, 0]


def test_an_account_is_the_mean_of_its_people():
    rows = [
        *said("A", NOW, "1", satisfaction=5, recommendation=10),
        *said("A", NOW, "2", satisfaction=1, recommendation=0),
    ]
    rows += said("B", NOW, "1", satisfaction=4, recommendation=10)
    own = units(heard(rows).ours)
    assert own["people"].tolist() == [2, 1]
    assert own["content"].tolist() == [0.5, 0.75]
    assert own["top_two"].tolist() == [0.5, 1.0]
    assert own["nps"].tolist() == [0.0, 1.0]
    table = overview(own, pd.Series({"A": 300.0, "B": 100.0})).set_index("score")
    assert table.loc["nps", ["points", "points_by_revenue"]].tolist() == [50.0, 25.0]
    assert table.loc["content", "points"] == pytest.approx(62.5)


def test_who_answers_five_hundred_times_counts_once():
    rows = [row for turn in range(500) for row in said("A", f"2026-05-{1 + turn % 28:02}", satisfaction=1)]
    rows += said("B", NOW, satisfaction=5)
    own = units(answers(book_with(rows), DAY).ours.latest())
    assert own["people"].tolist() == [1, 1]
    assert overview(own, None).set_index("score").loc["content", "points"] == 50.0


def test_without_an_overall_question_the_items_stand_for_it():
    rows = said("A", NOW, reliability=5, warmth=3, recommendation=0) + said("B", NOW, reliability=1)
    table = measured(heard(rows).ours)
    assert table["content"].tolist() == [0.75, 0.0]
    assert table["top_two"].isna().all()


def test_reversed_items_are_turned_before_they_count():
    found = heard(
        said("A", NOW, complicated=5) + said("B", NOW, complicated=1), asks=Questionnaire(reversed=("complicated",))
    )
    assert measured(found.ours)["content"].tolist() == [0.0, 1.0]


def many_accounts(scores: list[int], groups: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    names = [f"A{place:03}" for place in range(len(scores))]
    own = pd.DataFrame({"account_id": names, "people": 1, "content": (np.array(scores) - 1) / 4})
    own["top_two"], own["nps"] = (own["content"] >= 0.75).astype(float), np.nan
    own["people_content"] = own["people_top_two"] = own["people"]
    return own, pd.Series(groups, names)


@EXAMPLES
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("PQR")), min_size=3, max_size=40))
def test_groups_add_up_to_all_accounts(rows):
    own, named = many_accounts([score for score, _ in rows], [group for _, group in rows])
    table = by_group(own, named, few=1)
    assert table["accounts_heard"].sum() == len(rows) == overview(own, None)["accounts_heard"].iloc[0]
    assert table["people_heard"].sum() == len(rows)
    mean = (table["content"] * table["accounts_heard"]).sum() / len(rows)
    assert mean == pytest.approx(overview(own, None)["points"].iloc[0])
    assert table["accounts_heard"].is_monotonic_decreasing
    shuffled = own.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(by_group(shuffled, named, few=1), table)


def test_a_group_of_few_shows_how_many_and_no_score():
    own, named = many_accounts([5] * 10 + [1] * 4, ["P"] * 10 + ["Q"] * 4)
    table = by_group(own, named).set_index("group")
    assert table.loc["Q", "accounts_heard"] == 4 < FEW
    assert table.loc["Q", ["content", "low_content", "high_content", "top_two"]].isna().all()
    assert table["differs"].tolist() == ["", "few"]
    assert "nps" not in table


def test_accounts_without_a_group_are_a_group():
    own, named = many_accounts([5, 4, 3], ["P", "P", "P"])
    table = by_group(own, named.drop("A002"), few=1)
    assert table["group"].tolist() == ["P", "not known"]


def test_a_group_differs_beside_all_that_were_looked_at():
    """One low office among ten stands out; ten offices that differ by chance alone do not."""
    rng = np.random.default_rng(2)
    scores = rng.integers(2, 6, 200)
    groups = np.repeat([f"O{place}" for place in range(10)], 20)
    own, named = many_accounts(scores.tolist(), groups.tolist())
    assert set(by_group(own, named)["differs"]) == {""}
    scores[groups == "O3"] = rng.integers(1, 3, 20)
    own, named = many_accounts(scores.tolist(), groups.tolist())
    found = by_group(own, named).set_index("group")["differs"]
    assert found["O3"] == "lower"
    assert set(found.drop("O3")) == {""}


@pytest.mark.parametrize("name", ["content", "nps"])
def test_small_groups_beside_a_large_one_rarely_differ_by_chance(name):
    """Of 150 books of eight offices of five and one of sixty, all alike, at most 5 % should name one; binomial test."""
    rng, named = np.random.default_rng(7), 0
    group = pd.Series(np.repeat([f"O{place}" for place in range(9)], [5] * 8 + [60]))
    for _ in range(150):
        values = {"content": rng.integers(0, 7, 100) / 6, "nps": rng.choice([1, 0, -1], 100, p=[0.4, 0.35, 0.25])}
        own = pd.DataFrame({"account_id": range(100), "people": 1, "content": np.nan, "top_two": np.nan, "nps": np.nan})
        found = by_group(own.assign(**{name: values[name]}), group)["differs"]
        named += bool(found.isin(["higher", "lower"]).any())
    assert stats.binomtest(named, 150, 0.05, alternative="greater").pvalue > 0.01


def test_each_score_counts_those_who_told_it():
    rows = said("A", NOW, "1", satisfaction=5, recommendation=10) + said("A", NOW, "2", satisfaction=1)
    table = overview(units(heard(rows).ours), None).set_index("score")
    assert table["people_heard"].to_dict() == {"content": 2, "top_two": 2, "nps": 1}


# --- waves ---


def two_waves(before: list[int], now: list[int], high: int = 5) -> list[dict]:
    rows = []
    for place, score in enumerate(before):
        rows += said(f"A{place}", BEFORE, satisfaction=score, recommendation=2 * score)
    for place, score in enumerate(now):
        rows += [row | {"scale_max": high} for row in said(f"A{place}", NOW, satisfaction=score)]
        rows += said(f"A{place}", NOW, recommendation=min(2 * score, 10))
    return rows


def test_waves_stand_beside_each_other():
    found = trend(heard(two_waves([5] * 6, [3] * 7)).ours)
    assert found["wave"].tolist() == ["2025-11", "2026-05"]
    assert found["content"].tolist() == [100.0, 50.0]
    assert found["accounts_heard"].tolist() == [6, 7]
    assert not found["open"].any()


def test_a_change_is_told_with_its_chance_and_the_accounts_in_both():
    table = changes(heard(two_waves([5, 4, 5, 5, 4, 5], [1, 2, 2, 1, 2, 1, 1])).ours).set_index("score")
    row = table.loc["content"]
    assert row[["points_before", "points_now"]].tolist() == pytest.approx([91.667, 10.714], abs=0.001)
    assert row["points_change"] == pytest.approx(10.714 - 91.667, abs=0.001)
    assert row["high"] < -30
    assert row["p_change"] < 0.001
    assert row["both"] == 6
    assert table.loc["nps", "points_change"] < -50


def test_waves_on_other_scales_have_no_change_of_the_best_answers():
    table = changes(heard(two_waves([5] * 6, [7] * 6, high=7)).ours).set_index("score")
    assert np.isnan(table.loc["top_two", "points_change"])
    assert "not comparable" in table.loc["top_two", "remark"]
    assert table.loc["content", "points_change"] == 0.0
    assert "another scale" in table.loc["content", "remark"]
    assert table.loc["nps", "remark"] == ""


def test_a_wave_tells_its_scale():
    rows = two_waves([5] * 6, [7] * 6, high=7)
    assert trend(heard(rows).ours)["asked_on"].tolist() == ["1 to 5", "1 to 7"]
    mixed = rows + said("B", NOW, satisfaction=4)
    assert trend(heard(mixed).ours)["asked_on"].tolist() == ["1 to 5", "several"]
    assert "asked_on" not in trend(heard([row for row in rows if row["item"] == "recommendation"]).ours)


def test_one_wave_has_no_change():
    with pytest.raises(BookError, match="two finished waves of 5 accounts heard, and there are 1"):
        last_two(heard(two_waves([5, 4], [1, 2, 2, 1, 2])).ours)
