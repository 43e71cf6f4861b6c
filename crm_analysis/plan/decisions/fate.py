"""What became of decisions: whether they stand, whether they were carried out, and what the accounts did since.

What accounts did since is no effect of a decision: whom to decide about was chosen, and accounts that were chosen while
they did badly do better by chance alone (regression to the mean; Galton 1886). Beside each stands therefore what
accounts of the same classes did of which nothing was decided; even that leaves what only the chooser knew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.plan.decisions.carried import DONE, NO, UNTOLD, YES, carried
from crm_analysis.plan.decisions.since import EARLY, LEAST, YEAR, since, undecided
from crm_analysis.potential.advice.words import decision_said
from crm_analysis.potential.lots import SEED

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.value.segments import Bars

    Array = NDArray[np.float64]

FOLLOWED, OVERRIDDEN, LOT, UNASKED, UNKNOWN = "followed", "overridden", "lot", "unasked", "unknown"
FOLLOWS = {
    FOLLOWED: "follows_followed",
    OVERRIDDEN: "follows_overridden",
    LOT: "follows_lot",
    UNASKED: "follows_unasked",
    UNKNOWN: "follows_unknown",
}
"""How a decision stands to the recommendation, each with the label of its words."""
DRAWS, LOTS = 500, 2000
TOLD = 30
"""Accounts from which on what became of them is told in a sentence; the table holds all."""


@dataclass(frozen=True, eq=False)
class Fates:
    """What became of decisions.

    `table`, a row per decision (account, day and action), the latest first: account_id, name, decision, recommended,
    follows (FOLLOWS), decided_on, begun (the first day of an unbroken row of it), stood_days (since begun, to the day
    or until something else was decided; 0 where follows is UNKNOWN, for such a word counts for nothing), replaced_on,
    done (DONE); contacts and visits that we began, and orders below the minimum, of a year before and since while it
    stood (contacts_before, contacts_since, visits_..., small_...); orders_since, revenue_before, revenue_since,
    margin_before, margin_since (of a year); class_then, class_now (by the same bars);
    left_since (no order since, and for longer than its rhythm); reason. What is told of a year needs EARLY days, and is
    NaN before.

    `summary`, a row per decision and follows, of decisions that stand, each account once: accounts, early (of them,
    younger than EARLY days), idle (not early, had not ordered in the year before), measured (the others: what follows
    is of them), carried (done: yes), undone (done: no; both NaN where nothing can tell), gone (left_since),
    revenue_before, revenue_since, change (share of revenue) with low_change and high_change (bootstrap over accounts at
    LEVEL; NaN for fewer than LEAST), and
    others_change, low_others, high_others: the change had each done as accounts of its class did of which nothing was
    decided, in the same quarter (NaN where there are fewer than LEAST of them).

    `says`: the same in words.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    says: tuple[str, ...]


