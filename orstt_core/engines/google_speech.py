"""GoogleSTT: Google Cloud Speech-to-Text, version 2, by `Recognize`, which answers with the transcript.

Described in `google/cloud/speech/v2/cloud_speech.proto` of the repository googleapis, whose JSON is that of Protocol
Buffers; limits at https://docs.cloud.google.com/speech-to-text/docs/quotas.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from orstt_core.engines.cloud import ProviderSTT, encode
from orstt_core.engines.cloud_answers import Request
from orstt_core.engines.google_token import bearer_token, service_account
from orstt_core.errors import EngineUnavailable
from orstt_core.settings import EngineSettings
from orstt_core.types import Segment, TranscribeOptions, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
DURATION = re.compile(r"\d+(?:\.\d{1,9})?s")
"""As the JSON form of Protocol Buffers has it, but for negative ones."""
DETECTED = "auto"
"""The language code of the Chirp models for whatever is spoken."""


class GoogleSTT(ProviderSTT):
    """Google Cloud: a project, and an API key (`google_key`) or a service account (`google_credentials`)."""

    title = "Google Cloud Speech-to-Text"
    usual_hosts = "eu-speech.googleapis.com"
    known_models = tuple(LANGUAGES)
    longest_seconds = 58.0
    credentials = ("google_key", "google_credentials")
    most_phrases, longest_phrase = 1000, 100

    class Options(ProviderSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Which project, and where it computes."""

        project: Annotated[
            str, Meta(title="Project", description="The project's id; not given, that of the service account.")
        ] = ""
        location: Annotated[
            str,
            Meta(
                title="Location",
                description="Where Google computes, e.g. eu or us-central1; not every model is everywhere.",
            ),
        ] = "us"
        endpoint: Annotated[
            str, Meta(title="Endpoint", description="The address of the service, where it is not that of the location.")
        ] = ""

    options: Options

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:
        """Return Google's codes for a model."""
        return LANGUAGES.get(model_name, next(iter(LANGUAGES.values())))

    @classmethod
    def missing_credentials(cls, settings: EngineSettings) -> Sequence[str]:
        """Return what is missing: one of the two credentials is enough."""
        return () if settings.credentials.keys() & set(cls.credentials) else ("google_key",)

    @property
    def address(self) -> str:
        """The address of the service in the model's location."""
        location = self.options.location
        host = "speech.googleapis.com" if location == "global" else f"{location}-speech.googleapis.com"
        return (self.options.endpoint or f"https://{host}").rstrip("/")

    def check_service(self) -> None:
        """Look whether there is a project and something to sign with; Google offers nothing to ask for nothing."""
        self._url()
        self._authorization()

    def request(self, samples: NDArray[np.float32], options: TranscribeOptions, terms: Sequence[str]) -> Request:
        """Return what is sent for a window."""
        asked = request(self.model_name, encode(samples, "FLAC"), options, terms)
        headers = {"Content-Type": "application/json", **self._authorization()}
        return Request(self._url(), headers=headers, content=msgspec.json.encode(asked))

    def read(self, answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
        """Yield a segment for each of Google's results."""
        return segments(answer, options)

    def _url(self) -> str:
        return f"{self.address}/v2/projects/{self._project()}/locations/{self.options.location}/recognizers/_:recognize"

    def _project(self) -> str:
        text = self.credential("google_credentials")
        if project := self.options.project or (service_account(text).project_id if text else ""):
            return project
        raise EngineUnavailable(
            "The model does not say which project of Google Cloud it uses.", hint="Set its option project."
        )

    def _authorization(self) -> dict[str, str]:
        if key := self.credential("google_key"):
            return {"X-Goog-Api-Key": key}
        return {"Authorization": f"Bearer {bearer_token(service_account(self.credential('google_credentials')))}"}


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


def request(model: str, sound: bytes, options: TranscribeOptions, terms: Sequence[str]) -> dict[str, Any]:
    """Return a `RecognizeRequest`; its `recognizer` stands in the address.

    Args:
        model: e.g. `chirp_2`.
        sound: a file in a format that is recognised by itself.
        options: their languages are Google's own.
        terms: words to expect.
    """
    config: dict[str, Any] = {
        "autoDecodingConfig": {},
        "model": model,
        "languageCodes": [options.language] if options.language else list(options.languages) or [DETECTED],
        "features": {"enableAutomaticPunctuation": True},
    }
    if options.word_timestamps:
        config["features"]["enableWordTimeOffsets"] = True
    if terms:
        inline = {"phrases": [{"value": term} for term in terms]}
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
    """Return a Duration of Protocol Buffers, e.g. `1.500s`, as a number.

    Raises:
        ValueError: it is none.
    """
    if not DURATION.fullmatch(duration):
        raise ValueError(f"{duration[:20]!a} is no duration")
    return float(duration.removesuffix("s"))
