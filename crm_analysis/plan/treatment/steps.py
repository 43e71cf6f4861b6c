"""The next step of each account: what its situation asks for first, or else what its rule does; and by when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.periods import after
from crm_analysis.plan.policy import CALL, DESK, DEVELOP, KEPT, KEY, NEW

if TYPE_CHECKING:
    import pandas as pd

STEPS: dict[str, int] = {
    "complaint": 7,
    "limit": 14,
    "terms": 14,
    "silent_key": 7,
    "silent": 14,
    "renewal": 30,
    "visit_key": 30,
    "visit_develop": 45,
    "visit_promising": 45,
    "first_order": 30,
    "hand_over": 60,
    "second_need": 45,
    "settle_in": 30,
    "survey": 60,
    "desk": 30,
    "keep_on": 60,
    "carry_on": 60,
    "step_down": 60,
    "stop": 30,
    "win_back": 60,
    "qualify": 90,
    "wait": 0,
}
"""Every next step and the days it is due in; 0: nothing to do. The labels `step_plan_<name>` are their words."""
RENEWAL = "3M"
"""So long before a contract ends its renewal is prepared."""
_SERVED = (KEY, DEVELOP, NEW, KEPT, DESK)

SITUATIONS: dict[str, Callable[[pd.DataFrame, dt.date], pd.Series]] = {
    "complaint": lambda rows, day: rows["open_complaint"].notna() & (rows["active"] | rows["level"].eq(CALL)),
    "silent_key": lambda rows, day: rows["level"].eq(KEY) & (rows["silence_ratio"] > 1),
    "silent": lambda rows, day: rows["level"].isin([DEVELOP, NEW]) & ~rows["never"] & (rows["silence_ratio"] > 1),
    "renewal": lambda rows, day: (
        rows["level"].isin(_SERVED) & (rows["contract_ends"] <= np.datetime64(after(day, RENEWAL)))
    ),
}
"""What comes before a rule's own step, in this order. The labels `when_<name>` are their words."""


def steps(rows: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """The next step of each row of `treated`, which has its rule's own in `step`: step, due (NaT with nothing to do).

    Due days are working days: one that falls on a weekend is put off to Monday.
    """
    import pandas as pd

    holds = [rule(rows, day).to_numpy(bool) for rule in SITUATIONS.values()]
    step = np.select(holds, list(SITUATIONS), rows["step"].to_numpy(object))
    days = pd.Series(step).map(STEPS).to_numpy("int64")
    due = np.busday_offset(np.datetime64(day) + days, 0, roll="forward").astype("datetime64[ns]")
    return pd.DataFrame({"step": step, "due": np.where(days > 0, due, np.datetime64("NaT", "ns"))}, index=rows.index)
