"""What the stores of experiments and whoever asks them hand each other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from orstt_core.db.recordings import RecordingSource
from orstt_core.types import (
    Arm,
    ExperimentDraft,
    ExperimentState,
    StopCause,
    TranscribeOptions,
    Transcript,
    TranscriptionFigures,
)
from orstt_core.types.timestamps import Timestamp

DEFAULT_SHARE = {"shadow": 1.0, "split": 0.5}
"""By the kind of an experiment."""


class StoredExperiment(Struct, frozen=True, kw_only=True):
    """An experiment as it is stored.

    Attributes:
        setups: what A and B were when it began; when one of them is another, what was found says nothing more.
        spent: seconds that B has computed.
    """

    id: str
    created_at: Timestamp
    created_by: str
    draft: ExperimentDraft
    setups: tuple[str, str]
    state: ExperimentState
    cause: StopCause
    reason: str
    changed_at: Timestamp
    spent: float

    @property
    def share(self) -> float:
        """Which share of the recordings takes part, or of a split goes to B."""
        return DEFAULT_SHARE[self.draft.kind] if self.draft.share is None else self.draft.share

    @property
    def is_over(self) -> bool:
        """Whether it goes on no more."""
        return self.state in {"stopped", "promoted"}

    def is_open(self, now: datetime, taken: int) -> bool:
        """Return whether another recording may take part, beside those that were taken already."""
        draft = self.draft
        in_time = draft.until is None or now < draft.until
        unspent = draft.seconds is None or self.spent < draft.seconds
        return self.state == "running" and in_time and unspent and taken < draft.recordings


class Observation(Struct, frozen=True, kw_only=True):
    """What is known of one recording.

    Attributes:
        arm: which model heard it; None: both.
        state: whether it was heard by all that were to, or B could not transcribe it.
        loss_a: 0 for the best text of A and 1 for the worst, as the experiment judges; None: not judged.
        loss_b: likewise of B.
    """

    arm: Arm | None = None
    state: Literal["waiting", "running", "done", "failed"] = "done"
    figures_a: TranscriptionFigures | None = None
    figures_b: TranscriptionFigures | None = None
    loss_a: float | None = None
    loss_b: float | None = None


class ShadowWork(Struct, frozen=True, kw_only=True):
    """A recording that B is to transcribe.

    Attributes:
        observation: its number.
        digest: of the recording, as far as it is known.
        text: what A made of it.
        figures: of that.
    """

    experiment: StoredExperiment
    observation: int
    digest: str
    filename: str
    options: TranscribeOptions
    recording: RecordingSource
    text: str
    figures: TranscriptionFigures | None


class JudgedPair(Struct, frozen=True, kw_only=True):
    """Two texts of one recording.

    Attributes:
        observation: its number.
        job: the whole id of the job that it came with.
        a: what A made of it.
        b: what B made of it.
    """

    observation: int
    digest: str
    job: str
    filename: str
    a: Transcript
    b: Transcript


class Corrected(Struct, frozen=True, kw_only=True):
    """A recording whose transcript was corrected since it was last compared.

    Attributes:
        version: of the correction.
        text: what was said.
        a: what A had made of it; None: B heard it.
        b: what B had made of it; None: A heard it.
        language: of the text, as an ISO code.
    """

    observation: int
    version: int
    text: str
    language: str | None
    a: str | None
    b: str | None
