"""A transcription as the stream of events that OpenAI's audio API sends."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType

from orstt_api.openai.responses import (
    SpokenLanguage,
    TextSegment,
    Usage,
    languages,
    spoken,
    token_logprobs,
    usage,
)
from orstt_core.transcript import separator
from orstt_core.types import Done, NewSegment, Restarted, Segment, Started, TokenLogprob, TranscribeEvent


class TextDelta(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.delta"):
    """More of the text; the deltas of a transcription, joined, are its text."""

    delta: str
    logprobs: list[TokenLogprob] | UnsetType = UNSET


class TextDone(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.done"):
    """The last event, with the whole text."""

    text: str
    languages: list[SpokenLanguage]
    usage: Usage
    logprobs: list[TokenLogprob] | UnsetType = UNSET


StreamEvent = TextDelta | TextSegment | TextDone


class StreamEvents:
    """Turns the events of one transcription into those of OpenAI's API.

    When a transcription is begun again after its engine died, what was sent stays sent: only segments past that
    are. Should the second reading differ from the first, the text of the last event counts.

    Args:
        logprobs: they were asked for.
        speakers: so were they.
    """

    def __init__(self, *, logprobs: bool, speakers: bool = False) -> None:
        self._logprobs, self._speakers = logprobs, speakers
        self._sent = self._known = 0

    def convert(self, event: TranscribeEvent) -> Iterator[StreamEvent | None]:
        """Yield what to send for an event; None where there is nothing to tell but that the work has begun."""
        match event:
            case Started():
                yield None
            case Restarted(kept=kept):
                self._known = kept
            case NewSegment(segment=segment):
                self._known += 1
                if self._known > self._sent:
                    yield from self._segment(segment)
                    self._sent = self._known
            case Done(transcript=transcript):
                yield TextDone(
                    text=transcript.text.strip(),
                    languages=languages(transcript),
                    usage=usage(transcript),
                    logprobs=token_logprobs(transcript) if self._logprobs else UNSET,
                )

    def _segment(self, segment: Segment) -> Iterator[StreamEvent]:
        timed = None if segment.start is None or segment.end is None else spoken(segment, speaker=self._speakers)
        yield TextDelta(
            delta=(separator(segment.language) if self._sent else "") + segment.text.strip(),
            logprobs=segment.logprobs or [] if self._logprobs else UNSET,
        )
        if timed:
            yield timed
