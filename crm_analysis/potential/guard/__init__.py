"""How far down a cut may go, and how sure that is: functions of scores, no book needed.

A score is higher where an account is likelier to be promising. Cut is who scores strictly below a threshold and is not
kept by a veto; the miss rate is P(cut | promising) for a fresh promising account of the population that the known
ones were drawn from.

- `exact`: binomial numbers of misses: how many are allowed, how many cases are needed, exact intervals
- `promise`: the threshold, with confidence (`guard`) or on average only (`on_average`)
- `steps`: what other cuts would risk (`steps_down`), what other promises would free (`by_alpha`)
- `money`: the share of the promising accounts' money that would be missed
"""

from crm_analysis.potential.guard.exact import Measured, measured
from crm_analysis.potential.guard.money import MoneyMissed, weighted_miss
from crm_analysis.potential.guard.promise import Guard, OnAverage, guard, on_average
from crm_analysis.potential.guard.steps import by_alpha, steps_down

__all__ = [
    "Guard",
    "Measured",
    "MoneyMissed",
    "OnAverage",
    "by_alpha",
    "guard",
    "measured",
    "on_average",
    "steps_down",
    "weighted_miss",
]
