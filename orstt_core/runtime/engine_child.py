"""The child process that holds one loaded engine: `python -m orstt_core.runtime.engine_child`.

Invariant: nothing but protocol messages reaches the host's pipe (native libraries print to standard output
at will), and the process ends when its host does.
"""

from __future__ import annotations

import mmap
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from msgspec.structs import replace

from orstt_core.errors import EngineFailed, FileProblem, OrsttError
from orstt_core.languages import requested_languages
from orstt_core.runtime.child_setup import set_up_child
from orstt_core.runtime.protocol import (
    LENGTH_BYTES,
    Cancel,
    Cancelled,
    Failure,
    Finished,
    FromChild,
    Load,
    Loaded,
    LoadingMessage,
    SegmentMessage,
    SoundFile,
    Work,
    decode_to_child,
    encode,
)
from orstt_core.runtime.resume import remaining, resumed_options, resumed_segment
from orstt_core.types import Loading, NewSegment, Segment, TranscribeOptions
from orstt_core.units import SAMPLE_BYTES, SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.base import BaseSTT

NICENESS = 5
"""Steps of priority below the host, which then answers at once while engines keep every core busy."""
TELL_SECONDS = 0.25
"""Pause between two words about how far loading is."""


class EngineChild:
    """Reads messages in one thread and works in another, so that a cancel is seen during the work."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._questions: queue.SimpleQueue[Load | Work] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._engine: BaseSTT | None = None
        self._told = ("", 0.0)

    def run(self) -> None:
        """Serve until the host closes its end."""
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            question = self._questions.get()
            try:
                seconds = self._serve(question)
            except OrsttError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - an engine may raise anything; the host must hear of it
                message = f"The engine failed: {type(error).__name__}: {error}"
                self._fail(EngineFailed(message, hint="`orstt doctor` shows what works here."))
            else:
                self._send(Cancelled() if self._cancel.is_set() else Finished(seconds=seconds))

    def _read(self) -> None:
        # Whatever ends this loop ends the process: the working thread may be inside a native call that nothing
        # interrupts, and a child that nobody can talk to must not stay.
        try:
            while header := self._incoming.read(LENGTH_BYTES):
                message = decode_to_child(self._incoming.read(int.from_bytes(header, "big")))
                if isinstance(message, Cancel):
                    self._cancel.set()
                elif isinstance(message, Load | Work):
                    self._cancel.clear()
                    self._questions.put(message)
        except Exception:  # noqa: BLE001 - reported on standard error, which the host keeps
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _serve(self, question: Load | Work) -> float:
        """Do what is asked and return the seconds that transcribing took."""
        sys.path[:] = map(str, question.import_path)
        kind = _import_engine(question)
        if isinstance(question, Work):
            kind.check_options(question.options)
            languages = kind.languages(question.spec.model)
            options = requested_languages(question.options, languages, speaker=question.spec.title)
            question = replace(question, options=options)
            sound = _Sound(question.sound)  # what cannot be opened is said before anything is loaded for it
            engine = self._loaded(question)
            segments = _transcribe(engine, sound, question)
        else:
            engine = self._loaded(question)
            segments = _probe(engine) if question.probe else iter(())
        began = time.perf_counter()
        for segment in segments:
            if self._cancel.is_set():
                break
            if isinstance(question, Work):
                self._send(SegmentMessage(event=NewSegment(segment=segment)))
        return time.perf_counter() - began

    def _loaded(self, question: Load | Work) -> BaseSTT:
        seconds = 0.0
        if self._engine is None:
            self._report(Loading(detail=f"Loading {question.spec.title}"))
            engine = _build(question)
            began = time.perf_counter()
            engine.load(self._report)
            seconds = time.perf_counter() - began
            self._engine = engine
        engine = self._engine
        warnings = _fallback_warnings(question, engine)
        self._send(Loaded(device=engine.device, compute_type=engine.compute_type, seconds=seconds, warnings=warnings))
        return engine

    def _report(self, event: Loading) -> None:
        # Whoever loads tells of every piece it reads; whoever waits wants to see that it goes on.
        now, whole = time.monotonic(), event.done == event.total
        if event.detail == self._told[0] and now < self._told[1] + TELL_SECONDS and not whole:
            return
        self._told = (event.detail, now)
        self._send(LoadingMessage(event=event))

    def _fail(self, error: OrsttError) -> None:
        self._send(
            Failure(code=error.code, message=_text(error.message), hint=_text(error.hint), field=_text(error.field))
        )

    def _send(self, message: FromChild) -> None:
        self._outgoing.write(encode(message))
        self._outgoing.flush()


class _Sound:
    """Decoded sound, mapped: only what the engine looks at is in memory.

    Attributes:
        samples: float32, shape (n,), read-only.
    """

    def __init__(self, file: SoundFile) -> None:
        import numpy as np

        self._mapping: mmap.mmap | None = None
        self.samples: NDArray[np.float32] = np.zeros(0, np.float32)
        if file.samples == 0:
            return  # there is no mapping of nothing
        try:
            with file.path.open("rb") as opened:
                self._mapping = mmap.mmap(opened.fileno(), file.samples * SAMPLE_BYTES, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: the file is shorter than it should be
            # Clients read it: no path, nor what the system says, which names it.
            raise FileProblem(
                "The decoded sound is gone or cut short.", hint="Transcribe the recording again."
            ) from error
        self.samples = np.frombuffer(self._mapping, np.float32)

    def release(self) -> None:
        """Give back the memory of what was looked at; who looks again gets it from the file."""
        if self._mapping is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on every system
            self._mapping.madvise(mmap.MADV_DONTNEED)


def _transcribe(engine: BaseSTT, sound: _Sound, work: Work) -> Iterator[Segment]:
    samples, options, resume = sound.samples, work.options, work.resume
    if resume is not None:
        samples, options = remaining(samples, resume), resumed_options(options, resume, engine)
        if samples.size == 0:
            return  # it ended just when everything was transcribed
    for segment in engine.segments(samples, options):
        yield segment if resume is None else resumed_segment(segment, work.options, resume)
        sound.release()
    sound.release()


def _probe(engine: BaseSTT) -> Iterator[Segment]:
    """Let the engine transcribe a second of a quiet tone: engines skip silence, which would prove nothing."""
    import numpy as np

    options: dict[str, Any] = {"vad_filter": False}
    quick = {"beam_size": 1, "temperature": (0.0,)}
    options |= {name: value for name, value in quick.items() if name in engine.capabilities}
    if "language_detection" in engine.capabilities:
        # Detecting it would take as long again.
        options["language"] = next(iter(engine.languages(engine.model_name)), "en")
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    yield from engine.segments(tone.astype(np.float32), TranscribeOptions(**options))


def _import_engine(question: Load | Work) -> type[BaseSTT]:
    from orstt_core.engines.registry import import_engine

    return import_engine(question.spec.model_type, question.spec.engine)


def _build(question: Load | Work) -> BaseSTT:
    from orstt_core.engines.construction import build

    spec = question.spec
    return build(spec.model_type, spec.model, spec.device, spec.compute_type, question.settings)


def _fallback_warnings(question: Load | Work, engine: BaseSTT) -> list[str]:
    wanted = (question.spec.device, question.spec.compute_type)
    used = (engine.device, engine.compute_type)
    if wanted == used:
        return []
    return [f"{wanted[0]} with {wanted[1]} is not to be had here; it runs on {used[0]} with {used[1]}."]


def _text(text: str) -> str:
    # A path in it may hold bytes that are no text, which the protocol cannot carry.
    return text.encode(errors="backslashreplace").decode()


def main() -> None:
    """Serve the host that started this process."""
    incoming, outgoing = set_up_child()
    os.nice(NICENESS)
    EngineChild(incoming, outgoing).run()


if __name__ == "__main__":
    main()
