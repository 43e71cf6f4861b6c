"""The KPI page: what it tells of a book whose programme is known, and of books that lack what it needs."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from pages import NOTEBOOKS, Page, page_of, shown, table_of
from small_books import DAY, line, small_book

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi import outlook as module
from crm_analysis.kpi.definitions import BY_NAME, KPIS
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.drift import Drift
from crm_analysis.kpi.outlook import Parameters
from crm_analysis.plots.kpi import became_high, effect_by_quarter, kpi_funnels, kpi_months
from crm_analysis.report.kept import keep
from crm_analysis.report.parameters import declared
from crm_analysis.report.sentences import kpi as said
from crm_analysis.report.sentences import kpi_believed as believed
from crm_analysis.report.sentences import kpi_effect as programme
from crm_analysis.report.sentences import kpi_goals as goals
from crm_analysis.report.sentences import kpi_like as same
from crm_analysis.report.sentences import kpi_markets as market
from crm_analysis.report.sentences import kpi_months as months
from crm_analysis.report.sentences import kpi_new as new
from crm_analysis.report.sentences import kpi_spread as spread

mpl.use("agg")

OFFICES = [f"Office {place:02}" for place in range(11)] + ["<script>alert(1)</script>"]
STARTED = OFFICES[:6]
START = dt.date(2025, 10, 1)
LIFT = 1.5


def sold() -> list[dict[str, Any]]:
    """An account in each office with a line a month for four years, half as large again where the programme started.

    Costs are seven tenths, and shipping takes three to five days of the four promised.
    """
    rng = np.random.default_rng(5)
    rows = []
    for place in range(len(OFFICES)):
        for month in range(48):
            day = dt.date(2022, 10, 15) + dt.timedelta(days=int(30.4 * month))
            money = 1000 * (1 + place) * float(rng.uniform(0.97, 1.03))
            money *= LIFT if OFFICES[place] in STARTED and day >= START else 1
            took = int(rng.integers(3, 6))
            more = {"promised_on": day + dt.timedelta(days=4), "shipped_on": day + dt.timedelta(days=took)}
            rows.append(line(f"A{place:02}", str(day), round(money, 2), cost=round(0.7 * money, 2), **more))
    return rows


def company() -> Any:
    accounts = [{"account_id": f"A{place:02}", "sales_office": name} for place, name in enumerate(OFFICES)]
    history = [
        {"account_id": row["account_id"], "field": "sales_office", "value": row["sales_office"],
         "known_on": dt.date(2022, 1, 1)} for row in accounts
    ]  # fmt: skip
    started = [{"started_on": START, "name": "focus", "sales_office": name} for name in STARTED]
    targets = [
        {"kpi": name, "segment": None, "quarter": "2026Q3", "target": target, "set_on": dt.date(2026, 6, 1)}
        for name, target in (("revenue", 1.0), ("on_time", 0.999))
    ]
    return small_book(sold(), accounts, account_history=history, programme=started, targets=targets)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, Path]:
    return shown("kpi", company(), tmp_path_factory.mktemp("kpi"))


def test_the_planted_effect_is_told_with_its_interval_and_the_naive_figure_beside(whole):
    page, folder = whole
    rows = table_of(folder, "effect").set_index("effect_on")
    revenue = rows.loc["Revenue"]
    assert revenue["effect"] == pytest.approx(LIFT - 1, abs=0.02)
    assert revenue["low_95"] < LIFT - 1 < revenue["high_95"]
    assert revenue["light"] == "✓ better"
    assert rows.loc["Orders", "light"] == "could be chance"
    assert f"The programme: worked: revenue {revenue['effect_said'].split(' (')[0]}" in page.text
    assert f"revenue {revenue['effect_said']}. A plain before-and-after comparison" in page.text
    assert "The programme 'focus' started in 6 sales offices on 2025-10-01." in page.text
    assert "It has not started in 6 sales offices." in page.text


def test_the_scorecard_says_what_the_lines_sum_to(whole):
    page, folder = whole
    card = table_of(folder, "scorecard").set_index("kpi")
    rows = pd.DataFrame(sold())
    days = pd.to_datetime(rows["ordered_on"])
    year = {
        name: rows[(days > f"{end - 1}-09-30") & (days <= f"{end}-09-30")]
        for name, end in (("now", 2026), ("before", 2025))
    }
    for name, own in year.items():
        assert card.loc["Revenue", name] == pytest.approx(own["revenue"].sum(), abs=0.01)
        assert card.loc["Margin", name] == pytest.approx((own["revenue"] - own["cost"]).sum(), abs=0.01)
        assert card.loc["Revenue per account", name] == pytest.approx(own["revenue"].sum() / 12, abs=0.01)
    quarter = rows[(days > "2026-06-30") & (days <= "2026-09-30")]
    late = (quarter["shipped_on"] > quarter["promised_on"]).mean()
    assert card.loc["On time", "target_said"] == f"{1 - late:.1%}, target 99.9%: missed"
    assert card.loc["Revenue", "target_said"].endswith(", target 1: reached")
    assert "Targets reached: 1 of 2 Reached: revenue" in page.text


def test_sentences_count_what_the_tables_hold(whole):
    page, folder = whole
    cells = table_of(folder, "cells")
    assert f"{len(cells):,} figures were looked at" in page.text
    lit = cells[cells["light"].isin(["✓ better", "✗ worse", "≠ changed"])]
    assert (f"{len(lit)} changed by more" if len(lit) else "none changed by more") in page.text
    card = table_of(folder, "scorecard")
    told = card[~card["light"].isin(["cannot be told", "not tested"])]
    own = cells[(cells["of_whom"] == "the company") & (cells["compared_with"] == "a year ago")]
    assert len(told[told["kpi"] != "New accounts that became High"]) == len(own)
    assert len(table_of(folder, "definitions")) == len(KPIS)
    assert table_of(folder, "like_for_like")["kpi"].tolist()[0] == "Revenue"
    assert "12 accounts ordered in the year to 2025-09-30; 12 of them ordered in the last year." in page.text


def test_hostile_names_are_shown_as_they_are(whole):
    page, folder = whole
    assert not page.soup.find_all("script")
    assert "office <script>alert(1)</script>" in set(table_of(folder, "spread")["of_whom"])


def bare(many: int, last: int) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in sold()[: 48 * many]][
        -last:
    ]


@pytest.mark.parametrize(
    ("book", "says"),
    [
        (lambda: small_book(bare(8, 384)), "Figures that changed: "),
        (lambda: small_book([line("A", "2026-08-01", 10)]), "Nothing can be compared yet"),
        (lambda: small_book([], [{"account_id": "A"}]), "No order is known by 2026-09-30"),
    ],
)
def test_books_that_lack_something_give_a_calm_page(book, says, tmp_path):
    page, folder = shown("kpi", book(), tmp_path)
    assert says in page.text
    assert page.text.count("The book has no table 'programme'") <= 2  # in short, and among what is missing
    assert "The programme: none recorded" in page.text
    for heading in ("there is no effect to tell.", "There is no effect to test.", "There is no effect to follow."):
        assert page.text.count(heading) == 1
    assert page.text.count("No order is known") <= 2
    assert table_of(folder, "missing")["why"].is_unique
    assert "programme" in " ".join(table_of(folder, "missing")["unlocks"])


def test_a_programme_that_started_everywhere_is_held_against_the_companys_past(tmp_path):
    """Half as much more of the first six offices' 21 in 78: +13.5 %, and a word on how weak that is."""
    book = small_book(sold(), None, programme=[{"started_on": START, "name": "everywhere"}])
    page, folder = shown("kpi", book, tmp_path)
    revenue = table_of(folder, "effect").set_index("effect_on").loc["Revenue"]
    assert revenue["effect"] == pytest.approx(0.5 * 21 / 78, abs=0.01)
    assert f"Against what the company's own past let expect: revenue {revenue['effect_said']}." in page.text
    assert "nothing can be held against it but the company's own past" in page.text
    assert "started everywhere on 2025-10-01." in page.text


