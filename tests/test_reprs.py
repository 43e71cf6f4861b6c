"""What books, models and results show of themselves: facts, what to call next, and never a name that runs."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis import labels
from crm_analysis.book import open_book
from crm_analysis.churn.outlook import Outlook as Leaving
from crm_analysis.churn.outlook import outlook as leaving_outlook
from crm_analysis.kpi.outlook import Outlook as Kpis
from crm_analysis.labels import LABELS
from crm_analysis.plan.outlook import Outlook as Plan
from crm_analysis.potential.outlook import Outlook as Potential
from crm_analysis.reprs import MOST, Card, as_html, as_text, said
from crm_analysis.satisfaction.outlook import Outlook as Satisfaction
from crm_analysis.value.histories import histories
from crm_analysis.value.lifetime import MBGCNBD, GammaGamma
from crm_analysis.value.outlook import outlook as value_outlook

PACKAGE = Path(labels.__file__).parents[1]
EVIL = '<script>alert(1)</script> & "Co" \''


class Shown:
    """Something with a card."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def _card(self) -> Card:
        return self.card


def html_of(thing: object) -> str:
    """What a notebook shows, which must be plain tags."""
    bundle = thing._repr_mimebundle_() if hasattr(thing, "_repr_mimebundle_") else {"text/html": thing._repr_html_()}
    found: str = bundle["text/html"]
    assert set(re.findall(r"<(\w+)", found)) <= {
        "div",
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
    }
    return found


def follows(thing: object, call: str) -> bool:
    """Whether what the card names is there: every attribute up to the first that would have to be computed."""
    first = re.match(r"\.(\w+)", call)
    assert first
    return hasattr(type(thing), first[1]) or first[1] in vars(thing)


def test_everything_in_a_card_is_escaped():
    card = Card(EVIL, {"of": EVIL, "tables": [EVIL], "as_of": None}, pd.DataFrame({EVIL: [EVIL]}), (EVIL,))
    found = as_html(Shown(card))
    assert "<script" not in found
    assert found.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot; &#x27;") == 6
    assert "as of" not in found
    assert as_text(Shown(card)).startswith("<" + EVIL)


def test_long_tables_are_cut_and_long_facts_kept_from_the_line():
    card = Card("T", {"says": "x" * 90, "rows": 3}, pd.DataFrame({"n": range(MOST + 2)}))
    found = as_html(Shown(card))
    assert f'<td style="text-align:right">{MOST - 1}</td>' in found
    assert f'<td style="text-align:right">{MOST}</td>' not in found
    assert "and 2 more rows" in found
    assert "x" * 90 in found
    assert as_text(Shown(card)) == "<T; rows learned from 3>"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234.5, "1,234"), (0.123456, "0.1235"), (7, "7"), (np.float64(-3), "-3"), (float("nan"), "–"), (1e-9, "1e-09"),
        (dt.date(2026, 9, 30), "2026-09-30"), (("a", 2.5), "a, 2.5"), ("a\n b", "a b"), (True, "True"), (pd.NaT, "–"),
    ],
)  # fmt: skip
def test_facts_are_written_plainly(value, words):
    assert said(value) == words


def test_a_book_whose_name_and_accounts_are_scripts_shows_them_as_text(tmp_path):
    book = small_book([line("<b>A</b>", "2026-01-02", 5)], [{"account_id": "<b>A</b>", "name": EVIL}])
    assert "<b>" not in html_of(book)
    assert repr(book).startswith("<Book: book; extracted on 2026-09-30, tables accounts, orders; Next: .as_of(")
    assert "as of 2026-02-01" in repr(book.as_of("2026-02-01"))
    place = tmp_path / "<img onerror=x>"
    place.mkdir()
    (place / "accounts.csv").write_text(f'account_id,name\n<i>,"{EVIL}"\n'.replace('"Co"', '""Co""'))
    (place / "orders.csv").write_text("line_id,account_id,ordered_on,revenue\n1,<i>,2026-01-01,10\n2,B,2026-01-01,10\n")
    opened = open_book(place)
    for thing in (opened, opened.check, opened.as_of("2026-01-01")):
        assert "&lt;img onerror=x&gt;" in html_of(thing)
    assert "orders (1)" in html_of(opened)
    assert "order lines accepted 1 / 2, rows not accepted 1" in repr(opened.check)


def ordering(accounts: int = 60) -> list[dict[str, object]]:
    """Lines of accounts that order every so often, some of which stop."""
    rng = np.random.default_rng(1)
    lines = []
    for number in range(accounts):
        day = dt.date(2023, 1, 1) + dt.timedelta(days=int(rng.integers(0, 200)))
        end = DAY if number % 3 else dt.date(2025, 1, 1)
        while day < end:
            lines.append(line(f"A{number:03}", day, round(float(rng.uniform(10, 99)), 2)))
            day += dt.timedelta(days=int(rng.integers(20, 90)))
    return lines


def test_models_show_what_they_learned_with_intervals():
    known = histories(small_book(ordering()), as_of=DAY, unit="week")
    for made, title in ((MBGCNBD(k=1, prior=2.0), "MBG/NBD"), (GammaGamma(prior=2.0), "Gamma-Gamma")):
        assert repr(made).startswith(type(made).__name__ + "(")
        assert ".fit(histories)" in html_of(made)
        fitted = made.fit(known)
        assert repr(fitted).startswith(f"<{title}; ")
        assert "accounts 60" in repr(fitted).replace("accounts 59", "accounts 60")
        found = html_of(fitted)
        for name in fitted.summary_["parameter"]:
            assert f">{name}</td>" in found
        for heading in ("estimate", "low", "high"):
            assert f"<th>{heading}</th>" in found
        assert said(fitted.summary_["low"][0]) in found
        assert "low, high: 95%" in found
        assert all(follows(fitted, call) for call in fitted._card().next)


def test_results_say_of_what_they_are_and_what_to_call_next():
    book = small_book(ordering())
    value, leaving = value_outlook(book, DAY, "12M", "6M"), leaving_outlook(book, DAY)
    things = [value, leaving, Kpis(book, DAY), Potential(book, DAY), Plan(book, DAY), Satisfaction(book, DAY)]
    things += [Kpis(book, DAY).panel, value.worth, value.trial, leaving.told]
    for thing in things:
        found = html_of(thing)
        assert repr(thing).startswith("<")
        assert repr(thing).endswith(">")
        card = thing._card()
        assert card.next
        assert all(follows(thing, call) for call in card.next), card.next
        assert "2026" in found or "12M" in found
    assert isinstance(leaving, Leaving)
    assert leaving.told.sentence in html_of(leaving).replace("&#x27;", "'")
    assert re.search(r"interval</th><td[^>]*>[\d,]+ – [\d,]+ \(90%\)", html_of(value))


def test_no_card_computes_what_takes_long():
    """The card of an outlook is there at once: it asks for nothing that is worked out when first asked for."""
    book = small_book(ordering(9))
    for thing in (Kpis(book, DAY), Potential(book, DAY), Plan(book, DAY), Satisfaction(book, DAY)):
        before = set(vars(thing))
        html_of(thing)
        assert set(vars(thing)) == before


def test_every_fact_has_its_words():
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "_card":
                keys = (key for own in ast.walk(node) if isinstance(own, ast.Dict) for key in own.keys)
                used |= {f"repr_{key.value}" for key in keys if isinstance(key, ast.Constant)}
    assert used == {key for key in LABELS if key.startswith("repr_")} - {"repr_more", "repr_next"}
