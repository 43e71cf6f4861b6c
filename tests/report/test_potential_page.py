"""The potential page: what it tells where the guard allows a cut, where it declines, and where nothing can be known."""

from __future__ import annotations

import contextlib
import datetime as dt
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pages import page_of
from small_books import DAY, line, small_book

from crm_analysis.errors import BookError
from crm_analysis.labels import column
from crm_analysis.plots.potential import cut_risk
from crm_analysis.potential import outlook as module
from crm_analysis.potential.guard import guard
from crm_analysis.report.sentences import potential as said
from crm_analysis.report.sentences import potential_list as lists
from crm_analysis.report.sentences import potential_trust as trust

mpl.use("agg")


def company(many: int, months: int = 30, grow: float = 0.5, large: int = 8) -> list[dict[str, Any]]:
    """Accounts that order each month, of which some begin to grow in some month, three times faster each month."""
    rng = np.random.default_rng(3)
    rows = []
    for place in range(many + large):
        begins = int(rng.integers(10, months)) if place < many and rng.random() < grow else months
        own = 2000 + place if place >= many else float(rng.uniform(20, 100))
        for month in range(months):
            day = dt.date(2026, 9, 15) - dt.timedelta(days=30 * (months - 1 - month))
            revenue = round(own * (min(30, 3 * (month - begins + 1)) if month >= begins else 1), 2)
            rows.append(line(f"A{place:03}", str(day), revenue, order_id=f"{place}-{month}", cost=revenue / 2))
    return rows


@pytest.fixture
def told(tmp_path, monkeypatch):
    """The text of the page of a book, and the folder of its tables; figures are drawn and thrown away."""

    def figure(fig, alt):
        with contextlib.suppress(BookError):
            plt.close(fig())
            assert alt

    monkeypatch.setattr("crm_analysis.report.show.figure", figure)

    def run(book: Any, **given: Any) -> tuple[str, Any]:
        monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: book)
        return page_of("potential", tmp_path, monkeypatch, book="", **given).text, tmp_path / "potential"

    return run


def table(folder: Any, name: str) -> pd.DataFrame:
    return pq.read_table(folder / f"{name}.parquet").to_pandas()


@pytest.mark.slow
def test_a_guard_that_allows_a_cut(told):
    rows = company(70)
    brings = dict.fromkeys([row["account_id"] for row in rows], 0.0)
    for row in rows:
        brings[row["account_id"]] += row["revenue"] if row["ordered_on"] > "2025-09-30" else 0
    spared = min(brings, key=brings.__getitem__)
    decision = {"account_id": spared, "decided_on": "2026-09-01", "action": "keep", "recommended": "may be cut"}
    book = small_book(rows, decisions=[decision | {"reason": "<b>knows of a project", "decided_by": "R1"}])
    text, folder = told(book, growth_horizon="6M", alpha=0.4, delta=0.3)
    accounts = table(folder, "potential_accounts")
    cut = accounts[accounts["advice"] == "may be cut"]
    assert len(cut) > 0
    assert cut["potential"].is_monotonic_increasing
    assert f"Accounts that may be cut: {len(cut)} of {len(accounts)} Low accounts" in text
    assert "With 70% confidence at most 40% of the accounts that will grow are among those below this line." in text
    assert f"At risk in the cut: {cut['potential'].sum():.1f} accounts that will grow" in text
    assert table(folder, "potential_advice")["accounts"].sum() == len(accounts)
    assert set(accounts["recommended"]) <= {"may be cut", "survey first", "keep"}
    promises = table(folder, "potential_promises")
    asked = promises[np.isclose(promises["at_most"], 0.4)]
    assert asked["cut_accounts"].tolist() == [len(cut)]
    assert accounts.set_index("account_id").loc[spared, ["advice", "recommended"]].tolist() == ["keep", "may be cut"]
    assert table(folder, "potential_overrides")["account_id"].tolist() == [spared]
    assert "<b>knows of a project" in text
    tried = table(folder, "potential_tried")
    assert "the score" in set(tried["ranked_by"])
    assert tried["pairs_right"].between(0, 1).all()
    assert accounts["revenue"].to_numpy() == pytest.approx([brings[name] for name in accounts["account_id"]])


