"""Contacts of the trailing year by account: visits, calls and others, ours and theirs, their minutes and cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.features.windows import Landmark
from crm_analysis.labels import label
from crm_analysis.labels.language import language

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

KINDS = ("visits", "calls", "others")
"""Channels that are told apart; whatever is neither a visit nor a call, or says nothing, is one of the others."""
OURS, THEIRS = "ours", "theirs"
_WORDS = {"visit": "visits", "call": "calls"}
US, THEM = "us", "them"
_BEGUN = ("channel", "initiated_by")
NEEDS: dict[str, tuple[str, ...]] = {
    "contacts_all": (),
    **{f"{kind}_{side}": _BEGUN for kind in KINDS for side in (OURS, THEIRS)},
    "minutes": ("minutes",),
    **{f"minutes_{side}": ("minutes", "initiated_by") for side in (OURS, THEIRS)},
    **{f"minutes_{kind}_{side}": ("minutes", *_BEGUN) for kind in KINDS for side in (OURS, THEIRS)},
    "untimed": ("minutes",),
    "unsaid": ("initiated_by",),
    "minutes_unsaid": ("minutes", "initiated_by"),
    "contact_cost": ("cost",),
    "cost_visits_ours": ("cost", *_BEGUN),
}
"""The columns told of contacts, each with what it needs of `interactions`."""
LONGEST = 24 * 60
"""Minutes above which a contact is a slip of the pen, and tells no length; nor does one of no minutes."""
_PARTS = 1e4  # sums of whole ten-thousandths, the contract's last place, do not hang on their order

_TIMED = {"account_id": "object", "kind": "object", "contacts": "float64", "minutes": "float64", "squares": "float64"}


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts of the trailing year by account.

    `frame`, one row per account that had any, by account_id: account_id, then the columns of NEEDS, a year's, as
    floats: contacts_all; visits, calls and others that we began (_ours) and that they asked for (_theirs);
    minutes of all, of each side (minutes_ours, minutes_theirs), and of each of those (minutes_visits_ours, ...);
    untimed (contacts of no minutes, or above LONGEST); unsaid and minutes_unsaid (contacts that do not say who
    began them); contact_cost; cost_visits_ours. What does not say that we began it counts as asked for, so that
    nothing is taken for our doing, or for free to plan, that nobody said was; `unsaid` says how much that is. In all
    minutes an untimed contact counts with the mean of the year's timed ones of its kind, whoever began them (of all
    timed ones where its kind has none): a blank is no sign of a shorter contact.

    `why`: the columns the book cannot tell, which are NaN, each with a sentence saying why; so too where contacts of
    the year tell no minutes at all, or of none who began it. `scale`: what the sums were multiplied by to bring them to
    a year (1 where contacts reach back so far; NaN where nothing is told). `timed`, of contacts of a length (up to
    LONGEST), measured ones only: account_id, kind, contacts, minutes and squares (sums of them, and of their squares in
    whole tenths of a minute), as counted.
    """

    frame: pd.DataFrame
    why: dict[str, str]
    scale: float
    timed: pd.DataFrame

    def of(self, ids: pd.Series) -> pd.DataFrame:
        """The columns of NEEDS for these account ids, in their order and with their index: 0 without a contact."""
        import pandas as pd

        place = pd.Index(self.frame["account_id"]).get_indexer(ids)
        none = place < 0
        told = {}
        for name in NEEDS:
            values = np.append(self.frame[name].to_numpy("float64"), 0.0)[place]
            told[name] = np.where(none, np.nan if name in self.why else 0.0, values)
        return pd.DataFrame(told, index=ids.index, copy=False)


def contacts(book: Book, as_of: str | dt.date) -> Contacts:
    """Contacts of the year ending on `as_of`, from one query; where a book has none, all is told in `why`.

    Where the book's contacts begin inside the year, those there are are brought to a year; of less than three months
    (`features.windows.LEAST_DAYS`) nothing is told. Those of the day and the language asked for last are kept.
    """
    then = book.as_of(as_of)
    day = then.day or then.extracted_on
    asked = day, language()
    if book.kept.get("contacts", (None,))[0] != asked:
        book.kept["contacts"] = asked, _contacts(then, day)
    found: Contacts = book.kept["contacts"][1]
    return found


def _contacts(book: Book, day: dt.date) -> Contacts:
    import pandas as pd

    why = {name: lack for name, needs in NEEDS.items() if (lack := book.why_not("interactions", *needs))}
    nothing = pd.DataFrame(columns=["account_id", *NEEDS]).astype(dict.fromkeys(NEEDS, "float64"))
    timed = pd.DataFrame(columns=list(_TIMED)).astype(_TIMED)
    if "contacts_all" in why:
        return Contacts(nothing, why, np.nan, timed)
    rows, mark = book.table("interactions"), Landmark.of(day)
    first = rows.happened_on.min().cast("string").execute()
    scale = mark.as_a_year(dt.date.fromisoformat(str(first)) if first else None)
    if np.isnan(scale):
        return Contacts(nothing, dict.fromkeys(NEEDS, label("money_few_days", day=day)), scale, timed)
    rows = rows.filter(rows.account_id.notnull() & (rows.happened_on > ibis.literal(mark.year)))
    found = engine.frame(_sums(rows))
    account, ids = pd.factorize(found["account_id"], sort=True)
    frame = pd.DataFrame({"account_id": ids.to_numpy(dtype=object)})
    kind, ours, unsaid = _words(found)
    why = _untold(found, unsaid, day) | why
    if len(found) and "minutes" not in why:
        found["minutes"] = _filled(found, kind)
    for name in NEEDS:
        amount, holds = _told(name, found, kind, ours, unsaid) if name not in why else (None, ours)
        if amount is None:
            frame[name] = np.nan
        else:
            parts = np.where(holds, np.rint(amount.fillna(0.0).to_numpy("float64") * _PARTS), 0.0)
            frame[name] = np.bincount(account, parts, len(ids)) / _PARTS * scale
    if "timed" in found and "minutes" not in why:
        timed = _timed(found, account, ids, kind)
    return Contacts(frame, why, scale, timed)


