"""Run and measure whole processes: wall time, and peak memory of a process with all its children."""

from __future__ import annotations

import contextlib
import os
import pty
import resource
import select
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psutil

SAMPLE_SECONDS = 0.02


class Measure(NamedTuple):
    """Seconds by the wall and of processor time; peak memory in bytes (proportional set size); of all its processes."""

    seconds: float
    memory: int
    cpu: float


def run(command: Sequence[str]) -> Measure:
    """Run a command to its end and measure it; it must succeed."""
    began, before = time.perf_counter(), _spent()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{errors.decode()}")
    return Measure(seconds, peak[0], _spent() - before)


def _spent() -> float:
    """Return the processor time of the processes that ended, and of those that they waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def alternate(ours: Sequence[str], bare: Sequence[str], *, times: int, warm_up: bool = True) -> tuple[Measure, Measure]:
    """Run two commands in turn, after one warm-up each unless it would take minutes, and return the medians."""
    commands = (ours, bare)
    for command in commands if warm_up else ():
        run(command)
    found: tuple[list[Measure], list[Measure]] = ([], [])
    for _ in range(times):
        for command, measures in zip(commands, found, strict=True):
            measures.append(run(command))
    return _median(found[0]), _median(found[1])


def first_paint(command: Sequence[str], text: bytes) -> float:
    """Return the seconds from starting a terminal program until `text` is on its screen."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", "COLUMNS": "80", "LINES": "24"})
        os.execvp(command[0], list(command))
    seen = b""
    try:
        while text not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise SystemExit(f"{' '.join(command)} showed nothing:\n{seen.decode(errors='replace')}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        psutil.Process(pid).kill()
        os.waitpid(pid, 0)
        os.close(terminal)


@contextlib.contextmanager
def server(command: Sequence[str]) -> Iterator[int]:
    """Run a command, which gets a free port as its last argument, while it listens there; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _median(measures: list[Measure]) -> Measure:
    return Measure(
        statistics.median(measure.seconds for measure in measures),
        int(statistics.median(measure.memory for measure in measures)),
        statistics.median(measure.cpu for measure in measures),
    )


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        try:
            tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            peak[0] = max(peak[0], sum(_memory(one) for one in tree))
        except psutil.Error:
            pass  # it ended between the two looks
        time.sleep(SAMPLE_SECONDS)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
