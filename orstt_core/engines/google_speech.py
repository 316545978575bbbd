"""GoogleSTT: Google Cloud Speech-to-Text, version 2, by `Recognize`, which answers with the transcript.

Described in `google/cloud/speech/v2/cloud_speech.proto` of the repository googleapis, whose JSON is that of Protocol
Buffers; limits at https://docs.cloud.google.com/speech-to-text/docs/quotas.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from orstt_core.types import Segment, TranscribeOptions, Word

LANGUAGES = {
    "chirp_3": (
        "en-US", "en-GB", "en-AU", "en-IN", "ca-ES", "cmn-Hans-CN", "hr-HR", "da-DK", "nl-NL", "fi-FI", "fr-FR",
        "fr-CA", "de-DE", "el-GR", "hi-IN", "it-IT", "ja-JP", "ko-KR", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU",
        "es-ES", "es-US", "sv-SE", "tr-TR", "uk-UA", "vi-VN",
    ),
    "chirp_2": (
        "en-US", "en-GB", "en-AU", "en-IN", "cmn-Hans-CN", "cmn-Hant-TW", "yue-Hant-HK", "fr-FR", "fr-CA", "de-DE",
        "it-IT", "ja-JP", "ko-KR", "pt-BR", "es-ES", "es-US",
    ),
}  # fmt: skip
"""Those that Google's pages on the models list as generally available, the usual region of each first."""
DETECTED = "auto"
"""The language code of the Chirp models for whatever is spoken."""


class _Word(Struct, frozen=True, rename="camel"):
    word: str = ""
    start_offset: str | None = None
    end_offset: str | None = None
    confidence: float = 0.0


class _Alternative(Struct, frozen=True):
    transcript: str = ""
    confidence: float = 0.0
    words: list[_Word] = []


class _Result(Struct, frozen=True, rename="camel"):
    alternatives: list[_Alternative] = []
    result_end_offset: str = "0s"
    language_code: str | None = None


class RecognizeResponse(Struct, frozen=True):
    """What is answered: consecutive passages, with the best reading of each first. What is zero is left out."""

    results: list[_Result] = []


def request(model: str, sound: bytes, options: TranscribeOptions, phrases: Sequence[str]) -> dict[str, Any]:
    """Return a `RecognizeRequest`; its `recognizer` stands in the address.

    Args:
        model: e.g. `chirp_2`.
        sound: a file in a format that is recognised by itself.
        options: their languages are Google's own.
        phrases: words to expect.
    """
    config: dict[str, Any] = {
        "autoDecodingConfig": {},
        "model": model,
        "languageCodes": [options.language] if options.language else list(options.languages) or [DETECTED],
        "features": {"enableAutomaticPunctuation": True},
    }
    if options.word_timestamps:
        config["features"]["enableWordTimeOffsets"] = True
    if phrases:
        inline = {"phrases": [{"value": phrase} for phrase in phrases]}
        config["adaptation"] = {"phraseSets": [{"inlinePhraseSet": inline}]}
    return {"config": config, "content": base64.b64encode(sound).decode()}


def segments(answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
    """Yield what was heard, a result each; one begins with its first word, or where the one before it ended.

    Raises:
        msgspec.DecodeError: the answer is none of Google's.
    """
    begin = 0.0
    for number, result in enumerate(msgspec.json.decode(answer, type=RecognizeResponse).results):
        best = result.alternatives[0] if result.alternatives else _Alternative()
        words = [word for heard in best.words if (word := _word(heard))]
        end = _seconds(result.result_end_offset)
        if best.transcript.strip():
            yield Segment(
                id=number,
                start=words[0].start if words else begin,
                end=max(end, words[-1].end if words else begin),
                text=best.transcript.strip(),
                words=words if options.word_timestamps and words else None,
                language=result.language_code or options.language,
                confidence=best.confidence or None,
            )
        begin = max(begin, end)


def _word(heard: _Word) -> Word | None:
    """Return a word with its times; None: this model does not measure them."""
    if heard.end_offset is None:
        return None
    return Word(
        start=_seconds(heard.start_offset or "0s"),
        end=_seconds(heard.end_offset),
        word=heard.word,
        probability=heard.confidence or None,
    )


def _seconds(duration: str) -> float:
    """Return a Duration of Protocol Buffers, e.g. `1.500s`, as a number."""
    return float(duration.removesuffix("s"))