def test_offices_that_were_not_known_a_year_ago_are_not_compared_with_then():
    """Without a history the book tells today's offices only: against a year without any, every office would grow."""
    accounts = [{"account_id": f"A{place:02}", "sales_office": name} for place, name in enumerate(OFFICES)]
    look = module.outlook(small_book(sold(), accounts), DAY)
    assert "sales_office" not in set(look.lights["dimension"])
    assert "sales_office" in look.panel.groups
    assert "not compared with then: sales offices." in said.left_out_said(look)
    known = module.outlook(company(), DAY)
    assert known.not_compared == ()
    assert said.left_out_said(known) == ""


# --- parameters ---


def test_parameters_reach_the_outlook(monkeypatch, tmp_path):
    seen: list[Any] = []

    def outlook(*given: Any) -> Any:
        seen.append(given)
        raise RuntimeError("stopped")

    monkeypatch.setattr(module, "outlook", outlook)
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: small_book([line("A", "2026-08-01", 10)]))
    with pytest.raises(RuntimeError, match="stopped"):
        page_of("kpi", tmp_path, monkeypatch, book="", kpi_window="quarter", baseline="2025Q2", high_bar=5.0,
                mid_bar=2.0, silence="6M", quarter="2026Q2")  # fmt: skip
    assert seen[0][1:] == (dt.date(2026, 6, 30), Parameters("quarter", "2025Q2", 5.0, 2.0, "6M"))


