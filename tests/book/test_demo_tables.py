"""The synthetic company's tables beside accounts and orders: they fit together, and tell the planted story.

Shares are pooled over several seeds; the bands are wide enough for any seed, and too narrow for a book
without the effect.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from demo_replies import customers, replies

from crm_analysis.book import open_book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.demo import demo, story
from crm_analysis.book.demo.company import DIMENSIONS, OFFICES, programme_start
from crm_analysis.book.demo.complaints import TOPICS
from crm_analysis.book.demo.funnel import STAGES
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.surveys import ITEMS, drivers

pytestmark = pytest.mark.slow  # demo companies of thousands of accounts

END = pd.Timestamp("2026-09-30")
YEAR_BEFORE = END - pd.DateOffset(years=1)
SEEDS, ACCOUNTS = (1, 2, 3), 1_000
SWITCHES = {"silence": 3, "effort": 2, "payers": 2, "programme": 2}  # and how many of the seeds without it
# what a maker of boards has no use for: one currency, valid lines of one source, no dealers' end users
NOT_GIVEN = {
    "orders": {"currency", "state", "source", "end_user_id"},
    "programme": {"segment", "account_id"},
}


class Book:
    """One demo as an analyst would read it, and its truth."""

    def __init__(self, folder: Path, seed: int, accounts: int, without: tuple[str, ...] = ()) -> None:
        self.folder, self.seed = folder, seed
        self.made = demo(folder, accounts, seed, "parquet", without=without)
        self.truth = self.made.truth.to_pandas(date_as_object=False).set_index("account_id")

    @functools.cache  # noqa: B019 - as long as the module's tests
    def __getitem__(self, name: str) -> pd.DataFrame:
        table = pq.read_table(self.folder / f"{name}.parquet")
        fields = [pa.field(f.name, pa.float64()) if pa.types.is_decimal(f.type) else f for f in table.schema]
        return table.cast(pa.schema(fields)).to_pandas(date_as_object=False)

    @functools.cached_property
    def year(self) -> pd.Series:
        """Revenue of the accounts that ordered in the last year, largest first."""
        orders = self["orders"]
        return orders[orders.ordered_on > YEAR_BEFORE].groupby("account_id").revenue.sum().sort_values(ascending=False)

    @functools.cached_property
    def low(self) -> pd.Index:
        """Active accounts below the Mid bar: those after the one with which the cumulative share reaches 80 %."""
        share = (self.year.cumsum() / self.year.sum()).to_numpy()
        return self.year.index[self.year < self.year.iloc[np.argmax(share >= 0.8)]]

    @functools.cached_property
    def office(self) -> pd.Series:
        return self["accounts"].set_index("account_id").sales_office

    @functools.cached_property
    def replies(self) -> pd.DataFrame:
        return replies(self["survey_invitations"], self["surveys"], self.truth)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[Book]:
    return [Book(tmp_path_factory.mktemp(f"all{seed}"), seed, ACCOUNTS) for seed in SEEDS]


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Book]]:
    """The first books once more with one switch off, by switch."""
    return {
        name: [Book(tmp_path_factory.mktemp(f"{name}{seed}"), seed, ACCOUNTS, (name,)) for seed in SEEDS[:many]]
        for name, many in SWITCHES.items()
    }


# every table, accepted and in order


def test_every_column_is_filled_and_every_row_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "CHUNK", 90)
    made = demo(tmp_path, 250, 1)
    assert set(made.rows) == set(CONTRACT)
    for name, table in CONTRACT.items():
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        assert list(frame.columns) == [column for column in table.names if column not in NOT_GIVEN.get(name, ())]
        assert (frame != "").any().all(), name
        assert len(frame) == made.rows[name]
        keys = [key for key in table.key if key in frame]
        assert not keys or not frame.duplicated(keys).any(), name
    result = open_book(tmp_path).check
    assert result.exit_code == 0
    assert list(result.fired) == []
    assert {name: int(total.accepted) for name, total in result.rows.items()} == made.rows


def test_chunks_have_the_columns_of_a_whole_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo(tmp_path / "whole", 200, 5, "parquet")
    monkeypatch.setattr(story, "CHUNK", 30)
    demo(tmp_path / "chunks", 200, 5, "parquet")
    for name, table in CONTRACT.items():
        whole, chunks = (pq.read_table(tmp_path / kind / f"{name}.parquet") for kind in ("whole", "chunks"))
        assert whole.schema.equals(chunks.schema), name
        keys = [key for key in table.key if key in chunks.column_names]
        assert not keys or chunks.group_by(keys).aggregate([]).num_rows == chunks.num_rows, name


@pytest.mark.parametrize("accounts", [20, 21, 45])
def test_the_smallest_books_have_every_table(tmp_path: Path, accounts: int) -> None:
    for seed in range(3):
        demo(tmp_path, accounts, seed, "parquet")
        for name, table in CONTRACT.items():
            schema = pq.read_schema(tmp_path / f"{name}.parquet")
            assert set(table.required) <= set(schema.names), name
            assert not any(pa.types.is_null(field.type) for field in schema), name


# time runs one way


def test_nothing_is_told_of_an_account_before_it_was_known_or_after_the_extract(books: list[Book]) -> None:
    for book in books:
        known = book["accounts"].set_index("account_id").known_since
        for name, table in CONTRACT.items():
            frame = book[name]
            for column in table:
                if column.name in frame and column.type == "date" and not column.may_be_future:
                    assert not (frame[column.name] > END).any(), (name, column.name)
            if "account_id" in frame and name != "accounts":
                at = frame.period_end if name == "spend" else frame[table.known_at]
                owner = frame.account_id
                assert (at[owner.notna()] >= owner.dropna().map(known)).all(), name


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("orders", "ordered_on"),
        ("complaints", "opened_on"),
        ("survey_invitations", "sent_on"),
        ("surveys", "answered_on"),
        ("interactions", "happened_on"),
        ("opportunities", "opened_on"),
        ("contracts", "signed_on"),
        ("market_surveys", "surveyed_on"),
        ("summaries", "written_on"),
        ("decisions", "decided_on"),
    ],
)
def test_an_account_that_left_does_nothing_more(books: list[Book], name: str, column: str) -> None:
    """Its payments, credit notes and what we learn of its leaving may come later."""
    for book in books:
        frame = book[name]
        if name == "orders":
            frame = frame[frame.revenue > 0]
        if name == "surveys":  # a rep's guess takes a few days
            frame = frame[frame.respondent_type == "customer"]
        left = frame.account_id.map(book.truth.left_on)
        assert left.notna().any() or name == "summaries"  # key accounts rarely leave
        assert not (frame[column] >= left + pd.Timedelta(days=7 * (name == "orders"))).any()


def test_each_rep_in_the_tables_is_one_at_the_time(books: list[Book]) -> None:
    for book in books:
        posts = book["reps"].assign(to_date=book["reps"].to_date.fillna(END)).groupby("rep_id")
        begin, end = posts.from_date.min(), posts.to_date.max()
        for name, rep, at in (
            ("interactions", "rep_id", "happened_on"),
            ("summaries", "rep_id", "written_on"),
            ("decisions", "decided_by", "decided_on"),
        ):
            frame = book[name]
            assert (frame[at] >= frame[rep].map(begin)).all()
            assert (frame[at] <= frame[rep].map(end)).all()


# money


def test_invoices_add_up_to_what_shipped_and_was_credited_to_the_cent(books: list[Book]) -> None:
    for book in books:
        lines, invoices = (pq.read_table(book.folder / f"{name}.parquet") for name in ("orders", "invoices"))
        billed = pc.or_(pc.is_valid(lines["shipped_on"]), pc.is_null(lines["promised_on"]))
        sums = lines.filter(billed).group_by("account_id").aggregate([("revenue", "sum")])
        shipped = dict(zip(sums["account_id"].to_pylist(), sums["revenue_sum"].to_pylist(), strict=True))
        sums = invoices.group_by("account_id").aggregate([("amount", "sum")])
        invoiced = dict(zip(sums["account_id"].to_pylist(), sums["amount_sum"].to_pylist(), strict=True))
        assert invoiced == {account: amount for account, amount in shipped.items() if account in invoiced}
        assert not any(amount for account, amount in shipped.items() if account not in invoiced)
        frame = book["invoices"]
        assert set((frame.due_on - frame.issued_on).dt.days) == {14, 30, 60}
        assert not (frame.paid_on < frame.issued_on).any()
        assert not (frame.written_off_on <= frame.due_on).any()
        assert not (frame.paid_on.notna() & frame.written_off_on.notna()).any()


def test_most_pay_a_few_days_around_the_due_day_and_some_never(books: list[Book]) -> None:
    frame = pd.concat([book["invoices"] for book in books])
    days = (frame.paid_on - frame.due_on).dt.days
    assert -6 <= days.quantile(0.1) <= days.median() <= 6
    assert 0.07 < (days > 20).mean() < 0.20
    lost = frame[frame.written_off_on.notna()]
    assert 0.0015 < lost.amount.sum() / frame.amount.sum() < 0.012
    assert 0.02 < frame.paid_on.isna().mean() < 0.08


def test_slow_payers_and_losses_cluster_in_weak_accounts_by_the_switch(
    books: list[Book], without: dict[str, list[Book]]
) -> None:
    def weak(of: list[Book]) -> tuple[float, float]:
        """Share of written-off invoices that leavers owe, and slow accounts among faders against the others."""
        owed, slow = [], []
        for book in of:
            frame = book["invoices"].assign(left=lambda f, b=book: f.account_id.map(b.truth.left_on.notna()))
            owed.append(frame[frame.written_off_on.notna()].left)
            late = (frame.paid_on - frame.due_on).dt.days.groupby(frame.account_id).median() > 14
            slow.append(pd.DataFrame({"late": late, "fader": late.index.map(book.truth.growth == "fader")}))
        rate = pd.concat(slow).groupby("fader").late.mean()
        return float(pd.concat(owed).mean()), float(rate[True] / rate[False])

    left, ratio = weak(books)
    assert left > 0.65
    assert ratio > 1.7
    left, ratio = weak(without["payers"])
    assert left < 0.50
    assert 0.6 < ratio < 1.5
    for on, off in zip(books, without["payers"], strict=False):
        same = ["invoice_id", "account_id", "issued_on", "due_on", "amount"]
        pd.testing.assert_frame_equal(on["invoices"][same], off["invoices"][same])


# voice


def test_complaints_follow_late_orders_but_most_unhappy_accounts_never_complain(books: list[Book]) -> None:
    silent = []
    late_share: dict[bool, list[float]] = {True: [], False: []}
    for book in books:
        orders, complaints = book["orders"], book["complaints"]
        goods = orders[orders.promised_on.notna()]
        goods = goods.assign(days=(goods.shipped_on.fillna(END) - goods.promised_on).dt.days)
        worst = goods.groupby("order_id").days.max()
        concerned = worst.index.isin(complaints.order_id.dropna())
        for late in (True, False):
            late_share[late].append(concerned[(worst > 5) == late].mean())
        troubled = goods[goods.days > 7].account_id.value_counts()
        silent.append((~troubled[troubled >= 2].index.isin(complaints.account_id)).mean())
        assert 0.008 < len(complaints) / len(worst) < 0.035
        assert set(complaints.topic) == set(TOPICS)
        assert set(complaints.dimension) == set(DIMENSIONS)
        assert 0 < complaints.closed_on.isna().mean() < 0.08
        assert not (complaints.closed_on < complaints.opened_on).any()
        at = complaints.dropna(subset="order_id").set_index("order_id")
        first = orders.drop_duplicates("order_id").set_index("order_id").reindex(at.index)
        assert (first.account_id == at.account_id).all()
        assert (first.ordered_on < at.opened_on).all()
    assert np.mean(late_share[True]) > 5 * np.mean(late_share[False])
    assert 0.4 < np.mean(silent) < 0.8


def test_the_programme_closes_complaints_sooner(books: list[Book], without: dict[str, list[Book]]) -> None:
    def days(of: list[Book]) -> float:
        taken = []
        for book in of:
            starts = dict(zip((office[0] for office in OFFICES), programme_start(book.seed), strict=True))
            frame = book["complaints"]
            early = frame.account_id.map(book.office).map(starts) < min(starts.values()) + 1
            since = frame.opened_on.between("2026-04-01", "2026-08-15")
            taken.append((frame.closed_on - frame.opened_on).dt.days[early & since])
        return float(pd.concat(taken).median())

    assert days(books[:2]) < 0.8 * days(without["programme"])


def test_the_discontented_answer_less_by_the_switch(books: list[Book], without: dict[str, list[Book]]) -> None:
    def shift(book: Book) -> float:
        return float(book.replies.content[book.replies.replied].mean() - book.replies.content.mean())

    on, off = [shift(book) for book in books], [shift(book) for book in without["silence"]]
    assert min(on) > 0.015
    assert 0.020 < np.mean(on) < 0.050
    assert max(np.abs(off)) < 0.012
    assert abs(np.mean(off)) < 0.006
    pooled = pd.concat([book.replies for book in books])
    assert pooled.replied[pooled.content < 0.45].mean() < 0.65 * pooled.replied[pooled.content > 0.65].mean()
    assert 0.30 < pooled.replied.mean() < 0.55


def test_silence_changes_who_answers_and_nothing_else(books: list[Book], without: dict[str, list[Book]]) -> None:
    for on, off in zip(books, without["silence"], strict=True):
        for name in CONTRACT:
            if name != "surveys":
                assert on[name].equals(off[name]), name
        keys = ["account_id", "respondent_id", "answered_on", "item", "subject", "respondent_type"]
        both = on["surveys"].merge(off["surveys"], on=keys)
        assert len(both) > 0.5 * len(on["surveys"])
        assert (both.score_x == both.score_y).all()


def test_surveys_have_scales_importance_missing_items_and_people_we_know(books: list[Book]) -> None:
    for book in books:
        said = book["surveys"]
        assert said.score.between(said.scale_min, said.scale_max).all()
        rated = said.importance.dropna()
        assert rated.between(1, said.scale_max[rated.index]).all()
        assert set(said.item[rated.index]) == set(DIMENSIONS)
        ours = customers(book["surveys"])
        assert set(ours.item) == set(ITEMS)
        people = ours.groupby(["account_id", "respondent_id", "answered_on"]).item.nunique()
        assert 0.05 < (people < len(ITEMS)).mean() < 0.5
        assert {(1, 5), (1, 7), (0, 10)} == set(zip(said.scale_min, said.scale_max, strict=True))
        contacts = book["contacts"].set_index("contact_id")
        known = ours.respondent_id.map(contacts.known_since)
        assert (known < ours.answered_on).all()
        assert (ours.respondent_id.map(contacts.account_id) == ours.account_id).all()
        inside = said[said.respondent_type == "internal"]
        assert set(inside.respondent_id) <= set(book["reps"].rep_id)
        asked = set(zip(book["survey_invitations"].account_id, book["survey_invitations"].respondent_id, strict=True))
        assert set(zip(ours.account_id, ours.respondent_id, strict=True)) <= asked
        answers = people.groupby(["account_id", "answered_on"]).size()
        assert answers.max() >= 2


def long_scale(books: list[Book]) -> pd.DataFrame:
    """Answers on the scale from 1 to 7, an item a column, of people who left out none."""
    frames = []
    for book in books:
        ours = customers(book["surveys"])
        ours = ours[ours.answered_on >= "2024-01-01"]
        frames.append(ours.pivot(index=["respondent_id", "answered_on"], columns="item", values="score").dropna())
    return pd.concat(frames)


def test_an_item_is_worded_against_us_and_others_with_us(books: list[Book]) -> None:
    with_us = long_scale(books).corr()["satisfaction"].drop("satisfaction")
    assert with_us["complicated"] < -0.4
    assert with_us.drop("complicated").min() > 0.3


def test_what_matters_most_to_people_shows_in_their_satisfaction(books: list[Book]) -> None:
    true, wide = drivers(), long_scale(books)
    assert sum(true.values()) == pytest.approx(1)
    x = np.column_stack([np.ones(len(wide)), wide[list(DIMENSIONS)]])
    slope = dict(zip(DIMENSIONS, np.linalg.lstsq(x, wide.satisfaction, rcond=None)[0][1:], strict=True))
    assert list(true) == sorted(true, key=lambda name: -true[name]) == list(DIMENSIONS)
    assert min(slope["reliability"], slope["timeliness"]) > slope["facilities"] + 0.05
    assert (slope["reliability"] + slope["timeliness"]) / 2 > slope["warmth"] + 0.03


def test_a_part_of_the_people_rates_a_competitor_too(books: list[Book]) -> None:
    means = []
    for book in books:
        said = book["surveys"]
        other = said[said.subject != "us"]
        assert set(other.subject) == set(COMPETITORS)
        keys = ["account_id", "respondent_id", "answered_on"]
        ours, theirs = (frame[keys].drop_duplicates() for frame in (customers(book["surveys"]), other))
        assert len(theirs.merge(ours, on=keys)) == len(theirs)
        assert 0.25 < len(theirs) / len(ours) < 0.45
        means.append(other[other.scale_max == 7].groupby(["subject", "item"]).score.mean())
    pooled = pd.concat(means, axis=1).mean(axis=1).unstack()
    # no supplier is best at everything
    assert pooled[list(DIMENSIONS)].idxmax().nunique() >= 3
    assert pooled.satisfaction.max() - pooled.satisfaction.min() > 0.3


# effort


def test_most_visits_go_to_small_accounts_and_most_contacts_are_their_wish(books: list[Book]) -> None:
    visits_low, ours, minutes = [], [], []
    for book in books:
        met = book["interactions"]
        met = met[(met.happened_on > YEAR_BEFORE) & met.account_id.isin(book.year.index)]
        low = met.account_id.isin(book.low)
        visits_low.append(low[met.channel == "visit"].mean())
        ours.append((met.initiated_by == "us").mean())
        minutes.append(met.minutes[low].sum() / met.minutes.sum())
        assert set(met.channel) == {"visit", "call", "mail"}
        assert (met.minutes > 0).all()
        assert (met.cost > 0).all()
    assert 0.56 < min(visits_low) <= max(visits_low) < 0.78
    assert 0.60 < np.mean(visits_low) < 0.75
    assert 0.20 < np.mean(ours) < 0.30
    assert 0.40 < np.mean(minutes) < 0.62


def test_effort_follows_value_by_the_switch(books: list[Book], without: dict[str, list[Book]]) -> None:
    def ratio(of: list[Book]) -> float:
        """Minutes of an account above the Mid bar for a minute of a Low one, of accounts that bought all year."""
        minutes = []
        for book in of:
            met = book["interactions"]
            orders = book["orders"]
            old = orders[orders.ordered_on <= YEAR_BEFORE].account_id.unique()
            spent = met[met.happened_on > YEAR_BEFORE].groupby("account_id").minutes.sum()
            spent = spent.reindex(book.year.index.intersection(old)).fillna(0)
            minutes.append(pd.DataFrame({"spent": spent, "low": spent.index.isin(book.low)}))
        mean = pd.concat(minutes).groupby("low").spent.mean()
        return float(mean[False] / mean[True])

    assert 2.2 < ratio(books) < 5
    assert 0.8 < ratio(without["effort"]) < 1.5


def test_the_programme_moves_contacts_away_from_low_accounts(books: list[Book], without: dict[str, list[Book]]) -> None:
    def contacts(of: list[Book]) -> pd.Series:
        """Contacts of the last quarter by early or late office and Low or not."""
        counts = []
        for book in of:
            starts = dict(zip((office[0] for office in OFFICES), programme_start(book.seed), strict=True))
            met = book["interactions"]
            met = met[(met.happened_on > "2026-06-30") & met.account_id.isin(book.year.index)]
            early = met.account_id.map(book.office).map(starts) == min(starts.values())
            counts.append(pd.DataFrame({"early": early, "low": met.account_id.isin(book.low)}))
        return pd.concat(counts).groupby(["early", "low"]).size()

    change = contacts(books[:2]) / contacts(without["programme"])
    assert 0.55 < change[True, True] < 0.82
    assert change[True, False] > change[True, True] + 0.15
    assert change[False, True] > change[True, True] + 0.05  # the late offices have only begun


def test_spend_covers_every_quarter_and_names_accounts_for_delivery(books: list[Book]) -> None:
    for book in books:
        spend = book["spend"]
        assert spend.period_end.nunique() == 16
        assert (spend.period_start < spend.period_end).all()
        assert (spend.amount >= 0).all()
        named = spend[spend.account_id.notna()]
        assert set(named.activity) == {"delivery", "special service"}
        assert not named.fixed.any()
        whole = spend[spend.account_id.isna()]
        assert (whole.groupby("activity").size() == 16).all()
        assert set(whole[whole.fixed].activity) == {"management", "marketing", "systems and rooms"}
        assert 0.04 < spend[spend.period_end > YEAR_BEFORE].amount.sum() / book.year.sum() < 0.15


# the funnel


def test_the_funnel_has_five_stages_with_skips_and_setbacks(books: list[Book]) -> None:
    steps = []
    for book in books:
        deals, changes = book["opportunities"], book["stage_changes"]
        rank = changes.stage.map({stage: place for place, stage in enumerate(STAGES)})
        step = rank.groupby(changes.opportunity_id).diff().dropna()
        steps.append(step)
        assert set(changes.opportunity_id) == set(deals.opportunity_id)
        begin = changes.groupby("opportunity_id")
        assert set(begin.stage.first()) == {"lead", "qualified"}
        assert (begin.entered_on.diff().dropna() > pd.Timedelta(0)).all()
        by_id = deals.set_index("opportunity_id")
        assert (begin.entered_on.first() == by_id.opened_on.reindex(begin.entered_on.first().index)).all()
        last = begin.last()
        assert (last.amount == by_id.amount.reindex(last.index)).all()
        closed = by_id.closed_on.reindex(last.index)
        assert not (closed < last.entered_on).any()
        assert (begin.amount.nunique() > 1).mean() > 0.3
        assert (deals.closed_on.isna() == deals.outcome.isna()).all()
        won = deals.outcome == "won"
        assert deals[won][["lost_reason", "competitor"]].isna().all(axis=None)
        assert (last.stage[by_id.outcome.reindex(last.index) == "won"] == "decision").all()
        assert 0.20 < won.sum() / deals.outcome.notna().sum() < 0.45
        assert 0.05 < deals.outcome.isna().mean() < 0.30
    pooled = pd.concat(steps)
    assert set(pooled) == {-1.0, 1.0, 2.0}
    assert 0.04 < (pooled == 2).mean() < 0.15
    assert 0.03 < (pooled == -1).mean() < 0.15


def test_expected_days_slip_and_some_are_overdue(books: list[Book]) -> None:
    deals = pd.concat([book["opportunities"] for book in books])
    open_ones = deals[deals.closed_on.isna()]
    assert 0.05 < (open_ones.expected_close < END).mean() < 0.35
    assert (deals.expected_close > deals.opened_on).all()


def test_more_is_in_the_funnel_where_potential_is_high(books: list[Book]) -> None:
    many = []
    for book in books:
        count = book["opportunities"].account_id.value_counts()
        many.append(pd.DataFrame({"potential": book.truth.potential, "deals": count}).fillna({"deals": 0}))
    pooled = pd.concat(many)
    high, low = (pooled.deals[part].mean() for part in (pooled.potential > 0.75, pooled.potential < 0.25))
    assert 1.1 < high / low < 2.2
    assert 0.03 < pooled.corr().iloc[0, 1] < 0.40


# terms


def test_contracts_are_renewed_expire_or_end_with_the_account(books: list[Book]) -> None:
    holders = []
    for book in books:
        frame = book["contracts"]
        assert (frame.signed_on < frame.starts_on).all()
        assert (frame.starts_on < frame.ends_on).all()
        assert not (frame.ended_on > frame.ends_on).any()
        assert (frame.ended_on.isna() == frame.end_reason.isna()).all()
        assert (frame.ended_on.isna() == ((frame.ends_on > END) & frame.end_reason.isna())).all()
        # a renewal begins the day after the term before it
        frame = frame.sort_values("contract_id")
        before = frame.groupby("account_id")[["ends_on", "end_reason"]].shift()
        later = before.ends_on.notna()
        assert (frame.starts_on[later] == before.ends_on[later] + pd.Timedelta(days=1)).all()
        assert (before.end_reason[later].fillna("renewed") == "renewed").all()
        gone = frame[frame.end_reason == "account left"]
        assert gone.account_id.map(book.truth.left_on).notna().all()
        current = frame[frame.ended_on.isna()].account_id
        assert current.map(book.truth.left_on).isna().all()
        holders.append(frame.account_id.nunique() / book["orders"].account_id.nunique())
        large = book["orders"].groupby("account_id").revenue.sum().rank(pct=True)
        assert large.reindex(frame.account_id.unique()).mean() > 0.62
    assert 0.15 < np.mean(holders) < 0.26


def test_exits_are_known_later_and_reps_blame_the_price(books: list[Book]) -> None:
    frames = []
    for book in books:
        left = book.truth.left_on.dropna()
        frame = book["exits"].assign(true=lambda f, b=book: f.account_id.map(b.truth.reason))
        assert frame.account_id.is_unique
        assert set(frame.account_id) <= set(left.index)
        assert (frame.known_on >= frame.account_id.map(left) + pd.Timedelta(days=15)).all()
        assert (frame.left_on <= frame.known_on).all()
        assert 0.5 < len(frame) / len(left) < 0.72
        frames.append(frame)
    pooled = pd.concat(frames)
    them = pooled[pooled.decided_by == "them"]
    assert 0.85 < len(them) / len(pooled) < 0.98
    said = them.groupby("source").reason.value_counts(normalize=True).unstack(fill_value=0)
    assert said.price["rep"] > said.price["account"] + 0.2
    right = (them.reason == them.true).groupby(them.source).mean()
    assert right["account"] > 0.8 > right["rep"] + 0.1


# the market


def test_market_surveys_tell_of_demand_and_a_little_of_growth(books: list[Book]) -> None:
    frames = []
    for book in books:
        frame = book["market_surveys"].join(book.truth[["demand", "potential"]], on="account_id")
        frames.append(frame)
        per_account = frame.groupby("account_id").size()
        assert set(per_account) == {1, 2}
        assert 0.17 < len(per_account) / book["orders"].account_id.nunique() < 0.32
        assert set(frame.main_competitor.dropna()) == set(COMPETITORS)
    pooled = pd.concat(frames)
    error = np.log(pooled.annual_demand / pooled.demand)
    assert abs(error.mean()) < 0.05
    assert 0.12 < error.std() < 0.30
    assert 0.15 < pooled.demand_growth.corr(pooled.potential) < 0.50


def test_our_market_figure_is_the_books(books: list[Book]) -> None:
    for book in books:
        frame, orders = book["markets"], book["orders"]
        period = orders.ordered_on.dt.to_period("Q").astype(str)
        ours = orders.groupby([period, orders.family]).revenue.sum()
        told = frame[frame.supplier == "us"].set_index(["period", "segment"]).amount
        assert (abs(ours.reindex(told.index) - told) <= 500.01).all()
        assert set(frame.supplier) == {"us", *COMPETITORS}
        assert frame.segment.nunique() == 8
        ends = pd.PeriodIndex(frame.period, freq="Q").end_time.normalize()
        wait = (frame.known_on - pd.Series(ends, index=frame.index)).dt.days
        assert wait.between(40, 46).all()
        assert frame.period.nunique() == 15  # the last quarter is not known yet
        share = told.sum() / frame.amount.sum()
        assert 0.10 < share < 0.25


# steering


def test_targets_are_set_before_their_quarter(books: list[Book]) -> None:
    for book in books:
        frame = book["targets"]
        begin = pd.PeriodIndex(frame.quarter, freq="Q").start_time
        assert (frame.set_on < begin).all()
        assert set(frame.kpi) == {"revenue", "margin_rate", "low_share_of_time", "complaints_per_100_orders", "on_time"}
        assert (frame.target > 0).all()
        revenue = frame[(frame.kpi == "revenue") & frame.segment.isna()].set_index("quarter").target
        orders = book["orders"]
        before = orders.revenue[orders.ordered_on.between("2025-07-01", "2025-09-30")].sum()
        assert revenue["2026Q3"] == pytest.approx(1.05 * before, rel=0.04)
        assert frame.segment.dropna().nunique() == 5


def test_decisions_are_made_where_the_programme_runs(books: list[Book]) -> None:
    frames = []
    for book in books:
        frame = book["decisions"]
        starts = dict(zip((office[0] for office in OFFICES), programme_start(book.seed), strict=True))
        frame = frame.assign(office=frame.account_id.map(book.office))
        moved = book["account_history"]
        moved = moved[moved.field == "sales_office"].groupby("account_id").size()
        settled = frame[frame.account_id.map(moved) == 1]
        began = pd.to_datetime(settled.office.map(starts), unit="D")
        assert (settled.decided_on >= began).all()
        assert frame.reason[frame.action == frame.recommended].isna().all()
        frames.append(frame)
    pooled = pd.concat(frames)
    actions = {"keep", "desk", "minimum order", "survey first", "goodbye"}
    assert set(pooled.action) == set(pooled.recommended) == actions
    overridden = pooled.action != pooled.recommended
    assert 0.10 < overridden.mean() < 0.25
    assert 0.7 < pooled.reason[overridden].notna().mean() < 0.95


def test_contacts_are_more_where_accounts_are_large(books: list[Book]) -> None:
    for book in books:
        many = book["contacts"].account_id.value_counts()
        assert set(many.index) == set(book["accounts"].account_id)
        assert {1, 2, 3, 4} <= set(many) <= {1, 2, 3, 4, 5}
        size = book.truth.log_size.reindex(many.index)
        assert many[size > size.quantile(0.9)].mean() > many[size < size.quantile(0.5)].mean() + 1


def test_summaries_are_uneven_and_tell_only_what_had_happened(books: list[Book]) -> None:
    mentions = []
    for book in books:
        frame = book["summaries"]
        fields = ["headline", "concerns", "events", "next_step"]
        text = frame[fields].fillna("").agg(" ".join, axis=1)
        ordered = book["orders"].drop_duplicates("order_id").set_index("order_id")
        complaints = book["complaints"].set_index("complaint_id")
        for pattern, source, day in ((r"O\d{9}", ordered, "ordered_on"), (r"K\d{10}", complaints, "opened_on")):
            told = text.str.extractall(f"({pattern})")[0].droplevel(1)
            mentions.append(len(told))
            assert (told.map(source.account_id) == frame.account_id[told.index]).all()
            assert (told.map(source[day]) <= frame.written_on[told.index]).all()
        assert 0.05 < frame[["concerns", "events", "next_step"]].isna().to_numpy().mean() < 0.25
        copied = (frame[fields] == frame.groupby("account_id")[fields].shift()).all(axis=1)
        assert 0.02 < copied.mean() < 0.25
        assert frame.account_id.map(book["accounts"].set_index("account_id").key_account).all()
        gaps = frame.written_on.groupby(frame.account_id).diff().dt.days.dropna()
        assert 12 <= gaps.median() <= 16
    assert sum(mentions[0::2]) > 100  # of orders
    assert sum(mentions[1::2]) > 20  # of complaints


def test_text_has_no_comma_and_no_formula(tmp_path: Path) -> None:
    demo(tmp_path, 250, 2)
    for name, table in CONTRACT.items():
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        for column in table:
            if column.name in frame and column.type == "text":
                assert not frame[column.name].str.contains(re.compile(r'[,"\n]|^[=+@-]')).any(), (name, column.name)
