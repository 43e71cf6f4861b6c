"""How many will still be there later than anybody has been seen: projections of retention, tried before they are shown.

The shifted beta-geometric and the beta-discrete-Weibull (Fader & Hardie 2007; Fader, Hardie, Liu, Davin & Steenburgh
2018): accounts differ in how readily they leave, so those that stay are the loyal ones and retention rises with
tenure. In the second an account's own readiness changes with time as well. Where it alone explains what was lost, the
second has no maximum and the discrete Weibull (Nakagawa & Osaki 1975), which it comes to, stands in its place. All are
fitted to numbers at risk and lost, period by period of tenure, so that late entry and the end of the book are in the
likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.retention.curves import LEVEL
from crm_analysis.churn.retention.tenures import AT_RISK, YEAR
from crm_analysis.errors import UserError
from crm_analysis.labels import code_said, label
from crm_analysis.value.lifetime.fitting import Maximum, NotIdentified, maximum, normal_draws, summary

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SBG, BDW, DW, NAIVE = "sBG", "BdW", "discrete Weibull", "last retention repeated"
PARAMETERS = {SBG: ("a", "b"), BDW: ("a", "b", "c"), DW: ("a", "c")}
QUARTER = YEAR / 4
LOST = 10
"""So many accounts lost are needed at least, for a fit and among those that a trial is judged by."""
DRAWS = 4096
ALIKE = 1e4
"""With a + b above this, accounts do not differ in how readily they leave, and any larger number would do as well."""
LARGE = 100.0
"""The largest logarithm of a power of time, far beyond any that fits."""
FITTED = 2 / 3
"""A trial fits this part of the periods and looks at the rest."""


def periods(frame: pd.DataFrame, length: float = QUARTER, least: int = AT_RISK) -> pd.DataFrame:
    """`tenures` as a table of whole periods of tenure: one row per period, the first first.

    Columns: period (1, 2, ...), years (at its end), at_risk, lost, retention.

    `length` is in days. At risk in a period is who was there when it began, under observation by then, and could
    have been observed to its end; whoever the end of the book, or late entry, cuts within it does not count in
    it. The table starts with the first period, and ends before the first one with fewer than `least` at risk.
    """
    import pandas as pd

    entry, duration, limit = (frame[name].to_numpy(float) / length for name in ("entry", "duration", "limit"))
    gone = frame["gone"].to_numpy(bool)
    rows = []
    for number in range(1, int(limit.max(initial=0)) + 1):
        there = (entry <= number - 1) & (duration > number - 1) & (limit >= number)
        many, lost = int(there.sum()), int((there & gone & (duration <= number)).sum())
        if many < least:
            break
        rows.append((number, number * length / YEAR, many, lost, 1 - lost / many))
    return pd.DataFrame(rows, columns=["period", "years", "at_risk", "lost", "retention"])


def survivors(numbers: Sequence[float]) -> pd.DataFrame:
    """The same table from the survivors of one cohort: how many there were first, after a period, after two, ..."""
    import pandas as pd

    many = np.asarray(numbers, dtype=float)
    if len(many) < 2 or (np.diff(many) > 0).any() or many[-1] <= 0:
        raise UserError(f"survivors are numbers above 0 that do not rise, two at least; found {list(numbers)}.")
    at, lost = many[:-1], -np.diff(many)
    place = np.arange(1, len(many))
    columns = {"period": place, "years": place.astype(float), "at_risk": at, "lost": lost, "retention": 1 - lost / at}
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Projection:
    """A model of retention fitted to `table`; `found` holds the logarithms of its parameters."""

    model: str
    found: Maximum
    table: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """One row per parameter: parameter, estimate, standard_error, low, high (95 %)."""
        names = PARAMETERS[self.model]
        return summary(names, self.found.at, self.found.covariance, len(names))

    def survival(self, upto: int, since: int = 0, level: float = LEVEL) -> pd.DataFrame:
        """The share still there after periods since + 1 to `upto`, of those there after `since`.

        Columns: model, period, survival, low, high. The interval tells how far the parameters are known (draws from
        their normal approximation, on logarithms), not whether the model holds beyond the data.
        """
        import pandas as pd

        place = np.arange(upto + 1.0)

        def share(at: Array) -> Array:
            logs = log_survival(self.model, at, place)
            return np.asarray(np.exp(logs[..., since + 1 :] - logs[..., [since]]))

        draws = share(normal_draws(self.found.at, self.found.covariance, DRAWS))
        tail = (1 - level) / 2
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        columns = {
            "model": self.model,
            "period": place[since + 1 :].astype(np.int64),
            "survival": share(self.found.at),
        }
        return pd.DataFrame(columns | {"low": low, "high": high})


def fitted(table: pd.DataFrame, model: str = SBG) -> Projection:
    """The model, one of PARAMETERS, fitted to a table of `periods` or `survivors` by maximum likelihood.

    Raises UserError where there are fewer periods than parameters and one, fewer than LOST accounts lost, or nothing in
    the data that tells the parameters (NotIdentified): such as accounts that all leave equally readily.
    """
    names = PARAMETERS[model]
    many, lost = table["at_risk"].to_numpy(float), table["lost"].to_numpy(float)
    if len(table) <= len(names) or lost.sum() < LOST:
        found_lost, least = f"{lost.sum():,.0f}", len(names) + 1
        raise UserError(
            label(
                "projection_few", model=code_said(model), periods=len(table), lost=found_lost, least=least, fewest=LOST
            )
        )
    place = np.arange(len(table) + 1.0)

    def likelihood(at: Array) -> tuple[float, Array]:
        step = np.minimum(np.diff(log_survival(model, at, place)), -1e-12)
        left = -np.expm1(step)
        value = float(lost @ np.log(left) + (many - lost) @ step)
        return value, (many - lost - lost * np.exp(step) / left) @ np.diff(slopes(model, at, place), axis=0)

    guesses = ({"a": 1.0, "b": 5.0, "c": 1.0}, {"a": 0.3, "b": 1.0, "c": 1.5})
    starts = [np.log([guess[name] for name in names]) for guess in guesses]
    found: Maximum | None
    try:
        found = maximum(likelihood, starts, names, model, float(many.max()))
    except NotIdentified:
        found = None
    if found is None or ("b" in names and np.exp(found.at[:2]).sum() > ALIKE):
        raise NotIdentified(
            label("projection_loose", model=code_said(model), periods=len(table), lost=f"{lost.sum():,.0f}")
        )
    return Projection(model, found, table)


def log_survival(model: str, at: Array, place: Array) -> Array:
    """The logarithm of the share still there after so many periods; `at` holds the logarithms of the parameters.

    S(t) = B(a, b + t^c) / B(a, b), where c is 1 for the shifted beta-geometric; S(t) = exp(-a t^c) for the Weibull. One
    row per row of `at`.
    """
    from scipy.special import betaln

    a, b, c = _parameters(model, at)
    spent = _spent(c, place)
    return np.asarray(-a * spent if model == DW else betaln(a, b + spent) - betaln(a, b))


def slopes(model: str, at: Array, place: Array) -> Array:
    """The slopes of `log_survival` by the logarithms of the parameters: periods x parameters."""
    from scipy.special import digamma

    a, b, c = _parameters(model, at)
    spent, passed = _spent(c, place), np.log(np.maximum(place, 1))
    if model == DW:
        return np.column_stack([-a * spent, -a * c * spent * passed])
    both, late = digamma(a + b + spent), digamma(b + spent)
    columns = [a * (digamma(a + b) - both), b * (late - both - digamma(b) + digamma(a + b))]
    if model == BDW:
        columns.append(c * (late - both) * spent * passed)
    return np.column_stack(columns)


def _parameters(model: str, at: Array) -> tuple[Array, Array, Array]:
    """a, b and c of a model, each as a column; what it lacks is NaN, or 1."""
    named = dict(zip(PARAMETERS[model], np.split(np.exp(at), len(PARAMETERS[model]), axis=-1), strict=True))
    return named["a"], named.get("b", np.array([np.nan])), named.get("c", np.ones(1))


def _spent(c: Array, place: Array) -> Array:
    return np.where(place > 0, np.exp(np.minimum(c * np.log(np.maximum(place, 1)), LARGE)), 0.0)


def naive(table: pd.DataFrame) -> float:
    """The last retention seen, as anybody would repeat it.

    Half an account is added on both sides, so that a period without a loss does not promise that none will come.
    """
    last = table.iloc[-1]
    return float(1 - (last["lost"] + 0.5) / (last["at_risk"] + 1))


def trial(table: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The models tried: fitted to the first FITTED of the periods, compared with what came in the rest.

    One row per model and for the naive rule, best first: model, log_score (natural logarithm of the chance given to
    what came, per account and period; higher is better), expected (share of those there when the rest begins that it
    has there at the end), low, high (how far its parameters are known), came, came_low, came_high (the same as it came,
    from the life table of the rest; all at `level`), periods (fitted), rest (compared), lost (in the rest), remark
    (why a model has no figures). Raises UserError if the rest has fewer than LOST accounts lost, or there are fewer
    than four periods.
    """
    import pandas as pd

    many = max(3, int(np.ceil(len(table) * FITTED)))
    first, rest = table.iloc[:many], table.iloc[many:]
    lost = float(rest["lost"].sum())
    if rest.empty or lost < LOST:
        raise UserError(
            label("projection_untried", periods=len(table), rest=len(rest), lost=f"{lost:,.0f}", fewest=LOST)
        )
    came, few, more = (float(bound[-1]) for bound in _seen(rest, level))
    place = np.arange(1.0, len(rest) + 1)
    rows = [(NAIVE, _log_score(naive(first) ** place, rest), naive(first) ** len(rest), np.nan, np.nan, "")]
    for model in PARAMETERS:
        try:
            found = fitted(first, model).survival(len(table), many, level)
        except UserError as refusal:
            rows.append((model, np.nan, np.nan, np.nan, np.nan, str(refusal)))
            continue
        end = found.iloc[-1]
        score = _log_score(found["survival"].to_numpy(), rest)
        rows.append((model, score, end["survival"], end["low"], end["high"], ""))
    result = pd.DataFrame(rows, columns=["model", "log_score", "expected", "low", "high", "remark"])
    result = result.assign(came=came, came_low=few, came_high=more, periods=many, rest=len(rest), lost=int(lost))
    return result.sort_values("log_score", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _log_score(survival: Array, rest: pd.DataFrame) -> float:
    """Per account and period, from the shares still there after each of the periods."""
    before = np.concatenate([[1.0], survival[:-1]])
    kept = np.clip(survival / before, 1e-12, 1 - 1e-12)
    many, lost = rest["at_risk"].to_numpy(float), rest["lost"].to_numpy(float)
    return float((lost @ np.log1p(-kept) + (many - lost) @ np.log(kept)) / many.sum())


def projected(table: pd.DataFrame, upto: int, level: float = LEVEL) -> pd.DataFrame:
    """The share still there after each period up to `upto`, seen and projected, of accounts at their beginning.

    Columns: model, period, years, survival, low, high. Model "seen" is the life table as far as it goes (low and high
    by Greenwood for log(-log), NaN before anybody was lost); each model that can be fitted to all of it, and the naive
    rule (NaN for low and high), runs over all periods, the naive rule from the last one seen. No rows for a table
    without.
    """
    import pandas as pd

    columns = ["model", "period", "years", "survival", "low", "high"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    seen, low, high = _seen(table, level)
    number = table["period"].to_numpy()
    parts = [pd.DataFrame({"model": "seen", "period": number, "survival": seen, "low": low, "high": high})]
    for model in PARAMETERS:
        try:
            parts.append(fitted(table, model).survival(upto, 0, level))
        except UserError:
            continue
    later = np.arange(len(table) + 1, upto + 1)
    repeated = seen[-1] * naive(table) ** (later - len(table))
    parts.append(pd.DataFrame({"model": NAIVE, "period": later, "survival": repeated, "low": np.nan, "high": np.nan}))
    result = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return result.assign(years=result["period"] * float(table["years"].iloc[0]))[columns]


def _seen(table: pd.DataFrame, level: float) -> tuple[Array, Array, Array]:
    """The life table: the share of those there before its first period after each one, with bounds."""
    from scipy.stats import norm

    many, lost = table["at_risk"].to_numpy(float), table["lost"].to_numpy(float)
    share = np.cumprod(1 - lost / many)
    spread = np.sqrt(np.cumsum(np.divide(lost, many * (many - lost), out=np.zeros_like(many), where=many > lost)))
    logs = np.log(np.clip(share, 1e-12, 1 - 1e-12))
    wide = float(norm.ppf((1 + level) / 2)) * spread / logs
    low, high = (np.where(lost.cumsum() > 0, np.exp(logs * np.exp(sign * wide)), np.nan) for sign in (-1, 1))
    return share, low, high
