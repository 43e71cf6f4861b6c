"""Figures draw what the table says, and survive tables with nothing in them."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from crm_analysis import plots
from crm_analysis.value.concentration import lorenz
from crm_analysis.value.pyramid import pyramid
from crm_analysis.value.segments import bars, segment_table

mpl.use("agg")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def frame(revenue: list[float], active: bool = True) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [f"A{i:03}" for i in range(len(revenue))],
            "revenue": pd.Series(revenue, dtype=float),
            "margin": pd.Series(revenue, dtype=float) / 4,
            "costed_revenue": pd.Series(revenue, dtype=float),
            "margin_rate": 0.25,
            "first_order": pd.Timestamp("2026-01-01"),
            "active": active,
        }
    )


def drawn(ax) -> None:
    ax.figure.canvas.draw()


def test_tiers_are_bars_of_the_shares_in_the_table():
    table = pyramid(frame([100.0 - i for i in range(100)]))
    ax = plots.tier_shares(table)
    drawn(ax)
    assert [bar.get_width() for bar in ax.patches[:4]] == [0.01, 0.04, 0.15, 0.8]
    assert [bar.get_width() for bar in ax.patches[4:]] == pytest.approx(table.revenue_share[:4].tolist())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Top 1%", "Big 4%", "Medium 15%", "Small 80%"]


def test_the_lorenz_curve_is_the_table():
    curve = lorenz(frame([1.0, 2.0, 7.0]))
    ax = plots.lorenz_curve(curve)
    drawn(ax)
    assert ax.lines[-1].get_ydata().tolist() == curve.revenue_share.tolist()
    negative = lorenz(frame([-5.0, 1.0, 20.0]))
    assert plots.lorenz_curve(negative).get_ylim()[0] == pytest.approx(-5 / 16)


def test_segments_and_months_are_bars():
    data = frame([60.0, 30.0, 10.0])
    table = segment_table(data, bars(data))
    ax = plots.segment_shares(table)
    drawn(ax)
    assert len(ax.patches) == 3 * 6
    months = pd.DataFrame({"month": [f"2025-{i:02}" for i in range(1, 13)] + ["2026-01"], "revenue": range(13)})
    ax = plots.monthly_revenue(months, "$\\frac{1}{$")
    drawn(ax)
    assert [bar.get_height() for bar in ax.patches] == list(range(13))
    assert len({bar.get_facecolor() for bar in ax.patches[1:]}) == 1
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()


@pytest.mark.parametrize("data", [frame([]), frame([0.0, 0.0], active=False), frame([5.0]), frame([-5.0, 2.0])])
def test_books_with_next_to_nothing_are_drawn(data):
    drawn(plots.tier_shares(pyramid(data)))
    drawn(plots.lorenz_curve(lorenz(data)))
    drawn(plots.segment_shares(segment_table(data, bars(data))))
    drawn(plots.segment_shares(segment_table(data.drop(columns="margin"), bars(data.drop(columns="margin")))))
    drawn(plots.monthly_revenue(pd.DataFrame({"month": [], "revenue": []}), ""))


def values(many: int = 25, **more: object) -> pd.DataFrame:
    value = pd.Series([100.0 - i for i in range(many)], dtype=float)
    names = pd.Series([f"A{i:03}" for i in range(many)], dtype=object)
    return pd.DataFrame({"account_id": names, "value": value, "low": value - 10, "high": value + 5}).assign(**more)


def test_the_largest_values_have_their_intervals_and_last_year():
    table = values(repeated=50.0, name="$\\frac{1}{$")
    ax = plots.largest_values(table, "$\\frac{1}{$")
    drawn(ax)
    *spans, dots, diamonds, _zero = ax.lines
    assert [tuple(span.get_xdata()) for span in spans] == list(zip(table.low[:20], table.high[:20], strict=True))
    assert dots.get_xdata().tolist() == table.value[:20].tolist()
    assert diamonds.get_xdata().tolist() == [50.0] * 20
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the largest is on top"
    drawn(plots.largest_values(values(1), ""))


def test_names_that_the_font_lacks_or_that_are_long_are_drawn_all_the_same():
    names = ["Grüner \u00a0 Łoś", "深圳电子", None, "x" * 40, "\n"]
    ax = plots.largest_values(values(5, name=names), "EUR")
    drawn(ax)
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert shown == ["Grüner Łoś", "A001", "A002", "x" * 31 + "…", "A004"]


def test_calibration_is_bars_beside_dots_with_intervals():
    table = pd.DataFrame(
        {"repeats": ["0", "10+"], "predicted": [1.0, 12.0], "came": [2.0, 11.0], "low": [1.5, 9.0], "high": [2.5, 13.0]}
    )
    ax = plots.orders_calibration(table)
    drawn(ax)
    assert [bar.get_height() for bar in ax.patches] == [1.0, 12.0]
    assert ax.lines[-1].get_ydata().tolist() == [2.0, 11.0]
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[1.5, 2.5], [9.0, 13.0]]
    drawn(plots.orders_calibration(table[:0]))


def test_reactivation_is_the_table_with_the_window_marked():
    table = pd.DataFrame(
        {"months": [1, 2, 3], "share": [0.9, 0.5, 0.2], "low": [0.8, 0.4, 0.1], "high": [0.95, 0.6, 0.3]}
    )
    ax = plots.reactivation_curve(table, 61)
    drawn(ax)
    assert ax.lines[0].get_ydata().tolist() == [0.9, 0.5, 0.2]
    assert ax.lines[1].get_xdata()[0] == pytest.approx(61 * 12 / 365.25)


def test_calibration_of_leaving_is_dots_with_intervals_against_the_forecast():
    table = pd.DataFrame({"chance": [0.1, 0.6], "came_true": [0.2, 0.5], "low": [0.1, 0.3], "high": [0.3, 0.7]})
    ax = plots.leaving_calibration(table)
    drawn(ax)
    assert ax.lines[1].get_xydata().tolist() == [[0.1, 0.2], [0.6, 0.5]]
    assert [line[:, 1].tolist() for line in ax.collections[0].get_segments()] == [[0.1, 0.3], [0.3, 0.7]]


def test_curves_counted_from_a_day_say_so():
    steps = pd.DataFrame(
        {"group": "a", "years": [0.0, 1.0], "survival": [1.0, 0.5], "low": [1.0, 0.4], "high": [1.0, 0.6]}
    )
    ax = plots.survival_curves(steps, since="2025-03-31")
    assert ax.get_xlabel() == "Years after 2025-03-31"
    assert ax.get_title("left") == "Accounts there on 2025-03-31 that still are"
    assert plots.survival_curves(steps).get_xlabel() == "Years since the account began"
