"""Two transcripts of the same recording compared: pure functions, without a database and without a clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from msgspec.structs import replace

from orstt_core.languages import language_name
from orstt_core.measurements.alignment import Alignment
from orstt_core.measurements.scoring import error_rate, normalization
from orstt_core.transcript import confidence_of, written_in
from orstt_core.types import (
    ComparedReference,
    ComparedRow,
    ComparedTranscript,
    Comparison,
    ErrorRate,
    Job,
    JobTranscript,
    Segment,
    Transcript,
)

SAME_LENGTH = 1.0
"""Seconds by which the length of a recording may differ from itself: decoders count what a codec adds."""


class Compared(NamedTuple):
    """One of the two: the job, a version of its transcript, and the memory that its model took, if that is known."""

    job: Job
    found: JobTranscript
    memory: int | None = None


class Reference(NamedTuple):
    """What was said: the text, and where it is from; of a corrected transcript its job and version."""

    text: str
    job: str = ""
    version: int = 0


def same_recording(first: Job, second: Job) -> bool:
    """Return whether two jobs have the same recording, as far as they tell: the same bytes, or name and length.

    The name is that of the file, without folders: the same file is named by its path from here or from there.
    """
    if first.recording and first.recording == second.recording:
        return True
    if _file_name(first) != _file_name(second) or first.duration is None or second.duration is None:
        return False
    return abs(first.duration - second.duration) < SAME_LENGTH


def _file_name(job: Job) -> str:
    return PurePath(job.filename).name


def compare(first: Compared, second: Compared, reference: Reference | None) -> Comparison:
    """Compare two transcripts; takes some seconds for those of a day's recording."""
    texts = first.found.transcript, second.found.transcript
    alignments = list(_alignments(*texts))
    rows = [row for alignment, segment in alignments for row in _in_part(alignment, segment)]
    if len(alignments) > 1:
        rows.sort(key=_start)
    words = [sum(len(alignment.units[side]) for alignment, _ in alignments) for side in (0, 1)]
    same = sum(len(alignment.pairs) for alignment, _ in alignments)
    language = written_in(texts[0]) or written_in(texts[1])
    errors = [_errors(text, reference, language) for text in texts]
    return Comparison(
        first=_figures(first, words[0], same, errors[0]),
        second=_figures(second, words[1], same, errors[1]),
        rows=rows,
        differing=1 - 2 * same / sum(words) if sum(words) else 0.0,
        reference=_described(reference, language) if any(errors) else None,
        remarks=list(_remarks(first, second)),
    )


def _alignments(first: Transcript, second: Transcript) -> Iterator[tuple[Alignment, Segment | None]]:
    """Yield what is compared by itself: each channel or track with one of its segments, or the whole."""
    languages = written_in(first), written_in(second)
    parts = [{(segment.track, segment.channel) for segment in text.segments} for text in (first, second)]
    if len(parts[0]) < 2 or parts[0] != parts[1]:  # noqa: PLR2004 - one part is the whole
        yield Alignment(first.segments, second.segments, languages), None
        return
    for part in sorted(parts[0], key=lambda part: (part[0] or 0, part[1] or 0)):
        ours, theirs = (
            [segment for segment in text.segments if (segment.track, segment.channel) == part]
            for text in (first, second)
        )
        yield Alignment(ours, theirs, languages), ours[0]


def _in_part(alignment: Alignment, segment: Segment | None) -> Iterator[ComparedRow]:
    for row in alignment.rows():
        yield row if segment is None else replace(row, channel=segment.channel, track=segment.track)


def _start(row: ComparedRow) -> float:
    passage = row.first or row.second
    return passage.start or 0.0 if passage else 0.0


def _figures(side: Compared, words: int, same: int, errors: ErrorRate | None) -> ComparedTranscript:
    transcript = side.found.transcript
    return ComparedTranscript(
        job=side.job.id,
        filename=side.job.filename,
        version=side.found.version,
        model=transcript.model,
        options=side.job.options,
        language=written_in(transcript),
        duration=transcript.duration,
        seconds=transcript.seconds,
        load_seconds=transcript.load_seconds,
        memory=side.memory,
        words=words,
        differing=words - same,
        confidence=_confidence(transcript.segments),
        errors=errors,
    )


def _confidence(segments: Sequence[Segment]) -> float | None:
    """Return the mean confidence, each segment counted as often as it has words."""
    sure = [(confidence_of(segment), max(len(segment.text.split()), 1)) for segment in segments]
    measured = [(confidence, words) for confidence, words in sure if confidence is not None]
    total = sum(words for _, words in measured)
    return sum(confidence * words for confidence, words in measured) / total if total else None


def _errors(transcript: Transcript, reference: Reference | None, language: str | None) -> ErrorRate | None:
    """Return how far a text is from the reference; a translation is not held against what was said."""
    if reference is None or (reference.job and transcript.task == "translate"):
        return None
    return error_rate(reference.text, transcript.text, language)


def _described(reference: Reference | None, language: str | None) -> ComparedReference | None:
    if reference is None:
        return None
    return ComparedReference(
        source="corrected" if reference.job else "given",
        job=reference.job,
        version=reference.version,
        normalization=normalization(language),
    )


def _remarks(first: Compared, second: Compared) -> Iterator[str]:
    if first.job.id != second.job.id and not same_recording(first.job, second.job):
        names = [f"{_file_name(each.job)} ({each.found.transcript.duration:.1f} s)" for each in (first, second)]
        yield f"These may be different recordings: {names[0]} and {names[1]} have only about the same length."
    texts = first.found.transcript, second.found.transcript
    languages = [written_in(text) for text in texts]
    if None not in languages and languages[0] != languages[1]:
        yield f"The first is in {language_name(languages[0] or '')}, the second in {language_name(languages[1] or '')}."
    tasks = [text.task for text in texts]
    if tasks[0] != tasks[1]:
        yield f"The {'first' if tasks[0] == 'translate' else 'second'} is a translation."
