"""Satisfaction and complaints beside leaving: by category, as they changed each quarter, never one straight line.

Rows are those of `churn.survival.explain.cox_rows`: account-quarters with what was known at their begin, accounts that
had ordered for the last time already left out, exits that were not the account's own will no events. Accounts are
compared with others of the same day, of like size, trend, tenure and rhythm. It is association: what makes accounts
discontented may make them leave by another way too.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival import checks, cox
from crm_analysis.churn.survival.design import Design
from crm_analysis.churn.survival.explain import cox_rows
from crm_analysis.churn.survival.sample import codes, drawn
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.satisfaction.worth.categories import HEARD, LEVELS, REFERENCES, categories, cuts_of
from crm_analysis.satisfaction.worth.curve import Curve, bends, curve
from crm_analysis.satisfaction.worth.rates import rates

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition.spells import Spells

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ADJUSTED = ("revenue", "trend", "tenure_days", "order_count")
"""What moves both: size, trend, tenure, and how often the account orders; in the order in which they are kept."""
PER_PARAMETER = 5
"""Leavers wanted per parameter: what is adjusted for gives way before the levels do (Vittinghoff & McCulloch 2007)."""
FEW = 5
"""Leavers that a level's time at risk lets expect, below which it has no ratio. Never those that came: levels chosen by
their own leavers would seem to be left more often than they are."""
MOST = 100_000
"""Account-quarters that ratios are fitted to at most; of more, whole accounts are drawn. Rates are of all."""
CLEAR = 0.05


@dataclass(frozen=True)
class Linked:
    """Leaving by what was said.

    - `table`: one row per question and level: question, level, quarters (account-quarters), accounts (that ever had
      it), left, rate (share that leaves in a year), low, high, ratio (adjusted hazard ratio against the reference, 1
      for itself), low_ratio, high_ratio; NaN where too few leavers were to be expected, none left (no finite ratio is
      likeliest), or the fit has no maximum. Clustered by account.
    - `tests`: one row per question with a ratio: question, reference, p_any (no level differs: Wald), p_heard (low,
      middle and high do not differ), p_bent (one straight line through them would do); NaN where it cannot be told.
    - `cuts`: where low ends and high begins, as shares of the scale; `left`, `accounts`, `quarters` learned from;
    - `curve`: leaving by the score itself, bent, where p_heard says that it goes with leaving; else None;
    - `says`: sentences on what was adjusted for, left out or drawn.
    """

    table: pd.DataFrame
    tests: pd.DataFrame
    cuts: tuple[float, float]
    left: int
    accounts: int
    quarters: int
    curve: Curve | None
    says: tuple[str, ...]


@dataclass(frozen=True)
class _Fit:
    """Coefficients of some columns, the first ones of a model; `said`: what was adjusted for, in words.

    `free`: `left` (accounts) less parameters, the degrees of freedom of the covariance. It rests on those that left,
    however many stayed, so tests are by F and intervals by Student's law.
    """

    at: Array
    covariance: Array
    left: int
    free: int
    said: str

    def p(self, contrast: Array, wider: bool = False) -> float:
        """Wald's test that the contrast (rows x columns) is zero; NaN where it has no rows.

        `wider` takes the covariance left / free times: that of slopes, which lean on few leavers, is too small. Where
        nothing bends, 7 to 8 of 100 tests of it would else have p < .05 with 40 leavers.
        """
        from scipy.stats import f as fisher

        if not len(contrast):
            return float("nan")
        value, spread = contrast @ self.at, contrast @ self.covariance @ contrast.T
        rank = int(np.linalg.matrix_rank(spread))
        size = rank * (self.left / self.free if wider else 1.0)
        return float(fisher.sf(value @ np.linalg.pinv(spread) @ value / size, rank, self.free))


def linked(
    panel: pd.DataFrame, spells: Spells, cuts: tuple[float, float] | None = None, level: float = LEVEL
) -> Linked:
    """Leaving by the levels of `categories`, for the account-quarters of a panel (`panel.account_quarters`).

    `cuts` part low from middle and middle from high; None takes `categories.cuts_of`. Raises BookError where the book
    has neither answers nor complaints, no quarter is decided, or fewer than `checks.MINIMUM` accounts left or stayed.
    """
    import pandas as pd

    if not {"satisfaction", "complaints_year"} & set(panel):
        raise BookError(label("worth_no_voice"))
    try:
        rows = cox_rows(panel, spells)
    except UserError as refused:
        raise BookError(label("worth_undecided", reason=refused)) from None
    if cuts is None:
        cuts = cuts_of(rows["satisfaction"]) if "satisfaction" in rows else (np.nan, np.nan)
    said = categories(rows, cuts)
    left, accounts = rows.loc[rows["event"], "account_id"].nunique(), rows["account_id"].nunique()
    if min(left, accounts - left) < checks.MINIMUM:
        raise BookError(label("worth_few", left=left, accounts=accounts, least=checks.MINIMUM))
    place, names = codes(rows["account_id"])
    kept = drawn(place, names, MOST)[place]
    says = []
    if not kept.all():
        says.append(label("worth_drawn", rows=f"{int(kept.sum()):,}", of=f"{len(rows):,}"))
    tables, tests, bent = [], [], None
    with one_thread():  # its matrices are small: threads would only wait for each other
        for question in map(str, said.columns):
            table = rates(rows, said[question], LEVELS[question], level)
            ratios, test = _ratios(rows[kept], said.loc[kept, question], table, question, level, says)
            if question == "satisfaction" and test is not None:
                bent = _bent(rows[kept], said.loc[kept, question], test)
            tables.append(table.join(ratios).assign(question=question))
            tests += [test] if test is not None else []
    whole = pd.concat(tables, ignore_index=True)
    names_ = ["question", "reference", "p_any", "p_heard", "p_bent"]
    return Linked(
        whole[["question", *(name for name in whole if name != "question")]],
        pd.DataFrame(tests, columns=names_), cuts, left, accounts, len(rows), bent, tuple(dict.fromkeys(says)),
    )  # fmt: skip


def _ratios(
    rows: pd.DataFrame, levels: pd.Series, table: pd.DataFrame, question: str, level: float, says: list[str]
) -> tuple[pd.DataFrame, dict[str, object] | None]:
    """Adjusted hazard ratios beside the rows of `table`, and the tests of the question; None without a ratio."""
    import pandas as pd
    from scipy.stats import t as student

    enough = [name for name in table["level"] if _tells(rows, (levels == name).to_numpy())]
    found = pd.DataFrame(np.nan, index=table.index, columns=["ratio", "low_ratio", "high_ratio"])
    reference = next((name for name in REFERENCES[question] if name in enough), None)
    if reference is None or len(enough) < 2:
        return found, None
    told = [name for name in enough if name != reference]
    own = levels.isin(enough).to_numpy()
    fit = _fitted(rows[own], np.column_stack([levels[own] == name for name in told]).astype("float64"), question)
    if fit is None:
        says.append(label("worth_no_ratio", question=label(f"worth_question_{question}")))
        return found, None
    says.append(fit.said)
    wide = float(student.ppf((1 + level) / 2, fit.free))
    place = table.index[table["level"].isin(told)]
    error = np.sqrt(np.diag(fit.covariance))
    found.loc[place] = np.exp(fit.at[:, None] + wide * error[:, None] * np.array([0, -1, 1]))
    found.loc[table.index[table["level"] == reference], "ratio"] = 1.0
    test = {"question": question, "reference": reference, "p_any": fit.p(np.eye(len(told)))}
    return found, test | _shape(fit, told, reference, question)


def _tells(rows: pd.DataFrame, own: Flags) -> bool:
    """Whether the rows of a level can have a ratio: FEW leavers are to be expected, and any left at all.

    Expected is what its account-quarters' days let expect at the rate of all rows. That none left where FEW were
    expected is rare by chance (1 % at FEW); its rate has an interval, a ratio would not be finite.
    """
    days = (rows["stop"] - rows["start"]).to_numpy("float64")
    event = rows["event"].to_numpy(dtype=bool)
    return bool(own.any() and event.sum() * days[own].sum() >= FEW * days.sum() and event[own].any())


def _shape(fit: _Fit, told: list[str], reference: str, question: str) -> dict[str, float]:
    """p_heard and p_bent from the levels alone; of satisfaction p_bent is told by the score itself (`_bent`)."""
    rows = {name: np.eye(len(told))[told.index(name)] for name in told} | {reference: np.zeros(len(told))}
    heard = [name for name in HEARD if name in rows]
    steps = [rows[one] - rows[other] for one, other in itertools.pairwise(heard)]
    p_bent = float("nan")
    if question == "complaints" and set(LEVELS[question]) <= set(rows):
        none, one, two = (rows[name] for name in LEVELS[question])
        p_bent = fit.p((two - 2 * one + none)[None, :])
    return {"p_heard": fit.p(np.array(steps).reshape(len(steps), len(told))), "p_bent": p_bent}


def _bent(rows: pd.DataFrame, levels: pd.Series, test: dict[str, object]) -> Curve | None:
    """The curve of leaving by the score where it goes with leaving at all; puts p_bent into the test."""
    heard = levels.isin(HEARD).to_numpy()
    scores = rows.loc[heard, "satisfaction"].to_numpy("float64")
    knots = bends(scores)
    if not knots:
        return None
    beside = [(levels == name).to_numpy() for name in ("silent", "unasked", "unheard")]
    others = [flag.astype("float64") for flag in beside if _tells(rows, flag)]
    own = heard | (np.sum(others, axis=0) > 0) if others else heard
    score = np.where(heard, rows["satisfaction"].to_numpy("float64"), 0.0)
    pieces = [score, *(np.where(heard, np.maximum(score - knot, 0), 0.0) for knot in knots)]
    fit = _fitted(rows[own], np.column_stack([*pieces, *others])[own], "satisfaction")
    if fit is None:
        return None
    size = len(pieces)
    test["p_bent"] = fit.p(np.eye(size + len(others))[1:size], wider=True)
    if not float(test["p_heard"]) < CLEAR:  # type: ignore[arg-type]
        return None
    part = rows[heard]
    years = (part["stop"] - part["start"]).to_numpy("float64")
    return curve(fit.at[:size], fit.covariance[:size, :size], knots, scores, part["event"].to_numpy("float64"), years)


def _fitted(rows: pd.DataFrame, columns: Array, question: str) -> _Fit | None:
    """Cox's model of a question's columns, adjusted for as much as the leavers carry; None if it has no finite maximum.

    PER_PARAMETER leavers are wanted for each: the later of ADJUSTED are left out, and said, where there are fewer.
    """
    owner, names = codes(rows["account_id"])
    event = rows["event"].to_numpy(dtype=bool)
    left = int(np.unique(owner[event]).size)
    offered = [name for name in ADJUSTED if name in rows]
    design = Design.of(rows, offered, bends=False)
    while len(design.columns) and (columns.shape[1] + len(design.columns)) * PER_PARAMETER > left:
        offered = offered[:-1]
        design = Design.of(rows, offered, bends=False)
    own = columns - columns.mean(axis=0)
    matrix = np.column_stack([own, design.matrix(rows)]) if design.columns else own
    repeated = [place for place, _ in checks.repeats(matrix.T @ matrix, given=0)]
    if any(place < own.shape[1] for place in repeated):
        return None
    matrix = np.ascontiguousarray(np.delete(matrix, repeated, axis=1))
    start, stop = (rows[name].to_numpy("float64") for name in ("start", "stop"))
    table = cox.Intervals(start, stop, event, matrix, owner, names)
    found = cox.maximum(table)
    if not found.reached:
        return None
    terms = [label(f"feature_{name}") for name in dict.fromkeys(column.feature for column in design.columns)]
    missing = [label(f"feature_{name}") for name in ADJUSTED if name in rows and name not in offered]
    words = label(f"worth_question_{question}")
    said = label("worth_adjusted_alike" if terms else "worth_adjusted", question=words, terms=listed(terms))
    if missing:
        said = sentences(said, label("worth_not_adjusted", terms=listed(missing), left=left))
    size, width = columns.shape[1], matrix.shape[1]
    free = left - width
    if free < 1:
        return None
    return _Fit(found.at[:size], cox.covariance(table, found, 0.0)[:size, :size], left, free, said)
