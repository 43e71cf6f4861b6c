"""Funnels of groups: against the complaints page, the binomial law, moments by hand, and groups that do not differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from panels import made_panel
from scipy.stats import binom, binomtest, norm

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.comparison.funnels import BETTER, NONE, SAME, WORSE, Law, between, funnels, law, limits
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.satisfaction.complaints.funnel import SURE, WARN
from crm_analysis.satisfaction.complaints.funnel import funnel as complaint_funnel

COMPLAINTS, ON_TIME, MARGIN = (BY_NAME[name] for name in ("complaints_per_100_orders", "on_time", "margin_rate"))


def company(rng: np.random.Generator, reps: int = 25, many: int = 10, apart: float = 0.0):
    """Accounts of so many reps; the first rep's shares and rates are `apart` worse."""
    n = reps * many
    names = [f"R{place // many:02}" for place in range(n)]
    own = np.array([name == "R00" for name in names])
    orders = rng.poisson(20, n) + 1.0
    odds = rng.beta(16, 4, n) - apart * own
    made = {
        "orders": orders,
        "order_days": orders,
        "complaints": rng.poisson(orders * 0.05 * rng.gamma(2, 0.5, n) * (1 + 10 * apart * own)),
        "due": orders,
        "on_time": rng.binomial(orders.astype(int), np.clip(odds, 0, 1)),
        "costed_revenue": 100 * orders * rng.lognormal(0, 0.5, n),
    }
    made["margin"] = made["costed_revenue"] * (rng.normal(0.25, 0.05, n) - apart * own)
    return made_panel({name: [values.astype(float)] * 4 for name, values in made.items()}, groups={"rep": names})


def test_complaints_are_the_complaint_pages_funnel():
    panel = company(np.random.default_rng(1), apart=0.3)
    found = funnels(panel, "rep", "quarter", kpis=["complaints_per_100_orders"]).set_index("group")
    frame = pd.DataFrame({"orders": panel.measures["orders"][-1], "complaints": panel.measures["complaints"][-1]})
    oracle = complaint_funnel(frame, pd.Series(panel.groups["rep"][-1])).table.set_index("group").loc[found.index]
    for name in ("95", "998"):
        by = 100 * frame["complaints"].sum() / frame["orders"].sum()
        assert found[f"low_{name}"].tolist() == pytest.approx((by * oracle[f"low_{name}"]).tolist())
        assert found[f"high_{name}"].tolist() == pytest.approx((by * oracle[f"high_{name}"]).tolist())
    assert (found["way"] == WORSE).tolist() == ((oracle["way"] == 1) & (oracle["level"] == SURE)).tolist()
    assert found.loc["R00", "way"] == WORSE


def test_shares_of_even_cases_are_the_binomial_law():
    """40 cases at .8: the limits are the first counts at or beyond which scipy's law is rarer than each tail."""
    even = Law(0.8, 0.16, 0.0)
    for level in (WARN, SURE):
        tail = (1 - level) / 2
        low, high = (float(end[0]) * 40 for end in limits(ON_TIME, even, np.array([40.0]), np.array([40.0]), level))
        counts = np.arange(41)
        above = counts[binom.sf(counts - 1, 40, 0.8) <= tail]
        assert np.array_equal(counts[counts >= high], above) or np.isnan(high)
        assert np.array_equal(counts[counts <= low], counts[binom.cdf(counts, 40, 0.8) <= tail])
    # of four cases at .8 all may be there by chance, and only none is too rare (.0016; one or none .027)
    low, high = limits(ON_TIME, even, np.array([4.0]), np.array([4.0]), WARN)
    assert np.isnan(high[0])
    assert 0 <= 4 * low[0] < 1


def test_cases_of_one_account_are_alike():
    """Beta-binomial accounts of .8 whose cases correlate by 1 / 21, as company() draws them; none alike at 0."""
    rng = np.random.default_rng(5)
    den = rng.poisson(20, 20_000) + 1.0
    found = law(ON_TIME, rng.binomial(den.astype(int), rng.beta(16, 4, len(den))).astype(float), den)
    assert (found.rate, found.uneven) == (pytest.approx(0.8, abs=0.005), pytest.approx(0.16 / 21, rel=0.1))
    alone = law(ON_TIME, rng.binomial(den.astype(int), 0.8).astype(float), den)
    assert alone.uneven < 0.0005


