"""A corpus of bad media, made here: bombs, cut and flipped containers, forged headers, playlists, hostile names.

Each item is the name of a file and its content, the same in every run. Whatever reads recordings must give each a
sound or a typed error, in bounded time and memory, and open nothing that an item points to.
"""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
from recordings import CONTAINERS, encode, pcm, wav, write

Item = tuple[str, bytes]

MADE: dict[str, Callable[[Path], Path]] = {
    # FFmpeg gives an Ogg stream a random number, and Matroska random ids, unless told otherwise.
    "ogg": lambda folder: _numbered(write(folder / "a.ogg", 44_100)),
    "opus": lambda folder: encode(folder / "a.opus", "libopus", 48_000, container="ogg", fflags="bitexact"),
    "webm": lambda folder: encode(folder / "a.webm", "libopus", 48_000, fflags="bitexact"),
    "mkv": lambda folder: encode(folder / "a.mkv", "pcm_s16le", 16_000, fflags="bitexact"),
    "avi": lambda folder: encode(folder / "a.avi", "libmp3lame", 44_100, fflags="bitexact"),
    "wv": lambda folder: encode(folder / "a.wv", "wavpack", 16_000, fflags="bitexact"),
    "wma": lambda folder: encode(folder / "a.wma", "wmav2", 44_100, layout="stereo", fflags="bitexact"),
    **{name: CONTAINERS[name] for name in ("wav", "flac", "mp3", "m4a", "aiff", "au", "caf", "w64", "mpeg-ts")},
}
SUFFIXES = {"mpeg-ts": "ts"}
CLUSTER = b"\x1f\x43\xb6\x75"
"""How a cluster of packets begins in Matroska."""
ELSEWHERE = "file:///etc/hostname"
"""What playlists point to, unless a test has something better."""


def corpus() -> Iterator[Item]:
    """Yield all items; the first takes some seconds to make."""
    yield from bombs()
    yield from truncated()
    yield from flipped()
    yield from forged()
    yield from playlists(ELSEWHERE)
    yield from hostile_names()


def bombs() -> Iterator[Item]:
    """Small files of much sound, and of little sound in very many pieces."""
    yield "two hours of silence.flac", silence(hours=2)
    yield "two hours of two bytes per packet.opus", opus_of_nothing(hours=2)
    yield "one sample per packet.mkv", one_sample_packets(20_000)
    yield "zeros.mp3", made("mp3") + bytes(4 << 20)
    yield "a thousand tags.mp3", b"ID3\4\0\0\0\0\0\0" * 1000 + made("mp3")
    yield "a tag of 256 MB.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + made("mp3")


