"""Spells: from an account's first order to its last one before a silence that counts as leaving.

The one table that every other room of churn takes. Leaving is dated at the last order, and known only when the silence
has lasted: whoever asks about a day gets what could be known on that day, or a refusal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm_analysis.accounts import LATE
from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition import islands
from crm_analysis.churn.definition.exits import CLOSED, OURS, SAID, exits_of, kinds, placed
from crm_analysis.churn.definition.purchases import begin_of, purchases
from crm_analysis.churn.definition.silence import days_of
from crm_analysis.errors import UserError
from crm_analysis.periods import after

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

KNOWN_THEN = ("account_id", "spell", "began", "origin", "entered", "age_known")
"""Columns of a spell that are the same on every day from its begin on."""
_COLUMNS = (
    "account_id", "spell", "began", "last", "known_on", "left", "origin", "entered", "age_known", "orders", *SAID,
    "gone_on", "kind",
)  # fmt: skip


class Spells:
    """Spells of accounts as known on `as_of`, a silence of `silence` days being taken as leaving.

    Made by `spells` from a book, or by `Spells.of` from a frame. `begins` is the first day the source tells of, `basis`
    "orders" or "contracts" (`silence` is then the longest gap between a contract's end and the next one's start).
    `exits` holds every word about an exit, one row each: account_id, spell, left_on, gone_on, reason, decided_by,
    source, competitor, again_on (the first order, or contract, after it was known), held (none of the spell came then).

    `frame`: one row per spell, sorted by account_id and spell. Dates are datetime64[ns]:

    - account_id, spell (1, 2, ...), began, last (days of its first and last order; of contracts in force, as_of);
    - known_on (last + silence: the day its end can be known), left (known_on has come);
    - origin (began, or known_since of a late entry: an account known more than a week, `accounts.LATE`, before the
      source begins whose first spell began within `silence` of it), entered (when the spell comes under observation:
      `begins` for late entries, else began);
    - age_known: False where spell 1 began within `silence` of `begins` and nothing tells that this was its true begin;
    - orders (order days, or contracts, in the spell);
    - reason, decided_by, source, competitor, gone_on: what was said of its end and the day that was known, the
      account's own word before a rep's; None and NaT where nobody said anything that held;
    - kind: "open" (not left, no exit), "left", "ours" (we ended it), "closed" (the account is no more).
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        silence: int,
        as_of: dt.date,
        begins: dt.date,
        basis: str = "orders",
        exits: pd.DataFrame | None = None,
    ) -> None:
        self.frame = frame
        self.silence = silence
        self.as_of = as_of
        self.begins = begins
        self.basis = basis
        self.exits = _own_exits(frame) if exits is None else exits

    @classmethod
    def of(cls, frame: pd.DataFrame, *, silence: int, as_of: str | dt.date, begins: str | dt.date) -> Spells:
        """Spells of a frame in memory, such as a simulation: account_id, began, last; the rest is filled in.

        Other columns of `frame` that the table has are kept, but for those that follow: spell, known_on, left, kind.
        Without `orders` a spell has 1, or 2 where it lasts longer than a day. Raises UserError for a column that is
        missing, a spell that ends before it begins or after `as_of`, or two of an account with no silence between.
        """
        import pandas as pd

        day = as_date(as_of)
        if missing := [name for name in ("account_id", "began", "last") if name not in frame]:
            raise UserError(f"spells of a frame: column '{missing[0]}' is missing; found {list(frame.columns)}.")
        made = frame[[name for name in _COLUMNS if name in frame]].sort_values(
            ["account_id", "began"], ignore_index=True
        )
        made["account_id"] = made["account_id"].astype(str).astype(object)
        made[["began", "last"]] = made[["began", "last"]].astype("datetime64[ns]")
        made["spell"] = made.groupby("account_id").cumcount() + 1
        before = made.groupby("account_id")["last"].shift() + pd.Timedelta(days=days_of(silence))
        wrong = ~((made["began"] <= made["last"]) & (made["last"] <= pd.Timestamp(day))) | (made["began"] <= before)
        if wrong.any():
            row = made[wrong].iloc[0]
            raise UserError(
                f"spells of a frame: account {row.account_id!r} has a spell from {row.began:%Y-%m-%d} to "
                f"{row['last']:%Y-%m-%d}; expected an end by {day}, and more than {silence} days since the one before."
            )
        filled: dict[str, Any] = {"origin": made["began"], "entered": made["began"], "age_known": True}
        filled |= {"orders": 1 + (made["last"] > made["began"]).astype("int64"), "gone_on": pd.NaT}
        for name, value in (filled | dict.fromkeys(SAID)).items():
            if name not in made:
                made[name] = value
        return cls(_finished(made, silence, day), silence=silence, as_of=day, begins=as_date(begins))

    def __repr__(self) -> str:
        return f"<Spells as of {self.as_of}, silence {self.silence} days, by {self.basis}; see .frame>"

    @property
    def decided_until(self) -> dt.date:
        """The last day of which it is decided who had left: as_of less the silence."""
        return self.as_of - dt.timedelta(days=self.silence)

    @property
    def whole_from(self) -> dt.date:
        """The first day whose population is whole: before it, accounts silent since before `begins` are not seen."""
        return self.begins + dt.timedelta(days=self.silence if self.basis == "orders" else 0)

    @property
    def exits_ignored(self) -> int:
        """Words about exits that count for nothing: orders of the spell came after, or there is no spell before."""
        return int((~self.exits["held"]).sum())

    @cached_property
    def _goodbyes(self) -> pd.DataFrame:
        """The exits of spells: row (in `frame`), gone_on, again_on."""
        rows = self.frame[["account_id", "spell"]].assign(row=self.frame.index)
        return self.exits.merge(rows, on=["account_id", "spell"])[["row", "gone_on", "again_on"]]

    @cached_property
    def lifelong(self) -> Spells:
        """One spell per account, from its first to its last: an account that came back counts as having stayed.

        Any silence takes some accounts for gone that order again, so that spells end too often: what is said of how
        long accounts stay is nearer to the truth by these, told with what is known today, and still rather low, for
        the youngest silences have had less time to end. Not for forecasts: on an earlier day nobody knew who would
        come back. `exits` are those of the last spell of each account.
        """
        frame = self.frame
        final = frame.drop_duplicates("account_id", keep="last")
        first = frame.drop_duplicates("account_id", keep="first").set_index("account_id")
        made = final.assign(
            spell=1,
            orders=final["account_id"].map(frame.groupby("account_id")["orders"].sum()),
            **{name: final["account_id"].map(first[name]) for name in ("began", "origin", "entered", "age_known")},
        ).reset_index(drop=True)
        kept = self.exits.merge(final[["account_id", "spell"]], on=["account_id", "spell"]).assign(spell=1)
        return Spells(made, silence=self.silence, as_of=self.as_of, begins=self.begins, basis=self.basis, exits=kept)

    def there(self, day: str | dt.date) -> pd.DataFrame:
        """The population of a day, an account each: spells with began <= day < known_on, those already silent included.

        Columns: account_id, spell, began, origin, entered, age_known, said_goodbye (an exit of the spell was known by
        then, and no order had come since); the index is that of `frame`. All of it was known on the day. Raises
        UserError for a day outside what is known. Before `whole_from` accounts are missing that had ordered last
        before the source begins.
        """
        at = self._moment(day)
        frame = self.frame
        rows = frame.loc[(frame["began"] <= at) & (at < frame["known_on"]), list(KNOWN_THEN)]
        said = self._goodbyes
        said = said[(said["gone_on"] <= at) & ~(said["again_on"] <= at)]
        return rows.assign(said_goodbye=rows.index.isin(said["row"]))

    def outcomes(self, day: str | dt.date, months: int) -> pd.Series:
        """What became of the population of a day within so many months, by account_id; with those who said goodbye.

        "stayed", or, if the last order came before the end of that time and was followed by the silence, the spell's
        kind: "left", "ours" or "closed". Raises UserError if the silence after that time has not passed by `as_of`.
        """
        import pandas as pd

        end = after(as_date(day), f"{months}M")
        decided = end + dt.timedelta(days=self.silence)
        if decided > self.as_of:
            raise UserError(
                f"who left within {months} months of {as_date(day)} is not yet decidable: that takes until {decided}, "
                f"and the book is known until {self.as_of}."
            )
        rows = self.frame.loc[self.there(day).index]
        kind = rows["kind"].where(rows["last"] < pd.Timestamp(end), "stayed")
        return pd.Series(kind.to_numpy(), index=pd.Index(rows["account_id"], name="account_id"), name="outcome")

    def _moment(self, day: str | dt.date) -> pd.Timestamp:
        import pandas as pd

        date = as_date(day)
        if not self.begins <= date <= self.as_of:
            raise UserError(
                f"who is there on {date} cannot be told: the spells are known from {self.begins} to {self.as_of}."
            )
        return pd.Timestamp(date)


