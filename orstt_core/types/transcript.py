"""Transcript: what comes out of a transcription. Times are seconds from the recording's start.

A finished one writes itself as subtitles or as the rows of a table; `orstt_core.formats` has the other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from orstt_core import subtitles
from orstt_core.errors import OptionUnsupported
from orstt_core.types.selection import ModelChoice, SoundFacts

Task = Literal["transcribe", "translate"]


class Word(Struct, frozen=True, kw_only=True):
    """One word with its times and its probability (0 to 1)."""

    start: float
    end: float
    word: str
    probability: float | None = None


class TokenLogprob(Struct, frozen=True, kw_only=True):
    """One token of the text with the natural logarithm of its probability, as the engine measured it."""

    token: str
    logprob: float
    bytes: list[int]
    """The token in UTF-8; a token may be a part of a letter."""


class Segment(Struct, frozen=True, kw_only=True):
    """A passage of speech. What an engine does not measure is None, never invented."""

    id: int
    start: float | None
    end: float | None
    text: str
    words: list[Word] | None = None
    language: str | None = None
    language_probability: float | None = None
    confidence: float | None = None
    """exp(avg_logprob): the geometric mean of the token probabilities, 0 to 1."""
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    temperature: float | None = None
    seek: int | None = None
    tokens: list[int] | None = None
    logprobs: list[TokenLogprob] | None = None
    channel: int | None = None
    """Which channel of the recording it was heard in, from 1 on, where each was transcribed by itself."""
    track: int | None = None
    """Which sound track it was heard in, likewise."""

    @property
    def part(self) -> int:
        """The number of its channel or track; 0 where the recording was transcribed as one."""
        return self.channel or self.track or 0


class UsedModel(Struct, frozen=True, kw_only=True):
    """What really transcribed: the device and compute type after any fall-back; of a service `server` and nothing."""

    name: str
    type: str
    device: str
    compute_type: str


class Transcript(Struct, frozen=True, kw_only=True):
    """A finished transcription.

    Attributes:
        text: all of it, as one text.
        segments: its passages, with their times.
        language: code of what was spoken, given or detected; None where the engine does not say.
        language_probability: how sure the engine is of it, 0 to 1.
        duration: length of the recording in seconds.
        model: what transcribed it.
        load_seconds: time to load the model; 0 when it was loaded already.
        seconds: time from the first sample decoded to the last segment.
        peak_memory: most bytes that the process which transcribed it had taken by then; None: not measured.
        warnings: what a person should know about the recording, each a sentence.
        choice: why this model, where it was chosen for the recording; None: it was asked for.
        sound: what the recording sounds like.
    """

    text: str
    segments: list[Segment]
    language: str | None
    language_probability: float | None
    duration: float
    task: Task
    model: UsedModel
    load_seconds: float = 0.0
    seconds: float = 0.0
    peak_memory: int | None = None
    warnings: list[str] = []
    choice: ModelChoice | None = None
    sound: SoundFacts | None = None

    def to_srt(self) -> str:
        """Return it as subtitles in SubRip's format.

        Raises:
            OptionUnsupported: the engine measured no times.
        """
        return subtitles.srt(self)

    def to_vtt(self) -> str:
        """Return it as subtitles in the WebVTT format.

        Raises:
            OptionUnsupported: the engine measured no times.
        """
        return subtitles.vtt(self)

    def rows(self, *, words: bool = False) -> list[dict[str, Any]]:
        """Return plain dicts, one a segment or with `words` one a word, ready for `csv`, pandas or a database.

        A segment's row has `start`, `end`, `text`, `language`, `confidence`, `channel` and `track`; a word's has
        `segment` (the number of its segment), `start`, `end`, `word`, `probability`, `channel` and `track`. What the
        engine did not measure is None, as are the times of a word that a person put there. A segment whose words could
        not be placed has one row, in which its text is the word.

        Raises:
            OptionUnsupported: rows of words are asked for, and their times were not measured.
        """
        if words:
            self._check_words()
            return [_word_row(segment, word) for segment in self.segments for word in _words_in(segment)]
        return [
            {
                "start": segment.start,
                "end": segment.end,
                "text": segment.text.strip(),
                "language": segment.language or self.language,
                "confidence": segment.confidence,
                "channel": segment.channel,
                "track": segment.track,
            }
            for segment in self.segments
        ]

    def _check_words(self) -> None:
        if self.segments and all(segment.words is None for segment in self.segments):
            raise OptionUnsupported(
                "The times of words were not measured.",
                hint="Transcribe with word_timestamps=True, by an engine that measures them.",
                field="word_timestamps",
            )


def _words_in(segment: Segment) -> Iterator[Word | str | None]:
    """Yield the words of a segment: those whose times nobody knows as text, None where that is all of them."""
    if not segment.words:
        yield None
        return
    places = _places(segment.words, segment.text)
    ends = [0, *(end for _, end in places)]
    starts = [*(start for start, _ in places), len(segment.text)]
    gaps = [segment.text[end:start].split() for end, start in zip(ends, starts, strict=True)] if places else []
    for number, word in enumerate(segment.words):
        yield from _spelled(gaps[number : number + 1])
        yield word
    yield from _spelled(gaps[len(segment.words) :])


def _spelled(gaps: list[list[str]]) -> Iterator[str]:
    return (text for gap in gaps for text in gap if any(map(str.isalnum, text)))


def _places(words: list[Word], text: str) -> list[tuple[int, int]]:
    """Return where words stand in a text, from and to; none where the engine spells one otherwise than the text."""
    places, at = [], 0
    for word in words:
        letters = word.word.strip()
        if (found := _find(letters, text, at)) < 0:
            return []
        at = found + len(letters)
        places.append((found, at))
    return places


def _find(letters: str, text: str, at: int) -> int:
    """Return where letters stand in a text as a word of its own, or, as in languages without spaces, anywhere."""
    found = first = text.find(letters, at)
    while found >= 0:
        beside = text[max(found - 1, 0) : found] + text[found + len(letters) : found + len(letters) + 1]
        if not any(map(str.isalnum, beside)):
            return found
        found = text.find(letters, found + 1)
    return first


def _word_row(segment: Segment, word: Word | str | None) -> dict[str, Any]:
    """Return the row of a word; None: the segment's words are not known one by one."""
    place: Word | Segment | None = word if isinstance(word, Word) else segment if word is None else None
    text = word.word if isinstance(word, Word) else word or segment.text
    return {
        "segment": segment.id,
        "start": place.start if place else None,
        "end": place.end if place else None,
        "word": text.strip(),
        "probability": word.probability if isinstance(word, Word) else None,
        "channel": segment.channel,
        "track": segment.track,
    }
