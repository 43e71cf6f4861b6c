"""The panel against plain loops over each day's book, and against the future: nothing known later changes it."""

from __future__ import annotations

import datetime as dt
from math import log
from typing import Any

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from whole_contract import rows_of

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, book_of
from crm_analysis.churn.definition.rhythm import gap_sums, shrunk
from crm_analysis.churn.definition.spells import Spells, spells
from crm_analysis.churn.survival.features import FEATURES, WORDS
from crm_analysis.churn.survival.panel import account_quarters, risk_rows
from crm_analysis.periods import before
from crm_analysis.value.segments import bars, segments

pytestmark = pytest.mark.slow

CUT = dt.date(2024, 6, 30)
EARLY = dt.date(2023, 9, 30)  # with the quarter after it and the silence decided on the cut
W = 150
THIN = ("accounts", "exits", "survey_invitations")


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    """A random book of all that features need, thick enough for accounts to be there, with surveys about us."""
    rng = np.random.default_rng(3)
    several = [whole.frames(rng, CUT) for _ in range(3)]
    thick = {feature.table for feature in FEATURES.values()} - set(THIN)
    made = {name: several[0][name] for name in THIN}
    made |= {name: pd.concat([each[name] for each in several], ignore_index=True) for name in sorted(thick)}
    made["orders"]["line_id"] = [f"line {place}" for place in made["orders"].index]
    surveys, often = made["surveys"], rng.random(len(made["surveys"]))
    surveys[["scale_min", "scale_max"]] = -3000.0, 12000.0
    surveys["subject"] = np.where(often < 0.8, "us", surveys["subject"])
    surveys["item"] = np.where(often < 0.3, "satisfaction", surveys["item"])
    surveys["answered_on"] = np.where(often < 0.5, surveys["answered_on"].iloc[0], surveys["answered_on"])
    first = made["orders"][made["orders"]["revenue"] > 0].groupby("account_id")["ordered_on"].min()
    made["accounts"]["known_since"] = made["accounts"]["account_id"].map(first).fillna(whole.FIRST)
    return made


# --- plain loops over the book of each day ---


def mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def smoothed(one: float, other: float) -> float:
    """The logarithm of the quotient of two revenues, a twentieth of both added to each."""
    more = 0.05 * (one + other)
    return log((one + more) / (other + more)) if more > 0 else float("nan")


