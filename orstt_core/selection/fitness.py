"""Which models can do what a request asks for: by their languages, and by what their engines declare."""

from __future__ import annotations

from orstt_core.errors import OptionUnsupported
from orstt_core.languages import requested_languages
from orstt_core.option_fields import fields_of
from orstt_core.runtime.probe import capabilities_of, languages_of
from orstt_core.types import Model, TranscribeOptions


def refuse_unfit(model: Model, options: TranscribeOptions) -> None:
    """Refuse a model that cannot do what is asked for; an engine of another package is looked at, once.

    Raises:
        OptionUnsupported: its engine does not declare what an option needs; or the language is left open, and it
            cannot find out which is spoken.
        LanguageUnknown: it does not know the language.
        EngineUnknown, EngineUnavailable, Busy, EngineFailed: its engine cannot be looked at.
    """
    capabilities = capabilities_of(model.model_type)
    for field in fields_of(TranscribeOptions):
        if field.needs and field.needs not in capabilities and getattr(options, field.name) != _default(field.name):
            raise OptionUnsupported(f"It cannot do what {field.name} asks for.", field=field.name)
    offered, detects = languages_of(model.model_type, model.model)
    requested_languages(options, offered, speaker=model.name, detects=detects)


def knows_one_language(model: Model) -> bool:
    """Return whether a model takes whatever is spoken for the one language that it knows."""
    offered, _ = languages_of(model.model_type, model.model)
    return len(offered) == 1


def _default(name: str) -> object:
    return getattr(TranscribeOptions(), name)
