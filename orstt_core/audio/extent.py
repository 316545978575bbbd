"""How far a recording goes by its own header: whether the file lacks its end, or goes on after it.

Libraries read what is there, or what the header states, and tell of neither.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import BinaryIO, Literal

from orstt_core.audio.last_packet import breaks_off, matroska_segment

CUT_OFF = "it seems to be cut off."
"""How each note of a missing end ends; there is one of them."""
UNFINISHED_SIZE = 0x7FFF0000
"""A recorder that writes to a pipe cannot go back and fill in the size: it leaves one of 2 GiB or more."""
LEAST_UNREAD = 1024
"""Bytes after the end that are worth a word; less is padding or a tag of a kind not known here."""
LOOKED_AT = 1 << 16
ID3_BYTES = 128
"""The length of ID3v1."""
APE_BYTES = 32
"""The length of the footer of APEv2."""
_NEVER_ZERO = (b"\x0bw", b"wvpk", b"#!AMR")
"""How AC-3, WavPack and AMR begin, whose frames do not end in many zeros."""
LEAST_ZEROS, KEPT_ZEROS = 64, 8
"""An APE tag ends in eight of them."""
_TAGS = (b"TAG", b"APETAGEX", b"ID3", b"LYRICS")
_OTHER_FILES = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"fLaC",
    b"OggS",
    b"caff",
    b".snd",
    b"#!AM",
    b"wvpk",
    b"TTA1",
    b"FLV",
    b"NIST",
)
"""What looks like the head of a chunk, but begins another recording."""
_VOC_TERMINATOR = 0
CHUNK_HEAD = 16
"""No chunk's head is longer."""
RIFF_HEAD = 64
"""More than comes before the sound in a recording of which nothing but the size was left open."""
NO_CHUNK = -1
W64_HEAD, ATOM_HEAD = 40, 8


def content_end(file: BinaryIO) -> int:
    """Return where a file ends but for the tags of players, and for zeros where those can be no sound.

    Such bytes are taken for a part of the last frame otherwise. The file's place is lost.
    """
    size = _before_tags(file, file.seek(0, os.SEEK_END))
    if _at(file, 0, 5).startswith(_NEVER_ZERO):
        size = _before_tags(file, size - _zeros_before(file, size))
    return size


def _before_tags(file: BinaryIO, end: int) -> int:
    if _at(file, max(0, end - ID3_BYTES), 3) == b"TAG":
        end -= ID3_BYTES
    footer = _at(file, max(0, end - APE_BYTES), APE_BYTES)
    if footer.startswith(b"APETAGEX"):
        end -= int.from_bytes(footer[12:16], "little")
        if _at(file, max(0, end - APE_BYTES), 8) == b"APETAGEX":  # the same before the tag, which may be left out
            end -= APE_BYTES
    return max(end, 0)


def _zeros_before(file: BinaryIO, end: int) -> int:
    zeros = 0
    while zeros < end:
        start = max(0, end - zeros - LOOKED_AT)
        data = _at(file, start, end - zeros - start)
        rest = len(data.rstrip(b"\0"))
        zeros += len(data) - rest
        if rest:
            break
    return zeros - KEPT_ZEROS if zeros >= LEAST_ZEROS else 0


def extent_note(file: BinaryIO, notes: Iterable[str]) -> list[str]:
    """Return a note where a file has less or more than its header states; `notes` are those that there are.

    The file's place is lost.
    """
    size = content_end(file)
    end = _stated_end(file, size)
    # One byte of tolerance: some writers count the padding at the end, but leave it out.
    if (end is not None and size + 1 < end) or breaks_off(file, size):
        cut = any(note.endswith(CUT_OFF) for note in notes)
        return [] if cut else [f"The file stops before its sound does; {CUT_OFF}"]
    if end is not None and size - end >= LEAST_UNREAD and not _is_padding(file, end, size):
        return [f"The file goes on for {size - end:,} bytes after the end that it states; those were not read."]
    return []


def is_padding(data: bytes) -> bool:
    """Whether bytes beside the sound are nothing but zeros or a tag, as players keep titles in."""
    rest = data.strip(b"\0")
    return not rest or rest.startswith(_TAGS)


def _is_padding(file: BinaryIO, start: int, end: int) -> bool:
    first, last = _at(file, start, LOOKED_AT), _at(file, max(start, end - LOOKED_AT), LOOKED_AT)
    return not first.strip(b"\0") and not last.strip(b"\0")


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _stated_end(file: BinaryIO, size: int) -> int | None:
    """Return where a file should end by its header; None where that is not stated, or not known here."""
    head = _at(file, 0, 32)
    for beginning, find in _ENDS.items():
        if head.startswith(beginning):
            return find(file, size)
    return _mp4_end(file, size) if head[4:8] == b"ftyp" else None


