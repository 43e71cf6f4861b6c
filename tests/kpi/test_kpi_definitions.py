"""The KPIs as data: whole, in words, and the same in the docs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from five_accounts import five_panel

from crm_analysis.kpi.definitions import BY_NAME, INCIDENCE, KPIS, SUMS, Kpi, markdown, missing, table
from crm_analysis.kpi.like_for_like import PER_ACCOUNT, RATES
from crm_analysis.kpi.windows import KINDS, window
from crm_analysis.labels.kpi.values import LABELS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "crm_analysis" / "kpi").rglob("*.py")))
MISSION = (
    "accounts_cut accounts_per_rep minutes_per_account revenue revenue_per_account margin margin_rate revenue_growth "
    "account_growth became_high complaints_per_100_orders resolution_days shipping_days on_time "
    "gross_revenue_retention net_revenue_retention account_retention repurchase_rate nps csat response_rate "
    "share_of_wallet top_20_share "
    "low_share_of_time proactive_share bad_account_share days_to_pay market_share"
)


def test_every_kpi_that_was_asked_for_is_there_once():
    assert set(MISSION.split()) <= set(BY_NAME)
    assert len(BY_NAME) == len(KPIS)


def test_docs_are_made_of_the_definitions():
    assert (DOCS / "kpi_definitions.md").read_text(encoding="utf-8") == markdown() + "\n"


def test_docs_name_the_codes_by_which_targets_are_written():
    words = (DOCS / "kpi.md").read_text(encoding="utf-8")
    codes, others = (words.split(start)[1].split("\n\n")[0] for start in ("Codes: ", "Not for targets"))
    codes = codes.split("Not for targets")[0]
    for kpi in KPIS:
        told = kpi.parts is not None and kpi.better in ("up", "down")
        assert f"`{kpi.name}`" in (codes if told else others)
    assert f"{len(KPIS)} figures against a year ago" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_every_kpi_says_what_it_asks_and_counts(kpi: Kpi):
    assert kpi.question.endswith("?")
    assert kpi.title
    assert kpi.numerator in kpi.formula
    assert bool(kpi.denominator) == kpi.ratio
    assert set(kpi.windows) <= set(KINDS)
    assert kpi.interval == INCIDENCE or kpi.windows


def test_sums_are_the_kpis_without_a_denominator_and_needs_are_known_to_the_panel():
    known = five_panel()
    assert missing(known).empty
    for kpi in KPIS:
        if kpi.parts is not None:
            numerator, denominator = kpi.parts(window(known, kpi.windows[0]))
            assert numerator.shape == known.account_id.shape
            assert (denominator is None) == (kpi.name in SUMS)
            assert not np.isnan(numerator).any()


def test_a_kpi_like_for_like_is_a_sum_or_told_per_account_or_at_a_fixed_mix():
    for kpi in KPIS:
        assert kpi.like_for_like == (kpi.name in (*PER_ACCOUNT, *RATES, "revenue"))


def test_no_word_of_a_kpi_is_left_over():
    parts = ("", "_question", "_numerator", "_denominator")
    used = {f"kpi_{kpi.name}{part}" for kpi in KPIS for part in parts if kpi.ratio or part != parts[-1]}
    used |= {f"kpi_unit_{kpi.unit}" for kpi in KPIS} | {f"kpi_better_{kpi.better}" for kpi in KPIS}
    used |= {f"kpi_interval_{kpi.interval}{part}" for kpi in KPIS for part in ("", "_how")}
    used |= {f"kpi_window_{kind}" for kind in KINDS}
    named = {key for key in LABELS if f'"{key}"' in SOURCES or f"'{key}'" in SOURCES}
    assert set(LABELS) == used | named
    assert not used & named


def test_the_table_has_a_row_for_each_and_no_empty_word():
    words = table()
    assert list(words["kpi"]) == [kpi.title for kpi in KPIS]
    told = words.drop(columns=["also_like_for_like", "windows"])
    assert (told.map(len) > 0).all(axis=None)
