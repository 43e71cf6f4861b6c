"""The synthetic company: what must hold of it over twenty seeds, its bytes, and what it refuses."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.demo import demo, story, write
from crm_analysis.book.demo.names import order_ids
from crm_analysis.book.demo.parameters import Part, stream
from crm_analysis.book.demo.tables import money
from crm_analysis.errors import BookError, UserError

COMMITTED = Path(__file__).parents[2] / "data" / "demo"
TABLES = ("accounts", "account_history", "orders", "reps", "programme")
SEEDS = range(1, 21)
END = pd.Timestamp("2026-09-30")
DATES = ("known_since", "known_on", "ordered_on", "promised_on", "shipped_on", "from_date", "to_date", "started_on")


@dataclass
class Made:
    """One demo as an analyst would read it, and its truth."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame

    def __getattr__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def year(self, end: pd.Timestamp) -> pd.DataFrame:
        """Revenue and cost per account in the 12 months up to a day, largest revenue first."""
        lines = self.orders[(self.orders.ordered_on <= end) & (self.orders.ordered_on > end - pd.DateOffset(years=1))]
        return lines.groupby("account_id")[["revenue", "cost"]].sum().sort_values("revenue", ascending=False)

    def bar(self, end: pd.Timestamp) -> float:
        """The Mid bar: revenue of the account with which the cumulative share reaches 80 %."""
        revenue = self.year(end).revenue
        return float(revenue.iloc[np.argmax((revenue.cumsum() / revenue.sum()).to_numpy() >= 0.8)])

    def first_order(self) -> pd.Series:
        return self.orders.groupby("account_id").ordered_on.min()


def read(folder: Path) -> dict[str, pd.DataFrame]:
    tables = {}
    for table in TABLES:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        for column in frame.columns.intersection(DATES):
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d")
        for column in frame.columns.intersection(["quantity", "revenue", "cost", "hours_per_week"]):
            frame[column] = frame[column].astype(float)
        tables[table] = frame
    return tables


