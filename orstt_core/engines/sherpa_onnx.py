"""SherpaOnnxSTT: Whisper, Zipformer, SenseVoice, Paraformer, NeMo's and others as ONNX graphs, by sherpa-onnx.

Invariant: this module opens no network connection; the library loads files that `orstt_core.weights` has found. Where
they are damaged it may end the process: that is the engine's own, and costs one transcription.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from orstt_core.engines.base import BaseSTT, Threads
from orstt_core.engines.cancellation import current
from orstt_core.engines.onnx_languages import onnx_languages
from orstt_core.engines.sherpa_folder import Recognised, recognise
from orstt_core.engines.spelled_words import no_times, token_words
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.errors import WeightsDamaged
from orstt_core.malloc import trim
from orstt_core.types import Loading, Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SherpaOnnxSTT(WindowedSTT):
    """Models that the sherpa-onnx project publishes; see `BaseSTT` for the arguments."""

    title = "sherpa-onnx"
    requires: ClassVar = {"sherpa_onnx": "'orstt[sherpa-onnx]'"}
    capabilities: ClassVar = frozenset({"segments", "words", "vad"})
    weights_format = "sherpa-onnx"

    class Options(BaseSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given."""

        threads: Threads = None

    options: Options

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._model: Recognised | None = None
        self._recognizers: dict[str, Any] = {}
        self._loading = threading.Lock()

    def is_available(self) -> bool:
        """Return whether sherpa-onnx can be imported."""
        try:
            import_module("sherpa_onnx")
        except ImportError:
            return False
        return True

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what the library's packages on the Python index are built for."""
        return {"cpu": ["int8", "float32"]}

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of the languages that a model is published for; empty: not known."""
        return onnx_languages(model_name)

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        """Load the graphs, fetching them first where the settings allow it.

        Of a folder with graphs of both kinds the compute type takes one; else it becomes that of the graphs.

        Raises:
            WeightsError: they are not there, or none that the library knows.
        """
        languages = self.languages(self.model_name)
        self._recognizer("en" if "en" in languages else next(iter(languages), ""), progress)

    def unload(self) -> None:
        """Let go of the graphs, and give their memory back."""
        self._recognizers.clear()
        trim()

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what is said in one window, with the words' times where the model tells those of its tokens.

        Whisper, Canary and SenseVoice are told the language; the others find it out, or know one only.

        Raises:
            OptionUnsupported: word times are asked of a model that gives none, such as Whisper.
        """
        recognizer = self._recognizer(options.language or "")
        current().check()
        stream = recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, samples)
        recognizer.decode_stream(stream)
        found, words = stream.result, None
        text = found.text.strip()
        if not text:
            return
        if options.word_timestamps:
            if not found.timestamps:
                raise no_times(self.model_name)
            assert self._model
            lasting = found.durations or [self._model.kind.step] * len(found.tokens)
            words = token_words(text, found.tokens, found.timestamps, lasting)
        yield Segment(id=0, start=None, end=None, text=text, words=words, language=options.language)

    def _recognizer(self, language: str, progress: Callable[[Loading], None] | None = None) -> Any:
        """Return the model for a language; one that has to know it is loaded anew for another, and the first let go."""
        with self._loading:
            if self._model is None:
                self._model = recognise(self.weights_folder(progress), int8=self.compute_type == "int8")
                self.compute_type = "int8" if self._model.int8 else "float32"
            code = language if self._model.kind.language else ""
            if code not in self._recognizers:
                self._recognizers.clear()
                self._recognizers[code] = self._open(self._model, code)
            return self._recognizers[code]

    def _open(self, model: Recognised, language: str) -> Any:
        from sherpa_onnx import OfflineRecognizer

        kind = model.kind
        threads = self.options.threads or self.loads_with.cpu_threads or os.cpu_count() or 1
        keywords: dict[str, Any] = {**model.files, **kind.keywords, "num_threads": threads}
        if kind.language:
            keywords[kind.language] = language
        if kind.loader == "nemo_canary":
            keywords["tgt_lang"] = language
        try:
            return getattr(OfflineRecognizer, f"from_{kind.loader}")(**keywords)
        except Exception as error:  # the library raises RuntimeError, and AssertionError for files
            raise WeightsDamaged(
                f"The files of {self.model_name} cannot be loaded as {kind.loader}: {error}",
                hint="They are damaged, or of another kind. Bring them again.",
            ) from error
