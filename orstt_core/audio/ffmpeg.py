"""Reads files with FFmpeg, through PyAV: what libsndfile does not know.

FFmpeg is trusted with no more than it needs: the containers listed here, audio decoders only, an open file
without a name, and no way to open another file or address that the file mentions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from orstt_core.audio.blocks import Block, DecoderFailed
from orstt_core.audio.channels import SILENT
from orstt_core.audio.mixdown import UNSTATED
from orstt_core.audio.packets import PacketLog
from orstt_core.audio.player_clock import PlayerClock
from orstt_core.audio.tracks import OneTrack, asked_track, chosen_track
from orstt_core.errors import OrsttError

if TYPE_CHECKING:
    from av import AudioFrame, AudioLayout, AudioResampler, AudioStream, Packet
    from av.container import InputContainer

DEMUXERS = "aac,ac3,aiff,amr,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,voc,w64,wav,wv"
"""FFmpeg's names of containers; `mpeg` is that of program streams and VOB.

No playlists: those make it open other files. No IAMF: its parser had memory faults.
"""
GUESSED_DURATION = frozenset({"aac", "ac3", "amr", "asf", "avi", "eac3", "flv", "mp3", "mpeg", "mpegts", "voc", "w64"})
"""Containers that state no duration; FFmpeg guesses it from the bit rate."""
JOINED_SAMPLES = 16_384
"""How many samples of each channel make a block."""
UNKNOWN_SPEAKER = "NONE"
"""FFmpeg's name of a channel that may be for anything."""
MOST_SEARCHES = 1 << 16
"""How often FFmpeg is to look for the next packet of MPEG-TS after it gave up, which it does every 64 KiB."""


