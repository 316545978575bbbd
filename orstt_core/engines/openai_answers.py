"""What a server that speaks OpenAI's audio API answers, as segments: in one piece, or as a stream of events.

The formats: https://platform.openai.com/docs/api-reference/audio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from orstt_core.engines.cloud_answers import documented
from orstt_core.errors import EngineFailed, LanguageUnknown
from orstt_core.languages import normalize_language
from orstt_core.transcript import join_text
from orstt_core.types import Segment, TranscribeOptions, Word

SILENT = frozenset({"no speech", "unknown", "und"})
"""What servers write for the language of a window without words."""


class _Said(Struct):
    """A segment of `verbose_json`."""

    text: str
    start: float | None = None
    end: float | None = None
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    temperature: float | None = None


class _SaidWord(Struct):
    word: str
    start: float
    end: float


class SpokenText(Struct):
    """An answer, in any of the two formats that are JSON: the text alone, or `verbose_json`."""

    text: str = ""
    language: str | None = None
    segments: list[_Said] | None = None
    words: list[_SaidWord] | None = None


def segments_of(answer: SpokenText, options: TranscribeOptions) -> Iterator[Segment]:
    """Yield the segments of an answer in one piece; its text is one where it has none."""
    language = _language(answer.language, options)
    words = list(answer.words or ()) if options.word_timestamps else None
    said = answer.segments or ([_Said(text=answer.text)] if answer.text.strip() else [])
    for number, part in enumerate(said):
        last = number == len(said) - 1
        own = None if words is None else _own_words(words, None if last else part.end)
        if part.text.strip():
            yield Segment(
                id=number,
                start=part.start,
                end=part.end,
                text=part.text.strip(),
                words=own,
                language=language,
                avg_logprob=part.avg_logprob,
                compression_ratio=part.compression_ratio,
                no_speech_prob=part.no_speech_prob,
                temperature=part.temperature,
            )


def _own_words(words: list[_SaidWord], until: float | None) -> list[Word]:
    """Remove, and return, the words whose middle is before a time; the API gives those of all segments in one list."""
    count = next(
        (number for number, word in enumerate(words) if until is not None and (word.start + word.end) / 2 > until),
        len(words),
    )
    own, words[:count] = words[:count], []
    return [Word(start=word.start, end=max(word.start, word.end), word=word.word.strip()) for word in own]


def streamed_segments(
    lines: Iterable[str], options: TranscribeOptions, quoted: Callable[[str], str]
) -> Iterator[Segment]:
    """Yield segments as the server sends them; one of all deltas where it sends none.

    Args:
        lines: the answer's, as they come.
        options: as they were asked for.
        quoted: makes what a server says fit for an error.

    Raises:
        EngineFailed: the stream ended early, or with an error.
    """
    text, timed = "", False
    for event in _events(lines):
        match event.get("type"):
            case "transcript.text.delta":
                text += str(event.get("delta", ""))
            case "transcript.text.segment":
                timed = True
                with documented("The server"):
                    said = msgspec.convert(event, _Said)
                yield from segments_of(SpokenText(segments=[said]), options)
            case "transcript.text.done":
                if not timed:
                    whole = str(event.get("text") or join_text([text], options.language))
                    yield from segments_of(SpokenText(text=whole), options)
                return
            case _:
                if error := event.get("error"):
                    why = error.get("message", "") if isinstance(error, dict) else error
                    raise EngineFailed(f"The server failed in the middle: {quoted(str(why))}")
    raise EngineFailed("The server's answer ended before all was said, so it is not sent again.")


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the data of server-sent events: each is one line here."""
    for line in lines:
        name, _, data = line.partition(":")
        if name == "data" and data.strip() not in ("", "[DONE]"):
            try:
                event = msgspec.json.decode(data)
            except msgspec.DecodeError as error:
                raise EngineFailed("The server sent an event that is no JSON.") from error
            if isinstance(event, dict):
                yield event


def _language(name: str | None, options: TranscribeOptions) -> str | None:
    """Return the code of what was spoken; a translation's language is that of its text."""
    if options.task == "translate" or not name or name.lower() in SILENT:
        return options.language
    try:
        return normalize_language(name)
    except LanguageUnknown:
        return options.language
