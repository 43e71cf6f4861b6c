"""From a company's files or database to the accepted book, kept in a cache.

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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import platformdirs

from crm_analysis.book import engine
from crm_analysis.book.book import Book, book_in
from crm_analysis.book.check import CheckResult, from_json
from crm_analysis.book.copies import copied
from crm_analysis.book.database import ENDINGS as DATABASES
from crm_analysis.book.database import is_url, opened
from crm_analysis.book.in_place import book_in_place
from crm_analysis.book.intake import QUARANTINE, Intake
from crm_analysis.book.layout import Mapping
from crm_analysis.book.mapping import database, mapping, must_hold, toml_of
from crm_analysis.book.sources import digest, files, inside, listing
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

__all__ = ["QUARANTINE", "cache", "kept", "open_book"]

Place: TypeAlias = str | Path
"""Where a database is: a URL, or a file."""

RESULT, SEAL = "check.json", "kept.json"
_INTAKE = (Path(__file__).parent, Path(__file__).parent / "contract")
"""The code that decides what is accepted."""
_ROOM = ".opening-"
_DAY = 24 * 3600


def open_book(source: str | Path | BaseBackend, toml: str | Path | None = None, redact: bool = False) -> Book:
    """The customer book in a folder of files, or in a database.

    `source` is a folder with CSV, Parquet or Excel files; a DuckDB file; a database URL such as
    postgresql://user@host:5432/name?schema=erp; or an open Ibis connection, whose tables are used in place
    (`in_place.book_in_place`). The folder's `book.toml`, or the file `toml`, maps the company's own tables and
    columns to the contract; files and tables that bear a contract table's name need no mapping. The
    book is checked on the way; `book.check` tells what was found. Opening the same files again is
    instant; a database is read anew each time. With `redact` codes stand for the names of accounts and people.

    Raises BookError if the source, a required table or a required column is missing, something cannot
    be read, or no row of a required table is accepted.

    >>> book = open_book("data/demo")
    >>> book.check.exit_code
    0
    """
    if not isinstance(source, str | Path):
        if redact:
            raise BookError("a book used in place cannot be redacted; open a copy of it: give the database's URL.")
        return book_in_place(source, toml)
    home = kept(source, toml, redact)
    return book_in(home, _result(home), QUARANTINE)


def kept(source: str | Path, toml: str | Path | None = None, redact: bool = False) -> Path:
    """The folder in the cache that holds the accepted book; given to `open_book`, it is opened as it stands.

    Arguments and errors are those of `open_book`, but for connections.
    """
    home = _home(source, toml)
    return _redacted(home) if redact else home


def _result(home: Path) -> CheckResult:
    """What the check of a kept book found."""
    try:
        return from_json((home / RESULT).read_text(encoding="utf-8"))
    except (KeyError, TypeError, ValueError):
        raise BookError(f"{home}: was kept by another version of this program; open its source again.") from None


def _redacted(plain: Path) -> Path:
    """The home of the redacted copy of a kept book: another one for each key."""
    from crm_analysis.book.codes import mark, secret
    from crm_analysis.book.redact import redacted

    result = _result(plain)
    if result.redaction:
        return plain
    key = secret()
    own = [digest(path) for path in sorted(_INTAKE[0].glob("*.py"))]
    parts = [plain.name, digest(plain / RESULT), digest(plain / SEAL), mark(key), *own]
    home = cache() / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    if not _whole(home):
        with _room() as room:
            (room / "book").mkdir()
            _keep(redacted(plain, result, key, room / "book"), room, home)
    return home


def _home(source: str | Path, toml: str | Path | None) -> Path:
    """The home of the book as it is."""
    path = Path(toml) if toml is not None else None
    try:
        if is_url(str(source)):
            return _kept(None, path, str(source))
        place = Path(source)
        if place.is_file() and place.suffix.lower() in DATABASES:
            return _kept(None, path, place)
        if place.is_dir():
            return place if path is None and _is_kept(place) else _kept(place, path, None)
    except OSError as problem:
        raise BookError(f"{problem.filename or source}: {problem.strerror or problem}.") from None
    what = "is a file" if place.exists() else "does not exist"
    raise BookError(
        f"{place}: {what}; expected a folder with accounts.csv and orders.csv, or a book.toml; "
        "or a DuckDB file, or a database URL."
    )


def cache() -> Path:
    """Where accepted books are kept: `CRM_ANALYSIS_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("CRM_ANALYSIS_CACHE") or platformdirs.user_cache_dir("crm_analysis"))


def _is_kept(folder: Path) -> bool:
    """True for the folder of a kept book; raises BookError if it is one no longer whole."""
    if not ((folder / SEAL).is_file() and (folder / RESULT).is_file()):
        return False
    if not _whole(folder):
        raise BookError(f"{folder}: parts of this kept book are missing or cut; open its source again.")
    return True


def _kept(folder: Path | None, toml: Path | None, given: Place | None) -> Path:
    """The home of the book in a folder, or in the database at the place `given`."""
    path = toml_of(folder, toml)
    around = folder or (path.parent if path else Path())
    stated, schema = database(path)
    if given is not None and stated is not None:
        raise BookError("book.toml: names a database, but one was given besides; expected one of the two.")
    place = given if stated is None else _stated(stated, around)
    if place is None and schema is not None:
        raise BookError("book.toml: schema is given without `database`; name the database too.")
    copies: dict[str, str] = {}
    with ExitStack() as stack:
        if place is None:
            plan = mapping(folder, toml)
            must_hold(plan, str(folder), listing(around), "{0}.csv, {0}.parquet or {0}.xlsx")
        else:
            plan, copies = _pulled(folder, toml, place, schema, stack.enter_context(_room()))
        paths = _paths(around, plan)
        stamps = _stamps(paths.values())
        inputs = {name: digest(path) for name, path in paths.items()} | copies
        home = cache() / _key(inputs, plan)
        if not _whole(home):
            room = stack.enter_context(_room())
            (room / "book").mkdir()
            with engine.connected(room) as con:
                result = Intake(con, around, plan, inputs, room).run()
            if stamps != _stamps(paths.values()):
                raise BookError(f"{folder}: a file changed while it was read; open the book again.")
            _keep(result, room, home)
    return home


def _stated(place: str, folder: Path) -> Place:
    """The database that a book.toml in the folder states."""
    if is_url(place):
        return place
    inside(place)
    if Path(place).suffix.lower() not in DATABASES:
        raise BookError(
            f"book.toml: database is '{place}'; expected a URL, or a DuckDB file ending in {', '.join(DATABASES)}."
        )
    return folder / place


def _pulled(
    folder: Path | None, toml: Path | None, place: Place, schema: str | None, room: Path
) -> tuple[Mapping, dict[str, str]]:
    """The mapping with copies in `room` of the database's tables, and their SHA-256 by name."""
    with opened(place, schema, room) as base:
        plan = mapping(folder, toml, base.tables, base.short)
        must_hold(plan, base.name, base.listing, "a table {0}")
        return copied(base, plan, room)


@contextmanager
def _room() -> Iterator[Path]:
    """A scratch folder in the cache."""
    cache().mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=_ROOM, dir=cache()))
    try:
        _clear_left_over(room)
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _stamps(paths: Iterable[Path]) -> list[int]:
    return [path.stat().st_mtime_ns for path in paths]


def _keep(result: CheckResult, room: Path, home: Path) -> None:
    """Move the book in `room` to its home, the list of its files written last."""
    built = room / "book"
    (built / RESULT).write_text(result.to_json(kept=True), encoding="utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(built.iterdir())}
    (built / SEAL).write_text(json.dumps(sizes), encoding="utf-8")
    _publish(built, home, room)


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
        for pattern in (*table.files, *(name for look in table.lookups for name in look.files)):
            paths.update(files(folder, pattern))
    toml = {plan.path.name: plan.path} if plan.path else {}
    return toml | {path.relative_to(folder).as_posix(): path for path in sorted(paths)}


def _key(inputs: dict[str, str], plan: Mapping) -> str:
    """Names the kept book: another input, another version of this code or of its engine, another name."""
    own = [digest(path) for folder in _INTAKE for path in sorted(folder.glob("*.py"))]
    engines = [importlib.metadata.version(name) for name in ("duckdb", "ibis-framework", "pyarrow", "python-calamine")]
    parts = [plan.name, *own, *engines, *(f"{name} {value}" for name, value in sorted(inputs.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
