"""transcribe: one call, from anywhere: a script, a thread, a running loop, a forked child; and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import soundfile

import orstt_core
from orstt_core.errors import InvalidRequest, ModelNotFound
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings

FORKING = """
import os, sys, orstt_core
print(orstt_core.transcribe(sys.argv[1], "base").text, flush=True)
if os.fork() == 0:
    print(orstt_core.transcribe(sys.argv[1], "base").text, flush=True)
else:
    _, status = os.wait()
    print(orstt_core.transcribe(sys.argv[1], "base").load_seconds, status)
"""


DAEMON = """
import os, sys, threading, time, orstt_core
from orstt_core import blocking
os.mkfifo(sys.argv[1])  # nobody writes to it
threading.Thread(target=orstt_core.transcribe, args=(sys.argv[1],), daemon=True).start()
while not any(session._calls for session in blocking._sessions._open):
    time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two seconds of the recording: `And Mr John Dashwood had then leisure`."""
    samples, rate = soundfile.read(Path(__file__).parents[1] / "data" / "austen.wav")
    path = tmp_path_factory.mktemp("clips") / "clip.wav"
    soundfile.write(path, samples[: 2 * rate], rate)
    return path


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[Settings]:
    """Those of all tests here, which therefore load the model once."""
    yield Settings(data_dir=tmp_path_factory.mktemp("data"), cache_dir=weights_cache, cpu_threads=1)
    orstt_core.close()


@pytest.mark.slow
@pytest.mark.models
async def test_a_transcript_comes_of_one_call_in_a_running_loop_and_of_threads(clip: Path, settings: Settings) -> None:
    transcript = orstt_core.transcribe(clip, "base", settings=settings)
    assert "Dashwood" in transcript.text
    assert (transcript.language, transcript.model.name) == ("en", "base")
    assert re.match(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n.*Dashwood", transcript.to_srt())
    assert transcript.to_vtt().startswith("WEBVTT")
    words = transcript.rows(words=True)
    assert " ".join(row["word"] for row in words) == transcript.text
    assert all(0 <= row["start"] <= row["end"] <= 3 for row in words)

    def again(_: int) -> float:
        return orstt_core.transcribe(clip, settings=settings, language="en", word_timestamps=False).load_seconds

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(again, range(2))) == [0, 0]


def test_what_goes_wrong_is_raised_where_it_was_called(settings: Settings) -> None:
    with pytest.raises(ModelNotFound, match="'bse'"):
        orstt_core.transcribe(b"sound", "bse", settings=settings)
    for others in ({}, {"transcript_days": 0}):
        with pytest.raises(InvalidRequest, match="settings must be a Settings"):
            orstt_core.transcribe(b"sound", "base", settings=others)  # type: ignore[arg-type]  # as in the message


def test_after_close_the_next_call_begins_anew(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            orstt_core.transcribe(b"sound", "none", settings=settings)
        orstt_core.close()


def test_closing_as_a_call_begins_waits_for_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transcript, closing = LocalBackend.transcript, Thread(target=orstt_core.close)

    def close_first(*given: Any) -> Any:
        closing.start()
        closing.join(0.5)
        return transcript(*given)

    monkeypatch.setattr(LocalBackend, "transcript", close_first)
    with pytest.raises(ModelNotFound):
        orstt_core.transcribe(b"sound", "none", settings=Settings(data_dir=tmp_path))
    closing.join(20)
    assert not closing.is_alive()


def test_a_program_does_not_wait_for_the_calls_of_daemon_threads(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DAEMON, str(tmp_path / "pipe")]
    subprocess.run(command, check=True, timeout=60, env=os.environ | {"ORSTT_DATA_DIR": str(tmp_path)})


@pytest.mark.models
@pytest.mark.slow
def test_a_script_and_its_forked_child_transcribe_and_end_without_a_word(clip: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING, clip],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"ORSTT_CPU_THREADS": "1"},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    of_parent, of_child, last = ran.stdout.splitlines()
    assert of_parent == of_child
    assert "Dashwood" in of_parent
    assert last == "0.0 0"
