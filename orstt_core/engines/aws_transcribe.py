"""AwsSTT: Amazon Transcribe by `TranscribeAudio`, which takes sound in the request and answers with the transcript.

Described in `transcribe/2017-10-26/service-2.json` of botocore, AWS's own library, from its version 1.44 on.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orstt_core.engines.timed_segments import sentences
from orstt_core.errors import InvalidRequest
from orstt_core.languages import normalize_language
from orstt_core.transcript import separator
from orstt_core.types import Segment, TranscribeOptions, Word

LANGUAGES = ("en", "es", "fr", "it", "de", "ja", "pt", "ko", "zh-CN", "zh-TW", "zh-HK")
"""`SyncLanguage` of the description."""
MOST_PHRASES = 100


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


def request(sound: bytes, options: TranscribeOptions, phrases: Sequence[str]) -> dict[str, Any]:
    """Return a `TranscribeAudioRequest`.

    Args:
        sound: a file of 25 MB at most.
        options: their languages are Amazon's own.
        phrases: words to expect.

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
    if phrases:
        wanted["VocabularySettings"] = _vocabulary(languages, phrases)
    return wanted


def _vocabulary(languages: Sequence[str], phrases: Sequence[str]) -> list[dict[str, Any]]:
    if not languages:
        raise InvalidRequest(
            "Amazon Transcribe takes hotwords only for a language that is named.",
            hint="Give the language, or the languages that it may be.",
            field="hotwords",
        )
    if len(phrases) > MOST_PHRASES:
        raise InvalidRequest(
            f"Amazon Transcribe takes {MOST_PHRASES} hotwords at most, and not {len(phrases)}.", field="hotwords"
        )
    entries = [{"Text": phrase} for phrase in phrases]
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
    space = separator(normalize_language(language) if language else None)
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
