"""Bad media: each gives a sound or a typed error, in bounded time and memory, and nothing else is opened."""

import contextlib
import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import bad_media
import numpy as np
import pytest
import pytest_asyncio
import soundfile
from bad_media import Item
from recordings import SECONDS, encode

from orstt_core.errors import AudioError, AudioUnreadable, FileProblem, TooLarge
from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.protocol import Recording
from orstt_core.settings import Settings

MEMORY = 128 << 20
"""Bytes that decoding anything of the corpus may take: half of it are libraries."""
SLOWEST = 15.0
"""Seconds for any item, on a machine that is busy with other things too."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the decoder has its files, and a folder that it works in: what a relative name leads to can be seen."""
    folder = tmp_path_factory.mktemp("decoder")
    (folder / "here").mkdir()
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder(folder: Path) -> AsyncIterator[Decoder]:
    """One for all that is bad: it must not care."""
    decoder = Decoder(Settings(data_dir=folder / "data", max_audio_hours=0.1))
    with contextlib.chdir(folder / "here"):
        await decoder.warm()
    yield decoder
    await decoder.close()


def peak_memory(decoder: Decoder) -> int:
    assert decoder._child
    status = Path(f"/proc/{decoder._child.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


async def duration(decoder: Decoder, path: Path, name: str) -> float:
    async with decoder.decoded(Recording(path=path, name=name, named=True)) as sound:
        samples = np.memmap(sound.path, np.float32, mode="r")
        assert samples.size == sound.samples > 0
        assert np.abs(samples[:1000]).max() <= 1
        return sound.duration


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(bad_media.bombs, id="bombs", marks=pytest.mark.slow),
        pytest.param(bad_media.truncated, id="cut", marks=pytest.mark.slow),
        pytest.param(bad_media.flipped, id="flipped", marks=pytest.mark.slow),
        pytest.param(bad_media.forged, id="forged"),
        pytest.param(lambda: bad_media.playlists(bad_media.ELSEWHERE), id="playlists", marks=pytest.mark.slow),
        pytest.param(bad_media.hostile_names, id="names"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_bad_media_cost_nothing_but_their_own_request(
    group: Callable[[], Iterator[Item]],
    decoder: Decoder,
    folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    upload, good = tmp_path / "upload-1", encode(tmp_path / "good.mp3", "libmp3lame", 44_100)
    told: list[str] = []
    for name, content in group():
        upload.write_bytes(content)
        began = time.perf_counter()
        try:
            await duration(decoder, upload, name)
        except (AudioError, TooLarge, FileProblem) as error:
            told.append(str(error))
        assert time.perf_counter() - began < SLOWEST, name
        assert await duration(decoder, good, "good.mp3") == pytest.approx(SECONDS, abs=0.1), name
        assert peak_memory(decoder) < MEMORY, name
    for message in told:
        assert message.isprintable()
        assert str(tmp_path) not in message
        assert len(message) < 400
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["good.mp3", "upload-1"]
    assert sorted(path.name for path in folder.rglob("*")) == ["data", "here", "spool"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("bomb", [bad_media.silence, bad_media.opus_of_nothing])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_bomb_is_refused_by_what_it_holds(
    bomb: Callable[[float], bytes], decoder: Decoder, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(bomb(0.11))
    with pytest.raises(TooLarge, match=r"longer than the limit of 0\.1 hours"):
        await duration(decoder, tmp_path / "a", "a")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


OWN_SOUND = {"sound elsewhere.m4a": SECONDS, "attachment.mkv": 1}
"""What brings sound of its own besides pointing elsewhere, and its seconds; the other recording has 7.1."""


@pytest.mark.parametrize(
    "address",
    [
        "{path}",
        *(
            pytest.param(other, marks=pytest.mark.slow)
            for other in ("file://{path}", "http://{host}/a.wav", "tcp://{host}")
        ),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_file_points_to_is_never_opened(
    address: str, decoder: Decoder, austen: Path, listening: socket.socket, tmp_path: Path
) -> None:
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    for name, content in bad_media.playlists(address.format(path=austen.absolute(), host=host)):
        (tmp_path / "upload-1").write_bytes(content)
        if name in OWN_SOUND:
            assert await duration(decoder, tmp_path / "upload-1", name) == pytest.approx(OWN_SOUND[name], abs=0.1)
        else:
            with pytest.raises(AudioUnreadable):
                await duration(decoder, tmp_path / "upload-1", name)
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.slow
def test_the_corpus_is_the_same_in_every_run() -> None:
    program = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "import bad_media\n"
        "print(hashlib.sha256(repr([*bad_media.forged(), *bad_media.flipped()]).encode()).hexdigest())"
    )
    folder = Path(bad_media.__file__).parent
    other = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    here = repr([*bad_media.forged(), *bad_media.flipped()]).encode()
    assert other.stdout.strip() == hashlib.sha256(here).hexdigest()


@pytest.mark.slow
def test_the_corpus_stays_small_enough_to_send_whole() -> None:
    items = list(bad_media.corpus())
    assert len({name for name, _ in items}) == len(items) <= 150
    assert sum(len(content) for _, content in items) < 20 << 20


# --- long files -----------------------------------------------------------------------------------


def an_hour_of_noise(path: Path) -> Path:
    """Write a FLAC of 22 kHz: a minute of noise, again and again."""
    minute = np.random.default_rng(0).normal(0, 0.1, 22_050 * 60).astype(np.float32)
    with soundfile.SoundFile(path, "w", 22_050, 1, "PCM_16") as file:
        for _ in range(60):
            file.write(minute)
    return path


def an_hour_of_silence(path: Path) -> Path:
    path.write_bytes(bad_media.silence(hours=1))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("make", [an_hour_of_noise, an_hour_of_silence])
async def test_an_hour_is_decoded_in_less_memory_than_its_samples_take(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path / "a.flac")
    decoder = Decoder(Settings(data_dir=tmp_path))
    try:
        assert await duration(decoder, path, path.name) == 3600
        assert peak_memory(decoder) < MEMORY
    finally:
        await decoder.close()
