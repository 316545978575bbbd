"""What is measured while work is done, told to whoever counts (a server's /metrics)."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.types.jobs import JobState


class JobMeasured(Struct, frozen=True, kw_only=True, tag_field="event", tag="job_measured"):
    """A job ended here.

    Attributes:
        model: name of the configured model.
        state: done, failed or cancelled.
        code: what it failed with; empty otherwise.
        audio_seconds: length of the recording that was transcribed; 0 unless it is done.
        seconds: time the engine took over it; 0 unless it is done.
        load_seconds: time it took to load its model first; 0 where it was loaded.
    """

    model: str
    state: JobState
    code: str = ""
    audio_seconds: float = 0.0
    seconds: float = 0.0
    load_seconds: float = 0.0


class LoadMeasured(Struct, frozen=True, kw_only=True, tag_field="event", tag="load_measured"):
    """Weights were loaded here, or could not be."""

    model: str
    """Name of the configured model."""
    seconds: float
    failed: bool = False


Measurement = JobMeasured | LoadMeasured
