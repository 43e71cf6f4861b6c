"""What was said of accounts that left: to which spell it belongs, and whether it held."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

CLOSED = frozenset(
    (
        "closed", "closed down", "closure", "business closed", "ceased trading", "insolvency", "insolvent",
        "bankruptcy", "bankrupt", "liquidation", "liquidated", "merger", "merged", "acquisition", "acquired",
        "taken over", "takeover",
    )
)  # fmt: skip
"""Reasons that say the account is no more: nobody could have held it."""
OURS = frozenset(("cut by us", "ended by us", "terminated by us", "not worth serving"))
"""Reasons that say we ended it; `decided_by` "us" says so too."""
SAID = ("reason", "decided_by", "source", "competitor")


def exits_of(known: Book, days: ibis.Table) -> pd.DataFrame:
    """The rows of `exits` known on the book's day; none where the book has no such table.

    Columns: account_id, left_on (known_on where missing), gone_on (the day it was known), SAID, again_on (the account's
    first day in `days`, account_id and day, after that; NaT without).
    """
    import pandas as pd

    if "exits" not in known.whole:
        none = pd.DataFrame(columns=["account_id", *SAID], dtype=object)
        return none.assign(**dict.fromkeys(("left_on", "gone_on", "again_on"), pd.Series(dtype="datetime64[ns]")))
    table = known.table("exits")
    words = {name: table[name] if name in table.columns else ibis.null("string") for name in SAID}
    left = table.left_on.fill_null(table.known_on) if "left_on" in table.columns else table.known_on
    rows = table.select("account_id", left_on=left, gone_on="known_on", **words)
    asked = rows.select("account_id", "gone_on").distinct()
    later = asked.join(days, [asked.account_id == days.account_id, days.day > asked.gone_on])
    again = later.group_by("account_id", "gone_on").agg(again_on=later.day.min())
    both = rows.left_join(again, ["account_id", "gone_on"])
    found = engine.frame(both.select("account_id", "left_on", "gone_on", *SAID, "again_on"))
    return found.astype(dict.fromkeys(SAID, object)).astype(
        dict.fromkeys(("left_on", "gone_on", "again_on"), "datetime64[ns]")
    )


def placed(exits: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Exits with the spell they belong to, the account's latest that began by left_on (0 without one), and `held`.

    `spells` needs account_id, spell, began, latest (its last order, or the start of its last contract). An exit held if
    that did not come after the exit was known. Rows are sorted by account and spell; of one spell
    the account's own word stands first, then the one known last.
    """
    import pandas as pd

    # an exit told in advance belongs to the spell of the day it was told: later ones were not known then
    told = exits["left_on"].where(exits["left_on"] <= exits["gone_on"], exits["gone_on"])
    rows = exits.assign(told=told).sort_values("told", kind="stable").reset_index(drop=True)
    began = spells[["account_id", "spell", "began", "latest"]].sort_values("began", kind="stable")
    rows = pd.merge_asof(rows, began, left_on="told", right_on="began", by="account_id")
    rows["held"] = rows["latest"] <= rows["gone_on"]
    rows["spell"] = rows["spell"].fillna(0).astype("int64")
    rows = rows.assign(__rep=rows["source"] != "account").sort_values(
        ["account_id", "spell", "__rep", "gone_on", "left_on", *SAID],
        ascending=[True, True, True, False, False, *([True] * len(SAID))],
        ignore_index=True,
    )
    return rows[["account_id", "spell", "left_on", "gone_on", *SAID, "again_on", "held"]]


def kinds(spells: pd.DataFrame, closed: Collection[str] = CLOSED, ours: Collection[str] = OURS) -> pd.Series:
    """What became of each spell, from left, gone_on, reason and decided_by: "open", "left", "ours" or "closed"."""
    import numpy as np
    import pandas as pd

    said = spells["gone_on"].notna() | spells["reason"].notna()
    reason = spells["reason"].map(lambda word: " ".join(str(word).casefold().split()), na_action="ignore")
    cut = said & ((spells["decided_by"] == "us") | reason.isin({word.casefold() for word in ours}))
    gone = said & reason.isin({word.casefold() for word in closed})
    over = spells["left"] | spells["gone_on"].notna()
    words = np.select([~over, cut, gone], ["open", "ours", "closed"], "left").astype(object)
    return pd.Series(words, index=spells.index, dtype=object)
