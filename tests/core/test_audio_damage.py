"""A damaged recording gives what can be saved of it and says so, or a typed error; never a crash or an invention."""

import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import CONTAINERS, SECONDS, TONE, dominant_frequency, write

from orstt_core.audio import decode
from orstt_core.errors import AudioError, AudioUnreadable

INDEX_AT_THE_END = {"m4a", "m4a of eight channels", "m4a, alac", "mp4 video"}
"""Nothing of these can be found without their last part."""


@pytest.mark.parametrize("kept", [0.6, 0.3])
@pytest.mark.parametrize("container", sorted(CONTAINERS.keys() - INDEX_AT_THE_END - {"ogg", "opus", "tta"}))
def test_a_cut_recording_gives_its_beginning_and_a_warning(container: str, kept: float, tmp_path: Path) -> None:
    path = CONTAINERS[container](tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept) - 1])  # within a packet

    sound = decode(path, max_seconds=60)

    assert sound.duration == pytest.approx(SECONDS * kept, abs=0.2)
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=3)
    [warning] = sound.warnings
    assert warning.endswith("it seems to be cut off.")


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_cut_ogg_gives_its_whole_pages_and_a_warning(subtype: str, austen: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(austen)
    soundfile.write(tmp_path / "a.ogg", samples, rate, format="OGG", subtype=subtype)
    whole = (tmp_path / "a.ogg").read_bytes()
    for kept in (len(whole) - 1, len(whole) * 3 // 4, len(whole) // 2):
        (tmp_path / "a.ogg").write_bytes(whole[:kept])

        sound = decode(tmp_path / "a.ogg", max_seconds=60)

        assert 7.1 * kept / len(whole) - 1.5 < sound.duration < 7.1
        assert sound.warnings == ["The file stops before its sound does; it seems to be cut off."]


@pytest.mark.parametrize("container", sorted(INDEX_AT_THE_END))
def test_a_cut_recording_without_its_index_is_unreadable(container: str, tmp_path: Path) -> None:
    path = CONTAINERS[container](tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.9)])

    with pytest.raises(AudioUnreadable):
        decode(path, max_seconds=60)


def test_a_flac_damaged_in_the_middle_keeps_both_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", 44_100)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)

    sound = decode(path, max_seconds=60)

    assert sound.duration == pytest.approx(SECONDS, abs=0.3)
    assert dominant_frequency(sound.samples[: len(sound.samples) // 3]) == pytest.approx(TONE, abs=3)
    assert dominant_frequency(sound.samples[-len(sound.samples) // 3 :]) == pytest.approx(TONE, abs=3)


@pytest.mark.parametrize("container", CONTAINERS)
def test_flipped_bits_never_do_more_than_raise_an_audio_error(
    container: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(container)
    path = CONTAINERS[container](tmp_path)
    whole = path.read_bytes()
    for flips in (1, 1, 3, 3, 10, 10, 100, 100):
        damaged = bytearray(whole)
        for _ in range(flips):
            # Half of them in the header, where they do most.
            place = chance.randrange(chance.choice((len(whole), min(len(whole), 300))))
            damaged[place] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with suppress(AudioError):
            assert np.abs(decode(path, max_seconds=60).samples).max() <= 1
    assert capfd.readouterr() == ("", "")


def test_sizes_that_point_nowhere_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.caf")
    whole = path.read_bytes()
    place = whole.index(b"free")
    # FFmpeg tries to skip each of these to beyond the largest file there can be; PyAV would complain of that.
    nowhere = (b"free" + (1 << 55).to_bytes(8, "big")) * 4
    path.write_bytes(whole[:place] + nowhere + whole[place:])

    with suppress(AudioError):
        decode(path, max_seconds=60)

    assert capfd.readouterr() == ("", "")
