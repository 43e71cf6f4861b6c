"""The guard at work on a book: who is held back, what the future and the names of accounts must not change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.book import Book, BookError, open_book
from crm_analysis.book.demo import demo
from crm_analysis.errors import UserError
from crm_analysis.potential.cases import Cases, cases
from crm_analysis.potential.guard.exact import allowed_misses
from crm_analysis.potential.safety import CALIBRATE, CALIBRATION, Promise, Safety, as_known, safety

pytestmark = pytest.mark.slow  # fits the models of many books

LAST, BEFORE = dt.date(2026, 9, 30), dt.date(2025, 9, 30)
EASY = Promise(alpha=0.2, delta=0.2)
"""A promise that a book of 350 accounts can keep."""
IDLE = (
    "contacts",
    "markets",
    "programme",
    "reps",
    "spend",
    "stage_changes",
    "summaries",
    "survey_invitations",
    "targets",
)
"""Tables that tell nothing of potential; without them a book opens sooner."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder: Path = tmp_path_factory.mktemp("potential") / "demo"
    demo(folder, accounts=350, seed=4, format="parquet")
    for name in IDLE:
        (folder / f"{name}.parquet").unlink()
    return open_book(folder)


@pytest.fixture(scope="module")
def made(book: Book) -> Cases:
    return cases(book, LAST)


@pytest.fixture(scope="module")
def made_before(book: Book) -> Cases:
    return cases(book, BEFORE)


@pytest.fixture(scope="module")
def found(made: Cases) -> Safety:
    return safety(made, EASY)


def test_no_account_and_no_sibling_of_one_is_both_learned_from_and_held_against_the_model(found: Safety) -> None:
    learned, held = found.learned, found.calibration
    assert not set(learned["account_id"]) & set(held["account_id"])
    assert not set(learned["group"]) & set(held["group"])
    assert (learned["as_of"] <= pd.Timestamp(found.day)).all()
    assert (held["as_of"] == pd.Timestamp(found.day)).all()
    assert held["account_id"].is_unique


def test_the_share_held_back_is_the_one_stated(made: Cases, found: Safety) -> None:
    groups = made.frame.drop_duplicates("group")
    share = found.held(groups).mean()
    assert abs(share - CALIBRATION) < 4 * np.sqrt(CALIBRATION * (1 - CALIBRATION) / len(groups))


def test_an_account_is_held_back_on_all_days_or_on_none(made: Cases, found: Safety) -> None:
    held = pd.Series(found.held(made.frame), index=made.frame["account_id"])
    assert (held.groupby(level=0).nunique() == 1).all()


def test_of_siblings_that_grew_the_one_with_the_lowest_score_counts(found: Safety) -> None:
    own = found.calibration[found.calibration["promising"] == 1]
    by_hand = {}
    for row in own.itertuples():
        by_hand[row.group] = min(by_hand.get(row.group, np.inf), np.inf if row.kept else row.score)
    counted = np.where(found.promising["kept"], np.inf, found.promising["score"])
    assert sorted(counted) == pytest.approx(sorted(by_hand.values()))


def test_the_list_is_who_scores_below_the_order_statistic_of_the_known_promising_and_has_no_veto(found: Safety) -> None:
    scores = np.sort(np.where(found.promising["kept"], np.inf, found.promising["score"]))
    most = allowed_misses(len(scores), EASY.alpha, EASY.delta)
    assert most >= 0
    now = found.today
    free = ~now.filter(like="veto_").any(axis=1)
    expected = free & (now["potential"] < scores[most])
    assert expected.any()
    pd.testing.assert_series_equal(now["may_cut"].astype(bool), expected, check_names=False)


def test_a_larger_miss_rate_or_less_confidence_lets_more_be_cut(made: Cases, found: Safety) -> None:
    lists = [set(found.today.loc[found.today["may_cut"], "account_id"])]
    for promise in (replace(EASY, alpha=0.4), replace(EASY, delta=0.4)):
        other = safety(made, promise)
        # the model does not depend on what is promised
        other.__dict__["_judged"] = found._judged
        lists.append(set(other.today.loc[other.today["may_cut"], "account_id"]))
    assert lists[0] < lists[1]
    assert lists[0] < lists[2]