def test_defaults_are_those_of_the_package():
    found = declared(nbformat.read(NOTEBOOKS / "kpi.ipynb", as_version=4), "kpi")
    own = Parameters()
    assert ast.literal_eval(found["kpi_window"].default) == own.kind
    for name in ("baseline", "high_bar", "mid_bar", "silence"):
        assert ast.literal_eval(found[name].default) == getattr(own, name)
    with pytest.raises(UserError, match="found 'month'"):
        Parameters("month")


def test_bars_that_are_set_decide_classes():
    book = company()
    look = module.outlook(book, DAY, Parameters(high_bar=60_000.0, mid_bar=30_000.0))
    assert (look.panel.bars.high, look.panel.bars.mid) == (60_000.0, 30_000.0)
    assert look.panel.bars.margin_rate == pytest.approx(0.3, abs=1e-4)
    with pytest.raises(UserError, match="above the High bar"):
        _ = module.outlook(book, DAY, Parameters(high_bar=10.0, mid_bar=30.0)).panel


# --- single sentences ---


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (24_318_554.0, "money", "EUR 24.3M"),
        (153_000.0, "money", "EUR 153k"),
        (999_960.0, "money", "EUR 1.0M"),
        (0.2361, "share", "23.6%"),
        (1_234.0, "count", "1,234"),
        (4.25, "days", "4.2 days"),
        (123.4, "minutes", "123 min"),
        (-20.03, "points", "-20"),
        (0.0, "per_100", "0"),
        (float("nan"), "share", "–"),
    ],
)
def test_figures_are_written_in_their_unit(value, unit, words):
    assert said.figure(value, unit, "EUR") == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((10.0, -5.0, 25.0, 200.0, "money"), "+5.0% (-2.5% to 12.5%)"),
        ((10.0, -5.0, 25.0, 0.0, "money"), "–"),
        ((0.012, -0.019, 0.04, 0.2, "share"), "+1.2 points (-1.9 to 4.0)"),
        ((-1.33, float("nan"), float("nan"), 16.6, "days"), "-1.3 days"),
        ((-0.00001, -0.1, 0.1, 0.2, "share"), "0.0 points (-10.0 to 10.0)"),
        ((1.0, float("nan"), float("nan"), 1.0, "count"), "+1"),
        ((float("nan"), 0.0, 0.0, 1.0, "share"), "–"),
    ],
)
def test_changes_are_written_with_their_sign_and_interval(given, words):
    assert said.changed(*given) == words


