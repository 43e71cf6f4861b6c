"""What was delivered in the trailing year against what is planned, and on whose wish."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.contacts import KINDS, LONGEST, US
from crm_analysis.errors import BookError
from crm_analysis.features.windows import Landmark
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.contacts import Contacts

UNTOUCHED, ON_REQUEST, LESS, AS_PLANNED, MORE = "untouched", "on_request", "less", "as_planned", "more"
VERDICTS = {
    UNTOUCHED: "verdict_untouched",
    ON_REQUEST: "verdict_on_request",
    LESS: "verdict_less",
    AS_PLANNED: "verdict_as_planned",
    MORE: "verdict_more",
}
"""The verdicts, each with the label of its words."""
CHANCE = 0.05
"""Chance of a verdict other than as planned where contacts come as planned: at most half of it on either side."""
_GROUPS = ("class", "grade", "level")


def delivered(rows: pd.DataFrame, contacts: Contacts) -> pd.DataFrame:
    """Delivered against planned by account, in the order of `rows`: what `treated` tells, with the columns of contacts.

    Columns: account_id, class, grade, level; visits_planned, visits_made, calls_planned, calls_made (a year, that we
    begin); contacts_ours, contacts_theirs and proactive (ours of all; NaN without any); minutes_ours, minutes_theirs
    and proactive_minutes; verdict (a code of VERDICTS).

    The verdict on an account with which visits or calls are planned: no contact of any kind; else only on request,
    where we began none; else less or more, where as few or as many visits and calls as we began have at most half of
    CHANCE if they come by chance (Poisson) at the planned rate (exact test of both sides); else as planned. Where none
    is planned: more if we began any, else as planned. Both are counted over the time contacts reach back.

    Raises BookError where the book cannot tell which visits we began.
    """
    import pandas as pd

    if lack := contacts.why.get("visits_ours"):
        raise BookError(lack)
    table = rows[["account_id", *_GROUPS]].reset_index(drop=True)
    for name in ("visits", "calls"):
        table[f"{name}_planned"] = rows[name].to_numpy("float64")
        table[f"{name}_made"] = rows[f"{name}_ours"].to_numpy("float64")
    for side in ("ours", "theirs"):
        table[f"contacts_{side}"] = rows[[f"{kind}_{side}" for kind in KINDS]].to_numpy("float64").sum(axis=1)
    for side in ("ours", "theirs"):
        table[f"minutes_{side}"] = rows[f"minutes_{side}"].to_numpy("float64")
    table = _shares(table)
    verdict = _verdict(
        (table["visits_made"] + table["calls_made"]).to_numpy() / contacts.scale,
        (table["visits_planned"] + table["calls_planned"]).to_numpy() / contacts.scale,
        table["contacts_ours"].to_numpy(),
        table["contacts_theirs"].to_numpy(),
    )
    return table.assign(verdict=pd.Series(verdict))


def delivered_by(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """`delivered` added up by class, grade or level, one row each, sorted; "" is of accounts that have none.

    Columns: the group, accounts, those of `delivered` (sums; proactive and proactive_minutes of the sums), and the
    number of accounts with each of VERDICTS.
    """
    import pandas as pd

    key = table[group].fillna("").rename(group)
    others = ("account_id", *_GROUPS, "proactive", "proactive_minutes", "verdict")
    sums = [str(name) for name in table if name not in others]
    # sorted, so that sums do not hang on names
    ordered = table.sort_values(sums).assign(**{group: key}).groupby(group, sort=True)
    found = ordered.size().rename("accounts").to_frame().join(ordered[sums].sum(min_count=1))
    counts = pd.crosstab(key, table["verdict"]).reindex(columns=[*VERDICTS], fill_value=0)
    counts.columns.name = None
    return _shares(found.reset_index()).merge(counts.reset_index(), on=group)


def _shares(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with the shares of contacts and minutes that we began."""
    for share, name in (("proactive", "contacts"), ("proactive_minutes", "minutes")):
        whole = table[f"{name}_ours"] + table[f"{name}_theirs"]
        table[share] = table[f"{name}_ours"] / whole.where(whole > 0)
    order = ["contacts_theirs", "proactive", "minutes_ours", "minutes_theirs", "proactive_minutes"]
    return table[[name for name in table if name not in order] + order]


def _verdict(
    made: np.ndarray, planned: np.ndarray, ours: np.ndarray, theirs: np.ndarray
) -> np.ndarray:  # fmt: skip
    """A code of VERDICTS by account, from counts of the time seen."""
    from scipy.special import pdtr, pdtrc

    count = np.rint(made)
    fewer = pdtr(count, planned)
    as_many = np.where(count > 0, pdtrc(np.maximum(count - 1, 0), planned), 1.0)
    holds = [
        (planned > 0) & (ours + theirs == 0),
        (planned > 0) & (ours == 0),
        (planned > 0) & (fewer <= CHANCE / 2),
        as_many <= CHANCE / 2,
    ]
    return np.select(holds, [UNTOUCHED, ON_REQUEST, LESS, MORE], AS_PLANNED).astype(object)


def purposes(book: Book, as_of: str | dt.date, most: int = 8) -> pd.DataFrame:
    """What contacts of the trailing year were for, by who began them: begun_by, purpose, contacts, share, minutes.

    begun_by is "us", "them" or "" (not said), in this order; for each the `most` frequent purposes of all, then others
    together, and those that say none. contacts and minutes (of those of a length, up to `contacts.LONGEST`; NaN where
    none is) as counted; share of the contacts that the same side began. Purposes are compared in small letters. Raises
    BookError where the book has no purposes, or cannot tell who began a contact.
    """
    import pandas as pd

    then = book.as_of(as_of)
    rows = then.need("interactions", "purpose", "initiated_by")
    day = then.day or then.extracted_on
    rows = rows.filter(rows.account_id.notnull() & (rows.happened_on > ibis.literal(Landmark.of(day).year)))
    minutes: ibis.Value = ibis.null("float64")
    if "minutes" in rows.columns:
        minutes = rows.minutes.sum(where=(rows.minutes > 0) & (rows.minutes <= LONGEST))
    rows = rows.group_by("purpose", "initiated_by").agg(contacts=rows.count(), minutes=minutes)
    found = engine.frame(
        rows.select(
            purpose=engine.trimmed(rows.purpose).lower().fill_null(""),
            begun_by=engine.trimmed(rows.initiated_by).lower().fill_null(""),
            contacts=rows.contacts.cast("int64"),
            minutes=rows.minutes.cast("float64"),
        ).order_by("purpose", "begun_by", "contacts", "minutes")
    )
    if found.empty:
        raise BookError(label("purpose_none", day=day))
    found["begun_by"] = found["begun_by"].where(found["begun_by"].isin([US, "them"]), "")
    named = found[found["purpose"] != ""].groupby("purpose")["contacts"].sum()
    order = named.sort_values(ascending=False, kind="stable").index.tolist()
    other, none = label("purpose_other"), label("purpose_unsaid")
    found["purpose"] = found["purpose"].replace("", none)
    found["purpose"] = found["purpose"].where(found["purpose"].isin([*order[:most], none]), other)
    table = found.groupby(["begun_by", "purpose"])[["contacts", "minutes"]].sum(min_count=1)
    places = pd.MultiIndex.from_product([[US, "them", ""], [*order[:most], other, none]], names=["begun_by", "purpose"])
    table = table.reindex(places[places.isin(table.index)]).reset_index()
    table.insert(3, "share", table["contacts"] / table.groupby("begun_by")["contacts"].transform("sum"))
    return table
