"""The whole demo book: the parts of the story in their order, chunk of accounts by chunk of accounts.

A new table takes a module of its own, a number in `Part`, and its place in `records`. What
exists keeps its bytes, because it draws from streams of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import company, history, lines, lives, tables, trade, truth, write
from crm_analysis.book.demo.accounts import Accounts
from crm_analysis.book.demo.accounts import accounts as accounts_of_chunk
from crm_analysis.book.demo.chunk import chunk as whole_chunk
from crm_analysis.book.demo.effects import SWITCHES, Effects
from crm_analysis.book.demo.effects import effects as chosen_effects
from crm_analysis.book.demo.parameters import CHUNK, QUARTER_OF_WEEK, QUARTERS, Floats, Ints, Luck, Part, stream
from crm_analysis.book.demo.records import Totals, closing_records, planted, records
from crm_analysis.book.demo.service import Service
from crm_analysis.book.demo.service import service as service_of_chunk
from crm_analysis.progress import busy, tracked

_Pieces = dict[str, pa.Table]


@dataclass(frozen=True)
class Demo:
    """What was written: the folder, the number of rows by table, and what all accounts lived through."""

    folder: Path
    rows: dict[str, int]
    market: company.Market

    @property
    def truth(self) -> pa.Table:
        """One row per account, read from the folder `truth`; the columns are told at `truth.truth_table`."""
        return truth.read(self.folder)


@dataclass(frozen=True)
class _World:
    """What all chunks share."""

    seed: int
    effects: Effects
    seats: company.Seats
    market: company.Market
    starts: Ints  # day on which the programme starts, by office


@dataclass(frozen=True)
class _Lived:
    """A chunk of accounts and what happened to them."""

    account: Accounts
    care: Service
    life: lives.Lives
    rhythm: trade.Rhythms
    past: history.History
    taste: lines.Tastes
    line: lines.Lines
    expected: Floats  # orders to be expected with and without the programme: 2 x offices x quarters


@busy("progress_demo")
def demo(
    folder: str | Path, accounts: int = 250, seed: int = 1, format: str = "csv", without: Iterable[str] = ()
) -> Demo:
    """Writes the synthetic book into a folder: its tables, `book.toml`, and beside them the folder `truth`.

    `accounts` is the number of accounts (20 to 9,999,999), a seventh of which never ordered; `seed` any
    whole number from 0; `format` is "csv" or "parquet"; `without` names planted effects to leave out
    (those of `Effects`). Orders run from 2022-10-01 to the extract on 2026-09-30. The same arguments
    give the same bytes, and a switch changes only what it causes. Accounts are made 5,000 at a time, so
    memory grows by a few numbers an account only. Raises BookError for arguments that cannot be, and
    for a folder that holds anything but an earlier demo, which is replaced.
    """
    folder = Path(folder)
    write.check(accounts, seed, format)
    chosen = chosen_effects(without)
    off = [name for name in SWITCHES if not getattr(chosen, name)]
    write.prepare(folder, accounts, seed, format, off)

    seats, reps = company.seats_and_reps(seed, accounts)
    world = _World(seed, chosen, seats, company.market(seed, chosen), company.programme_start(seed))
    rows = dict.fromkeys(write.TABLES, 0)
    with write.failures(folder), ExitStack() as stack:
        true = stack.enter_context(closing(truth.Truth(folder, format)))
        files = {table: stack.enter_context(write.TableFile(folder, table, format)) for table in write.TABLES}
        # while the tables of a chunk are made, the next chunk lives and the last one is written
        maker, writer = (stack.enter_context(ThreadPoolExecutor(1)) for _ in range(2))
        written: Future[None] | None = None

        def write_pieces(pieces: _Pieces) -> None:
            for table, piece in pieces.items():
                files[table].add(piece)

        def add(pieces: _Pieces) -> None:
            nonlocal written
            for table, piece in pieces.items():
                rows[table] += len(piece)
            if written:
                written.result()
            written = writer.submit(write_pieces, pieces)

        def make(chunk: int) -> Future[_Lived]:
            return maker.submit(_lived, world, chunk, int(edges[chunk]), int(edges[chunk + 1] - edges[chunk]))

        add({"reps": reps, "programme": company.programme(seed)})
        # pieces of almost equal length: a last piece of three accounts would be no sample of anything
        edges = np.linspace(0, accounts, -(-accounts // CHUNK) + 1).astype(int)
        orders, totals = 0, Totals()
        made = make(0)
        for chunk in tracked(range(len(edges) - 1)):
            lived = made.result()
            if chunk + 2 < len(edges):
                made = make(chunk + 1)
            add(_told(world, chunk, lived, rows["orders"], orders, totals))
            true.add(_true(lived), lived.expected)
            orders += int(lived.line.order[-1]) + 1 if len(lived.line) else 0
        add(closing_records(seed, totals))
        if written:
            written.result()
        true.finish(chosen, world.starts, planted(chosen))
    return Demo(folder, rows, world.market)


def _lived(world: _World, chunk: int, first: int, n: int) -> _Lived:
    """What happens to a chunk of accounts: it depends on no other chunk."""

    def rng(part: Part) -> np.random.Generator:
        return stream(world.seed, part, chunk)

    def luck(part: Part) -> Luck:
        return Luck(world.seed, part)

    account = accounts_of_chunk(rng(Part.ACCOUNTS), first, n)
    care, life = _served(world, chunk, account, world.effects)
    rhythm = trade.rhythms(rng(Part.RHYTHMS), account)
    level = trade.level(account, life, world.market)
    pace = trade.pace(level, rhythm, world.market)
    boost = trade.by_office(company.programme_boost(world.starts, world.effects), account)
    expected = trade.expected(pace, boost, life)
    order = trade.orders(luck(Part.ORDERS), account, life, rhythm, level, expected)
    past = history.history(rng(Part.HISTORY), account, order, world.seats)
    taste = lines.tastes(rng(Part.TASTES), account)
    line = lines.shipped(luck(Part.SHIPMENTS), lines.lines(luck(Part.LINES), order, taste), care)
    line = lines.with_credit_notes(luck(Part.CREDITS), line, care)
    # the same accounts with the same luck, had there been no programme
    _, unserved = _served(world, chunk, account, replace(world.effects, programme=False))
    without = trade.expected(pace, np.zeros(1), unserved)
    both = np.stack([_by_office_and_quarter(account, orders) for orders in (expected, without)])
    return _Lived(account, care, life, rhythm, past, taste, line, both)


def _told(world: _World, chunk: int, lived: _Lived, first_line: int, first_order: int, totals: Totals) -> _Pieces:
    """Tables of a chunk of accounts; lines and orders are numbered through the whole book."""
    account, past, line = lived.account, lived.past, lived.line
    pieces = {
        "accounts": tables.account_table(account, past, stream(world.seed, Part.NAMES)),
        "account_history": past.table(account),
        "orders": tables.order_table(line, account, first_line, first_order),
    }
    rng = stream(world.seed, Part.RIVALS, chunk)
    whole = whole_chunk(
        rng, account, lived.life, lived.taste, past, lived.care, line, world.effects, world.starts, first_order
    )
    return pieces | records(world.seed, chunk, whole, totals)


def _true(lived: _Lived) -> pa.Table:
    """What is true of a chunk of accounts."""
    return truth.truth_table(lived.account, lived.life, lived.rhythm, lived.taste, lived.care, lived.line)


def _served(world: _World, chunk: int, account: Accounts, effects: Effects) -> tuple[Service, lives.Lives]:
    """How a chunk of accounts is served, and the lives they lead."""
    care = service_of_chunk(stream(world.seed, Part.SERVICE, chunk), account, world.market, world.starts, effects)
    return care, lives.lives(stream(world.seed, Part.LIVES, chunk), account, care, effects)


def _by_office_and_quarter(account: Accounts, weeks: Floats) -> Floats:
    """Sums of accounts x weeks by the office that serves the account and by quarter."""
    quarters = np.add.reduceat(weeks, np.searchsorted(QUARTER_OF_WEEK, np.arange(QUARTERS)), axis=1)
    cell = account.office_in_quarter() * QUARTERS + np.arange(QUARTERS)
    size = len(company.OFFICES) * QUARTERS
    sums = np.bincount(cell.ravel(), weights=quarters.ravel(), minlength=size)
    return sums.astype(np.float64).reshape(-1, QUARTERS)
