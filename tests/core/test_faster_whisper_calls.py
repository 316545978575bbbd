"""FasterWhisperSTT on a stand-in for the library: what it passes on, what it makes of answers and failures."""

from collections.abc import Generator, Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from orstt_core.audio import SAMPLE_RATE
from orstt_core.engines import voice_activity
from orstt_core.engines.alignment import AlignedWord
from orstt_core.engines.faster_whisper import FasterWhisperSTT
from orstt_core.errors import AudioError, EngineFailed, LanguageUnknown, OptionUnsupported
from orstt_core.types import Segment, TranscribeOptions


class StandIn:
    """Answers like `faster_whisper.WhisperModel`, and remembers how it was called."""

    def __init__(self, *, multilingual: bool = True) -> None:
        self.model = SimpleNamespace(is_multilingual=multilingual)
        self.hf_tokenizer = SimpleNamespace(
            encode=lambda text, **_: SimpleNamespace(ids=text.split()),
            token_to_id={"<|en|>": 1, "<|de|>": 2, "<|zh|>": 3}.get,
        )
        self.calls: list[dict[str, Any]] = []
        self.temperature = 0.0
        self.yielded = 0
        self.text = " part"
        self.failure: Exception | None = None
        self.words: list[AlignedWord] = []

    def hearing(self, speech: object) -> "StandIn":
        return self

    def aligned(self, tokens: list[int]) -> list[AlignedWord]:
        return self.words

    def transcribe(self, samples: object, **options: Any) -> tuple[Iterator[SimpleNamespace], SimpleNamespace]:
        self.calls.append(options)
        return self._segments(), SimpleNamespace(language="de", language_probability=np.float32(0.75))

    def _segments(self) -> Iterator[SimpleNamespace]:
        for number in range(3):
            self.yielded += 1
            yield SimpleNamespace(
                start=np.float64(number),
                end=np.float64(number + 0.9),
                text=self.text,
                tokens=[len(self.calls), number],
                avg_logprob=np.float64(-0.2 + number),
                compression_ratio=1.0,
                no_speech_prob=0.1,
                temperature=self.temperature,
                seek=0,
            )
            if self.failure:
                raise self.failure


@pytest.fixture
def engine() -> FasterWhisperSTT:
    engine = FasterWhisperSTT("base")
    engine.options = FasterWhisperSTT.Options(mode="classic")
    engine._classic = cast("Any", StandIn())
    return engine


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, 40 * SAMPLE_RATE).astype(np.float32)


def without_vad(**options: Any) -> TranscribeOptions:
    return TranscribeOptions(vad_filter=False, **options)


def test_every_option_reaches_the_library(engine: FasterWhisperSTT, noise: np.ndarray) -> None:
    options = without_vad(
        language="German",
        task="translate",
        initial_prompt="Dr. Who",
        hotwords="scalpel",
        beam_size=2,
        temperature=(0.0,),
    )
    list(engine.segments(noise, options))
    assert engine._classic.calls == [
        {
            "language": "de",
            "task": "translate",
            "initial_prompt": "Dr. Who",
            "hotwords": "scalpel",
            "beam_size": 2,
            "temperature": (0.0,),
        }
    ]


def test_confidence_is_a_probability(engine: FasterWhisperSTT, noise: np.ndarray) -> None:
    confidences = [segment.confidence for segment in engine.segments(noise, without_vad())]
    assert confidences == pytest.approx([np.exp(-0.2), 1.0, 1.0])


def word(text: str, start: float, end: float, token: int) -> AlignedWord:
    return AlignedWord(text, start, end, 0.5, [token], [0.5])


def test_a_segment_has_the_times_of_its_words(engine: FasterWhisperSTT, noise: np.ndarray) -> None:
    engine._classic.words = [word(" one", 0.3, 0.5, 1), word(" two.", 0.5, 0.7, 2)]
    plain, *_ = engine.segments(noise, without_vad())
    assert (plain.start, plain.end, plain.text, plain.words) == (0.3, 0.7, "part", None)
    engine._classic.words, placed = [], engine._classic.words
    assert {str(found.words) for found in engine.segments(noise, without_vad(word_timestamps=True))} == {"[]"}
    engine._classic.words = placed
    timed, *_ = engine.segments(noise, without_vad(word_timestamps=True))
    assert [(found.start, found.end, found.word) for found in timed.words] == [(0.3, 0.5, "one"), (0.5, 0.7, "two.")]


