"""The windows that wait to be decoded, of all recordings together, and which of them make the next batch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from orstt_core.engines.voice_activity import Chunk

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

Recording = TypeVar("Recording", bound=Hashable)
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Window(Generic[Recording, Result]):
    """A window of a recording, to be decoded.

    Attributes:
        recording: what windows of one recording share; only those with the same `kind` are decoded together.
        kind: what windows of one batch must have in common.
        number: its place in the recording, from 0 on.
        chunk: its sound.
        encoded: the encoder's output for it, once that is known.
        result: what came of it.
        wanted: whether anybody waits for that.
        repeated: whether it was decoded again, known with the result.
    """

    recording: Recording
    kind: Hashable
    number: int
    chunk: Chunk
    encoded: NDArray[np.floating[Any]] | None = None
    result: Future[Result] = field(default_factory=Future)
    wanted: bool = True
    repeated: bool = False

    def abandon(self) -> None:
        """Have it decoded no further: not at all where that has not begun, else not again."""
        self.wanted = False
        self.result.cancel()


class WindowQueue(Generic[Recording, Result]):
    """Takes windows from anybody and gives them out in batches.

    A recording's first windows go first, whoever came first: somebody waits for the first words of each. The batches of
    one recording grow from one window to `most`, so that its first words do not wait for the others.

    Args:
        most: windows in a batch.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[Window[Recording, Result]] = []
        self._changing = threading.Lock()

    def put(self, window: Window[Recording, Result]) -> None:
        """Add a window."""
        with self._changing:
            self._waiting.append(window)

    def take(self) -> list[Window[Recording, Result]]:
        """Return the windows to be decoded next, the work on which begins; empty: none wait."""
        with self._changing:
            batch = self._batch()
            taken = set(map(id, batch))
            self._waiting = [
                window for window in self._waiting if id(window) not in taken and not window.result.cancelled()
            ]
        return batch

    def _batch(self) -> list[Window[Recording, Result]]:
        batch: list[Window[Recording, Result]] = []
        room: Counter[Recording] = Counter()
        for window in sorted(self._waiting, key=lambda window: window.number):
            if len(batch) == self._most or (batch and window.kind != batch[0].kind):
                continue
            room.setdefault(window.recording, window.number + 1)
            if room[window.recording] and window.result.set_running_or_notify_cancel():
                room[window.recording] -= 1
                batch.append(window)
        return batch
