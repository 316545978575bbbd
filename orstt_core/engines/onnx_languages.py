"""Which languages the models that are published as ONNX graphs can be asked for, by their names.

A repository or a folder keeps the name of its model as a rule: `nemo-parakeet-tdt-0.6b-v3` and
`sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8` are one model.
"""

from __future__ import annotations

from orstt_core.engines.whisper_languages import whisper_languages

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
