"""What edits make of a transcript's segments: pure functions, without a database and without a clock.

Every edit comes down to one kind of change: passages in the place of some segments. What the engine measured of a
text stays with it: each part of a segment keeps the measure of the whole, and what is merged that of the least sure
segment in it. A new text has nothing but its times.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

from msgspec.structs import replace

from orstt_core.errors import InvalidRequest
from orstt_core.kept_words import distributed, within, words_of
from orstt_core.passage_bounds import check_bounds, check_parts, no_segment
from orstt_core.subtitles import CONTROL
from orstt_core.transcript import numbered, separator, written_in
from orstt_core.types import (
    Edit,
    MergeSegments,
    MoveBounds,
    Passage,
    ReplaceSegments,
    Segment,
    SegmentChange,
    SetText,
    SplitSegment,
    Transcript,
    Word,
)
from orstt_core.word_diff import gaps


def changes_of(transcript: Transcript, edits: Iterable[Edit], original: Iterable[Segment] = ()) -> list[SegmentChange]:
    """Return what edits, one after the other, do to a transcript's segments; one that changes nothing is left out.

    Args:
        transcript: the version on which they are made.
        edits: all of them.
        original: the engine's segments, which have every channel and track that there is.

    Raises:
        InvalidRequest: one does not fit: no such segment, channel or track, no text, times beyond a neighbour or the
            recording.
    """
    segments, changes, language = list(transcript.segments), [], written_in(transcript)
    parts = {(segment.channel, segment.track) for segment in chain(segments, original)}
    for edit in edits:
        asked = _as_replacement(edit, segments, language)
        old = segments[asked.segment : asked.segment + asked.count]
        check_parts(asked.passages, parts)
        passages = [_tidy(passage) for passage in asked.passages]
        check_bounds(segments, range(asked.segment, asked.segment + asked.count), passages, transcript.duration)
        added = list(_made(old, passages, language))
        segments[asked.segment : asked.segment + asked.count] = added
        if added != old:
            changes.append(SegmentChange(at=asked.segment, removed=old, added=added))
    return changes


def apply(segments: Sequence[Segment], changes: Iterable[SegmentChange]) -> list[Segment]:
    """Return the segments after some changes, numbered anew."""
    changed = list(segments)
    for change in changes:
        changed[change.at : change.at + len(change.removed)] = change.added
    return numbered(changed)


def inverted(changes: Sequence[SegmentChange]) -> list[SegmentChange]:
    """Return the changes that take these back."""
    return [SegmentChange(at=change.at, removed=change.added, added=change.removed) for change in reversed(changes)]


def passage_of(segment: Segment) -> Passage:
    """Return what a person sees and changes of a segment."""
    return Passage(
        text=segment.text.strip(),
        start=segment.start,
        end=segment.end,
        channel=segment.channel,
        track=segment.track,
    )


def change_name(change: SegmentChange) -> str:
    """Return what a change is for a person: `split`, `merge`, `text`, `bounds`, `add`, `remove` or `replace`."""
    before, after, same = len(change.removed), len(change.added), letters(change.removed) == letters(change.added)
    match before, after:
        case 1, 1:
            return "bounds" if same else "text"
        case 0, _:
            return "add"
        case _, 0:
            return "remove"
    if same and before != after:
        return "split" if before < after else "merge"
    return "replace"


def differing(before: Sequence[Segment], after: Sequence[Segment]) -> list[tuple[range, range]]:
    """Return where two versions differ, as places in the one and in the other."""
    first, second = ([_identity(segment) for segment in segments] for segments in (before, after))
    return list(gaps(first, second))


def corrected_places(original: Sequence[Segment], segments: Sequence[Segment]) -> list[int]:
    """Return the places of the segments that are not as the engine gave them."""
    return [place for _, places in differing(original, segments) for place in places]


def _identity(segment: Segment) -> tuple[object, ...]:
    return segment.start, segment.end, _line(segment.text), segment.part


def _identity_of(passage: Passage) -> tuple[object, ...]:
    return passage.start, passage.end, passage.text, passage.part


def _as_replacement(edit: Edit, segments: Sequence[Segment], language: str | None) -> ReplaceSegments:
    if isinstance(edit, ReplaceSegments):
        if edit.segment + edit.count > len(segments):
            raise no_segment(edit.segment + max(edit.count - 1, 0), segments)
        return edit
    if edit.segment >= len(segments):
        raise no_segment(edit.segment, segments)
    passage = passage_of(segments[edit.segment])
    match edit:
        case SetText(text=text):
            passages = [replace(passage, text=text)]
        case MoveBounds(start=start, end=end):
            passages = [_moved(passage, start, end)]
        case SplitSegment():
            passages = split(segments[edit.segment], edit, language)
        case MergeSegments():
            passages = _merged(segments[edit.segment :], language)
    count = len(passages) if isinstance(edit, MergeSegments) else 0
    return ReplaceSegments(segment=edit.segment, count=count + 1, passages=passages)


def _moved(passage: Passage, start: float | None, end: float | None) -> Passage:
    return replace(passage, start=passage.start if start is None else start, end=passage.end if end is None else end)


def _merged(segments: Sequence[Segment], language: str | None) -> list[Passage]:
    """Return one passage for the first segment and the next of its part, and those of other parts in between."""
    first, *others = segments
    at = next((at for at, segment in enumerate(others) if segment.part == first.part), None)
    if at is None:
        raise InvalidRequest("There is no segment behind that one to merge it with.", field="segment")
    one, two = passage_of(first), passage_of(others[at])
    text = separator(language).join(filter(None, (one.text, two.text)))
    end = two.end if one.end is None or two.end is None else max(one.end, two.end)
    return [replace(one, text=text, end=end), *map(passage_of, others[:at])]


def split(segment: Segment, edit: SplitSegment, language: str | None) -> list[Passage]:
    """Return the two passages that a segment is split in.

    Raises:
        InvalidRequest: a place is missing that the words' times do not tell, or one side would be empty.
    """
    whole = passage_of(segment)
    character = _character_at(segment, edit.time) if edit.character is None else edit.character
    texts = [whole.text[:character].strip(), whole.text[character:].strip()]
    if not all(texts):
        raise InvalidRequest(
            "One side of the split would have no text.",
            hint=f"Give a character between 1 and {max(len(whole.text) - 1, 1)}.",
            field="character",
        )
    if edit.time is not None:
        if whole.start is not None and whole.end is not None and not whole.start < edit.time < whole.end:
            raise InvalidRequest(
                "The time of the split is not within the segment.",
                hint=f"Give one between {whole.start:.3f} and {whole.end:.3f} seconds.",
                field="time",
            )
        times: tuple[float | None, float | None] = edit.time, edit.time
    elif whole.start is None:
        times = None, None
    else:
        times = _pause(segment, texts, language)
    return [replace(whole, text=texts[0], end=times[0]), replace(whole, text=texts[1], start=times[1])]


def _character_at(segment: Segment, time: float | None) -> int:
    """Return where in a segment's text a time is, by its words."""
    if time is None:
        raise InvalidRequest("A split needs a character or a time.", field="character")
    text, at = segment.text.strip(), 0
    for word in segment.words or ():
        if (word.start + word.end) / 2 >= time:
            break
        found = text.find(word.word.strip(), at)
        if found < 0:
            return 0
        at = found + len(word.word.strip())
    return at


