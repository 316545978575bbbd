"""FasterWhisperSTT on real weights: what a reading, silence, noise and damaged files come to."""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from orstt_core import STTFactory
from orstt_core.audio import SAMPLE_RATE, decode
from orstt_core.engines import voice_activity
from orstt_core.engines.expected_terms import with_terms
from orstt_core.engines.faster_whisper import FasterWhisperSTT
from orstt_core.engines.voice_activity import SpeechDetection
from orstt_core.errors import (
    InvalidRequest,
    LanguageUnknown,
)
from orstt_core.settings import Settings
from orstt_core.terms import phrases
from orstt_core.types import Segment, TranscribeOptions

AUSTEN = Path(__file__).parents[1] / "data" / "austen.wav"
PAUSE = 10.0
"""Seconds of silence between two readings in the long recording."""


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> Settings:
    return Settings(cache_dir=weights_cache)


@pytest.fixture(scope="module")
def whisper(settings: Settings) -> FasterWhisperSTT:
    """The engine with base weights, loaded once for this file."""
    engine = STTFactory.build("whisper", "base", "cpu", "int8", settings=settings.for_engines)
    assert isinstance(engine, FasterWhisperSTT)
    engine.load()
    return engine


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return decode(AUSTEN, max_seconds=60).samples


@pytest.fixture(scope="module")
def twice(speech: np.ndarray) -> np.ndarray:
    """The reading, silence, and the reading again."""
    return np.concatenate([speech, np.zeros(int(PAUSE * SAMPLE_RATE), np.float32), speech])


def english(**options: Any) -> TranscribeOptions:
    return TranscribeOptions(language="en", **options)


def text_of(segments: list[Segment]) -> str:
    return " ".join(segment.text for segment in segments)


