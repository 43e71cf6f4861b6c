"""Moves as a reader writes them."""

from __future__ import annotations

import pytest
from moves_by_hand import LADDER

from crm_analysis.errors import UserError
from crm_analysis.plan.moves.ladder import TIER, TOP_TIERS, Ladder
from crm_analysis.plan.moves.wishes import Wish, wishes

TIERS = Ladder(TIER, TOP_TIERS, (9.0, 6.0, 3.0))
BOTH = (LADDER, TIERS)


def test_moves_are_read_in_their_order_whatever_their_case_and_blanks():
    ladder, found = wishes(" low > MID :6;Mid>High: 1; ", BOTH)
    assert ladder is LADDER
    assert found == (Wish("Low", "Mid", 6), Wish("Mid", "High", 1))
    assert wishes("small>medium: 3", BOTH) == (TIERS, (Wish("small", "medium", 3),))
    assert wishes("inactive>big: 1", BOTH) == (TIERS, (Wish("inactive", "big", 1),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "written like"),
        (" ; ", "written like"),
        ("Low>Mid", "found 'Low>Mid'"),
        ("Low>Mid: 0", "1 or more"),
        ("Low>Mid: -1", "1 or more"),
        ("Low>Mid: 1.5", "1 or more"),
        ("Low-Mid: 1", "written like"),
        ("Low>Middle: 1", "'middle'; expected states of one kind: High, Mid, Low, inactive; or top"),
        ("Low>Low: 1", "where they are"),
        ("Low>Mid: 1; low>mid: 2", "Low>Mid twice"),
        ("Low>Mid: 1; small>medium: 2", "different kinds"),
        ("Low>medium: 1", "different kinds"),
    ],
)
def test_what_cannot_be_read_is_named(text, said):
    with pytest.raises(UserError) as error:
        wishes(text, BOTH)
    assert said in str(error.value)
