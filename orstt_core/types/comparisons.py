"""Comparisons: two transcripts of the same recording beside each other, and how far each is from what was said."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.corrections import Version
from orstt_core.types.transcript import UsedModel
from orstt_core.types.transcription import TranscribeOptions

LONGEST_REFERENCE = 1_000_000
"""Characters of a reference: those of eighteen hours of speech."""

Side = Literal["first", "second"]


class ComparisonQuery(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which transcripts to compare.

    Attributes:
        first: a job, by its id or the beginning of it.
        second: another one of the same recording, or the same one in another version.
        first_version: of its transcript: 0 is what the engine gave, null the newest that people made.
        second_version: likewise.
        reference: the text of what was really said; empty: the corrected text of either job, if anybody corrected one.
    """

    first: str
    second: str
    first_version: Version | None = 0
    second_version: Version | None = 0
    reference: Annotated[str, Meta(max_length=LONGEST_REFERENCE)] = ""


class ErrorRate(Struct, frozen=True, kw_only=True):
    """How far a text is from a reference, both normalised.

    Attributes:
        unit: what is counted: letters where the language writes no spaces between words.
        total: how many the reference has.
        substitutions: those that are others.
        deletions: those that are left out.
        insertions: those that are added.
        rate: the sum of the three over the total; more than 1 where most is added.
    """

    unit: Literal["words", "letters"]
    total: int
    substitutions: int
    deletions: int
    insertions: int
    rate: float

    @property
    def wrong(self) -> int:
        """The sum of the three."""
        return self.substitutions + self.deletions + self.insertions


class ComparedTranscript(Struct, frozen=True, kw_only=True):
    """One of the two, and its figures.

    Attributes:
        job: its whole id.
        version: of its transcript; 0 is what the engine gave.
        model: what transcribed it.
        options: what it was asked for.
        language: of the text, as an ISO code.
        duration: length of the sound in seconds.
        seconds: time from the first sample decoded to the last segment.
        load_seconds: time to load the model before; 0 where it was in memory.
        memory: most bytes that the process of its model took while it transcribed anything on this machine; null: not
            measured.
        words: how many there are; letters where the language writes no spaces between words.
        differing: those of them that the other has not, or has elsewhere.
        confidence: how sure the engine was, 0 to 1, each segment by its words; null: it does not say.
        errors: against the reference; null where there is none.
    """

    job: str
    filename: str
    version: int
    model: UsedModel
    options: TranscribeOptions
    language: str | None
    duration: float
    seconds: float
    load_seconds: float
    memory: int | None
    words: int
    differing: int
    confidence: float | None
    errors: ErrorRate | None = None


class ComparedPassage(Struct, frozen=True, kw_only=True):
    """When a row was said by one transcript, and how sure the engine was of it; null: it did not measure that."""

    start: float | None
    end: float | None
    confidence: float | None


class ComparedPiece(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Some words as both have them, with the spaces behind them.

    Attributes:
        first: as the first has them; empty: it has none here.
        second: as the second has them.
        differs: whether they are other words; words that only differ in case and punctuation are the same.
        first_confidence: of differing words, how sure the engine was of them, 0 to 1, where it measured single words.
        second_confidence: the same of the second.
    """

    first: str = ""
    second: str = ""
    differs: bool = False
    first_confidence: float | None = None
    second_confidence: float | None = None


class ComparedRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A segment of the first transcript beside the words that the second has there.

    Attributes:
        first: null where the first heard nothing.
        second: null where the second heard nothing.
        pieces: the words of both, in order.
        channel: in which channel of the recording it was heard, where both were transcribed by channel.
        track: in which sound track, likewise.
    """

    first: ComparedPassage | None = None
    second: ComparedPassage | None = None
    pieces: list[ComparedPiece]
    channel: int | None = None
    track: int | None = None

    @property
    def differs(self) -> bool:
        """Whether any of its words differ."""
        return any(piece.differs for piece in self.pieces)


class ComparedReference(Struct, frozen=True, kw_only=True):
    """What errors were counted against.

    Attributes:
        source: `given` with the question, or what a person `corrected`.
        job: whose corrected transcript it is.
        version: which of its versions.
        normalization: what both texts went through first.
    """

    source: Literal["given", "corrected"]
    job: str = ""
    version: int = 0
    normalization: str


class Comparison(Struct, frozen=True, kw_only=True):
    """Two transcripts of a recording.

    Attributes:
        rows: all of both, in the order of time.
        differing: share of the words of both that the other has not, 0 to 1.
        reference: null where errors were not counted.
        remarks: what to know about the comparison, each a sentence.
    """

    first: ComparedTranscript
    second: ComparedTranscript
    rows: list[ComparedRow]
    differing: float
    reference: ComparedReference | None = None
    remarks: list[str] = []