def fates(
    book: Book, as_of: str | dt.date, frame: pd.DataFrame, at: Bars, minimum: float = 0.0, seed: int = SEED
) -> Fates:
    """What became of the decisions known on the day.

    `frame` has the accounts of the day: account_id, name, class, silence_ratio (`facts`). `at` are the bars of the
    classes, then and now. `minimum`: orders worth less are small ones; 0 leaves minimum orders unmeasured. No rows
    where the book has no decisions; UserError for a minimum below 0.
    """
    import pandas as pd

    if not minimum >= 0:
        raise UserError(f"a minimum order is an amount of money; found {minimum}.")
    known = book.as_of(as_of)
    if not known.has("decisions"):
        return Fates(pd.DataFrame(columns=list(_TABLE)), pd.DataFrame(columns=list(_SUMMARY)), (label("fate_none"),))
    rows = _told(since(known, minimum), frame, at)
    stand = rows[rows["replaced_on"].isna() & (rows["decided_on"] == rows["begun"]) & (rows["follows"] != UNKNOWN)]
    measured = stand[stand["ratio_days"] & stand["class_then"].notna()]
    measured = measured.assign(quarter=_quarter(measured["decided_on"]))
    beside = _beside(known, at, measured)
    summary = _summary(stand, measured, beside, seed)
    table = rows.sort_values(["decided_on", "account_id", "decision"], ascending=[False, True, True], ignore_index=True)
    return Fates(table[list(_TABLE)], summary, tuple(_says(rows, stand, summary)))


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table or the summary with words for the codes of follows and done."""
    words = {"follows": FOLLOWS, "done": DONE}
    return table.assign(**{name: [label(keys[code]) for code in table[name]]
                           for name, keys in words.items() if name in table})  # fmt: skip


_TABLE = (
    "account_id", "name", "decision", "recommended", "follows", "decided_on", "begun", "stood_days", "replaced_on",
    "done", "contacts_before", "contacts_since", "visits_before", "visits_since", "small_before", "small_since",
    "orders_since", "revenue_before", "revenue_since", "margin_before", "margin_since", "class_then", "class_now",
    "left_since", "reason",
)  # fmt: skip
_SUMMARY = (
    "decision", "follows", "accounts", "early", "idle", "measured", "carried", "undone", "gone", "revenue_before",
    "revenue_since", "change", "low_change", "high_change", "others_change", "low_others", "high_others",
)  # fmt: skip


def _told(rows: pd.DataFrame, frame: pd.DataFrame, at: Bars) -> pd.DataFrame:
    """The decisions of `since`, with what follows from the counts; what is told of a year is so from here on."""
    own = frame[frame["account_id"].isin(rows["account_id"])].set_index("account_id")
    rows = rows.rename(columns={"action": "decision"})
    rows["done"] = carried(rows)
    ids = rows["account_id"]
    silent = (ids.map(own["silence_ratio"]) > 1).to_numpy(bool)
    rows["left_since"] = (rows["orders_since"] == 0) & silent
    rows["follows"] = np.select(
        [rows["meant"] == "", rows["lot"], rows["against"], rows["recommended"] == ""],
        [UNKNOWN, LOT, OVERRIDDEN, UNASKED],
        FOLLOWED,
    ).astype(object)
    rows["stood_days"] = (rows["decided_on"] - rows["begun"]).dt.days + rows["stands"]
    for name in ("revenue", "margin"):
        rows[f"{name}_before"] = _yearly(rows[f"{name}_before"], rows["covered"])
        rows[f"{name}_since"] = _yearly(rows[f"{name}_since"], rows["days_since"])
    for name in ("visits", "contacts", "small"):
        covered = rows["covered" if name == "small" else "covered_contacts"]
        rows[f"{name}_before"] = _yearly(rows[f"{name}_before"], covered)
        rows[f"{name}_since"] = _yearly(rows[f"{name}_since"], rows["stands"])
    rows["ratio_days"] = rows["revenue_before"].notna() & rows["revenue_since"].notna()
    size = rows["revenue_before"]
    kind = np.select([size >= at.high, size >= at.mid], ["High", "Mid"], "Low").astype(object)
    kind[(rows["bought_before"] == 0) | size.isna()] = None
    rows["class_then"] = kind
    now = own["class"].astype(object)
    rows["class_now"] = ids.map(now.mask(now.isna(), None))
    rows["name"] = ids.map(own["name"]) if "name" in own else ids
    return rows


def _yearly(values: pd.Series, days: pd.Series) -> pd.Series:
    """What so many days had, told as of a year; NaN for fewer than EARLY."""
    return values.astype("float64") * YEAR / days.where(days >= EARLY)


def _beside(known: Book, at: Bars, measured: pd.DataFrame) -> pd.DataFrame:
    """What accounts did of which nothing was decided, by class and quarter: since the quarter's middle decision."""
    import pandas as pd

    middle = measured.sort_values("decided_on").groupby("quarter")["decided_on"].quantile(0.5, interpolation="lower")
    days = [day.date() for day in middle]
    found = undecided(known, at, days)
    found["quarter"] = _quarter(pd.to_datetime(found["day"]))
    return found


def _quarter(days: pd.Series) -> pd.Series:
    """Quarters since the year 0."""
    return (days.dt.year * 4 + days.dt.quarter - 1).astype("int64")