@pytest.mark.parametrize(
    ("kpi", "change", "low", "high", "before", "words"),
    [
        ("revenue", -50.0, -166.5, 66.5, 100.0, "-50.0% (-100.0% to 66.5%)"),  # no revenue below nothing
        ("margin", -50.0, -166.5, 66.5, 100.0, "-50.0% (-166.5% to 66.5%)"),  # a loss is possible
        ("on_time", 0.1, -0.05, 0.25, 0.8, "+10.0 points (-5.0 to 20.0)"),  # from 80 % there are 20 points left
        ("share_of_wallet", -0.2, -1.166, 0.5, 0.4, "-20.0 points (-40.0 to 50.0)"),
        ("csat", 0.1, -1.5, 1.7, 0.5, "+10.0 points (–)"),  # further than can be on both sides
        ("nps", -10.0, -150.0, 130.0, 20.0, "-10 (–)"),
        ("days_to_pay", -1.33, -10.14, 6.83, 30.0, "-1.3 days (-10.1 to 6.8)"),
        ("complaints_per_100_orders", -0.4, -1.0, 0.2, 0.9, "-0.40 (-0.90 to 0.20)"),
    ],
)
def test_intervals_of_a_change_end_where_the_figure_now_can_be_no_further(kpi, change, low, high, before, words):
    own, now = BY_NAME[kpi], before + change
    assert said.changed(change, low, high, before, own.unit, now, said.within(own, now, before)) == words


def test_with_the_season_taken_off_the_figure_now_can_be_no_further_either():
    """27.8 % to 24.9 %, where the year before it rose from 20 % to 32 %: 39.8 % were to be expected, and -39.8 is 0."""
    own = look(
        cell("proactive_share", "same", now=0.249, before=0.278, change=-0.149, low=-0.5, high=0.2, against="quarter")
    )
    row = said.every(own).iloc[0]
    assert row["change_said"] == "-14.9 points (-39.8 to 20.0)"
    assert row[["change_alone", "change_range"]].tolist() == ["-14.9 points", "-39.8 to 20.0"]
    assert row["step_said"] == "+12.0 points"
    assert row[["kpi_code", "dimension", "group"]].tolist() == ["proactive_share", "company", ""]
    assert said.every(look(cell("csat", "same")))["step_said"].tolist() == [""]


def test_names_of_a_light_are_left_out_where_they_are_all_of_them():
    assert said.same_said(look(cell("nps", "same", 0.5), cell("csat", "same", 0.5))) == ""


def test_long_tables_are_files_and_one_sentence(tmp_path, capsys):
    frame = pd.DataFrame({"kpi": ["NPS"] * 2, "change": [1.0, 2.0]})
    keep(lambda: frame, "All.", "some", tmp_path, said.KINDS)
    assert "All 2 rows are in tables/some.csv." in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "some.csv")["change"].tolist() == [1.0, 2.0]
    keep(lambda: frame, "All.", "some")
    assert capsys.readouterr().out == ""


def test_a_market_share_that_ends_earlier_is_told_with_its_quarter_and_its_change_in_points(monkeypatch):
    rows = pd.DataFrame({"segment": ["", "flex"], "quarter": ["2026Q2", "2026Q1"], "share_before": [0.1, np.nan],
                         "share_change": [0.047, np.nan], "leader": ["us", "Thelmora"]})  # fmt: skip
    monkeypatch.setattr(market, "market_shares", lambda *_: rows)
    own = look(book=None, day=DAY)
    assert market.markets(own)["market_change_said"].tolist() == ["+4.7 points", "–"]
    assert "ends between 2026Q1 and 2026Q2" in market.markets_until(own)
    card = pd.DataFrame({"kpi": ["revenue", "market_share"], "window": "year", "quarter": ["2026Q3", "2026Q2"]})
    assert "Market share is of the year to 2026Q2" in said.window_said(look(scorecard=card))


