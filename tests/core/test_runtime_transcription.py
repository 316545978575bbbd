"""Promises of one transcription by several children: what each of them took counts."""

from pathlib import Path

from stored_jobs import BASE

from orstt_core.runtime.protocol import Finished, Loaded, SegmentMessage, SoundFile, SpeechMessage
from orstt_core.runtime.transcription import Transcription
from orstt_core.types import NewSegment, Peaks, Segment, SpeechSpan, TranscribeOptions


def test_times_add_up_over_all_children() -> None:
    transcription = Transcription(BASE, TranscribeOptions(), SoundFile(path=Path("any"), samples=1, warnings=[]))
    for load_seconds in (4.0, 0.0):  # the second one finds the model loaded
        transcription.events(Loaded(device="cpu", compute_type="int8", seconds=load_seconds, warnings=[]))
        transcription.events(Finished(seconds=2.0))
    done = transcription.done.transcript
    assert (done.load_seconds, done.seconds) == (4.0, 4.0)


def test_what_was_left_out_because_nobody_could_say_it_is_told() -> None:
    transcription = Transcription(BASE, TranscribeOptions(), SoundFile(path=Path("any"), samples=1, warnings=[]))
    transcription.events(Loaded(device="cpu", compute_type="int8", seconds=0.0, warnings=[]))
    transcription.events(Finished(seconds=2.0))
    assert transcription.done.transcript.warnings == []
    segment = NewSegment(segment=Segment(id=0, start=2.0, end=3.0, text="said"))
    transcription.events(SegmentMessage(event=segment, invented=1))
    assert transcription.rewind() == 1  # another child goes on, behind what the first one told
    transcription.events(Finished(seconds=2.0, invented=1))
    [warning] = transcription.done.transcript.warnings
    assert warning.startswith("2 passages were left out")
    timeless = NewSegment(segment=Segment(id=1, start=None, end=None, text="said"))
    transcription.events(SegmentMessage(event=timeless))
    assert transcription.rewind() == 0  # and what is begun again is counted again
    assert transcription.done.transcript.warnings == []


def test_what_is_found_of_speech_later_takes_the_place_of_what_was_found_of_that_time_before() -> None:
    options = TranscribeOptions(channels="separate")
    left = SoundFile(path=Path("any"), samples=960_000, warnings=[], part=1, parts=[1, 2], peaks=b"\1\2\3")
    transcription = Transcription(BASE, options, left, speech=[SpeechSpan(0.25, 0.5)])  # by an earlier process
    transcription.events(SpeechMessage(start=0.0, spans=[(1.0, 2.0), (28.0, 30.0)]))
    transcription.events(SpeechMessage(start=29.0, spans=[(29.0, 35.0), (40.0, 41.0)]))
    found = [SpeechSpan(0.25, 0.5), SpeechSpan(1.0, 2.0), SpeechSpan(28.0, 35.0), SpeechSpan(40.0, 41.0)]
    assert transcription.peaks.speech == found
    transcription.events(Finished(seconds=1.0))
    transcription.go_on(
        SoundFile(path=Path("any"), samples=960_000, warnings=[], part=2, parts=[1, 2], peaks=b"\2\1\0\4")
    )
    transcription.events(SpeechMessage(start=0.0, spans=[(1.5, 5.0)]))
    found[1] = SpeechSpan(1.0, 5.0)
    assert transcription.peaks == Peaks(peaks=[2, 2, 3, 4], speech=found)
