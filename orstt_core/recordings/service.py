"""RecordingService: what jobs need of recordings: handed in, read, and gone when the last job lets go of them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from orstt_core.audio import check_file
from orstt_core.audio.streams import is_stream, temporary_copy
from orstt_core.db.recordings import OWN_FILE, RecordingIndex, RecordingSource, is_own_file
from orstt_core.errors import DatabaseUnavailable, FileProblem, InvalidRequest, RecordingGone
from orstt_core.recordings.files import is_gone
from orstt_core.recordings.store import Blob, RecordingStore
from orstt_core.types import FileContent, Job, RawAudio, SampleFormat, StoredRecording, TranscribeRequest, to_json

logger = logging.getLogger(__name__)


class RecordingService:
    """Recordings of jobs: their bytes in a store, which of them there are in the database.

    Bytes are stored first, under a name that is new, and a row names them when a job refers to it. Where the same
    sound was there already the row names the bytes of then, and those stored now are discarded, or take their name if
    they are gone: removing the one can therefore never hit the other.

    Args:
        index: which recordings there are.
        store: where their bytes are.
        limit_mb: the most that is read of a pipe, in MiB.
    """

    def __init__(self, index: RecordingIndex, store: RecordingStore, *, limit_mb: int) -> None:
        self._index = index
        self._store = store
        self._limit_mb = limit_mb

    async def add(self, request: TranscribeRequest) -> RecordingSource | StoredRecording:
        """Bring a request's recording to where it survives a power cut, and say where that is.

        A file of the person's own stays where it is; a disposable one is taken over, bytes, samples and what comes
        through a pipe are written, and what is stored already needs nothing.

        Raises:
            InvalidRequest: it gives a stored recording another layout.
            RecordingGone: it names a person's own file that is no longer where it was.
            FileProblem: the file cannot be read, or the store not written.
            AudioEmpty, TooLarge: nothing, or too much, came through a pipe.
            StorageFull: the disk is full.
            Busy: no file can be opened just now.
        """
        audio = request.audio
        if isinstance(audio, StoredRecording):
            if request.sample_format:
                raise InvalidRequest("What stored samples hold is known.", hint="Leave their rate out.", field="rate")
            await self.check_own_file(audio.id)
            return audio
        if isinstance(audio, FileContent):
            return _source(await self._store.put(io.BytesIO(audio.data)), request.sample_format)
        if isinstance(audio, RawAudio):
            layout = audio.sample_format
            return _source(await self._store.put(io.BytesIO(audio.data)), layout)
        if await asyncio.to_thread(is_stream, audio):
            copy = await temporary_copy(audio, limit_mb=self._limit_mb)
            return _source(await self._store.put(copy), request.sample_format)
        await asyncio.to_thread(check_file, audio)
        path = audio.absolute()
        if request.disposable:
            return _source(await self._store.put(path, sha256=request.sha256), request.sample_format)
        name = f"{OWN_FILE}{secrets.token_hex(32)}"
        return RecordingSource(id=name, location=str(path), owned=False, sample_format=request.sample_format)

    async def check_own_file(self, recording: str) -> None:
        """Refuse a person's own file that is no longer where it was; nothing happens for any other recording.

        Raises:
            RecordingGone: there is no such file any more.
        """
        source = await self._index.find(recording) if is_own_file(recording) else None
        if source is not None and await asyncio.to_thread(is_gone, Path(source.location)):
            raise RecordingGone(
                f"{Path(source.location).name} is no longer where it was.",
                hint="Submit it from where it is now.",
                field="recording",
            )

    async def of_job(self, job: Job) -> RecordingSource:
        """Return where the recording of a job is.

        Raises:
            RecordingGone: it was removed, or not kept.
        """
        await self.check_own_file(job.recording)
        source = await self._index.find(job.recording)
        if source is None:
            raise RecordingGone(
                f"The recording of the job {job.id} was not kept.",
                hint="`orstt transcribe` keeps none, and an upload goes when its job has ended; "
                "`orstt jobs submit FILE --keep-audio` keeps it as long as its job.",
            )
        return source

    async def discard(self, source: RecordingSource | StoredRecording) -> None:
        """Remove what `add` stored, which no row names; what was there before stays."""
        if isinstance(source, RecordingSource) and source.owned:
            await self._remove(source.location)

    async def restore(self, source: RecordingSource | StoredRecording) -> None:
        """Inside the transaction in which a job came to refer to it: see that the row's bytes are there.

        Of the same sound the first row stays. Where its file is gone, as after a backup without the recordings, what
        `add` stored takes its place: for all jobs that refer to it.

        Raises:
            FileProblem, StorageFull, Busy: it cannot be brought there.
        """
        if not isinstance(source, RecordingSource) or not source.owned:
            return
        known = await self._index.source(source.id)
        if known.location != source.location:
            await self._store.restore(known.location, source.location)

    async def discard_unnamed(self, source: RecordingSource | StoredRecording) -> None:
        """Remove what `add` stored for a job, once that is stored, unless a row names it: the sound was there before.

        Without the database nothing is removed: then the next sweep does it.
        """
        if not isinstance(source, RecordingSource) or not source.owned:
            return
        try:
            named = await self._index.names(source.location)
        except DatabaseUnavailable as error:
            logger.info("A recording that may be there twice is left to the next sweep: %s", error.message)
            return
        if not named:
            await self._remove(source.location)

    @asynccontextmanager
    async def local_path(self, source: RecordingSource) -> AsyncIterator[Path]:
        """Lend a file on this machine that holds a job's recording; its path means nothing afterwards.

        Raises:
            FileProblem, StorageFull, Busy: it cannot be brought here.
        """
        if source.owned:
            async with self._store.local_path(source.location) as path:
                yield path
        else:
            yield Path(source.location)

    async def remove_unused(self) -> None:
        """Remove recordings that no job refers to any more; a person's own files stay."""
        for source in await self._index.remove_unused():
            await self.discard(source)

    async def sweep(self) -> None:
        """Remove what processes that died left in the store."""
        await self._store.sweep(self._index.locations)

    async def has_room(self) -> bool:
        """Tell whether another recording could be stored and decoded; true where that is not known."""
        return await self._store.has_room()

    async def _remove(self, location: str) -> None:
        try:
            await self._store.remove(location)
        except FileProblem as error:
            logger.warning("%s It is tried again by the next sweep.", error.message)


def _source(blob: Blob, layout: SampleFormat | None) -> RecordingSource:
    # Of bare samples the same bytes are another sound at another rate.
    name = hashlib.sha256(blob.sha256.encode() + to_json(layout)).hexdigest() if layout else blob.sha256
    return RecordingSource(id=name, location=blob.name, owned=True, sample_format=layout)
