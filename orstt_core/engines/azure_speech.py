"""AzureSTT: Azure's fast transcription, which answers with the transcript; its API version 2025-10-15.

Described at https://learn.microsoft.com/rest/api/speechtotext/transcriptions/transcribe and, for programs, in
`specification/cognitiveservices/Speech.Transcription` of Azure's repository azure-rest-api-specs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from orstt_core.types import Segment, TranscribeOptions, Word

API_VERSION = "2025-10-15"
LANGUAGES = (
    "en-US", "en-AU", "en-CA", "en-GB", "en-GH", "en-HK", "en-IE", "en-IN", "en-KE", "en-NG", "en-NZ", "en-PH",
    "en-SG", "en-TZ", "en-ZA", "af-ZA", "am-ET", "ar-SA", "ar-AE", "ar-BH", "ar-EG", "ar-IL", "ar-IQ", "ar-JO",
    "ar-KW", "ar-LB", "ar-LY", "ar-OM", "ar-PS", "ar-QA", "ar-SY", "az-AZ", "bg-BG", "bn-IN", "ca-ES", "cs-CZ",
    "cy-GB", "da-DK", "de-DE", "de-AT", "de-CH", "es-ES", "es-AR", "es-BO", "es-CL", "es-CO", "es-CR", "es-CU",
    "es-DO", "es-EC", "es-GQ", "es-GT", "es-HN", "es-MX", "es-NI", "es-PA", "es-PE", "es-PR", "es-PY", "es-SV",
    "es-US", "es-UY", "es-VE", "et-EE", "eu-ES", "fa-IR", "fi-FI", "fil-PH", "fr-FR", "ga-IE", "gl-ES", "he-IL",
    "hi-IN", "hr-HR", "hu-HU", "hy-AM", "id-ID", "is-IS", "it-IT", "ja-JP", "jv-ID", "ka-GE", "kk-KZ", "ko-KR",
    "lo-LA", "lt-LT", "lv-LV", "mk-MK", "ml-IN", "mn-MN", "mr-IN", "ms-MY", "mt-MT", "my-MM", "nb-NO", "nl-NL",
    "pl-PL", "ps-AF", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sl-SI", "so-SO", "sq-AL", "sr-RS", "sv-SE",
    "sw-KE", "ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA", "ur-IN", "uz-UZ", "vi-VN", "zh-CN", "zh-TW", "zh-HK",
    "zu-ZA",
)  # fmt: skip
"""Those with fast transcription in Azure's table of languages of April 2026, the usual region of each first."""


class _Word(Struct, frozen=True, rename="camel"):
    text: str
    offset_milliseconds: int
    duration_milliseconds: int


class _Phrase(Struct, frozen=True, rename="camel"):
    text: str
    offset_milliseconds: int
    duration_milliseconds: int
    words: list[_Word] = []
    locale: str | None = None
    confidence: float | None = None


class TranscriptionResult(Struct, frozen=True):
    """What is answered: phrases with their times in milliseconds."""

    phrases: list[_Phrase]


def definition(options: TranscribeOptions, phrases: Sequence[str]) -> dict[str, Any]:
    """Return what is asked for, as `TranscriptionOptions` of the description.

    Args:
        options: their languages are Azure's own; without any, Azure detects which it is.
        phrases: words to expect.
    """
    wanted: dict[str, Any] = {"profanityFilterMode": "None"}
    if locales := [options.language] if options.language else list(options.languages):
        wanted["locales"] = locales
    if phrases:
        wanted["phraseList"] = {"phrases": list(phrases)}
    return wanted


def segments(answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
    """Yield what was heard, a phrase each; words come unasked and are left out unless they are wanted.

    Raises:
        msgspec.DecodeError: the answer is none of Azure's.
    """
    for number, phrase in enumerate(msgspec.json.decode(answer, type=TranscriptionResult).phrases):
        start, end = _seconds(phrase)
        yield Segment(
            id=number,
            start=start,
            end=end,
            text=phrase.text,
            words=[_word(word) for word in phrase.words] if options.word_timestamps and phrase.words else None,
            language=phrase.locale or options.language,
            confidence=phrase.confidence,
        )


def _word(word: _Word) -> Word:
    start, end = _seconds(word)
    return Word(start=start, end=end, word=word.text)


def _seconds(timed: _Phrase | _Word) -> tuple[float, float]:
    start = timed.offset_milliseconds
    return start / 1000, (start + timed.duration_milliseconds) / 1000
