"""The retention page: what it tells of a book that carries it, and in words of books that do not."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from leaving_company import company
from pages import Page, order, page_of, written
from small_books import DAY, small_book

from crm_analysis.churn import outlook as module
from crm_analysis.churn import risks as risks_module
from crm_analysis.churn import tried as tried_module
from crm_analysis.churn.outlook import Outlook, Wishes, outlook
from crm_analysis.churn.survival.evaluation import ALIVE, MODEL, RECENCY, Trial
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.report.sentences import retention as said
from crm_analysis.report.sentences import risk, stay

pytestmark = pytest.mark.slow

mpl.use("agg")


@pytest.fixture(scope="module")
def _quick():
    """Without the value page's models, P(alive) and large figures, which take seconds; nbval has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "value_outlook", lambda *_: SimpleNamespace(worth=None))
        patch.setattr("crm_analysis.report.show.DPI", 20)
        for place in (tried_module, risks_module):
            patch.setattr(place, "scored", lambda _, panel: panel.assign(gone=panel["silence_days"].astype(float)))
        yield


@pytest.fixture
def _undrawn(monkeypatch):
    """Figures are made, and neither drawn nor shown."""

    def figure(fig, alt):
        with contextlib.suppress(BookError):
            plt.close(fig())
            assert alt

    monkeypatch.setattr("crm_analysis.report.show.figure", figure)


@pytest.fixture(scope="module")
def look(_quick) -> Outlook:
    return outlook(company(years=4), DAY, "6M")


@pytest.fixture(scope="module")
def made(look, tmp_path_factory) -> tuple[Page, Any]:
    """The page of that outlook, and the folder of its tables."""
    place = tmp_path_factory.mktemp("retention")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.book.open_book", lambda *_: look.book)
        patch.setattr(module, "outlook", lambda *_: look)
        return page_of("retention", place, patch, book=""), place / "retention"


def test_the_page_tells_it_in_the_order_management_asks(look, made):
    text = made[0].text
    row = look.yearly
    first, last = look.days
    told = [
        f"Kept in a year: {row['retention']:.1%} Of {row['there']} accounts there on {first}, {row['kept']} still were "
        f"on {last}",
        "Of 100 accounts that begin: ",
        "Net retention of revenue: ",
        "Why they leave: 67% over service: ",
        "Expected to leave: ",
        "How good the forecast is: ",
        "An account has left when 183 days have passed since its last order; that silence was given.",
        f"Who had left is decided until {last}",
        "Half of the accounts are gone ",
        "By segment.",
        "By sales office.",
        "By industry.",
        "Reasons, by who gives them.",
        "Accounts at risk.",
        "At risk, by sales person.",
        "Spending down, the largest loss first.",
        "What goes with leaving, the clearest first.",
        "The model and its rivals, best first.",
        "Forecast and came, by groups of risk.",
        "Retention raised, by segment",
        "What each sales person would take along.",
        "What the book lacks, and what it would tell.",
    ]
    places = [text.find(words) for words in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)


def test_the_tables_of_the_page_are_written_whole(look, made):
    tables = {path.stem: pq.read_table(path).to_pandas() for path in made[1].glob("*.parquet")}
    assert {"retention_curve", "retention_by_segment", "cohorts", "reasons", "at_risk", "drivers", "what_if"} <= set(
        tables
    )
    listed = look.risks.listed
    assert tables["at_risk"]["account_id"].tolist() == listed.accounts["account_id"].tolist()
    assert tables["at_risk_by_rep"]["at_risk"].sum() == pytest.approx(listed.total["at_risk"].iloc[0])
    assert tables["at_risk"]["at_risk"].is_monotonic_decreasing
    assert "leaving_windows" not in tables, "the silence was given"
    assert len(tables["take_along"]) == 4


def test_the_headlines_are_on_the_index(made):
    names = [path.read_text(encoding="utf-8") for path in sorted(made[1].glob("*.json"))]
    words = " ".join(names)
    for name in ("kept_in_a_year", "after_five_years", "expected_leavers", "forecast_trust", "why_they_leave"):
        assert name in words


