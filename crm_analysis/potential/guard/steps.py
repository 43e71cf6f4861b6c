"""What other cuts would risk, and what other promises would free: tables of the accounts that are Low today."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.potential.guard.exact import checked, effective, needed_cases, upper
from crm_analysis.potential.guard.promise import guard, on_average

if TYPE_CHECKING:
    import pandas as pd

PLACES = 40
"""Places at which the risk of a cut is told."""


def steps_down(
    score: Any, kept: Any, low_score: Any, low_kept: Any, delta: float, places: int = PLACES
) -> pd.DataFrame:
    """The risk of cutting ever more of today's Low accounts, from the lowest score up: one row per place.

    `score` and `kept` are those of the known promising accounts as for `guard`; `low_score` and `low_kept` of the
    accounts that are Low today. Columns: share (of the Low accounts), accounts (that are cut), threshold (just above
    the last one cut; -inf in the first row, where nobody is), misses (known promising accounts cut), miss_rate, bound.
    About so many places, equally many accounts apart where scores are not tied; the last one cuts all that no veto
    keeps.

    Each bound is exact (Clopper & Pearson) and holds with confidence 1 - delta for its own row. For the last row whose
    bound is up to an alpha set beforehand it holds as `guard` does, and that row cuts no more accounts than `guard`;
    for a row that was picked because its bound looked well it does not.
    """
    import pandas as pd

    checked(delta, "delta")
    if places < 1:
        raise UserError(f"the steps down need one place at least; found {places}.")
    own, low = np.sort(effective(score, kept)), effective(low_score, low_kept, "low_score")
    values, times = np.unique(low[np.isfinite(low)], return_counts=True)
    many = np.cumsum(times)
    # times a whole number first, so that the last place is not lost to rounding
    wanted = np.arange(1, places + 1) * (int(many[-1]) if len(many) else 0) // places
    at = np.unique(np.searchsorted(many, wanted, side="right") - 1)
    at = at[at >= 0] if len(many) else at[:0]
    threshold = np.concatenate([[-np.inf], np.nextafter(values[at], np.inf)])
    accounts = np.concatenate([[0], many[at]]).astype(np.int64)
    misses = np.searchsorted(own, threshold, side="left")
    return pd.DataFrame(
        {
            "share": accounts / max(len(low), 1),
            "accounts": accounts,
            "threshold": threshold,
            "misses": misses,
            "miss_rate": misses / len(own) if len(own) else np.nan,
            "bound": np.where(accounts > 0, upper(misses, len(own), delta), 0.0),
        }
    )


def by_alpha(
    score: Any, kept: Any, low_score: Any, low_kept: Any, alphas: Iterable[float], delta: float
) -> pd.DataFrame:
    """What each alpha would free: one row per alpha, ascending, each once.

    Arguments as for `steps_down`. Columns: alpha; needed (cases for any cut), allowed_misses (-1 if no cut), threshold,
    accounts (Low ones that may be cut), share (of the Low accounts), all of `guard`; needed_on_average,
    accounts_on_average, share_on_average, of `on_average`, which promises less. Each row's promise holds for an alpha
    that was set before the table was seen.
    """
    import pandas as pd

    low = effective(low_score, low_kept, "low_score")
    rows = []
    for alpha in sorted(set(alphas)):
        sure, mean = guard(score, kept, alpha, delta), on_average(score, kept, alpha)
        cut, cut_on_average = (int(line.may_cut(low_score, low_kept).sum()) for line in (sure, mean))
        rows.append(
            {
                "alpha": alpha,
                "needed": needed_cases(alpha, delta),
                "allowed_misses": sure.allowed_misses,
                "threshold": sure.threshold,
                "accounts": cut,
                "share": cut / max(len(low), 1),
                "needed_on_average": mean.needed,
                "accounts_on_average": cut_on_average,
                "share_on_average": cut_on_average / max(len(low), 1),
            }
        )
    if not rows:
        raise UserError("a table by alpha needs one alpha at least; found none.")
    return pd.DataFrame(rows)
