"""Vetoes and what is told of siblings, by hand; what each needs, and which is told first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cases_by_hand import BIG, bought, on
from small_books import DAY, line, small_book

from crm_analysis.book.contract import CONTRACT
from crm_analysis.potential.cases import cases
from crm_analysis.potential.features import FEATURES, WORDS
from crm_analysis.potential.features import missing as missing_features
from crm_analysis.potential.vetoes import PREFIX, VETOES, first_veto, missing, vetoed


def test_each_veto_and_feature_needs_what_the_contract_has():
    for name, need in (VETOES | FEATURES).items():
        assert set(need.columns) <= set(CONTRACT[need.table].names), name
        assert need.sign in (-1, 0, 1)
    assert set(WORDS) <= set(FEATURES)


def test_words_rest_on_nothing_that_the_source_overwrites():
    """One look at them serves all days."""
    for name in WORDS:
        assert all(CONTRACT["accounts"].column(column).nature == "fixed" for column in FEATURES[name].columns)


def test_the_first_veto_that_holds_is_told():
    names = list(VETOES)
    rows = [dict.fromkeys(names, False)]
    rows += [{name: name == own for name in names} for own in names]
    rows += [dict.fromkeys(names, True), {name: name in ("complaint", "contract") for name in names}]
    frame = pd.DataFrame(rows, index=range(7, 7 + len(rows))).add_prefix(PREFIX)
    assert first_veto(frame).tolist() == ["", *names, "new", "complaint"]
    assert vetoed(frame).tolist() == [False] + [True] * 8
    assert first_veto(frame).index.equals(frame.index)
    assert first_veto(frame.iloc[:0]).tolist() == []


def test_what_a_book_lacks_is_said_of_each_veto_and_feature():
    tables = {"opportunities": [{"opportunity_id": "1", "account_id": "A", "opened_on": "2026-01-01"}]}
    book = small_book([line("A", "2026-01-01", 5)], **tables)
    lacking = missing(book)
    assert list(lacking) == ["opportunity", "complaint", "contract", "sibling", "key_account"]
    assert lacking["opportunity"] == "The book's table 'opportunities' has no column 'closed_on'."
    assert lacking["contract"] == "The book has no table 'contracts', which unlocks contractual churn."
    assert missing_features(book)["margin_rate"] == "The book's table 'orders' has no column 'cost'."
    assert "size" not in missing_features(book)


def test_a_column_that_is_overwritten_is_lacking_on_earlier_days_alone():
    accounts = [{"account_id": "A", "group_id": "g", "key_account": True}]
    book = small_book([line("A", "2026-01-01", 5)], accounts)
    assert {"sibling", "key_account"} <= set(missing(book.as_of("2026-09-29")))
    assert not {"sibling", "key_account"} & set(missing(book.as_of("2026-09-30")))
    assert "overwritten by its source" in missing(book.as_of("2026-09-29"))["key_account"]


# --- of books made by hand ---


def test_vetoes_by_hand():
    names = ["A", "B", "C", "D", "E", "F", "G", "N", "O"]
    orders = [line(name, "2025-11-11", 10) for name in names if name not in ("N", "O")]
    orders += [line("N", "2026-03-31", 10), line("O", "2026-03-30", 10)]
    accounts = [{"account_id": name, "group_id": "g" if name in ("A", "H") else None, "key_account": name == "B"}
                for name in [*names, "H", "M"]]  # fmt: skip
    accounts[2]["group_id"] = "H"  # its head office
    tables: Mapping[str, Any] = {
        "opportunities": [
            {"opportunity_id": "1", "account_id": "D", "opened_on": "2026-09-30", "closed_on": None},
            {"opportunity_id": "2", "account_id": None, "opened_on": "2026-09-01", "closed_on": None},
            {"opportunity_id": "3", "account_id": "E", "opened_on": "2026-01-01", "closed_on": "2026-09-30"},
            {"opportunity_id": "4", "account_id": "F", "opened_on": "2026-10-01", "closed_on": None},
        ],
        "complaints": [
            {"account_id": "E", "opened_on": "2026-09-30", "closed_on": None},
            {"account_id": "F", "opened_on": "2026-09-01", "closed_on": "2026-09-30"},
        ],
        "contracts": [
            {"contract_id": "1", "account_id": "F", "signed_on": "2026-01-01", "starts_on": "2026-09-30"},
            {"contract_id": "2", "account_id": "G", "signed_on": "2026-01-01", "starts_on": "2026-10-01"},
        ],
    }
    found = cases(small_book(BIG + orders, accounts, **tables), DAY).today.set_index("account_id")
    held = {name: set(found.index[found[f"veto_{name}"]]) for name in VETOES}
    # N's first order lies 183 days back and less than six months, from the end of a month to another's
    assert held == {"new": set(), "opportunity": {"D"}, "complaint": {"E"}, "contract": {"F"}, "sibling": {"A"},
                    "key_account": {"B"}}  # fmt: skip
    assert found.loc["A", "siblings"] == 1
    assert found.loc["C", "siblings"] == 0  # H is of another group
    later = [*orders, line("N", "2026-04-01", 10), line("P", "2026-04-01", 5)]
    found = cases(small_book(BIG + later), DAY).today.set_index("account_id")
    assert found.index[found["veto_new"]].tolist() == ["P"]


def test_a_head_office_without_a_group_is_one_of_those_that_name_it():
    accounts = [{"account_id": name, "group_id": "H" if name == "A" else None} for name in "ABHM"]
    found = cases(small_book(BIG + bought("A", 1, 1) + bought("B", 1, 1), accounts), DAY)
    today = found.today.set_index("account_id")
    assert today["veto_sibling"].to_dict() == {"A": True, "B": False}
    assert today["siblings"].to_dict() == {"A": 1, "B": 0}
    assert today["siblings_size"].to_list() == pytest.approx([np.log(3), 0])  # H brings two Mid bars


def test_groups_and_key_accounts_that_are_not_known_on_earlier_days_are_told_of_today_alone():
    accounts = [{"account_id": name, "group_id": "g", "key_account": True} for name in "AHM"]
    found = cases(small_book(BIG + bought("A", 1, 2), accounts), DAY)
    assert np.isnan(on(found)[["siblings", "siblings_size"]]).all(axis=None)
    assert not on(found)[["veto_sibling", "veto_key_account"]].any(axis=None)
    assert on(found, DAY)[["siblings", "veto_sibling", "veto_key_account"]].to_numpy().tolist() == [[2, True, True]]
    assert not on(found, DAY)[["siblings", "siblings_size"]].isna().any(axis=None)


def test_a_group_joined_later_counts_from_the_day_it_was_joined():
    accounts = [{"account_id": name, "group_id": "g", "key_account": name == "A"} for name in "AHM"]
    history = [
        {"account_id": name, "field": field, "value": value, "known_on": day}
        for name, field, value, day in (
            ("H", "group_id", "g", "2024-01-01"), ("M", "group_id", "other", "2024-01-01"),
            ("A", "group_id", "g", "2025-10-01"), ("A", "key_account", "true", "2025-09-30"),
            ("A", "key_account", "false", "2026-09-29"),
        )
    ]  # fmt: skip
    book = small_book(BIG + bought("A", 1, 2), accounts, account_history=history)
    found = cases(book, DAY)
    assert on(found)[["siblings", "veto_sibling", "veto_key_account"]].to_numpy().tolist() == [[0, False, True]]
    assert on(found, DAY)[["siblings", "veto_sibling"]].to_numpy().tolist() == [[2, True]]  # as on the extract
    before = cases(book, DAY - dt.timedelta(days=1)).today
    assert before[["siblings", "veto_sibling", "veto_key_account"]].to_numpy().tolist() == [[1, True, False]]
    assert found.frame["group"].nunique() == 1
