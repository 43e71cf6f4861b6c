"""Lifetime value: what each account will bring, discounted, less what only it costs; with intervals, and rolled up.

Value is orders to come times what an order brings, each order discounted to the day looked from, minus the avoidable
cost of serving the account for as long as it is there. Orders and their value are taken as unrelated given what is
known of the account (Fader, Hardie & Lee 2005, Journal of Marketing Research 42, 415-430).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.progress import busy
from crm_analysis.reprs import Card, as_html, as_text, said
from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime.forecasts import LEVEL, discount

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.value.lifetime.spend import SpendModel

HORIZON = "36M"
ANNUAL_RATE = 0.1
MOST, FEWEST, CELLS = 1000, 64, 40_000_000
"""Draws behind intervals: as many as make CELLS of draws times accounts, but between these."""
KNOWN = 0.95
"""The part of an account's revenue whose cost must be known for a margin to be told."""
_BLOCK = 20_000
_SEED = 20260930


@dataclass(frozen=True)
class Worth:
    """What accounts will bring within `horizon`, discounted by `annual_rate`.

    `accounts` has one row per history: account_id, alive (probability of being there now; NaN if the forecast does not
    know), expected_orders, order_value (expected, of an order), gross (discounted), cost_to_serve (avoidable, over the
    time the account is there, discounted; 0 where none is named), value = gross - cost_to_serve, low, high. `money`
    says whether value is margin or revenue, `holds` says it in a sentence, with the cost it holds. `years` is how
    many years' money the horizon is worth today.
    """

    accounts: pd.DataFrame
    money: str
    holds: str
    horizon: str
    annual_rate: float
    level: float
    years: float
    _draws: NDArray[np.float32] = field(repr=False)

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        row = self.total.iloc[0]
        facts = {
            "accounts": len(self.accounts),
            "money": self.money,
            "horizon": self.horizon,
            "value": row["value"],
            "interval": f"{said(row['low'])} – {said(row['high'])} ({self.level:.0%})",
        }
        return Card("Worth", facts, next=(".accounts", ".total", ".rolled(by)"))

    @property
    def draws(self) -> NDArray[np.float32]:
        """What each account may bring: a row per draw, a column per row of `accounts`."""
        return self._draws

    def rolled(self, by: pd.Series) -> pd.DataFrame:
        """Values added up by group, region or any other text: key, accounts, expected_orders, value, low, high.

        `by` has one text per account, indexed by account_id; accounts without one are the row "". Intervals are of
        sums: what is not known of the parameters moves all accounts together, what chance does adds up.
        Largest value first, then by key.
        """
        import pandas as pd

        key = self.accounts["account_id"].map(by.astype("string")).fillna("").astype(str)
        names, place = np.unique(key.to_numpy(dtype=str), return_inverse=True)
        table = pd.DataFrame({"key": names, "accounts": np.bincount(place, minlength=len(names))})
        for name in ("expected_orders", "value"):
            table[name] = np.bincount(place, self.accounts[name], minlength=len(names))
        sums = np.zeros((len(self._draws), len(names)))
        for draw, row in enumerate(self._draws):
            sums[draw] = np.bincount(place, row, minlength=len(names))
        table["low"], table["high"] = _ends(sums, self.level)
        return table.sort_values(["value", "key"], ascending=[False, True], ignore_index=True)

    @cached_property
    def total(self) -> pd.DataFrame:
        """The whole book, one row, as `rolled`."""
        import pandas as pd

        return self.rolled(pd.Series("all", index=self.accounts["account_id"]))


