"""`orstt transcribe` on a scripted backend: what is asked of it, and what is printed."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result, several
from scripted import ScriptedBackend, speech

from orstt_core.formats import FORMATS
from orstt_core.languages import NOT_LOOKED_FOR
from orstt_core.types import (
    Done,
    ModelChoice,
    NewSegment,
    Restarted,
    SampleFormat,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_tui.commands import output
from orstt_tui.commands.destination import FULL, SUFFIXES, TOGETHER

Run = Callable[..., Result]
TEXT = "Hello there. General remarks.\n"


def test_the_text_goes_to_standard_output_and_nothing_else_is_said(orstt: Run, recording: Path) -> None:
    assert orstt("transcribe", recording) == (0, TEXT, "")


def test_auto_is_asked_for_without_looking_it_up_and_the_choice_is_said(
    orstt: Run, scripted: ScriptedBackend, recording: Path
) -> None:
    accepted, started, *rest = speech("Hello there.", "General remarks.")
    assert isinstance(started, Started)
    choice = ModelChoice(asked="auto", model="base", why="base is the quickest.")
    scripted.script = [accepted, msgspec.structs.replace(started, choice=choice), *rest]
    asked = orstt(
        "transcribe", recording, "--model", "auto", "--prefer", "best", "--deadline", "30", "--max-error", "5"
    )
    assert asked == (0, TEXT, "orstt: base is the quickest.\n")
    (request,) = scripted.requests
    assert (request.model, request.options) == ("auto", TranscribeOptions(prefer="best", deadline=30.0, max_error=5.0))


def test_the_request_says_what_the_options_said(orstt: Run, scripted: ScriptedBackend, recording: Path) -> None:
    options = (
        "--model small --language German --task translate --word-timestamps --beam-size 1 --temperature 0 "
        "--temperature 0.4 --no-vad"
    )
    bare = "--encoding pcmu --channel-count 2"
    texts = ("--prompt", "Dr. Who", "--hotwords", "scalpel")
    assert orstt("transcribe", recording, *options.split(), *texts, *bare.split()).code == 0
    (request,) = scripted.requests
    assert request.sample_format == SampleFormat(rate=8_000, channels=2, sample_type="mulaw")
    assert (request.model, request.audio, request.filename) == ("small", recording, str(recording))
    assert request.options == TranscribeOptions(
        language="de",
        task="translate",
        word_timestamps=True,
        initial_prompt="Dr. Who",
        hotwords="scalpel",
        beam_size=1,
        temperature=(0.0, 0.4),
        vad_filter=False,
    )


def test_without_options_the_request_leaves_everything_at_its_default(
    orstt: Run, scripted: ScriptedBackend, recording: Path
) -> None:
    orstt("transcribe", recording)
    assert scripted.requests[0].options == TranscribeOptions()
    assert scripted.requests[0].model is None


def test_a_model_can_be_named_by_its_id(orstt: Run, scripted: ScriptedBackend, recording: Path) -> None:
    assert orstt("transcribe", recording, "--model", "3").code == 0
    assert scripted.requests[0].model == "3"


def test_every_format_has_a_suffix(orstt: Run) -> None:
    assert set(SUFFIXES) == {*FORMATS, FULL}
    assert set(SUFFIXES) >= TOGETHER


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_goes_to_standard_output_whole(orstt: Run, recording: Path, form: str) -> None:
    code, out, err = orstt("transcribe", recording, "--format", form)
    assert (code, err) == (0, "")
    assert "General remarks." in out
    assert out.endswith("\n")
    assert not out.endswith("\n\n")


def test_format_json_is_openais_object(orstt: Run, recording: Path) -> None:
    assert json.loads(orstt("transcribe", recording, "--format", "json").out) == {"text": TEXT.strip()}


def test_json_is_all_that_is_known_with_the_recordings_name(orstt: Run, recording: Path) -> None:
    answer = json.loads(orstt("transcribe", recording, "--json").out)
    assert answer["file"] == str(recording)
    assert answer["text"] == TEXT.strip()
    assert answer["segments"][1]["start"] == 2.0
    assert answer["model"] == {"name": "base", "type": "whisper", "device": "cpu", "compute_type": "int8"}


def test_json_and_format_exclude_each_other(orstt: Run, recording: Path) -> None:
    code, out, err = orstt("transcribe", recording, "--json", "--format", "srt")
    assert (code, out) == (2, "")
    assert err.startswith("orstt: --json and --format exclude each other.")


def test_several_texts_get_headers_as_head_gives_them(orstt: Run, tmp_path: Path) -> None:
    one, two = several(tmp_path, "one.wav", "two.wav")
    assert orstt("transcribe", one, two) == (0, f"==> {one} <==\n{TEXT}\n==> {two} <==\n{TEXT}", "")


def test_a_recording_named_twice_is_transcribed_twice(orstt: Run, recording: Path) -> None:
    assert orstt("transcribe", recording, recording, "--format", "json").out.count("\n") == 2


@pytest.mark.parametrize("choice", [("--json",), ("--format", "json"), ("--format", "verbose_json")])
def test_several_recordings_as_json_are_one_object_on_a_line(
    orstt: Run, tmp_path: Path, choice: tuple[str, ...]
) -> None:
    out = orstt("transcribe", *several(tmp_path, "one.wav", "two.wav"), *choice).out
    assert [json.loads(line)["text"] for line in out.splitlines()] == [TEXT.strip()] * 2


@pytest.mark.parametrize("form", sorted(set(FORMATS) - TOGETHER))
def test_several_subtitles_are_not_mixed_on_standard_output(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, form: str
) -> None:
    code, out, err = orstt("transcribe", *several(tmp_path, "one.wav", "two.wav"), "--format", form)
    assert (code, out) == (2, "")
    assert "--output FOLDER" in err
    assert not scripted.requests


def test_warnings_are_said_beside_the_text(orstt: Run, scripted: ScriptedBackend, recording: Path) -> None:
    *events, done = speech("Hello.")
    warned = msgspec.structs.replace(done.transcript, warnings=["No GPU:\nthe CPU is used."])
    scripted.script = [*events, Done(transcript=warned)]
    assert orstt("transcribe", recording) == (0, "Hello.\n", "orstt: warning: No GPU: the CPU is used.\n")

    *events, done = speech("Hello.")
    about_both = [f"{NOT_LOOKED_FOR} tiny.en takes all that is said for English.", "The sound is cut."]
    scripted.script = [*events, Done(transcript=msgspec.structs.replace(done.transcript, warnings=about_both))]
    err = orstt("transcribe", recording, recording).err
    assert [err.count("not looked for"), err.count(f"{recording}: warning: The sound is cut.")] == [1, 2]


def test_a_recording_without_speech_prints_nothing_and_says_so(
    orstt: Run, scripted: ScriptedBackend, recording: Path
) -> None:
    scripted.script = [*speech()]
    assert orstt("transcribe", recording) == (0, "", f"orstt: no speech was found in {recording}\n")


@pytest.mark.parametrize(("given", "meant"), [("forever", -1.0), ("0", 0.0), ("12.5", 12.5), (None, None)])
def test_the_model_stays_loaded_as_long_as_asked(
    orstt: Run, scripted: ScriptedBackend, recording: Path, given: str | None, meant: float | None
) -> None:
    orstt("transcribe", recording, *(() if given is None else ("--keep-alive", given)))
    assert scripted.requests[0].keep_alive == meant


def restarted(kept: int) -> list[TranscribeEvent | float | Exception]:
    """The events of a transcription that dies after two of three segments and keeps so many."""
    *begun, _, _, _, done = speech("One.", "Two.", "Three.")
    again = [event for event in speech("One.", "Two.", "Three.") if isinstance(event, NewSegment)]
    return [*begun, Restarted(reason="The engine's process died.", kept=kept), *again[kept:], done]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_begun_again_gives_the_transcript_that_an_undisturbed_one_gives(
    orstt: Run, scripted: ScriptedBackend, recording: Path, tmp_path: Path, form: str
) -> None:
    scripted.script = [*speech("One.", "Two.", "Three.")]
    expected = orstt("transcribe", recording, "--format", form).out
    scripted.script = restarted(kept=1)
    code, out, err = orstt("transcribe", recording, "--format", form)
    assert (code, out) == (0, expected)
    assert err == "orstt: The engine's process died; going on from there\n"
    assert orstt("transcribe", recording, "--format", form, "--output", tmp_path / "out").code == 0
    assert (tmp_path / "out").read_text() == expected


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_reader_sees_each_segment_once_though_it_is_begun_again(
    orstt: Run, scripted: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(output, "to_terminal", lambda: True)
    scripted.script = restarted(kept)
    code, out, err = orstt("transcribe", recording, recording)
    part = f"==> {recording} <==\nOne.\nTwo.\nThree.\n"
    assert (code, out) == (0, f"{part}\n{part}")
    assert ("beginning again" if kept == 0 else "going on from there") in err


def test_a_reader_sees_the_channels_of_a_call_in_the_order_of_their_times(
    orstt: Run, scripted: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "to_terminal", lambda: True)
    accepted, started, *_, done = speech("Who is it?", "Tom.")
    assert isinstance(done, Done)
    replace = msgspec.structs.replace
    said = [replace(segment, channel=2 - segment.id) for segment in done.transcript.segments]
    found = [NewSegment(segment=segment) for segment in reversed(said)]
    scripted.script = [accepted, started, *found, Done(transcript=replace(done.transcript, segments=said))]
    assert orstt("transcribe", recording, "--channels", "separate").out == "Channel 2: Who is it?\nChannel 1: Tom.\n"
    assert scripted.requests[0].options == TranscribeOptions(channels="separate")


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_is_a_recording_too_and_leaves_no_file_behind(
    orstt: Run, scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    piped(monkeypatch, b"RIFF" * 1000)
    seen: list[bytes] = []
    original = scripted.transcribe

    def transcribe(request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        assert isinstance(request.audio, Path)
        seen.append(request.audio.read_bytes())
        return original(request)

    scripted.transcribe = transcribe
    assert orstt("transcribe", "-") == (0, TEXT, "")
    assert seen == [b"RIFF" * 1000]
    assert scripted.requests[0].filename == "standard input"
    assert list(tmp_path.iterdir()) == []


def test_a_named_pipe_is_read_like_standard_input(orstt: Run, scripted: ScriptedBackend, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"RIFF",))
    writer.start()
    assert orstt("transcribe", pipe) == (0, TEXT, "")
    writer.join()
    assert scripted.requests[0].audio != pipe


def test_what_is_open_in_this_process_is_copied_for_others(
    orstt: Run, scripted: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, b"RIFF")
    with recording.open("rb") as file:
        name = f"/dev/fd/{file.fileno()}"
        assert orstt("transcribe", name, "/dev/stdin").code == 0
    assert [request.filename for request in scripted.requests] == [name, "standard input"]
    assert str(scripted.requests[0].audio) != name
    assert orstt("transcribe", "-", "/dev/fd/0").code == 2


def test_nothing_on_standard_input_is_an_audio_error(orstt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, b"")
    code, out, err = orstt("transcribe", "-")
    assert (code, out) == (6, "")
    assert err == "orstt: standard input is empty: nothing came through it.\n"


def test_standard_input_is_cut_off_at_the_upload_limit(orstt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORSTT_MAX_UPLOAD_MB", "1")
    piped(monkeypatch, bytes((1 << 20) + 1))
    code, _, err = orstt("transcribe", "-")
    assert code == 6
    assert "max_upload_mb" in err


def test_standard_input_can_be_named_once(orstt: Run) -> None:
    assert orstt("transcribe", "-", "-").code == 2
