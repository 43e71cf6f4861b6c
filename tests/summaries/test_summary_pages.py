"""Pages as people write them: read in any language, refused with file, line, what was found and what was expected."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW, line, small_book

from crm_analysis.errors import UserError
from crm_analysis.labels.language import speaking
from crm_analysis.summaries import pages
from crm_analysis.summaries.page import page
from crm_analysis.summaries.pages import Known, read
from crm_analysis.summaries.template import write_templates

DAY = dt.date(2026, 9, 30)
WHO = Known(
    frozenset(["A1", "A2"]), frozenset(["R1", "R9a"]), {"alder": ("A1",), "birch": ("A1", "A2")}, {"m. hurst": ("R1",)}
)
HEAD = "---\naccount: A1\nrep: R1\ndate: 2026-09-29\n---\n"


def written(place: Path, **files: str | bytes) -> Path:
    for key, text in files.items():
        stem, _, ending = key.rpartition("_")
        (place / f"{stem}.{ending}").write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def mistakes(place: Path, **files: str | bytes) -> list[str]:
    with pytest.raises(UserError) as mistake:
        read(written(place, **files), lambda _: WHO, DAY)
    lines = str(mistake.value).split("\n")
    assert lines[-1] == "Nothing was written."
    return lines[:-1]


def test_a_markdown_page_is_read_by_its_headings(tmp_path):
    text = HEAD + (
        "\n# The account in one line\nReady to **come back**\n  with HDI\n\n<!-- a hint\n# over lines -->\n"
        "## what worries them:\n* price\n* lead time.\n* Wexlarn\n### events ###\n1. A call\n2. a visit\n# Next step\n"
    )
    (found,) = read(written(tmp_path, a_md=text), lambda _: WHO, DAY).summaries
    assert (found.account_id, found.rep_id, found.written_on) == ("A1", "R1", dt.date(2026, 9, 29))
    assert found.headline == "Ready to come back with HDI"
    assert found.concerns == "price; lead time. Wexlarn"
    assert found.events == "A call; a visit"
    assert found.next_step == ""


def test_a_yaml_page_is_read_as_it_is_written(tmp_path):
    text = (
        "account: A1  # ours\nrep_id: R1\ndate: 2026-09-29\nheadline: no\nconcerns: [price, '12: 30']\n"
        "events: |\n  a call\n  and a visit\nnext_step: 00123\n"
    )
    (found,) = read(written(tmp_path, a_yml=text), lambda _: WHO, DAY).summaries
    assert (found.headline, found.concerns, found.events, found.next_step) == (
        "no", "price; 12: 30", "a call and a visit", "00123",
    )  # fmt: skip


def test_names_stand_for_numbers_where_only_one_has_them(tmp_path):
    text = "account: ALDER\nrep: M. Hurst\ndate: 2026-09-29\nheadline: fine\n"
    (found,) = read(written(tmp_path, a_yaml=text), lambda _: WHO, DAY).summaries
    assert (found.account_id, found.rep_id) == ("A1", "R1")
    assert mistakes(tmp_path, a_yaml=text.replace("ALDER", "Birch")) == [
        "a.yaml, line 1: account 'Birch' is the name of 2; expected the number of one of A1, A2."
    ]


@pytest.mark.parametrize("code", ["en", "zh-CN"])
def test_a_filled_in_template_is_read_in_any_language(tmp_path, code):
    with speaking(code):
        paths = write_templates(tmp_path / "new", "A1", "R1", "2026-09-30")
        assert write_templates(tmp_path / "new", "A1", "R1", "2026-09-30") == []
    assert [path.name for path in paths] == ["template.md", "template.yaml"]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for example in ("A1", "R1", "2026-09-30"):
            line = next(line for line in text.splitlines() if line.endswith(example) and "#" in line)
            text = text.replace(line, f"{line.split(':')[0]}: {example}", 1)
        gap = "\n\n" if path.suffix == ".md" else " "
        text = f"{text.rstrip()}{gap}Call on Friday\n"
        (found,) = read(written(tmp_path, **{f"a_{path.suffix[1:]}": text}), lambda _: WHO, DAY).summaries
        assert (found.account_id, found.rep_id, found.written_on, found.next_step, found.headline) == (
            "A1", "R1", DAY, "Call on Friday", "",
        )  # fmt: skip
        (tmp_path / f"a{path.suffix}").unlink()
    assert read(tmp_path / "new", lambda _: WHO, DAY).summaries == ()  # templates are no pages


def test_every_mistake_of_every_page_is_told_at_once(tmp_path):
    assert mistakes(
        tmp_path,
        a_md="---\naccount: A3\nrep:\ndate: 29.9.2026\n---\n# Events\n\n",
        b_yaml="account: A1\nrep: R1\ndate: 2026-10-01\nheadline: fine\nheadline: no\nmood: good\n",
        c_yaml="account: A1\nrep: R99\ndate: 2026-10-01\nheadline: fine\n",
    ) == [
        "a.md, line 2: account 'A3' is not known; expected one that the book has.",
        "a.md, line 3: there is no sales person; expected 'rep: ' and the number of one in the book.",
        "a.md, line 4: '29.9.2026' is no date; expected the day of writing, such as 2026-09-30.",
        "a.md: the summary is empty; expected a text under at least one of The account in one line, What worries them, "
        "What happened, What is to be done next.",
        "b.yaml, line 5: the key 'headline' is there twice, first on line 4; expected it once.",
        "b.yaml, line 6: the key 'mood' is not known; expected one of account, rep, date, headline, concerns, events, "
        "next_step.",
        "c.yaml, line 2: sales person 'R99' is not known; did you mean 'R9a'?",
        "c.yaml, line 3: the day of writing is 2026-10-01; expected one up to 2026-09-30, the book's extract or --on "
        "DATE.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("a_md", "", "a.md: the page is empty; expected the account, the sales person, the date and a summary."),
        ("a_yaml", "# nothing\n", "a.yaml: the page is empty"),
        ("a_md", "\nHello\n", "a.md, line 2: found 'Hello'; expected '---', then account, rep and date, then '---'."),
        ("a_md", "---\naccount: A1\n", "a.md, line 1: found '---'; expected '---', then account"),
        ("a_md", HEAD + "Hello\n# Events\n", "a.md, line 6: 'Hello' stands before any heading; expected one of '# The"),
        (
            "a_md",
            HEAD + "# Weather\nsun\n",
            "a.md, line 6: the heading 'Weather' is not known; expected one of The acc",
        ),
        (
            "a_md",
            HEAD + "# Events\na\n# What happened\nb",
            "a.md, line 8: the heading 'What happened' is there twice, fi",
        ),
        ("a_md", "---\naccount A1\n---\n", "a.md, line 2: expected lines such as 'account: A0000001'."),
        ("a_md", "---\naccount: A1\nheadline: x\n---\n", "a.md, line 3: the key 'headline' is not known; expected one"),
        (
            "a_yaml",
            "account: A1\nevents: late: twice\n",
            "a.yaml, line 2: this is no YAML (mapping values are not allowed",
        ),
        ("a_yaml", "a: 1\n---\nb: 2\n", "a.yaml, line 2: this is no YAML (but found another document)"),
        ("a_yaml", "account: {x: 1}\n", "a.yaml, line 1: more than a text; expected a text, or a list of texts."),
        ("a_yaml", "events: [[a]]\n", "a.yaml, line 1: more than a text"),
        ("a_yaml", "events: !!python/object/apply:os.system [x]\n", "a.yaml, line 1: more than a text"),
        (
            "a_yaml",
            "events: !!python/name:os.system x\n",
            "a.yaml, line 1: a value tagged tag:yaml.org,2002:python/nam",
        ),
        ("a_yaml", "events: " + "[" * 2_000, "a.yaml, line 1: this is no YAML; expected lines such as 'account: "),
        ("a_md", "x" * 70_000, "a.md: the file has 70,000 bytes; expected one page of at most 65,536."),
        ("a_md", b"---\naccount: A1\nrep: R1 \xe4\n", "a.md, line 3: the text is not UTF-8; save the file as UTF-8."),
        ("a_md", b"\0\0", "a.md: the file is no text; expected a page as the template has it."),
    ],
)
def test_a_page_that_is_none_is_told_with_its_line(tmp_path, file, text, words):
    found = mistakes(tmp_path, **{file: text})
    assert found[0].startswith(words)


def test_days_are_written_one_way_only(tmp_path):
    for text in ("20260930", "2026-W40-3", "2026-09-31", "２０２６-09-30", "yesterday", "2026-09-30 10:00"):
        found = mistakes(tmp_path, a_yaml=f"account: A1\nrep: R1\ndate: {text}\nheadline: x\n")
        assert found == [f"a.yaml, line 3: '{text}' is no date; expected the day of writing, such as 2026-09-30."]
    found = mistakes(tmp_path, a_yaml="account: A1\nrep: R1\ndate: 1026-09-30\nheadline: x\n")
    assert found == ["a.yaml, line 3: the day of writing is 1026-09-30; expected one from 1950-01-01 on."]


def test_two_pages_of_one_account_person_and_day_are_both_named(tmp_path):
    one = "account: A1\nrep: R1\ndate: 2026-09-29\nheadline: fine\n"
    assert mistakes(tmp_path, a_yaml=one, b_yaml=one) == [
        "b.yaml: is of account A1, sales person R1, 2026-09-29, as a.yaml is; keep one."
    ]


def test_a_book_that_names_nobody_takes_anybody(tmp_path):
    text = "account: A1\nrep: whoever\ndate: 2026-09-29\nheadline: fine\n"
    assert (
        read(written(tmp_path, a_yaml=text), lambda _: Known(WHO.accounts, None), DAY).summaries[0].rep_id == "whoever"
    )


def test_other_files_are_left_alone_and_named(tmp_path):
    found = read(written(tmp_path, a_docx="x", _b_md="x"), lambda _: WHO, DAY)
    assert (found.summaries, found.others) == ((), ("a.docx",))


@FEW
@given(st.binary(max_size=300), st.sampled_from([".md", ".yaml"]))
def test_whatever_a_file_holds_it_is_a_page_or_a_sentence(tmp_path_factory, content, ending):
    path = tmp_path_factory.mktemp("p") / f"a{ending}"
    for text in (content, b"---\naccount: A1\n---\n# Events\n" + content, b"events: " + content):
        path.write_bytes(text)
        said = "a."
        try:
            page(path)
        except UserError as mistake:
            said = str(mistake)
        assert said.startswith("a.")


def test_of_a_large_book_only_those_asked_for_are_read(tmp_path, monkeypatch):
    accounts = [{"account_id": f"A{number}", "name": f"Name {number}"} for number in range(9)]
    book = small_book([line("A1", "2026-01-01", 5)], accounts, reps=[{"rep_id": "R1", "name": "Ann"}])
    text = "account: NAME 3\nrep: ann\ndate: 2026-09-29\nheadline: fine\n"
    place = written(tmp_path, a_yaml=text, b_yaml=text.replace("NAME 3", "A5"))
    known: list[Known] = []

    def ask(told):
        known.append(pages.known_to(book, told))
        return known[-1]

    for most, many in ((20_000, 9), (5, 2)):
        monkeypatch.setattr(pages, "_SEARCHED", most)
        found = pages.read(place, ask, DAY)
        assert [(one.account_id, one.rep_id) for one in found.summaries] == [("A3", "R1"), ("A5", "R1")]
        assert len(known[-1].accounts) == many
