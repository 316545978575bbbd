"""Reads sound without a header, whose encoding, rate and channels somebody states or its name tells."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from orstt_core.audio.blocks import BLOCK_VALUES, Block, DecoderFailed, to_float
from orstt_core.audio.extent import CUT_OFF
from orstt_core.audio.ffmpeg import read_g722
from orstt_core.audio.mono import MAX_SAMPLE, is_sound
from orstt_core.audio.sndfile import read_bare_soundfile
from orstt_core.errors import AudioUnreadable
from orstt_core.types import SampleFormat, SampleType
from orstt_core.types.sample_format import MAX_CHANNELS, MAX_RATE, MIN_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DTYPES: Mapping[SampleType, str] = {
    "int8": "i1",
    "uint8": "u1",
    "int16": "<i2",
    "int16be": ">i2",
    "int32": "<i4",
    "float32": "<f4",
    "float64": "<f8",
}
_SUBTYPES: Mapping[SampleType, str] = {"mulaw": "ULAW", "alaw": "ALAW", "gsm": "GSM610", "int24": "PCM_24"}
"""libsndfile's names of what NumPy has no type for."""
_BYTES: Mapping[SampleType, int] = {"gsm": 33, "int24": 3}
"""Of a frame of these encodings; of others one."""
_MONO = ("gsm", "g722")
INCOMPLETE = f"The last sample is incomplete; {CUT_OFF}"
HEADERLESS: Mapping[str, SampleFormat] = {
    **dict.fromkeys((".raw", ".pcm", ".sln16"), SampleFormat(rate=16_000)),
    ".sln": SampleFormat(rate=8_000),
    ".gsm": SampleFormat(rate=8_000, sample_type="gsm"),
    ".g722": SampleFormat(rate=16_000, sample_type="g722"),
    **dict.fromkeys((".ul", ".ulaw", ".mulaw", ".pcmu"), SampleFormat(rate=8_000, sample_type="mulaw")),
    **dict.fromkeys((".al", ".alaw", ".pcma"), SampleFormat(rate=8_000, sample_type="alaw")),
}
"""What a file without any header holds, as far as its name tells; `.sln` is Asterisk's."""
_WORDS: Mapping[SampleType, str] = {"int16": "16-bit", "mulaw": "mu-law", "alaw": "A-law", "g722": "G.722"}

_ENDIANS: tuple[SampleType, SampleType] = ("int16be", "int16")

PIECES, PIECE_BYTES = 8, 63_360
"""How much is looked at, spread over the file; the size is a whole number of frames of every encoding."""
LOUD = 0.05
"""The level (RMS) from which the look decides: what is quiet may well be the hiss of an empty room."""
LEAST_CORRELATION = 0.3
"""Of neighbouring samples. Speech of 44 recordings at 8 and 16 kHz had 0.56 or more, misread bytes mostly below 0.3."""
BETTER_BY = 0.1
"""By how much another encoding must be the smoother one; of what was read rightly it never was."""
_OTHERS: tuple[SampleType, ...] = ("int16", "int16be", "mulaw", "alaw", "uint8")


def check_format(layout: SampleFormat, label: str) -> None:
    """Refuse a layout that no recording has; `label` begins the message.

    Raises:
        AudioUnreadable: names what is wrong.
    """
    if not 1 <= layout.channels <= (1 if layout.sample_type in _MONO else MAX_CHANNELS):
        raise AudioUnreadable(
            f"{label} has {layout.channels} channels of {layout.sample_type!r}, which is no sound.",
            hint=f"1 to {MAX_CHANNELS} channels can be read, of gsm and g722 one.",
        )
    if not MIN_RATE <= layout.rate <= MAX_RATE:
        raise AudioUnreadable(
            f"{label} cannot have {layout.rate} samples a second, as was stated: {MIN_RATE} to {MAX_RATE} can be read.",
            hint="Mend `--rate`, or the field rate: it is in Hz.",
        )


