"""Benchmarks: models measured on recordings of which it is known what was said."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from orstt_core.types.checked import Checked
from orstt_core.types.comparisons import LONGEST_REFERENCE, ErrorRate
from orstt_core.types.options import OptionValue
from orstt_core.types.selection import SoundFacts
from orstt_core.types.timestamps import Timestamp
from orstt_core.types.transcript import UsedModel
from orstt_core.types.transcription import TranscribeOptions

MOST_EDITS = 200
"""Wrong words of one recording that are kept: those most often wrong."""

BenchmarkLimit = Annotated[int, Meta(ge=1, le=1000)]
Name = Annotated[str, Meta(max_length=1000)]


class WrongWord(Struct, frozen=True, kw_only=True):
    """A word that was recognised as another one.

    Attributes:
        expected: what was said, normalised; empty: nothing was.
        heard: what was recognised; empty: nothing was.
        count: how often.
    """

    expected: str
    heard: str
    count: int


class MissedTerm(Struct, frozen=True, kw_only=True):
    """A term of a list that was said and not recognised.

    Attributes:
        count: how often.
    """

    term: str
    count: int


class BenchmarkResult(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model made of one recording.

    Attributes:
        model: its configured name.
        recording: name of the recording in its set.
        digest: SHA-256 of the recording and its reference, in hexadecimal digits: results of the same can be compared.
        language: of the reference, as an ISO code; null: not known.
        used: what transcribed; null where that failed.
        weights: those of the model that transcribed; empty: not known.
        settings: the options of that model, without texts that somebody wrote: of a list of them only how many.
        audio_seconds: length of the sound.
        sound: what it sounds like; null: not measured.
        seconds: time from the first sample decoded to the last segment; null: not measured.
        peak_memory: most bytes that the process which transcribed it had taken by then; null: not measured.
        errors: against the reference; null where the transcription failed.
        wrong: words that were wrong, those most often wrong first.
        terms: how many terms of the list that was to be looked for were said.
        missed: how many of them were not recognised.
        missed_terms: which ones.
        failed: why there is no transcript; empty: there is one.
    """

    model: Name
    recording: Name
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    language: Annotated[str, Meta(max_length=20)] | None = None
    used: UsedModel | None = None
    weights: Name = ""
    settings: Annotated[dict[str, OptionValue], Meta(max_length=100)] = field(default_factory=dict)
    audio_seconds: Annotated[float, Meta(ge=0)] = 0.0
    sound: SoundFacts | None = None
    seconds: Annotated[float, Meta(ge=0)] | None = None
    peak_memory: Annotated[int, Meta(ge=0)] | None = None
    errors: ErrorRate | None = None
    wrong: Annotated[tuple[WrongWord, ...], Meta(max_length=MOST_EDITS)] = ()
    terms: Annotated[int, Meta(ge=0)] = 0
    missed: Annotated[int, Meta(ge=0)] = 0
    missed_terms: Annotated[tuple[MissedTerm, ...], Meta(max_length=1000)] = ()
    failed: Name = ""


class BenchmarkedJob(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job whose transcript is to be a result of a benchmark.

    Attributes:
        job: its id or the beginning of it; its model is one of the benchmark's.
        reference: what was said.
        terms: words to be counted by themselves.
    """

    job: Name
    reference: Annotated[str, Meta(min_length=1, max_length=LONGEST_REFERENCE)]
    terms: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=1000)] = ()


class BenchmarkDraft(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A benchmark to begin.

    Attributes:
        name: what to call it; empty: it is told by its set and its time.
        set: where the recordings come from, in words.
        models: configured names.
        recordings: how many each is to transcribe.
        options: those of every transcription.
    """

    name: Annotated[str, Meta(max_length=200)] = ""
    set: Annotated[str, Meta(max_length=1000)]
    models: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    recordings: Annotated[int, Meta(ge=1, le=100_000)]
    options: TranscribeOptions = TranscribeOptions()


class Benchmark(Struct, frozen=True, kw_only=True):
    """A benchmark, and what was found so far.

    Attributes:
        id: hexadecimal digits; the first four or more stand for it.
        created_by: who began it.
        machine: which one the models ran on.
        done: how many results there are.
        results: all of them, in the order in which they came; empty in a list of benchmarks.
    """

    id: str
    name: str
    set: str
    models: list[str]
    recordings: int
    options: TranscribeOptions
    created_at: Timestamp
    created_by: str
    machine: str
    done: int = 0
    results: list[BenchmarkResult] = []
