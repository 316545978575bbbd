"""The ways in: `decode` for files and PCM bytes, `decode_to` for long files, `resample` for arrays.

All end in one MonoWriter, which writes to memory or to a file.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orstt_core.audio.arrays import LABEL as ARRAY_LABEL
from orstt_core.audio.arrays import split_pair
from orstt_core.audio.bare import HEADERLESS, check_format, doubts, in_words, read_named, read_stated
from orstt_core.audio.blocks import Block, DecoderFailed, Reader, array_blocks
from orstt_core.audio.channels import OneChannel
from orstt_core.audio.excerpt import Excerpt, cut
from orstt_core.audio.ffmpeg import read_ffmpeg, read_one_track, read_track
from orstt_core.audio.joined import has_header, joined_parts, read_joined
from orstt_core.audio.mixdown import mix_down
from orstt_core.audio.mono import Limits, MonoWriter, check_rate
from orstt_core.audio.sndfile import SOUNDFILE_MAGIC, WAVE64, read_soundfile
from orstt_core.audio.tracks import OneTrack, no_such_track
from orstt_core.errors import AudioEmpty, AudioUnreadable, FileProblem, TooLarge
from orstt_core.text import printable
from orstt_core.types import RawAudio, SampleFormat
from orstt_core.units import SAMPLE_RATE

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


def decode(source: str | Path | RawAudio, *, max_seconds: float, name: str = "") -> Sound:
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
    if not isinstance(source, RawAudio):
        source = Path(source)
    label = shown_name(name if name or isinstance(source, RawAudio) else source.name)
    limits = Limits(seconds=max_seconds)
    try:
        if isinstance(source, RawAudio):
            data, layout = io.BytesIO(source.data), source.sample_format
            return _in_memory(lambda sink: _decode(data, sink, limits, label, layout))
        with _opened(source, name) as file:
            return _in_memory(lambda sink: _decode(file, sink, limits, label))
    except MemoryError as error:
        raise TooLarge(f"{label} does not fit in this machine's memory.", hint="Cut it into parts.") from error


def decode_to(
    sink: BinaryIO,
    path: str | Path,
    *,
    limits: Limits,
    name: str = "",
    sample_format: SampleFormat | None = None,
    channel: OneChannel | None = None,
    track: int | OneTrack | None = None,
    excerpt: Excerpt | None = None,
) -> tuple[int, list[str]]:
    """Write the sound of a file as bare float32 mono samples at 16 kHz, whose number and warnings are returned.

    However long the recording is, this takes a few MiB of memory.

    Args:
        sink: where the samples go, open for reading and writing; what it held is gone.
        path: a file in any of the usual formats.
        limits: enforced while decoding.
        name: as for `decode`.
        sample_format: set where the file is bare samples.
        channel: takes the place of the mix of all channels, and knows of them afterwards.
        track: number of the sound track, from 1 on, or one that knows of the others afterwards; None is the one that
            players choose.
        excerpt: the part of it to write; None is all.

    Raises:
        FileProblem, AudioEmpty, AudioUnreadable, TooLarge: as `decode`.
        InvalidRequest: it ends before the excerpt begins.
        OSError: the sink takes no more.
        MemoryError: a decoder wants more memory than there is.
    """
    path = Path(path)
    with _opened(path, name) as file:
        return _decode(file, sink, limits, shown_name(name or path.name), sample_format, channel, track, excerpt)


def check_file(path: str | Path) -> None:
    """Make sure that a recording is there and may be read, before anything is started for it.

    Raises:
        FileProblem: the file is missing, not a regular file, or may not be read.
    """
    _open(Path(path), str(path)).close()


def resample(audio: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
    """Return `(rate in Hz, samples)` as float32 mono at 16 kHz, shape (n,).

    Samples have shape (n,) or (n, channels), also (channels, n) where it is plain, of int8, uint8, int16,
    int32, float32 or float64. Floats beyond [-1, 1] are divided by their peak.

    Raises:
        AudioEmpty: there are no samples.
        AudioUnreadable: a rate, dtype, shape or value that cannot be sound, or the pair is swapped.
    """
    rate, samples = split_pair(audio)
    blocks = array_blocks(check_rate(rate, ARRAY_LABEL), samples, ARRAY_LABEL)
    return _in_memory(lambda sink: _write(blocks, sink, Limits(), ARRAY_LABEL)).samples


def _in_memory(write: Callable[[BinaryIO], tuple[int, list[str]]]) -> Sound:
    import numpy as np

    sink = io.BytesIO()
    _, warnings = write(sink)
    return Sound(np.frombuffer(sink.getbuffer(), np.float32), warnings)


def _decode(
    file: BinaryIO,
    sink: BinaryIO,
    limits: Limits,
    label: str,
    sample_format: SampleFormat | None = None,
    channel: OneChannel | None = None,
    track: int | OneTrack | None = None,
    excerpt: Excerpt | None = None,
) -> tuple[int, list[str]]:
    known: list[str] = []
    if sample_format:
        readers = _stated_readers(file, sample_format, label, track, known)
    elif os.fstat(file.fileno()).st_size:
        readers = _readers(file, label, track)
    else:
        raise AudioEmpty(f"{label} is empty: it has no bytes.")
    failure: DecoderFailed | None = None
    for read in readers:
        warnings = [*known]
        try:
            samples, more = _write(cut(read(file, warnings), excerpt, label), sink, limits, label, channel)
        except DecoderFailed as error:
            failure = error
        else:
            return samples, [*warnings, *more]
    raise AudioUnreadable(
        f"{label} is not audio that can be read, or it is too damaged.",
        hint="Known are wav, flac, ogg, opus, mp3, m4a, aac, aiff, webm, wma, mpg, flv and more; "
        "what has no header needs its encoding and rate beside it.",
    ) from failure


def _readers(file: BinaryIO, label: str, track: int | OneTrack | None) -> list[Reader]:
    suffix = Path(label).suffix.lower()
    if isinstance(track, OneTrack):
        container: Reader = partial(read_one_track, track)
    else:
        container = partial(read_track, track, label) if track else read_ffmpeg
    other = _is_other(track)
    if (magic := os.pread(file.fileno(), 4, 0)) in SOUNDFILE_MAGIC:  # whatever it is called
        # Of Wave64 libsndfile takes for sound what comes after it, but knows one without any.
        both = [container, read_soundfile] if magic == WAVE64 else [read_soundfile, container]
        return _joined_readers(file, [container] if other else both)
    if suffix not in HEADERLESS or has_header(file):
        return _joined_readers(file, [container])
    _refuse_other(label, track)
    return [partial(read_named, suffix, label)]


def _is_other(track: int | OneTrack | None) -> bool:
    return isinstance(track, OneTrack) or bool(track and track > 1)


def _refuse_other(label: str, track: int | OneTrack | None) -> None:
    """Refuse a second track of what can have only one."""
    if isinstance(track, int) and track > 1:
        raise no_such_track(label, track, [])


def _joined_readers(file: BinaryIO, readers: list[Reader]) -> list[Reader]:
    """Return the readers of what may be several recordings that were joined."""
    parts = joined_parts(file)
    joined: list[Reader] = [partial(_read_parts, parts, read) for read in readers]
    if len(parts) == 1:
        return joined
    # What looked like a beginning may be none, so that no part is readable.
    return [*joined, partial(_read_parts, parts, readers[-1], tolerant=True), readers[-1]]


def _read_parts(
    parts: list[BinaryIO], read: Reader, _: BinaryIO, warnings: list[str], *, tolerant: bool = False
) -> Iterator[Block]:
    return read_joined(parts, read, warnings, tolerant=tolerant)


def _stated_readers(
    file: BinaryIO, layout: SampleFormat, label: str, track: int | OneTrack | None, warnings: list[str]
) -> list[Reader]:
    """Return what reads a file that somebody says is bare samples; its own header goes before."""
    check_format(layout, label)
    if not isinstance(file, io.BytesIO) and has_header(file):
        warnings.append(f"The file has a header, which says what it holds: it was not read as {in_words(layout)}.")
        return _readers(file, NAMELESS, track)
    _refuse_other(label, track)
    if doubt := doubts(layout, file):
        warnings.append(f"Read as {in_words(layout)}, as was stated, it is {doubt}.")
    return [partial(read_stated, layout, label)]


def _write(
    blocks: Iterable[Block], sink: BinaryIO, limits: Limits, label: str, channel: OneChannel | None = None
) -> tuple[int, list[str]]:
    # A reader that failed half way has left its part.
    sink.seek(0)
    sink.truncate()
    if channel:
        channel.restart()
    writer = MonoWriter(sink, limits, label, channel or mix_down)
    for block in blocks:
        writer.add(block)
    return writer.finish()


def _opened(path: Path, name: str) -> BinaryIO:
    # Where there is no other name, a person typed the path: it shows as they did.
    return _open(path, shown_name(name) if name else str(path))


def _open(path: Path, shown: str) -> BinaryIO:
    """Open a regular file; anything else (a pipe, a device) could wait for ever or do things when opened."""
    shown = printable(shown)
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


def shown_name(name: str) -> str:
    """Return what messages call a recording: the name's last part, for an upload's may hold folders of its sender.

    Of a very long one the end, where its suffix is, and most often what tells it from others.
    """
    return printable(re.split(r"[/\\]", name)[-1])[-LONGEST_LABEL:] or NAMELESS
