"""Cases against plain loops over the book of each day, against the future, and under other names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from math import log, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from whole_contract import rows_of

from crm_analysis.book import Book, book_of
from crm_analysis.periods import after, before
from crm_analysis.potential.cases import Cases, case_days, cases
from crm_analysis.potential.features import FEATURES, WORDS
from crm_analysis.potential.low import Wishes
from crm_analysis.potential.vetoes import VETOES

pytestmark = pytest.mark.slow  # plain loops over every day

CUT = dt.date(2024, 9, 30)
HALF = Wishes(horizon="6M")
MONEY = ("value", "value_later")
NEEDED = {need.table for need in (*FEATURES.values(), *VETOES.values())} | {"account_history", "decisions", "exits"}


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    """A random book of all that cases need: 24 accounts thick enough to be Low, in few groups, some said goodbye to."""
    rng = np.random.default_rng(8)
    parts = []
    for place in range(6):
        part = whole.frames(rng, CUT)
        for frame in part.values():
            for name in {"account_id", "opportunity_id"} & set(frame):
                frame[name] = [None if value is None else f"{value}.{place % 2}" for value in frame[name]]
        parts.append(part)
    made = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in sorted(NEEDED)}
    made["accounts"] = made["accounts"].drop_duplicates("account_id", ignore_index=True)
    made["orders"]["line_id"] = [f"line {place}" for place in made["orders"].index]
    orders, share = made["orders"], rng.uniform(0.3, 1.2, len(made["orders"]))
    none = orders["cost"].isna()
    orders.loc[orders.groupby("account_id").head(1).index[::2], "ordered_on"] = whole.FIRST
    orders["cost"] = [round(float(value), 2) for value in orders["revenue"] * share]
    orders.loc[none, "cost"] = None
    few = [f"group {number}" for number in range(5)]
    made["accounts"]["group_id"] = [rng.choice([*few, "A0.0", None]) for _ in made["accounts"].index]
    history = made["account_history"].drop_duplicates(["account_id", "field", "known_on"], ignore_index=True)
    group = history["field"] == "group_id"
    history.loc[group, "value"] = [str(rng.choice(few)) for _ in range(group.sum())]
    made["account_history"] = history
    decisions = made["decisions"]
    decisions["action"] = rng.choice(
        [" Goodbye", "cut", "call", "desk service"], len(decisions), p=[0.1, 0.1, 0.4, 0.4]
    )
    made["decisions"] = decisions.iloc[::3].reset_index(drop=True)
    made["exits"] = made["exits"].iloc[::12].reset_index(drop=True)
    made["opportunities"]["outcome"] = rng.choice(["won", "Won", "lost"], len(made["opportunities"]))
    # most questions are about us, and some are of the whole
    surveys, often = made["surveys"], rng.random(len(made["surveys"]))
    surveys[["scale_min", "scale_max"]] = -3000.0, 12000.0
    surveys["subject"] = np.where(often < 0.8, "us", surveys["subject"])
    surveys["item"] = np.where(often < 0.3, "satisfaction", surveys["item"])
    first = made["orders"].groupby("account_id")["ordered_on"].min()
    known = made["accounts"]["account_id"].map(first)
    stated = made["accounts"]["known_since"]
    made["accounts"]["known_since"] = [
        min((day for day in both if not pd.isna(day)), default=whole.FIRST) for both in zip(known, stated, strict=True)
    ]
    return made


# --- plain loops over the book of each day ---


def mean(values: list[Any]) -> float:
    return float(sum(values) / len(values)) if values else nan


def smoothed(one: float, other: float) -> float:
    """The logarithm of the quotient of two revenues, a twentieth of both added to each."""
    one, other = max(float(one), 0), max(float(other), 0)
    more = 0.05 * (one + other)
    return log((one + more) / (other + more)) if more > 0 else nan


class Tables(dict[str, list[dict[str, Any]]]):
    """The rows of a book by table, read when asked for."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def __missing__(self, name: str) -> list[dict[str, Any]]:
        self[name] = rows_of(self.book, name)
        return self[name]


