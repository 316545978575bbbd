"""A transcript as OpenAI's audio API answers it, whole."""

from __future__ import annotations

import math
from string import ascii_uppercase
from typing import Any, Literal

import msgspec
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Struct, UnsetType

from orstt_api.openai.forms import DIARIZED, ResponseFormat
from orstt_core.errors import OptionUnsupported
from orstt_core.formats import render
from orstt_core.types import ModelChoice, Segment, Task, TokenLogprob, Transcript, to_json

MEDIA_TYPES = {
    "json": "application/json",
    "verbose_json": "application/json",
    DIARIZED: "application/json",
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
    channel: int | UnsetType = UNSET
    """Which of the recording, from 1 on, where each was transcribed by itself."""
    track: int | UnsetType = UNSET


class VerboseTranscription(Struct, frozen=True, kw_only=True):
    """The answer in the format `verbose_json`, which `orstt_core.formats` writes but for the usage.

    Attributes:
        language: that of the text, by its English name; empty where it is not known.
        duration: length of the recording in seconds.
        segments: left out where the engine measures no times, and where words alone were asked for.
        words: where they were asked for.
        warnings: what to know of the transcript, such as words of a vocabulary that the engine was not told; ours.
        choice: which model was chosen, and why, where the choice was left open; ours.
    """

    task: Task
    language: str
    duration: float
    text: str
    usage: Usage
    segments: list[VerboseSegment] | UnsetType = UNSET
    words: list[VerboseWord] | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET
    choice: ModelChoice | UnsetType = UNSET


class TextSegment(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.segment"):
    """A segment with its times in seconds.

    Attributes:
        speaker: that of its channel, where the answer is to name speakers; otherwise empty, for clients expect it.
    """

    id: str
    start: float
    end: float
    text: str
    speaker: str = ""


class DiarizedTranscription(Struct, frozen=True, kw_only=True):
    """The answer in the format `diarized_json`."""

    task: Task
    duration: float
    text: str
    segments: list[TextSegment]
    usage: Usage


def transcript_response(transcript: Transcript, asked: ResponseFormat) -> ASGIResponse:
    """Return the answer.

    Args:
        transcript: is done.
        asked: how it is to look.

    Raises:
        OptionUnsupported: the format needs times, and the engine measured none, or speakers, and there is one channel.
    """
    media_type = MEDIA_TYPES[asked.name]
    if asked.name == "json":
        return ASGIResponse(body=to_json(_json(transcript, logprobs=asked.logprobs)), media_type=media_type)
    if asked.name == DIARIZED:
        return ASGIResponse(body=to_json(_diarized(transcript)), media_type=media_type)
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


def speaker_of(segment: Segment) -> str:
    """Return what OpenAI calls the speaker of a channel: A for the first, and after Z as in a spreadsheet.

    Raises:
        OptionUnsupported: the recording has one channel, or one sound on all of them.
    """
    if segment.channel is None:
        raise OptionUnsupported(
            "All channels of the recording hold one sound, so its speakers cannot be told apart.",
            hint="Choose another response_format.",
            field="response_format",
        )
    letters, number = "", segment.channel
    while number:
        number, letter = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[letter] + letters
    return letters


def usage(transcript: Transcript) -> Usage:
    """Return what a transcription is counted by."""
    return Usage(seconds=math.ceil(transcript.duration))


def languages(transcript: Transcript) -> list[SpokenLanguage]:
    """Return the language that was spoken, as the list that OpenAI makes of it; empty where it is not known."""
    return [SpokenLanguage(code=transcript.language)] if transcript.language else []


def token_logprobs(transcript: Transcript) -> list[TokenLogprob]:
    """Return the tokens of all segments with their probabilities."""
    return [token for segment in transcript.segments for token in segment.logprobs or ()]


def spoken(segment: Segment, *, speaker: bool) -> TextSegment:
    """Return a segment with its times, and its speaker where that is wanted.

    Raises:
        OptionUnsupported: the engine measured no times, or there is one sound, in which speakers are not told apart.
    """
    if segment.start is None or segment.end is None:
        raise OptionUnsupported(
            "The format diarized_json needs times, and the engine measures none.",
            hint="Choose text or json, or another model.",
            field="response_format",
        )
    return TextSegment(
        id=f"seg_{segment.id}",
        start=segment.start,
        end=segment.end,
        text=segment.text.strip(),
        speaker=speaker_of(segment) if speaker else "",
    )


def _diarized(transcript: Transcript) -> DiarizedTranscription:
    return DiarizedTranscription(
        task=transcript.task,
        duration=transcript.duration,
        text=transcript.text.strip(),
        segments=[spoken(segment, speaker=True) for segment in transcript.segments],
        usage=usage(transcript),
    )


def _json(transcript: Transcript, *, logprobs: bool) -> Transcription:
    return Transcription(
        text=transcript.text.strip(),
        usage=usage(transcript),
        languages=languages(transcript),
        logprobs=token_logprobs(transcript) if logprobs else UNSET,
    )
