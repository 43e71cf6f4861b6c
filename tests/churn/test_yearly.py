"""How many accounts stay a year, counted in spells made by hand. W is 100 days: 2026-06-22 is the last decided day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_books import DAY

from crm_analysis.book import BookError
from crm_analysis.churn.definition import Spells
from crm_analysis.churn.what_if import population
from crm_analysis.churn.yearly import ALL, curve, days_asked, rates

LIVES = {
    "A": ("2023-01-01", "2026-09-01"),  # stays
    "B": ("2023-01-01", "2026-06-22"),  # the last order on the decided day itself: still there
    "C": ("2023-01-01", "2026-06-21"),  # gone by then, in silence
    "D": ("2023-01-01", "2025-06-22"),  # there a year before, gone since
    "E": ("2023-01-01", "2025-06-21"),  # counted a year before, and gone in silence: nobody loses it in that year
    "F": ("2025-12-01", "2026-08-01"),  # came since
    "G": ("2026-07-01", "2026-08-01"),  # came after the decided day
    "H": ("2023-01-01", "2023-06-01"),  # long gone
}


def lives(ends: dict[str, tuple[str, str]], begins: str = "2022-01-01", gone: str = "") -> Spells:
    """Spells from these days to those; `gone` said goodbye the day after the last order."""
    rows = [(name, *days) for name, days in ends.items()]
    frame = pd.DataFrame(rows, columns=["account_id", "began", "last"])
    frame = frame.astype({"began": "datetime64[ns]", "last": "datetime64[ns]"})
    frame["gone_on"] = frame["last"].where(frame["account_id"] == gone) + pd.Timedelta(days=1)
    return Spells.of(frame, silence=100, as_of=DAY, begins=begins)


def known(own: Spells, **segments: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"as_of": pd.Timestamp(day), "account_id": name, "segment": segments.get(name), "revenue": 100.0}
            for day in days_asked(own)
            for name in LIVES
        ]
    )


def test_rates_count_those_really_there():
    own = lives(LIVES)
    assert [str(day) for day in days_asked(own)] == ["2025-06-22", "2026-06-22"]
    found = rates(own, known(own, A="High", B="Low", C="Low", D="Low", F="Low")).set_index("segment")
    assert found.index.tolist() == ["High", "Low", ALL]
    assert found[["there", "kept"]].to_numpy().tolist() == [[1, 1], [3, 1], [4, 2]]  # A; B, C, D
    assert found[["counted", "going_on"]].to_numpy().tolist() == [[1, 1], [3, 2], [4, 3]]  # A; B, C, F
    assert found["retention"].tolist() == pytest.approx([1, 1 / 3, 0.5])
    assert found["revenue_going_on"].tolist() == pytest.approx([1, 2 / 3, 3 / 4])
    assert found["revenue_error"]["Low"] == pytest.approx(np.sqrt(2 * (1 / 3) ** 2 + (2 / 3) ** 2) / 3)
    assert (found["low"] < found["retention"]).all()


def test_rates_weigh_by_the_segment_and_revenue_of_their_day():
    own = lives(LIVES)
    frame = known(own, A="High", B="Low", C="Low", D="Low", F="Low")
    later = frame["as_of"] == frame["as_of"].max()
    frame.loc[later & (frame["account_id"] == "B"), "segment"] = "High"
    frame.loc[later & (frame["account_id"] == "C"), "revenue"] = 300.0
    found = rates(own, frame).set_index("segment")
    assert found.loc["High", ["there", "counted"]].tolist() == [1, 2]
    assert found.loc["Low", "revenue_going_on"] == pytest.approx(0.25)
    assert "Inactive" in rates(own, known(own, A="High"))["segment"].tolist()
    nothing = rates(own, frame.assign(revenue=0.0))
    assert nothing["revenue_going_on"].tolist() == [1, 1, 1]


def test_who_said_goodbye_is_not_counted():
    found = rates(lives(LIVES, gone="C"), known(lives(LIVES))).set_index("segment")
    assert found.loc[ALL, ["counted", "going_on"]].tolist() == [3, 3]
    today = pd.DataFrame({"account_id": list("GFCBA"), "segment": "Low", "revenue": 1.0, "other": 2})
    there = population(lives(LIVES), today)
    assert there["account_id"].tolist() == ["A", "F", "G"]  # of B it is decided today that it has left
    assert there.columns.tolist() == ["account_id", "segment", "revenue"]
    assert population(lives(LIVES, gone="A"), today)["account_id"].tolist() == ["F", "G"]


def test_the_curve_follows_those_who_were_there_longer():
    own = lives(LIVES | {"I": ("2022-06-01", "2025-12-01"), "J": ("2024-12-01", "2026-07-01")})
    found = curve(own)
    # a year back A, B, C, D, I, J, of whom A, B, J stay; those there two years back already: without J; three years
    # back (2023-06-22): the same; before 2022-04-11 nobody is told of
    assert found.to_numpy().tolist() == [[1, 6, 3], [2, 5, 2], [3, 5, 2], [4, 1, 0]]


def test_a_book_that_is_too_short_says_from_when_it_tells():
    own = lives({"A": ("2025-06-01", "2026-09-01")}, begins="2025-06-01")
    with pytest.raises(BookError, match=r"who was there on 2025-06-22 and on 2026-06-22; .* from 2025-09-09 on"):
        curve(own)