class Plainly:
    """A day from the rows of the book as of that day, masked by `as_of` and by nothing else."""

    def __init__(self, book: Book, day: dt.date, by: str) -> None:
        self.book, self.day, self.by = book.as_of(day), day, by
        self.year, self.quarter = before(day, "12M"), before(day, "3M")
        self.two = before(self.year, "12M")
        self.rows = Tables(self.book)
        self.lines: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows["orders"]:
            self.lines.setdefault(row["account_id"], []).append(row)
        self.values = {name: self.value(name) for name in self.lines}
        self.active = [name for name in self.lines if any(row["revenue"] > 0 for row in self.inside(name, self.year))]
        ranked = sorted((self.values[name] for name in self.active), reverse=True)
        self.high, self.mid = (self.bar(ranked, Decimal(part)) for part in ("0.5", "0.8"))
        self.low = sorted(name for name in self.active if self.values[name] < self.mid)

    @cached_property
    def people(self) -> dict[str, dict[str, Any]]:
        return {row["account_id"]: row for row in self.rows["accounts"]}

    @staticmethod
    def bar(ranked: list[Decimal], part: Decimal) -> Decimal:
        brought = Decimal(0)
        for value in ranked:
            brought += value
            if brought >= part * sum(ranked):
                return value
        raise AssertionError

    def inside(self, account: str, since: dt.date, until: dt.date | None = None) -> list[dict[str, Any]]:
        end = until or self.day
        return [row for row in self.lines.get(account, []) if since < row["ordered_on"] <= end]

    def value(self, account: str, since: dt.date | None = None) -> Decimal:
        rows = self.inside(account, since or self.year)
        if self.by == "revenue":
            return sum((row["revenue"] for row in rows), Decimal(0))
        return sum((row["revenue"] - row["cost"] for row in rows if row["cost"] is not None), Decimal(0))

    def gone(self, account: str, since: dt.date | None = None) -> bool:
        """Whether we had said goodbye by this day, and nothing took it back; or, `since` a day, did after it."""
        own = [row for row in self.rows["decisions"] if row["account_id"] == account]
        cuts = [row["decided_on"] for row in own if row["action"].strip().lower() in ("goodbye", "cut")]
        others = [row["decided_on"] for row in own if row["action"].strip().lower() not in ("goodbye", "cut")]
        exits = [row for row in self.rows["exits"] if row["account_id"] == account and row["decided_by"] == "us"]
        left = [max(row["known_on"], row["left_on"] or row["known_on"]) for row in exits]
        left = [day for day in left if day <= self.day]
        if since is not None:
            return any(day > since for day in cuts + left)
        bought = [row["ordered_on"] for row in self.lines[account] if row["revenue"] > 0]
        decided = any(all(day >= other for other in others) for day in cuts)
        return decided or any(all(day > other for other in others) and day >= max(bought) for day in left)

    def scaled(self, table: str, date: str) -> float:
        begins = min((row[date] for row in self.rows[table]), default=None)
        seen = 0 if begins is None else (self.day - begins).days + 1
        if seen >= (self.day - self.year).days - 7:
            return 1.0
        return (self.day - self.year).days / seen if seen >= 90 else nan

    def of(self, account: str) -> dict[str, Any]:
        own = {name: [row for row in self.rows[name] if row["account_id"] == account] for name in sorted(NEEDED)}
        who = {name: self.people[account][name] for name in WORDS}
        return self.trade(account, own) | self.heard(own) | self.market(account, own) | self.group(account, own) | who

    def trade(self, account: str, own: dict[str, Any]) -> dict[str, float]:
        lines = own["orders"]
        first = min(row["ordered_on"] for row in lines)
        bought = [row for row in lines if row["revenue"] > 0]
        year, whole_year = self.inside(account, self.year), (self.day - self.year).days
        revenue = sum(row["revenue"] for row in year)
        seen = min(whole_year, (self.day - first).days + 1)
        quarter = (self.day - self.quarter).days
        last = max(sum(row["revenue"] for row in self.inside(account, self.quarter)), 0)
        past = sum(row["revenue"] for row in self.inside(account, self.two, self.year))
        there = (self.year - max(first, self.two + dt.timedelta(days=1))).days + 1
        orders = {row["order_id"] or row["ordered_on"] for row in bought if row["ordered_on"] > self.year}
        count = len(orders) * self.scaled("orders", "ordered_on")
        silence = (self.day - max(row["ordered_on"] for row in bought)).days
        costed = [row for row in year if row["cost"] is not None]
        known, margin = sum(row["revenue"] for row in costed), sum(row["revenue"] - row["cost"] for row in costed)
        due = [row for row in lines if row["promised_on"] is not None and row["revenue"] >= 0]
        due = [row for row in due if self.year < max(row["promised_on"], row["ordered_on"]) <= self.day]
        value, mid = float(self.values[account]), float(self.mid)
        since = min(first, self.people[account]["known_since"])
        bills = [row for row in own["invoices"] if row["amount"] > 0]
        paid = [row for row in bills if row["paid_on"] and max(row["paid_on"], row["issued_on"]) > self.year]
        late = [row for row in bills if row["due_on"] and row["due_on"] < self.day and not row["paid_on"]]
        return {
            "size": log(max(value / mid, 0.001)),
            "pace": log(max(float(self.value(account, self.quarter)) * whole_year / quarter / mid, 0.001)),
            "trend": smoothed(revenue, past) if there >= 0.9 * (self.year - self.two).days else nan,
            "recent": smoothed(float(last) * seen / quarter, revenue) if seen >= 2 * quarter else nan,
            "order_count": count,
            "silence_days": silence,
            "silence_gaps": silence / (365.25 / count) if count else 0,
            "families": len({row["family"] for row in year if row["revenue"] > 0 and row["family"]}),
            "margin_rate": float(margin / known) if known > 0 else nan,
            "tenure_years": min((self.day - since).days / 365.25, 1),
            "days_to_pay": mean([(row["paid_on"] - row["issued_on"]).days for row in paid]),
            "overdue": len(late),
            "on_time": mean([row["shipped_on"] is not None and row["shipped_on"] <= row["promised_on"] for row in due]),
            "veto_new": first > before(self.day, "6M"),
        }

    def heard(self, own: dict[str, Any]) -> dict[str, float]:
        calls = [row for row in own["interactions"] if row["happened_on"] > self.year]
        people: dict[str, list[dict[str, Any]]] = {}
        for row in own["surveys"]:
            if row["respondent_type"] != "internal" and row["subject"] in ("us", None) and row["score"] is not None:
                people.setdefault(row["respondent_id"] or "", []).append(row)
        scores = []
        for rows in people.values():
            newest = max(row["answered_on"] for row in rows)
            rows = [row for row in rows if row["answered_on"] == newest]
            rows = [row for row in rows if row["item"] == "satisfaction"] or rows
            if newest > self.two:
                scores.append(mean([float(row["score"] + 3000) / 15000 for row in rows]))
        complaints = own["complaints"]
        recent = [row for row in complaints if row["opened_on"] > self.year]
        return {
            "complaints_year": len(recent) * self.scaled("complaints", "opened_on"),
            "satisfaction": mean(scores),
            "contacts": len(calls) * self.scaled("interactions", "happened_on"),
            "contacts_theirs": mean([row["initiated_by"] == "them" for row in calls if row["initiated_by"]]),
            "veto_complaint": any(row["closed_on"] is None for row in complaints),
        }

    def market(self, account: str, own: dict[str, Any]) -> dict[str, float]:
        deals = own["opportunities"]
        won = [
            row
            for row in deals
            if row["closed_on"] and row["closed_on"] > self.year and row["outcome"].lower() == "won"
        ]
        told = {}
        for name in ("annual_demand", "demand_growth"):
            rows = [row for row in own["market_surveys"] if row[name] is not None]
            newest = max((row["surveyed_on"] for row in rows), default=dt.date.min)
            told[name] = mean([row[name] for row in rows if row["surveyed_on"] == newest > self.two])
        demand, revenue = told["annual_demand"], float(sum(row["revenue"] for row in self.inside(account, self.year)))
        return {
            "pipeline_open": sum(row["closed_on"] is None for row in deals),
            "pipeline_won": len(won) * self.scaled("opportunities", "opened_on"),
            "demand": log(max(demand / float(self.mid), 0.001)) if demand == demand else nan,
            "share_of_wallet": min(max(revenue / demand, 0), 2) if demand > 0 else nan,
            "demand_growth": told["demand_growth"],
            "veto_opportunity": any(row["closed_on"] is None for row in deals),
        }

    def group(self, account: str, own: dict[str, Any]) -> dict[str, float]:
        def group_of(name: str) -> str:
            return self.people.get(name, {}).get("group_id") or name

        others = [name for name in self.active if name != account and group_of(name) == group_of(account)]
        worth = sum(max(self.values[name], 0) for name in others)
        signed = [row for row in own["contracts"] if (row["starts_on"] or row["signed_on"]) <= self.day]
        return {
            "siblings": len(others),
            "siblings_size": log(1 + float(worth / self.mid)),
            "veto_sibling": any(self.values[name] >= self.high for name in others),
            "veto_contract": any(row["ended_on"] is None for row in signed),
            "veto_key_account": bool(self.people[account]["key_account"]),
        }