def test_expected_leavers_and_what_they_take(look):
    whole = look.risks.listed.total.iloc[0]
    assert risk.leavers(look) == f"{whole['leavers']:.0f} of {whole['accounts']:.0f}"
    words = risk.leavers_said(look, "EUR")
    assert f"EUR {whole['at_risk']:,.0f} of the EUR {whole['value']:,.0f} margin of last year at risk" in words
    assert f"(90% interval {whole['low_leavers']:.0f} to {whole['high_leavers']:.0f})" in words


@pytest.mark.parametrize(
    ("ahead", "error", "value", "words"),
    [
        (0.05, 0.01, "Better than recency alone", "the model is better than recency alone (log score higher by 0.050"),
        (
            0.01,
            0.01,
            "Ahead of recency alone, perhaps by chance",
            "the model is ahead of recency alone, perhaps by chance",
        ),
        (-0.01, 0.01, "No better than recency alone", "the model is no better than recency alone (log score -0.010"),
        (-0.09, 0.01, "No better than recency alone", "the model is no better than recency alone (log score -0.090"),
    ],
)
def test_whether_the_model_beats_recency_is_said_exactly(look, monkeypatch, ahead, error, value, words):
    monkeypatch.setattr(Trial, "against", lambda *_: (ahead, error))
    assert risk.trust(look) == value
    assert words in risk.trust_said(look)


@pytest.mark.parametrize(("used", "words"), [(RECENCY, "Recency alone"), (ALIVE, "P(alive)"), (MODEL, "")])
def test_the_list_says_by_which_candidate_its_probabilities_are(look, monkeypatch, used, words):
    monkeypatch.setitem(look.risks.__dict__, "used", used)
    if used == MODEL:
        assert risk.list_said(look).startswith("The probabilities below are the model's.")
        assert "probabilities below" not in risk.trust_said(look)
    else:
        told = f"The probabilities below are those of {words}, which did better on earlier days."
        assert risk.list_said(look).startswith(told)
        assert risk.trust_said(look).endswith(told), "in the first section too"


def test_a_trial_with_a_shorter_silence_is_said_to_be_one(look, monkeypatch):
    assert "Tried instead" not in risk.trust_said(look)
    tried = tried_module.Tried(look.risks.trial, 91)
    monkeypatch.setitem(look.risks.__dict__, "_tried", tried)
    assert risk.trust_said(look).startswith(
        "With 183 days of silence as leaving, no forecast can be judged yet: the book is too short. Tried instead with "
        "91 days. Tried on "
    )


def test_what_cannot_be_tried_is_untried(look, monkeypatch):
    monkeypatch.setitem(look.risks.__dict__, "_tried", BookError("No forecast of leaving could be tried: too short."))
    assert risk.trust(look) == "Untried"
    assert risk.trust_said(look) == "No forecast of leaving could be tried: too short."
    assert "untried: how far to trust them is not known" in risk.list_said(look)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (0.2, 0.3, "refuted", "more than the curve says, because accounts leave most often while they are new"),
        (0.2, 0.3, "not refuted", "which lies outside the interval"),
        (0.2, 0.6, "refuted", "which lies within the interval"),
        (
            0.5,
            0.6,
            "refuted",
            "less than the curve says, because accounts leave more often the longer they have stayed",
        ),
        (0.5, 0.6, "not refuted", "which lies outside the interval"),
    ],
)
def test_constant_retention_beside_the_curve(look, monkeypatch, low, high, verdict, words):
    monkeypatch.setattr(
        said,
        "_five",
        lambda _: pd.Series({"years": 5.0, "survival": (low + high) / 2, "low": low, "high": high, "constant": 0.4}),
    )
    monkeypatch.setitem(look.stays.__dict__, "constant", pd.Series({"verdict": verdict, "p": 0.5}))
    text = said.five_said(look)
    assert f"(90% interval {low:.0%} to {high:.0%})".replace("%", "").replace("(90 ", "(90% ") in text
    assert f"If {look.stays.rate:.1%} stayed in every year it would be 40, {words}." in text


def test_a_curve_that_does_not_reach_five_years_says_so(look):
    assert look.stays.curve["years"].max() < 5
    row = look.stays.by_year.iloc[-1]
    years = int(row["years"])
    assert said.five_years(look) == f"{100 * row['survival']:.0f} stay {years} year{'s' if years > 1 else ''}"
    assert said.five_said(look).endswith("it does not reach five years.")


