"""`just bench-terminal`: from a key to what it changes on the screen, and from the start to the first frame.

Nothing is asserted; the program runs in a terminal of its own, with a data folder of its own.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import soundfile

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))  # the tests know how to store jobs

from stored_jobs import a_transcript, added, claimed, open_store  # noqa: E402 - as above

from bench.processes import first_paint  # noqa: E402 - as above
from orstt_core.audio import decode  # noqa: E402 - as above
from orstt_core.units import SAMPLE_RATE  # noqa: E402 - as above

ORSTT = str(Path(sys.executable).with_name("orstt"))
EMPTY = [sys.executable, str(Path(__file__).parent / "empty_textual.py")]
STARTS = 9
KEYS = 200
PAGES = 100
SEGMENTS, JOBS = 10_000, 100_000
LONG_SECONDS = 1800
"""How long the two recordings are that are transcribed meanwhile."""
SIGNS = range(0x2460, 0x2460 + KEYS)
"""Letters that nothing else on the screen has: each is looked for in what is sent behind its key."""
FIRST_MARK, MARKS = 0x4E00, 20_000
"""Letters that lines of lists begin with, each with another one: only what differs from the page before is sent."""
MARK = re.compile("[\u4e00-\u9fff]")
SKIPPED, SETTLING = 4, 2.0
"""Pages that are not measured, and seconds for each: until the details are there the list has the room for more."""
MOST_SECONDS = 60.0


def main() -> None:
    """Print the tables."""
    os.environ |= {"ORSTT_CONFIG": "", "HF_HUB_OFFLINE": "1"}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print("| what | ours | empty Textual app | ratio |\n|---|---|---|---|")
    with _home():
        _starts("first frame", b"OR-STT")
        _starts("list there", b"medium")
    print("\n| from a key to its letter or its lines | p50 | p99 | longest |\n|---|---|---|---|")
    with _home(), _program() as send:
        _row("a letter in a form", _letters(send))
    with _home() as folder:
        _submit_two(folder)
        with _program() as send:
            _row("the same while two transcriptions run", _letters(send))
    with _home() as folder:
        asyncio.run(_store_jobs(folder))
        with _program() as send:
            _row(f"a page of {JOBS:,} jobs", _pages(send, b"\x1bOS"))
        with _program() as send:
            _row(f"a page of {SEGMENTS:,} segments", _pages(send, b"\x1bOS\r"))


def _starts(what: str, text: bytes) -> None:
    commands = {"ours": ([ORSTT], text), "empty": (EMPTY, b"ready")}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(STARTS + 1):
        for name, (command, words) in commands.items():
            seconds = first_paint(command, words)
            if number:  # the first one compiles and fills caches
                found[name].append(seconds)
    ours, empty = statistics.median(found["ours"]), statistics.median(found["empty"])
    print(f"| {what} | {ours:.3f} s | {empty:.3f} s | {ours / empty:.2f} |", flush=True)


def _row(what: str, seconds: list[float]) -> None:
    p50, p99 = np.percentile(seconds, [50, 99])
    print(f"| {what} | {p50 * 1e3:.1f} ms | {p99 * 1e3:.1f} ms | {max(seconds) * 1e3:.1f} ms |", flush=True)


Send = Callable[[bytes, Callable[[bytes], bool]], float]
"""Types keys and returns the seconds until what came back since is as wanted."""


def _letters(send: Send) -> list[float]:
    """Type letters into the form for a model, and take each away again."""
    send(b"n", lambda shown: b"ready to use" in shown or b"Weights" in shown)
    found = []
    for sign in map(chr, SIGNS):
        found.append(send(sign.encode(), _shows(sign.encode())))
        send(b"\x7f", bool)
    return found


def _shows(letter: bytes) -> Callable[[bytes], bool]:
    """Return what tells whether a letter is in what was sent."""
    return lambda shown: letter in shown


def _pages(send: Send, keys: bytes) -> list[float]:
    """Go through a list page by page; a page is there when it shows a mark that no page before it had."""
    seen: set[str] = set()

    def is_new(shown: bytes) -> bool:
        marks = set(MARK.findall(shown.decode(errors="ignore")))
        new = not marks <= seen
        seen.update(marks)
        return new

    send(keys, is_new)
    for _ in range(SKIPPED):
        time.sleep(SETTLING)
        send(b"\x1b[6~", bool)
    time.sleep(SETTLING)
    return [send(b"\x1b[6~", is_new) for _ in range(PAGES)]


def _mark(number: int) -> str:
    return chr(FIRST_MARK + number % MARKS)


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ORSTT_DATA_DIR": f"{folder}/data", "ORSTT_CACHE_DIR": f"{folder}/cache"}
        Path(folder, "data").mkdir(mode=0o700)
        Path(folder, "data", "tour-shown").touch()
        subprocess.run([ORSTT, "models", "list"], check=True, stdout=subprocess.DEVNULL)  # makes the database
        yield Path(folder)


@contextmanager
def _program() -> Iterator[Send]:
    """Run the program in a terminal of 80x24 until its models are there."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.environ["TERM"] = "xterm-256color"
        os.execv(ORSTT, [ORSTT])

    def send(keys: bytes, wanted: Callable[[bytes], bool]) -> float:
        while select.select([terminal], [], [], 0)[0]:
            os.read(terminal, 65536)
        began, shown = time.perf_counter(), b""
        os.write(terminal, keys)
        while not wanted(shown):
            left = began + MOST_SECONDS - time.perf_counter()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                raise SystemExit(f"{keys!r} was never answered:\n{shown.decode(errors='replace')}")
            shown += os.read(terminal, 65536)
        return time.perf_counter() - began

    try:
        send(b"", lambda shown: b"medium" in shown)
        yield send
    finally:
        tree = [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]
        for process in tree:
            process.kill()
        os.waitpid(pid, 0)
        os.close(terminal)


