"""Figures of retention draw what the tables say, and survive tables with nothing in them."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tenure_frames import tenures_of

from crm_analysis import plots
from crm_analysis.churn.retention.curves import curves
from crm_analysis.churn.retention.projection import projected, survivors
from crm_analysis.churn.retention.reasons import incidence

mpl.use("agg")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def tenures(many: int = 12, groups: str = "ab") -> pd.DataFrame:
    days = np.linspace(100, 900, many)
    kind = np.where(np.arange(many) % 2, "left", "ours")
    return tenures_of(days, True, 0, [groups[place % len(groups)] for place in range(many)], kind=kind)


def test_the_heat_map_shows_shares_and_leaves_the_undecided_empty():
    table = pd.DataFrame({"cohort": ["before", "2025Q1"], "accounts": [1200, 3], "0": [1.0, 1.0], "1": [0.756, np.nan]})
    for revenue in (False, True):
        ax = plots.cohort_heatmap(table, revenue=revenue)
        ax.figure.canvas.draw()
        assert [text.get_text() for text in ax.texts] == ["100", "76", "100"]
        assert [text.get_text() for text in ax.get_yticklabels()] == ["before (1,200)", "2025Q1 (3)"]
    plots.cohort_heatmap(table[:0]).figure.canvas.draw()


@pytest.mark.parametrize("groups", ["a", "$\\", "abcdefghijk"])
def test_survival_curves_are_steps_of_the_table(groups):
    steps = curves(tenures(60, groups))
    ax = plots.survival_curves(steps)
    ax.figure.canvas.draw()
    first = steps[steps["group"] == steps["group"].iloc[0]]
    assert ax.lines[0].get_ydata().tolist() == first["survival"].tolist()
    assert len(ax.lines) == min(len(set(groups)), 9)
    assert len(ax.collections) == (len(set(groups)) if len(set(groups)) <= 3 else 0)
    plots.survival_curves(steps[:0]).figure.canvas.draw()


def test_incidences_are_stacked_to_who_has_gone():
    table = incidence(tenures().assign(group="all"), least=1)
    ax = plots.incidence_areas(table)
    ax.figure.canvas.draw()
    top = max(path.vertices[:, 1].max() for area in ax.collections for path in area.get_paths())
    assert top == pytest.approx(1)
    plots.incidence_areas(table[:0]).figure.canvas.draw()


def test_projections_are_lines_beside_what_was_seen():
    table = projected(survivors([100, 86.9, 74.3, 65.3, 59.3]), 8)
    ax = plots.projection_curves(table)
    ax.figure.canvas.draw()
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.869, 0.743, 0.653, 0.593])
    assert len(ax.lines) == table["model"].nunique()
    plots.projection_curves(table[:0]).figure.canvas.draw()
