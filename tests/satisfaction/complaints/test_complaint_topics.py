"""Topics, closings, repeats and months: against counts by hand, and as known on the day only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from complaining import company, complaint, days_ago, keyed, look_of, plain_orders
from small_books import DAY, line, small_book
from statsmodels.stats.multitest import multipletests

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.complaints.chart import chart, monthly
from crm_analysis.satisfaction.complaints.counts import counts
from crm_analysis.satisfaction.complaints.repeats import followed, most, repeats
from crm_analysis.satisfaction.complaints.resolution import open_ones, resolution
from crm_analysis.satisfaction.complaints.topics import by_account, holm, topics

NAMES = [f"A{place}" for place in range(8)]


@pytest.fixture(scope="module")
def book():
    return company()


def book_with(*said, **tables):
    return small_book(plain_orders(NAMES), complaints=keyed(said), **tables)


# --- topics ---


def test_the_pareto_by_hand():
    said = [complaint("A0", 10 * n, topic="late") for n in range(1, 5)] + [complaint("A1", 9, topic=" ")]
    said += [complaint("A2", 8, topic="rude"), complaint("A3", 7, topic=None), complaint("A0", 880, topic="rude")]
    own = book_with(*said)
    found = counts(own, DAY)
    table = topics(by_account(own, found), found)
    assert table["group"].tolist() == ["late", "not told", "rude"]
    assert table["complaints"].tolist() == [4, 2, 1]
    assert table["accounts"].tolist() == [1, 2, 1]
    assert table["cumulated"].tolist() == pytest.approx([4 / 7, 6 / 7, 1])
    assert table["complaints"].sum() == found.frame["complaints"].sum()
    # four complaints of one account tell less than four of four
    apart = book_with(*[row | {"account_id": f"A{4 + place}"} if place < 4 else row for place, row in enumerate(said)])
    other = topics(by_account(apart, counts(apart, DAY)), counts(apart, DAY))
    assert (table["high"] - table["low"])[0] > (other["high"] - other["low"])[0]


def test_topics_reconcile_and_rare_ones_are_pooled(book):
    found = counts(book, DAY)
    each = by_account(book, found)
    whole = topics(each, found)
    few = topics(each, found, most=1)
    assert few["group"].tolist() == [whole["group"][0], "2 other topics"]
    for table in (whole, few):
        assert table["complaints"].sum() == found.frame["complaints"].sum()
        assert table["complaints_before"].sum() == found.frame["complaints_before"].sum()
        assert table["share"].sum() == pytest.approx(1)
        assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()


def test_a_topic_that_grew_is_told_beyond_chance():
    rows = [complaint(NAMES[n % 8], 20 + n, topic="late") for n in range(40)]
    rows += [complaint(NAMES[n % 8], 20 + 40 * n, topic="rude") for n in range(20)]
    lines = [line(name, days_ago(20 * n), 10) for name in NAMES for n in range(45)]
    own = small_book(lines, complaints=keyed(rows))
    found = counts(own, DAY)
    table = topics(by_account(own, found), found).set_index("group")
    assert table["p_holm"]["late"] == pytest.approx(2 * 2 * 0.5**8, rel=0.3)  # all of eight accounts
    assert table["p_holm"]["rude"] > 0.05
    assert table["low_ratio"]["late"] > 1


def test_holm_is_statsmodels():
    chances = pd.Series([0.01, np.nan, 0.04, 0.03, 0.9])
    oracle = multipletests(chances.dropna(), method="holm")[1]
    assert holm(chances).dropna().tolist() == pytest.approx(oracle.tolist())
    assert np.isnan(holm(chances)[1])


def test_without_topics_it_is_said():
    own = book_with(complaint("A0", 5))
    with pytest.raises(BookError, match="no column 'topic'"):
        by_account(own, counts(own, DAY))
    with pytest.raises(BookError, match="neither the service dimension nor the severity"):
        look_of(own).other_kinds  # noqa: B018
    assert "about" not in look_of(book_with(complaint("A0", 5), complaint("A0", 9))).most


# --- how long ---


def test_closings_by_hand():
    said = [complaint("A0", 100, 3), complaint("A1", 100, 8), complaint("A2", 100, 8), complaint("A3", 20)]
    found = resolution(book_with(*said), days_ago(365), DAY)
    row = found.table().iloc[0]
    assert (row["complaints"], row["accounts"], row["still_open"], row["median"]) == (4, 4, 1, 8)
    assert row["within_5"] == pytest.approx(1 / 4)
    assert row["within_10"] == pytest.approx(3 / 4)
    assert np.isnan(row["within_30"])  # the last one was seen for 20 days


def test_later_closings_are_not_known(book):
    day = dt.date(2026, 3, 31)
    early = resolution(book, dt.date(2025, 3, 31), day)
    rows = book.table("complaints").execute()
    opened, closed = pd.to_datetime(rows["opened_on"]), pd.to_datetime(rows["closed_on"])
    own = (opened > "2025-03-31") & (opened <= "2026-03-31")
    assert early.rows["number"].sum() == own.sum()
    assert early.rows["number"][~early.rows["done"]].sum() == (own & ~(closed <= "2026-03-31")).sum()
    assert early.rows["days"].max() <= 365


def test_closed_before_opened_is_left_out_and_counted():
    found = resolution(book_with(complaint("A0", 30, 4), complaint("A1", 30, -2)), days_ago(365), DAY)
    assert (found.backwards, found.rows["number"].sum()) == (1, 1)


def test_all_open_none_recorded_and_none_in_the_window():
    own = look_of(book_with(*[complaint(name, 20 * n + 5) for n, name in enumerate(NAMES)]))
    row = own.waits.iloc[0]
    assert row["still_open"] == 8
    assert np.isnan(row["median_days"])
    assert own.open_ones["days_open"].tolist() == [145, 125, 105, 85, 65, 45, 25, 5]
    assert own.open_ones["complaint_id"].tolist()[0] == "K0007"
    bare = small_book(
        plain_orders(NAMES), complaints=[{"complaint_id": "K", "account_id": "A0", "opened_on": days_ago(9)}]
    )
    with pytest.raises(BookError, match="no column 'closed_on'"):
        look_of(bare).waits  # noqa: B018
    with pytest.raises(BookError, match="no column 'closed_on'"):
        look_of(bare).open_ones  # noqa: B018
    with pytest.raises(BookError, match="No complaint was opened after"):
        resolution(book_with(complaint("A0", 800, 3)), days_ago(365), DAY)
    with pytest.raises(BookError, match="No complaint is open"):
        look_of(book_with(complaint("A0", 80, 3))).open_ones  # noqa: B018
    assert len(open_ones(book_with(complaint("A0", 9), complaint("A1", 8)), DAY, 1)) == 1


def test_small_groups_are_pooled_and_all_complaints_told(book):
    found = resolution(book, days_ago(365), DAY)
    for column in ("topic", "severity", "dimension"):
        table = found.table(found.rows[column])
        assert table["complaints"].sum() == found.rows["number"].sum()
        assert (table["still_open"] <= table["complaints"]).all()
    many = pd.Series([f"T{place}" for place in range(len(found.rows))])
    assert found.table(many)["group"].tolist() == ["smaller groups together"]
    assert found.test(found.rows["topic"])[0] == 3


# --- again ---


def test_repeats_by_hand():
    said = [complaint("A0", 300, topic="late"), complaint("A0", 250, topic="rude"), complaint("A0", 250, topic="late")]
    said += [complaint("A1", 300, topic="late"), complaint("A2", 60, topic="late"), complaint("A3", 900, topic="late")]
    own = book_with(*said)
    any_topic = followed(own, days_ago(730), DAY)
    # two on one day are one occasion: A0 after 50 days, then none in 250; A1 none in 300; A2 none in 60
    assert any_topic.sort_values(["days"])[["days", "done", "number"]].to_numpy().tolist() == [
        [50, True, 1], [60, False, 1], [250, False, 1], [300, False, 1]
    ]  # fmt: skip
    assert repeats(any_topic)["within_90"] == pytest.approx(1 / 4)
    same = followed(own, days_ago(730), DAY, same_topic=True)
    assert same["number"].sum() == 5
    assert same.loc[same["done"], "days"].tolist() == [50]
    table = look_of(own).repeats
    assert table["again_of"].tolist() == ["another complaint", "another one on the same topic"]
    assert table["complaints"].tolist() == [4, 5]
    # of the first 90 days nobody knows more than 60 in a book of recent complaints
    assert np.isnan(repeats(followed(book_with(complaint("A0", 60)), days_ago(730), DAY))["within_90"])


def test_one_account_with_500_complaints():
    said = [complaint("A0", 1 + n // 2, topic="late") for n in range(500)] + [complaint("A1", 5, 2, topic="rude")]
    look = look_of(book_with(*said))
    assert look.most["account_id"].tolist() == ["A0"]
    assert look.most["complaints"].tolist() == [500]
    assert look.most["about"].tolist() == ["late (500)"]
    assert look.overall["complainers"] == 2
    assert look.topics["complaints"].tolist() == [500, 1]
    assert look.topics["high"][1] > 0.2  # two accounts tell little of a share of 1 in 501
    assert look.waits["complaints"].iloc[0] == 501
    found = most(look.counts, None)
    assert "about" not in found
    with pytest.raises(BookError, match="No account complained twice"):
        look_of(book_with(complaint("A0", 5))).most  # noqa: B018


# --- month by month ---


def months_of(rates: list[float]) -> pd.DataFrame:
    months = [f"{2024 + place // 12}-{place % 12 + 1:02}" for place in range(len(rates))]
    return pd.DataFrame({"month": months, "complaints": [int(rate) for rate in rates], "orders": 100})


def test_xmr_limits_by_hand():
    """Mean and 2.66 mean moving ranges (Wheeler 1993; ../shared/anchors.md)."""
    found = chart(months_of([4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6]))
    assert (found.middle, found.low, found.high) == (5, pytest.approx(0), pytest.approx(5 + 2.66 * 2))
    assert found.signals.empty
    far = chart(months_of([4, 6, 4, 6, 4, 6, 30, 6, 4, 6, 4, 6]))
    assert far.signals[["month", "signal"]].to_numpy().tolist() == [["2024-07", "above"]]


def test_eight_in_a_row_are_a_signal_and_points_on_the_mean_break_a_row():
    found = chart(months_of([0, 4] * 4 + [6, 10] * 4))
    assert found.signals[["month", "signal"]].to_numpy().tolist() == [["2024-08", "run"], ["2025-04", "run"]]
    broken = chart(months_of([0, 4, 0, 4, 5, 0, 4, 0, 4, 10, 6, 10, 6, 5, 10, 6, 10, 6]))
    assert broken.middle == 5
    assert broken.signals.empty
    same = chart(months_of([5] * 20))
    assert (same.low, same.high) == (5, 5)
    assert same.signals.empty


def test_how_often_chance_makes_a_signal_is_that_of_poisson_months():
    """Against charts drawn here one by one; at one complaint a month it is no rare thing."""
    rng = np.random.default_rng(7)
    found = chart(months_of([1, 0, 2, 1, 1, 0, 3, 1, 0, 2, 1, 0] * 2))
    drawn = [chart(months_of(rng.poisson(1.0, 24).tolist())) for _ in range(300)]
    share = np.mean([len(own.signals) > 0 for own in drawn])
    assert found.by_chance == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 300))
    assert found.by_chance > 0.15
    assert found.by_chance == chart(found.table[["month", "complaints", "orders"]]).by_chance
    assert chart(months_of([0] * 12)).by_chance == 0


def test_a_chart_needs_twelve_months_with_orders():
    with pytest.raises(BookError, match="11 whole months with orders are known, and 12 are needed"):
        chart(months_of([1.0] * 11))
    with pytest.raises(BookError, match="1 whole month with orders is known, and 12"):
        chart(months_of([1.0]))
    found = chart(pd.concat([months_of([1.0] * 12), months_of([0.0]).assign(orders=0)]))
    assert (found.left_out, len(found.table)) == (1, 12)


def test_months_are_whole_and_counted_by_hand(book):
    day = dt.date(2026, 9, 14)
    found = monthly(book, counts(book, day))
    assert found["month"].iloc[-1] == "2026-08"
    assert len(found) == 24
    rows = book.table("complaints").execute()
    opened = pd.to_datetime(rows["opened_on"]).dt.strftime("%Y-%m").value_counts()
    assert found.set_index("month")["complaints"].to_dict() == {
        month: int(opened.get(month, 0)) for month in found["month"]
    }
    lines = pd.to_datetime(book.table("orders").execute()["ordered_on"]).dt.strftime("%Y-%m").value_counts()
    assert found["orders"].tolist() == [lines[month] for month in found["month"]]


def test_months_begin_with_the_first_that_is_wholly_recorded():
    names = [f"A{place}" for place in range(10)]
    said = [complaint(names[place % 10], 5 * place) for place in range(21)]
    own = small_book(plain_orders(names), complaints=keyed(said))
    assert monthly(own, counts(own, DAY))["month"].tolist() == ["2026-07", "2026-08", "2026-09"]
