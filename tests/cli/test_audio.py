"""`orstt audio`: sound into a pipe or a file, never onto a terminal."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from cli.running import Result, Shell, seen, terminal
from counting import write_count
from scripted import ScriptedBackend
from scripted_jobs import a_job

from orstt_core.errors import RecordingGone

Orstt = Callable[..., Result]


def test_the_part_that_is_asked_for_goes_to_standard_output_or_into_a_file_that_appears_whole(
    orstt: Orstt, scripted: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.put(a_job(1))
    assert orstt("audio", "1111", "--from", "61.2", "--to", "1:02:05") == (0, "RIFFsound of visit-1.wav", "")
    assert orstt("audio", "1111", "--output", tmp_path / "part.wav", "--from", "1:01.5") == (0, "", "")
    assert (tmp_path / "part.wav").read_bytes() == b"RIFFsound of visit-1.wav"
    assert scripted.heard == [("1" * 16, 61.2, 3725.0), ("1" * 16, 61.5, None)]
    for wrong in ("soon", "-1", "1:2:3:4", "nan"):
        assert orstt("audio", "1111", "--from", wrong).code == 2
    scripted.failure = RecordingGone("The recording was removed.")
    assert orstt("audio", "1111", "--output", tmp_path / "part.wav") == (4, "", "orstt: The recording was removed.\n")
    assert (tmp_path / "part.wav").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["part.wav"]


def test_a_terminal_is_sent_no_sound(shell: Shell) -> None:
    with terminal() as (ours, theirs):
        process = shell.start(
            "audio",
            "1111",
            command=shell.scripted("from scripted_jobs import a_job; backend.put(a_job(1))"),
            stdout=theirs,
            stderr=subprocess.STDOUT,
        )
        shown = " ".join(seen(ours, process, theirs).split())
    assert process.returncode == 2
    assert "RIFF" not in shown
    assert "orstt audio 1111 | aplay" in shown


@pytest.mark.slow
def test_what_is_played_over_ssh_is_a_wav_file_of_that_part(shell: Shell, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    recording = write_count(tmp_path / "count.wav", 3)
    submitted = shell("jobs", "submit", recording, "--json", ORSTT_DATA_DIR=data)
    job = json.loads(submitted.out)["id"]
    done = subprocess.run(
        [*shell.installed, "audio", job, "--from", "1", "--to", "2.5"],
        env=shell.environ(ORSTT_DATA_DIR=data), capture_output=True, check=True, timeout=100,
    )  # fmt: skip
    samples, rate = soundfile.read(io.BytesIO(done.stdout))
    assert (rate, len(samples)) == (16_000, 24_000)