def read_bare(layout: SampleFormat, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of a file of interleaved samples; the layout was checked."""
    if layout.sample_type == "l16":
        layout = _endian(layout, file)
    if layout.sample_type == "g722":
        yield from (block._replace(rate=layout.rate) for block in read_g722(file))
    elif layout.sample_type in _DTYPES:
        yield from _numbers(layout, file, warnings)
    else:
        yield from read_bare_soundfile(_SUBTYPES[layout.sample_type], layout.rate, layout.channels, file)
        if file.seek(0, os.SEEK_END) % (_BYTES.get(layout.sample_type, 1) * layout.channels):
            warnings.append(INCOMPLETE)


def read_stated(layout: SampleFormat, label: str, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of a file that somebody says is bare samples; the layout was checked.

    Raises:
        AudioUnreadable: read so it is no sound.
    """
    for block in read_bare(layout, file, warnings):
        if block.samples.size and not is_sound(float(block.samples.max()), float(block.samples.min())):
            raise AudioUnreadable(
                f"{label} cannot be {in_words(layout)}, as was stated: "
                "it would hold NaN, or values beyond all measure.",
                hint="Check its encoding: `--encoding s16le`, or the field encoding. If it is right, export it again.",
            )
        yield block


def read_named(suffix: str, label: str, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of a file without a header, taken for what its suffix says.

    Raises:
        AudioUnreadable: it does not sound like that.
    """
    layout = HEADERLESS[suffix]
    if doubt := doubts(layout, file):
        raise AudioUnreadable(
            f"{label} has no header, and read as {in_words(layout)}, as its name says, it is {doubt}.",
            hint="State its encoding and rate, for example s16le and 8000.",
        )
    if layout.sample_type != "gsm":
        warnings.append(f"A {suffix} file does not say what it holds: it was read as {in_words(layout)}.")
    yield from read_bare(layout, file, warnings)


def in_words(layout: SampleFormat) -> str:
    """Return a layout as a person says it."""
    kind = _WORDS.get(layout.sample_type, layout.sample_type)
    channels = "mono" if layout.channels == 1 else f"{layout.channels} channels"
    return f"{layout.rate / 1000:g} kHz, {kind}, {channels}"


def doubts(layout: SampleFormat, file: BinaryIO) -> str:
    """Return what a file sounds like in place of what it is said to hold; empty: it may well hold that."""
    pieces = _pieces(file)
    correlation, level = _smoothness(layout, pieces)
    if level < LOUD:
        return ""
    others = {
        kind: _smoothness(SampleFormat(rate=layout.rate, channels=layout.channels, sample_type=kind), pieces)[0]
        for kind in _OTHERS
        if kind != layout.sample_type
    }
    best = max(others, key=others.__getitem__)
    if layout.sample_type in _OTHERS and others[best] > max(correlation, 0.5) + BETTER_BY:
        return f"more like {_WORDS.get(best, best)}"
    return "like noise" if correlation < LEAST_CORRELATION else ""


def _endian(layout: SampleFormat, file: BinaryIO) -> SampleFormat:
    pieces = _pieces(file)
    big, little = (SampleFormat(rate=layout.rate, channels=layout.channels, sample_type=kind) for kind in _ENDIANS)
    swapped = _smoothness(little, pieces)[0] > _smoothness(big, pieces)[0] + BETTER_BY
    return little if swapped else big


def _pieces(file: BinaryIO) -> bytes:
    """Return pieces of a file from all over it, and leave it at its beginning."""
    size = file.seek(0, os.SEEK_END)
    parts = []
    for number in range(PIECES):
        start = size * number // PIECES
        file.seek(start - start % PIECE_BYTES)
        if number == 0 or start >= PIECE_BYTES:
            parts.append(file.read(PIECE_BYTES))
    file.seek(0)
    return b"".join(parts)


def _smoothness(layout: SampleFormat, data: bytes) -> tuple[float, float]:
    """Return how alike neighbouring samples are (1: the same, 0: noise), and the level (RMS), of bytes so read."""
    import numpy as np

    if layout.sample_type == "l16":
        return max(_smoothness(SampleFormat(rate=layout.rate, sample_type=kind), data) for kind in _ENDIANS)
    alike = energy = 0.0
    values = 0
    try:
        for block in read_bare(layout, io.BytesIO(data), []):
            samples: NDArray[np.float64] = np.nan_to_num(block.samples.astype(np.float64), posinf=0, neginf=0)
            samples.clip(-MAX_SAMPLE, MAX_SAMPLE, out=samples)
            # Bytes around 128 that are read as something else stay away from zero, all alike.
            samples -= samples.sum() / max(1, samples.size)
            alike += float(np.vdot(samples[1:], samples[:-1]))
            energy += float(np.vdot(samples, samples))
            values += samples.size
    except DecoderFailed:
        return 0.0, 1.0
    return (alike / energy, (energy / values) ** 0.5) if energy else (1.0, 0.0)


def _numbers(layout: SampleFormat, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    import numpy as np

    kind = np.dtype(_DTYPES[layout.sample_type])
    frame = kind.itemsize * layout.channels
    step = BLOCK_VALUES // layout.channels * frame
    rest = b""
    file.seek(0)
    while data := file.read(step):
        data = rest + data  # a read may end anywhere, also within a frame
        whole = len(data) - len(data) % frame
        rest = data[whole:]
        yield Block(layout.rate, to_float(np.frombuffer(data[:whole], kind).reshape(-1, layout.channels)))
    if rest:
        warnings.append(INCOMPLETE)
