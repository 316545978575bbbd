"""Promises of jobs whose channels or tracks are transcribed each by itself: they go the road of all others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from counting import RATE, STEP, Counting, CountingWithoutTimes
from counting_backend import asked, counting_backend, done_by_a_second_engine, ended
from msgspec.structs import replace
from numpy.typing import NDArray

from orstt_core.errors import Busy, InvalidRequest
from orstt_core.formats import render
from orstt_core.local import LocalBackend
from orstt_core.runtime.protocol import Recording, SoundFile
from orstt_core.runtime.sound_room import SoundRoom
from orstt_core.settings import Settings
from orstt_core.types import Job, NewSegment, Progress, TranscribeOptions, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 4
IN_TURN = "1 11 2 12 3 13 4 14"
"""What is said in both channels, by its time."""
CHANNELS = [1, 2] * SECONDS


@pytest.fixture
def call(tmp_path: Path) -> TranscribeRequest:
    """A recording whose sides count at the same time, one from 1, the other from 11."""
    sides = [np.repeat(np.arange(first, first + SECONDS) * STEP, RATE) for first in (1, 11)]
    soundfile.write(tmp_path / "call.wav", np.stack(sides, axis=1), RATE, subtype="FLOAT")
    return TranscribeRequest(audio=tmp_path / "call.wav", options=TranscribeOptions(channels="separate"))


def check_call(done: Job) -> None:
    assert (done.state, done.text, done.duration) == ("done", IN_TURN, SECONDS)
    assert [segment.channel for segment in done.segments] == CHANNELS
    assert [segment.id for segment in done.segments] == list(range(2 * SECONDS))


async def test_each_segment_says_its_channel_and_progress_never_goes_back(
    backend: LocalBackend, call: TranscribeRequest, behaviour: Path
) -> None:
    job = await backend.submit_job(call)
    events = [event async for event in backend.follow_job(job.id)]

    check_call(await ended(backend, job))
    assert asked(behaviour) == [1, 11]
    assert [event.segment.id for event in events if isinstance(event, NewSegment)] == list(range(2 * SECONDS))
    positions = [event.position for event in events if isinstance(event, Progress)]
    assert positions == sorted(positions)
    assert (positions[-1], min(positions)) == (SECONDS, 0.5)


@pytest.mark.parametrize(
    ("engine", "asked_for", "kept"),
    [(Counting, [1, 11, 13], 6), (CountingWithoutTimes, [1, 11, 11, 1], 0)],
)
async def test_an_engine_that_dies_in_the_second_channel_loses_and_doubles_nothing(
    backend: LocalBackend,
    call: TranscribeRequest,
    tmp_path: Path,
    engine: type[Counting],
    asked_for: list[int],
    kept: int,
) -> None:
    done, gone_on_from = await done_by_a_second_engine(backend, call, engine, tmp_path, dies_at=13)
    assert gone_on_from == kept
    assert sorted(done.text.split(), key=int) == sorted(IN_TURN.split(), key=int)
    assert sorted(segment.channel or 0 for segment in done.segments) == sorted(CHANNELS)
    assert asked(tmp_path) == asked_for


async def test_a_job_that_was_cut_short_in_the_second_channel_is_gone_on_with_there(
    call: TranscribeRequest, tmp_path: Path
) -> None:
    settings, behaviour = Settings(data_dir=tmp_path / "data"), tmp_path / "behaviour"
    behaviour.mkdir()
    async with counting_backend(settings, behaviour) as backend:
        (behaviour / "asked").unlink()
        (behaviour / "hang-at").write_text("13")
        job = await backend.submit_job(call)
        async with asyncio.timeout(20):
            while len((await backend.job(job.id)).segments) < SECONDS + 2:
                await asyncio.sleep(0.02)
        await backend._jobs.close()
        (behaviour / "hang-at").unlink()
        async with LocalBackend(settings) as next_one:
            check_call(await ended(next_one, job))
    assert asked(behaviour) == [1, 11, 13]


async def test_what_has_room_for_its_first_channel_has_it_for_the_others(
    backend: LocalBackend, call: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend._decoder, "_room", SoundRoom(16))  # a recording takes that much at least
    decoded, refused = backend._decoder.decoded, []

    @asynccontextmanager
    async def followed_by_another(
        recording: Recording, part: int = 0, *more: Any, **room: Any
    ) -> AsyncIterator[SoundFile]:
        async with decoded(recording, part, *more, **room) as sound:
            yield sound
        with pytest.raises(Busy):
            async with decoded(Recording(path=recording.path, name="another")):
                pass
        refused.append(part)

    monkeypatch.setattr(backend._decoder, "decoded", followed_by_another)
    check_call(await ended(backend, await backend.submit_job(call)))
    assert refused == [1, 2]


async def test_a_silent_side_is_not_listened_to_and_one_sound_is_one_transcript(
    backend: LocalBackend, call: TranscribeRequest, behaviour: Path, tmp_path: Path
) -> None:
    said = np.repeat(np.arange(1, SECONDS + 1) * STEP, RATE)
    soundfile.write(tmp_path / "half.wav", np.stack([0 * said, said], axis=1), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "both.wav", np.stack([said, said], axis=1), RATE, subtype="FLOAT")

    half = await ended(backend, await backend.submit_job(replace(call, audio=tmp_path / "half.wav")))
    both = await ended(backend, await backend.submit_job(replace(call, audio=tmp_path / "both.wav")))

    for done, channel, note in ((half, 2, "Channel 1 is silent."), (both, None, "hold the same sound")):
        assert done.result is not None
        assert done.text == "1 2 3 4"
        assert {segment.channel for segment in done.segments} == {channel}
        assert note in " ".join(done.result.warnings)
    assert asked(behaviour) == [1, 1]


def film(path: Path, *tracks: NDArray[np.floating[Any]]) -> Path:
    """Write sound tracks beside each other, without loss."""
    with av.open(path, "w") as output:
        streams = [output.add_stream("pcm_f32le", rate=RATE, layout="mono") for _ in tracks]
        for stream, samples in zip(streams, tracks, strict=True):
            frame = av.AudioFrame.from_ndarray(samples[None, :].astype(np.float32), format="flt", layout="mono")
            frame.rate = RATE
            output.mux([*stream.encode(frame), *stream.encode(None)])
    return path


async def test_each_track_is_a_transcript_by_itself_and_silent_ones_are_left_out(
    backend: LocalBackend, behaviour: Path, tmp_path: Path
) -> None:
    first, second = (np.repeat(np.arange(begin, begin + SECONDS) * STEP, RATE) for begin in (1, 11))
    path = film(tmp_path / "film.mkv", 0 * first, first, second[: RATE * 2])
    every = TranscribeRequest(audio=path, options=TranscribeOptions(tracks="all"))
    job = await backend.submit_job(every)
    positions = [event.position async for event in backend.follow_job(job.id) if isinstance(event, Progress)]

    done = await ended(backend, job)
    assert done.result is not None
    assert (done.state, done.duration) == ("done", SECONDS)
    assert done.text == "1 2 3 4 11 12"
    assert [(segment.track, segment.text.strip()) for segment in done.segments] == [
        (2, "1"), (3, "11"), (2, "2"), (3, "12"), (2, "3"), (2, "4"),
    ]  # fmt: skip
    assert render(done.result, "text") == "Track 2: 1 2 3 4\nTrack 3: 11 12\n"
    assert "Track 3: 12" in render(done.result, "srt")
    assert render(done.result, "tsv").startswith("start\tend\ttext\ttrack\n0\t1000\t1\t2\n")
    assert "Track 1 is silent." in done.result.warnings
    assert positions == sorted(positions)
    assert positions[-1] == SECONDS
    assert asked(behaviour) == [1, 11]

    for audio in (film(tmp_path / "one.mkv", first), headed(tmp_path / "one.wav", first)):
        alone = await ended(backend, await backend.submit_job(replace(every, audio=audio)))
        assert alone.result is not None
        assert (alone.text, {segment.track for segment in alone.segments}) == ("1 2 3 4", {None})
    with pytest.raises(InvalidRequest, match="track and tracks=all do not go together"):
        TranscribeOptions(track=2, tracks="all")


def headed(path: Path, samples: NDArray[np.floating[Any]]) -> Path:
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path
