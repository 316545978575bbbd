"""What a recording may cost to decode: time, memory, disk. A refusal names the limit and how to raise it."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from bad_media import one_large_packet, one_sample_packets
from decoders import child, duration, endless, gone, recording
from recordings import LEVEL, SECONDS, encode, level, pcm, tone, wav, write

from orstt_core.audio.mapped import map_samples
from orstt_core.errors import Busy, FileProblem, StorageFull, TooLarge
from orstt_core.runtime import decoder as decoder_module
from orstt_core.runtime.decoder import Decoder
from orstt_core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
async def decoder(settings: Settings) -> AsyncIterator[Decoder]:
    decoder = Decoder(settings)
    yield decoder
    await decoder.close()


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return encode(tmp_path / "speech.mp3", "libmp3lame", 44_100)


@pytest.mark.slow
async def test_a_recording_that_costs_more_time_than_allowed_is_ended_by_the_system(
    settings: Settings, speech: Path, tmp_path: Path
) -> None:
    decoder = Decoder(Settings(data_dir=tmp_path, decode_seconds=1))
    await decoder.warm()
    first = child(decoder)
    began = time.perf_counter()

    with pytest.raises(TooLarge, match=r"^endless\.mkv takes longer than 1 seconds to decode") as refusal:
        await duration(decoder, endless(tmp_path))

    assert "ORSTT_DECODE_SECONDS" in refusal.value.hint
    assert time.perf_counter() - began < 20
    assert gone(first)
    # What the child before has used counts for nothing.
    for _ in range(2):
        assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)
    await decoder.close()
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.slow
async def test_time_that_earlier_recordings_took_is_not_held_against_a_later_one(tmp_path: Path) -> None:
    decoder = Decoder(Settings(data_dir=tmp_path, decode_seconds=1))
    (tmp_path / "a.mkv").write_bytes(one_sample_packets(10_000))
    await decoder.warm()
    first = child(decoder)
    for _ in range(5):  # about half a second each
        await duration(decoder, tmp_path / "a.mkv")
    assert child(decoder) == first
    await decoder.close()


async def test_a_decoder_that_does_nothing_any_more_is_ended(
    tmp_path: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "START_SECONDS", 0.2)
    decoder = Decoder(Settings(data_dir=tmp_path, decode_seconds=0.5))
    await decoder.warm()
    stopped = child(decoder)
    os.kill(stopped, signal.SIGSTOP)

    with pytest.raises(TooLarge, match=r"takes longer than 0\.5 seconds"):
        await duration(decoder, speech)

    assert gone(stopped)
    await decoder.close()


@pytest.mark.slow
async def test_a_recording_that_takes_more_memory_than_allowed_says_so(tmp_path: Path, speech: Path) -> None:
    decoder = Decoder(Settings(data_dir=tmp_path, decode_memory_mb=256))
    with (tmp_path / "a.mkv").open("wb") as file:
        file.write(one_large_packet(128 << 20))
        file.truncate(file.tell() + (128 << 20))

    with pytest.raises(TooLarge, match=r"^a\.mkv takes more than 256 MiB of memory") as refusal:
        await duration(decoder, tmp_path / "a.mkv")

    assert "ORSTT_DECODE_MEMORY_MB" in refusal.value.hint
    assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)
    await decoder.close()


@pytest.mark.parametrize(
    ("limits", "variable"),
    [({"max_audio_hours": 1.9 / 3600}, "MAX_AUDIO_HOURS"), ({"max_decoded_samples": 176_399}, "MAX_DECODED_SAMPLES")],
)
async def test_a_refusal_names_the_limit_and_how_to_raise_it(
    limits: dict[str, Any], variable: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.wav", 44_100, channels=2)
    decoder = Decoder(Settings(data_dir=tmp_path, **limits))
    with pytest.raises(TooLarge) as refusal:
        await duration(decoder, path)
    assert variable in refusal.value.hint
    await decoder.close()

    roomy = Decoder(Settings(data_dir=tmp_path, max_audio_hours=SECONDS / 3600, max_decoded_samples=176_400))
    assert await duration(roomy, path) == SECONDS
    await roomy.close()


async def test_the_system_itself_holds_the_child_to_its_limits(decoder: Decoder, speech: Path) -> None:
    await duration(decoder, speech)
    limits = {
        line[:26].strip(): line[26:].split()[0]
        for line in Path(f"/proc/{child(decoder)}/limits").read_text().splitlines()
    }
    assert limits["Max core file size"] == "0"
    assert int(limits["Max open files"]) < 50
    assert 1 << 30 < int(limits["Max data size"]) < (1 << 30) + (128 << 20)
    assert 600 < int(limits["Max cpu time"]) < 610
    assert int(limits["Max file size"]) == 12 * 3600 * 16_000 * 4 + (1 << 20)


# --- the disk -------------------------------------------------------------------------------------


async def test_a_full_disk_says_where_there_is_no_room(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may make a small disk")
    decoder = Decoder(Settings(data_dir=small))
    (tmp_path / "a.wav").write_bytes(wav(pcm(20)))
    try:
        with pytest.raises(StorageFull, match="no room on the disk") as refusal:
            await duration(decoder, tmp_path / "a.wav")
        assert "data_dir" in refusal.value.hint
        assert not list((small / "spool").iterdir())
        assert await duration(decoder, write(tmp_path / "short.wav")) == SECONDS
    finally:
        await decoder.close()
        subprocess.run(["umount", small], check=True)


async def test_a_folder_that_cannot_be_written_is_a_file_problem(tmp_path: Path, speech: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(FileProblem, match="cannot be stored"):
        await duration(Decoder(Settings(data_dir=tmp_path / "data")), speech)


@pytest.mark.slow
async def test_the_sound_of_all_recordings_together_has_a_bound(tmp_path: Path) -> None:
    four_minutes = tmp_path / "four.wav"
    four_minutes.write_bytes(wav(pcm(240)))  # 15 MiB of sound
    (tmp_path / "five.wav").write_bytes(wav(pcm(300)))
    decoder = Decoder(Settings(data_dir=tmp_path / "data", max_decoded_mb=16))
    async with decoder.decoded(recording(four_minutes)) as sound:
        with pytest.raises(Busy, match="16 MiB") as refusal:
            await duration(decoder, four_minutes)
        assert refusal.value.retry_after > Busy.retry_after
        assert [path.stat().st_size for path in (tmp_path / "data" / "spool").iterdir()] == [sound.samples * 4]
    assert await duration(decoder, four_minutes) == 240
    with pytest.raises(TooLarge, match=r"five\.wav holds more sound than the 16 MiB") as alone:
        await duration(decoder, tmp_path / "five.wav")
    assert "ORSTT_MAX_DECODED_MB" in alone.value.hint
    assert await duration(decoder, four_minutes) == 240
    await decoder.close()


async def test_the_first_side_of_a_call_takes_the_room_that_the_other_may_need(tmp_path: Path) -> None:
    quiet, long = np.zeros(300 * 16_000, np.float32), tone(16_000, 300)
    quiet[:16_000] = long[:16_000]
    soundfile.write(tmp_path / "call.wav", np.stack([quiet, long], axis=1), 16_000)
    decoder = Decoder(Settings(data_dir=tmp_path / "data", max_decoded_mb=32))
    with decoder.room() as room:
        async with decoder.decoded(recording(tmp_path / "call.wav"), 1, room=room) as sound:
            assert sound.parts == [1, 2]
            with pytest.raises(Busy):
                await duration(decoder, write(tmp_path / "other.wav"))
        async with decoder.decoded(recording(tmp_path / "call.wav"), 2, room=room):
            pass
    await decoder.close()


@pytest.mark.slow
async def test_of_recordings_that_have_no_room_together_not_all_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm(500)))  # 31 MiB of sound
    decoder = Decoder(Settings(data_dir=tmp_path / "data", max_decoded_mb=40))
    outcomes = await asyncio.gather(*(duration(decoder, tmp_path / "a.wav") for _ in range(4)), return_exceptions=True)
    assert 500 in outcomes
    assert {type(outcome) for outcome in outcomes} <= {float, Busy}
    await decoder.close()


@pytest.mark.parametrize("rate", [16_000, pytest.param(44_100, marks=pytest.mark.slow)])
async def test_silence_takes_no_room(tmp_path: Path, rate: int) -> None:
    loud = 1.25 * tone(rate, 3.0) / LEVEL  # what was too loud is divided afterwards
    silence = np.zeros(rate * 300, np.float32)
    soundfile.write(tmp_path / "a.wav", np.concatenate([loud, silence, loud, silence]), rate, subtype="FLOAT")
    decoder = Decoder(Settings(data_dir=tmp_path, max_decoded_mb=16))
    async with decoder.decoded(recording(tmp_path / "a.wav")) as sound:
        assert sound.duration == 606
        assert sound.path.stat().st_blocks * 512 < 4 << 20
        samples = map_samples(sound.path, sound.samples)
        assert level(samples[:48_000]) == pytest.approx(1, abs=0.01)
        assert level(samples[303 * 16_000 : 306 * 16_000]) == pytest.approx(1, abs=0.01)
        assert not samples[4 * 16_000 : 302 * 16_000].any()
        assert not samples[307 * 16_000 :].any()
    await decoder.close()