def _submit_two(folder: Path) -> None:
    """Queue two long recordings, which the program works on as soon as it is open."""
    sound = decode(TESTS / "data/austen.wav", max_seconds=LONG_SECONDS).samples
    for number in (1, 2):
        path = folder / f"long-{number}.flac"
        soundfile.write(path, np.resize(sound, LONG_SECONDS * SAMPLE_RATE), SAMPLE_RATE)
        subprocess.run([ORSTT, "jobs", "submit", str(path)], check=True, capture_output=True)


async def _store_jobs(folder: Path) -> None:
    """Store a job of many segments, the newest, behind many of one."""
    path = next((folder / "data").glob("*.sqlite*"))
    async with open_store(f"sqlite:///{path}") as store:
        await added(store, filename=f"{_mark(0)} visit.wav")
        await store.attempts.finish((await claimed(store)).claim, a_transcript("Nothing much."))
    _copy_last(path, JOBS)
    async with open_store(f"sqlite:///{path}") as store:
        await added(store, filename=f"{_mark(JOBS)} visit.wav")
        texts = [f"{_mark(number)} was said" for number in range(1, SEGMENTS + 1)]
        await store.attempts.finish((await claimed(store)).claim, a_transcript(*texts))


def _copy_last(path: Path, times: int) -> None:
    with sqlite3.connect(path) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(transcription_job)") if row[1] != "number"]
        special = {"id": "printf('%016x', n)", "filename": f"char({FIRST_MARK} + n % {MARKS}) || ' visit.wav'"}
        values = ", ".join(special.get(name, f'"{name}"') for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        database.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            f"INSERT INTO transcription_job ({listed}) SELECT {values} FROM transcription_job, numbers "
            "WHERE number = (SELECT max(number) FROM transcription_job)",
            (times - 1,),
        )
    database.close()


if __name__ == "__main__":
    main()
