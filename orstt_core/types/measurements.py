"""What is measured while work is done: told to whoever counts, kept in the database, and asked for as `Stats`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.jobs import JobState
from orstt_core.types.options import OptionValue
from orstt_core.types.timestamps import Timestamp

StatsGrouping = Literal["model", "setup", "day", "transcription"]
"""One row of statistics for each model, each of its setups, each day of a model, or each transcription."""
StatsLimit = Annotated[int, Meta(ge=1, le=10_000)]


class TranscriptionFigures(Struct, frozen=True, kw_only=True):
    """What was measured of a transcription; never what was said. What nobody measured is None.

    Attributes:
        audio_seconds: length of the recording.
        speech_seconds: how much of it is speech, as the voice activity detection found it.
        seconds: time the engine took over it; None where a process that died had done a part of it.
        first_segment_seconds: of these, those until the first segment was there.
        load_seconds: time it took to load the model first; 0 where it was loaded.
        peak_memory: most bytes (resident set) that the engine's process had taken until then, loading included.
        confidence: mean of the segments', 0 to 1, each weighed by the length of its text.
        windows: how many windows of the recording were decoded, by an engine that counts them.
        repeated_windows: how many of them were decoded again, since the first text was not to be believed.
    """

    audio_seconds: float
    speech_seconds: float | None = None
    seconds: float | None = None
    first_segment_seconds: float | None = None
    load_seconds: float = 0.0
    peak_memory: int | None = None
    confidence: float | None = None
    windows: int = 0
    repeated_windows: int = 0


class MeasuredSetup(Struct, frozen=True, kw_only=True):
    """What transcribed, as far as it decides the figures. In `Stats` of several setups, what differs is empty.

    Attributes:
        engine: the type of the model.
        weights: those of the model.
        device: the one it really ran on; `server` where another machine did the work.
        compute_type: the one it really ran with.
        settings: options of the engine, and of the transcription, that are not left at their defaults. Of texts that
            somebody wrote none is here: of a list of them only how many there are.
        machine: processor, cores, memory and GPUs, in words.
        versions: of this program, as `orstt`, and of what the engine computes with.
    """

    engine: str = ""
    weights: str = ""
    device: str = ""
    compute_type: str = ""
    settings: dict[str, OptionValue] = {}
    machine: str = ""
    versions: dict[str, str] = {}


class JobMeasured(Struct, frozen=True, kw_only=True, tag_field="event", tag="job_measured"):
    """A job ended here.

    Attributes:
        model: name of the configured model.
        state: done, failed or cancelled.
        code: what it failed with; empty otherwise.
        figures: of the transcription; None unless it is done.
        setup: what transcribed; None unless it is done.
        given_up: earlier transcriptions of the same job, which were not sure enough and made way for this one.
    """

    model: str
    state: JobState
    code: str = ""
    figures: TranscriptionFigures | None = None
    setup: MeasuredSetup | None = None
    given_up: tuple[JobMeasured, ...] = ()


class LoadMeasured(Struct, frozen=True, kw_only=True, tag_field="event", tag="load_measured"):
    """Weights were loaded here, or could not be."""

    model: str
    """Name of the configured model."""
    seconds: float
    failed: bool = False


Measurement = JobMeasured | LoadMeasured


class StatsQuery(Checked, frozen=True, kw_only=True):
    """Which statistics to return.

    Attributes:
        by: what a row is of.
        model: only of the model that had this name; empty: of all.
        since: only of this day and later ones; days are those of UTC.
        until: only of this day and earlier ones.
        here: only what was measured on the machine that answers.
        limit: how many rows at most: the latest.
    """

    by: StatsGrouping = "model"
    model: str = ""
    since: date | None = None
    until: date | None = None
    here: bool = False
    limit: StatsLimit = 1000


class Stats(Struct, frozen=True, kw_only=True):
    """What was measured of the transcriptions of a model. What nobody measured is None.

    Attributes:
        model: the name that it had then.
        setup: what transcribed; what differs among several setups is empty.
        setups: how many there are.
        first_day: when the first was, in UTC.
        last_day: when the last was.
        at: when it ended, of a single transcription.
        transcriptions: how many there are.
        audio_seconds: sound transcribed.
        speech_seconds: speech in it.
        seconds: time that engines took, where that was measured.
        speed: times real time: seconds of sound for a second of work.
        first_segment_seconds: mean time until the first segment was there.
        load_seconds: mean time of loading, where there was any.
        peak_memory: most bytes of an engine's process.
        confidence: mean of the transcriptions', 0 to 1.
        repeated_share: which share of the windows was decoded again, 0 to 1.
    """

    model: str
    setup: MeasuredSetup
    setups: int = 1
    first_day: date
    last_day: date
    at: Timestamp | None = None
    transcriptions: int
    audio_seconds: float
    speech_seconds: float | None = None
    seconds: float | None = None
    speed: float | None = None
    first_segment_seconds: float | None = None
    load_seconds: float | None = None
    peak_memory: int | None = None
    confidence: float | None = None
    repeated_share: float | None = None
