"""Recordings that were joined byte after byte, as `cat` and some recorders do it: where each begins.

Most libraries read the first and say nothing of the others. What has no header of the whole (MP3, AAC, AC-3, AMR
within MPEG and the like) is read on by FFmpeg anyway.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple, cast

from orstt_core.audio.blocks import Block, DecoderFailed, Reader
from orstt_core.audio.extent import content_end, extent_note
from orstt_core.audio.packets import mp3_frame_bytes

OGG_HEAD = 27
OGG_LONGEST_HEAD = OGG_HEAD + 255
OGG_FIRST_PAGE = 0x02
"""The flag of a stream's first page (RFC 3533, section 6)."""
SEARCHED_BYTES = 1 << 20
MP3_FRAMES, MP3_HEAD = 3, 4
"""How many frames on end are no chance, and how many bytes tell the length of one."""
MOST_PARTS = 10_000
"""More than anybody joins; a file made to do harm could have millions."""


class _Beginning(NamedTuple):
    """How the recordings of a container begin.

    Attributes:
        rare: bytes that are quickly searched for.
        before: how many others come before them.
        head: the whole beginning; long enough not to be met by chance.
    """

    rare: bytes
    before: int
    head: re.Pattern[bytes]


def _beginning(rare: bytes, head: bytes = b"", before: int = 0) -> _Beginning:
    return _Beginning(rare, before, re.compile(head or re.escape(rare), re.DOTALL))


LONGEST_HEAD = 80
_BEGINNINGS = (
    _beginning(b"WAVE", rb"(?:RIFF|RIFX|RF64|BW64)....WAVE[ -~]{4}", 8),
    _beginning(b"AVI LIST", rb"RIFF....AVI LIST", 8),
    _beginning(b"AIF", rb"FORM....AIF[FC][ -~]{4}", 8),
    _beginning(b"fLaC", rb"fLaC[\0\x80]\0\0\x22"),  # RFC 9639, section 8.2: with the block that comes first
    _beginning(b".snd", rb"\.snd\0\0.{6}\0\0\0[\x01-\x1b]\0...\0\0\0[\x01-\x40]"),
    _beginning(b"caff\0\x01\0\0desc"),
    _beginning(b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"),  # Sony Wave64
    _beginning(b"ftyp", rb"\0\0\0[\x10-\x80]ftyp[ -~]{4}", 4),
    _beginning(b"\x1aE\xdf\xa3", rb"\x1aE\xdf\xa3.{1,60}?(?:matroska|webm)"),
    _beginning(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"),  # ASF, as of WMA
    _beginning(b"FLV\x01", rb"FLV\x01[\x01\x04\x05]\0\0\0\x09\0\0\0\0"),
    _beginning(b"TTA1", rb"TTA1[\x01\x02]\0[\x01-\x40]\0[\x08\x10\x18\x20]\0"),
    _beginning(b"wvpk", rb"wvpk....[\0-\x20]\x04......\0\0\0\0"),  # the block that holds sample 0
    _beginning(b"#!AMR", rb"#!AMR(?:-WB)?\n"),
    _beginning(b"Creative Voice File\x1a"),
    _beginning(b"NIST_1A\n"),
)


def has_header(file: BinaryIO) -> bool:
    """Whether a file begins as recordings in a container do, or with frames of MP3; bare samples do not."""
    descriptor = file.fileno()
    head = os.pread(descriptor, LONGEST_HEAD, 0)
    if head.startswith((b"OggS", b"ID3")) or any(beginning.head.match(head) for beginning in _BEGINNINGS):
        return True
    place = 0
    for _ in range(MP3_FRAMES):
        if not (length := mp3_frame_bytes(os.pread(descriptor, MP3_HEAD, place))):
            return False
        place += length
    return True


class Part(io.RawIOBase):
    """A part of a file as a file of its own; it moves the file's own place and does not close it.

    Args:
        descriptor: the file.
        start: its first byte.
        end: past its last.
    """

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        super().__init__()
        self._descriptor, self._start, self._end = descriptor, start, end
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as its callers give it
        """Read on."""
        wanted = min(len(buffer), self._end - self._start - self._place)
        data = os.pread(self._descriptor, max(0, wanted), self._start + self._place)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end - self._start}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place


def read_joined(
    parts: Sequence[BinaryIO], read: Reader, warnings: list[str], *, tolerant: bool = False
) -> Iterator[Block]:
    """Yield the blocks of recordings one after the other, with what each should be known for.

    Args:
        parts: as `joined_parts` returns them.
        read: reads one of them.
        warnings: of them all, each once.
        tolerant: what cannot be read is passed over, and told, as long as anything can be.
    """
    lost: list[str] = []
    for number, part in enumerate(parts, 1):
        notes: list[str] = []
        try:
            yield from read(part, notes)
            notes += extent_note(part, notes)
        except DecoderFailed:
            lost.append(str(number))
            if not tolerant or len(lost) == len(parts):
                raise
        warnings += [note for note in notes if note not in warnings]
    if lost:
        numbers = ", ".join(lost)
        warnings.append(f"The file is {len(parts)} recordings that were joined; of these cannot be read: {numbers}.")


def joined_parts(file: BinaryIO) -> list[BinaryIO]:
    """Return the recordings that a file holds one after the other, most often one: the file itself."""
    descriptor = file.fileno()
    size = content_end(file)
    head = os.pread(descriptor, LONGEST_HEAD, 0)
    starts = [0]
    for start in _ogg_starts(descriptor, size) if head[:4] == b"OggS" else _starts(descriptor, size, head):
        if start:
            starts.append(start)
        if len(starts) >= MOST_PARTS:
            break
    if len(starts) == 1 and size == os.fstat(descriptor).st_size:
        return [file]
    ends = [*starts[1:], size]
    return [cast("BinaryIO", Part(descriptor, start, end)) for start, end in zip(starts, ends, strict=True)]


def _starts(descriptor: int, size: int, head: bytes) -> Iterator[int]:
    beginning = next((each for each in _BEGINNINGS if each.head.match(head)), None)
    if beginning is None:
        return
    for place in range(0, size, SEARCHED_BYTES):
        data = os.pread(descriptor, SEARCHED_BYTES + LONGEST_HEAD, place)
        for found in _all(data, beginning.rare):
            start = found - beginning.before
            if 0 <= start < SEARCHED_BYTES and beginning.head.match(data, start):
                yield place + start


def _ogg_starts(descriptor: int, size: int) -> Iterator[int]:
    place, in_body = 0, True
    while place < size:
        head = os.pread(descriptor, OGG_LONGEST_HEAD, place)
        if head[:4] != b"OggS" or len(head) < OGG_HEAD:  # a damaged place: look for the next page
            found = os.pread(descriptor, SEARCHED_BYTES, place + 1).find(b"OggS")
            place = place + 1 + found if found >= 0 else place + SEARCHED_BYTES - len(b"OggS")
            continue
        first = bool(head[5] & OGG_FIRST_PAGE)
        # Streams that lie beside each other have all their first pages at the beginning.
        if first and in_body:
            yield place
        in_body = not first
        lengths = head[OGG_HEAD : OGG_HEAD + head[OGG_HEAD - 1]]
        place += OGG_HEAD + len(lengths) + sum(lengths)


def _all(data: bytes, wanted: bytes) -> Iterator[int]:
    found = data.find(wanted)
    while found >= 0:
        yield found
        found = data.find(wanted, found + 1)
