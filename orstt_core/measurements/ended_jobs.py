"""What is told of a job that has ended: the figures of one that is done, and what transcribed it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from orstt_core import __version__
from orstt_core.errors import JobCancelled, OrsttError
from orstt_core.measurements.machine import machine_in_words
from orstt_core.runtime.probe import choices_of
from orstt_core.settings import EngineSettings
from orstt_core.types import (
    JobMeasured,
    MeasuredSetup,
    Model,
    TranscribeOptions,
    TranscriptionFigures,
    UsedModel,
)
from orstt_core.types.options import OptionValue

DECISIVE = (
    "task", "word_timestamps", "vad_filter", "channels", "tracks", "mode", "logprobs", "beam_size", "temperature"
)  # fmt: skip
"""Options of a transcription that decide how long it takes, or what text comes of it; none of them is a text. Others
are left out: they would make setups of the same figures many."""


def done_measured(
    model: Model,
    options: TranscribeOptions,
    settings: EngineSettings,
    used: UsedModel,
    libraries: dict[str, str],
    figures: TranscriptionFigures,
) -> JobMeasured:
    """Return what is told of a job that is done.

    Args:
        model: the configured model.
        options: of the transcription.
        settings: those that the engine worked with.
        used: what really transcribed.
        libraries: versions of what the engine computed with.
        figures: of the transcription.
    """
    setup = MeasuredSetup(
        engine=model.model_type,
        weights=model.model,
        device=used.device,
        compute_type=used.compute_type,
        settings=_settings(model, options, settings),
        machine=machine_in_words(),
        versions={"orstt": __version__, **libraries},
    )
    return JobMeasured(model=model.name, state="done", figures=figures, setup=setup)


def not_done_measured(model: str, error: OrsttError) -> JobMeasured:
    """Return what is told of a job that ended without a transcript."""
    if isinstance(error, JobCancelled):
        return JobMeasured(model=model, state="cancelled")
    return JobMeasured(model=model, state="failed", code=error.code)


def kept_options(model: Model) -> dict[str, OptionValue]:
    """Return the options of a model as they may be kept for ever."""
    return dict(_without_texts(model.options, choices_of(model.model_type)))


def _settings(model: Model, options: TranscribeOptions, settings: EngineSettings) -> dict[str, OptionValue]:
    default = TranscribeOptions()
    chosen = {name: value for name in DECISIVE if (value := getattr(options, name)) != getattr(default, name)}
    threads = {"cpu_threads": settings.cpu_threads} if settings.cpu_threads else {}
    return {**threads, **kept_options(model), **{name: _plain(value) for name, value in chosen.items()}}


def _without_texts(options: Mapping[str, OptionValue], choices: Collection[str]) -> Iterator[tuple[str, OptionValue]]:
    """Yield what may be kept for ever: of texts that somebody wrote, such as the phrases to be heard, only how many."""
    for name, value in options.items():
        if name in choices:
            yield name, value
        elif isinstance(value, list):
            yield name, len(value) if any(isinstance(item, str) for item in value) else value
        elif not isinstance(value, str):
            yield name, value


def _plain(value: OptionValue | tuple[float, ...]) -> OptionValue:
    """Return an option as it is kept; of temperatures more than a tenth decides nothing that can be measured."""
    return [round(each, 1) for each in value] if isinstance(value, tuple) else value
