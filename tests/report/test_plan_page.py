"""The plan page: what it tells of a whole book, and of books that lack what it needs."""

from __future__ import annotations

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
from planned_company import HOSTILE, company, sold
from small_books import DAY, line, small_book

from crm_analysis.errors import BookError
from crm_analysis.plan import outlook as module
from crm_analysis.plan.effort.hours import Hours
from crm_analysis.plan.grades.bar import loss_bar
from crm_analysis.plan.policy import Policy
from crm_analysis.plan.summary import handovers, listed
from crm_analysis.plan.treatment.rules import TEAMS
from crm_analysis.plots.plan import loss_bars, service_time
from crm_analysis.report.parameters import declared
from crm_analysis.report.sentences import plan as said
from crm_analysis.report.sentences import plan_bars as bars

mpl.use("agg")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, Path]:
    return shown("plan", company(), tmp_path_factory.mktemp("plan"))


def test_every_account_has_one_treatment_team_owner_and_step(whole):
    accounts = table_of(whole[1], "accounts")
    assert accounts["account_id"].is_unique
    assert set(accounts["account_id"]) == {*(f"A{place:03}" for place in range(36)), "N1"}
    for name in ("treatment", "team", "owner", "to_do", "reason", "owner_why"):
        assert accounts[name].str.len().min() > 0, name
    assert set(accounts["team"]) <= set(TEAMS)
    order = [TEAMS.index(team) for team in accounts["team"]]
    assert order == sorted(order)
    assert all(own["worth"].is_monotonic_decreasing for _, own in accounts.groupby("team"))


def test_tables_reconcile(whole):
    """Accounts and hours are the same by rule, class, team, person and account."""
    folder = whole[1]
    accounts, rules, time = (table_of(folder, name) for name in ("accounts", "treatments", "time"))
    teams, people = table_of(folder, "teams"), table_of(folder, "people")
    assert rules["accounts"].sum() == len(accounts) == time["accounts"].iloc[-1] == teams["accounts_planned"].sum()
    assert people["accounts_planned"].sum() == len(accounts)
    for name in ("today", "planned"):
        hours = accounts[f"minutes_{name}"].sum() / 60
        assert rules[f"hours_{name}"].sum() == pytest.approx(hours)
        assert time[f"hours_{name}"].iloc[-1] == pytest.approx(hours)
        assert time[f"hours_{name}"].iloc[:-1].sum() == pytest.approx(hours)
        assert teams[f"minutes_{name}"].sum() == pytest.approx(60 * hours)
    last = time.iloc[-1]
    assert last["hours_planned"] - last["hours_today"] == pytest.approx(last["hours_given"] - last["hours_freed"])
    assert table_of(folder, "actions_by_team")["actions"].sum() == len(table_of(folder, "actions"))
    assert len(table_of(folder, "actions")) == accounts["due"].notna().sum()
    assert table_of(folder, "delivered")["accounts"].sum() == len(accounts)
    assert table_of(folder, "grades")["accounts"].sum() == len(accounts)


def test_the_first_screen_says_what_the_tables_say(whole):
    page, folder = whole
    last = table_of(folder, "time").iloc[-1]
    assert f"Service time freed: {last['hours_freed']:.0f} of {last['hours_today']:.0f} hours a year" in page.text
    freed = f"{last['hours_freed']:.0f} hours ({last['freed_low']:.0f} to {last['freed_high']:.0f})"
    assert f"The plan takes {freed} a year from {last['accounts_freed']:.0f} accounts" in page.text
    accounts = table_of(folder, "accounts")
    soon = accounts[pd.to_datetime(accounts["due"]) <= pd.Timestamp(DAY) + pd.Timedelta(days=14)]
    assert f"What to do first: {len(soon)} actions within 14 days" in page.text
    first = soon.sort_values("worth", ascending=False).head(3)
    assert table_of(folder, "first")["account_id"].tolist()[:3] == first["account_id"].tolist()
    told = page.text.split("The 3 worth most: ")[1].split("People missing")[0]
    for row in first.itertuples():
        assert f"{row.name} ({row.owner}, by {row.due})" in told
    grades = table_of(folder, "grades").groupby("lowered_by")["accounts"].sum()
    assert f"Paying too late: {grades['the loss bar']} accounts" in page.text
    people = table_of(folder, "teams")
    assert f"The plan needs {people['people_needed'].sum():.1f} people" in page.text
    assert f"{people['people_there'].sum():.0f} are there" in page.text


