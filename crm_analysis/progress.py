"""What a person who waits for more than two seconds is shown: one line that says what is being done, and how far it is.

Only steps of long work say so: `with busy("progress_read")`, also as a decorator; what they repeat is counted by
`for day in tracked(days)`. Steps within steps stand on the same line. It is written to stderr at a terminal and in
JupyterLab, and goes when the work is done; notebooks run by a report, by tests or by nbconvert show none, so that
their outputs never change.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from crm_analysis.labels import label

T = TypeVar("T")
VARIABLE = "CRM_ANALYSIS_PROGRESS"
"""The environment variable that shows progress (1) or none (0), whoever watches."""
DELAY = 2.0
"""Seconds that need no words."""
_TICK = 1.0
_PLAIN, _FULL = "{desc} [{elapsed}]", "{desc}: {percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}]"


class Line:
    """The line of one piece of work: the steps within it, the outermost first, each as words, done, in all."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self.steps: list[tuple[str, int, int]] = []
        self.bar = tqdm(
            file=sys.stderr, delay=DELAY, leave=False, miniters=0, bar_format=_PLAIN, dynamic_ncols=True, smoothing=0
        )
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)
        self.ticker.start()

    def _tick(self) -> None:
        """The line anew every second: a step that takes a minute says nothing meanwhile."""
        wait = DELAY
        while not self.ended.wait(wait):
            wait = _TICK
            self.written()

    def written(self) -> None:
        """The line as the steps are now, if the two seconds are over."""
        with self.lock:
            counted = [(done, total) for _, done, total in self.steps if total]
            self.bar.n, self.bar.total = counted[-1] if counted else (0, None)
            self.bar.last_print_n = self.bar.n
            self.bar.bar_format = _FULL if counted else _PLAIN
            self.bar.desc = " · ".join(dict.fromkeys(words for words, _, _ in self.steps))
            self.bar.update(0)

    def close(self) -> None:
        """The line goes."""
        self.ended.set()
        self.ticker.join()
        self.bar.close()


_line: ContextVar[Line | None] = ContextVar("line", default=None)


def watched() -> bool:
    """Whether somebody waits: at a terminal, or before a notebook of JupyterLab, which names it in JPY_SESSION_NAME."""
    said = os.environ.get(VARIABLE, "")
    if said in ("0", "1"):
        return said == "1"
    terminal = getattr(sys.stderr, "isatty", None)
    return bool(terminal and terminal()) or "JPY_SESSION_NAME" in os.environ


@contextmanager
def busy(key: str) -> Iterator[None]:
    """A step of long work, in the words of the label `key`.

    >>> with busy("progress_read"):
    ...     pass
    """
    line, mine = _line.get(), None
    if line is None and watched():
        line = Line()
        mine = _line.set(line)
    if line is None:
        yield
        return
    depth = len(line.steps)
    line.steps.append((label(key), 0, 0))
    line.written()
    try:
        yield
    finally:
        del line.steps[depth:]
        if mine is not None:
            _line.reset(mine)
            line.close()


def tracked(items: Iterable[T]) -> Iterator[T]:
    """The items; how many are done is told of the step of `busy` that they are taken in.

    >>> list(tracked("ab"))
    ['a', 'b']
    """
    line, total = _line.get(), len(items) if isinstance(items, Sized) else 0
    if line is None or not line.steps:
        yield from items
        return
    at = len(line.steps) - 1
    words = line.steps[at][0]
    for done, item in enumerate(items):
        if at < len(line.steps):
            line.steps[at] = (words, done, total)
            line.written()
        yield item
