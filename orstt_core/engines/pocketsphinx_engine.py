"""PocketSphinxSTT: CMU's recogniser with the US English model that its package brings, so that nothing is fetched.

Small and offline, and far less accurate than Whisper. Each window is decoded as a whole: the level of its sound is then
known before the first word, which halves the errors of decoding as a stream.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from orstt_core.engines.devices import NO_CHOICE
from orstt_core.engines.local import LocalSTT
from orstt_core.engines.phrases import Phrases, refuse_unknown_words
from orstt_core.types import Loading, Segment, TranscribeOptions, Word
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_SECONDS = 15.0
"""While a window is decoded, nothing else of the process runs: the library keeps Python's lock, and hears no cancel.

Measured on 110 s of English in 12 recordings, half of them noisy or from a telephone: 51 % of the words are wrong with
windows of 8 s, 48 % with 15 s, 47 % with 25 s.
"""
FRAMES_PER_SECOND = 100
"""The default of the decoder's setting `frate`."""
PRONUNCIATION = re.compile(r"\(\d+\)$")
"""Behind a word that was spoken in another way than the dictionary's first: `to(3)`."""
FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
"""What the decoder hears beside words: silence, noise, the ends of a sentence."""


class PocketSphinxSTT(LocalSTT):
    """PocketSphinx with its own model; see `BaseSTT` for the arguments."""

    title = "PocketSphinx"
    requires: ClassVar = {"pocketsphinx": "'orstt[pocketsphinx]'"}
    capabilities: ClassVar = frozenset({"segments", "words", "vad"})
    known_models: ClassVar = ("en-us",)
    longest_seconds: ClassVar = LONGEST_SECONDS

    class Options(LocalSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given."""

        phrases: Phrases = ()

    options: Options

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._decoding = threading.Lock()

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return the CPU, with no choice of compute types."""
        return NO_CHOICE

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:  # noqa: ARG003 - there is one model
        """Return English, which the one model is for."""
        return ("en",)

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterable[Segment]:
        """Return what is said in one window as one segment; a word's probability is its posterior in the lattice."""
        words = self._words(self.loaded_model(), samples)
        if not words:
            return []
        text = " ".join(word.word for word in words)
        kept = words if options.word_timestamps else None
        return [Segment(id=0, start=words[0].start, end=words[-1].end, text=text, words=kept, language="en")]

    def _words(self, decoder: Any, samples: NDArray[np.float32]) -> list[Word]:
        pcm = (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()
        with self._decoding:
            # What it learnt of another recording's noise and level would change what it hears in this one.
            decoder.reinit_feat()
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            return [_word(part) for part in decoder.seg() or () if not FILLER.fullmatch(part.word)]

    def open_model(self, progress: Callable[[Loading], None] | None) -> Any:  # noqa: ARG002 - it takes half a second
        """Load the model.

        Raises:
            InvalidRequest: a phrase holds a word that is not in the model's dictionary.
        """
        from pocketsphinx import Decoder

        phrases = [phrase.lower() for phrase in self.options.phrases]  # as all of its dictionary is
        if not phrases:
            return Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
        decoder = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", lm=None)
        refuse_unknown_words(phrases, lambda word: decoder.lookup_word(word) is not None, speaker=self.shown_name)
        decoder.add_jsgf_string("phrases", f"#JSGF V1.0; grammar phrases; public <said> = ({' | '.join(phrases)})+;")
        decoder.activate_search("phrases")
        return decoder


def _word(part: Any) -> Word:
    return Word(
        start=part.start_frame / FRAMES_PER_SECOND,
        end=(part.end_frame + 1) / FRAMES_PER_SECOND,
        word=PRONUNCIATION.sub("", part.word),
        probability=min(part.prob, 1.0),  # of logarithms in whole numbers: 1.0001 happens
    )
