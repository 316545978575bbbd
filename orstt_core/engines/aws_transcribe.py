"""AwsSTT: Amazon Transcribe by `TranscribeAudio`, which takes sound in the request and answers with the transcript.

Described in `transcribe/2017-10-26/service-2.json` of botocore, AWS's own library, from its version 1.44 on.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from orstt_core.engines.aws_signature import AwsCredentials, signed_headers
from orstt_core.engines.cloud import ProviderSTT, encode
from orstt_core.engines.cloud_answers import Answer, Request, is_throttled
from orstt_core.engines.cloud_client import CloudClient
from orstt_core.engines.timed_segments import sentences
from orstt_core.errors import Busy, EngineUnavailable, InvalidRequest, OrsttError, TooLarge
from orstt_core.languages import heard_language
from orstt_core.settings import EngineSettings
from orstt_core.transcript import separator
from orstt_core.types import Segment, TranscribeOptions, Word
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANGUAGES = ("en", "es", "fr", "it", "de", "ja", "pt", "ko", "zh-CN", "zh-TW", "zh-HK")
"""`SyncLanguage` of the description."""

SHORTEST_SAMPLES = SAMPLE_RATE // 2
"""Less is refused."""
THROTTLED = frozenset({"ThrottlingException", "LimitExceededException", "TooManyRequestsException"})
"""Errors of requests for which nothing was done; the first and the last are those of every service of AWS."""
REFUSED = frozenset(
    {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "AccessDeniedException"}
    | {"IncompleteSignatureException", "MissingAuthenticationTokenException"}
)
"""Errors of every service of AWS that are about the key; some come with status 400."""
TOO_LARGE = frozenset({"audioTooLong", "audioFileTooLarge"})


class AwsSTT(ProviderSTT):
    """Amazon Transcribe: an access key (`aws_access_key_id` and `aws_secret_access_key`)."""

    title = "Amazon Transcribe"
    usual_hosts = "transcribe.eu-central-1.amazonaws.com"
    known_models = ("general",)
    longest_seconds = 600.0
    most_phrases, longest_phrase = 100, 256  # those for each language
    credentials = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")

    class Options(ProviderSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Where it computes."""

        region: Annotated[
            str, Meta(title="Region", description="The region, e.g. eu-central-1; not given, that of AWS_REGION.")
        ] = ""
        endpoint: Annotated[
            str, Meta(title="Endpoint", description="The address of the service, where it is not that of the region.")
        ] = ""

    options: Options

    @classmethod
    def languages(cls, model_name: str) -> Sequence[str]:  # noqa: ARG003 - there is one model
        """Return Amazon's codes."""
        return LANGUAGES

    @classmethod
    def missing_credentials(cls, settings: EngineSettings) -> Sequence[str]:
        """Return what is missing; only passing keys have a session token."""
        return [name for name in cls.credentials[:2] if name not in settings.credentials]

    @cached_property
    def client(self) -> CloudClient:
        """What sends the requests, and knows Amazon's errors."""
        return CloudClient(
            self.title, self.loads_with, credentials=self.credentials, throttled=_throttled, explain=_explained
        )

    def fitting_terms(self, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
        """Return as many as a request may hold: none where it names no language."""
        return super().fitting_terms(terms, options) if options.language or options.languages else []

    @property
    def address(self) -> str:
        """The address of the service in the model's region."""
        region = self._region()
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"{(self.options.endpoint or f'https://transcribe.{region}.{domain}').rstrip('/')}/"

    def check_service(self) -> None:
        """Look whether there is a region; Amazon offers nothing to ask that every key may."""
        self._region()

    def request(self, samples: NDArray[np.float32], options: TranscribeOptions, terms: Sequence[str]) -> Request:
        """Return what is sent for a window, signed."""
        import numpy as np

        if samples.size < SHORTEST_SAMPLES:
            samples = np.pad(samples, (0, SHORTEST_SAMPLES - samples.size))
        return self._signed(msgspec.json.encode(request(encode(samples, "FLAC"), options, terms)))

    def read(self, answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
        """Yield a segment for each sentence."""
        return segments(answer, options)

    def _signed(self, body: bytes) -> Request:
        url, region = self.address, self._region()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Transcribe.TranscribeAudio"}
        key = AwsCredentials(**{name.removeprefix("aws_"): self.credential(name) for name in self.credentials})
        return Request(
            url, headers=signed_headers(url, headers, body, key, region=region, service="transcribe"), content=body
        )

    def _region(self) -> str:
        if region := self.options.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
            return region
        raise EngineUnavailable("The model does not say which region of AWS it uses.", hint="Set its option region.")


def _kind(answer: Answer) -> str:
    """Return the name of an error, which stands in a header or in the body, with an address before or behind it."""
    kind = answer.headers.get("x-amzn-errortype", "")
    with suppress(msgspec.DecodeError, AttributeError):
        kind = kind or str(msgspec.json.decode(answer.body).get("__type", ""))
    return kind.partition(":")[0].rpartition("#")[2]


def _throttled(answer: Answer) -> bool:
    return is_throttled(answer) or _kind(answer) in THROTTLED


def _explained(answer: Answer, said: str) -> OrsttError | None:
    """Return what an error of Amazon's means that has another status elsewhere."""
    kind = _kind(answer)
    if kind in THROTTLED:
        return Busy(f"Amazon Transcribe takes no more just now. It says: {said}", retry_after=1)
    if kind in REFUSED:
        return EngineUnavailable(
            "Amazon refuses the key, or what the key may do.",
            hint="It needs the permission transcribe:TranscribeAudio.",
        )
    with suppress(msgspec.DecodeError, AttributeError, TypeError):
        if msgspec.json.decode(answer.body).get("Reason") in TOO_LARGE:
            return TooLarge(f"Amazon Transcribe takes no recording of that size. It says: {said}")
    return None


class _Item(Struct, frozen=True, rename="pascal"):
    content: str = ""
    start_time: float | None = None
    end_time: float | None = None
    language_code: str | None = None


class _Results(Struct, frozen=True, rename="pascal"):
    transcript: str = ""
    items: list[_Item] = []


class _Metadata(Struct, frozen=True, rename="pascal"):
    language_code: str | None = None


class _Transcript(Struct, frozen=True, rename="pascal"):
    results: _Results
    metadata: _Metadata = _Metadata()


class TranscribeAudioResponse(Struct, frozen=True, rename="pascal"):
    """What is answered: words and marks with their times in seconds."""

    transcript_response: _Transcript


def request(sound: bytes, options: TranscribeOptions, terms: Sequence[str]) -> dict[str, Any]:
    """Return a `TranscribeAudioRequest`.

    Args:
        sound: a file of 25 MB at most.
        options: their languages are Amazon's own.
        terms: words to expect.

    Raises:
        InvalidRequest: words are to be expected in a language that nobody named, or too many.
    """
    wanted: dict[str, Any] = {"Media": {"MediaBytes": base64.b64encode(sound).decode()}}
    languages = [options.language] if options.language else list(options.languages)
    if options.language:
        wanted["Language"] = options.language
    else:
        wanted["LanguageDetectionMode"] = "IDENTIFY_LANGUAGE"
        if languages:
            wanted["LanguageOptions"] = languages
    if terms:
        wanted["VocabularySettings"] = _vocabulary(languages, terms)
    return wanted


def _vocabulary(languages: Sequence[str], terms: Sequence[str]) -> list[dict[str, Any]]:
    if not languages:
        raise InvalidRequest(
            "Amazon Transcribe takes hotwords only for a language that is named.",
            hint="Give the language, or the languages that it may be.",
            field="hotwords",
        )
    if len(terms) > AwsSTT.most_phrases:
        raise InvalidRequest(
            f"Amazon Transcribe takes {AwsSTT.most_phrases} hotwords at most, and not {len(terms)}.", field="hotwords"
        )
    entries = [{"Text": term} for term in terms]
    return [{"Language": language, "Phrases": entries} for language in languages]


def segments(answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
    """Yield what was heard, a sentence each; without times of words all of it is one segment.

    Raises:
        msgspec.DecodeError: the answer is none of Amazon's.
    """
    transcript = msgspec.json.decode(answer, type=TranscribeAudioResponse).transcript_response
    items = transcript.results.items
    language = transcript.metadata.language_code or next((item.language_code for item in items), None)
    language = language or options.language
    words = _words(items)
    space = separator(heard_language(language))
    for first, last in pairwise([0, *sentences(words), len(words)]) if words else ():
        part = words[first:last]
        yield Segment(
            id=first,
            start=part[0].start,
            end=part[-1].end,
            text=space.join(word.word for word in part),
            words=part if options.word_timestamps else None,
            language=language,
        )
    if not words and transcript.results.transcript.strip():
        yield Segment(id=0, start=None, end=None, text=transcript.results.transcript.strip(), language=language)


def _words(items: Sequence[_Item]) -> list[Word]:
    """Return the words; a mark, which has no letter and is not spoken, stands with the word before it."""
    words: list[Word] = []
    for item in items:
        if any(map(str.isalnum, item.content)) and item.start_time is not None and item.end_time is not None:
            words.append(Word(start=item.start_time, end=item.end_time, word=item.content))
        elif words:
            words[-1] = replace(words[-1], word=words[-1].word + item.content)
    return words