@pytest.fixture(scope="module")
def book(made) -> Book:
    return book_of(made, whole.EXTRACT)


@pytest.fixture(scope="module")
def told(book) -> dict[str, Cases]:
    return {by: cases(book, whole.EXTRACT, Wishes(horizon="6M", by=by)) for by in ("revenue", "margin")}


@pytest.mark.parametrize("by", ["revenue", "margin"])
def test_who_is_a_case_and_all_that_is_told_of_it_is_what_plain_loops_find(book, told, by):
    found = told[by]
    assert [str(day) for day in found.days] == ["2023-12-31", "2024-03-31", "2024-06-30", "2024-12-31"]
    parts: list[pd.DataFrame] = []
    left_out = 0
    for day in found.days:
        plainly = Plainly(book, day, by)
        own = found.on(day)
        expected = [name for name in plainly.low if not plainly.gone(name)]
        left_out += len(plainly.low) - len(expected)
        assert own["account_id"].tolist() == expected
        bars = found.bars.set_index("as_of").loc[day]
        assert (bars["mid"], bars["high"]) == pytest.approx((float(plainly.mid), float(plainly.high)), rel=1e-12)
        assert own["value"].tolist() == pytest.approx([float(plainly.values[name]) for name in expected], rel=1e-12)
        rows = pd.DataFrame([plainly.of(name) for name in expected])
        assert set(rows) == set(FEATURES) | {f"veto_{name}" for name in VETOES}
        for name in WORDS:
            assert own[name].astype(object).where(own[name].notna(), None).tolist() == rows.pop(name).tolist()
        flags = [name for name in rows if name.startswith("veto_")]
        pd.testing.assert_frame_equal(own[flags], rows[flags])
        numbers = rows.drop(columns=flags).astype("float64")
        pd.testing.assert_frame_equal(own[list(numbers)].astype("float64"), numbers, rtol=1e-5, atol=1e-6)
        parts.append(own)
    everything = pd.concat(parts)
    varied = {name for name in rows if everything[name].nunique() > 1}
    assert set(rows) == varied  # each had something to tell
    assert left_out > 0


