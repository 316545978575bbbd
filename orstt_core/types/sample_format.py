"""What sound without a header holds: its encoding, rate and channels, and the words that people have for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from orstt_core.errors import InvalidRequest
from orstt_core.types.checked import Checked
from orstt_core.types.options import described

SampleType = Literal[
    "int8", "uint8", "int16", "int16be", "int24", "int32", "float32", "float64", "mulaw", "alaw", "gsm", "g722", "l16"
]
"""Bare samples, little-endian but for `int16be`. `l16` is that of RFC 2586: 16 bits, big-endian by the standard; many
senders have it the other way round, so the samples themselves decide."""

MIN_RATE, MAX_RATE = 1_000, 768_000
"""Hz; no recorder makes less or more, so a header that says so is damaged or forged."""
MAX_CHANNELS = 64
"""The most that studio interfaces (MADI) and ambisonics carry."""
RATES: Mapping[SampleType, int] = {"mulaw": 8_000, "alaw": 8_000, "gsm": 8_000, "g722": 16_000}
"""The rate, in Hz, of what has a usual one (G.711, GSM 06.10, G.722)."""
G722_CLOCK = 8_000
"""The rate that RTP states for G.722, in error and for ever (RFC 3551, 4.5.2); it is sampled at 16 kHz."""

_NAMES: Mapping[SampleType, tuple[str, ...]] = {
    "int8": ("int8", "s8", "pcm_s8"),
    "uint8": ("uint8", "u8", "pcm_u8"),
    "int16": ("int16", "s16le", "s16", "pcm_s16le", "pcm", "linear16"),
    "int16be": ("int16be", "s16be", "pcm_s16be"),
    "int24": ("int24", "s24le", "s24", "pcm_s24le"),
    "int32": ("int32", "s32le", "s32", "pcm_s32le"),
    "float32": ("float32", "f32le", "f32", "pcm_f32le"),
    "float64": ("float64", "f64le", "f64", "pcm_f64le"),
    "mulaw": ("mulaw", "ulaw", "mu-law", "u-law", "pcmu", "pcm_mulaw", "g711u"),
    "alaw": ("alaw", "a-law", "pcma", "pcm_alaw", "g711a"),
    "gsm": ("gsm",),
    "g722": ("g722", "g.722"),
    "l16": ("l16",),
}
ENCODINGS: Mapping[str, SampleType] = {name: kind for kind, names in _NAMES.items() for name in names}
"""What people call them: FFmpeg's names, NumPy's, and those of telephony."""
_SHOWN = "mulaw, alaw, g722, gsm, u8, s8, s16le, s16be, s24le, s32le, f32le and f64le"
_MEDIA_TYPES: Mapping[str, SampleType] = {
    "audio/basic": "mulaw",  # RFC 2046, 4.3
    "audio/pcmu": "mulaw",
    "audio/x-mulaw": "mulaw",
    "audio/mulaw": "mulaw",
    "audio/pcma": "alaw",
    "audio/x-alaw": "alaw",
    "audio/alaw": "alaw",
    "audio/g722": "g722",
    "audio/l16": "l16",
    "audio/l8": "uint8",
    "audio/l24": "int24",
    "audio/pcm": "int16",
    "audio/x-raw": "int16",
}
"""What may be uploaded without a header, by its media type; the others are containers, whose bytes say what it is."""
_MOST = 2**31 - 1
Count = Annotated[int, Meta(ge=-(2**31), le=_MOST)]
"""A rate in Hz, or a number of channels; what is none that a recorder makes is refused when the sound is decoded."""


class RawAudio(Checked, frozen=True, kw_only=True):
    """Samples already in memory: interleaved, as `SampleFormat` says."""

    data: bytes
    rate: Count
    channels: Count = 1
    sample_type: SampleType = "int16"

    @property
    def sample_format(self) -> SampleFormat:
        """What the samples are."""
        return SampleFormat(rate=self.rate, channels=self.channels, sample_type=self.sample_type)


class SampleFormat(Checked, frozen=True, kw_only=True):
    """What a file of bare samples, interleaved, holds; the rate is in Hz."""

    rate: Count
    channels: Count = 1
    sample_type: SampleType = "int16"


class StatedFormat(Struct, frozen=True, kw_only=True):
    """What a person says of a recording without a header: described here for every form and the command line."""

    encoding: Annotated[
        Annotated[str, Meta(max_length=50)] | None,
        described("Encoding", f"What a recording without a header holds: {_SHOWN}.", examples=["mulaw"]),
    ] = None
    rate: Annotated[
        Count | None,
        described("Rate", "Rate in Hz of a recording without a header; mulaw, alaw, g722 and gsm have a usual one."),
    ] = None
    channel_count: Annotated[
        Count | None,
        described("Channel count", "How many channels a recording without a header has; not given, one."),
    ] = None

    @property
    def sample_format(self) -> SampleFormat | None:
        """What they come to, as `stated_format` has it."""
        return stated_format(self.encoding, self.rate, self.channel_count)


def stated_format(encoding: str | None, rate: int | None, channels: int | None) -> SampleFormat | None:
    """Return what a person says of a recording without a header; None where they say nothing.

    Args:
        encoding: one of `ENCODINGS`; not given, 16-bit samples.
        rate: in Hz; not needed where the encoding has a usual one.
        channels: how many; not given, one.

    Raises:
        InvalidRequest: there is no such encoding, or the rate is missing; `field` names it.
    """
    if encoding is None and rate is None:
        if channels is None:
            return None
        raise _rate_missing()
    sample_type = _sample_type(encoding) if encoding is not None else "int16"
    rate = rate if rate is not None else RATES.get(sample_type)
    if rate is None:
        raise _rate_missing()
    if sample_type == "g722" and rate == G722_CLOCK:
        rate = RATES["g722"]
    return SampleFormat(rate=rate, channels=1 if channels is None else channels, sample_type=sample_type)


def format_of_media_type(media_type: str) -> SampleFormat | None:
    """Return what bytes of a media type hold, as `audio/L16;rate=16000;channels=1`; None where it does not say.

    That is also so where the type needs a rate and has none.
    """
    from email.message import Message  # which few ask for, and which brings a dozen modules

    header = Message()
    header["content-type"] = media_type
    sample_type = _MEDIA_TYPES.get(header.get_content_type())
    if sample_type is None:
        return None
    if header.get_param("endianness") == "little-endian" and sample_type == "l16":
        sample_type = "int16"
    rate, channels = _count(header.get_param("rate")), _count(header.get_param("channels"))
    if rate is None and sample_type not in RATES:
        return None
    return stated_format(sample_type, rate, channels)


def _count(text: object) -> int | None:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and int(text) <= _MOST else None


def _sample_type(encoding: str) -> SampleType:
    try:
        return ENCODINGS[encoding.strip().lower()]
    except KeyError:
        raise InvalidRequest(
            f"There is no encoding called {encoding[:50]!r}.", hint=f"Encodings are {_SHOWN}.", field="encoding"
        ) from None


def _rate_missing() -> InvalidRequest:
    return InvalidRequest(
        "Sound without a header does not say its rate.",
        hint="Give it in Hz: `--rate 16000`, or the field rate.",
        field="rate",
    )
