"""What an engine can do, in names and values for a list of facts."""

from __future__ import annotations

from orstt_core.languages import language_name, languages_in_words
from orstt_core.types import EngineInfo
from orstt_core.types.options import Capability

CAPABILITIES: dict[Capability, str] = {
    "segments": "times",
    "words": "word times",
    "language_detection": "finds the language",
    "translate": "translates to English",
    "prompt": "prompt",
    "hotwords": "words to expect",
    "vad": "own speech detection",
    "beam_size": "beam search",
    "temperature": "temperature",
    "logprobs": "confidence",
    "modes": "fast and classic mode",
}
"""Capability -> what it is to a person."""


def engine_facts(engine: EngineInfo, model: str = "") -> list[tuple[str, str]]:
    """Return what an engine can do; what is not known is left out.

    Args:
        engine: as it presents itself.
        model: weights whose languages are meant; empty: those of any.
    """
    known = engine.languages_of(model)
    devices = (": ".join(filter(None, (name, ", ".join(kinds)))) for name, kinds in engine.compute_types.items())
    facts = {
        "Can": ", ".join(CAPABILITIES[each] for each in engine.capabilities),
        "Devices": "; ".join(devices),
        "Models": ", ".join(engine.models),
        "Weights": engine.weights_format,
        "Options": ", ".join(field.name for field in engine.options),
        "Languages": ", ".join(map(language_name, known)) or languages_in_words(known) if engine.available else "",
    }
    return [(name, value) for name, value in facts.items() if value]
