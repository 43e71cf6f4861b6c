from __future__ import annotations

import pytest
from report_samples import notebook

from crm_analysis.errors import ReportError
from crm_analysis.report.parameters import Declared, chosen, converted, declared, effective


def made(type_: str, default: str = "0") -> Declared:
    return Declared("window", type_, default)


def test_declared_parameters_are_read_with_type_default_and_help():
    more = "\nwindow: int = 12  # months\nbars: list[float] = [1000, 5000]\ncode = '007'\nrate = 0.5\nover: str = '12M'"
    found = declared(notebook(parameters=_base() + more), "demo")
    assert found["window"] == Declared("window", "int", "12", "months")
    assert [found[name].type for name in ("bars", "code", "rate", "over")] == ["list[float]", "str", "float", "window"]
    assert effective(found, {"window": 24}) == {
        "window": 24,
        "bars": [1000, 5000],
        "code": "007",
        "rate": 0.5,
        "over": "12M",
    }


def test_a_notebook_without_book_quarter_tables_is_refused():
    with pytest.raises(ReportError, match="notebook demo declares no parameter quarter, tables"):
        declared(notebook(parameters='book: str = ""'), "demo")


def test_a_parameter_of_no_known_type_is_refused():
    with pytest.raises(ReportError, match="'day' needs a type and a literal default"):
        declared(notebook(parameters=_base() + "\nday = date(2026, 1, 1)"), "demo")


def test_values_go_to_the_notebooks_that_declare_them():
    known = {"a": {"window": made("int")}, "b": {"window": made("str"), "bar": Declared("bar", "float", "1")}}
    assert chosen(known, {"window": "00123"}) == {"a": {"window": 123}, "b": {"window": "00123"}}


def test_an_unknown_parameter_names_itself_the_known_ones_and_a_near_one():
    known = {"a": {"window": made("int"), "book": made("str"), "bars": Declared("bars", "str", "")}}
    with pytest.raises(ReportError, match=r"'windw'; did you mean 'window'\? \(known: bars, window\)"):
        chosen(known, {"windw": "3"})


@pytest.mark.parametrize("name", ["book", "quarter", "tables"])
def test_what_the_report_sets_cannot_be_given(name):
    with pytest.raises(ReportError, match=f"'{name}' is set by the report"):
        chosen({"a": {name: made("str")}}, {name: "x"})


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("00123", "str", "00123"),
        ("00123", "int", 123),
        (" -4 ", "int", -4),
        ("1e3", "float", 1000.0),
        (5, "float", 5.0),
        ("Yes", "bool", True),
        (False, "bool", False),
        ("1000, 5000", "list[float]", [1000.0, 5000.0]),
        ("", "list[str]", []),
        ((1, 2), "list[int]", [1, 2]),
        ("24M", "window", "24M"),
        ("52W", "window", "52W"),
    ],
)
def test_values_take_the_declared_type(value, type_, expected):
    found = converted(value, made(type_), "demo")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "type_", "words"),
    [
        ("1_000", "int", "a whole number"),
        ("1.5", "int", "a whole number"),
        (True, "int", "a whole number"),
        ("١٢", "int", "a whole number"),
        ("7f", "float", "a number"),
        ("nan", "float", "a number"),
        (float("inf"), "float", "a number"),
        ("1", "bool", "true or false"),
        (7, "str", "text"),
        ("24", "window", "a window such as 12M, 4Q, 1Y, 52W or 90D"),
        ("", "window", "a window"),
        ("0M", "window", "a window"),
        ("9999Y", "window", "a window"),
        (12, "window", "a window"),
        ("1,x", "list[int]", "a list, commas between, each item a whole number"),
        (3, "list[int]", "a list"),
    ],
)
def test_a_wrong_type_is_one_sentence(value, type_, words):
    with pytest.raises(ReportError) as caught:
        converted(value, made(type_), "demo")
    assert str(caught.value).startswith(f"parameter 'window' of notebook demo must be {words}")
    assert repr(value) in str(caught.value)


def _base() -> str:
    from report_samples import PARAMETERS

    return PARAMETERS
