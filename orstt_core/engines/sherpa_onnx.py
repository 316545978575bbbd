"""SherpaOnnxSTT: Whisper, Zipformer, SenseVoice, Paraformer, NeMo's and others as ONNX graphs, by sherpa-onnx.

Invariant: this module opens no network connection; the library loads files that `orstt_core.weights` has found. Where
they are damaged it may end the process: that is the engine's own, and costs one transcription.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from orstt_core.engines.cancellation import current
from orstt_core.engines.local import ThreadedSTT
from orstt_core.engines.onnx_models import no_times, onnx_languages, unloadable
from orstt_core.engines.sherpa_folder import Kind, Recognised, recognise
from orstt_core.engines.spelled_words import token_words
from orstt_core.types import Loading, Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Recognizer(NamedTuple):
    """A loaded model.

    Attributes:
        native: the library's object.
        kind: the kind of model that it is.
        language: the one that it was loaded for; empty: for any.
    """

    native: Any
    kind: Kind
    language: str


class SherpaOnnxSTT(ThreadedSTT):
    """Models that the sherpa-onnx project publishes; see `BaseSTT` for the arguments.

    Of a folder with graphs in both number formats the compute type takes one; else it becomes that of the graphs.
    """

    title = "sherpa-onnx"
    requires: ClassVar = {"sherpa_onnx": "'orstt[sherpa-onnx]'"}
    capabilities: ClassVar = frozenset({"segments", "words", "vad"})
    weights_format = "sherpa-onnx"

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._language: str | None = None

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what the library's packages on the Python index are built for."""
        return {"cpu": ["int8", "float32"]}

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of the languages that a model is published for; empty: not known."""
        return onnx_languages(model_name)

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what is said in one window, with the words' times where the model tells those of its tokens.

        Whisper, Canary and SenseVoice are told the language; the others find it out, or know one only.

        Raises:
            OptionUnsupported: word times are asked of a model that gives none, such as Whisper.
        """
        recognizer = self._recognizer(options.language or "")
        current().check()
        stream = recognizer.native.create_stream()
        stream.accept_waveform(SAMPLE_RATE, samples)
        recognizer.native.decode_stream(stream)
        found, words = stream.result, None
        text = found.text.strip()
        if not text:
            return
        if options.word_timestamps:
            if not found.timestamps:
                raise no_times(self.shown_name)
            lasting = found.durations or [recognizer.kind.step] * len(found.tokens)
            words = token_words(text, found.tokens, found.timestamps, lasting)
        yield Segment(id=0, start=None, end=None, text=text, words=words, language=options.language)

    def open_model(self, progress: Callable[[Loading], None] | None) -> Recognizer:
        """Load the graphs.

        Raises:
            WeightsError: they are not there, or none that the library knows.
        """
        found = recognise(self.weights_folder(progress), int8=self.compute_type == "int8")
        self.compute_type = "int8" if found.int8 else "float32"
        languages = self.languages(self.model_name)
        usual = "en" if "en" in languages else next(iter(languages), "")
        wanted = usual if self._language is None else self._language
        language = wanted if found.kind.language else ""
        return Recognizer(self._open(found, language), found.kind, language)

    def _recognizer(self, language: str) -> Recognizer:
        """Return the model for a language; one that has to know it is loaded again for another."""
        if self._language is None:
            self._language = language
        recognizer: Recognizer = self.loaded_model()
        if recognizer.kind.language and recognizer.language != language:
            self._language = language
            self.unload()
            recognizer = self.loaded_model()
        return recognizer

    def _open(self, model: Recognised, language: str) -> Any:
        from sherpa_onnx import OfflineRecognizer

        kind = model.kind
        threads = self.threads or os.cpu_count() or 1
        keywords: dict[str, Any] = {**model.files, **kind.keywords, "num_threads": threads}
        if kind.language:
            keywords[kind.language] = language
        if kind.loader == "nemo_canary":
            keywords["tgt_lang"] = language
        try:
            return getattr(OfflineRecognizer, f"from_{kind.loader}")(**keywords)
        except Exception as error:  # the library raises RuntimeError, and AssertionError for files
            raise unloadable(self.shown_name, kind.loader, error) from error
