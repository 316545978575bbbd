"""`orstt transcribe` when something is wrong: named, counted, and in nobody else's way."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import pytest
from cli.running import Result, several
from scripted import ScriptedBackend, speech

from orstt_core.errors import AudioUnreadable, EngineFailed, ModelNotFound, ServerUnreachable
from orstt_core.types import TranscribeEvent, TranscribeRequest

Run = Callable[..., Result]
TEXT = "Hello there. General remarks.\n"


def script_by_file(backend: ScriptedBackend, outcomes: Mapping[str, str | Exception]) -> None:
    """Let the backend answer by the recording's name: a text or an error."""
    original = backend.transcribe

    def transcribe(request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        outcome = outcomes[Path(request.filename).name]
        backend.script = [outcome] if isinstance(outcome, Exception) else [*speech(outcome)]
        return original(request)

    backend.transcribe = transcribe


def test_each_unreadable_recording_is_named_and_the_others_are_transcribed(orstt: Run, tmp_path: Path) -> None:
    (good,) = several(tmp_path, "good.wav")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.wav").touch()
    bad = [tmp_path / "missing.wav", tmp_path / "folder", tmp_path / "empty.wav", good / "below"]
    code, out, err = orstt("transcribe", bad[0], good, *bad[1:])
    assert out == f"==> {good} <==\n{TEXT}"
    assert code == 3
    for line, path, said in zip(
        err.splitlines(), bad, ["does not exist", "is a folder", "is empty", "does not exist"], strict=True
    ):
        assert line.startswith("orstt: ")
        assert str(path) in line
        assert said in line


def test_an_empty_recording_is_an_audio_error(orstt: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert orstt("transcribe", tmp_path / "empty.wav").code == 6


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o600), (0o700, 0o644)])
def test_a_recording_that_may_not_be_read_is_named(
    orstt: Run, monkeypatch: pytest.MonkeyPatch, folder: int, file: int
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")  # the own home of this test is root's
    with tempfile.TemporaryDirectory() as name:
        recording = Path(name, "a.wav")
        recording.write_bytes(b"RIFF")
        recording.chmod(file)
        Path(name).chmod(folder)
        os.seteuid(65534)
        try:
            result = orstt("transcribe", recording)
        finally:
            os.seteuid(0)
    assert result == (3, "", f"orstt: {recording} may not be read by you.\n")


def test_one_recording_that_fails_does_not_stop_the_others(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    one, two, three = several(tmp_path, "one.wav", "two.wav", "three.wav")
    script_by_file(
        scripted,
        {
            "one.wav": "First.",
            "two.wav": AudioUnreadable("This is not audio.", hint="Listen to it."),
            "three.wav": "Third.",
        },
    )
    code, out, err = orstt("transcribe", one, two, three)
    assert code == 6
    assert err == f"orstt: {two}: This is not audio. Listen to it.\n"
    assert out == f"==> {one} <==\nFirst.\n\n==> {three} <==\nThird.\n"


def test_the_first_failure_gives_the_exit_code(orstt: Run, scripted: ScriptedBackend, tmp_path: Path) -> None:
    one, two = several(tmp_path, "one.wav", "two.wav")
    script_by_file(scripted, {"one.wav": EngineFailed("It died."), "two.wav": AudioUnreadable("Noise.")})
    code, _, err = orstt("transcribe", one, two)
    assert code == 1
    assert len(err.splitlines()) == 2


def test_a_failure_that_every_recording_would_meet_is_said_once(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    scripted.script = [ServerUnreachable("http://x does not answer.", hint="Is it running?")]
    assert orstt("transcribe", *several(tmp_path, "one.wav", "two.wav")) == (
        7,
        "",
        "orstt: http://x does not answer. Is it running?\n",
    )
    assert len(scripted.requests) == 1


def test_an_unknown_model_is_named_before_anything_is_sent(
    orstt: Run, scripted: ScriptedBackend, recording: Path
) -> None:
    code, out, err = orstt("transcribe", recording, "--model", "enormous")
    assert (code, out) == (ModelNotFound.exit_code, "")
    assert "'enormous'" in err
    assert not scripted.requests


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--language", "elbonian"), "No language is known as 'elbonian'"),
        (("--format", "docx"), "'docx' is not one of"),
        (("--task", "sing"), "'sing' is not one of"),
        (("--beam-size", "0"), "--beam-size"),
        (("--temperature", "2"), "--temperature"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_a_wrong_option_is_named_before_any_work(
    orstt: Run, scripted: ScriptedBackend, recording: Path, args: tuple[str, ...], said: str
) -> None:
    code, out, err = orstt("transcribe", recording, *args)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not scripted.requests


def test_no_recording_at_all_is_a_usage_error(orstt: Run) -> None:
    code, _, err = orstt("transcribe")
    assert code == 2
    assert "FILE" in err
    assert "orstt transcribe --help" in err


def test_a_language_that_the_model_does_not_know_is_refused_by_name(
    real_orstt: Callable[..., Result], tmp_path: Path
) -> None:
    (recording,) = several(tmp_path, "talk.wav")
    assert real_orstt("models", "add", "english", "--weights", "tiny.en").code == 0
    assert "languages" in real_orstt("models", "show", "english").out
    for command in (("transcribe",), ("jobs", "submit")):
        refused = real_orstt(*command, recording, "--model", "english", "--language", "German")
        assert (refused.code, refused.out) == (2, "")
        assert "english is for English only." in refused.err
