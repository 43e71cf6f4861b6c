"""Who answers: the probability that somebody asked will, from what was known of the account the day before.

A logistic regression of invitations, penalised as forecasts accounts left out best (`churn.survival`); invitations of
an account are a cluster. How far it can be trusted is tried on the last wave with what was known before it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.checks import holm, repeats
from crm_analysis.churn.survival.design import Design
from crm_analysis.churn.survival.logistic import Rows, Step, covariance, maximum, strength
from crm_analysis.churn.survival.panel import account_quarters
from crm_analysis.churn.survival.sample import codes, drawn
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.progress import busy
from crm_analysis.satisfaction.scores.invitations import ANSWERED, owners
from crm_analysis.satisfaction.scores.measures import accounts_said

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]

FEATURES = (
    "silence_ratio", "trend", "recent", "order_count", "families", "tenure_days", "revenue", "complaints_year",
    "complaints_open", "on_time", "overdue", "satisfaction", "unanswered", "contacts",
)  # fmt: skip
"""What may say who answers, of the features of `churn.survival.features`; and OWN."""
OWN = "answered_before"
"""The share of the person's earlier invitations, and without a name of the account's, that were answered in time."""
HABITS = ("unanswered", OWN)
"""What tells of earlier answering: good to know who will answer, but no part of weights (Little & Vartivarian 2005:
what says who answers and not what they say makes a weighted mean less sure and no truer)."""
MOST = 12
"""Days of asking whose accounts are looked at, the latest ones: habits of earlier years say little of today's."""
MINIMUM = 20
"""Accounts that answered, and accounts that did not, below which nothing is told of who answers."""
ENOUGH = 3_000
"""Invitations, whole accounts of them, that the penalty is chosen on at most."""
SILENCE = 365
"""Accounts without an order for so many days are none that features are told of: they are unknown there."""


@busy("progress_asked")
def known_before(book: Book, asked: pd.DataFrame) -> pd.DataFrame:
    """One row per decided invitation of the last MOST months of asking, with what was known before it.

    Columns: account_id, person, sent_on, wave, row, answered, as_of (the day before the first invitation of its month),
    then features, NaN where not known on `as_of`. Invitations of days on which the book knows no orders are left out.
    """
    import pandas as pd

    rows = asked.assign(owner=owners(asked))
    rows = rows[rows["decided"]].reset_index(drop=True)
    month = rows["sent_on"].dt.to_period("M")
    rows["as_of"] = rows.groupby(month)["sent_on"].transform("min") - pd.Timedelta(days=1)
    begins, ends = begin_of(book), last_known(book)
    rows = rows[rows["as_of"].between(pd.Timestamp(begins), pd.Timestamp(ends))]
    days = sorted(rows["as_of"].unique())[-MOST:]
    rows = rows[rows["as_of"].isin(days)].reset_index(drop=True)
    if rows.empty:
        raise BookError(label("answering_untold"))
    dates = [pd.Timestamp(day).date() for day in days]
    panel = account_quarters(book, dates, spells(book, dt.date.fromisoformat(str(ends)), silence=SILENCE))
    kept = ["as_of", "account_id", *(name for name in FEATURES if name in panel)]
    rows[OWN] = _habit(asked, rows)
    rows = rows.merge(panel[kept].drop_duplicates(["as_of", "account_id"]), on=["as_of", "account_id"], how="left")
    return rows.assign(answered=(rows["state"] == ANSWERED).astype(np.int64)).drop(
        columns=["state", "decided", "answered_on", "owner"]
    )


