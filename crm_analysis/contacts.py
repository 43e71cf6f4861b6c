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

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

KINDS = ("visits", "calls", "others")
"""Channels that are told apart; whatever is neither a visit nor a call, or says nothing, is one of the others."""
OURS, THEIRS = "ours", "theirs"
VISIT, CALL = "visit", "call"
US = "us"
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


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts of the trailing year by account.

    `frame`, one row per account that had any, by account_id: account_id, then the columns of NEEDS, a year's, as
    floats: contacts_all; visits, calls and others that we began (_ours) and that they asked for (_theirs);
    minutes of all, of each side (minutes_ours, minutes_theirs), and of each of those (minutes_visits_ours, ...);
    untimed (contacts that say no minutes, which count as none); unsaid and minutes_unsaid (contacts that do not say who
    began them); contact_cost; cost_visits_ours. What does not say that we began it counts as asked for, so that
    nothing is taken for our doing, or for free to plan, that nobody said was; `unsaid` says how much that is.

    `why`: the columns the book cannot tell, which are NaN, each with a sentence saying why. `scale`: what the
    sums were multiplied by to bring them to a year (1 where contacts reach back so far; NaN where nothing is told).
    """

    frame: pd.DataFrame
    why: dict[str, str]
    scale: float

    def of(self, ids: pd.Series) -> pd.DataFrame:
        """The columns of NEEDS for these account ids, in their order and with their index: 0 without a contact."""
        found = self.frame.set_index("account_id").reindex(ids.to_numpy(dtype=object)).set_axis(ids.index)
        told = [name for name in NEEDS if name not in self.why]
        return found.assign(**{name: found[name].fillna(0.0) for name in told}).astype("float64")


def contacts(book: Book, as_of: str | dt.date) -> Contacts:
    """Contacts of the year ending on `as_of`, from one query; where a book has none, all is told in `why`.

    Where the book's contacts begin inside the year, those there are are brought to a year; of less than three months
    (`features.windows.LEAST_DAYS`) nothing is told.
    """
    import pandas as pd

    then = book.as_of(as_of)
    day = then.day or then.extracted_on
    why = {name: lack for name, needs in NEEDS.items() if (lack := then.why_not("interactions", *needs))}
    nothing = pd.DataFrame(columns=["account_id", *NEEDS]).astype(dict.fromkeys(NEEDS, "float64"))
    if "contacts_all" in why:
        return Contacts(nothing, why, np.nan)
    rows, mark = then.table("interactions"), Landmark.of(day)
    first = rows.happened_on.min().cast("string").execute()
    scale = mark.as_a_year(dt.date.fromisoformat(str(first)) if first else None)
    if np.isnan(scale):
        return Contacts(nothing, dict.fromkeys(NEEDS, label("money_few_days").format(day=day)), scale)
    told = [name for name in NEEDS if name not in why]
    found = engine.frame(_sums(then, mark.year, told).order_by("account_id"))
    for name in NEEDS:
        found[name] = found[name].fillna(0.0).astype("float64") * scale if name in told else np.nan
    return Contacts(found[["account_id", *NEEDS]], why, scale)


def _sums(book: Book, since: dt.date, told: list[str]) -> ibis.Table:
    """The columns `told` of contacts after `since`, one row per account."""
    rows = book.table("interactions").filter(lambda row: row.happened_on > ibis.literal(since))
    rows = rows.filter(rows.account_id.notnull())
    # words are looked at once for each way an account is written of, not once for each contact
    raw = [name for name in _BEGUN if name in rows.columns]
    parts: dict[str, Any] = {"number": rows.count()}
    if "minutes" in rows.columns:
        parts |= {"minutes": rows.minutes.sum(), "untimed": (rows.minutes.fill_null(0) <= 0).sum()}
    if "cost" in rows.columns:
        parts["cost"] = rows.cost.sum()
    rows = rows.group_by("account_id", *raw).agg(**parts)
    if "initiated_by" in raw:
        who = engine.trimmed(rows.initiated_by).lower()
        rows = rows.mutate(is_ours=(who == US).fill_null(False), is_unsaid=~who.isin([US, "them"]).fill_null(False))
    if "channel" in raw:
        how = engine.trimmed(rows.channel).lower()
        rows = rows.mutate(kind=ibis.cases((how == VISIT, "visits"), (how == CALL, "calls"), else_="others"))
    rows = engine.fenced(book.con, rows)
    table = rows.group_by("account_id").agg(**{name: _sum(rows, name) for name in told})
    return table.mutate(**{name: table[name].cast("float64") for name in told})


def _sum(rows: ibis.Table, name: str) -> Any:
    """The sum that a column of NEEDS is, of rows with number, minutes, cost, kind, is_ours, is_unsaid."""
    plain = {"contacts_all": "number", "minutes": "minutes", "untimed": "untimed", "contact_cost": "cost"}
    if name in plain:
        return rows[plain[name]].sum()
    parts = name.split("_")
    amount = rows[parts[0] if parts[0] in ("minutes", "cost") else "number"]
    if parts[-1] == "unsaid":
        return amount.sum(where=rows.is_unsaid)
    begun = rows.is_ours if parts[-1] == OURS else ~rows.is_ours
    kind = next((part for part in parts if part in KINDS), None)
    return amount.sum(where=begun & (rows.kind == kind) if kind else begun)
