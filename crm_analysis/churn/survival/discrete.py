"""The model that predicts who leaves: log odds of leaving in each of the next four quarters.

One row per account, landmark and step while it has not left (van Houwelingen 2007; Tutz & Schmid 2016). The
probability of leaving within some steps is one minus the product of staying in each, so that it cannot fall with the
horizon. Logit and not complementary log-log: in the first step many of those long silent are gone already, and the
chance of that comes near 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.churn.survival import checks, logistic
from crm_analysis.churn.survival.design import Design
from crm_analysis.churn.survival.panel import HORIZONS, STEPS
from crm_analysis.churn.survival.sample import codes, drawn
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.survival.logistic import Rows

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]


MOST = 1_000_000
"""Risk rows that are fitted to at most; of more, whole accounts are drawn."""
SHARED = 10
"""Accounts that left below which a later step has no level of its own."""
LEVEL = 0.9
"""The level of the probabilities' intervals."""
_WIDE = 1.959963984540054
_BLOCK = 16_384


class LeavingModel:
    """Discrete-time hazard of leaving, per quarter ahead.

    `penalty`: None penalises where it must (fewer than ten accounts that left per parameter, or separation), with the
    strength that forecasts accounts left out best; 0 never; another number always, with this strength. `features`: the
    columns to use; None takes all that are features (`design.offered`).

    `fit` learns:

    - `summary_`: feature, term, coefficient, standard_error, low, high (95 %, clustered by account), odds_ratio, scale,
      inflation; one row per term. A coefficient is that of `scale`: one standard deviation of the feature, as
      transformed; 1 for yes against no. The effects of the steps come first, with the feature "step";
    - `says_`: sentences on what was left out, filled in, drawn or penalised; `sampled_`: whether accounts were drawn;
    - `penalty_` (0 if none), `loglik_` (without it), `rows_`, `accounts_`, `left_` (accounts that left),
      `per_parameter_` (of these);
    - `horizons_`: the quarters ahead that could be learned; `step_shares_`: of those expected to leave, by step;
    - `coefficients_`, `covariance_`, `design_`: per standard deviation of each column.
    """

    def __init__(self, penalty: float | None = None, features: Sequence[str] | None = None) -> None:
        if penalty is not None and not 0 <= penalty < np.inf:
            raise UserError(f"a penalty is 0 (none), a number above, or None (as needed); found {penalty!r}.")
        self.penalty = penalty
        self.features = features

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        if not hasattr(self, "summary_"):
            return Card("LeavingModel", {"penalty": self.penalty}, next=(".fit(rows)",))
        facts = {
            "accounts": self.accounts_,
            "left": self.left_,
            "rows": self.rows_,
            "penalty": self.penalty_,
            "loglik": self.loglik_,
            "interval": "low, high: 95%",
            "says": len(self.says_),
        }
        table = self.summary_[["feature", "term", "coefficient", "low", "high", "odds_ratio"]]
        return Card(
            "LeavingModel", facts, table, (".predict(frame)", ".contributions(frame, by)", ".summary_", ".says_")
        )

    def fit(self, rows: pd.DataFrame, panel: pd.DataFrame | None = None) -> Self:
        """Fit to risk rows: step (1..4), left (0, 1), account_id and the features.

        With `panel` (account_id and the features, one row per account and landmark), rows are step, left and `row`, the
        position in it: the same fit in a quarter of the memory. Raises UserError for columns or values that are none,
        fewer than `checks.MINIMUM` accounts that left or stayed, or no finite maximum with `penalty` 0.
        """
        with one_thread():  # its matrices are small: threads would only wait for each other
            return self._fitted(rows, panel)

    def _fitted(self, rows: pd.DataFrame, panel: pd.DataFrame | None) -> Self:
        step, left, place, table = _read(rows, panel)
        owner, names = codes(table["account_id"])
        chosen = drawn(owner[place], names, MOST)
        says = []
        self.sampled_ = not bool(chosen.all())
        if self.sampled_:
            kept = chosen[owner[place]]
            counts = {"some": int(chosen.sum()), "accounts": len(names), "kept": int(kept.sum()), "rows": len(place)}
            says.append(label("learned_part", **{name: f"{number:,}" for name, number in counts.items()}))
            step, left, place = step[kept], left[kept], place[kept]
        there = np.bincount(place, minlength=len(table)) > 0
        table, place = table[there], (np.cumsum(there) - 1)[place]
        owner, names = codes(table["account_id"])
        gone = np.zeros(len(names), dtype=bool)
        gone[owner[place[left]]] = True
        checks.enough(int(gone.sum()), int((~gone).sum()), label("learned_model"))
        self.effects_ = effects = self._effects(step, left, owner[place], says)
        kept = np.isin(step, list(effects))
        step, left, place = step[kept], left[kept], place[kept]
        design = Design.of(table.iloc[place[step == 1]], self.features)  # each account and landmark once
        says += design.says
        parts = tuple(
            logistic.Step(effects[number], place[step == number], left[step == number].astype(np.float64), number == 1)
            for number in effects
        )
        whole = logistic.Rows(design.matrix(table), owner, names, design.always, max(effects.values()) + 1, parts)
        whole, design = _without_repeats(whole, design, says)
        self._learn(whole, design, int(gone.sum()), says)
        self.horizons_ = tuple(horizon for horizon in HORIZONS if horizon in effects)
        self.rows_, self.accounts_, self.left_ = whole.count, len(names), int(gone.sum())
        self.says_ = says
        self.step_shares_ = self._shares(whole)
        return self

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Probabilities of leaving within 1, 2 and 4 quarters, a row per row of the frame (account, landmark).

        Columns: account_id and as_of as far as the frame has them; p_1, low_1, high_1, p_2, ..., high_4, NaN for
        horizons that could not be learned. The bounds (LEVEL) are those of the probability, from the clustered
        covariance of the parameters on the scale of log(-log(staying)); whether the account leaves is more uncertain by
        far. p, low and high never fall with the horizon.
        """
        import pandas as pd

        told = {
            f"{name}_{horizon}": np.full(len(frame), np.nan) for horizon in HORIZONS for name in ("p", "low", "high")
        }
        with one_thread():
            for start in range(0, len(frame), _BLOCK):
                own = slice(start, start + _BLOCK)
                for name, values in self._block(self.design_.matrix(frame.iloc[own])).items():
                    told[name][own] = values
        keys = frame[[name for name in ("account_id", "as_of") if name in frame]]
        return pd.concat([keys, pd.DataFrame(told, index=frame.index)], axis=1)

    def contributions(self, frame: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
        """What each feature adds to the log odds of an account, against the mean of the rows with the same `by`.

        One column per feature, in log odds averaged over the steps as those expected to leave fall on them
        (`step_shares_`); above 0 raises the risk. They add up to the difference between the account's averaged log odds
        and its segment's. Rows without a `by` are compared with all.
        """
        import pandas as pd

        columns = self.design_.columns
        counts = np.array([self.step_shares_[1] if column.first else 1.0 for column in columns])
        weight = self.coefficients_[-len(columns) :] * counts if columns else np.zeros(0)
        features = self.design_.features
        sums = np.zeros((len(columns), len(features)))
        for place, column in enumerate(columns):
            sums[place, features.index(column.feature)] = weight[place]
        made = np.empty((len(frame), len(features)))
        for start in range(0, len(frame), _BLOCK):
            own = slice(start, start + _BLOCK)
            made[own] = self.design_.matrix(frame.iloc[own]) @ sums
        table = pd.DataFrame(made, index=frame.index, columns=features)
        group = pd.Series(np.asarray(by, dtype=object), index=frame.index)
        means = table.groupby(group).transform("mean").fillna(table.mean())
        return table - means

    def _effects(self, step: Places, left: Flags, owner: Places, says: list[str]) -> dict[int, int]:
        """The place of each step's effect. Later steps with few that left have one together, never with the first.

        In the first step some are gone already, so its level tells nothing of the others'.
        """
        many = {number: int((np.bincount(owner[(step == number) & left]) > 0).sum()) for number in STEPS}
        if not (step == 1).any():
            raise UserError("the risk rows hold no step 1, the quarter after a landmark, so there is nothing to fit.")
        groups: list[list[int]] = []
        waiting: list[int] = []
        for number in STEPS[1:]:
            waiting.append(number)
            if sum(many[own] for own in waiting) >= SHARED:
                groups.append(waiting)
                waiting = []
        if waiting and groups:
            groups[-1] += waiting
        elif sum(many[own] for own in waiting):
            groups.append(waiting)
        if not groups:
            says.append(label("learned_no_later"))
        for own in groups:
            if len(own) > 1:
                found = listed(label("learned_quarter", many=many[number], number=number) for number in own)
                says.append(label("learned_shared", numbers=listed(map(str, own)), found=found, wanted=SHARED))
        return {number: place for place, own in enumerate([[1], *groups]) for number in own}

    def _learn(self, rows: Rows, design: Design, left: int, says: list[str]) -> None:
        """Fit, with a penalty where one is needed, and keep what was found."""
        overlap = checks.Overlap(rows.matrix.shape[1])
        for _, _, block, came, _ in rows.blocks():
            overlap.add(block, came == 1)
        parted = [design.columns[place].term for place in overlap.parted()]
        why = checks.held_back(left, rows.width, parted)
        found = logistic.maximum(rows) if (self.penalty is None and why is None) or self.penalty == 0 else None
        ridge = 0.0
        if found is not None and not found.reached:
            if self.penalty == 0:
                raise UserError(
                    "the model of leaving without a penalty has no finite maximum: features part all that left from "
                    f"all that stayed ({', '.join(parted) or 'several together'}); expected fewer, or penalty=None."
                )
            why = label("learned_held_together")
            found = None
        if found is None:
            ridge = self.penalty if self.penalty else logistic.strength(rows)
            found = logistic.maximum(rows, ridge)
            if not found.reached:
                raise UserError(
                    f"the model of leaving has no maximum with a penalty of {ridge:g}; expected a stronger one."
                )
            if self.penalty is None:
                says.append(sentences(why or "", label("learned_strength", strength=f"{ridge:.3g}")))
        self.penalty_, self.loglik_ = ridge, logistic.log_likelihood(rows, found.at)
        self.coefficients_, self.covariance_ = found.at, logistic.covariance(rows, found, ridge)
        self.per_parameter_ = left / rows.width
        self.design_ = design
        self.summary_ = _summary(rows, design, self.effects_, found.at, self.covariance_)

    def _odds(self, matrix: Array, step: int) -> Array:
        """Log odds of leaving in a step."""
        effects = len(self.coefficients_) - matrix.shape[1]
        own = slice(effects, None) if step == 1 else slice(effects, effects + self.design_.always)
        columns = matrix if step == 1 else matrix[:, : self.design_.always]
        odds: Array = self.coefficients_[self.effects_[step]] + columns @ self.coefficients_[own]
        return odds

    def _block(self, matrix: Array) -> dict[str, Array]:
        """Probabilities and bounds of some rows."""
        from scipy.special import expit
        from scipy.stats import norm

        effects, always = len(self.coefficients_) - matrix.shape[1], self.design_.always
        wide = float(norm.ppf((1 + LEVEL) / 2))
        stays = np.zeros(len(matrix))  # minus the logarithm of staying
        slope = np.zeros((len(matrix), len(self.coefficients_)))
        told: dict[str, Array] = {}
        low, high = np.zeros(len(matrix)), np.zeros(len(matrix))
        for step in self.effects_:
            odds = self._odds(matrix, step)
            hazard = expit(odds)
            stays = stays + np.logaddexp(0, odds)
            slope[:, self.effects_[step]] += hazard
            columns = matrix.shape[1] if step == 1 else always
            slope[:, effects : effects + columns] += hazard[:, None] * matrix[:, :columns]
            if step not in HORIZONS:
                continue
            error = np.sqrt(np.maximum(np.einsum("ij,ij->i", slope @ self.covariance_, slope), 0)) / stays
            with np.errstate(over="ignore"):
                ends = (-np.expm1(-stays * np.exp(sign * wide * error)) for sign in (-1, 1))
                low, high = (np.maximum(before, end) for before, end in zip((low, high), ends, strict=True))
            told |= {f"p_{step}": -np.expm1(-stays), f"low_{step}": low, f"high_{step}": high}
        return told

    def _shares(self, rows: Rows) -> dict[int, float]:
        """Of those expected to leave within all steps, averaged over the landmarks fitted to, the share in each."""
        from scipy.special import expit

        matrix = rows.matrix[rows.steps[0].place]
        stays, found = np.ones(len(matrix)), {}
        for step in self.effects_:
            hazard = expit(self._odds(matrix, step))
            found[step] = float((stays * hazard).sum())
            stays = stays * (1 - hazard)
        whole = sum(found.values())
        return {step: part / whole for step, part in found.items()}


def _read(rows: pd.DataFrame, panel: pd.DataFrame | None) -> tuple[Places, Flags, Places, pd.DataFrame]:
    """Step, whether it left, the position of the features, and the table these are in."""
    table = rows if panel is None else panel
    needed = [(rows, "step"), (rows, "left"), (table, "account_id")] + ([] if panel is None else [(rows, "row")])
    for frame, name in needed:
        if name not in frame:
            raise UserError(f"the risk rows have no column {name!r}; found {', '.join(map(str, frame.columns))}.")
    step, left = rows["step"].to_numpy(), rows["left"].to_numpy()
    if not np.isin(step, STEPS).all() or not np.isin(left, (0, 1)).all():
        raise UserError("risk rows have a step of 1, 2, 3 or 4, and left of 0 or 1; found others.")
    place = np.arange(len(rows)) if panel is None else rows["row"].to_numpy()
    if len(place) and (place.min() < 0 or place.max() >= len(table)):
        raise UserError(f"the risk rows point to row {place.max():,}; the panel has {len(table):,}.")
    return step.astype(np.intp), left.astype(bool), place.astype(np.intp), table


def _without_repeats(rows: Rows, design: Design, says: list[str]) -> tuple[Rows, Design]:
    """Rows and design less the columns that others explain."""
    found = checks.repeats(rows.gram(), rows.effects)
    if not found:
        return rows, design
    says += checks.told(found, [column.term for column in design.columns])
    dropped = [place for place, _ in found]
    fewer = design.without(dropped)
    matrix = np.delete(rows.matrix, dropped, axis=1)
    return logistic.Rows(matrix, rows.owner, rows.accounts, fewer.always, rows.effects, rows.steps), fewer


def _summary(rows: Rows, design: Design, effects: dict[int, int], at: Array, covariance: Array) -> pd.DataFrame:
    """One row per parameter, as `LeavingModel` says."""
    import pandas as pd

    first = rows.effects
    names = [[number for number, own in effects.items() if own == place] for place in range(first)]
    levels = pd.DataFrame(
        {
            "feature": "step",
            "term": [f"quarter {', '.join(map(str, numbers))} ahead" for numbers in names],
            "coefficient": at[:first],
            "standard_error": np.sqrt(np.diag(covariance))[:first],
            "scale": 1.0,
        }
    )
    table = pd.concat([levels, design.told(at[first:], covariance[first:, first:])], ignore_index=True)
    table.insert(4, "low", table["coefficient"] - _WIDE * table["standard_error"])
    table.insert(5, "high", table["coefficient"] + _WIDE * table["standard_error"])
    table.insert(6, "odds_ratio", np.exp(table["coefficient"]))
    factors = checks.inflation(rows.gram(), first) if design.columns else np.zeros(0)
    return table.assign(inflation=np.r_[np.ones(first), factors])