def _pause(segment: Segment, texts: Sequence[str], language: str | None) -> tuple[float, float]:
    """Return when the words of the first text end and those of the second begin."""
    left, right = distributed(segment.words or [], texts, language)
    if not left or not right:
        raise InvalidRequest(
            "When these words were said was not measured, so nobody knows where to split the times.",
            hint="Give the time of the split, in seconds.",
            field="time",
        )
    return left[-1].end, right[0].start


def _tidy(passage: Passage) -> Passage:
    """Return a passage with its text on one line."""
    return replace(passage, text=_line(passage.text))


def _line(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())


def _made(old: Sequence[Segment], passages: Sequence[Passage], language: str | None) -> Iterable[Segment]:
    """Yield the segments of passages: those that are there already, and others with what stays true of them."""
    there = {_identity(segment): segment for segment in old}
    unmoved = {_identity(segment) for segment in old} & {_identity_of(passage) for passage in passages}
    texts: dict[tuple[str, int], list[Segment]] = {}
    for segment in old:
        if _identity(segment) not in unmoved:
            texts.setdefault((_line(segment.text), segment.part), []).append(segment)
    kept, sources = _kept(old, passages, language), _sources(old, passages)
    for number, passage in enumerate(passages):
        if same := there.get(_identity_of(passage)):
            yield same
        elif not passage.text:
            raise InvalidRequest(
                "A segment needs a text.", hint="To remove it, replace it by no passages.", field="text"
            )
        elif alike := texts.get((passage.text, passage.part)):
            moved = alike.pop(0)  # of several that say the same, in order
            yield replace(moved, start=passage.start, end=passage.end, words=within(moved.words or (), passage))
        else:
            spoken = next((segment.language for segment in old if segment.part == passage.part), language)
            yield replace(
                _measured(sources.get(number, ())),
                start=passage.start,
                end=passage.end,
                text=passage.text,
                words=within(kept[number], passage),
                language=spoken,
                channel=passage.channel,
                track=passage.track,
            )


def _measured(sources: Sequence[Segment]) -> Segment:
    """Return a segment with what was measured of those that a text comes from: of the least sure of them."""
    nothing = Segment(id=0, start=None, end=None, text="")
    least = min(sources, key=lambda one: 1.0 if one.confidence is None else one.confidence, default=nothing)
    # Tokens and where decoding began are of a whole segment, not of a part or of two.
    return replace(least, id=0, tokens=None, logprobs=None, seek=None)


def _sources(old: Sequence[Segment], passages: Sequence[Passage]) -> dict[int, list[Segment]]:
    """Return the segments that the text of each passage comes from, by the passage's place; not of a text changed."""
    sources: dict[int, list[Segment]] = {}
    for part in {passage.part for passage in passages}:
        owners = [segment for segment in old if segment.part == part]
        numbers = [number for number, passage in enumerate(passages) if passage.part == part]
        before, after = [letters([one]) for one in owners], [letters([passages[number]]) for number in numbers]
        if "".join(before) != "".join(after):
            continue
        ends, at = list(accumulate(map(len, before))), 0
        for number, text in zip(numbers, after, strict=True):
            first, last = bisect_right(ends, at), bisect_left(ends, at + len(text))
            sources[number] = owners[first : last + 1]
            at += len(text)
    return sources


def letters(texts: Iterable[Segment | Passage]) -> str:
    """Return what some segments say, without spaces."""
    return "".join("".join(_line(each.text).split()) for each in texts)


def _kept(old: Sequence[Segment], passages: Sequence[Passage], language: str | None) -> dict[int, list[Word]]:
    """Return the words that stayed, by the place of the passage in which they are now."""
    kept: dict[int, list[Word]] = {}
    for part in {passage.part for passage in passages}:
        numbers = [number for number, passage in enumerate(passages) if passage.part == part]
        words = words_of(segment for segment in old if segment.part == part)
        kept |= zip(numbers, distributed(words, [passages[number].text for number in numbers], language), strict=True)
    return kept
