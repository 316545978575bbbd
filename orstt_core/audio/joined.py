"""Recordings that were joined byte after byte, as `cat` and some recorders do it: where each begins.

libsndfile reads the first and says nothing of the others. FFmpeg and MP3 need no help.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

OGG_HEAD = 27
OGG_LONGEST_HEAD = OGG_HEAD + 255
OGG_FIRST_PAGE = 0x02
"""The flag of a stream's first page (RFC 3533, section 6)."""
FLAC_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
"""The marker, and the head of the block that every FLAC stream begins with (RFC 9639, section 8.2)."""
SEARCHED_BYTES = 1 << 20


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


def joined_parts(descriptor: int) -> list[Part]:
    """Return the recordings that a WAV, Ogg or FLAC file holds one after the other, most often one."""
    size = os.fstat(descriptor).st_size
    magic = os.pread(descriptor, 4, 0)
    find = {b"RIFF": _riff_starts, b"OggS": _ogg_starts, b"fLaC": _flac_starts}.get(magic)
    starts = [0, *(start for start in find(descriptor, size) if start)] if find else [0]
    return [Part(descriptor, start, end) for start, end in zip(starts, [*starts[1:], size], strict=True)]


def _riff_starts(descriptor: int, size: int) -> Iterator[int]:
    start = 0
    while start < size:
        head = os.pread(descriptor, 12, start)
        if start and not (head[:4] == b"RIFF" and head[8:] == b"WAVE"):
            return
        yield start
        length = 8 + int.from_bytes(head[4:8], "little")
        start += length + length % 2


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


def _flac_starts(descriptor: int, size: int) -> Iterator[int]:
    overlap = len(FLAC_STARTS[0]) - 1
    for place in range(0, size, SEARCHED_BYTES):
        data = os.pread(descriptor, SEARCHED_BYTES + overlap, place)
        yield from sorted(place + found for start in FLAC_STARTS for found in _all(data, start))


def _all(data: bytes, wanted: bytes) -> Iterator[int]:
    found = data.find(wanted)
    while found >= 0:
        yield found
        found = data.find(wanted, found + 1)
