"""The value page: what it tells of a book that carries it, and in words of books that do not."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import partial
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pages import Page, order, page_of, written
from small_books import line, small_book

from crm_analysis.book import Book
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import column, label
from crm_analysis.report.sentences import value as said
from crm_analysis.value import outlook as module
from crm_analysis.value.baselines import LastWindow
from crm_analysis.value.holdout import auto
from crm_analysis.value.lifetime.dropout import BGNBD
from crm_analysis.value.outlook import Outlook, outlook

mpl.use("agg")
DAY = dt.date(2026, 9, 30)


def company(many: int = 40, years: int = 2) -> Book:
    """Accounts that order at rates of their own, some of whom leave; every fifth is of a group; costs and spending."""
    rng = np.random.default_rng(5)
    start = DAY - dt.timedelta(days=365 * years + 40)
    people: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for place in range(many):
        name = f"A{place:03}"
        people.append({"account_id": name, "name": f"Firm {place}", "region": "NS"[place % 2]})
        people[-1] |= {"group_id": "G" if place % 5 == 0 else None, "known_since": "2020-01-01" if place % 2 else DAY}
        day, rate = start + dt.timedelta(days=int(rng.integers(0, 60))), rng.gamma(1.3, 1 / 25)
        gone = day + dt.timedelta(days=int(rng.exponential(900)) + 30)
        while day < min(gone, DAY):
            revenue = round(float(rng.gamma(4, 100)), 2)
            lines.append(line(name, day, revenue, cost=round(revenue * 0.7, 2)))
            day += dt.timedelta(days=int(rng.exponential(1 / rate)) + 1)
    people.append({"account_id": "Z", "name": "Never", "region": "N", "group_id": None})
    spend = [
        {"period_start": dt.date(2025, 10, 1), "period_end": DAY, "activity": "visit"}
        | {"amount": Decimal(200), "account_id": f"A{place:03}"}
        for place in range(10)
    ]
    return small_book(lines, people, spend=spend)


def quick(*models: Any, **more: Any) -> Any:
    """`auto` with few candidates and one day, for tests to be short."""
    return partial(auto, models=list(models), dates=["2026-03-31"], **more)


@pytest.fixture(scope="module")
def look() -> Outlook:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "auto", quick(BGNBD(), LastWindow()))
        return outlook(company(), DAY, "24M", "6M")


@pytest.fixture(scope="module")
def history() -> Outlook:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "auto", quick(LastWindow()))
        return outlook(company(), DAY, "24M", "6M")


@pytest.fixture(scope="module")
def made(look, tmp_path_factory) -> tuple[Page, Any]:
    """The page of that outlook, and the folder of its tables."""
    place = tmp_path_factory.mktemp("value")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.book.open_book", lambda *_: look.book)
        patch.setattr(module, "outlook", lambda *_: look)
        return page_of("value", place, patch, book=""), place / "value"


def test_tables_add_up_to_the_value_of_the_book(look):
    whole = look.told.total.iloc[0]
    assert said.book_value(look) == whole["value"] == pytest.approx(look.listed["value"].sum())
    for table in (look.by_group, look.by("segment"), look.by("region")):
        assert table["value"].sum() == pytest.approx(whole["value"])
        assert table["value_share"].sum() == pytest.approx(1)
        assert table["accounts"].sum() == whole["accounts"] == 40
        assert (table["low"] <= table["high"]).all()
        assert table["revenue"].sum() == pytest.approx(look.frame["revenue"].sum())
    group = look.by_group.set_index("group_id").loc["G"]
    offices = look.listed[look.listed["account_id"].isin([f"A{place:03}" for place in range(0, 40, 5)])]
    assert (group["accounts"], group["value"]) == (8, pytest.approx(offices["value"].sum()))
    assert (
        group["name"]
        == look.frame.set_index("account_id").loc[offices["account_id"]].nlargest(1, "revenue")["name"].iloc[0]
    )


def test_the_first_tenth_is_the_largest_accounts(look):
    assert look.listed["value"].is_monotonic_decreasing
    row = look.top.iloc[0]
    assert (row["accounts"], row["value"]) == (4, pytest.approx(look.listed["value"].head(4).sum()))
    assert row["low"] < row["value"] < row["high"]
    assert said.top_value_share(look) == pytest.approx(row["value"] / look.told.total["value"].iloc[0])


def test_more_and_less_have_their_interval_clear_of_last_year(look):
    table = look.compared
    more, less = look.differing("more"), look.differing("less")
    assert (more["low"] > more["repeated"].clip(lower=0)).all()
    assert (less["high"] < less["repeated"]).all()
    for own in (more, less):
        assert own["difference"].abs().is_monotonic_decreasing
    assert len(more) + len(less) + table["told"].isin(["same", "loss"]).sum() == len(table)
    assert said.told_counts(look) == f"{len(more)} more, {len(less)} less"
    assert said.differing_said(look, "less", "EUR").startswith(f"Worth less: {len(less)} account")


def test_a_loss_that_shrinks_is_not_worth_more(look, monkeypatch):
    worth = pd.DataFrame(
        {"account_id": list("ABC"), "low": [-5.0, 2.0, 1.0], "repeated": [-9.0, -9.0, 0.5], "told": "more"}
    )
    monkeypatch.setattr(module, "against_last_year", lambda *_: worth)
    fresh = Outlook(**{name: getattr(look, name) for name in look.__dataclass_fields__})
    assert fresh.compared["told"].tolist() == ["loss", "more", "more"]


def test_last_quarter_is_beside_what_came(look):
    row = look.past_total.iloc[0]
    days = look.book.table("orders").execute()
    came = days[(pd.to_datetime(days["ordered_on"]) > "2026-06-30")].groupby(["account_id", "ordered_on"]).ngroups
    assert row["came"] + row["new_orders"] == came
    assert said.came(look) == f"{row['came']:.0f}, forecast {row['expected_orders']:.0f}"
    words = said.past_said(look)
    assert f"{row['came']:.0f} orders came from 2026-07-01 to 2026-09-30, counted as days on which" in words
    inside = row["low"] <= row["came"] <= row["high"]
    assert ("What came lies inside the interval." in words) == inside


def test_the_page_tells_it_all(look, made):
    text = made[0].text
    whole = look.told.total.iloc[0]
    assert f"Value of the book: {whole['value']:,.0f}" in text
    assert f"90% interval {whole['low']:,.0f} to {whole['high']:,.0f}." in text
    assert "Expected margin less avoidable cost within 24 months after 2026-09-30 from 40 accounts" in text
    assert f"Against last year: {said.told_counts(look)}" in text
    assert look.trial.verdict in text
    assert "It was tried over 6 months; the value looks 24 months ahead." in text
    assert "20 of 40 accounts were known before the orders begin" in text
    headings = [head.get_text() for head in made[0].soup.find_all("th", scope="col")]
    assert headings.count("90% from") == headings.count("90% to") >= 8
    for name in ("mae", "wape"):
        assert column(name).title in headings[-60:]


def test_the_tables_of_the_page_are_written_whole(look, made):
    tables = {path.stem: pq.read_table(path).to_pandas() for path in made[1].glob("*.parquet")}
    assert {"values", "value_by_group", "worth_less", "candidates", "calibration", "past_forecast", "left_out"} <= set(
        tables
    )
    assert tables["values"]["account_id"].tolist() == look.listed["account_id"].tolist()
    assert tables["values"]["value"].tolist() == look.listed["value"].tolist()
    assert tables["left_out"].to_dict("records") == [
        {"account_id": "Z", "name": "Never", "reason": "no order line", "revenue": 0.0}
    ]
    assert set(tables["parameters"]["parameter"]) == {*look.model.names, *look.spend.model.names}


@pytest.mark.slow
def test_history_wins_is_said_and_shown(history, tmp_path, monkeypatch):
    assert said.used_said(history).startswith("History wins here: the forecast is last window repeated, a naive rule")
    assert history.listed["alive"].isna().all()
    assert "more likely than not" not in said.differing_said(history, "less", "")
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: history.book)
    monkeypatch.setattr(module, "outlook", lambda *_: history)
    text = page_of("value", tmp_path, monkeypatch, book="").text
    assert "History wins here" in text
    assert "Accounts, largest value first." in text


@pytest.mark.parametrize(
    ("coverage", "bias", "judged", "off"),
    [
        (0.82, -0.136, ", 82.0% did: the intervals on this page are rather too narrow.", "13.6% too few orders"),
        (0.97, 0.2, ", 97.0% did: the intervals on this page are wider than they need be.", "20.0% too many orders"),
        (0.9, 0.001, ", 90.0% did, about as it should.", "as many orders in sum as came"),
    ],
)
def test_how_far_it_can_be_trusted_in_words(look, monkeypatch, coverage, bias, judged, off):
    monkeypatch.setattr(Outlook, "candidate", pd.Series({"coverage": coverage, "bias": bias}))
    assert judged in said.trust_said(look)
    assert judged in said.used_said(look)
    assert f"Tried on earlier days, the model forecast {off}" in said.trust_said(look)


def test_the_headline_tells_how_the_same_forecast_of_money_did(look):
    row = look.back_total.iloc[0]
    words = said.value_said(look, "EUR")
    assert (
        f"fitted to what was known on {row['made_on']}, forecast EUR {row['value']:,.0f} until {row['until']}" in words
    )
    assert f"EUR {row['came_money']:,.0f} came." in words
    assert ("What came lies inside the interval." in words) == (row["low"] <= row["came_money"] <= row["high"])


def test_a_book_too_short_for_a_trial_is_told_untried():
    look = outlook(company(years=0), DAY)
    assert look.worth is not None
    assert said.model_said(look).startswith("The model, MBG/NBD, is untried: a forecast of 12 months cannot be tried")
    assert "How good the forecast is, is not known" in said.value_said(look, "EUR")
    assert said.used_said(look) == said.model_said(look)
    with pytest.raises(BookError, match="No model could be tried on earlier days"):
        look.candidates  # noqa: B018
    with pytest.raises(BookError, match="Last year cannot be told: the orders begin on 2026-0"):
        look.compared  # noqa: B018
    assert said.told_counts(look) == said.told_said(look) == ""
    assert len(look.listed) == len(look.histories.frame) > 10


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([order("A", "2026-08-01", 12.5)], "none of the 1 accounts ordered a second time by 2026-08-01"),
        ([order("A", "2026-08-01", -5)], "accounts ordered a second time"),
    ],
)
def test_without_repeat_orders_the_page_says_what_is_missing(shown, tmp_path, orders, reason):
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}, {"account_id": "B"}], orders=orders)
    text = shown("value", book).text
    assert "Value of the book: –" in text
    assert "No value can be told for this book: " in text
    assert reason in text
    assert "Accounts without a history, and why." in text
    assert "Against last year" not in text
    assert text.count(label("value_none")) > 5


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"horizon": "36"}, "a window is written like 12M"),
        ({"tried": "abc"}, "a window is written like 12M"),
        ({"annual_rate": 0.0}, "the discount rate of a year is above 0"),
        ({"unit": "year"}, "the unit of histories is one of day, week, month"),
        ({"returns": "gross"}, "the returns of histories is one of net, ignore, reject"),
    ],
)
def test_mistakes_are_not_taken_for_a_book_without_value(given, words):
    book = small_book([line("A", "2026-01-01", 5)])
    with pytest.raises(UserError, match=re.escape(words)):
        outlook(book, DAY, **given)
