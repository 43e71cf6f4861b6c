"""Groups that name each other."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.references import NAMED, OWNERS, groups
from crm_analysis.book.rules import RULES


@pytest.mark.parametrize(
    ("pairs", "nested", "circle"),
    [
        ("a>b", (0, ""), (0, "")),
        ("a>a b>a", (0, ""), (0, "")),
        ("a>b b>c", (1, "b in c (1)"), (0, "")),
        ("a>b b>a", (2, "a in b (1); b in a (1)"), (2, "a in b in a")),
        ("x>c c>b b>a a>c", (4, "c in b (2); a in c (1); b in a (1)"), (3, "a in c in b in a")),
        ("a>b b>a c>d d>c", (4, "a in b (1); b in a (1); c in d (1)"), (4, "a in b in a; c in d in c")),
        ("a>a b>a c>b", (1, "b in a (1)"), (0, "")),
    ],
)
def test_nested_groups_and_circles_by_hand(pairs, nested, circle):
    rows = [pair.split(">") for pair in pairs.split()]
    rows += [[name, None] for name in {head for _, head in rows} - {own for own, _ in rows}]
    accounts = ibis.memtable(pd.DataFrame(rows, columns=["account_id", "group_id"]))
    found = {rule: (number, shown) for rule, _, number, shown in groups(accounts)}
    assert found == {"nested_group": nested, "group_cycle": circle}


def test_accounts_without_groups_have_none():
    assert list(groups(ibis.memtable(pd.DataFrame({"account_id": ["a"]})))) == []


def test_references_are_columns_of_the_contract():
    for to in (*OWNERS, *NAMED):
        assert to.rule in RULES
        assert to.there in CONTRACT[to.to].names
        assert RULES[to.rule].action == ("quarantine" if to in OWNERS else "warn")
