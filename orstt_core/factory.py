"""STTFactory: what a script uses. A thin layer over the registry, the construction and the validation of engines."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from orstt_core.engines import registry
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.construction import build
from orstt_core.errors import OrsttError
from orstt_core.settings import EngineSettings, load_settings
from orstt_core.types import ModelDraft, Validation
from orstt_core.types.options import OptionValue

_log = logging.getLogger(__name__)


class STTFactory:
    """Registers engines and makes them, in this process; there is one registry in it.

        engine = STTFactory.build("whisper", "base")
        text = engine.transcribe(engine.preprocess((rate, samples)), language=None)

    `orstt_core.transcribe` and `LocalBackend` run an engine in a process of its own instead, so that what ends that one
    does not end yours, and read any file.
    """

    @classmethod
    def register(cls, model_type: str, engine: type[BaseSTT]) -> None:
        """Make an engine known under a name; it goes before an entry point of the same name.

        Raises:
            InvalidRequest: the name is not 1 to 50 of A-Z a-z 0-9 . _ -, or the class is no complete engine.
        """
        registry.register(model_type, engine)

    @classmethod
    def get_available_types(cls) -> list[str]:
        """Return the names of all engines, `whisper` first, our own before others; none is imported."""
        return registry.names()

    @classmethod
    def get_engine(cls, model_type: str) -> type[BaseSTT]:
        """Import an engine and return its class.

        Raises:
            EngineUnknown: no engine has that name.
            EngineUnavailable: its module cannot be imported, or holds no complete engine.
        """
        return registry.engine_class(model_type)

    @classmethod
    def build(
        cls,
        model_type: str,
        model_name: str,
        device: str = "cpu",
        compute_type: str = "int8",
        *,
        settings: EngineSettings | None = None,
        options: Mapping[str, OptionValue] | None = None,
    ) -> BaseSTT:
        """Return an engine that is ready to load `model_name`; nothing is fetched or loaded yet.

        `cuda` without a GPU falls back to the CPU and is logged as a warning; the engine's `device` and
        `compute_type` say what it will use.

        Args:
            model_type: the engine's name: one of `get_available_types`, such as `whisper`.
            model_name: which weights: a size such as `base`, a hub repository `owner/name`, or a folder.
            device: `cpu` or `cuda`.
            compute_type: number format of the computation, e.g. `int8` or `float16`.
            settings: default: the environment's.
            options: those of the engine, by name; `EngineInfo.options` describes them.

        Raises:
            OrsttError: why it cannot run here; see `orstt_core.engines.construction.build`.
        """
        return build(model_type, model_name, device, compute_type, settings or load_settings().for_engines, options)

    @classmethod
    def create(
        cls,
        model_type: str,
        model_name: str,
        device: str = "cpu",
        compute_type: str = "int8",
        *,
        options: Mapping[str, OptionValue] | None = None,
    ) -> BaseSTT | None:
        """Return an engine that is ready to load `model_name`, or None; the reason is then logged as one line.

        `build` takes the same and raises the reason instead, which suits most scripts better.

        Args:
            model_type: the engine's name: one of `get_available_types`, such as `whisper`.
            model_name: which weights: a size such as `base`, a hub repository `owner/name`, or a folder.
            device: `cpu`, or `cuda`, which falls back to the CPU with a warning.
            compute_type: number format of the computation, e.g. `int8` or `float16`.
            options: those of the engine, by name; `EngineInfo.options` describes them.
        """
        try:
            return cls.build(model_type, model_name, device, compute_type, options=options)
        except OrsttError as error:
            _log.error("Cannot create %s with the model %s: %s", model_type, model_name, error)
            return None

    @classmethod
    def validate_model(
        cls,
        model_type: str,
        model_name: str,
        device: str = "cpu",
        compute_type: str = "int8",
        *,
        options: Mapping[str, OptionValue] | None = None,
    ) -> Validation:
        """Check whether this configuration would run in this process; what fails is in the answer, never raised."""
        from orstt_core.validation import validate

        draft = ModelDraft(
            name=model_name,
            model=model_name,
            model_type=model_type,
            device=device,
            compute_type=compute_type,
            options=dict(options or {}),
        )
        return validate(draft, load_settings(), in_process=True)
