"""The tables of what transcriptions took, for Piccolo's queries."""

from __future__ import annotations

from piccolo.columns import BigInt, DoublePrecision, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table


class MeasuredSetupRow(Table, tablename="measured_setup"):
    """What transcribed, as JSON; `digest` is the SHA-256 of that, in hexadecimal digits."""

    number = Serial(primary_key=True)
    digest = Varchar(length=64)
    setup = Text()


class _MeasuredTotals:
    """The columns of sums over transcriptions: the fields of `measurement_records.Totals`."""

    transcriptions = Integer()
    audio_seconds = DoublePrecision()
    timed_audio_seconds = DoublePrecision()
    seconds = DoublePrecision()
    speech_seconds = DoublePrecision()
    speech_count = Integer()
    first_segment_seconds = DoublePrecision()
    first_segment_count = Integer()
    load_seconds = DoublePrecision()
    load_count = Integer()
    peak_memory = BigInt()
    confidence = DoublePrecision()
    confidence_count = Integer()
    windows = Integer()
    repeated_windows = Integer()


class TranscriptionMeasurement(_MeasuredTotals, Table, tablename="transcription_measurement"):
    """What one transcription took; `setup` is the number of what transcribed."""

    number = Serial(primary_key=True)
    at = Timestamptz()
    model = Text()
    setup = Integer()


class DailyMeasurement(_MeasuredTotals, Table, tablename="daily_measurement"):
    """What the transcriptions of a day took; `day` is `2026-01-31`, in UTC."""

    day = Varchar(length=10, primary_key=True)  # together with model and setup; Piccolo knows keys of one column only
    model = Text()
    setup = Integer()
