"""A transcript as OpenAI's audio API answers it, whole."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse

from orstt_api.openai.forms import ResponseFormat
from orstt_core.errors import OptionUnsupported
from orstt_core.formats import render
from orstt_core.types import TokenLogprob, Transcript, to_json

MEDIA_TYPES = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain",
    "srt": "text/plain",
    "vtt": "text/vtt",
    "tsv": "text/tab-separated-values",
}


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


def usage(transcript: Transcript) -> dict[str, object]:
    """Return what a transcription is counted by: begun seconds of sound, as OpenAI does for Whisper."""
    return {"type": "duration", "seconds": math.ceil(transcript.duration)}


def languages(transcript: Transcript) -> list[dict[str, str]]:
    """Return the language that was spoken, as the list that OpenAI makes of it; empty where it is not known."""
    return [{"code": transcript.language}] if transcript.language else []


def token_logprobs(transcript: Transcript) -> list[TokenLogprob]:
    """Return the tokens of all segments with their probabilities."""
    return [token for segment in transcript.segments for token in segment.logprobs or ()]


def _json(transcript: Transcript, *, logprobs: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "text": transcript.text.strip(),
        "usage": usage(transcript),
        "languages": languages(transcript),
    }
    return found | {"logprobs": token_logprobs(transcript)} if logprobs else found
