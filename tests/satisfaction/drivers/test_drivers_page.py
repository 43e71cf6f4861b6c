"""The facade of what satisfaction hangs on, its sentences and figures: true whatever the answers are."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from driver_answers import said, simulated

from crm_analysis import plots
from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.errors import BookError
from crm_analysis.labels import column
from crm_analysis.report.sentences import drivers as words
from crm_analysis.satisfaction.drivers.page import Drivers

mpl.use("agg")

NAMES = {"x0": "reliability", "x1": "timeliness", "x2": "warmth", "x3": "facilities"}
SENTENCES = [
    *(words.hangs_most, words.hangs_said, words.improve_first, words.improve_said, words.map_alt, words.map_said),
    *(words.explained_said, words.stated_said, words.notes_said, words.impressions_said, words.teams_said),
    *(words.teams_alt, words.paths_said),
]
TABLES = ["table", "details", "impressions", "teams", "team_details", "paths", "path_details"]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def look_of(shares, accounts, frame=None, dimensions=None, **more) -> Drivers:
    if frame is None:
        names = sorted(set(accounts))
        frame = pd.DataFrame({"account_id": names, "team": [f"team {i % 3}" for i in range(len(names))]})
    return Drivers(said(shares, accounts, **more), frame, dimensions)


@pytest.fixture(scope="module")
def material() -> tuple[pd.DataFrame, list[str]]:
    shares, accounts = simulated(accounts=240, people=2, weights=(0.8, 0.3, 0.3, 0.0), seed=3)
    shares = shares.rename(columns=NAMES)
    shares["reliability"] = np.clip(shares["reliability"] - 0.2, 0, 1)
    shares["recommendation"] = np.clip(shares["satisfaction"] + 0.1, 0, 1)
    return shares, accounts


@pytest.fixture(scope="module")
def look(material) -> Drivers:
    shares, accounts = material
    rng = np.random.default_rng(0)
    said_so = {
        name: np.clip(0.6 + 0.3 * (name == "warmth") + rng.normal(0, 0.1, len(shares)), 0, 1) for name in NAMES.values()
    }
    return look_of(shares, accounts, importance=said_so)


def test_the_main_table_is_in_the_order_of_importance(look):
    table = look.table
    assert table.columns.tolist() == [
        "dimension",
        "performance",
        "importance",
        "low_importance",
        "high_importance",
        "ten_points",
        "stated_rank",
        "quadrant",
        "quadrant_share",
    ]
    assert table["dimension"].iloc[0] == "reliability"
    assert table["importance"].is_monotonic_decreasing
    assert table.set_index("dimension")["stated_rank"]["warmth"] == 1
    assert table.set_index("dimension")["quadrant"].to_dict()["reliability"] == "concentrate here"
    assert table.set_index("dimension")["quadrant"].to_dict()["facilities"] == "no more than chance"


def test_every_column_of_a_table_has_its_heading(look):
    for name in TABLES:
        for heading in getattr(look, name).columns:
            assert column(heading).heading


def test_an_analyst_sees_odds_and_noise(look):
    table = look.details.set_index("dimension")
    assert (table["low_ten_odds"] < table["ten_odds"]).all()
    assert table["ten_odds"]["reliability"] > 1.2
    assert table["low_ten_odds"]["facilities"] < 1
    assert table["low_above_noise"]["facilities"] < 0 < table["low_above_noise"]["reliability"]
    assert look.draws.shape == (400, 4)
    assert look.draws.sum(axis=1).tolist() == pytest.approx([1] * 400)


def test_sentences_say_what_the_tables_say(look):
    assert words.hangs_most(look).startswith("reliability (")
    assert "hangs most on reliability" in words.hangs_said(look)
    assert words.improve_first(look) == "reliability"
    assert "Important above the average and rated below it, in" in words.improve_said(look)
    assert "More than chance it cannot be said for facilities." in words.explained_said(look)
    assert "say that warmth matters most to them; satisfaction hangs more on reliability" in words.stated_said(look)
    assert "480 questionnaires of 240 accounts" in words.explained_said(look)
    assert "Concentrate here: reliability" in words.map_alt(look)


def test_the_map_is_told_in_the_words_of_its_table(look):
    for own in (look, bordering()):
        told = words.map_alt(own)
        for place, names in own.table.groupby("quadrant")["dimension"]:
            part = next(part for part in told.split(". ")[1].split("; ") if part.startswith(place.capitalize()))
            assert all(name in part for name in names)
    assert words.map_said(look).startswith("The place on the map is sure for ")


def test_an_impression_is_lost_only_beside_the_others():
    """One interval of three that leaves 0 out is not enough."""
    shares, accounts = simulated(accounts=60, people=1, weights=(0.5, 0.4, 0.3), seed=1)
    rng = np.random.default_rng(1)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        for name in ("reliability", "timeliness", "warmth"):
            shares[name] = np.clip(np.round(rng.normal(0.6, 0.2, 60) * 6) / 6, 0, 1)
        own = look_of(shares, accounts)
        table = own.impressions
        if (table["low_points_lost"] > 0).any() and (table["p_holm"] > 0.1).all():
            break
    assert (table["low_points_lost"] > 0).any()
    assert (table["p_holm"] > 0.1).all()
    assert words.impressions_said(own).startswith("Accounts rate none of the impressions surely below the others")


def test_what_pulls_down_is_said():
    shares, accounts = simulated(accounts=240, people=1, weights=(0.7, -0.4, 0.0), halo=0.0)
    own = look_of(shares, accounts)
    assert "more of x1 goes surely with less satisfaction" in words.explained_said(own)
    assert own.table.set_index("dimension")["ten_points"]["x1"] < 0


def test_a_close_race_is_not_called():
    shares, _ = simulated(accounts=60, people=1, weights=(0.5, 0.4, 0.0), seed=5)
    both = pd.concat([shares, shares.rename(columns={"x0": "x1", "x1": "x0"})], ignore_index=True)  # neither is ahead
    said_of_it = words.hangs_said(look_of(both, [f"A{i}" for i in range(120)]))
    assert "do not settle whether more than on" in said_of_it


def test_chance_is_called_chance():
    rng = np.random.default_rng(0)
    shares = pd.DataFrame(rng.integers(0, 5, (60, 3)) / 4, columns=["a", "b", "satisfaction"])
    own = look_of(shares, [f"A{i}" for i in range(60)])
    assert "No dimension goes with satisfaction more than a question of pure noise" in words.hangs_said(own)
    assert words.hangs_most(own) == ""
    assert words.improve_first(own) == "nothing stands out"
    assert own.table["quadrant"].tolist() == ["no more than chance"] * 2


def test_impressions_and_teams(look, material):
    shares, accounts = material
    assert look.impressions["impression"].tolist() == [
        "first impression (manner)",
        "second impression (can they do it)",
        "third impression (do they follow through)",
    ]
    assert look.impressions["importance"].sum() == pytest.approx(1)
    assert "at the second impression (can they do it)" in words.impressions_said(look)
    assert "surely below" in words.teams_said(look)
    worse = shares.copy()
    third = np.array([int(name[1:]) % 3 == 0 for name in accounts])
    worse.loc[third, "timeliness"] = np.clip(worse["timeliness"][third] - 0.3, 0, 1)
    own = look_of(worse, accounts)
    assert words.teams_said(own).startswith("team 0 loses on the third impression (do they follow through): ")
    table = own.teams.set_index("team")
    assert table["loses_on"].tolist() == ["third impression (do they follow through)", "none surely", "none surely"]
    offices = own.frame.rename(columns={"team": "sales_office"})
    assert look_of(worse, accounts, offices).teams.columns[0] == "sales_office"
    with pytest.raises(BookError, match="neither teams nor sales offices"):
        _ = look_of(worse, accounts, offices[["account_id"]]).teams
    assert "neither teams" in words.teams_said(look_of(worse, accounts, offices[["account_id"]]))


def test_the_path_model_of_the_impressions(look):
    table = look.paths
    assert table["hangs"].tolist() == ["satisfaction"] * 3 + ["loyalty"] * 4
    assert table[table["hangs"] == "loyalty"]["path"].notna().sum() == 1
    assert table["hangs_on"].iloc[0] == "second impression (can they do it)"
    assert "satisfaction moves most with second impression" in words.paths_said(look)
    assert look.path_details["r2"].notna().sum() == 2


def test_service_quality_is_a_map_of_its_own(material):
    shares, accounts = material
    asks = Questionnaire(dimensions={"care": ("warmth", "facilities"), "work": ("reliability", "timeliness")})
    own = look_of(shares, accounts, said_of=asks)
    assert own.asked.dimensions == ["care", "work"]
    assert own.service.asked.dimensions == ["reliability", "timeliness", "warmth", "facilities"]
    plain = look_of(shares, accounts)
    assert plain.service is plain or sorted(plain.service.asked.dimensions) == sorted(plain.asked.dimensions)
    other = look_of(shares.rename(columns=lambda name: name if name == "satisfaction" else f"q_{name}"), accounts)
    with pytest.raises(BookError, match="service quality"):
        _ = other.service


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("three", pd.DataFrame({"reliability": [0.5, 1, 0], "satisfaction": [0.5, 1, 0]})),
        ("alike", pd.DataFrame({"reliability": [0.5] * 50, "timeliness": [0.5] * 50, "satisfaction": [0.5] * 50})),
        ("overall only", pd.DataFrame({"satisfaction": np.linspace(0, 1, 50)})),
        ("no overall", pd.DataFrame({"reliability": np.linspace(0, 1, 50), "warmth": np.linspace(1, 0, 50)})),
        ("foretold", pd.DataFrame({"reliability": np.linspace(0, 1, 50), "satisfaction": np.linspace(0, 1, 50)})),
        ("one", pd.DataFrame({"reliability": [0.5], "satisfaction": [0.5]})),
    ],
)
def test_poor_answers_give_sentences_and_no_traceback(name, shares):
    own = look_of(shares, [f"A{i}" for i in range(len(shares))])
    lacks, found = [], []
    for table in TABLES:
        try:
            found.append(getattr(own, table))
        except BookError as lack:
            lacks.append(str(lack))
    assert all(isinstance(table, pd.DataFrame) for table in found)
    assert all(words_of_it.endswith(".") for words_of_it in lacks)
    for sentence in SENTENCES:
        found = sentence(own)
        assert "nan" not in found
        assert "{" not in found


def test_one_dimension_is_said_as_one(material):
    shares, accounts = material
    own = look_of(shares[["reliability", "satisfaction"]], accounts)
    assert "the only dimension asked" in words.hangs_said(own)
    assert words.map_said(own) == ""


def test_the_map_draws_what_the_table_says(look):
    table = look.map.table
    ax = plots.importance_map(table, look.map.importance_mean, look.map.performance_mean)
    ax.figure.canvas.draw()
    assert ax.lines[0].get_xdata().tolist() == table["performance"].tolist()
    assert ax.lines[0].get_ydata().tolist() == table["importance"].tolist()
    assert {text.get_text() for text in ax.texts} >= {*table["dimension"], "concentrate here", "possible overkill"}
    plots.importance_map(table[:0], np.nan, np.nan).figure.canvas.draw()
    odd = table.assign(dimension=[f"$\\x{i}$ <b>" for i in range(len(table))])
    plots.importance_map(odd, 0.2, 50.0).figure.canvas.draw()


def test_teams_are_dots_of_the_table(look):
    table = look.team_details
    ax = plots.team_impressions(table)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["team 0", "team 1", "team 2"]
    assert ax.lines[0].get_xdata().tolist() == table["performance"][::3].tolist()
    plots.team_impressions(table[:0]).figure.canvas.draw()
    plots.team_impressions(table.assign(performance=np.nan)).figure.canvas.draw()


def test_scales_that_changed_have_thresholds_of_their_own(material):
    shares, accounts = material
    long = np.arange(len(shares)) % 2 == 0
    widths = pd.DataFrame({name: np.where(long, 6.0, 4.0) for name in shares})
    steps = np.round(shares * widths) / widths
    fit = look_of(steps, accounts, widths=widths).ordered
    assert sorted(fit.thresholds) == [4.0, 6.0]
    assert [len(cuts) for cuts in fit.thresholds.values()] == [4, 6]


def bordering() -> Drivers:
    """Four dimensions that matter alike."""
    shares, accounts = simulated(accounts=60, people=1, weights=(0.4, 0.4, 0.4, 0.4, 0.0), halo=0.5, seed=2)
    return look_of(shares.drop(columns="x4"), accounts)


def test_a_place_that_most_draws_deny_is_the_border():
    table = bordering().table
    border = table["quadrant"] == "on the border"
    assert border.any()
    assert (table["quadrant_share"][border] < 0.5).all()
    assert (table["quadrant_share"][~border] >= 0.5).all()
