"""The outlook of a book: what each account will bring, by which model, and how far that can be trusted.

A facade for the value page. Each step is computed once; what the book cannot carry is said in words, not raised,
so that the rest can still be shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.accounts import LATE, WINDOW, groups
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after, before
from crm_analysis.reprs import Card, as_html, as_text, said
from crm_analysis.value.candidates import fitted
from crm_analysis.value.cost_to_serve import avoidable
from crm_analysis.value.holdout import HORIZON as TRIED
from crm_analysis.value.holdout import auto
from crm_analysis.value.lifetime.dropout import MBGCNBD
from crm_analysis.value.lifetime.forecasts import discount
from crm_analysis.value.lifetime.worth import (
    ANNUAL_RATE,
    HORIZON,
    Worth,
    against_last_year,
    costed,
    group_key,
    lifetime_value,
)
from crm_analysis.value.past_forecast import PastForecast, coming, past_forecast
from crm_analysis.value.past_value import PastValue, past_value
from crm_analysis.value.segments import INACTIVE, bars, segments
from crm_analysis.value.spend_choice import SpendChoice, spend_choice
from crm_analysis.value.splits import Splits

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.candidates import Model
    from crm_analysis.value.histories import Histories
    from crm_analysis.value.holdout import Holdout


@dataclass(frozen=True)
class Outlook:
    """What the accounts of `book` are worth on the day of `histories`, the last of which anything is known.

    - `splits`: what was read of the book on earlier days, for other steps to use.
    - `frame`: one row per account known, as `accounts.accounts` over a year, with its segment, or that it is inactive.
    - `trial`: how the model was chosen; None if none could be tried, and `untried` says why.
    - `model`, `spend`, `cost`, `worth`: the fitted model of orders, the model of their value, avoidable cost by account
      (None where spending names none), the values. They are None if no value can be told, and `refusal` says why.

    Tables ask for what may be missing, and raise BookError with the sentence that says so.
    """

    book: Book
    splits: Splits
    histories: Histories
    horizon: str
    frame: pd.DataFrame
    trial: Holdout | None
    untried: str
    model: Model | None
    spend: SpendChoice | None
    cost: pd.DataFrame | None
    worth: Worth | None
    refusal: str

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        worth, model = self.worth, self.model
        row = None if worth is None else worth.total.iloc[0]
        facts = {
            "of": self.book.name,
            "as_of": self.day,
            "accounts": len(self.histories.frame),
            "model": getattr(model, "title", None),
            "horizon": self.horizon,
            "value": None if row is None else f"{said(row['value'])} {self.book.currency or ''}",
            "interval": None if row is None else f"{said(row['low'])} – {said(row['high'])} (90%)",
            "refusal": self.refusal or None,
        }
        return Card("Outlook: value", facts, next=(".listed", ".by_group", '.by("region")', ".candidates", ".compared"))

    @property
    def day(self) -> dt.date:
        """The day looked from."""
        return self.histories.as_of

    @property
    def told(self) -> Worth:
        """The values; raises BookError if there are none."""
        if self.worth is None:
            raise BookError(label("value_none"))
        return self.worth

    @property
    def tried(self) -> Holdout:
        """How the model was chosen; raises BookError if none could be tried."""
        self.told  # noqa: B018 -- without a value its trial is of no interest
        if self.trial is None:
            raise BookError(label("trial_none"))
        return self.trial

    # --- value ---

    @cached_property
    def listed(self) -> pd.DataFrame:
        """One row per account with a history, largest value first: account_id, name, segment, what Worth.accounts has.

        Then the columns of `compared` that are not among them, where last year can be told. Without cost to serve,
        not its columns.
        """
        table = self._named(self.told.accounts)
        if self.cost is None:
            table = table.drop(columns=["gross", "cost_to_serve"])
        try:
            more = self.compared.set_index("account_id")
        except BookError:
            more = table[["account_id"]].set_index("account_id")
        table = table.join(more[[name for name in more if name not in table]], on="account_id")
        return table.sort_values(["value", "account_id"], ascending=[False, True], ignore_index=True)

    @property
    def top(self) -> pd.DataFrame:
        """The first tenth of accounts by value, one row: accounts, value, low, high, value_share (of the whole)."""
        import pandas as pd

        count = -(-len(self.listed) // 10)
        first = pd.Series("top", index=self.listed["account_id"].head(count))
        table = self.told.rolled(first).set_index("key").loc[["top"], ["accounts", "value", "low", "high"]]
        return table.assign(value_share=_share(table["value"], self.told)).reset_index(drop=True)

    def by(self, column: str) -> pd.DataFrame:
        """Values added up by a column of `frame`, largest first: that column, accounts, revenue, expected_orders, ...

        ... value, low, high, value_share. Only accounts with a history count; revenue is of the last year. Raises
        BookError if the book lacks the column or a value.
        """
        worth = self.told
        if column not in self.frame:
            self.book.need("accounts", column)
        return self._rolled(worth, self.frame.set_index("account_id")[column], column)

    @property
    def by_group(self) -> pd.DataFrame:
        """Values added up by customer group, as `by`, with the name of its largest office."""
        worth = self.told
        self.book.need("accounts", "group_id")
        table = self._rolled(worth, group_key(self.frame), "group_id")
        names = groups(self.frame).set_index("group_id")
        if "name" in names:
            table.insert(1, "name", table["group_id"].map(names["name"]))
        return table

    # --- against last year ---

    @cached_property
    def compared(self) -> pd.DataFrame:
        """As `lifetime.worth.against_last_year`, but told "loss" where more than a loss may still be nothing.

        That is where the interval lies above last year repeated only because that is negative, and does not lie above
        0. Raises BookError if the orders do not fill a year.
        """
        worth = self.told
        start, begins = before(self.day, WINDOW), self.histories.frame["first_order"].min().date()
        if begins > start + LATE:
            raise BookError(label("last_year_none", begins=begins, day=self.day))
        table = against_last_year(worth, self._year, self.cost)
        table.loc[(table["told"] == "more") & (table["low"] <= 0), "told"] = "loss"
        return table

    @property
    def _year(self) -> pd.DataFrame:
        """The accounts with their money of the last year, counted as the histories count it."""
        if self.histories.returns != "ignore":
            return self.frame
        frame, ids = self.frame.copy(), self.frame["account_id"]
        for money in ("revenue", "margin"):
            if money in frame:
                frame[money] = ids.map(self.splits.brought(before(self.day, WINDOW), self.day, money))
        if "costed_revenue" in frame:
            frame["costed_revenue"] = frame["revenue"].where(costed(self.frame).to_numpy(), float("nan"))
        return frame

    def differing(self, told: str) -> pd.DataFrame:
        """The accounts told "more" or "less" than last year repeated, largest difference first, with their numbers."""
        self.compared  # noqa: B018 -- raises where there is none
        table = self.listed[self.listed["told"] == told].join(
            self.frame.set_index("account_id")["orders"], on="account_id"
        )
        order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    # --- how far to trust it ---

    @property
    def candidates(self) -> pd.DataFrame:
        """As `Holdout.summary`, without the counts of days and forecasts."""
        table = self.tried.summary.rename(columns={"note": "remark"})
        return table.drop(columns=["origins", "forecasts"]).round(3)

    @property
    def calibration(self) -> pd.DataFrame:
        """The chosen model's rows of `Holdout.calibration`: frequency, forecasts, predicted, came, low, high."""
        table = self.tried.calibration
        own = table[table["model"] == self.tried.chosen].drop(columns="model")
        own = own.rename(columns={"frequency": "repeats", "orders": "came"})
        return own.round(2).reset_index(drop=True)

    @property
    def candidate(self) -> pd.Series:
        """The chosen model's row of `Holdout.summary`."""
        return self.tried.summary.iloc[0]

    @cached_property
    def past(self) -> PastForecast:
        """The last quarter's forecast by the model, fitted to what was known then, and what came."""
        self.told  # noqa: B018 -- raises where there is no model
        try:
            return past_forecast(self.book, self.day, self.model, self.histories.unit, self.histories.returns)
        except UserError as refused:
            raise BookError(label("past_none", reason=refused)) from None

    @cached_property
    def back(self) -> PastValue:
        """What the models, fitted to what was known one hold-out earlier, forecast of money, and what came."""
        self.tried  # noqa: B018 -- raises where no hold-out was possible
        assert self.model is not None
        assert self.spend is not None
        own, trial = self.histories, self.tried
        try:
            return past_value(self.book, self.day, self.model, self.spend.model, trial.horizon, own.unit, own.returns)
        except UserError as refused:
            raise BookError(label("back_none", reason=refused)) from None

    @property
    def back_total(self) -> pd.DataFrame:
        """As `PastValue.total`: made_on, until, accounts, value, low, high, came_money, inside, value_bias."""
        table = self.back.total.rename(columns={"came": "came_money", "bias": "value_bias"})
        table.insert(0, "made_on", self.back.made_on)
        table.insert(1, "until", self.back.until)
        return table

    @property
    def past_total(self) -> pd.DataFrame:
        """As `PastForecast.total`, with the share of accounts inside their interval as inside_share."""
        table = self.past.total.rename(columns={"orders": "came"})
        return table.assign(inside_share=self.past.inside).round(3)

    @property
    def next_total(self) -> pd.DataFrame:
        """The orders expected within the next quarter (`past_forecast.coming`), for the next report to hold against.

        Raises BookError without a word for a naive rule that these histories are not made for.
        """
        self.told  # noqa: B018 -- raises where there is no model
        assert self.model is not None
        try:
            return coming(self.model, self.histories).round(3)
        except UserError:
            raise BookError("") from None

    @property
    def past_misses(self) -> pd.DataFrame:
        """The accounts that the last quarter's forecast missed by most, more orders first, then fewer."""
        return self._named(self.past.misses().rename(columns={"orders": "came"})).round(
            {"expected_orders": 2, "miss": 2}
        )

    @property
    def parameters(self) -> pd.DataFrame:
        """The fitted parameters of both models: model, parameter, estimate, standard_error, low_95, high_95."""
        import pandas as pd

        self.told  # noqa: B018 -- raises where there is no model
        assert self.spend is not None
        fits = [self.model, self.spend.model]
        tables = [fit.summary_.assign(model=fit.title) for fit in fits if fit is not None]
        table = pd.concat(tables, ignore_index=True).rename(columns={"low": "low_95", "high": "high_95"})
        return table[["model", *table.columns.drop("model")]]

    @property
    def spend_candidates(self) -> pd.DataFrame:
        """As `SpendChoice.scores`; raises BookError if none were tried."""
        self.told  # noqa: B018 -- raises where there is none
        if self.spend is None or self.spend.scores.empty:
            raise BookError(label("spend_untried"))
        return self.spend.scores.rename(columns={"note": "remark"})

    @property
    def left_out(self) -> pd.DataFrame:
        """The accounts known that have no history, and why: account_id, name, reason, revenue."""
        return self._named(self.histories.left_out)[
            ["account_id", *(["name"] if "name" in self.frame else []), "reason", "revenue"]
        ]

    # --- how it is made ---

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with the accounts' name and segment behind account_id."""
        names = [name for name in ("name", "segment") if name in self.frame]
        beside = self.frame.set_index("account_id")[names].reindex(table["account_id"])
        own = [name for name in table if name != "account_id"]
        return table.assign(**{name: beside[name].to_numpy() for name in names})[["account_id", *names, *own]]

    def _rolled(self, worth: Worth, by: pd.Series, name: str) -> pd.DataFrame:
        table = worth.rolled(by).rename(columns={"key": name})
        own = self.frame[self.frame["account_id"].isin(worth.accounts["account_id"])]
        key = own["account_id"].map(by.astype("string")).fillna("").astype(str)
        table.insert(2, "revenue", table[name].map(own.groupby(key)["revenue"].sum()).fillna(0.0))
        return table.assign(value_share=_share(table["value"], worth))


