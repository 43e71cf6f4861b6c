"""States by bars that stand still: against the segments and tiers of the day they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from moves_by_hand import known
from small_books import FEW

from crm_analysis.plan.moves.ladder import class_ladder, states, tier_ladder
from crm_analysis.value.pyramid import tiers
from crm_analysis.value.segments import bars, segments

AMOUNTS = st.lists(st.integers(1, 10**6), min_size=2, max_size=30, unique=True)


@FEW
@given(AMOUNTS)
def test_today_states_are_the_classes_and_tiers_of_today(amounts):
    found = known({f"A{place:02}": [7, amount] for place, amount in enumerate(amounts)} | {"Z": [3, None]})
    frame = found.today
    kind = segments(frame, bars(frame))["class"]
    assert states(found, class_ladder(found)).tolist() == [*kind[:-1], "inactive"]
    assert states(found, tier_ladder(found)).tolist() == tiers(frame).tolist()


def test_bars_of_today_divide_earlier_days_in_money():
    found = known({"A": [100, 99.99], "B": [49, 50], "C": [None, 200]})
    ladder = class_ladder(found, 100, 50)
    assert states(found, ladder, 0).tolist() == ["High", "Low", "new"]
    assert states(found, ladder).tolist() == ["Mid", "Mid", "High"]


def test_a_tier_without_accounts_stays_empty():
    found = known({"A": [1, 10], "B": [1, 5], "C": [1, 2]})
    ladder = tier_ladder(found)
    assert ladder.floors == (10, 10, 10)  # one top account of three, none big, none medium
    revenue, yes = np.array([11.0, 9.0]), np.array([True, True])
    assert pd.Series(ladder.places(revenue, yes, yes)).tolist() == [0, 3]
