"""A transcript as text, OpenAI's JSON, subtitles or a table.

Every format is a text file: it ends with exactly one newline, unless there is nothing in it at all.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.languages import language_name
from orstt_core.types import Transcript

SEGMENT_MEASUREMENTS = ("avg_logprob", "compression_ratio", "no_speech_prob", "seek", "temperature", "tokens")
"""What OpenAI's segments have beyond times and text."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters and every kind of line break."""


class Cue(NamedTuple):
    """A segment as subtitles and tables show it: times in whole milliseconds, text on one line."""

    start: int
    end: int
    text: str


def render(transcript: Transcript, format: str) -> str:  # noqa: A002 - it is called that everywhere a person meets it
    """Return the transcript in one of `FORMATS`.

    Words appear in `verbose_json` where they were measured; the other formats have no place for them.

    Raises:
        InvalidRequest: there is no such format.
        OptionUnsupported: the format needs times, and the engine measured none.
    """
    if format not in _WRITERS:
        raise InvalidRequest(
            f"There is no format called {format[:50]!r}.", hint=f"Formats are {', '.join(FORMATS)}.", field="format"
        )
    return _WRITERS[format](transcript)


def _text(transcript: Transcript) -> str:
    text = transcript.text.strip()
    return f"{text}\n" if text else ""


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
            for segment in transcript.segments
        ]
    if any(segment.words is not None for segment in transcript.segments):
        answer["words"] = [
            {"word": word.word.strip(), "start": word.start, "end": word.end}
            for segment in transcript.segments
            for word in segment.words or ()
        ]
    return _encoded(answer)


def _srt(transcript: Transcript) -> str:
    cues = [
        # SubRip has no escape: an arrow in the text would pass for a line of times.
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{cue.text.replace('-->', '-- >')}\n"
        for number, cue in enumerate(_cues(transcript, "srt"), start=1)
    ]
    return "\n".join(cues)


def _vtt(transcript: Transcript) -> str:
    cues = [
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{html.escape(cue.text, quote=False)}\n"
        for cue in _cues(transcript, "vtt")
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _tsv(transcript: Transcript) -> str:
    rows = [f"{cue.start}\t{cue.end}\t{cue.text}\n" for cue in _cues(transcript, "tsv")]
    return "".join(["start\tend\ttext\n", *rows])


_WRITERS: dict[str, Callable[[Transcript], str]] = {
    "text": _text,
    "json": _json,
    "verbose_json": _verbose_json,
    "srt": _srt,
    "vtt": _vtt,
    "tsv": _tsv,
}
FORMATS = tuple(_WRITERS)


def _cues(transcript: Transcript, needed_by: str) -> Iterator[Cue]:
    for segment in transcript.segments:
        # Line breaks and control characters would end a cue, a row or a player's patience.
        text = CONTROL.sub(" ", segment.text).strip()
        if not text:
            continue
        if segment.start is None or segment.end is None:
            raise OptionUnsupported(
                f"The format {needed_by} needs times, and {transcript.model.name} measures none.",
                hint="Choose text or json, or another model.",
                field="format",
            )
        start = _milliseconds(segment.start)
        # The WebVTT standard demands that a cue ends after it starts.
        yield Cue(start, max(_milliseconds(segment.end), start + 1), text)


def _milliseconds(seconds: float) -> int:
    return max(0, math.floor(seconds * 1000 + 0.5))


def _clock(milliseconds: int, decimal_mark: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{decimal_mark}{thousandths:03}"


def _encoded(answer: dict[str, Any]) -> str:
    return msgspec.json.encode(answer).decode() + "\n"
