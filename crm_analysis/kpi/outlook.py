"""The KPIs as a book tells them: where they stand, what changed beyond chance, what the programme did.

A facade for the KPI page. Each room is made once, when it is asked for; what the book cannot carry raises a BookError
that says so in words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from crm_analysis.accounts import accounts
from crm_analysis.errors import BookError
from crm_analysis.kpi import definitions
from crm_analysis.kpi.becoming import Becoming, becoming
from crm_analysis.kpi.comparison.charts import MonthChart, charts
from crm_analysis.kpi.comparison.funnels import COLUMNS as FUNNEL
from crm_analysis.kpi.comparison.funnels import funnels
from crm_analysis.kpi.comparison.lights import DIMENSIONS, YEAR_AGO, lights, lit
from crm_analysis.kpi.comparison.targets import targets
from crm_analysis.kpi.definitions import BY_NAME, KPIS
from crm_analysis.kpi.effect.verdict import Effect, effect, until
from crm_analysis.kpi.like_for_like import like_for_like
from crm_analysis.kpi.markets import market_shares
from crm_analysis.kpi.panel import Panel, panel
from crm_analysis.kpi.values import COMPANY
from crm_analysis.kpi.windows import QUARTER, YEAR, checked_kind, name_of
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.periods import quarter_end
from crm_analysis.reprs import Card, as_html, as_text
from crm_analysis.reps import reps
from crm_analysis.value.segments import bars

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.effect.months import Months

T = TypeVar("T")
UNTESTED = "untested"
"""The light of a figure that is not held against chance."""
BESIDE = ("sales_office", "rep")
"""Dimensions whose groups are held against each other."""
KNOWN = 0.9
"""Share of the accounts that have a word today of which it must have been known a year ago, too."""
OTHERS = {"programme": "unlock_effect", "targets": "unlock_targets"}
"""Tables that no KPI needs, and what of the page does."""


@dataclass(frozen=True)
class Parameters:
    """What a reader may set.

    `kind`: the window that figures are of (one of `windows.KINDS`); `baseline`: the quarter of whose accounts figures
    are told like for like ("": the last before the programme); the bars of High and Mid (0: those of the baseline);
    `silence`: what counts as leaving ("": chosen from the data).
    """

    kind: str = YEAR
    baseline: str = ""
    high_bar: float = 0.0
    mid_bar: float = 0.0
    silence: str = ""

    def __post_init__(self) -> None:
        checked_kind(self.kind)


@dataclass(frozen=True, eq=False)
class Outlook:
    """The KPIs as `book` tells them on `day`, a quarter's end."""

    book: Book
    day: dt.date
    wishes: Parameters = field(default_factory=Parameters)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {"of": self.book.name, "as_of": self.day}
        return Card("Outlook: KPIs", facts, next=(".scorecard", ".lights", ".targets", ".panel"))

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once; a BookError it raises is raised whenever it is asked for again."""
        if name not in self.kept:
            try:
                self.kept[name] = make()
            except BookError as lack:
                self.kept[name] = lack
        found = self.kept[name]
        if isinstance(found, BookError):
            raise found
        result: T = found
        return result

    @property
    def kind(self) -> str:
        """The window that figures are of."""
        return self.wishes.kind

    @property
    def currency(self) -> str:
        """The book's currency; "" where it names none."""
        return self.book.currency or ""

    @property
    def panel(self) -> Panel:
        """Quarters and accounts (`panel.Panel`), classes by the bars that were wished for."""
        return self._once("panel", self._panel)

    def _panel(self) -> Panel:
        wanted = self.wishes
        base = quarter_end(wanted.baseline) if wanted.baseline else None
        found = panel(self.book, self.day, baseline=base)
        if not (wanted.high_bar or wanted.mid_bar):
            return found
        then = accounts(self.book, found.baseline)
        return panel(self.book, self.day, baseline=base, bars=bars(then, wanted.high_bar, wanted.mid_bar))

    @cached_property
    def lights(self) -> pd.DataFrame:
        """Every cell against a year ago and against last quarter (`comparison.lights.lights`)."""
        left = self.not_compared
        return lights(self.panel, self.kind, dimensions=[name for name in DIMENSIONS if name not in left])

    @cached_property
    def not_compared(self) -> tuple[str, ...]:
        """Dimensions of which it was hardly known a year ago who belonged where.

        Most books tell the office of an account as it is today, and not what it was: against a year without offices
        every office would have grown. Raises BookError without a quarter.
        """
        found, many = self.panel, len(self.panel.ends)
        back = [many - 1 - step for step in (0, 1, 4, 5) if step < many]
        left = []
        for name, words in found.groups.items():
            shares = [(words[at] != "")[found.classes[at] >= 0] for at in back]
            told = [float(share.mean()) for share in shares if len(share)]
            if told and min(told) < KNOWN * told[0]:
                left.append(name)
        return tuple(left)

    @cached_property
    def scorecard(self) -> pd.DataFrame:
        """The company's figures against the same window a year before: one row per KPI that the book tells.

        Columns of `comparison.lights.lights` (light: UNTESTED of a figure that is not held against chance), and target,
        state and at (the figure) of the last quarter's target; NaN and "" without one. New accounts that became High
        are those that came in the year that ended a year before, and are followed for four quarters; their light is
        lit where p is small beside the number of KPIs (Bonferroni).
        """
        import pandas as pd

        table = self.lights
        rows = table[(table["dimension"] == COMPANY) & (table["against"] == YEAR_AGO)]
        more = [row for row in (self._became(len(rows) + 1), self._market()) if row]
        if more:
            whole = pd.DataFrame([*rows.to_dict("records"), *more], columns=list(rows.columns))
            place = whole["kpi"].map({kpi.name: at for at, kpi in enumerate(KPIS)})
            rows = whole.iloc[np.argsort(place.to_numpy(), kind="stable")]
        rows = rows.reset_index(drop=True)
        try:
            goals = self.targets
        except BookError:
            return rows.assign(target=np.nan, state="", at=np.nan)
        last = goals[(goals["dimension"] == COMPANY) & (goals["quarter"] == name_of(self.panel.ends[-1]))]
        last = last.rename(columns={"value": "at"}).set_index("kpi")[["target", "state", "at"]]
        found = rows.join(last, on="kpi")
        return found.assign(state=found["state"].fillna(""))

    def _became(self, cells: int) -> dict[str, object]:
        """The scorecard's row of new accounts that became High; none where a year, or the one before, is not told."""
        import pandas as pd

        try:
            step = self.becoming.against_a_year_ago()
        except BookError:
            return {}
        if step is None:
            return {}
        p, change = (pd.Series([value]) for value in (min(1.0, cells * step.p), step.change))
        light = lit(change, p, pd.Series([BY_NAME["became_high"].better]))[0]
        row = {name: getattr(step, name) for name in ("now", "before", "change", "low", "high", "p", "accounts")}
        return row | {"kpi": "became_high", "dimension": COMPANY, "group": "", "against": YEAR_AGO, "window": YEAR,
                      "quarter": name_of(self.panel.ends[-1]), "q": float(p[0]), "light": light,
                      "clusters": step.accounts, "clustered_by": "account", "why": ""}  # fmt: skip

    def _market(self) -> dict[str, object]:
        """The scorecard's row of the market share, a fact; none where no market is known."""
        try:
            table = market_shares(self.book, self.day)
        except BookError:
            return {}
        own = table[table["segment"] == ""]
        if own.empty:
            return {}
        last = own.iloc[-1]
        row = {"now": last["market_share"], "before": last["share_before"], "change": last["share_change"]}
        return row | {"kpi": "market_share", "dimension": COMPANY, "group": "", "against": YEAR_AGO, "window": YEAR,
                      "quarter": last["quarter"], "low": np.nan, "high": np.nan, "p": np.nan, "q": np.nan,
                      "light": UNTESTED, "clusters": 0, "clustered_by": "", "accounts": 0, "why": ""}  # fmt: skip

    @cached_property
    def funnels(self) -> pd.DataFrame:
        """Offices and sales people beside each other (`comparison.funnels.funnels`); no rows where none is known."""
        import pandas as pd

        known = [name for name in BESIDE if name in self.panel.groups]
        parts = [funnels(self.panel, name, self.kind) for name in known]
        told = [part for part in parts if len(part)]
        return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(FUNNEL))

    @cached_property
    def people(self) -> pd.DataFrame:
        """Our sales people (`reps.reps`); no rows where the book has none."""
        import pandas as pd

        try:
            return reps(self.book, self.day)
        except BookError:
            return pd.DataFrame({"rep_id": [], "name": []}, dtype=object)

    @cached_property
    def charts(self) -> tuple[dict[str, MonthChart], dict[str, str]]:
        """KPIs by month, and why others are not charted (`comparison.charts.charts`)."""
        return charts(self.book, self.day)

    @property
    def targets(self) -> pd.DataFrame:
        """Targets beside what came (`comparison.targets.targets`); raises BookError where none is known."""
        return self._once("targets", lambda: targets(self.book, self.panel))

    @cached_property
    def missing(self) -> pd.DataFrame:
        """What the book lacks, a row per sentence that says so: why, unlocks (the KPIs in words)."""
        import pandas as pd

        lacks: dict[str, list[str]] = {}
        try:
            for row in definitions.missing(self.panel).to_dict("records"):
                lacks.setdefault(row["why"], []).append(BY_NAME[row["kpi"]].title)
        except BookError as nothing:
            lacks[str(nothing)] = [label("unlock_kpis")]
        for table, words in OTHERS.items():
            if lack := self.book.why_not(table):
                lacks.setdefault(lack, []).append(label(words))
        return pd.DataFrame([(why, clauses(what)) for why, what in lacks.items()], columns=["why", "unlocks"])

    @property
    def like_for_like(self) -> pd.DataFrame:
        """KPIs of the accounts of the baseline beside the plain ones (`like_for_like.like_for_like`).

        Of years, or of quarters where those are wished for. Raises BookError without a baseline before the last one.
        """
        kind = QUARTER if self.kind == QUARTER else YEAR
        return self._once("like_for_like", lambda: like_for_like(self.panel, kind))

    @property
    def effect(self) -> Effect:
        """What the programme did (`effect.verdict.effect`); raises BookError where the book does not tell of one."""
        return self._once("effect", lambda: effect(self.book, self.panel))

    @property
    def until(self) -> Months:
        """The months until the effect on orders shows; raises BookError where nothing is left to compare with."""
        return self._once("until", lambda: until(self.book, self.panel, self.effect.units))

    @property
    def becoming(self) -> Becoming:
        """New accounts and what became of them, by the panel's High bar."""
        silence = self.wishes.silence or None
        return self._once("becoming", lambda: becoming(self.book, self.day, self.panel.bars, silence))


def outlook(book: Book, as_of: str | dt.date, wishes: Parameters | None = None) -> Outlook:
    """The KPIs as a book tells them, as known on a quarter's end."""
    known = book.as_of(as_of)
    assert known.day is not None
    return Outlook(known, known.day, wishes or Parameters())
