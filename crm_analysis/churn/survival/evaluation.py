"""How good forecasts of leaving were: made on earlier days with what was known then, and compared with what came.

Rolling origin: on each quarter end a candidate learns from the rows that were decidable by then, says who will leave,
and is judged by what became of the accounts as far as that is decided today. Beside the model stand two naive
candidates, recency alone and the buy-till-you-die P(alive), which get the same steps and rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from crm_analysis.churn.survival.baselines import GONE, ScoreModel
from crm_analysis.churn.survival.calibration import lift, recalibration, risk_groups
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.metrics import Followed, brier, concordance, dynamic_auc
from crm_analysis.churn.survival.panel import HORIZONS, STEPS, risk_rows
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.value.scores import FLOOR, clustered

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition.spells import Spells

    Array = NDArray[np.float64]

MODEL, RECENCY, ALIVE = "model", "recency", "alive"
RANKING = ("concordance", *(f"auc_{horizon}" for horizon in HORIZONS))
SURE = 2.0
"""Standard errors by which one candidate's log score must be ahead of another's to be called better."""


class Candidate(Protocol):
    """What is fitted to risk rows that point into a panel, and tells p_1, p_2, p_4 of a panel's rows."""

    def fit(self, rows: pd.DataFrame, panel: pd.DataFrame) -> Any:
        """Learn from risk rows."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Probabilities of leaving."""


CANDIDATES: dict[str, Callable[[], Candidate]] = {
    MODEL: LeavingModel,
    RECENCY: lambda: LeavingModel(features=["silence_days"]),
    ALIVE: lambda: ScoreModel(GONE),
}
"""The model and its naive rivals; the second alone sees only how long an account is silent, the third only P(alive)."""


