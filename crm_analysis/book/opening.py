"""From a company's files to the accepted book, kept in a cache.

What is accepted is kept as typed Parquet in the user's cache folder, under a name made of the
hashes of the inputs and of this package's own intake code. Notebooks open only that.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from pathlib import Path

import platformdirs

from crm_analysis.book.book import Book, book_in
from crm_analysis.book.check import from_json
from crm_analysis.book.intake import QUARANTINE, Intake
from crm_analysis.book.mapping import Mapping, mapping
from crm_analysis.book.sources import digest, files, listing
from crm_analysis.errors import BookError

__all__ = ["QUARANTINE", "cache", "open_book"]

RESULT, SEAL = "check.json", "kept.json"
_ROOM = ".opening-"
_DAY = 24 * 3600


def open_book(source: str | Path, toml: str | Path | None = None) -> Book:
    """The customer book in a folder of CSV or Parquet files.

    `source` is the folder; its `book.toml`, or the file `toml`, maps the company's own files and
    columns to the contract, and files that bear a contract table's name need no mapping. The book is
    checked on the way; `book.check` tells what was found. Opening the same files again is instant.

    Raises BookError if the folder, a required table or a required column is missing, a file cannot
    be read, or no row of a required table is accepted.

    >>> book = open_book("data/demo")
    >>> book.check.exit_code
    0
    """
    folder = Path(source)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise BookError(f"{folder}: {what}; expected a folder with accounts.csv and orders.csv, or a book.toml.")
    try:
        return _opened(folder, mapping(folder, Path(toml) if toml is not None else None))
    except OSError as problem:
        raise BookError(f"{problem.filename or folder}: {problem.strerror or problem}.") from None


def cache() -> Path:
    """Where accepted books are kept: `CRM_ANALYSIS_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("CRM_ANALYSIS_CACHE") or platformdirs.user_cache_dir("crm_analysis"))


def _opened(folder: Path, plan: Mapping) -> Book:
    for name in ("orders", "accounts"):
        if name not in plan.tables:
            raise BookError(
                f"{folder}: no {name}; found {listing(folder)}. Expected {name}.csv or {name}.parquet, or a "
                f"[{name}] section in book.toml."
            )
    paths = _paths(folder, plan)
    stamps = [path.stat().st_mtime_ns for path in paths.values()]
    inputs = {name: digest(path) for name, path in paths.items()}
    home = cache() / _key(inputs, plan)
    if not _whole(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=_ROOM, dir=home.parent))
        try:
            _clear_left_over(room)
            built = room / "book"
            result = Intake(folder, plan, inputs, room).run()
            if stamps != [path.stat().st_mtime_ns for path in paths.values()]:
                raise BookError(f"{folder}: a file changed while it was read; open the book again.")
            (built / RESULT).write_text(result.to_json(), encoding="utf-8")
            sizes = {path.name: path.stat().st_size for path in sorted(built.iterdir())}
            (built / SEAL).write_text(json.dumps(sizes), encoding="utf-8")
            _publish(built, home, room)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    return book_in(home, from_json((home / RESULT).read_text(encoding="utf-8")), QUARANTINE)


def _whole(home: Path) -> bool:
    """True if every file of the kept book is there in full: the list of them is written last."""
    try:
        sizes = json.loads((home / SEAL).read_text(encoding="utf-8"))
        return all((home / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _publish(built: Path, home: Path, room: Path) -> None:
    """Move the built book to its home; one that is broken there goes, one that is whole stays.

    Another process may have kept the same book meanwhile.
    """
    for _ in range(2):
        try:
            built.rename(home)
        except OSError:
            if _whole(home):
                return
            home.rename(room / "broken")
        else:
            return


def _clear_left_over(room: Path) -> None:
    """Remove the scratch rooms of openings that were killed more than a day ago."""
    for other in room.parent.glob(f"{_ROOM}*"):
        try:
            old = room.stat().st_mtime - other.stat().st_mtime > _DAY
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(other, ignore_errors=True)


def _paths(folder: Path, plan: Mapping) -> dict[str, Path]:
    """book.toml and every file it names, by name within the folder."""
    paths: set[Path] = set()
    for table in plan.tables.values():
        for pattern in (*table.files, *(look.file for look in table.lookups)):
            paths.update(files(folder, pattern))
    toml = {plan.path.name: plan.path} if plan.path else {}
    return toml | {path.relative_to(folder).as_posix(): path for path in sorted(paths)}


def _key(inputs: dict[str, str], plan: Mapping) -> str:
    """Names the kept book: another input, another version of this code or of its engine, another name."""
    own = [digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))]
    engines = [importlib.metadata.version(name) for name in ("duckdb", "ibis-framework", "pyarrow")]
    parts = [plan.name, *own, *engines, *(f"{name} {value}" for name, value in sorted(inputs.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