def _habit(asked: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """OWN of each row: of invitations sent before its `as_of`, the share answered by then; NaN without any."""
    owner, sent = owners(asked), asked["sent_on"].to_numpy("datetime64[D]")
    said = asked["answered_on"].fillna(np.datetime64("2262-01-01")).to_numpy("datetime64[D]")
    habit, number = np.full(len(rows), np.nan), rows["owner"].to_numpy()
    days = rows["as_of"].to_numpy("datetime64[D]")
    for day in np.unique(days):
        earlier, now = sent < day, days == day
        many = np.bincount(owner[earlier], minlength=owner.max() + 1)
        part = np.bincount(owner[earlier & (said <= day)], minlength=len(many))
        habit[now] = np.divide(part, many, out=np.full(len(many), np.nan), where=many > 0)[number[now]]
    return habit


@dataclass(frozen=True)
class Answering:
    """A fitted model of who answers; `at` holds the constant and a coefficient per column of `design`."""

    design: Design
    rows: Rows
    at: Array
    ridge: float
    spread: Array
    says: tuple[str, ...]

    def chance(self, frame: pd.DataFrame) -> Array:
        """The probability of each invitation (rows of `known_before`) to be answered."""
        from scipy.special import expit

        found: Array = expit(self.at[0] + self.design.matrix(frame) @ self.at[1:])
        return found


@busy("progress_answering")
def answering(frame: pd.DataFrame, habits: bool = True) -> Answering:
    """The model fitted to invitations (`known_before`), without HABITS for weights.

    Raises BookError where fewer than MINIMUM accounts answered, fewer did not, or nothing known varies.
    """
    answered = frame["answered"].to_numpy(np.float64)
    for did, words in ((1, "answering_few"), (0, "answering_all")):
        found = frame.loc[answered == did, "account_id"].nunique()
        if found < MINIMUM:
            raise BookError(label(words, found=accounts_said(found), needed=MINIMUM))
    names = [name for name in (*FEATURES, OWN) if name in frame and (habits or name not in HABITS)]
    try:
        design = Design.of(frame, names, bends=False)
    except UserError as refused:
        raise BookError(str(refused)) from None
    rows = _rows(frame, design, answered)
    doubled = repeats(rows.gram(), 1)
    if doubled:
        design = design.without([place for place, _ in doubled])
        rows = _rows(frame, design, answered)
    if not design.columns:
        raise BookError(label("answering_untold"))
    ridge = strength(rows.of(drawn(rows.owner, rows.accounts, ENOUGH)))
    found = maximum(rows, ridge)
    return Answering(design, rows, found.at, ridge, covariance(rows, found, ridge), design.says)


def _rows(frame: pd.DataFrame, design: Design, answered: Array) -> Rows:
    owner, names = codes(frame["account_id"])
    step = Step(0, np.arange(len(frame)), answered, True)
    return Rows(design.matrix(frame), owner, names, len(design.columns), 1, (step,))


def told(model: Answering, frame: pd.DataFrame) -> pd.DataFrame:
    """What goes with answering, one row per feature that has a column, what moves answers the most first.

    Columns: feature (code), answer_low and answer_high (the share that would answer were all accounts at the first and
    at the last of five equal parts, in the middle of it, or, of what is yes or no, no and yes; all else as it is), gap
    (the second less the first) and p_holm (by chance alone, corrected for the number of features).
    """
    import pandas as pd
    from scipy.special import expit, ndtr

    matrix, columns = model.rows.matrix, model.design.columns
    odds = model.at[0] + matrix @ model.at[1:]
    found = []
    for place, column in enumerate(columns):
        if column.kind in ("unknown", "level"):
            continue
        values = np.unique(matrix[:, place])
        low, high = values[[0, -1]] if column.binary else np.quantile(matrix[:, place], [0.1, 0.9])
        slope, error = model.at[place + 1], float(np.sqrt(model.spread[place + 1, place + 1]))
        rates = [float(expit(odds + slope * (value - matrix[:, place])).mean()) for value in (low, high)]
        found.append((column.feature, *rates, rates[1] - rates[0], 2 * float(ndtr(-abs(slope) / error))))
    table = pd.DataFrame(found, columns=["feature", "answer_low", "answer_high", "gap", "p_holm"])
    table["p_holm"] = holm(table["p_holm"].to_numpy(np.float64))
    order = table["gap"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


class Trial(NamedTuple):
    """How the model did on the last wave, made with what was known before it: invitations, answered, expected.

    auc: how often, of two invitations, the one that was answered had the higher probability; log_score per invitation
    of the model, and of the rate of all earlier waves (naive); higher is better.
    """

    wave: str
    asked: int
    answered: int
    expected: float
    auc: float
    log_score: float
    log_score_naive: float

    @property
    def better(self) -> bool:
        """Whether the model said more of who answers than the rate of all."""
        return self.log_score > self.log_score_naive


def trial(frame: pd.DataFrame) -> Trial:
    """The model learned from all waves but the last, and tried on that one.

    Answers to the earlier waves that came only after the last one had begun are few and known by then to be late: they
    count as answered. Raises BookError as `answering`, and where there is one wave only.
    """
    import pandas as pd

    last = frame["as_of"].max()
    earlier, now = frame[frame["as_of"] < last], frame[frame["as_of"] == last]
    if earlier.empty:
        raise BookError(label("answering_one_wave"))
    model = answering(earlier.reset_index(drop=True))
    chance, came = model.chance(now.reset_index(drop=True)), now["answered"].to_numpy(np.float64)
    rate = float((earlier["answered"].sum() + 0.5) / (len(earlier) + 1))
    ranks, yes = pd.Series(chance).rank().to_numpy(), int(came.sum())
    no = len(came) - yes
    auc = (float(ranks[came == 1].sum()) - yes * (yes + 1) / 2) / (yes * no) if yes and no else float("nan")
    scores = (float(np.mean(came * np.log(p) + (1 - came) * np.log1p(-p))) for p in (chance, np.full(len(came), rate)))
    return Trial(str(now["wave"].iloc[-1]), len(now), yes, float(chance.sum()), auc, *scores)
