"""New accounts that become High: by hand, beside lifelines and statsmodels, and by laws."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_books import FEW, line, small_book

from crm_analysis.book import engine
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.becoming import Becoming, becoming
from crm_analysis.kpi.incidence import incidence
from crm_analysis.value.segments import Bars

END = dt.date(2021, 12, 31)
BARS = Bars(1000.0, 100.0, None)
STEADY = ["2021-06-15", "2021-08-15", "2021-10-15", "2021-12-15"]


def told(days: list[str], account: str, revenue: Any = 10) -> list[dict[str, Any]]:
    return [line(account, day, revenue) for day in days]


def written(extra: list[dict[str, Any]] | None = None, end: dt.date = END) -> Any:
    """Six new accounts of the first half of 2021, and two old ones; orders begin on 2020-01-01."""
    rows = told([str(dt.date(2020, 1, 1) + dt.timedelta(days=30 * place)) for place in range(24)], "old", 50)
    rows += told(["2020-06-01", "2021-01-01"], "too early")
    rows += [line("high", "2021-02-10", 400), line("high", "2021-05-10", "333.33"), line("high", "2021-06-30", 266.67)]
    rows += told(["2021-01-20"], "silent")  # 180 days have passed on 2021-07-19
    rows += told(["2021-04-01", "2021-07-01", "2021-09-01", "2021-11-01"], "told goodbye", 700)
    rows += told(["2021-05-01", "2021-09-20"], "ended by us")
    rows += told(["2021-03-03", "2021-05-20"], "gone")
    rows += told(STEADY, "steady")
    exits = [
        {"account_id": "ended by us", "left_on": "2021-10-01", "known_on": "2021-10-05", "decided_by": "us"},
        {"account_id": "gone", "left_on": "2021-06-01", "known_on": "2021-06-02", "decided_by": "them"},
    ]
    for row in exits:
        row |= {name: dt.date.fromisoformat(row[name]) for name in ("left_on", "known_on")}
    decisions = [
        {"account_id": "told goodbye", "decided_on": dt.date(2021, 8, 1), "action": "Good bye "},
        {"account_id": "told goodbye", "decided_on": dt.date(2021, 6, 30), "action": "goodbye"},
        {"account_id": "told goodbye", "decided_on": dt.date(2021, 9, 1), "action": "keep"},
        {"account_id": "steady", "decided_on": dt.date(2021, 7, 1), "action": "desk"},
        {"account_id": "high", "decided_on": dt.date(2021, 1, 1), "action": "cut"},  # before it ordered
    ]
    return small_book(rows + (extra or []), None, end, exits=exits, decisions=decisions)


@pytest.fixture(scope="module")
def hand() -> Becoming:
    return becoming(written(), END, BARS, 180)


def test_what_became_of_six_accounts_by_hand(hand):
    """Entered 2021Q1 (seen 3) or Q2 (seen 2); goodbye in Q2: quarter 0 of the account that began in Q2."""
    found = {row.account_id: (row.event, row.quarters, row.seen) for row in hand.accounts.itertuples()}
    assert found == {
        "high": ("high", 1, 3),  # 400 + 333.33 + 266.67 reach the bar to the cent at the end of June
        "silent": ("left", 2, 3),
        "told goodbye": ("cut", 0, 2),  # taken back later, and High in Q3: the first that comes counts
        "ended by us": ("cut", 2, 2),
        "gone": ("left", 1, 3),
        "steady": ("", 2, 2),
    }
    assert hand.since == dt.date(2021, 1, 1)
    assert hand.accounts["cohort"].unique().tolist() == ["2021H1"]


def test_incidence_by_hand(hand):
    """k=0: 1 of 6 cut. k=1: of 5 at risk 1 High, 1 left: 5/6 x 1/5. k=2: of 3, 1 left, 1 cut. k=3: nobody at risk."""
    table = hand.table[hand.table["cohort"] == "2021H1"]
    assert table["followed"].tolist() == [6, 5, 3, 0]
    assert table["became"].tolist() == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6])
    assert table["gone_left"].tolist() == pytest.approx([0, 1 / 6, 2 / 6, 2 / 6])
    assert table["gone_cut"].tolist() == pytest.approx([1 / 6, 1 / 6, 2 / 6, 2 / 6])
    exact = binomtest(1, 6).proportion_ci(0.95, "exact")
    assert table[["low_95", "high_95"]].iloc[1].tolist() == pytest.approx([exact.low, exact.high])
    nobody = binomtest(0, 6).proportion_ci(0.95, "exact")
    assert table[["low_95", "high_95"]].iloc[0].tolist() == pytest.approx([0, nobody.high])
    row = hand.summary.iloc[-1]
    assert row[["accounts", "became_many", "left_many", "cut_many", "open_many"]].tolist() == [6, 1, 2, 2, 1]
    assert row["quarters_to_high"] == 1
    assert np.isnan(row["became_4"])


def test_success_counts_only_accounts_followed_long_enough(hand):
    assert len(hand.success(4)) == 0  # a year of beginnings and four quarters more do not fit into 2021
    late = becoming(written(end=dt.date(2022, 12, 31)), "2022-12-31", BARS, 180)
    table = late.success(4)
    assert table["quarter"].tolist() == ["2022Q4"]
    assert table[["accounts", "became_many"]].to_numpy().tolist() == [[6, 1]]
    exact = binomtest(1, 6).proportion_ci(0.95, "exact")
    assert table[["low_95", "high_95"]].iloc[0].tolist() == pytest.approx([exact.low, exact.high])
    assert late.success(0)["became_many"].sum() == 0
    with pytest.raises(UserError, match="found -1"):
        late.success(-1)


def test_a_year_against_the_one_before_by_hand():
    """3 of 4 against 1 of 4: Newcombe's interval from Wilson's ends, Fisher's p by hand: 2 (C(4,3) C(4,1) + 1) / 70."""
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=30 * place) for place in range(48)]
    rows = [line("old", str(day), 50) for day in days]
    for year, many in ((2021, 1), (2022, 3)):
        for place in range(4):
            revenue = 1000 if place < many else 10
            rows += [line(f"{year}-{place}", f"{year}-02-{day}", revenue) for day in (10, 20)]
    step = becoming(small_book(rows, None, dt.date(2023, 12, 31)), "2023-12-31", BARS, "24M").against_a_year_ago()
    assert step is None  # a silence of two years makes only 2022's accounts new
    step = becoming(small_book(rows, None, dt.date(2023, 12, 31)), "2023-12-31", BARS, "6M").against_a_year_ago()
    assert (step.now, step.before, step.change, step.accounts) == (0.75, 0.25, 0.5, 8)
    assert step.p == pytest.approx(2 * 17 / 70)
    z = 1.959963984540054
    ends = [
        ((2 * 4 * share + z**2) + sign * z * np.sqrt(z**2 + 16 * share * (1 - share))) / (2 * (4 + z**2))
        for share in (0.75, 0.25)
        for sign in (-1, 1)
    ]
    low = 0.5 - np.hypot(0.75 - ends[0], ends[3] - 0.25)
    high = 0.5 + np.hypot(ends[1] - 0.75, 0.25 - ends[2])
    assert (step.low, step.high) == pytest.approx((low, high))


