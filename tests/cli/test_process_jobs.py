"""`orstt jobs` and `orstt purge` as processes: signals, pipes and terminals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from cli.running import Shell, seen, terminal, wait_for

MARKED = """
from pathlib import Path
ended, original = [], backend.follow_job
async def follow_job(ref):
    async for event in original(ref):
        yield event
    MARK.touch()
    await asyncio.sleep(600)
async def cancel_job(ref): raise AssertionError('following cancels nothing')
backend.follow_job, backend.cancel_job = follow_job, cancel_job
backend.put(a_job(1, state='running'))
backend.script = [*speech('Hello there.')[:-1]]
"""
"""A job that says one sentence and then works on for ten."""


@pytest.mark.parametrize(
    ("args", "number"),
    [
        (("jobs", "follow", "1"), signal.SIGINT),
        (("jobs", "follow", "1"), signal.SIGTERM),
        (("jobs", "submit", "RECORDING", "--wait"), signal.SIGINT),
    ],
)
def test_a_signal_ends_the_following_of_a_job_and_not_the_job(
    shell: Shell, recording: Path, tmp_path: Path, number: int, args: tuple[str, ...]
) -> None:
    mark = tmp_path / "begun"
    command = shell.scripted(
        f"import asyncio\nfrom scripted_jobs import a_job\n{MARKED}".replace("MARK", f"Path({str(mark)!r})")
    )
    process = shell.start(*[recording if arg == "RECORDING" else arg for arg in args], command=command)
    wait_for(mark.exists)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, b"")
    assert [line for line in err.splitlines() if b" is job " not in line and b"wait until" not in line] == (
        [b"orstt: stopped."] if number == signal.SIGINT else []
    )


def test_ctrl_c_while_draining_closes_the_backend_which_hands_back_what_runs(shell: Shell, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"""
from pathlib import Path
class Working(ScriptedBackend):
    async def __aexit__(self, *_): Path({str(mark)!r}).write_text('closed')
    async def readiness(self):
        Path({str(mark)!r}).touch()
        return Readiness(ready=True, queued=3, running=1)
backend = Working()
"""
    process = shell.start("jobs", "drain", command=shell.scripted(script))
    wait_for(mark.exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"orstt: stopped.\n")
    assert mark.read_text() == "closed"


def test_draining_shows_what_is_left_and_a_reader_that_goes_away_ends_it(shell: Shell) -> None:
    script = """
from scripted_jobs import a_job
class Working(ScriptedBackend):
    async def readiness(self):
        self.put(a_job(1, state='done'))
        return Readiness(ready=True, queued=3, running=1)
backend = Working()
"""
    with terminal() as (ours, theirs):
        process = shell.start("jobs", "drain", command=shell.scripted(script), stderr=theirs)
        process.stdout.readline()
        process.stdout.close()
        shown = seen(ours, process, theirs)
    assert process.returncode == 128 + signal.SIGPIPE
    assert "3 jobs waiting, 1 running" in shown


@pytest.mark.parametrize(("answer", "left", "code"), [(b"y\n", 0, 0), (b"\n", 1, 130)])
def test_purge_asks_on_a_terminal(shell: Shell, answer: bytes, left: int, code: int) -> None:
    script = """
from scripted_jobs import a_job
backend.put(a_job(1, state='done'))
import atexit
atexit.register(lambda: print('left:', len(backend.job_rows)))
"""
    with terminal() as (ours, theirs):
        process = shell.start("purge", command=shell.scripted(script), stdin=theirs)
        shown = b""
        while not shown.endswith(b"[y/N]: "):
            shown += os.read(process.stderr.fileno(), 4096)
        os.write(ours, answer)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out.endswith(b"left: %d\n" % left)
    assert shown == b"Remove every ended job, with text and recording? [y/N]: "
    assert err.strip() == (b"" if code == 0 else b"orstt: nothing was removed.")
