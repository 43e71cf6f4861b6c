"""How good forecasts of complaints were: made on earlier days with what was known then, and compared with what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival.calibration import lift, recalibration, risk_groups
from crm_analysis.churn.survival.evaluation import MODEL, SURE
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.satisfaction.complaints.silent import fitted, learned
from crm_analysis.value.scores import FLOOR, clustered

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.complaints.silent import Cases

    Array = NDArray[np.float64]

ORDERS, SEGMENT = "orders", "segment"
CANDIDATES = (MODEL, ORDERS, SEGMENT)
"""The model and its naive rivals: how often an account orders, and how many of its segment complained."""
FEWEST = 20
"""Accounts that complained, and that did not, from which on a forecast is made on an earlier day."""
_SMOOTH = 5.0


@dataclass(frozen=True)
class SilentTrial:
    """Forecasts of complaints of silent accounts, made on earlier days, and what came.

    `forecasts`: one row per day, account and candidate: as_of, account_id, model, chance, came (0, 1).
    """

    forecasts: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per candidate, best log score first.

        Columns: model, forecasts, complained, log_score (mean logarithm of the chance given to what came), behind (the
        best one's less its own), standard_error (of that; accounts are clusters), auc, low, high (of two accounts of
        one day, how often the one that complained had the higher chance; .5 is chance; clustered by account: Obuchowski
        1997), brier (mean squared error), lift (share of complainers in the tenth with the highest chances of a day,
        times the average), expected (complainers expected for one that came).
        """
        import pandas as pd

        rows, scores = [], {}
        for name in CANDIDATES:
            own = self.of(name)
            scores[name] = _log_scores(own)
            row = {"model": name, "forecasts": len(own), "complained": int(own["came"].sum())}
            row |= {"log_score": float(scores[name].mean())} | _ranked(own)
            error = (own["chance"] - own["came"]) ** 2
            row |= {"brier": float(error.mean()), "lift": _lift(own)}
            row |= {"expected": float(own["chance"].sum() / own["came"].sum()) if own["came"].any() else np.nan}
            rows.append(row)
        table = pd.DataFrame(rows).sort_values(["log_score", "model"], ascending=[False, True], ignore_index=True)
        best = table["model"].iloc[0]
        accounts = self.of(best)["account_id"]
        behind = [clustered(scores[best] - scores[name], accounts) for name in table["model"]]
        table.insert(4, "behind", [mean for mean, _ in behind])
        table.insert(5, "standard_error", [error for _, error in behind])
        return table

    @property
    def verdict(self) -> str:
        """Against the best naive rival: "beats" it, is ahead by "chance" perhaps, or is "behind"."""
        ahead, error = self.against(self.rival)
        return "beats" if ahead > SURE * error else "chance" if ahead > 0 else "behind"

    @property
    def rival(self) -> str:
        """The naive rival with the better log score."""
        names = [str(name) for name in self.summary["model"]]
        return next(name for name in names if name != MODEL)

    def against(self, other: str) -> tuple[float, float]:
        """The model's log score less another candidate's, and the standard error of that."""
        own, rival = self.of(MODEL), self.of(other)
        return clustered(_log_scores(own) - _log_scores(rival), own["account_id"])

    @property
    def usual(self) -> float:
        """The chance that half of those who then complained had at least; NaN if nobody did."""
        own = self.of(MODEL)
        came = own.loc[own["came"] == 1, "chance"]
        return float(came.median()) if len(came) else float("nan")

    def calibration(self) -> pd.DataFrame:
        """Forecast and came by groups of risk, as `churn.survival.calibration.risk_groups`, of the model."""
        own = self.of(MODEL)
        return risk_groups(own["chance"], own["came"], own["account_id"])

    def recalibration(self) -> pd.DataFrame:
        """How the model's log odds would have to be moved and stretched (`calibration.recalibration`)."""
        own = self.of(MODEL)
        return recalibration(own["chance"], own["came"], own["account_id"])

    def of(self, model: str) -> pd.DataFrame:
        """The forecasts of a candidate."""
        return self.forecasts[self.forecasts["model"] == model].reset_index(drop=True)


