"""Arrays and PCM in memory: what `preprocess` gets and what a microphone gives."""

import re
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from recordings import LEVEL, SECONDS, TONE, dominant_frequency, level, tone

from orstt_core.audio import decode, resample
from orstt_core.errors import AudioEmpty, AudioError, AudioUnreadable, TooLarge
from orstt_core.types import RawAudio

INTEGERS = {"int8": 2**7, "int16": 2**15, "int32": 2**31}
RATES = [4_000, 8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]


def of_type(name: str, samples: NDArray[np.float32]) -> NDArray[np.generic]:
    """The samples as that dtype stores them."""
    if name == "uint8":
        return (samples * 2**7 + 128).astype(np.uint8)
    return (samples.astype(np.float64) * INTEGERS.get(name, 1)).astype(name)


@pytest.mark.parametrize(
    ("rate", "dtype"),
    [  # The type is converted before the rate is, so that each of one kind once proves all pairs.
        *((rate, "int16") for rate in RATES),
        *((44_100, dtype) for dtype in ("int8", "uint8", "int32", "float32", "float64")),
    ],
)
def test_every_rate_and_every_dtype_gives_the_same_tone(rate: int, dtype: str) -> None:
    samples = resample((rate, of_type(dtype, tone(rate))))

    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) == pytest.approx(16_000 * SECONDS, abs=1)
    assert dominant_frequency(samples) == pytest.approx(TONE, abs=1)
    assert level(samples) == pytest.approx(LEVEL, rel=0.02)


@pytest.mark.parametrize("dtype", [">i2", ">f4", "<i4"])
def test_byte_order_does_not_matter(dtype: str) -> None:
    samples = of_type(np.dtype(dtype).name, tone(16_000)).astype(dtype)

    np.testing.assert_allclose(resample((16_000, samples)), tone(16_000), atol=1e-4)


def test_full_scale_of_integers_is_one() -> None:
    np.testing.assert_array_equal(
        resample((16_000, np.array([-(2**15), 0, 2**14, 2**15 - 1], np.int16))), [-1, 0, 0.5, 1 - 2**-15]
    )
    np.testing.assert_array_equal(resample((16_000, np.array([0, 128, 192], np.uint8))), [-1, 0, 0.5])


@pytest.mark.parametrize("channels", [1, 2, 6, 8, 64])
def test_channels_are_averaged(channels: int) -> None:
    # Channels that stand at 0, 2, 4 … thousandths.
    levels = np.arange(channels, dtype=np.float32) * 0.002
    frames = np.tile(levels, (1000, 1))

    np.testing.assert_allclose(resample((16_000, frames)), np.full(1000, levels.mean()), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_channels_may_come_first_where_it_is_plain(channels: int) -> None:
    frames = np.repeat(tone(16_000)[None, :], channels, axis=0)

    np.testing.assert_allclose(resample((16_000, frames)), tone(16_000), atol=1e-6)


def test_arrays_that_are_views_work_and_stay_as_they_were() -> None:
    stereo = np.stack([tone(44_100) * 3, tone(44_100)], axis=1)
    before = stereo.copy()

    assert dominant_frequency(resample((44_100, stereo[::2, 1]))) == pytest.approx(2 * TONE, abs=2)
    np.testing.assert_array_equal(stereo, before)


def test_a_result_at_16_khz_is_a_copy() -> None:
    original = tone(16_000)

    resample((16_000, original))[:] = 0

    assert original.any()


def test_floats_beyond_full_scale_keep_their_shape() -> None:
    np.testing.assert_allclose(resample((16_000, tone(16_000, level=5))), tone(16_000, level=1), atol=1e-3)


def test_a_rate_may_be_a_numpy_number_or_a_float() -> None:
    assert len(resample((np.int64(32_000), tone(32_000)))) == 16_000 * SECONDS  # type: ignore[arg-type]  # as scipy gives it
    assert len(resample((32_000.0, tone(32_000)))) == 16_000 * SECONDS  # type: ignore[arg-type]  # as some callers have it


@pytest.mark.parametrize(
    "rate", [0, -16_000, 999, 768_001, float("nan"), float("inf"), "16000", None, True, [16_000], np.array([1, 2])]
)
def test_a_rate_that_is_none_is_refused(rate: object) -> None:
    with pytest.raises(AudioUnreadable, match="sample rate"):
        resample((rate, tone(16_000)))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "samples",
    [
        np.array(["a", "b"]),
        np.array([1 + 2j]),
        np.array([object()]),
        np.array([True, False]),
        np.array([1, 2], np.int64),
        np.array([1, 2], np.uint16),
        np.array(["2020-01-01"], "datetime64[D]"),
        np.float32(0.5),
        np.zeros((10, 2, 2), np.float32),
        np.zeros((100, 65), np.float32),
        [[1.0, 2.0], [3.0]],
        None,
    ],
    ids=lambda samples: re.sub(r" at 0x[0-9a-f]+", "", repr(samples)),
)
def test_what_is_no_array_of_samples_is_refused(samples: object) -> None:
    with pytest.raises(AudioUnreadable, match=r"^The audio"):
        resample((16_000, samples))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_are_no_numbers_are_refused(value: float, dtype: type[np.floating]) -> None:
    samples: NDArray[np.floating] = tone(16_000).astype(dtype)
    with np.errstate(over="ignore"):
        samples[-1] = value

    with pytest.raises(AudioUnreadable, match="NaN, infinite"):
        resample((16_000, samples))