@pytest.mark.parametrize(
    ("texts", "language", "parts"),
    [
        ([" one", " two,", " three."], "en", ["one two,", "three."]),
        (["一", "二", "三"], "zh", ["一二", "三"]),
        ([" one", " twenty", "-three."], "en", ["part"]),
    ],
    ids=["between words", "where nothing is between words", "not inside a word"],
)
def test_a_segment_that_goes_on_after_a_long_pause_is_two(
    engine: FasterWhisperSTT, noise: np.ndarray, texts: list[str], language: str, parts: list[str]
) -> None:
    times = [(0.3, 0.5), (0.5, 0.7), (9.0, 9.4)]
    engine._classic.words = [
        word(text, *time, number) for number, (text, time) in enumerate(zip(texts, times, strict=True))
    ]
    found = list(engine.segments(noise, without_vad(language=language, word_timestamps=True)))[: len(parts)]
    assert [segment.text for segment in found] == parts
    assert [segment.id for segment in found] == list(range(len(parts)))
    if len(parts) > 1:
        assert [(segment.start, segment.end, segment.tokens) for segment in found] == [
            (0.3, 0.7, [0, 1]),
            (9.0, 9.4, [2]),
        ]
        assert [len(segment.words or []) for segment in found] == [2, 1]


def test_no_word_begins_before_the_one_before_it_has_ended(engine: FasterWhisperSTT, noise: np.ndarray) -> None:
    engine._classic.words = [word(" one", 0.3, 0.9, 1), word(" two.", 0.5, 0.7, 2)]
    found = list(engine.segments(noise, without_vad(word_timestamps=True)))
    edges = [time for segment in found for timed in segment.words for time in (timed.start, timed.end)]
    assert edges == sorted(edges)


