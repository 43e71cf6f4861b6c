"""Complaints as a page tells them: how many, whose, about what, how long they take, and who looks like complaining.

A facade. Each step is computed once, when it is asked for; what the book cannot carry raises a BookError that says so
in words, so that the rest can still be shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.accounts import WINDOW
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.satisfaction.complaints import funnel as funnels
from crm_analysis.satisfaction.complaints.chart import Chart, chart, monthly
from crm_analysis.satisfaction.complaints.counts import Counts, counts
from crm_analysis.satisfaction.complaints.funnel import Funnel, funnel
from crm_analysis.satisfaction.complaints.quiet import SilentAccounts
from crm_analysis.satisfaction.complaints.rates import members, overall
from crm_analysis.satisfaction.complaints.repeats import followed, most, repeats
from crm_analysis.satisfaction.complaints.resolution import Resolution, open_ones, resolution
from crm_analysis.satisfaction.complaints.topics import by_account, holm, topics

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

BY = ("sales_office", "team", "segment", "region", "industry", "rep_id")
"""Columns of the accounts that complaints are told by, the first that tells groups apart being drawn."""
REPEATS = "24M"
"""Complaints opened within so long are asked whether another followed: those of a year could not be watched long."""
VERDICTS = {
    (funnels.MORE, funnels.SURE): "funnel_more_sure",
    (funnels.MORE, funnels.WARN): "funnel_more",
    (0, 0.0): "funnel_same",
    (funnels.FEWER, funnels.WARN): "funnel_fewer",
    (funnels.FEWER, funnels.SURE): "funnel_fewer_sure",
}
DECIMALS = 3


@dataclass(frozen=True)
class Complaints:
    """Complaints of `book` as known on `day`, over a `window` ending with it; `frame` is one row per account known.

    `panels` gives the account-quarters of past quarter ends and those of the day (`churn.risks.Risks`: panel, today),
    raising BookError without any; it is called when silent accounts are asked for.
    """

    book: Book
    day: dt.date
    frame: pd.DataFrame
    panels: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]
    window: str = WINDOW

    # --- how many ---

    @cached_property
    def counts(self) -> Counts:
        """Complaints and orders by account (`counts.counts`); raises BookError without any."""
        return counts(self.book, self.day, self.window)

    @cached_property
    def overall(self) -> pd.Series:
        """The rate of all accounts and of the window before (`rates.overall`)."""
        return overall(self.counts)

    # --- whose ---

    @property
    def groupings(self) -> tuple[str, ...]:
        """The columns of BY that tell at least two groups with orders apart."""
        found = []
        for name in BY:
            if name in self.frame and self.funnels[name].tested > 1:
                found.append(name)
        return tuple(found)

    @cached_property
    def funnels(self) -> dict[str, Funnel]:
        """The funnel of each column of BY that the accounts have (`funnel.funnel`)."""
        own = self.counts
        return {name: funnel(own.frame, members(own, self.frame, name)) for name in BY if name in self.frame}

    @property
    def drawn_by(self) -> str:
        """The column whose groups are drawn; raises BookError if none tells groups apart."""
        if not self.groupings:
            raise BookError(label("complaints_no_groups"))
        return self.groupings[0]

    @property
    def drawn(self) -> Funnel:
        """The funnel that is drawn."""
        return self.funnels[self.drawn_by]

    @property
    def drawn_limits(self) -> pd.DataFrame:
        """The limits that are drawn with it (`funnel.curves`)."""
        return funnels.curves(self.drawn.table)

    @property
    def groups(self) -> pd.DataFrame:
        """The groups of all columns, those outside the limits first, then by column and size; rounded.

        Columns: grouped_by, group, accounts, complainers, orders, complaints, expected_complaints, per_100, low, high,
        verdict (in words).
        """
        import pandas as pd

        parts = []
        for place, name in enumerate(self.groupings):
            own = self.funnels[name].table
            parts.append(own.assign(grouped_by=label(f"grouped_by_{name}"), place=place, verdict=verdicts(own)))
        if not parts:
            raise BookError(label("complaints_no_groups"))
        table = pd.concat(parts, ignore_index=True)
        table["outside"] = -table["level"] * (table["way"] != 0)
        keys = ["outside", "place", "orders", "group"]
        table = table.sort_values(keys, ascending=[True, True, False, True], kind="stable", ignore_index=True)
        table = table.rename(columns={"expected": "expected_complaints"})
        names = ["grouped_by", "group", "accounts", "complainers", "orders", "complaints", "expected_complaints"]
        return table[[*names, "per_100", "low", "high", "verdict"]].round(DECIMALS)

    @property
    def beyond(self) -> pd.DataFrame:
        """The groups with more complaints than chance explains (`Funnel.beyond`), the surest first; with grouped_by."""
        import pandas as pd

        parts = [self.funnels[name].beyond.assign(grouped_by=name) for name in self.groupings]
        if not parts:
            raise BookError(label("complaints_no_groups"))
        table = pd.concat(parts, ignore_index=True)
        return table.sort_values(["level", "ratio"], ascending=[False, False], kind="stable", ignore_index=True)

    @property
    def most(self) -> pd.DataFrame:
        """The accounts with two complaints or more (`repeats.most`), with name, segment and owner beside."""
        try:
            each = self._each("topic")
        except BookError:
            each = None
        table = self._named(most(self.counts, each))
        if table.empty:
            raise BookError(label("complaints_no_repeaters"))
        return table.round(DECIMALS)

    # --- about what ---

    def _each(self, column: str) -> pd.DataFrame:
        if column not in self._kept:
            self._kept[column] = by_account(self.book, self.counts, column)
        return self._kept[column]

    @cached_property
    def _kept(self) -> dict[str, pd.DataFrame]:
        return {}

    def about(self, column: str) -> pd.DataFrame:
        """The Pareto of topic, dimension or severity (`topics.topics`); raises BookError if the book has none."""
        table = topics(self._each(column), self.counts)
        if not table["complaints"].sum():
            raise BookError(label("complaints_none_opened", start=self.counts.start, end=self.day))
        return table

    @cached_property
    def topics(self) -> pd.DataFrame:
        """The Pareto of topics, named for a reader; rounded.

        Columns: topic, complaints, complainers, share, low, high, cumulated and, where the window before is comparable,
        complaints_before, change_ratio, p_holm.
        """
        return self._about("topic")

    @cached_property
    def other_kinds(self) -> pd.DataFrame:
        """The same of service dimension and severity, with grouped_by; raises BookError if the book has neither."""
        import pandas as pd

        parts = []
        for name in ("dimension", "severity"):
            if self.book.as_of(self.day).has("complaints", name):
                own = self._about(name).rename(columns={"topic": "group"}).drop(columns="cumulated")
                own.insert(0, "grouped_by", label(f"grouped_by_{name}"))
                parts.append(own)
        if not parts:
            raise BookError(label("complaints_no_kinds"))
        return pd.concat(parts, ignore_index=True)

    def _about(self, column: str) -> pd.DataFrame:
        table = self.about(column).drop(columns=["low_ratio", "high_ratio"], errors="ignore")
        names = {"group": "topic", "accounts": "complainers", "ratio": "change_ratio"}
        return table.rename(columns=names).round(DECIMALS)

    # --- how long ---

    @cached_property
    def resolution(self) -> Resolution:
        """The complaints of the window and how long they took (`resolution.resolution`)."""
        return resolution(self.book, self.counts.start, self.day)

    def kinds_of(self, column: str) -> pd.Series | None:
        """The group of each row of `resolution` by its own column or its account's; None if there is none."""
        rows = self.resolution.rows
        if column in rows:
            return rows[column]
        if column not in self.frame:
            return None
        found: pd.Series = rows["account_id"].map(self.frame.set_index("account_id")[column])
        return found

    @cached_property
    def waits(self) -> pd.DataFrame:
        """How long complaints take, of all, by topic, severity and team (`Resolution.table`); rounded.

        Columns: grouped_by, group, complaints, still_open, median_days, low_days, high_days, within_5, within_10,
        within_30 and the ends of their intervals.
        """
        import pandas as pd

        parts = [self.resolution.table().assign(grouped_by=label("grouped_by_all"))]
        for name in ("topic", "severity", "team"):
            groups = self.kinds_of(name)
            if groups is not None:
                parts.append(self.resolution.table(groups).assign(grouped_by=label(f"grouped_by_{name}")))
        table = pd.concat([parts[0], *(own for own in parts[1:] if len(own) > 1)], ignore_index=True)
        names = {"median": "median_days", "low": "low_days", "high": "high_days"}
        table = table.rename(columns=names).drop(columns="accounts")
        return table[["grouped_by", *(name for name in table if name != "grouped_by")]].round(DECIMALS)

    @property
    def wait_curves(self) -> pd.DataFrame:
        """How soon complaints are closed, by topic, or of all where the book tells none (`Resolution.curves`)."""
        return self.resolution.curves(self.kinds_of("topic"))

    @cached_property
    def wait_tests(self) -> dict[str, float]:
        """The p of no difference between topics, severities and teams, as far as there are groups to compare.

        Corrected for the number of these comparisons (Holm 1979).
        """
        import pandas as pd

        found = {}
        for name in ("topic", "severity", "team"):
            groups = self.kinds_of(name)
            if groups is not None:
                found[name] = self.resolution.test(groups)[1]
        corrected = holm(pd.Series(found, dtype="float64")).dropna()
        return {str(name): float(p) for name, p in corrected.items()}

    @cached_property
    def open_ones(self) -> pd.DataFrame:
        """The complaints still open, the longest first, with name and owner; raises BookError if none is."""
        table = open_ones(self.book, self.day)
        if table.empty:
            raise BookError(label("complaints_none_open"))
        return self._named(table).drop(columns="segment", errors="ignore")

    # --- again ---

    @cached_property
    def repeats(self) -> pd.DataFrame:
        """Complaints followed by another: again (of any topic, of the same), complaints, complainers, within_90, ...

        Of the complaints of the last REPEATS. Raises BookError if there was none.
        """
        import pandas as pd

        start, rows = before(self.day, REPEATS), []
        for same in (False, True):
            try:
                found = followed(self.book, start, self.day, same)
            except BookError:
                continue
            if len(found):
                rows.append({"again_of": label("again_same" if same else "again_any")} | repeats(found))
        if not rows:
            raise BookError(label("complaints_none_opened", start=start, end=self.day))
        table = pd.DataFrame(rows).rename(columns={"accounts": "complainers"})
        order = ["again_of", "complaints", "complainers"]
        return table[[*order, *(name for name in table if name not in order)]].round(DECIMALS)

    # --- month by month ---

    @cached_property
    def chart(self) -> Chart:
        """The chart of monthly complaints (`chart.chart`); raises BookError if there are too few months."""
        return chart(monthly(self.book, self.counts))

    # --- silent ---

    @cached_property
    def quiet(self) -> SilentAccounts:
        """The accounts that never complained; each of its parts raises BookError without complaints."""
        return SilentAccounts(self.book, self.day, self.frame, self.panels, lambda: self.counts)

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """With name, segment and owner of the accounts behind account_id, as far as the frame has them."""
        beside = self.frame.set_index("account_id").reindex(table["account_id"])
        result, place = table.copy(), list(table).index("account_id") + 1
        for name in ("name", "segment", "rep_id"):
            if name in beside:
                result.insert(place, name, beside[name].to_numpy(dtype=object))
                place += 1
        return result.fillna({"rep_id": label("owner_nobody")}) if "rep_id" in result else result


def verdicts(table: pd.DataFrame) -> list[str]:
    """What is said of each row of `Funnel.table`, in words."""
    said = []
    for way, level, alone, expected in zip(
        table["way"], table["level"], table["alone"], table["expected"], strict=True
    ):
        key = "funnel_none" if expected != expected else VERDICTS[int(way), float(level)]
        said.append(label("funnel_alone" if alone else key))
    return said
