"""What is shown of a transcript's versions, in a command and on a screen: what each did, and the differing words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orstt_core.correction import change_name, letters
from orstt_core.transcript import join_text
from orstt_core.types import Revision, Segment
from orstt_core.word_diff import Piece, differences

MARKS = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
"""How differences are written, as wdiff does."""


def revision_name(revision: Revision) -> str:
    """Return what made a version: its changes, or `undo` and `redo` with the version that they are of."""
    if revision.kind == "edit":
        return ", ".join(dict.fromkeys(change_name(change) for change in revision.changes))
    return revision.kind if revision.of is None else f"{revision.kind} {revision.of}"


def pieces_of(before: Sequence[Segment], after: Sequence[Segment], language: str | None) -> list[Piece]:
    """Return how texts differ; where they do not, how they are parted in segments."""
    mark = " | " if letters(before) == letters(after) else ""
    texts = [
        mark.join(segment.text.strip() for segment in side)
        if mark
        else join_text((segment.text for segment in side), language)
        for side in (before, after)
    ]
    return list(differences(texts[0], texts[1], language))


def marked(pieces: Iterable[Piece]) -> str:
    """Return the pieces of a text with marks around those that differ."""
    return " ".join(MARKS[piece.kind].format(piece.text) for piece in pieces)
