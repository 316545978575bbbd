"""An engine that keeps every promise, and those that each break one, for tests of the conformance kit."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from msgspec.structs import replace
from numpy.typing import NDArray

from orstt_core.engines.base import BaseSTT
from orstt_core.engines.cancellation import WorkCancelled
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.errors import OptionUnsupported
from orstt_core.types import Capability, Loading, Segment, TranscribeOptions, Word

Samples = NDArray[np.float32]


class Honest(WindowedSTT):
    """Says one word of each second of speech."""

    title = "Honest"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"segments", "words", "vad"})
    longest_seconds = 10.0

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        return ("en", "ga")

    def is_available(self) -> bool:
        return True

    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        for second in range(len(samples) // 16_000):
            words = [Word(start=second + 0.2, end=second + 0.9, word="word")] if options.word_timestamps else None
            yield Segment(id=0, start=float(second), end=second + 1.0, text="word", words=words)


class Backwards(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        found = list(super().segments(samples, options))
        yield from (replace(segment, id=number) for number, segment in enumerate(reversed(found)))


class Overlong(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        yield from (replace(segment, end=1000.0) for segment in super().segments(samples, options))


class Wordless(Honest):
    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        return super().decode(samples, TranscribeOptions())


class Unmeasuring(Honest):
    """Breaks no promise: another model of it may measure words."""

    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        if options.word_timestamps:
            raise OptionUnsupported("This model does not measure when words are spoken.", field="word_timestamps")
        return super().decode(samples, options)


class Overconfident(Honest):
    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        yield from (replace(segment, confidence=1.5) for segment in super().decode(samples, options))


class Undeclared(Honest):
    capabilities: ClassVar[frozenset[Capability]] = frozenset()


class Permissive(Honest):
    @classmethod
    def check_options(cls, options: TranscribeOptions) -> None:
        """Takes whatever is asked."""


class Refusing(Honest):
    capabilities: ClassVar[frozenset[Capability]] = Honest.capabilities | {"prompt"}

    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        if options.initial_prompt:
            raise NotImplementedError("prompts")
        return super().decode(samples, options)


class Inventive(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        if samples.size:
            yield Segment(id=0, start=0.0, end=samples.size / 16_000, text="Thank you.")


class AtTheEnd(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        found = list(super().segments(samples, options))
        time.sleep(0.3)
        yield from found


class Wrapping(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        try:
            yield from super().segments(samples, options)
        except WorkCancelled as error:
            raise RuntimeError("decoding failed") from error


class Remembering(Honest):
    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        heard = vars(self).setdefault("heard", [])
        heard.append(1)
        yield Segment(id=0, start=None, end=None, text="word " * len(heard))


class Shared(Honest):
    """Keeps what belongs to one transcription in the object."""

    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        vars(self)["left"] = list(super().segments(samples, options))
        while left := vars(self)["left"]:
            yield left.pop(0)


class Fragile(Honest):
    def segments(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        assert np.isfinite(samples).all(), "NaN"
        return super().segments(samples, options)


class Raw(Honest):
    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> Any:
        return audio_tuple[1]


class Babel(Honest):
    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        return ("en", "Elvish of Lórien")


class Guessing(Honest):
    def transcribe(self, audio_data: Samples, language: str | None = "en") -> str:
        return "word"


class Detecting(Honest):
    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        return ()

    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        yield from (replace(segment, language="fr") for segment in super().decode(samples, options))


class Secretive(Honest):
    class Options(BaseSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        api_key: Annotated[str, Meta(description="Of the provider.")] = ""


class Printing(Honest):
    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        os.write(2, b"libfancy: using 1 thread\n")


class Online(Honest):
    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        with contextlib.suppress(OSError), socket.socket() as connection:
            connection.setblocking(False)
            connection.connect(("192.0.2.1", 443))


class Heavy(Honest):
    """Takes 200 MB as long as it is loaded."""

    weights: Samples | None = None

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        self.weights = np.ones(50_000_000, np.float32)

    def unload(self) -> None:
        self.weights = None


class Keeping(Heavy):
    """Lets go of nothing."""

    _kept: ClassVar[list[object]] = []

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        if not self._kept:
            self._kept.append(np.ones(50_000_000, np.float32))


class Leaking(Heavy):
    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        vars(self).setdefault("leaked", []).append(np.ones(5_000_000, np.float32))
        return super().decode(samples, options)


class Aborting(Honest):
    def transcribe(self, audio_data: Samples, language: str | None = "en") -> str:
        signal.raise_signal(signal.SIGABRT)
        return ""


class Hanging(Honest):
    def transcribe(self, audio_data: Samples, language: str | None = "en") -> str:
        time.sleep(600)
        return ""


class Unloadable(Honest):
    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        raise RuntimeError("model.bin is incomplete")
