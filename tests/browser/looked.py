"""What a browser finds wrong with pages, `look.mjs` asked: `python tests/browser/looked.py PAGE.html ...`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from crm_analysis.report.pdf import browser

HERE = Path(__file__).parent


def lacking() -> str:
    """Why no browser can look here; empty if one can."""
    if not browser():
        return "no Chromium here (Debian: apt-get install chromium)"
    if not shutil.which("node"):
        return "no Node.js here"
    if not (HERE / "node_modules" / "axe-core").is_dir():
        return "axe-core and playwright-core are not installed: npm ci --prefix tests/browser"
    return ""


def faults(pages: Sequence[Path]) -> list[dict[str, object]]:
    """What is wrong, each with page, width and words."""
    command = ["node", str(HERE / "look.mjs"), browser(), *map(str, pages)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode in (0, 1), run.stderr
    found: list[dict[str, object]] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    if lacking():
        sys.exit(lacking())
    wrong = faults([Path(page) for page in sys.argv[1:]])
    for one in wrong:
        print(f"{one['page']} at {one['width']} pixels {one['words']}")
    print(f"{len(sys.argv) - 1} pages, {len(wrong)} faults")
    sys.exit(bool(wrong))
