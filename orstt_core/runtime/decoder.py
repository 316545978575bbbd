"""Decoder: the host's end of the process that decodes recordings, within limits of memory and time.

The child's end is `orstt_core.runtime.decoder_child`. Starting that process takes a fifth of a second, so
it is kept for the next recording. What dies or runs into a limit costs the one recording that made it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from orstt_core.audio import shown_name
from orstt_core.audio.excerpt import Excerpt
from orstt_core.errors import AudioUnreadable, EngineDied, OrsttError, TooLarge, from_wire
from orstt_core.recordings.files import DECODED, new_file
from orstt_core.runtime.child_process import ChildProcess
from orstt_core.runtime.frames import decode_from_child
from orstt_core.runtime.protocol import (
    Begun,
    Decoded,
    DecodeWork,
    Failure,
    Parts,
    Recording,
    Room,
    RoomNeeded,
    SoundFile,
)
from orstt_core.runtime.sound_room import Grow, SoundRoom
from orstt_core.settings import Settings

RECORDINGS_PER_CHILD = 200
"""After so many the child is replaced: native libraries leak."""
STILL_SECONDS = 20.0
"""A child that uses no processor for so long does not decode any more."""
QUEUE_SECONDS = 1.0
"""How long a recording waits for the child that is kept; after that it gets one of its own, which goes with it."""
START_SECONDS = 10.0
"""What a child may need to start, on top of the time for decoding."""


class Decoder:
    """Decodes recordings in a child that is kept for the next one.

    Callers take turns, but one recording that takes long does not hold up the others. A recording whose
    decoder dies is tried once more, in a new child: the death may have had nothing to do with it.

    Args:
        settings: give the limits and the folder of decoded sound, which is made when it is not there.
    """

    def __init__(self, settings: Settings) -> None:
        self._room = SoundRoom(settings.max_decoded_mb)
        self._folder = settings.spool
        self._settings = settings
        self._lock = asyncio.Lock()
        self._child: _Child | None = None
        self._recordings = 0
        self._separate: set[Decoder] = set()
        self._closed = False

    async def warm(self) -> None:
        """Start the child, so that the first recording does not wait for it."""
        async with self._lock:
            await self._ready()

    def room(self) -> AbstractContextManager[Grow]:
        """Have room for the sound of a recording of which several parts are decoded, one after the other."""
        return self._room.share()

    @asynccontextmanager
    async def decoded(
        self,
        recording: Recording,
        part: int = 0,
        parts: Parts = "channels",
        *,
        room: Grow | None = None,
        excerpt: Excerpt | None = None,
    ) -> AsyncIterator[SoundFile]:
        """Decode a recording and yield its sound; the file is gone afterwards.

        Args:
            recording: which.
            part: one of its channels or tracks, from 1 on; 0: all channels of one track, mixed.
            parts: which of the two.
            room: what `room` yielded, which keeps what the sound took; None: it is free again afterwards.
            excerpt: from when to when to decode; None: all of it.

        Raises:
            FileProblem, AudioEmpty, AudioUnreadable: as `orstt_core.audio.decode` does; also when the decoder died
                of it, or its sound cannot be written.
            EngineDied: two decoders were killed over it, or did not start.
            StorageFull, Busy: its sound cannot be written now, or that of others leaves it no room.
            InvalidRequest: it ends before the excerpt begins.
            TooLarge: it takes more time, memory or disk than there is for it, or holds more than the limits allow.
            EngineDied: the decoder was closed.
        """
        # Open, and by that locked, as long as it is needed: nobody takes it for left over by a process that died.
        file = new_file(self._folder, DECODED, ".f32")
        work = DecodeWork(
            recording=recording,
            into=Path(file.name),
            limits=self._settings.for_decoding,
            part=part,
            parts=parts,
            excerpt=excerpt,
        )
        with nullcontext(room) if room else self.room() as grow:
            try:
                yield await self._decode_queued(work, grow)
            finally:
                # On some file systems a gigabyte takes its time to go.
                await asyncio.to_thread(_remove, file)

    async def close(self) -> None:
        """End the child, also while it decodes."""
        self._closed = True
        await asyncio.gather(self._end_child(), *(other.close() for other in self._separate))

    async def _decode_queued(self, work: DecodeWork, grow: Grow) -> SoundFile:
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._lock.acquire()
        except TimeoutError:
            return await self._decode_separately(work, grow)
        try:
            return await self._decode(work, grow)
        finally:
            self._lock.release()

    async def _decode_separately(self, work: DecodeWork, grow: Grow) -> SoundFile:
        other = Decoder(self._settings)
        other._closed = self._closed
        self._separate.add(other)
        try:
            return await other._decode(work, grow)
        finally:
            self._separate.discard(other)
            await other.close()

    async def _decode(self, work: DecodeWork, grow: Grow) -> SoundFile:
        recording = work.recording
        for last_try in (False, True):
            child = await self._ready()
            answer: Decoded | OrsttError | None = None
            try:
                answer = await self._ask(child, work, grow)
            except EngineDied as death:
                self._blame(recording, child, death, last_try=last_try)
            except TimeoutError as error:
                raise self._too_slow(recording) from error
            finally:
                # Without an answer it is dead, or somewhere inside a native call; at a limit it is not to be trusted.
                if answer is None or isinstance(answer, TooLarge):
                    await self._end_child()
            if isinstance(answer, Decoded):
                return answer.sound
            if answer:
                raise answer
        raise AssertionError("the last try ends in an answer or an error")

    def _blame(self, recording: Recording, child: _Child, death: EngineDied, *, last_try: bool) -> None:
        """Raise what a decoder's death means; nothing where another one is to try."""
        if self._closed:
            raise self._closing() from death
        if child.out_of_time:
            raise self._too_slow(recording) from death
        if last_try and (child.ended_from_outside or not child.has_begun):
            raise death  # it did not start, memory ran out, or somebody ended it: that is not the recording's fault
        if last_try:
            raise AudioUnreadable(
                f"{shown_name(recording.name)} cannot be read: the decoder died of it.",
                hint="It is damaged, or made to do harm. Export it again from its source.",
            ) from death

    async def _ask(self, child: _Child, work: DecodeWork, grow: Grow) -> Decoded | OrsttError:
        self._recordings += 1
        child.has_begun = False
        async with asyncio.timeout(self._settings.decode_seconds + START_SECONDS):
            await child.send(work)
            while True:
                _, body = await child.receive(silence=STILL_SECONDS)
                match answer := decode_from_child(body):
                    case Begun():
                        child.has_begun = True
                    case RoomNeeded(bytes=needed):
                        await child.send(Room(granted=await grow(needed)))
                    case _:
                        break
        if isinstance(answer, Failure):
            return from_wire(answer.code, answer.message, answer.hint, answer.field, answer.retry_after)
        assert isinstance(answer, Decoded)
        return answer

    async def _ready(self) -> _Child:
        if self._child is None or not self._child.alive or self._recordings >= RECORDINGS_PER_CHILD:
            await self._end_child()
            if not self._closed:
                self._recordings = 0
                self._child = await _Child.start("orstt_core.runtime.decoder_child", "The decoder's process")
        if self._closed or self._child is None:
            await self._end_child()
            raise self._closing()
        return self._child

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child:
            await child.close()

    def _closing(self) -> EngineDied:
        return EngineDied("The program ended before the recording was decoded.", hint="Start it again.")

    def _too_slow(self, recording: Recording) -> TooLarge:
        return TooLarge(
            f"{shown_name(recording.name)} takes longer than {self._settings.decode_seconds:g} seconds to decode.",
            hint="Cut it, or raise the setting decode_seconds (ORSTT_DECODE_SECONDS).",
        )


def _remove(file: BinaryIO) -> None:
    Path(file.name).unlink(missing_ok=True)
    file.close()


class _Child(ChildProcess):
    """The decoder's process."""

    has_begun = False
    """Whether it has turned to the recording that it was sent last."""

    @property
    def ended_from_outside(self) -> bool:
        """Whether it was killed: by the system, which had no memory left, by a person, or because it stood still."""
        return self._process.returncode == -signal.SIGKILL

    @property
    def out_of_time(self) -> bool:
        """Whether it was ended by the limit on its processor time."""
        return self._process.returncode == -signal.SIGXCPU
