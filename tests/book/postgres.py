"""A PostgreSQL server of the tests' own, with books in it that a user may only read."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crm_analysis.book.contract import CONTRACT

READER, PASSWORD = "reader", "not a secret: 1%2"
TYPES = {
    "text": "text",
    "date": "date",
    "money": "numeric",
    "number": "numeric",
    "integer": "bigint",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Server:
    """A running server: `port` on this machine, `socket` the folder where its owner needs no password."""

    port: int
    socket: Path

    def url(self, schema: str, user: str = READER, port: int | None = None) -> str:
        """What a user would write; the password comes from PGPASSWORD."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/books?schema={schema}"

    def run(self, *statements: str) -> None:
        """Statements, as the owner."""
        with self.owner() as con:
            for statement in statements:
                con.execute(statement)  # type: ignore[call-overload]

    def owner(self, **more: Any) -> psycopg.Connection:
        """The owner's connection."""
        return psycopg.connect(
            host=str(self.socket), port=self.port, user="owner", dbname="books", autocommit=True, **more
        )


def programs() -> Path | None:
    """The folder of the newest server's programs; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    place = shutil.which("initdb")
    found += [Path(place).resolve()] if place else []
    return next((path.parent for path in reversed(found) if (path.parent / "postgres").exists()), None)


def unprivileged() -> dict[str, Any]:
    """What makes a child run as another user where this one is root, whom the server refuses."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no other user")


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty database `books` and the user READER, who may create nothing."""
    place = programs()
    if place is None:
        pytest.skip("no PostgreSQL server is installed (initdb was not found)")
    who = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="crm-pg-"))
    try:
        if who:
            os.chown(home, who["user"], who["group"])
        setup = [place / "initdb", "-D", home / "data", "-U", "owner", "-E", "UTF8", "--locale=C", "--no-sync"]
        setup += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        done = subprocess.run(setup, cwd=home, capture_output=True, text=True, check=False, **who)
        assert done.returncode == 0, done.stderr
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home, "fsync": "off"}
        command: list[Any] = [place / "postgres", "-D", home / "data"]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (home.parent / f"{home.name}.log").open("w") as log:
            process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, **who)
        try:
            server = Server(port, home)
            _ready(server, process)
            server.run(
                f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'",
                "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                "REVOKE ALL ON DATABASE books FROM PUBLIC",
                f"GRANT CONNECT ON DATABASE books TO {READER}",
            )
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)
        (home.parent / f"{home.name}.log").unlink(missing_ok=True)


def _ready(server: Server, process: subprocess.Popen) -> None:
    """Wait until the server answers, and make the database."""
    for _ in range(300):
        assert process.poll() is None, "the server ended by itself"
        try:
            with psycopg.connect(
                host=str(server.socket), port=server.port, user="owner", dbname="postgres", autocommit=True
            ) as con:
                con.execute("CREATE DATABASE books")
                return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within 30 seconds")


def load(server: Server, folder: Path, schema: str) -> None:
    """The CSV files of a folder that keeps the contract, as typed tables in a schema that READER may read."""
    with server.owner() as con:
        con.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                columns = next(csv.reader(file))
            table = sql.Identifier(schema, path.stem)
            con.execute(sql.SQL("CREATE TABLE {} ({})").format(table, _columns(path.stem, columns)))
            order = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true)").format(table)
            with con.cursor().copy(order) as copy:
                copy.write(path.read_bytes())
        _grant(con, schema)
        con.execute("ANALYZE")  # else the planner takes every join for a small one


def _columns(table: str, names: Sequence[str]) -> sql.Composed:
    kinds = [sql.SQL(TYPES[CONTRACT[table].column(name).type]) for name in names]  # type: ignore[arg-type]
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), kind) for name, kind in zip(names, kinds, strict=True)
    )


def _grant(con: psycopg.Connection, schema: str) -> None:
    place, reader = sql.Identifier(schema), sql.Identifier(READER)
    con.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, reader))
    con.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(place, reader))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for all tests of a run."""
    with running() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        yield found
