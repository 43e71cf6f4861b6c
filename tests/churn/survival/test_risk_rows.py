"""Risk rows against the outcomes of the spells, and by hand: what was decided, and what of exits was known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crm_analysis.churn.definition.spells import Spells
from crm_analysis.churn.survival.panel import STEPS, risk_rows
from crm_analysis.errors import UserError
from crm_analysis.periods import after

BEGINS, AS_OF = dt.date(2022, 1, 1), dt.date(2025, 12, 31)
W = 100


def spells_of(*rows: tuple[object, ...], as_of: dt.date = AS_OF, silence: int = W) -> Spells:
    """Spells of (account, began, last), and of exits decided_by and gone_on."""
    names = ["account_id", "began", "last", "decided_by", "gone_on"]
    frame = pd.DataFrame([dict(zip(names, row, strict=False)) for row in rows], columns=names)
    frame = frame.astype({"gone_on": "datetime64[ns]"})
    return Spells.of(frame, silence=silence, as_of=as_of, begins=BEGINS)


def keys_of(spells: Spells, *days: dt.date) -> pd.DataFrame:
    """A panel without features: those there and not gone with a word."""
    parts = []
    for day in days:
        there = spells.there(day)
        there = there.loc[~there["said_goodbye"], ["account_id", "spell"]]
        parts.append(there.assign(as_of=pd.Timestamp(day)))
    return pd.concat(parts, ignore_index=True)


def answers(rows: pd.DataFrame, panel: pd.DataFrame) -> dict[str, list[int]]:
    """By account, the answers of its steps in their order."""
    named = rows.assign(account_id=panel["account_id"].to_numpy()[rows["row"]])
    return {str(name): each["left"].tolist() for name, each in named.groupby("account_id")}


def test_each_step_by_hand():
    day = dt.date(2024, 12, 31)
    known = spells_of(
        ("silent", "2024-01-01", "2024-11-01"),
        ("first", "2024-01-01", "2025-03-30"),
        ("on the end", "2024-01-01", "2025-03-31"),  # an order on the step's last day: it leaves in the next
        ("last day", "2024-01-01", "2025-06-29"),
        ("stays", "2024-01-01", "2025-12-30"),
        ("ours", "2024-01-01", "2025-02-01", "us", "2025-02-02"),
        ("gone before", "2024-01-01", "2024-12-15", "them", "2024-12-20"),
    )
    panel = keys_of(known, day)
    assert "gone before" not in panel["account_id"].tolist()
    found = risk_rows(panel, known, AS_OF)
    # the ends of steps 1 and 2, and then the silence, have passed; 2025-09-30 and 100 days have not
    assert answers(found, panel) == {
        "silent": [1], "first": [1], "on the end": [0, 1], "last day": [0, 1], "stays": [0, 0], "ours": [0, 0]
    }  # fmt: skip
    assert found["step"].tolist() == [
        step for each in answers(found, panel).values() for step in range(1, len(each) + 1)
    ]
    assert list(found) == ["row", "step", "left"]
    one = risk_rows(panel, known, AS_OF, steps=1)
    pd.testing.assert_frame_equal(one, found[found["step"] == 1].reset_index(drop=True))


def test_a_step_is_decided_when_the_silence_after_its_end_has_passed():
    day = dt.date(2024, 12, 31)
    known = spells_of(("A", "2024-01-01", "2025-12-30"), ("B", "2024-01-01", "2025-02-01"))
    panel = keys_of(known, day)
    last = after(day, "3M") + dt.timedelta(days=W)
    assert answers(risk_rows(panel, known, last), panel) == {"A": [0], "B": [1]}
    assert len(risk_rows(panel, known, last - dt.timedelta(days=1))) == 0
    with pytest.raises(UserError, match="known until 2025-12-31"):
        risk_rows(panel, known, dt.date(2026, 1, 1))


def test_an_exit_of_our_own_counts_from_the_day_it_was_known():
    """Until then the silence alone says that the account left, and of its own will."""
    known = spells_of(("A", "2023-01-01", "2024-02-01", "us", "2024-09-01"), ("B", "2023-01-01", "2025-12-01"))
    panel = keys_of(known, dt.date(2023, 12, 31))
    assert answers(risk_rows(panel, known, dt.date(2024, 8, 31)), panel) == {"A": [1], "B": [0]}
    assert answers(risk_rows(panel, known, dt.date(2024, 9, 1)), panel) == {"A": [0], "B": [0]}
    assert answers(risk_rows(panel, known, AS_OF), panel) == {"A": [0, 0, 0, 0], "B": [0, 0, 0, 0]}


def test_a_word_said_later_does_not_undo_the_one_known_then():
    known = spells_of(("A", "2023-01-01", "2024-02-01", "them", "2024-12-01"))
    early = known.exits.assign(gone_on=pd.Timestamp("2024-06-01"), decided_by="us")
    known.exits = pd.concat([known.exits, early], ignore_index=True)
    panel = keys_of(known, dt.date(2023, 12, 31))
    assert answers(risk_rows(panel, known, dt.date(2024, 8, 31)), panel) == {"A": [0]}
    assert answers(risk_rows(panel, known, AS_OF), panel) == {"A": [1]}


def test_a_panel_of_other_spells_is_refused():
    known = spells_of(("A", "2023-01-01", "2024-02-01"))
    panel = keys_of(known, dt.date(2023, 12, 31)).assign(account_id="B")
    with pytest.raises(UserError, match="row 0 is spell 1 of account 'B', which the spells do not have"):
        risk_rows(panel, known, AS_OF)


lives = some.lists(some.tuples(some.integers(0, 900), some.integers(0, 600), some.booleans()), min_size=1, max_size=25)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(lives)
def test_steps_add_up_to_the_outcomes_of_each_horizon(drawn):
    """Oracle: `Spells.outcomes`, one horizon after the other; of four steps the product is the share that left."""
    rows = []
    for place, (start, length, ours) in enumerate(drawn):
        began = BEGINS + dt.timedelta(days=start)
        last = min(began + dt.timedelta(days=length), AS_OF)
        word = ("us", last + dt.timedelta(days=5)) if ours and last + dt.timedelta(days=5) <= AS_OF else (None, None)
        rows.append((f"A{place:02}", began, last, *word))
    known = spells_of(*rows)
    days = [dt.date(2023, 3, 31), dt.date(2024, 6, 30), dt.date(2025, 6, 30)]
    panel = keys_of(known, *days)
    found = risk_rows(panel, known, AS_OF)
    assert found.equals(found.sort_values(["row", "step"]))
    row = 0
    for day in days:
        own = panel[panel["as_of"] == pd.Timestamp(day)]
        within: list[pd.Series] = []
        for step in STEPS:
            if after(day, f"{3 * step}M") + dt.timedelta(days=W) <= AS_OF:
                within.append(own["account_id"].map(known.outcomes(day, 3 * step)) == "left")
        for place in range(len(own)):
            own_steps = [int(each.iloc[place]) for each in within]
            expected = own_steps[: own_steps.index(1) + 1] if 1 in own_steps else own_steps
            assert found.loc[found["row"] == row, "left"].tolist() == expected
            row += 1
        if len(within) == len(STEPS) and len(own):
            steps = found[found["row"].isin(own.index)].groupby("step")["left"].mean()
            assert 1 - np.prod(1 - steps) == pytest.approx(within[-1].mean())
