"""What the events of a transcription say in words: short on the line of a command, whole sentences on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from orstt_core.languages import language_name
from orstt_core.text import readable_bytes
from orstt_core.types import Accepted, Loading, Progress, PullProgress, Restarted, Started, Transcript
from orstt_tui.formatting import clock, count, rounded_duration, runs_on

Stage = Accepted | Loading | Started | Progress | Restarted
"""How far a transcription is: what every event says but a segment and the end."""


def amount(stage: Stage) -> tuple[float, float] | None:
    """Return how much is done, and of how much: bytes of a model, then seconds of sound; None: it is not known."""
    match stage:
        case Loading(done=int(done), total=total):
            return float(done), float(total or 0)
        case Started(duration=duration):
            return 0.0, duration
        case Progress(position=position, duration=duration):
            return position, duration
    return None


def short_stage(stage: Stage) -> str:
    """Return how far it is for a line that holds little else, such as `waiting, 2 before it` or `50% 3.5/7.0 s`."""
    match stage:
        case Accepted(ahead=ahead):
            return f"waiting, {queue_position(ahead)}" if ahead else "waiting"
        case Restarted():
            return "waiting"
        case Loading(detail=detail, done=done, total=total):
            return f"{detail} {byte_progress(done, total)}".rstrip()
    position, duration = amount(stage) or (0.0, 0.0)
    return f"{position / duration if duration else 1:.0%} {position:.1f}/{duration:.1f} s"


def stage_sentence(stage: Stage, model: str) -> str:
    """Return how far it is, with the model that works on it."""
    match stage:
        case Accepted(ahead=ahead) if ahead:
            return f"Waiting for {model}: {count(ahead, 'recording')} before this one"
        case Accepted() | Restarted():
            return f"Waiting for {model}: starting"
        case Loading(detail=detail, done=done, total=total):
            what = f"Loading {model}" if detail == f"loading {model}" else f"Loading {model}: {detail}"
            return " · ".join(part for part in (what, byte_progress(done, total)) if part)
    position, duration = amount(stage) or (0.0, 0.0)
    return f"Transcribing with {model}: {clock(position)} of {clock(duration)}"


def queue_position(ahead: int) -> str:
    """Return where a job stands that waits behind so many."""
    return f"{ahead} before it" if ahead else "next"


def restart_line(event: Restarted) -> str:
    """Return why it was begun again and what becomes of the text, for who has read along."""
    return f"{event.reason.rstrip('.')}; {'going on from there' if event.kept else 'beginning again'}"


def restart_sentence(event: Restarted) -> str:
    """Return the same for who sees the text that is left."""
    kept = f"{count(event.kept, 'segment')} kept" if event.kept else "from the beginning"
    return f"Begun again, {kept}: {event.reason}"


def remarks(transcript: Transcript, recording: str) -> Iterator[str]:
    """Yield what a person should know of a transcript that its text does not show."""
    for warning in transcript.warnings:
        yield f"warning: {warning}"
    if not transcript.text.strip():
        yield f"no speech was found in {recording}"


def summary(transcript: Transcript) -> str:
    """Return how long it took, what was found and what worked on it."""
    parts = [
        f"Done: {clock(transcript.duration)} of sound in {clock(transcript.seconds)}",
        count(len(transcript.segments), "segment") if transcript.segments else "no speech found",
    ]
    if transcript.language:
        sure = transcript.language_probability
        name = language_name(transcript.language)
        parts.append(name if sure is None else f"{name} ({sure:.0%})")
    model = transcript.model
    return " · ".join([*parts, f"{model.name} on {runs_on(model)}"])


def byte_progress(done: int | None, total: int | None) -> str:
    """Return `45 MB of 145 MB`, as much of it as is known."""
    if done is None:
        return ""
    return f"{readable_bytes(done)} of {readable_bytes(total)}" if total else readable_bytes(done)


def pull_progress(step: PullProgress) -> str:
    """Return how far a pull is: `pulling 1a2b: 45 MB of 145 MB (31 %) · 12 MB/s · 8 s left`, as much as is known."""
    done, total = step.overall_completed, step.overall_total
    if done is None or not total:
        return step.status
    parts = [f"{step.status}: {byte_progress(done, total)} ({done * 100 // total} %)"]
    if step.bytes_per_second is not None:
        parts.append(f"{readable_bytes(round(step.bytes_per_second))}/s")
    if step.seconds_left is not None:
        parts.append(f"{rounded_duration(step.seconds_left)} left")
    return " · ".join(parts)
