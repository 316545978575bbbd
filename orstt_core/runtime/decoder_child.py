"""The child process that decodes recordings: `python -m orstt_core.runtime.decoder_child`.

Decoders are large, native, and fed by strangers. Here they may crash, leak, loop or be led astray by a forged
file: the system stops this process at its limits, it holds nothing but the recording and the file it writes, and
it ends when its host does.
"""

from __future__ import annotations

import math
import os
import queue
import resource
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from msgspec.structs import replace

from orstt_core.audio import Limits, OneChannel, OneTrack, decode_to, shown_name
from orstt_core.audio.facts import facts_of
from orstt_core.audio.mapped import map_samples
from orstt_core.audio.peaks import peaks_of
from orstt_core.errors import Busy, OrsttError, TooLarge
from orstt_core.recordings.files import cannot_write
from orstt_core.runtime.child_setup import read_messages, set_up_child
from orstt_core.runtime.frames import encode
from orstt_core.runtime.protocol import (
    Begun,
    Decoded,
    DecodeWork,
    Failure,
    FromChild,
    Room,
    RoomNeeded,
    SoundFile,
    ToChild,
)
from orstt_core.settings import DecodeLimits
from orstt_core.units import MIB, SAMPLE_BYTES, SAMPLE_RATE

ROOM_BYTES = 16 * MIB
"""How much room for sound is asked for at a time: four minutes."""
BUSY_SECONDS = 30
"""When to come again where the sound of others takes all room: it goes when their transcription ends."""
OPEN_FILES = 24
"""As many as the process has open, and a few more."""


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer each `DecodeWork` until the host closes its end; does not return."""
    messages: queue.SimpleQueue[ToChild] = queue.SimpleQueue()
    # A thread of its own: the other one may be inside a native call when the host dies.
    threading.Thread(
        target=read_messages, args=(incoming, lambda _, message: messages.put(message)), daemon=True
    ).start()
    _import_libraries()
    own_memory = _memory()
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)

    def send(message: FromChild) -> None:
        outgoing.write(encode(message))
        outgoing.flush()

    def ask(needed: RoomNeeded) -> Room:
        send(needed)
        answer = messages.get()
        assert isinstance(answer, Room)
        return answer

    while True:
        message = messages.get()
        assert isinstance(message, DecodeWork)
        send(Begun())
        send(_answer(message, own_memory, ask))


def _import_libraries() -> None:
    """Import now what decoding needs, while nobody waits for it."""
    # A mean over a few channels gains nothing from more threads, each of which would take 40 MiB.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for module in ("av", "numpy", "soundfile", "soxr"):
        __import__(module)


def _answer(work: DecodeWork, own_memory: int, ask: Callable[[RoomNeeded], Room]) -> FromChild:
    recording, allowed = work.recording, work.limits
    name = recording.name if recording.named else ""
    limits = Limits(
        seconds=allowed.max_audio_hours * 3600,
        samples=allowed.max_decoded_samples,
        reserve=_Reserve(shown_name(recording.name), allowed.max_decoded_mb, ask),
    )
    _limit_work(allowed, limits, own_memory)
    channel = OneChannel(work.part) if work.part and work.parts == "channels" else None
    track = OneTrack(work.part) if work.part and work.parts == "tracks" else None
    try:
        with work.into.open("r+b") as sink:
            samples, warnings = decode_to(
                sink,
                recording.path,
                limits=limits,
                name=name,
                sample_format=recording.sample_format,
                channel=channel,
                track=track or recording.track,
                excerpt=work.excerpt,
            )
        part = channel or track
        if part and len(part.numbers) > 1:  # another one may hold less silence, and must not be refused when it comes
            limits.reserve(min(samples * SAMPLE_BYTES, allowed.max_decoded_mb * MIB))
        return Decoded(sound=_sound(work, samples, warnings, part))
    except OrsttError as error:
        return _failure(error)
    except MemoryError:
        return _failure(
            TooLarge(
                f"{shown_name(recording.name)} takes more than {allowed.decode_memory_mb} MiB of memory to decode;"
                " it may be damaged.",
                hint="If it is not, raise the setting decode_memory_mb (ORSTT_DECODE_MEMORY_MB).",
            )
        )
    except OSError as error:
        return _failure(cannot_write(error))


def _sound(work: DecodeWork, samples: int, warnings: list[str], part: OneChannel | OneTrack | None) -> SoundFile:
    mapped = map_samples(work.into, samples)
    sound = SoundFile(
        path=work.into, samples=samples, warnings=warnings, peaks=peaks_of(mapped), facts=facts_of(mapped)
    )
    if part is None:
        return sound
    return replace(
        sound, warnings=[*warnings, *part.notes], part=part.number if part.numbers else 0, parts=part.numbers
    )


class _Reserve:
    """Has room for the sound reserved by the host, which knows what that of other recordings takes.

    Args:
        label: what messages call the recording; begins a sentence.
        most_mb: what there is for all recordings together, in MiB.
        ask: asks the host.
    """

    def __init__(self, label: str, most_mb: int, ask: Callable[[RoomNeeded], Room]) -> None:
        self._label, self._most_mb, self._ask = label, most_mb, ask
        self._granted = 0

    def __call__(self, count: int) -> None:
        """See that there is room for so many bytes in all.

        Raises:
            TooLarge: there could never be.
            Busy: there is none now.
        """
        if count <= self._granted:
            return
        most = self._most_mb * MIB
        if count > most:
            raise TooLarge(
                f"{self._label} holds more sound than the {self._most_mb} MiB that all recordings may take together.",
                hint="Cut it, or raise the setting max_decoded_mb (ORSTT_MAX_DECODED_MB).",
            )
        needed = min(max(count, self._granted + ROOM_BYTES), most)
        if not self._ask(RoomNeeded(bytes=needed)).granted:
            raise Busy(
                f"The sound of recordings that are being transcribed takes the {self._most_mb} MiB that there are.",
                hint="Try again when one of them is done, or raise the setting max_decoded_mb (ORSTT_MAX_DECODED_MB).",
                retry_after=BUSY_SECONDS,
            )
        self._granted = needed


def _limit_work(allowed: DecodeLimits, limits: Limits, own_memory: int) -> None:
    # RLIMIT_AS would also count what is only reserved or mapped for reading: of a fresh child 205 MiB instead of 64,
    # while 47 are in memory. Either stops an allocation just as well.
    _limit(resource.RLIMIT_DATA, own_memory + allowed.decode_memory_mb * MIB)
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + allowed.decode_seconds))
    _limit(resource.RLIMIT_FSIZE, math.ceil(limits.seconds * SAMPLE_RATE) * SAMPLE_BYTES + MIB)


def _limit(which: int, value: int) -> None:
    """Set the soft limit, as far as the system allows; the hard one stays, for the next recording needs another."""
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _memory() -> int:
    """Return the bytes that RLIMIT_DATA counts: private writable memory."""
    import psutil

    return int(psutil.Process().memory_info().data)


def _failure(error: OrsttError) -> Failure:
    return Failure(
        code=error.code, message=error.message, hint=error.hint, field=error.field, retry_after=error.retry_after
    )


def main() -> None:
    """Serve the host that started this process."""
    serve(*set_up_child())


if __name__ == "__main__":
    main()
