"""The whole demo book: the parts of the story in their order, chunk of accounts by chunk of accounts.

A new table takes a module of its own, a number in `Part`, and its place in `_chunk` or `demo`. What
exists keeps its bytes, because it draws from streams of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import company, history, lines, lives, tables, trade, write
from crm_analysis.book.demo.accounts import accounts as accounts_of_chunk
from crm_analysis.book.demo.parameters import CHUNK, Part, stream


@dataclass(frozen=True)
class Demo:
    """What was written, and the truth behind it.

    `rows` is the number of rows by table; `truth` has one row per account, described at
    `tables.truth_table`; `market` is what all accounts lived through.
    """

    folder: Path
    rows: dict[str, int]
    truth: pa.Table
    market: company.Market


@dataclass(frozen=True)
class _World:
    """What all chunks share."""

    seed: int
    seats: company.Seats
    market: company.Market


def demo(folder: str | Path, accounts: int = 250, seed: int = 1, format: str = "csv") -> Demo:
    """Writes the synthetic book into a folder: five tables and `book.toml`.

    `accounts` is the number of accounts (20 to 9,999,999), a seventh of which never ordered; `seed` any
    whole number from 0; `format` is "csv" or "parquet". Orders run from 2022-10-01 to the extract on
    2026-09-30. The same arguments give the same bytes. Accounts are made 5,000 at a time, so memory
    grows only by the truth, about 150 bytes an account. Raises BookError for arguments that cannot be,
    and for a folder that holds anything but an earlier demo, which is replaced.
    """
    folder = Path(folder)
    write.check(accounts, seed, format)
    write.prepare(folder, accounts, seed, format)

    seats, reps = company.seats_and_reps(seed, accounts)
    world = _World(seed, seats, company.market(seed))
    rows = dict.fromkeys(write.TABLES, 0)
    truth = []
    with write.failures(folder), ExitStack() as stack:
        files = {table: stack.enter_context(write.TableFile(folder, table, format)) for table in write.TABLES}

        def add(pieces: dict[str, pa.Table]) -> None:
            for table, piece in pieces.items():
                files[table].add(piece)
                rows[table] += len(piece)

        add({"reps": reps, "programme": company.programme(seed)})
        # pieces of almost equal length: a last piece of three accounts would be no sample of anything
        edges = np.linspace(0, accounts, -(-accounts // CHUNK) + 1).astype(int)
        orders = 0
        for chunk, (first, end) in enumerate(pairwise(edges)):
            pieces, known, count = _chunk(world, chunk, int(first), int(end - first), rows["orders"], orders)
            add(pieces)
            truth.append(known)
            orders += count
    return Demo(folder, rows, pa.concat_tables(truth), world.market)


def _chunk(
    world: _World, chunk: int, first: int, n: int, first_line: int, first_order: int
) -> tuple[dict[str, pa.Table], pa.Table, int]:
    """Tables of a chunk of accounts, its truth, and how many order numbers it used."""

    def rng(part: Part) -> np.random.Generator:
        return stream(world.seed, part, chunk)

    account = accounts_of_chunk(rng(Part.ACCOUNTS), first, n)
    life = lives.lives(rng(Part.LIVES), account, world.market)
    rhythm = trade.rhythms(rng(Part.RHYTHMS), account)
    order = trade.orders(rng(Part.ORDERS), account, life, rhythm, world.market)
    past = history.history(rng(Part.HISTORY), account, order, world.seats)
    taste = lines.tastes(rng(Part.TASTES), account)
    line = lines.shipped(rng(Part.SHIPMENTS), lines.lines(rng(Part.LINES), order, taste))
    line = lines.with_credit_notes(rng(Part.CREDITS), line)

    pieces = {
        "accounts": tables.account_table(account, past, stream(world.seed, Part.NAMES)),
        "account_history": past.table(account),
        "orders": tables.order_table(line, account, first_line, first_order),
    }
    bought = np.bincount(order.account, minlength=n) > 0
    truth = tables.truth_table(account, life, rhythm, taste, bought)
    return pieces, truth, int(line.order[-1]) + 1 if len(line) else 0