def test_every_kpi_has_its_place_in_the_scorecard():
    assert sorted(said.THEME) == sorted(BY_NAME)


def test_months_without_a_figure_are_left_open_and_only_worse_ones_are_red():
    table = pd.DataFrame({"month": ["2025-11", "2026-01", "2026-02"], "value": [0.9, 0.5, 0.1],
                          "signal": ["above", "", "below"]})  # fmt: skip
    chart = SimpleNamespace(table=table, signals=table[::2], low=0.2, high=0.8, middle=0.5, by_chance=0.08)
    *_, line, other, worse = kpi_months({"on_time": chart}, goals.titles()).lines
    np.testing.assert_array_equal(line.get_xydata(), [[0, 0.9], [1, np.nan], [2, 0.5], [3, 0.1]])
    assert other.get_xydata().tolist() == [[0, 0.9]]
    assert worse.get_xydata().tolist() == [[3, 0.1]]
    *_, other, worse = kpi_months({"days_to_pay": chart}, goals.titles()).lines
    assert worse.get_xydata().tolist() == [[0, 0.9]]
    plt.close("all")


def test_funnels_with_offices_outside_are_drawn_first():
    rows = pd.DataFrame({"kpi": ["margin_rate", "on_time", "days_to_pay"], "dimension": "sales_office", "group": "a",
                         "way": ["same", "same", "worse"]})  # fmt: skip
    assert list(spread.drawn(look(funnels=rows))) == ["days_to_pay", "margin_rate", "on_time"]


def cell(kpi: str, light: str, q: float = 0.01, dimension: str = "company", **more: Any) -> dict[str, Any]:
    numbers = {"now": 0.3, "before": 0.2, "change": 0.1, "low": 0.05, "high": 0.15, "p": q, "q": q}
    told = {"kpi": kpi, "dimension": dimension, "group": "", "against": "year", "window": "year", "light": light}
    return numbers | told | more


def look(*cells: dict[str, Any], **given: Any) -> Any:
    return SimpleNamespace(
        **({"lights": pd.DataFrame(cells), "panel": None, "currency": "EUR", "kind": "year"} | given)
    )


def test_changes_are_counted_and_named_the_surest_first():
    own = look(
        cell("on_time", "better", 0.02), cell("csat", "better", 0.001), cell("margin_rate", "worse"),
        cell("nps", "same", 0.5), cell("revenue", "unknown", np.nan), cell("csat", "better", 0.01, "region", group="X"),
    )  # fmt: skip
    assert said.changes(own) == "2 better, 1 worse of 4"
    words = said.changes_said(own)
    assert "Better than a year before: satisfied (CSAT) (+10.0 points (5.0 to 15.0)), on time (" in words
    assert "Worse than a year before: margin rate (" in words
    assert "5 figures were looked at" in said.looked_said(own)
    assert "4 changed by more than chance explains" in said.looked_said(own)
    assert said.same_said(own) == "No clear change: NPS. Too little is known to compare: revenue."
    assert said.lit(own)["of_whom"].tolist() == ["the company", "region X", "the company", "the company"][:4]


def test_figures_that_look_better_only_because_accounts_are_gone_are_named():
    rows = [
        {"kpi": "margin_rate", "plain_change": 0.012, "like_for_like_change": -0.003},
        {"kpi": "revenue_per_account", "plain_change": 10.0, "like_for_like_change": 5.0},
        {"kpi": "complaints_per_100_orders", "plain_change": -0.4, "like_for_like_change": 0.1},
        {"kpi": "minutes_per_account", "plain_change": 5.0, "like_for_like_change": -5.0},  # neither is better
    ]
    frame = pd.DataFrame(rows).assign(dimension="company", quarter="2026Q3", plain=1.0, like_for_like=1.0)
    own = look(like_for_like=frame)
    assert "the same ones at their old mix: margin rate, complaints per 100 orders." in same.flattered_said(own)
    fewer = {"kpi": "revenue_per_account", "plain_change": 9.0, "like_for_like_change": -5.0}
    own = look(
        like_for_like=pd.DataFrame([fewer]).assign(dimension="company", quarter="2026Q3", plain=1.0, like_for_like=1.0)
    )
    assert same.flattered_said(own).endswith("but not among the same ones: revenue per account.")
    assert "No figure is better" in same.flattered_said(look(like_for_like=frame.iloc[[1]]))