@pytest.mark.parametrize("by", ["revenue", "margin"])
def test_what_became_of_each_is_what_plain_loops_over_the_later_book_find(book, told, by):
    seen = set()
    for day in told[by].days[:-1]:
        then, later = Plainly(book, day, by), Plainly(book, after(day, "6M"), by)
        for row in told[by].on(day).to_dict("records"):
            name = row["account_id"]
            value = later.value(name)
            assert row["value_later"] == pytest.approx(float(value), rel=1e-12, abs=1e-9)
            if later.gone(name, since=day):
                expected = "unknown"
            else:
                expected = value >= then.mid and 2 * value >= 3 * then.values[name]
            assert (row["promising"] if row["promising"] == row["promising"] else "unknown") == expected
            seen.add(str(expected))
    assert seen == {"True", "False", "unknown"}
    assert told[by].today["promising"].isna().all()
    assert told[by].today["value_later"].isna().all()


def test_groups_are_those_known_today(book, told):
    people = book.table("accounts").execute().set_index("account_id")["group_id"]
    rows = told["revenue"].frame
    names = [people[name] if isinstance(people[name], str) else name for name in rows["account_id"]]
    pairs = set(zip(rows["group"], names, strict=True))
    assert len(pairs) == len(set(names)) == rows["group"].nunique() < rows["account_id"].nunique()


