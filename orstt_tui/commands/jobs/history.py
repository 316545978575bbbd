"""`orstt jobs history` and `diff`: what people made of a transcript, and who."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click
from msgspec import Struct

from orstt_core.backend import Backend
from orstt_core.correction import differing
from orstt_core.transcript import join_text, written_in
from orstt_core.types import JobTranscript, Revision, Segment
from orstt_core.word_diff import Piece
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import ref_argument
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import count, date, timestamp
from orstt_tui.revision_text import marked, pieces_of, revision_name

EXCERPT = 100
"""Characters of a change in a table."""


class Difference(Struct, frozen=True, kw_only=True):
    """A passage that differs between two versions.

    Attributes:
        pieces: its words, each with whether it is the `same` in both, `removed` or `added`; where only segments were
            split or merged, `|` stands between those of either.
    """

    start: float | None
    end: float | None
    before: str
    after: str
    pieces: list[Piece]


@click.command
@ref_argument
@json_option
@global_options
@click.pass_obj
def history(context: CommandContext, *, ref: str, as_json: bool) -> None:
    """List who corrected what of a transcript."""

    async def ask(backend: Backend) -> tuple[list[Revision], str | None]:
        return await backend.transcript_history(ref), written_in((await backend.job_transcript(ref)).transcript)

    revisions, language = context.run(ask)
    if as_json:
        output.write_json(revisions)
        return
    rows = [
        (str(each.version), date(each.at), each.actor, revision_name(each), _what(each, language)) for each in revisions
    ]
    output.write_table([("VERSION", "AT", "WHO", "DID", "WHAT"), *rows])


@click.command
@ref_argument
@click.option("--from", "before", type=click.IntRange(0), default=0, show_default=True, help="The first version.")
@click.option("--to", "after", type=click.IntRange(0), help="The second one; without it the newest.")
@json_option
@global_options
@click.pass_obj
def diff(context: CommandContext, *, ref: str, before: int, after: int | None, as_json: bool) -> None:
    """Compare a job's transcript with the original, word by word.

    What was taken away stands as [-so-], what was put there as {+so+}; passages that are the same are left out.
    """

    async def ask(backend: Backend) -> tuple[JobTranscript, JobTranscript]:
        return await backend.job_transcript(ref, before), await backend.job_transcript(ref, after)

    first, second = (found.transcript for found in context.run(ask))
    found = list(_differences(first.segments, second.segments, written_in(second)))
    if as_json:
        output.write_json(found)
        return
    output.write("".join(f"{_times(each)}{_marked(each.pieces)}\n" for each in found))


def _differences(before: Sequence[Segment], after: Sequence[Segment], language: str | None) -> Iterator[Difference]:
    for first, second in differing(before, after):
        old, new = [before[place] for place in first], [after[place] for place in second]
        where = new or old
        yield Difference(
            start=where[0].start,
            end=where[-1].end,
            before=join_text((segment.text for segment in old), language),
            after=join_text((segment.text for segment in new), language),
            pieces=pieces_of(old, new, language),
        )


def _what(revision: Revision, language: str | None) -> str:
    if len(revision.changes) != 1:
        return count(len(revision.changes), "change")
    change = revision.changes[0]
    told = _marked(pieces_of(change.removed, change.added, language))
    return told if len(told) <= EXCERPT else f"{told[:EXCERPT]}…"


def _marked(pieces: Iterable[Piece]) -> str:
    return output.one_line(marked(pieces))


def _times(found: Difference) -> str:
    if found.start is None or found.end is None:
        return ""
    return f"{timestamp(found.start)} - {timestamp(found.end)}  "
