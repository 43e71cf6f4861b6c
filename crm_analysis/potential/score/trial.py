"""How good the score was on earlier days, made with what was known then, beside rules that need no model.

Rolling origin over all Low accounts: on each day enough was known, the model is chosen and fitted anew and says
which of that day's accounts are promising; what came is known by now. An account is there once a day, so
what is told of one day has independent rows; what is told of several knows that they are the same accounts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.survival.calibration import lift, recalibration, risk_groups
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.potential.score.area import Area, area
from crm_analysis.potential.score.choice import CANDIDATES, FEWEST, Choice, choose, decided, promising
from crm_analysis.potential.score.fitting import MOST
from crm_analysis.potential.score.model import BASELINES, PotentialModel
from crm_analysis.progress import busy, tracked
from crm_analysis.value.scores import FLOOR, clustered

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.potential.cases import Cases

    Array = NDArray[np.float64]

MODEL = "model"
_LEARNED = tuple(name for name in CANDIDATES if name not in BASELINES)
_LOT = 5


@dataclass(frozen=True, eq=False)
class Trial:
    """Forecasts of earlier days, and what came.

    `forecasts`, a row per day, account and model, sorted by these: as_of, account_id, model ("model" and the
    baselines), score (the probability as fitted, which ranks), chance (as it would have been told, corrected by how
    earlier ones came true; the same of baselines), promising (1, 0). `skipped`: days without a forecast and why.
    `absent`: baselines that could not stand beside it on every day. `kinds`: which candidate the model was on each day.
    """

    forecasts: pd.DataFrame
    skipped: dict[dt.date, str]
    absent: tuple[str, ...]
    kinds: dict[dt.date, str]

    @cached_property
    def by_origin(self) -> pd.DataFrame:
        """One row per day and model: as_of, model, cases, promising, auc, low, high (LEVEL), ...

        ... average_precision, brier, log_score (mean logarithm of the chance given to what came), lift (share of
        promising in the tenth with the highest chances, times the average).
        """
        import pandas as pd

        rows = []
        for (day, name), own in self.forecasts.groupby(["as_of", "model"], sort=True):
            found = area(own["score"], own["promising"])
            low, high = found.interval()
            counts = {"cases": len(own), "promising": int(own["promising"].sum())}
            ranks = {"auc": found.auc, "low": low, "high": high}
            rows.append({"as_of": day, "model": name} | counts | ranks | _measures(own))
        return pd.DataFrame(rows)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per model, the largest area first: how well it ranked, how right its probabilities were.

        model, days, cases, promising (accounts); auc, low, high (mean over the days, weighted by their promising
        accounts; LEVEL, clustered by account); average_precision and lift (means alike); brier, log_score (of all
        forecasts), behind (the model's log score less its own), standard_error (of behind, clustered), expected
        (promising accounts expected for one that came).
        """
        import pandas as pd

        own = {name: self._own(name) for name in self.models}
        said = {name: _log_scores(frame) for name, frame in own.items()}
        rows = []
        for name, frame in own.items():
            low, high = self._areas[name].interval()
            each = self.by_origin[self.by_origin["model"] == name]
            mean = {
                key: float(np.average(each[key], weights=each["promising"])) for key in ("average_precision", "lift")
            }
            behind, error = clustered(said[MODEL] - said[name], frame["account_id"])
            counts: dict[str, Any] = {
                "model": name,
                "days": len(each),
                "cases": len(frame),
                "promising": promising(frame),
            }
            right = {
                "brier": float(((frame["chance"] - frame["promising"]) ** 2).mean()),
                "log_score": float(said[name].mean()),
                "behind": behind,
                "standard_error": error,
                "expected": float(frame["chance"].sum() / frame["promising"].sum()),
            }
            rows.append(counts | {"auc": self._areas[name].auc, "low": low, "high": high} | mean | right)
        return pd.DataFrame(rows).sort_values(["auc", "model"], ascending=[False, True], ignore_index=True)

    @cached_property
    def against(self) -> pd.DataFrame:
        """One row per baseline, the one that comes nearest first: how much better the model ranked.

        baseline, auc (the model's less the baseline's, means over the days), low, high (LEVEL, paired, clustered by
        account), beaten (low is above 0), log_score (the model's less the baseline's), standard_error.
        """
        import pandas as pd

        table = self.summary.set_index("model")
        rows = []
        for name in self.models:
            if name != MODEL:
                auc, low, high = self._areas[MODEL].less(self._areas[name])
                own = table.loc[name]
                rows.append((name, auc, low, high, low > 0, own["behind"], own["standard_error"]))
        columns = ["baseline", "auc", "low", "high", "beaten", "log_score", "standard_error"]
        return pd.DataFrame(rows, columns=columns).sort_values(["auc", "baseline"], ignore_index=True)

    @property
    def recommended(self) -> str:
        """The model if it surely ranked better than every baseline; else the best of the baselines it did not beat."""
        rest = self.against.loc[~self.against["beaten"], "baseline"].tolist()
        return next((name for name in self.summary["model"] if name in rest), MODEL)

    @property
    def claims_nothing(self) -> bool:
        """Whether the model may rank no better than chance: the interval of its area begins at 0.5 or below."""
        return self._areas[MODEL].interval()[0] <= 0.5

    @property
    def models(self) -> list[str]:
        """The model and the baselines that stood beside it."""
        there = set(self.forecasts["model"])
        return [name for name in (MODEL, *BASELINES) if name in there]

    def calibration(self, model: str = MODEL) -> pd.DataFrame:
        """Chance and what came by groups of risk, as `churn.survival.calibration.risk_groups`."""
        own = self._own(model)
        return risk_groups(own["chance"], own["promising"], own["account_id"])

    def recalibration(self, model: str = MODEL) -> pd.DataFrame:
        """How log odds would have to be moved and stretched, as `churn.survival.calibration.recalibration`."""
        own = self._own(model)
        return recalibration(own["chance"], own["promising"], own["account_id"])

    @cached_property
    def _areas(self) -> dict[str, Area]:
        each = {name: self._own(name) for name in self.models}
        return {
            name: area(own["score"], own["promising"], own["account_id"], own["as_of"]) for name, own in each.items()
        }

    def _own(self, model: str) -> pd.DataFrame:
        return self.forecasts[self.forecasts["model"] == model].reset_index(drop=True)


