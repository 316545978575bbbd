"""Transcription without async: for scripts, notebooks and threads.

A backend in a thread of its own serves all calls, so that the model stays loaded from one to the next, and so that it
does not matter whether an event loop runs where the call comes from.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Lock, Thread, current_thread
from typing import Any, TypeVar, Unpack

from orstt_core.conversion import check_kind
from orstt_core.local import LocalBackend
from orstt_core.loop_thread import LoopThread, result_of
from orstt_core.request import Audio
from orstt_core.settings import Settings, load_settings
from orstt_core.types import TranscribeKeywords, Transcript

T = TypeVar("T")
Call = Callable[[LocalBackend], Coroutine[Any, Any, T]]
"""A method of a backend, with its arguments."""

CLOSE_SECONDS = 10.0
"""How long the end of the program waits for the end of a backend; its processes end with the program in any case."""


def transcribe(
    audio: Audio,
    model: str | int | None = None,
    *,
    settings: Settings | None = None,
    **options: Unpack[TranscribeKeywords],
) -> Transcript:
    """Transcribe a recording on this machine and return its transcript; may be called from anywhere.

    The first call loads the model in a process of its own, where it stays for the setting `keep_alive`, or until
    `close`. Calls from several threads wait for one another. Interrupting a call (Ctrl-C, the notebook's stop) cancels
    it. As everywhere, the text is kept in this machine's database for the setting `transcript_days`.

        >>> transcript = orstt_core.transcribe("talk.m4a", model="base")
        >>> transcript.text
        >>> transcript.to_srt()
        >>> transcript.rows(words=True)

    Args:
        audio: the path of a recording in any of the usual formats; an open binary file, or the bytes of one; or
            `(rate in Hz, samples)`, samples of shape (n,) or (n, channels).
        model: name or id of a configured model (`orstt models list`); None is the active one.
        settings: default: the environment's and those of the settings file.
        options: those of `TranscribeOptions`, by name: `language="de"`, `task="translate"`, `initial_prompt="…"`. The
            language is detected unless it is given. The times of words are measured where the engine can, unless
            `word_timestamps=False`.

    Raises:
        ModelNotFound: no model is configured by that name.
        FileProblem, AudioError: the recording cannot be read.
        InvalidRequest, OptionUnsupported: an option does not fit, or the engine cannot do it.
        OrsttError: any other; all are in `orstt_core.errors`.
    """
    return result_of(_sessions.submit(_checked(settings), lambda to: to.transcript(audio, model, **options)))


def _checked(settings: Settings | None) -> Settings:
    if settings is None:
        return load_settings()
    return check_kind(settings, Settings, "settings", hint="Make it by orstt_core.Settings(...), or leave it out.")


def close() -> None:
    """End what `transcribe` keeps between calls, the loaded model too, once the calls under way have ended.

    The next call begins anew.
    """
    for session in _sessions.take():
        session.close()


class _Session:
    """An open backend and the thread that its event loop runs in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._calls: dict[Future[Any], Thread] = {}
        self._backend = LocalBackend(settings, drain=False)
        self._loop = LoopThread()
        try:
            result_of(self._loop.submit(self._backend.__aenter__()))
        except BaseException:
            self._loop.stop(CLOSE_SECONDS)
            raise

    def submit(self, call: Call[T]) -> Future[T]:
        """Begin a call in the session's loop."""
        future = self._loop.submit(call(self._backend))
        self._calls[future] = current_thread()
        future.add_done_callback(lambda ended: self._calls.pop(ended, None))
        return future

    def cancel_daemons(self) -> None:
        """Cancel the calls of daemon threads."""
        for future, thread in list(self._calls.items()):
            if thread.daemon:
                future.cancel()

    def close(self) -> None:
        """Close the backend, once the calls under way have ended, and end the thread."""
        wait(list(self._calls))
        closing = self._loop.submit(self._backend.__aexit__(None, None, None))
        with suppress(Exception):
            closing.result(CLOSE_SECONDS)
        self._loop.stop(CLOSE_SECONDS)


class _Sessions:
    """The sessions of this process, one for each of the settings that were asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: list[_Session] = []
        self._of_parent: list[_Session] = []

    def submit(self, settings: Settings, call: Call[T]) -> Future[T]:
        """Begin a call in the session with these settings; a first one is opened."""
        with self._lock:  # whoever takes the sessions to close them knows of every call that was begun in one
            session = next((session for session in self._open if session.settings == settings), None)
            if session is None:
                self._open.append(session := _Session(settings))
            return session.submit(call)

    def take(self) -> list[_Session]:
        """Return all sessions, for whoever closes them."""
        with self._lock:
            taken, self._open = self._open, []
            return taken

    def forget(self) -> None:
        """In a forked child: begin anew. The parent's sessions are kept, unused: what frees them would end them."""
        self._lock = Lock()
        self._of_parent += self._open
        self._open = []


def _close_at_exit() -> None:
    """Close as the program ends, which waits for the calls of its threads, but not for those of daemon threads."""
    for session in _sessions.take():
        session.cancel_daemons()
        session.close()


_sessions = _Sessions()
os.register_at_fork(after_in_child=_sessions.forget)
# `atexit` comes too late: closing needs threads, and by then none can be begun. concurrent.futures, which is imported
# before, uses this hook for the same reason; those entered last are called first.
getattr(threading, "_register_atexit", atexit.register)(_close_at_exit)
