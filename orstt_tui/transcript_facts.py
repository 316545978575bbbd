"""What is known of a transcription beside its text: the recording, the model, how fast and how sure it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from orstt_core.languages import language_name
from orstt_core.option_fields import chosen_options
from orstt_core.text import readable_bytes
from orstt_core.transcript import confidence_of
from orstt_core.types import Job, LoadedModel, Segment, TranscribeOptions
from orstt_tui.confidence import MARKS, Doubt, doubt
from orstt_tui.formatting import clock, count, date, runs_on

if TYPE_CHECKING:  # whoever only tells settings needs no screen
    from orstt_tui.transcription_run import TranscriptionRun

Fact = tuple[str, str]
"""What it is called, and what it is."""
Group = tuple[str, list[Fact]]
"""A heading, and the facts below it."""


def transcript_facts(run: TranscriptionRun, job: Job | None, loaded: Iterable[LoadedModel]) -> list[Group]:
    """Return what is known now, in groups; what is not known is left out.

    Args:
        run: the transcription.
        job: the job that it is, where it is looked at as one.
        loaded: the models that are in memory now.
    """
    groups: list[Group] = [
        ("Model", list(_model(run, loaded))),
        ("Text", list(_text(run))),
        ("Settings", list(settings_facts(run.options))),
        ("Job", list(_job(job)) if job is not None else []),
        ("Remarks", [("", warning) for warning in run.warnings]),
    ]
    return [(heading, facts) for heading, facts in groups if facts]


def _model(run: TranscriptionRun, loaded: Iterable[LoadedModel]) -> Iterator[Fact]:
    model, whole = run.model, run.whole
    if not model.type:  # not known before it is loaded
        return
    yield "Name", model.name
    if whole is not None and whole.choice is not None and whole.choice.why:
        yield "Chosen", whole.choice.why
    yield "Engine", model.type
    yield "Runs on", runs_on(model)
    for each in loaded:
        if model.name in each.names and each.memory:
            yield "Memory", f"{readable_bytes(each.memory)} now"
    if whole is not None:
        yield "Loaded in", f"{whole.load_seconds:.1f} s" if whole.load_seconds else "was in memory already"
        yield "Took", clock(whole.seconds)
        if whole.seconds:
            yield "Speed", f"{whole.duration / whole.seconds:.1f} x real time"


def _text(run: TranscriptionRun) -> Iterator[Fact]:
    segments = run.segments
    if run.duration:
        yield "Length", clock(run.duration)
    if run.language:
        probability = run.whole.language_probability if run.whole is not None else None
        yield "Language", language_name(run.language) + ("" if probability is None else f" ({probability:.0%})")
    others = Counter(segment.language for segment in segments if segment.language not in {None, run.language})
    for language, number in others.most_common():
        yield "", f"{language_name(language or '')} in {count(number, 'segment')}"
    words = sum(len(segment.text.split()) for segment in segments)
    if words:
        minutes = (run.whole.duration if run.whole is not None else segments[-1].end or 0.0) / 60
        yield "Words", f"{words:,}" + (f" · {words / minutes:.0f} a minute" if minutes else "")
    yield from _confidence(segments)


def _confidence(segments: list[Segment]) -> Iterator[Fact]:
    measured = [sure for segment in segments if (sure := confidence_of(segment)) is not None]
    if not measured:
        return
    yield "Confidence", f"{sum(measured) / len(measured):.0%} on average"
    levels: list[Doubt] = ["doubtful", "very doubtful"]
    found = Counter(doubt(segment) for segment in segments)
    for level in levels:
        if found[level]:
            yield "", f"{MARKS[level]} {count(found[level], 'segment')} {level}"


def settings_facts(options: TranscribeOptions) -> Iterator[Fact]:
    """Yield the options that were not left at their defaults."""
    for field, value in chosen_options(options):
        yield field.title, value


def _job(job: Job) -> Iterator[Fact]:
    yield "Submitted", date(job.created_at)
    yield "By", job.submitted_by
    if job.transcript_version:
        yield "Corrected", f"version {job.transcript_version}"
    if job.attempt > 1:
        yield "Attempt", str(job.attempt)
    yield "Id", job.id
