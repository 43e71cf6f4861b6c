"""Every name a reader sees is in one place, and every key that the program uses is there."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from crm_analysis import labels
from crm_analysis.book.rules import RULES
from crm_analysis.labels import (
    COLUMNS,
    LABELS,
    Column,
    Kind,
    book,
    brief,
    coded,
    column,
    common,
    index,
    kpi,
    label,
    leaving,
    pack,
    plan,
    potential,
    progress,
    refusals,
    reprs,
    retention,
    satisfaction,
    since,
    summaries,
    value,
)
from crm_analysis.value.pyramid import TIERS

PACKAGE = Path(labels.__file__).parents[1]


def literal_keys(function: str) -> set[str]:
    """Literal arguments of every call of `function` in the package."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                found |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return found


def test_every_label_and_column_used_by_name_exists():
    keys = literal_keys("label")
    assert len(keys) > 30
    assert keys <= set(LABELS)
    assert literal_keys("column") <= set(COLUMNS)


def test_every_code_has_its_words():
    for tier in TIERS:
        assert label(f"tier_{tier}")
    for rule in RULES.values():
        assert label(f"rule_{rule.name}")
        assert label(f"action_{rule.action}")
    for unit in "DWMQY":
        assert "{n}" in label(f"window_{unit}")
        assert "{" not in label(f"window_{unit}_one")


def test_counted_nouns_come_in_pairs():
    for key in LABELS:
        if key.endswith("_many"):
            assert "{n}" in LABELS[key]
            assert f"{key.removesuffix('_many')}_one" in LABELS


def test_no_page_takes_words_from_another():
    """Pages have words of their own: a key in two modules would hide one of them."""
    for words in ("LABELS", "COLUMNS"):
        pages = (
            book,
            brief,
            coded,
            common,
            index,
            leaving,
            pack,
            progress,
            refusals,
            reprs,
            retention,
            since,
            summaries,
            value,
            *kpi.ROOMS,
            *plan.ROOMS,
            *potential.ROOMS,
            *satisfaction.ROOMS,
        )
        keys = [key for page in pages for key in getattr(page, words)]
        assert len(keys) == len(set(keys)) == len(getattr(labels, words))


def test_no_label_is_left_over():
    """A key nobody uses is either built from a code (a prefix below) or dead."""
    source = "\n".join(
        p.read_text(encoding="utf-8")
        for p in PACKAGE.rglob("*")
        if p.suffix in (".py", ".j2") and "labels" not in p.relative_to(PACKAGE).parts
    )
    prefixes = "tier rule action window part worth unlock way reason at_risk feature candidate rival horizon trial who"
    prefixes += " impression quadrant construct"
    prefixes += " focus stake front_against front_tiles tile moved_by place listed"
    prefixes += " since_off since_because since_orders since_ahead"
    prefixes += " score differs kind"
    prefixes += " brief_measure brief_role brief_stage brief_class brief_since brief_ahead brief_notes brief_owed"
    prefixes += " brief_lack brief_voice_best brief_voice_worst brief_deals_won brief_deals_lost brief_worth_ahead"
    prefixes += " why_plan step_plan level when"
    prefixes += " grouped_by silent_trust silent_list silent_candidate chart"
    prefixes += " light against target_state target_why spread_way"
    prefixes += " kpi changes lit goals by of outcome signal unit like"
    prefixes += " code example learned_few spend_unknown repr summary"
    built = re.compile(rf"({'|'.join(prefixes.split())}|\w+_(one|many))_?\w*\Z")
    words = set(re.findall(r"\w+", source))
    unused = [key for key in LABELS if not built.match(key) and key not in words]
    assert unused == []


@pytest.mark.parametrize("key", sorted(LABELS))
def test_labels_are_whole_and_plain(key):
    words = LABELS[key]
    assert words
    assert words == words.strip()
    assert not re.search(r"[<>]", words)
    assert all(name and name.isidentifier() for _, name, *_ in string.Formatter().parse(words) if name is not None)


def test_headings_say_one_thing_each():
    for name in COLUMNS:
        shown = column(name)
        assert shown.kind in get_args(Kind)
        assert shown.heading[0].isupper() or not shown.heading[0].isalpha()
    titles = [column(name).title for name in COLUMNS if name not in ("rows", "note")]
    assert not [title for title in set(titles) if titles.count(title) > 1 and title != "Assumption"]


def test_what_has_no_words_is_named():
    with pytest.raises(KeyError, match="no words for 'nothing'"):
        label("nothing")
    with pytest.raises(KeyError, match="no heading for column 'nothing'"):
        column("nothing")
    assert Column("Recency", "number", "days").title == "Recency (days)"


def test_a_name_that_ends_in_a_full_stop_ends_the_sentence():
    assert label("decide_ask", accounts="20 accounts", first="Kowal Sp. z o.o.").endswith("Kowal Sp. z o.o. first.")
    assert label("front_headline", heading="Largest", value="Kowal Sp. z o.o.") == "Largest: Kowal Sp. z o.o."