def read_ffmpeg(file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of the file's best sound track; nothing if it is a video without one."""
    with _opened(file) as container:
        track = chosen_track(container, lambda track: _is_silent(file, track), warnings)
        yield from _blocks(container, track, warnings)


def read_track(number: int, label: str, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of one sound track, by its number from 1 on.

    Raises:
        AudioUnreadable: there is none of that number, or it cannot be decoded.
    """
    with _opened(file) as container:
        yield from _blocks(container, asked_track(container, number, label), warnings)


def read_one_track(one: OneTrack, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of one sound track of those that are to be transcribed each by itself."""
    with _opened(file) as container:
        track = one.choose(container, lambda track: _is_silent(file, track))
        yield from _blocks(container, track, warnings)


def read_g722(file: BinaryIO) -> Iterator[Block]:
    """Yield the blocks of a file of G.722 at 64 kbit/s, which has no header."""
    with _opened(file, "g722") as container:
        yield from _blocks(container, container.streams.audio[0], [])


def stated_speakers(file: BinaryIO) -> tuple[str, ...]:
    """Return FFmpeg's names of what the channels of a file are for; empty where that is not known.

    The file's place stays what it was.
    """
    place = file.tell()
    try:
        with _opened(file) as container:
            stream = next(iter(container.streams.audio), None)
            return _speakers(stream.layout) if stream else ()
    except DecoderFailed:
        return ()
    finally:
        file.seek(place)


def _is_silent(file: BinaryIO, track: AudioStream) -> bool:
    """Look through a track until there is sound; the file's place stays what it was."""
    place = file.tell()
    try:
        with _opened(file) as container:
            interleave = _Interleave()
            (same,) = (each for each in container.streams.audio if each.index == track.index)
            frames = _decoded(container, same, PacketLog(same, container.format.name))
            blocks = chain((block for frame in frames for block in interleave(frame)), interleave.rest())
            return not any(abs(block.samples).max() >= SILENT for block in blocks)
    finally:
        file.seek(place)


@contextmanager
def _opened(file: BinaryIO, demuxer: str = "") -> Iterator[InputContainer]:
    import av

    options = {
        "format_whitelist": demuxer or DEMUXERS,
        "codec_whitelist": _audio_decoders(),
        "protocol_whitelist": "none",
    }
    try:
        # PyAV drops FFmpeg's own messages unless a program asks for them, so none reach the screen.
        with av.open(_Input(file), "r", format=demuxer or None, options=options, metadata_errors="ignore") as container:
            yield container
    except (DecoderFailed, OrsttError, MemoryError):
        raise
    except Exception as error:  # bit flips made PyAV raise FFmpegError, OSError, ValueError and IndexError
        raise DecoderFailed(f"{type(error).__name__}: {error}") from error


class _Input:
    """The file as FFmpeg sees it: no name, and a seek that cannot raise.

    Damaged files send FFmpeg to impossible places, and PyAV prints to standard error what several such seeks raise.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self.read = file.read
        self.tell = file.tell

    def seek(self, offset: int, whence: int) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError:
            return -1  # what C's lseek returns; FFmpeg takes it for an error


@cache
def _audio_decoders() -> str:
    """FFmpeg's names of its audio decoders. Without the list it decodes pictures too, to learn about a video."""
    import av

    names = []
    for name in sorted(av.codecs_available):
        try:
            codec = av.Codec(name, "r")
        except ValueError:  # this one only encodes
            continue
        if codec.type == "audio":
            names.append(name)
    return ",".join(names)


def _blocks(container: InputContainer, stream: AudioStream | None, warnings: list[str]) -> Iterator[Block]:
    if stream is None:
        if container.streams.video and not container.streams.audio:
            return
        raise DecoderFailed("no usable stream")
    seconds = 0.0
    clock, interleave = PlayerClock(container), _Interleave()
    log = PacketLog(stream, container.format.name)
    for frame in _decoded(container, stream, log):
        if silence := clock.silence_before(frame):
            yield from interleave.rest()
            yield from _silence(silence, frame)
        seconds += frame.samples / frame.sample_rate + (silence if seconds else 0.0)
        yield from interleave(frame)
    yield from interleave.rest()
    stated = _stated_seconds(container, stream)
    if not seconds and (log.any_failed or stated):
        raise DecoderFailed(f"nothing of {stated:.1f} s could be decoded")
    warnings += log.notes(seconds, stated)


def _silence(seconds: float, frame: AudioFrame) -> Iterator[Block]:
    import numpy as np

    missing = round(seconds * frame.sample_rate)
    while missing > 0:
        samples = min(missing, JOINED_SAMPLES)
        yield Block(frame.sample_rate, np.zeros((samples, frame.layout.nb_channels), np.float32))
        missing -= samples


def _decoded(container: InputContainer, stream: AudioStream, log: PacketLog) -> Iterator[AudioFrame]:
    """Yield the frames of all packets; the log is told of those that cannot be decoded: others may follow."""
    import av

    for packet in _packets(container, stream, log):
        if log.is_empty(packet):
            continue
        try:
            frames = packet.decode()
        except MemoryError:
            raise
        except av.FFmpegError:
            log.failed(packet)
        else:
            log.decoded(packet)
            yield from frames


def _packets(container: InputContainer, stream: AudioStream, log: PacketLog) -> Iterator[Packet[AudioStream]]:
    import av

    for _ in range(MOST_SEARCHES):
        try:
            yield from container.demux(stream)
        except MemoryError:
            raise
        except av.BlockingIOError:  # there was nothing but padding for a while
            continue
        except av.FFmpegError:
            log.failed(None)
        return


def _stated_seconds(container: InputContainer, stream: AudioStream) -> float:
    """What the file says of its length in seconds; 0 where it does not."""
    if container.format.name in GUESSED_DURATION:
        return 0.0
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # The container's duration may be that of a longer video.
    only_audio = len(container.streams) == len(container.streams.audio) == 1
    return (container.duration or 0) / 1e6 if only_audio else 0.0


class _Interleave:
    """Turns frames of whatever size and sample format into blocks.

    `AudioFrame.to_ndarray` cannot be used on the decoder's own frames: with eight channels, each in a plane of
    its own, PyAV 18 reads past the list of planes and the process dies. Interleaved frames have one plane.
    """

    def __init__(self) -> None:
        self._kind: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def __call__(self, frame: AudioFrame) -> Iterator[Block]:
        import av

        resampler, kind = self._resampler, (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or kind != self._kind:  # the first frame, or a stream that changes on its way
            yield from self.rest()
            # Frames can be as small as one sample; joined, they cost no more than others.
            resampler = av.AudioResampler(format="flt", frame_size=JOINED_SAMPLES)
            self._resampler, self._kind = resampler, kind
        yield from map(_as_block, resampler.resample(frame))

    def rest(self) -> Iterator[Block]:
        """Yield what still waits for a block to be full."""
        if self._resampler:
            yield from map(_as_block, self._resampler.resample(None))
        self._resampler = None


def _as_block(frame: AudioFrame) -> Block:
    import numpy as np

    samples = np.asarray(frame.to_ndarray(), np.float32)
    return Block(frame.sample_rate, samples.reshape(-1, frame.layout.nb_channels), _speakers(frame.layout))


def _speakers(layout: AudioLayout) -> tuple[str, ...]:
    names = tuple(channel.name for channel in layout.channels)
    return UNSTATED.get(len(names), ()) if UNKNOWN_SPEAKER in names else names