def digests(folder: Path) -> dict[str, str]:
    """By the name within the folder, the truth's files as well."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in written(folder)}


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    books = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        truth = demo(folder, seed=seed).truth.to_pandas().set_index("account_id")
        books.append(Made(read(folder), truth))
    return books


# what the company looks like


@pytest.mark.slow
def test_a_fifth_of_the_active_accounts_brings_four_fifths_of_the_revenue(made: list[Made]) -> None:
    shares = []
    for book in made:
        revenue = book.year(END).revenue
        shares.append(revenue.iloc[: round(0.2 * len(revenue))].sum() / revenue.sum())
    assert 0.67 < min(shares) <= max(shares) < 0.88
    assert 0.76 < np.mean(shares) < 0.83


@pytest.mark.slow
def test_three_quarters_of_the_active_accounts_are_low(made: list[Made]) -> None:
    low = [(book.year(END).revenue < book.bar(END)).mean() for book in made]
    assert 0.70 < min(low) <= max(low) < 0.86
    assert 0.75 < np.mean(low) < 0.82


@pytest.mark.slow
def test_no_account_is_the_whole_company(made: list[Made]) -> None:
    assert max(book.year(END).revenue.iloc[0] / book.year(END).revenue.sum() for book in made) < 0.35


@pytest.mark.slow
def test_there_are_new_inactive_and_never_ordering_accounts(made: list[Made]) -> None:
    for book in made:
        first = book.first_order()
        assert len(book.accounts) == 250
        assert 30 <= len(first) - len(book.year(END)) <= 70  # inactive
        assert 12 <= (first > END - pd.DateOffset(years=1)).sum() <= 45  # new
        assert (book.accounts.stage == "suspect").sum() >= 5
        assert (book.accounts.stage == "prospect").sum() >= 12
        assert (book.accounts.known_since < "2022-10-01").sum() > 80  # entered before the data begin


@pytest.mark.slow
def test_who_never_ordered_is_a_suspect_or_prospect_and_nobody_else(made: list[Made]) -> None:
    for book in made:
        waiting = book.accounts.stage.isin(["suspect", "prospect"])
        assert set(book.accounts.account_id[~waiting]) == set(book.orders.account_id)


@pytest.mark.slow
def test_few_low_accounts_grow_and_most_new_ones_stay_small(made: list[Made]) -> None:
    """Promising as in the design: at least the Mid bar, and 1.5 times its own, a year later."""
    before = END - pd.DateOffset(years=1)
    promising, low_accounts, small_again, recent = 0, 0, 0, 0
    for book in made:
        then, now, bar = book.year(before).revenue, book.year(END).revenue, book.bar(before)
        low = then[then < bar]
        later = now.reindex(low.index).fillna(0)
        promising += ((later >= bar) & (later >= 1.5 * low)).sum()
        low_accounts += len(low)
        first = book.first_order().reindex(low.index)
        new = first > before - pd.DateOffset(years=1)
        recent += new.sum()
        small_again += (later[new] < bar).sum()
    assert 0.02 < promising / low_accounts < 0.08
    assert small_again / recent > 0.85


@pytest.mark.slow
def test_about_a_ninth_of_the_active_accounts_leave_in_a_year(made: list[Made]) -> None:
    before = END - pd.DateOffset(years=1)
    gone = [(~book.year(before).index.isin(book.year(END).index)).mean() for book in made]
    assert 0.07 < np.mean(gone) < 0.16
    for book in made:
        last = book.orders[book.orders.revenue > 0].groupby("account_id").ordered_on.max()
        left = pd.to_datetime(book.truth.left_on).dropna()
        assert (last.reindex(left.index) <= left + pd.Timedelta(days=6)).all()


@pytest.mark.slow
def test_some_reorder_regularly_and_some_do_not(made: list[Made]) -> None:
    spread: dict[str, list[float]] = {}
    for book in made:
        days = book.orders[book.orders.revenue > 0].drop_duplicates(["account_id", "ordered_on"])
        gaps = days.groupby("account_id").ordered_on.diff().dt.days.groupby(days.account_id)
        variation = (gaps.std() / gaps.mean())[gaps.count() >= 10]
        for rhythm, values in variation.groupby(book.truth.rhythm.reindex(variation.index)):
            spread.setdefault(str(rhythm), []).extend(values)
    middle = {rhythm: float(np.median(values)) for rhythm, values in spread.items()}
    assert middle["call-off"] < middle["regular"] < middle["irregular"] < middle["burst"]
    assert middle["call-off"] < 0.5
    assert middle["burst"] > 0.9


@pytest.mark.slow
def test_orders_follow_the_season(made: list[Made]) -> None:
    months = pd.DataFrame([book.orders.groupby(book.orders.ordered_on.dt.month).revenue.sum() for book in made])
    relative = months.div(months.mean(axis=1), axis=0).mean()
    assert relative[8] < 0.85
    assert relative[12] < 0.75
    assert relative[3] > 1.08


@pytest.mark.slow
def test_margin_rates_differ_by_account_and_family(made: list[Made]) -> None:
    for book in made:
        year = book.year(END)
        rate = 1 - year.cost / year.revenue
        assert 0.15 < 1 - year.cost.sum() / year.revenue.sum() < 0.32
        assert 0.01 <= (rate < 0).mean() < 0.12
        assert rate[year.revenue < book.bar(END)].lt(0.15).mean() > 0.08
    lines = pd.concat([book.orders for book in made]).groupby("family")[["revenue", "cost"]].sum()
    family = 1 - lines.cost / lines.revenue
    assert family["rigid-flex"] - family["prototypes"] > 0.12
    assert len(family) == 8


@pytest.mark.slow
def test_credit_notes_are_negative_lines_and_about_two_in_a_hundred(made: list[Made]) -> None:
    credited = [(book.orders.revenue < 0).mean() for book in made]
    assert 0.014 < min(credited) <= max(credited) < 0.026
    for book in made:
        notes = book.orders[book.orders.revenue < 0]
        assert ((notes.quantity < 0) & (notes.cost <= 0)).all()
        assert notes[["promised_on", "shipped_on"]].isna().all(axis=None)
        assert (book.orders.revenue != 0).all()


@pytest.mark.slow
def test_offices_regions_and_descriptions(made: list[Made]) -> None:
    for book in made:
        accounts = book.accounts
        assert accounts.sales_office.nunique() == 18
        assert accounts.region.nunique() == 5
        assert (accounts.groupby("sales_office").region.nunique() == 1).all()
        assert accounts.country.nunique() >= 8
        assert accounts.industry.nunique() == 10
        assert accounts.customer_type.nunique() == 5
        assert accounts.postal_code.str.startswith("0").any()  # text, not a number
        assert accounts.group_id.value_counts().gt(1).sum() >= 10
        assert accounts.name.is_unique
        assert accounts.key_account.eq("true").sum() >= 2
        assert 28 <= book.reps.rep_id.nunique() <= 36
        assert book.reps.to_date.notna().sum() >= 4


@pytest.mark.slow
def test_the_programme_starts_in_a_random_half_of_the_offices(made: list[Made]) -> None:
    early = set()
    for book in made:
        starts = book.programme.started_on.dt.strftime("%Y-%m-%d").value_counts().to_dict()
        assert starts == {"2025-10-01": 9, "2026-07-01": 9}
        assert set(book.programme.sales_office) == set(book.accounts.sales_office)
        early.add(tuple(book.programme.sales_office[book.programme.started_on < "2026-01-01"]))
    assert len(early) > 10


# the book breaks no rule


def assert_clean(book: Made) -> None:
    accounts, orders, history = book.accounts, book.orders, book.account_history
    for name in TABLES:
        frame, table = book.tables[name], CONTRACT[name]
        assert [column for column in table.names if column in frame.columns] == list(frame.columns)
        assert set(table.required) <= set(frame.columns)
        key = [column for column in table.key if column in frame.columns]
        assert not frame.duplicated(key).any()
        order = ["account_id", "ordered_on"] if name == "orders" else key
        assert list(frame.sort_values(order, kind="stable").index) == list(frame.index)
        for column in table:
            if column.name in frame and column.levels:
                assert set(frame[column.name]) <= set(column.levels)
            if column.name in frame and column.type == "date" and not column.may_be_future:
                assert not (frame[column.name] > END).any()
    known = accounts.set_index("account_id").known_since
    assert (orders.ordered_on >= orders.account_id.map(known)).all()
    assert orders.ordered_on.min() >= pd.Timestamp("2022-10-01")
    assert (orders.ordered_on.dt.dayofweek < 5).all()
    one_order = orders.groupby("order_id")
    assert (one_order[["account_id", "ordered_on"]].nunique() == 1).all(axis=None)
    goods = orders[orders.revenue > 0]
    assert (goods.promised_on > goods.ordered_on).all()
    assert not (goods.shipped_on < goods.ordered_on).any()
    assert (goods[goods.promised_on < END - pd.Timedelta(days=40)].shipped_on.notna()).all()

    # the history begins with the account and ends with what the accounts say
    fields = ["employees", "group_id", "key_account", "rep_id", "sales_office", "stage"]
    first, last = history.groupby(["account_id", "field"]).first(), history.groupby(["account_id", "field"]).last()
    assert set(history.account_id) == set(accounts.account_id)
    for field in fields:
        assert (first.xs(field, level="field").known_on == known).all()
        assert (last.xs(field, level="field").value == accounts.set_index("account_id")[field]).all()
    assert len(first) == len(fields) * len(accounts)
    series = [history.account_id, history.field]
    assert (history.value != history.groupby(series).value.shift()).all()
    rank = {stage: place for place, stage in enumerate(CONTRACT["accounts"].column("stage").levels)}
    steps = history[history.field == "stage"]
    assert (steps.value.map(rank).groupby(steps.account_id).diff().dropna() > 0).all()

    # a rep serves no account before coming or after leaving
    served = history[history.field == "rep_id"].copy()
    served["until"] = served.groupby("account_id").known_on.shift(-1).fillna(END + pd.Timedelta(days=1))
    posts = book.reps.assign(to_date=book.reps.to_date.fillna(END)).groupby("rep_id")
    begin, end = posts.from_date.min(), posts.to_date.max()
    assert (served.known_on >= served.value.map(begin)).all()
    assert (served.until <= served.value.map(end) + pd.Timedelta(days=1)).all()


@pytest.mark.slow
def test_the_books_are_clean(made: list[Made]) -> None:
    for book in made:
        assert_clean(book)


@pytest.mark.slow
def test_stages_do_not_look_ahead(made: list[Made]) -> None:
    """Whoever is engaged or a partner within the data was promoted before them, or on the day of an order."""
    for book in made:
        rows = book.account_history
        promoted = rows[(rows.field == "stage") & rows.value.isin(["engaged", "partner"])]
        promoted = promoted[promoted.known_on >= "2022-10-01"]
        known = promoted.account_id.map(book.accounts.set_index("account_id").known_since)
        promoted = promoted[promoted.known_on > known]
        order_days = set(zip(book.orders.account_id, book.orders.ordered_on, strict=True))
        assert set(zip(promoted.account_id, promoted.known_on, strict=True)) <= order_days


@pytest.mark.slow
@pytest.mark.parametrize("accounts", [20, 21, 33, 60])
def test_small_books_are_clean(tmp_path: Path, accounts: int) -> None:
    for seed in range(12):
        truth = demo(tmp_path, accounts, seed).truth.to_pandas()
        book = Made(read(tmp_path), truth)
        assert_clean(book)
        assert book.accounts.sales_office.nunique() == 18
        assert len(truth) == len(book.accounts) == accounts


def test_chunks_join_into_one_clean_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "CHUNK", 70)
    made = demo(tmp_path, 250, 3)
    book = Made(read(tmp_path), made.truth.to_pandas())
    assert_clean(book)
    assert {table: len(frame) for table, frame in book.tables.items()} == {table: made.rows[table] for table in TABLES}
    assert book.accounts.name.is_unique
    assert made.truth["account_id"].to_pylist() == list(book.accounts.account_id)
    # order numbers run on from chunk to chunk without a gap, in the order in which they are drawn
    numbers = np.arange(book.orders.order_id.nunique())
    assert set(book.orders.order_id) == set(order_ids(numbers).to_pylist())


# bytes


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    demo(first, 250, 5)
    demo(again, 250, 5)
    demo(other, 250, 6)
    assert digests(first) == digests(again)
    assert digests(first).keys() == digests(other).keys()
    assert all(digests(first)[name] != digests(other)[name] for name in digests(first))


def test_the_committed_book_is_what_demo_writes(tmp_path: Path) -> None:
    demo(tmp_path)
    assert {"book.toml", "truth/accounts.csv", "truth/effects.json"} < set(written(tmp_path))
    assert written(tmp_path) == written(COMMITTED)
    for name in written(tmp_path):
        assert (COMMITTED / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_committed_book_is_small() -> None:
    assert sum((COMMITTED / name).stat().st_size for name in written(COMMITTED)) < 4_000_000


def test_csv_files_have_plain_lines_and_money_two_places(tmp_path: Path) -> None:
    demo(tmp_path)
    for table in TABLES:
        text = (tmp_path / f"{table}.csv").read_bytes()
        assert not set(b'\r"') & set(text)
        assert text.endswith(b"\n")
    lines = pd.read_csv(tmp_path / "orders.csv", dtype=str)
    for column in ("revenue", "cost"):
        assert lines[column].str.fullmatch(r"-?(0|[1-9]\d*)\.\d\d").all()
        assert not lines[column].eq("-0.00").any()


@pytest.mark.slow
def test_a_line_is_exactly_its_quantity_times_a_price_in_cents(made: list[Made]) -> None:
    lines = made[0].orders
    cents, quantity = (lines.revenue * 100).round().astype(int), lines.quantity.astype(int)
    assert (cents % quantity.abs() == 0).all()


def test_money_from_cents() -> None:
    cents = np.array([0, 1, -1, 99, -100, 123_456_789_012_345, -123_456_789_012_345])
    assert [str(value) for value in money(cents).to_pylist()] == [
        "0.00", "0.01", "-0.01", "0.99", "-1.00", "1234567890123.45", "-1234567890123.45",
    ]  # fmt: skip


def test_streams_are_those_numpy_spawns() -> None:
    """A part's stream is its own child of the seed: it does not depend on how many parts there are."""
    parts = np.random.SeedSequence(7).spawn(len(Part))
    chunks = parts[Part.LINES].spawn(3)
    expected = np.random.Generator(np.random.PCG64(chunks[2])).random(4)
    assert (stream(7, Part.LINES, 2).random(4) == expected).all()