@busy("progress_value")
def lifetime_value(
    histories: Histories,
    orders: Any,
    spend: SpendModel,
    cost_to_serve: pd.DataFrame | None = None,
    horizon: str = HORIZON,
    annual_rate: float = ANNUAL_RATE,
    level: float = LEVEL,
    draws: int | None = None,
) -> Worth:
    """The lifetime value of every account with a history, from a fitted model of orders and one of their value.

    `orders` is a PurchaseModel or a baseline, `spend` a SpendModel. `cost_to_serve` is what
    `value.cost_to_serve.avoidable` returns: its accounts' costs of a year, taken to run on as long as the account is
    there, and within an interval to rise and fall with its orders. Intervals hold what is not known of the parameters,
    the number of orders, and the value of each; the means are those of the fitted parameters. `draws` sets how many
    draws they rest on. Raises UserError where a parameter is out of its range.
    """
    frame = histories.frame
    count = draws or int(np.clip(CELLS // max(len(frame), 1), FEWEST, MOST))
    stream = orders.stream(histories, horizon, annual_rate)
    # each draw's orders are discounted by the mean of the account: they come as spread over time as expected
    factor = (stream["discounted_orders"] / stream["expected_orders"].where(stream["expected_orders"] > 0)).fillna(1.0)
    each = spend.mean(histories).to_numpy()
    cost = np.zeros(len(frame))
    if cost_to_serve is not None:
        named = cost_to_serve.set_index("account_id")["cost_to_serve"]
        cost = frame["account_id"].map(named).fillna(0.0).to_numpy("float64") * stream["years"].to_numpy()
    # avoidable cost ends with the account: in each draw it runs with the orders
    per_order = cost / np.where(stream["expected_orders"] > 0, stream["expected_orders"], 1.0)
    rng = np.random.default_rng(_SEED)
    of_orders, of_spend = orders.parameter_draws(count), spend.parameter_draws(count)
    values = np.empty((count, len(frame)), dtype=np.float32)
    for start in range(0, len(frame), _BLOCK):
        of = slice(start, start + _BLOCK)
        rows = frame.iloc[of].reset_index(drop=True)
        some = Histories(rows, unit=histories.unit, as_of=histories.as_of, returns=histories.returns)
        numbers = orders.sampled(some, horizon, of_orders, rng.random((count, len(rows))))
        money = spend.sampled(some, numbers, of_spend, rng)
        values[:, of] = money * factor.to_numpy()[of] - numbers * per_order[of]
    table = stream[["account_id", "alive", "expected_orders"]].copy()
    table["order_value"] = each
    table["gross"] = stream["discounted_orders"].to_numpy() * each
    table["cost_to_serve"] = cost
    table["value"] = table["gross"] - cost
    table["low"], table["high"] = _ends(values, level)
    rate, time = discount(annual_rate, histories.unit), histories.time(horizon)
    return Worth(
        table,
        spend.money,
        _holds(spend.money, cost_to_serve, frame),
        horizon,
        annual_rate,
        level,
        float(-np.expm1(-rate * time) / np.log1p(annual_rate)),
        values,
    )


def against_last_year(worth: Worth, accounts: pd.DataFrame, cost_to_serve: pd.DataFrame | None = None) -> pd.DataFrame:
    """Who is worth more than last year says, and who less: one row per account of `worth`.

    `accounts` is what `accounts.accounts` returns for a window of 12M. Columns: account_id, revenue, last_year (the
    year's margin, or revenue where value is that, less avoidable cost), repeated (what it would come to if each year of
    the horizon were like it), value, low, high, difference = value - repeated, told: "more" if the interval lies above
    `repeated`, "less" if below, "same" otherwise, and "unknown" where the year's margin is, because costs of more than
    a twentieth of its revenue are; rank_revenue and rank_value (1 is the largest; ties by account_id).
    """
    table = worth.accounts[["account_id", "value", "low", "high"]].merge(
        accounts[["account_id", "revenue", *(["margin", "costed_revenue"] if worth.money == "margin" else [])]],
        on="account_id",
        how="left",
    )
    table["last_year"] = table[worth.money].fillna(0.0)
    if worth.money == "margin":
        table["last_year"] = table["last_year"].where(costed(table))
    if cost_to_serve is not None:
        named = cost_to_serve.set_index("account_id")["cost_to_serve"]
        table["last_year"] -= table["account_id"].map(named).fillna(0.0)
    table["repeated"] = table["last_year"] * worth.years
    table["difference"] = table["value"] - table["repeated"]
    table["told"] = np.select(
        [table["repeated"].isna(), table["low"] > table["repeated"], table["high"] < table["repeated"]],
        ["unknown", "more", "less"],
        "same",
    )
    for name in ("revenue", "value"):
        order = table.sort_values([name, "account_id"], ascending=[False, True], kind="stable").index
        table.loc[order, f"rank_{name}"] = np.arange(1, len(table) + 1)
        table[f"rank_{name}"] = table[f"rank_{name}"].astype("int64")
    columns = ["account_id", "revenue", "last_year", "repeated", "value", "low", "high", "difference", "told"]
    return table[[*columns, "rank_revenue", "rank_value"]]


def costed(frame: pd.DataFrame) -> pd.Series:
    """Whether costs are known of the revenue of each account, all but KNOWN of it."""
    revenue = frame["revenue"].fillna(0.0)
    return (frame["costed_revenue"].fillna(0.0) - revenue).abs() <= (1 - KNOWN) * revenue.abs()


def group_key(accounts: pd.DataFrame) -> pd.Series:
    """The group of each account, indexed by account_id; an account without one is a group of its own."""
    own = accounts["account_id"]
    key = accounts["group_id"].fillna(own) if "group_id" in accounts else own
    return key.set_axis(own)


def _ends(draws: NDArray[Any], level: float) -> NDArray[np.float64]:
    """Quantiles over the first axis that hold `level` of what may come, however few the draws (Weibull's)."""
    if not 0 < level < 1:
        raise UserError(f"the level of an interval is between 0 and 1, such as 0.9; found {level!r}.")
    ends = [(1 - level) / 2, (1 + level) / 2]
    result = np.empty((2, draws.shape[1]))
    for start in range(0, draws.shape[1], _BLOCK):
        of = slice(start, start + _BLOCK)
        result[:, of] = np.quantile(draws[:, of], ends, axis=0, method="weibull")
    return result


def _holds(money: str, cost_to_serve: pd.DataFrame | None, frame: pd.DataFrame) -> str:
    said = label(f"worth_{money}")
    if cost_to_serve is None:
        return sentences(said, label("worth_no_cost"))
    known = int(frame["account_id"].isin(cost_to_serve["account_id"]).sum())
    return sentences(said, label("worth_cost", named=f"{known:,}", accounts=f"{len(frame):,}"))
