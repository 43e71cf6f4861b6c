"""How long accounts stay and why they leave: the tables of the page, from the rooms of `retention`.

A facade. Each step is computed once; what the spells cannot carry raises a BookError that says so in words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.accounts import LATE, WINDOW, accounts
from crm_analysis.churn.groups import Groups, standing
from crm_analysis.churn.retention import arithmetic, projection, reasons
from crm_analysis.churn.retention.beginnings import first_year_class, repurchase
from crm_analysis.churn.retention.cohorts import cohorts, wide
from crm_analysis.churn.retention.curves import curves, numbers_at_risk, survival_at
from crm_analysis.churn.retention.tenures import YEAR, tenures
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after, quarter_end
from crm_analysis.value.segments import INACTIVE, bars, segments

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells

YEARS = 5
"""Years for which a manager wants to know who will still be there."""
QUARTERS = (4, 8, 12)
"""Quarters since the first order at which the table of cohorts tells what is left."""
REPURCHASE = (3, 6, 12)
FEW = 5
"""Accounts of a cohort from which on its revenue is told."""
BEYOND = 4
"""Periods by which a projection goes beyond what was seen, at most, in the figure: further out all is model."""


@dataclass(frozen=True)
class Stays:
    """How long the accounts of `book` stay, by `spells`; `frame` is one row per account known on their day.

    `rate` is the yearly retention that the plain arithmetic goes by, None where none can be told. `reason` and `share`
    are the claim that is looked at: so large a share leave for this reason.
    """

    book: Book
    spells: Spells
    frame: pd.DataFrame
    rate: float | None
    reason: str
    share: float

    # --- the curve of all ---

    @cached_property
    def tenures(self) -> pd.DataFrame:
        """As `retention.tenures.tenures`; raises BookError if it has no account whose age is known."""
        found = tenures(self.spells)
        if found.empty:
            raise BookError(label("stay_no_tenure"))
        return found

    @cached_property
    def curve(self) -> pd.DataFrame:
        """The curve of all accounts (`retention.curves.curves`); raises BookError if too few are at risk for one."""
        found = curves(self.tenures)
        if found.empty:
            raise BookError(label("stay_no_tenure"))
        return found

    @property
    def by_year(self) -> pd.DataFrame:
        """The curve at whole years: years, accounts (under observation then), survival, low, high, constant.

        constant is what a yearly retention of `rate` comes to; absent without one. Years that the curve does not reach
        are left out. Raises BookError where it does not reach one.
        """
        steps = self.curve
        reach = int(steps["years"].iloc[-1])
        years = range(int(steps["years"].iloc[0]) + 1, min(reach, 2 * YEARS) + 1)
        if not years:
            raise BookError(
                label("stay_short", reach=f"{steps['years'].iloc[-1]:.1f}", share=f"{self.last['survival']:.1%}")
            )
        table = survival_at(steps, years)[["years", "survival", "low", "high"]]
        counts = numbers_at_risk(self.tenures, years).drop(columns="group").iloc[0]
        table.insert(1, "accounts", counts.to_numpy("int64"))
        if self.rate is not None:
            table["constant"] = self.rate ** (table["years"] - steps["years"].iloc[0])
        return table

    @property
    def last(self) -> pd.Series:
        """The end of the curve: years, at_risk, survival, low, high."""
        row: pd.Series = self.curve.iloc[-1]
        return row

    @cached_property
    def constant(self) -> pd.Series:
        """Whether accounts leave as often in each year of tenure (`arithmetic.constancy`): p, verdict and more."""
        row: pd.Series = arithmetic.constancy(arithmetic.by_year_of_tenure(self.tenures)).iloc[0]
        return row

    @property
    def first_years(self) -> pd.DataFrame:
        """Accounts gone by year of tenure (`arithmetic.by_year_of_tenure`), of years with an account-year at least.

        Columns: tenure_year, account_years, gone, gone_rate, low, high.
        """
        table = arithmetic.by_year_of_tenure(self.tenures).rename(columns={"year": "tenure_year", "rate": "gone_rate"})
        return table[table["account_years"] >= 1].reset_index(drop=True)

    # --- a year's retention ---

    @cached_property
    def yearly(self) -> pd.DataFrame:
        """As `arithmetic.yearly_retention`, by quarter end; raises BookError if no year is decided."""
        table, own = arithmetic.yearly_retention(self.spells), self.spells
        if table.empty:
            raise BookError(label("stay_no_year", begins=own.whole_from, decided=own.decided_until))
        return table.drop(columns="day")

    @property
    def revenue_kept(self) -> pd.DataFrame:
        """What became of the revenue of the year before last (`arithmetic.revenue_retention`), one row.

        Columns: start, contraction, lost, expansion, gross_kept, net_kept. Raises BookError if that year is not in the
        book.
        """
        table = arithmetic.revenue_retention(self.frame).drop(columns="new")
        if table[["start", "gross", "net"]].isna().any(axis=None):
            raise BookError(label("stay_no_year_before"))
        return table.rename(columns={"gross": "gross_kept", "net": "net_kept"})

    # --- groups ---

    @cached_property
    def baseline(self) -> dt.date:
        """The day that segments are those of: the first quarter's end on which a whole year is known.

        Raises BookError where nothing that comes after is decided.
        """
        begins, decided = self.spells.begins, self.spells.decided_until
        first = max(after(begins, WINDOW) - LATE, self.spells.whole_from)
        end = quarter_end(f"{first.year:04}Q{(first.month + 2) // 3}")
        if end > decided:
            raise BookError(label("stay_no_baseline", begins=begins, decided=decided))
        return end

    @cached_property
    def segments(self) -> Groups:
        """Accounts by the segment they had on `baseline`, counted from that day."""
        day = self.baseline
        then = accounts(self.book, day, WINDOW)
        own = segments(then, bars(then))["segment"].fillna(INACTIVE)
        return self._compared(standing(self.spells, day), own.set_axis(then["account_id"]))

    @cached_property
    def offices(self) -> Groups:
        """Accounts by sales office, by years of tenure."""
        return self._by("sales_office")

    @cached_property
    def industries(self) -> Groups:
        """Accounts by industry, by years of tenure."""
        return self._by("industry")

    @cached_property
    def first_year(self) -> Groups:
        """Accounts by the value class of their first year, counted from its end (`beginnings.first_year_class`)."""
        found = first_year_class(self.book, self.spells, bars(self.frame)).set_index("account_id")
        return self._compared(tenures(self.spells, found["known_on"]), found["class"])

    def _by(self, column: str) -> Groups:
        self.book.need("accounts", column)
        return self._compared(self.tenures, self.frame.set_index("account_id")[column])

    def _compared(self, frame: pd.DataFrame, named: pd.Series) -> Groups:
        found = Groups(frame, named)
        if frame.empty or found.frame["group"].nunique() < 2:
            raise BookError(label("stay_no_groups"))
        return found

    # --- cohorts ---

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """As `retention.cohorts.cohorts`: one row per cohort and quarter."""
        return cohorts(self.book, self.spells)

    def wide(self, value: str) -> pd.DataFrame:
        """The cohorts for a heat map of "share" or "revenue_share"; without those of which nothing can be told.

        Revenue is told of cohorts of FEW accounts or more: one order of one account is no development. Raises BookError
        if no cohort is left.
        """
        table = wide(self.cohorts, value)
        if value == "revenue_share":
            table = table[table["accounts"] >= FEW]
        table = table.dropna(subset=list(table.columns[2:]), how="all").reset_index(drop=True)
        if table.empty:
            raise BookError(label("cohorts_none"))
        return table

    @property
    def cohort_table(self) -> pd.DataFrame:
        """One row per cohort: cohort, accounts, then shares of accounts and revenue 4, 8 and 12 quarters later.

        kept_4, ..., earned_4, ... (of cohorts of FEW accounts or more); quarters that no cohort has come to, and
        cohorts of which nothing is decided, are left out. Raises BookError if no cohort is left.
        """
        shares, money = wide(self.cohorts, "share"), wide(self.cohorts, "revenue_share")
        money.loc[money["accounts"] < FEW, money.columns[2:]] = float("nan")
        table = shares[["cohort", "accounts"]].copy()
        for name, cells in (("kept", shares), ("earned", money)):
            for quarter in (str(number) for number in QUARTERS):
                if quarter in cells:
                    table[f"{name}_{quarter}"] = cells[quarter]
        told = table.columns[2:][table[table.columns[2:]].notna().any()]
        if told.empty:
            raise BookError(label("cohorts_none"))
        table = table[["cohort", "accounts", *told]]
        return table.dropna(subset=list(told), how="all").reset_index(drop=True)

    @cached_property
    def repurchase(self) -> pd.DataFrame:
        """As `beginnings.repurchase`; raises BookError if no account is new to the book."""
        table = repurchase(self.book, self.spells, REPURCHASE)
        table = table[table["accounts"] > 0].reset_index(drop=True)
        if table.empty:
            raise BookError(label("stay_no_new"))
        return table

    # --- projection ---

    @cached_property
    def periods(self) -> pd.DataFrame:
        """As `projection.periods`, quarter by quarter of tenure."""
        return projection.periods(self.tenures)

    @cached_property
    def trial(self) -> pd.DataFrame:
        """As `projection.trial`; raises BookError with the reason if no projection could be tried."""
        try:
            return projection.trial(self.periods)
        except UserError as refused:
            raise BookError(label("stay_untried", reason=refused)) from None

    @cached_property
    def projected(self) -> pd.DataFrame:
        """As `projection.projected` up to YEARS, or a year beyond what was seen if that is longer.

        Raises BookError if no account's whole period of tenure was seen, or no model can be fitted.
        """
        table = self.periods
        if table.empty:
            raise BookError(label("stay_no_tenure"))
        found = projection.projected(table, max(round(YEARS * YEAR / projection.QUARTER), len(table) + BEYOND))
        if not set(found["model"]) & set(projection.PARAMETERS):
            raise BookError(label("stay_no_projection", lost=int(table["lost"].sum()), many=len(table)))
        return found

    # --- why ---

    @cached_property
    def leavers(self) -> pd.DataFrame:
        """As `reasons.leavers`; raises BookError if nobody left or the book holds no reasons."""
        self.book.need("exits", "reason")
        found = reasons.leavers(self.spells)
        if found.empty:
            raise BookError(label("stay_nobody_left"))
        return found

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """As `reasons.reason_shares`; raises BookError if nobody said why."""
        table = reasons.reason_shares(self.leavers)
        if table.empty:
            raise BookError(label("stay_nobody_said", left=len(self.leavers)))
        return table

    @cached_property
    def claim(self) -> pd.DataFrame:
        """As `reasons.claim` for `reason` and `share`; raises BookError if nobody said why."""
        self.reasons  # noqa: B018 -- raises where there is none
        return reasons.claim(self.leavers, self.reason, self.share)

    @cached_property
    def incidence(self) -> pd.DataFrame:
        """As `reasons.incidence` by cause; raises BookError if the book has no reasons, or too few accounts for it."""
        self.book.need("exits", "reason")
        found = reasons.incidence(self.tenures)
        if found.empty:
            raise BookError(label("stay_no_tenure"))
        return found