def test_a_curve_that_starts_late_says_of_whom_it_is(look, monkeypatch):
    assert "have been there for" not in said.five_said(look)
    late = look.stays.curve[look.stays.curve["years"] > 0.5]
    monkeypatch.setitem(look.stays.__dict__, "curve", late)
    start = f"{late['years'].iloc[0]:.1f}"
    assert said.five_said(look).endswith(
        f"The 100 are accounts that have been there for {start} years: of younger ones too few are seen."
    )


def test_the_claim_in_words(look, monkeypatch):
    rows = look.stays.claim.set_index("who")
    text = said.claim_said(look)
    assert f"of {rows.loc['asked', 'of']} leavers somebody asked, {rows.loc['asked', 'said']} name service" in text
    assert f"The account: {rows.loc['account', 'said']} of {rows.loc['account', 'of']}. Our sales person: 0 of " in text
    assert f"Of {rows.loc['leavers', 'of']} that left, nobody knows why " in text
    for verdict, words in (
        ("confirmed", "holds"),
        ("refuted", "does not hold"),
        ("cannot be said", "cannot be said to"),
    ):
        monkeypatch.setitem(look.stays.__dict__, "claim", look.stays.claim.assign(verdict=verdict))
        assert f"That 67% leave over service {words}" in said.claim_said(look)
        assert said.claim_verdict(look) == f"67% over service: {verdict}"


def test_groups_in_words(look, monkeypatch):
    groups = look.stays.offices
    for p, pairs, words in (
        (0.4, 0, "They differ by no more than chance explains (log-rank test of 3 groups, p = 0.4)."),
        (0.001, 0, "They differ by more than chance explains (log-rank test of 3 groups, p = 0.001), though no single"),
        (1e-9, 2, "p < 0.001). Pairs that differ: a and b, a and b."),
        (1e-9, 5, "Pairs that differ: a and b, a and b, a and b, and 2 more."),
        (np.nan, 0, "The groups are too small for a test."),
    ):
        monkeypatch.setitem(groups.__dict__, "test", pd.Series({"p": p, "groups": 3}))
        monkeypatch.setitem(groups.__dict__, "pairs", pd.DataFrame({"group": "a", "other": "b"}, index=range(pairs)))
        assert words in stay.groups_said(groups)
    assert stay.groups_said(groups, dt.date(2025, 1, 1)).startswith("Segments are those of 2025-01-01")


def test_a_fall_is_told_beside_the_rises_and_as_chance_where_it_is(look, monkeypatch):
    rows = look.falls.set_index("what")
    same = look.falls.assign(low=-0.1)
    monkeypatch.setattr(Outlook, "falls", same.assign(low=0.1))
    text = risk.down_said(look)
    assert text.startswith(
        f"{rows.loc['down', 'accounts']} of {rows.loc['down', 'of']} accounts spend at least 50.0% less"
    )
    assert "more fell than chance explains (90% " in text
    monkeypatch.setattr(Outlook, "falls", same)
    assert "no more fell than chance explains (difference " in risk.down_said(look)
    monkeypatch.setattr(Outlook, "falls", same.assign(of=0))
    assert risk.down_said(look) == label("down_nobody")


def test_margin_at_risk_that_is_none_is_not_called_so(look, monkeypatch):
    listed = look.risks.listed
    negative = listed.total.assign(at_risk=-5.0, value=-9.0)
    monkeypatch.setattr(type(listed), "total", negative)
    assert risk.leavers_said(look, "").endswith("Together they cost more than the margin they bring.")


def test_what_if_and_take_along_in_words(look):
    row = look.what_if.table.iloc[-1]
    text = risk.what_if_said(look, "EUR")
    assert text.startswith(
        f"If 5 more of 100 accounts stayed each year, {row['more_accounts']:.0f} more would be there"
    )
    assert f"they would bring EUR {row['more_margin']:,.0f} more margin" in text
    rep = look.take_along.reps.iloc[0]
    text = risk.take_along_said(look, "EUR")
    assert text.startswith(f"{rep['rep_id']} has {rep['active']} active account")
    assert "sole" not in text, "the book has no contacts"


