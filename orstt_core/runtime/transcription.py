"""One transcription seen from the host: the child's messages become the events of a Backend."""

from __future__ import annotations

from orstt_core.runtime.protocol import (
    Decoded,
    Finished,
    FromChild,
    Loaded,
    LoadingMessage,
    SegmentMessage,
)
from orstt_core.transcript import join_text
from orstt_core.types import (
    Done,
    Model,
    Progress,
    Segment,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    Transcript,
    UsedModel,
)


class Transcription:
    """Collects what the child says about one recording, and tells it on."""

    def __init__(self, model: Model, options: TranscribeOptions) -> None:
        self._model = model
        self._options = options
        self._segments: list[Segment] = []
        self._loaded = Loaded(device=model.device, compute_type=model.compute_type, seconds=0.0, warnings=[])
        self._decoded = Decoded(duration=0.0, warnings=[])

    def events(self, message: FromChild) -> list[TranscribeEvent]:
        """Return the events that this message gives rise to."""
        match message:
            case LoadingMessage(event=event):
                return [event]
            case Loaded():
                self._loaded = message
            case Decoded():
                self._decoded = message
                return [Started(duration=message.duration, model=self._used, warnings=self._warnings)]
            case SegmentMessage(event=event):
                self._segments.append(event.segment)
                position = event.segment.end
                return [event] if position is None else [event, self._progress(position)]
            case Finished():
                return [self._progress(self._decoded.duration), Done(transcript=self._transcript(message.seconds))]
        return []

    @property
    def _used(self) -> UsedModel:
        return UsedModel(
            name=self._model.name,
            type=self._model.model_type,
            device=self._loaded.device,
            compute_type=self._loaded.compute_type,
        )

    @property
    def _warnings(self) -> list[str]:
        return [*self._loaded.warnings, *self._decoded.warnings]

    def _progress(self, position: float) -> Progress:
        return Progress(position=min(position, self._decoded.duration), duration=self._decoded.duration)

    def _transcript(self, seconds: float) -> Transcript:
        heard = next((segment for segment in self._segments if segment.language), None)
        language = heard.language if heard else self._options.language
        return Transcript(
            text=join_text((segment.text for segment in self._segments), language),
            segments=self._segments,
            language=language,
            language_probability=heard.language_probability if heard else None,
            duration=self._decoded.duration,
            task=self._options.task,
            model=self._used,
            load_seconds=self._loaded.seconds,
            seconds=seconds,
            warnings=self._warnings,
        )
