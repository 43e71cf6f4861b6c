"""Competitors beside us: by the same people, paired, accounts first."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from score_books import BEFORE, NOW, heard, said

from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.scores.intervals import Sums, ends, off_zero
from crm_analysis.satisfaction.scores.rivals import SURE, WHOLE, beside, better, by_item, pairs


def rated(ours: list[int], theirs: list[int], rival: str = "Acme", name: str = "A") -> list[dict]:
    rows = []
    for place, (one, two) in enumerate(zip(ours, theirs, strict=True)):
        rows += said(f"{name}{place}", NOW, satisfaction=one, warmth=one)
        rows += said(f"{name}{place}", NOW, subject=rival, satisfaction=two)
    return rows


def test_shares_and_leads_by_hand():
    table = better(heard(rated([5, 4, 3, 2, 5, 5], [4, 4, 4, 1, 3, 3])))
    row = table.iloc[0]
    assert (row["rival"], row["accounts_heard"]) == ("all together", 6)
    assert [row[name] for name in ("us_better", "us_equal", "us_worse")] == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    assert row["lead"] == pytest.approx(100 * (1 + 0 - 1 + 1 + 2 + 2) / 4 / 6)
    assert row["low_lead"] < row["lead"] < row["high_lead"]
    assert row["low"] < row["us_better"] < row["high"]
    assert table["rival"].tolist() == ["all together", "Acme"]


def test_items_rated_for_us_only_are_not_compared():
    table = by_item(heard(rated([5, 4, 3, 2, 5], [4, 4, 4, 1, 3])))
    assert table["item"].tolist() == ["satisfaction", WHOLE]
    row = table.iloc[0]
    assert (row["points_ours"], row["points_theirs"]) == (pytest.approx(70.0), pytest.approx(55.0))
    assert row["relative"] == pytest.approx(70 / 55)
    assert row["low_relative"] < row["relative"] < row["high_relative"]


def test_only_people_who_rated_both_in_one_wave_count():
    rows = rated([5] * 5, [3] * 5)
    rows += said("Z", NOW, satisfaction=1)  # nobody else
    rows += said("Y", BEFORE, subject="Acme", satisfaction=5) + said("Y", NOW, satisfaction=1)  # another wave
    rows += said("X", NOW, "1", satisfaction=1) + said("X", NOW, "2", subject="Acme", satisfaction=5)  # another person
    who, ours, theirs = pairs(heard(rows))
    assert sorted(who["account_id"]) == [f"A{place}" for place in range(5)]
    assert (ours[WHOLE] > theirs[WHOLE]).all()


def test_several_people_are_one_account():
    rows = rated([5] * 5, [1] * 5)
    for person in range(2, 9):  # eight people of one account who find the other better
        rows += said("A0", NOW, str(person), satisfaction=1) + said(
            "A0", NOW, str(person), subject="Acme", satisfaction=5
        )
    row = better(heard(rows)).iloc[0]
    assert row["accounts_heard"] == 5
    assert row["us_worse"] == pytest.approx(0.2)


def test_competitors_of_few_accounts_are_not_told_apart():
    rows = rated([5] * 5, [3] * 5) + rated([4, 4], [5, 5], "Bolt", "B")
    table = better(heard(rows))
    assert table["rival"].tolist() == ["all together", "Acme"]
    assert table["accounts_heard"].tolist() == [7, 5]


def test_without_an_overall_question_items_rated_for_both_stand_for_it():
    rows = []
    for place in range(5):
        rows += said(f"A{place}", NOW, warmth=5, speed=1)
        rows += said(f"A{place}", NOW, subject="Acme", warmth=3)
    row = better(heard(rows)).iloc[0]
    assert row["us_better"] == 1.0
    assert row["lead"] == pytest.approx(50.0)


def test_a_lead_is_sure_beside_all_items_looked_at():
    """An item alone beyond chance is not, looked at with eleven others; one far beyond is, in both directions."""
    rng = np.random.default_rng(4)
    rows = []
    for place in range(30):
        ours = {f"item{n:02}": int(rng.integers(2, 5)) for n in range(12)}
        theirs = {f"item{n:02}": int(rng.integers(2, 5)) for n in range(12)}
        ours["item00"], theirs["item00"] = 5, 1 + place % 2
        ours["item01"], theirs["item01"] = 1, 4 + place % 2
        ours["item02"], theirs["item02"] = 3 + (place % 3 > 0), 3 + (place % 5 == 0) + (place % 7 == 0)
        rows += said(f"A{place}", NOW, **ours) + said(f"A{place}", NOW, subject="Acme", **theirs)
    single = by_item(heard(rows)).set_index("item")
    table = beside(heard(rows)).set_index("item")
    assert table.loc["item00", "verdict"] == "ahead"
    assert table.loc["item01", "verdict"] == "behind"
    assert (table.loc["item02", "low"] > 0, table.loc["item02", "verdict"]) == (True, "chance")
    assert table["p_holm"].tolist() == pytest.approx(holm(single["p"].to_numpy()).tolist())
    assert (table["low"] == single["low"]).all()


def test_equal_ratings_are_rarely_called_a_lead():
    """Of 300 surveys of six items without any difference at most SURE should name one; exact binomial test."""
    rng, named = np.random.default_rng(9), 0
    for _ in range(300):
        leads = np.round((rng.normal(0, 0.15, (28, 1)) + rng.normal(0, 0.2, (28, 6))) * 6) / 6
        p = [off_zero(Sums.of(leads[:, place]), "lead")[0] for place in range(6)]
        named += bool((holm(np.array(p)) <= SURE).any())
    assert stats.binomtest(named, 300, SURE, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize("kind", ["lead", "nps"])
def test_p_is_small_where_the_interval_leaves_out_zero(kind):
    rng = np.random.default_rng(2)
    for shift in np.linspace(-0.6, 0.6, 13):
        sums = Sums.of(np.clip(np.round(rng.normal(shift, 0.5, 15) * 2) / 2, -1, 1))
        low, high = ends(sums, kind)
        if low[0] < sums.mean[0] < high[0]:
            assert (low[0] > 0 or high[0] < 0) == (off_zero(sums, kind)[0] < 0.1)
    assert np.isnan(off_zero(Sums.of([0.5]), kind)[0])


def test_nobody_or_few_who_rated_both_is_said():
    with pytest.raises(BookError, match="Nobody rated a competitor and us"):
        better(heard(said("A", NOW, satisfaction=4)))
    with pytest.raises(BookError, match="2 accounts rated one and us in one wave, and 5 are needed"):
        better(heard(rated([5, 4], [3, 3])))


def test_all_alike_leaves_no_interval_of_the_quotient():
    row = by_item(heard(rated([4] * 6, [4] * 6))).iloc[0]
    assert (row["relative"], row["lead"]) == (1.0, 0.0)
    assert np.isnan(row["low_relative"])
    assert row["low"] < 0 < row["high"]
