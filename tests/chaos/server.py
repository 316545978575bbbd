"""A real `orstt serve` to attack: started, killed, started again on the same port with the same data."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from chaos import paced
from postgres import raw_sql

ORSTT = Path(sys.executable).with_name("orstt")
MARK = "ORSTT_CHAOS_SERVER"
"""Environment variable that a server and all its children carry, so that none is overlooked at the end."""
PATIENCE = 30.0
"""Seconds that a start or an end may take on a busy machine."""
NO_LIMIT = resource.RLIM_INFINITY


class Server:
    """One server over its whole life, through any number of deaths.

    Args:
        folder: empty; for its data, its log, the installed engine and the engine's diary.
        database_url: PostgreSQL's address; empty: SQLite in the folder.
        settings: further settings by name.
    """

    def __init__(self, folder: Path, database_url: str = "", **settings: object) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url or f"sqlite:///{folder / 'data' / 'orstt.sqlite'}"
        self.process: subprocess.Popen[bytes] | None = None
        self._mark = secrets.token_hex(8)
        self._settings = {
            "data_dir": folder / "data",
            "database_url": database_url,
            "job_lease": 3,
            "engine_silence": 4,
            "decode_seconds": 4,
            "retry_minutes": 0,
            "keep_alive": 20,
            "max_loaded": 2,
            **settings,
        }
        (folder / "diary").mkdir()
        _install(folder / "site")

    @property
    def spool(self) -> Path:
        """The folder of uploads and decoded sound."""
        return self.folder / "data" / "spool"

    def asked(self) -> list[str]:
        """Return the words that engines were asked for so far, in this order."""
        diary = self.folder / "diary" / "asked"
        return [line.split()[-1] for line in diary.read_text().splitlines()] if diary.exists() else []

    def pid(self) -> int:
        """Return the process id of the server as it lives now."""
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self.process = self.begin("serve", "--port", str(self.port))
        end = time.monotonic() + PATIENCE
        while not await asyncio.to_thread(self._answers):
            assert self.process.poll() is None, f"the server ended by itself:\n{self.log()}"
            assert time.monotonic() < end, f"the server does not answer:\n{self.log()}"
            await asyncio.sleep(0.05)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command of the program with this server's settings, beside it."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environ |= {f"ORSTT_{name.upper()}": str(value) for name, value in self._settings.items() if str(value)}
        environ |= {"PYTHONPATH": str(self.folder / "site"), "PYTHONWARNINGS": "", MARK: self._mark}
        environ |= {paced.DIARY: str(self.folder / "diary")}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([ORSTT, *arguments], env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def stop(self) -> None:
        """Ask it to stop, and see that nothing of it is left."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(self.process.wait, PATIENCE)
        end = time.monotonic() + PATIENCE
        while left := list(self._ours()):
            assert time.monotonic() < end, f"processes are left: {left}"
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """End whatever of it still lives."""
        for process in self._ours():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process is not None:
            self.process.wait()

    def children(self) -> list[psutil.Process]:
        """Return the processes of its engines and its decoder."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [child for child in psutil.Process(self.pid()).children() if _runs(child, "orstt_core.runtime")]
        return []

    def limit_files(self, most: int = NO_LIMIT) -> None:
        """Let no process of it write a file beyond so many bytes: as if the disk was full."""
        for process in self._ours():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, NO_LIMIT))

    def log(self) -> str:
        """Return the end of what it printed."""
        return (self.folder / "log").read_text()[-4000:]

    async def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in its database, past the server, and return the rows of the last."""
        return await raw_sql(self.database_url, *statements)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def _ours(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    yield process


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return any(part.startswith(module) for part in process.cmdline())
    except psutil.Error:
        return False


def _install(site: Path) -> None:
    """Make a folder as pip would leave it, with the distribution that brings the engine."""
    metadata = site / "orstt_chaos_paced-1.0.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(Path(paced.__file__), site / "orstt_chaos_paced.py")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: orstt-chaos-paced\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[orstt.engines]\npaced = orstt_chaos_paced:PacedSTT\n")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
