"""The child process that holds one loaded engine: `python -m orstt_core.runtime.engine_child`.

Its host's end is `orstt_core.runtime.engine_process`. Invariant: nothing but protocol messages reaches the host's pipe
(native libraries print to standard output at will), and the process ends when its host does.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import msgspec
from msgspec.structs import replace

from orstt_core.audio.mapped import map_samples
from orstt_core.engines.cancellation import WorkCancelled, cancelled_by
from orstt_core.engines.expected_terms import with_terms
from orstt_core.engines.found_speech import Spans, speech_reported_to
from orstt_core.engines.library_versions import library_versions
from orstt_core.engines.shown_name import shown_as, shown_name
from orstt_core.engines.window_counts import windows_counted_in
from orstt_core.errors import EngineFailed, EngineUnavailable, FileProblem, OrsttError
from orstt_core.languages import assumed_language, requested_languages
from orstt_core.runtime.child_setup import read_messages, set_up_child
from orstt_core.runtime.engine_segments import nothing, probe, segments_of
from orstt_core.runtime.engine_task import EngineTask
from orstt_core.runtime.frames import encode
from orstt_core.runtime.peak_memory import peak_memory
from orstt_core.runtime.protocol import (
    Cancel,
    Cancelled,
    Continue,
    Failure,
    Finished,
    FromChild,
    Load,
    Loaded,
    LoadingMessage,
    Pause,
    SegmentMessage,
    SoundFile,
    SpeechMessage,
    ToChild,
    Work,
)
from orstt_core.speech_rate import is_invented
from orstt_core.text import without_folders
from orstt_core.types import Loading, NewSegment, Segment
from orstt_core.types.models import place
from orstt_core.types.options import OptionValue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.base import BaseSTT

NICENESS = 5
"""Steps of priority below the host, which then answers at once while engines keep every core busy."""
REPORT_SECONDS = 0.25
"""Pause between two reports of how far loading is."""
MOST_THREADS = 256
"""More than any host asks for at once: it counts."""


class EngineChild:
    """Reads messages in one thread and works in others, so that a pause or a cancel is seen during the work.

    Each piece of work has a thread to itself from its beginning to its end, pauses included. A thread is used again
    by later work: the pools that native libraries keep for each thread that calls them would otherwise be made anew.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._sending = threading.Lock()
        self._loading = threading.Lock()
        self._threads = ThreadPoolExecutor(MOST_THREADS)
        self._tasks: dict[int, EngineTask] = {}
        self._engine: BaseSTT | None = None
        self._libraries: dict[str, str] = {}
        self._reported = ("", 0.0)

    def run(self) -> NoReturn:
        """Serve until the host closes its end."""
        read_messages(self._incoming, self._handle)

    def _handle(self, number: int, message: ToChild) -> None:
        if isinstance(message, Load | Work):
            self._tasks[number] = EngineTask(number)
            self._threads.submit(self._do, self._tasks[number], message)
        elif task := self._tasks.get(number):  # otherwise it ended meanwhile
            match message:
                case Pause():
                    task.pause()
                case Continue():
                    task.proceed()
                case Cancel():
                    task.cancel()

    def _do(self, task: EngineTask, question: Load | Work) -> None:
        try:
            answer = self._answer(task, question)
        except BaseException:  # noqa: BLE001 - the interpreter is asked to end; the host reads why on standard error
            traceback.print_exc()
            os._exit(1)
        del self._tasks[task.number]
        self._send(task.number, answer)

    def _answer(self, task: EngineTask, question: Load | Work) -> FromChild:
        try:
            with shown_as(question.name):
                self._serve(task, question)
        except WorkCancelled:
            return Cancelled(seconds=task.seconds)
        except OrsttError as error:
            return _failure(error)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the host must hear of it
            message = f"The engine failed: {type(error).__name__}: {error}"
            return _failure(EngineFailed(message, hint="`orstt doctor` shows what works here."))
        if task.cancelled:
            return Cancelled(seconds=task.seconds)
        return Finished(
            seconds=task.seconds,
            invented=task.take_invented(),
            windows=task.windows.windows,
            repeated_windows=task.windows.repeated,
            peak_memory=peak_memory(),
        )

    def _serve(self, task: EngineTask, question: Load | Work) -> None:
        """Do what is asked."""
        sys.path[:] = map(str, question.import_path)
        kind = _import_engine(question)
        if isinstance(question, Work):
            kind.check_options(question.options)
            speaker = shown_name(question.spec.model)
            languages = kind.languages(question.spec.model)
            detects = "language_detection" in kind.capabilities
            options = requested_languages(question.options, languages, speaker=speaker, detects=detects)
            assumed = assumed_language(question.options, languages, speaker=speaker)
            samples = _open(question.sound)  # what cannot be opened is said before anything is loaded for it
            engine, seconds = self._loaded(question)
            options, warnings = with_terms(engine, options, question.terms, speaker=speaker)
            self._send_loaded(task, question, engine, seconds, [*assumed, *warnings])
            question = replace(question, options=options)
            segments = segments_of(engine, samples, question)
        else:
            engine, seconds = self._loaded(question)
            self._send_loaded(task, question, engine, seconds, [])
            segments = probe(engine) if question.probe else nothing()
        task.begin()
        listener = partial(self._send_speech, task, question)
        counted = windows_counted_in(task.windows)
        with cancelled_by(task.cancellation), speech_reported_to(listener), counted, closing(segments):
            while task.boundary(self._send) and (segment := next(segments, None)):
                if isinstance(question, Work) and not task.cancelled:
                    self._send_segment(task, segment, question.sound.duration)

    def _send_segment(self, task: EngineTask, segment: Segment, duration: float) -> None:
        if is_invented(segment, duration):
            task.leave_out()
            return
        segment = replace(segment, id=segment.id - task.left_out)
        event, invented = NewSegment(segment=segment), task.take_invented()
        self._send(task.number, SegmentMessage(event=event, invented=invented, seconds=task.seconds))

    def _send_speech(self, task: EngineTask, question: Load | Work, start: float, spans: Spans) -> None:
        if isinstance(question, Work):
            before = question.resume.start if question.resume else 0.0
            spans = [(round(begin + before, 3), round(end + before, 3)) for begin, end in spans]
            self._send(task.number, SpeechMessage(start=round(start + before, 3), spans=spans))

    def _loaded(self, question: Load | Work) -> tuple[BaseSTT, float]:
        """Return the engine and the seconds that loading it took; 0 where it was loaded before."""
        with self._loading:
            seconds = 0.0
            if self._engine is None:
                self._engine, seconds = self._load(question)
                self._libraries = library_versions(self._engine.requires)
            return self._engine, seconds

    def _send_loaded(
        self, task: EngineTask, question: Load | Work, engine: BaseSTT, seconds: float, warnings: list[str]
    ) -> None:
        self._send(
            task.number,
            Loaded(
                device=engine.device,
                compute_type=engine.compute_type,
                seconds=seconds,
                warnings=[*_fallback_warnings(question, engine), *warnings],
                capacity=max(1, engine.capacity),
                libraries=self._libraries,
            ),
        )

    def _load(self, question: Load | Work) -> tuple[BaseSTT, float]:
        def report(event: Loading) -> None:
            # Whoever loads tells of every piece it reads; whoever waits wants to see that it goes on.
            now, whole = time.monotonic(), event.done == event.total
            if event.detail == self._reported[0] and now < self._reported[1] + REPORT_SECONDS and not whole:
                return
            self._reported = (event.detail, now)
            for number in list(self._tasks):  # all of them wait for the model; who began to load may have gone
                self._send(number, LoadingMessage(event=event))

        report(Loading(detail=f"loading {shown_name(question.spec.model)}"))
        engine = _build(question)
        began = time.perf_counter()
        engine.load(report)
        return engine, time.perf_counter() - began

    def _send(self, number: int, message: FromChild) -> None:
        frame = encode(message, number)
        with self._sending:
            self._outgoing.write(frame)
            self._outgoing.flush()


