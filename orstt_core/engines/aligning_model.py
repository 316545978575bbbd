"""AligningWhisperModel: faster-whisper's model, which also tells when the words that it decoded were spoken.

The library can tell that itself, but moves its windows by it, and so decodes another text. Here the text stays what it
is: each window is aligned once it is decoded, on the encoder's output that it was decoded from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from faster_whisper import WhisperModel

from orstt_core.engines.alignment import AlignedWord, align
from orstt_core.engines.cancellation import current

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES_PER_POSITION = 2
"""The library counts features, of 10 ms; the encoder has an output for every two of them."""


class AligningWhisperModel(WhisperModel):  # type: ignore[misc]  # the library is not typed
    """A `WhisperModel` that keeps what it aligned of the window decoded last; without `hearing` it aligns nothing.

    It overrides methods that every window passes: `encode`, the one that decodes it, at one temperature after another,
    and the one that splits its tokens into segments. Cancelled work ends before the next native call.
    """

    _speech: NDArray[np.bool_] | None = None
    _memory: Any
    _aligned: dict[int, list[AlignedWord]]

    def hearing(self, speech: NDArray[np.bool_]) -> Self:
        """Return this model for one chunk, with a record of its own: others may use the model meanwhile.

        Args:
            speech: whether each position of 20 ms of the chunk holds speech.
        """
        model = copy(self)
        model._speech, model._aligned = speech, {}  # noqa: SLF001 - of the same class
        return model

    def aligned(self, tokens: list[int]) -> list[AlignedWord]:
        """Return the words of a segment of the window decoded last, given its own list of tokens; none: not known."""
        return self._aligned.get(id(tokens), [])

    def encode(self, features: NDArray[np.float32]) -> Any:
        """Do what the library does, and keep the output."""
        current().check()
        self._memory = super().encode(features)
        return self._memory

    def generate_with_fallback(self, encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any) -> Any:
        """Do what the library does."""
        options = replace(options, temperatures=_while_wanted(options.temperatures))
        return super().generate_with_fallback(encoder_output, prompt, tokenizer, options)

    def encoded(self, features: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Return the encoder's output for the features of one window, shape (positions, width)."""
        return _array(super().encode(features))

    def _split_segments_by_timestamps(
        self,
        tokenizer: Any,
        tokens: list[int],
        time_offset: float,
        segment_size: int,
        segment_duration: float,
        seek: int,
    ) -> Any:
        found = super()._split_segments_by_timestamps(
            tokenizer=tokenizer,
            tokens=tokens,
            time_offset=time_offset,
            segment_size=segment_size,
            segment_duration=segment_duration,
            seek=seek,
        )
        if self._speech is not None:
            texts = [segment["tokens"] for segment in found[0]]
            first, size = seek // FRAMES_PER_POSITION, segment_size // FRAMES_PER_POSITION
            words = align(self.model, tokenizer, _array(self._memory), texts, self._speech[first : first + size])
            self._aligned = {id(text): aligned for text, aligned in zip(texts, words, strict=False)}
        return found


def _while_wanted(temperatures: Iterable[float]) -> Iterator[float]:
    for temperature in temperatures:
        current().check()
        yield temperature


def _array(memory: Any) -> NDArray[np.floating[Any]]:
    """Return the encoder's output of one window, shape (positions, width)."""
    import numpy as np
    from ctranslate2 import DataType, Device

    if memory.device != "cpu":
        memory = memory.to_device(Device.cpu)
    if memory.dtype == DataType.bfloat16:  # NumPy does not know it
        memory = memory.to(DataType.float32)
    array: NDArray[np.floating[Any]] = np.asarray(memory)[0]
    return array
