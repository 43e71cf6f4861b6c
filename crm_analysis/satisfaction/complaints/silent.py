"""Silent dissatisfaction: accounts that have not complained, and look like those who did shortly before they did.

On the quarter ends of the panel, of the accounts there without a complaint in the year before: who complained within
the half-year after? A logistic model, shrunk where complainers are few, learns it from what was known then; features of
complaints are left out. It can only find accounts that are like *complainers*. Whoever never complains, whatever
happens, looks like nobody who did, and no complaint will ever prove a forecast of them right or wrong.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.at_risk import segment_of
from crm_analysis.churn.in_words import NOTICED, reasons
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.features import FEATURES
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.periods import after, before
from crm_analysis.value.segments import INACTIVE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

YEAR, AHEAD = "12M", "6M"
"""Silent is without a complaint for so long; the forecast is of a complaint within so long."""
LEAST = 50
"""Accounts that complained after such a silence that are needed to learn from."""
QUIET = "quiet"
"""The column that stands for silence against an account's own rhythm: log(1 + ratio), without the bends that a model of
leaving gives it."""
LEFT_OUT = ("silence_days", "rhythm_days", "silence_ratio", "segment")
PREDICTORS = (
    QUIET,
    *(name for name, feature in FEATURES.items() if feature.group != "complaints" and name not in LEFT_OUT),
)
"""What the model may know of an account."""


@dataclass(frozen=True)
class Cases:
    """Accounts that were silent on earlier days, and whether they complained.

    `frame`: rows of a panel with the predictors, then came (1 if it complained within AHEAD after as_of), sorted by
    as_of and account_id.
    """

    frame: pd.DataFrame

    @property
    def complainers(self) -> int:
        """Accounts that complained after such a silence."""
        return int(self.frame.loc[self.frame["came"] == 1, "account_id"].nunique())

    def until(self, day: dt.date) -> pd.DataFrame:
        """The cases decided by a day."""
        days = self.frame["as_of"]
        known = [moment for moment in days.unique() if after(moment.date(), AHEAD) <= day]
        return self.frame[days.isin(known)].reset_index(drop=True)

    def of(self, day: dt.date) -> pd.DataFrame:
        """The cases of a day."""
        return self.frame[self.frame["as_of"].dt.date == day].reset_index(drop=True)


def cases(book: Book, panel: pd.DataFrame, as_of: dt.date) -> Cases:
    """The cases of the panel's days (`churn.survival.panel.account_quarters`) that are decided on `as_of`.

    Days before complaints were recorded for a year are left out. Raises BookError if none is left.
    """
    known = book.as_of(as_of)
    last = last_known(known)
    days = [day.date() for day in sorted(panel["as_of"].unique()) if after(day.date(), AHEAD) <= last]
    first = _first(known)
    days = [day for day in days if _recorded(first, day)]
    if not days:
        raise BookError(label("silent_short", day=as_of))
    told = _told(known, days)
    rows = panel[panel["as_of"].dt.date.isin(days)].reset_index(drop=True)
    place = told.index.get_indexer(rows["account_id"])
    day = np.searchsorted(np.array(days, dtype="datetime64[D]"), rows["as_of"].to_numpy("datetime64[D]"))
    recent, came = (np.zeros(len(rows), dtype=bool) for _ in range(2))
    ever = place >= 0
    for name, found in (("recent", recent), ("came", came)):
        grid = told[[f"{name}_{at}" for at in range(len(days))]].to_numpy() > 0
        found[ever] = grid[place[ever], day[ever]]
    frame = prepared(rows).assign(came=came.astype(np.int64))[~recent]
    return Cases(frame.reset_index(drop=True))


def silent_today(book: Book, today: pd.DataFrame) -> pd.DataFrame:
    """The rows of the panel of one day whose accounts had not complained for a year, with the predictors.

    Raises BookError if complaints had not been recorded for a year by then, or the panel is empty.
    """
    if today.empty:
        raise BookError(label("silent_nobody"))
    day = today["as_of"].iloc[0].date()
    known = book.as_of(day)
    if not _recorded(_first(known), day):
        raise BookError(label("silent_short", day=day))
    told = _told(known, [day])
    spoke = told.index[told["recent_0"] > 0]
    return prepared(today[~today["account_id"].isin(spoke)].reset_index(drop=True))


def prepared(panel: pd.DataFrame) -> pd.DataFrame:
    """The panel with the predictors that are not in it."""
    return panel.assign(**{QUIET: np.log1p(panel["silence_ratio"].to_numpy(np.float64))})


def learned(frame: pd.DataFrame) -> LeavingModel:
    """The model fitted to cases; it tells p_1, low_1 and high_1, the chance of a complaint within AHEAD.

    It is that of leaving with one step, so that its penalty, clusters and gaps are dealt with in one place. Raises
    BookError if nothing can be learned.
    """
    return fitted(frame, [name for name in PREDICTORS if name in frame])


def fitted(frame: pd.DataFrame, features: list[str]) -> LeavingModel:
    """A model of some features fitted to cases; raises BookError if it cannot be."""
    import pandas as pd

    rows = pd.DataFrame({"row": np.arange(len(frame)), "step": 1, "left": frame["came"].to_numpy()})
    try:
        return LeavingModel(features=features).fit(rows, frame)
    except UserError as refused:  # its words are those of leaving
        raise BookError(label("silent_unfit")) from refused


def enough(found: Cases) -> Cases:
    """The cases, if LEAST accounts complained after such a silence; else raises BookError with how many did."""
    if found.complainers < LEAST:
        raise BookError(label("silent_few", found=found.complainers, least=LEAST))
    return found


def listed(model: LeavingModel, today: pd.DataFrame, frame: pd.DataFrame, bar: float) -> pd.DataFrame:
    """The silent accounts of `silent_today`, the likeliest to complain first, then by account_id.

    Columns: account_id, name, segment, rep_id (as far as `frame` has them), chance (of a complaint within half a year),
    low, high (of that chance; `LeavingModel.predict`), alike (the chance is `bar` or more), reasons (what raises it
    most against its segment, in words; what the model saw, not what is the matter).
    """
    import pandas as pd

    told = model.predict(today)
    segment = segment_of(today, frame) if "segment" in frame else pd.Series("", index=today.index)
    table = pd.DataFrame({"account_id": today["account_id"].to_numpy()})
    beside = frame.set_index("account_id").reindex(table["account_id"])
    for name in ("name", "segment", "rep_id"):
        if name in beside:
            table[name] = beside[name].to_numpy(dtype=object)
    if "rep_id" in table:
        table["rep_id"] = table["rep_id"].fillna(label("owner_nobody"))
    if "segment" in table:
        table["segment"] = table["segment"].fillna(INACTIVE)
    table["chance"], table["low"], table["high"] = (told[f"{name}_1"].to_numpy() for name in ("p", "low", "high"))
    table["alike"] = table["chance"] >= bar
    table["reasons"] = _reasons(model, today, segment)
    return table.sort_values(["chance", "account_id"], ascending=[False, True], ignore_index=True)


def _reasons(model: LeavingModel, today: pd.DataFrame, segment: pd.Series) -> NDArray[np.object_]:
    """The reasons in words; that an account orders more than others is told last, for it is no sign of discontent."""
    import pandas as pd

    added = model.contributions(today, segment)
    volume = added["order_count"] if "order_count" in added else pd.Series(0.0, index=added.index)
    own = added.drop(columns=["order_count", "class"], errors="ignore").rename(columns={QUIET: "silence_ratio"})
    words = reasons(own, today, segment).to_numpy(dtype=object)
    usual = today["order_count"].groupby(np.asarray(segment, dtype=str)).transform("median")
    many = (volume >= NOTICED) & (today["order_count"] > usual)
    for place in np.flatnonzero(many.to_numpy()).tolist():
        numbers = {"own": today["order_count"].iat[place], "typical": usual.iat[place]}
        said = label("silent_reason_orders", **{name: f"{number:.0f}" for name, number in numbers.items()})
        words[place] = clauses(filter(None, (words[place], said)))
    words[words == ""] = label("nothing_unusual")
    return words


def _recorded(first: dt.date | None, day: dt.date) -> bool:
    """Whether complaints, of which the first is known, were recorded for the year before a day."""
    return first is not None and first <= before(day, YEAR) + LATE


def _first(known: Book) -> dt.date | None:
    known.need("complaints")
    rows = known.table("complaints", "opened_on")
    first = rows.opened_on.min().cast("string").execute()
    return dt.date.fromisoformat(str(first)) if isinstance(first, str) else None


def _told(known: Book, days: list[dt.date]) -> pd.DataFrame:
    """By account_id (the index), how many complaints it had in the year before each day and in AHEAD after it."""
    rows = known.table("complaints", "account_id", "opened_on")
    sums: dict[str, Any] = {}
    for place, day in enumerate(days):
        spans = {"recent": (before(day, YEAR), day), "came": (day, after(day, AHEAD))}
        for name, (start, end) in spans.items():
            inside = (rows.opened_on > ibis.literal(start)) & (rows.opened_on <= ibis.literal(end))
            sums[f"{name}_{place}"] = inside.sum()
    each = rows.group_by("account_id").agg(**sums)
    return engine.frame(each.order_by("account_id")).set_index("account_id")