def test_nobody_grew_in_a_book_of_two_tables(told):
    bare = [{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in company(15, grow=0)]
    text, folder = told(small_book(bare), growth_horizon="6M")
    assert "No cut list is safe at 5%: of the accounts kept aside to test the score none is known to have grown" in text
    assert "Ask first: – Nobody is known to have grown" in text
    assert "may be cut: none of" in text
    assert set(table(folder, "potential_accounts")["advice"]) <= {"survey first", "keep"}
    assert not (folder / "potential_promises.parquet").exists()
    assert "margin" in table(folder, "potential_missing")["unlocks"].str.cat()


def test_no_earlier_day(told):
    text, folder = told(small_book(company(10, months=11, grow=0)))
    assert "What would make us surer: time" in text
    assert "A shorter growth_horizon, such as 6M, needs less." in text
    assert (folder / "potential_accounts.parquet").exists()


def test_nobody_is_low(told):
    for day in ("2026-08-01", "2024-08-01"):
        text, folder = told(small_book([line("A", day, 10)]))
        assert text.count("No account is Low on 2026-09-30") == 1
        assert [path.stem for path in folder.glob("*.parquet")] == ["potential_missing"]


def look(**given: Any) -> Any:
    """A stand-in for the facade."""
    wishes = SimpleNamespace(horizon="12M", by="revenue")
    budget = SimpleNamespace(surveys=20, cost=100)
    base = {
        "wishes": wishes,
        "scored": True,
        "judged": True,
        "budget": budget,
        "day": DAY,
        "accuracy": SimpleNamespace(tells=True),
    }
    return SimpleNamespace(**(base | given))


def guarded(cases: int, below: int, alpha: float = 0.05) -> Any:
    """A facade with so many known cases, and so many accounts below the line."""
    found = guard(np.arange(cases, dtype=float), np.zeros(cases, dtype=bool), alpha, 0.1)
    today = pd.DataFrame({"outcome": ["cut"] * below + ["keep"] * 3, "potential": [0.25] * below + [0.5] * 3})
    safety = SimpleNamespace(guard=found, calibration=range(90), day=DAY, drift=SimpleNamespace(moved=False))
    alphas = pd.DataFrame({"at_most": [0.05, 0.21], "cut_accounts": [0, 7]})
    still = SimpleNamespace(moved=False)
    own = {"safety": safety, "cases": SimpleNamespace(today=today), "today": today, "outcome_drift": still}
    return look(**own, smallest_alpha=0.21, alphas=alphas, survey=pd.DataFrame({"within": [True]}))


def test_ten_known_cases_support_a_fifth():
    """The numbers of Wilks's limit: 45 cases for 5 %, ten support 21 % (1 - .1 ** .1)."""
    own = guarded(10, 0)
    assert said.cuts(own) == "none of 3 Low accounts"
    assert said.cuts_said(own) == (
        "No cut list is safe at 5%: of the accounts kept aside to test the score 10 are known to have grown, 45 are "
        "needed. 10 support a miss rate of 21% at best, which would allow up to 7 cuts."
    )
    assert said.surer(own) == "35 more accounts known to have grown"
    assert "it takes about 4 times as many Low accounts to know of 45" in said.surer_said(own)
    assert said.surer(guarded(44, 0)) == "1 more account known to have grown"


def test_sixty_cases_allow_a_cut_and_77_one_miss_more():
    own = guarded(60, 4)
    assert said.cuts(own) == "4 of 7 Low accounts"
    assert "is expected to hold 1.0 that will grow" in said.cuts_said(own)
    assert said.surer(own) == "17 more accounts known to have grown, for one more miss"
    assert "rely" not in said.cuts_said(own)
    own.safety.drift.moved = True
    assert said.cuts_said(own).endswith("so do not rely on it (see below, Can it be trusted).")
    assert "nobody is below it" in said.cuts_said(guarded(60, 0))


def test_a_guard_without_a_score():
    """As where the accounts that teach hold too few that grew: nobody is cut, however many are known."""
    own = guarded(60, 0)
    own.judged = False
    assert (
        said.cuts_said(own) == "No account may be cut. Without the accounts kept aside no score can be learned for it."
    )
    assert said.surer(own) == "a score"


def test_no_known_case():
    own = guarded(0, 0)
    assert "none is known to have grown, 45 are needed" in said.cuts_said(own)
    assert "it cannot be said how many accounts it takes to know of 45" in said.surer_said(own)


def test_why_nobody_is_asked():
    """Each reason has its sentence: no budget, answers that tell nothing, all asked, none worth its cost."""
    rows = pd.DataFrame({"within": [False], "worth_asking": [-5.0], "surveyed_on": [pd.NaT], "name": [None]})
    asked = rows.assign(worth_asking=9.0, surveyed_on=pd.Timestamp("2026-01-01"))
    today = pd.DataFrame({"outcome": []})
    assert lists.ask(look(today=today, survey=rows)) == "nobody"
    nothing = [
        look(today=today, survey=rows, budget=SimpleNamespace(surveys=0, cost=100)),
        look(today=today, survey=rows, accuracy=SimpleNamespace(tells=False)),
        look(today=today, survey=asked),
        look(today=today, survey=rows),
    ]
    words = [lists.ask_said(own, "EUR") for own in nothing]
    assert len(set(words)) == 4
    assert (
        words[3]
        == "No answer is worth the EUR 100.00 of asking: none would change a decision that has so much at stake."
    )


@pytest.mark.parametrize(
    ("low", "beaten", "value"),
    [
        (0.45, True, "not surely better than chance"),
        (0.6, False, "not surely better than last year's revenue"),
        (0.6, True, "better than every simple rule"),
    ],
)
def test_what_the_score_may_claim(low, beaten, value):
    columns = ["model", "days", "promising", "auc", "low", "high"]
    summary = pd.DataFrame([("model", 4, 30, 0.7, low, 0.8), ("revenue", 4, 30, 0.68, 0.6, 0.7)], columns=columns)
    against = pd.DataFrame({"baseline": ["revenue"], "beaten": [beaten]})
    found = SimpleNamespace(
        summary=summary, against=against, claims_nothing=low <= 0.5, recommended="model" if beaten else "revenue"
    )
    own = look(trial=found, cases=SimpleNamespace(today=None), safety=SimpleNamespace(choice=None))
    words = trust.trust_said(own)
    assert trust.trust(own) == value
    assert f"70 times in a hundred (90% interval {100 * low:.0f} to 80; chance is 50)" in words
    assert ("claims nothing" in words) == (low <= 0.5)
    assert ("we then recommend last year's revenue" in words) == (not beaten)


def test_horizons_in_words():
    horizons = {"12M": "a year", "1Y": "a year", "6M": "6 months", "1Q": "a quarter"}
    assert {own: said.within(look(wishes=SimpleNamespace(horizon=own))) for own in horizons} == horizons


def test_the_line_chosen_is_drawn_only_where_there_is_one():
    down = pd.DataFrame({"share": [0.0, 0.5], "accounts": [0, 5], "miss_rate": [0.0, 0.1], "bound": [0.0, 0.3]})
    drawn = {}
    for chosen in (0.4, float("nan")):
        ax = cut_risk(down, 0.05, chosen, 0.9)
        words = [one.get_text() for one in ax.figure.legends[0].get_texts()]
        drawn[chosen == chosen] = words
        plt.close(ax.figure)
    assert "allowed: 5%" in drawn[False]
    assert set(drawn[True]) - set(drawn[False]) == {"the line chosen"}


def test_shown_columns_have_headings():
    names = {*said.ALPHAS, *said.LISTED, *said.FIRST, *said.ASKED, *said.STEPS}
    assert all(column(name).heading for name in names)


def test_parameters_reach_the_outlook(monkeypatch, tmp_path):
    seen: list[Any] = []

    def outlook(*given: Any) -> Any:
        seen.append(given)
        raise RuntimeError("stopped")

    monkeypatch.setattr(module, "outlook", outlook)
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: small_book([line("A", "2026-08-01", 10)]))
    with pytest.raises(RuntimeError, match="stopped"):
        page_of("potential", tmp_path, monkeypatch, book="", alpha=0.1, by="margin", surveys=3, quarter="2026Q2")
    _, day, wishes, promise, budget = seen[0]
    assert (day, wishes.by, wishes.horizon) == (dt.date(2026, 6, 30), "margin", "12M")
    assert (promise.alpha, promise.delta, budget.surveys, budget.cost) == (0.1, 0.1, 3, 100.0)


def test_what_comes_later_changes_nothing():
    """Orders after the day are not known: the lists of both books are the same."""
    rows, day = company(20, grow=0.4), "2026-06-30"
    wishes = module.Wishes("6M")
    known = [row for row in rows if str(row["ordered_on"]) <= day]
    both = [module.outlook(small_book(own), day, wishes).today for own in (rows, known)]
    pd.testing.assert_frame_equal(*both)
    assert len(both[0]) > 5
