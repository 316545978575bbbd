"""Where speech was found in a recording, for whoever wants to draw it: the host of an engine, nobody in a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Spans = list[tuple[float, float]]
"""Beginning and end of each passage of speech, in seconds, in order."""
Listener = Callable[[float, Spans], None]
"""Called with the time from which speech was looked for, in seconds, and what was found from there on."""


def _nobody(_start: float, _spans: Spans) -> None:
    pass


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)


def report_speech(start: float, spans: Spans) -> None:
    """Say what was found in the work that this thread does; what was said of that time before is void."""
    _listener.get()(start, spans)


@contextmanager
def speech_reported_to(listener: Listener) -> Iterator[None]:
    """Do work in this thread, and call this where speech is found."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