def _riff_end(file: BinaryIO, size: int) -> int | None:
    head = _at(file, 0, 12)
    order: Literal["little", "big"] = "little" if head[:4] == b"RIFF" else "big"
    if head[8:] == b"AVI ":
        return _walk(file, size, 0, _avi_bytes)
    return _walk(file, size, 12, lambda head: _chunk_bytes(head, order), padded=True)


def _chunk_bytes(head: bytes, order: Literal["little", "big"]) -> int | None:
    if not _is_chunk(head):
        return NO_CHUNK
    length, is_sound = int.from_bytes(head[4:8], order), head[:4] in (b"data", b"SSND")
    if length >= UNFINISHED_SIZE - RIFF_HEAD or (is_sound and not length):
        return None if is_sound else NO_CHUNK
    return 8 + length


def _avi_bytes(head: bytes) -> int | None:
    length = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:12] not in (b"AVI ", b"AVIX"):  # the second is what is beyond a gigabyte
        return NO_CHUNK
    return 8 + length + length % 2 if 0 < length < UNFINISHED_SIZE else None


def _is_chunk(head: bytes) -> bool:
    return bool(re.match(rb"[ -~]{4}", head)) and not head.startswith(_OTHER_FILES)


def _rf64_end(file: BinaryIO, _: int) -> int | None:
    head = _at(file, 0, 28)  # EBU Tech 3306: the real size is in the chunk ds64
    return 8 + int.from_bytes(head[20:28], "little") if head[12:16] == b"ds64" else None


def _w64_end(file: BinaryIO, _: int) -> int | None:
    length = int.from_bytes(_at(file, 16, 8), "little")
    return length if W64_HEAD < length < 1 << 62 else None


def _au_end(file: BinaryIO, _: int) -> int | None:
    head = _at(file, 0, 12)
    offset, length = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
    return offset + length if 0 < length < UNFINISHED_SIZE else None


def _caf_end(file: BinaryIO, size: int) -> int | None:
    def length(head: bytes) -> int | None:
        stated = int.from_bytes(head[4:12], "big", signed=True)
        if not _is_chunk(head):
            return NO_CHUNK
        return 12 + stated if stated >= 0 else None  # -1: up to the end

    return _walk(file, size, 8, length)


def _mp4_end(file: BinaryIO, size: int) -> int | None:
    def length(head: bytes) -> int | None:
        if not re.match(rb"[\xa9 -~]{4}", head[4:8]):
            return NO_CHUNK
        stated = int.from_bytes(head[:4], "big")
        stated = int.from_bytes(head[8:16], "big") if stated == 1 else stated
        return stated if stated >= ATOM_HEAD else None  # 0: up to the end

    return _walk(file, size, 0, length)


def _matroska_end(file: BinaryIO, _: int) -> int | None:
    start, length = matroska_segment(file)
    return None if length is None else start + length


def _voc_end(file: BinaryIO, size: int) -> int | None:
    def length(head: bytes) -> int | None:
        return None if head[0] == _VOC_TERMINATOR else 4 + int.from_bytes(head[1:4], "little")

    return _walk(file, size, int.from_bytes(_at(file, 20, 2), "little"), length)


def _walk(
    file: BinaryIO, size: int, place: int, length_of: Callable[[bytes], int | None], *, padded: bool = False
) -> int | None:
    """Return the end of the last chunk; None where one does not state its length."""
    while place < size:
        head = _at(file, place, CHUNK_HEAD)
        length = _id3v2_bytes(head) or length_of(head)
        if length is None:
            return None
        if length == NO_CHUNK:
            return place
        place += length
        # Some writers leave out the byte of padding after an odd chunk.
        if padded and length % 2 and length_of(_at(file, place, CHUNK_HEAD)) == NO_CHUNK:
            place += 1
    return place


def _id3v2_bytes(head: bytes) -> int:
    if head[:3] != b"ID3" or head[3:4] > b"\x04":
        return 0
    return 10 + sum(each << 7 * place for place, each in enumerate(reversed(head[6:10])))


_ENDS: dict[bytes, Callable[[BinaryIO, int], int | None]] = {
    **dict.fromkeys((b"RIFF", b"RIFX", b"FORM"), _riff_end),
    **dict.fromkeys((b"RF64", b"BW64"), _rf64_end),
    b"riff": _w64_end,
    b".snd": _au_end,
    b"caff": _caf_end,
    b"\x1aE\xdf\xa3": _matroska_end,
    b"Creative Voice File": _voc_end,
}
