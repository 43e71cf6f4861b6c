"""The candidates of a holdout: which models and baselines are tried, and how each is fitted as of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.value.baselines import BASELINES, Baseline
from crm_analysis.value.histories import Histories, histories
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.fitting import NotIdentified
from crm_analysis.value.lifetime.model import PurchaseModel
from crm_analysis.value.lifetime.pareto import ParetoNBD

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.value.splits import Splits

Model = PurchaseModel | Baseline
WEAK = (2.0, 1.0)
"""The priors that a model is tried with, in turn, which plain maximum likelihood refuses; see PurchaseModel."""


def usual() -> list[Model]:
    """The models and baselines tried unless others are asked for."""
    return [BGNBD(), MBGCNBD(), ParetoNBD(), *(kind() for kind in BASELINES)]


def fitted(model: Model, splits: Splits, day: dt.date, horizon: str, weak: bool = False) -> tuple[Model, Histories]:
    """A copy of the model fitted to what was known on the day, and the histories to predict for.

    A purchase model that plain maximum likelihood refuses, or that is `weak`, gets a prior, of WEAK the first that
    helps. A baseline is fitted to the inner split of the day. Raises NotIdentified if nothing does.
    """
    from sklearn.base import clone

    if isinstance(model, Baseline):
        inner = splits.inner(day, horizon)
        own = clone(model).fit(inner.histories, inner.window, inner.came)
        return own, splits.known(day, inner.window, horizon)
    known = splits.known(day, horizon)
    *priors, last = [model.prior] if model.prior is not None else [*([] if weak else [None]), *WEAK]
    for prior in priors:
        with suppress(NotIdentified):
            return clone(model).set_params(prior=prior).fit(known), known
    return clone(model).set_params(prior=last).fit(known), known


def by_day(book: Book, days: Iterable[dt.date]) -> Iterator[tuple[dt.date, Histories, MBGCNBD | None]]:
    """Each day, earliest first, the histories known on it, and MBG/CNBD-k (Platzer & Reutterer 2016) fitted to them.

    With a prior of WEAK where plain maximum likelihood refuses, None where that does too. How regular orders are (k) is
    chosen on the first day on which it can be.
    """
    k: int | None = None
    for day in sorted(set(days)):
        known = histories(book, day)
        # the rows are needed anyhow, so that the engine need not be asked for the distinct histories too
        known = Histories(known.frame, unit=known.unit, as_of=known.as_of, returns=known.returns)
        model = _mbg(known, k)
        if model is not None:
            k = model.k_
        yield day, known, model


def _mbg(known: Histories, k: int | None) -> MBGCNBD | None:
    for prior in (None, *WEAK):
        try:
            return MBGCNBD(k, prior=prior).fit(known)
        except NotIdentified:
            continue
        except BookError:
            return None
    return None


def named(model: Model) -> str:
    """The candidate's name: its title, its covariates, and its prior if it was given one."""
    covariates = getattr(model, "covariates", ())
    prior = getattr(model, "prior", None)
    by = label("model_by", model=model.title, covariates=listed(covariates)) if covariates else model.title
    return by if prior is None else label("model_prior", model=by, prior=f"{prior:g}")
