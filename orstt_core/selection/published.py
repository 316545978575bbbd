"""What is published of Whisper's sizes, for models of which nothing was measured: where there is no better knowledge.

Errors are those of Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, table of English
transcription with greedy decoding: LibriSpeech's test-clean and test-other. large-v3 and turbo came later and are
taken for as good as large-v2. Speeds are those of the table of models in OpenAI's README, relative to large.
"""

from __future__ import annotations

import re

from msgspec import Struct

OTHER_LANGUAGES = 3.0
"""Times as many errors in languages other than English: an estimate of this program's own, of no source."""
CLEAN_SNR, NOISY_SNR = 25.0, 10.0
"""From which signal-to-noise ratio in dB on sound is as test-clean, and up to which as test-other: an estimate too."""
BASE_SPEED = 8.0
"""Times real time of base on a machine of which nothing is known: what a laptop's processor does."""

SIZE = re.compile(r"(tiny|base|small|medium|large|turbo)(?:-v\d(?:-turbo)?)?(\.en)?(?![a-z])")


class PublishedFigures(Struct, frozen=True):
    """Word error rates, 0 to 1, on clean and on other recordings of English, and times the speed of large."""

    clean: float
    other: float
    speed: float


FIGURES = {
    "tiny.en": PublishedFigures(0.056, 0.146, 10),
    "tiny": PublishedFigures(0.076, 0.169, 10),
    "base.en": PublishedFigures(0.042, 0.102, 7),
    "base": PublishedFigures(0.050, 0.124, 7),
    "small.en": PublishedFigures(0.031, 0.074, 4),
    "small": PublishedFigures(0.034, 0.076, 4),
    "medium.en": PublishedFigures(0.031, 0.063, 2),
    "medium": PublishedFigures(0.029, 0.059, 2),
    "large": PublishedFigures(0.027, 0.052, 1),
    "turbo": PublishedFigures(0.027, 0.052, 8),
}


def published_figures(model_type: str, weights: str) -> PublishedFigures | None:
    """Return what is published of the weights of a Whisper; None: nothing, or it is another kind of model."""
    if "whisper" not in model_type:
        return None
    name = weights.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].lower()
    if "distil" in name or (found := SIZE.search(name)) is None:
        return None
    size, english = found[1], found[2] or ""
    if "turbo" in found[0]:
        size = "turbo"
    return FIGURES.get(size + english, FIGURES[size])


def published_error(figures: PublishedFigures, language: str | None, snr: float | None) -> float:
    """Return the word error rate, 0 to 1, to expect of a recording; of one whose noise is not known, the middle."""
    middle = (CLEAN_SNR + NOISY_SNR) / 2 if snr is None else snr
    noise = min(1.0, max(0.0, (CLEAN_SNR - middle) / (CLEAN_SNR - NOISY_SNR)))
    error = figures.clean + noise * (figures.other - figures.clean)
    return min(1.0, error * (1.0 if language == "en" else OTHER_LANGUAGES))
