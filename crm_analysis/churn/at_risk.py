"""The accounts at risk: how likely each leaves, why, and what that would cost; the most expensive first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.chances import drawn
from crm_analysis.churn.in_words import reasons
from crm_analysis.churn.survival.panel import HORIZONS
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.value.lifetime.forecasts import LEVEL
from crm_analysis.value.lifetime.worth import CELLS, FEWEST, MOST
from crm_analysis.value.segments import INACTIVE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition import Spells
    from crm_analysis.churn.survival.discrete import LeavingModel
    from crm_analysis.value.lifetime.worth import Worth

    Array = NDArray[np.float64]

_SEED = 20260930
_BLOCK = 10_000


@dataclass(frozen=True)
class AtRisk:
    """The accounts there today, how likely each leaves of its own will, and what that would cost.

    `accounts`: one row per account, largest `at_risk` first, then by account_id. Columns:

    - account_id, name, segment, rep_id (its owner; `nobody` where none is named);
    - p_1, p_2, p_4 (the chance that it leaves within so many quarters, those that could be learned), low_4, high_4
      (of the longest, `horizon`); silence_days, rhythm_days, silence_ratio;
    - value, low, high (of its lifetime); at_risk = p_4 x value, low_at_risk, high_at_risk; reasons (in words).

    An account without a value is last, after those whose value is negative, which cost more than they bring.
    `goodbyes`: accounts that have said so, the latest first: account_id, name, segment, rep_id, last_order, gone_on,
    reason, decided_by, source, competitor. `counted`: what, accounts: where every account known is. `money`: what value
    is, "margin" or "revenue"; where no lifetime value can be told, "last_year_margin" or "last_year_revenue".

    The value is expected with the chance that the account leaves, so what is at risk is a part of that, and not what an
    account would cost that else were sure to stay. Intervals are of draws of the probability (of the model's
    parameters) times draws of the value, taken as unrelated; neither whether an account does leave nor that the
    model may be wrong is in them.
    """

    accounts: pd.DataFrame
    goodbyes: pd.DataFrame
    counted: pd.DataFrame
    money: str
    horizon: int
    _chances: NDArray[np.float32] = field(repr=False)
    _draws: NDArray[np.float32] = field(repr=False)

    def by(self, column: str) -> pd.DataFrame:
        """Added up by a column of `accounts`, such as segment or rep_id; largest at_risk first, then by the column.

        Columns: the column, accounts, leavers (expected within the horizon), low_leavers, high_leavers (of their
        number, what chance does to it included), value, at_risk, low_at_risk, high_at_risk. Raises BookError if the
        book does not tell the column.
        """
        if column not in self.accounts:
            raise BookError(label("not_added_up", column=column))
        return self._summed(self.accounts[column].fillna("").astype(str), column)

    @property
    def total(self) -> pd.DataFrame:
        """The whole book, one row, as `by`."""
        import pandas as pd

        return self._summed(pd.Series("", index=self.accounts.index), "key").drop(columns="key")

    def of(self, account_id: pd.Series) -> pd.Series:
        """Some of the accounts together, as a row of `by`."""
        inside = self.accounts["account_id"].isin(account_id)
        table = self._summed(inside.astype(str), "key")
        row: pd.Series = table[table["key"] == "True"].drop(columns="key").iloc[0]
        return row

    def _summed(self, key: pd.Series, name: str) -> pd.DataFrame:
        import pandas as pd

        names, place = np.unique(key.to_numpy(dtype=str), return_inverse=True)
        rng, many = np.random.default_rng(_SEED), len(names)
        money, leavers = np.zeros((len(self._draws), many)), np.zeros((len(self._draws), many))
        for draw, (row, chance) in enumerate(zip(self._draws, self._chances, strict=True)):
            money[draw] = np.bincount(place, row, minlength=many)
            leavers[draw] = np.bincount(place, rng.random(len(place)) < chance, minlength=many)
        table = pd.DataFrame({name: names, "accounts": np.bincount(place, minlength=many)})
        table["leavers"] = np.bincount(place, self.accounts[f"p_{self.horizon}"], minlength=many)
        table["low_leavers"], table["high_leavers"] = _ends(leavers, table["leavers"].to_numpy())
        for what in ("value", "at_risk"):
            table[what] = np.bincount(place, self.accounts[what].fillna(0.0), minlength=many)
        table["low_at_risk"], table["high_at_risk"] = _ends(money, table["at_risk"].to_numpy())
        return table.sort_values(["at_risk", name], ascending=[False, True], ignore_index=True)


def segment_of(panel: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """The segment of each row of the panel, by the accounts' column `segment`; `INACTIVE` without one."""
    found = panel["account_id"].map(frame.set_index("account_id")["segment"])
    return found.fillna(INACTIVE).astype(object)


