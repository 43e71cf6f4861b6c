"""Account-quarters: what was known of each account on each landmark, and what it did afterwards, step by step.

A landmark is a day; its population are the accounts there (`Spells.there`) that have not said goodbye. Features are
told through the book as it was known on the day, outcomes through the spells, so that neither sees what the other may.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.exits import kinds
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.churn.definition.rhythm import gap_sums, shrunk
from crm_analysis.churn.survival.features import FEATURES, why_not
from crm_analysis.errors import BookError, UserError
from crm_analysis.features import trade, voice
from crm_analysis.features.windows import Landmark, Ledger, Marks, days_since_epoch, numbers, share, stacked
from crm_analysis.periods import after, before, quarter_end
from crm_analysis.progress import busy

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition.spells import Spells

STEPS = (1, 2, 3, 4)
"""Quarters after a landmark."""
HORIZONS = (1, 2, 4)
"""Quarters within which leaving is forecast."""
MOST = 12
"""Landmarks of a panel, if the book reaches back that far."""
_SOURCES: tuple[tuple[str, Callable[[Book, Marks], Iterator[trade.Features]]], ...] = (
    ("families", trade.families),
    ("complaints_year", voice.complaints),
    ("on_time", trade.promises),
    ("days_to_pay", trade.payments),
    ("overdue", trade.debts),
    ("satisfaction", voice.satisfaction),
    ("unanswered", voice.silence),
    ("contacts", voice.contacts),
    ("contract", trade.contracts),
)
"""What reads a table, with the first of the features it tells: the book has the table if it can tell that one."""


def quarter_ends(book: Book, last: str | dt.date, silence: int, most: int = MOST) -> list[dt.date]:
    """The landmarks: ends of calendar quarters no later than `last`, the latest `most` of them, earliest first.

    None is so early that accounts silent for `silence` days had ordered before the book begins: the population would
    not be whole. Empty where the book is too short. Raises BookError where no order line is known by `last`.
    """
    known = book.as_of(last)
    day = last_known(known)
    begins = begin_of(known)
    end = quarter_end(f"{day.year:04}Q{(day.month + 2) // 3}")
    if end > day:
        end = before(end, "3M")
    found: list[dt.date] = []
    while len(found) < most and (end - begins).days >= silence:
        found.append(end)
        end = before(end, "3M")
    return found[::-1]


@busy("progress_quarters")
def account_quarters(book: Book, dates: Iterable[str | dt.date], spells: Spells) -> pd.DataFrame:
    """One row per date and account there on it that had not said goodbye, sorted by as_of and account_id.

    Columns: as_of (datetime64), account_id, spell (its number in `spells.frame`), then the features of
    `features.FEATURES` that the book can tell, each as known on the row's date: numbers as float32, NaN where unknown
    of the account; class and segment as words, None where unknown. A date given twice counts once. Each table is read
    once or twice for all dates. Raises BookError without a date or for one that is none, UserError for one of which
    nobody knows who was there.
    """
    import pandas as pd

    days = sorted({as_date(date) for date in dates})
    if not days:
        raise BookError("account_quarters: there is no date; expected at least one, such as 2026-09-30.")
    last = last_known(book)
    if days[-1] > last:
        raise UserError(f"the accounts of {days[-1]} cannot be told: the book is known until {last}.")
    there = [spells.there(day) for day in days]
    known = book.as_of(days[-1])
    marks, ledger = _marks(known, days, spells)
    number = numbers(spells.frame["account_id"], marks.ids)
    # rows of the spells' frame, in the order of the accounts' numbers
    rows = [spread.index[~spread["said_goodbye"]].to_numpy() for spread in there]
    rows = [own[np.argsort(number[own], kind="stable")] for own in rows]
    at = [number[own] for own in rows]

    columns = stacked(trade.ordered(ledger, marks), at)
    for first, source in _SOURCES:
        if why_not(known, first) is None:
            columns |= stacked(source(known, marks), at)
    own = spells.frame.loc[np.concatenate(rows), ["account_id", "spell", "origin"]].reset_index(drop=True)
    own.insert(0, "as_of", np.repeat(np.array(days, dtype="datetime64[ns]"), [len(part) for part in at]))
    columns["rhythm_days"] = _rhythm(known, days, marks, at, columns["class"])
    columns["silence_ratio"] = share(columns["silence_days"], columns["rhythm_days"]).astype("float32")
    columns["tenure_days"] = (own["as_of"] - own.pop("origin")).dt.days.to_numpy("float32")
    return pd.concat([own, pd.DataFrame({name: columns[name] for name in FEATURES if name in columns})], axis=1)


def _marks(known: Book, days: list[dt.date], spells: Spells) -> tuple[Marks, Ledger]:
    """The landmarks with the accounts that ever ordered or have a spell, and what these ordered."""
    import pyarrow as pa

    landmarks = tuple(Landmark.of(day) for day in days)
    rows = trade.order_rows(known, landmarks)
    ids = pa.array(sorted({*rows["account_id"].unique().to_pylist(), *spells.frame["account_id"]}), pa.string())
    begins = begin_of(known)
    since = np.full(len(ids), days_since_epoch(begins))
    first = spells.frame[spells.frame["spell"] == 1]
    number = numbers(first["account_id"], ids)
    since[number] = np.maximum(since[number], first["origin"].to_numpy("datetime64[D]").astype("int64"))
    return Marks(landmarks, ids, begins, since), Ledger.of(rows, ids)


def _rhythm(
    known: Book, days: list[dt.date], marks: Marks, at: list[NDArray[np.int64]], classes: NDArray[Any]
) -> NDArray[np.float32]:
    """rhythm_days of the rows, from the gaps of the accounts there, shrunk to those of their class."""
    import pandas as pd

    sums = gap_sums(known, days)
    number = numbers(sums["account_id"], marks.ids)
    day = np.searchsorted(np.array(days, dtype="datetime64[ns]"), sums["as_of"].to_numpy())
    grid = np.zeros((3, len(days), len(marks.ids)))
    names = ["gaps", "log_sum", "log_square_sum"]
    for place, name in enumerate(names):
        grid[place, day, number] = sums[name]
    found = [grid[:, place, own] for place, own in enumerate(at)]
    frame = pd.DataFrame(np.concatenate(found, axis=1).T, columns=names)
    frame["as_of"] = np.repeat(np.arange(len(days)), [len(own) for own in at])
    return shrunk(frame, pd.Series(classes)).to_numpy("float32")


def risk_rows(panel: pd.DataFrame, spells: Spells, known_by: str | dt.date, steps: int = len(STEPS)) -> pd.DataFrame:
    """One row per row of the panel and step, as long as the account had not left; only what was known on `known_by`.

    Columns: row (position in the panel), step (1, 2, ...), left (1 if the account's last order came before the step's
    end and it left of its own will, else 0); sorted by row and step. The first step takes those who were silent
    already. A step is decided once its end and then the silence have passed. Accounts that we ended or that closed
    down, as far as known on `known_by`, stay in all later steps as not left, so that 1 less the product of the chances
    to stay is the cumulative incidence of leaving (Fine & Gray 1999, in discrete time). Raises UserError for a day
    after the one the spells are known on, and for a panel of other spells.
    """
    import pandas as pd

    day = as_date(known_by)
    if day > spells.as_of:
        raise UserError(f"who had left cannot be told as known on {day}: the spells are known until {spells.as_of}.")
    frame = spells.frame
    number = _spell_rows(panel, frame)
    last = frame["last"].to_numpy("datetime64[D]")[number]
    own_will = _own_will(spells, day)[number]
    landmarks, place = np.unique(panel["as_of"].to_numpy("datetime64[D]"), return_inverse=True)
    ends = [[after(mark, f"{3 * step}M") for step in range(1, steps + 1)] for mark in landmarks.tolist()]
    end = np.array(ends, dtype="datetime64[D]").reshape(len(landmarks), steps)[place]
    left = own_will[:, None] & (last[:, None] < end)
    there = np.asarray(end + np.timedelta64(spells.silence, "D") <= np.datetime64(day))
    there[:, 1:] &= ~left[:, :-1]
    row, step = np.nonzero(there)
    answers = left[row, step].astype("int8")
    return pd.DataFrame({"row": row.astype("int32"), "step": (step + 1).astype("int8"), "left": answers})


def _spell_rows(panel: pd.DataFrame, frame: pd.DataFrame) -> NDArray[np.int64]:
    """The row of each of the panel's spells in the frame of all spells."""
    import pandas as pd

    ids = pd.Index(frame["account_id"].unique())
    most = int(max(frame["spell"].max(), panel["spell"].max())) + 1 if len(frame) and len(panel) else 1
    keys, asked = (
        ids.get_indexer(pd.Index(rows["account_id"])).astype("int64") * most + rows["spell"].to_numpy("int64")
        for rows in (frame, panel)
    )
    found: NDArray[np.int64] = pd.Index(keys).get_indexer(asked).astype("int64")
    if (found < 0).any():
        at = int(np.flatnonzero(found < 0)[0])
        row = panel.iloc[at]
        raise UserError(
            f"the panel's row {at} is spell {row['spell']} of account {row['account_id']!r}, which the spells do not "
            "have; expected the spells that the panel was made with."
        )
    return found


def _own_will(spells: Spells, day: dt.date) -> NDArray[np.bool_]:
    """Whether the end of each spell, if it ended, was the account's own will, by what was said until the day."""
    import pandas as pd

    frame, moment = spells.frame, pd.Timestamp(day)
    kind = frame["kind"].to_numpy(dtype=object, copy=True)
    later = np.asarray(frame["gone_on"] > moment)
    if later.any():
        said = spells.exits[spells.exits["held"] & (spells.exits["gone_on"] <= moment)]
        said = said.drop_duplicates(["account_id", "spell"])[["account_id", "spell", "gone_on", "reason", "decided_by"]]
        then = frame.loc[later, ["account_id", "spell"]].merge(said, on=["account_id", "spell"], how="left")
        kind[later] = kinds(then.assign(left=True))
    return ~pd.Series(kind).isin(["ours", "closed"]).to_numpy()