def test_the_loss_bar_is_told_with_its_numbers(whole):
    """Of 36 accounts those that pay 80 days late (one of eight) go bad: 36 are too few to show 3 %, 99 are needed."""
    page, folder = whole
    last = table_of(folder, "loss_years").iloc[-1]
    assert (last["accounts"], last["bad"], last["all_bad"]) == (36, 0, 4)
    assert (
        "With that 0 of 36 accounts would have gone bad in the year after 2025-09-30, 0.0% (0.0% to 8.0%)" in page.text
    )
    assert "under the 3% that can be borne is about as likely as not, and not shown." in page.text
    assert "At least 99 accounts would be needed to show it; 36 are known." in page.text
    assert "Without it bad accounts would have stayed at 4, 11.1% (3.9% to 23.6%)." in page.text


def test_owners_that_change_are_told_by_class(whole):
    page, folder = whole
    accounts, changes = table_of(folder, "accounts"), table_of(folder, "owners")
    assert f"Accounts that change owner: {len(changes)} of {len(accounts)}" in page.text
    many = changes["class"].value_counts()
    parts = ", ".join(f"{name} {many[name]}" for name in ("High", "Mid", "Low") if name in many)
    assert f"{int(many.sum())} ordered within the year ({parts})." in page.text
    assert f"The one worth most: {' '.join(changes['name'].iloc[0].split())}, from" in page.text


def test_accounts_that_the_work_bar_lowers_and_another_rule_takes_are_counted():
    rows = pd.DataFrame(
        {"bar": ["work", "work", "work", "loss"], "rule": ["work", "told_survey", "work_large", "loss"]}
    )
    assert bars.otherwise_said(look(table=rows)) == (
        "Of the accounts that the work bar lowers, 1 is treated by a rule that comes before it."
    )
    with pytest.raises(BookError):
        bars.otherwise_said(look(table=rows.iloc[[0, 2]]))


def test_decisions_stand_and_are_followed(whole):
    page, folder = whole
    standing = table_of(folder, "overrides")
    assert standing[["account_id", "decision", "decided_by"]].to_numpy().tolist() == [["A003", "keep", "Person 2"]]
    assert "1 decision against the advice stands." in page.text
    each = table_of(folder, "decisions_each")
    assert each["account_id"].tolist() == ["A003", "A006"]
    assert each["stood_days"].tolist() == [(DAY - dt.date(2026, 2, 1)).days] * 2
    kept = table_of(folder, "accounts").set_index("account_id").loc["A003"]
    assert "knows of a project" in kept["reason"]


def test_hostile_names_are_shown_as_they_are(whole):
    page, folder = whole
    assert not page.soup.find_all(["script", "b"])
    assert set(HOSTILE) <= set(table_of(folder, "accounts")["name"])
    assert "<b>knows of a project" in page.text
    assert "'=cmd|" in (folder / "plan_accounts.csv").read_text(encoding="utf-8-sig")


def bare(many: int = 10, months: int = 36) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in sold(many, months)]


@pytest.mark.parametrize(
    ("book", "says"),
    [
        (lambda: small_book(bare()), "No hours of our people are known, so how many are needed cannot be told."),
        (lambda: small_book([line("A", "2026-08-01", 10)]), "By plan we visit 1 account"),
        (lambda: small_book([], [{"account_id": "A"}]), "none of which ordered in the 12 months before"),
    ],
)
def test_books_that_lack_something_give_a_calm_page(book, says, tmp_path):
    page, folder = shown("plan", book(), tmp_path)
    assert says in page.text
    assert "The book has no table 'invoices'" in page.text
    assert page.text.count("The book has no table 'interactions'") <= 2  # once where it is missed, once in the list
    assert len(table_of(folder, "missing")) > 3