def truncated() -> Iterator[Item]:
    """Each container cut in its header, early and late."""
    for name in MADE:
        whole = made(name)
        for kept in (40, len(whole) // 3, len(whole) * 9 // 10):
            yield f"cut at {kept}.{_suffix(name)}", whole[:kept]


def flipped() -> Iterator[Item]:
    """Each container with some bits flipped: a few in its header, more in the whole."""
    for name in MADE:
        chance = random.Random(name)
        for flips, reach in ((3, 300), (10, 1000), (100, 1 << 30)):
            damaged = bytearray(made(name))
            for _ in range(flips):
                damaged[chance.randrange(min(len(damaged), reach))] ^= 1 << chance.randrange(8)
            yield f"{flips} bits flipped.{_suffix(name)}", bytes(damaged)


def forged() -> Iterator[Item]:
    """Headers that claim what is not so."""
    sound = pcm(0.5)
    yield "4 GiB stated.wav", wav(sound, data_size=0xFFFFFFFF)
    for rate in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield f"rate of {rate}.wav", wav(sound, rate=rate)
    for channels in (0, 1024, 65_535):
        yield f"{channels} channels.wav", wav(sound, channels=channels)
    yield "0 bits a sample.wav", _put(wav(sound), 34, struct.pack("<H", 0))
    yield "chunk of 4 GiB.wav", _put(wav(sound), 16, b"\xff\xff\xff\xff")
    flac = made("flac")
    yield "2 to the 36 samples.flac", _put(flac, 21, bytes([flac[21] | 0x0F]) + b"\xff" * 4)
    yield "rate of 0.flac", _put(flac, 18, bytes([0, 0, flac[20] & 0x0F]))
    yield "metadata of 16 MiB.flac", _put(flac, 5, b"\xff\xff\xff")
    yield "4 billion frames.aiff", _after(made("aiff"), b"COMM", 6, b"\xff" * 4)
    yield "rate that is no number.aiff", _after(made("aiff"), b"COMM", 12, b"\x7f\xff" + b"\xc0" * 8)
    yield "rate below zero.au", _put(made("au"), 16, b"\xff" * 4)
    yield "4 billion channels.au", _put(made("au"), 20, b"\xff" * 4)
    yield "infinite rate.caf", _after(made("caf"), b"desc", 8, struct.pack(">d", float("inf")))
    yield "2 billion channels.caf", _after(made("caf"), b"desc", 32, b"\x7f\xff\xff\xff")
    yield "size below zero.w64", _put(made("w64"), 16, b"\xff" * 8)
    yield "4 billion samples.m4a", _after(made("m4a"), b"stsz", 8, b"\xff" * 4)
    yield "timescale of 0.m4a", _after(made("m4a"), b"mdhd", 12, bytes(4))
    yield "element of 2 to the 56 bytes.webm", _after(made("webm"), b"\x18\x53\x80\x67", 0, b"\x01" + b"\xff" * 7)
    yield "elements in elements.mkv", made("mkv")[:60] + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" * 5000
    yield "atoms in atoms.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + b"\x7f\xff\xff\xffmoov" * 50_000


def playlists(target: str) -> Iterator[Item]:
    """Files that point to another one, by an address or path."""
    yield "list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{target}\n#EXT-X-ENDLIST\n".encode()
    yield "list.m3u", f"{target}\n".encode()
    yield "list.ffconcat", f"ffconcat version 1.0\nfile '{target}'\n".encode()
    yield "list.pls", f"[playlist]\nFile1={target}\nNumberOfEntries=1\nVersion=2\n".encode()
    yield (
        "list.xspf",
        f"<playlist><trackList><track><location>{target}</location></track></trackList></playlist>".encode(),
    )
    yield "list.asx", f'<asx version="3.0"><entry><ref href="{target}"/></entry></asx>'.encode()
    yield "list.mpd", f"<MPD><Period><BaseURL>{target}</BaseURL></Period></MPD>".encode()
    yield "stream.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
    yield "list named.wav", f"#EXTM3U\n#EXTINF:3,\n{target}\n".encode()
    yield "sound elsewhere.m4a", sound_elsewhere(target)
    yield "attachment.mkv", attachment("../owned.sh", f"#!/bin/sh\ncat {target}\n".encode())


def hostile_names() -> Iterator[Item]:
    """Names that lead elsewhere, end early, break a line, drive a terminal or a shell, or are no name at all."""
    sound = wav(pcm(0.5))
    yield "../../../etc/passwd", b"root:x:0:0::/:/bin/sh\n"
    yield "../../up.wav", sound
    yield "..\\..\\up.wav", sound
    yield "/absolute.wav", b"no sound"
    yield "nul\0.wav", b"no sound"
    yield "two\r\nX-Lines: 1.wav", b"no sound"
    yield "\x1b[2J\x1b]0;title\x07.wav", b"no sound"
    yield "$(touch owned) `touch owned`; touch owned.wav", b"no sound"
    yield "%s%n{0}{name}.wav", b"no sound"
    yield "\u202egnp.wav", b"no sound"
    yield "x" * 5000 + ".wav", b"no sound"
    yield "..", sound


@cache
def made(name: str) -> bytes:
    """Return two seconds of a tone in that container."""
    with tempfile.TemporaryDirectory() as folder:
        return MADE[name](Path(folder)).read_bytes()


@cache
def silence(hours: float) -> bytes:
    """Return a stereo FLAC of 44.1 kHz: 0.6 MB an hour."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.flac"
        with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
            minute = np.zeros((44_100 * 60, 2), np.int16)
            for _ in range(round(hours * 60)):
                file.write(minute)
        return path.read_bytes()


def opus_of_nothing(hours: float) -> bytes:
    """Return an Ogg stream whose every packet is two bytes and 120 ms: two frames of 60 ms without any data."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 48_000, 0, 0)
    pages = [_ogg_page(0, 0, 2, [head]), _ogg_page(1, 0, 0, [b"OpusTags" + bytes(8)])]
    packet, packets = b"\x1b\x02", round(hours * 3600 / 0.12)
    for start in range(0, packets, 255):
        count = min(255, packets - start)
        last = 4 if start + count == packets else 0
        pages.append(_ogg_page(len(pages), (start + count) * 5760, last, [packet] * count))
    return b"".join(pages)


@cache
def one_sample_packets(packets: int, repeated: int = 1) -> bytes:
    """Return a Matroska file of 16 kHz: each sample takes 8 bytes, and most of the time that it lasts to unpack."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mkv"
        with av.open(path, "w", container_options={"fflags": "bitexact", "live": "1"}) as output:
            stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
            for number in range(packets):
                packet = av.Packet(b"\0\x10")
                packet.stream, packet.time_base = stream, Fraction(1, 16_000)
                packet.pts = packet.dts = number
                output.mux_one(packet)
        content = path.read_bytes()
    start = content.index(CLUSTER)
    return content[:start] + content[start:] * repeated


def one_large_packet(size: int) -> bytes:
    """Return the beginning of a Matroska file that holds one packet of so many bytes, which are left out."""
    content = one_sample_packets(1)
    block = b"\xa3\x01" + (size + 4).to_bytes(7, "big") + b"\x81\0\0\x80"
    return content[: content.index(CLUSTER)] + CLUSTER + b"\x01" + b"\xff" * 7 + b"\xe7\x81\0" + block


def attachment(name: str, data: bytes) -> bytes:
    """Return a Matroska file of a second of sound that brings another file along."""
    content = one_sample_packets(16_000)
    fields = [(b"\x46\x6e", name.encode()), (b"\x46\x60", b"text/x-sh"), (b"\x46\x5c", data), (b"\x46\xae", b"\1")]
    file = b"".join(_element(kind, value) for kind, value in fields)
    start = content.index(CLUSTER)
    return content[:start] + _element(b"\x19\x41\xa4\x69", _element(b"\x61\xa7", file)) + content[start:]


def sound_elsewhere(target: str) -> bytes:
    """Return an m4a whose data reference names another file."""
    content = bytearray(made("m4a"))
    place = content.index(b"url \0\0\0\1")
    content[place + 4 : place + 8] = bytes(4)
    address = target.encode() + b"\0"
    content[place + 8 : place + 8] = address
    for atom in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref", b"url "):
        start = content.index(atom) - 4
        (size,) = struct.unpack_from(">I", content, start)
        struct.pack_into(">I", content, start, size + len(address))
    return bytes(content)


def _element(kind: bytes, value: bytes) -> bytes:
    return kind + b"\x01" + len(value).to_bytes(7, "big") + value


def _ogg_page(number: int, position: int, flags: int, packets: list[bytes]) -> bytes:
    head = b"OggS" + struct.pack("<BBQIIIB", 0, flags, position, 1, number, 0, len(packets))
    return _with_checksum(bytearray(head + bytes(map(len, packets)) + b"".join(packets)))


def _numbered(path: Path) -> Path:
    """Give the stream of an Ogg file the number 1: libsndfile takes a random one, and cannot be told otherwise."""
    pages = [bytearray(b"OggS" + rest) for rest in path.read_bytes().split(b"OggS")[1:]]
    for page in pages:
        struct.pack_into("<I", page, 14, 1)
    path.write_bytes(b"".join(map(_with_checksum, pages)))
    return path


def _with_checksum(page: bytearray) -> bytes:
    struct.pack_into("<I", page, 22, 0)
    checksum = 0
    for value in page:
        checksum = ((checksum << 8) ^ _OGG_TABLE[(checksum >> 24) ^ value]) & 0xFFFFFFFF
    struct.pack_into("<I", page, 22, checksum)
    return bytes(page)


def _ogg_table() -> list[int]:
    table = []
    for value in range(256):
        rest = value << 24
        for _ in range(8):
            rest = (rest << 1) ^ (0x04C11DB7 if rest & 0x80000000 else 0)
        table.append(rest & 0xFFFFFFFF)
    return table


_OGG_TABLE = _ogg_table()


def _suffix(name: str) -> str:
    return SUFFIXES.get(name, name)


def _put(content: bytes, place: int, value: bytes) -> bytes:
    return content[:place] + value + content[place + len(value) :]


def _after(content: bytes, mark: bytes, distance: int, value: bytes) -> bytes:
    """Put a value so many bytes behind a mark."""
    return _put(content, content.index(mark) + len(mark) + distance, value)
