"""Reads files with libsndfile, by their descriptor: it sees no name and opens nothing else."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from orstt_core.audio.blocks import BLOCK_VALUES, Block, DecoderFailed
from orstt_core.audio.ffmpeg import stated_speakers
from orstt_core.audio.joined import Part
from orstt_core.audio.mixdown import VORBIS
from orstt_core.types.sample_format import MAX_CHANNELS

if TYPE_CHECKING:
    import soundfile

WAVE64 = b"riff"
SOUNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", WAVE64, b"FORM", b"fLaC", b"OggS", b"caff", b".snd", b"NIST")
"""How files begin that libsndfile gets: WAV in four forms, AIFF, FLAC, Ogg, CAF, AU and NIST SPHERE.

MP3 is not among them: where a file is cut, libsndfile makes up the missing part as silence, and its decoder
writes complaints to standard error, across the screen of a terminal program.
"""
STEREO = 2


def read_soundfile(file: BinaryIO, _: list[str]) -> Iterator[Block]:
    """Yield the blocks of a file with one of the beginnings above."""
    yield from _blocks(file if isinstance(file, Part) else file.fileno(), file)


def read_bare_soundfile(subtype: str, rate: int, channels: int, file: BinaryIO) -> Iterator[Block]:
    """Yield the blocks of a file without a header.

    Args:
        subtype: libsndfile's name of its encoding.
        rate: in Hz.
        channels: how many.
        file: on disk or in memory.
    """
    endian = "LITTLE" if subtype.startswith("PCM") else "FILE"
    part = io.BytesIO(file.getbuffer()) if isinstance(file, io.BytesIO) else file.fileno()
    yield from _blocks(part, file, format="RAW", subtype=subtype, samplerate=rate, channels=channels, endian=endian)


def _blocks(part: int | Part | io.BytesIO, file: BinaryIO, **layout: Any) -> Iterator[Block]:
    import soundfile

    if isinstance(part, int):
        os.lseek(part, 0, os.SEEK_SET)
    try:
        with soundfile.SoundFile(part, closefd=False, **layout) as sound:
            # A WAV file may hold MP3, see above; and what has more channels is left to be refused as it is read.
            if sound.subtype.startswith("MPEG"):
                raise DecoderFailed("MP3 in a WAV file")
            step = BLOCK_VALUES // min(sound.channels, MAX_CHANNELS + 1)
            block = sound.read(step, dtype="float32", always_2d=True)
            if not len(block) and sound.format == "WAV":
                # A recorder that was killed leaves a size of 0 in the header: FFmpeg reads on to the file's end.
                raise DecoderFailed("no samples")
            speakers = _speakers(sound, file)
            while len(block):
                yield Block(sound.samplerate, block, speakers)
                block = sound.read(step, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise DecoderFailed(str(error)) from error


def _speakers(sound: soundfile.SoundFile, file: BinaryIO) -> tuple[str, ...]:
    if sound.channels <= STEREO:
        return ()
    return VORBIS.get(sound.channels, ()) if sound.format == "OGG" else stated_speakers(file)