def test_people_without_hours_leave_accounts_unassigned(tmp_path):
    rows = bare(6, 12)
    who = [{"account_id": name, "rep_id": "R1"} for name in sorted({row["account_id"] for row in rows})]
    book = small_book(rows, who, reps=[{"rep_id": "R1", "name": "One", "team": "sales administration"}])
    page, folder = shown("plan", book, tmp_path)
    gone = table_of(folder, "accounts").query("owner == 'unassigned'")
    assert len(gone) > 0
    assert f"Unassigned: {len(gone)} account" in page.text
    assert "the team has nobody" in page.text


# --- single sentences ---


def look(**given: Any) -> Any:
    return SimpleNamespace(**({"day": DAY, "policy": Policy(), "people": pd.DataFrame()} | given))


def past(accounts: int, bad: int) -> pd.DataFrame:
    """A year in which the first accounts go bad, that pay latest."""
    late = np.arange(accounts, 0, -1, dtype=float)
    flags = np.arange(accounts) < bad
    names = [f"A{place}" for place in range(accounts)]
    return pd.DataFrame({"as_of": pd.Timestamp("2025-09-30"), "account_id": names, "days_late": late, "bad": flags})


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (past(400, 0), "no bar is needed"),
        (past(400, 0), "that they stay under the 3% that can be borne is shown."),
        (past(400, 30), "that they stay under the 3% that can be borne is about as likely as not, and not shown."),
        (past(400, 380), "To keep bad accounts under the 3% that can be borne is impossible: even so 180 of 400"),
        (past(400, 380), "That is more than chance explains."),
        (past(50, 1), "At least 99 accounts would be needed to show it; 50 are known."),
    ],
)
def test_the_loss_bar_is_shown_likely_or_impossible(frame, words):
    own = pd.DataFrame({"account_id": ["A1"], "bar": [""], "worth": [1.0], "name": ["One"]})
    assert words in bars.loss_said(look(loss=loss_bar(frame), table=own))


def needing(share: float = 0.5, **missing: tuple[float, float, float]) -> Any:
    """A facade whose teams lack so many people (low, people, high), where contacts take so much of their time."""
    rows = [
        {"team": name.replace("_", " "), "people_missing": own[1], "missing_low": own[0], "missing_high": own[2]}
        for name, own in missing.items()
    ]
    whole = pd.DataFrame([{"people_needed": 11.0, "people_there": 10.0, "people_missing": 1.0, "missing_low": -1.0,
                           "missing_high": 3.0}])  # fmt: skip
    need = SimpleNamespace(
        teams=pd.DataFrame(rows), whole=whole, says=("No hours.",), hours=Hours(1.0, 1 / share, share, 44.0, taken=True)
    )
    return look(table=pd.DataFrame({"x": [1]}), need=need)


def test_people_are_missing_only_beyond_the_interval():
    own = needing(operations_centre=(0.5, 2.0, 3.5), customer_support=(-1.0, 1.0, 3.0), sales=(-3.0, -2.0, -1.0))
    assert said.people(own) == "2.0 missing, 2.0 too many"
    words = said.people_said(own)
    assert "The plan needs 11.0 people (9.0 to 13.0), 10 are there." in words
    assert "Short of people: operations centre, 2.0 (0.5 to 3.5)." in words
    assert "More people than the plan needs: sales, 2.0 (1.0 to 3.0)." in words
    assert "customer support" not in words
    assert "before anybody is hired" in words
    assert said.people(needing(a=(-1.0, 1.0, 3.0))) == "no team surely too few or too many"
    assert "hired" not in said.people_said(needing(a=(0.5, 1.0, 3.0)))
    little = said.people_said(needing(0.009, operations=(0.5, 2.0, 3.5), sales=(-3.0, -2.0, -1.0)))
    assert little.endswith(
        "Contacts in the book are only 0.9% of working time, so read this as shares between teams, not as people to "
        "hire or move."
    )


