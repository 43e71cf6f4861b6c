"""Cells of a workbook that calamine gives as empty ones: errors such as #N/A, and formulas never calculated.

Only .xlsx and .xlsm are looked through; in the other formats these cells count as empty.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ENDINGS = (".xlsx", ".xlsm")
_CHUNK = 1 << 20
_LONGEST = 1 << 16
"""More bytes than the element of one cell has: a formula takes at most 8,192 characters."""
_ERROR = re.compile(rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)(?<!/)>(.*?)</(?:\w+:)?c>""", re.DOTALL)
_EMPTY = re.compile(
    rb"""<(?:\w+:)?c\s((?:(?!\bt=)[^>])*)(?<!/)>\s*<((?:\w+:)?f)\b[^>]*(?:/>|>[^<]*</\2>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<((?:\w+:)?v)></\3>)?\s*</(?:\w+:)?c>"""
)
_NEVER = "#NOT CALCULATED!"
_PLACE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


def error_cells(path: Path, sheet: str) -> dict[int, list[tuple[int, str]]]:
    """The errors of a sheet: by row, columns and texts such as "#N/A"; rows and columns are counted from 0.

    A formula whose value was not stored, as programs write that do not calculate, is "#NOT CALCULATED!".
    """
    found: dict[int, list[tuple[int, str]]] = {}
    if path.suffix.lower() not in ENDINGS:
        return found
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part(archive, sheet)
            if part is None:
                return found
            with archive.open(part) as file:
                for attributes, text in _cells(file):
                    if place := _PLACE.search(attributes):
                        found.setdefault(int(place[2]) - 1, []).append((_column(place[1].decode()), text))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, NotImplementedError):
        return found  # calamine has read it: whatever else it is, it is not this program's to refuse
    return found


def _cells(file: IO[bytes]) -> Iterator[tuple[bytes, str]]:
    """Attributes and error of the cells with one; the sheet's text is never held whole."""
    text = b""
    while chunk := file.read(_CHUNK):
        text += chunk
        end = 0
        if b't="e"' in text or b"t='e'" in text:
            for match in _ERROR.finditer(text):
                value = _VALUE.search(match[2])
                yield match[1], value[1].decode("utf-8", "replace") if value else "#ERROR!"
                end = match.end()
        if b"f>" in text or b"f/>" in text:
            for match in _EMPTY.finditer(text):
                yield match[1], _NEVER
                end = max(end, match.end())
        text = text[max(end, len(text) - _LONGEST) :]


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the sheet's file inside the workbook."""
    root = posixpath.join("xl", "workbook.xml")
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in ElementTree.fromstring(archive.read(root)).iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet:
            wanted = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
            target = targets.get(wanted)
            return posixpath.normpath(posixpath.join("xl", target)).lstrip("/") if target else None
    return None


def _column(letters: str) -> int:
    """The place of a column, from 0: A, B, ..., Z, AA."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
