"""Sound without a header: read as its name or somebody says, and never as noise."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from recordings import CONTAINERS, LEVEL, SECONDS, TONE, dominant_frequency, headerless, level, pcm, tone, write

from orstt_core.audio import Limits, Sound, decode, decode_to
from orstt_core.errors import AudioUnreadable, InvalidRequest
from orstt_core.types import RawAudio, SampleFormat, SampleType, format_of_media_type, stated_format

HOUR = 3600.0


def decode_stated(path: Path, layout: SampleFormat) -> Sound:
    with path.with_suffix(".f32").open("w+b") as sink:
        _, warnings = decode_to(sink, path, limits=Limits(), sample_format=layout)
    return Sound(np.fromfile(path.with_suffix(".f32"), np.float32), warnings)


def g722(path: Path) -> Path:
    with av.open(path, "w", format="g722") as output:
        stream = output.add_stream("g722", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm(), "<i2")[None, :], format="s16", layout="mono")
        frame.rate = 16_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("stated", "dtype"),
    [
        (("s16le", 8_000, 1), "<i2"),
        (("PCM_S16BE", 48_000, 2), ">i2"),
        (("u8", 22_050, 1), "u1"),
        (("s8", 8_000, 1), "i1"),
        (("s32le", 96_000, 2), "<i4"),
        (("f32le", 16_000, 6), "<f4"),
        (("f64", 44_100, 1), "<f8"),
        ((None, 11_025, None), "<i2"),
    ],
)
def test_stated_samples_are_read_as_stated(
    stated: tuple[str | None, int, int | None], dtype: str, tmp_path: Path
) -> None:
    layout = stated_format(*stated)
    assert layout is not None
    samples = np.repeat(tone(layout.rate), layout.channels)
    kind = np.dtype(dtype)
    if kind.kind != "f":
        samples = samples * 2 ** (8 * kind.itemsize - 1) + (2**7 if kind.kind == "u" else 0)
    (tmp_path / "a").write_bytes(samples.astype(kind).tobytes())

    sound = decode_stated(tmp_path / "a", layout)

    assert sound.duration == pytest.approx(SECONDS, abs=0.001)
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.05)
    assert sound.warnings == []


@pytest.mark.parametrize(
    ("subtype", "encoding", "rate"), [("ULAW", "ulaw", None), ("ALAW", "pcma", 16_000), ("GSM610", "gsm", None)]
)
def test_the_encodings_of_telephones_have_a_usual_rate(
    subtype: str, encoding: str, rate: int | None, tmp_path: Path
) -> None:
    layout = stated_format(encoding, rate, None)
    assert layout is not None

    sound = decode_stated(headerless(tmp_path / "a", rate or 8_000, subtype), layout)

    assert sound.duration == pytest.approx(SECONDS, abs=0.05)
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)


def test_g722_is_read_by_its_name_and_as_stated_even_at_the_rate_that_telephones_state(tmp_path: Path) -> None:
    stated = stated_format("g722", 8_000, None)
    assert stated is not None
    for sound in (
        decode(g722(tmp_path / "a.g722"), max_seconds=HOUR),
        decode_stated(g722(tmp_path / "a"), stated),
    ):
        assert sound.duration == pytest.approx(SECONDS, abs=0.05)
        assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)


def test_samples_in_memory_may_be_of_telephones_too(tmp_path: Path) -> None:
    data = headerless(tmp_path / "a", 8_000, "ULAW").read_bytes()

    sound = decode(RawAudio(data=data, rate=8_000, sample_type="mulaw"), max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)


@pytest.mark.parametrize("order", ["<i2", ">i2"])
def test_the_samples_decide_which_way_round_l16_is(order: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(np.frombuffer(pcm(), "<i2").astype(order).tobytes())
    layout = format_of_media_type("audio/L16; rate=16000; channels=1")
    assert layout is not None

    sound = decode_stated(tmp_path / "a", layout)

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.05)


def test_a_header_goes_before_what_is_stated_and_that_is_told(tmp_path: Path) -> None:
    sound = decode_stated(write(tmp_path / "a.wav", 44_100), SampleFormat(rate=8_000, sample_type="mulaw"))

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert sound.duration == pytest.approx(SECONDS, abs=0.001)
    [warning] = sound.warnings
    assert warning == "The file has a header, which says what it holds: it was not read as 8 kHz, mu-law, mono."


@pytest.mark.parametrize(
    ("subtype", "suffix", "like"),
    [
        ("PCM_16", ".ulaw", "more like 16-bit"),
        ("PCM_16", ".alaw", "more like 16-bit"),
        ("ULAW", ".raw", "more like mu-law"),
        ("ALAW", ".pcm", "more like A-law"),
        ("PCM_U8", ".raw", "more like uint8"),
        ("PCM_U8", ".ulaw", "more like uint8"),
        ("FLOAT", ".raw", "like noise"),
        ("PCM_24", ".raw", "like noise"),
        ("GSM610", ".sln", "like noise"),
    ],
)
def test_a_name_that_lies_gives_an_error_and_no_noise(subtype: str, suffix: str, like: str, tmp_path: Path) -> None:
    path = headerless(tmp_path / f"call{suffix}", 8_000, subtype)

    with pytest.raises(AudioUnreadable, match=rf"^call{suffix} has no header, and read as .* it is {like}\.") as found:
        decode(path, max_seconds=HOUR)

    assert "State its encoding and rate" in found.value.hint


def test_the_bytes_of_a_container_go_before_a_name_and_before_what_is_stated(tmp_path: Path) -> None:
    for kind in ("mp3", "m4a", "webm", "wma", "flash video", "tta", "voc", "caf", "opus"):
        whole = CONTAINERS[kind](tmp_path).read_bytes()
        for content in (whole, whole[whole.index(b"\xff\xfb") :]) if kind == "mp3" else (whole,):  # without its tag
            (tmp_path / "call.raw").write_bytes(content)

            named = decode(tmp_path / "call.raw", max_seconds=HOUR)
            stated = decode_stated(tmp_path / "call.raw", SampleFormat(rate=8_000))

            for sound in (named, stated):
                assert sound.duration == pytest.approx(SECONDS, abs=0.1), kind
                assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2), kind
            assert named.warnings == []
            assert len(stated.warnings) == 1


def test_of_what_somebody_states_a_doubt_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(tone(16_000).tobytes())

    sound = decode_stated(tmp_path / "a", SampleFormat(rate=8_000))

    assert sound.warnings == ["Read as 8 kHz, 16-bit, mono, as was stated, it is like noise."]


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_what_cannot_be_as_stated_is_not_blamed_on_the_recording(kind: SampleType, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\x7f\x80\xff" * 8_000)

    with pytest.raises(AudioUnreadable, match=r"^a cannot be 16 kHz, .*, mono, as was stated") as found:
        decode_stated(tmp_path / "a", SampleFormat(rate=16_000, sample_type=kind))

    assert "--encoding" in found.value.hint


def test_the_hiss_of_an_empty_room_is_no_mistake(tmp_path: Path) -> None:
    hiss = np.random.default_rng(0).normal(0, 20, 64_000)
    (tmp_path / "room.raw").write_bytes(hiss.astype("<i2").tobytes())

    assert decode(tmp_path / "room.raw", max_seconds=HOUR).duration == 4


def test_what_cannot_be_is_refused_by_the_name_of_the_field() -> None:
    for stated, field, named in (
        (("mp3", 8_000, None), "encoding", "s16le"),
        (("s16le", None, None), "rate", "--rate"),
        ((None, None, 2), "rate", "--rate"),
    ):
        with pytest.raises(InvalidRequest) as found:
            stated_format(*stated)
        assert found.value.field == field
        assert named in str(found.value)


@pytest.mark.parametrize(
    ("media_type", "layout"),
    [
        ("audio/basic", SampleFormat(rate=8_000, sample_type="mulaw")),
        ("Audio/Basic; rate=16000", SampleFormat(rate=16_000, sample_type="mulaw")),
        ('audio/L16;rate="44100";channels=2', SampleFormat(rate=44_100, channels=2, sample_type="l16")),
        ("audio/l16;rate=8000;endianness=little-endian", SampleFormat(rate=8_000)),
        ("audio/pcm;rate=24000", SampleFormat(rate=24_000)),
        ("audio/PCMA", SampleFormat(rate=8_000, sample_type="alaw")),
        ("audio/G722;rate=8000", SampleFormat(rate=16_000, sample_type="g722")),
        ("audio/L16", None),
        ("audio/L16;rate=fast", None),
        ("audio/wav;rate=8000", None),
        ("application/octet-stream", None),
        ("", None),
        (";;;", None),
    ],
)
def test_a_media_type_may_say_what_an_upload_holds(media_type: str, layout: SampleFormat | None) -> None:
    assert format_of_media_type(media_type) == layout