def test_names_of_what_comes_first_are_gathered_by_what_it_is():
    rows = [
        {"account_id": str(place), "name": name, "due": pd.Timestamp("2026-10-07"), "worth": worth, "action": action,
         "owner": owner, "owner_name": owner}
        for place, (name, worth, action, owner) in enumerate(
            [("One", 5.0, "Call: {x}", "Ann"), ("Two", 9.0, "Visit", ""), ("Three", 7.0, "Call: {x}", "Bob")]
        )
    ]  # fmt: skip
    words = said.due_said(look(table=pd.DataFrame(rows)))
    assert words.endswith(
        "The 3 worth most: visit: Two (unassigned, by 2026-10-07); "
        "call: {x}: Three (Bob, by 2026-10-07), One (Ann, by 2026-10-07)."
    )


def test_handovers_by_hand():
    """One account stays, one goes to Bob, one that nobody owned to Ann, one is left without an owner."""
    rows = pd.DataFrame(
        {
            "account_id": ["1", "2", "3", "4"], "name": ["a", "b", "c", "d"], "class": "Low", "team": "x",
            "rep_id": ["A", "A", "", "Z"], "owner": ["A", "B", "A", ""], "owner_name": ["Ann", "Bob", "Ann", ""],
            "owner_why": "why", "worth": [9.0, 1.0, 3.0, 2.0],
        }
    )  # fmt: skip
    people = pd.DataFrame({"rep_id": ["A", "B"], "name": ["Ann", "Bob"]})
    found = handovers(rows, people)
    assert found[["account_id", "owner_today", "owner"]].to_numpy().tolist() == [
        ["3", "unassigned", "Ann"],
        ["4", "Z", "unassigned"],
        ["2", "Ann", "Bob"],
    ]


def test_an_unknown_team_is_listed_last():
    names = ["account_id", "name", "class", "grade", "reason", "owner", "owner_name", "owner_why", "action"]
    rows = pd.DataFrame({name: ["1", "2", "3"] for name in names}).assign(
        team=["a team", TEAMS[3], TEAMS[0]], level="desk", due=pd.NaT, visits=0.0, calls=1.0, minutes_today=1.0,
        minutes_planned=1.0, revenue=1.0, worth=1.0,
    )  # fmt: skip
    assert listed(rows)["account_id"].tolist() == ["3", "2", "1"]


def test_figures_draw_what_they_are_given():
    ax = service_time(pd.DataFrame({"class": ["High"], "hours_today": [3.0], "hours_planned": [5.0]}))
    assert [bar.get_width() for bar in ax.patches] == [3.0, 5.0]
    plt.close(ax.figure)
    steps = loss_bar(past(400, 30)).steps
    with_bar, without = (len(loss_bars(steps, 0.03, at).lines) for at in (0.9, 1.0))
    assert with_bar == without + 1
    plt.close("all")


# --- parameters ---


def test_parameters_are_the_policys_own():
    """What the notebooks say a visit or a bar is by default is what Policy takes."""
    for name in ("plan", "what_if"):
        found = declared(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4), name)
        own = {key: float(found[key].default) for key in Policy.__dataclass_fields__ if key in found}
        assert len(own) >= 5
        assert own == {key: getattr(Policy(), key) for key in own}


def test_parameters_reach_the_plan(monkeypatch, tmp_path):
    seen: list[Any] = []

    def outlook(*given: Any) -> Any:
        seen.append(given)
        raise RuntimeError("stopped")

    monkeypatch.setattr(module, "outlook", outlook)
    monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: small_book([line("A", "2026-08-01", 10)]))
    values = {"visits_key": 9.0, "calls_new": 7.0, "capacity": 500.0, "weeks": 40.0, "bad_share": 0.05}
    with pytest.raises(RuntimeError, match="stopped"):
        page_of("plan", tmp_path, monkeypatch, book="", alpha=0.1, high_bar=5.0, quarter="2026Q2", **values)
    _, day, policy, wishes, promise = seen[0]
    assert {name: getattr(policy, name) for name in values} == values
    assert (day, wishes.high_bar, wishes.mid_bar, promise.alpha) == (dt.date(2026, 6, 30), 5.0, 0.0, 0.1)
