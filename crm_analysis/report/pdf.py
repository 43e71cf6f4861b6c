"""A pack on paper: all its pages in one PDF, printed by the Chromium (or Chrome, or Edge) of this machine.

The pages are put behind each other in one document, so that links between them stay links, and each begins on a new
sheet. Links to files beside the pages are left out: a PDF is sent alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import ReportError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

NAME = "report.pdf"
VARIABLE = "CRM_ANALYSIS_BROWSER"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
ALONE = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
PATIENCE = 180  # seconds for a pack on a busy machine
NEW_SHEET = ".of-pack + .of-pack { break-before: page; } header { padding-top: 0; }"


def browser() -> str:
    """The program that prints: CRM_ANALYSIS_BROWSER, or one found on this machine; empty if there is none."""
    chosen = os.environ.get(VARIABLE, "")
    found = [shutil.which(name) for name in ([chosen] if chosen else BROWSERS)]
    places = [] if chosen else [place for place in ELSEWHERE if os.path.exists(place)]
    return next((path for path in [*found, *places] if path), "")


def printer() -> str:
    """The program that prints; ReportError if there is none."""
    found = browser()
    if not found:
        chosen = os.environ.get(VARIABLE)
        raise ReportError(
            f"a PDF needs a browser that prints, and {VARIABLE} names none ({chosen!r})"
            if chosen
            else f"a PDF needs Chromium, Chrome or Edge, and none was found; install one, or name it in {VARIABLE}"
        )
    return found


def write_pdf(pack: Path, parts: Sequence[str]) -> None:
    """Print the index and the pages of these parts into report.pdf; ReportError if the browser does not manage it."""
    pages = [pack / f"{name}.html" for name in ("index", *parts)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        whole = Path(scratch) / "pack.html"
        whole.write_text(together(pages), encoding="utf-8")
        made = Path(scratch) / NAME
        rights = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # root has no sandbox
        command = [
            printer(),
            *ALONE,
            *rights,
            f"--user-data-dir={scratch}/profile",
            f"--print-to-pdf={made}",
            whole.as_uri(),
        ]
        try:
            run = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise ReportError(f"{command[0]} did not print the report within {PATIENCE} seconds") from None
        except OSError as error:
            raise ReportError(f"{command[0]} cannot be started: {error.strerror}") from None
        if not made.exists():
            raise ReportError(f"{command[0]} printed nothing (exit code {run.returncode})")
        shutil.move(made, pack / NAME)


def together(pages: Sequence[Path]) -> str:
    """The pages as one HTML document: an anchor's name begins with its page's, links to other files are plain words."""
    from bs4 import BeautifulSoup

    names = {page.name for page in pages}
    read = [(page, BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")) for page in pages]
    whole = BeautifulSoup(str(read[0][1]), "html.parser")
    body, head = whole.body, whole.head
    if body is None or head is None:
        raise ReportError(f"{read[0][0].name} is no page")
    body.clear()
    style = whole.new_tag("style")
    style.string = NEW_SHEET
    head.append(style)
    for page, soup in read:
        section = whole.new_tag("div", attrs={"class": "of-pack", "id": page.stem})
        for part in _parts(soup):
            _renamed(part, page.stem, names)
            section.append(part)
        body.append(section)
    return str(whole)


def _parts(soup: BeautifulSoup) -> list[Tag]:
    """What is printed of a page: all but the way to other pages and its contents."""
    for gone in soup.select(".skip, .contents, .back, .files, footer, nav"):
        gone.decompose()
    for folded in soup.find_all("details"):
        folded["open"] = ""
    return [part for part in (soup.find("header"), soup.select_one(".frame")) if part is not None]


def _renamed(part: Tag, page: str, names: set[str]) -> None:
    for tag in part.select("[id]"):
        tag["id"] = f"{page}--{tag['id']}"
    for tag in part.select("[aria-labelledby]"):
        tag["aria-labelledby"] = f"{page}--{tag['aria-labelledby']}"
    for link in part.find_all("a"):
        file, _, anchor = str(link.get("href", "")).partition("#")
        if file and file not in names:
            link.unwrap()
        else:
            place = Path(file).stem if file else page
            link["href"] = f"#{place}--{anchor}" if anchor else f"#{place}"
