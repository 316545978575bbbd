"""One attempt at a job: decode, lend an engine, transcribe; one that dies is replaced once, if it sent nothing out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing, asynccontextmanager

from msgspec.structs import replace

from orstt_core.db.job_records import ClaimedJob
from orstt_core.engines.shown_name import shown_as
from orstt_core.errors import EngineDied, EngineUnknown, ModelSuspended, OrsttError
from orstt_core.measurements.ended_jobs import done_measured
from orstt_core.recordings.service import RecordingService
from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.lease import Displaced, Lease
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.parts import first_part, parts_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.probe import sends_sound
from orstt_core.runtime.protocol import EngineSpec, Recording, SoundFile, Work
from orstt_core.runtime.sound_room import Grow
from orstt_core.runtime.transcription import Transcription
from orstt_core.selection.selector import Chosen, Selectors
from orstt_core.settings import EngineSettings
from orstt_core.types import (
    Done,
    JobMeasured,
    Measurement,
    Model,
    ModelChoice,
    NewSegment,
    Peaks,
    Restarted,
    TranscribeEvent,
)


class Pipeline:
    """What an attempt needs.

    Args:
        recordings: where the recording is.
        decoder: makes sound of it.
        pool: has the engines.
        settings: for the engines.
        measure: told what was measured.
        note_terms: told which vocabularies a transcription had, and its text.
        selectors: choose the model where it is not simply the one that was asked for.
    """

    def __init__(
        self,
        recordings: RecordingService,
        decoder: Decoder,
        pool: EnginePool,
        settings: EngineSettings,
        measure: Callable[[Measurement], None] = lambda _: None,
        note_terms: Callable[[Collection[str], str], None] = lambda _names, _text: None,
        selectors: Selectors | None = None,
    ) -> None:
        self._recordings = recordings
        self._decoder = decoder
        self._pool = pool
        self._settings = settings
        self.measure = measure
        self._note_terms = note_terms
        self._selectors = selectors or Selectors()

    async def warm(self) -> None:
        """Start what the first recording would otherwise wait for."""
        await self._decoder.warm()

    def capacity(self, model: Model) -> int:
        """Return how many jobs a model's engine serves at once; 1 where that is not known."""
        try:
            return self._pool.capacity(spec_of(model))
        except EngineUnknown:
            return 1

    async def has_room(self, model: Model) -> bool:
        """Tell whether a model's engine is to be had at once, and no other model would be ended for it."""
        return await self._pool.has_room(spec_of(model), "background")

    async def run(
        self,
        job: ClaimedJob,
        emit: Callable[[TranscribeEvent], None],
        note_peaks: Callable[[Peaks], None],
        keep: Callable[[Chosen], Awaitable[ClaimedJob]],
    ) -> tuple[Done, JobMeasured]:
        """Do a job's work and return what came of it, and what it took; being cancelled gives the work up.

        Args:
            job: the one that was claimed.
            emit: told of everything else that happens, as it does.
            note_peaks: told what was measured of the sound, each time there is more of it.
            keep: stores the model that was chosen for it, and returns the job as that one does it.

        Raises:
            OrsttError: what the job failed with.
        """
        with shown_as(job.model.name):
            job, transcription = await self._transcribed(job, emit, note_peaks, keep)
        given_up: list[JobMeasured] = []
        while again := await self._selectors.choose_again(job, transcription.done.transcript, transcription.figures):
            emit(Restarted(reason=again.choice.why, kept=0))
            better = replace(await keep(again), segments=[], speech=[])
            first = self._measured(job, transcription)
            try:
                with shown_as(better.model.name):
                    job, transcription = await self._transcribed(better, emit, note_peaks, keep)
            except OrsttError as error:  # a text is there already, and one that is not sure is better than none
                kept = _kept(job, better.model, error)
                emit(Restarted(reason=kept.choice.why, kept=0))
                job = await keep(kept)
                for segment in transcription.segments:
                    emit(NewSegment(segment=segment))
                note_peaks(transcription.peaks)
                break
            given_up.append(first)
        done = Done(transcript=replace(transcription.done.transcript, choice=job.choice))
        self._note_terms(job.vocabulary, done.transcript.text)
        return done, replace(self._measured(job, transcription), given_up=tuple(given_up))

    def _measured(self, job: ClaimedJob, transcription: Transcription) -> JobMeasured:
        used, libraries, figures = transcription.used, transcription.libraries, transcription.figures
        return done_measured(job.model, job.options, self._settings, used, libraries, figures)

    async def _transcribed(
        self,
        job: ClaimedJob,
        emit: Callable[[TranscribeEvent], None],
        note_peaks: Callable[[Peaks], None],
        keep: Callable[[Chosen], Awaitable[ClaimedJob]],
    ) -> tuple[ClaimedJob, Transcription]:
        """Return the job, with its model, and what that made of the recording."""
        is_open = await self._selectors.may_choose(job)
        spec = None if is_open else spec_of(job.model)
        preloaded = self._pool.preload(spec, job.keep_alive, priority=job.priority)
        first = first_part(job.options, job.segments)
        with self._decoder.room() as room:  # one for all parts: between two of them others would have it
            async with preloaded as preload, self._decoded(job, first, room) as sound:
                if is_open and (chosen := await self._selectors.choose(job, sound)):
                    job = await keep(chosen)
                transcription = Transcription(
                    job.model, job.options, sound, job.segments, job.missing_vocabularies, job.speech, job.choice
                )
                note_peaks(transcription.peaks)
                if (kept := transcription.rewind()) < len(job.segments):
                    transcription.whole = True
                    emit(Restarted(reason="The job is begun again: its engine cannot go on in the middle.", kept=kept))
                async for message in preload.progress():
                    emit(message.event)
                transcription.load_seconds = preload.seconds
                if sound.part in (sound.parts or [0]):
                    await self._transcribe(job, transcription, emit)
            while part := transcription.next_part:
                async with self._decoded(job, part, room) as sound:
                    transcription.go_on(sound)
                    note_peaks(transcription.peaks)
                    await self._transcribe(job, transcription, emit)
        note_peaks(transcription.peaks)
        return job, transcription

    async def _transcribe(
        self, job: ClaimedJob, transcription: Transcription, emit: Callable[[TranscribeEvent], None]
    ) -> None:
        with shown_as(job.model.name):
            await self._transcribe_part(job, spec_of(job.model), transcription, emit)

    async def _transcribe_part(
        self, job: ClaimedJob, spec: EngineSpec, transcription: Transcription, emit: Callable[[TranscribeEvent], None]
    ) -> None:
        first_death: EngineDied | None = None
        while True:
            began = False
            try:
                # What died once has its engine for itself: if it dies again, it is nobody else's fault.
                async with self._pool.lease(
                    spec, job.keep_alive, priority=job.priority, alone=bool(first_death)
                ) as lease:
                    began = True
                    await self._work(lease, transcription, job, emit)
            except ModelSuspended as suspended:
                if first_death:
                    raise first_death from suspended  # this recording had its part in it
                raise
            except EngineDied as death:
                if began and sends_sound(spec.model_type):
                    raise _charged(death) from death
                if first_death:
                    raise
                first_death = death
                kept = transcription.rewind()
                transcription.whole = not kept  # what the dead one took for them, it did not tell
                emit(Restarted(reason=f"{death.message} Another one goes on.", kept=kept))
            else:
                return

    async def _work(
        self, lease: Lease, transcription: Transcription, job: ClaimedJob, emit: Callable[[TranscribeEvent], None]
    ) -> None:
        while True:
            work = Work(
                spec=lease.slot.spec,
                sound=transcription.sound,
                options=job.options,
                terms=job.terms,
                name=job.model.name,
                settings=self._settings,
                resume=transcription.resume,
            )
            try:
                async with aclosing(lease.run(work)) as messages:
                    async for message in messages:
                        for event in transcription.events(message):
                            emit(event)
            except Displaced as displaced:
                transcription.seconds += displaced.seconds
                found = len(transcription.segments)
                if (kept := transcription.rewind()) < found:
                    emit(Restarted(reason="Others had the engine, which cannot go on in the middle.", kept=kept))
            else:
                return

    @asynccontextmanager
    async def _decoded(self, job: ClaimedJob, part: int, room: Grow) -> AsyncIterator[SoundFile]:
        source = job.recording
        async with self._recordings.local_path(source) as path:
            recording = Recording(
                path=path,
                name=job.filename,
                named=source.owned or job.filename != path.name,
                sample_format=source.sample_format,
                track=job.options.track,
            )
            async with self._decoder.decoded(recording, part, parts_of(job.options) or "channels", room=room) as sound:
                yield sound


def _kept(job: ClaimedJob, better: Model, error: OrsttError) -> Chosen:
    """Return the model that transcribed a recording, after a better one that was to do so once more could not."""
    choice = job.choice or ModelChoice(asked=job.model.name)
    why = f"{choice.why} {better.name} was to transcribe it once more, and could not: {error.message}".strip()
    return Chosen(model=job.model, choice=replace(choice, model=job.model.name, why=why))


def _charged(death: EngineDied) -> EngineDied:
    """Return the error for an engine that died while its service may have had, and charged for, what it was sent."""
    return EngineDied(
        f"{death.message} What it had sent may have been processed, and charged for, so it is not sent again.",
        hint="`orstt jobs retry` transcribes it once more.",
    )
