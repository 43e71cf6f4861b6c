"""The demo company's facts with their bands, its planted effects with their switches, and its written truth."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from demo_replies import replies
from scipy.stats import rankdata

from crm_analysis.accounts import accounts as accounts_as_of
from crm_analysis.book import open_book
from crm_analysis.book.demo import company, demo, usual_format
from crm_analysis.book.demo.accounts import accounts as accounts_of_chunk
from crm_analysis.book.demo.effects import SWITCHES, Effects, effects
from crm_analysis.book.demo.lives import RISER, Lives, lives
from crm_analysis.book.demo.parameters import PROGRAMME_ORDERS, QUARTER_OF_WEEK, QUARTERS, WEEKS, Luck, Part, stream
from crm_analysis.book.demo.service import REASONS, Service, service
from crm_analysis.book.demo.truth import YEAR_ENDS, mid_bar
from crm_analysis.cli import main
from crm_analysis.errors import BookError
from crm_analysis.value.segments import bars

pytestmark = pytest.mark.slow

END = pd.Timestamp("2026-09-30")
SEEDS = range(1, 21)
LARGE = 2_000


class Made:
    """One demo's orders and truth."""

    def __init__(self, folder: Path, accounts: int, seed: int, *without: str) -> None:
        made = demo(folder, accounts, seed, "parquet", without)
        self.folder, self.seed = folder, seed
        self.truth = made.truth.to_pandas(date_as_object=False).set_index("account_id")
        self.said = json.loads((folder / "truth" / "effects.json").read_text(encoding="utf-8"))
        columns = ["line_id", "order_id", "account_id", "ordered_on", "revenue"]
        self.orders = pq.read_table(folder / "orders.parquet", columns=columns).to_pandas(date_as_object=False)
        self.orders["revenue"] = self.orders.revenue.astype(float)
        self.wave = [self.frame(name) for name in ("survey_invitations", "surveys")]
        self.office = pq.read_table(folder / "accounts.parquet").to_pandas().set_index("account_id").sales_office

    def frame(self, table: str) -> pd.DataFrame:
        return pq.read_table(self.folder / f"{table}.parquet").to_pandas(date_as_object=False)

    def year(self, end: pd.Timestamp) -> pd.Series:
        """Revenue by account in the 12 months up to a day, largest first."""
        day = self.orders.ordered_on
        rows = self.orders[(day <= end) & (day > end - pd.DateOffset(years=1))]
        return rows.groupby("account_id").revenue.sum().sort_values(ascending=False)

    def scored(self) -> pd.DataFrame:
        """Label and score of the small accounts at both year ends."""
        return pd.concat(
            self.truth[[f"promising_{end}", f"score_{end}", "potential"]]
            .set_axis(["promising", "score", "potential"], axis=1)
            .dropna()
            for end in YEAR_ENDS
        ).astype({"promising": bool})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Twenty books of the committed one's size."""
    return [Made(tmp_path_factory.mktemp("small"), 250, seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    return [Made(tmp_path_factory.mktemp("large"), LARGE, seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """A large book without one effect: the first one unless said."""

    @functools.cache
    def made(switch: str, seed: int = 1) -> Made:
        return Made(tmp_path_factory.mktemp(switch), LARGE, seed, switch)

    return made


def auc(promising: pd.Series, score: pd.Series) -> float:
    ranks, yes = rankdata(score), promising.to_numpy()
    return float((ranks[yes].sum() - yes.sum() * (yes.sum() + 1) / 2) / (yes.sum() * (~yes).sum()))


# facts and their bands


def top_fifth(book: Made) -> float:
    revenue = book.year(END)
    return float(revenue.iloc[: round(0.2 * len(revenue))].sum() / revenue.sum())


def low_share(book: Made) -> float:
    revenue = book.year(END)
    bar = revenue.iloc[np.argmax((revenue.cumsum() / revenue.sum()).to_numpy() >= 0.8)]
    return float((revenue < bar).mean())


def gone_in_a_year(book: Made) -> float:
    before = book.year(END - pd.DateOffset(years=1)).index
    return float((~before.isin(book.year(END).index)).mean())


def left_over_service(book: Made) -> float:
    return float((book.truth.reason.dropna() == "service").mean())


def promising(book: Made) -> float:
    return float(book.scored().promising.mean())


def newcomers_still_low(book: Made) -> float:
    before = END - pd.DateOffset(years=1)
    first = book.orders.groupby("account_id").ordered_on.min()
    new = first.index[(first > before - pd.DateOffset(years=1)) & (first <= before)]
    bar = book.said["year_ends"]["2025-09-30"]["mid_bar"]
    low = new[book.year(before).reindex(new).fillna(0).to_numpy() < bar]
    return float((book.year(END).reindex(low).fillna(0) < bar).mean())


# what is measured, in books of 250 each of the twenty between the first two, their mean between the other two;
# then the same for books of 2,000, each between
FACTS: list[tuple[Callable[[Made], float], tuple[float, ...], tuple[float, float]]] = [
    (top_fifth, (0.67, 0.88, 0.76, 0.83), (0.74, 0.85)),
    (low_share, (0.70, 0.87, 0.75, 0.82), (0.75, 0.84)),
    (gone_in_a_year, (0.05, 0.22, 0.09, 0.15), (0.09, 0.16)),
    (left_over_service, (0.45, 0.82, 0.58, 0.72), (0.58, 0.72)),
    (promising, (0.01, 0.13, 0.035, 0.08), (0.035, 0.085)),
    (newcomers_still_low, (0.60, 1.01, 0.85, 0.99), (0.85, 0.99)),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact[0].__name__)
def test_facts(fact: tuple[Callable[[Made], float], Any, Any], small: list[Made], large: list[Made]) -> None:
    measure, (least, most, mean_least, mean_most), (large_least, large_most) = fact
    found = [measure(book) for book in small]
    assert least < min(found) <= max(found) < most
    assert mean_least < np.mean(found) < mean_most
    assert all(large_least < measure(book) < large_most for book in large)


def test_a_perfect_score_is_far_from_certain(small: list[Made], large: list[Made]) -> None:
    pooled = pd.concat(book.scored() for book in small)
    assert 0.75 < auc(pooled.promising, pooled.score) < 0.85
    for book in large:
        scored = book.scored()
        assert 0.77 < auc(scored.promising, scored.score) < 0.89
        # potential alone says less, but something
        assert 0.57 < auc(scored.promising, scored.potential) < 0.75


# each effect, by its switch


def test_the_programme_over_ten_seeds(small: list[Made], tmp_path: Path) -> None:
    """Orders of the first nine offices in their third and fourth quarter, of accounts that stay in both books."""
    with_it, bare_of_it = [], []
    for book in small[:10]:
        bare = Made(tmp_path / str(book.seed), 250, book.seed, "programme")
        starts = pd.Series(book.said["programme"]["starts"])
        early = starts.index[starts == "2025-10-01"]
        stayed = book.truth.index[book.truth.left_on.isna() & bare.truth.left_on.isna()]
        for made, into in ((book, with_it), (bare, bare_of_it)):
            orders = [orders_by_office(made, quarter, stayed).reindex(early).sum() for quarter in _MENDED]
            into.append(sum(orders))
    effects_found = np.log(np.array(with_it) / np.array(bare_of_it))
    assert (effects_found > 0).all()
    assert abs(np.log(sum(with_it) / sum(bare_of_it)) - PROGRAMME_ORDERS) < 0.02


def test_silence_by_the_switch(large: list[Made], without: Callable[..., Made]) -> None:
    """How much more content those are who reply than those who were asked; nothing with the switch off."""

    def shift(books: list[Made]) -> float:
        asked = pd.concat(replies(*book.wave, book.truth) for book in books)
        return float(asked.content[asked.replied].mean() - asked.content.mean())

    assert 0.020 < shift(large) < 0.050
    assert abs(shift([without("silence", book.seed) for book in large])) < 0.006


_MENDED = ("2026-04-01", "2026-07-01")


def served(*off: str, n: int = 20_000, seed: int = 1) -> tuple[Any, Service, Lives]:
    """Accounts, how they are served and what becomes of them: one chunk, and no orders."""
    chosen = effects(off)
    market, starts = company.market(seed, chosen), company.programme_start(seed)
    made = accounts_of_chunk(stream(seed, Part.ACCOUNTS), 0, n)
    care = service(stream(seed, Part.SERVICE), made, market, starts, chosen)
    return made, care, lives(stream(seed, Part.LIVES), made, care, chosen)


def leaving_ratio(care: Service, life: Lives) -> float:
    """How much likelier an account leaves in the quarter after a bad one than after a good one."""
    trouble = care.failings + 2 * care.lateness
    quarter = np.arange(QUARTERS)
    last = np.where(life.end < WEEKS, QUARTER_OF_WEEK[np.minimum(life.end, WEEKS - 1)], QUARTERS)[:, None]
    there = (QUARTER_OF_WEEK[life.start][:, None] < quarter) & (quarter <= last) & life.buys[:, None]
    leaves = (quarter == last)[:, 1:][there[:, 1:]]
    before = trouble[:, :-1][there[:, 1:]]
    bad, good = before > np.quantile(before, 0.9), before < np.quantile(before, 0.5)
    return float(leaves[bad].mean() / leaves[good].mean())


def test_bad_service_makes_accounts_leave_by_the_switch() -> None:
    _, care, life = served()
    assert leaving_ratio(care, life) > 4
    _, same, others = served("service")
    assert (same.failings == care.failings).all()
    assert 0.8 < leaving_ratio(same, others) < 1.25
    reasons = np.bincount(others.reason[others.reason >= 0], minlength=len(REASONS))
    assert reasons[0] == 0
    assert (reasons[1:] > 0).all()
    assert (others.end < WEEKS).sum() < 0.5 * (life.end < WEEKS).sum()
    # whoever leaves for another reason alone leaves then as well, or earlier over service
    assert (life.end <= others.end).all()


def test_potential_makes_small_accounts_rise_by_the_switch() -> None:
    for off, least, most in (((), 2.5, 8.0), (("potential",), 0.8, 1.25)):
        made, _, life = served(*off)
        rises = (life.growth == RISER)[(made.rank > 0.05) & (made.rank < 0.6)]
        potential = made.potential[(made.rank > 0.05) & (made.rank < 0.6)]
        high, low = np.quantile(potential, [2 / 3, 1 / 3])
        assert least < rises[potential > high].mean() / rises[potential < low].mean() < most
        # never certain
        assert rises[potential > np.quantile(potential, 0.99)].mean() < 0.85


def test_who_could_grow_buys_elsewhere_and_no_column_of_the_book_says_so_plainly(large: list[Made]) -> None:
    truth = pd.concat(book.truth for book in large)
    share = np.exp(truth.log_size) / truth.demand
    low, high = (truth.potential < 0.4), (truth.potential > 0.7)
    assert share[high].median() < 0.6 * share[low].median()
    assert (share <= 1).all()
    staff = pd.concat(pq.read_table(book.folder / "accounts.parquet").to_pandas() for book in large).employees
    assert 0.03 < truth.potential.corr(np.log(staff.set_axis(truth.index)), "spearman") < 0.3


def test_effort_follows_value_by_the_switch() -> None:
    for off, least, most in (((), 0.0, 0.8), (("effort",), 0.93, 1.07)):
        made, care, _ = served(*off)
        assert least < care.failings[made.rank > 0.8].mean() / care.failings[made.rank < 0.2].mean() < most


def test_orders_follow_the_season_by_the_switch(large: list[Made], without: Callable[..., Made]) -> None:
    def months(book: Made) -> pd.Series:
        by_month = book.orders.groupby(book.orders.ordered_on.dt.month).order_id.nunique()
        return by_month / by_month.mean()

    assert months(large[0])[[8, 12]].max() < 0.87
    assert months(without("season")).between(0.87, 1.13).all()


def between_offices(book: Made) -> float:
    """Intra-class correlation, within offices, of the change of yearly orders in logarithms (from a one-way ANOVA)."""
    before, after = END - pd.DateOffset(years=2), END - pd.DateOffset(years=1)
    years = pd.concat([book.year(before), book.year(after)], axis=1, keys="ab", join="inner")
    years = years[(years > 0).all(axis=1)]
    change = np.log(years.b / years.a)
    groups = change.groupby(book.office.reindex(change.index))
    size, n, k = groups.size(), len(change), groups.ngroups
    between = (size * (groups.mean() - change.mean()) ** 2).sum() / (k - 1)
    within = ((size - 1) * groups.var()).sum() / (n - k)
    usual = (n - (size**2).sum() / n) / (k - 1)
    return float((between - within) / (between + (usual - 1) * within))


def test_offices_have_good_and_bad_times_by_the_switch(large: list[Made], without: Callable[..., Made]) -> None:
    assert 0.02 < np.mean([between_offices(book) for book in large]) < 0.09
    assert between_offices(without("offices")) < 0.012
    assert (company.market(1, effects(["offices"])).office_quarter == 0).all()


def orders_by_office(book: Made, quarter: str, rows: pd.Index) -> pd.Series:
    """Number of orders in a quarter of the accounts, by the office that serves them at the end."""
    begin = pd.Timestamp(quarter)
    orders = book.orders[(book.orders.revenue > 0) & book.orders.account_id.isin(rows)]
    inside = orders[(orders.ordered_on >= begin) & (orders.ordered_on < begin + pd.DateOffset(months=3))]
    return inside.groupby(inside.account_id.map(book.office)).order_id.nunique()


def test_the_programme_brings_what_was_planted(large: list[Made], without: Callable[..., Made]) -> None:
    found, expected, counted = [], [], []
    for book in large:
        bare = without("programme", book.seed)
        starts = pd.Series(book.said["programme"]["starts"])
        early = starts.index[starts == "2025-10-01"]
        assert len(early) == 9
        stayed = book.truth.index[book.truth.left_on.isna() & bare.truth.left_on.isna()]
        rows = pd.DataFrame(book.said["programme"]["expected_orders"])
        rows = rows[1:].set_axis(rows.iloc[0].tolist(), axis=1).set_index(["sales_office", "quarter_from"])
        for quarter in _MENDED:
            for accounts, into in ((stayed, found), (book.truth.index, counted)):
                with_it, bare_of_it = (orders_by_office(made, quarter, accounts)[early].sum() for made in (book, bare))
                into.append(np.log(with_it / bare_of_it))
            cells = rows.loc[[(office, quarter) for office in early]].astype(float).sum()
            expected.append(np.log(cells["with"] / cells["without"]))
    # who stays orders more by the planted effect; with those whom better service keeps, it is a little more
    assert PROGRAMME_ORDERS - 0.015 < np.mean(found) < PROGRAMME_ORDERS + 0.015
    assert np.mean(expected) == pytest.approx(np.mean(counted), abs=0.015)
    assert all(PROGRAMME_ORDERS - 0.001 < effect < PROGRAMME_ORDERS + 0.06 for effect in expected)


def test_without_the_programme_nothing_changes_before_and_elsewhere(
    large: list[Made], without: Callable[..., Made]
) -> None:
    book, bare = large[0], without("programme")
    late = [office for office, start in book.said["programme"]["starts"].items() if start == "2026-07-01"]
    moved = pq.read_table(book.folder / "account_history.parquet").to_pandas()
    moved = moved[moved.field == "sales_office"].groupby("account_id").value.agg(set)
    elsewhere = moved.index[moved.map(lambda offices: offices <= set(late))]

    def same(made: Made) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = made.orders[["account_id", "ordered_on", "revenue"]].reset_index(drop=True)
        before = rows[rows.ordered_on < "2025-10-01"].reset_index(drop=True)
        there = rows[rows.account_id.isin(elsewhere) & (rows.ordered_on < "2026-07-01")].reset_index(drop=True)
        return before, there

    for here, there in zip(same(book), same(bare), strict=True):
        pd.testing.assert_frame_equal(here, there)
    assert len(book.orders) > len(bare.orders)
    assert bare.said["programme"]["orders_log"] == 0
    assert all(row[2] == row[3] for row in bare.said["programme"]["expected_orders"][1:])


def test_the_programme_mends_service() -> None:
    made, care, _ = served()
    _, bare, _ = served("programme")
    starts = company.programme_start(1)
    early = (starts == starts.min())[made.office_in_quarter()]
    mended = care.lateness / bare.lateness
    assert mended[:, -1][early[:, -1]] == pytest.approx(0.7)
    assert (mended[:, :12] == 1).all()
    assert (mended[~early][:, None] <= 1).all()


@pytest.mark.parametrize("switch", ["silence", "payers"])
def test_switches_of_other_tables_leave_orders_and_lives_alone(switch: str, small: list[Made], tmp_path: Path) -> None:
    bare = Made(tmp_path, 250, 1, switch)
    pd.testing.assert_frame_equal(bare.orders, small[0].orders)
    pd.testing.assert_frame_equal(bare.truth, small[0].truth)


def test_switches() -> None:
    assert effects() == Effects()
    assert effects(["season", "offices"]) == replace(Effects(), season=False, offices=False)
    assert effects("season") == effects(["season"])
    with pytest.raises(BookError) as caught:
        effects(["seasons"])
    assert str(caught.value) == f"without names 'seasons'; the demo's effects are {', '.join(SWITCHES)}"


def test_an_unknown_effect_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="without names 'luck'"):
        demo(tmp_path / "new", without=["luck"])
    assert not (tmp_path / "new").exists()


def test_the_book_tells_how_it_was_made(tmp_path: Path) -> None:
    demo(tmp_path, 30, 4, "parquet", ["season", "service"])
    text = (tmp_path / "book.toml").read_text()
    assert "crm-analysis demo FOLDER --accounts 30 --seed 4 --format parquet --without service --without season" in text
    assert (usual_format(20_000), usual_format(20_001)) == ("csv", "parquet")


# the truth


def test_promising_is_what_the_package_would_say_a_year_later(small: list[Made], tmp_path: Path) -> None:
    for name in ("book.toml", "accounts.parquet", "orders.parquet"):  # no more is needed, and less is quicker to open
        shutil.copy(small[0].folder / name, tmp_path)
    book = open_book(tmp_path)
    for end in YEAR_ENDS:
        now = accounts_as_of(book, end).set_index("account_id")
        later = accounts_as_of(book, f"{int(end[:4]) + 1}{end[4:]}").set_index("account_id").revenue
        bar = bars(now.reset_index()).mid
        low = now[now.active & (now.revenue < bar)]
        expected = (later[low.index] >= bar) & (later[low.index] >= 1.5 * low.revenue)
        found = small[0].truth[f"promising_{end}"].dropna().astype(bool)
        pd.testing.assert_series_equal(found, expected, check_names=False, check_dtype=False)
        assert small[0].said["year_ends"][end] == {
            "mid_bar": pytest.approx(bar),
            "low": len(low),
            "promising": int(expected.sum()),
        }
        assert (small[0].truth[f"score_{end}"].notna() == small[0].truth[f"promising_{end}"].notna()).all()


def test_the_mid_bar_is_the_account_that_completes_four_fifths() -> None:
    assert mid_bar(np.array([5, 50, 15, 30])) == 30
    assert mid_bar(np.array([5, 49, 16, 30])) == 16
    assert mid_bar(np.array([100])) == 100
    assert mid_bar(np.array([], dtype=int)) == mid_bar(np.array([-3])) == 0


def test_the_truth_lies_beside_the_book_and_is_no_part_of_it(small: list[Made], tmp_path: Path) -> None:
    made = demo(tmp_path, 40, 2)
    assert {path.name for path in (tmp_path / "truth").iterdir()} == {"accounts.csv", "effects.json"}
    for path in tmp_path.glob("*.csv"):
        if path.stem not in ("accounts", "orders"):
            path.unlink()
    book = open_book(tmp_path)
    assert book.check is not None
    assert set(book.check.inputs) == {"book.toml", "accounts.csv", "orders.csv"}
    assert made.truth.num_rows == 40
    demo(tmp_path, 40, 2, "parquet")
    assert {path.name for path in (tmp_path / "truth").iterdir()} == {"accounts.parquet", "effects.json"}
    assert made.truth.column_names == list(small[0].truth.reset_index().columns)


def test_reasons_and_days_of_leaving_agree(small: list[Made]) -> None:
    for book in small:
        truth = book.truth
        assert (truth.left_on.notna() == truth.reason.notna()).all()
        assert set(truth.reason.dropna()) <= set(REASONS)
        assert truth.reason.value_counts().to_dict() == {k: v for k, v in book.said["left"].items() if v}
        assert truth.filter(like="content_").stack().between(0, 1).all()


def test_luck_belongs_to_its_ticket_and_is_even() -> None:
    tickets = np.arange(100_000, dtype=np.uint64)
    luck = Luck(3, Part.LINES)
    first, second = luck.random(tickets), luck.random(tickets)
    assert (Luck(3, Part.LINES).random(tickets[::-1]) == first[::-1]).all()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.015
    assert np.histogram(first, 20, (0, 1))[0] == pytest.approx(5_000, rel=0.06)
    assert 0 < first.min() < first.max() < 1
    assert (Luck(4, Part.LINES).random(tickets) != first).all()


def test_streams_of_an_account_do_not_depend_on_switches() -> None:
    """Beside what an effect causes, everything is drawn the same."""
    made, care, life = served()
    for switch in SWITCHES:
        again, others, lived = served(switch)
        assert (again.log_size == made.log_size).all()
        assert (lived.pause == life.pause).all()
        assert (lived.susceptible == life.susceptible).all()
        assert (others.pressure == care.pressure).all()


def test_the_command_line_takes_switches_and_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "demo"
    command = ["demo", str(place), "--accounts", "30", "--format", "parquet", "--without", "season", "--without"]
    assert main([*command, "offices"]) == 0
    assert "orders: " in capsys.readouterr().out
    said = json.loads((place / "truth" / "effects.json").read_text(encoding="utf-8"))["effects"]
    assert [name for name in SWITCHES if not said[name]] == ["season", "offices"]
    assert main([*command, "rain"]) == 2
    assert "without names 'rain'; the demo's effects are service" in capsys.readouterr().err


def test_numbers_of_orders_tell_nothing_of_what_is_to_come(large: list[Made]) -> None:
    """Numbered account by account, the numbers missing on a day would count the orders still to come."""
    for book in large:
        known = book.orders[book.orders.ordered_on <= "2025-09-30"].groupby("account_id").line_id
        later = book.orders[book.orders.ordered_on > "2025-09-30"].groupby("account_id").line_id.count()
        last, first = (getattr(known, end)().str[1:].astype(int) for end in ("max", "min"))
        gap = (first.shift(-1) - last).dropna()
        rows = known.count().reindex(gap.index)
        seen, to_come, before = (rankdata(values) for values in (gap, later.reindex(gap.index).fillna(0), rows))
        # who ordered much will order much: what the numbers tell beyond that
        left = [values - np.polyval(np.polyfit(before, values, 3), before) for values in (seen, to_come)]
        assert abs(np.corrcoef(*left)[0, 1]) < 0.08
