"""This report beside the last quarter's, for the page.

A facade. Each comparison is made once, when it is asked for; what cannot be compared raises a BookError that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.report.since import came, lights, lists, moves
from crm_analysis.report.since.packs import Pack, pack

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Outlook:
    """What moved from one report to the next; None of both where none is given."""

    packs: tuple[Pack, Pack] | None

    @property
    def now(self) -> Pack:
        """This report; raises BookError without a word without one, which `about` says."""
        return self._both[0]

    @property
    def before(self) -> Pack:
        """The last quarter's; raises BookError without one."""
        return self._both[1]

    @property
    def _both(self) -> tuple[Pack, Pack]:
        if self.packs is None:
            raise BookError("")
        return self.packs

    @property
    def currency(self) -> str:
        """The currency of this report."""
        return self.packs[0].currency if self.packs else ""

    @cached_property
    def moves(self) -> pd.DataFrame:
        """As `moves.moved`."""
        return moves.moved(self.now, self.before)

    @cached_property
    def risks(self) -> pd.DataFrame:
        """As `lists.risk_moves`."""
        return lists.risk_moves(self.now, self.before)

    @cached_property
    def cuts(self) -> pd.DataFrame:
        """As `lists.cut_moves`."""
        return lists.cut_moves(self.now, self.before)

    @cached_property
    def leaving(self) -> pd.DataFrame:
        """As `came.leaving`."""
        return came.leaving(self.now, self.before)

    @cached_property
    def orders(self) -> came.Came:
        """As `came.orders`."""
        return came.orders(self.now, self.before)

    @cached_property
    def lights(self) -> pd.DataFrame:
        """As `lights.lights`."""
        return lights.lights(self.now, self.before)


def outlook(now: str | Path, before: str | Path) -> Outlook:
    """Two reports by their folders, each empty for none; ReportError where one is no report of ours."""
    return Outlook((pack(now), pack(before)) if now and before else None)
