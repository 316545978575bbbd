"""Promises of one transcription by several children: what each of them took counts."""

from pathlib import Path

from stored_jobs import BASE

from orstt_core.runtime.protocol import Finished, Loaded, SoundFile
from orstt_core.runtime.transcription import Transcription
from orstt_core.types import TranscribeOptions


def test_times_add_up_over_all_children() -> None:
    transcription = Transcription(BASE, TranscribeOptions(), SoundFile(path=Path("any"), samples=1, warnings=[]))
    for load_seconds in (4.0, 0.0):  # the second one finds the model loaded
        transcription.events(Loaded(device="cpu", compute_type="int8", seconds=load_seconds, warnings=[]))
        transcription.events(Finished(seconds=2.0))
    done = transcription.done.transcript
    assert (done.load_seconds, done.seconds) == (4.0, 4.0)
