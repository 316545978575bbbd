"""Which languages a Whisper model can be asked for, by its name, and which it hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# In the order of OpenAI's list (whisper/tokenizer.py, LANGUAGES); a test compares it with faster-whisper's. `jw` is
# Whisper's own for Javanese.
_CODES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la "
    "mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be "
    "tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue "
)

WHISPER_LANGUAGES = tuple(_CODES.split())


def whisper_languages(model_name: str) -> tuple[str, ...]:
    """Return the codes of the languages of a size, a repository or a folder: those called `.en` know English only."""
    return ("en",) if model_name.rstrip("/").endswith(".en") else WHISPER_LANGUAGES


def likeliest(likelihoods: Mapping[str, float], possible: Sequence[str]) -> tuple[str, float]:
    """Return the likeliest language, of the possible ones where some are given, and how likely it is among all."""
    language = max(possible or likelihoods, key=lambda code: likelihoods.get(code, 0.0))
    return language, likelihoods.get(language, 0.0)
