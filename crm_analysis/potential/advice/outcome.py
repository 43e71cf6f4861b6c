"""What is advised for each Low account: keep, survey first, or may be cut; and why, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.potential import lots
from crm_analysis.potential.lots import SEED
from crm_analysis.potential.vetoes import first_veto

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

KEEP, SURVEY, CUT = "keep", "survey", "cut"
OUTCOMES = {KEEP: "outcome_keep", SURVEY: "outcome_survey", CUT: "outcome_cut"}
"""The outcomes, each with the label of its words; they are what `decisions` should hold as recommended."""
OVERRIDE, VETO, EXEMPT, BELOW, ABOVE, BETWEEN = "override", "veto", "exempt", "below", "above", "between"
VETO_WORDS = {
    "new": "veto_new",
    "opportunity": "veto_opportunity",
    "complaint": "veto_complaint",
    "contract": "veto_contract",
    "sibling": "veto_sibling",
    "key_account": "veto_key_account",
}
"""The label of each veto's words."""
LOT = 2
"""The purpose of the lots that the never-cut group is drawn by; calibration draws by another."""
NEVER_CUT = 0.05
"""The share of the Low accounts that is never cut."""


@dataclass(frozen=True)
class Usual:
    """The share of promising among known Low accounts: of so many `cases`, on one day; of all days if `day` is None."""

    share: float
    promising: int
    cases: int
    day: Any


def usual(known: pd.DataFrame) -> Usual:
    """How likely the average Low account is to be promising: what is at least as likely is kept.

    Of the latest day of the known cases or, where nobody was promising on it, of all days; NaN without a promising
    case, and then nobody is kept for it.
    """
    if len(known):
        day = known["as_of"].max()
        last = known.loc[known["as_of"] == day, "promising"]
        if last.sum() > 0:
            return Usual(float(last.mean()), int(last.sum()), len(last), day)
    promising = int(known["promising"].sum())
    share = promising / len(known) if promising else float("nan")
    return Usual(share, promising, len(known), None)


def never_cut(rows: pd.DataFrame, share: float = NEVER_CUT, seed: int = SEED) -> Flags:
    """Whether the lot exempts each of some rows of cases from any cut, to measure afterwards what the guard would miss.

    The same accounts every quarter, siblings together, whatever their score. UserError for a share that is none.
    """
    if not 0 <= share < 1:
        raise UserError(f"the share never cut is from 0 up to, not including, 1; found {share}.")
    chosen: Flags = lots.lots(rows["bits"].to_numpy(np.uint64), seed, LOT) < share
    return chosen


def outcomes(
    today: pd.DataFrame,
    threshold: float,
    keep_at: float,
    overrides: pd.DataFrame | None = None,
    exempt: Any = None,
    score: Any = None,
) -> pd.DataFrame:
    """The outcome of each row of `today` (cases of a day with their potential), in that order.

    `threshold` is the guard's, on the scale of `score`, which is the potential unless given: the guard's promise holds
    for the score it was calibrated on. -inf where it declines, +inf where vetoes suffice. `keep_at` is the potential
    from which on an account is kept (`usual`; NaN keeps none for it); `overrides` as `decided.overrides` tells them;
    `exempt` flags the never-cut group.

    Columns: account_id; outcome; recommended (the outcome by rule alone, as if nobody had objected and no lot were
    drawn: what `decisions` must hold for the guard to be measured); because (OVERRIDE ... BETWEEN); why (in words);
    veto (the first that holds, whatever decided; "" without). What decides, in this order: the never-cut group (first,
    so that all of it can be told, vetoed or not: the miss rate is one of all promising), a person's word to keep it, a
    veto, a score strictly below the threshold (may be cut), a potential from keep_at on (keep); the rest is surveyed
    first. UserError for potentials or scores that are not finite, or a threshold that is none.
    """
    import pandas as pd

    potential = _finite(today["potential"], "potential", len(today))
    own = potential if score is None else _finite(score, "score", len(today))
    if np.isnan(threshold):
        raise UserError("the guard's threshold is a number, or infinite; found none.")
    veto = first_veto(today).to_numpy(dtype=object)
    said = _said(today["account_id"], overrides)
    lot = np.zeros(len(today), dtype=bool) if exempt is None else np.asarray(exempt, dtype=bool)
    by_rule = [veto != "", own < threshold, potential >= keep_at]
    rule = np.select(by_rule, [VETO, BELOW, ABOVE], default=BETWEEN).astype(object)
    because = np.select([lot, said != "", veto != ""], [EXEMPT, OVERRIDE, VETO], default=rule).astype(object)
    outcome = {OVERRIDE: KEEP, VETO: KEEP, EXEMPT: KEEP, BELOW: CUT, ABOVE: KEEP, BETWEEN: SURVEY}
    declines = threshold == -np.inf
    words = {
        EXEMPT: label("why_exempt"),
        BELOW: label("why_below"),
        ABOVE: label("why_above", share=f"{keep_at:.1%}"),
        BETWEEN: label("why_declined") if declines else label("why_between"),
    }
    kept = {name: label(key) for name, key in VETO_WORDS.items()}
    why = [
        one if reason == OVERRIDE else kept[held] if reason == VETO else words[reason]
        for one, reason, held in zip(said, because, veto, strict=True)
    ]
    found = {
        "account_id": today["account_id"].to_numpy(dtype=object),
        "outcome": [outcome[reason] for reason in because],
        "recommended": [outcome[reason] for reason in rule],
        "because": because,
        "why": why,
        "veto": veto,
    }
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in found.items()})


def _finite(values: Any, name: str, rows: int) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    wrong = int((~np.isfinite(found)).sum())
    if found.shape != (rows,) or wrong:
        raise UserError(f"{name}: expected {rows} finite numbers; found {found.size}, {wrong} of them not finite.")
    return found


def _said(ids: pd.Series, overrides: pd.DataFrame | None) -> NDArray[Any]:
    """What was said by whoever wants an account kept, in words; "" where nobody did."""
    if overrides is None or not len(overrides):
        return np.full(len(ids), "", dtype=object)
    kept = overrides[overrides["keeps"].astype(bool)]
    told = {
        row["account_id"]: label(
            "why_override",
            day=row["decided_on"].date(),
            who=row["decided_by"] or label("why_override_nobody"),
            reason=row["reason"] or label("why_override_silent"),
        )
        for row in kept.to_dict("records")
    }
    return ids.map(told).fillna("").to_numpy(dtype=object)