@busy("progress_potential_trial")
def trial(cases: Cases, expected: pd.DataFrame | None = None, seed: int = 0) -> Trial:
    """Forecasts of every day of `cases` whose outcome is known, from what was known on it.

    `expected`: expected orders by as_of and account_id (`baselines.expected_orders`); without it that baseline is
    absent. Of more than MOST cases whole accounts are drawn by lot. Raises UserError if no day can be forecast.
    """
    import pandas as pd

    rows, horizon = cases.known, cases.wishes.horizon
    if len(rows) > MOST:
        rows = rows[cases.lot(rows, seed, _LOT) < MOST / len(rows)].reset_index(drop=True)
    if expected is not None:
        rows = rows.merge(expected, on=["as_of", "account_id"], how="left", validate="one_to_one")
    said: list[tuple[pd.DataFrame, dict[str, tuple[Array, Array]]]] = []
    skipped, kinds, last = {}, {}, _Learned()
    for at in tracked(sorted(rows["as_of"].unique())):
        day = pd.Timestamp(at).date()
        before, now = decided(rows, horizon, day), rows[rows["as_of"] == at]
        if why := _lacking(before, now):
            skipped[day] = why
            continue
        last = last if last.days == tuple(before["as_of"].unique()) else _learned(before, horizon, cases.features, seed)
        kinds[day] = last.choice.name
        own = {MODEL: (last.choice.model.chance(now), last.choice.chance(now))}
        own |= {name: (model.chance(now),) * 2 for name, model in last.baselines.items()}
        said.append((now[["as_of", "account_id", "promising"]], own))
    if not said:
        raise UserError(label("score_untried", reason=skipped[max(skipped)] if skipped else label("score_no_day")))
    there = [name for name in BASELINES if all(name in own for _, own in said)]
    parts = []
    for now, own in said:
        for name in (MODEL, *there):
            score, chance = own[name]
            parts.append(now.assign(model=name, score=score, chance=chance))
    columns = ["as_of", "account_id", "model", "score", "chance", "promising"]
    frame = pd.concat(parts, ignore_index=True).sort_values(columns[:3], ignore_index=True)[columns]
    return Trial(frame, skipped, tuple(name for name in BASELINES if name not in there), kinds)


class _Learned:
    """What was learned from the cases of some days: the model and the baselines."""

    def __init__(self) -> None:
        self.days: tuple[Any, ...] = ()
        self.choice: Choice
        self.baselines: dict[str, PotentialModel] = {}


def _learned(before: pd.DataFrame, horizon: str, features: tuple[str, ...], seed: int) -> _Learned:
    found = _Learned()
    found.days = tuple(before["as_of"].unique())
    found.choice = choose(before, horizon, _LEARNED, features, seed)
    for name, column in BASELINES.items():
        if column in before and before[column].nunique() > 1:
            found.baselines[name] = PotentialModel(name, seed=seed).fit(before, [column])  # type: ignore[arg-type]
    return found


def _lacking(before: pd.DataFrame, now: pd.DataFrame) -> str | None:
    """Why a day has no forecast."""
    if before.empty:
        return label("score_nothing_before")
    if (found := promising(before)) < FEWEST or (before["promising"] == 1).all():
        return label("score_few", promising=found, wanted=FEWEST)
    if now["promising"].nunique() < 2:
        return label("score_one_kind", promising=int(now["promising"].sum()), cases=len(now))
    return None


def _log_scores(own: pd.DataFrame) -> Array:
    chance, came = own["chance"].to_numpy(), own["promising"].to_numpy()
    with np.errstate(divide="ignore"):
        found: Array = np.maximum(np.log(np.where(came == 1, chance, 1 - chance)), FLOOR)
    return found


def _measures(own: pd.DataFrame) -> dict[str, float]:
    from sklearn.metrics import average_precision_score

    return {
        "average_precision": float(average_precision_score(own["promising"], own["score"])),
        "brier": float(((own["chance"] - own["promising"]) ** 2).mean()),
        "log_score": float(_log_scores(own).mean()),
        "lift": lift(own["chance"], own["promising"]),
    }
