"""What was known of Low accounts on each day: their features and vetoes, one array per name for all days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.features import market, trade, voice, who
from crm_analysis.features.feature import lack
from crm_analysis.features.trade import Features
from crm_analysis.features.windows import days_since_epoch, share, stacked
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.periods import before
from crm_analysis.potential import features, vetoes
from crm_analysis.potential.features import FEATURES, TENURE, WORDS
from crm_analysis.potential.low import PLACES
from crm_analysis.potential.vetoes import NEW, PREFIX, VETOES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.features.windows import Ledger, Marks
    from crm_analysis.potential.low import Day

    Floats = NDArray[np.float64]

_SOURCES: tuple[tuple[str, Callable[[Book, Marks], Iterator[Features]]], ...] = (
    ("families", trade.families),
    ("days_to_pay", trade.payments),
    ("overdue", trade.debts),
    ("on_time", trade.promises),
    ("satisfaction", voice.satisfaction),
    ("pipeline_open", market.pipeline),
    ("contacts", voice.contacts),
)
"""What reads a table, with a feature that the book can tell if it has the table."""
_MOST_OF_DEMAND = 2.0
_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Known:
    """What `book` knew on each of the landmarks `marks`; `ledger` holds their order rows, `days` who is Low on each."""

    book: Book
    marks: Marks
    ledger: Ledger
    days: list[Day]

    def columns(self, at: list[NDArray[np.intp]]) -> dict[str, Any]:
        """Features and vetoes of the accounts `at` each landmark, one landmark after the other, in their order."""
        found = stacked(self._trade(), at)
        for first, source in _SOURCES:
            if lack(self.book, FEATURES[first]) is None:
                found |= stacked(source(self.book, self.marks), at)
        if self.book.has("market_surveys"):
            found |= stacked(self._market(), at)
        if self.book.has("complaints"):
            found |= stacked(voice.complaints(self.book, self.marks), at)
        if self.book.has("accounts", "group_id"):
            found |= stacked(self._siblings(), at)
        found |= self._words(at)
        vetoes = self._vetoes(found, at)
        return {name: found[name] for name in FEATURES if name in found} | vetoes

    def _trade(self) -> Iterator[Features]:
        told = trade.ordered(self.ledger, self.marks)
        for mark, day, found in zip(self.marks, self.days, told, strict=True):
            for name in ("class", "segment", "revenue"):
                del found[name]
            quarter = (mark.day - mark.quarter).days
            yield found | {
                "size": day.against_bar(day.money["value"]),
                "pace": day.against_bar(day.quarter * (mark.day - mark.year).days / quarter),
                "silence_gaps": found["silence_days"] * found["order_count"] / _YEAR,
                "tenure_years": np.minimum((days_since_epoch(mark.day) - self._since) / _YEAR, TENURE),
                "new": self.marks.since > days_since_epoch(before(mark.day, NEW)),
            }

    @cached_property
    def _since(self) -> NDArray[np.int64]:
        """The first order known or, if earlier, the day since which the account is known; days since 1970."""
        if not self.book.has("accounts", "known_since"):
            return self.marks.since
        known = who.attributes_on(self.book, self.marks, ["known_since"])["known_since"]
        days = known.astype("datetime64[D]")
        earlier = np.where(np.isnat(days), self.marks.since, days.astype("int64"))
        return np.minimum(self.marks.since, earlier)

    def _market(self) -> Iterator[Features]:
        for day, found in zip(self.days, market.demand(self.book, self.marks), strict=True):
            if "annual_demand" in found:
                demand = found.pop("annual_demand")
                of_it = np.clip(share(day.money["revenue"], demand), 0, _MOST_OF_DEMAND)
                found |= {
                    "demand": np.where(np.isnan(demand), np.nan, day.against_bar(demand)),
                    "share_of_wallet": of_it,
                }
            yield found

    def _siblings(self) -> Iterator[Features]:
        """siblings, siblings_size and whether one of them is High."""
        for mark, day, found in zip(self.marks, self.days, self._who, strict=True):
            group = who.groups(found["group_id"], self.marks)
            sums = {
                "active": day.active.astype("float64"),
                # in whole parts of money, so that sums do not depend on the order of the accounts
                "value": np.rint(np.maximum(np.where(day.active, day.money["value"], 0), 0) * PLACES),
                "high": day.high.astype("float64"),
            }
            others = {name: np.bincount(group, values)[group] - values for name, values in sums.items()}
            bar = day.bars.mid if day.bars.mid > 0 else np.inf
            told = 1.0 if self.book.as_of(mark.day).has("accounts", "group_id") else float("nan")
            yield {
                "siblings": others["active"] * told,
                "siblings_size": np.log1p(others["value"] / PLACES / bar) * told,
                "sibling": others["high"] > 0,
            }

    @cached_property
    def _who(self) -> list[Features]:
        """What may change of who accounts are, on each landmark."""
        return list(who.attributes(self.book, self.marks, ["group_id", "key_account"]))

    def _words(self, at: list[NDArray[np.intp]]) -> dict[str, Any]:
        """The features that are words, as categories; they are fixed, so one look serves all days."""
        import pandas as pd

        names = [name for name in WORDS if lack(self.book, FEATURES[name]) is None]
        told = who.attributes_on(self.book, self.marks, names)
        return {name: pd.Categorical(told[name][np.concatenate(at)]) for name in names}

    def _vetoes(self, found: dict[str, Any], at: list[NDArray[np.intp]]) -> dict[str, Any]:
        """Each veto as flags; one that could not be known is not applied."""
        rows = sum(len(own) for own in at)
        held = {"new": found["new"], "sibling": found.get("sibling")}
        held |= {"opportunity": found.get("pipeline_open"), "complaint": found.get("complaints_open")}
        if lack(self.book, VETOES["contract"]) is None:
            held["contract"] = stacked(trade.contracts(self.book, self.marks), at)["contract"]
        if self.book.has("accounts", "key_account"):
            flags = ({"key": each["key_account"].astype(bool)} for each in self._who)
            held["key_account"] = stacked(flags, at)["key"]
        nothing = np.zeros(rows, dtype=bool)
        return {
            f"{PREFIX}{name}": nothing if held.get(name) is None else np.nan_to_num(np.asarray(held[name])) > 0
            for name in VETOES
        }


def missing(book: Book) -> pd.DataFrame:
    """What the book cannot tell, a row per sentence that says what it lacks: why, unlocks (features and vetoes)."""
    import pandas as pd

    lacks: dict[str, list[str]] = {}
    for name, why in features.missing(book).items():
        lacks.setdefault(why, []).append(label(f"feature_{name}"))
    for name, why in vetoes.missing(book).items():
        lacks.setdefault(why, []).append(label(f"unlock_veto_{name}"))
    rows = [(why, clauses(dict.fromkeys(what))) for why, what in lacks.items()]
    return pd.DataFrame(rows, columns=["why", "unlocks"])
