"""One transcription seen from the host: a child's messages become the events of a Backend."""

from __future__ import annotations

from collections.abc import Sequence

from orstt_core.runtime.protocol import Finished, FromChild, Loaded, LoadingMessage, Resume, SegmentMessage, SoundFile
from orstt_core.transcript import join_text
from orstt_core.types import (
    Done,
    Model,
    NewSegment,
    Progress,
    Segment,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    Transcript,
    UsedModel,
)

PROMPT_CHARACTERS = 500
"""How much of the text before a resumed engine is told: about as much as Whisper's prompt holds."""


class Transcription:
    """Collects what children say about one recording, and tells it on.

    Args:
        model: the configured model.
        options: as they were asked for.
        sound: the decoded recording.
        segments: those that an earlier process found.
    """

    def __init__(
        self, model: Model, options: TranscribeOptions, sound: SoundFile, segments: Sequence[Segment] = ()
    ) -> None:
        self._model = model
        self._options = options
        self.sound = sound
        self._loaded = Loaded(device=model.device, compute_type=model.compute_type, seconds=0.0, warnings=[])
        self._started = False
        self.seconds = 0.0
        """What transcribing took so far, by the children that told."""
        self.load_seconds = 0.0
        """What loading the model took, by whichever child, and beforehand."""
        self.segments = list(segments)

    def rewind(self) -> int:
        """Prepare for another child and return how many segments stay: all, or none that cannot be gone on from."""
        if any(segment.end is None for segment in self.segments):
            self.segments.clear()
        return len(self.segments)

    @property
    def resume(self) -> Resume | None:
        """Where another child is to go on; None: at the beginning."""
        if not self.segments:
            return None
        last = self.segments[-1]
        assert last.end is not None
        text = join_text((segment.text for segment in self.segments), last.language)
        return Resume(
            start=last.end,
            next_id=last.id + 1,
            language=last.language,
            language_probability=last.language_probability,
            prompt=text[-PROMPT_CHARACTERS:],
        )

    def events(self, message: FromChild) -> list[TranscribeEvent]:
        """Return the events that this message gives rise to."""
        match message:
            case LoadingMessage(event=event):
                return [event]
            case Loaded():
                return self._begin(message)
            case SegmentMessage(event=event):
                self.segments.append(event.segment)
                position = event.segment.end
                return [event] if position is None else [event, self._progress(position)]
            case Finished():
                self.seconds += message.seconds
                return [self._progress(self.sound.duration)]
        return []

    @property
    def done(self) -> Done:
        """The last event, once a child has finished."""
        heard = next((segment for segment in self.segments if segment.language), None)
        language = heard.language if heard else self._options.language
        return Done(
            transcript=Transcript(
                text=join_text((segment.text for segment in self.segments), language),
                segments=self.segments,
                language=language,
                language_probability=heard.language_probability if heard else None,
                duration=self.sound.duration,
                task=self._options.task,
                model=self._used,
                load_seconds=self.load_seconds,
                seconds=self.seconds,
                warnings=self._warnings,
            )
        )

    def _begin(self, loaded: Loaded) -> list[TranscribeEvent]:
        self._loaded = loaded
        self.load_seconds += loaded.seconds
        if self._started:  # a second child goes on with what the first began
            return []
        self._started = True
        started = Started(duration=self.sound.duration, model=self._used, warnings=self._warnings)
        return [started, *(NewSegment(segment=segment) for segment in self.segments)]

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
        return [*self._loaded.warnings, *self.sound.warnings]

    def _progress(self, position: float) -> Progress:
        return Progress(position=min(position, self.sound.duration), duration=self.sound.duration)