def outlook(
    book: Book,
    as_of: str | dt.date,
    horizon: str = HORIZON,
    tried: str = TRIED,
    annual_rate: float = ANNUAL_RATE,
    unit: str = "week",
    returns: str = "net",
) -> Outlook:
    """What the accounts of a book are worth as known on a day, for a `horizon`, discounted by `annual_rate`.

    The model of orders is the candidate with the best log score in hold-outs of the length `tried`; where the book is
    too short for one, MBG/CNBD-k, untried. Raises UserError for what is no horizon, rate, unit or word of `returns`.
    """
    known = book.as_of(as_of)
    splits = Splits(known, unit, returns)
    own = splits.of(splits.ends)
    for name, window in (("horizon", horizon), ("tried", tried)):
        try:
            after(own.as_of, window)
        except UserError as wrong:
            raise UserError(f"{name}: {wrong}") from None
    discount(annual_rate, unit)
    frame = splits.accounts(WINDOW)
    frame["segment"] = segments(frame, bars(frame))["segment"].fillna(INACTIVE)
    trial, untried, model, spend, worth, refusal = None, "", None, None, None, ""
    cost = _cost(known, own.as_of)
    try:
        splits.begins  # noqa: B018 -- raises where there is no order
        try:
            chosen = auto(known, own.as_of, tried, unit=unit, returns=returns)
            trial, model, used = chosen.holdout, chosen.model, chosen.histories
        except UserError as short:
            untried = str(short)
            model, used = fitted(MBGCNBD(), splits, own.as_of, tried)
        spend = spend_choice(known, own.as_of, used)
        worth = lifetime_value(used, model, spend.model, cost, horizon, annual_rate)
    except UserError as refused:
        refusal = str(refused)
    return Outlook(known, splits, own, horizon, frame, trial, untried, model, spend, cost, worth, refusal)


def _cost(book: Book, day: dt.date) -> pd.DataFrame | None:
    """Avoidable cost by account, None where spending names no account: what the values hold is then said so."""
    try:
        return avoidable(book, day)
    except BookError:
        return None


def _share(values: pd.Series, worth: Worth) -> pd.Series:
    """Parts of the value of the book; not known where that is not positive."""
    whole = float(worth.total["value"].iloc[0])
    return values / (whole if whole > 0 else float("nan"))
