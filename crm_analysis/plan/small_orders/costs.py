"""What serving an account costs that would go with it, and the part of it that goes with each order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.contacts import contacts
from crm_analysis.errors import BookError
from crm_analysis.features.windows import Landmark
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.periods import before
from crm_analysis.value.cost_to_serve import avoidable

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

NAMES = ("cost_to_serve", "contact_cost", "asked_cost")


@dataclass(frozen=True, eq=False)
class Costs:
    """Avoidable cost of a year by account.

    `frame`, one row per account with any, by account_id: account_id; cost_to_serve (spending that names the account and
    is not fixed); contact_cost (of all contacts with it); asked_cost (of the contacts that it began). A column the book
    cannot tell is NaN, and `lacks` says why. `says`: what the sum of the two rests on.

    Spending and contacts are two sources of the data dictionary and are added up, on the understanding that the
    spending that names accounts holds no contacts; `says` names its activities, so that a reader can tell.
    """

    frame: pd.DataFrame
    lacks: dict[str, str]
    says: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether the book tells any of it."""
        return not {"cost_to_serve", "contact_cost"} <= set(self.lacks)


def costs(book: Book, day: dt.date) -> Costs:
    """Costs of the year to `day` of a book taken back to it; where one begins inside the year, brought to a year."""
    import pandas as pd

    lacks: dict[str, str] = {}
    parts = []
    try:
        parts.append(avoidable(book, day))
    except BookError as lack:
        lacks["cost_to_serve"] = str(lack)
    asked, why = _contacts(book, day)
    lacks |= why
    if asked is not None:
        parts.append(asked)
    frame = pd.DataFrame({"account_id": pd.Series(dtype=object)})
    for part in parts:
        frame = frame.merge(part, on="account_id", how="outer")
    for name in NAMES:
        frame[name] = frame[name].fillna(0.0).astype("float64") if name in frame and name not in lacks else np.nan
    frame = frame.sort_values("account_id", ignore_index=True)
    return Costs(frame[["account_id", *NAMES]], lacks, tuple(_says(book, day, lacks)))


def _contacts(book: Book, day: dt.date) -> tuple[pd.DataFrame | None, dict[str, str]]:
    """contact_cost and asked_cost by account, and why they cannot be told."""
    if lack := book.why_not("interactions", "cost"):
        return None, {"contact_cost": lack, "asked_cost": lack}
    rows, mark = book.table("interactions"), Landmark.of(day)
    first = rows.happened_on.min().cast("string").execute()
    scale = mark.as_a_year(dt.date.fromisoformat(str(first)) if first else None)
    if np.isnan(scale):
        few = label("orders_few_contacts", day=day)
        return None, {"contact_cost": few, "asked_cost": few}
    inside = rows.filter((rows.happened_on > ibis.literal(mark.year)) & rows.account_id.notnull())
    sums: dict[str, Any] = {"contact_cost": inside.cost.sum()}
    why = {}
    if lack := contacts(book, day).why.get("unsaid"):
        why["asked_cost"] = lack
    else:
        theirs = (engine.trimmed(inside.initiated_by).lower() == "them").fill_null(False)
        sums["asked_cost"] = inside.cost.sum(where=theirs)
    table = inside.group_by("account_id").agg(**sums)
    table = table.mutate(**{name: table[name].cast("float64").fill_null(0.0) * scale for name in sums})
    return engine.frame(table.order_by("account_id")), why


def _says(book: Book, day: dt.date, lacks: dict[str, str]) -> list[str]:
    """What adding up and spreading costs takes for granted."""
    says = []
    if "cost_to_serve" not in lacks and "contact_cost" not in lacks:
        rows = book.table("spend")
        own = rows.filter(rows.account_id.notnull() & (rows.period_end > ibis.literal(before(day, "12M"))))
        if "fixed" in own.columns:
            own = own.filter(~own.fixed.fill_null(ibis.literal(False)))
        names = engine.frame(own.select("activity").distinct().order_by("activity"))["activity"]
        says.append(label("orders_two_sources", activities=listed(names)))
    if "cost_to_serve" not in lacks or "asked_cost" not in lacks:
        says.append(label("orders_spread_evenly"))
    return says
