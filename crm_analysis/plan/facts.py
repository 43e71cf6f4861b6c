"""What the rules of treatment look at: one row per account known on the day, whatever the book can tell of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.accounts import WINDOW, accounts
from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.rhythm import rhythm
from crm_analysis.contacts import NEEDS, contacts
from crm_analysis.errors import BookError
from crm_analysis.frames import found, widened
from crm_analysis.labels import label
from crm_analysis.potential.advice.decided import WORDS, latest, overrides
from crm_analysis.progress import busy
from crm_analysis.value.cost_to_serve import avoidable
from crm_analysis.value.segments import segments

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.segments import Bars


@dataclass(frozen=True, eq=False)
class Low:
    """The Low accounts as the potential page has them.

    `today`: account_id, outcome, why, potential (`potential.outlook.today`); `keep_at`: the potential from which on one
    is promising (NaN: none is); `gain`: the money a year that a promising one brings more (NaN: not known).
    """

    today: pd.DataFrame
    keep_at: float = np.nan
    gain: float = np.nan


@busy("progress_plan")
def facts(
    book: Book, as_of: str | dt.date, at: Bars, low: Low | None = None, known: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row per account known on the day, by account_id.

    `at` are the day's bars, `known` what `accounts` tells of the day, where it has been made.

    Columns: account_id, name (the id where there is none), group_id, sales_office, rep_id ("" without owner), stage (""
    unless known), key_account, class (None if it did not order in the trailing year), segment, active; revenue, margin
    (NaN without costs), orders of that year; first_order, last_order; cost_to_serve (avoidable, of a year, 0 for
    accounts that spending does not name; NaN where it names none); those of `contacts.NEEDS`; silent_days,
    rhythm_days, silence_ratio (`rhythm`); open_complaint (day of the oldest still open); contract_ends (last day of the
    contracts in force); outcome, why_outcome ("" unless Low), potential, promising (it is high, whatever the outcome
    hangs on); worth (a year: margin, or revenue without costs, less cost_to_serve where known, plus potential x gain
    where known).

    Of a person's word that stands, one against the advice (`decided.overrides`) or else the latest: decided_action,
    decided_means (KEEP, SURVEY, EASED, CUT), decided_on, decided_reason, decided_by, decided_against (another word
    than was recommended). Text is "" and dates NaT where there is none.
    """
    import pandas as pd

    then = book.as_of(as_of)
    day = last_known(then)
    frame = accounts(then, day, WINDOW) if known is None else known
    if frame.empty:
        raise BookError(label("plan_no_accounts", day=day))
    ids = frame["account_id"]
    kind = segments(frame, at)
    told: dict[str, Any] = {"class": kind["class"], "segment": kind["segment"]}
    for name in ("group_id", "sales_office", "rep_id", "stage"):
        told[name] = frame[name].fillna("").astype(object) if name in frame else ""
    told["name"] = frame["name"].fillna(ids) if "name" in frame else ids
    key = frame["key_account"].eq(True).fillna(False).astype(bool) if "key_account" in frame else False
    told["key_account"] = key
    if "margin" not in frame:
        told["margin"] = np.nan
    told["cost_to_serve"] = _cost(then, day, ids)
    seen = contacts(then, day).of(ids)
    told |= {name: seen[name] for name in NEEDS}
    by = pd.Series(told["class"].fillna("").to_numpy(object), index=ids)
    for part in (_silence(then, day, by), _complaints(then), _contracts(then, day), _said(then, day), _low(low)):
        told |= found(part, ids)
    for name in ("outcome", "why_outcome", "decided_action", "decided_means", "decided_reason", "decided_by"):
        told[name] = pd.Series(told[name], index=frame.index).fillna("").astype(object)
    for name in ("promising", "decided_against"):
        told[name] = pd.Series(told[name], index=frame.index).eq(True)
    frame = widened(frame, told)
    return widened(frame, {"worth": _worth(frame, np.nan if low is None else low.gain)})


def _worth(frame: pd.DataFrame, gain: float) -> pd.Series:
    brings = frame["margin"] if frame["margin"].notna().any() else frame["revenue"]
    worth = brings.fillna(0.0) - frame["cost_to_serve"].fillna(0.0)
    more = 0.0 if np.isnan(gain) else max(gain, 0.0)
    return worth + frame["potential"].astype("float64").fillna(0.0) * more


def _cost(book: Book, day: dt.date, ids: pd.Series) -> pd.Series:
    import pandas as pd

    try:
        own = found(avoidable(book, day), ids)["cost_to_serve"]
    except BookError:
        return pd.Series(np.nan, index=ids.index)
    return pd.Series(own, index=ids.index).fillna(0.0)


def _silence(book: Book, day: dt.date, by: pd.Series) -> pd.DataFrame:
    return rhythm(book, day, by)[["account_id", "silent_days", "rhythm_days", "silence_ratio"]]


def _complaints(book: Book) -> pd.DataFrame:
    """The oldest complaint still open, by account."""
    import pandas as pd

    if not book.has("complaints", "closed_on"):
        return pd.DataFrame({"account_id": [], "open_complaint": pd.Series(dtype="datetime64[ns]")})
    rows = book.table("complaints")
    rows = rows.filter(rows.closed_on.isnull() & rows.account_id.notnull())
    return engine.frame(rows.group_by("account_id").agg(open_complaint=rows.opened_on.min()).order_by("account_id"))


def _contracts(book: Book, day: dt.date) -> pd.DataFrame:
    """The last day of the contracts in force, by account."""
    import pandas as pd

    if not book.has("contracts", "ends_on"):
        return pd.DataFrame({"account_id": [], "contract_ends": pd.Series(dtype="datetime64[ns]")})
    rows = book.table("contracts")
    now = ibis.literal(day)
    holds = rows.account_id.notnull() & (rows.ends_on >= now)
    if "starts_on" in rows.columns:
        holds &= (rows.starts_on <= now).fill_null(True)
    if "ended_on" in rows.columns:
        holds &= rows.ended_on.isnull()
    rows = rows.filter(holds)
    return engine.frame(rows.group_by("account_id").agg(contract_ends=rows.ends_on.max()).order_by("account_id"))


def _said(book: Book, day: dt.date) -> pd.DataFrame:
    """A person's word that stands, by account: one against the advice, or else the latest."""
    import pandas as pd

    against = overrides(book, day)
    other = latest(book, day)
    other = other[~other["account_id"].isin(against["account_id"])]
    words = pd.concat([against, other], ignore_index=True)
    table = words[["account_id", "decided_on"]].copy()
    table["decided_on"] = pd.to_datetime(table["decided_on"])
    table["decided_action"] = words["action"]
    table["decided_means"] = words["action"].map(WORDS)
    table["decided_reason"], table["decided_by"] = words["reason"], words["decided_by"]
    table["decided_against"] = words["action"] != words["recommended"]
    return table


def _low(low: Low | None) -> pd.DataFrame:
    """What the potential page advises, by account."""
    import pandas as pd

    if low is None:
        columns = {"account_id": object, "outcome": object, "why_outcome": object, "promising": object}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()}).assign(potential=np.nan)
    table = low.today[["account_id", "outcome", "potential"]].copy()
    table["why_outcome"] = low.today["why"]
    table["promising"] = low.today["potential"] >= low.keep_at
    return table
