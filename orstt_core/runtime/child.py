"""The child process that holds one loaded engine: `python -m orstt_core.runtime.child`.

Invariant: nothing but protocol messages reaches the host's pipe (native libraries print to standard output
at will), and the process ends when its host does.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO

from orstt_core.errors import EngineFailed, OrsttError
from orstt_core.runtime.protocol import (
    LENGTH_BYTES,
    Cancelled,
    Decoded,
    Failure,
    Finished,
    FromChild,
    Loaded,
    LoadingMessage,
    SegmentMessage,
    Work,
    decode_to_child,
    encode,
)
from orstt_core.types import Loading, NewSegment, RawAudio

if TYPE_CHECKING:
    from orstt_core.audio import Sound
    from orstt_core.engines.base import BaseSTT


class Child:
    """Reads messages in one thread and works in another, so that a cancel is seen during the work."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._work: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._engine: BaseSTT | None = None

    def run(self) -> None:
        """Serve until the host closes its end."""
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            work = self._work.get()
            try:
                self._serve(work)
            except OrsttError as error:
                self._send(Failure(code=error.code, message=error.message, hint=error.hint, field=error.field))
            except Exception as error:  # noqa: BLE001 - an engine may raise anything; the host must hear of it
                self._send_unexpected(error)

    def _read(self) -> None:
        # Whatever ends this loop ends the process: the working thread may be inside a native call that nothing
        # interrupts, and a child that nobody can talk to must not stay.
        try:
            while header := self._incoming.read(LENGTH_BYTES):
                message = decode_to_child(self._incoming.read(int.from_bytes(header, "big")))
                if isinstance(message, Work):
                    self._cancel.clear()
                    self._work.put(message)
                else:
                    self._cancel.set()
        except Exception:  # noqa: BLE001 - reported on standard error, which the host keeps
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _serve(self, work: Work) -> None:
        sys.path[:] = map(str, work.import_path)
        _import_engine(work).check_options(work.options)
        with ThreadPoolExecutor(max_workers=1) as pool:
            # Decoding and loading use different resources: together they take as long as the longer one.
            decoding = pool.submit(_decode, work)
            engine = self._engine or _build(work)
            if decoding.done():
                decoding.result()  # what cannot be read is said before anything is fetched or loaded for it
            self._load(work, engine)
            sound = decoding.result()
        self._send(Decoded(duration=sound.duration, warnings=sound.warnings))
        began = time.perf_counter()
        for segment in engine.segments(sound.samples, work.options):
            if self._cancel.is_set():
                break
            self._send(SegmentMessage(event=NewSegment(segment=segment)))
        if self._cancel.is_set():
            self._send(Cancelled())
        else:
            self._send(Finished(seconds=time.perf_counter() - began))

    def _load(self, work: Work, engine: BaseSTT) -> None:
        seconds = 0.0
        if self._engine is None:
            self._report(Loading(detail=f"Loading {work.spec.model}"))
            began = time.perf_counter()
            engine.load(self._report)
            seconds = time.perf_counter() - began
            self._engine = engine
        warnings = _fallback_warnings(work, engine)
        self._send(Loaded(device=engine.device, compute_type=engine.compute_type, seconds=seconds, warnings=warnings))

    def _report(self, event: Loading) -> None:
        self._send(LoadingMessage(event=event))

    def _send_unexpected(self, error: Exception) -> None:
        message = f"The engine failed: {type(error).__name__}: {error}"
        failed = EngineFailed(message, hint="`orstt doctor` shows what works here.")
        self._send(Failure(code=failed.code, message=failed.message, hint=failed.hint, field=""))

    def _send(self, message: FromChild) -> None:
        self._outgoing.write(encode(message))
        self._outgoing.flush()


def _decode(work: Work) -> Sound:
    from orstt_core.audio import decode

    recording, limit = work.recording, work.settings.max_audio_hours * 3600
    if recording.sample_type is None:
        return decode(recording.path, max_seconds=limit, name=recording.name)
    raw = RawAudio(
        data=recording.path.read_bytes(),
        rate=recording.rate,
        channels=recording.channels,
        sample_type=recording.sample_type,
    )
    return decode(raw, max_seconds=limit, name=recording.name)


def _import_engine(work: Work) -> type[BaseSTT]:
    from orstt_core.factory import STTFactory

    return STTFactory.import_engine(work.spec.model_type, work.spec.engine)


def _build(work: Work) -> BaseSTT:
    from orstt_core.factory import STTFactory

    spec = work.spec
    return STTFactory.build(spec.model_type, spec.model, spec.device, spec.compute_type, settings=work.settings)


def _fallback_warnings(work: Work, engine: BaseSTT) -> list[str]:
    wanted = (work.spec.device, work.spec.compute_type)
    used = (engine.device, engine.compute_type)
    if wanted == used:
        return []
    return [f"{wanted[0]} with {wanted[1]} is not to be had here; it runs on {used[0]} with {used[1]}."]


def main() -> None:
    """Keep the protocol's pipe apart from standard output, then serve."""
    # Ctrl-C in a terminal reaches the whole group; only the host decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    incoming = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    Child(incoming, outgoing).run()


if __name__ == "__main__":
    main()
