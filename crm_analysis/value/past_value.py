"""The value forecast put to the test: made earlier by the same models, and what has come since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import clone

from crm_analysis.periods import before
from crm_analysis.value.candidates import fitted
from crm_analysis.value.lifetime.worth import costed, lifetime_value
from crm_analysis.value.spend_choice import fitted_spend
from crm_analysis.value.splits import Splits

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.candidates import Model
    from crm_analysis.value.lifetime.spend import SpendModel

_ALMOST_NONE = 1e-9  # of a discount: money is compared as it came


@dataclass(frozen=True)
class PastValue:
    """A forecast of money made on `made_on` for the time up to `until`, and what came, neither discounted.

    `total` has one row: accounts, value, low, high (of their sum), came (money, before cost to serve), inside, bias
    (value / came - 1; NaN where nothing came). `accounts` has account_id, value, low, high, came. Accounts without an
    order by then, and those whose costs since are not known, are in neither.
    """

    made_on: dt.date
    until: dt.date
    total: pd.DataFrame
    accounts: pd.DataFrame


def past_value(
    book: Book,
    as_of: str | dt.date,
    model: Model,
    spend: SpendModel,
    window: str,
    unit: str = "week",
    returns: str = "net",
) -> PastValue:
    """The forecast that these models, chosen since but fitted to what was known one `window` earlier, would have made.

    Raises BookError for a book without orders, UserError where a model cannot be fitted to what was known.
    """
    import pandas as pd

    splits = Splits(book.as_of(as_of), unit, returns, tuple(getattr(model, "covariates", ())))
    until = splits.ends
    made_on = before(until, window)
    own, known = fitted(model, splits, made_on, window)
    worth = lifetime_value(known, own, fitted_spend(clone(spend), known), None, window, _ALMOST_NONE)
    table = worth.accounts[["account_id", "value", "low", "high"]].copy()
    came = table["account_id"].map(splits.brought(made_on, until, spend.money))
    told = came.notna()
    if spend.money == "margin":
        since = splits.accounts(window).set_index("account_id")
        told &= table["account_id"].map(costed(since)).fillna(False).astype(bool)
    sums = worth.rolled(pd.Series(np.where(told, "told", ""), index=table["account_id"])).set_index("key")
    row = sums[["accounts", "value", "low", "high"]].reindex(["told"], fill_value=0).iloc[0]
    total = pd.DataFrame([row.to_dict() | {"came": float(came[told].sum())}]).astype({"accounts": "int64"})
    total["inside"] = total["came"].between(total["low"], total["high"])
    total["bias"] = total["value"] / total["came"].where(total["came"] > 0) - 1
    return PastValue(made_on, until, total, table.assign(came=came)[told].reset_index(drop=True))
