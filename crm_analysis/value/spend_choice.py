"""Which model of an order's value earns its place: tried on what orders of the last year brought."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import WINDOW
from crm_analysis.errors import UserError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import sentences
from crm_analysis.periods import before
from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime.fitting import NotIdentified
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma
from crm_analysis.value.lifetime.normal_spend import NormalSpend
from crm_analysis.value.lifetime.worth import costed
from crm_analysis.value.splits import Splits

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.lifetime.spend import SpendModel

WEAK = 2.0
"""The prior that Gamma-Gamma is tried with where plain maximum likelihood refuses it."""


@dataclass(frozen=True)
class SpendChoice:
    """The chosen `model`, fitted to everything known on the day, and why.

    `scores` has one row per candidate, best first: model, accounts (that ordered in the window), log_score (mean log
    density given beforehand to what their orders brought, per unit of money), bias (expected money of the orders that
    came / what they brought - 1), note (why it was refused). `verdict` says it in a sentence.
    """

    model: SpendModel
    scores: pd.DataFrame
    verdict: str


def spend_choice(
    book: Book, as_of: str | dt.date, histories: Histories, money: str | None = None, window: str = WINDOW
) -> SpendChoice:
    """Gamma-Gamma or normal spend for the `histories` of the book as of a day, chosen by log score.

    Both are fitted to what was known one window earlier, and scored on the money of the orders that came since, given
    how many came, of accounts whose costs since are known. A book too short for that gets normal spend. `money` is
    "margin" where costs are known, unless given. Raises UserError if neither can be fitted to the histories.
    """
    import pandas as pd

    money = money or ("margin" if "margin" in histories.frame else "revenue")
    splits = Splits(book.as_of(as_of), histories.unit, histories.returns)
    start = before(splits.ends, window)
    rows = []
    if before(start, window) >= splits.begins - dt.timedelta(days=7):
        known = splits.known(start, window)
        came = splits.between(start, splits.ends)
        ids = known.frame["account_id"]
        brought = ids.map(splits.brought(start, splits.ends, money))
        told = brought.notna()
        if money == "margin":
            year = splits.accounts(window).set_index("account_id")
            told &= ids.map(costed(year)).fillna(False).astype(bool)
        counts = ids.map(came).where(told, 0).fillna(0).to_numpy("int64")
        totals = brought.where(told, 0.0).to_numpy("float64")
        rows = [_score(model, known, counts, totals) for model in _candidates(money)]
    scores = pd.DataFrame(rows, columns=["model", "accounts", "log_score", "bias", "note"])
    scores = scores.sort_values(["log_score", "model"], ascending=[False, True], ignore_index=True)
    able = scores[np.isfinite(scores["log_score"].astype(float))]["model"].tolist()
    wanted = sorted(
        _candidates(money), key=lambda model: (model.title not in able, model.title != next(iter(able), ""))
    )
    refused: list[str] = []
    for model in wanted if able else reversed(wanted):
        try:
            return SpendChoice(fitted_spend(model, histories), scores, _verdict(model, scores, able, refused))
        except UserError as error:
            refused.append(str(error))
    raise UserError(sentences(*refused))


def _candidates(money: str) -> list[SpendModel]:
    return [GammaGamma(money), NormalSpend(money)]


def fitted_spend(model: SpendModel, histories: Histories) -> SpendModel:
    """The model fitted; Gamma-Gamma with a weak prior where the means do not tell its parameters."""
    try:
        return model.fit(histories)
    except NotIdentified:
        if not isinstance(model, GammaGamma):
            raise
        return GammaGamma(model.money, prior=WEAK).fit(histories)


def _score(model: SpendModel, known: Histories, counts: np.ndarray, totals: np.ndarray) -> dict[str, object]:
    of = counts > 0
    row: dict[str, object] = {
        "model": model.title,
        "accounts": int(of.sum()),
        "log_score": np.nan,
        "bias": np.nan,
        "note": "",
    }
    try:
        own = fitted_spend(model, known)
        expected = own.mean(known).to_numpy() * counts
        row["log_score"] = float(own.log_density(known, counts, totals)[of].mean()) if of.any() else np.nan
        row["bias"] = float(expected[of].sum() / totals[of].sum() - 1) if totals[of].sum() > 0 else np.nan
        if row["log_score"] == -np.inf:
            row["note"] = label("spend_ruled_out", n=int((totals[of] <= 0).sum()))
    except UserError as error:
        row["note"] = str(error)
    return row


def _verdict(model: SpendModel, scores: pd.DataFrame, able: list[str], refused: list[str]) -> str:
    if refused:
        return label("spend_other", model=code_said(model.title), reason=refused[-1])
    if scores.empty:
        return label("spend_short", model=code_said(model.title))
    if len(able) < 2:
        notes = scores.loc[scores["model"] != model.title, "note"]
        return label("spend_only", model=code_said(model.title), reason=notes.iloc[0])
    ahead = scores["log_score"].iloc[0] - scores["log_score"].iloc[1]
    other = code_said(scores["model"].iloc[1])
    return label("spend_best", model=code_said(model.title), ahead=f"{ahead:.3f}", other=other)
