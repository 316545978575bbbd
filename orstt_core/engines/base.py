"""BaseSTT: what an engine is. Three methods make one; the rest declares what more it can do.

An engine author writes `preprocess`, `transcribe` and `is_available`. An engine that measures times,
confidence or language overrides `segments` and lists what it can do in `capabilities`; what is not listed is
refused with a clear error, never faked. Vendor libraries are imported inside methods, never at the top of
the module: a program that only looks at the engine must not load native code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta, Struct

from orstt_core.engines.shown_name import shown_name
from orstt_core.errors import OptionUnsupported
from orstt_core.languages import requested_languages
from orstt_core.option_fields import fields_of, refuse_details
from orstt_core.speech_rate import is_invented
from orstt_core.transcript import join_text
from orstt_core.types import Capability, Loading, Segment, TranscribeOptions, TuningChoice
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.settings import EngineSettings

Threads = Annotated[
    Annotated[int, Meta(ge=1, le=256)] | None,
    Meta(title="Threads", description="CPU threads in all; not given, as the setting cpu_threads says."),
]
"""The option `threads` of every engine that has one."""
TAKES_TERMS: frozenset[Capability] = frozenset({"hotwords", "prompt"})
"""By what an engine can be told the words of a vocabulary."""
PROMPT_CHARACTERS = 500
"""Of a prompt that an engine is told to be sure to be heard: about as much as Whisper's holds."""