def test_a_script_is_not_given_what_nobody_can_say_in_its_time(
    engine: FasterWhisperSTT, noise: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = engine.segments
    monkeypatch.setattr(engine, "segments", lambda samples, _: segments(samples, without_vad()))
    spoken, engine._classic.text = engine.transcribe(noise), " Thank you very much."
    assert spoken == "part part part"
    engine._classic.words = [word(" Thank you very much.", 0.3, 0.3, 1)]
    assert {segment.start < segment.end for segment in engine.segments(noise, without_vad())} == {True}
    assert engine.transcribe(noise) == ""


@pytest.fixture
def two_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the 40 seconds of noise once."""
    monkeypatch.setattr(voice_activity, "CHUNK_SECONDS", 25)
    monkeypatch.setattr(voice_activity, "SEARCH_SECONDS", 5)


def test_the_language_is_detected_once_and_the_text_before_guides_what_follows(
    engine: FasterWhisperSTT, noise: np.ndarray, two_chunks: None
) -> None:
    found = list(engine.segments(noise, without_vad(initial_prompt="Dr. Who")))
    first, second = engine._classic.calls
    assert (first["language"], first["initial_prompt"]) == (None, "Dr. Who")
    assert (second["language"], second["initial_prompt"]) == ("de", [1, 0, 1, 1, 1, 2])
    assert {(segment.language, segment.language_probability) for segment in found} == {("de", 0.75)}
    assert [segment.id for segment in found] == list(range(6))


def test_text_that_was_guessed_at_a_high_temperature_guides_nothing(
    engine: FasterWhisperSTT, noise: np.ndarray, two_chunks: None
) -> None:
    engine._classic.temperature = 0.8
    list(engine.segments(noise, without_vad(initial_prompt="Dr. Who")))
    assert [call["initial_prompt"] for call in engine._classic.calls] == ["Dr. Who", "Dr. Who"]


@pytest.mark.parametrize("text", ["", " .", " . . .", " \u266a\u266a", " ...!?"])
def test_a_segment_without_a_letter_or_a_digit_is_left_out(
    engine: FasterWhisperSTT, noise: np.ndarray, text: str
) -> None:
    engine._classic.text = text
    assert list(engine.segments(noise, without_vad())) == []


def test_a_given_language_has_no_probability(engine: FasterWhisperSTT, noise: np.ndarray) -> None:
    assert {segment.language_probability for segment in engine.segments(noise, without_vad(language="de"))} == {None}


def test_segments_come_as_they_are_decoded_and_stop_when_nobody_reads_on(
    engine: FasterWhisperSTT, noise: np.ndarray
) -> None:
    segments = engine.segments(noise, without_vad())
    assert engine._classic.yielded == 0
    next(segments)
    cast("Generator[Segment]", segments).close()
    assert engine._classic.yielded == 1


def test_a_failure_of_the_library_is_an_engine_failure_with_its_words(
    engine: FasterWhisperSTT, noise: np.ndarray
) -> None:
    engine._classic.failure = RuntimeError("CUDA failed with error out of memory")
    segments = engine.segments(noise, without_vad())
    next(segments)
    with pytest.raises(EngineFailed, match="out of memory"):
        next(segments)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((16_000, 2), np.float32),
        np.zeros(16_000, np.int16),
        np.zeros(16_000, np.complex64),
        [0.0, 0.1],
        None,
    ],
)
def test_what_is_no_sound_is_refused_at_once(engine: FasterWhisperSTT, samples: Any) -> None:
    with pytest.raises(AudioError):
        engine.segments(samples, TranscribeOptions())


@pytest.mark.parametrize("vad_filter", [True, False])
@pytest.mark.parametrize("samples", [[0.0, np.nan, 0.0], [0.0, np.inf], [1e30, 0.5]])
def test_values_that_are_no_numbers_are_refused_when_their_turn_comes(
    engine: FasterWhisperSTT, samples: list[float], *, vad_filter: bool
) -> None:
    segments = engine.segments(np.array(samples, np.float32), TranscribeOptions(vad_filter=vad_filter))
    with pytest.raises(AudioError, match="NaN or infinite"):
        next(segments)


def test_what_comes_before_a_value_that_is_no_number_is_transcribed(
    engine: FasterWhisperSTT, noise: np.ndarray, two_chunks: None
) -> None:
    noise[-1] = np.nan
    with pytest.raises(AudioError):
        list(engine.segments(noise, without_vad()))
    assert len(engine._classic.calls) == 1


def test_a_chunk_of_zeros_is_not_given_to_the_library(
    engine: FasterWhisperSTT, noise: np.ndarray, two_chunks: None
) -> None:
    noise[:] = 0
    noise[-1] = 0.5
    list(engine.segments(noise, without_vad()))
    assert len(engine._classic.calls) == 1


@pytest.mark.parametrize("language", ["xx", "Elbonian", "fr"])
def test_a_language_that_the_model_does_not_know_is_refused_at_once(
    engine: FasterWhisperSTT, noise: np.ndarray, language: str | None
) -> None:
    with pytest.raises(LanguageUnknown):
        engine.segments(noise, TranscribeOptions(language=language))


@pytest.mark.parametrize(
    ("options", "field"), [({"language": "de"}, "language"), ({"language": "en", "task": "translate"}, "task")]
)
def test_a_model_for_english_refuses_the_rest(
    engine: FasterWhisperSTT, noise: np.ndarray, options: dict[str, Any], field: str
) -> None:
    engine._classic = cast("Any", StandIn(multilingual=False))
    with pytest.raises(OptionUnsupported, match="English only") as caught:
        engine.segments(noise, TranscribeOptions(**options))
    assert caught.value.field == field


@pytest.mark.parametrize("language", ["en", None])
def test_a_model_for_english_takes_english(engine: FasterWhisperSTT, noise: np.ndarray, language: str | None) -> None:
    engine._classic = cast("Any", StandIn(multilingual=False))
    found = list(engine.segments(noise, without_vad(language=language)))
    assert {(segment.language, segment.language_probability) for segment in found} == {("en", None)}