class Plainly:
    """The features of one account from the rows of the book as of a day, masked by `as_of` and by nothing else."""

    def __init__(self, book: Book, day: dt.date) -> None:
        self.book = book.as_of(day)
        self.day, self.year, self.ago = day, before(day, "12M"), day - dt.timedelta(days=30)
        self.two = before(self.year, "12M")
        names = ["complaints", "invoices", "surveys", "survey_invitations", "interactions", "contracts", "orders"]
        self.rows = {name: rows_of(self.book, name) for name in names}

    def scaled(self, table: str, date: str) -> float:
        begins = min((row[date] for row in self.rows[table]), default=None)
        seen = 0 if begins is None else (self.day - begins).days + 1
        if seen >= 358:
            return 1.0
        return (self.day - self.year).days / seen if seen >= 90 else float("nan")

    def of(self, account: str) -> dict[str, float]:
        own = {name: [row for row in rows if row["account_id"] == account] for name, rows in self.rows.items()}
        return self.trade(own) | self.paid(own) | self.said(own) | self.signed(own)

    def trade(self, own: dict[str, Any]) -> dict[str, float]:
        bought = [row["ordered_on"] for row in own["orders"] if row["revenue"] > 0]
        quarter = [row for row in own["orders"] if row["ordered_on"] > before(self.day, "3M")]
        year = [row for row in own["orders"] if row["ordered_on"] > self.year]
        whole = (self.day - self.year).days
        begins = min(row["ordered_on"] for row in self.rows["orders"])
        seen = min(whole, (self.day - max(min(bought), begins)).days + 1)
        last, revenue = (max(float(sum(row["revenue"] for row in rows)), 0) for rows in (quarter, year))
        pace = last * seen / (self.day - before(self.day, "3M")).days
        past = [row["revenue"] for row in own["orders"] if self.two < row["ordered_on"] <= self.year]
        then, both = max(float(sum(past)), 0), (self.year - self.two).days
        there = (self.year - max(min(bought), begins, self.two + dt.timedelta(days=1))).days + 1 >= 0.9 * both
        lines = [row for row in own["orders"] if row["promised_on"] is not None and row["revenue"] >= 0]
        due = [row for row in lines if self.year < max(row["promised_on"], row["ordered_on"]) <= self.day]
        kept = [row["shipped_on"] is not None and row["shipped_on"] <= row["promised_on"] for row in due]
        told = seen >= 2 * (self.day - before(self.day, "3M")).days
        return {
            "silence_days": (self.day - max(bought)).days,
            "trend": smoothed(revenue, then) if there else float("nan"),
            "recent": smoothed(pace, revenue) if told else float("nan"),
            "on_time": mean(kept),
        }

    def paid(self, own: dict[str, Any]) -> dict[str, float]:
        rows = [row for row in own["invoices"] if row["amount"] > 0]
        paid = [row for row in rows if row["paid_on"] and max(row["paid_on"], row["issued_on"]) > self.year]
        due = [row for row in rows if row["due_on"] and row["due_on"] < self.day and not row["paid_on"]]
        return {"days_to_pay": mean([(row["paid_on"] - row["issued_on"]).days for row in paid]), "overdue": len(due)}

    def said(self, own: dict[str, Any]) -> dict[str, float]:
        complaints, calls = own["complaints"], [row for row in own["interactions"] if row["happened_on"] > self.year]
        late = 0
        for row in complaints:
            came = row["opened_on"] + dt.timedelta(days=31)
            open_then = row["closed_on"] is None or row["closed_on"] >= came
            late += self.year < came <= self.day and open_then
        answers = [row for row in own["surveys"] if row["respondent_type"] != "internal"]
        asked = [row["sent_on"] for row in own["survey_invitations"] if self.year < row["sent_on"] <= self.ago]
        silent = all(row["answered_on"] < max(asked) for row in answers) if asked else float("nan")
        people: dict[str, list[dict[str, Any]]] = {}
        for row in answers:
            if row["subject"] in ("us", None) and row["score"] is not None and row["scale_max"] > row["scale_min"]:
                people.setdefault(row["respondent_id"] or "", []).append(row)
        scores = []
        for rows in people.values():
            newest = max(row["answered_on"] for row in rows)
            rows = [row for row in rows if row["answered_on"] == newest]
            rows = [row for row in rows if row["item"] == "satisfaction"] or rows
            if newest > self.two:
                scores.append(mean([float((row["score"] - row["scale_min"]) / (row["scale_max"] - row["scale_min"]))
                                    for row in rows]))  # fmt: skip
        year = self.scaled("complaints", "opened_on")
        began = [row["initiated_by"] == "them" for row in calls if row["initiated_by"]]
        return {
            "complaints_year": sum(row["opened_on"] > self.year for row in complaints) * year,
            "complaints_open": sum(row["closed_on"] is None for row in complaints),
            "complaints_late": late * year,
            "unanswered": silent,
            "satisfaction": mean(scores),
            "contacts": len(calls) * self.scaled("interactions", "happened_on"),
            "contacts_theirs": mean(began),
        }

    def signed(self, own: dict[str, Any]) -> dict[str, float]:
        rows = [row for row in own["contracts"] if (row["starts_on"] or row["signed_on"]) <= self.day]
        rows = [row for row in rows if row["ended_on"] is None]
        ends = [row["ends_on"] for row in rows if row["ends_on"]]
        left = max((max(ends) - self.day).days, 0) if ends else float("nan")
        return {"contract": float(bool(rows)), "contract_ends": left}


@pytest.fixture(scope="module")
def told(made) -> tuple[Book, Spells, pd.DataFrame]:
    book = book_of(made, whole.EXTRACT)
    known = spells(book, whole.EXTRACT, W)
    return book, known, account_quarters(book, [whole.EXTRACT, EARLY, whole.EXTRACT], known)


