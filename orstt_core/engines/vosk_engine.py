"""VoskSTT: Kaldi's recogniser for small machines, with any folder of a Vosk model.

Invariant: this module opens no network connection. The library gets a folder, never a name or a language, for which it
would ask its own server. It hears words only: no capitals, no punctuation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from orstt_core.engines.cancellation import current
from orstt_core.engines.devices import NO_CHOICE
from orstt_core.engines.local import LocalSTT
from orstt_core.engines.phrases import Phrases, refuse_unknown_words
from orstt_core.errors import InvalidRequest, WeightsDamaged
from orstt_core.types import Loading, Segment, TranscribeOptions, Word
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = SAMPLE_RATE // 4
"""Samples decoded between two looks at whether anybody still waits."""
MODEL_NAME = re.compile(r"vosk[-_]model[-_](?:small[-_])?([a-z]{2,3})(?![a-z])")
"""How the published models are called: vosk-model-small-en-us-0.15, vosk-model-cn-0.22."""
COUNTRIES: Mapping[str, str] = {"cn": "zh", "gr": "el", "kz": "kk", "ua": "uk", "vn": "vi"}
"""What those names say instead of the language's code."""
UNKNOWN_WORD = "[unk]"


class VoskSTT(LocalSTT):
    """A Vosk model; see `BaseSTT` for the arguments."""

    title = "Vosk"
    requires: ClassVar = {"vosk": "'orstt[vosk]'"}
    capabilities: ClassVar = frozenset({"segments", "words", "vad"})
    weights_format = "vosk"

    class Options(LocalSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given."""

        phrases: Phrases = ()

    options: Options

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return the CPU, with no choice of compute types."""
        return NO_CHOICE

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:
        """Return the language that a model's name or folder says; none where it says nothing."""
        named = MODEL_NAME.findall(model_name.lower())
        return (COUNTRIES.get(named[-1], named[-1]),) if named else ()

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterable[Segment]:
        """Yield what is said in one window, a segment for each sentence that a pause ends.

        A word's probability is the library's: its posterior in the lattice.
        """
        languages = self.languages(self.model_name)
        language = languages[0] if languages else options.language
        for words in filter(None, _heard(self._recogniser(), samples)):
            text = " ".join(word.word for word in words)
            kept = words if options.word_timestamps else None
            yield Segment(id=0, start=words[0].start, end=words[-1].end, text=text, words=kept, language=language)

    def _recogniser(self) -> Any:
        """Return a recogniser for one window: what it learnt of another voice would change what it hears."""
        from vosk import KaldiRecognizer

        model = self.loaded_model()
        grammar = [json.dumps(self._phrases(model), ensure_ascii=False)] if self.options.phrases else []
        recogniser = KaldiRecognizer(model, float(SAMPLE_RATE), *grammar)
        recogniser.SetWords(True)
        return recogniser

    def _phrases(self, model: Any) -> list[str]:
        hears_others = model.vosk_model_find_word(UNKNOWN_WORD) >= 0
        return [*self.options.phrases, *([UNKNOWN_WORD] if hears_others else [])]

    def open_model(self, progress: Callable[[Loading], None] | None) -> Any:
        """Load the model.

        Raises:
            WeightsError: its folder is not there, or lacks a file.
            WeightsDamaged: Vosk cannot read it.
            InvalidRequest: the model takes no phrases, or does not know a word of them.
        """
        import vosk

        folder = self.weights_folder(progress)
        vosk.SetLogLevel(-1)
        phrases = self.options.phrases
        if phrases and not (any(folder.glob("HCLr.fst")) or any(folder.glob("graph/HCLr.fst"))):
            raise InvalidRequest(
                f"{self.shown_name} takes no phrases: its graph is made for good.",
                hint="Leave `phrases` out, or choose a small model: those have a graph/HCLr.fst.",
                field="options.phrases",
            )
        try:
            model = vosk.Model(model_path=str(folder))
        except Exception as error:  # what the library raises is a plain Exception
            raise WeightsDamaged(
                f"Vosk cannot read the model {self.shown_name}.", hint="Unpack its archive again, whole."
            ) from error
        refuse_unknown_words(phrases, lambda word: model.vosk_model_find_word(word) >= 0, speaker=self.shown_name)
        return model


def _heard(recogniser: Any, samples: NDArray[np.float32]) -> Iterator[list[Word]]:
    """Yield the words of each sentence."""
    pcm = (samples.clip(-1, 1) * 32767).astype("<i2")
    for start in range(0, len(pcm), BLOCK):
        current().check()
        if recogniser.AcceptWaveform(pcm[start : start + BLOCK].tobytes()):
            yield _words(recogniser.Result())
    yield _words(recogniser.FinalResult())


def _words(result: str) -> list[Word]:
    return [
        Word(start=heard["start"], end=heard["end"], word=heard["word"], probability=min(heard["conf"], 1.0))
        for heard in json.loads(result).get("result", [])
        if heard["word"] != UNKNOWN_WORD
    ]