@dataclass(frozen=True)
class Trial:
    """Forecasts of leaving made on earlier days, and what came.

    `forecasts`: one row per origin, account and candidate, sorted by these: as_of, account_id, model, p_1, p_2, p_4
    (probability of leaving within so many quarters), left_in (the quarter in which it left, 0 if it did not as far as
    is decided), seen (quarters decided today, at most 4). `skipped`: origins without a forecast and why.
    """

    forecasts: pd.DataFrame
    skipped: dict[dt.date, str]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per candidate, best log score first: how well it ranked, how right its probabilities were.

        - model, forecasts, leavers (left in the quarters decided; an account once per origin);
        - log_score (mean logarithm of the probability given to what came, in all quarters decided), behind (the best
          one's less its own), standard_error (of behind; accounts are clusters);
        - concordance (IPCW, Uno), auc_1, auc_2, auc_4 (IPCW): mean over the origins that have seen so many quarters,
          weighted by their leavers; NaN where none has. Accounts are compared with those of the same origin only;
        - brier (integrated over the horizons, IPCW; weighted by forecasts), lift (share of leavers in the tenth with
          the highest probabilities, times the average), expected (leavers expected for one that came): of the origins
          that have seen the longest horizon that any has.
        """
        import pandas as pd

        rows, scores = [], {}
        for name in sorted(self.forecasts["model"].unique()):
            own = self._own(name)
            scores[name] = _log_scores(own)
            rows.append(_counted(name, own) | {"log_score": float(scores[name].mean())} | self._ranked(name, own))
        table = pd.DataFrame(rows).sort_values(["log_score", "model"], ascending=[False, True], ignore_index=True)
        best = table["model"].iloc[0]
        accounts = self._own(best)["account_id"]
        behind = [clustered(scores[best] - scores[name], accounts) for name in table["model"]]
        table.insert(4, "behind", [mean for mean, _ in behind])
        table.insert(5, "standard_error", [error for _, error in behind])
        return table

    @cached_property
    def by_origin(self) -> pd.DataFrame:
        """One row per origin and candidate: as_of, model, forecasts, leavers, log_score, concordance, auc_1, auc_2, ...

        ... auc_4, brier (over the horizons seen; NaN where that is one), lift and expected (over the longest seen).
        """
        import pandas as pd

        rows = []
        for (day, name), own in self.forecasts.groupby(["as_of", "model"], sort=True):
            own = own.reset_index(drop=True)
            score = {"log_score": float(_log_scores(own).mean())}
            rows.append({"as_of": day} | _counted(str(name), own) | score | _measures(own))
        return pd.DataFrame(rows)

    def calibration(self, model: str = MODEL, horizon: int = HORIZONS[-1]) -> pd.DataFrame:
        """Forecast and came by groups of risk, as `calibration.risk_groups`, of origins that saw the horizon."""
        own = _decided(self._own(model), horizon)
        if own.empty:
            raise UserError(label("leave_undecided", horizon=horizon))
        return risk_groups(own[f"p_{horizon}"], _within(own, horizon), own["account_id"])

    def recalibration(self, model: str = MODEL, horizon: int = HORIZONS[-1]) -> pd.DataFrame:
        """How log odds would have to be moved and stretched to come true, as `calibration.recalibration`."""
        own = _decided(self._own(model), horizon)
        if own.empty:
            raise UserError(label("leave_undecided", horizon=horizon))
        return recalibration(own[f"p_{horizon}"], _within(own, horizon), own["account_id"])

    @property
    def decided(self) -> tuple[int, ...]:
        """The horizons that at least one origin has wholly seen."""
        return tuple(horizon for horizon in HORIZONS if (self.forecasts["seen"] >= horizon).any())

    @property
    def chosen(self) -> str:
        """The candidate with the best log score; the model, where the best is not surely better."""
        table = self.summary.set_index("model")
        own = table.loc[MODEL]
        return str(table.index[0]) if own["behind"] > SURE * own["standard_error"] else MODEL

    def against(self, other: str) -> tuple[float, float]:
        """The model's log score less another candidate's, and the standard error of that."""
        own, rival = self._own(MODEL), self._own(other)
        return clustered(_log_scores(own) - _log_scores(rival), own["account_id"])

    def _own(self, model: str) -> pd.DataFrame:
        return self.forecasts[self.forecasts["model"] == model].reset_index(drop=True)

    def _ranked(self, name: str, own: pd.DataFrame) -> dict[str, float]:
        """The measures of `summary` that are means over origins, or of the origins that saw the longest horizon."""
        each = self.by_origin[self.by_origin["model"] == name]
        found = {measure: _mean(each[measure], each["leavers"]) for measure in RANKING}
        whole = _decided(own, self.decided[-1]) if self.decided else own.head(0)
        seen = each[each["as_of"].isin(whole["as_of"])]
        found["brier"] = _mean(seen["brier"], seen["forecasts"])
        return found | _hits(whole, self.decided[-1] if self.decided else 0)


def rolling_origin(
    panel: pd.DataFrame,
    spells: Spells,
    candidates: dict[str, Callable[[], Candidate]] | None = None,
) -> Trial:
    """Forecasts made on each day of `panel` (`panel.account_quarters`) on which enough was known, judged by `spells`.

    `spells` are those known today. The window that counts as leaving is taken as given on all days. With candidates
    that need the column `gone`, the panel has it (`baselines.alive_scores`). An account that a candidate cannot score
    is left out of that origin for all. Raises UserError if no day has a forecast whose outcome is decided.
    """
    import pandas as pd

    candidates = CANDIDATES if candidates is None else candidates
    parts, skipped = [], {}
    days = [day.date() for day in sorted(panel["as_of"].unique())]
    for day in days:
        seen = _seen(day, spells)
        if not seen:
            continue
        now = panel[panel["as_of"] == pd.Timestamp(day)].reset_index(drop=True)
        before = panel[panel["as_of"] < pd.Timestamp(day)].reset_index(drop=True)
        try:
            if before.empty:
                raise UserError(label("leave_nothing_before"))
            rows = risk_rows(before, spells, day)
            said = {name: _forecast(made(), rows, before, now) for name, made in candidates.items()}
        except UserError as refused:
            skipped[day] = str(refused)
            continue
        # no farther than every candidate could learn by then
        told = [h for h in HORIZONS if all(frame[f"p_{h}"].notna().any() for frame in said.values())]
        if not told:
            skipped[day] = label("leave_nothing_before")
            continue
        came = _came(now, spells, day, seen if told[-1] == HORIZONS[-1] else min(seen, told[-1]))
        known = np.logical_and.reduce([frame[f"p_{told[-1]}"].notna().to_numpy() for frame in said.values()])
        for name, frame in said.items():
            own = pd.concat([now[["as_of", "account_id"]], came, frame[[f"p_{h}" for h in HORIZONS]]], axis=1)
            parts.append(own[known].assign(model=name))
    if not parts or not any(len(part) for part in parts):
        reason = skipped[max(skipped)] if skipped else label("leave_nothing_decided")
        raise UserError(label("leave_untried", reason=reason))
    forecasts = pd.concat(parts, ignore_index=True)
    return Trial(forecasts.sort_values(["as_of", "account_id", "model"], ignore_index=True), skipped)


def _forecast(candidate: Candidate, rows: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What a candidate says of the accounts of a day; only ScoreModel sees the column GONE."""
    if not isinstance(candidate, ScoreModel):
        before, now = (frame.drop(columns=GONE, errors="ignore") for frame in (before, now))
    candidate.fit(rows, before)
    return candidate.predict(now)


def _seen(day: dt.date, spells: Spells) -> int:
    """How many quarters after the day are decided."""
    silence = dt.timedelta(days=spells.silence)
    return sum(after(day, f"{3 * step}M") + silence <= spells.as_of for step in STEPS)


def _came(now: pd.DataFrame, spells: Spells, day: dt.date, seen: int) -> pd.DataFrame:
    """left_in and seen of the rows of a day: the first quarter within which an account had left of its own will."""
    import pandas as pd

    left_in = np.zeros(len(now), dtype="int64")
    for step in range(seen, 0, -1):
        outcome = now["account_id"].map(spells.outcomes(day, 3 * step)).to_numpy(dtype=object)
        left_in[outcome == "left"] = step
    return pd.DataFrame({"left_in": left_in, "seen": seen}, index=now.index)


def _within(own: pd.DataFrame, horizon: int) -> NDArray[np.bool_]:
    return own["left_in"].between(1, horizon).to_numpy()


def _decided(own: pd.DataFrame, horizon: int) -> pd.DataFrame:
    return own[own["seen"] >= horizon].reset_index(drop=True)


def _log_scores(own: pd.DataFrame) -> Array:
    """The logarithm of the probability given to what came of each row, between the horizons it can be told for."""
    stays = np.column_stack([np.ones(len(own)), *(1 - own[f"p_{horizon}"].to_numpy() for horizon in HORIZONS)])
    ends = np.array([0, *HORIZONS])
    # outcomes are told by horizon: left within (0, 1], (1, 2], (2, 4] quarters, or stayed as far as is seen
    last = np.searchsorted(ends, own["seen"].to_numpy(), side="right") - 1
    place = np.searchsorted(ends, own["left_in"].to_numpy())
    row = np.arange(len(own))
    gone = (own["left_in"].to_numpy() > 0) & (place <= last)
    chance = np.where(gone, stays[row, np.maximum(place - 1, 0)] - stays[row, place], stays[row, last])
    with np.errstate(divide="ignore"):
        found: Array = np.maximum(np.log(np.maximum(chance, 0.0)), FLOOR)
    return found


def _counted(name: str, own: pd.DataFrame) -> dict[str, Any]:
    return {"model": name, "forecasts": len(own), "leavers": int((own["left_in"] > 0).sum())}


def _measures(own: pd.DataFrame) -> dict[str, float]:
    """Ranking and calibration of one candidate's forecasts of one day; NaN where what is seen cannot tell."""
    horizons = [horizon for horizon in HORIZONS if (own["seen"] >= horizon).all()]
    found: dict[str, float] = dict.fromkeys((*RANKING, "brier"), float("nan"))
    if not horizons:
        return found | _hits(own.head(0), 0)
    chances = own[[f"p_{horizon}" for horizon in horizons]].to_numpy()
    gone = own["left_in"].to_numpy() > 0
    # who stayed is followed past the end of the last quarter seen
    followed = Followed(np.where(gone, own["left_in"], own["seen"] + 0.5), gone)
    last = horizons[-1]
    found["concordance"] = _or_nan(lambda: concordance(followed, chances[:, -1], followed, tau=last + 0.5))
    for place, horizon in enumerate(horizons):
        areas = partial(dynamic_auc, followed, chances[:, place], [horizon], followed)
        found[f"auc_{horizon}"] = _or_nan(lambda areas=areas: areas()["auc"].iloc[0])  # type: ignore[misc]
    if len(horizons) > 1:
        found["brier"] = _or_nan(lambda: brier(followed, 1 - chances, horizons, followed).attrs["integrated"])
    return found | _hits(own, last)


def _hits(own: pd.DataFrame, horizon: int) -> dict[str, float]:
    """Lift, and leavers expected for one that came, of forecasts whose horizon is decided; NaN where nobody left."""
    came = _within(own, horizon)
    if not came.any():
        return {"lift": float("nan"), "expected": float("nan")}
    chances = own[f"p_{horizon}"].to_numpy()
    return {"lift": lift(chances, came), "expected": float(chances.sum() / came.sum())}


def _mean(values: pd.Series, weights: pd.Series) -> float:
    """The weighted mean of the values there are; NaN where there is none."""
    known = values.notna() & (weights > 0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")


def _or_nan(measure: Callable[[], Any]) -> float:
    """A measure, or NaN where those that left and stayed are too few for it."""
    try:
        return float(measure())
    except UserError:
        return float("nan")