def test_parquet_holds_the_same_book_typed(tmp_path: Path) -> None:
    demo(tmp_path / "csv", 40, 2)
    demo(tmp_path / "parquet", 40, 2, format="parquet")
    text = read(tmp_path / "csv")["orders"]
    typed = pq.read_table(tmp_path / "parquet" / "orders.parquet")
    assert str(typed.schema.field("revenue").type) == "decimal128(18, 4)"
    assert str(typed.schema.field("ordered_on").type) == "date32[day]"
    assert typed["line_id"].to_pylist() == list(text.line_id)
    assert [float(value) for value in typed["revenue"].to_pylist()] == list(text.revenue)


# what it refuses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accounts": 19}, "accounts is 19; a demo has between 20 and 9999999 accounts"),
        ({"accounts": 10_000_000}, "accounts is 10000000; a demo has between 20 and 9999999 accounts"),
        ({"accounts": "250"}, "accounts is '250'; a demo has between 20 and 9999999 accounts"),
        ({"accounts": True}, "accounts is True; a demo has between 20 and 9999999 accounts"),
        ({"seed": -1}, "seed is -1; it must be a whole number, 0 or more"),
        ({"seed": 1.5}, "seed is 1.5; it must be a whole number, 0 or more"),
        ({"format": "xlsx"}, "format is 'xlsx'; it must be one of csv, parquet"),
    ],
)
def test_impossible_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(BookError, match=f"^{re.escape(message)}$"):
        demo(tmp_path / "new", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.csv", "line_id\n"),
        ("book.toml", 'name = "A real company"\n'),
        ("book.toml", "name = "),
        ("notes.txt", "Demo circuit boards"),
    ],
)
def test_a_folder_with_anything_but_a_demo_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    message = f"{tmp_path}: is not empty and holds no earlier demo; name a new or empty folder"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == text


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(BookError, match=r"is a file; name a folder for the demo$"):
        demo(tmp_path / "demo")
    with pytest.raises(BookError, match="the demo cannot be written there"):
        demo(tmp_path / "demo" / "below")


def test_an_earlier_demo_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    demo(folder, 30, 1)
    (folder / "README.md").write_text("mine")
    demo(folder, 40, 2, format="parquet")
    others = ["README.md", "book.toml", "truth/accounts.parquet", "truth/effects.json"]
    assert written(folder) == sorted([*others, *(f"{table}.parquet" for table in write.TABLES)])
    assert (folder / "README.md").read_text() == "mine"


def test_an_interrupted_demo_leaves_no_half_table_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(story.tables, "order_table", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            demo(tmp_path, 30)
    assert [path.name for path in tmp_path.iterdir()] == ["book.toml"]
    demo(tmp_path, 30)
    assert (tmp_path / "orders.csv").is_file()
