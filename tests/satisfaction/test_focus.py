"""The customer focus scorecard: pairs and differences by hand, and who cannot be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr, ttest_rel
from voice_sample import said

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.focus import FEW, scorecard

MAPS = {"focus": {"organisation": ("prompt", "good"), "communication": ("warm",)}}


def both(many: int = 12, seed: int = 1, rosier: float = 0.2) -> list[dict]:
    """Each account said something, and so did one of our people, who see warmth rosier."""
    rng = np.random.default_rng(seed)
    rows = []
    for place in range(many):
        own = rng.uniform(0.2, 0.7, 3)
        customer = dict(zip(("prompt", "good", "warm"), own + rng.normal(0, 0.05, 3), strict=True))
        ours = dict(zip(("prompt", "good", "warm"), own + rng.normal(0, 0.05, 3) + [0, 0, rosier], strict=True))
        rows += [
            {"account_id": f"A{place:02}", "person": "P"} | customer,
            {"account_id": f"A{place:02}", "person": "R", "internal": True} | ours,
        ]
    return rows


def test_differences_are_those_of_a_paired_t_test():
    rows = both()
    found = scorecard(said(rows, **MAPS))
    assert found.items["item"].tolist() == ["prompt", "good", "warm"]
    assert found.items["area"].tolist() == ["organisation", "organisation", "communication"]
    table = pd.DataFrame(rows)
    ours, theirs = (table[table["internal"].eq(True) == inside] for inside in (True, False))
    for place, item in enumerate(("prompt", "good", "warm")):
        oracle = ttest_rel(ours[item].to_numpy(), theirs[item].to_numpy())
        ends = oracle.confidence_interval(0.9)
        assert found.items.loc[place, ["low", "high"]].tolist() == pytest.approx([ends.low, ends.high])
        assert found.items.loc[place, "p_holm"] >= oracle.pvalue - 1e-12
    assert found.items["verdict"].tolist() == ["open", "open", "rosier"]
    # below 0 by its own interval, and not clear beside the other area
    assert found.areas["verdict"].tolist() == ["perhaps_gloomier", "rosier"]
    assert found.areas["high"].iloc[0] < 0 < found.areas["p_holm"].iloc[0] - 0.05
    area = found.areas.set_index("area").loc["organisation"]
    assert area["ours"] == pytest.approx(ours[["prompt", "good"]].mean(axis=1).mean())
    assert (found.pairs, found.accounts, found.unpaired, found.same_wave) == (12, 12, 0, 12)


def test_accounts_count_once_each_however_many_answered():
    rows = [
        {"account_id": "A", "person": f"P{n}", "good": 0.0} for n in range(9)
    ] + [{"account_id": "A", "person": "R", "internal": True, "good": 1.0}]  # fmt: skip
    for place in range(4):
        name = f"B{place}"
        rows += [{"account_id": name, "good": 0.5}, {"account_id": name, "internal": True, "person": "R", "good": 0.6}]
    row = scorecard(said(rows)).items.iloc[0]
    assert row["difference"] == pytest.approx((1 + 4 * 0.1) / 5)
    assert row["theirs"] == pytest.approx((0 + 4 * 0.5) / 5)


def test_the_same_wave_comes_first_and_a_year_is_the_limit():
    rows = [
        {"account_id": "A", "person": "P", "answered_on": "2026-05-10", "wave": "2026-05", "good": 0.5},
        {"account_id": "A", "person": "P", "answered_on": "2025-11-10", "wave": "2025-11", "good": 0.1},
        {"account_id": "A", "person": "R", "internal": True, "answered_on": "2026-05-12", "good": 0.9},
        {"account_id": "B", "person": "P", "answered_on": "2025-11-10", "wave": "2025-11", "good": 0.4},
        {"account_id": "B", "person": "R", "internal": True, "answered_on": "2026-05-12", "good": 0.6},
        {"account_id": "C", "person": "P", "answered_on": "2025-05-11", "wave": "2025-05", "good": 0.4},
        {"account_id": "C", "person": "R", "internal": True, "answered_on": "2026-05-12", "good": 0.6},
        {"account_id": "D", "person": "R", "internal": True, "answered_on": "2026-05-12", "good": 0.6},
    ]
    found = scorecard(said(rows))
    assert (found.pairs, found.accounts, found.same_wave) == (2, 2, 1)
    assert found.unpaired == 2  # 366 days apart, and no answer at all
    row = found.items.iloc[0]
    assert row["ours"] == pytest.approx(0.75)
    assert row["theirs"] == pytest.approx(0.45)
    assert row["verdict"] == "few"
    assert np.isnan(row["low"])


def test_teams_and_those_of_nobody():
    rows = both(2 * FEW)
    frame = pd.DataFrame({"account_id": [f"A{place:02}" for place in range(FEW)], "team": "north"})
    teams = scorecard(said(rows, **MAPS), frame).teams
    assert teams["team"].tolist() == ["nobody's", "north"]
    assert teams["accounts"].tolist() == [FEW, FEW]
    assert scorecard(said(rows), frame.drop(columns="team")).teams is None
    assert scorecard(said(rows)).teams is None


def test_stated_importance_is_compared_by_ranks():
    rows = both(20)
    weights = {"prompt": (0.9, 0.3), "good": (0.6, 0.6), "warm": (0.2, 0.8)}
    rng = np.random.default_rng(2)
    for row in rows:
        for item, (theirs, ours) in weights.items():
            row[f"!{item}"] = (ours if row.get("internal") else theirs) + rng.normal(0, 0.02)
    found = scorecard(said(rows))
    table = found.importance.set_index("item")
    assert table.loc["warm", ["rank_ours", "rank_theirs"]].tolist() == [1, 3]
    assert found.agreement["rho"] == pytest.approx(spearmanr(table["ours"], table["theirs"]).statistic)
    assert found.agreement["low"] <= found.agreement["rho"] <= found.agreement["high"]
    assert table.loc["prompt", "verdict"] == "gloomier"
    assert np.isnan(scorecard(said(both())).agreement["rho"])  # nobody said what is important


def test_answers_all_alike_are_no_difference():
    rows = [
        {"account_id": f"A{place}", "person": who, "internal": who == "R", "good": 0.5}
        for place in range(6)
        for who in "PR"
    ]
    row = scorecard(said(rows)).items.iloc[0]
    assert (row["difference"], row["p_holm"], row["verdict"]) == (0, 1, "open")
    for place in range(6):
        rows[2 * place + 1]["good"] = 0.75
    row = scorecard(said(rows)).items.iloc[0]
    assert (row["low"], row["p_holm"], row["verdict"]) == (0.25, 0, "rosier")


def test_the_order_of_rows_changes_nothing():
    rows = both()
    other = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    one, two = scorecard(said(rows, **MAPS)), scorecard(said(other, **MAPS))
    columns = two.items["item"].map({item: place for place, item in enumerate(one.items["item"])})
    pd.testing.assert_frame_equal(one.items, two.items.iloc[np.argsort(columns)].reset_index(drop=True))


def test_refusals():
    alone = [row for row in both() if not row.get("internal")]
    with pytest.raises(BookError, match="Our own people answered no survey"):
        scorecard(said(alone))
    apart = [row | {"account_id": row["account_id"] + ("x" if row.get("internal") else "")} for row in both()]
    with pytest.raises(BookError, match="12 questionnaires of our own people are of accounts that did not answer"):
        scorecard(said(apart))
    one = [row for row in apart if not row.get("internal")] + [row for row in apart if row.get("internal")][:1]
    with pytest.raises(BookError, match=r"^1 questionnaire of our own people is of an account that did not answer"):
        scorecard(said(one))


def test_a_verdict_says_when_only_its_own_interval_leaves_out_0():
    """The same differences: clear as the only question, perhaps chance beside four that do not differ."""
    rng = np.random.default_rng(5)
    rows = []
    for place in range(20):
        theirs = {item: rng.uniform(0.3, 0.6) for item in "abcde"}
        ours = {item: value + rng.normal(0.055 if item == "a" else 0.0, 0.08) for item, value in theirs.items()}
        rows.append({"account_id": f"A{place:02}", "person": "P"} | theirs)
        rows.append({"account_id": f"A{place:02}", "person": "R", "internal": True} | ours)
    alone = [{name: value for name, value in row.items() if name not in "bcde"} for row in rows]
    assert scorecard(said(alone)).items["verdict"].tolist() == ["rosier"]
    row = scorecard(said(rows)).items.set_index("item").loc["a"]
    assert row["low"] > 0
    assert row["verdict"] == "perhaps_rosier"
