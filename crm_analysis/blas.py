"""One thread for algebra with small matrices, where several would only wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """A block whose matrix products run in one thread."""
    limiter: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limiter


@cache
def _libraries() -> Any:
    """The libraries loaded: to look for them takes longer than a small fit, so they are looked for once."""
    import scipy.linalg  # noqa: F401 -- with numpy's, all that our fits use
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
