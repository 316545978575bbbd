"""Requests of whatever a script has; what is no recording is refused before anything is stored."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recordings import tone

from orstt_core import make_request
from orstt_core.audio import decode, resample
from orstt_core.errors import AudioEmpty, AudioUnreadable, InvalidRequest
from orstt_core.types import (
    FileContent,
    RawAudio,
    StoredRecording,
    TranscribeKeywords,
    TranscribeOptions,
    TranscribeRequest,
    to_json,
)

DTYPES = ("int8", "uint8", "int16", ">i2", "int32", "float32", "float64", ">f8")


def test_a_request_is_made_of_a_path_a_file_bytes_or_what_a_request_may_have(tmp_path: Path) -> None:
    path = tmp_path / "talk.m4a"
    path.write_bytes(b"sound")
    assert make_request(path) == make_request(str(path)) == TranscribeRequest(audio=path)
    content = FileContent(data=b"sound")
    with path.open("rb") as file:
        assert make_request(file) == TranscribeRequest(audio=content, filename="talk.m4a")
    assert make_request(b"sound") == make_request(io.BytesIO(b"sound")) == TranscribeRequest(audio=content)
    stored = StoredRecording(id="0" * 64)
    assert make_request(stored, 7).audio is stored
    text: Any = "talk.m4a"
    assert make_request("~/talk.m4a").audio == Path.home() / "talk.m4a"
    assert TranscribeRequest(audio=text).audio == Path("talk.m4a")


@pytest.mark.parametrize("dtype", DTYPES)
def test_samples_are_sent_as_they_are_and_sound_as_they_do_in_an_engine_of_a_script(dtype: str) -> None:
    scale = {"i": 2 ** (8 * np.dtype(dtype).itemsize - 1) - 1, "u": 127, "f": 1}[np.dtype(dtype).kind]
    mono = (tone(8_000) * scale + (128 if dtype == "uint8" else 0)).astype(dtype)
    for samples in (mono, np.stack([mono, mono], axis=1), np.stack([mono, mono])):
        audio = make_request((8_000, samples)).audio
        assert isinstance(audio, RawAudio)
        assert (audio.rate, audio.channels) == (8_000, samples.ndim)
        np.testing.assert_allclose(decode(audio, max_seconds=60).samples, resample((8_000, samples)), atol=1e-6)


def test_what_is_no_recording_is_refused_with_what_would_be_one(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir")
    with path.open("rb") as closed:
        pass
    with path.open() as letter:
        refused: list[tuple[Any, type[Exception], str]] = [
            (letter, InvalidRequest, 'open\\(path, "rb"\\)'),
            (None, InvalidRequest, "Give a path"),
            (closed, InvalidRequest, "closed"),
            ("https://example.com/a.mp3", InvalidRequest, "nothing is fetched"),
            (5, InvalidRequest, "int is nothing"),
            (np.zeros(10), InvalidRequest, "ndarray is nothing .* \\(rate, samples\\)"),
            ((np.zeros(10), 16_000), AudioUnreadable, "Swap them"),
            ((16_000, np.zeros(0)), AudioEmpty, "no sound"),
            ((16_000, np.zeros((1, 2, 3))), AudioUnreadable, "3 dimensions"),
            ((0, np.zeros(10)), AudioUnreadable, "sample rate of 0"),
            ((16_000, ["a"]), AudioUnreadable, "values"),
        ]
        for audio, kind, named in refused:
            with pytest.raises(kind, match=named):
                make_request(audio)
    with pytest.raises(InvalidRequest, match=r"tuple is no recording .*make_request"):
        TranscribeRequest(audio=(16_000, np.zeros(10)))  # type: ignore[arg-type]  # which is what is refused


def test_options_go_by_name_and_are_those_that_are_described() -> None:
    assert TranscribeKeywords.__annotations__.keys() == set(TranscribeOptions.__struct_fields__)
    made = make_request("a.wav", "base", language="de", languages=["de", "en"], temperature=[0])
    assert made.options == TranscribeOptions(language="de", languages=("de", "en"), temperature=(0.0,))
    assert made.options.language == "de"
    assert make_request("a.wav", languages="de, en").options.languages == ("de", "en")
    assert make_request("a.wav").options.language is None
    assert to_json(make_request("a.wav", "base", beam_size=5).options) == b"{}"  # what is left at its default
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"lanuage": "de"}, "no option called 'lanuage'.*language"),
        ({"beam_size": 99}, "at most 20"),
        ({"word_timestamps": "yes"}, "true or false"),
    ]
    for options, named in wrong:
        with pytest.raises(InvalidRequest, match=named):
            make_request("a.wav", **options)
