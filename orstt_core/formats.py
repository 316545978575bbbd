"""A transcript as text, OpenAI's JSON, subtitles or a table.

Every format is a text file: it ends with exactly one newline, unless there is nothing in it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from orstt_core import subtitles
from orstt_core.cue_layout import Limits
from orstt_core.errors import InvalidRequest
from orstt_core.languages import language_name
from orstt_core.transcript import by_track, join_text
from orstt_core.types import SubtitleOptions, Transcript

SEGMENT_MEASUREMENTS = ("avg_logprob", "compression_ratio", "no_speech_prob", "seek", "temperature", "tokens")
"""What OpenAI's segments have beyond times and text."""


def render(
    transcript: Transcript,
    format: str,  # noqa: A002 - it is called that everywhere a person meets it
    subtitles_as: SubtitleOptions | None = None,
) -> str:
    """Return the transcript in one of `FORMATS`.

    Args:
        transcript: what was said.
        format: one of `FORMATS`.
        subtitles_as: what a cue of `srt` and `vtt` may hold; None: each segment is one.

    Words appear in `verbose_json` where they were measured; the other formats have no place for them.

    Raises:
        InvalidRequest: there is no such format.
        OptionUnsupported: the format needs times, and the engine measured none.
    """
    if format not in _WRITERS:
        raise InvalidRequest(
            f"There is no format called {format[:50]!r}.", hint=f"Formats are {', '.join(FORMATS)}.", field="format"
        )
    if subtitles_as is not None and format in _LAID_OUT:
        language = "en" if transcript.task == "translate" else transcript.language
        return _LAID_OUT[format](transcript, subtitles_as.limits(language))
    return _WRITERS[format](transcript)


def _text(transcript: Transcript) -> str:
    if any(segment.part for segment in transcript.segments):
        return "".join(f"{turn}\n" for turn in _turns(transcript))
    text = transcript.text.strip()
    return f"{text}\n" if text else ""


def _turns(transcript: Transcript) -> Iterator[str]:
    """Yield what is said in one channel until another one is heard, or in each track, after its name."""
    for name, segments in groupby(by_track(transcript.segments), subtitles.part_name):
        text = join_text((segment.text for segment in segments), transcript.language)
        yield f"{name}: {text}" if name else text


def _json(transcript: Transcript) -> str:
    return _encoded({"text": transcript.text.strip()})


def _verbose_json(transcript: Transcript) -> str:
    """OpenAI's verbose transcription.

    What was not measured is null, where the client's types require the field; a language that nobody knows is empty.
    """
    translated = transcript.task == "translate"
    spoken = language_name(transcript.language).lower() if transcript.language else ""
    answer: dict[str, Any] = {
        "task": transcript.task,
        "language": "english" if translated else spoken,  # OpenAI's: the language of the text, by its name
        "duration": transcript.duration,
        "text": transcript.text.strip(),
    }
    # A segment without times would break clients, for which a time is always a number.
    if all(None not in (segment.start, segment.end) for segment in transcript.segments):
        answer["segments"] = [
            {name: getattr(segment, name) for name in ("id", "start", "end", "text", *SEGMENT_MEASUREMENTS)}
            | {name: number for name in ("channel", "track") if (number := getattr(segment, name))}
            for segment in transcript.segments
        ]
    if transcript.warnings:  # an addition of ours, like `channel`
        answer["warnings"] = transcript.warnings
    if transcript.choice is not None:  # likewise
        answer["choice"] = transcript.choice
    if any(segment.words is not None for segment in transcript.segments):
        answer["words"] = [
            {"word": word.word.strip(), "start": word.start, "end": word.end}
            for segment in transcript.segments
            for word in segment.words or ()
        ]
    return _encoded(answer)


_WRITERS: dict[str, Callable[[Transcript], str]] = {
    "text": _text,
    "json": _json,
    "verbose_json": _verbose_json,
    "srt": subtitles.srt,
    "vtt": subtitles.vtt,
    "tsv": subtitles.tsv,
}
_LAID_OUT: dict[str, Callable[[Transcript, Limits], str]] = {"srt": subtitles.srt, "vtt": subtitles.vtt}
FORMATS = tuple(_WRITERS)
SUBTITLES = frozenset(_LAID_OUT)
"""Formats whose cues may be laid out."""


def _encoded(answer: dict[str, Any]) -> str:
    return msgspec.json.encode(answer).decode() + "\n"