def spells(
    book: Book,
    as_of: str | dt.date,
    silence: int,
    basis: str = "orders",
    closed: Collection[str] = CLOSED,
    ours: Collection[str] = OURS,
) -> Spells:
    """The spells of a book's accounts as known on `as_of`; `silence` in days.

    With `basis` "contracts" a spell is a chain of contracts and `silence` the longest gap in it; why the last one ended
    is its reason where no exit tells one. `closed` and `ours`
    are the reasons (compared without regard to case) that say that an account is no more, or that we ended it. Raises
    BookError where nothing is known yet, and UserError for a silence or basis that is none.
    """
    known = book.as_of(as_of)
    day, days = last_known(known), days_of(silence)
    begins = begin_of(known)
    if basis == "contracts":
        frame, rows = islands.contract_spells(known, days), islands.contracts_of(known)
        orders = rows.select("account_id", day="start")
        begins = min(begins, islands.first_end(known) or begins)
    elif basis == "orders":
        frame, orders = islands.order_spells(known, days), purchases(known).select("account_id", day="ordered_on")
    else:
        raise UserError(f"the basis of spells is 'orders' or 'contracts'; found {basis!r}.")
    frame = frame.sort_values(["account_id", "spell"], ignore_index=True)
    frame = _with_begin(frame, begins, days, None if basis == "contracts" else islands.first_words(known, begins, days))
    exits = placed(exits_of(known, orders), frame)
    first = exits[exits["held"] & (exits["spell"] > 0)].drop_duplicates(["account_id", "spell"])
    ended = frame.pop("reason") if "reason" in frame else None
    frame = frame.merge(first[["account_id", "spell", *SAID, "gone_on"]], on=["account_id", "spell"], how="left")
    if ended is not None:  # of a contract's end the contract itself tells, where no exit does
        frame["reason"] = frame["reason"].where(frame["gone_on"].notna(), ended)
    return Spells(
        _finished(frame, days, day, closed, ours), silence=days, as_of=day, begins=begins, basis=basis, exits=exits
    )


