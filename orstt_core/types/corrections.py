"""Corrections: what people change of a finished transcript, and the versions that there were of it.

A segment is named by its place in the transcript, from 0 on, as the version or the edit before left it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.timestamps import Timestamp
from orstt_core.types.transcript import Segment, Transcript

MOST_EDITS = 10_000
LONGEST_TEXT = 200_000

Place = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Version = Place
"""Of a transcript: 0 is what the engine gave, and each correction, undo and redo is one more."""
Seconds = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Part = Annotated[int, Meta(ge=1, le=1_000_000)]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
RevisionKind = Literal["edit", "undo", "redo"]


class SetText(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag="text"):
    """Let a segment say something else; its times stay."""

    segment: Place
    text: Text


class SplitSegment(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag="split"):
    """Make two of a segment. Where the times of its words are known, one of the two places is enough.

    Attributes:
        character: how many characters of its text, without spaces around it, stay in the first.
        time: the second at which the first ends and the second begins.
    """

    segment: Place
    character: Place | None = None
    time: Seconds | None = None


class MergeSegments(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag="merge"):
    """Make one of a segment and the next one of its channel or track."""

    segment: Place


class MoveBounds(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag="bounds"):
    """Let a segment begin or end elsewhere, not beyond its neighbours; None leaves that end where it is."""

    segment: Place
    start: Seconds | None = None
    end: Seconds | None = None


class Passage(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was said from one time to another; without times only where the engine measured none."""

    text: Text
    start: Seconds | None = None
    end: Seconds | None = None
    channel: Part | None = None
    track: Part | None = None

    @property
    def part(self) -> int:
        """The number of its channel or track, as `Segment.part`."""
        return self.channel or self.track or 0


class ReplaceSegments(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag="replace"):
    """Put other passages in the place of some segments, from `segment` on; none of either removes or adds."""

    segment: Place
    count: Place
    passages: Annotated[list[Passage], Meta(max_length=MOST_EDITS)]


Edit = SetText | SplitSegment | MergeSegments | MoveBounds | ReplaceSegments


class Correction(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Edits that are made together, one after the other.

    Attributes:
        version: of the transcript on which they were made; where there is a later one, nothing is changed.
    """

    version: Version
    edits: Annotated[list[Edit], Meta(min_length=1, max_length=MOST_EDITS)]


class SegmentChange(Struct, frozen=True, kw_only=True):
    """What an edit did: from the place `at` on, the segments `added` stand where those `removed` stood."""

    at: int
    removed: list[Segment]
    added: list[Segment]


class Revision(Struct, frozen=True, kw_only=True):
    """Who made a version of a transcript out of the one before, and how; revisions are only ever added.

    Attributes:
        actor: as in `AuditEntry`.
        of: for an undo or redo the version whose edits it takes back or makes again.
    """

    version: int
    at: Timestamp
    actor: str
    kind: RevisionKind
    of: int | None = None
    changes: list[SegmentChange]


class JobTranscript(Struct, frozen=True, kw_only=True):
    """One version of a job's transcript.

    Attributes:
        job: the job's whole id.
        latest: the newest version.
        corrected: the places of segments that are not as the engine gave them.
        can_undo: there is an edit in the newest version that can be taken back.
        can_redo: there is one that was, and can be made again.
    """

    job: str
    version: int
    latest: int
    corrected: list[int] = []
    can_undo: bool = False
    can_redo: bool = False
    transcript: Transcript
