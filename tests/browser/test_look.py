"""Pages in a real browser with the network off: nothing is asked for, fails, hangs over or lacks words."""

from __future__ import annotations

from pathlib import Path

import pytest
from looked import faults, lacking

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "there")]

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HEAD = '<!DOCTYPE html><html lang="en"><head><title>A page</title></head>'
WHOLE = HEAD + "<body><main><h1>A page</h1>{}</main></body></html>"
FAULTS = {
    "<img src='https://example.invalid/x.png' alt='x'>": "asks for https://example.invalid/x.png",
    "<script>console.error('broken')</script>": "says on the console: broken",
    "<script>throw new Error('broken')</script>": "fails: broken",
    "<div style='width:3000px'>wide</div>": "pixels wider than the window",
    f"<img src='{PIXEL}'>": "1 figures without words",
    "<p style='color:#ccc'>pale</p>": "serious: color-contrast",
}


@pytest.mark.parametrize("body", FAULTS)
def test_a_planted_fault_is_found(tmp_path: Path, body: str):
    page = tmp_path / "page.html"
    page.write_text(WHOLE.format(body), encoding="utf-8")
    found = faults([page])
    assert {one["width"] for one in found} == {1280, 390}
    assert all(
        FAULTS[body] in " ".join(str(one["words"]) for one in found if one["width"] == width) for width in (1280, 390)
    )


def test_a_calm_page_is_left_alone(tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text(WHOLE.format("<p>All is well.</p>"), encoding="utf-8")
    assert faults([page]) == []
