"""A reader in another language sees no English: every message has words, with the same places, compiled."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from crm_analysis.errors import ReportError
from crm_analysis.labels import COLUMNS, LABELS, column, label
from crm_analysis.labels.language import LANGUAGES, LOCALE, language, speaking, words

OTHERS = [one for one in LANGUAGES.values() if one.folder]
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool(request: pytest.FixtureRequest):
    """The program that collects messages; `make catalogue` runs it."""
    import runpy

    return runpy.run_path(str(ROOT / "tools" / "catalogue.py"))


def files(other):
    folder = LOCALE / other.folder / "LC_MESSAGES"
    return folder / "crm_analysis.po", folder / "crm_analysis.mo"


def places(message: str) -> list[tuple[str, str]]:
    return sorted((name, form or "") for _, name, form, _ in string.Formatter().parse(message) if name is not None)


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_every_message_is_translated_and_none_is_left_over(tool, other):
    wanted, known = set(tool["messages"]()), tool["kept"](files(other)[0])
    assert wanted - set(known) == set(), "run `make catalogue` and translate what it names"
    assert set(known) - wanted == set(), "run `make catalogue`"


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_translations_keep_the_places_and_run_nothing(tool, other):
    for (context, message), said in tool["kept"](files(other)[0]).items():
        if context in LABELS:
            assert places(said) == places(message), (context, said)
        assert not re.search(r"[<>]", said.replace("->", "")) or re.search(r"[<>]", message), (context, said)
        assert said == said.strip(), (context, said)


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_what_is_compiled_is_what_translators_wrote(tool, other):
    source, compiled = files(other)
    assert compiled.read_bytes() == tool["mo"](source), "run `make catalogue`"


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_every_label_and_heading_speaks(other):
    with speaking(other.code):
        assert all(label(key) for key in LABELS)
        titles = {}
        for name in COLUMNS:
            titles.setdefault(column(name).title, set()).add(name)
    english = {}
    for name in COLUMNS:
        english.setdefault(column(name).title, set()).add(name)
    alike = {name for names in english.values() if len(names) > 1 for name in names}
    assert [names for names in titles.values() if len(names) > 1 and not names <= alike] == []


def test_a_message_without_words_is_an_error_and_never_english():
    with speaking("zh-CN"):
        assert language().code == "zh-CN"
        with pytest.raises(KeyError, match="no words for 'Not in the catalogue'"):
            words("page", "Not in the catalogue")
    assert words("page", "Not in the catalogue") == "Not in the catalogue"


def test_a_language_that_is_not_there_is_named():
    with pytest.raises(ReportError, match=r"no language 'de' \(known: en, zh-CN\)"), speaking("de"):
        pass


HAN = r"[\u4e00-\u9fff]"
SLIPS = re.compile(
    rf"{HAN}[,;:!?]|[,;:!?]{HAN}|{HAN}\.(?:\s|$|{HAN})"  # a Latin mark in a Chinese sentence
    rf"|{HAN} {HAN}|{HAN} [（，。；：、]|[（，。；：、] "
    r"|[，。；：、]{2}|的的|了了|是是|个个"
    r"|纪要|起投诉|优先度|好转|未解决|回归均值|留存页面|无成本"  # a second word for what has one
)


@pytest.mark.parametrize("words", ["客户, 订单", "客户 （高）", "客户。。", "拜访纪要"])
def test_slips_are_found(words):
    assert SLIPS.search(words)


def test_chinese_is_set_as_chinese_and_has_one_word_for_one_thing(tool):
    source = LOCALE / "zh_CN" / "LC_MESSAGES" / "crm_analysis.po"
    for (context, _), said in tool["kept"](source).items():
        assert not SLIPS.search(said), (context, said)
        assert said.count("（") == said.count("）"), (context, said)
        assert said.count("“") == said.count("”"), (context, said)
