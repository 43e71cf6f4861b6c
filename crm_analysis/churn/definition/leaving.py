"""What counts as leaving in a book: contracts where most accounts have one, else a silence chosen from its past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.exits import CLOSED, OURS
from crm_analysis.churn.definition.purchases import purchases
from crm_analysis.churn.definition.silence import Costs, days_of, windows
from crm_analysis.churn.definition.spells import Spells, spells
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.progress import busy
from crm_analysis.reprs import Card, as_html

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

BASES = ("auto", "orders", "contracts")
GRACE = 30
"""Days from the end of a contract to the start of the next that still make one chain."""
YEAR = 365
MOSTLY = 0.5
"""Share of the accounts of the last year that must have had a contract for contracts to tell who left."""


@dataclass(frozen=True, repr=False)
class Leaving:
    """What counts as leaving, and the spells that follow from it.

    `silence` is in days, `basis` is "orders" or "contracts", `choice` the windows tried (`silence.windows`; None where
    the silence was given or contracts tell), and `sentence` says it all in words.
    """

    spells: Spells
    silence: int
    basis: str
    choice: pd.DataFrame | None
    sentence: str

    _repr_html_ = as_html

    def _card(self) -> Card:
        facts = {"as_of": self.spells.as_of, "silence": self.silence, "sentence": self.sentence}
        return Card("Leaving", facts, self.choice, (".spells.frame", ".choice"))

    def __repr__(self) -> str:
        return f"<Leaving: {self.silence} days without {self.basis}, as of {self.spells.as_of}>"


@busy("progress_left")
def leaving(
    book: Book,
    as_of: str | dt.date,
    silence: str | int | None = None,
    basis: str = "auto",
    costs: Costs | None = None,
    closed: Collection[str] = CLOSED,
    ours: Collection[str] = OURS,
) -> Leaving:
    """What counts as leaving in a book, as known on `as_of`.

    With `basis` "auto" contracts tell it where at least half of the accounts that ordered in the last year (MOSTLY)
    have ever had one, else orders. `silence` is written like 26W, 180D or 6M, or is a number of days; without it, it is
    chosen at `costs` by `silence.windows`, and GRACE for contracts. `closed` and `ours` are as in
    `spells`. Raises BookError for books that are too short to choose from or have no contracts, UserError for a word
    that is none.
    """
    known = book.as_of(as_of)
    if basis not in BASES:
        raise UserError(f"the basis of leaving is one of {', '.join(BASES)}; found {basis!r}.")
    if basis == "auto":
        basis = "contracts" if _mostly_contracts(known) else "orders"
    choice = None
    if basis == "contracts":
        known.need("contracts")
        days = GRACE if silence is None else days_of(silence)
        words = _contracts_said(known, days)
    elif silence is None:
        costs = costs or Costs()
        choice = windows(known, as_of, costs)
        days = int(choice.loc[choice["chosen"], "days"].iloc[0])
        words = _chosen_said(choice, costs)
    else:
        days = days_of(silence)
        words = label("left_by_silence_given", days=days)
    return Leaving(spells(known, as_of, days, basis, closed, ours), days, basis, choice, words)


def _mostly_contracts(known: Book) -> bool:
    """Whether enough of the accounts that ordered in the last year have ever had a contract."""
    if not known.has("contracts"):
        return False
    start = ibis.literal(last_known(known) - dt.timedelta(days=YEAR))
    lately = purchases(known)
    lately = lately.filter(lately.ordered_on > start).select("account_id").distinct()
    bound = known.table("contracts").select(holder="account_id").distinct()
    both = lately.left_join(bound, lately.account_id == bound.holder)
    found = engine.frame(both.agg(of=both.count(), bound=both.holder.count())).iloc[0]
    return bool(found["of"] > 0 and found["bound"] >= MOSTLY * found["of"])


def _chosen_said(choice: pd.DataFrame, costs: Costs) -> str:
    row = choice[choice["chosen"]].iloc[0]
    wrong = label("left_again_none")
    if row["false_alarm_share"] > 0:
        again, low, high = (f"{100 * row[name]:.0f}" for name in ("false_alarm_share", "low", "high"))
        wrong = label("left_again", again=again, low=low, high=high, silences=int(row["alarms"]))
    late, worth = _months(row["months"]), _months(costs.false_alarm / costs.late_month)
    return label("left_by_silence", days=int(row["days"]), late=late, worth=worth, wrong=wrong)


def _months(number: float) -> str:
    written = f"{number:.3g}"
    return label("left_month" if written == "1" else "left_months", n=written)


def _contracts_said(known: Book, grace: int) -> str:
    words = label("left_by_contract", days=grace)
    table = known.table("contracts")
    if "ended_on" not in table.columns:
        return sentences(words, label("left_contract_agreed"))
    if "ends_on" not in table.columns:
        return words
    over = table.ended_on.isnull() & (table.ends_on < ibis.literal(last_known(known)))
    tacit = int(engine.frame(table.agg(tacit=over.sum(where=over)))["tacit"].fillna(0)[0])
    if not tacit:
        return words
    return sentences(words, label("left_contract_tacit_many" if tacit > 1 else "left_contract_tacit_one", n=tacit))
