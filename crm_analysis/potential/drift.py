"""Whether accounts are still those that the guard learned from.

Two questions. `drift`: have the Low accounts moved, by score and by feature? This can be asked today, and what it finds
need not break the promise. `outcome_drift`: have the scores of accounts that proved promising moved? This is what
breaks it, and it is known a horizon late, of few accounts.

With many accounts any trifle is significant, with few nothing is. So something counts as moved only if chance does
not explain it and it is at least a stated size; and the size that could have been noticed is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import UserError
from crm_analysis.periods import after
from crm_analysis.potential.guard.exact import checked, effective

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SCORE = "score"
"""The column of scores."""
LEVEL = 0.05
"""How often a movement may be told where there is none."""
GAP = 0.1
"""The smallest movement that is told: a tenth of the accounts on the other side of some value."""
LOW_END = 0.05
"""The lowest part of the promising, where cuts are made, that `outcome_drift` looks at by itself."""
_EXACT = 200  # accounts on either side up to which p-values are not approximated: below, it would be seen
_COLUMNS = ["what", "kind", "accounts_then", "accounts_now", "at", "then", "now", "gap", "noticeable", "p"]


@dataclass(frozen=True, eq=False)
class Drift:
    """What moved between then and now.

    `table`, one row per comparison, the score's first, then the largest gap first:

    - what (the column), kind ("score", "value"; "unknown": how many have no value; "low_end": how many of the promising
      score as low as the lowest of all did);
    - accounts_then, accounts_now (that were compared);
    - at, then, now: the shares of accounts at or below `at`, the value where the two differ most; of "unknown" the
      shares without a value, of "low_end" those below `at`; gap: how far apart the shares are (of "low_end": how much
      larger it is now);
    - noticeable: the smallest gap that so many accounts would show at `level`, by this comparison alone (nearly, where
      they are few); NaN where none would;
    - p (of no difference), p_holm (corrected: features among themselves; the score's is not), moved: p_holm up to
      `level` and the gap `least` or more (of "low_end": half of the part looked at, or more).
    """

    table: pd.DataFrame
    level: float
    least: float

    @property
    def moved(self) -> bool:
        """Whether scores moved: a reason to distrust the guard."""
        return bool(self.table.loc[self.table["kind"].isin(["score", "low_end"]), "moved"].any())

    @property
    def features(self) -> list[str]:
        """Features that moved, or are known of more or fewer accounts, the largest gap first, each once."""
        own = self.table[self.table["moved"] & self.table["kind"].isin(["value", "unknown"])]
        return list(dict.fromkeys(own["what"]))


@dataclass(frozen=True, eq=False)
class OutcomeDrift(Drift):
    """What moved between the promising of earlier snapshots and of the latest, and how many are promising in each.

    `rates`, one row per snapshot, by date: origin, accounts, promising, rate, low, high (90 %, Wilson). The rate may
    move without harm: the promise is about the promising, however many they are.
    """

    rates: pd.DataFrame


def drift(then: pd.DataFrame, now: pd.DataFrame, level: float = LEVEL, least: float = GAP) -> Drift:
    """Whether Low accounts have moved between calibration and today.

    `then`, `now`: one row per account, a column "score" and any features, numbers with NaN where unknown (not in
    the score). No account may be in both: divide them by lot first, or the two are not independent. Raises UserError
    for columns that only one of the two has, no column "score", scores that are not finite, columns without numbers.

    By Kolmogorov & Smirnov's test of two samples, exact for few accounts; equal values make it cautious. Shares of
    unknown values by Fisher's exact test. Features are corrected for their number (Holm 1979), the score is the one
    question asked first and is not. What moves features together without moving any of them is not seen.
    """
    _settings(level, least)
    columns = _columns(then, now)
    rows = [_compared(SCORE, "score", _numbers(then, SCORE), _numbers(now, SCORE), level)]
    for name in columns:
        known = [_numbers(frame, name) for frame in (then, now)]
        blank = [np.isnan(values) for values in known]
        parts = [values[~own] for values, own in zip(known, blank, strict=True)]
        rows.append(_compared(name, "value", parts[0], parts[1], level))
        if blank[0].any() or blank[1].any():
            rows.append(_counted(name, "unknown", np.nan, blank[0], blank[1], level, two_sided=True))
    table = _table(rows)
    features = table["kind"].ne("score").to_numpy()
    table["p_holm"] = table["p"]
    table.loc[features, "p_holm"] = _holm(table.loc[features, "p"].to_numpy(dtype=np.float64))
    table["moved"] = (table["p_holm"] <= level) & (table["gap"] >= least)
    table["last"] = features
    order = ["last", "gap", "what", "kind"]
    table = table.sort_values(order, ascending=[True, False, True, True], ignore_index=True, na_position="last")
    return Drift(table.drop(columns="last"), level, least)


def outcome_drift(
    score: Any,
    promising: Any,
    origin: Any,
    kept: Any = None,
    level: float = LEVEL,
    least: float = GAP,
    low_end: float = LOW_END,
) -> OutcomeDrift:
    """Whether the promising of the latest snapshot score as those of earlier ones did; if not, the guard is void.

    One row per account, each in one snapshot only: its score there by one model that saw none of them, whether it
    proved promising, and the snapshot (`origin`, anything that sorts by time). With `kept`, accounts that a veto keeps
    count as above every score, as for the guard. Two comparisons of the promising:

    - their scores on the whole, as in `drift`;
    - kind "low_end": the share among them that scores below `at`, the value below which the lowest `low_end` of all of
      them are (take alpha): whether more do now, by Fisher's exact test, one-sided. A miss rate can double without
      the scores on the whole moving by much. Half of `low_end` is the least movement told.

    Both p-values are corrected for there being two (Holm), so `moved` is wrong with probability `level` at most. With
    no promising account on one side all is NaN and nothing moved. Raises UserError for fewer than two snapshots, scores
    that are not finite, columns of different lengths.
    """
    import pandas as pd

    _settings(level, least)
    checked(low_end, "low_end")
    came, when = np.asarray(promising), pd.Series(np.asarray(origin))
    own = effective(score, np.zeros(len(came), dtype=np.bool_) if kept is None else kept)
    if came.shape != own.shape or when.shape != own.shape:
        raise UserError(
            f"outcome drift: expected one outcome and one snapshot for each of {len(own)} scores; found {came.shape}, "
            f"{when.shape}."
        )
    if when.isna().any() or came.dtype != np.bool_:
        raise UserError("outcome drift: outcomes are True or False and every row has a snapshot; found others.")
    if when.nunique() < 2:
        raise UserError(f"outcome drift compares the latest snapshot with earlier ones; found {when.nunique()}.")
    latest = (when == when.max()).to_numpy()
    before, now = own[came & ~latest], own[came & latest]
    both = np.sort(np.concatenate([before, now]))
    at = float(both[int(np.floor(low_end * len(both) + 1e-9))]) if len(both) else np.nan
    rows = [
        _compared(SCORE, "score", before, now, level),
        _counted(SCORE, "low_end", at, before < at, now < at, level, two_sided=False),
    ]
    table = _table(rows)
    table["p_holm"] = _holm(table["p"].to_numpy(dtype=np.float64))
    table["moved"] = (table["p_holm"] <= level) & (table["gap"] >= np.array([least, low_end / 2]))
    return OutcomeDrift(table, level, least, _rates(when, came))


def forecast_drift(forecasts: pd.DataFrame, horizon: str, low_end: float = LOW_END) -> OutcomeDrift:
    """Whether the promising of the latest day forecast rank as those of days a horizon earlier did (`outcome_drift`).

    `forecasts`: account_id, as_of, chance, promising, one row per account and day. An account counts once, by its
    latest day, and by its place among all that were scored on that day, so that models of different days compare.
    """
    place = forecasts.groupby("as_of")["chance"].rank(pct=True)
    days = forecasts["as_of"]
    last = days.max()
    earlier = days.map({day: after(day.date(), horizon) <= last.date() for day in days.unique()})
    own = forecasts.assign(place=place)[(days == last) | earlier]
    own = own.sort_values(["as_of", "account_id"]).drop_duplicates("account_id", keep="last")
    came = own["promising"].to_numpy() == 1
    return outcome_drift(own["place"], came, own["as_of"].to_numpy(), low_end=low_end)


def _rates(when: pd.Series, came: Flags) -> pd.DataFrame:
    import pandas as pd

    rates = pd.DataFrame({"origin": when, "promising": came}).groupby("origin", sort=True)["promising"]
    found = rates.agg(accounts="size", promising="sum").reset_index()
    low, high = wilson(found["promising"], found["accounts"])
    return found.assign(rate=found["promising"] / found["accounts"], low=low, high=high)


def _compared(what: str, kind: str, then: Array, now: Array, level: float) -> tuple[Any, ...]:
    """A row of the table by Kolmogorov & Smirnov's test."""
    from scipy.special import kolmogi
    from scipy.stats import ks_2samp

    many, few = len(then), len(now)
    if not many or not few:
        return (what, kind, many, few, *[np.nan] * 6)
    method = "exact" if max(many, few) <= _EXACT else "asymp"
    found = ks_2samp(then, now, method=method)
    at = float(found.statistic_location)
    below = [float((values <= at).mean()) for values in (then, now)]
    root = np.sqrt(many * few / (many + few))
    noticeable = float(kolmogi(level) / (root + 0.12 + 0.11 / root))  # Stephens (1970)
    return what, kind, many, few, at, *below, float(found.statistic), noticeable, float(found.pvalue)


def _counted(
    what: str, kind: str, at: float, then: Flags, now: Flags, level: float, two_sided: bool
) -> tuple[Any, ...]:
    """A row of the table by Fisher's test; one-sided, that there are more now."""
    from scipy.stats import fisher_exact

    many, few = len(then), len(now)
    if not many or not few:
        return (what, kind, many, few, *[np.nan] * 6)
    one, two = int(then.sum()), int(now.sum())
    p = fisher_exact([[two, few - two], [one, many - one]], "two-sided" if two_sided else "greater").pvalue
    shares = one / many, two / few
    gap = abs(shares[1] - shares[0]) if two_sided else shares[1] - shares[0]
    noticeable = _noticeable(one + two, many, few, level / 2 if two_sided else level)
    return what, kind, many, few, at, *shares, gap, noticeable, float(p)


def _noticeable(found: int, many: int, few: int, level: float) -> float:
    """The smallest gap that is significant if there are more now, of so many found in all; NaN if none is."""
    from scipy.stats import hypergeom

    least, most = max(0, found - many), min(found, few)
    counts = np.arange(least, most + 1)
    rare = hypergeom.sf(counts - 1, many + few, found, few) <= level
    if not rare.any():
        return float("nan")
    first = int(counts[np.argmax(rare)])
    return first / few - (found - first) / many


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=_COLUMNS)


