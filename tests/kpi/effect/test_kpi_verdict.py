"""The programme's effect on every outcome of a panel, with planted changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from panels import made_panel
from small_books import line, small_book

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.did import NEVER, Did
from crm_analysis.kpi.effect.outcomes import OUTCOMES, Outcome, compared, parts
from crm_analysis.kpi.effect.series import Series
from crm_analysis.kpi.effect.starts import Units, programme
from crm_analysis.kpi.effect.verdict import Effect, effect, until
from crm_analysis.report.sentences import kpi_believed as believed
from crm_analysis.report.sentences import kpi_effect as said_of
from crm_analysis.value.segments import Bars

OFFICES, EACH, QUARTERS, FIRST = 12, 5, 16, 13
"""Sixteen quarters to 2026Q3; half of the offices start on 2026-01-01."""
NAMES = [f"O{place:02}" for place in range(OFFICES)]


def look(found: Effect) -> Any:
    """As much of the page's outlook as sentences of the effect need."""
    return SimpleNamespace(effect=found, currency="EUR")


def book(starts: int = OFFICES // 2):
    rows = [{"started_on": "2026-01-01", "name": "focus", "sales_office": name} for name in NAMES[:starts]]
    return small_book([line("A0", "2026-09-01", 10)], programme=rows)


def measures(seed: int = 1, gain: float = 0.0, market: float = 0.0) -> dict[str, np.ndarray]:
    """Accounts of much alike offices; the market adds to all from FIRST on, the programme to those that started."""
    rng = np.random.default_rng(seed)
    many = OFFICES * EACH
    began = np.arange(QUARTERS)[:, None] >= FIRST
    started = np.repeat(np.arange(OFFICES) < OFFICES // 2, EACH)
    lift = np.exp(market * began + gain * (began & started))
    revenue = rng.lognormal(6, 0.05, (QUARTERS, many)) * rng.lognormal(0, 1, many) * lift
    orders = rng.poisson(40, (QUARTERS, many)).astype(float)
    complaints = rng.poisson(4, (QUARTERS, many)).astype(float)
    return {"revenue": revenue, "orders": orders, "order_days": orders, "complaints": complaints}


def panel(tables: dict[str, np.ndarray], **more: object):
    return made_panel(tables, offices=list(np.repeat(NAMES, EACH)), **more)  # type: ignore[arg-type]


def test_a_planted_effect_is_found_and_what_the_market_did_is_not_taken_for_it():
    found = effect(book(), panel(measures(gain=0.2, market=0.1)))
    table = found.table.set_index("kpi")
    assert table.index.tolist() == ["orders", "revenue", "complaints_per_100_orders"]
    revenue = table.loc["revenue"]
    assert revenue["effect"] == pytest.approx(np.expm1(0.2), abs=0.03)
    assert revenue["naive"] == pytest.approx(np.expm1(0.3), abs=0.05)
    assert revenue["naive_low"] > revenue["high"]
    assert (revenue["way"], revenue["told"], revenue["treated"], revenue["compared"]) == ("better", True, 6, 6)
    assert not table.loc["orders", "told"]
    assert table.loc["complaints_per_100_orders", "effect"] == pytest.approx(0, abs=2)
    assert revenue["before"] == pytest.approx(0, abs=0.03)
    assert abs(revenue["drift"]) < 0.05
    assert set(found.why) == {one.name for one in OUTCOMES} - set(table.index)
    assert found.compared


def test_without_an_effect_nothing_is_told_though_the_market_grew():
    table = effect(book(), panel(measures(market=0.2))).table.set_index("kpi")
    assert not table["told"].any()
    assert (table["way"] == "").all()
    assert table.loc["revenue", "naive_low"] > 0.15


def test_fewer_of_what_is_bad_is_better():
    tables = measures()
    tables["complaints"][FIRST:, : EACH * OFFICES // 2] *= 0.3
    row = effect(book(), panel(tables)).table.set_index("kpi").loc["complaints_per_100_orders"]
    assert (row["way"], bool(row["share"])) == ("better", False)
    assert row["effect"] == pytest.approx(-7, abs=1)


def test_where_all_started_at_once_the_past_is_what_is_left():
    made = effect(book(OFFICES), panel(measures(market=0.3)))
    assert not made.compared
    own = made.found["revenue"].estimate
    assert isinstance(own, Series)
    assert own.low < 0.3 < own.high
    row = made.table.set_index("kpi").loc["revenue"]
    assert np.isnan(row["p"])
    assert row["treated"] == 0
    with pytest.raises(BookError, match="everywhere at once"):
        until(book(OFFICES), panel(measures()), made.units)


def test_a_series_whose_interval_leaves_out_zero_is_a_hint_and_never_told():
    made = effect(book(OFFICES), panel(measures(market=0.3)))
    assert made.found["revenue"].estimate.low > 0
    table = made.table
    assert not table["told"].any()
    assert (table["way"] == "").all()
    seen = look(made)
    said = said_of.effects(seen).set_index("effect_on")
    assert said_of.worked(seen) == f"nothing to compare with; a hint: orders {said.loc['Orders', 'effect_said']}"
    assert set(said["light"]) == {"cannot be told"}
    assert "never called an effect" in said_of.how_said(seen)
    assert "would have to be" not in said_of.worked_said(seen)


def test_of_segments_that_all_started_but_one_the_untouched_one_is_not_in_the_series():
    """High and Mid start and gain nothing; Low, as large as both, does not start and doubles."""
    rows = [{"started_on": "2026-01-01", "name": "focus", "segment": name} for name in ("High", "Mid")]
    sold = [line(f"A{place}", "2025-08-01", money) for place, money in enumerate((2000, 400, 20))]
    made = small_book(sold, programme=rows)
    rng = np.random.default_rng(2)
    revenue = 100 * rng.lognormal(0, 0.01, (QUARTERS, 3))
    revenue[:, 2] *= 2
    revenue[FIRST:, 2] *= 2
    own = made_panel({"revenue": revenue}, classes=["High", "Mid", "Low"], bars=Bars(1000, 300, None))
    found = effect(made, own)
    assert not found.compared
    assert found.units.start.tolist() == [FIRST, NEVER, FIRST]
    estimate = found.found["revenue"].estimate
    assert isinstance(estimate, Series)
    assert estimate.fitted["value"].tolist() == pytest.approx(np.log(revenue[:, :2].sum(axis=1)), abs=1e-6)
    assert abs(estimate.effect) < 0.05
    seen = look(found)
    assert said_of.how_said(seen).startswith("Fewer than two are left to compare with")
    assert "at once" not in said_of.how_said(seen) + said_of.worked_said(seen) + said_of.programme_said(seen)
    with pytest.raises(BookError, match="fewer than two are left"):
        until(made, own, found.units)


def test_a_programme_in_no_unit_that_has_accounts_is_told_in_words():
    rows = [{"started_on": "2026-01-01", "name": "focus", "sales_office": "Nowhere"}]
    made = small_book([line("A0", "2026-09-01", 10)], programme=rows)
    with pytest.raises(BookError, match="No account is known to be in a unit"):
        effect(made, panel(measures()))


def test_the_smallest_effect_is_half_the_interval_that_stands_beside_it():
    found = effect(book(), panel(measures()))
    own = found.found["orders"].estimate
    half = 100 * np.expm1((own.high - own.low) / 2)
    assert f"An effect on orders would have to be about {half:.0f}% or more" in said_of.worked_said(look(found))


def test_units_left_out_of_an_estimate_are_named():
    tables = measures()
    tables["orders"][5, :EACH] = 0  # of twelve offices the first has a quarter without any
    found = effect(book(), panel(tables))
    assert found.found["orders"].compared.left_out == ("O00",)
    words = said_of.how_said(look(found))
    assert words.endswith("1 sales office (O00) of orders, complaints per 100 orders.")
    assert said_of.named(tuple(f"A{place}" for place in range(7)), "account_id") == (
        "7 accounts (A0, A1, A2, A3, A4 and 2 more)"
    )


def test_the_period_that_others_are_held_against_is_called_the_base():
    tables = measures()
    tables["orders"][5, : 3 * EACH] = 0  # a quarter of the offices has a gap, so periods are pooled
    found = effect(book(), panel(tables))
    assert found.found["orders"].compared.base == 1
    table = believed.events(look(found)).set_index("since_start")
    assert table.loc[-1, "effect_said"] == "the base"
    assert table.loc[0, "effect_said"] != "the base"


def test_an_order_of_accounts_and_their_names_change_nothing():
    tables = measures(gain=0.1)
    order = np.random.default_rng(0).permutation(OFFICES * EACH)
    mixed = {name: rows[:, order] for name, rows in tables.items()}
    one = effect(book(), panel(tables)).table
    offices = np.repeat(NAMES, EACH)[order]
    other = effect(book(), made_panel(mixed, offices=list(offices))).table
    # accounts' own variances are summed in another order
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)
    assert one[["effect", "low", "high", "p"]].equals(other[["effect", "low", "high", "p"]])


def test_nothing_after_the_last_quarter_and_no_other_unit_moves_an_early_estimate():
    tables = measures(gain=0.1)
    early = {name: rows[:-1] for name, rows in tables.items()}
    before = effect(book(), panel(early, last="2026Q2")).found["revenue"].estimate
    late = effect(book(), panel(tables)).found["revenue"].estimate
    assert isinstance(before, Did)
    assert isinstance(late, Did)
    cells = late.cells[late.cells["period"] < late.cells["period"].max()]
    assert cells["effect"].tolist() == pytest.approx(before.cells["effect"].tolist())


def offices(start: list[int]) -> Units:
    made = book()
    own = programme(made, "2026-09-30")
    names = np.array(NAMES[: len(start)], dtype=object)
    return Units(own, names, np.array(start), np.arange(len(start)), ())


def test_a_rate_with_gaps_is_told_by_the_same_quarters_of_each_year():
    """Four units start in quarter 8, four in 11: three quarters have a comparison."""
    start = [8] * 4 + [11] * 4
    above, below = np.ones((12, 8)), np.full((12, 8), 2.0)
    above[8:11, :4] = 2.0
    below[9, 1] = above[9, 1] = below[1, 6] = above[1, 6] = 0  # nothing to tell a rate from
    made = compared(offices(start), above, below)
    assert (made.pooled, made.base, made.left_out) == (3, 1, ())
    assert made.values.tolist() == pytest.approx(np.array([[0.5] * 8, [0.5] * 8, [1.0] * 4 + [0.5] * 4]))
    assert made.start.tolist() == [2] * 4 + [NEVER] * 4
    whole = compared(offices(start), above + 1, below + 1)
    assert (whole.pooled, whole.base, len(whole.values)) == (0, 4, 12)


def test_units_that_start_in_the_midst_of_pooled_quarters_are_left_out():
    above, below = np.ones((12, 8)), np.ones((12, 8))
    below[9] = 0  # no survey in that quarter
    made = compared(offices([8] * 3 + [10] * 1 + [NEVER] * 4), above, below)
    assert made.pooled == 4
    assert made.left_out == ("O03",)
    with pytest.raises(BookError, match="Too few periods"):
        compared(offices([8] * 8), above, below)


def test_minutes_of_low_accounts_are_those_of_accounts_that_were_low_before():
    minutes = np.array([[10.0, 20.0], [30.0, 5.0], [7.0, 8.0]])
    classes = [["Low", "High"], ["High", "Low"], ["Low", "Low"]]
    own = next(one for one in OUTCOMES if one.name == "low_share_of_time")
    above, below = parts(made_panel({"minutes": minutes}, classes=classes), own)
    assert np.isnan(above[0]).all()
    assert above[1:].tolist() == [[30.0, 0.0], [0.0, 8.0]]
    assert below is not None
    assert below.tolist() == minutes.tolist()


def test_net_promoters_are_less_detractors_and_what_is_missing_says_why():
    said = {"promoters": [[3.0]], "detractors": [[1.0]], "nps_answers": [[5.0]]}
    own = next(one for one in OUTCOMES if one.name == "nps")
    above, _ = parts(made_panel(said), own)
    assert above.tolist() == [[2.0]]
    with pytest.raises(BookError, match="no costs here"):
        parts(made_panel(said, why={"margin": "no costs here"}), Outcome("margin", "margin"))


def test_of_single_accounts_sums_are_told_as_they_are_those_that_stopped_included():
    """Twelve of 40 accounts chosen; the programme makes three of them stop, and changes nothing else."""
    rng = np.random.default_rng(6)
    names = [f"A{place:02}" for place in range(40)]
    rows = [{"started_on": "2026-01-01", "name": "focus", "account_id": name} for name in names[:12]]
    made = small_book([line("A00", "2026-09-01", 10)], programme=rows)
    revenue = 100 + rng.normal(0, 1, (QUARTERS, 40))
    revenue[FIRST:, :3] = 0
    tables = {"revenue": revenue, "orders": np.ones((QUARTERS, 40)), "complaints": np.ones((QUARTERS, 40))}
    found = effect(made, made_panel(tables, ids=names))
    row = found.table.set_index("kpi").loc["revenue"]
    assert row["effect"] == pytest.approx(-25, abs=1)
    assert row["naive"] == pytest.approx(-25, abs=1)
    assert (bool(row["share"]), row["way"], row["treated"], row["compared"]) == (False, "worse", 12, 28)
    said = said_of.effects(look(found)).set_index("effect_on").loc["Revenue"]
    assert said["effect_said"].startswith("EUR -2")
    assert said["light"] == "cannot be told"
    assert said_of.worked(look(found)).startswith("compared by single accounts; a hint: ")
    assert "what the accounts of an office go through together is not in this" in said_of.how_said(look(found))
    assert "no rates" in found.why["complaints_per_100_orders"]
    with pytest.raises(BookError, match="by quarter only"):
        until(made, made_panel(tables, ids=names), found.units)