# --- one future or another ---

OUTCOMES = ["promising", "revenue_later", "margin_later", "value_later", "group", "bits"]


def test_neither_the_future_nor_the_order_of_rows_changes_what_was_known(made, book):
    """Rows after the cut gone or changed, values that settle later and overwritten columns changed, rows mixed."""
    other = book_of(whole.scrambled(made, CUT, np.random.default_rng(4)), whole.EXTRACT)
    found, scrambled = (cases(each, CUT, HALF) for each in (book, other))
    assert len(found.days) == 3
    assert len(found.frame) > 10
    pd.testing.assert_frame_equal(scrambled.frame, found.frame, check_exact=True)
    pd.testing.assert_frame_equal(scrambled.bars, found.bars, check_exact=True)
    lines = [each.table("orders").revenue.sum().execute() for each in (book, other)]
    assert lines[0] != lines[1]  # there is something to see, in every table (book/test_as_of.py)


def test_an_earlier_day_among_later_ones_is_what_it_was_when_it_was_today(book, told):
    day = told["revenue"].days[-2]
    then = cases(book, day, HALF).today
    assert list(told["revenue"].frame) == list(then)
    words = dict.fromkeys(WORDS, object)  # the categories are those of all days
    own, then = (each.drop(columns=OUTCOMES).astype(words) for each in (told["revenue"].on(day), then))
    assert len(then) > 3
    pd.testing.assert_frame_equal(own, then, check_exact=True)


# --- other names ---


def test_other_names_and_another_order_of_rows_change_nothing_but_the_names(made, told):
    rng = np.random.default_rng(9)
    names = made["accounts"]["account_id"].tolist()
    to = dict(zip(names, rng.permutation([f"{letter}{place}" for place, letter in enumerate("zay" * 8)]), strict=True))
    renamed = {}
    for table, frame in made.items():
        frame = frame.sample(frac=1, random_state=5, ignore_index=True)
        for name in {"account_id", "group_id"} & set(frame):  # a head office is named as a group
            frame[name] = [to.get(value, value) for value in frame[name]]
        if table == "account_history":
            frame["value"] = [to.get(value, value) for value in frame["value"]]
        renamed[table] = frame
    found = cases(book_of(renamed, whole.EXTRACT), whole.EXTRACT, HALF)
    back = {new: old for old, new in to.items()}
    rows = found.frame.assign(account_id=found.frame["account_id"].map(back))
    rows = rows.sort_values(["as_of", "account_id"], ignore_index=True)
    expected = told["revenue"].frame
    assert rows["account_id"].tolist() != found.frame["account_id"].tolist()
    same = pd.DataFrame({"own": rows.pop("group"), "other": expected["group"]}).drop_duplicates()
    assert same["own"].is_unique
    assert same["other"].is_unique
    pd.testing.assert_frame_equal(rows, expected.drop(columns="group"), check_exact=True)
    pd.testing.assert_frame_equal(found.bars, told["revenue"].bars, check_exact=True)
    lots = [each.lot(each.frame, 3, 1) for each in (found, told["revenue"])]
    assert sorted(lots[0]) == sorted(lots[1])


# --- the days ---


def test_case_days_go_back_from_a_horizon_ago_while_their_year_was_seen(book):
    days = [str(day) for day in case_days(book, whole.EXTRACT, "3M")]
    assert days == ["2023-12-31", "2024-03-31", "2024-06-30", "2024-09-30"]
    assert [str(day) for day in case_days(book, whole.EXTRACT, "3M", most=2)] == days[2:]
    assert [str(day) for day in case_days(book, "2024-11-30", "3M")] == ["2024-02-29", "2024-05-31", "2024-08-31"]
    assert case_days(book, "2024-06-22", "6M") == []
