"""Fixtures of the report's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def book(tmp_path: Path) -> Path:
    place = tmp_path / "Nordic {Boards} & Söhne"
    place.mkdir()
    return place
