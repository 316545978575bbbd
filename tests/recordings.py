"""Makes recordings of a tone in every container: real files, written by libsndfile and FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile
from av.stream import Disposition
from numpy.typing import NDArray

TONE = 440.0
LEVEL = 0.3
SECONDS = 2.0


def tone(rate: int, seconds: float = SECONDS, frequency: float = TONE, level: float = LEVEL) -> NDArray[np.float32]:
    """A sine of that frequency (Hz) and peak level, shape (n,)."""
    times = np.arange(round(rate * seconds)) / rate
    return (level * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


def dominant_frequency(samples: NDArray[np.float32], rate: int = 16_000) -> float:
    """The strongest frequency in Hz, leaving out the ends, where encoders fade."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.fft.rfftfreq(len(middle), 1 / rate)[spectrum.argmax()])


def level(samples: NDArray[np.float32]) -> float:
    """The peak level of a sine with this energy, leaving out the ends."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return float(np.sqrt(2 * np.mean(middle.astype(np.float64) ** 2)))


def write(path: Path, rate: int = 16_000, subtype: str | None = None, channels: int = 1, **kind: str) -> Path:
    """Write the tone with libsndfile."""
    soundfile.write(path, np.repeat(tone(rate)[:, None], channels, axis=1), rate, subtype=subtype, **kind)
    return path


def encode(
    path: Path, codec: str, rate: int, *, layout: str = "mono", container: str | None = None, **options: str
) -> Path:
    """Write the tone with FFmpeg, the same on all channels."""
    channels = av.AudioLayout(layout).nb_channels
    interleaved = np.repeat(tone(rate), channels)[None, :]
    frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
    frame.rate = rate
    with av.open(path, "w", format=container, container_options=options) as output:
        stream = output.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        stream.bit_rate = 64_000 * channels
        convert = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or 1024)
        for converted in [*convert.resample(frame), *convert.resample(None)]:
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    return path


def video(
    path: Path, *tracks: NDArray[np.float32], late: float = 0.0, gap: float = 0.0, titles: tuple[str, ...] = ()
) -> Path:
    """Write black pictures for as long as the sound lasts, with tracks of 44.1 kHz that begin some seconds late.

    In the middle their clock jumps by the gap. The last of the titles is that of the default track; all are German.
    """
    with av.open(path, "w") as output:
        pictures = output.add_stream("mpeg4", rate=25)
        pictures.width, pictures.height = 64, 64
        streams = [output.add_stream("aac", rate=44_100, layout="mono") for _ in tracks]
        for stream, title in zip(streams, titles, strict=False):
            stream.metadata.update(title=title, language="ger")
            stream.disposition = Disposition.default if title == titles[-1] else Disposition(0)
        for number in range(round(25 * (late + min(max(0.0, gap), 5.0) + SECONDS))):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            picture.pts = number
            output.mux(pictures.encode(picture))
        output.mux(pictures.encode(None))
        for stream, samples in zip(streams, tracks, strict=True):
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
            frame.rate = 44_100
            frame.pts = round(late * 44_100)
            convert = av.AudioResampler(stream.format, "mono", 44_100, frame_size=1024)
            for converted in [*convert.resample(frame), *convert.resample(None)]:
                if converted.pts >= (late + SECONDS / 2) * 44_100:
                    converted.pts += round(gap * 44_100)
                output.mux(stream.encode(converted))
            output.mux(stream.encode(None))
    return path


def headerless(path: Path, rate: int, subtype: str) -> Path:
    """Write the tone without a header."""
    soundfile.write(path, tone(rate), rate, subtype=subtype, endian="LITTLE", format="RAW")
    return path


def wav(data: bytes, *, rate: int = 16_000, channels: int = 1, data_size: int | None = None) -> bytes:
    """A 16-bit WAV file with whatever its header claims."""
    claimed = len(data) if data_size is None else data_size
    kind = struct.pack("<HHIIHH", 1, channels, rate, (rate * channels * 2) % 2**32, (channels * 2) % 2**16, 16)
    riff_size = min(claimed + 36, 2**32 - 1)
    return (
        b"RIFF"
        + struct.pack("<I", riff_size)
        + b"WAVEfmt \x10\0\0\0"
        + kind
        + b"data"
        + struct.pack("<I", claimed)
        + data
    )


def pcm(seconds: float = SECONDS) -> bytes:
    return (tone(16_000, seconds) * 2**15).astype("<i2").tobytes()


CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "wav": lambda folder: write(folder / "a.wav", 16_000),
    "wav of 24 bits": lambda folder: write(folder / "a.wav", 96_000, "PCM_24", channels=2),
    "wav of 8 bits": lambda folder: write(folder / "a.wav", 11_025, "PCM_U8"),
    "wav of floats": lambda folder: write(folder / "a.wav", 48_000, "FLOAT"),
    "wav of doubles": lambda folder: write(folder / "a.wav", 44_100, "DOUBLE", channels=8),
    "wav, mu-law": lambda folder: write(folder / "a.wav", 8_000, "ULAW", channels=2),
    "wav, a-law": lambda folder: write(folder / "a.wav", 8_000, "ALAW"),
    "wav, gsm": lambda folder: write(folder / "a.wav", 8_000, "GSM610"),
    "wav, adpcm": lambda folder: write(folder / "a.wav", 22_050, "IMA_ADPCM"),
    "wav with mp3 inside": lambda folder: encode(folder / "a.wav", "libmp3lame", 44_100),
    "wav beyond 4 GiB (rf64)": lambda folder: write(folder / "a.wav", format="RF64"),
    "w64": lambda folder: write(folder / "a.w64"),
    "au": lambda folder: write(folder / "a.au"),
    "caf": lambda folder: write(folder / "a.caf"),
    "aiff": lambda folder: write(folder / "a.aiff", 44_100, channels=2),
    "flac": lambda folder: write(folder / "a.flac", 44_100, channels=2),
    "ogg": lambda folder: write(folder / "a.ogg", 48_000),
    "opus": lambda folder: write(folder / "a.opus", 48_000, "OPUS", format="OGG"),
    "mp3": lambda folder: encode(folder / "a.mp3", "libmp3lame", 44_100, layout="stereo"),
    "m4a": lambda folder: encode(folder / "a.m4a", "aac", 44_100),
    "m4a for the web": lambda folder: encode(folder / "a.m4a", "aac", 44_100, movflags="faststart"),
    "m4a of eight channels": lambda folder: encode(folder / "a.m4a", "aac", 48_000, layout="7.1"),
    "m4a, alac": lambda folder: encode(folder / "a.m4a", "alac", 44_100),
    "aac": lambda folder: encode(folder / "a.aac", "aac", 44_100, container="adts"),
    "webm": lambda folder: encode(folder / "a.webm", "libopus", 48_000),
    "webm without a duration": lambda folder: encode(folder / "a.webm", "libopus", 48_000, live="1"),
    "wma": lambda folder: encode(folder / "a.wma", "wmav2", 44_100, layout="stereo"),
    "ac3": lambda folder: encode(folder / "a.ac3", "ac3", 48_000),
    "mpeg-ts": lambda folder: encode(folder / "a.ts", "aac", 44_100, container="mpegts"),
    "gsm": lambda folder: headerless(folder / "a.gsm", 8_000, "GSM610"),
    "mp4 video": lambda folder: video(folder / "a.mp4", tone(44_100)),
    "flash video": lambda folder: encode(folder / "a.flv", "aac", 44_100),
    "mpeg program stream": lambda folder: encode(folder / "a.mpg", "mp2", 44_100),
    "dvd video": lambda folder: encode(folder / "a.vob", "ac3", 48_000, container="vob"),
    "voc": lambda folder: encode(folder / "a.voc", "pcm_u8", 8_000),
    "tta": lambda folder: encode(folder / "a.tta", "tta", 44_100),
    "wav called like mu-law": lambda folder: write(folder / "a.wav").rename(folder / "a.ulaw"),
}