def test_moments_of_other_ratios():
    """Numerators that scatter by 4 x den + .5 x den squared."""
    rng = np.random.default_rng(6)
    den = rng.gamma(2, 5, 50_000)
    num = 3 * den + rng.normal(0, 1, len(den)) * np.sqrt(4 * den + 0.5 * den**2)
    found = law(BY_NAME["shipping_days"], num, den)
    assert (found.rate, found.each, found.uneven) == pytest.approx((3, 4, 0.5), rel=0.15)
    low, high = limits(BY_NAME["shipping_days"], Law(3, 4, 0.5), np.array([20.0]), np.array([200.0]), WARN)
    half = norm.ppf(0.975) * np.sqrt(4 * 20 + 0.5 * 200) / 20
    assert (low[0], high[0]) == pytest.approx((3 - half, 3 + half))


def test_groups_that_do_not_differ_lie_inside_but_for_chance():
    out = dict.fromkeys(("on_time", "margin_rate", "complaints_per_100_orders"), 0)
    for seed in range(20):
        table = funnels(company(np.random.default_rng(seed)), "rep", "quarter", kpis=list(out))
        for kpi, own in table.groupby("kpi"):
            out[kpi] += int((own["way"] != SAME).sum())
    for kpi, many in out.items():
        assert binomtest(many, 500, 0.05, alternative="greater").pvalue > 0.01, kpi
        assert many > 3, kpi


def test_a_group_far_off_is_told_and_stays_apart():
    found = funnels(company(np.random.default_rng(2), apart=0.3), "rep", "quarter").set_index(["kpi", "group"])
    for kpi in ("on_time", "margin_rate"):
        assert found.loc[(kpi, "R00"), ["way", "apart"]].tolist() == [WORSE, True]
    assert not found["way"].eq(BETTER).any()
    assert ((found["low_998"] <= found["low_95"]) & (found["high_95"] <= found["high_998"])).all()
    assert (found["low_95"] <= found["company"]).all()


def test_variance_between_groups_by_hand():
    """Scores -2, -1, 0, 1, 2 of error 1 and no winsorising to speak of: (10 - 4) / (5 - 1), less what is drawn in."""
    value = np.array([-2.0, -1, 0, 1, 2])
    drawn = np.clip(value, *np.quantile(value, [0.1, 0.9]))
    assert between(value, 0.0, np.ones(5)) == pytest.approx(((drawn**2).sum() - 4) / 4)
    assert between(value / 10, 0.0, np.ones(5)) == 0
    assert np.isnan(between(value[:4], 0.0, np.ones(4)))


def test_groups_without_a_name_or_figure_are_held_against_nothing():
    panel = made_panel(
        {"due": [[10.0, 10, 10, 0]] * 4, "on_time": [[9.0, 8, 9, 0]] * 4, "orders": [[1.0] * 4] * 4},
        groups={"rep": ["R1", "R2", "", "R3"]},
    )
    found = funnels(panel, "rep", "quarter", kpis=["on_time"]).set_index("group")
    assert found.index.tolist() == ["", "R1", "R2"]
    assert found.loc["", "way"] == NONE
    assert np.isnan(found.loc["", "low_95"])
    assert found["company"].tolist() == pytest.approx([26 / 30] * 3)
    assert funnels(panel, "rep", "quarter", kpis=["margin_rate"]).empty


def test_wrong_wishes_are_named():
    panel = company(np.random.default_rng(0))
    with pytest.raises(UserError, match="weather"):
        funnels(panel, "weather")
    with pytest.raises(BookError, match="team"):
        funnels(panel, "team")
    with pytest.raises(UserError, match="revenue"):
        funnels(panel, "rep", kpis=["revenue"])
