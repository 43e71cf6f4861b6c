"""The panel against the demo's files added up with pandas, and against the functions that tell of one day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, open_book
from crm_analysis.kpi.panel import Panel, panel
from crm_analysis.periods import before
from crm_analysis.plan.grades.bad import bad_accounts
from crm_analysis.reps import reps
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.invitations import invitations
from crm_analysis.satisfaction.scores.measures import measured
from crm_analysis.value.segments import bars, segments

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).resolve().parents[2] / "data" / "demo"
DAY = "2026-09-30"
CLASS = {"High": 2, "Mid": 1, "Low": 0}


@pytest.fixture(scope="module")
def book() -> Book:
    return open_book(FOLDER)


@pytest.fixture(scope="module")
def whole(book: Book) -> Panel:
    return panel(book, DAY)


def rows(table: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / f"{table}.csv")
    days = [name for name in frame if name.endswith("_on") or name.startswith("period_")]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


def added(whole: Panel, frame: pd.DataFrame, day: str, values: pd.Series | None = None) -> np.ndarray:
    """Quarters x accounts: the sum of `values` (1 each without) of the rows whose `day` falls in the quarter."""
    told = frame.assign(value=1.0 if values is None else values.astype("float64"))
    told = told[told[day].notna() & (told[day] <= DAY)]
    quarter = told[day].dt.to_period("Q")
    table = told.pivot_table("value", quarter, "account_id", aggfunc="sum", fill_value=0.0)
    quarters = pd.PeriodIndex(pd.to_datetime(whole.ends), freq="Q")
    return table.reindex(index=quarters, columns=whole.account_id, fill_value=0.0).to_numpy()


def orders(whole: Panel) -> dict[str, np.ndarray]:
    lines = rows("orders")
    bought = lines[lines["revenue"] > 0]
    first = bought.groupby(["account_id", "order_id"], as_index=False)["ordered_on"].min()
    told = lines["cost"].notna()
    return {
        "revenue": added(whole, lines, "ordered_on", lines["revenue"]),
        "cost": added(whole, lines, "ordered_on", lines["cost"].fillna(0)),
        "costed_revenue": added(whole, lines, "ordered_on", lines["revenue"].where(told, 0)),
        "margin": added(whole, lines, "ordered_on", (lines["revenue"] - lines["cost"]).fillna(0)),
        "orders": added(whole, first, "ordered_on"),
        "order_days": added(whole, bought.drop_duplicates(["account_id", "ordered_on"]), "ordered_on"),
    }


def shipments(whole: Panel) -> dict[str, np.ndarray]:
    lines = rows("orders")
    lines = lines[lines["revenue"] > 0]
    days = (lines["shipped_on"] - lines["ordered_on"]).dt.days
    return {
        "shipped": added(whole, lines, "shipped_on"),
        "shipping_days": added(whole, lines, "shipped_on", days),
        "due": added(whole, lines, "promised_on"),
        "on_time": added(whole, lines, "promised_on", lines["shipped_on"] <= lines["promised_on"]),
    }


def service(whole: Panel) -> dict[str, np.ndarray]:
    said, met = rows("complaints"), rows("interactions")
    assert met["minutes"].between(1, 1440).all()  # else some were filled in
    return {
        "complaints": added(whole, said, "opened_on"),
        "closed": added(whole, said, "closed_on"),
        "closing_days": added(whole, said, "closed_on", (said["closed_on"] - said["opened_on"]).dt.days),
        "contacts": added(whole, met, "happened_on"),
        "contacts_said": added(whole, met, "happened_on", met["initiated_by"].isin(["us", "them"])),
        "contacts_ours": added(whole, met, "happened_on", met["initiated_by"] == "us"),
        "minutes": added(whole, met, "happened_on", met["minutes"]),
        "timed": added(whole, met, "happened_on"),
    }


def money(whole: Panel) -> dict[str, np.ndarray]:
    due = rows("invoices")
    due = due[due["amount"] > 0]
    waited = (due["paid_on"] - due["issued_on"]).dt.days * due["amount"]
    spent = rows("spend")
    spent = spent[spent["account_id"].notna() & ~spent["fixed"]]
    assert (spent["period_start"].dt.to_period("Q") == spent["period_end"].dt.to_period("Q")).all()
    return {
        "invoiced": added(whole, due, "issued_on", due["amount"]),
        "paid": added(whole, due, "paid_on", due["amount"]),
        "paying_days": added(whole, due, "paid_on", waited),
        "written_off": added(whole, due, "written_off_on", due["amount"]),
        "cost_to_serve": added(whole, spent, "period_end", spent["amount"]),
    }


def events(whole: Panel) -> dict[str, np.ndarray]:
    gone, made = rows("exits"), rows("decisions")
    ours = gone["decided_by"] == "us"
    told = gone[["left_on", "known_on"]].max(axis=1)
    goodbyes = pd.concat([gone.assign(on=told)[ours], made.assign(on=made["decided_on"])[made["action"] == "goodbye"]])
    # in the demo nobody is told goodbye a second time
    first = goodbyes.sort_values("on").drop_duplicates("account_id")
    return {"cut": added(whole, first, "on"), "left_them": added(whole, gone[~ours], "left_on")}


@pytest.mark.parametrize("source", [orders, shipments, service, money, events])
def test_measures_are_the_files_added_up_with_pandas(
    whole: Panel, source: Callable[[Panel], dict[str, np.ndarray]]
) -> None:
    for name, expected in source(whole).items():
        found = whole.measures[name]
        told = ~np.isnan(found).all(axis=1)
        assert told.sum() >= len(told) - 2, name  # the first quarters may be told in part only
        assert expected[told].sum() > 0, name
        np.testing.assert_allclose(found[told], expected[told], rtol=0, atol=1e-3, err_msg=name)


def test_quarters_go_back_to_the_first_order(whole: Panel) -> None:
    first = rows("orders")["ordered_on"].min()
    assert first.to_period("Q") == pd.Period(whole.ends[0], "Q")
    assert [str(pd.Period(end, "Q")) for end in whole.ends[-2:]] == ["2026Q2", "2026Q3"]
    assert all(whole.covered)
    assert whole.account_id.tolist() == sorted(rows("accounts")["account_id"])


def test_the_first_orders_are_those_of_accounts(book: Book, whole: Panel) -> None:
    frame = accounts(book, DAY)
    assert frame["account_id"].tolist() == whole.account_id.tolist()
    np.testing.assert_array_equal(frame["first_order"].to_numpy("datetime64[D]"), whole.first_order)


def test_bars_are_those_of_the_last_quarter_before_the_programme(book: Book, whole: Panel) -> None:
    assert str(whole.baseline) == "2025-09-30"
    assert rows("programme")["started_on"].min() == pd.Timestamp("2025-10-01")
    at = bars(accounts(book, "2025-09-30"))
    assert (whole.bars.high, whole.bars.mid) == (at.high, at.mid)
    assert whole.bars.margin_rate == pytest.approx(at.margin_rate)


def test_classes_are_the_segments_of_each_day(book: Book, whole: Panel) -> None:
    assert (whole.classes[:3] == -1).all()  # no whole year of orders yet
    frame = accounts(book, whole.ends[12])
    kind = segments(frame, whole.bars).assign(account_id=frame["account_id"]).set_index("account_id")["class"]
    expected = kind.map(CLASS).reindex(whole.account_id).fillna(-1)
    assert set(expected) == {-1, 0, 1, 2}
    np.testing.assert_array_equal(whole.classes[12], expected)


def test_owing_and_bad_are_those_of_each_day(book: Book, whole: Panel) -> None:
    assert np.isnan(whole.measures["bad"][:3]).all()
    places = (3, 8, 15)
    frame = bad_accounts(book, [whole.ends[place] for place in places])
    for place in places:
        end = whole.ends[place]
        there = frame[frame["as_of"] == pd.Timestamp(end)].set_index("account_id")["bad"]
        np.testing.assert_array_equal(whole.measures["owing"][place], np.isin(whole.account_id, there.index))
        expected = there.reindex(whole.account_id).eq(True)
        np.testing.assert_array_equal(whole.measures["bad"][place], expected)


def test_groups_are_as_known_on_each_day(book: Book, whole: Panel) -> None:
    for place in (12, 15):
        end = whole.ends[place]
        known = book.as_of(end).table("accounts").execute().set_index("account_id")
        team = reps(book, end).set_index("rep_id")["team"]
        expected = {"sales_office": known["sales_office"], "region": known["region"], "rep": known["rep_id"]}
        expected["team"] = known["rep_id"].map(team)
        for name, words in expected.items():
            told = words.reindex(whole.account_id).fillna("")
            assert whole.groups[name][place].tolist() == told.tolist(), (name, end)
    offices = whole.groups["sales_office"][-1]
    codes = whole.cluster["sales_office"]
    assert len(set(zip(offices, codes, strict=True))) == len(set(codes)) == len(set(offices))


def test_demand_is_what_was_said_last_within_two_years(whole: Panel) -> None:
    said = rows("market_surveys").sort_values("surveyed_on")
    for place, end in enumerate(whole.ends):
        inside = said[(said["surveyed_on"] <= str(end)) & (said["surveyed_on"] > str(before(end, "24M")))]
        expected = inside.groupby("account_id")["annual_demand"].last().reindex(whole.account_id)
        np.testing.assert_allclose(whole.measures["demand"][place], expected)


def test_what_surveys_tell_is_what_the_satisfaction_page_counts(book: Book, whole: Panel) -> None:
    found = answers(book, DAY)
    own = found.ours
    scores, on = measured(own), own.people["answered_on"]
    for place, end in enumerate(whole.ends):
        now = on.dt.to_period("Q") == pd.Period(end, "Q")
        expected = {
            "answers": now.sum(),
            "nps_answers": scores.loc[now, "nps"].notna().sum(),
            "promoters": (scores.loc[now, "nps"] == 1).sum(),
            "detractors": (scores.loc[now, "nps"] == -1).sum(),
            "csat_answers": scores.loc[now, "top_two"].notna().sum(),
            "satisfied": scores.loc[now, "top_two"].sum(),
        }
        assert {name: whole.measures[name][place].sum() for name in expected} == expected
    sent = invitations(book, pd.Timestamp(DAY).date(), found)
    decided = sent["sent_on"] + pd.Timedelta(days=30)
    soon = sent[sent["answered_on"] <= decided]
    for name, part in (("invited", sent), ("responded", soon)):
        np.testing.assert_array_equal(whole.measures[name], added(whole, part.assign(on=decided), "on"))
    assert whole.measures["responded"].sum() > 100


def test_a_book_of_all_tables_lacks_nothing(whole: Panel) -> None:
    assert whole.why == {}
    assert set(whole.since) <= set(whole.measures)