def test_a_day_sees_nothing_later_and_a_later_one_changes_nothing_of_it(hand):
    extra = told(["2022-01-05", "2022-02-01"], "steady", 5000) + told(["2022-01-02"], "late", 5000)
    book = written(extra, dt.date(2022, 6, 30))
    pd.testing.assert_frame_equal(becoming(book, END, BARS, 180).accounts, hand.accounts)
    later = becoming(book, "2022-06-30", BARS, 180).accounts.set_index("account_id")
    for row in hand.accounts[hand.accounts["event"] != ""].itertuples():
        assert (later.loc[row.account_id, "event"], later.loc[row.account_id, "quarters"]) == (row.event, row.quarters)
    assert later.loc["steady", ["event", "quarters"]].tolist() == ["high", 3]
    assert later.loc["late", ["event", "quarters"]].tolist() == ["high", 0]


def test_books_that_tell_nothing_say_why():
    with pytest.raises(BookError, match="no account can become High"):
        becoming(written(), END, replace(BARS, high=0.0), 180)
    with pytest.raises(BookError, match="No order is known on 2021-12-31"):
        becoming(small_book([], [{"account_id": "A"}], END), END, BARS, 180)
    with pytest.raises(BookError, match="none ordered for the first time on or after 2021-01-01"):
        becoming(small_book(told(["2020-01-01", "2021-06-01"], "A"), None, END), END, BARS)


# --- oracles ---

CODES = {"high": 1, "left": 2, "cut": 3, "": 0}


