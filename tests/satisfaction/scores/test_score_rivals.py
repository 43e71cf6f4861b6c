"""Competitors beside us: by the same people, paired, accounts first."""

from __future__ import annotations

import numpy as np
import pytest
from score_books import BEFORE, NOW, heard, said

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.scores.rivals import WHOLE, better, by_item, pairs


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
