"""TranscriptionRun: one transcription as the screen follows it, from waiting to its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Literal

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
from orstt_tui.event_text import Stage, amount, restart_sentence, stage_sentence, summary
from orstt_tui.formatting import clock, count
from orstt_tui.notifications import error_text
from orstt_tui.progress import RunMeter

Phase = Literal["waiting", "loading", "working", "done", "failed", "cancelled"]


UNDER_WAY: frozenset[Phase] = frozenset({"waiting", "loading", "working"})


TRANSCRIPTION_GROUP = "transcription"
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
        self.model = UsedModel(name="…", type="", device="", compute_type="")
        """What works on it; its type is empty until it does."""
        self._stage: Stage = Accepted(model="", ahead=0)
        self._restart: Restarted | None = None
        self.duration = 0.0
        """Length of the recording in seconds; 0 until it was decoded."""
        self.whole: Transcript | None = None
        """The transcript, once it is done."""
        self.format = ""
        """How it is to be written, where somebody said so beforehand."""
        self.meter = RunMeter(time.monotonic)
        self._error: BaseException | None = None

    def apply(self, event: TranscribeEvent) -> None:
        """Take in one event."""
        if not isinstance(event, NewSegment | Done):
            self.meter.note(event)
        match event:
            case Accepted(model=name, job=job):
                self.phase, self._stage, self.job = "waiting", event, job
                # Not every answer names the model: while a server is too busy none is chosen yet.
                self.model = UsedModel(name=name or "the active model", type="", device="", compute_type="")
            case Loading():
                self.phase, self._stage = "loading", event
            case Started(duration=duration, model=model, warnings=warnings):
                self.phase, self._stage = "working", event
                self.duration, self.model, self.warnings = duration, model, list(warnings)
            case Progress():
                self._stage = event
            case NewSegment(segment=segment):
                self.segments.append(segment)
            case Restarted(kept=kept):
                self.phase, self._stage, self._restart = "waiting", event, event
                self.segments, self._shown = self.segments[:kept], min(self._shown, kept)
            case Done(transcript=transcript):
                self.whole, self.model, self.duration = transcript, transcript.model, transcript.duration
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

    @property
    def error(self) -> BaseException | None:
        """What it failed with."""
        return self._error

    def replace(self, segments: Sequence[Segment]) -> None:
        """Take these segments instead of those so far."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.segments, segments, strict=False)))
        self.segments, self._shown = list(segments), min(self._shown, same)

    def show_again(self) -> None:
        """Have all segments be new to whoever shows them."""
        self._shown = 0

    def new_segments(self) -> tuple[int, list[Segment]]:
        """Return how many of the segments returned before still hold, and those that came since."""
        stay = self._shown
        self._shown = len(self.segments)
        return stay, self.segments[stay:]

    @property
    def language(self) -> str | None:
        """The language that is spoken, found or asked for; None while nobody knows."""
        if self.whole is not None:
            return self.whole.language
        return self.segments[0].language if self.segments else self.options.language

    @property
    def transcript(self) -> Transcript:
        """What there is so far, whole or not."""
        if self.whole is not None:
            return self.whole
        first = self.segments[0] if self.segments else None
        language = self.language
        return Transcript(
            text=join_text((segment.text for segment in self.segments), language),
            segments=list(self.segments),
            language=language,
            language_probability=first.language_probability if first else None,
            duration=self.duration,
            task=self.options.task,
            model=self.model,
            warnings=self.warnings,
        )

    @property
    def progress(self) -> tuple[float, float] | None:
        """How much is done and of how much: bytes while loading, seconds of sound while working; None: unknown."""
        return amount(self._stage) if self.phase in UNDER_WAY else None

    def status(self) -> tuple[str, str, str]:
        """Return how it stands for a person: the text, its style and a hint."""
        took = clock((self._ended or time.monotonic()) - self._begun)
        match self.phase:
            case "failed" if self._error is not None:
                message, hint = error_text(self._error)
                return message, "bold $text-error", hint
            case "cancelled":
                kept = f"{count(len(self.segments), 'segment')} kept" if self.segments else "nothing was recognised yet"
                return f"Cancelled after {took}: {kept}{self._job_note}", "bold $text-warning", ""
            case "done" if self.whole is not None:
                return f"{summary(self.whole)}{self._job_note}", "$text-success", self._cautions()
        stage = stage_sentence(self._stage, self.model.name)
        pace = "".join(f" · {part}" for part in self.meter.pace()) if self.phase == "working" else ""
        return f"{stage}{pace} · {took} elapsed{self._job_note}", "", self._cautions()

    @property
    def _job_note(self) -> str:
        return f" · job {self.job}" if self.job else ""

    def _cautions(self) -> str:
        restarted = [restart_sentence(self._restart)] if self._restart is not None else []
        return "\n".join([*restarted, *(f"Warning: {warning}" for warning in self.warnings)])

    def _end(self, phase: Phase) -> None:
        self.phase = phase
        self._ended = time.monotonic()
