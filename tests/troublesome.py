"""Engines that do what native code does: say where they run, stall, abort, print, leak. For tests of the runtime."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from orstt_core.audio import resample
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.cancellation import current
from orstt_core.types import Loading, Segment, TranscribeOptions, Word


class Plain(BaseSTT):
    """Says in which process it runs and how much sound it got."""

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return f"{os.getpid()} heard {len(audio_data)} samples"

    def is_available(self) -> bool:
        return True


class Optioned(Plain):
    """Says its options; there is one of each kind."""

    class Options(BaseSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        region: Annotated[str, Meta(title="Region", description="Where it computes.", max_length=20)] = "here"
        beams: Annotated[int, Meta(ge=1, le=8, title="Beams")] = 2
        share: Annotated[float, Meta(gt=0, lt=1)] | None = None
        loud: bool = False
        mode: Literal["fast", "classic"] = "fast"

    options: Options

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return msgspec.json.encode(self.options).decode()


class Chatty(Plain):
    """Prints on standard output, as native libraries do."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        os.write(1, b"\x00\x00\x00\x05 a library's own idea of a log\n")
        print("more of it", flush=True)
        return "said"


class Babbling(Plain):
    """Writes its model's name to every pipe that it has."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        for number in range(3, 64):
            with contextlib.suppress(OSError):
                if stat.S_ISFIFO(os.fstat(number).st_mode) or stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, self.model_name.encode("latin-1"))
        time.sleep(60)
        return "never"


class Raising(Plain):
    """Fails as a Python library would."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        raise KeyError("mel")


class Aborting(Plain):
    """Dies as a native library does, after some last words."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        sys.stderr.write("Could not load library libcudnn_ops.so\n")
        sys.stderr.flush()
        signal.raise_signal(signal.SIGABRT)
        return "never"


class Stalling(Plain):
    """Sends one segment, then is inside a call that nothing interrupts."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=0.0, end=1.0, text=str(os.getpid()))
        time.sleep(60)


class Thinking(Plain):
    """Computes for as many seconds as its model is called, and says nothing meanwhile."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        until = time.monotonic() + float(self.model_name)
        while time.monotonic() < until:
            sum(range(10_000))
        return "thought"


class Delegating(Plain):
    """Has another program do the work, which goes on."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return str(subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)


class DelegatingAborting(Delegating):
    """Names the program that it started, and dies."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        sys.stderr.write(f"started {super().transcribe(audio_data)}\n")
        sys.stderr.flush()
        signal.raise_signal(signal.SIGABRT)
        return "never"


class Steady(Plain):
    """Sends a segment every 20 ms, for a minute."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for number in range(3000):
            yield Segment(id=number, start=float(number), end=number + 1.0, text=str(os.getpid()))
            time.sleep(0.02)


class Inventive(Plain):
    """Writes two sentences, one of them for a tenth of a second."""

    capabilities: ClassVar = frozenset({"segments"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=0.1, end=0.2, text="Thank you very much.")
        yield Segment(id=1, start=0.3, end=0.9, text="No, no.")


class Unloadable(Plain):
    """Cannot load its model."""

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        raise RuntimeError(f"File {Path(__file__).parent / 'model.bin'} is incomplete")


class SlowToLoad(Plain):
    """Takes 300 ms to load, and tells about it."""

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        for number in range(3):
            if progress:
                progress(Loading(detail="reading", done=number, total=3))
            time.sleep(0.1)


class SlowToLoadThinking(SlowToLoad, Thinking):
    """Takes as long to load, and then computes as `Thinking` does."""


class Held(Plain):
    """Is inside one call, which nothing interrupts, as long as the file that its model's name gives is there."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        while Path(self.model_name).exists():
            time.sleep(0.01)
        return f"{os.getpid()}"


class Interruptible(Plain):
    """Computes as long, and looks whether that is still wanted."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        while Path(self.model_name).exists():
            current().check()
            time.sleep(0.01)
        return f"{os.getpid()}"


class HeldToLoad(Plain):
    """Takes as long to load, and tells about it."""

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        while Path(self.model_name).exists():
            time.sleep(0.01)
            if progress:
                progress(Loading(detail="reading"))

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return f"{os.getpid()}"


class Moody(Plain):
    """Dies over its work as long as the file that its model's name gives is there."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        if Path(self.model_name).exists():
            signal.raise_signal(signal.SIGSEGV)
        return f"{os.getpid()}"


class Hoarding(Plain):
    """Takes 40 MB more with every segment, and never gives any back."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        kept = []
        for number in range(1000):
            kept.append(np.ones(5_000_000))
            yield Segment(id=number, start=None, end=None, text=str(len(kept)))
            time.sleep(0.05)


class Touching(Plain):
    """Looks at all of the sound, second by second, and says what memory it has then, in MiB."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for second in range(0, len(samples) // 16_000, 60):
            loudest = float(np.abs(samples[second * 16_000 : (second + 60) * 16_000]).max())
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
            yield Segment(id=second, start=loudest, end=None, text=str(resident))


class Flooding(Plain):
    """Sends more than the pipe holds, then stalls."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for number in range(100):
            yield Segment(id=number, start=None, end=None, text="x" * 100_000)
        time.sleep(60)


class Parental(Plain):
    """Dies and leaves a process of its own, which holds its standard error open."""

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        helper = subprocess.Popen(["sleep", "60"])
        sys.stderr.write(f"helper {helper.pid}\n")
        sys.stderr.flush()
        signal.raise_signal(signal.SIGKILL)
        return "never"


class Secondwise(Plain):
    """Gives a segment for each second of sound, with one word, and says what options it was given."""

    capabilities: ClassVar = frozenset({"segments", "words", "language_detection"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for number in range(len(samples) // 16_000):
            yield Segment(
                id=number,
                start=float(number),
                end=number + 1.0,
                text=f"{samples[number * 16_000]:.0f} {options.initial_prompt} {options.beam_size}",
                words=[Word(start=number + 0.25, end=number + 0.75, word="word")],
                language=options.language or "fr",
                language_probability=None if options.language else 0.5,
                seek=number * 100,
            )


class Prompted(Secondwise):
    """The same, and can be prompted."""

    capabilities: ClassVar = Secondwise.capabilities | {"prompt"}


class Roomy(Plain):
    """Serves four at once, and answers once three more work beside it.

    While the file that its model's name gives is there, it dies of less than a second of sound, and waits for that.
    """

    capacity = 4
    _barrier = threading.Barrier(4)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        self._barrier.wait(timeout=60)
        if Path(self.model_name).exists():
            if len(audio_data) < 16_000:
                signal.raise_signal(signal.SIGABRT)
            time.sleep(60)
        return "together"
