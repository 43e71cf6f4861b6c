"""What is true of the story and stands in no table: written beside the book, never read by an analysis.

The folder `truth` holds one file of accounts and `effects.json`. Which small accounts were promising is
told by money bars over the whole book, so it is written in a second reading, piece by piece.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import ROLES, Accounts
from crm_analysis.book.demo.company import OFFICES
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.lines import Lines, Tastes
from crm_analysis.book.demo.lives import GROWTH, Lives
from crm_analysis.book.demo.outlook import outlook
from crm_analysis.book.demo.parameters import (
    FORMATS,
    PROGRAMME_MENDS,
    PROGRAMME_ORDERS,
    PROGRAMME_RAMP,
    QUARTER_START,
    QUARTERS,
    WEEK_START,
    WEEKS,
    Flags,
    Floats,
    Ints,
    day,
)
from crm_analysis.book.demo.service import REASONS, Service
from crm_analysis.book.demo.trade import RHYTHMS, Rhythms, number_in_year
from crm_analysis.book.demo.write import TableFile

FOLDER, TABLE = "truth", "accounts"
YEAR_ENDS = ("2024-09-30", "2025-09-30")
_SUMMED = (*YEAR_ENDS, "2026-09-30")  # each year end's following year is the next one's trailing year
_MID_SHARE = 0.8  # the Mid bar ends the accounts that bring this share, largest first
_GROWN = 1.5  # promising: at least the Mid bar, and this many times its own revenue


def truth_table(
    accounts: Accounts, lives: Lives, rhythms: Rhythms, taste: Tastes, service: Service, line: Lines
) -> pa.Table:
    """What is true of each account; dates are empty where nothing happened.

    One row per account: account_id, role, bought, log_size (logarithm of EUR a year), potential (0 to
    1), demand (EUR a year from all suppliers), growth, growth_on, growth_log (logarithm of the whole
    change), project_on, project_log (of a project that passed), drift_log (over four years), started_on
    (newcomers' first week), left_on, reason (what it left over), susceptible (0 to 1), rhythm,
    orders_a_year, price and effort (multiples of the list price and of the usual cost), content_2023 to
    content_2026 (0 to 1, mean of the quarters). `role` is the one drawn; an account with `bought` false
    has no orders, whatever its role. Columns whose name begins with `_` are for the second reading.
    """

    def week(index: Ints, known: Flags) -> pa.Array:
        return names.dates(WEEK_START[np.clip(index, 0, WEEKS - 1)], unknown=~known)

    n = len(accounts)
    bought = np.bincount(line.account, minlength=n) > 0
    changing = (lives.change != 0) & (lives.onset >= 0) & (lives.onset < WEEKS)
    project = (lives.project_change > 0) & (lives.project >= 0) & (lives.project < WEEKS)
    left = bought & (lives.end < WEEKS)
    columns = {
        "account_id": names.account_ids(accounts.number),
        "role": pa.array(ROLES).take(pa.array(accounts.role)),
        "bought": pa.array(bought),
        "log_size": _plain(accounts.log_size),
        "potential": _plain(accounts.potential),
        "demand": _plain(accounts.demand, 0),
        "growth": pa.array(GROWTH).take(pa.array(lives.growth)),
        "growth_on": week(lives.onset, changing),
        "growth_log": _plain(lives.change),
        "project_on": week(lives.project, project),
        "project_log": _plain(lives.project_change),
        "drift_log": _plain(lives.drift),
        "started_on": week(lives.start, bought & (lives.start > 0)),
        "left_on": week(lives.end, left),
        "reason": pa.array(REASONS).take(pa.array(lives.reason, mask=~left)),
        "susceptible": _plain(lives.susceptible),
        "rhythm": pa.array(RHYTHMS).take(pa.array(rhythms.rhythm)),
        "orders_a_year": _plain(rhythms.rate),
        "price": _plain(taste.price),
        "effort": _plain(taste.effort),
    }
    years = QUARTER_START[:-1].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    for year in range(2023, 2027):
        columns[f"content_{year}"] = _plain(service.content[:, years == year].mean(axis=1))
    for end in _SUMMED:
        columns |= _year(line, n, end)
    for end in YEAR_ENDS:
        columns |= _outlook(accounts, lives, rhythms, end)
    return pa.table(columns)


def _plain(numbers: Floats, places: int = 4) -> pa.Array:
    """Rounded, so that processors which differ in the last digit write the same."""
    return pa.array(np.round(numbers, places))


def _year(line: Lines, n: int, end: str) -> dict[str, pa.Array]:
    """Cents of the 12 months up to a day, and whether there was an order in them."""
    last = day(end)
    inside = (line.ordered_on <= last) & (line.ordered_on > day(f"{int(end[:4]) - 1}{end[4:]}"))
    account, cents = line.account[inside], line.revenue[inside]
    total = np.bincount(account, weights=cents, minlength=n).astype(np.int64)
    active = np.bincount(account[cents > 0], minlength=n) > 0
    return {f"_revenue_{end}": pa.array(total), f"_active_{end}": pa.array(active)}


def _outlook(accounts: Accounts, lives: Lives, rhythms: Rhythms, end: str) -> dict[str, pa.Array]:
    """What the score of a day is made of: `base` and `passed` are logarithms of EUR a year."""
    week = int(np.searchsorted(WEEK_START, day(end), side="right"))
    view = outlook(accounts, lives, week)
    columns = {
        "base": accounts.log_size + view.level,
        "passed": accounts.log_size + view.passed,
        "lasts": view.lasts,
        "chance": view.chance,
        "first": view.first,
        "second": view.second,
        "spread": 0.3 + 1.1 / np.sqrt(number_in_year(rhythms, np.maximum(view.level, -5.0))),
    }
    return {f"_{name}_{end}": pa.array(values) for name, values in columns.items()}


def mid_bar(revenue: Ints) -> int:
    """The smallest revenue among the accounts that, largest first, bring the first 80 %; 0 if there is none."""
    ranked = np.sort(revenue)[::-1]
    brought = np.cumsum(ranked)
    if not len(ranked) or brought[-1] <= 0:
        return 0
    # exact: money is counted in cents
    return int(ranked[np.argmax(brought >= round(_MID_SHARE * int(brought[-1])))])


def promising(own: Ints, later: Ints, low: Flags, bar: int) -> pa.Array:
    """Whether small accounts are at least at the bar, and have grown, a year later; empty for the others."""
    return pa.array((later >= bar) & (later >= _GROWN * own), mask=~low)


def score(piece: pa.Table, end: str, need: Floats) -> Floats:
    """The chance of an account to bring `need` EUR next year, as the day's best possible guess.

    It knows all of the story but the luck to come and who left within the last half year; it is not the
    outcome. It averages over when in the year the next win comes, and over whether another follows half a
    year later.
    """

    def column(name: str) -> Floats:
        return piece[f"_{name}_{end}"].to_numpy()

    chance, lasts, first, second = (column(name) for name in ("chance", "lasts", "first", "second"))
    base, passed, spread = (column(name) for name in ("base", "passed", "spread"))
    with np.errstate(divide="ignore"):
        goal = np.log(need)

    def reach(factor: Floats | float, base: Floats = base) -> Floats:
        part = np.clip(((base + np.log(factor) - goal) / spread + 2) / 4, 0, 1)
        return part * part * (3 - 2 * part)

    reached = np.zeros(len(piece))
    times = (0.125, 0.375, 0.625, 0.875)
    for time in times:
        rest = 1 - time
        alone = reach(time + rest * np.exp(first))
        followed = reach(time + min(rest, 0.5) * np.exp(first) + max(rest - 0.5, 0) * np.exp(first + second))
        reached += np.where(second > 0, 0.3 * alone + 0.7 * followed, alone) / len(times)
    return lasts * ((1 - chance) * reach(1.0) + chance * reached) + (1 - lasts) * reach(1.0, passed)


class Truth:
    """The truth of a book while it is made; `add` the chunks, then `finish`."""

    def __init__(self, folder: Path, format: str) -> None:
        self._folder, self._format = folder / FOLDER, format
        self._raw = self._folder / f"{TABLE}.raw.part"
        self._writer: pq.ParquetWriter | None = None
        self._reasons = np.zeros(len(REASONS), dtype=np.int64)
        self._orders = np.zeros((2, len(OFFICES), QUARTERS))
        self._folder.mkdir(exist_ok=True)
        for format in FORMATS:
            (self._folder / f"{TABLE}.{format}").unlink(missing_ok=True)
        (self._folder / "effects.json").unlink(missing_ok=True)

    def add(self, piece: pa.Table, orders: Floats) -> None:
        """The truth of a chunk; orders to be expected with and without the programme, by office and quarter."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._raw, piece.schema)
        self._writer.write_table(piece)
        counts = piece["reason"].value_counts().to_pylist()
        self._reasons += [sum(row["counts"] for row in counts if row["values"] == reason) for reason in REASONS]
        self._orders += orders

    def close(self) -> None:
        """Removes what only the second reading needs, and the folder if nothing else came of it."""
        if self._writer is not None:
            self._writer.close()
        self._raw.unlink(missing_ok=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()

    def finish(self, effects: Effects, starts: Ints, more: dict[str, Any]) -> None:
        """The second reading: bars over the whole book, then labels and scores, then `effects.json`."""
        assert self._writer is not None
        self._writer.close()
        with pq.ParquetFile(self._raw) as raw:
            bars = {end: _bar(raw, end) for end in YEAR_ENDS}
            counts = {end: np.zeros(2, dtype=np.int64) for end in YEAR_ENDS}
            with TableFile(self._folder, TABLE, self._format) as file:
                for group in range(raw.num_row_groups):
                    piece = raw.read_row_group(group)
                    shown = piece.select([name for name in piece.column_names if not name.startswith("_")])
                    for end in YEAR_ENDS:
                        label, chance = _labelled(piece, end, bars[end])
                        shown = shown.append_column(f"promising_{end}", label)
                        shown = shown.append_column(f"score_{end}", chance)
                        counts[end] += [len(label) - label.null_count, label.true_count]
                    file.add(shown)
        year_ends = {
            end: {"mid_bar": bars[end] / 100, "low": int(counts[end][0]), "promising": int(counts[end][1])}
            for end in YEAR_ENDS
        }
        said = {
            "effects": asdict(effects),
            "programme": self._programme(effects, starts),
            "left": {reason: int(count) for reason, count in zip(REASONS, self._reasons, strict=True)},
            "year_ends": year_ends,
            **more,
        }
        text = json.dumps(said, indent=1, ensure_ascii=False)
        (self._folder / "effects.json").write_bytes(text.encode() + b"\n")

    def _programme(self, effects: Effects, starts: Ints) -> dict[str, Any]:
        """The planted constants, and orders to be expected with and without it from its first quarter on."""
        begun = int(np.searchsorted(QUARTER_START, starts.min(), side="right")) - 1
        rows = []
        for place, office in enumerate(OFFICES):
            for quarter in range(begun, QUARTERS):
                with_it, without = (round(float(self._orders[kind, place, quarter]), 2) for kind in (0, 1))
                rows.append([office[0], _iso(QUARTER_START[quarter]), with_it, without])
        return {
            "orders_log": PROGRAMME_ORDERS * effects.programme,
            "service_mended": PROGRAMME_MENDS * effects.programme,
            "ramp_days": PROGRAMME_RAMP,
            "starts": {office[0]: _iso(start) for office, start in zip(OFFICES, starts, strict=True)},
            "expected_orders": [["sales_office", "quarter_from", "with", "without"], *rows],
        }


def _bar(raw: pq.ParquetFile, end: str) -> int:
    names = [f"_revenue_{end}", f"_active_{end}"]
    table = raw.read(names)
    return mid_bar(table[names[0]].to_numpy()[table[names[1]].to_numpy()])


def _labelled(piece: pa.Table, end: str, bar: int) -> tuple[pa.Array, pa.Array]:
    """Label and score of a piece's accounts that are Low on a day; empty for the others."""
    after = _SUMMED[_SUMMED.index(end) + 1]
    own, later = piece[f"_revenue_{end}"].to_numpy(), piece[f"_revenue_{after}"].to_numpy()
    low = piece[f"_active_{end}"].to_numpy() & (own < bar)
    chance = score(piece, end, np.maximum(bar, _GROWN * own) / 100)
    return promising(own, later, low, bar), pa.array(np.round(chance, 4), mask=~low)


def read(folder: Path) -> pa.Table:
    """The truth's accounts of a demo, from whichever format they were written in."""
    typed = folder / FOLDER / f"{TABLE}.parquet"
    return pq.read_table(typed) if typed.exists() else pyarrow.csv.read_csv(typed.with_suffix(".csv"))


def _iso(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(int(days))).isoformat()