def test_drivers_in_words(look, monkeypatch):
    found = look.risks.drivers
    learned = f"Learned from {found.left} accounts that left, of {found.accounts}."
    clear = pd.DataFrame({"term": ["late", "loyal", "dull"], "hazard_ratio": [2.0, 0.5, 1.1]})
    clear["p_holm"] = [0.01, 0.02, 0.9]
    monkeypatch.setattr(type(look.risks), "driver_table", clear)
    text = risk.drivers_said(look)
    assert text.startswith(
        f"{learned} Beyond chance: late (more leave where it is high); loyal (less leave where it is high)."
    )
    assert "dull" not in text
    assert ("each is told by itself" in text) == ("alone" in found.summary)
    monkeypatch.setattr(type(look.risks), "driver_table", clear.assign(p_holm=0.9))
    assert risk.drivers_said(look).startswith(learned)
    assert risk.drivers_said(look).endswith("Nothing goes with leaving more clearly than chance explains.")


@pytest.mark.slow
@pytest.mark.usefixtures("_quick", "_undrawn")
def test_accounts_and_orders_are_enough(look, tmp_path, monkeypatch):
    """A book of the two required tables runs all that needs no more, and says what the rest would tell."""
    lines = look.book.table("orders").execute()[["account_id", "ordered_on", "revenue"]]
    book = small_book(lines.to_dict("records"))
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: book)
    text = page_of("retention", tmp_path, monkeypatch, book="", silence="6M").text
    assert re.search(r"Expected to leave: \d+ of \d+ ", text)
    assert "revenue of last year at risk" in text
    assert "The book has no table 'exits'" in text
    assert "The book's table 'accounts' has no column 'sales_office'." in text
    assert "what each sales person would take along" in text
    assert "Why they leave: " not in text


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([order("A", "2026-08-01", 12.5)], "orders reach back 1 days on 2026-08-01; expected at least 92"),
        ([order(name, f"2025-{month:02}-03", 10) for name in "AB" for month in range(1, 13)], "2 accounts ordered "),
        ([order("A", "2026-08-01", -5)], "expected at least 92"),
    ],
)
def test_books_that_carry_next_to_nothing_say_what_is_missing(shown, tmp_path, orders, reason):
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}, {"account_id": "B"}], orders=orders)
    text = shown("retention", book).text
    assert "Kept in a year: –" in text
    assert "What counts as leaving cannot be told: " in text
    assert reason in text
    assert text.count(label("leave_none")) > 10
    assert "What the book lacks, and what it would tell." in text
    assert "Silent for longer than nine in ten of their own gaps: " in text


@pytest.mark.slow
@pytest.mark.usefixtures("_quick", "_undrawn")
def test_contracts_tell_who_left_where_there_are_some(shown, tmp_path):
    rng = np.random.default_rng(4)
    people, orders, contracts = [], [], []
    for place in range(50):
        name = f"A{place:03}"
        start = dt.date(2022, 10, 1) + dt.timedelta(days=int(rng.integers(0, 900)))
        end = start + dt.timedelta(days=int(rng.exponential(600)) + 60)
        over = end < dt.date(2026, 9, 1)
        people.append({"account_id": name})
        contracts.append({"contract_id": f"C{place}", "account_id": name, "signed_on": start, "starts_on": start})
        contracts[-1] |= {"ends_on": start + dt.timedelta(days=365), "ended_on": end if over else ""}
        days = range(0, (min(end, DAY) - start).days, 50)
        orders += [order(name, str(start + dt.timedelta(days=day)), 100.0) for day in days]
    book = written(tmp_path / "b", accounts=people, orders=orders, contracts=contracts)
    text = shown("retention", book).text
    assert "An account has left when its contract has ended and no other has begun within 30 days." in text
    assert "No silences were compared: what counts as leaving was given." in text
    assert "Expected to leave: " in text


def test_parameters_reach_the_outlook(shown, tmp_path, monkeypatch):
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}], orders=[order("A", "2026-08-01", 5)])
    seen: list[Any] = []
    monkeypatch.setattr(module, "leaving", lambda *given, **more: seen.append((given, more)) or _refuse())
    text = shown(
        "retention", book, silence="180D", false_alarm=3.0, late_month=2.0, claim="price", drop=0.3, horizon="24M"
    ).text
    (_, day, silence), more = seen[0]
    assert (day, silence) == (dt.date(2026, 8, 1), "180D")
    assert (more["costs"].false_alarm, more["costs"].late_month) == (3.0, 2.0)
    assert "no more of this" in text
    assert Wishes(horizon="24M").horizon != Wishes().horizon


def _refuse() -> None:
    raise BookError("no more of this")
