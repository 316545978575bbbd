"""AzureSTT: Azure's fast transcription, which answers with the transcript; its API version 2025-10-15.

Described at https://learn.microsoft.com/rest/api/speechtotext/transcriptions/transcribe and, for programs, in
`specification/cognitiveservices/Speech.Transcription` of Azure's repository azure-rest-api-specs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from orstt_core.engines.cloud import ProviderSTT, encode
from orstt_core.engines.cloud_answers import Request
from orstt_core.errors import EngineUnavailable
from orstt_core.types import Segment, TranscribeOptions, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


class AzureSTT(ProviderSTT):
    """Azure Speech: a Speech resource in a region, and its key (`azure_key`)."""

    title = "Azure Speech"
    usual_hosts = "westeurope.api.cognitive.microsoft.com"
    known_models = ("fast",)
    longest_seconds = 600.0
    credentials = ("azure_key",)

    class Options(ProviderSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Where the resource is."""

        region: Annotated[
            str,
            Meta(title="Region", description="The region of the Speech resource, e.g. westeurope; sound goes there."),
        ] = ""
        endpoint: Annotated[
            str, Meta(title="Endpoint", description="The address of the resource, where it is not that of its region.")
        ] = ""

    options: Options

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:  # noqa: ARG003 - there is one model
        """Return Azure's codes."""
        return LANGUAGES

    @property
    def address(self) -> str:
        """The address of the resource.

        Raises:
            EngineUnavailable: no option says it.
        """
        if not (self.options.endpoint or self.options.region):
            raise EngineUnavailable(
                "The model does not say where its Speech resource is.", hint="Set its option region, or endpoint."
            )
        base = self.options.endpoint or f"https://{self.options.region}.api.cognitive.microsoft.com"
        return base.rstrip("/")

    def check_service(self) -> None:
        """Ask for the languages, which costs nothing and needs the key."""
        self.client.send(self._request("/locales", method="GET"))

    def request(self, samples: NDArray[np.float32], options: TranscribeOptions, terms: Sequence[str]) -> Request:
        """Return what is sent for a window."""
        asked = msgspec.json.encode(definition(options, terms)).decode()
        sound = ("window.flac", encode(samples, "FLAC"), "audio/flac")
        return self._request(":transcribe")._replace(fields=[("definition", asked)], files={"audio": sound})

    def read(self, answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
        """Yield a segment for each of Azure's phrases."""
        return segments(answer, options)

    def _request(self, path: str, method: str = "POST") -> Request:
        return Request(
            f"{self.address}/speechtotext/transcriptions{path}",
            method,
            headers={"Ocp-Apim-Subscription-Key": self.credential("azure_key")},
            params={"api-version": API_VERSION},
        )


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


def definition(options: TranscribeOptions, terms: Sequence[str]) -> dict[str, Any]:
    """Return what is asked for, as `TranscriptionOptions` of the description.

    Args:
        options: their languages are Azure's own; without any, Azure detects which it is.
        terms: words to expect.
    """
    wanted: dict[str, Any] = {"profanityFilterMode": "None"}
    if locales := [options.language] if options.language else list(options.languages):
        wanted["locales"] = locales
    if terms:
        wanted["phraseList"] = {"phrases": list(terms)}
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
