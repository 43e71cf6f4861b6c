"""What drives leaving: Cox's model with features that change each quarter, for explanation and not for prediction.

Time is the calendar: an account is compared with the others of the same day, so that no season and no crisis can pass
for a driver, and tenure is a feature. What is found goes together with leaving; it need not cause it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.churn.survival import checks, cox
from crm_analysis.churn.survival.design import Design, offered
from crm_analysis.churn.survival.features import SILENCE
from crm_analysis.churn.survival.sample import codes, drawn
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.periods import after
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition.spells import Spells

    Array = NDArray[np.float64]

MOST = 1_000_000
"""Account-quarters that are fitted to at most; of more, whole accounts are drawn."""
QUARTER = "3M"
_ENDS = (("low", -1.959963984540054), ("high", 1.959963984540054))
_DRIFTS = 0.05  # Holm's p below which an effect is said not to be the same over time


@dataclass(frozen=True)
class Drivers:
    """What goes together with leaving.

    - `summary`: one row per term: feature, term, hazard_ratio, low, high (95 %, clustered by account), p, p_holm
      (corrected for all terms; both left out where effects are penalised, because shrinking makes them mean nothing),
      coefficient, standard_error, scale (what the ratio is for: a standard deviation of the feature as transformed; 1
      for yes against no), inflation (of its variance by other terms). Where effects are penalised, also what each term
      tells by itself, unpenalised and not adjusted for the others: alone (hazard ratio), alone_low, alone_high (95 %),
      alone_p, alone_p_holm; NaN where all that left are on one side of those at risk, or a time has no difference.
    - `proportional`: one row per term: term, chi_squared, p, p_holm of Grambsch and Therneau's test that the effect
      was the same over the years. Empty where penalised.
    - `left`, `accounts`, `rows` (account-quarters), `per_parameter` (accounts that left), `loglik`, `penalty` (0 if
      none).
    - `sampled`; `says`: sentences on what was left out, filled in, drawn, penalised or is not proportional.
    """

    summary: pd.DataFrame
    proportional: pd.DataFrame
    left: int
    accounts: int
    rows: int
    per_parameter: float
    loglik: float
    penalty: float
    sampled: bool
    says: tuple[str, ...]

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {
            "accounts": self.accounts,
            "left": self.left,
            "rows": self.rows,
            "penalty": self.penalty,
            "interval": "low, high: 95%",
            "says": len(self.says),
        }
        table = self.summary[["feature", "term", "hazard_ratio", "low", "high"]]
        return Card("Drivers", facts, table, (".summary", ".proportional", ".says"))


def cox_rows(panel: pd.DataFrame, spells: Spells) -> pd.DataFrame:
    """The panel's rows with start, stop (days since the first landmark, start not included) and event, where at risk.

    A row is at risk from its landmark d to the next quarter end if the last order of its spell, L, is not before d; it
    stops the day after L, with an event if the account left of its own will. All are cut at `spells.decided_until`:
    what came later is not decided. Accounts that we dropped or that closed down stop the day after L without an event
    (hazards are those of leaving by choice). Raises UserError if no row is decided.
    """
    import pandas as pd

    own = spells.frame[["account_id", "spell", "began", "last", "known_on", "kind"]]
    keys = panel[["as_of", "account_id"]].assign(place=np.arange(len(panel)))
    found = keys.merge(own, on="account_id")
    there = (found["began"] <= found["as_of"]) & (found["as_of"] < found["known_on"])
    found = found[there & (found["last"] >= found["as_of"])]
    days = sorted(panel["as_of"].unique())
    cut = pd.Timestamp(spells.decided_until)
    if not days or found.empty or not days[0] < cut:
        raise UserError(label("learned_no_quarter", day=spells.decided_until))
    origin = pd.Timestamp(days[0])
    ends = {day: pd.Timestamp(after(pd.Timestamp(day).date(), QUARTER)) for day in days}
    end = found["as_of"].map(ends)
    gone = found["last"] + pd.Timedelta(days=1)
    stop = gone.where(gone <= end, end)
    stop = stop.where(stop <= cut, cut)
    rows = pd.DataFrame(
        {
            "place": found["place"],
            "start": (found["as_of"] - origin).dt.days.astype("float64"),
            "stop": (stop - origin).dt.days.astype("float64"),
            "event": (found["kind"] == "left") & (gone <= end) & (gone <= cut),
        }
    )
    rows = rows[rows["start"] < rows["stop"]].sort_values("place")
    beside = panel.iloc[rows["place"].to_numpy()].reset_index(drop=True)
    return beside.assign(**{name: rows[name].to_numpy() for name in ("start", "stop", "event")})


def drivers(rows: pd.DataFrame, features: Sequence[str] | None = None) -> Drivers:
    """Hazard ratios of the features of `cox_rows`; `features` None takes all but those of silence.

    Silence cannot explain leaving: at an account's last order it is zero by construction. Raises UserError if asked for
    it, for columns that are none, or with fewer than `checks.MINIMUM` accounts that left or stayed. Penalised with
    fewer than ten accounts that left per parameter, or where a feature parts those that left. Ties as Efron's.
    """
    with one_thread():  # its matrices are small: threads would only wait for each other
        return _drivers(rows, features)


def _drivers(rows: pd.DataFrame, features: Sequence[str] | None) -> Drivers:
    import pandas as pd

    names = [name for name in offered(rows) if name not in SILENCE] if features is None else list(features)
    if silent := [name for name in names if name in SILENCE]:
        raise UserError(
            f"the feature {silent[0]!r} is zero at each last order by construction, and explains no leaving."
        )
    says: list[str] = []
    owner, accounts = codes(rows["account_id"])
    chosen = drawn(owner, accounts, MOST)
    if not chosen.all():
        kept = chosen[owner]
        counts = {"some": int(chosen.sum()), "accounts": len(accounts), "kept": int(kept.sum()), "rows": len(rows)}
        says.append(label("learned_part_drivers", **{name: f"{number:,}" for name, number in counts.items()}))
        rows = rows[kept]
        owner, accounts = codes(rows["account_id"])
    event = rows["event"].to_numpy(dtype=bool)
    gone = np.bincount(owner[event], minlength=len(accounts)) > 0
    left = int(gone.sum())
    checks.enough(left, int((~gone).sum()), label("learned_drivers"))
    design = Design.of(rows, names, bends=False)
    says += design.says
    matrix = design.matrix(rows)
    design, matrix = _without_repeats(design, matrix, says)
    if not design.columns:
        raise UserError(sentences(label("learned_nothing_differs"), says[-1]))
    table = cox.Intervals(
        rows["start"].to_numpy("float64"), rows["stop"].to_numpy("float64"), event, matrix, owner, accounts
    )
    found, ridge = _found(table, design, left, says)
    spread = cox.covariance(table, found, ridge)
    summary = _summary(design, found.at, spread, matrix, told=ridge == 0)
    if ridge > 0:
        summary = pd.concat([summary, _alone(table, design)], axis=1)
    proportional = _proportional(table, found, design, says, told=ridge == 0)
    return Drivers(
        summary, proportional, left, len(accounts), len(rows), left / len(design.columns), found.loglik, ridge,
        not bool(chosen.all()), tuple(says),
    )  # fmt: skip


def _found(table: cox.Intervals, design: Design, left: int, says: list[str]) -> tuple[cox.Maximum, float]:
    """The maximum, and the penalty it took."""
    overlap = checks.Overlap(len(design.columns))
    overlap.add(table.matrix, table.event)
    why = checks.held_back(left, len(design.columns), [design.columns[place].term for place in overlap.parted()])
    if why is None:
        found = cox.maximum(table)
        if found.reached:
            return found, 0.0
        why = label("learned_held_together")
    ridge = cox.strength(table)
    found = cox.maximum(table, ridge)
    if not found.reached:
        raise UserError(
            f"the drivers of leaving: no maximum is found with a penalty of {ridge:g}; expected fewer features."
        )
    says.append(sentences(why, label("learned_strength_drivers", strength=f"{ridge:.3g}")))
    return found, ridge


def _without_repeats(design: Design, matrix: Array, says: list[str]) -> tuple[Design, Array]:
    found = checks.repeats(matrix.T @ matrix, given=0)
    if not found:
        return design, matrix
    says += checks.told(found, [column.term for column in design.columns])
    dropped = [place for place, _ in found]
    return design.without(dropped), np.ascontiguousarray(np.delete(matrix, dropped, axis=1))


def _summary(design: Design, at: Array, spread: Array, matrix: Array, told: bool) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import norm

    own = design.told(at, spread)
    ends = {side: np.exp(own["coefficient"] + way * own["standard_error"]) for side, way in _ENDS}
    table = own[["feature", "term"]].assign(hazard_ratio=np.exp(own["coefficient"]), **ends)
    if told:
        table["p"] = 2 * norm.sf(np.abs(own["coefficient"] / own["standard_error"]))
        table["p_holm"] = checks.holm(table["p"].to_numpy())
    inflation = pd.Series(checks.inflation(matrix.T @ matrix, given=0), name="inflation")
    return pd.concat([table, own[["coefficient", "standard_error", "scale"]], inflation], axis=1)


def _alone(table: cox.Intervals, design: Design) -> pd.DataFrame:
    """What each term tells by itself: a model of one coefficient has enough that left where one of all has not."""
    import pandas as pd
    from scipy.stats import norm

    rows = []
    for place, column in enumerate(design.columns):
        own = replace(table, matrix=np.ascontiguousarray(table.matrix[:, [place]]))
        found = cox.maximum(own)
        if not found.reached:
            rows.append([np.nan] * 4)
            continue
        by = 1 / column.scale if column.binary else 1.0
        at, error = float(found.at[0]) * by, float(np.sqrt(cox.covariance(own, found, 0.0)[0, 0])) * by
        rows.append([np.exp(at), *(np.exp(at + way * error) for _, way in _ENDS), 2 * norm.sf(abs(at / error))])
    result = pd.DataFrame(rows, columns=["alone", "alone_low", "alone_high", "alone_p"])
    result["alone_p_holm"] = np.nan
    known = result["alone_p"].notna()
    result.loc[known, "alone_p_holm"] = checks.holm(result.loc[known, "alone_p"].to_numpy())
    return result


def _proportional(
    table: cox.Intervals, found: cox.Maximum, design: Design, says: list[str], told: bool
) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import chi2

    names = ["term", "chi_squared", "p", "p_holm"]
    if not told or len(table.times) < 2:
        return pd.DataFrame(columns=names)
    squared = cox.drift(table, found)
    p = chi2.sf(squared, 1)
    terms = [column.term for column in design.columns]
    result = pd.DataFrame({"term": terms, "chi_squared": squared, "p": p, "p_holm": checks.holm(p)})
    moved = result.loc[result["p_holm"] < _DRIFTS, "term"].tolist()
    if moved:
        says.append(label("learned_averaged", terms=listed(moved)))
    return result
