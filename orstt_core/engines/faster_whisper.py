"""FasterWhisperSTT: OpenAI's Whisper on CTranslate2, by the faster-whisper library.

Invariant: this module opens no network connection. The library gets a folder that `orstt_core.weights` has
found and checked, never a name that it would look up itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from orstt_core.engines import whisper_classic, whisper_fast, whisper_tuning
from orstt_core.engines.base import BaseSTT, Threads
from orstt_core.engines.int8_weights import int8_copy
from orstt_core.engines.whisper_languages import whisper_languages
from orstt_core.engines.whisper_model import open_model, present_compute_types, refuse_after_fork
from orstt_core.engines.whisper_modes import BATCHES, fast_threads, proved_languages, usual_batch
from orstt_core.engines.whisper_options import fitting_hotwords, fitting_options
from orstt_core.errors import (
    AudioError,
    WeightsDamaged,
)
from orstt_core.languages import requested_languages
from orstt_core.malloc import trim
from orstt_core.notebooks import import_progress_bars
from orstt_core.settings import load_settings
from orstt_core.types import Loading, Segment, TranscribeOptions, TuningChoice
from orstt_core.types.transcription import Mode
from orstt_core.weights.derived import DerivedFiles
from orstt_core.weights.formats import format_called

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.aligning_model import AligningWhisperModel
    from orstt_core.engines.window_decoder import WindowDecoder


class FasterWhisperSTT(BaseSTT):
    """Whisper weights in CTranslate2's format; see `BaseSTT` for the arguments."""

    title = "Faster Whisper"
    requires: ClassVar = {
        "faster_whisper": "faster-whisper",
        "ctranslate2": "ctranslate2",
        "onnxruntime": "onnxruntime",
    }
    capabilities: ClassVar = frozenset(
        {
            "segments",
            "words",
            "language_detection",
            "translate",
            "prompt",
            "hotwords",
            "vad",
            "beam_size",
            "temperature",
            "logprobs",
            "modes",
        }
    )
    weights_format = "ctranslate2-whisper"

    class Options(BaseSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given."""

        mode: Annotated[
            Mode | None,
            Meta(title="Mode", description="How recordings are decoded; not given, fast where it is proved."),
        ] = None
        threads: Threads = None
        workers: Annotated[
            Annotated[int, Meta(ge=1, le=64)] | None,
            Meta(
                title="Workers",
                description="Batches that the fast mode decodes at once, which share the threads; not given, one for "
                "each thread, four at most.",
            ),
        ] = None
        batch: Annotated[
            Annotated[int, Meta(ge=1, le=64)] | None,
            Meta(
                title="Batch",
                description="Windows that the fast mode decodes together; not given, "
                f"{BATCHES['cpu']}, on a GPU {BATCHES['cuda']}.",
            ),
        ] = None

    options: Options

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._classic: AligningWhisperModel | None = None
        self._decoder: WindowDecoder | None = None
        self._loading = threading.Lock()

    def is_available(self) -> bool:
        """Return whether faster-whisper and what it needs can be imported."""
        try:
            import_progress_bars()
            for module in self.requires:
                import_module(module)
        except ImportError:
            return False
        return True

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what CTranslate2 supports on this machine, `cuda` only where it sees a GPU."""
        return present_compute_types()

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of Whisper's languages, or English alone for a model called `.en`."""
        return whisper_languages(model_name)

    @classmethod
    def tuning_dimensions(
        cls, model_name: str, device: str, options: BaseSTT.Options
    ) -> Sequence[Sequence[TuningChoice]]:
        """Return what may make a model faster here: never the mode, which is a matter of accuracy."""
        assert isinstance(options, cls.Options)
        return whisper_tuning.dimensions(
            device,
            cls.devices().get(device, []),
            threads=options.threads or load_settings().cpu_threads,
            workers=options.workers,
            batch=options.batch or usual_batch(device),
            fast="en" in cls._languages_of_fast(model_name, options.mode),
        )

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        """Turn `(rate in Hz, samples)` into float32 mono at 16 kHz.

        Raises:
            AudioError: the samples are empty, not finite, or of a type or shape that is no sound.
        """
        from orstt_core.audio import resample

        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        """Return the text of float32 mono samples at 16 kHz.

        Args:
            audio_data: what `preprocess` returns.
            language: English unless another one is given; None detects it.

        Raises:
            OrsttError: as `segments`.
        """
        return self.text(audio_data, TranscribeOptions(language=language))

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        """Load the weights, fetching them first where the settings allow it.

        Raises:
            WeightsError: they are not there, or damaged.
            DeviceUnavailable: the device or compute type is not to be had.
            EngineUnavailable: faster-whisper is not installed.
            EngineFailed: this process was forked from one that had loaded weights.
        """
        if self._fast_languages(TranscribeOptions()):
            self._fast_decoder(progress)
        else:
            self._classic_model(progress)

    def unload(self) -> None:
        """Let go of the weights, and give their memory back; transcriptions under way keep them until they end."""
        self._classic = self._decoder = None
        trim()

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Return an iterator that decodes as it is read; a segment's times are those of the recording.

        Args:
            samples: float32 mono at 16 kHz, shape (n,); without samples there are no segments.
            options: all of them are supported; hotwords up to `whisper_options.HOTWORD_TOKENS`.

        Raises:
            AudioError: the samples are not floats of shape (n,); while iterating, they are not finite.
            LanguageUnknown: Whisper does not know the language.
            OptionUnsupported: the model is for English only and another language, or a translation, is asked of it.
            InvalidRequest: too many hotwords; the language is none of the possible ones.
            EngineFailed: the library raised while it decoded; while iterating.
        """
        samples = _checked(samples)
        options = requested_languages(options, self.languages(self.model_name), speaker=self.shown_name)
        if languages := self._fast_languages(options):
            decoder = self._fast_decoder()
            options = fitting_options(self.shown_name, decoder.model, options)
            return whisper_fast.decode(decoder, samples, options, languages, self._classic_model)
        model = self._classic_model()
        return whisper_classic.decode(model, samples, fitting_options(self.shown_name, model, options))

    def goes_on_from_text(self, options: TranscribeOptions) -> bool:
        """Return whether the text before a passage guides it: not in the fast mode, where each window is by itself."""
        return not self._fast_languages(options)

    def fitting_terms(self, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
        """Return those that fit among `whisper_options.HOTWORD_TOKENS`, as the tokenizer of the weights counts them."""
        model = self._fast_decoder().model if self._fast_languages(options) else self._classic_model()
        return fitting_hotwords(model, terms, options)

    def _fast_languages(self, options: TranscribeOptions) -> Collection[str]:
        """Return the languages to decode in the fast way, where it is one of these that is spoken."""
        mode = options.mode or self.options.mode
        languages = self._languages_of_fast(self.model_name, mode)
        return languages if mode or options.language is None or options.language in languages else ()

    @classmethod
    def _languages_of_fast(cls, model_name: str, mode: Mode | None) -> Collection[str]:
        match mode:
            case "fast":
                return cls.languages(model_name)
            case "classic":
                return ()
        return proved_languages(model_name)

    def _fast_decoder(self, progress: Callable[[Loading], None] | None = None) -> WindowDecoder:
        """Return the decoder of the fast way, whose model has a thread for each batch that is decoded at once."""
        refuse_after_fork()
        with self._loading:
            if self._decoder is None:
                from orstt_core.engines.window_decoder import WindowDecoder

                workers, threads = fast_threads(self._threads, self.options.workers, self.device)
                batch = self.options.batch or usual_batch(self.device)
                folder = self.weights_folder(progress)
                model = self._open(folder, threads, workers, progress=progress)
                self._decoder = WindowDecoder(model, workers, batch, self._derived(folder))
                self.capacity = batch * workers
            return self._decoder

    def _classic_model(self, progress: Callable[[Loading], None] | None = None) -> AligningWhisperModel:
        """Return the model of the classic way, which has all threads for the one recording that it decodes."""
        refuse_after_fork()
        with self._loading:
            if self._classic is None:
                self._classic = self._open(self.weights_folder(progress), self._threads, progress=progress)
            return self._classic

    @property
    def _threads(self) -> int:
        return self.options.threads or self.loads_with.cpu_threads

    def _derived(self, folder: Path) -> DerivedFiles:
        rules = format_called(self.weights_format).rules()
        return DerivedFiles(folder, self.loads_with.cache_dir, rules, f"ctranslate2 {version('ctranslate2')}")

    def _open(
        self,
        folder: Path,
        threads: int,
        workers: int = 1,
        *,
        progress: Callable[[Loading], None] | None,
    ) -> AligningWhisperModel:
        open_folder = partial(
            open_model,
            self.model_name,
            device=self.device,
            compute_type=self.compute_type,
            threads=threads,
            workers=workers,
        )
        if (self.device, self.compute_type) == ("cpu", "int8") and (copy := int8_copy(self._derived(folder), progress)):
            with suppress(WeightsDamaged):  # it went away just now
                return open_folder(copy)
        return open_folder(folder)


def _checked(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    if not isinstance(samples, np.ndarray) or samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(
            "The engine takes mono samples as an array of floats, shape (n,).",
            hint="Pass (rate, samples) through `preprocess` first.",
        )
    return samples.astype(np.float32, copy=False)