class BaseSTT(ABC):
    """One engine with one model, on one device.

    Args:
        model_name: which weights: a name the engine knows, a hub repository or a folder.
        device: `cpu` or `cuda`.
        compute_type: number format of the computation, e.g. `int8`.
    """

    title: ClassVar[str] = ""
    """Name shown to people; default: the class name."""
    requires: ClassVar[Mapping[str, str]] = {}
    """Modules that must be importable -> what to give `pip install` for each."""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    """What `segments` can do beyond plain text."""
    known_models: ClassVar[tuple[str, ...]] = ()
    """Weights known by name, smallest first; empty means any name goes."""
    weights_format: ClassVar[str] = ""
    """Kind of weights that `orstt_core.weights` finds, fetches and verifies; empty: the engine does so itself."""

    sends_sound: ClassVar[bool] = False
    """Whether recordings leave this machine; such an engine works only where the setting `cloud_hosts` allows it."""
    usual_hosts: ClassVar[str] = ""
    """An example of what to name in `cloud_hosts` for it; empty: it works with servers of anybody's."""
    credentials: ClassVar[tuple[str, ...]] = ()
    """Secret settings that it is given in `loads_with.credentials`, of `orstt_core.settings.CREDENTIALS`."""

    class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given; a subclass describes each field as `TranscribeOptions` does."""

    options: Options
    """Of this model; set by the factory, until then the defaults."""
    settings: EngineSettings | None = None
    """Set by the factory; None means the environment's settings."""
    capacity: int = 1
    """How many transcriptions one loaded object serves at once, each in a thread of its own; read after `load`."""

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        self.model_name = model_name
        self.device = device
        self.compute_type = compute_type
        self.options = self.Options()

    @abstractmethod
    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        """Turn `(rate in Hz, samples)` into what `transcribe` takes: float32 mono at 16 kHz, shape (n,)."""

    @abstractmethod
    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        """Return the text spoken in float32 mono samples at 16 kHz, shape (n,).

        Beware: the language is English unless another one is given, as scripts of this contract expect; with None it is
        detected. `orstt_core.transcribe` and the backends detect it.
        """

    @abstractmethod
    def is_available(self) -> bool:
        """Return whether everything the engine needs is installed."""

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:  # noqa: B027 - optional, not abstract
        """Load the weights now instead of at first use; `progress` hears what happens."""

    def weights_folder(self, progress: Callable[[Loading], None] | None = None) -> Path:
        """Return the folder with the model's files, verified; they are fetched first where the settings allow it.

        Raises:
            WeightsError: they are not there, or damaged.
            EngineUnavailable: nobody describes the engine's weights format.
        """
        from orstt_core.weights import obtain

        settings = self.loads_with
        return obtain(
            self.weights_format,
            self.model_name,
            cache_dir=settings.cache_dir,
            allow_download=settings.allow_download,
            progress=progress,
            mirrors=settings.weights_mirrors,
            hub_token=settings.credentials.get("hub_token", ""),
        )

    @property
    def loads_with(self) -> EngineSettings:
        """The settings to load the model with: the factory's, or the environment's."""
        from orstt_core.settings import load_settings

        return self.settings or load_settings().for_engines

    @property
    def shown_name(self) -> str:
        """What to call the model in messages: as the person did who configured it."""
        return shown_name(self.model_name)

    def unload(self) -> None:  # noqa: B027 - optional, not abstract
        """Give the weights' memory back as far as the library can."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield segments as they are decoded.

        The default gives the whole text as one segment without times: none were measured.
        """
        text = self.transcribe(samples, language=options.language)
        if text.strip():
            yield Segment(id=0, start=None, end=None, text=text.strip(), language=options.language)

    def text(self, samples: NDArray[np.float32], options: TranscribeOptions) -> str:
        """Return the text of `segments`, for a `transcribe` that is made of them.

        As everywhere, segments that nobody can say in their time are left out.

        Raises:
            LanguageUnknown, OptionUnsupported: `languages` does not name the language that is asked for, or none is
                named and the engine detects none.
        """
        detects = "language_detection" in self.capabilities
        languages = self.languages(self.model_name)
        options = requested_languages(options, languages, speaker=self.shown_name, detects=detects)
        found = list(self.segments(samples, options))
        said = [segment.text for segment in found if not is_invented(segment, len(samples) / SAMPLE_RATE)]
        return join_text(said, found[0].language if found else None)

    def goes_on_from_text(self, options: TranscribeOptions) -> bool:  # noqa: ARG002 - an engine with modes reads them
        """Return whether `segments` of the rest of a recording is to be told the text before, as a prompt."""
        return "prompt" in self.capabilities

    def fitting_terms(self, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
        """Return those words to expect that the loaded model can be told at once, beside hotwords and prompt.

        The default takes those that fit a prompt of `PROMPT_CHARACTERS`, and any number of hotwords.

        Args:
            terms: of vocabularies, the most used first; each a word or a few.
            options: of the request.
        """
        if "hotwords" in self.capabilities:
            return list(terms)
        left = PROMPT_CHARACTERS - len(options.initial_prompt or "")
        lengths = accumulate(len(term) + 2 for term in terms)
        return [term for term, length in zip(terms, lengths, strict=True) if length <= left]

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return the compute types by device present on this machine; an empty list means any.

        May import native code, so the program calls it in a child process only.
        """
        return {"cpu": []}

    @classmethod
    def unconfigured(cls, settings: EngineSettings) -> str:  # noqa: ARG003 - those that need settings read them
        """Return which settings it lacks, as `not configured: …` has it; empty: none."""
        return ""

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:  # noqa: ARG003 - the engines' own tell models apart
        """Return the codes of the languages that a model can be asked for; empty: not known, so any goes.

        What people ask for reaches `segments` as one of these codes, or as the code of ISO 639 where there are none.
        """
        return ()

    @classmethod
    def tuning_dimensions(
        cls,
        model_name: str,  # noqa: ARG003 - the engines' own tell models apart
        device: str,  # noqa: ARG003
        options: Options,  # noqa: ARG003
    ) -> Sequence[Sequence[TuningChoice]]:
        """Return what `orstt tune` may try to make a model faster on this machine; empty: nothing.

        Dimensions are gone through in order, each with the best choices of those before; what is like the present
        setting need not be among them. What costs accuracy is no choice. May import native code, as `devices`.

        Args:
            model_name: the weights.
            device: the one that the model runs on.
            options: its present ones.
        """
        return ()

    @classmethod
    def check_options(cls, options: TranscribeOptions) -> None:
        """Refuse options that this engine does not declare.

        Raises:
            OptionUnsupported: names the first such option.
            InvalidRequest: an option is a detail of another one, which is off.
        """
        refuse_details(options)
        default = type(options)()
        for field in fields_of(type(options)):
            if getattr(options, field.name) == getattr(default, field.name):
                continue
            if field.needs and field.needs not in cls.capabilities:
                raise _unsupported(cls, field.name)
        if options.vocabulary and not cls.capabilities & TAKES_TERMS:
            raise _unsupported(cls, "vocabulary")


UNABLE = {"task": "translate", "vocabulary": "be told words to expect"}
"""Option -> what an engine that does not declare it cannot do, where the option's name does not say it."""


def _unsupported(engine: type[BaseSTT], option: str) -> OptionUnsupported:
    name = engine.title or engine.__name__
    unable = UNABLE.get(option, f"do {option.replace('_', ' ')}")
    return OptionUnsupported(f"{name} cannot {unable}.", hint="Leave it out or choose another model.", field=option)
