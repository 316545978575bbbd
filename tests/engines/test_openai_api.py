"""OR-STT stands in front of another server that speaks OpenAI's API, our own among them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from loopback_service import Reply, Service, json_reply, serving
from numpy.typing import NDArray
from scripted import ScriptedBackend, speech
from serving import served

from orstt_core.engines.openai_api import OpenAISTT
from orstt_core.errors import EngineFailed, EngineUnavailable, OptionUnsupported, OrsttError
from orstt_core.settings import EngineSettings
from orstt_core.types import Segment, TranscribeOptions, Word

EngineAt = Callable[..., OpenAISTT]

KEY = "sk-sesame"
HEARD = TranscribeOptions(vad_filter=False)


@pytest.fixture(scope="module")
def tone() -> NDArray[np.float32]:
    return np.sin(np.arange(4 * 16_000)).astype(np.float32)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as found:
        yield found


@pytest.fixture
def engine_at() -> Iterator[EngineAt]:
    """Make engines whose operator allows the host."""
    made: list[OpenAISTT] = []

    def make(host: str, model: str = "base", key: str = KEY, **options: Any) -> OpenAISTT:
        engine = OpenAISTT(model)
        engine.settings = EngineSettings(cloud_hosts=[host], credentials={"openai_key": key} if key else {})
        engine.options = OpenAISTT.Options(base_url=f"{host}/v1", **options)
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.unload()


async def test_a_server_of_ours_is_asked_as_any_other(engine_at: EngineAt, tone: NDArray[np.float32]) -> None:
    backend = ScriptedBackend()

    def heard(engine: OpenAISTT, options: TranscribeOptions) -> list[Segment]:
        engine.load()
        return list(engine.segments(tone, options))

    async with served(backend) as address:
        timed = await asyncio.to_thread(heard, engine_at(address), HEARD)
        asked = backend.requests[-1]
        assert asked.options.language is None
        assert asked.filename == "window.flac"
        streamed = await asyncio.to_thread(heard, engine_at(address, answers="stream"), HEARD)
        options = TranscribeOptions(vad_filter=False, language="Irish", initial_prompt="Áine", temperature=(0.4,))
        await asyncio.to_thread(heard, engine_at(address), options)
        given = backend.requests[-1].options
        await asyncio.to_thread(heard, engine_at(address), TranscribeOptions(vad_filter=False, task="translate"))
        with pytest.raises(EngineUnavailable, match=r"no model called 'bass'.*It has: .*base") as refused:
            await asyncio.to_thread(heard, engine_at(address, "bass"), HEARD)
        backend.script = [*speech("Never.")[:2], EngineFailed("The engine stumbled.")]
        with pytest.raises(EngineFailed, match="stumbled"):
            await asyncio.to_thread(heard, engine_at(address, answers="stream"), HEARD)
    assert [(part.id, part.start, part.end, part.text, part.language) for part in timed] == [
        (0, 0.0, 2.0, "Hello there.", "en"),
        (1, 2.0, 4.0, "General remarks.", "en"),
    ]
    assert [part.text for part in streamed] == ["Hello there.", "General remarks."]
    assert (given.language, given.initial_prompt, given.temperature) == ("ga", "Áine", (0.4,))
    assert [request.options.task for request in backend.requests][3] == "translate"
    assert KEY not in str(refused.value)


def test_words_go_to_the_segments_that_they_were_said_in(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32]
) -> None:
    words = [("one", 0.1, 0.4), ("two", 0.5, 1.1), ("three", 1.3, 1.9)]
    service.replies = [
        json_reply(
            {
                "language": "english",
                "text": "One two. Three.",
                "segments": [
                    {"start": 0.0, "end": 1.0, "text": " One two."},
                    {"start": 1.2, "end": 2.0, "text": " Three."},
                ],
                "words": [{"word": word, "start": start, "end": end} for word, start, end in words],
            }
        )
    ]
    options = TranscribeOptions(vad_filter=False, word_timestamps=True)
    first, second = engine_at(service.host).segments(tone, options)
    assert [word.word for word in first.words or ()] == ["one", "two"]
    assert second.words == [Word(start=1.3, end=1.9, word="three")]
    form = service.asked[0].body
    assert form.count(b'name="timestamp_granularities[]"') == 2
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_model_that_gives_the_text_alone_is_asked_for_no_more(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32]
) -> None:
    service.otherwise = lambda _: json_reply({"text": "All of it."})
    engine = engine_at(service.host, "gpt-4o-transcribe", key="")
    (only,) = engine.segments(tone, HEARD)
    assert (only.text, only.start, only.end) == ("All of it.", 0.0, 4.0)
    assert b"verbose_json" not in service.asked[0].body
    assert "authorization" not in service.asked[0].headers
    with pytest.raises(OptionUnsupported, match="answers"):
        list(engine.segments(tone, TranscribeOptions(vad_filter=False, word_timestamps=True)))


def test_a_server_without_a_list_of_models_is_believed_and_a_wrong_key_is_not(
    engine_at: EngineAt, service: Service
) -> None:
    service.replies = [Reply(404), Reply(404)]
    engine_at(service.host, key="").load()
    service.replies = [json_reply({"error": {"message": f"Incorrect API key provided: {KEY}."}}, 401)]
    with pytest.raises(EngineUnavailable, match=r"refuses the key.* Mend ORSTT_OPENAI_KEY") as refused:
        engine_at(service.host).load()
    assert KEY not in str(refused.value)
    assert {asked.method for asked in service.asked} == {"GET"}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_reply({"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}, 429), "quota"),
        (
            json_reply(
                {"error": {"message": "It is English only.", "code": "option_unsupported", "param": "task"}}, 400
            ),
            "cannot do that",
        ),
        (Reply(body=b"<html>"), "otherwise than it documents"),
        (Reply(500), "HTTP status 500"),
        (Reply(cut=True), "not sent again"),
    ],
)
def test_what_a_server_refuses_is_told_and_not_asked_again(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32], reply: Reply, words: str
) -> None:
    service.replies = [reply]
    with pytest.raises(OrsttError, match=words):
        list(engine_at(service.host).segments(tone, HEARD))
    assert len(service.asked) == 1


def test_a_stream_that_ends_early_is_no_transcript(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32]
) -> None:
    service.replies = [Reply(body=b'data: {"type": "transcript.text.delta", "delta": "All"}\n\n')]
    with pytest.raises(EngineFailed, match="ended before all was said"):
        list(engine_at(service.host, answers="stream").segments(tone, HEARD))


def test_an_error_in_the_middle_of_a_stream_shows_no_key_and_nothing_that_a_terminal_obeys(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32]
) -> None:
    error = {"type": "error", "error": {"message": f"Bad key {KEY}\x1b[2J\r\u202e!"}}
    service.replies = [Reply(body=b"data: " + msgspec.json.encode(error) + b"\n\n")]
    with pytest.raises(EngineFailed, match=r"failed in the middle: Bad key \*\*\*") as told:
        list(engine_at(service.host, answers="stream").segments(tone, HEARD))
    assert told.value.message.isprintable()


def test_a_segment_of_a_stream_may_be_blank_and_one_without_text_is_told(
    engine_at: EngineAt, service: Service, tone: NDArray[np.float32]
) -> None:
    def event(**fields: object) -> bytes:
        return b"data: " + msgspec.json.encode({"type": "transcript.text.segment", "start": 0, "end": 1} | fields)

    done = b'data: {"type": "transcript.text.done", "text": "All"}'
    service.replies = [Reply(body=b"\n\n".join([event(text=" "), event(text="All"), done, b""])), Reply(body=event())]
    engine = engine_at(service.host, answers="stream")
    assert [part.text for part in engine.segments(tone, HEARD)] == ["All"]
    with pytest.raises(EngineFailed, match="otherwise than it documents"):
        list(engine.segments(tone, HEARD))
