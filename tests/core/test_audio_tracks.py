"""A file that holds more than one sound track, or sound that begins later than the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from recordings import SECONDS, TONE, dominant_frequency, headerless, tone, video, write

from orstt_core.audio import SAMPLE_RATE, Limits, OneTrack, decode, decode_to
from orstt_core.errors import AudioUnreadable
from orstt_core.types import SampleFormat

HOUR = 3600.0


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_sound_that_begins_after_the_picture_has_the_times_of_the_picture(suffix: str, tmp_path: Path) -> None:
    sound = decode(video(tmp_path / f"a.{suffix}", tone(44_100), late=1.5), max_seconds=HOUR)

    heard = np.flatnonzero(np.abs(sound.samples) > 0.1)
    assert heard[0] / SAMPLE_RATE == pytest.approx(1.5, abs=0.06)
    assert sound.duration == pytest.approx(1.5 + SECONDS, abs=0.1)
    assert sound.warnings == []


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_sound_that_is_missing_in_the_middle_is_silence_so_that_the_rest_keeps_its_times(
    suffix: str, tmp_path: Path
) -> None:
    whole = decode(video(tmp_path / f"a.{suffix}", tone(44_100)), max_seconds=HOUR)
    sound = decode(video(tmp_path / f"b.{suffix}", tone(44_100), gap=2.0), max_seconds=HOUR)

    heard = np.flatnonzero(np.abs(sound.samples) > 0.1)
    silences = np.diff(heard)
    assert silences.max() / SAMPLE_RATE == pytest.approx(2.0, abs=0.1)
    assert heard[silences.argmax()] / SAMPLE_RATE == pytest.approx(SECONDS / 2, abs=0.1)
    assert sound.duration == pytest.approx(whole.duration + 2.0, abs=0.1)
    assert sound.warnings == []


@pytest.mark.parametrize(("suffix", "gap"), [("ts", 3600.0), ("mkv", 0.05)])
def test_a_clock_that_begins_anew_or_is_rounded_is_no_gap(suffix: str, gap: float, tmp_path: Path) -> None:
    path = video(tmp_path / f"a.{suffix}", tone(44_100))
    plain = decode(path, max_seconds=HOUR).duration

    sound = decode(video(tmp_path / f"b.{suffix}", tone(44_100), gap=gap), max_seconds=HOUR)

    assert sound.duration == pytest.approx(plain, abs=0.1)
    assert sound.warnings == []


def test_of_several_tracks_the_first_is_read_and_that_is_told(tmp_path: Path) -> None:
    sound = decode(video(tmp_path / "a.mkv", tone(44_100), tone(44_100, frequency=880)), max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert sound.warnings == ["The file has 2 sound tracks (1, 2); 1 was read."]


def test_a_track_that_sounds_only_at_its_end_is_not_silent(tmp_path: Path) -> None:
    quiet, loud = tone(44_100) * 0, tone(44_100, frequency=880)
    quiet[-12_000:] = tone(44_100)[-12_000:]

    sound = decode(video(tmp_path / "a.mkv", quiet, loud), max_seconds=HOUR)

    assert dominant_frequency(sound.samples[-3000:-500]) == pytest.approx(TONE, abs=10)


def test_a_track_that_cannot_be_decoded_is_passed_over(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", tone(44_100), tone(44_100, frequency=880))
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XYZ", 1))

    sound = decode(path, max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(880, abs=2)
    assert sound.warnings == ["The file has 2 sound tracks (1, 2); 2 was read."]


def test_a_silent_track_does_not_hide_the_one_that_speaks(tmp_path: Path) -> None:
    silence = np.zeros(round(44_100 * SECONDS), np.float32)
    sound = decode(video(tmp_path / "a.mkv", silence, tone(44_100, frequency=880)), max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(880, abs=2)
    assert sound.warnings == ["The file has 2 sound tracks (1, 2); 2 was read, because 1 is silent."]

    both = decode(video(tmp_path / "b.mkv", silence, silence), max_seconds=HOUR)
    assert both.duration == pytest.approx(SECONDS, abs=0.1)
    assert both.warnings == ["The file has 2 sound tracks (1, 2); 1 was read."]


def read_track(path: Path, track: int, layout: SampleFormat | None = None) -> NDArray[np.float32]:
    with path.with_suffix(".f32").open("w+b") as sink:
        _, warnings = decode_to(sink, path, limits=Limits(), track=track, sample_format=layout)
    assert warnings == []
    return np.fromfile(path.with_suffix(".f32"), np.float32)


@pytest.mark.parametrize(("track", "frequency"), [(1, TONE), (2, 880), (3, 1_320)])
def test_the_track_that_is_asked_for_is_read(track: int, frequency: float, tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", *(tone(44_100, frequency=number * TONE) for number in (1, 2, 3)))

    assert dominant_frequency(read_track(path, track)) == pytest.approx(frequency, abs=2)


def test_one_track_of_joined_recordings_is_read_through_all_of_them(tmp_path: Path) -> None:
    silence = np.zeros(round(44_100 * SECONDS), np.float32)
    path = video(tmp_path / "a.mp4", silence, silence, tone(44_100, frequency=880))
    [warning] = decode(path, max_seconds=HOUR).warnings
    assert warning == "The file has 3 sound tracks (1, 2, 3); 3 was read, because 1 and 2 are silent."
    path.write_bytes(path.read_bytes() + video(tmp_path / "b.mp4", tone(44_100)).read_bytes())

    track = OneTrack(1)
    with (tmp_path / "a.f32").open("w+b") as sink:
        decode_to(sink, path, limits=Limits(), track=track)

    assert (track.number, track.numbers) == (3, [3])
    assert track.notes == ["Track 1 is silent.", "Track 2 is silent."]
    first, second = np.array_split(np.fromfile(tmp_path / "a.f32", np.float32), 2)
    assert dominant_frequency(first) == pytest.approx(880, abs=2)
    assert dominant_frequency(second) == pytest.approx(TONE, abs=2)


def test_a_track_that_is_heard_only_in_a_later_part_is_told(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", tone(44_100) * 0, tone(44_100))
    path.write_bytes(path.read_bytes() + video(tmp_path / "b.mp4", *[tone(44_100)] * 3).read_bytes())

    track = OneTrack(1)
    with (tmp_path / "a.f32").open("w+b") as sink:
        decode_to(sink, path, limits=Limits(), track=track)

    assert (track.number, track.numbers) == (2, [2])
    later = "is heard only in a later part of the file, and was left out."
    assert track.notes == ["Track 1 is silent.", f"Track 1 {later}", f"Track 3 {later}"]


def test_a_number_that_no_track_has_lists_those_that_there_are(tmp_path: Path) -> None:
    path = video(tmp_path / "film.mkv", tone(44_100), tone(44_100, frequency=880))
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XYZ", 1))

    with pytest.raises(AudioUnreadable, match=r"^film\.mkv has no sound track 3\.") as missing:
        read_track(path, 3)
    assert (missing.value.field, missing.value.hint) == ("track", "It has: 1 (unknown codec); 2 (aac).")
    with pytest.raises(AudioUnreadable, match=r"^Sound track 1 of film\.mkv cannot be decoded"):
        read_track(path, 1)
    assert dominant_frequency(read_track(path, 2)) == pytest.approx(880, abs=2)


def test_the_default_track_is_read_and_its_language_and_title_are_listed(tmp_path: Path) -> None:
    path = video(
        tmp_path / "film.mkv", tone(44_100), tone(44_100, frequency=880), titles=("Kommentar\x1b[2J", "Hauptton")
    )

    sound = decode(path, max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(880, abs=2)
    assert sound.warnings == ["The file has 2 sound tracks (1 ger, 2 ger); 2 ger was read."]
    with pytest.raises(AudioUnreadable) as missing:
        read_track(path, 9)
    assert missing.value.hint == 'It has: 1 ger "Kommentar?[2J" (aac); 2 ger "Hauptton" (aac, default).'


def test_a_file_with_one_track_has_no_second(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.wav")
    bare = headerless(tmp_path / "a.ulaw", 8_000, "ULAW")
    for path, layout, known in (
        (whole, None, r"It has: 1 \(pcm_s16le"),
        (bare, None, "Leave track out"),
        (bare, SampleFormat(rate=8_000, sample_type="mulaw"), "Leave track out"),
    ):
        with pytest.raises(AudioUnreadable, match=known):
            read_track(path, 2, layout)
    assert dominant_frequency(read_track(whole, 1)) == pytest.approx(TONE, abs=2)
