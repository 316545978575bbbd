"""WindowedSTT: an engine that is given speech in windows, because its model takes no hour at once.

Where speech is, where it is cut and where words lie in the recording is the same for every such engine, so it is here.
What an engine adds is `decode`, of one window.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from orstt_core.engines.base import BaseSTT
from orstt_core.engines.cancellation import current
from orstt_core.engines.voice_activity import Chunk, chunks, detection
from orstt_core.engines.windows import LONGEST_SECONDS, windows
from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.languages import heard_language, requested_languages
from orstt_core.types import Segment, TranscribeOptions, Word
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class WindowedSTT(BaseSTT):
    """An engine that decodes one window of speech at a time; declare `segments` and `vad` among its capabilities."""

    longest_seconds: ClassVar[float] = LONGEST_SECONDS
    """The longest window that it takes, in seconds; windows are cut at pauses, so most are shorter."""
    fills_windows: ClassVar[bool] = False
    """Whether windows are as long as it takes, with long silences left out, because each costs a request."""

    @abstractmethod
    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterable[Segment]:
        """Return what is said in one window.

        Args:
            samples: float32 mono at 16 kHz, shape (n,), `longest_seconds` of it at most.
            options: as `segments` has them; once a segment named its language, that is in `language`.

        Returns:
            Segments whose times, and whose words' times, count from the beginning of the window; a segment without
            times is given those of the window. Their language may be any code or tag. Their `id` is set here.
        """

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        """Turn `(rate in Hz, samples)` into float32 mono at 16 kHz.

        Raises:
            AudioError: the samples are empty, not finite, or of a type or shape that is no sound.
        """
        from orstt_core.audio import resample

        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        """Return the text of float32 mono samples at 16 kHz; a language of None is detected where the engine can."""
        return self.text(audio_data, TranscribeOptions(language=language))

    def goes_on_from_text(self, options: TranscribeOptions) -> bool:  # noqa: ARG002 - it is so with all of them
        """Return False: each window is decoded by itself."""
        return False

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield the segments of a recording in order, those of a window as soon as it is decoded.

        Raises:
            AudioError: the samples are not finite.
            LanguageUnknown: the model does not know the language.
            OrsttError: what `decode` raises.
        """
        options = requested_languages(options, self.languages(self.model_name), speaker=self.shown_name)
        number = 0
        for chunk in self._windows(samples, options):
            current().check()
            for segment in self.decode(chunk.samples, options):
                yield replace(_in_recording(segment, chunk), id=number, language=heard_language(segment.language))
                number += 1
                if options.language is None and segment.language:
                    options = self._heard(segment.language, options)

    def _windows(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Chunk]:
        cut = chunks if self.fills_windows else windows
        return cut(samples, detection=detection(options), longest=self.longest_seconds)

    def _heard(self, language: str, options: TranscribeOptions) -> TranscribeOptions:
        """Return the options for what follows speech in a language, which the engine may call otherwise when asked."""
        heard = replace(options, language=language, languages=())
        try:
            return requested_languages(heard, self.languages(self.model_name))
        except (InvalidRequest, OptionUnsupported):  # it hears more than it can be asked for
            return options


def _in_recording(segment: Segment, chunk: Chunk) -> Segment:
    last = chunk.samples.size / SAMPLE_RATE
    start, end = chunk.times(segment.start or 0.0, last if segment.end is None else segment.end)
    words = None if segment.words is None else [_word_in_recording(word, chunk) for word in segment.words]
    return replace(segment, start=start, end=max(start, end), words=words)


def _word_in_recording(word: Word, chunk: Chunk) -> Word:
    start, end = chunk.word_times(word.start, word.end)
    return replace(word, start=start, end=max(start, end))
