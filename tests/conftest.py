"""Fixtures of all tests; also what makes `small_books` importable from every folder below."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pages import Page, page_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, then the notebooks: workers that share the modules end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.suffix == ".py"))


def pytest_collection_finish() -> None:
    """What is imported stays, and is not looked through for garbage again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Books opened by tests are kept with the tests' own files, one place for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_ANALYSIS_CACHE", str(shared / "cache"))
        yield


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Run a notebook's cells here on a book's folder, with parameters; tables go to tables/NAME in tmp_path."""

    def run(name: str, book: Path, **parameters: object) -> Page:
        return page_of(name, tmp_path / "tables", monkeypatch, book=str(book), **parameters)

    return run
