"""What becomes of a recording that is transcribed, told event by event. Times are seconds from its start."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.types.selection import ModelChoice
from orstt_core.types.transcript import Segment, Transcript, UsedModel


class Accepted(Struct, frozen=True, kw_only=True, tag_field="event", tag="accepted"):
    """The request is stored as a job and waits for its turn; told again when its place changes."""

    model: str
    ahead: int = 0
    """How many jobs go before it."""
    job: str = ""
    """The job's id."""


class Loading(Struct, frozen=True, kw_only=True, tag_field="event", tag="loading"):
    """The model is being fetched or loaded."""

    detail: str
    done: int | None = None
    """Bytes so far, when something is fetched."""
    total: int | None = None


class Started(Struct, frozen=True, kw_only=True, tag_field="event", tag="started"):
    """Decoding is over and the engine works on `duration` seconds of sound."""

    duration: float
    model: UsedModel
    warnings: list[str] = []
    choice: ModelChoice | None = None
    """Why this model, where it was chosen for the recording."""


class NewSegment(Struct, frozen=True, kw_only=True, tag_field="event", tag="segment"):
    """One more segment, final as it is."""

    segment: Segment


class Progress(Struct, frozen=True, kw_only=True, tag_field="event", tag="progress"):
    """How far the engine is, in seconds of the recording."""

    position: float
    duration: float


class Restarted(Struct, frozen=True, kw_only=True, tag_field="event", tag="restarted"):
    """What transcribed died, and the job is begun again.

    Attributes:
        reason: one sentence for a person.
        kept: how many of the segments told so far stay; those after them will come again.
    """

    reason: str
    kept: int


class Done(Struct, frozen=True, kw_only=True, tag_field="event", tag="done"):
    """The last event of a transcription that succeeded. One that fails raises its OrsttError instead."""

    transcript: Transcript


TranscribeEvent = Accepted | Loading | Started | NewSegment | Progress | Restarted | Done
