"""What pages tell the first page, from stand-ins of their outlooks: sentences, tiles, changes, decisions."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace as Stub
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import BookError
from crm_analysis.report.sentences import front, front_kpi

DAY = dt.date(2026, 9, 30)


def light(kpi: str, light: str, p: float, **more: Any) -> dict[str, Any]:
    usual = {"dimension": "company", "group": "", "against": "year", "window": "year", "now": 0.8, "before": 0.9}
    return {"kpi": kpi, "light": light, "p": p, "change": -0.1, "low": -0.15, "high": -0.05} | usual | more


def moved(*rows: dict[str, Any]) -> list[Any]:
    return front_kpi.moved(Stub(lights=pd.DataFrame(rows), currency="EUR"))


# --- what changed ---


def test_lit_figures_come_by_company_then_time_then_importance():
    found = moved(
        light("on_time", "worse", 0.001),
        light("on_time", "worse", 0.0001, dimension="team", group="customer support"),
        light("revenue", "worse", 0.02, now=8e6, before=1e7, change=-2e6, low=-3e6, high=-1e6),
        light("margin_rate", "worse", 0.0001, against="quarter"),
        light("nps", "same", 0.3, now=3.0, before=-20.0, change=23.0, low=-1.0, high=47.0),
    )
    assert [(one.lit, one.most) for one in found] == [(True, False)] * 4 + [(False, True)]
    assert [one.name for one in found[:3]] == [
        "revenue_company__year", "on_time_company__year", "margin_rate_company__quarter"]  # fmt: skip
    assert found[0].sentence == "Revenue: EUR 8.0M now, EUR 10.0M a year ago; worse, by -20.0% (-30.0% to -10.0%)."
    assert found[3].sentence.startswith("On time, team customer support: 80.0% now")
    assert (
        found[4].sentence
        == "What moved most, and still may be chance: NPS: 3 now, -20 a year ago, a change of +23 (-1 to 47)."
    )


def test_where_nothing_lit_up_that_is_said_with_what_moved_most():
    found = moved(
        light("on_time", "same", 0.2),
        light("revenue", "same", 0.1, now=8e6, before=1e7, change=-2e6, low=-5e6, high=1e6),
        light("nps", "unknown", np.nan, now=np.nan, before=np.nan, change=np.nan, low=np.nan, high=np.nan),
    )  # fmt: skip
    assert found[0].nothing
    assert found[0].sentence == "None of 2 figures of the company changed in a year by more than chance can explain."
    assert [one.sentence.split(":")[0] for one in found[1:]] == [
        "What moved most, and still may be chance", "After that, and as likely chance"]  # fmt: skip


def test_a_book_of_one_year_has_nothing_to_compare_and_says_so():
    found = moved(light("on_time", "unknown", np.nan, before=np.nan, change=np.nan, low=np.nan, high=np.nan))
    assert [one.sentence for one in found] == ["No figure of the company can be compared with a year ago yet."]


# --- tiles ---


def card(*names: str) -> pd.DataFrame:
    return pd.DataFrame([light(name, "same", 0.5) for name in names])


def tiles(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[Any]:
    past = pd.DataFrame({"kpi": np.repeat(names, 3), "quarter": ["2026Q1", "2026Q2", "2026Q3"] * len(names),
                         "value": [0.7, np.nan, 0.8] * len(names)})  # fmt: skip
    monkeypatch.setattr(front_kpi, "values", lambda *_, **__: past)
    return front_kpi.tiles(Stub(scorecard=card(*names), panel=None, kind="year", currency="EUR"))


def test_tiles_stand_in_a_fixed_order_and_others_fill_in_for_what_a_book_lacks(monkeypatch):
    rich = tiles(monkeypatch, *front_kpi.INSTEAD, *reversed(front_kpi.TILES))
    assert [one.name for one in rich] == list(front_kpi.TILES[: front_kpi.MOST])
    poor = tiles(monkeypatch, "repurchase_rate", "revenue", "revenue_growth", "account_retention", "top_20_share")
    assert [one.name for one in poor] == [
        "revenue", "account_retention", "revenue_growth", "repurchase_rate", "top_20_share"]  # fmt: skip


def test_a_tile_tells_its_figure_its_past_and_its_light(monkeypatch):
    one = tiles(monkeypatch, "on_time")[0]
    assert (one.heading, one.now, one.before, one.light) == ("On time", "80.0%", "90.0%", "same")
    assert one.trend == (("2026Q1", 0.7), ("2026Q2", None), ("2026Q3", 0.8))
    assert one.described == "On time, 2026Q1 to 2026Q3: from 70.0% to 80.0%; lowest 70.0%, highest 80.0%."


# --- the programme ---


def effect(monkeypatch: pytest.MonkeyPatch, way: str, compared: bool = True) -> Any:
    monkeypatch.setattr(front_kpi, "recorded", lambda _: True)
    table = pd.DataFrame(
        [{"kpi": "revenue", "share": True, "effect": 0.1, "low": 0.05, "high": 0.2, "told": bool(way), "way": way}]
    )
    units = Stub(programme=Stub(name="Care", kind="sales_office"))
    return Stub(effect=Stub(table=table, compared=compared, units=units), currency="EUR")


@pytest.mark.parametrize(
    ("way", "what"),
    [
        ("better", "Go on with the programme Care: it did what it was to do."),
        ("worse", "Look at the programme Care before it goes on: something got worse by it."),
        ("", "Decide how the programme Care is to be judged: its effect is not shown either way. "
             "More quarters would tell, with some units held back."),
    ],
)  # fmt: skip
def test_the_decision_on_a_programme_follows_what_was_shown(monkeypatch, way, what):
    found = front_kpi.judge(effect(monkeypatch, way))
    assert found is not None
    assert found.what == what
    assert found.worth == "Its effect so far: revenue +10.0% (5.0% to 20.0%)."


def test_a_series_never_says_that_a_programme_worked(monkeypatch):
    found = front_kpi.judge(effect(monkeypatch, "better", compared=False))
    assert found is not None
    assert found.what.endswith("Only units that start later than others would tell.")


def test_without_a_programme_there_is_nothing_to_judge(monkeypatch):
    monkeypatch.setattr(front_kpi, "recorded", lambda _: False)
    assert front_kpi.judge(Stub()) is None


# --- the other pages ---


def test_revenue_says_how_much_from_whom_and_how_concentrated():
    frame = pd.DataFrame({"account_id": list("ABCDE"), "revenue": [600.0, 100, 100, 100, 100],
                          "revenue_before": [1000.0, 0, 0, 0, 0], "active": [True] * 5})  # fmt: skip
    assert front.revenue(frame, "12M", DAY, "EUR") == (
        "Revenue was EUR 1,000 in the 12 months to 2026-09-30, +0.0% against the 12 months before, from 5 accounts; "
        "the first 20% of them brought 60.0%."
    )
    assert front.revenue(frame.assign(active=False), "12M", DAY, "EUR") == ""


def potential(outcomes: list[str], more_needed: int = 0, **more: Any) -> Any:
    today = pd.DataFrame({"account_id": list("ABC")[: len(outcomes)], "outcome": outcomes, "potential": 0.1})
    guard = Stub(more_needed=more_needed, cases=45 - more_needed, needed=45, alpha=0.05, delta=0.1)
    drift = Stub(moved=False)
    own = {"today": today, "safety": Stub(guard=guard, drift=drift), "outcome_drift": drift, "budget": Stub(cost=100)}
    money = pd.DataFrame({"account_id": list("ABC"), "minutes": 30.0, "cost_to_serve": 50.0})
    return Stub(**own | {"money": Stub(accounts=money)} | more)


def test_cutting_says_what_is_promised_or_what_it_takes():
    assert front.cutting(potential(["cut", "keep", "keep"])) == (
        "1 of 3 Low accounts may be cut, and with 90% confidence that takes at most 5% of those that will grow."
    )
    assert front.cutting(potential(["keep"], more_needed=40)) == (
        "No small account may be cut safely yet: 5 are known to have grown, and 45 are needed."
    )
    assert front.cutting(potential(["keep", "keep"])) == "None of 2 Low accounts may be cut now."


def test_the_decision_is_to_cut_to_ask_or_to_wait():
    cut = front.cut(potential(["cut", "cut", "keep"]), "EUR")
    assert cut is not None
    assert cut.what.startswith("Stop active service for 2 accounts, in steps that can be taken back; 0.2 of them")
    assert (cut.worth, cut.money) == ("Worth: 60 minutes and EUR 100.00 freed a year.", 100)
    survey = pd.DataFrame({"account_id": ["B"], "name": ["Bee"], "worth_asking": [900.0], "within": [True]})
    ask = front.cut(potential(["survey"], more_needed=40, survey=survey), "EUR")
    assert ask is not None
    assert ask.what == "Cut nobody yet, and ask 1 account that a survey can settle, Bee first."
    wait = front.cut(potential(["keep"], more_needed=40, survey=survey.iloc[:0]), "EUR")
    assert wait is not None
    assert wait.what == "Cut nobody yet: that takes 40 more accounts known to have grown."


class Listed:
    """A list at risk whose sums are those of its rows."""

    horizon, money = 4, "margin"

    def __init__(self, worths: dict[str, float]) -> None:
        self.accounts = pd.DataFrame({"account_id": list(worths), "at_risk": list(worths.values())})
        self.accounts["name"] = self.accounts["account_id"]

    def of(self, account_id: pd.Series) -> pd.Series:
        worth = float(self.accounts.loc[self.accounts["account_id"].isin(account_id), "at_risk"].sum())
        return pd.Series({"at_risk": worth, "low_at_risk": worth / 2, "high_at_risk": 2 * worth})


def test_nobody_is_called_whom_people_decided_to_part_with(monkeypatch):
    said = pd.DataFrame({"account_id": ["A", "B"], "action": ["Good-bye", "keep"]})
    monkeypatch.setattr(front.decided, "overrides", lambda *_: said)
    monkeypatch.setattr(front.decided, "WORDS", {"good bye": "cut", "keep": "keep"})
    look = Stub(risks=Stub(listed=Listed({"A": 900.0, "B": 200.0, "C": 100.0, "D": -5.0})), book=None, day=DAY)
    found = front.call(look, "EUR")
    assert found is not None
    assert found.accounts == ("B", "C")
    assert found.what == "Call 2 accounts that may leave and are worth most, B first."
    assert found.worth == "At stake: EUR 300.00 margin at risk with them (EUR 150.00 to EUR 600.00)."


def test_the_plan_is_no_decision_where_minutes_are_not_known():
    assert front.serve(Stub(balance=Stub(whole={"hours_freed": np.nan}), table=pd.DataFrame())) is None


def test_an_improvement_that_may_be_none_is_not_proposed():
    table = pd.DataFrame([{"improvement": "speed", "low": -1.0, "high": 9.0, "priority": 5.0, "at_stake": 1.0}])
    assert front.improve(Stub(worth=Stub(by_dimension=table, priorities=None)), "EUR") is None


def test_content_tells_what_of_both_is_known():
    def none() -> Any:
        raise BookError("no surveys")

    overall = {"orders": 100, "per_100": 1.5, "low": 1.0, "high": 2.0}
    scores = Stub(of=lambda _: none())
    assert front.content(Stub(scores=scores, complaints=Stub(overall=overall))) == (
        "There were 1.50 complaints per 100 orders (1.00 to 2.00)."
    )
