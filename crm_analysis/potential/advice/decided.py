"""What people decided about Low accounts: overrides that hold, and the miss rate measured afterwards.

Actions and recommendations are free text in any language; spaces, hyphens and capitals do not matter. Words the
program does not know are told (`unknown`), and neither keep an account nor end what keeps it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.potential.advice.outcome import CUT, KEEP, SURVEY
from crm_analysis.potential.advice.words import NEVER_CUT, coded
from crm_analysis.potential.cases import STEP
from crm_analysis.potential.farewells import ACTIONS
from crm_analysis.potential.guard import exact

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.potential.cases import Cases

EASED = "step"
WORDS: dict[str, str] = {
    **dict.fromkeys(("keep", "key", "develop", "visit", "call", "win back"), KEEP),
    **dict.fromkeys(("survey first", "survey"), SURVEY),
    **dict.fromkeys(("desk", "desk service", "select", "minimum order", "small order price"), EASED),
    **dict.fromkeys(("prepayment", "no service"), EASED),
    **dict.fromkeys(ACTIONS, CUT),
}
"""What each known word means: one of `outcome`'s, or EASED for a reversible step short of a goodbye.

"No service" is one: nothing until the account asks, and then all is as before.
"""
_KEYS = ("reason", "decided_by")


def overrides(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """What people decided against the advice and did not take back, one row per account, by account_id.

    A decision is against the advice where its action is another than what was recommended, or keeps an account of which
    nothing was; a reversible step where a cut was recommended is how a cut begins. A word to keep an account stands
    until a later decision other than keep: agreeing to keep it once more neither makes nor ends an override. Of other
    words the account's latest counts, if it was one against the advice. The lot's own (NEVER_CUT) are none.

    Columns: account_id, decided_on, action, recommended, reason, decided_by ("" where unknown), keeps (the action
    is keep). No rows where the book has no decisions.
    """
    import pandas as pd

    columns = ["account_id", "decided_on", "action", "recommended", "reason", "decided_by", "keeps"]
    then = book.as_of(as_of)
    if not then.has("decisions"):
        return pd.DataFrame(columns=columns)
    rows = told(then)
    whole = ibis.window(group_by="account_id")
    keeps = rows.meant == KEEP
    other = rows.meant.isin([SURVEY, EASED, CUT])
    rows = rows.mutate(
        keeps=keeps,
        ended=rows.decided_on.max(where=other).over(whole),
        last=rows.decided_on.max(where=keeps | other).over(whole),
    )
    stands = rows.keeps & (rows.ended.isnull() | (rows.decided_on >= rows.ended))
    latest = rows.meant.isin([SURVEY, EASED, CUT]) & (rows.decided_on == rows["last"])
    rows = rows.filter(rows.against & (stands | latest))
    order = [ibis.ifelse(rows.keeps, 0, 1), ibis.desc("decided_on"), *columns[2:6]]
    rows = rows.mutate(place=ibis.row_number().over(ibis.window(group_by="account_id", order_by=order)))
    rows = rows.filter(rows.place == 0).select(*columns)
    return engine.frame(rows.order_by("account_id"))


def latest(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """The latest decision about each account in known words, the lot's own left out, by account_id.

    Columns: account_id, decided_on, action, recommended, reason, decided_by ("" where unknown). Of several on one day
    the first in the order of their words. No rows where the book has no decisions.
    """
    import pandas as pd

    columns = ["account_id", "decided_on", "action", "recommended", "reason", "decided_by"]
    then = book.as_of(as_of)
    if not then.has("decisions"):
        return pd.DataFrame(columns=columns)
    rows = told(then)
    rows = rows.filter((rows.meant != "") & (rows.why != NEVER_CUT))
    order = [ibis.desc("decided_on"), *columns[2:6]]
    rows = rows.mutate(place=ibis.row_number().over(ibis.window(group_by="account_id", order_by=order)))
    rows = rows.filter(rows.place == 0).select(*columns)
    return engine.frame(rows.order_by("account_id"))


def unknown(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """Words of decisions that the program does not know: column, word, decisions (how many), most frequent first."""
    import pandas as pd

    then = book.as_of(as_of)
    parts = []
    for column in ("action", "recommended"):
        if then.has("decisions", column):
            rows = told(then)
            rows = rows.filter(~rows[column].isin(["", *WORDS]))
            found = rows.group_by(word=rows[column]).agg(decisions=rows.count()).order_by("word")
            parts.append(engine.frame(found).assign(column=column))
    table = pd.concat([pd.DataFrame(columns=["column", "word", "decisions"]), *parts])
    table = table.astype({"decisions": "int64"})
    return table.sort_values(["decisions", "column", "word"], ascending=[False, True, True], ignore_index=True)


def told(book: Book) -> ibis.Table:
    """Decisions, one row each: account_id, decided_on, action, recommended, why, reason, decided_by, ...

    ... the first two words and `why` (the reason) as codes, "" where unknown; meant and advised, what the words
    mean ("" where they are not known); against (another action than was recommended, as `overrides` explains).
    """
    rows = book.table("decisions").filter(lambda row: row.account_id.notnull() & row.decided_on.notnull())

    def plain(name: str) -> Any:
        if name not in rows.columns:
            return ibis.literal("")
        return coded(rows[name].fill_null(""))

    def text(name: str) -> Any:
        return rows[name].fill_null("") if name in rows.columns else ibis.literal("")

    plainly_told = rows.select(
        "account_id", "decided_on", action=plain("action"), recommended=plain("recommended"), why=plain("reason"),
        **{name: text(name) for name in _KEYS},
    )  # fmt: skip

    def meaning(words: Any) -> Any:
        return ibis.cases(*((words == word, kind) for word, kind in WORDS.items()), else_="")

    known = plainly_told.mutate(meant=meaning(plainly_told.action), advised=meaning(plainly_told.recommended))
    unasked, begun = known.recommended == "", (known.advised == CUT) & (known.meant == EASED)
    another_step = (known.meant == EASED) & (known.action != known.recommended)
    against = ibis.ifelse(unasked, known.meant == KEEP, ((known.advised != known.meant) | another_step) & ~begun)
    return engine.fenced(book.con, known.mutate(against=against & (known.why != NEVER_CUT)))


@dataclass(frozen=True, eq=False)
class Afterwards:
    """The miss rate of earlier advice, measured where accounts were not cut and the horizon is over.

    `table`, two rows: group ("lot": accounts that the lot exempts, whose rate is
    unbiased if decisions tell of the whole lot, vetoed or not; "all": all that were not
    cut, which people chose, so that it is only a hint), accounts, promising, missed (of those, where a cut was
    recommended), stepped (of those, where a reversible step was), rate, low, high (exact, at LEVEL; 0 to 1 without a
    promising account).

    Counts of decisions: decisions (all), unadvised (nothing recommended, or in unknown words), waiting (the horizon
    is not over), outside (the account was not Low on the day before, or no day of cases was), cut (what became of them
    cannot be known), judged. Counts of accounts among "all": eased (under a reversible step, which may itself have kept
    them small). `says`: the same in words.
    """

    table: pd.DataFrame
    counts: dict[str, int]
    says: tuple[str, ...]


def measured(book: Book, cases: Cases) -> Afterwards:
    """The miss rate measured afterwards, by decisions known on the day of `cases`."""
    import pandas as pd

    then = book.as_of(cases.day)
    if not then.has("decisions"):
        made = pd.DataFrame(columns=["account_id", "decided_on", "meant", "advised", "lot"])
    else:
        rows = told(then)
        rows = rows.select("account_id", "decided_on", "meant", "advised", lot=rows.why == NEVER_CUT)
        made = engine.frame(rows.order_by("account_id", "decided_on", "meant", "advised", "lot"))
    return judged(made, cases.frame, [day for day in cases.days if day != cases.day])


def judged(made: pd.DataFrame, frame: pd.DataFrame, days: list[dt.date]) -> Afterwards:
    """As `measured`, of decisions as a frame: account_id, decided_on, meant, advised (words of `WORDS`' values), lot.

    `frame` are cases, `days` those whose horizon is over. A decision is judged by the last such day up to it, if
    it was made before the next one: by whether the account was promising from then on. Of several decisions about an
    account the earliest that can be judged counts, whatever came of it.
    """
    import pandas as pd

    ends = np.array(days, dtype="datetime64[ns]")
    place = np.searchsorted(ends, made["decided_on"].to_numpy("datetime64[ns]"), side="right") - 1
    until = np.datetime64(after(days[-1], STEP), "ns") if days else np.datetime64("1970-01-01", "ns")
    late = made["decided_on"].to_numpy("datetime64[ns]") >= until if days else np.ones(len(made), dtype=bool)
    as_of = np.full(len(made), np.datetime64("NaT"), dtype="datetime64[ns]")
    as_of[place >= 0] = ends[place[place >= 0]] if days else as_of[place >= 0]
    rows = made.reset_index(drop=True).assign(as_of=as_of, late=late)
    known = frame[["as_of", "account_id", "promising"]]
    rows = rows.merge(known, on=["as_of", "account_id"], how="left", indicator="found")
    there, advised = rows["found"].eq("both"), rows["advised"].ne("")
    fate = np.select(
        [~advised, rows["late"], rows["meant"].eq(CUT), ~there, rows["promising"].isna()],
        ["unadvised", "waiting", "cut", "outside", "cut"],
        default="judged",
    )
    counts = {name: int((fate == name).sum()) for name in ("unadvised", "waiting", "outside", "cut", "judged")}
    own = rows[fate == "judged"].sort_values(["account_id", "decided_on", "meant", "advised"])
    parts = {"lot": own[own["lot"].astype(bool)], "all": own}
    first = {name: part.drop_duplicates("account_id") for name, part in parts.items()}
    counts = {"decisions": len(made), **counts, "eased": int(first["all"]["meant"].eq(EASED).sum())}
    table = []
    for name, part in first.items():
        promising = part["promising"].eq(1)
        missed = int((promising & part["advised"].eq(CUT)).sum())
        found = exact.measured(missed, int(promising.sum()), (1 - LEVEL) / 2)
        stepped = int((promising & part["advised"].eq(EASED)).sum())
        table.append((name, len(part), found.cases, found.misses, stepped, found.rate, found.low, found.high))
    columns = ["group", "accounts", "promising", "missed", "stepped", "rate", "low", "high"]
    result = pd.DataFrame(table, columns=columns)
    return Afterwards(result, counts, tuple(_says(result, counts)))


def _says(table: pd.DataFrame, counts: dict[str, int]) -> list[str]:
    if not counts["decisions"]:
        return [label("decided_none")]
    lot, whole = (table.loc[place] for place in (0, 1))
    says = [
        label(
            "decided_counts",
            decisions=f"{counts['decisions']:,}",
            judged=f"{counts['judged']:,}",
            waiting=f"{counts['waiting']:,}",
            cut=f"{counts['cut']:,}",
            rest=f"{counts['outside'] + counts['unadvised']:,}",
        )
    ]
    if not lot.promising:
        says.append(label("decided_no_lot", accounts=f"{lot.accounts:,}"))
    if whole.promising:
        says.append(
            label(
                "decided_biased",
                promising=f"{whole.promising:,}",
                missed=f"{whole.missed:,}",
                stepped=f"{whole.stepped:,}",
            )
        )
    elif counts["judged"]:
        says.append(label("decided_nobody", accounts=f"{whole.accounts:,}"))
    if counts["eased"]:
        says.append(label("decided_eased", accounts=f"{counts['eased']:,}"))
    return says
