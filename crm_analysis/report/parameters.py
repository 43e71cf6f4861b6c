"""The parameters notebooks declare, and the values a user gives them.

papermill only warns about a misspelt parameter, and guesses types (00123 becomes 123). Here an
unknown name is an error, and every value is turned into the type its notebook declares.
"""

from __future__ import annotations

import ast
import copy
import datetime as dt
import difflib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import ReportError, UserError
from crm_analysis.periods import after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbformat import NotebookNode

OURS = ("book", "quarter", "tables")  # set by the report for every notebook
AFTER = ("quarter", "tables", "now", "before")  # for one that compares this report's tables with an earlier report's
SET = frozenset(OURS + AFTER)
WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "window": "a window such as 12M, 4Q, 1Y, 52W or 90D",
}
WHOLE = re.compile(r"[+-]?\d+\Z", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)


@dataclass(frozen=True)
class Declared:
    """A parameter as its notebook declares it; `type` is str, int, float, bool or list[one of them].

    A text whose default is a window, such as 12M, is of the type "window".
    """

    name: str
    type: str
    default: str
    help: str = ""


def declared(notebook: NotebookNode, part: str, ours: Sequence[str] = OURS) -> dict[str, Declared]:
    """The parameters of a notebook by name, read by papermill from the cell tagged `parameters`.

    Raises ReportError if one that the report sets (`ours`) is missing, or a type is none of ours.
    """
    from papermill import inspect_notebook

    notebook = copy.deepcopy(notebook)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3",
    }  # whatever it was written with
    found = {
        name: Declared(name, _type(entry, part), entry["default"], entry["help"])
        for name, entry in inspect_notebook(notebook).items()
    }
    missing = [name for name in ours if name not in found]
    if missing:
        raise ReportError(
            f"notebook {part} declares no parameter {', '.join(missing)}; a cell tagged 'parameters' "
            f"must declare {', '.join(ours)}, one a line"
        )
    return found


def chosen(parts: Mapping[str, Mapping[str, Declared]], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Per notebook, the given values of the parameters it declares, in its types.

    Raises ReportError for a name that no notebook declares, for one the report sets itself, and for
    a value that is not of the declared type.
    """
    known = sorted({name for part in parts.values() for name in part} - SET)
    for name in given:
        if name in SET:
            raise ReportError(f"parameter {name!r} is set by the report itself and cannot be given")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ReportError(
                f"no notebook of this report has a parameter {name!r}{hint} (known: {', '.join(known) or 'none'})"
            )
    return {
        part: {name: converted(value, own[name], part) for name, value in given.items() if name in own}
        for part, own in parts.items()
    }


def effective(declared: Mapping[str, Declared], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value each parameter has in a run, given or its default, without those the report sets.

    A default that is no literal is reported as it is written.
    """
    found = {}
    for name, parameter in declared.items():
        if name not in SET:
            try:
                default = ast.literal_eval(parameter.default)
            except (ValueError, SyntaxError):
                default = parameter.default
            found[name] = given.get(name, default)
    return found


def converted(value: Any, parameter: Declared, part: str) -> Any:
    """A value as the declared type: texts are parsed strictly, other values must fit already.

    >>> converted("00123", Declared("code", "str", "''"), "demo")
    '00123'
    >>> converted("1000, 5000", Declared("bars", "list[float]", "[]"), "demo")
    [1000.0, 5000.0]
    """
    item = parameter.type.removeprefix("list[").removesuffix("]")
    if item != parameter.type:
        values = [v.strip() for v in value.split(",") if v.strip()] if isinstance(value, str) else value
        results = [_one(v, item) for v in values] if isinstance(values, list | tuple) else [None]
        expected = f"a list, commas between, each item {WORDS[item]}"
    else:
        results, expected = [_one(value, item)], WORDS[item]
    if any(result is None for result in results):
        raise ReportError(f"parameter {parameter.name!r} of notebook {part} must be {expected}; found {value!r}")
    return results if item != parameter.type else results[0]


def _one(value: Any, kind: str) -> Any:
    """The value in the type, or None if it does not fit."""
    text = value.strip() if isinstance(value, str) else None
    if kind in ("str", "window"):
        return value if isinstance(value, str) and (kind == "str" or _is_window(value)) else None
    if kind == "bool":
        words = {"true": True, "yes": True, "false": False, "no": False}
        return value if isinstance(value, bool) else words.get((text or "").lower())
    if isinstance(value, bool):
        return None
    if kind == "int":
        return int(text) if text is not None and WHOLE.match(text) else value if type(value) is int else None
    if text is not None:
        value = float(text) if NUMBER.match(text) else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _is_window(text: str) -> bool:
    try:
        after(dt.date(2000, 1, 1), text)
    except UserError:
        return False
    return True


def _type(entry: Mapping[str, Any], part: str) -> str:
    annotation = "".join(entry["inferred_type_name"].split())
    try:
        default = ast.literal_eval(entry["default"])
    except (ValueError, SyntaxError):
        default = None
    if annotation == "None":
        annotation = type(default).__name__
        if isinstance(default, list | tuple):
            items = {type(item).__name__ for item in default}
            annotation = f"list[{'float' if items == {'int', 'float'} else ''.join(sorted(items))}]"
    item = annotation.removeprefix("list[").removesuffix("]")
    if item not in WORDS:
        raise ReportError(
            f"notebook {part}: parameter {entry['name']!r} needs a type and a literal default, such as "
            f"window: int = 12; found {annotation} = {entry['default']}"
        )
    return "window" if annotation == "str" and isinstance(default, str) and _is_window(default) else annotation
