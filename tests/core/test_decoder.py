"""The decoder's process: kept while all goes well, ended at its limits, and never more than one recording's harm."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from bad_media import one_sample_packets
from decoders import at_work, child, duration, endless, gone, recording
from recordings import SECONDS, encode, pcm
from serving import eventually

from orstt_core.audio import decode
from orstt_core.errors import AudioError, AudioUnreadable, EngineDied, FileProblem
from orstt_core.recordings.files import files_in, remove_left_over
from orstt_core.runtime import decoder as decoder_module
from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.protocol import Recording
from orstt_core.settings import Settings
from orstt_core.types import SampleFormat


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


# --- what comes out -------------------------------------------------------------------------------


async def test_the_sound_is_the_same_as_when_decoded_here_and_its_file_stays_while_it_is_needed(
    decoder: Decoder, settings: Settings, speech: Path
) -> None:
    here = decode(speech, max_seconds=60)

    async with decoder.decoded(recording(speech)) as sound:
        os.utime(sound.path, (0, 0))
        assert remove_left_over(files_in(settings.spool), needed=[]) == []
        np.testing.assert_array_equal(np.fromfile(sound.path, np.float32), here.samples)
        assert sound.duration == here.duration
        assert sound.path.parent == settings.spool
        assert sound.path.stat().st_mode & 0o777 == 0o600
        assert settings.spool.stat().st_mode & 0o777 == 0o700

    assert not list(settings.spool.iterdir())


async def test_the_decoder_does_not_inherit_the_secrets(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORSTT_API_KEY", "open sesame")
    monkeypatch.setenv("ORSTT_DATABASE_URL", "postgres://user:password@host/name")
    await decoder.warm()
    assert not {"ORSTT_API_KEY", "ORSTT_DATABASE_URL"} & psutil.Process(child(decoder)).environ().keys()


async def test_bare_pcm_is_read_as_its_sender_says_and_warnings_come_along(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(pcm() + b"\0")
    layout = SampleFormat(rate=8_000, channels=2)

    async with decoder.decoded(Recording(path=tmp_path / "a.wav", name="a.wav", sample_format=layout)) as sound:
        assert sound.duration == SECONDS
        assert sound.warnings == ["The last sample is incomplete; it seems to be cut off."]


async def test_an_error_says_what_it_says_in_process(decoder: Decoder, tmp_path: Path) -> None:
    missing, upload = tmp_path / "no such.wav", tmp_path / "upload-1"
    upload.write_bytes(b"not audio")

    with pytest.raises(FileProblem, match=f"^{missing} cannot be read: No such file"):
        await duration(decoder, missing)
    with pytest.raises(AudioUnreadable, match=r"^call\.wav is not audio") as refusal:
        async with decoder.decoded(recording(upload, "../../call.wav")):
            pass
    assert "wav, flac" in refusal.value.hint
    for number, content in enumerate([b"", b"\0", b"RIFF", os.urandom(1000)]):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(content)
        with pytest.raises(AudioError):
            await duration(decoder, path)


# --- the child is kept ----------------------------------------------------------------------------


async def test_one_child_serves_all_callers_in_turn_and_outlives_bad_recordings(
    decoder: Decoder, speech: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.mp3").write_bytes(b"not audio")
    await decoder.warm()
    before = child(decoder)

    good = [duration(decoder, speech) for _ in range(4)]
    bad = [duration(decoder, tmp_path / "bad.mp3") for _ in range(4)]
    found = await asyncio.gather(*good, *bad, return_exceptions=True)

    assert found[:4] == pytest.approx([SECONDS] * 4, abs=0.1)
    assert [type(error) for error in found[4:]] == [AudioUnreadable] * 4
    assert child(decoder) == before


async def test_a_recording_that_takes_long_does_not_hold_up_the_others(
    decoder: Decoder, settings: Settings, tmp_path: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "QUEUE_SECONDS", 0.1)
    before = {process.pid for process in psutil.Process().children()}
    long = asyncio.create_task(duration(decoder, endless(tmp_path)))
    kept = await at_work(decoder)
    others = await asyncio.gather(*(duration(decoder, speech) for _ in range(2)))
    assert others == pytest.approx([SECONDS] * 2, abs=0.1)
    assert not long.done()
    assert {process.pid for process in psutil.Process().children()} - before == {kept}
    assert len(list(settings.spool.iterdir())) == 1
    long.cancel()


async def test_the_child_is_replaced_before_leaks_add_up(
    decoder: Decoder, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "RECORDINGS_PER_CHILD", 2)
    children = []
    for _ in range(4):
        await duration(decoder, speech)
        children.append(child(decoder))
    assert children[0] == children[1] != children[2] == children[3]
    assert gone(children[0])


async def test_a_child_that_dies_while_nobody_needs_it_costs_nothing(decoder: Decoder, speech: Path) -> None:
    await decoder.warm()
    os.kill(child(decoder), signal.SIGKILL)

    assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)


# --- deaths ---------------------------------------------------------------------------------------


async def test_a_recording_whose_decoder_dies_is_tried_once_more(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(one_sample_packets(10_000))
    working = asyncio.create_task(duration(decoder, tmp_path / "a.mkv"))
    os.kill(await at_work(decoder), signal.SIGKILL)
    assert await working == 0.625


async def test_a_recording_that_kills_two_decoders_is_to_blame(
    decoder: Decoder, settings: Settings, tmp_path: Path, speech: Path
) -> None:
    working = asyncio.create_task(duration(decoder, endless(tmp_path)))
    first = await at_work(decoder)
    os.kill(first, signal.SIGSEGV)
    os.kill(await at_work(decoder, after=first), signal.SIGSEGV)

    with pytest.raises(AudioUnreadable, match=r"^endless\.mkv cannot be read: the decoder died of it"):
        await working

    assert not list(settings.spool.iterdir())
    assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)


async def test_a_decoder_that_cannot_start_is_not_the_fault_of_the_recording(
    decoder: Decoder, speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('libavcodec.so.61 is not there')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(EngineDied, match=r"decoder's process ended with status 1 \(ImportError: libavcodec"):
        await duration(decoder, speech)
    monkeypatch.undo()
    assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)


async def test_cancelling_ends_the_decoding_at_once(
    decoder: Decoder, settings: Settings, tmp_path: Path, speech: Path
) -> None:
    working = asyncio.create_task(duration(decoder, endless(tmp_path)))
    pid = await at_work(decoder)
    began = time.perf_counter()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working

    assert time.perf_counter() - began < 20
    assert working.cancelled()
    assert gone(pid)
    assert not list(settings.spool.iterdir())
    assert await duration(decoder, speech) == pytest.approx(SECONDS, abs=0.1)


async def test_closing_ends_the_decoding_and_those_who_wait_hear_of_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "QUEUE_SECONDS", 0.2)
    before = psutil.Process().children()
    decoder = Decoder(settings)
    path = endless(tmp_path)  # once: written again while a decoder opens it, it would be empty for a moment
    working = [asyncio.create_task(duration(decoder, path)) for _ in range(2)]
    pid = await at_work(decoder)
    await eventually(lambda: decoder._separate)
    working.append(asyncio.create_task(duration(decoder, path)))

    await decoder.close()

    found = await asyncio.gather(*working, return_exceptions=True)
    assert [type(error) for error in found] == [EngineDied] * 3
    assert gone(pid)
    assert psutil.Process().children() == before
    assert decoder._child is None
    assert not list(settings.spool.iterdir())


async def test_the_child_does_not_outlive_a_host_that_is_killed(settings: Settings, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from orstt_core.runtime.decoder import Decoder\n"
        "from orstt_core.runtime.protocol import Recording\n"
        "from orstt_core.settings import Settings\n"
        "async def main():\n"
        "    decoder = Decoder(Settings(data_dir=Path(sys.argv[2])))\n"
        "    await decoder.warm()\n"
        "    print(decoder._child.pid, flush=True)\n"
        "    async with decoder.decoded(Recording(path=Path(sys.argv[1]), name='a')): pass\n"
        "asyncio.run(main())\n"
    )
    host = subprocess.Popen(
        [sys.executable, "-c", program, endless(tmp_path), settings.data_dir], stdout=subprocess.PIPE
    )
    assert host.stdout
    pid = int(host.stdout.readline())
    await asyncio.sleep(0.3)  # until it is inside the decoder
    host.kill()
    host.communicate()

    async with asyncio.timeout(20):
        while not gone(pid):
            await asyncio.sleep(0.02)


def test_importing_the_host_end_loads_nothing_heavy() -> None:
    program = (
        "import sys, orstt_core.runtime.decoder\n"
        "print([name for name in ('numpy', 'soundfile', 'soxr', 'av', 'faster_whisper') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


async def test_a_decoder_that_stands_still_is_replaced_and_the_recording_decoded(
    decoder: Decoder, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "STILL_SECONDS", 0.4)
    await decoder.warm()
    stopped = child(decoder)
    os.kill(stopped, signal.SIGSTOP)
    assert await duration(decoder, speech) > 0
    assert gone(stopped)