def test_what_came_later_changes_neither_scores_nor_the_list(book: Book, made_before: Cases) -> None:
    orders = book.whole["orders"]
    late = orders.ordered_on > BEFORE
    other = orders.mutate(
        revenue=ibis.ifelse(late, orders.revenue * 7, orders.revenue).cast(orders.revenue.type()),
        account_id=ibis.ifelse(late, "X" + orders.account_id, orders.account_id),
    )
    changed = replace(book, whole={**book.whole, "orders": other}, kept={}, _tables={})
    one, two = (safety(own, replace(EASY, alpha=0.4)) for own in (made_before, cases(changed, BEFORE)))
    assert one.today["may_cut"].any()
    assert one.guard == two.guard
    pd.testing.assert_frame_equal(one.today, two.today)


def test_cases_taken_back_to_an_earlier_day_are_those_of_the_book_on_that_day(made: Cases, made_before: Cases) -> None:
    back, then = as_known(made, BEFORE), made_before
    assert back.days == then.days
    assert back.features == then.features
    columns = [name for name in then.frame if name not in ("group", "bits")]
    pd.testing.assert_frame_equal(back.frame[columns], then.frame[columns], check_categorical=False)
    with pytest.raises(UserError, match="none of them"):
        as_known(made, dt.date(2025, 9, 29))


def test_other_names_of_accounts_change_neither_scores_nor_the_list(book: Book, found: Safety) -> None:
    def renamed(table: ibis.Table) -> ibis.Table:
        if "account_id" not in table.columns:
            return table
        return table.mutate(account_id=table.account_id.reverse() + "-" + table.account_id)

    other = replace(book, whole={name: renamed(table) for name, table in book.whole.items()}, kept={}, _tables={})
    two = safety(cases(other, LAST), EASY)
    old = two.today.assign(account_id=two.today["account_id"].str.split("-").str[-1])
    old = old.sort_values("account_id").set_index("account_id")
    now = found.today.set_index("account_id")
    assert list(old.index) == list(now.index)
    assert list(found.today["account_id"]) != list(two.today["account_id"])
    np.testing.assert_allclose(old["potential"], now["potential"], rtol=1e-9)
    assert (old["may_cut"] == now["may_cut"]).all()
    assert two.guard.threshold == pytest.approx(found.guard.threshold, rel=1e-9)


def test_the_two_samples_of_drift_share_no_account(found: Safety) -> None:
    table = found.drift.table.iloc[0]
    held = found.calibration
    now = found.cases.today
    now = now[found.held(now)]
    assert 0 < table["accounts_then"] < len(held)
    assert 0 < table["accounts_now"] < len(now)
    assert table["accounts_then"] + table["accounts_now"] < len(set(held["account_id"]) | set(now["account_id"])) + 1


def test_a_book_without_a_known_outcome_says_what_it_lacks(book: Book) -> None:
    early = cases(book, "2024-06-30")
    assert len(early.days) == 1
    with pytest.raises(BookError, match="growth_horizon"):
        safety(early).day  # noqa: B018 -- raises


def test_where_nobody_is_left_to_test_the_model_nobody_may_be_cut(made: Cases) -> None:
    frame = made.frame
    last = pd.Timestamp(made.days[-2])
    held = made.lot(frame, EASY.seed, CALIBRATE) < CALIBRATION
    few = replace(made, frame=frame[~(held & (frame["as_of"] == last))].reset_index(drop=True))
    found = safety(few, EASY)
    assert len(found.calibration) == 0
    assert found.guard.declines
    assert not found.today["may_cut"].any()
    assert len(found.drift.table) > 0


def test_too_new_keeps_nobody_in_the_test_where_orders_reach_back_too_little_to_tell(made: Cases) -> None:
    new = made.frame.assign(**{name: name == "veto_new" for name in made.frame if name.startswith("veto_")})
    long, short = (safety(replace(made, frame=new, begins=begins), EASY) for begins in (dt.date.min, BEFORE))
    assert long.calibration["kept"].all()
    assert not short.calibration["kept"].any()
    assert short.today["kept"].all()


@pytest.mark.parametrize("wish", [{"alpha": 0}, {"alpha": 1.0}, {"delta": 0}, {"seed": -1}])
def test_a_promise_that_is_none_is_refused_at_once(wish: dict[str, float]) -> None:
    with pytest.raises(UserError, match="found"):
        Promise(**wish)  # type: ignore[arg-type]
