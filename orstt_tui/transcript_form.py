"""A transcript as a text that a person edits: a line a segment, its times in brackets; and what was changed in it.

[0:01.200 - 0:04.000] And so my fellow Americans
[0:04.000 - 0:08.120 channel 2] ask not
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from orstt_core.errors import InvalidRequest
from orstt_core.types import Correction, Edit, JobTranscript, Passage, ReplaceSegments, Segment
from orstt_core.word_diff import gaps
from orstt_tui.formatting import milliseconds
from orstt_tui.recording_time import parse_time

HEAD = "# orstt job {job} version {version}"
HELP = """\
# {name}
# A segment a line: when it was said, and what. Change either; remove a line, add one, make two of one or one of two.
# Lines that begin with # count for nothing, but the first one says what this is of: leave it as it is.

"""
TIMELESS = "-"
"""In the place of times that were not measured."""
_HEAD = re.compile(r"^# orstt job (\S+) version (\d{1,9})\s*$", re.MULTILINE)
_LINE = re.compile(
    r"\[\s*(?:-|(?P<start>[\d:.]+)\s*-\s*(?P<end>[\d:.]+))"
    r"(?:\s+(?P<part>channel|track)\s+(?P<number>\d{1,4}))?\s*\](?P<text>.*)"
)


class Form(Struct, frozen=True, kw_only=True):
    """What a person gave back.

    Attributes:
        job: the job's whole id.
        version: the one that the form was made of.
        lines: the number of each line of a segment in the text, and the line.
    """

    job: str
    version: int
    lines: list[tuple[int, str]]


def form_of(transcript: JobTranscript, name: str) -> str:
    """Return the text to edit; `name` is what the recording is called."""
    head = HEAD.format(job=transcript.job, version=transcript.version)
    lines = [line_of(segment) for segment in transcript.transcript.segments]
    return "\n".join([head, HELP.format(name=" ".join(name.split())) + "\n".join(lines), ""])


def read_form(text: str) -> Form:
    """Return what is in an edited text.

    Raises:
        InvalidRequest: the line is missing that says which job it is of.
    """
    head = _HEAD.search(text)
    if head is None:
        raise InvalidRequest(
            "The text does not say which transcript it is of.",
            hint="Its first line must stay: # orstt job ID version NUMBER",
        )
    numbered = enumerate((line.strip() for line in text.splitlines()), start=1)
    lines = [(number, line) for number, line in numbered if line and not line.startswith("#")]
    return Form(job=head[1], version=int(head[2]), lines=lines)


def correction_of(form: Form, transcript: JobTranscript) -> Correction | None:
    """Return what was changed in a form of this version of a transcript; None: nothing.

    Raises:
        InvalidRequest: a line is none; the message says which.
    """
    segments = transcript.transcript.segments
    before, after = [line_of(segment) for segment in segments], [line for _, line in form.lines]
    starts, ends = _exact(segments)
    edits: list[Edit] = [
        ReplaceSegments(
            segment=old.start,
            count=len(old),
            passages=[_passage(number, line, starts, ends) for number, line in form.lines[new.start : new.stop]],
        )
        # From the end, so that the places before stay what they are.
        for old, new in reversed(list(gaps(before, after)))
    ]
    return Correction(version=form.version, edits=edits) if edits else None


def line_of(segment: Segment) -> str:
    """Return a segment's line."""
    times = TIMELESS
    if segment.start is not None and segment.end is not None:
        times = f"{milliseconds(segment.start)} - {milliseconds(segment.end)}"
    part = next((f" {name} {getattr(segment, name)}" for name in ("channel", "track") if getattr(segment, name)), "")
    return f"[{times}{part}] {' '.join(segment.text.split())}".rstrip()


def _exact(segments: Sequence[Segment]) -> tuple[dict[str, float], dict[str, float]]:
    """Return what times that were measured are when they are not rounded for the form: starts, and ends."""
    timed = list(_timed(segments))
    starts = {milliseconds(start): start for start, _ in timed}
    ends = {milliseconds(end): end for _, end in timed}
    return ends | starts, starts | ends


def _timed(segments: Sequence[Segment]) -> Iterator[tuple[float, float]]:
    for segment in segments:
        if segment.start is not None and segment.end is not None:
            yield segment.start, segment.end


def _passage(number: int, line: str, starts: dict[str, float], ends: dict[str, float]) -> Passage:
    found = _LINE.fullmatch(line)
    if found is None:
        raise _no_segment(number, line)
    start, end = found["start"], found["end"]
    part = {found["part"]: int(found["number"])} if found["part"] else {}
    try:
        return Passage(
            text=found["text"].strip(),
            start=None if start is None else _time(start, starts),
            end=None if end is None else _time(end, ends),
            **part,
        )
    except ValueError as error:
        raise _no_segment(number, line) from error


def _time(text: str, measured: dict[str, float]) -> float:
    return measured[text] if text in measured else parse_time(text)


def _no_segment(number: int, line: str) -> InvalidRequest:
    return InvalidRequest(
        f"Line {number} is no segment: {line[:40]!r}.", hint="It should look so: [0:01.200 - 0:04.000] what was said"
    )
