"""Every message a reader sees, into the catalogues of other languages: `python tools/catalogue.py [MORE.po ...]`.

Messages come from crm_analysis.labels, from the contract and the rules of the check, and from the notebooks: markdown
cells, captions, comments of parameters. Each
`locale/<language>/LC_MESSAGES/crm_analysis.po` keeps the translations it has, takes those of the files named, drops
messages that are gone, and is compiled beside it. What has no translation is printed, and ends this with exit code 1.
"""

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from crm_analysis import labels
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.rules import RULES
from crm_analysis.labels import Column
from crm_analysis.labels.language import DOMAIN, HEADING, LANGUAGES, LOCALE, PAGE, PARAMETER, UNIT, UNLOCKS, WHY
from crm_analysis.report.render import blocks

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CAPTIONS = {"show": 1, "keep": 1, "figure": 2}  # where these functions take their caption


def messages() -> dict[tuple[str, str], str]:
    """Where each message stands, by its context and its words."""
    found: dict[tuple[str, str], str] = {}
    for room in pkgutil.walk_packages(labels.__path__, "crm_analysis.labels."):
        module = importlib.import_module(room.name)
        if not room.ispkg and hasattr(module, "LABELS"):
            place = room.name.removeprefix("crm_analysis.")
            found |= dict.fromkeys(module.LABELS.items(), place)
            for shown in (Column(*one) for one in getattr(module, "COLUMNS", {}).values()):
                found.setdefault((HEADING, shown.heading), place)
                if shown.unit:
                    found.setdefault((UNIT, shown.unit), place)
    found |= {(UNLOCKS, table.unlocks): "book.contract" for table in CONTRACT.values()}
    found |= {(WHY, rule.why): "book.rules" for rule in RULES.values()}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for context, words in of_notebook(path):
            found.setdefault((context, words), path.stem)
    return found


def of_notebook(path: Path) -> Iterator[tuple[str, str]]:
    """The messages of a notebook, each with its context."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            yield from ((PAGE, words) for _, words in blocks(cell.source))
        elif "parameters" in cell.metadata.get("tags", []):
            yield from ((PARAMETER, line.split("  # ", 1)[1]) for line in cell.source.splitlines() if "  # " in line)
        else:
            yield from ((PAGE, words) for words in captions(cell.source))


def captions(source: str) -> Iterator[str]:
    """The captions in a cell's calls; TypeError for one that is not written out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CAPTIONS:
            given = dict(enumerate(node.args)) | {word.arg: word.value for word in node.keywords}
            words = given.get(CAPTIONS[node.func.id], given.get("caption"))
            if words is not None:
                if not (isinstance(words, ast.Constant) and isinstance(words.value, str)):
                    raise TypeError(f"a caption must be written out; found {ast.unparse(words)}")
                yield words.value


def kept(path: Path) -> dict[tuple[str, str], str]:
    """The translations of a file."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        read = read_po(file)
    return {(m.context or "", str(m.id)): str(m.string) for m in read if m.id and m.string and not m.fuzzy}


def catalogue(locale: str, known: dict[tuple[str, str], str]) -> Catalog:
    """The catalogue with what is known; the same messages give the same bytes."""
    made = Catalog(locale, DOMAIN, project=DOMAIN, fuzzy=False)
    places = messages()
    for context, words in sorted(places):
        made.add(words, known.get((context, words), ""), locations=[(places[context, words], 0)], context=context)
    return made


def po(made: Catalog, language: str) -> bytes:
    """The file that translators change, without dates."""
    file = BytesIO()
    write_po(file, made, width=120, omit_header=True, include_lineno=False)
    head = ["Language: " + language, "Content-Type: text/plain; charset=utf-8"]
    lines = "".join(f'"{line}\\n"\n' for line in head)
    return f'msgid ""\nmsgstr ""\n{lines}\n'.encode() + file.getvalue()


class Dateless(Catalog):
    """A catalogue whose head says neither when nor by which version it was made."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8")]


def mo(path: Path) -> bytes:
    """The compiled file of a catalogue file; the same messages give the same bytes."""
    made, file = Dateless(), BytesIO()
    with path.open("rb") as source:
        for m in read_po(source):
            if m.id:
                made.add(m.id, m.string, context=m.context)
    write_mo(file, made)
    return file.getvalue()


def main() -> int:
    lacking = 0
    for language in LANGUAGES.values():
        if language.folder:
            path = LOCALE / language.folder / "LC_MESSAGES" / f"{DOMAIN}.po"
            known = kept(path)
            for more in sys.argv[1:]:
                known |= kept(Path(more))
            path.write_bytes(po(catalogue(language.folder, known), language.folder))
            path.with_suffix(".mo").write_bytes(mo(path))
            for context, words in sorted(messages()):
                if not known.get((context, words)):
                    print(f"{language.code}: no words for {words!r} ({context})")
                    lacking += 1
    return min(lacking, 1)


if __name__ == "__main__":
    sys.exit(main())
