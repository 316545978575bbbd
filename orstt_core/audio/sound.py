"""The two ways in: `decode` for files and PCM bytes, `resample` for arrays. Both end in one MonoBuffer."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orstt_core.audio.blocks import FULL_SCALE, Block, DecoderFailed, Reader, array_blocks
from orstt_core.audio.ffmpeg import read_ffmpeg
from orstt_core.audio.mono import SAMPLE_RATE, MonoBuffer, check_rate
from orstt_core.audio.sndfile import HEADERLESS, SOUNDFILE_MAGIC, read_headerless, read_soundfile
from orstt_core.errors import AudioEmpty, AudioUnreadable, FileProblem, TooLarge
from orstt_core.types import RawAudio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMELESS = "The recording"
LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A decoded recording.

    Attributes:
        samples: float32 mono at 16 kHz within [-1, 1], shape (n,).
        warnings: what a person should know, each a sentence.
    """

    samples: NDArray[np.float32]
    warnings: list[str] = field(default_factory=list)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def decode(source: Path | RawAudio, *, max_seconds: float, name: str = "") -> Sound:
    """Return the sound of a file or of PCM in memory.

    Args:
        source: a file in any of the usual formats, or samples with their rate.
        max_seconds: the longest recording that is accepted, enforced while decoding.
        name: what the recording is called, where that is not the file's own name (an upload). Its ending
            counts where a format has no header. Messages show no more than its last part.

    Raises:
        FileProblem: the file is missing, not a regular file, or may not be read.
        AudioEmpty: no bytes, no samples, or a video without sound.
        AudioUnreadable: not audio, or too damaged.
        TooLarge: longer than the limit, or than the memory holds.
    """
    try:
        if isinstance(source, RawAudio):
            label = _label(name)
            return _decode_raw(source, max_seconds, label)
        label = _label(name or source.name)
        # Where there is no other name, a person typed the path: it shows as they did.
        with _open(source, label if name else str(source)) as file:
            return _decode_file(file, max_seconds, label)
    except MemoryError as error:
        raise TooLarge(f"{label} does not fit in this machine's memory.", hint="Cut it into parts.") from error


def check_file(path: Path) -> None:
    """Make sure that a recording is there and may be read, before anything is started for it.

    Raises:
        FileProblem: the file is missing, not a regular file, or may not be read.
    """
    _open(path, str(path)).close()


def resample(audio: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
    """Return `(rate in Hz, samples)` as float32 mono at 16 kHz, shape (n,).

    Samples have shape (n,) or (n, channels), also (channels, n) where it is plain, of int8, uint8, int16,
    int32, float32 or float64. Floats beyond [-1, 1] are divided by their peak.

    Raises:
        AudioEmpty: there are no samples.
        AudioUnreadable: a rate, dtype, shape or value that cannot be sound.
    """
    label = "The audio"
    try:
        rate, samples = audio
    except (TypeError, ValueError) as error:
        raise AudioUnreadable(f"{label} must be a pair: rate in Hz, samples.") from error
    blocks = array_blocks(check_rate(rate, label), samples, label)
    return _collect(blocks, MonoBuffer(float("inf"), label), []).samples


def _decode_raw(source: RawAudio, max_seconds: float, label: str) -> Sound:
    import numpy as np

    if source.sample_type not in FULL_SCALE or source.channels < 1:
        raise AudioUnreadable(f"{label} has {source.channels} channels of {source.sample_type!r}, which is no sound.")
    kind = np.dtype(source.sample_type).newbyteorder("<")
    excess = len(source.data) % (kind.itemsize * source.channels)
    warnings = ["The last sample is incomplete; it seems to be cut off."] if excess else []
    values = np.frombuffer(source.data, kind, count=(len(source.data) - excess) // kind.itemsize)
    blocks = array_blocks(check_rate(source.rate, label), values.reshape(-1, source.channels), label)
    return _collect(blocks, MonoBuffer(max_seconds, label), warnings)


def _decode_file(file: BinaryIO, max_seconds: float, label: str) -> Sound:
    failure: DecoderFailed | None = None
    if not os.fstat(file.fileno()).st_size:
        raise AudioEmpty(f"{label} is empty: it has no bytes.")
    for read in _readers(file, Path(label).suffix.lower()):
        warnings: list[str] = []
        try:
            return _collect(read(file, warnings), MonoBuffer(max_seconds, label), warnings)
        except DecoderFailed as error:
            failure = error
    raise AudioUnreadable(
        f"{label} is not audio that can be read, or it is too damaged.",
        hint="Known are wav, flac, ogg, opus, mp3, m4a, aac, aiff, webm, wma and more; headerless PCM ends in .raw.",
    ) from failure


def _readers(file: BinaryIO, suffix: str) -> list[Reader]:
    if suffix in HEADERLESS:
        return [partial(read_headerless, suffix)]
    known = os.pread(file.fileno(), 4, 0) in SOUNDFILE_MAGIC
    return [read_soundfile, read_ffmpeg] if known else [read_ffmpeg]


def _collect(blocks: Iterable[Block], buffer: MonoBuffer, warnings: list[str]) -> Sound:
    for rate, block in blocks:
        buffer.add(rate, block)
    samples, more = buffer.finish()
    return Sound(samples, [*warnings, *more])


def _open(path: Path, shown: str) -> BinaryIO:
    """Open a regular file; anything else (a pipe, a device) could wait for ever or do things when opened."""
    shown = _printable(shown)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            # The descriptor instead of the path: what reads it must not learn the name.
            return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb", buffering=0)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileProblem(f"{shown} cannot be read: {reason}.") from error
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    raise FileProblem(f"{shown} cannot be read: it is {kind}.", hint="Give the name of a recording.")


def _label(name: str) -> str:
    """Return the last part of a name: an upload's may hold folders of its sender."""
    return _printable(re.split(r"[/\\]", name)[-1])[:LONGEST_LABEL] or NAMELESS


def _printable(text: str) -> str:
    """Return the text without control codes, which a terminal would obey, and without undecodable bytes."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
