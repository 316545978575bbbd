"""A transcript as OpenAI's audio API answers it, whole."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Struct, UnsetType

from orstt_api.openai.forms import ResponseFormat
from orstt_core.errors import OptionUnsupported
from orstt_core.formats import render
from orstt_core.types import Task, TokenLogprob, Transcript, to_json

MEDIA_TYPES = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain",
    "srt": "text/plain",
    "vtt": "text/vtt",
    "tsv": "text/tab-separated-values",
}


class Usage(Struct, frozen=True, kw_only=True):
    """What a transcription is counted by: begun seconds of sound, as OpenAI does for Whisper."""

    type: Literal["duration"] = "duration"
    seconds: int


class SpokenLanguage(Struct, frozen=True, kw_only=True):
    """A language that was spoken, by its code."""

    code: str


class Transcription(Struct, frozen=True, kw_only=True):
    """The answer in the format `json`.

    Attributes:
        languages: the language that was spoken; empty where it is not known.
        logprobs: the tokens of the text with their probabilities, where they were asked for.
    """

    text: str
    usage: Usage
    languages: list[SpokenLanguage]
    logprobs: list[TokenLogprob] | UnsetType = UNSET


class VerboseWord(Struct, frozen=True, kw_only=True):
    """A word with its times in seconds."""

    word: str
    start: float
    end: float


class VerboseSegment(Struct, frozen=True, kw_only=True):
    """A passage with its times in seconds; what the engine does not measure is null."""

    id: int
    start: float
    end: float
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    seek: int | None
    temperature: float | None
    tokens: list[int] | None


class VerboseTranscription(Struct, frozen=True, kw_only=True):
    """The answer in the format `verbose_json`, which `orstt_core.formats` writes but for the usage.

    Attributes:
        language: that of the text, by its English name; empty where it is not known.
        duration: length of the recording in seconds.
        segments: left out where the engine measures no times, and where words alone were asked for.
        words: where they were asked for.
    """

    task: Task
    language: str
    duration: float
    text: str
    usage: Usage
    segments: list[VerboseSegment] | UnsetType = UNSET
    words: list[VerboseWord] | UnsetType = UNSET


def transcript_response(transcript: Transcript, asked: ResponseFormat) -> ASGIResponse:
    """Return the answer.

    Args:
        transcript: is done.
        asked: how it is to look.

    Raises:
        OptionUnsupported: the format needs times, and the engine measured none.
    """
    media_type = MEDIA_TYPES[asked.name]
    if asked.name == "json":
        return ASGIResponse(body=to_json(_json(transcript, logprobs=asked.logprobs)), media_type=media_type)
    try:
        text = render(transcript, asked.name)
    except OptionUnsupported as error:
        raise OptionUnsupported(error.message, hint=error.hint, field="response_format") from error
    if asked.name == "verbose_json":
        verbose = msgspec.json.decode(text, type=dict[str, Any]) | {"usage": usage(transcript)}
        if asked.words:
            verbose.setdefault("words", [])  # where nothing was said, too
        if not asked.segments:
            verbose.pop("segments", None)
        return ASGIResponse(body=to_json(verbose), media_type=media_type)
    return ASGIResponse(body=text.encode(), media_type=media_type)


def usage(transcript: Transcript) -> Usage:
    """Return what a transcription is counted by."""
    return Usage(seconds=math.ceil(transcript.duration))


def languages(transcript: Transcript) -> list[SpokenLanguage]:
    """Return the language that was spoken, as the list that OpenAI makes of it; empty where it is not known."""
    return [SpokenLanguage(code=transcript.language)] if transcript.language else []


def token_logprobs(transcript: Transcript) -> list[TokenLogprob]:
    """Return the tokens of all segments with their probabilities."""
    return [token for segment in transcript.segments for token in segment.logprobs or ()]


def _json(transcript: Transcript, *, logprobs: bool) -> Transcription:
    return Transcription(
        text=transcript.text.strip(),
        usage=usage(transcript),
        languages=languages(transcript),
        logprobs=token_logprobs(transcript) if logprobs else UNSET,
    )
