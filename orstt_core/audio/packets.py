"""PacketLog: what of a track could not be decoded, and whether its end is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orstt_core.audio.extent import CUT_OFF, LEAST_UNREAD, is_padding

if TYPE_CHECKING:
    from av import AudioStream, Packet

    AudioPacket = Packet[AudioStream]

MISSING_SECONDS, MISSING_SHARE = 0.5, 0.01
"""By how much the sound may fall short of the stated duration: encoders round up to whole frames."""
SYNC_BYTES = {"aac": b"\xff", "ac3": b"\x0b", "eac3": b"\x0b", "mp3": b"\xff"}
"""How each frame begins in files that are nothing but frames."""
_MP3_RATES = {0: 44_100, 1: 48_000, 2: 32_000}
_MP3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_HALVINGS = {0x7FFD: 0, 0x7FF9: 1, 0x7FF1: 2}
"""By the first 15 bits, which are sync, version and layer (ISO/IEC 11172-3, 2.4.1.3, and 13818-3; the last is that of
MPEG 2.5, which is no standard): how often the rates below are halved."""


class PacketLog:
    """Told of every packet, in order.

    Args:
        track: the packets' own.
        container: FFmpeg's name of what they are in. What an MP3 file states of its length is often wrong, for
            programs that cut such files leave it as it was; an end in the middle of a frame tells the truth.
    """

    def __init__(self, track: AudioStream, container: str) -> None:
        self._is_mp3 = container == "mp3"
        self._is_ac3, self._least = container in ("ac3", "eac3"), 0  # the bytes of a frame, which are as many in each
        self._sync = SYNC_BYTES.get(container)
        self._is_amr = track.codec_context.name.startswith(("amr", "libopencore_amr"))
        self._damaged = self._failed_last = 0
        self._foreign = 0
        self._incomplete = False

    def is_empty(self, packet: AudioPacket) -> bool:
        """Whether a packet holds zeros that a decoder would take for sound."""
        return self._is_amr and bool(packet.size) and not any(bytes(packet))

    def decoded(self, packet: AudioPacket) -> None:
        """Take note of a packet that could be decoded."""
        if packet.size:  # the last one is empty, and has the decoder give what it holds back
            self._damaged += self._failed_last
            self._failed_last = self._foreign = 0
            whole = mp3_frame_bytes(bytes(packet)[:4]) if self._is_mp3 else self._least
            self._incomplete = packet.size < whole
            self._least = min(self._least or packet.size, packet.size) if self._is_ac3 else 0

    def failed(self, packet: AudioPacket | None) -> None:
        """Take note of one that could not be; None: the container was damaged before it."""
        data = bytes(packet) if packet else b""
        if packet is None or not is_padding(data):
            self._failed_last += 1
            if self._sync and not data.startswith(self._sync):
                self._foreign += len(data)

    @property
    def any_failed(self) -> bool:
        """Whether anything was left out."""
        return bool(self._damaged or self._failed_last)

    def notes(self, seconds: float, stated: float) -> list[str]:
        """Return what a person should know, each a sentence.

        Args:
            seconds: how long the sound is.
            stated: how long it should be; 0 where that is not known.
        """
        if self._failed_last and self._foreign >= LEAST_UNREAD:
            return [f"The file goes on for {self._foreign:,} bytes after its sound; those were not read."]
        cut = self._failed_last == 1 or self._incomplete
        damaged = self._damaged + (0 if cut else self._failed_last)
        notes = [f"Damaged places were left out: {damaged}."] if damaged else []
        if seconds < stated - max(MISSING_SECONDS, stated * MISSING_SHARE):
            notes.append(f"The file states {stated:.1f} s, but holds {seconds:.1f} s of sound; {CUT_OFF}")
        elif cut:
            notes.append(f"The file stops before its sound does; {CUT_OFF}")
        return notes


def mp3_frame_bytes(head: bytes) -> int:
    """Return how long a frame of MP3 is by its first four bytes; 0 where they do not say."""
    bits = int.from_bytes(head, "big")
    halvings = _MP3_HALVINGS.get(bits >> 17 & 0x7FFF)
    rate, kbits = _MP3_RATES.get(bits >> 10 & 3), bits >> 12 & 15
    if halvings is None or rate is None or not 0 < kbits <= len(_MP3_KBITS):
        return 0
    kbit_rate = (_MP3_KBITS_LOW if halvings else _MP3_KBITS)[kbits - 1]
    return (72 if halvings else 144) * kbit_rate * 1000 // (rate >> halvings) + (bits >> 9 & 1)
