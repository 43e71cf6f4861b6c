"""What is proposed for small orders: a minimum, and what becomes of an order below it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crm_analysis.errors import UserError
from crm_analysis.potential.advice.steps import MINIMUM, PRICE

__all__ = ["MINIMUM", "PRICE", "STEPS", "Proposal"]
STEPS = (PRICE, MINIMUM)


@dataclass(frozen=True)
class Proposal:
    """A minimum order, and whether smaller orders cost more (PRICE) or are refused (MINIMUM).

    - minimum: money; 0 takes the lower quartile of the orders of Low accounts;
    - surcharge: money asked for each order below the minimum; 0 takes what an order of those hit costs us. At a
      minimum order nobody can pay, and it counts for nothing;
    - step: PRICE or MINIMUM;
    - exempt_high: whether High accounts are spared. Key accounts always are, and accounts under a contract that
      agrees on a minimum order: theirs holds.
    """

    minimum: float = 0
    surcharge: float = 0
    step: str = PRICE
    exempt_high: bool = True

    def __post_init__(self) -> None:
        for name in ("minimum", "surcharge"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise UserError(f"the {name} of small orders is an amount of money from 0; found {value!r}.")
        if self.step not in STEPS:
            raise UserError(f"the step for small orders is one of {', '.join(STEPS)}; found {self.step!r}.")
