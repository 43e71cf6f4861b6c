"""Hours that are kept for accounts that pay late, and passed on to nobody."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.plan.treatment.treated import Treated, treated

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.plan.effort.lengths import Lengths
    from crm_analysis.plan.policy import Policy
    from crm_analysis.value.segments import Bars


def kept_for_late(
    facts: pd.DataFrame, found: Treated, day: dt.date, at: Bars, policy: Policy, lengths: Lengths
) -> float:
    """Minutes a year that accounts lowered by the loss bar would take beyond what they do, were there no loss bar.

    `facts` as `found` was made of. Such accounts keep their place in the queue for work, so each is treated anew by
    itself: with all hours where the work bar reaches down to its grade and worth, with none where it does not.
    """
    table = found.table
    late = table["bar"] == "loss"
    if not late.any():
        return 0.0
    rows, graded = table[late], found.grades
    reached = np.ones(len(rows), dtype=bool)
    if graded.binding_work or not graded.select_fits:
        base, worth = rows["base_grade"], rows["worth"].to_numpy("float64")
        same = (base == graded.reach_grade).to_numpy(bool) & (worth >= graded.reach)
        reached = (base < graded.reach_grade).to_numpy(bool) | same
    own = facts[facts["account_id"].isin(rows["account_id"])].set_index("account_id").loc[rows["account_id"]]
    own = own.reset_index().assign(fails=False)
    minutes = 0.0
    for part, capacity in ((reached, np.inf), (~reached, 0.0)):
        if part.any():
            again = treated(own[part], day, at, policy, lengths, capacity).table
            minutes += float(np.sort(again["minutes_planned"].to_numpy("float64")).sum())
    return minutes - float(np.sort(rows["minutes_planned"].to_numpy("float64")).sum())
