"""TranscriptionRun: one transcription as the screen follows it, from waiting to its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Literal

from orstt_core.languages import language_name
from orstt_core.transcript import join_text
from orstt_core.types import (
    Accepted,
    Done,
    Loading,
    NewSegment,
    Progress,
    Restarted,
    Segment,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    Transcript,
    UsedModel,
)
from orstt_tui.formatting import clock, count, size
from orstt_tui.notifications import error_text

Phase = Literal["waiting", "loading", "working", "done", "failed", "cancelled"]


UNDER_WAY: frozenset[Phase] = frozenset({"waiting", "loading", "working"})


WORK = "transcription"
"""Worker group of a transcription; the app asks before it ends one."""


class TranscriptionRun:
    """Takes the backend's events; the screen reads it at its own pace.

    Args:
        recording: the file.
        options: how it is transcribed.
    """

    def __init__(self, recording: Path, options: TranscribeOptions) -> None:
        self.recording = recording
        self.options = options
        self.phase: Phase = "waiting"
        self.job = ""
        self.segments: list[Segment] = []
        self.warnings: list[str] = []
        self._shown = 0
        self._begun = time.monotonic()
        self._ended: float | None = None
        self._model = UsedModel(name="…", type="", device="", compute_type="")
        self._ahead = 0
        self._loading: Loading | None = None
        self._restarted = ""
        self._position = 0.0
        self._duration = 0.0
        self._whole: Transcript | None = None
        self._error: BaseException | None = None

    def apply(self, event: TranscribeEvent) -> None:
        """Take in one event."""
        match event:
            case Accepted(model=name, ahead=ahead, job=job):
                self.phase, self.job, self._ahead = "waiting", job, ahead
                # Not every answer names the model: while a server is too busy nothing is settled.
                self._model = UsedModel(name=name or "the active model", type="", device="", compute_type="")
            case Loading():
                self.phase, self._loading = "loading", event
            case Started(duration=duration, model=model, warnings=warnings):
                self.phase, self._duration, self._model = "working", duration, model
                self.warnings = list(warnings)
            case NewSegment(segment=segment):
                self.segments.append(segment)
            case Restarted(reason=reason, kept=kept):
                self.phase, self._position, self._ahead = "waiting", 0.0, 0
                self.segments, self._shown = self.segments[:kept], min(self._shown, kept)
                stay = f"{count(kept, 'segment')} kept" if kept else "from the beginning"
                self._restarted = f"Begun again, {stay}: {reason}"
            case Progress(position=position, duration=duration):
                self._position, self._duration = position, duration
            case Done(transcript=transcript):
                self._whole = transcript
                self.replace(transcript.segments)
                self.warnings = list(transcript.warnings)
                self._end("done")

    def cancel(self) -> None:
        """The person stopped it."""
        self._end("cancelled")

    def fail(self, error: BaseException) -> None:
        """It ended with an error."""
        self._error = error
        self._end("failed")

    def replace(self, segments: Sequence[Segment]) -> None:
        """Take these segments instead of those so far."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.segments, segments, strict=False)))
        self.segments, self._shown = list(segments), min(self._shown, same)

    def new_segments(self) -> tuple[int, list[Segment]]:
        """Return how many of the segments returned before still hold, and those that came since."""
        stay = self._shown
        self._shown = len(self.segments)
        return stay, self.segments[stay:]

    @property
    def transcript(self) -> Transcript:
        """What there is so far, whole or not."""
        if self._whole is not None:
            return self._whole
        first = self.segments[0] if self.segments else None
        language = first.language if first else self.options.language
        return Transcript(
            text=join_text((segment.text for segment in self.segments), language),
            segments=list(self.segments),
            language=language,
            language_probability=first.language_probability if first else None,
            duration=self._duration,
            task=self.options.task,
            model=self._model,
            warnings=self.warnings,
        )

    @property
    def measure(self) -> tuple[float | None, float | None]:
        """How much is done and of how much: bytes while loading, seconds of sound while working."""
        if self.phase == "loading" and self._loading is not None and self._loading.done is not None:
            return float(self._loading.done), float(self._loading.total or 0)
        return (self._position, self._duration) if self.phase == "working" else (None, None)

    def words(self) -> tuple[str, str, str]:
        """Return what to say about it: the words, their style and a hint."""
        took = clock((self._ended or time.monotonic()) - self._begun)
        elapsed = f"{took} elapsed{self._named}"
        match self.phase:
            case "waiting":
                queue = f"{count(self._ahead, 'recording')} before this one" if self._ahead else "starting"
                return f"Waiting for {self._model.name}: {queue} · {elapsed}", "", self._cautions()
            case "loading" if self._loading is not None:
                bytes_done = f" · {_bytes(self._loading)}" if self._loading.done is not None else ""
                return (
                    f"Loading {self._model.name}: {self._loading.detail}{bytes_done} · {elapsed}",
                    "",
                    self._cautions(),
                )
            case "failed" if self._error is not None:
                message, hint = error_text(self._error)
                return message, "bold $text-error", hint
            case "cancelled":
                kept = f"{count(len(self.segments), 'segment')} kept" if self.segments else "nothing was recognised yet"
                return f"Cancelled after {took}: {kept}{self._named}", "bold $text-warning", ""
            case "done" if self._whole is not None:
                return f"{_summary(self._whole)}{self._named}", "$text-success", self._cautions()
        position = f"{clock(self._position)} of {clock(self._duration)}"
        return f"Transcribing with {self._model.name}: {position} · {elapsed}", "", self._cautions()

    @property
    def _named(self) -> str:
        return f" · job {self.job}" if self.job else ""

    def _cautions(self) -> str:
        restarted = [self._restarted] if self._restarted else []
        return "\n".join([*restarted, *(f"Warning: {warning}" for warning in self.warnings)])

    def _end(self, phase: Phase) -> None:
        self.phase = phase
        self._ended = time.monotonic()


def _bytes(loading: Loading) -> str:
    done = size(loading.done or 0)
    return f"{done} of {size(loading.total)}" if loading.total else done


def _summary(transcript: Transcript) -> str:
    parts = [f"Done: {clock(transcript.duration)} of sound in {clock(transcript.seconds)}"]
    if not transcript.segments:
        parts.append("no speech found")
    else:
        parts.append(count(len(transcript.segments), "segment"))
    if transcript.language:
        sure = transcript.language_probability
        name = language_name(transcript.language)
        parts.append(name if sure is None else f"{name} ({sure:.0%})")
    model = transcript.model
    parts.append(f"{model.name} on {model.device}, {model.compute_type}")
    return " · ".join(parts)
