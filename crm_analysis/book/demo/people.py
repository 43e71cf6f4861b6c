"""Contacts: the people we know at an account, by code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NEVER
from crm_analysis.book.demo.chunk import Chunk, turns
from crm_analysis.book.demo.parameters import LAST_DAY, Ints, choices

DEPARTMENTS = ("purchasing", "engineering", "quality", "production", "management")
_DEPARTMENT_SHARE = np.array([[62, 24, 3, 4, 7], [25, 32, 18, 15, 10]], dtype=float)  # of the first, of the others
ROLES = ("decides", "influences", "buys", "uses")
_ROLE_SHARE = np.array([[25, 10, 65, 0], [15, 60, 5, 20], [5, 65, 0, 30], [5, 25, 5, 65], [85, 15, 0, 0]], dtype=float)


@dataclass(frozen=True)
class Contacts:
    """One row per contact, sorted by account and turn."""

    account: Ints  # row of the account in its chunk
    turn: Ints  # which of the account's contacts, counted from 0
    department: Ints
    role: Ints
    known_since: Ints

    def __len__(self) -> int:
        return len(self.account)

    def ids(self, chunk: Chunk) -> pa.Array:
        """Keys of the contacts, which are the codes of respondents too."""
        return chunk.coded("P", self.account, self.turn + 1, 1)

    def table(self, chunk: Chunk) -> pa.Table:
        """The contract's table `contacts`, sorted by its key."""
        return pa.table(
            {
                "contact_id": self.ids(chunk),
                "account_id": chunk.account_id(self.account),
                "department": names.words(DEPARTMENTS, self.department),
                "role": names.words(ROLES, self.role),
                "known_since": names.dates(self.known_since),
            }
        )


def contacts(rng: np.random.Generator, chunk: Chunk) -> Contacts:
    """One to five people an account, more where it is large; the first is known as long as the account."""
    n = len(chunk)
    many = 1 + (4.2 * (0.65 * chunk.accounts.rank + 0.35 * rng.random(n)) ** 2.2).astype(np.int64)
    many = np.where(chunk.accounts.role == NEVER, np.minimum(many, 2), many)
    account = np.repeat(np.arange(n), many)
    turn = turns(account)
    known = chunk.known[account]
    later = known + (rng.random(len(account)) ** 1.4 * (LAST_DAY - known)).astype(np.int64)
    department = choices(rng.random(len(account)), _DEPARTMENT_SHARE[np.minimum(turn, 1)])
    role = choices(rng.random(len(account)), _ROLE_SHARE[department])
    return Contacts(account, turn, department, role, np.where(turn == 0, known, later))
