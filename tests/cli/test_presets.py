"""`orstt presets` and --preset: named options, for commands and the terminal program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.types import TranscribeOptions
from orstt_tui.presets import presets_file

Orstt = Callable[..., Result]


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep presets of the test's own."""
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("ORSTT_CONFIG", str(tmp_path / "config.toml"))


def test_options_are_kept_under_a_name_and_asked_for_by_it(
    orstt: Orstt, scripted: ScriptedBackend, recording: Path
) -> None:
    kept = ("--language", "German", "--vocabulary", "drugs,names", "--word-timestamps", "--format", "srt")
    assert orstt("presets", "save", "ward", "--model", "small", *kept).code == 0
    assert orstt("presets", "save", "quick", "--preset", "ward", "--beam-size", "1").code == 0
    assert [line.split("  ")[0] for line in orstt("presets", "list").out.splitlines()] == ["NAME", "ward", "quick"]
    shown = [" ".join(line.split()) for line in orstt("presets", "show", "ward").out.splitlines()]
    assert shown == ["model small", "format srt", "language de", "vocabulary drugs, names", "word_timestamps yes"]

    written = orstt("transcribe", recording, "--preset", "quick", "--language", "en")
    assert written.out.startswith("1\n00:00:00,000"), "srt"
    assert orstt("transcribe", recording, "--preset", "quick", "--json").out.startswith("{")
    first, second = scripted.requests
    assert first.model == second.model == "small"
    wanted = TranscribeOptions(language="de", vocabulary=("drugs", "names"), word_timestamps=True, beam_size=1)
    assert (first.options.language, second.options) == ("en", wanted)

    job = orstt("jobs", "submit", recording, "--preset", "ward")
    assert job.code == 0
    assert scripted.requests[-1].options.vocabulary == ("drugs", "names")
    assert orstt("presets", "delete", "quick").code == 0
    refused = orstt("transcribe", recording, "--preset", "quick")
    assert (refused.code, "There is no preset called 'quick'. There are: ward." in refused.err) == (2, True)


def test_what_is_wrong_with_the_file_is_said_by_name_and_line_and_the_others_count(
    orstt: Orstt, scripted: ScriptedBackend, recording: Path
) -> None:
    path = presets_file()
    path.write_text('[good]\ntask = "translate"\n\n[odd]\nlanguage = "de"\nbeam_size = "many"\n\n[older]\nbeams = 1\n')
    listed = orstt("presets", "list")
    assert listed.code == 0
    assert [line.split("  ")[0] for line in listed.out.splitlines()] == ["NAME", "good"]
    assert f"{path}, line 6: the preset 'odd': beam_size does not fit" in listed.err
    assert f"{path}, line 9: the preset 'older': There is no option called 'beams'" in listed.err
    assert orstt("transcribe", recording, "--preset", "good").code == 0
    assert scripted.requests[0].options.task == "translate"
    refused = orstt("transcribe", recording, "--preset", "odd")
    assert (refused.code, "line 6" in refused.err) == (2, True)

    path.write_text('[good]\ntask = "translate"\nlanguage =\n')
    assert "line 3" in orstt("presets", "list").err
    assert orstt("presets", "save", "new", "--task", "translate").code != 0
    assert path.read_text().endswith("language =\n"), "a file that cannot be read is left as it is"