def _sums(rows: ibis.Table) -> ibis.Table:
    """What is summed of contacts for each way that an account's are written."""
    raw = [name for name in _BEGUN if name in rows.columns]
    sums: dict[str, Any] = {"number": rows.count()}
    if "minutes" in rows.columns:
        told = (rows.minutes > 0) & (rows.minutes <= LONGEST)
        sums["minutes"] = rows.minutes.sum(where=told).cast("float64")
        sums["untimed"] = (~told.fill_null(False)).sum()
    if "cost" in rows.columns:
        sums["cost"] = rows.cost.sum().cast("float64")
    if "minutes" in rows.columns and "channel" in raw:
        long = (rows.minutes > 0) & (rows.minutes <= LONGEST)
        tenths = (ibis.ifelse(long, rows.minutes, ibis.null("decimal(18, 4)")) * 10).round().cast("int64")
        sums |= {"timed": tenths.count(), "tenths": tenths.sum(), "squares": (tenths * tenths).sum()}
    table = rows.group_by("account_id", *raw).agg(**sums)
    whole = [name for name in sums if table[name].type().is_integer()]
    return table.mutate(**{name: table[name].cast("int64") for name in whole})


def _words(found: pd.DataFrame) -> tuple[Codes, Flags, Flags]:
    """The kind of each row of `found`, by its place in KINDS, whether we began it, and whether it does not say who did.

    The words are few, and the rows may be millions: they are compared once each.
    """

    def plain(name: str) -> tuple[list[str], Codes]:
        if name not in found:
            return [""], np.zeros(len(found), dtype="int64")
        codes, words = found[name].factorize()
        return [*(str(word).strip().lower() for word in words), ""], codes

    (whose, who), (ways, how) = plain("initiated_by"), plain("channel")
    kind = np.array([KINDS.index(_WORDS.get(way, "others")) for way in ways])[how]
    ours, theirs = (np.array([word == side for word in whose])[who] for side in (US, THEM))
    return kind, ours, ~ours & ~theirs


def _untold(found: pd.DataFrame, unsaid: Flags, day: dt.date) -> dict[str, str]:
    """Columns of NEEDS that contacts of the year cannot tell though the book has what they need, and why."""
    lacks = {}
    if len(found) and unsaid.all():
        lacks["initiated_by"] = label("contacts_unsaid", day=day)
    if len(found) and "untimed" in found and (found["untimed"] == found["number"]).all():
        lacks["minutes"] = label("contacts_untimed", day=day, longest=f"{LONGEST:,}")
    first = {name: next((need for need in needs if need in lacks), "") for name, needs in NEEDS.items()}
    return {name: lacks[need] for name, need in first.items() if need}


def _filled(found: pd.DataFrame, kind: Codes) -> pd.Series:
    """Minutes of each row of `found` with those of its untimed contacts: each the mean of the timed ones of its kind.

    In whole ten-thousandths, means too, so that sums do not hang on the order of rows.
    """
    parts = np.rint(found["minutes"].fillna(0.0).to_numpy("float64") * _PARTS)
    untimed = found["untimed"].to_numpy("float64")
    timed = found["number"].to_numpy("float64") - untimed
    mean = np.full(len(found), np.rint(parts.sum() / timed.sum()))
    for place in range(len(KINDS)):
        own = kind == place
        if timed[own].any():
            mean[own] = np.rint(parts[own].sum() / timed[own].sum())
    return found["minutes"].mask(untimed > 0, (parts + untimed * mean) / _PARTS)


def _told(name: str, found: pd.DataFrame, kind: Codes, ours: Flags, unsaid: Flags) -> tuple[pd.Series, Flags]:
    """What a column of NEEDS is the sum of, and of which rows of `found`."""
    every = np.ones(len(found), dtype=bool)
    plain = {"contacts_all": "number", "minutes": "minutes", "untimed": "untimed", "contact_cost": "cost"}
    if name in plain:
        return found[plain[name]], every
    parts = name.split("_")
    amount = found[parts[0] if parts[0] in ("minutes", "cost") else "number"]
    if parts[-1] == "unsaid":
        return amount, unsaid
    holds = ours if parts[-1] == OURS else ~ours
    for part in parts:
        if part in KINDS:
            holds = holds & (kind == KINDS.index(part))
    return amount, holds


def _timed(found: pd.DataFrame, account: Codes, ids: pd.Index, kind: Codes) -> pd.DataFrame:
    """`Contacts.timed`, of rows with timed, tenths and squares."""
    import pandas as pd

    parts = []
    for place, name in enumerate(KINDS):
        own = kind == place
        sums = {
            told: np.bincount(account[own], found[part].fillna(0).to_numpy("float64")[own], len(ids)) / per
            for told, part, per in (("contacts", "timed", 1), ("minutes", "tenths", 10), ("squares", "squares", 100))
        }
        table = pd.DataFrame({"account_id": ids.to_numpy(dtype=object), "kind": name} | sums)
        parts.append(table[table["contacts"] > 0])
    return pd.concat(parts, ignore_index=True)
