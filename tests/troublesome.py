"""Engines that do what native code does: say where they run, stall, abort, print, leak. For tests of the runtime."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from orstt_core.audio import resample
from orstt_core.engines.base import BaseSTT
from orstt_core.types import Loading, Segment, TranscribeOptions


class Plain(BaseSTT):
    """Says in which process it runs and how much sound it got."""

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return f"{os.getpid()} heard {len(audio_data)} samples"

    def is_available(self) -> bool:
        return True


class Chatty(Plain):
    """Prints on standard output, as native libraries do."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        os.write(1, b"\x00\x00\x00\x05 a library's own idea of a log\n")
        print("more of it", flush=True)
        return "said"


class Raising(Plain):
    """Fails as a Python library would."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        raise KeyError("mel")


class Aborting(Plain):
    """Dies as a native library does, after some last words."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        sys.stderr.write("Could not load library libcudnn_ops.so\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGABRT)
        return "never"


class Stalling(Plain):
    """Sends one segment, then is inside a call that nothing interrupts."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=0.0, end=1.0, text=str(os.getpid()))
        time.sleep(60)


class Steady(Plain):
    """Sends a segment every 20 ms, for a minute."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for number in range(3000):
            yield Segment(id=number, start=number / 50, end=(number + 1) / 50, text=str(os.getpid()))
            time.sleep(0.02)


class Unloadable(Plain):
    """Cannot load its model."""

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        raise RuntimeError("File model.bin is incomplete")