def _open(file: SoundFile) -> NDArray[np.float32]:
    try:
        return map_samples(file.path, file.samples)
    except (OSError, ValueError) as error:  # ValueError: the file is shorter than it should be
        # Clients read it: no path, nor what the system says, which names it.
        raise FileProblem("The decoded sound is gone or cut short.", hint="Transcribe the recording again.") from error


def _import_engine(question: Load | Work) -> type[BaseSTT]:
    from orstt_core.engines.registry import import_engine

    return import_engine(question.spec.model_type, question.spec.engine)


def _build(question: Load | Work) -> BaseSTT:
    from orstt_core.engines.construction import build

    spec = question.spec
    options = msgspec.json.decode(spec.options, type=dict[str, OptionValue])
    return build(spec.model_type, spec.model, spec.device, spec.compute_type, question.settings, options)


def _fallback_warnings(question: Load | Work, engine: BaseSTT) -> list[str]:
    used = place(engine.device, engine.compute_type)
    wanted = place(question.spec.device, question.spec.compute_type)
    if used in {wanted, question.spec.device}:
        return []
    return [f"{wanted} is not to be had here; it runs on {used}."]


def _failure(error: OrsttError) -> Failure:
    message = error.message
    if isinstance(error, EngineFailed | EngineUnavailable):  # a library's own words are in it
        message = without_folders(message)
    return Failure(code=error.code, message=_text(message), hint=_text(error.hint), field=_text(error.field))


def _text(text: str) -> str:
    # A path in it may hold bytes that are no text, which the protocol cannot carry.
    return text.encode(errors="backslashreplace").decode()


def main() -> None:
    """Serve the host that started this process."""
    incoming, outgoing = set_up_child()
    os.nice(NICENESS)  # before any other thread is there: on Linux each has its own
    EngineChild(incoming, outgoing).run()


if __name__ == "__main__":
    main()
