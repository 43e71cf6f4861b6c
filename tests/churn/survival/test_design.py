"""Features as columns: by hand, and the same for later rows as for those they were learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.churn.survival import design
from crm_analysis.churn.survival.design import Design, offered
from crm_analysis.churn.survival.features import FEATURES, SILENCE, WORDS
from crm_analysis.errors import UserError


def frame(**columns: object) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pd.DataFrame({"account_id": [f"A{number}" for number in range(rows)]} | columns)


def natural(learned: Design, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns before they are centred."""
    made = learned.matrix(rows)
    return pd.DataFrame(
        {column.term: made[:, place] * column.scale + column.centre for place, column in enumerate(learned.columns)}
    )


def test_columns_are_in_standard_deviations_of_the_rows_learned_from():
    values = np.arange(100.0)
    rows = frame(trend=values, revenue=values - 10)
    made = Design.of(rows).matrix(rows)
    assert made.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert made.std(axis=0) == pytest.approx(1)
    found = natural(Design.of(rows), rows)
    assert found.iloc[:, 0].to_numpy() == pytest.approx(values)
    assert found.iloc[:, 1].to_numpy() == pytest.approx(np.log1p(np.maximum(values - 10, 0)))  # below 0 as 0


def test_values_are_kept_within_what_was_seen():
    rows = frame(trend=np.arange(5_000.0), silence_days=np.arange(5_000.0) % 180)
    learned = Design.of(rows, bends=False)
    found = natural(learned, frame(trend=[-9e9, 9e9], silence_days=[-1.0, 9e9]))
    assert found.iloc[:, 0].to_numpy() == pytest.approx([5, 4_994], abs=1)
    assert found.iloc[:, 1].to_numpy() == pytest.approx([0, np.log1p(179)])  # the longest silence counts


def test_unknown_values_are_the_middle_one_and_have_a_column_if_there_are_enough():
    values = np.r_[np.nan, np.nan, np.arange(98.0)]
    rows = frame(trend=values, margin_rate=np.r_[np.nan, np.arange(99.0)])
    learned = Design.of(rows)
    found = natural(learned, rows)
    assert found.iloc[0].to_list()[:2] == pytest.approx([48.5, 1.0])
    assert found.iloc[2].to_list()[:2] == pytest.approx([0.0, 0.0])
    few = Design.of(frame(trend=np.r_[np.nan, np.arange(199.0)]))
    assert [column.kind for column in few.columns] == ["value"]
    assert "(0.5%)" in few.says[0]


def test_a_flag_counts_from_no_to_yes_however_rare():
    rows = frame(contract=np.r_[1.0, np.zeros(4_999)], complaints_open=np.r_[3.0, np.zeros(4_999)])
    learned = Design.of(rows)
    assert [(column.feature, column.binary) for column in learned.columns] == [
        ("contract", True),
        ("complaints_open", False),
    ]
    assert natural(learned, rows).iloc[0].to_list() == pytest.approx([1, np.log(4)])


def test_silence_has_bends_and_a_column_of_the_days_left():
    days = np.tile(np.arange(180.0), 10)
    rows = frame(silence_days=days)
    learned = Design.of(rows)
    assert [(column.kind, column.first) for column in learned.columns] == [
        ("value", False), ("value", True), ("bend", True), ("bend", True), ("bend", True), ("closing", True),
    ]  # fmt: skip
    assert learned.always == 1
    found = natural(learned, frame(silence_days=[0.0, 100, 179]))
    assert found.iloc[:, 0].to_numpy() == pytest.approx(np.log1p([0, 100, 179]))
    above = np.maximum(np.log1p([0, 100, 179]) - np.log1p(90), 0)  # half are silent for longer than 89 or 90 days
    assert found.iloc[:, 2].to_numpy() == pytest.approx(above, abs=0.02)
    assert found.iloc[:, 5].to_numpy() == pytest.approx(-np.log1p([179, 79, 0]))


def test_levels_need_enough_accounts():
    texts = ["Low"] * 60 + ["High"] * 25 + ["Mid"] * 10 + [None] * 25
    learned = Design.of(frame(**{"class": pd.Categorical(texts)}))
    assert [column.level for column in learned.columns] == ["High", "not known"]
    found = natural(learned, frame(**{"class": ["High", "Low", "Mid", "New", None]}))
    assert found.to_numpy() == pytest.approx(np.array([[1, 0], [0, 0], [0, 0], [0, 0], [0, 1]]))


def test_only_features_of_the_panel_are_offered():
    keys = ["as_of", "account_id", "spell", "row", "step", "left", "start", "stop", "event"]
    rows = pd.DataFrame(columns=[*keys, *FEATURES])
    assert offered(rows) == [name for name in FEATURES if name != "segment"]


def test_what_is_named_here_is_a_feature():
    assert set(design.LOGS) <= set(FEATURES) - set(WORDS)
    assert set(design.BENT) < set(SILENCE)


def test_another_kind_of_column_is_refused():
    learned = Design.of(frame(trend=[1.0, 2, 3]))
    with pytest.raises(UserError, match="'trend' is object; expected numbers"):
        learned.matrix(frame(trend=["a", "b"]))
    texts = Design.of(frame(**{"class": ["a", "b"] * 30}))
    with pytest.raises(UserError, match="'class' is int64; expected texts"):
        texts.matrix(frame(**{"class": [1, 2]}))
