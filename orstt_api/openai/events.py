"""A transcription as the stream of events that OpenAI's audio API sends."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import UNSET, Struct, UnsetType

from orstt_api.openai.answers import languages, token_logprobs
from orstt_core.transcript import separator
from orstt_core.types import Done, NewSegment, Restarted, Segment, Started, TokenLogprob, TranscribeEvent


class TextDelta(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.delta"):
    """More of the text; the deltas of a transcription, joined, are its text."""

    delta: str
    logprobs: list[TokenLogprob] | UnsetType = UNSET


class TextSegment(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.segment"):
    """The segment that the delta before it was, with its times; sent where the engine measures them.

    Attributes:
        speaker: always empty: no engine here tells speakers apart, and clients expect the field.
    """

    id: str
    start: float
    end: float
    text: str
    speaker: str = ""


class TextDone(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.done"):
    """The last event, with the whole text."""

    text: str
    languages: list[dict[str, str]]
    logprobs: list[TokenLogprob] | UnsetType = UNSET


StreamEvent = TextDelta | TextSegment | TextDone


async def stream_events(
    source: AsyncGenerator[TranscribeEvent], *, logprobs: bool
) -> AsyncGenerator[StreamEvent | None]:
    """Yield the events; None where there is nothing to tell but that the work has begun.

    When a transcription is begun again after its engine died, what was sent stays sent: only segments past that
    are. Should the second reading differ from the first, the text of the last event counts.

    Args:
        source: is closed in any case.
        logprobs: they were asked for.
    """
    sent = known = 0
    async with aclosing(source) as events:
        async for event in events:
            match event:
                case Started():
                    yield None
                case Restarted(kept=kept):
                    known = kept
                case NewSegment(segment=segment):
                    known += 1
                    if known > sent:
                        yield TextDelta(
                            delta=(separator(segment.language) if sent else "") + segment.text.strip(),
                            logprobs=segment.logprobs or [] if logprobs else UNSET,
                        )
                        if timed := _timed(segment):
                            yield timed
                        sent = known
                case Done(transcript=transcript):
                    yield TextDone(
                        text=transcript.text.strip(),
                        languages=languages(transcript),
                        logprobs=token_logprobs(transcript) if logprobs else UNSET,
                    )


def _timed(segment: Segment) -> TextSegment | None:
    if segment.start is None or segment.end is None:
        return None
    return TextSegment(id=f"seg_{segment.id}", start=segment.start, end=segment.end, text=segment.text.strip())
