"""What accounts complain about: the few topics that are most of it, and which of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.churn.definition.shares import LEVEL, wilson
from crm_analysis.labels import label
from crm_analysis.satisfaction.complaints.chance import compared, worth

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.complaints.counts import Counts

MOST = 12
"""Topics that are told one by one; the rarer ones are counted together."""
KINDS = ("topic", "dimension", "severity")


def by_account(book: Book, counts: Counts, column: str = "topic") -> pd.DataFrame:
    """Complaints by account and topic: account_id, group, complaints, complaints_before; sorted by these two.

    `column` is topic, dimension or severity. Complaints without one are `complaints_untold`. Raises BookError if the
    book has no such column.
    """
    known = book.as_of(counts.end)
    known.need("complaints", column)
    rows = known.table("complaints", "account_id", "opened_on", column)
    told = engine.trimmed(rows[column])
    # the engine's strip of a missing text is missing
    rows = rows.mutate(group=ibis.ifelse(told.isnull() | (told == ""), label("complaints_untold"), told))
    now = rows.opened_on > ibis.literal(counts.start)
    earlier = (rows.opened_on > ibis.literal(counts.earlier)) & ~now
    if not counts.comparable:
        earlier = earlier & ibis.literal(False)
    each = rows.group_by("account_id", "group").agg(complaints=now.sum(), complaints_before=earlier.sum())
    each = each.filter((each.complaints > 0) | (each.complaints_before > 0))
    frame = engine.frame(each.order_by("account_id", "group"))
    return frame.astype({"complaints": np.int64, "complaints_before": np.int64})


def topics(each: pd.DataFrame, counts: Counts, level: float = LEVEL, most: int = MOST) -> pd.DataFrame:
    """The Pareto of topics: one row per topic, the most complaints first, then by name; what is pooled last.

    `each` is what `by_account` returns. Columns: group, complaints, accounts (that complained of it), share (of all
    complaints of the window), low, high (Wilson's, for as many independent complaints as those of accounts are worth:
    Korn & Graubard 1998), cumulated (share of this topic and those above). Where the window before is comparable also
    complaints_before, ratio (complaints per order over those of the window before; `chance.compared`), low_ratio,
    high_ratio, p_holm (that of a topic without a change, corrected for the number of topics: Holm 1979).
    """
    import pandas as pd

    order = each.groupby("group")["complaints"].sum().sort_index().sort_values(ascending=False, kind="stable").index
    kept = list(order) if len(order) <= most + 1 else list(order[:most])
    rest = label("complaints_other_topics", n=len(order) - len(kept))
    pooled = each.assign(group=each["group"].where(each["group"].isin(kept), rest))
    by = pooled.groupby(["account_id", "group"], sort=True)[["complaints", "complaints_before"]].sum().reset_index()
    whole = by.groupby("account_id")["complaints"].sum()
    total, clusters = float(whole.sum()), int((whole > 0).sum())
    orders, before = (float(counts.frame[name].sum()) for name in ("orders", "orders_before"))
    rows = []
    for name in [*kept, *([rest] if len(kept) < len(order) else [])]:
        own = by[by["group"] == name].set_index("account_id")
        part = own["complaints"].reindex(whole.index, fill_value=0)
        many = float(part.sum())
        share = many / total if total else np.nan
        scatter = float(((part - share * whole) ** 2).sum()) if total else 0.0
        number = worth(many, total, scatter, clusters, level) if total else 0.0
        low, high = (float(end) for end in wilson(share * number if total else 0.0, number, level))
        row: dict[str, Any] = {"group": name, "complaints": int(many), "accounts": int((part > 0).sum())}
        row |= {"share": share, "low": low, "high": high}
        if counts.comparable:
            found = compared(own["complaints"], own["complaints_before"], orders, before, level)
            row |= {"complaints_before": int(own["complaints_before"].sum())}
            row |= dict(zip(("ratio", "low_ratio", "high_ratio", "p"), found, strict=True))
        rows.append(row)
    names = ["group", "complaints", "accounts", "share", "low", "high"]
    table = pd.DataFrame(rows, columns=None if rows else names)
    table.insert(list(table).index("high") + 1, "cumulated", table["share"].cumsum())
    if "p" in table:
        table["p_holm"] = holm(table.pop("p"))
    return table


def holm(chances: pd.Series) -> pd.Series:
    """p-values corrected for their number (Holm 1979); NaN stays, and does not count."""
    import pandas as pd

    known = chances.dropna().sort_values(kind="stable")
    many = len(known)
    found = np.minimum(1.0, np.maximum.accumulate(known.to_numpy() * np.arange(many, 0, -1)))
    return pd.Series(found, index=known.index, dtype=np.float64).reindex(chances.index)