def test_each_feature_is_what_plain_loops_over_the_book_of_that_day_find(told):
    book, _, panel = told
    checked = set()
    for day, rows in panel.groupby("as_of"):
        plainly = Plainly(book, day.date())
        expected = pd.DataFrame([plainly.of(account) for account in rows["account_id"]], index=rows.index)
        pd.testing.assert_frame_equal(rows[list(expected)].astype("float64"), expected.astype("float64"), rtol=1e-5)
        checked |= set(expected)
    numbers = panel[sorted(checked)]
    assert (numbers.notna().any() & (numbers.nunique() > 1)).all()  # every one of them had something to tell
    others = {
        "rhythm_days",
        "silence_ratio",
        "order_count",
        "families",
        "margin_rate",
        "tenure_days",
        "revenue",
    }
    assert set(FEATURES) - checked == others | set(WORDS)


def test_money_orders_and_segments_are_those_of_accounts(told):
    book, _, panel = told
    for day, rows in panel.groupby("as_of"):
        frame = accounts(book, day.date())
        words = segments(frame, bars(frame))
        frame = frame.assign(**words).set_index("account_id").loc[rows["account_id"]]
        factor = Plainly(book, day.date()).scaled("orders", "ordered_on")
        for name, column, times in (("revenue", "revenue", factor), ("order_count", "orders", factor),
                                    ("families", "families", 1), ("margin_rate", "margin_rate", 1)):  # fmt: skip
            np.testing.assert_allclose(rows[name], frame[column] * times, rtol=1e-5, err_msg=f"{name} on {day}")
        for name in WORDS:
            assert rows[name].tolist() == frame[name].tolist()


def test_the_rhythm_is_shrunk_to_the_class_on_each_day_alone(told):
    book, _, panel = told
    for day, rows in panel.groupby("as_of"):
        sums = gap_sums(book.as_of(day.date()), [day.date()])
        sums = sums[sums["account_id"].isin(rows["account_id"])].reset_index(drop=True)
        expected = shrunk(sums, rows["class"].reset_index(drop=True))
        np.testing.assert_allclose(rows["rhythm_days"], expected, rtol=1e-5)
        np.testing.assert_allclose(rows["silence_ratio"], rows["silence_days"] / rows["rhythm_days"], rtol=1e-5)


# --- one date or many, one future or another ---


def test_a_date_among_later_ones_is_that_date_alone(told):
    book, _, panel = told
    then = book.as_of(EARLY)
    alone = account_quarters(then, [EARLY], spells(then, EARLY, W))
    own = panel[panel["as_of"] == pd.Timestamp(EARLY)].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone, check_exact=True)
    assert panel["as_of"].unique().tolist() == [pd.Timestamp(EARLY), pd.Timestamp(whole.EXTRACT)]
    assert panel.equals(panel.sort_values(["as_of", "account_id"]))


def test_neither_the_future_nor_the_order_of_rows_changes_what_was_known(made, told):
    """Rows after the cut gone or changed, values that settle later and overwritten columns changed, rows mixed."""
    book, late, _ = told
    scrambled = book_of(whole.scrambled(made, CUT, np.random.default_rng(4)), whole.EXTRACT)
    early = [spells(each, CUT, W) for each in (book, scrambled)]
    found, other = (
        account_quarters(each, [EARLY, CUT], known) for each, known in zip((book, scrambled), early, strict=True)
    )
    assert len(found) > 10
    pd.testing.assert_frame_equal(other, found, check_exact=True)
    # answers are those known on the cut, whatever the spells have heard since
    then = spells(scrambled, whole.EXTRACT, W)
    assert not then.frame.equals(late.frame)  # there is something to see, in every table (book/test_as_of.py)
    answers, *others = (risk_rows(found, known, CUT) for known in (*early, late, then))
    assert 0 < answers["left"].sum() < len(answers)
    for each in others:
        pd.testing.assert_frame_equal(each, answers, check_exact=True)