def test_months_that_stand_out_are_told_with_what_chance_does():
    table = pd.DataFrame({"month": ["2026-08", "2026-09"], "numerator": 1.0, "denominator": 2.0, "value": [0.5, 0.1],
                          "signal": ["", "below"]})  # fmt: skip
    chart = SimpleNamespace(table=table, signals=table[1:], low=0.2, high=0.8, middle=0.5, by_chance=0.08)
    own = look(charts=({"on_time": chart}, {"margin_rate": "No costs."}))
    assert months.months_said(own).startswith(
        "Of 1 chart these have months that stand out: on time. Chance alone gives"
    )
    assert months.signals(own)[["month", "now_said", "signal_said"]].to_numpy().tolist() == [
        ["2026-09", "10.0%", "below the limit"]
    ]
    assert months.untold_said(own) == "No costs."
    ax = kpi_months({"on_time": chart}, goals.titles())
    assert ax.lines[-1].get_xydata().tolist() == [[1, 0.1]]
    plt.close("all")


def test_offices_outside_the_limits_are_counted_beside_what_chance_puts_there():
    rows = pd.DataFrame(
        {"kpi": "on_time", "dimension": "sales_office", "group": ["a", "b", "c", ""], "accounts": 5, "value": 0.5,
         "company": 0.6, "low_95": 0.4, "high_95": 0.8, "low_998": 0.3, "high_998": 0.9, "denominator": 7.0,
         "way": ["worse", "worse_perhaps", "same", "none"]}
    )  # fmt: skip
    own = look(funnels=rows, people=pd.DataFrame())
    assert "3 figures of offices and sales people were looked at (1 KPI). Outside the outer limits lie 1" in (
        spread.spread_said(own)
    )
    assert spread.outside(own)["of_whom"].tolist() == ["office a"]
    ax = kpi_funnels(spread.drawn(own), goals.titles())
    assert [words.get_text() for words in ax.texts] == ["a"]
    plt.close("all")
    with pytest.raises(BookError, match="does not tell of offices"):
        spread.spread_said(look(funnels=rows[3:], people=pd.DataFrame()))


def test_new_accounts_are_told_apart_only_beyond_their_intervals():
    rows = pd.DataFrame(
        {"cohort": ["2024H1", "2024H2", "all"], "accounts": [40, 40, 80], "became_4": [0.1, 0.6, 0.35],
         "low_became_4": [0.03, 0.43, 0.2], "high_became_4": [0.24, 0.75, 0.5], "became_8": np.nan,
         "low_became_8": np.nan, "high_became_8": np.nan}
    )  # fmt: skip
    assert "Of those that came in 2024H2 more became High" in new.cohorts_said(
        look(becoming=SimpleNamespace(summary=rows))
    )
    alike = rows.assign(high_became_4=[0.5, 0.75, 0.5])
    assert "cannot be told apart" in new.cohorts_said(look(becoming=SimpleNamespace(summary=alike)))
    table = new.summary(look(becoming=SimpleNamespace(summary=rows)))
    assert table["became_4_said"].tolist()[0] == "10.0% (3.0% to 24.0%)"
    curves = pd.DataFrame({"cohort": ["all"] * 2, "quarters_since": [0, 1], "became": [0.0, 0.2],
                           "low_95": [0.0, 0.1], "high_95": [0.1, 0.3]})  # fmt: skip
    ax = became_high(curves, "all")
    assert ax.lines[-1].get_ydata().tolist() == [0.0, 0.2]
    plt.close("all")


