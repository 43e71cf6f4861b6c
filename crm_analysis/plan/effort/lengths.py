"""Minutes that a visit, a call and another contact take, measured on the trailing year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.contacts import KINDS, contacts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]

ASSUMED = {"visits": 60.0, "calls": 15.0, "others": 10.0}
"""Minutes where the book tells none: round numbers, to be replaced by measured ones."""
LEAST = 30
"""Contacts from which on a class has a length of its own."""
LEAST_ACCOUNTS = 10
"""Accounts that they must be of, and that any measured length must be of: thirty contacts of one account say how long
that one's are."""


@dataclass(frozen=True, eq=False)
class Lengths:
    """How long contacts take.

    `table`, one row per length, the one of all first: kind (of `contacts.KINDS`), class ("" where of all accounts),
    contacts and accounts it is measured on, minutes (mean of a contact), low and high (of the mean, at LEVEL), error
    (of the mean; times the normal quantile it gives the interval), scatter (standard deviation of a single contact),
    between (the part of it that accounts differ by), assumed (not measured: ASSUMED, and the rest is NaN).
    """

    table: pd.DataFrame

    def places(self, classes: pd.Series) -> dict[str, NDArray[np.int64]]:
        """By kind of contact, the row of `table` that holds with each of accounts of these classes (None: none)."""
        codes, names = classes.factorize()
        found = {}
        for kind in KINDS:
            rows = self.table[self.table["kind"] == kind]
            own = dict(zip(rows["class"], rows.index, strict=True))
            found[kind] = np.array([own.get(name, own[""]) for name in [*names, ""]], dtype="int64")[codes]
        return found

    def minutes(self, classes: pd.Series) -> dict[str, Array]:
        """By kind of contact, the length that holds with each account."""
        told = self.table["minutes"].to_numpy("float64")
        return {kind: told[places] for kind, places in self.places(classes).items()}


def lengths(book: Book, as_of: str | dt.date, classes: pd.Series | None = None) -> Lengths:
    """Lengths by kind of contact from the year ending on `as_of`, and by class where there are LEAST contacts of one.

    `classes` are those of accounts (None where an account has none), by account_id. A length is the mean over contacts,
    of an interval that takes those of one account for alike (`measured`). ASSUMED where contacts of fewer than
    LEAST_ACCOUNTS accounts have minutes.
    """
    import pandas as pd

    found = contacts(book, as_of).timed
    codes, names = (np.full(0, -1), pd.Index([])) if classes is None else classes.factorize(sort=True)
    place = np.full(len(found), -1) if classes is None else classes.index.get_indexer(pd.Index(found["account_id"]))
    kinds, code = found["kind"].to_numpy(object), np.append(codes, -1)[place]
    sums = found[["contacts", "minutes", "squares"]]
    rows = []
    for kind in KINDS:
        mine = kinds == kind
        rows.append({"kind": kind, "class": ""} | measured(sums[mine], ASSUMED[kind]))
        for number, name in enumerate(names):
            part = sums[mine & (code == number)]
            if part["contacts"].sum() >= LEAST and len(part) >= LEAST_ACCOUNTS:
                rows.append({"kind": kind, "class": name} | measured(part, ASSUMED[kind]))
    return Lengths(pd.DataFrame(rows))


def assumed() -> Lengths:
    """ASSUMED lengths, for a book that tells none."""
    import pandas as pd

    nothing = pd.DataFrame({name: np.array([]) for name in ("contacts", "minutes", "squares")})
    return Lengths(pd.DataFrame([{"kind": kind, "class": ""} | measured(nothing, ASSUMED[kind]) for kind in KINDS]))


def measured(accounts: pd.DataFrame, otherwise: float) -> dict[str, Any]:
    """A mean length with its interval and scatter from sums by account: contacts, minutes, squares (of minutes).

    The mean is sum of minutes / sum of contacts. Its error is that of a ratio over accounts, since lengths of one
    account are alike: m / (m - 1) x sum of (minutes - mean x contacts)^2 / contacts^2 with m accounts (Cochran 1977,
    Sampling Techniques, 6.4), widened by Student's t with m - 1 degrees. What a single contact scatters by is parted
    into what accounts differ by and the rest by analysis of variance for unequal groups (Searle 1971, Linear Models,
    10.2); where no account has two contacts all of it is the rest.
    """
    from scipy.special import ndtri, stdtrit

    # sorted, so that neither the order of rows nor the names of accounts matter
    values = accounts[["contacts", "minutes", "squares"]].to_numpy("float64")
    n, total, squares = values[np.lexsort(values.T)].T
    m, many = len(n), float(n.sum())
    if m < LEAST_ACCOUNTS:
        return {"contacts": many, "accounts": m, "minutes": otherwise, "low": np.nan, "high": np.nan, "error": np.nan,
                "scatter": np.nan, "between": np.nan, "assumed": True}  # fmt: skip
    mean = float(total.sum()) / many
    plain = np.sqrt(m / (m - 1) * float(((total - mean * n) ** 2).sum())) / many
    normal = float(ndtri((1 + LEVEL) / 2))
    error = plain * float(stdtrit(m - 1, (1 + LEVEL) / 2)) / normal
    inner = max(float((squares - total**2 / n).sum()), 0.0)
    outer = float((n * (total / n - mean) ** 2).sum()) / (m - 1)
    within, between = outer, 0.0
    if many > m:
        within = inner / (many - m)
        between = max((outer - within) * (m - 1) / (many - float((n**2).sum()) / many), 0.0)
    return {
        "contacts": many, "accounts": m, "minutes": mean, "low": max(mean - normal * error, 0.0),
        "high": mean + normal * error, "error": error, "scatter": float(np.sqrt(within + between)),
        "between": float(np.sqrt(between)), "assumed": False,
    }  # fmt: skip