def at_risk(
    spells: Spells,
    panel: pd.DataFrame,
    predictions: pd.DataFrame,
    contributions: pd.DataFrame,
    frame: pd.DataFrame,
    worth: Worth | None,
    model: LeavingModel | None,
) -> AtRisk:
    """The accounts at risk on the day of the spells.

    `panel` is what `account_quarters` returns for that day. `predictions` and `contributions` are what `model` makes of
    it, in its order, the latter against `segment_of(panel, frame)`; without a model the probabilities, of whatever
    origin, are taken as sure. `frame` is what `accounts.accounts` returns for the day over a year, with the column
    `segment`; `worth` the lifetime values of that day, or None if they cannot be told: then the last year's margin, or
    else revenue, stands for them.
    """
    import pandas as pd

    horizon = max(step for step in HORIZONS if f"p_{step}" in predictions)
    told = [f"p_{step}" for step in HORIZONS if step <= horizon]
    table = pd.DataFrame({"account_id": panel["account_id"].to_numpy()})
    for name in (*told, f"low_{horizon}", f"high_{horizon}"):
        table[name] = predictions[name].to_numpy("float64")
    for name in ("silence_days", "rhythm_days", "silence_ratio"):
        table[name] = panel[name].to_numpy("float64")
    known, money = _known(worth, frame)
    table[["value", "low", "high"]] = known.reindex(table["account_id"]).to_numpy("float64")
    table["at_risk"] = table[f"p_{horizon}"] * table["value"]
    table["reasons"] = reasons(contributions, panel, segment_of(panel, frame)).to_numpy()
    table = table.sort_values(["at_risk", "account_id"], ascending=[False, True])
    order = table.index.to_numpy()
    table = table.reset_index(drop=True)
    draws = _draws(worth, table)
    if model is None:
        chances = np.tile(table[f"p_{horizon}"].to_numpy(np.float32), (len(draws), 1))
    else:
        chances = drawn(model, panel.iloc[order], len(draws), np.random.default_rng(_SEED))
    draws *= chances
    table["low_at_risk"], table["high_at_risk"] = _ends(draws, table["at_risk"].to_numpy())
    table["reasons"] = table.pop("reasons")
    goodbyes = _goodbyes(spells, frame)
    counted = _counted(spells, frame, table["account_id"], goodbyes["account_id"])
    np.nan_to_num(draws, copy=False)  # what is not known adds nothing to a sum
    return AtRisk(_named(table, frame), goodbyes, counted, money, horizon, chances, draws)


def _known(worth: Worth | None, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """By account_id value, low and high, and what these are."""
    if worth is not None:
        return worth.accounts.set_index("account_id")[["value", "low", "high"]], worth.money
    money = "margin" if "margin" in frame else "revenue"
    year = frame.set_index("account_id")[money]
    return year.to_frame("value").assign(low=year, high=year), f"last_year_{money}"


def _draws(worth: Worth | None, table: pd.DataFrame) -> NDArray[np.float32]:
    """Draws of the value, a column per row of the table; NaN where it is not known. The last year is a fact."""
    if worth is None:
        count = int(np.clip(CELLS // max(len(table), 1), FEWEST, MOST))
        return np.tile(table["value"].to_numpy(np.float32), (count, 1))
    places = {name: place for place, name in enumerate(worth.accounts["account_id"])}
    place = np.array([places.get(name, -1) for name in table["account_id"]], dtype=np.intp)
    draws: NDArray[np.float32] = worth.draws[:, place]
    draws[:, place < 0] = np.nan
    return draws


def _named(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """With name, segment and owner of the accounts behind account_id, as far as the frame has them."""
    beside = frame.set_index("account_id").reindex(table["account_id"])
    result = table.copy()
    for place, name in enumerate([name for name in ("name", "segment", "rep_id") if name in frame], start=1):
        result.insert(place, name, beside[name].to_numpy(dtype=object))
    empty = {"segment": INACTIVE, "rep_id": label("owner_nobody")}
    return result.fillna({name: words for name, words in empty.items() if name in result})


def _goodbyes(spells: Spells, frame: pd.DataFrame) -> pd.DataFrame:
    """The accounts there that have said goodbye, with what was said."""
    rows = spells.there(spells.as_of)
    said = spells.frame.loc[rows.index[rows["said_goodbye"]]].rename(columns={"last": "last_order"})
    columns = ["account_id", "last_order", "gone_on", "reason", "decided_by", "source", "competitor"]
    table = _named(said[columns].reset_index(drop=True), frame)
    return table.sort_values(["gone_on", "account_id"], ascending=[False, True], ignore_index=True)


def _counted(spells: Spells, frame: pd.DataFrame, listed: pd.Series, goodbyes: pd.Series) -> pd.DataFrame:
    """Where every account known is: listed, gone with a word, too new, gone in silence, without an order."""
    import pandas as pd

    ids = frame["account_id"]
    ever = ids.isin(spells.frame["account_id"])
    there = ids.isin(spells.there(spells.as_of)["account_id"])
    told = {"listed": ids.isin(listed), "goodbye": ids.isin(goodbyes) & ~ids.isin(listed)}
    parts = told | {"new": there & ~told["listed"] & ~told["goodbye"], "left": ever & ~there, "never": ~ever}
    rows = [(label(f"at_risk_{name}"), int(own.sum())) for name, own in parts.items()]
    return pd.DataFrame(rows, columns=["what", "accounts"])


def _ends(draws: NDArray[Any], found: Array) -> tuple[Array, Array]:
    """The interval of LEVEL of each column of draws, which holds what was found; NaN where that is."""
    ends = np.empty((2, draws.shape[1]))
    for start in range(0, draws.shape[1], _BLOCK):
        of = slice(start, start + _BLOCK)
        ends[:, of] = np.quantile(draws[:, of], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="weibull")
    return np.minimum(ends[0], found), np.maximum(ends[1], found)
