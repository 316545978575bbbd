"""A file that holds more than its first recording, or bytes that are none: all is read, or what is not is told."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import CONTAINERS, SECONDS, TONE, dominant_frequency, encode, tone, wav

from orstt_core.audio import SAMPLE_RATE, Sound, decode

HOUR = 3600.0
APE_TAG = b"APETAGEX" + struct.pack("<4I8x", 2000, 132, 1, 5 << 29) + bytes(100)
APE_TAG += b"APETAGEX" + struct.pack("<4I8x", 2000, 132, 1, 1 << 31)
ENDINGS = {"zeros": bytes(70_000), "ID3v1": b"TAG" + bytes(125), "APEv2": APE_TAG}


def decoded(path: Path, content: bytes) -> Sound:
    path.write_bytes(content)
    return decode(path, max_seconds=HOUR)


@pytest.mark.parametrize("container", ["ogg", "opus", "flac"])
def test_recordings_that_were_joined_are_read_to_the_end(container: str, tmp_path: Path) -> None:
    one = CONTAINERS[container](tmp_path)
    first = one.read_bytes()
    kind = {"subtype": "OPUS", "format": "OGG"} if container == "opus" else {}
    soundfile.write(one, tone(48_000, 3.0, frequency=880), 48_000, **kind)
    one.write_bytes(first + one.read_bytes() + first)

    sound = decode(one, max_seconds=HOUR)

    assert sound.duration == pytest.approx(2 * SECONDS + 3.0, abs=0.3)
    begin = round(SECONDS * SAMPLE_RATE)
    for part, frequency in (
        (sound.samples[:begin], TONE),
        (sound.samples[begin : begin + 3 * SAMPLE_RATE], 880),
        (sound.samples[begin + 3 * SAMPLE_RATE :], TONE),
    ):
        assert dominant_frequency(part) == pytest.approx(frequency, abs=2)
    assert sound.warnings == []


def test_whatever_was_joined_is_read_to_the_end(tmp_path: Path) -> None:
    kinds: dict[str, Callable[[Path], Path]] = {
        **{kind: make for kind, make in CONTAINERS.items() if not re.match(r"wav[, ]|m4a of|flac|ogg|opus", kind)},
        "wavpack": lambda folder: encode(folder / "a.wv", "wavpack", 44_100),
        "mp4 as browsers record it": lambda folder: encode(
            folder / "b.mp4", "libopus", 48_000, movflags="frag_keyframe+empty_moov", frag_duration="500000"
        ),
    }
    for kind, make in kinds.items():
        path = make(tmp_path)

        sound = decoded(path, path.read_bytes() * 2)

        assert sound.duration == pytest.approx(2 * SECONDS, abs=0.2), kind
        for half in np.array_split(sound.samples, 2):
            assert dominant_frequency(half) == pytest.approx(TONE, abs=3), kind
        assert sound.warnings == [], kind


def test_files_of_one_family_are_joined_whatever_their_headers_say(tmp_path: Path) -> None:
    families = (
        ("wav", "wav beyond 4 GiB (rf64)", "wav, mu-law", "wav with mp3 inside"),
        ("m4a", "m4a for the web", "m4a, alac", "mp4 video"),
    )
    for family in families:
        parts = [CONTAINERS[kind](tmp_path).read_bytes() for kind in family]

        sound = decoded(tmp_path / "joined", b"".join(parts))

        assert sound.duration == pytest.approx(4 * SECONDS, abs=0.2)
        assert sound.warnings == []
    unfinished = wav((tone(SAMPLE_RATE) * 2**15).astype("<i2").tobytes(), data_size=0xFFFFFFFF)
    assert decoded(tmp_path / "joined", unfinished * 2).duration == pytest.approx(2 * SECONDS, abs=0.01)


def test_what_is_not_read_of_a_file_is_told(tmp_path: Path) -> None:
    whole = {kind: CONTAINERS[kind](tmp_path).read_bytes() for kind in ("wav", "m4a", "mp3", "flac", "aiff", "au")}
    broken = whole["m4a"][: len(whole["m4a"]) // 2]
    pcm = whole["wav"][44:]
    for content, seconds, note in (
        (whole["wav"] + whole["flac"], SECONDS, "The file goes on for"),
        (whole["wav"] + whole["mp3"], SECONDS, "The file goes on for"),
        (whole["m4a"] + whole["mp3"], SECONDS, "The file goes on for"),
        (whole["aiff"] + whole["wav"], SECONDS, "The file goes on for"),
        (whole["au"] + whole["wav"], SECONDS, "The file goes on for"),
        (whole["mp3"] + whole["wav"], SECONDS, "The file goes on for"),
        (wav(pcm, data_size=16_000), 0.5, "The file goes on for 48,000 bytes after the end that it states"),
        (whole["m4a"] + broken, SECONDS, "2 recordings that were joined; of these cannot be read: 2."),
        (broken + whole["m4a"], SECONDS, "2 recordings that were joined; of these cannot be read: 1."),
    ):
        sound = decoded(tmp_path / "a", content)

        assert sound.duration == pytest.approx(seconds, abs=0.1)
        [warning] = sound.warnings
        assert note in warning


def test_tags_and_padding_at_the_end_are_no_damage_and_no_sound(tmp_path: Path) -> None:
    kinds = ("mp3", "aac", "ac3", "mpeg-ts", "wma", "flac", "wav", "aiff", "caf", "w64", "au", "voc", "m4a", "opus")
    for kind in kinds:
        path = CONTAINERS[kind](tmp_path)
        whole = path.read_bytes()
        for name, ending in ENDINGS.items():
            sound = decoded(path, whole + ending)

            assert sound.duration == pytest.approx(SECONDS, abs=0.1), (kind, name)
            assert sound.warnings == [], (kind, name)


def test_the_number_of_frames_that_an_mp3_states_is_not_believed_but_an_end_within_a_frame_is(tmp_path: Path) -> None:
    whole = CONTAINERS["mp3"](tmp_path).read_bytes()
    place = whole.index(b"Info" if b"Info" in whole else b"Xing") + 8
    frames = int.from_bytes(whole[place : place + 4], "big")
    tenfold = whole[:place] + (10 * frames).to_bytes(4, "big") + whole[place + 4 :]

    for content, notes in ((tenfold, 0), (tenfold * 2, 0), (tenfold[:-1], 1), (whole + ENDINGS["ID3v1"] + whole, 0)):
        assert len(decoded(tmp_path / "a.mp3", content).warnings) == notes