@pytest.mark.parametrize("audio", [None, 16_000, tone(16_000), (16_000,), (16_000, tone(16_000), "mono")], ids=repr)
def test_what_is_no_pair_is_refused(audio: object) -> None:
    with pytest.raises(AudioUnreadable, match="must be a pair"):
        resample(audio)  # type: ignore[arg-type]  # wrong on purpose


def test_a_pair_the_other_way_round_is_told_to_be_swapped() -> None:
    for samples in (np.zeros(100, np.float32), np.zeros((100, 2)), [0.0] * 100):
        with pytest.raises(AudioUnreadable, match=r"Swap them: \(rate, samples\)"):
            resample((samples, 16_000))  # type: ignore[arg-type]  # as soundfile.read returns them


@pytest.mark.parametrize("shape", [(0,), (0, 2), (2, 0)])
def test_no_samples_are_empty(shape: tuple[int, ...]) -> None:
    with pytest.raises(AudioEmpty):
        resample((16_000, np.zeros(shape, np.int16)))


@settings(max_examples=100, deadline=None)
@given(
    rate=st.integers(1_000, 768_000),
    samples=st.sampled_from([np.int8, np.uint8, np.int16, np.int32, np.float32, np.float64]).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(max_dims=2, max_side=40))
    ),
)
def test_any_array_gives_finite_samples_of_the_right_length_or_an_audio_error(
    rate: int, samples: NDArray[np.generic]
) -> None:
    try:
        result = resample((rate, samples))
    except AudioError:
        return
    assert np.abs(result).max() <= 1
    lengths = {samples.shape[0], samples.shape[-1]}
    assert any(abs(len(result) - length * 16_000 / rate) <= 1 for length in lengths)


# --- PCM bytes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample_type", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_bytes_are_decoded_by_what_their_sender_says(
    sample_type: Literal["int16", "int32", "float32", "float64"], channels: int
) -> None:
    frames = np.repeat(of_type(sample_type, tone(24_000))[:, None], channels, axis=1)
    raw = RawAudio(data=frames.tobytes(), rate=24_000, channels=channels, sample_type=sample_type)

    sound = decode(raw, max_seconds=60)

    assert sound.duration == SECONDS
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=1)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.01)
    assert sound.warnings == []


def test_an_incomplete_last_sample_is_left_out_and_told() -> None:
    sound = decode(RawAudio(data=bytes(32_003), rate=16_000, channels=2), max_seconds=60)

    assert sound.duration == 0.5
    assert sound.warnings == ["The last sample is incomplete; it seems to be cut off."]


def test_loud_floats_are_scaled_and_that_is_told() -> None:
    sound = decode(RawAudio(data=tone(16_000, level=4).tobytes(), rate=16_000, sample_type="float32"), max_seconds=60)

    assert level(sound.samples) == pytest.approx(1, rel=0.01)
    assert sound.warnings == ["Samples reach 4 instead of 1: all were divided by that."]


@pytest.mark.parametrize("data", [b"", b"\0"])
def test_no_whole_sample_is_empty(data: bytes) -> None:
    with pytest.raises(AudioEmpty, match=r"^The recording has no sound"):
        decode(RawAudio(data=data, rate=16_000), max_seconds=60)


def test_pcm_is_limited_too() -> None:
    with pytest.raises(TooLarge, match=r"^call\.wav is longer"):
        decode(RawAudio(data=bytes(64_002), rate=16_000), max_seconds=2, name="call.wav")


@pytest.mark.parametrize(
    "raw",
    [
        RawAudio(data=bytes(64), rate=0),
        RawAudio(data=bytes(64), rate=-8_000),
        RawAudio(data=bytes(64), rate=16_000, channels=0),
        RawAudio(data=bytes(64), rate=16_000, channels=-1),
        RawAudio(data=bytes(1300), rate=16_000, channels=65),
        RawAudio(data=b"\xff" * 64, rate=16_000, sample_type="float32"),
    ],
    ids=repr,
)
def test_pcm_that_cannot_be_sound_is_refused(raw: RawAudio) -> None:
    with pytest.raises(AudioUnreadable, match=r"^The recording"):
        decode(raw, max_seconds=60)
