"""Potential as a book tells it: who of the Low accounts may be cut, how sure that is, and whom to ask first.

A facade for the potential page. Each room is made once, when it is asked for; what the book cannot carry raises a
BookError that says so in words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book.days import last_known
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.potential import guard as guards
from crm_analysis.potential.advice import asking, decided, lists, steps
from crm_analysis.potential.advice.money import Money, money
from crm_analysis.potential.advice.outcome import (
    BETWEEN,
    EXEMPT,
    NEVER_CUT,
    OUTCOMES,
    OVERRIDE,
    VETO,
    Usual,
    never_cut,
    outcomes,
    usual,
)
from crm_analysis.potential.cases import Cases, cases
from crm_analysis.potential.drift import OutcomeDrift, forecast_drift
from crm_analysis.potential.guard import MoneyMissed
from crm_analysis.potential.known import missing
from crm_analysis.potential.low import Wishes
from crm_analysis.potential.practice import Practice, practice
from crm_analysis.potential.safety import Promise, Safety, safety
from crm_analysis.potential.score.baselines import expected_orders
from crm_analysis.potential.score.choice import FEWEST, promising
from crm_analysis.potential.score.reasons import reasons
from crm_analysis.potential.score.trial import MODEL, Trial, trial
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

ALPHAS = (0.02, 0.05, 0.10, 0.15, 0.20, 0.30)
"""Miss rates whose lists stand beside the one asked for."""


@dataclass(frozen=True)
class Budget:
    """How many accounts can be asked, what asking one costs, and what is done about small orders (0: the data say)."""

    surveys: int = 20
    cost: float = 100
    minimum_order: float = 0
    small_order_price: float = 0

    def __post_init__(self) -> None:
        for name in ("surveys", "cost", "minimum_order", "small_order_price"):
            if not getattr(self, name) >= 0:
                raise UserError(f"{name} is a number from 0; found {getattr(self, name)}.")


@dataclass(frozen=True, eq=False)
class Outlook:
    """Potential as `book` tells it on `day`, the last of which anything is known."""

    book: Book
    day: dt.date
    wishes: Wishes = field(default_factory=Wishes)
    promise: Promise = field(default_factory=Promise)
    budget: Budget = field(default_factory=Budget)

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {"of": self.book.name, "as_of": self.day, "horizon": self.wishes.horizon}
        return Card("Outlook: potential", facts, next=(".listed", ".promising", ".advice", ".trial", ".practice"))

    # --- what everything starts from ---

    @cached_property
    def _cases(self) -> Cases:
        return cases(self.book, self.day, self.wishes)

    @property
    def cases(self) -> Cases:
        """The Low accounts of today and of earlier days; raises BookError where there is none today."""
        if self._cases.today.empty:
            raise BookError(label("potential_nobody", day=self.day))
        return self._cases

    @cached_property
    def safety(self) -> Safety:
        """The guard; raises BookError where no outcome is known yet."""
        found = safety(self.cases, self.promise)
        found.day  # noqa: B018 -- raises where there is none
        return found

    @cached_property
    def today(self) -> pd.DataFrame:
        """Today's Low accounts: cases with potential, low, high, what `outcomes` tells, name (or its id), rep_id."""
        now = self._scored
        held = never_cut(now, NEVER_CUT, self.promise.seed)
        # without a score all are as likely as the average, which is no reason to keep any of them
        keep_at = self.usual.share if self.scored else np.nan
        advice = outcomes(now, self._threshold, keep_at, self._said, held, now.get("score"))
        if not self.scored:
            advice["why"] = advice["why"].mask(advice["because"] == BETWEEN, label("why_unscored"))
        table = now.assign(**{str(name): advice[name].to_numpy() for name in advice if name != "account_id"})
        names = [name for name in ("name", "rep_id") if name in self._about]
        return table.join(self._about.set_index("account_id")[names], on="account_id")

    @property
    def scored(self) -> bool:
        """Whether there is a score that potentials are told by."""
        try:
            return self.safety.scores
        except BookError:
            return False

    @property
    def judged(self) -> bool:
        """Whether there is a score of the guard, made without the accounts kept aside."""
        try:
            return self.safety.judges
        except BookError:
            return False

    @cached_property
    def _scored(self) -> pd.DataFrame:
        try:
            return self.safety.today
        except BookError:
            now = self.cases.today
            share = self.usual.share
            return now.assign(potential=0.0 if np.isnan(share) else share, low=np.nan, high=np.nan)

    @property
    def _threshold(self) -> float:
        try:
            return self.safety.guard.threshold
        except BookError:
            return -np.inf

    @cached_property
    def usual(self) -> Usual:
        """How likely the average Low account is to be promising."""
        return usual(self.cases.known)

    @cached_property
    def _said(self) -> pd.DataFrame:
        return decided.overrides(self.book, self.day)

    @cached_property
    def _about(self) -> pd.DataFrame:
        about = asking.about(self.book, self.day)
        ids = about["account_id"]
        return about.assign(name=about["name"].fillna(ids) if "name" in about else ids)

    # --- the list ---

    @cached_property
    def advice(self) -> pd.DataFrame:
        """A row per advice and reason (`lists.by_reason`)."""
        return lists.by_reason(self.today)

    @property
    def listed(self) -> pd.DataFrame:
        """All Low accounts by advice, in each the least likely to grow first (`lists.whole`)."""
        return lists.whole(self.today, self.money, self.reasons)

    @property
    def promising(self) -> pd.DataFrame:
        """The Low accounts most likely to grow (`lists.first`); raises BookError without a score."""
        self.safety.choice  # noqa: B018 -- raises where there is none
        return lists.first(self.today, self.money, self.reasons)

    @property
    def overrides(self) -> pd.DataFrame:
        """What people decided against the advice (`lists.overridden`); raises BookError where they did not."""
        table = lists.overridden(self._said, self.today)
        if table.empty:
            raise BookError(label("overrides_none"))
        return table

    @cached_property
    def reasons(self) -> pd.Series:
        """By account_id, why its potential is high or low, in words; empty texts without a score."""
        import pandas as pd

        now = self.today
        try:
            found = reasons(self.safety.choice.contributions(now), now)
        except BookError:
            found = pd.Series("", index=now.index, dtype=object)
        return pd.Series(found.to_numpy(dtype=object), index=now["account_id"])

    # --- how far down, and at what risk ---

    @cached_property
    def down(self) -> pd.DataFrame:
        """What cutting more or fewer would risk (`guard.steps_down`); raises BookError without a score."""
        own = self._tested
        return guards.steps_down(*own, self.promise.delta)

    @property
    def smallest_alpha(self) -> float:
        """The smallest alpha in whole percents that the known cases support; 1 if none."""
        return float(np.ceil(self.safety.guard.smallest_alpha * 100 - 1e-9) / 100)

    @cached_property
    def alphas(self) -> pd.DataFrame:
        """What other promises would free: `guard.by_alpha` at ALPHAS, the one asked for and the smallest supported.

        Columns: at_most (alpha), cases_needed, allowed_misses (NaN without any cut), cut_accounts, cut_part (of the
        Low accounts) and of `on_average` needed_on_average, accounts_on_average, share_on_average. Accounts that
        a person, a veto or the lot keeps are none of those cut. Raises BookError without a score.
        """
        own, smallest = self._tested, self.smallest_alpha
        asked = {*ALPHAS, self.promise.alpha} | ({smallest} if smallest < 1 else set())
        found = guards.by_alpha(*own, sorted(asked), self.promise.delta)
        names = {"alpha": "at_most", "needed": "cases_needed", "accounts": "cut_accounts", "share": "cut_part"}
        found["allowed_misses"] = found["allowed_misses"].astype("float64").where(found["allowed_misses"] >= 0)
        return found.rename(columns=names).drop(columns="threshold")

    @property
    def _tested(self) -> tuple[pd.Series, NDArray[np.bool_], pd.Series, NDArray[np.bool_]]:
        """Score and veto of the known promising, score of today's accounts and whether anything keeps them."""
        self.safety.judge  # noqa: B018 -- raises where there is none
        own, now = self.safety.promising, self.today
        kept = now["because"].isin([OVERRIDE, VETO, EXEMPT]).to_numpy(bool)
        return own["score"], own["kept"].to_numpy(bool), now["score"], kept

    @cached_property
    def missed_money(self) -> MoneyMissed:
        """The share of promising accounts' later margin that this cut would have missed, with its bound."""
        return self.safety.missed_money("margin" if self.book.has("orders", "cost") else "revenue")

    # --- whom to ask, what to do meanwhile ---

    @cached_property
    def money(self) -> Money:
        """Money and minutes of today's Low accounts, and what a promising one gains."""
        return money(self.book, self.day, self.cases.today, self.cases.known, self.promise.seed)

    @cached_property
    def accuracy(self) -> asking.Accuracy:
        """How often an answer to a market survey is right."""
        return asking.accuracy(self.cases.known)

    @cached_property
    def survey(self) -> pd.DataFrame:
        """Whom to ask, the most worth asking first (`asking.survey_list`); raises BookError without a score."""
        if np.isnan(self.usual.share):
            raise BookError(label("ask_untold"))
        self.safety.choice  # noqa: B018 -- raises where there is none: all accounts would be worth the same
        now, own = self.today, self.budget
        table = asking.survey_list(
            now, self.money.gain.amount, self.usual.share, self.accuracy, own.cost, own.surveys, now, self._about
        )
        table = table.assign(outcome=[label(OUTCOMES[name]) for name in table["outcome"]])
        return table.rename(columns={"value": "worth_asking"})

    @cached_property
    def steps(self) -> steps.Steps:
        """Reversible steps for accounts that may be cut or are to be surveyed first."""
        bar = float(self.cases.bars["mid"].iloc[-1])
        orders = steps.sizes(self.book, self.day, bar, self.budget.minimum_order, self.wishes.by)
        return steps.steps(self.today, self.today, self.money, orders, self.budget.small_order_price)

    # --- whether to believe it ---

    @property
    def trial(self) -> Trial:
        """How good scores made on earlier days were; raises BookError where none can be judged."""
        if isinstance(self._trial, str):
            raise BookError(self._trial)
        return self._trial

    @cached_property
    def _trial(self) -> Trial | str:
        """The trial; why there is none."""
        own = self.cases
        few = promising(own.known) < FEWEST  # nothing to try: no need to fit what would stand beside it
        orders = None if few else expected_orders(self.book, own.days[:-1], self.wishes.horizon)
        try:
            return trial(own, orders, self.promise.seed)
        except UserError as refused:
            return str(refused)

    @cached_property
    def practice(self) -> Practice:
        """Cutting the least revenue, beside the score, on accounts that the model never saw; BookError without."""
        self.safety.judge  # noqa: B018 -- raises where there is none
        own = self.safety.calibration
        try:
            return practice(own[own["promising"].notna()].reset_index(drop=True))
        except UserError as refused:
            raise BookError(str(refused)) from None

    @cached_property
    def outcome_drift(self) -> OutcomeDrift:
        """Whether the promising of the latest origin rank among Low accounts as those of a horizon earlier did.

        By their place among all Low accounts scored on that day, so that models of different days compare.
        """
        found = self.trial.forecasts
        rows = found[found["model"] == MODEL]
        try:
            return forecast_drift(rows, self.wishes.horizon, self.promise.alpha)
        except UserError as refused:
            raise BookError(str(refused)) from None

    @cached_property
    def afterwards(self) -> decided.Afterwards:
        """The miss rate measured afterwards, by `decisions`."""
        return decided.measured(self.book, self.cases)

    # --- what more data would tell ---

    @property
    def missing(self) -> pd.DataFrame:
        """What the book lacks, a row per sentence: why, unlocks. No rows where it has all."""
        return missing(self.book)


def outlook(
    book: Book,
    as_of: str | dt.date,
    wishes: Wishes | None = None,
    promise: Promise | None = None,
    budget: Budget | None = None,
) -> Outlook:
    """Potential as a book tells it, as known on a day."""
    known = book.as_of(as_of)
    return Outlook(known, last_known(known), wishes or Wishes(), promise or Promise(), budget or Budget())