def _with_begin(frame: pd.DataFrame, begins: dt.date, silence: int, words: pd.DataFrame | None) -> pd.DataFrame:
    """Spells with origin, entered and age_known; `words` is what `first_words` found, None for contracts."""
    import pandas as pd

    start = pd.Timestamp(begins)
    if words is None:  # a contract tells its own begin; those that ended before the source begins may be missing
        return frame.assign(
            origin=frame["began"], entered=frame["began"].mask(frame["began"] < start, start), age_known=True
        )
    beside = frame[["account_id"]].merge(words, on="account_id", how="left")
    early = (frame["spell"] == 1) & (frame["began"] < start + pd.Timedelta(days=silence))
    # an opened book gives an account without known_since the day of its first line: that tells of no time before
    told = beside["known_since"] < beside["first_line"]
    late = early & told & (beside["known_since"] < start - LATE)
    return frame.assign(
        origin=frame["began"].mask(late, beside["known_since"]),
        entered=frame["began"].mask(late, start),
        age_known=~early | told,
    )


def _finished(
    frame: pd.DataFrame,
    silence: int,
    as_of: dt.date,
    closed: Collection[str] = CLOSED,
    ours: Collection[str] = OURS,
) -> pd.DataFrame:
    """The frame with what follows from its dates and exits, in the order of the columns."""
    import pandas as pd

    dates = dict.fromkeys(("began", "last", "origin", "entered", "gone_on"), "datetime64[ns]")
    frame = frame.astype(dates | {"spell": "int64", "orders": "int64", "age_known": bool})
    for name in SAID:
        words: Any = frame[name].astype(object)
        frame[name] = words.where(words.notna(), None)
    frame["known_on"] = frame["last"] + pd.Timedelta(days=silence)
    frame["left"] = frame["known_on"] <= pd.Timestamp(as_of)
    frame["kind"] = kinds(frame, closed, ours)
    return frame[list(_COLUMNS)]


def _own_exits(frame: pd.DataFrame) -> pd.DataFrame:
    """Exits as the spells themselves tell them."""
    import pandas as pd

    rows = frame.loc[frame["gone_on"].notna(), ["account_id", "spell", "last", "gone_on", *SAID]]
    rows = rows.rename(columns={"last": "left_on"}).reset_index(drop=True)
    return rows.assign(again_on=pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]"), held=True)