@pytest.mark.models
def test_a_reading_becomes_its_text(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    assert whisper.transcribe(speech, language="en") == (
        "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power "
        "to do for them."
    )


@pytest.mark.slow
@pytest.mark.models
def test_segments_tell_times_confidence_language_and_words(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    (segment,) = whisper.segments(speech, TranscribeOptions(word_timestamps=True))
    assert segment.id == 0
    assert 0 <= segment.start < 1
    assert 6 < segment.end <= len(speech) / SAMPLE_RATE
    assert segment.text == segment.text.strip()
    assert 0.5 < segment.confidence <= 1
    assert (segment.language, segment.temperature, segment.seek) == ("en", 0.0, 0)
    assert 0.9 < segment.language_probability <= 1
    assert segment.tokens
    assert " ".join(word.word for word in segment.words) == segment.text
    edges = [time for word in segment.words for time in (word.start, word.end)]
    assert edges == sorted(edges)
    assert (segment.start, segment.end) == (edges[0], edges[-1])
    assert msgspec.json.decode(msgspec.json.encode(segment), type=Segment) == segment


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("mode", ["fast", "classic"])
@pytest.mark.parametrize(
    ("pause", "vad_filter"), [("zeros", False), ("hiss", True), ("tune", False)], ids=["off", "on", "tune"]
)
def test_what_is_said_after_a_long_pause_has_its_own_times(
    whisper: FasterWhisperSTT, speech: np.ndarray, pause: str, mode: str, *, vad_filter: bool
) -> None:
    samples = np.concatenate([speech, silence(pause, 30), speech])
    second = len(speech) / SAMPLE_RATE + 30
    found = list(whisper.segments(samples, english(mode=mode, vad_filter=vad_filter, word_timestamps=True)))
    for begin in (0.0, second):
        words = [word for segment in found for word in segment.words if begin - 1 < word.start < begin + 8]
        assert "leisure to consider" in " ".join(word.word for word in words)
        assert words[0].start == pytest.approx(begin + 0.23, abs=0.2)
        assert words[-1].end == pytest.approx(begin + 6.75, abs=0.3)
    assert all(segment.end - segment.start < 8 for segment in found)
    edges = [(words[0].start, words[-1].end) for words in (segment.words for segment in found) if words]
    assert edges == [(segment.start, segment.end) for segment in found]


@pytest.mark.slow
@pytest.mark.models
def test_the_text_is_that_of_the_library(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    samples = np.concatenate([speech, silence("hiss", 4), speech, speech])
    # What is said again and again is decoded again at higher temperatures, which are chance.
    found, _ = whisper._classic_model().transcribe(samples, language="en", temperature=0.0)
    plain = "".join(segment.text for segment in found).strip()
    for word_timestamps in (False, True):
        options = english(mode="classic", vad_filter=False, word_timestamps=word_timestamps, temperature=(0.0,))
        assert text_of(list(whisper.segments(samples, options))) == plain


def silence(kind: str, seconds: float) -> np.ndarray:
    """What is no speech: nothing, a quiet hiss, or a melody of a sine."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    if kind == "hiss":
        return np.random.default_rng(0).normal(0, 0.003, times.size).astype(np.float32)
    if kind == "tune":
        pitch = np.array([262, 330, 392, 523])[(times / 0.4).astype(int) % 4]
        return (0.1 * np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE)).astype(np.float32)
    return np.zeros(times.size, np.float32)


@pytest.mark.slow
@pytest.mark.models
def test_every_token_has_its_probability(whisper: FasterWhisperSTT, speech: np.ndarray, twice: np.ndarray) -> None:
    (segment,) = whisper.segments(speech, english(logprobs=True, word_timestamps=True))
    assert b"".join(bytes(token.bytes) for token in segment.logprobs).decode().strip() == segment.text
    assert "".join(token.token for token in segment.logprobs).strip() == segment.text
    assert all(token.logprob <= 0 for token in segment.logprobs)
    # A word's probability is the mean of its tokens', and most words of this text are one token.
    of_token = {token.token.strip(): np.exp(token.logprob) for token in segment.logprobs}
    alone = [word for word in segment.words if word.word in of_token and word.word.isalpha()]
    assert len(alone) > 10
    assert all(word.probability == pytest.approx(of_token[word.word], abs=1e-3) for word in alone if word.word != "to")
    longer = whisper.segments(twice, english(logprobs=True))
    begun = next(longer)
    (plain,) = whisper.segments(speech, english(logprobs=True))  # ends while the other goes on
    assert all(segment.logprobs for segment in (begun, *longer))
    assert plain.words is None
    assert [token.token for token in plain.logprobs] == [token.token for token in segment.logprobs]
    (without,) = whisper.segments(speech, english())
    assert without.logprobs is None


@pytest.mark.slow
@pytest.mark.models
def test_the_language_is_one_of_those_that_are_possible(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    def first(*languages: str) -> Segment:
        """What is heard first, without the search for better words."""
        options = TranscribeOptions(languages=languages, beam_size=1, temperature=(0.0,))
        return next(iter(whisper.segments(speech, options)))

    segment = first("German", "en")
    assert segment.language == "en"
    assert segment.language_probability > 0.9
    segment = first("de", "fr")
    assert segment.language in ("de", "fr")
    assert segment.language_probability < 0.1
    segment = first("en")
    assert segment.language_probability is None
    with pytest.raises(LanguageUnknown) as caught:
        whisper.segments(speech, TranscribeOptions(languages=("en", "xx")))
    assert caught.value.field == "languages"
    with pytest.raises(InvalidRequest, match="possible"):
        whisper.segments(speech, english(languages=("de", "fr")))


@pytest.mark.slow
@pytest.mark.models
def test_how_speech_is_found_can_be_chosen(whisper: FasterWhisperSTT, twice: np.ndarray) -> None:
    def seconds(**options: Any) -> float:
        return (
            sum(len(part.samples) for part in voice_activity.chunks(twice, detection=SpeechDetection.chosen(**options)))
            / 16_000
        )

    usual = seconds(threshold=None, padding_ms=None, silence_ms=None)
    assert seconds(threshold=None, padding_ms=0, silence_ms=None) < usual
    assert seconds(threshold=None, padding_ms=None, silence_ms=20_000) > usual + 8
    assert seconds(threshold=0.99, padding_ms=None, silence_ms=100) < usual
    found = list(whisper.segments(twice, english(vad_silence_ms=20_000, vad_padding_ms=100)))
    assert "leisure to consider" in text_of(found)


def test_details_of_finding_speech_are_refused_where_it_is_not_looked_for() -> None:
    with pytest.raises(InvalidRequest) as caught:
        FasterWhisperSTT.check_options(TranscribeOptions(vad_filter=False, vad_threshold=0.5))
    assert caught.value.field == "vad_threshold"


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    ("mode", "chunk_seconds"), [("fast", 600), ("classic", 600), ("classic", 20)], ids=["fast", "classic", "two chunks"]
)
def test_times_after_a_silence_are_those_of_the_recording(
    whisper: FasterWhisperSTT,
    speech: np.ndarray,
    twice: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    chunk_seconds: int,
) -> None:
    monkeypatch.setattr(voice_activity, "CHUNK_SECONDS", chunk_seconds)
    monkeypatch.setattr(voice_activity, "SEARCH_SECONDS", 10)
    found = list(whisper.segments(twice, english(mode=mode)))
    second = len(speech) / SAMPLE_RATE + PAUSE
    after = [segment for segment in found if segment.start > second - 1]
    before = found[: len(found) - len(after)]
    assert "leisure to consider" in text_of(before)
    assert "leisure to consider" in text_of(after)
    assert before[-1].end <= len(speech) / SAMPLE_RATE + voice_activity.PAD_SECONDS
    assert after[0].start == pytest.approx(second, abs=0.6)
    assert after[-1].end <= len(twice) / SAMPLE_RATE
    assert [segment.id for segment in found] == list(range(len(found)))
    assert after[0].language_probability is None


@pytest.mark.models
@pytest.mark.parametrize("options", [TranscribeOptions(), TranscribeOptions(vad_filter=False)], ids=["vad", "no vad"])
def test_silence_and_scraps_have_no_words(whisper: FasterWhisperSTT, options: TranscribeOptions) -> None:
    for seconds in (0, 1 / SAMPLE_RATE, 0.01, 5):
        samples = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        assert list(whisper.segments(samples, options)) == []
        assert whisper.transcribe(samples) == ""


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("loudness", [0.001, 0.3])
def test_noise_has_no_words(whisper: FasterWhisperSTT, loudness: float) -> None:
    noise = np.random.default_rng(1).normal(0, loudness, 10 * SAMPLE_RATE).astype(np.float32)
    assert list(whisper.segments(noise, TranscribeOptions())) == []


@pytest.mark.models
def test_too_many_hotwords_are_refused_before_the_work_begins(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    drugs = ["Metoprololsuccinat", "Herzkatheteruntersuchung", "Thrombozytenaggregationshemmer", "Ringer-Lactat"] * 3
    with pytest.raises(InvalidRequest) as caught:
        whisper.segments(speech, english(hotwords=" ".join(drugs)))
    counted = re.search(r"12 words are (\d+) tokens .* and 64 fit\.", caught.value.message)
    assert counted
    assert int(counted[1]) > 64
    first = re.match(r"The first (\d+) fit, up to '(.*)':", caught.value.hint)
    assert first
    assert drugs[int(first[1]) - 1] == first[2]
    assert caught.value.field == "hotwords"
    whisper.segments(speech, english(hotwords=" ".join(drugs[: int(first[1])])))
    with pytest.raises(InvalidRequest, match="1 word is"):
        whisper.segments(speech, english(hotwords="Pneumo" * 60))


@pytest.mark.models
def test_of_a_long_vocabulary_the_first_that_fit_are_told_and_the_others_named(
    whisper: FasterWhisperSTT, speech: np.ndarray
) -> None:
    drugs = [f"Metoprololsuccinat {number}" for number in range(30)]
    options, [warning] = with_terms(
        whisper, english(hotwords="Dashwood"), ["Pneumo" * 60, "folic acid", *drugs], speaker="base"
    )
    told = phrases(options.hotwords or "")
    assert told[:3] == ["Dashwood", "folic acid", drugs[0]], "what is too long by itself makes way"
    assert told[2:] == drugs[: len(told) - 2], "the first of the list, which are the most used"
    assert 5 < len(told) < 20
    assert warning.startswith(f"base takes {len(told) - 1} of the 32 terms of its vocabulary; left out: Pneumo")
    assert warning.endswith(f" and {32 - len(told) + 1 - 5} more.")
    whisper.segments(speech, options)  # is not refused


@pytest.mark.slow
@pytest.mark.models
def test_full_hotwords_and_a_long_prompt_leave_room_for_the_text(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    crowded = {"hotwords": "Dashwood " * 20, "initial_prompt": "Sense and Sensibility. " * 200}
    options = english(**crowded, beam_size=1, temperature=(0.0,))
    assert text_of(list(whisper.segments(speech, options)))


@pytest.mark.models
def test_a_language_of_newer_weights_only_is_refused(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    with pytest.raises(LanguageUnknown, match=r"Cantonese. Choose a newer model"):
        whisper.segments(speech, TranscribeOptions(language="Cantonese"))


@pytest.mark.models
def test_preprocess_takes_what_a_microphone_or_a_file_gives(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    stereo = np.stack([speech, speech], axis=1)
    assert whisper.preprocess((SAMPLE_RATE, (stereo * 32767).astype(np.int16))) == pytest.approx(speech, abs=1e-3)