def sample(rows: int, seed: int) -> pd.DataFrame:
    """Events and censoring in quarters 0 to 5, alike for all."""
    rng = np.random.default_rng(seed)
    event = rng.choice(list(CODES), rows, p=[0.2, 0.3, 0.1, 0.4])
    quarters = rng.integers(0, 6, rows)
    return pd.DataFrame(
        {"cohort": "x", "event": event, "quarters": quarters, "seen": np.where(event == "", quarters, 9)}
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_incidence_matches_lifelines_aalen_johansen(seed):
    """Ties are moved apart by hand, as lifelines would by chance: events first, then whoever is censored."""
    from lifelines import AalenJohansenFitter

    frame = sample(80, seed)
    code = frame["event"].map(CODES).to_numpy()
    apart = np.argsort(np.argsort(code)) * 1e-4 + np.where(code == 0, 0.9, 0)
    ours = incidence(frame)
    for number, column in ((1, "became"), (2, "gone_left"), (3, "gone_cut")):
        fit = AalenJohansenFitter(calculate_variance=False).fit(
            pd.Series(frame["quarters"] + 1 + apart), pd.Series(code), number
        )
        curve = fit.cumulative_density_.iloc[:, 0]
        theirs = [curve[curve.index <= place + 1.5].iloc[-1] for place in range(6)]
        np.testing.assert_allclose(ours[column].to_numpy()[:6], theirs, rtol=1e-9)


def test_intervals_have_the_variance_of_statsmodels():
    """An exact interval of n effective accounts: found back from share and variance of `CumIncidenceRight`."""
    from scipy.stats import beta
    from statsmodels.duration.survfunc import CumIncidenceRight

    frame = sample(90, 3)
    code = frame["event"].map(CODES).to_numpy()
    theirs = CumIncidenceRight(frame["quarters"] + 1.0 + np.where(code == 0, 0.5, 0), code)
    for place, row in incidence(frame).head(6).iterrows():
        at = np.flatnonzero(theirs.times <= place + 1.2)[-1]
        share, error = theirs.cinc[0][at], theirs.cinc_se[0][at]
        many = share * (1 - share) / error**2
        ends = beta.ppf(
            [0.025, 0.975], [share * many, share * many + 1], [many - share * many + 1, many - share * many]
        )
        np.testing.assert_allclose([row["became"], row["low_95"], row["high_95"]], [share, *ends], rtol=1e-6)


# --- laws ---

ROWS = st.lists(
    st.tuples(st.sampled_from(list(CODES)), st.integers(0, 5), st.sampled_from(["a", "b"])), min_size=1, max_size=30
)


@FEW
@given(ROWS, st.randoms(use_true_random=False))
def test_shares_and_those_at_risk_add_up_and_order_does_not_matter(rows, random):
    frame = pd.DataFrame(rows, columns=["event", "quarters", "cohort"])
    frame["seen"] = np.where(frame["event"] == "", frame["quarters"], 5)
    found = incidence(frame)
    total = found[["became", "gone_left", "gone_cut"]].sum(axis=1)
    assert (total <= 1 + 1e-12).all()
    assert (found["low_95"] <= found["became"] + 1e-12).all()
    assert (found["became"] <= found["high_95"] + 1e-12).all()
    for _, own in found.groupby("cohort"):
        assert own["became"].is_monotonic_increasing
    mixed = frame.sample(frac=1, random_state=random.randrange(10**6))
    pd.testing.assert_frame_equal(incidence(mixed), found)


@FEW
@given(st.lists(st.sampled_from(list(CODES)), min_size=1, max_size=20))
def test_without_censoring_a_share_is_a_share(events):
    frame = pd.DataFrame({"cohort": "x", "event": events, "seen": 3})
    frame["quarters"] = np.where(frame["event"] == "", 3, 2)
    last = incidence(frame).iloc[-1]
    became = events.count("high")
    exact = binomtest(became, len(events)).proportion_ci(0.95, "exact")
    assert last[["became", "low_95", "high_95"]].tolist() == pytest.approx(
        [became / len(events), exact.low, exact.high]
    )


def test_money_in_another_unit_and_other_names_change_nothing(hand):
    """Everything times 1,000, the bar too, and the accounts named the other way round."""
    book = written()
    rows = engine.frame(book.table("orders")).to_dict("records")
    names = {name: f"Z{place:02}" for place, name in enumerate(sorted({row["account_id"] for row in rows})[::-1])}
    given_ = [line(names[row["account_id"]], row["ordered_on"].date(), row["revenue"] * 1000) for row in rows[::-1]]
    other = {}
    for table in ("exits", "decisions"):
        own = engine.frame(book.table(table)).to_dict("records")
        other[table] = [
            row | {"account_id": names[row["account_id"]]}
            | {key: value.date() for key, value in row.items() if hasattr(value, "date")} for row in own
        ]  # fmt: skip
    found = becoming(small_book(given_, None, END, **other), END, replace(BARS, high=1e6), 180)
    pd.testing.assert_frame_equal(found.table, hand.table)
    pd.testing.assert_frame_equal(found.summary, hand.summary)
