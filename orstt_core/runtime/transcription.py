"""One transcription seen from the host: a child's messages become the events of a Backend."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from orstt_core.audio.peaks import louder
from orstt_core.runtime.parts import by_time, parts_of
from orstt_core.runtime.probe import sends_sound
from orstt_core.runtime.protocol import (
    Finished,
    FromChild,
    Loaded,
    LoadingMessage,
    Resume,
    SegmentMessage,
    SoundFile,
    SpeechMessage,
)
from orstt_core.transcript import by_track, confidence_of, join_text
from orstt_core.types import (
    Done,
    Model,
    ModelChoice,
    NewSegment,
    Peaks,
    Progress,
    Segment,
    SpeechSpan,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    Transcript,
    TranscriptionFigures,
    UsedModel,
)

PROMPT_CHARACTERS = 500
"""How much of the text before a resumed engine is told: about as much as Whisper's prompt holds."""

EARLIER = -1
"""No channel or track, but what was found in any of them by an earlier process."""


class Transcription:
    """Collects what children say about one recording, and tells it on.

    Args:
        model: the configured model.
        options: as they were asked for.
        sound: the decoded recording, or the first of its channels or tracks to be transcribed by itself.
        segments: those that an earlier process found.
        missing_vocabularies: names of lists of words that were removed meanwhile.
        speech: where it found speech, in all parts.
        choice: why this model, where it was chosen.
    """

    def __init__(
        self,
        model: Model,
        options: TranscribeOptions,
        sound: SoundFile,
        segments: Sequence[Segment] = (),
        missing_vocabularies: Sequence[str] = (),
        speech: Sequence[SpeechSpan] = (),
        choice: ModelChoice | None = None,
    ) -> None:
        self._model = model
        self._choice = choice
        self._options = options
        self.sound = sound
        self._loaded = Loaded(device=model.device, compute_type=model.compute_type, seconds=0.0, warnings=[])
        self._started = False
        self._invented = 0
        self.seconds = 0.0
        """What transcribing took so far, by the children that told."""
        self.load_seconds = 0.0
        """What loading the model took, by whichever child, and beforehand."""
        self.whole = not segments
        """Whether `seconds` is all that went into the segments: no process that is gone had found any of them."""
        self._first_segment: float | None = None
        self._counted = Finished(seconds=0.0)
        """What children counted, all their work together."""
        self.segments = list(segments)
        self._duration = self._longest = sound.duration
        self._missing = [f"The vocabulary {name} was removed, so it is not used." for name in missing_vocabularies]
        self._warnings_of_sound = list(sound.warnings)
        self._transcribed = {segment.part for segment in segments} - {sound.part}
        self._peaks, self._facts = sound.peaks, sound.facts
        self._speech: dict[int, list[tuple[float, float]]] = {
            EARLIER: [(passage.start, passage.end) for passage in speech]
        }
        """By part; nobody looks again at what an earlier process went through."""

    @property
    def next_part(self) -> int:
        """The channel or track that is still to be transcribed; 0: none is left."""
        return next((number for number in self.sound.parts if number not in self._transcribed), 0)

    def go_on(self, sound: SoundFile) -> None:
        """Go on with another channel or track of the recording."""
        self.sound = sound
        self._longest = max(self._longest, sound.duration)
        self._peaks = louder(self._peaks, sound.peaks)
        self._warnings_of_sound += [warning for warning in sound.warnings if warning not in self._warnings_of_sound]

    def rewind(self) -> int:
        """Prepare for another child and return how many segments stay: all, or none that cannot be gone on from."""
        if any(segment.end is None for segment in self._own):
            self.segments.clear()
            self._invented = 0
            self._transcribed.clear()
        return len(self.segments)

    @property
    def resume(self) -> Resume | None:
        """Where another child is to go on; None: at the beginning."""
        own = self._own
        if not own:
            return None
        last = own[-1]
        assert last.end is not None
        text = join_text((segment.text for segment in own), last.language)
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
                self._invented += message.invented
                if self._first_segment is None:
                    self._first_segment = self.seconds + message.seconds
                segment = self._in_place(event.segment)
                self.segments.append(segment)
                found = NewSegment(segment=segment)
                return [found] if segment.end is None else [found, self._progress(segment.end)]
            case SpeechMessage(start=start, spans=spans):
                before = self._speech.get(self.sound.part, [])
                kept = [(begin, min(end, start)) for begin, end in before if begin < start]
                self._speech[self.sound.part] = kept + spans
            case Finished():
                self.seconds += message.seconds
                self._invented += message.invented
                self._counted = replace(
                    message,
                    windows=self._counted.windows + message.windows,
                    repeated_windows=self._counted.repeated_windows + message.repeated_windows,
                )
                progress = self._progress(self.sound.duration)
                self._transcribed.add(self.sound.part)
                return [progress]
        return []

    @property
    def peaks(self) -> Peaks:
        """What was measured of the sound so far, all its parts together."""
        spans = (span for spans in self._speech.values() for span in spans)
        return Peaks(peaks=list(self._peaks), speech=[SpeechSpan(*span) for span in _joined(sorted(spans))])

    @property
    def done(self) -> Done:
        """The last event, once a child has finished."""
        segments = by_time(self.segments)
        heard = next((segment for segment in segments if segment.language), None)
        language = heard.language if heard else self._options.language
        return Done(
            transcript=Transcript(
                # What is said in each track is a text of its own; channels are sides of one conversation.
                text=join_text((segment.text for segment in by_track(segments)), language),
                segments=segments,
                language=language,
                language_probability=heard.language_probability if heard else None,
                duration=self._longest,
                task=self._options.task,
                model=self.used,
                load_seconds=self.load_seconds,
                seconds=self.seconds,
                peak_memory=self._counted.peak_memory,
                warnings=self._warnings,
                choice=self._choice,
                sound=self._facts,
            )
        )

    @property
    def figures(self) -> TranscriptionFigures:
        """What was measured, once a child has finished."""
        told = len(self._speech) > 1 or any(self._speech.values())  # of silence it is told that nothing was found
        speech = self.peaks.speech if told else None
        return TranscriptionFigures(
            audio_seconds=self._longest,
            speech_seconds=None if speech is None else sum(span.end - span.start for span in speech),
            seconds=self.seconds if self.whole else None,
            first_segment_seconds=self._first_segment if self.whole else None,
            load_seconds=self.load_seconds,
            peak_memory=self._counted.peak_memory,
            confidence=_confidence(self.segments),
            windows=self._counted.windows,
            repeated_windows=self._counted.repeated_windows,
        )

    @property
    def libraries(self) -> dict[str, str]:
        """Versions of what transcribed it."""
        return self._loaded.libraries

    def _begin(self, loaded: Loaded) -> list[TranscribeEvent]:
        self._loaded = loaded
        self.load_seconds += loaded.seconds
        if self._started:  # a second child goes on with what the first began
            return []
        self._started = True
        started = Started(duration=self.sound.duration, model=self.used, warnings=self._warnings, choice=self._choice)
        return [started, *(NewSegment(segment=segment) for segment in self.segments)]

    @property
    def used(self) -> UsedModel:
        """What really transcribes it."""
        elsewhere = sends_sound(self._model.model_type)
        return UsedModel(
            name=self._model.name,
            type=self._model.model_type,
            device="server" if elsewhere else self._loaded.device,
            compute_type="" if elsewhere else self._loaded.compute_type,
        )

    @property
    def _warnings(self) -> list[str]:
        invented = [_left_out(self._invented)] if self._invented else []
        return [*self._missing, *self._loaded.warnings, *self._warnings_of_sound, *invented]

    @property
    def _own(self) -> list[Segment]:
        """The segments of the sound that is being transcribed, in order."""
        return [segment for segment in self.segments if segment.part == self.sound.part]

    def _in_place(self, segment: Segment) -> Segment:
        part = self.sound.part
        if not part:
            return segment
        segment = replace(segment, id=len(self.segments))
        return replace(segment, track=part) if parts_of(self._options) == "tracks" else replace(segment, channel=part)

    def _progress(self, position: float) -> Progress:
        """Return the share of all parts that is done as a position in the first, for they may differ in length."""
        done = min(1.0, position / self.sound.duration) if self.sound.duration else 1.0
        before = len(self._transcribed.intersection(self.sound.parts) - {self.sound.part})
        share = (before + done) / (len(self.sound.parts) or 1)
        return Progress(position=share * self._duration, duration=self._duration)


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans in order of which none overlap."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _confidence(segments: Sequence[Segment]) -> float | None:
    """Return the mean of those that were measured, weighed by the lengths of texts; 0 to 1, whatever engines say."""
    measured = [(sure, len(segment.text)) for segment in segments if (sure := confidence_of(segment)) is not None]
    letters = sum(length for _, length in measured)
    return max(0.0, min(1.0, sum(sure * length for sure, length in measured) / letters)) if letters else None


def _left_out(passages: int) -> str:
    count = "A passage was" if passages == 1 else f"{passages} passages were"
    return f"{count} left out: nobody can say so much in so short a time, so the model made it up."