def test_effects_are_written_as_shares_or_in_the_unit_of_the_figure():
    assert programme.written(0.223, 0.029, 0.454, True, "orders") == "+22.3% (2.9% to 45.4%)"
    assert programme.written(0.051, -0.013, 0.115, False, "on_time") == "+5.1 points (-1.3 to 11.5)"
    assert programme.written(5300.0, -2800.0, 7600.0, False, "revenue", "EUR") == "+EUR 5.3k (EUR -2.8k to EUR 7.6k)"
    assert programme.written(-1.27, -4.39, 1.67, False, "days_to_pay") == "-1.3 days (-4.4 to 1.7)"
    ax = effect_by_quarter(
        pd.DataFrame({"since": [-1, 0], "effect": [0.0, 0.1], "low": [-0.1, 0.0], "high": [0.1, 0.2]}), True, "orders"
    )
    assert [list(own.get_ydata()) for own in ax.lines[-2:]] == [[0.0], [0.1]]
    plt.close("all")


def drifted(gains: bool, gap: float, slope: float) -> str:
    """What is said of regression to the mean, of logarithms where they are gains, else of days."""
    moved = (slope - (not gains)) * gap
    own = Drift(moved, moved - 0.1, moved + 0.1, gap, slope, 12, gains)
    outcome = SimpleNamespace(name="orders" if gains else "days_to_pay", logs=gains)
    found = SimpleNamespace(outcome=outcome, drift=own)
    return believed.drift_said(look(effect=SimpleNamespace(found={outcome.name: found})))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((True, 0.1096, 0.29), "gained 11.6% more in orders than the others. About 29% of such a difference comes"),
        ((True, -0.1096, 0.29), "had gained 10.4% less in orders than the others. About 29% of"),
        ((True, 0.1096, -0.5), "About 50% of such a difference is made up for in the next year, so that chance"),
        ((False, 4.0, 0.25), "higher in days to pay than the others, by 4.0 days. Of such a distance about 25% lasts"),
        ((False, -4.0, 1.2), "Such a distance widens by about 20% in the next year"),
        ((False, -4.0, -0.1), "is gone in the next year, and about 10% of it comes on the other side"),
    ],
)  # fmt: skip
def test_drift_says_of_gains_that_they_come_again_and_of_levels_that_they_last(given, words):
    assert words in drifted(*given)


@pytest.mark.parametrize(
    ("first", "months"), [("2025-10-01", 12), ("2025-10-15", 11), ("2026-09-30", 0), ("2026-07-01", 3)]
)
def test_months_since_the_start_are_whole_ones_of_the_calendar(first, months):
    assert believed._months(dt.date.fromisoformat(first), DAY) == months


def test_once_all_have_started_waiting_makes_nothing_surer():
    own = SimpleNamespace(
        start=np.array([1, 3]),
        names=["a", "b"],
        programme=SimpleNamespace(started={"a": START, "b": dt.date(2026, 7, 1), "nobody's": dt.date(2026, 8, 1)}),
    )
    table = look(effect=SimpleNamespace(units=own, compared=True))
    assert programme.all_started_said(table).startswith("Since 2026-07-01 everything has started")
    own.start = np.array([1, NEVER])
    assert programme.all_started_said(table) == ""


def test_what_the_book_did_not_tell_yet_is_missing_and_never_zero():
    """Complaints are written down from October 2025 on: the year before had not none, but untold many."""
    told = [
        {"complaint_id": f"C{place}", "account_id": f"A{place % 12:02}",
         "opened_on": dt.date(2025, 10, 1) + dt.timedelta(days=9 * place)}
        for place in range(40)
    ]  # fmt: skip
    accounts = [{"account_id": f"A{place:02}"} for place in range(12)]
    card = said.scorecard(module.outlook(small_book(sold(), accounts, complaints=told), DAY)).set_index("kpi")
    row = card.loc["Complaints per 100 orders"]
    assert row["now"] == pytest.approx(100 * 40 / 144, abs=1.0)
    assert np.isnan(row["before"])
    assert (row["before_said"], row["change_said"], row["light"]) == ("–", "–", "cannot be told")
