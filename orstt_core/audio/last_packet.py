"""Whether a recording that states no length breaks off in the middle of its last packet.

That is all that can be known of a live recording. One that ends with a whole packet may have been stopped just there,
so nothing is said of it, nor where the packets cannot be followed.
"""

from __future__ import annotations

import io
from typing import BinaryIO

OGG_PAGE_HEADER = 27
OGG_PAGE_MAX = 65_307
OGG_LAST_PAGE = 0x04
TS_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Lengths of MPEG-TS packets, and where in one its sync byte is: plain (ISO/IEC 13818-1, 2.4.3.2), with the time of a
Blu-ray before it, and with the error correction of DVB after it."""
TS_SYNC = b"G"
TS_LOOKED_AT = 5
"""Sync bytes on end that are no chance."""
PS_START, PS_PACK, PS_END = b"\0\0\1", 0xBA, 0xB9
"""How packets of MPEG program streams begin, and two kinds of them (ISO/IEC 13818-1, 2.5.3)."""
PS_WINDOW = 1 << 18
"""Packets are shorter than a quarter of this."""
PS_HEADER, PS_LENGTH = 14, 6
"""The longest head that is looked at, and that which all packets but those of a pack have, with their length."""
EBML_HEAD = 12
"""The id of an element and the longest length."""
MATROSKA_SEGMENT, MATROSKA_CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_MATROSKA_ELEMENTS = frozenset({
    0x1F43B675, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367,
    0xEC, 0xBF, 0xE7, 0xA3, 0xA0, 0xAB, 0xA7, 0x5854, 0xAF,
})  # fmt: skip
"""What a segment and a cluster hold (RFC 9559, section 5.1)."""


def breaks_off(file: BinaryIO, size: int) -> bool:
    """Return whether the last packet of a file is incomplete; the file's place is lost.

    Args:
        file: begins with a packet.
        size: where it ends, but for tags.
    """
    head = _at(file, 0, 4)
    if head == b"OggS":
        return _ogg(file, size)
    if head == b"\x1aE\xdf\xa3":
        return _live_matroska(file, size)
    if head[:3] == PS_START:
        return _program_stream(file, size)
    return any(_transport_stream(file, size, length, sync) for length, sync in TS_PACKETS)


def ebml_number(data: bytes) -> tuple[int | None, int]:
    """Return a number as EBML writes it (RFC 8794, section 4), None for an unknown one, and how many bytes it has."""
    width = 9 - data[0].bit_length() if data and data[0] else 0
    bits = 7 * width
    value = int.from_bytes(data[:width], "big") & ((1 << bits) - 1)
    return (value if value != (1 << bits) - 1 else None), width


def matroska_segment(file: BinaryIO) -> tuple[int, int | None]:
    """Return where a Matroska file's segment begins, and how long it is; -1: there is none, None: it is not stated."""
    length, width = ebml_number(_at(file, 4, EBML_HEAD - 4))
    start = 4 + width + (length or 0)
    segment = _at(file, start, EBML_HEAD)
    length, width = ebml_number(segment[4:])
    return (start + 4 + width, length) if segment.startswith(MATROSKA_SEGMENT) and width else (-1, None)


def _ogg(file: BinaryIO, size: int) -> bool:
    end = _at(file, max(0, size - 2 * OGG_PAGE_MAX), 2 * OGG_PAGE_MAX)
    page = end[max(0, end.rfind(b"OggS")) :]
    if len(page) < OGG_PAGE_HEADER:
        return True
    lengths = page[OGG_PAGE_HEADER : OGG_PAGE_HEADER + page[OGG_PAGE_HEADER - 1]]
    return not page[5] & OGG_LAST_PAGE or len(page) < OGG_PAGE_HEADER + len(lengths) + sum(lengths)


def _live_matroska(file: BinaryIO, size: int) -> bool:
    place, length = matroska_segment(file)
    if place < 0 or length is not None:
        return False
    reader = io.BufferedReader(file)  # type: ignore[type-var]  # a raw file, or a part of one
    try:
        while place < size:
            reader.seek(place)
            head = reader.read(EBML_HEAD)
            id_width = 9 - head[0].bit_length() if head[0] else 0
            name = head[:id_width]
            length, width = ebml_number(head[id_width:])
            if (
                int.from_bytes(name) not in _MATROSKA_ELEMENTS
                or not width
                or (length is None and name != MATROSKA_CLUSTER)
            ):
                return False
            place += id_width + width + (length or 0)  # a cluster of no stated length is gone through
        return place > size
    finally:
        reader.detach()


def _program_stream(file: BinaryIO, size: int) -> bool:
    data = _at(file, max(0, size - PS_WINDOW), PS_WINDOW)[:size]
    place = data.find(PS_START + bytes([PS_PACK]))
    while 0 <= place < len(data):
        head = data[place : place + PS_HEADER]
        if not head.startswith(PS_START) or head[3:4] == bytes([PS_END]):
            return False
        if len(head) < PS_HEADER:  # the last packet ends within what every other one begins with, or is very short
            return len(head) < PS_LENGTH or head[3] == PS_PACK or len(head) < _pes_bytes(head)
        place += _pack_bytes(head) if head[3] == PS_PACK else _pes_bytes(head)
    return place > len(data)


def _pack_bytes(head: bytes) -> int:
    is_mpeg2 = head[4] >> 6 == 1
    return PS_HEADER + (head[13] & 7) if is_mpeg2 else 12


def _pes_bytes(head: bytes) -> int:
    return PS_LENGTH + int.from_bytes(head[4:PS_LENGTH])


def _transport_stream(file: BinaryIO, size: int, length: int, sync: int) -> bool:
    rest = size % length
    last = size - rest
    places = [*range(0, TS_LOOKED_AT * length, length), *range(last - TS_LOOKED_AT * length, last, length)]
    if rest <= sync or size < TS_LOOKED_AT * length:
        return False
    return all(_at(file, place + sync, 1) == TS_SYNC for place in [*places, last])


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)
