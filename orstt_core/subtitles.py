"""A transcript as cues: subtitles, or a table. Where no times were measured each raises `OptionUnsupported`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from orstt_core.cue_layout import Limits, TimedText, TimedWord, lay_out
from orstt_core.errors import OptionUnsupported

if TYPE_CHECKING:
    from orstt_core.types import Segment, Transcript

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters and every kind of line break."""


class Cue(NamedTuple):
    """A segment, or a part of one, as subtitles and tables show it: times in whole milliseconds.

    Attributes:
        part: its channel or track of the recording, where each was transcribed by itself.
        name: what that is called; empty where there is none.
    """

    start: int
    end: int
    text: str
    part: int
    name: str

    @property
    def spoken(self) -> str:
        """The text after the name of its channel or track."""
        return f"{self.name}: {self.text}" if self.name else self.text


def part_name(segment: Segment) -> str:
    """Return what subtitles and texts call the channel or track of a segment; empty where it has none."""
    if segment.track:
        return f"Track {segment.track}"
    return f"Channel {segment.channel}" if segment.channel else ""


def srt(transcript: Transcript, limits: Limits | None = None) -> str:
    """Return a transcript in SubRip's format; without limits each segment is a cue of one line."""
    cues = [
        # SubRip has no escape: an arrow in the text would pass for a line of times.
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{cue.spoken.replace('-->', '-- >')}\n"
        for number, cue in enumerate(_cues(transcript, "srt", limits), start=1)
    ]
    return "\n".join(cues)


def vtt(transcript: Transcript, limits: Limits | None = None) -> str:
    """Return a transcript in the WebVTT format; without limits each segment is a cue of one line."""
    import html  # its table of names is large, and only this format has any

    cues = [
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_voice(cue)}{html.escape(cue.text, quote=False)}\n"
        for cue in _cues(transcript, "vtt", limits)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def tsv(transcript: Transcript) -> str:
    """Return a table: times in milliseconds and text, separated by tabs; and the channel or track, where it has one."""
    cues = list(_cues(transcript, "tsv"))
    part = next((cue.name.split()[0].lower() for cue in cues if cue.name), "")
    if not part:
        return "".join(["start\tend\ttext\n", *(f"{cue.start}\t{cue.end}\t{cue.text}\n" for cue in cues)])
    rows = (f"{cue.start}\t{cue.end}\t{cue.text}\t{cue.part or ''}\n" for cue in cues)
    return "".join([f"start\tend\ttext\t{part}\n", *rows])


def _voice(cue: Cue) -> str:
    """Return WebVTT's mark of who speaks."""
    return f"<v {cue.name}>" if cue.name else ""


def _cues(transcript: Transcript, needed_by: str, limits: Limits | None = None) -> Iterator[Cue]:
    cues = list(_segment_cues(transcript, needed_by))
    if limits is None:
        yield from (cue for cue, _ in cues)
        return
    passages = [(TimedText(cue.start, cue.end, cue.text), _words(cue.text, segment)) for cue, segment in cues]
    for (whole, _), parts in zip(cues, lay_out(passages, limits), strict=True):
        yield from (whole._replace(start=part.start, end=part.end, text=part.text) for part in parts)


def _words(text: str, segment: Segment) -> list[TimedWord]:
    """Return the text of a segment word by word, in one piece with what stands between them; nothing if one is lost."""
    words, places, end = segment.words or [], [0], 0
    for number, word in enumerate(words):
        start = text.find(word.word.strip(), end)
        if start < 0:
            return []
        places += [start] if number else []  # what stands before the first word belongs to it
        end = start + len(word.word.strip())
    return [
        TimedWord(_milliseconds(word.start), _milliseconds(word.end), text[begin:following])
        for word, begin, following in zip(words, places, [*places[1:], len(text)], strict=False)
    ]


def _segment_cues(transcript: Transcript, needed_by: str) -> Iterator[tuple[Cue, Segment]]:
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
        cue = Cue(start, max(_milliseconds(segment.end), start + 1), text, segment.part, part_name(segment))
        yield cue, segment


def _milliseconds(seconds: float) -> int:
    return max(0, math.floor(seconds * 1000 + 0.5))


def _clock(milliseconds: int, decimal_mark: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{decimal_mark}{thousandths:03}"
