"""What every Backend promises about transcribing, with a real model."""

from __future__ import annotations

import asyncio
import re
import wave
from contextlib import aclosing
from pathlib import Path

import pytest
from serving import eventually

from orstt_core.backend import Backend
from orstt_core.errors import (
    AudioEmpty,
    AudioUnreadable,
    FileProblem,
    LanguageUnknown,
    ModelNotFound,
    OrsttError,
    WeightsError,
)
from orstt_core.types import (
    Accepted,
    Done,
    ModelDraft,
    NewSegment,
    Progress,
    RawAudio,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
    Transcript,
)

pytestmark = [pytest.mark.models, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ENGLISH = TranscribeOptions(language="en")
WORDS = "leisure to consider how much there might be prudently in his power to do for them"


async def transcribe(backend: Backend, request: TranscribeRequest) -> list[TranscribeEvent]:
    return [event async for event in backend.transcribe(request)]


async def transcript(backend: Backend, request: TranscribeRequest) -> Transcript:
    last = (await transcribe(backend, request))[-1]
    assert isinstance(last, Done)
    return last.transcript


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower())


async def test_the_words_are_right_and_everything_is_told_in_order(speaking: Backend, austen: Path) -> None:
    events = await transcribe(speaking, TranscribeRequest(audio=austen))
    assert isinstance(events[0], Accepted)
    assert events[0].model == "base"
    [started] = [event for event in events if isinstance(event, Started)]
    assert started.duration == pytest.approx(7.1, abs=0.1)
    assert (started.model.name, started.model.type, started.model.device) == ("base", "whisper", "cpu")
    segments = [event.segment for event in events if isinstance(event, NewSegment)]
    times = [time for segment in segments for time in (segment.start, segment.end) if time is not None]
    assert len(times) == 2 * len(segments) > 0
    assert times == sorted(times)
    assert times[-1] <= started.duration + 0.5
    positions = [event.position for event in events if isinstance(event, Progress)]
    assert positions == sorted(positions)
    assert positions[-1] == pytest.approx(started.duration)
    last = events[-1]
    assert isinstance(last, Done)
    assert WORDS in plain(last.transcript.text)
    assert last.transcript.segments == segments
    assert (last.transcript.language, last.transcript.task) == ("en", "transcribe")
    assert last.transcript.model == started.model
    assert last.transcript.seconds > 0
    measured = await speaking.peaks(events[0].job)
    assert len(measured.peaks) == pytest.approx(10 * started.duration, abs=1)
    assert 4 < sum(passage.end - passage.start for passage in measured.speech) <= started.duration


async def test_samples_and_options_asked_for_at_once_by_name_and_id_are_all_answered(
    speaking: Backend, austen: Path
) -> None:
    with wave.open(str(austen)) as file:
        raw = RawAudio(data=file.readframes(file.getnframes()), rate=file.getframerate(), channels=file.getnchannels())
    options = TranscribeOptions(language="en", word_timestamps=True, beam_size=1, temperature=(0.0,))
    heard, with_words = await asyncio.gather(
        transcript(speaking, TranscribeRequest(audio=raw, model="base")),
        transcript(speaking, TranscribeRequest(audio=austen, model=(await speaking.model("base")).id, options=options)),
    )
    assert [one.model.name for one in (heard, with_words)] == ["base", "base"]
    assert WORDS in plain(heard.text)
    assert [segment.words for segment in heard.segments] == [None] * len(heard.segments)
    words = [word for segment in with_words.segments for word in segment.words or []]
    assert len(words) > 15
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(word.end >= word.start and 0 <= (word.probability or 0) <= 1 for word in words)


async def refusal(backend: Backend, request: TranscribeRequest) -> OrsttError:
    with pytest.raises(OrsttError) as raised:
        await transcribe(backend, request)
    return raised.value


async def test_what_cannot_be_heard_is_refused_with_the_reason(speaking: Backend, austen: Path, tmp_path: Path) -> None:
    text = tmp_path / "letter.wav"
    text.write_text("Dear Sir or Madam, this is no sound at all. " * 50)
    empty = tmp_path / "empty.wav"
    empty.touch()
    silent = RawAudio(data=b"", rate=16000)
    unknown = TranscribeOptions(language="xx")
    for request, kind, named in [
        (TranscribeRequest(audio=text), AudioUnreadable, "letter.wav"),
        (TranscribeRequest(audio=text, filename="tuesday"), AudioUnreadable, "tuesday"),
        (TranscribeRequest(audio=empty), AudioEmpty, "empty.wav"),
        (TranscribeRequest(audio=silent), AudioEmpty, ""),
        (TranscribeRequest(audio=RawAudio(data=b"\0\0", rate=-1)), AudioUnreadable, "-1"),
        (TranscribeRequest(audio=tmp_path / "missing.wav"), FileProblem, "missing.wav"),
        (TranscribeRequest(audio=tmp_path), FileProblem, tmp_path.name),
        (TranscribeRequest(audio=austen, model="nope"), ModelNotFound, "nope"),
        (TranscribeRequest(audio=austen, model=""), ModelNotFound, ""),
        (TranscribeRequest(audio=austen, model=999), ModelNotFound, "999"),
        (TranscribeRequest(audio=austen, options=unknown), LanguageUnknown, "xx"),
        (TranscribeRequest(audio=austen, model="large"), WeightsError, "large"),
    ]:
        error = await refusal(speaking, request)
        assert isinstance(error, kind), (request, error)
        assert named in error.message


async def test_no_folder_of_the_server_is_told(speaking: Backend, tmp_path: Path) -> None:
    path = tmp_path / "note.wav"
    path.write_bytes(b"not sound " * 100)
    assert "/" not in (await refusal(speaking, TranscribeRequest(audio=path))).message


async def test_giving_up_and_cancelling_stop_the_work_and_the_next_one_is_served(
    speaking: Backend, austen: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.wav"
    with wave.open(str(austen)) as file, wave.open(str(long), "wb") as longer:
        longer.setparams(file.getparams())
        longer.writeframes(file.readframes(file.getnframes()) * 60)  # half a minute's work, which nobody waits for
    async with aclosing(speaking.transcribe(TranscribeRequest(audio=long))) as events:
        async for event in events:
            if isinstance(event, Started):
                break
    seen: list[TranscribeEvent] = []

    async def read() -> None:
        async for event in speaking.transcribe(TranscribeRequest(audio=long)):
            seen.append(event)  # noqa: PERF401 - each at once, not all at the end

    reading = asyncio.create_task(read())
    await eventually(lambda: seen)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not any(isinstance(event, Done) for event in seen)
    async with asyncio.timeout(40):
        heard = await transcript(speaking, TranscribeRequest(audio=austen, options=ENGLISH))
    assert WORDS in plain(heard.text)


async def test_a_request_under_way_keeps_its_model_through_a_switch(speaking: Backend, austen: Path) -> None:
    await speaking.create_model(ModelDraft(name="other", model="base", compute_type="int8_float32"))
    try:
        async with aclosing(speaking.transcribe(TranscribeRequest(audio=austen, options=ENGLISH))) as events:
            first = await anext(events)
            await speaking.activate_model("other")
            before = [first, *[event async for event in events]][-1]
        after = await transcript(speaking, TranscribeRequest(audio=austen, options=ENGLISH))
    finally:
        await speaking.activate_model("base")
        await speaking.delete_model("other")
    assert isinstance(before, Done)
    assert (before.transcript.model.name, after.model.name) == ("base", "other")
    assert after.model.compute_type == "int8_float32"
