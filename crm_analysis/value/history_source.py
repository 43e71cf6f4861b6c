"""Purchase histories in the engine, until one row per account or per distinct history is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import first_known, last_known
from crm_analysis.book.occasions import account_occasions, occasion_days

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


@dataclass(frozen=True)
class Source:
    """The accounts of a book on its day, in the engine; `returns` tells what credit notes do."""

    known: Book
    returns: str
    covariates: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that histories may be told apart by."""
        return ("late_entry", *self.covariates)

    @cached_property
    def each(self) -> ibis.Table:
        """One row per account with order lines."""
        each = account_occasions(self.known, self.returns)
        rejected = (each.unmatched > 0) if self.returns == "reject" else ibis.literal(False)
        reason = ibis.cases(
            (rejected, "a credit matches no purchase"),
            (each.occasions > 0, ibis.null("string")),
            (each.cancelled > 0, "every purchase was returned"),
            else_="no purchase",
        )
        return each.mutate(reason=reason)

    @cached_property
    def table(self) -> ibis.Table:
        """One row per account with a history, with its covariates."""
        people = self.known.table("accounts", "account_id", "known_since", *self.covariates)
        late: Any = ibis.literal(False)
        begins = first_known(self.known)
        if begins is not None and "known_since" in people.columns:
            late = (people.known_since < ibis.literal(begins - LATE)).fill_null(False)
        beside = people.select("account_id", *self.covariates, late_entry=late)
        rows = self.each.filter(self.each.reason.isnull())
        joined = rows.left_join(beside, "account_id").drop("account_id_right", "reason")
        return joined.mutate(
            frequency=joined.occasions - 1,
            late_entry=joined.late_entry.fill_null(False),
            recency_days=joined.last_order.delta(joined.first_order, unit="day"),
            T_days=ibis.literal(last_known(self.known)).delta(joined.first_order, unit="day"),
        )

    def frame(self, unit_days: float) -> pd.DataFrame:
        """As `Histories.frame`."""
        table = self.table
        found = engine.frame(table.mutate(log_gaps=table.log_gaps.cast("float64")).order_by("account_id"))
        if not found["account_id"].is_monotonic_increasing:  # an engine may sort by a language's rules
            found = found.sort_values("account_id", ignore_index=True)
        found = _timed(found, unit_days)
        columns = ["account_id", "first_order", "last_order", "frequency", "recency", "T", "log_gaps", "late_entry"]
        for money, repeats in (("revenue", "frequency"), ("margin", "costed")):
            if money in found:
                found[monetary_name(money)] = found[f"later_{money}"] / found[repeats].where(found[repeats] > 0)
                columns += [money, f"first_{money}", monetary_name(money), f"{money}_squares"]
                columns += ["costed"] if money == "margin" else []
        return found[[*columns, *self.covariates]]

    def compressed(self, unit_days: float, by: Sequence[str]) -> pd.DataFrame:
        """Distinct histories: frequency, recency, T, *by, count, log_gaps."""
        table = self.table
        groups = table.group_by("frequency", "recency_days", "T_days", *by)
        rows = groups.agg(count=table.count(), log_gaps=table.log_gaps.sum())
        return _timed(engine.frame(rows.mutate(log_gaps=rows.log_gaps.cast("float64"))), unit_days)

    def left_out(self) -> pd.DataFrame:
        """As `Histories.left_out`."""
        each = self.each.select("account_id", "reason", "revenue")
        people = self.known.table("accounts", "account_id").select("account_id")
        silent = people.anti_join(each, "account_id")
        silent = silent.mutate(reason=ibis.literal("no order line"), revenue=ibis.literal(0.0, "float64"))
        found = engine.frame(ibis.union(each.filter(each.reason.notnull()), silent))
        return found.sort_values("account_id", ignore_index=True)

    def found(self) -> list[tuple[str, int, float]]:
        """Rows of `Histories.tally` about days and lines."""
        rows = occasion_days(self.known)
        money = ["revenue", *(["uncosted"] if "uncosted" in rows.columns else [])]
        sums = {name: rows[name].sum() for name in money}
        days = rows.group_by("account_id", "day", "kind").agg(
            lines=rows.lines.sum(), falls_on=rows.falls_on.max(), **sums
        )
        fallen = (days.kind == "purchase") & (days.falls_on <= ibis.literal(last_known(self.known)))
        what = days.kind if self.returns == "ignore" else ibis.ifelse(fallen, "cancelled", days.kind)
        sums = {name: days[name].sum().cast("float64") for name in money}
        if "uncosted" in money:
            sums["lacking"] = (days.uncosted != 0).sum()
        found = engine.frame(days.group_by(what=what).agg(days=days.count(), lines=days.lines.sum(), **sums))
        found = found.set_index("what")
        kinds = {
            "occasions": ("purchase", "days"),
            "cancelled occasions": ("cancelled", "days"),
            "matched credits": ("matched", "lines"),
            "unmatched credits": ("unmatched", "lines"),
        }
        result = [
            (name, int(found[counted].get(kind, 0)), float(found["revenue"].get(kind, 0.0)))
            for name, (kind, counted) in kinds.items()
        ]
        if "uncosted" in money:
            result.append(
                ("days with lines of unknown cost", int(found["lacking"].sum()), float(found["uncosted"].sum()))
            )
        return result


def _timed(found: pd.DataFrame, unit_days: float) -> pd.DataFrame:
    """The engine's rows with days told in the unit."""
    found["recency"] = found.pop("recency_days") / unit_days
    found["T"] = found.pop("T_days") / unit_days
    repeats = found["frequency"] * found["count"] if "count" in found else found["frequency"]
    found["log_gaps"] = found["log_gaps"] - repeats * math.log(unit_days)
    return found


def monetary_name(money: str) -> str:
    """The column of the mean of repeat occasions."""
    return "monetary" if money == "revenue" else f"monetary_{money}"