def _summary(stand: pd.DataFrame, measured: pd.DataFrame, beside: pd.DataFrame, seed: int) -> pd.DataFrame:
    import pandas as pd
    from scipy.special import ndtri

    wide = float(ndtri((1 + LEVEL) / 2))
    joined = measured.merge(
        beside.rename(columns={"class": "class_then"})[["quarter", "class_then", "ratio", "scatter"]],
        on=["quarter", "class_then"], how="left",
    )  # fmt: skip
    own = dict(iter(joined.groupby(["decision", "follows"])))
    found = []
    for key, rows in stand.groupby(["decision", "follows"]):
        part = own.get(key, joined.iloc[:0])
        before, later = (part[name].to_numpy("float64") for name in ("revenue_before", "revenue_since"))
        total = float(np.sort(before).sum())
        low, high = ratio_interval(before, later, seed)
        others, error = np.nan, np.nan
        if total > 0 and part["ratio"].notna().all():
            others = float(np.sort(before * part["ratio"].to_numpy("float64")).sum()) / total
            # the same accounts stand beside several quarters: as if all their errors went together
            error = float(np.sort(before * part["scatter"].to_numpy("float64")).sum()) / total
        early = rows["days_since"] < EARLY
        seen = bool((part["done"] != UNTOLD).any())
        found.append(
            {
                "decision": key[0],
                "follows": key[1],
                "accounts": len(rows),
                "early": int(early.sum()),
                "idle": int((~early).sum()) - len(part),
                "measured": len(part),
                "carried": float((part["done"] == YES).sum()) if seen else np.nan,
                "undone": float((part["done"] == NO).sum()) if seen else np.nan,
                "gone": int(part["left_since"].sum()),
                "revenue_before": total,
                "revenue_since": float(np.sort(later).sum()),
                "change": float(np.sort(later).sum()) / total - 1 if total > 0 else np.nan,
                "low_change": low - 1,
                "high_change": high - 1,
                "others_change": others - 1,
                "low_others": others - wide * error - 1,
                "high_others": others + wide * error - 1,
            }
        )
    table = pd.DataFrame(found, columns=list(_SUMMARY))
    return table.sort_values(["measured", "accounts", "decision", "follows"], ascending=[False, False, True, True],
                             ignore_index=True)  # fmt: skip


def ratio_interval(before: Array, later: Array, seed: int = SEED) -> tuple[float, float]:
    """The ends at LEVEL of sum(later) / sum(before), by bootstrap over accounts; NaN for fewer than LEAST of them.

    More than LOTS accounts are put into as many heaps by lot, and heaps are drawn: as good for a sum, and quick.
    """
    many = len(before)
    if many < LEAST or not before.sum() > 0:
        return np.nan, np.nan
    order = np.lexsort((later, before))  # neither the order of rows nor the names of accounts matter
    pairs = np.stack([before[order], later[order]], axis=1)
    rng = np.random.default_rng(seed)
    if many > LOTS:
        heap = rng.permutation(np.arange(many) % LOTS)
        pairs = np.stack([np.bincount(heap, pairs[:, side], LOTS) for side in (0, 1)], axis=1)
    size = len(pairs)
    sums = rng.multinomial(size, np.full(size, 1 / size), DRAWS) @ pairs
    sums = sums[sums[:, 0] > 0]
    low, high = np.quantile(sums[:, 1] / sums[:, 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _says(rows: pd.DataFrame, stand: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    if not len(rows):
        return [label("fate_none")]
    unknown = int((rows["follows"] == UNKNOWN).sum())
    early = int((stand["days_since"] < EARLY).sum())
    replaced = int((rows["replaced_on"].notna() & (rows["follows"] != UNKNOWN)).sum())
    young = label("fate_young", early=f"{early:,}", days=EARLY) if early else ""
    parts = [sentences(_many(len(stand), "fate_stand"), young)]
    parts += [_many(number, key) for key, number in (
        ("fate_replaced", replaced), ("fate_confirm", len(rows) - unknown - replaced - len(stand)),
    ) if number]  # fmt: skip
    accounts = _many(rows["account_id"].nunique(), "account")
    says = [_many(len(rows), "fate_counts", accounts=accounts, parts=listed(parts))]
    if unknown:
        says.append(label("fate_unknown", decisions=f"{unknown:,}"))
    told = summary[summary["change"].notna() & (summary["measured"] >= TOLD)]
    if len(told):
        first = told.iloc[0]
        words = {name: _percent(first[name]) for name in
                 ("change", "low_change", "high_change", "others_change", "low_others", "high_others")}  # fmt: skip
        words |= {"decision": decision_said(first["decision"]), "follows": label(FOLLOWS[first["follows"]])}
        said = [label("fate_change", accounts=f"{first['measured']:,}", **words)]
        if np.isfinite(first["others_change"]):
            said.append(label("fate_others", **words))
        says += [sentences(*said), label("fate_no_effect")]
    return says


def _many(number: int, key: str, **more: str) -> str:
    """So many of something, in words of one or of several."""
    return label(f"{key}_one" if number == 1 else f"{key}_many", n=f"{number:,}", **more)


def _percent(share: float) -> str:
    return f"{share:+.1%}"