def _holm(p: Array) -> Array:
    """Holm's correction for those that are known."""
    known = ~np.isnan(p)
    result = np.full(len(p), np.nan)
    result[known] = holm(p[known])
    return result


def _settings(level: float, least: float) -> None:
    checked(level, "level")
    if not 0 <= least <= 1:
        raise UserError(f"the least gap told lies between 0 and 1; found {least}.")


def _columns(then: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """The features, or UserError where the two do not have the same, or no score."""
    for frame, name in ((then, "then"), (now, "now")):
        if SCORE not in frame:
            raise UserError(f"drift: expected a column {SCORE!r} in {name!r}; found {list(map(str, frame.columns))}.")
        wrong = int((~np.isfinite(_numbers(frame, SCORE))).sum())
        if wrong:
            raise UserError(f"drift: expected finite scores; found {wrong} of {len(frame)} in {name!r} that are not.")
    only = sorted(map(str, set(then.columns) ^ set(now.columns)))
    if only:
        raise UserError(f"drift: expected the same columns then and now; found {', '.join(only)} in one of them only.")
    return [str(name) for name in then.columns if name != SCORE]


def _numbers(frame: pd.DataFrame, name: str) -> Array:
    try:
        return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise UserError(f"drift: expected numbers in column {name!r}; found {frame[name].dtype}.") from error
