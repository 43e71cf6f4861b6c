"""One page that a sales person wrote: Markdown with a front matter, or YAML; read as text, nothing in it is run."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.book.written import FIELDS
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import LANGUAGES, speaking

if TYPE_CHECKING:
    import yaml

WHO = ("account", "rep", "date")
"""What a page says of itself, before what it tells."""
ENDINGS = (".md", ".yaml", ".yml")
LARGEST = 64 * 1024
"""Bytes of a page; a longer file is something else."""
_KEYS = {"account_id": "account", "rep_id": "rep", "written_on": "date"}
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s+(.*?)[\s#]*\Z")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)])\s+(.*)\Z")
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp")}


Told = dict[str, tuple[str, int]]
"""What is told by the names of WHO and FIELDS, each with its line."""


class Wrong(UserError):
    """What is wrong with a page, with the line where that is told of one."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(frozen=True)
class Page:
    """A page's texts by the names of WHO and FIELDS, and the line each stands on."""

    file: str
    texts: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def where(self, name: str = "") -> str:
        """Where the page says that, for an error."""
        return f"{self.file}, line {self.lines[name]}" if name in self.lines else self.file


def page(path: Path) -> Page:
    """What a page says; raises UserError, a sentence a line, if it cannot be read."""
    wrong: list[Wrong] = []
    read: Told = {}
    try:
        text = _text(path)
        read = _markdown(text, wrong) if path.suffix.lower() == ".md" else _mapping(text, 1, wrong)
    except Wrong as last:
        wrong.append(last)
    if wrong:
        places = (f"{path.name}{f', line {one.line}' if one.line else ''}" for one in wrong)
        raise UserError("\n".join(f"{place}: {one}" for place, one in zip(places, wrong, strict=True)))
    return Page(path.name, {name: text for name, (text, _) in read.items()}, {k: line for k, (_, line) in read.items()})


def known(word: str) -> str | None:
    """The name that a key or heading stands for, in whichever language it is written; None if in none."""
    return _words().get(_folded(word))


def heading(name: str) -> str:
    """How the language spoken calls what a page says."""
    return label(f"summary_{name}")


@cache
def _words() -> dict[str, str]:
    names = {_folded(name): name for name in (*WHO, *FIELDS)} | {_folded(word): name for word, name in _KEYS.items()}
    for language in LANGUAGES:
        with speaking(language):
            names |= {_folded(heading(name)): name for name in (*WHO, *FIELDS)}
    return names


def _folded(word: str) -> str:
    """Words as they are compared: full-width letters are letters, capitals, blanks and what ends them do not matter."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    return re.sub(r"[\s_\-]+", " ", plain).strip(" :.*?!")


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise Wrong(0, f"{problem.strerror or problem}.") from None
    if len(content) > LARGEST:
        raise Wrong(0, f"the file has {len(content):,} bytes; expected one page of at most {LARGEST:,}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise Wrong(line, "the text is not UTF-8; save the file as UTF-8.") from None
    if "\0" in text:
        raise Wrong(0, "the file is no text; expected a page as the template has it.")
    return text


def _markdown(text: str, wrong: list[Wrong]) -> Told:
    """The front matter, and the text below each heading; what can be gone past is added to `wrong`."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines):
        raise Wrong(0, "the page is empty; expected the account, the sales person, the date and a summary.")
    end = next((at for at in range(start + 1, len(lines)) if lines[at].strip() == "---"), None)
    if lines[start].strip() != "---" or end is None:
        raise Wrong(
            start + 1, f"found '{_short(lines[start])}'; expected '---', then account, rep and date, then '---'."
        )
    read = _mapping("\n".join(lines[start + 1 : end]), start + 2, wrong, WHO)
    hidden = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), "\n".join(lines[end + 1 :]))
    parts: list[tuple[str, int, list[str]]] = []
    for number, line in enumerate(hidden.split("\n"), end + 2):
        match = _HEADING.match(line)
        if match is not None:
            parts.append((match[1], number, []))
        elif parts:
            parts[-1][2].append(line)
        elif line.strip():
            expected = ", ".join(f"'# {heading(name)}'" for name in FIELDS)
            raise Wrong(number, f"'{_short(line)}' stands before any heading; expected one of {expected}.")
    for word, number, under in parts:
        if name := _named(word, number, FIELDS, read, wrong, "heading"):
            read[name] = (_flowed(under), number)
    return read


def _mapping(text: str, first: int, wrong: list[Wrong], names: tuple[str, ...] = (*WHO, *FIELDS)) -> Told:
    """The keys of a YAML text whose first line has that number; values are texts or lists of texts, as they stand."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = first + mark.line if mark else first
        raise Wrong(
            line, f"this is no YAML ({problem.problem}); put a text with ': ' or '#' in it between quotes."
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Wrong(first, "this is no YAML; expected lines such as 'account: A0000001'.") from None
    if node is None:
        raise Wrong(0, "the page is empty; expected the account, the sales person, the date and a summary.")
    if not isinstance(node, yaml.MappingNode):
        raise Wrong(first + node.start_mark.line, "expected lines such as 'account: A0000001'.")
    read: Told = {}
    for key, value in node.value:
        try:
            name = _named(_scalar(key, first), first + key.start_mark.line, names, read, wrong, "key")
            listed = isinstance(value, yaml.SequenceNode) and value.tag == "tag:yaml.org,2002:seq"
            parts = [f"- {_scalar(part, first)}" for part in value.value] if listed else [_scalar(value, first)]
        except Wrong as one:
            wrong.append(one)
        else:
            if name:
                text = _flowed(parts) if name in FIELDS else " ".join(" ".join(parts).split())
                read[name] = (text, first + key.start_mark.line)
    return read


def _scalar(node: yaml.Node, first: int) -> str:
    """The text of a value as it is written: 00123 stays so, and what is tagged is refused."""
    import yaml

    if not isinstance(node, yaml.ScalarNode) or node.tag not in _PLAIN:
        found = f"a value tagged {node.tag}" if isinstance(node, yaml.ScalarNode) else "more than a text"
        raise Wrong(first + node.start_mark.line, f"{found}; expected a text, or a list of texts.")
    return "" if node.tag.endswith(":null") else str(node.value)


def _named(word: str, line: int, names: tuple[str, ...], read: Told, wrong: list[Wrong], what: str) -> str | None:
    """The name that a key or heading stands for; None, and the problem in `wrong`, for one that is no new one."""
    name = known(word)
    if name not in names:
        words = [heading(one) for one in names] if what == "heading" else list(names)
        wrong.append(Wrong(line, f"the {what} '{_short(word)}' is not known; expected one of {', '.join(words)}."))
        return None
    if name in read:
        first = read[name][1]
        wrong.append(
            Wrong(line, f"the {what} '{_short(word)}' is there twice, first on line {first}; expected it once.")
        )
        return None
    return name


def _flowed(lines: list[str]) -> str:
    """The lines as one: items of a list with semicolons between them, unless they end as sentences do."""
    items = [""]
    for line in "\n".join(lines).split("\n"):
        match = _ITEM.match(line)
        if match:
            items.append(match[1])
        else:
            items[-1] += f" {line}"
    told = [" ".join(re.sub(r"\*\*(.+?)\*\*", r"\1", item).split()) for item in items]
    flowed = ""
    for item in (item for item in told if item):
        flowed += f"{'' if not flowed else ' ' if flowed[-1] in '.;:!?。；：！？' else '; '}{item}"
    return flowed


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
