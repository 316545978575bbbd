"""Models that are published as ONNX graphs: their languages by their names, and what cannot be done with one.

A repository or a folder keeps the name of its model as a rule: `nemo-parakeet-tdt-0.6b-v3` and
`sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8` are one model.
"""

from __future__ import annotations

from orstt_core.engines.whisper_languages import whisper_languages
from orstt_core.errors import OptionUnsupported, WeightsDamaged

_CODES = "bg hr cs da nl en et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk"
EUROPEAN = tuple(_CODES.split())
"""The 25 of the model cards nvidia/parakeet-tdt-0.6b-v3 and nvidia/canary-1b-v2."""

MODELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("parakeet-tdt-0.6b-v3", EUROPEAN),
    ("parakeet", ("en",)),  # nvidia/parakeet-*, but for those below
    ("canary-1b-v2", EUROPEAN),
    ("canary", ("en", "de", "es", "fr")),  # nvidia/canary-1b, canary-1b-flash and canary-180m-flash
    ("gigaam-multilingual", ("ru", "kk", "ky", "uz", "en")),  # ai-sage/GigaAM-Multilingual
    ("gigaam", ("ru",)),  # salute-developers/GigaAM
    ("fastconformer-ru", ("ru",)),
    ("stt_ru_", ("ru",)),
    ("stt_en_", ("en",)),
    ("t-one", ("ru",)),  # t-tech/T-one
    ("vosk-model-ru", ("ru",)),
    ("vosk-model-small-ru", ("ru",)),
    ("sense-voice", ("zh", "en", "ja", "ko", "yue")),  # FunAudioLLM/SenseVoiceSmall
)
"""A part of a name and the languages; the first that fits counts."""
OTHERS = ("parakeet-tdt_ctc-0.6b-ja", "parakeet-tdt_ctc-0.6b-vi", "parakeet-ctc-0.6b-vi")
"""Published for other languages than their relatives."""


def onnx_languages(model_name: str) -> tuple[str, ...]:
    """Return the codes of the languages of a name, a repository or a folder; empty: not known."""
    name = model_name.rstrip("/").rpartition("/")[2].lower()
    if "whisper" in name:
        return whisper_languages(name.removesuffix("-onnx").removesuffix("_int8"))
    if any(other in name for other in OTHERS):
        return (name[-2:],)
    return next((codes for part, codes in MODELS if part in name), ())


def unloadable(model_name: str, kind: str, error: Exception) -> WeightsDamaged:
    """Return the error for files that a library does not load as the kind of model that they should be."""
    return WeightsDamaged(
        f"The files of {model_name} cannot be loaded as {kind}: {error}",
        hint="They are damaged, or of another kind. Bring them again.",
    )


def no_times(model_name: str) -> OptionUnsupported:
    """Return the error for a model that is asked when words were spoken, and gives its tokens no times."""
    return OptionUnsupported(
        f"{model_name} does not measure when words are spoken.",
        hint="Leave the word times out, or choose another model.",
        field="word_timestamps",
    )
