"""The contract is consistent, and data/README.md is its dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.contract.dictionary import dictionary

README = Path(__file__).parents[2] / "data" / "README.md"


def test_the_readme_is_the_dictionary():
    assert README.read_text(encoding="utf-8") == dictionary(), "run `make dictionary`"


@pytest.mark.parametrize("table", CONTRACT.values(), ids=lambda table: table.name)
def test_a_table_is_consistent(table):
    assert len(set(table.names)) == len(table.names)
    assert table.column(table.known_at).type == "date"
    assert table.column(table.known_at).nature == "fixed"
    assert set(table.key) <= set(table.names)
    assert table.required
    assert table.unlocks
    for column in table:
        assert (column.nature == "settles") == (column.settles_with is not None)
        if column.settles_with:
            assert table.column(column.settles_with).settles_with == column.settles_with
            assert table.column(column.settles_with).type == "date"
        if column.type == "date" and column.nature == "fixed" and column.name != table.known_at:
            assert column.may_be_future or column in table.known_dates
        assert f"| `{column.name}` |" in dictionary()


def test_accounts_and_orders_need_little():
    assert CONTRACT["accounts"].required == ("account_id",)
    assert CONTRACT["orders"].required == ("line_id", "account_id", "ordered_on", "revenue")