def tried(found: Cases) -> SilentTrial:
    """Forecasts made on each day on which enough had complained by then, by what was decided then.

    Raises BookError if there is no such day.
    """
    import pandas as pd

    parts = []
    for moment in sorted(found.frame["as_of"].unique()):
        day: dt.date = moment.date()
        past, now = found.until(day), found.of(day)
        spoke = set(past.loc[past["came"] == 1, "account_id"])
        if len(spoke) < FEWEST or past["account_id"].nunique() - len(spoke) < FEWEST:
            continue
        try:
            said = {
                MODEL: learned(past).predict(now)["p_1"].to_numpy(),
                ORDERS: _by_orders(past, now),
                SEGMENT: _by_segment(past, now),
            }
        except BookError:
            continue
        keys = now[["as_of", "account_id", "came"]]
        parts += [keys.assign(model=name, chance=chance) for name, chance in said.items()]
    if not parts:
        raise BookError(label("silent_untried"))
    forecasts = pd.concat(parts, ignore_index=True)
    return SilentTrial(forecasts.sort_values(["as_of", "account_id", "model"], ignore_index=True))


def _by_orders(past: pd.DataFrame, now: pd.DataFrame) -> Array:
    """The chance by the number of orders of a year alone."""
    if past["order_count"].nunique() < 2:
        return np.full(len(now), float(past["came"].mean()))
    chance: Array = fitted(past, ["order_count"]).predict(now)["p_1"].to_numpy(np.float64)
    return chance


def _by_segment(past: pd.DataFrame, now: pd.DataFrame) -> Array:
    """The share of its segment that complained; of few, drawn towards that of all."""
    key = "segment" if "segment" in past else "class"
    usual = float(past["came"].mean())
    names = past[key].fillna("").astype(str)
    sums = past["came"].groupby(names).agg(["sum", "size"])
    share = (sums["sum"] + _SMOOTH * usual) / (sums["size"] + _SMOOTH)
    chance: Array = now[key].fillna("").astype(str).map(share).fillna(usual).to_numpy(np.float64)
    return chance


def _log_scores(own: pd.DataFrame) -> Array:
    chance = own["chance"].to_numpy()
    with np.errstate(divide="ignore"):
        said: Array = np.maximum(np.log(np.where(own["came"] == 1, chance, 1 - chance)), FLOOR)
    return said


def _ranked(own: pd.DataFrame) -> dict[str, float]:
    """The AUC over days, each weighted by its complainers, and its interval."""
    import pandas as pd
    from scipy.stats import norm, rankdata

    total, weight, influence = 0.0, 0.0, []
    for _, day in own.groupby("as_of", sort=True):
        came = day["came"].to_numpy() == 1
        many, others = int(came.sum()), int((~came).sum())
        if not many or not others:
            continue
        chance = day["chance"].to_numpy()
        ranks = rankdata(chance)
        above = np.where(came, 0.0, 1.0)
        above[came] = (ranks[came] - rankdata(chance[came])) / others
        above[~came] = 1 - (ranks[~came] - rankdata(chance[~came])) / many
        area = float(above[came].mean())
        total, weight = total + many * area, weight + many
        influence.append(
            pd.DataFrame(
                {
                    "account_id": day["account_id"].to_numpy(),
                    "moves": np.where(came, above - area, (above - area) * many / others),
                }
            )
        )
    if not influence:
        return dict.fromkeys(("auc", "low", "high"), float("nan"))
    area = total / weight
    moves = pd.concat(influence).groupby("account_id")["moves"].sum().to_numpy() / weight
    error = np.sqrt((moves**2).sum() * len(moves) / (len(moves) - 1)) if len(moves) > 1 else np.nan
    wide = float(norm.ppf((1 + LEVEL) / 2)) * float(error)
    return {"auc": area, "low": max(0.0, area - wide), "high": min(1.0, area + wide)}


def _lift(own: pd.DataFrame) -> float:
    """The lift of each day, weighted by its complainers; NaN if nobody complained."""
    total, weight = 0.0, 0
    for _, day in own.groupby("as_of", sort=True):
        many = int(day["came"].sum())
        if many:
            total, weight = total + many * lift(day["chance"], day["came"]), weight + many
    return total / weight if weight else float("nan")
