"""The facade of the retention page: its tables agree with each other, with a count by hand, and say what is missing."""

from __future__ import annotations

import datetime as dt
from functools import partial

import numpy as np
import pandas as pd
import pytest
from leaving_company import company
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import Book
from crm_analysis.churn import risks as risks_module
from crm_analysis.churn import tried as tried_module
from crm_analysis.churn.outlook import Outlook, Wishes, outlook
from crm_analysis.churn.risks import Risks
from crm_analysis.churn.survival.evaluation import ALIVE, RECENCY, Trial
from crm_analysis.errors import BookError, UserError
from crm_analysis.value import outlook as value_module
from crm_analysis.value.baselines import LastWindow
from crm_analysis.value.holdout import auto
from crm_analysis.value.lifetime.dropout import BGNBD
from crm_analysis.value.segments import bars, segments

SILENCE = 183


@pytest.fixture(scope="module")
def book() -> Book:
    return company(years=3.2)


@pytest.fixture(scope="module")
def look(book) -> Outlook:
    """Its trial is with a quick stand-in for P(alive), its value by two quick models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value_module, "auto", partial(auto, models=[BGNBD(), LastWindow()], dates=["2025-09-30"]))
        for module in (tried_module, risks_module):
            patch.setattr(module, "scored", lambda _, panel: panel.assign(gone=panel["silence_days"].astype(float)))
        found = outlook(book, DAY, "6M")
        found.risks.listed  # noqa: B018 -- while the quick ones stand in
        return found


def order_days(book: Book) -> dict[str, list[dt.date]]:
    lines = book.table("orders").execute()
    days = pd.to_datetime(lines["ordered_on"]).dt.date
    return {name: sorted(set(own)) for name, own in days.groupby(lines["account_id"])}


def test_a_years_retention_counted_by_hand(look, book):
    last = DAY - dt.timedelta(days=SILENCE)
    first = last.replace(year=last.year - 1)
    # who came back has stayed, however long it was silent between
    there = [days[-1] for days in order_days(book).values() if days[0] <= first <= days[-1]]
    there, kept = len(there), sum(end >= last for end in there)
    assert (look.yearly["there"], look.yearly["kept"]) == (there, kept)
    assert look.days == (first, last)
    assert look.stays.rate == pytest.approx(kept / there)


def test_the_list_adds_up_by_segment_and_by_rep(look):
    listed = look.risks.listed
    whole = listed.total.iloc[0]
    for column in ("segment", "rep_id"):
        table = listed.by(column)
        for name in ("accounts", "leavers", "value", "at_risk"):
            assert table[name].sum() == pytest.approx(whole[name])
    assert whole["leavers"] == pytest.approx(look.risks.accounts[f"p_{look.risks.reach}"].sum())
    there = look.told.spells.there(DAY)
    assert whole["accounts"] == (~there["said_goodbye"]).sum()
    assert listed.counted["accounts"].sum() == len(look.frame)


def test_values_are_those_of_the_value_page(look):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value_module, "auto", partial(auto, models=[BGNBD(), LastWindow()], dates=["2025-09-30"]))
        worth = value_module.outlook(look.book, DAY).told.accounts.set_index("account_id")
    own = look.risks.accounts.set_index("account_id")
    assert own["value"].tolist() == worth.loc[own.index, "value"].tolist()


def test_segments_are_those_of_a_day_before_anything_counted_came(look, book):
    day = look.stays.baseline
    assert day == dt.date(2024, 9, 30), "the first quarter's end a year after orders begin, 2023-07-19"
    later = book.table("orders").execute()
    changed = later.assign(
        revenue=later["revenue"].where(later["ordered_on"] <= pd.Timestamp(day), later["revenue"] * 9)
    )
    rows = changed.to_dict("records")
    people = book.table("accounts").execute().to_dict("records")
    again = outlook(small_book(rows, people), DAY, "6M").stays
    assert again.segments.named.equals(look.stays.segments.named)
    then = accounts(book, day)
    own = segments(then, bars(then))["segment"].set_axis(then["account_id"])
    assert look.stays.segments.named.dropna().isin({*own.dropna(), "Inactive"}).all()


def test_curves_stop_where_leaving_is_decided_and_the_years_told_are_on_the_curve(look):
    stays = look.stays
    table, steps = stays.by_year, stays.curve
    assert table["years"].tolist() == list(range(1, int(steps["years"].max()) + 1))
    assert table["constant"].tolist() == pytest.approx([stays.rate**year for year in table["years"]])
    for row in table.itertuples():
        assert row.survival == steps.loc[steps["years"] <= row.years, "survival"].iloc[-1]
    assert stays.first_years["gone"].sum() <= stays.tenures["gone"].sum()


def test_cohorts_tell_revenue_of_five_accounts_or_more(look):
    table = look.stays.cohort_table
    few = table["accounts"] < 5
    assert few.any()
    assert table.loc[few, [name for name in table if name.startswith("earned")]].isna().all(axis=None)
    assert (look.stays.wide("revenue_share")["accounts"] >= 5).all()
    assert set(look.stays.wide("share")["cohort"]) >= set(table.loc[table["kept_4"].notna(), "cohort"])


def test_reasons_and_the_claim(look):
    exits = look.told.spells.exits
    claim = look.stays.claim.set_index("who")
    assert claim.loc["account", "said"] == claim.loc["account", "of"] > 0, "accounts say service"
    assert claim.loc["rep", "said"] == 0, "reps say price"
    assert claim.loc["asked", "of"] <= exits["held"].sum()
    assert look.kinds["ours"] > 0


def test_silent_accounts_are_beyond_nine_in_ten_of_their_gaps_and_need_no_definition(look, book):
    table = look.silent
    assert (table["silence_ratio"] > 1).all()
    assert table["revenue"].is_monotonic_decreasing
    assert set(table["account_id"]) <= set(look.told.spells.there(DAY)["account_id"])
    none = Outlook(look.book, DAY, look.frame, None, "too short")
    active = set(look.frame.loc[look.frame["active"], "account_id"])
    assert set(none.silent["account_id"]) <= active
    assert not none.silent.empty


def test_spending_down_is_half_of_the_year_before(look):
    table = look.down
    own = look.frame.set_index("account_id").loc[table["account_id"]]
    assert (own["revenue"].to_numpy() <= 0.5 * own["revenue_before"].to_numpy() + 1e-9).all()
    assert len(table) == look.falls.set_index("what").loc["down", "accounts"] > 0
    assert table["revenue_change"].is_monotonic_increasing


@pytest.mark.parametrize("chosen", [RECENCY, ALIVE])
def test_the_list_is_by_the_candidate_that_did_best(look, monkeypatch, chosen):
    monkeypatch.setattr(Trial, "chosen", chosen)
    monkeypatch.setattr(risks_module, "scored", lambda _, panel: panel.assign(gone=panel["silence_days"].astype(float)))
    own = Risks(look.book, look.told.spells, look.frame, lambda: None)
    own.__dict__.update({name: getattr(look.risks, name) for name in ("panel", "today", "_tried", "_model")})
    assert own.used == chosen
    by_silence = own.accounts.sort_values("silence_days")[f"p_{own.reach}"]
    assert by_silence.is_monotonic_increasing, "it knows nothing else"
    assert by_silence.iloc[0] < by_silence.iloc[-1]
    assert ("low_4" in own.accounts) == (chosen == RECENCY), "P(alive) has no interval"
    assert own.listed.money == "last_year_margin"
    assert set(own.calibration) == {"risk_group", "forecasts", "chance", "came_true", "low", "high"}


def test_what_cannot_be_learned_is_said_the_same_way_each_time():
    rows = [line(f"A{place}", day, 10) for place in range(25) for day in ("2024-01-10", "2026-09-10")]
    look = outlook(small_book(rows), DAY, "9M")
    for _ in range(2):
        with pytest.raises(BookError, match="Who is at risk cannot be learned from this book: the model of leaving: "):
            look.risks.model  # noqa: B018
        with pytest.raises(BookError, match="No forecast of leaving could be tried on earlier days: "):
            look.risks.candidates  # noqa: B018
        with pytest.raises(BookError, match="What goes with leaving cannot be learned: "):
            look.risks.driver_table  # noqa: B018
    with pytest.raises(BookError, match="the model of leaving"):
        look.risks.listed  # noqa: B018
    with pytest.raises(BookError, match="has no table 'exits'"):
        look.stays.claim  # noqa: B018


def test_a_book_too_short_to_choose_a_silence_is_refused_in_words_and_the_rest_still_told():
    look = outlook(small_book([line("A", "2026-08-01", 5), line("B", "2026-09-01", 5)]), DAY)
    assert look.defined is None
    assert "orders reach back 61 days" in look.refusal
    for ask in (lambda: look.stays, lambda: look.risks, lambda: look.windows, lambda: look.rates, lambda: look.what_if):
        with pytest.raises(BookError, match="Nothing can be told of leaving"):
            ask()
    assert look.silent.empty
    assert "The book has no table 'exits'" in look.missing["why"].str.cat(sep=" ")


def test_what_is_missing_is_a_row_per_lack_with_all_that_it_would_tell(look):
    table = look.missing
    assert table["why"].is_unique
    lack = table.set_index("why")["unlocks"]
    words = next(text for why, text in lack.items() if "'complaints'" in why)
    assert words.count(";") == 2, "three features need complaints"
    assert not any("'exits'" in why for why in lack.index)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"drop": 0.0}, "drop is a share between 0 and 1, such as 0.5; found 0.0"),
        ({"points": 5}, "points is a share between 0 and 1, such as 0.05; found 5"),
        ({"share": 1.5}, "share is a share between 0 and 1, such as 0.67; found 1.5"),
        ({"annual_rate": 2.0}, "the discount rate of a year is above 0"),
    ],
)
def test_wishes_that_no_book_could_meet_are_mistakes(given, words):
    book = small_book([line("A", "2026-01-01", 5)])
    with pytest.raises(UserError, match=words) as caught:
        outlook(book, DAY, wishes=Wishes(**given))
    assert not isinstance(caught.value, BookError)
    with pytest.raises(UserError, match="a silence is a number of days"):
        outlook(book, DAY, "half a year")


@pytest.mark.slow
def test_nothing_known_later_changes_the_outlook(book, look):
    """As of an earlier day, the book of today and the book cut off on that day tell the same."""
    day = dt.date(2026, 3, 31)
    rows = book.table("orders").execute()
    cut = rows[rows["ordered_on"] <= pd.Timestamp(day)].to_dict("records")
    people = book.table("accounts").execute()
    people = people[people["known_since"] <= pd.Timestamp(day)].to_dict("records")
    told = book.table("exits").execute()
    told = told[told["known_on"] <= pd.Timestamp(day)].to_dict("records")
    then, now = outlook(small_book(cut, people, day, exits=told), day, "6M"), outlook(book, day, "6M")
    for ask in (lambda own: own.stays.by_year, lambda own: own.rates, lambda own: own.stays.claim):
        pd.testing.assert_frame_equal(ask(then), ask(now))
    names = [name for name in now.risks.panel if name != "spell"]
    pd.testing.assert_frame_equal(then.risks.panel[names], now.risks.panel[names])
    assert np.isfinite(look.stays.by_year["survival"]).all()
