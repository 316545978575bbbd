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
from typing import BinaryIO

from orstt_core.audio import Limits, decode_to, shown_name
from orstt_core.errors import OrsttError, TooLarge
from orstt_core.recordings.files import cannot_write
from orstt_core.runtime.child_setup import read_messages, set_up_child
from orstt_core.runtime.protocol import (
    Decoded,
    DecodeWork,
    Failure,
    FromChild,
    SoundFile,
    ToChild,
    encode,
)
from orstt_core.settings import DecodeLimits
from orstt_core.units import MIB, SAMPLE_BYTES, SAMPLE_RATE

OPEN_FILES = 24
"""As many as the process has open, and a few more."""


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer each `DecodeWork` until the host closes its end; does not return."""
    work: queue.SimpleQueue[ToChild] = queue.SimpleQueue()
    # A thread of its own: the other one may be inside a native call when the host dies.
    threading.Thread(target=read_messages, args=(incoming, lambda _, message: work.put(message)), daemon=True).start()
    _import_libraries()
    own_memory = _memory()
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    while True:
        message = work.get()
        assert isinstance(message, DecodeWork)
        outgoing.write(encode(_answer(message, own_memory)))
        outgoing.flush()


def _import_libraries() -> None:
    """Import now what decoding needs, while nobody waits for it."""
    # A mean over a few channels gains nothing from more threads, each of which would take 40 MiB.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for module in ("av", "numpy", "soundfile", "soxr"):
        __import__(module)


def _answer(work: DecodeWork, own_memory: int) -> FromChild:
    recording, allowed = work.recording, work.limits
    name = recording.name if recording.named else ""
    limits = Limits(seconds=allowed.max_audio_hours * 3600, samples=allowed.max_decoded_samples)
    _limit_work(allowed, limits, own_memory)
    try:
        with work.into.open("r+b") as sink:
            samples, warnings = decode_to(
                sink, recording.path, limits=limits, name=name, sample_format=recording.sample_format
            )
        return Decoded(sound=SoundFile(path=work.into, samples=samples, warnings=warnings))
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
    return Failure(code=error.code, message=error.message, hint=error.hint, field=error.field)


def main() -> None:
    """Serve the host that started this process."""
    serve(*set_up_child())


if __name__ == "__main__":
    main()
