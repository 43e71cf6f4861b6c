"""A walk through the chances of one order, two, three ... where every k-th event is an order that may be the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Steps:
    """The chances of at least one order, two, three, ... for many accounts and parameter draws, a step at a time.

    Arrays are (draws, accounts). With q = t / (alpha + T + t), events are negative binomial, and the chance of
    having stayed for y - 1 orders is a product that grows by a factor a step.
    """

    def __init__(self, alive: Array, n: Array, stays: Array, a: Any, ratio: Any, phases: list[Array]) -> None:
        self.alive = alive
        self._k = len(phases)
        self._y = 0
        self._stayed, self._stays = alive.copy(), np.broadcast_to(stays, alive.shape)
        self._both = a + self._stays
        self._q = np.broadcast_to(ratio / (1 + ratio), alive.shape)
        until = np.log(
            1 + ratio
        )  # quicker than log1p, and as good where it is multiplied by no more than some thousands
        # per phase: its weight, shape, the chance of exactly so many events and of at most so many
        self._phases = []
        for j, weight in enumerate(phases):
            shape = np.broadcast_to(n + j, alive.shape)
            exactly = np.exp(-shape * until)
            state = [weight, shape, exactly, exactly.copy(), 0]
            self._forward(state, self._k - j - 1)
            self._phases.append(state)

    def _forward(self, state: list[Any], events: int) -> None:
        for _ in range(events):
            factor = state[1] + state[4]
            state[4] += 1
            factor *= self._q
            factor /= state[4]
            state[2] *= factor
            state[3] += state[2]

    def step(self) -> Array:
        """P(at least y orders), y = 1 at the first call, one more at each."""
        if self._y:
            self._stayed *= self.hazard_left
            for state in self._phases:
                self._forward(state, self._k)
        self._y += 1
        if self._k == 1:
            return self._stayed * (1 - self._phases[0][3])
        return self._stayed * sum(state[0] * (1 - state[3]) for state in self._phases)

    @property
    def hazard_left(self) -> Array:
        """The chance not to leave at the order that the last step was about."""
        return (self._stays + (self._y - 1)) / (self._both + (self._y - 1))

    def keep(self, accounts: NDArray[np.bool_]) -> None:
        """Go on with these accounts only."""
        for name in ("alive", "_stayed", "_stays", "_both", "_q"):
            setattr(self, name, getattr(self, name)[:, accounts])
        self._phases = [[*(part[:, accounts] for part in state[:4]), state[4]] for state in self._phases]
