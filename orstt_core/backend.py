"""Backend: the one Protocol that the terminal and the HTTP layer talk to.

`LocalBackend` (orstt_core.local) does the work in this process; `RemoteBackend` (orstt_api.client) asks a
server to. Both give the same types and raise the same errors: one contract suite runs against both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Collection
from contextlib import aclosing
from types import TracebackType
from typing import Protocol, Self, Unpack, runtime_checkable

from msgspec.structs import replace

from orstt_core.errors import EngineFailed
from orstt_core.request import Audio, make_request
from orstt_core.types import (
    ApiKey,
    AuditEntry,
    BackendEvent,
    BackendInfo,
    Change,
    Diagnosis,
    Done,
    EngineList,
    Job,
    JobPage,
    JobQuery,
    KeyDraft,
    LoadedModel,
    Measurement,
    Model,
    ModelDraft,
    ModelUpdate,
    NewKey,
    Pruned,
    PullProgress,
    Purged,
    Readiness,
    StoredWeights,
    TranscribeEvent,
    TranscribeKeywords,
    TranscribeRequest,
    Transcript,
    Validation,
    Verification,
    Vocabulary,
    VocabularyDraft,
    VocabularyUpdate,
)
from orstt_core.types.options import Capability

MAKE_REQUEST = "`orstt_core.make_request` makes one of a path, an open file, bytes or samples."
"""What to say to whoever gives a backend something else than a request."""


@runtime_checkable
class Backend(Protocol):
    """Everything that can be asked of OR-STT. Every method may raise an `OrsttError`.

    Use it as an async context manager: entering opens the database or the connection, leaving stops what
    still runs. A model is named by its id or its name (`ref`).
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def info(self) -> BackendInfo:
        """Say where this is and which model is active."""
        ...

    async def models(self) -> list[Model]:
        """Return the configured models in the order they were added."""
        ...

    async def model(self, ref: int | str) -> Model:
        """Return one model.

        Raises:
            ModelNotFound: no model has that id or name.
        """
        ...

    async def create_model(self, draft: ModelDraft) -> Change:
        """Validate and store a new model; it is neither active nor default.

        Raises:
            InvalidRequest: the name is blank, too long or not a name; the device or compute type is unknown.
            VocabularyNotFound: it is to have a list of words that there is not.
            EngineUnknown: the type is not registered.
            ModelExists: the name is taken.
        """
        ...

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """Make the four checks; what fails is in the answer, never raised."""
        ...

    async def activate_model(self, ref: int | str) -> Change:
        """Make this the one active model, once it is loaded and has answered a one-second probe.

        If it cannot run here the old one stays active; what transcribes already goes on with the model it has.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelNotUsable: it failed validation, loading or the probe; the message says which.
        """
        ...

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        """Change a model, after the same checks as for a new one; jobs that wait keep it as it was.

        Where the active model would compute otherwise than now, it is loaded and probed first, as in
        `activate_model`.

        Raises:
            ModelNotFound: no model has that id or name.
            InvalidRequest, EngineUnknown: a value does not fit.
            ModelExists: the new name is taken.
            ModelNotUsable: it is the active one, and could not run as asked for.
        """
        ...

    def pull_model(self, ref: str) -> AsyncGenerator[PullProgress]:
        """Bring weights to this machine (find, join or fetch, verify), yielding progress; the last is `success`.

        Those who pull the same weights at the same time share one pull; it stops when the last of them closes.

        Args:
            ref: name of a configured model, or weights: a size or a hub repository.

        Raises:
            InvalidRequest: nobody knows such weights; while iterating, as the next one.
            WeightsError: they are nowhere, may not be fetched, or are damaged.
        """
        ...

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        """Return which model files are on the machine that does the work, and which models use them.

        Those of configured models are listed whether they are here or not. Nothing is read.

        Args:
            ref: a configured model, or weights; None is all.

        Raises:
            InvalidRequest: nobody knows such weights.
        """
        ...

    async def verify_weights(self, ref: str) -> Verification:
        """Read every byte of a model's files and compare it with what was published.

        Damaged files of the hub's cache are removed, so that they are not used and are fetched anew.

        Args:
            ref: a configured model, or weights.

        Raises:
            InvalidRequest: nobody knows such weights, or the engine finds its files itself.
            WeightsError: they are not here.
        """
        ...

    def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        """Yield one file with a model's weights, their digests and its configuration, for `import_model` elsewhere.

        Raises:
            ModelNotFound: no model has that id or name; while iterating, as the next two.
            InvalidRequest: its engine finds its files itself.
            WeightsError: its files are not here, or damaged.
        """
        ...

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        """Store the weights of such a file, once each is what its digest says, and configure the model.

        Args:
            archive: its bytes, in parts.
            name: what to call the model; None: as it was called.

        Raises:
            InvalidRequest: it is no such file.
            ModelExists: the name is taken; nothing is stored.
            WeightsDamaged: a file is not what its digest, or the publisher, says; nothing is stored.
            WeightsError: there is no room for them, or no permission to write.
        """
        ...

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        """Return what no configured model needs: leftovers of downloads, copies, and weights that OR-STT brought.

        Args:
            remove: also remove it.

        Raises:
            WeightsError: something may not be removed.
        """
        ...

    async def delete_model(self, ref: int | str) -> Model:
        """Remove a model and return it as it was. Its weights stay on disk.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelInUse: it is the active or the default one.
        """
        ...

    async def engines(self) -> EngineList:
        """Return every registered engine; a broken one with its reason, never an error."""
        ...

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        """Load a model now, so that the next request need not wait for it.

        Args:
            ref: the model's id or name.
            keep_alive: seconds it stays when idle, 0 to unload it at once, -1 for ever; None is the setting's.

        Raises:
            InvalidRequest: it is to stay for less than -1 seconds.
            ModelNotFound: no model has that id or name.
            ModelSuspended, WeightsError, DeviceUnavailable, EngineUnavailable, EngineFailed: it cannot be loaded.
        """
        ...

    async def unload_model(self, ref: int | str) -> LoadedModel:
        """Unload a model, giving its memory back to the system, and return it as it was.

        Raises:
            ModelNotFound: no model has that id or name, or it is not loaded.
            ModelInUse: it serves a request.
        """
        ...

    async def loaded_models(self) -> list[LoadedModel]:
        """Return what is loaded in the process that serves, or suspended there, the most recently used first."""
        ...

    def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """Submit a job and wait for it, yielding events as things happen; the last one is `Done`.

        Closing the generator (`contextlib.aclosing`) or cancelling the task that reads it cancels the job.

        Raises:
            Busy, ModelNotFound, ModelSuspended, EngineUnavailable, WeightsError, AudioError, TooLarge, FileProblem,
            LanguageUnknown, OptionUnsupported, EngineFailed, JobCancelled, RecordingGone: while iterating.
        """
        ...

    async def transcript(
        self, audio: Audio, model: str | int | None = None, **options: Unpack[TranscribeKeywords]
    ) -> Transcript:
        """Transcribe a recording and return the whole transcript.

        The times of words are measured where the engine can, unless `word_timestamps=False`. Cancelling the task that
        waits cancels the job.

        Args:
            audio: a path, an open binary file, bytes, or `(rate in Hz, samples)`; see `make_request`.
            model: name or id of a configured model; None is the active one.
            options: those of `TranscribeOptions`, by name; the language is detected unless it is given.

        Raises:
            OrsttError: as `make_request` and `transcribe`.
        """
        import asyncio  # the help of a command, which looks at this Protocol, does without

        request = await asyncio.to_thread(lambda: make_request(audio, model, **options))
        if "word_timestamps" not in options:
            meant = await _look_up(self, request.model)
            timed = replace(request.options, word_timestamps="words" in await self._capabilities(meant.model_type))
            request = replace(request, model=meant.name, options=timed)  # by name: another may become active meanwhile
        return await _transcript_of(self.transcribe(request))

    async def wait(self, ref: str) -> Transcript:
        """Wait until a job has ended and return its transcript.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        return await _transcript_of(self.follow_job(ref))

    async def submit_job(self, request: TranscribeRequest) -> Job:
        """Store a recording as a job and return at once; from then on it is not lost.

        Raises:
            Busy: the queue is full and the request is not patient.
            ModelNotFound, FileProblem, InvalidRequest: the request itself is wrong.
            KeyReused: its idempotency key belongs to another request.
            RecordingGone: it names a stored recording that no job of the caller's has, whoever else's may.
            Forbidden: notices may not be sent to its callback address.
        """
        ...

    async def jobs(self, query: JobQuery) -> JobPage:
        """Return jobs, newest first.

        Raises:
            JobNotFound: `query.before` names none.
        """
        ...

    async def job(self, ref: str) -> Job:
        """Return one job whole, by its id or the beginning of it.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
        """
        ...

    def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        """Yield what happened to a job so far and then what happens, until `Done`; closing cancels nothing.

        Raises:
            JobNotFound: while iterating, as the next two.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        ...

    async def cancel_job(self, ref: str) -> Job:
        """Cancel a job; one that is cancelled already is returned as it is.

        Raises:
            JobNotFound: no job has that id.
            JobEnded: it is done or has failed.
        """
        ...

    async def retry_job(self, ref: str) -> Job:
        """Queue a failed or cancelled job again, under the same id.

        A cancelled one keeps its segments and goes on from there, unless its model was changed.

        Raises:
            JobNotFound: no job has that id.
            JobNotEnded: it is queued, running, or done.
            RecordingGone: its recording was removed.
            Busy: the queue is full.
        """
        ...

    async def delete_job(self, ref: str) -> Job:
        """Remove an ended job with its text, and return it as it was.

        Raises:
            JobNotFound: no job has that id.
            JobNotEnded: it is queued or running.
        """
        ...

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        """Remove every job that ended so many days ago or longer, with its text and its recording.

        Raises:
            InvalidRequest: less than 0 days, or more than 36,500.
        """
        ...

    async def audit(self, limit: int = 100) -> list[AuditEntry]:
        """Return the latest entries of the audit table, newest first.

        Raises:
            InvalidRequest: a limit below 1, or above 10,000.
        """
        ...

    async def readiness(self) -> Readiness:
        """Say whether another recording would be taken now, and of which kind; never raises for what it finds."""
        ...

    def events(self) -> AsyncGenerator[BackendEvent]:
        """Yield what changes from now on, whoever changes it, until closed; of jobs, those that the caller may see."""
        ...

    def measurements(self) -> AsyncGenerator[Measurement]:
        """Yield what is measured from now on in the process that serves, until closed."""
        ...

    async def keys(self) -> list[ApiKey]:
        """Return all API keys, also those revoked or expired, in the order they were created."""
        ...

    async def create_key(self, draft: KeyDraft) -> NewKey:
        """Create an API key; its secret is in the answer and nowhere else.

        Raises:
            InvalidRequest: the name is blank or not printable.
            KeyExists: a key has, or had, that name.
        """
        ...

    async def revoke_key(self, ref: str) -> ApiKey:
        """Let a key open nothing any more; one that is revoked already is returned as it is.

        Raises:
            KeyNotFound: no key has that id or name.
        """
        ...

    async def authenticate(self, secret: str) -> ApiKey | None:
        """Return the usable key that this is the secret of, noting that it was used; None: it is none.

        The answer may be a second old.
        """
        ...

    async def keyed(self) -> bool:
        """Return whether any key was ever created, so that requests need one; may be a second old."""
        ...

    async def vocabularies(self) -> list[Vocabulary]:
        """Return the lists of words to expect by name, without their terms."""
        ...

    async def vocabulary(self, name: str) -> Vocabulary:
        """Return a list with its terms, those most often used first.

        Raises:
            VocabularyNotFound: none has that name.
        """
        ...

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        """Store a new list of words to expect.

        Raises:
            InvalidRequest: the name is blank, or a term is none.
            VocabularyExists: a list has that name.
        """
        ...

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        """Change a list; a term that stays keeps how often it was used.

        Raises:
            VocabularyNotFound: none has that name.
            InvalidRequest: a term is none, or there would be too many.
        """
        ...

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        """Remove a list and return it as it was; jobs that name it go on without it.

        Raises:
            VocabularyNotFound: none has that name.
            VocabularyInUse: a model has it.
        """
        ...

    async def diagnose(self) -> Diagnosis:
        """Look at everything that could be missing here; takes a second or two."""
        ...

    async def _capabilities(self, model_type: str) -> Collection[Capability]:
        """Return what an engine can do beside giving a text."""
        engines = (await self.engines()).engines
        return next((engine.capabilities for engine in engines if engine.model_type == model_type), ())


async def _look_up(backend: Backend, ref: int | str | None) -> Model:
    """Return the model that a request means."""
    info = await backend.info()
    name = info.active_model if ref is None else ref
    return await backend.model(info.aliases.get(name, name) if isinstance(name, str) else name)


async def _transcript_of(events: AsyncGenerator[TranscribeEvent]) -> Transcript:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.transcript
    raise EngineFailed("The transcription ended without a transcript.")
