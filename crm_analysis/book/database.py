"""Databases, open for reading: a DuckDB file, a URL, or an Ibis connection."""

from __future__ import annotations

import functools
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.book import engine
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    import ibis
    from ibis.backends import BaseBackend

ENDINGS = (".duckdb", ".ddb", ".db")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SECRET = re.compile("pass|secret|token|key", re.IGNORECASE)
_WAIT = "20"
"""Seconds after which a PostgreSQL server that does not answer counts as unreachable."""


def is_url(text: str) -> bool:
    """True for a database URL such as postgresql://user@host:5432/name."""
    return _URL.match(text) is not None


@dataclass(frozen=True)
class Database:
    """A schema of a database, open for reading; `name` is what errors call it, never with a password.

    `short` is the name of the database alone.
    """

    con: BaseBackend
    name: str
    short: str
    schema: str

    @functools.cached_property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables and views that may be read, in order."""
        try:
            return tuple(sorted(self.con.list_tables(database=self._place)))
        except Exception as problem:  # noqa: BLE001 - each database raises kinds of its own
            raise self.error("its tables cannot be listed", problem) from None

    @functools.cached_property
    def _place(self) -> tuple[str, str] | str | None:
        """With the catalogue: a DuckDB file erp.duckdb may have a schema erp, and `erp` alone would mean either.

        None for the current schema of Spark and DuckDB, because views of the session stand in no schema.
        """
        if self.con.name in ("duckdb", "pyspark") and self.schema == self.con.current_database:
            return None
        catalogue = getattr(self.con, "current_catalog", None)
        return (catalogue, self.schema) if catalogue else self.schema

    @property
    def listing(self) -> str:
        """The first ten of them, for an error."""
        names = self.tables
        return ", ".join(names[:10]) + (" and more" if len(names) > 10 else "") or "no tables"

    def table(self, name: str) -> tuple[str, ibis.Table]:
        """The table of that name, and its name in the database: capitals count only where both are there.

        Raises BookError if there is none, or it cannot be read.
        """
        there = self.tables
        alike = [name] if name in there else [other for other in there if other.lower() == name.lower()]
        if len(alike) > 1:
            raise BookError(f"{self.name}: {' and '.join(alike)} differ in capitals alone; expected one of them.")
        exact = alike[0] if alike else name
        try:
            return exact, self.con.table(exact, database=self._place)
        except Exception as problem:  # noqa: BLE001 - each database raises kinds of its own
            if alike:
                raise self.error(f"table '{name}' cannot be read", problem) from None
        raise BookError(f"{self.name}: there is no table '{name}' in schema '{self.schema}'; found {self.listing}.")

    def error(self, what: str, problem: Exception) -> BookError:
        """A database's complaint in one sentence."""
        return BookError(f"{self.name}: {what}: {said(problem)}.")


def said(problem: Exception, secrets: Iterable[str] = ()) -> str:
    """The first line of an error, without secrets, however they are quoted."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    text = (lines or [type(problem).__name__])[0].rstrip(".")
    quoted = [quote(secret) for secret in secrets for quote in (urllib.parse.quote, urllib.parse.quote_plus)]
    for form in sorted({*secrets, *quoted}, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


@contextmanager
def opened(place: str | Path, schema: str | None, room: Path) -> Iterator[Database]:
    """The database at a file or a URL, for as long as the block runs.

    All tables of a PostgreSQL URL are read as they were at one moment, in one read-only transaction; a DuckDB file
    is open for reading, which keeps writers out. Of other databases each table is read as it is when its turn
    comes. Raises BookError if it cannot be reached or lacks the schema.
    """
    with ExitStack() as stack:
        if isinstance(place, Path):
            con, name, short = _file(place, room), str(place), place.stem
            stack.callback(con.disconnect)
        else:
            con, name, short, schema = _connected(place, schema)
            stack.callback(con.disconnect)
            if con.name == "postgres":
                _fix_moment(con, stack)
        yield database_at(con, schema, name, short)


def database_at(con: BaseBackend, schema: str | None, name: str = "", short: str = "") -> Database:
    """The schema (by default the connection's own) behind a connection.

    Raises BookError if there is none, or no such one.
    """
    name, short = name or f"the {con.name} connection", short or con.name
    try:
        schema = schema or con.current_database
        there = con.list_databases()
    except Exception as problem:  # noqa: BLE001 - each database raises kinds of its own
        raise BookError(f"{name}: its schemas cannot be listed: {said(problem)}.") from None
    if schema not in there:
        names = sorted(one for one in there if one not in ("information_schema", "pg_catalog", "pg_toast"))
        what = f"there is no schema '{schema}' that may be used" if schema else "no schema is stated"
        raise BookError(
            f"{name}: {what}; found {', '.join(names[:10]) or 'none'}. Expected ?schema=NAME in the URL, or "
            'schema = "NAME" in book.toml.'
        )
    return Database(con, name, short, schema)


def _file(path: Path, room: Path) -> BaseBackend:
    with path.open("rb"):  # a file that is not there or may not be read is named by the system's own error
        pass
    try:
        return engine.connect(room, path)
    except BookError:
        raise
    except Exception as problem:  # noqa: BLE001 - DuckDB raises several kinds
        if "lock" in str(problem):
            raise BookError(f"{path.name}: another program has the DuckDB file open for writing; close it.") from None
        raise BookError(f"{path.name}: not readable as a DuckDB file: {said(problem)}.") from None


def _connected(url: str, schema: str | None) -> tuple[BaseBackend, str, str, str | None]:
    """A connection, its name without password and settings, the database's own name, and the schema."""
    import ibis

    try:
        parts = urllib.parse.urlsplit(url)
        settings = dict(urllib.parse.parse_qsl(parts.query))
        host = parts.hostname or ""
        host += f":{parts.port}" if parts.port else ""
    except ValueError as problem:
        raise BookError(f"the database's URL is not readable: {said(problem)}.") from None
    secrets = [value for key, value in settings.items() if _SECRET.search(key)]
    secrets += [parts.password, urllib.parse.unquote(parts.password)] if parts.password else []
    user = f"{urllib.parse.unquote(parts.username)}@" if parts.username else ""
    name = f"{parts.scheme}://{user}{host}{parts.path}"
    schema = settings.pop("schema", None) or schema
    if parts.scheme in ("postgres", "postgresql"):
        settings.setdefault("connect_timeout", _WAIT)
    plain = urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(settings)))
    try:
        con = ibis.connect(plain)
    except ImportError as problem:
        raise BookError(f"{name}: a package that reads this kind of database is missing: {said(problem)}.") from None
    except Exception as problem:  # noqa: BLE001 - each database raises kinds of its own
        raise BookError(f"{name}: cannot be opened: {said(problem, secrets)}.") from None
    return con, name, parts.path.strip("/").partition("/")[0] or parts.scheme, schema


def _fix_moment(con: Any, stack: ExitStack) -> None:
    """One read-only transaction around all that follows, so that every table is of one moment."""
    from psycopg import IsolationLevel

    con.con.isolation_level = IsolationLevel.REPEATABLE_READ
    con.con.read_only = True
    stack.enter_context(con.con.transaction(force_rollback=True))
