"""Selector: chooses the model of a job once its recording is decoded, before an engine is leased."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from orstt_core.db.job_records import ClaimedJob
from orstt_core.runtime.protocol import SoundFile
from orstt_core.types import Model, ModelChoice, Transcript, TranscriptionFigures


class Chosen(Struct, frozen=True, kw_only=True):
    """A model for a job, and what is kept of the choice.

    Attributes:
        model: the configured model as it is now; it is what transcribes, whatever becomes of it meanwhile.
        choice: its `model` is the name of that one.
    """

    model: Model
    choice: ModelChoice


class Selector(Protocol):
    """Chooses the models of some jobs.

    What was chosen is stored with the job before its engine is leased. An attempt at a job with a choice keeps it:
    nobody is asked again. Errors of a method fail the job; one that is put off by its error is asked again.
    """

    async def may_choose(self, job: ClaimedJob) -> bool:
        """Return whether `choose` is to be asked about a job, whose model then is not loaded beforehand."""
        ...

    async def choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen | None:
        """Return the model for a job; None: it has none to propose.

        Args:
            job: without a choice, or with one that is still to be made; `job.model` is what transcribes otherwise.
            sound: the decoded recording, or the first of the channels or tracks that are transcribed by themselves.
        """
        ...

    async def choose_again(
        self, job: ClaimedJob, transcript: Transcript, figures: TranscriptionFigures
    ) -> Chosen | None:
        """Return another model that is to transcribe the recording once more; None: the transcript is the answer.

        Asked about a job with a choice whose `instead_of` is empty, so once a job at most.

        Args:
            job: as it was transcribed.
            transcript: what came of it.
            figures: what it took.
        """
        ...


class Selectors:
    """Several selectors as one: the first that has a proposal is followed."""

    def __init__(self, *selectors: Selector) -> None:
        self._selectors = selectors

    async def may_choose(self, job: ClaimedJob) -> bool:
        """See `Selector.may_choose`; False of a job whose choice is made, or that goes on behind segments."""
        if job.segments or (job.choice and job.choice.model):
            return False
        return any([await selector.may_choose(job) for selector in self._selectors])

    async def choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen | None:
        """See `Selector.choose`."""
        for selector in self._selectors:
            if await selector.may_choose(job) and (chosen := await selector.choose(job, sound)):
                return chosen
        return None

    async def choose_again(
        self, job: ClaimedJob, transcript: Transcript, figures: TranscriptionFigures
    ) -> Chosen | None:
        """See `Selector.choose_again`; None of a job without a choice, or that was transcribed again already."""
        if job.choice is None or not job.choice.model or job.choice.instead_of:
            return None
        for selector in self._selectors:
            if chosen := await selector.choose_again(job, transcript, figures):
                return chosen
        return None
