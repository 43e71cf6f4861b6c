"""Last quarter's forecast beside what came: the model as it would have been fitted then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.periods import before
from crm_analysis.value.candidates import fitted
from crm_analysis.value.histories import Histories
from crm_analysis.value.holdout import auto
from crm_analysis.value.splits import Split, Splits

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.baselines import Baseline
    from crm_analysis.value.lifetime.model import PurchaseModel

LEVEL = 0.9
QUARTER = "3M"
DRAWS = 512
"""Draws of the total: its bounds at LEVEL are then known to about a tenth of its spread."""
SEED = 20260930
_BLOCK = 20_000  # accounts drawn at once


@dataclass(frozen=True)
class PastForecast:
    """A forecast made on `made_on` for the time up to `until`, and what came.

    - `model`: its title; `verdict`: why it was chosen, None if it was asked for.
    - `total`: one row: expected_orders, low, high (LEVEL, of the sum of all accounts), orders, inside; then
      new_orders and new_accounts: orders of accounts without a history on `made_on`, which no forecast was made for.
    - `accounts`: one row per account with a history, by account_id: expected_orders, low, high, orders, miss (orders
      less expected_orders), inside.
    """

    made_on: dt.date
    until: dt.date
    model: str
    verdict: str | None
    total: pd.DataFrame
    accounts: pd.DataFrame

    @property
    def inside(self) -> float:
        """The share of accounts whose orders lay within their interval."""
        return float(self.accounts["inside"].mean())

    def misses(self, count: int = 5) -> pd.DataFrame:
        """The largest misses: so many accounts that ordered more than expected, then so many that ordered less."""
        import pandas as pd

        more = self.accounts.sort_values(["miss", "account_id"], ascending=[False, True]).head(count)
        less = self.accounts.sort_values(["miss", "account_id"], ascending=[True, True]).head(count)
        return pd.concat([more[more["miss"] > 0], less[less["miss"] < 0]], ignore_index=True)


def past_forecast(
    book: Book,
    quarter_end: str | dt.date,
    model: PurchaseModel | Baseline | None = None,
    unit: str = "week",
    returns: str = "net",
) -> PastForecast:
    """The forecast of the quarter that ends on `quarter_end`, made the day before it began, and what came in it.

    `model` is fitted as of that day; None chooses it as of that day too, by `holdout.auto`. What came is told as known
    on `quarter_end`. Raises BookError for a book too short, NotIdentified for a model that cannot be fitted.
    """
    known = book.as_of(quarter_end)
    covariates = tuple(getattr(model, "covariates", ()))
    splits = Splits(known, unit, returns, covariates)
    until = splits.ends
    made_on = before(until, QUARTER)
    verdict = None
    if model is None:
        chosen = auto(known, made_on, QUARTER, unit=unit, returns=returns)
        own, histories, verdict = chosen.model, chosen.histories, chosen.holdout.verdict
    else:
        own, histories = fitted(model, splits, made_on, QUARTER)
    came = splits.between(made_on, until)
    of = came.reindex(histories.frame["account_id"]).fillna(0).to_numpy("int64")
    return _beside(own, verdict, Split(histories, QUARTER, of), until, came)


def coming(model: PurchaseModel | Baseline, histories: Histories) -> pd.DataFrame:
    """The orders of all accounts within a QUARTER of the histories' day: accounts, expected_orders, low, high (LEVEL).

    One row, as a later report holds it against what came.
    """
    import pandas as pd

    expected = model.orders(histories, QUARTER, LEVEL)["expected_orders"]
    low, high = np.quantile(sampled_totals(model, histories, QUARTER), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    total = {"accounts": len(expected), "expected_orders": expected.sum(), "low": low, "high": high}
    return pd.DataFrame([total])


def _beside(
    model: PurchaseModel | Baseline, verdict: str | None, split: Split, until: dt.date, came: pd.Series
) -> PastForecast:
    import pandas as pd

    accounts = model.orders(split.histories, split.window, LEVEL).assign(orders=split.came)
    accounts["miss"] = accounts["orders"] - accounts["expected_orders"]
    accounts["inside"] = accounts["orders"].between(accounts["low"], accounts["high"])
    totals = sampled_totals(model, split.histories, split.window)
    low, high = np.quantile(totals, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    orders = int(split.came.sum())
    new = came[~came.index.isin(accounts["account_id"])]
    total = {
        "expected_orders": accounts["expected_orders"].sum(),
        "low": low,
        "high": high,
        "orders": orders,
        "inside": bool(low <= orders <= high),
        "new_orders": int(new.sum()),
        "new_accounts": len(new),
    }
    return PastForecast(split.histories.as_of, until, model.title, verdict, pd.DataFrame([total]), accounts)


def sampled_totals(model: PurchaseModel | Baseline, histories: Histories, horizon: str) -> np.ndarray:
    """DRAWS draws of the number of orders of all accounts together: parameters and chance."""
    rng = np.random.default_rng(SEED)
    parameters = model.parameter_draws(DRAWS)
    totals = np.zeros(len(parameters), dtype=np.int64)
    for start in range(0, len(histories.frame), _BLOCK):
        rows = histories.frame.iloc[start : start + _BLOCK].reset_index(drop=True)
        part = Histories(rows, unit=histories.unit, as_of=histories.as_of, returns=histories.returns)
        totals += model.sampled(part, horizon, parameters, rng.random((len(parameters), len(rows)))).sum(axis=1)
    return totals
