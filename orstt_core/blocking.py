"""Transcription without async: for scripts, notebooks and threads.

A backend in a thread of its own serves all calls, so that the model stays loaded from one to the next, and so that it
does not matter whether an event loop runs where the call comes from.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, TypeVar, Unpack

from orstt_core.local import LocalBackend
from orstt_core.request import Audio
from orstt_core.settings import Settings, load_settings
from orstt_core.types import TranscribeKeywords, Transcript

T = TypeVar("T")

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
    session = _sessions.session(settings or load_settings())
    return session.run(session.backend.transcript(audio, model, **options))


def close() -> None:
    """End what `transcribe` keeps between calls, the loaded model too; the next call begins anew."""
    for session in _sessions.take():
        session.close()


class _Session:
    """An open backend and the thread that its event loop runs in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._work: set[Future[Any]] = set()
        self.backend = LocalBackend(settings, drain=False)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="orstt"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="orstt", daemon=True)
        self._thread.start()
        try:
            self.run(self.backend.__aenter__())
        except BaseException:
            self._stop()
            raise

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work in the session's loop; whoever is interrupted while waiting cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._work.add(future)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
        finally:
            self._work.discard(future)

    def close(self) -> None:
        """Close the backend, once the calls under way have ended, and end the thread."""
        wait(set(self._work))
        closing = asyncio.run_coroutine_threadsafe(self.backend.__aexit__(None, None, None), self._loop)
        with suppress(Exception):
            closing.result(CLOSE_SECONDS)
        self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


class _Sessions:
    """The sessions of this process, one for each of the settings that were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[_Session] = []
        self._of_parent: list[_Session] = []

    def session(self, settings: Settings) -> _Session:
        """Return the session with these settings; a first one is opened."""
        with self._lock:
            found = next((session for session in self._open if session.settings == settings), None)
            if found is None:
                self._open.append(found := _Session(settings))
            return found

    def take(self) -> list[_Session]:
        """Return all sessions, for whoever closes them."""
        with self._lock:
            taken, self._open = self._open, []
            return taken

    def forget(self) -> None:
        """In a forked child: begin anew. The parent's sessions are kept, unused: what frees them would end them."""
        self._lock = threading.Lock()
        self._of_parent += self._open
        self._open = []


_sessions = _Sessions()
os.register_at_fork(after_in_child=_sessions.forget)
# `atexit` comes too late: closing needs threads, and by then none can be begun. concurrent.futures, which is imported
# before, uses this hook for the same reason; those entered last are called first.
getattr(threading, "_register_atexit", atexit.register)(close)
