"""The line that says what is being done: for who waits and nobody else, and gone afterwards."""

from __future__ import annotations

import ast
import io
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from crm_analysis import progress
from crm_analysis.labels import LABELS
from crm_analysis.labels.language import speaking
from crm_analysis.progress import busy, tracked, watched

PACKAGE = Path(progress.__file__).parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal that is told after a tenth of a second."""
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.setattr(progress, "DELAY", 0.1)
    monkeypatch.setattr(progress, "_TICK", 0.05)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=Terminal()))  # pytest puts back its own sys.stderr
    return progress.sys.stderr


def test_what_takes_long_is_said_counted_and_cleared(terminal):
    with busy("progress_demo"):
        time.sleep(0.25)  # a step that says nothing of itself: the line comes all the same
        assert "Making the company [00:00]" in terminal.getvalue()
        with busy("progress_read"):
            for _ in tracked(range(2)):
                time.sleep(0.15)
    said = terminal.getvalue()
    assert "Making the company · Reading the book:  50%" in said
    assert " 1/2 " in said
    assert "\n" not in said
    assert said.endswith("\r")
    assert not said.split("\r")[-2].strip()


def test_what_is_quick_is_not_said(terminal):
    with busy("progress_read"):
        assert list(tracked("ab")) == ["a", "b"]
    assert terminal.getvalue() == ""


def test_an_error_takes_the_line_along(terminal):
    @busy("progress_read")
    def failing() -> None:
        for _ in tracked(range(2)):
            time.sleep(0.15)
            raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            failing()
        assert progress._line.get() is None
    assert not [thread for thread in progress.threading.enumerate() if getattr(thread, "_target", None) is not None
                and thread._target.__name__ == "_tick"]  # fmt: skip
    assert not terminal.getvalue().split("\r")[-2].strip()


def test_a_step_that_fails_within_another_is_forgotten(terminal):
    with busy("progress_demo"):
        with suppress(ValueError), busy("progress_read"):
            kept = tracked(range(2))
            next(kept)
            raise ValueError
        assert [words for words, _, _ in progress._line.get().steps] == ["Making the company"]
        assert next(kept) == 1
        assert [words for words, _, _ in progress._line.get().steps] == ["Making the company"]


def test_it_speaks_the_reader_s_language(terminal):
    with speaking("en"), busy("progress_read"):
        time.sleep(0.2)
    assert "Reading the book" in terminal.getvalue()


def test_only_who_waits_is_told(monkeypatch):
    for name in (progress.VARIABLE, "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    for there in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", there)
        assert not watched()
    monkeypatch.setenv("JPY_SESSION_NAME", "value.ipynb")  # JupyterLab
    assert watched()
    monkeypatch.setenv(progress.VARIABLE, "0")  # a report, started there
    assert not watched()
    monkeypatch.setenv(progress.VARIABLE, "1")
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert watched()
    monkeypatch.setenv(progress.VARIABLE, "")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert watched()


def test_every_step_has_its_words():
    used = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "busy":
                used |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    assert used <= set(LABELS)
    assert {key for key in LABELS if key.startswith("progress_")} == used
