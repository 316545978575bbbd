"""The fast way of decoding: windows side by side, in order, each decoded again where its text shows trouble."""

import os
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from orstt_core import STTFactory
from orstt_core.audio import SAMPLE_RATE, decode
from orstt_core.engines import (
    faster_whisper,
    padding_memory,
    whisper_classic,
    whisper_fast,
    whisper_tuning,
    window_decoder,
)
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.faster_whisper import FasterWhisperSTT
from orstt_core.engines.guards import DecodedText
from orstt_core.engines.voice_activity import Chunk
from orstt_core.engines.whisper_modes import BATCHES, fast_threads
from orstt_core.engines.window_decoder import Asked, WindowDecoder
from orstt_core.settings import Settings
from orstt_core.types import Segment, TranscribeOptions

AUSTEN = Path(__file__).parents[1] / "data" / "austen.wav"
SAID = (
    "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power to do for them."
)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return decode(AUSTEN, max_seconds=60).samples


@pytest.fixture(scope="module")
def whisper(weights_cache: Path) -> FasterWhisperSTT:
    engine = STTFactory.build("whisper", "base", settings=Settings(cache_dir=weights_cache).for_engines)
    assert isinstance(engine, FasterWhisperSTT)
    engine.load()
    return engine


class StandIn:
    """A model whose encoder gives a number for each window, and whose decoder says what it is told to."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, int, dict[str, Any]]] = []
        self.model = self
        self.hf_tokenizer = None

    def feature_extractor(self, samples: np.ndarray, padding: int) -> np.ndarray:
        return np.zeros((80, samples.size // 160), np.float32)

    def encoded(self, features: np.ndarray) -> np.ndarray:
        return np.zeros((features.shape[1] // 2, 4), np.float32)

    def generate(self, view: np.ndarray, prompts: list[list[int]], **options: Any) -> list[SimpleNamespace]:
        self.asked.append((*view.shape[:2], options))
        return [self._answer(self.answers.pop(0)) for _ in prompts]

    def _answer(self, text: str) -> SimpleNamespace:
        tokens = [ord(letter) for letter in text]
        return SimpleNamespace(sequences_ids=[tokens], scores=[-0.1 if text.islower() else -3.0], no_speech_prob=0.1)


TOKENIZER = SimpleNamespace(eot=50_257, decode=lambda tokens: "".join(map(chr, tokens)), tokenizer=None)


@pytest.fixture
def no_alignment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_decoder, "_view", lambda array: array)
    monkeypatch.setattr(window_decoder, "align", lambda *_: [[]])


class Held(StandIn):
    """One that begins to decode and goes on when it may."""

    def __init__(self, *answers: str) -> None:
        super().__init__(*answers)
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def generate(self, view: np.ndarray, prompts: list[list[int]], **options: Any) -> list[SimpleNamespace]:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return super().generate(view, prompts, **options)


ASKED = Asked("en", TOKENIZER, [1, 2, 3], [], 5, (0.0, 0.4))


def said(model: StandIn, seconds: float = 5.0, speech: np.ndarray | None = None) -> str:
    decoder = WindowDecoder(cast("Any", model), 1, BATCHES["cpu"])
    chunk = Chunk(np.ones(round(seconds * SAMPLE_RATE), np.float32), [(0, round(seconds * SAMPLE_RATE))])
    if speech is not None:
        chunk.speech = speech
    return decoder.submit(ASKED, 0, chunk).result.result(timeout=30)[0].text.text


@pytest.mark.usefixtures("no_alignment")
def test_a_window_that_was_decoded_badly_is_decoded_again_cheaply_and_at_last_as_whisper_learned_it() -> None:
    loop, right = "no no no no no no no no no no", "there is nothing wrong with this text"
    assert said(once := StandIn(right)) == right
    assert [positions for _, positions, _ in once.asked] == [250 + 50 + window_decoder.PADDING]
    assert said(StandIn(loop, right)) == right
    assert said(padded := StandIn(loop, loop, right)) == right
    assert [positions for _, positions, _ in padded.asked][1:] == [
        250 + 50 + window_decoder.MORE_PADDING,
        padding_memory.FULL_POSITIONS,
    ]
    assert said(sampled := StandIn(loop, loop, loop, right)) == right
    assert sampled.asked[-1][2]["sampling_temperature"] == 0.4
    assert said(StandIn(loop, loop, loop, loop)) == loop  # nothing better was to be had


@pytest.mark.usefixtures("no_alignment")
def test_what_is_improbable_is_believed_when_it_is_said_twice() -> None:
    assert said(twice := StandIn("SIX AND TWENTY", "SIX AND TWENTY")) == "SIX AND TWENTY"
    assert len(twice.asked) == 2


@pytest.mark.usefixtures("no_alignment")
def test_a_window_with_too_few_words_is_decoded_in_two_parts() -> None:
    heard = np.ones(600, np.bool_)
    heard[250:300] = False
    model = StandIn("too few", "the first half of what was said ", "and the second half of it")
    assert said(model, 12.0, heard) == "the first half of what was said and the second half of it"
    assert [rows for rows, _, _ in model.asked] == [1, 2]


@pytest.mark.usefixtures("no_alignment")
def test_cancelled_work_ends_at_once_and_costs_others_no_more_than_the_batch_that_has_begun() -> None:
    """Neither its other windows are decoded, nor its bad text again, though the library's call cannot be ended."""
    right, cancellation = "there is nothing wrong with this text", Cancellation()
    model = Held("no no no no no no no no no no", right)
    decoder = WindowDecoder(cast("Any", model), 1, BATCHES["cpu"])
    chunk = Chunk(np.ones(5 * SAMPLE_RATE, np.float32), [(0, 5 * SAMPLE_RATE)])

    def transcribe() -> list[object]:
        with cancelled_by(cancellation):
            return list(whisper_fast._decoded(decoder, ASKED, [chunk] * 20, whisper_fast._Spoken("en")))

    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(transcribe)
        assert model.begun.wait(60)
        following = decoder.submit(ASKED, 3, chunk)  # those of the first go before
        cancellation.request()
        with pytest.raises(WorkCancelled):
            found.result(timeout=60)
        assert not following.result.done()
        model.may_go_on.set()
    assert following.result.result(timeout=60)[0].text.text == right
    assert len(model.asked) == 2


def test_the_classic_way_is_taken_for_languages_in_which_the_fast_one_is_not_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FasterWhisperSTT("base")
    engine._classic = model = cast("Any", SimpleNamespace(model=SimpleNamespace(is_multilingual=True)))
    engine._decoder = cast("Any", SimpleNamespace(model=model, likelihoods=lambda _: (None, {"de": 0.2, "ja": 0.7})))
    monkeypatch.setattr(faster_whisper, "fitting_options", lambda *given: given[-1])
    monkeypatch.setattr(
        whisper_fast, "windows", lambda *_, **__: iter([Chunk(np.ones(16_000, np.float32), [(0, 16_000)])])
    )
    way: list[str] = []

    def classic(_: object, __: object, options: TranscribeOptions) -> Iterator[Segment]:
        way.append(f"classic {options.language}")
        yield Segment(id=0, start=0.0, end=1.0, text="x", language=options.language)

    def fast(*_: object) -> Iterator[Segment]:
        way.append("fast")
        return iter(())

    monkeypatch.setattr(whisper_classic, "decode", classic)
    monkeypatch.setattr(whisper_fast, "_asked", lambda *_, **__: None)
    monkeypatch.setattr(whisper_fast, "_decoded", fast)

    def taken(**options: Any) -> list[str]:
        way.clear()
        list(engine.segments(np.ones(16_000, np.float32), TranscribeOptions(**options)))
        return list(way)

    assert taken(language="en") == ["fast"]
    assert taken(language="ja") == ["classic ja"]
    assert taken() == ["classic ja"]
    assert taken(languages=("de", "fr")) == ["fast"]
    assert taken(language="ja", mode="fast") == ["fast"]
    assert taken(language="en", mode="classic") == ["classic en"]
    engine.options = FasterWhisperSTT.Options(mode="classic")
    assert taken(language="en") == ["classic en"]
    assert engine.goes_on_from_text(TranscribeOptions())
    assert not engine.goes_on_from_text(TranscribeOptions(mode="fast"))


@pytest.mark.slow
@pytest.mark.models
def test_eight_clips_at_once_are_decoded_together_each_right(
    whisper: FasterWhisperSTT, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    decode_batch = WindowDecoder._decode

    def counted(self: WindowDecoder, batch: list[Any]) -> None:
        batches.append(len(batch))
        decode_batch(self, batch)

    monkeypatch.setattr(WindowDecoder, "_decode", counted)
    assert whisper.capacity == 8, "two batches at once on two threads"
    with ThreadPoolExecutor(8) as clients:
        texts = list(clients.map(whisper.transcribe, [speech] * 8))
    assert texts == [SAID] * 8
    assert max(batches) > 1


@pytest.mark.slow
@pytest.mark.models
def test_segments_come_in_order_and_the_first_before_the_rest_is_decoded(
    whisper: FasterWhisperSTT, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_came = threading.Event()
    decode_batch = WindowDecoder._decode

    def after_the_first(self: WindowDecoder, batch: list[Any]) -> None:
        if all(window.number for window in batch):
            assert first_came.wait(60), "the first segment came only with others"
        decode_batch(self, batch)

    monkeypatch.setattr(WindowDecoder, "_decode", after_the_first)
    pause = np.zeros(SAMPLE_RATE * 3, np.float32)
    samples = np.concatenate([speech, pause] * 8)
    found = whisper.segments(samples, TranscribeOptions(language="en", word_timestamps=True))
    first = next(found)
    first_came.set()
    segments = [first, *found]
    assert [segment.id for segment in segments] == list(range(8))
    for number, segment in enumerate(segments):
        begin = number * (speech.size / SAMPLE_RATE + 3)
        assert segment.text == SAID
        assert segment.start == pytest.approx(begin + 0.25, abs=0.3)
        assert segment.end == pytest.approx(begin + 6.8, abs=0.3)


@pytest.mark.slow
@pytest.mark.models
def test_speech_that_no_word_covers_is_decoded_by_itself(
    whisper: FasterWhisperSTT, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = WindowDecoder._generated

    def text_that_ends_too_soon(self: WindowDecoder, *args: Any) -> list[DecodedText]:
        [text] = generate(self, *args)
        monkeypatch.setattr(WindowDecoder, "_generated", generate)
        tokens = text.tokens[:12]
        return [replace(text, tokens=tokens, text=args[1][0].tokenizer.decode(tokens))]

    monkeypatch.setattr(WindowDecoder, "_generated", text_that_ends_too_soon)
    found = list(whisper.segments(speech, TranscribeOptions(language="en", word_timestamps=True)))
    words = [word for segment in found for word in segment.words or ()]
    assert " ".join(segment.text for segment in found).endswith("in his power to do for them.")
    assert found[0].text.startswith("And Mr. John Dashwood had then leisure")
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert words[-1].end == pytest.approx(6.8, abs=0.3)


@pytest.mark.slow
@pytest.mark.models
def test_who_stops_listening_leaves_nothing_to_decode(whisper: FasterWhisperSTT, speech: np.ndarray) -> None:
    found = whisper.segments(np.tile(speech, 20), TranscribeOptions(language="en"))
    next(found)
    cast("Generator[Segment]", found).close()
    assert whisper._decoder
    assert all(window.result.cancelled() for window in whisper._decoder._queue._waiting)
    assert whisper.transcribe(speech) == SAID


def test_all_threads_are_shared_by_the_batches_that_are_decoded_at_once() -> None:
    assert [fast_threads(threads) for threads in (1, 2, 4, 8, 64)] == [(1, 1), (2, 1), (4, 1), (4, 2), (4, 4)]
    assert fast_threads(0) == fast_threads(len(os.sched_getaffinity(0)))
    assert [fast_threads(threads, device="cuda") for threads in (1, 2, 8)] == [(1, 1), (2, 1), (2, 4)]
    assert [fast_threads(8, workers) for workers in (1, 2, 8, 16)] == [(1, 8), (2, 4), (8, 1), (16, 1)]


def choices(*args: Any, **kwargs: Any) -> list[list[dict[str, Any]]]:
    found = whisper_tuning.dimensions(*args, **{"threads": 2, "workers": None, "batch": 8, "fast": True, **kwargs})
    return [[msgspec.to_builtins(choice) for choice in dimension] for dimension in found]


def test_what_can_be_tuned_goes_by_cores_device_and_mode() -> None:
    kinds = [{"compute_type": "int8"}, {"compute_type": "float32"}]
    two = choices("cpu", ["int8", "int8_float32", "int16", "float32"])
    assert two == [[{"options": {"workers": 1}}], [], [{"options": {"batch": 4}}], kinds]
    by_workers, fewer, by_batch, _ = choices("cpu", [], threads=8)
    assert [choice["options"] for choice in by_workers] == [{"workers": 1}, {"workers": 2}, {"workers": 8}]
    assert fewer == [{"options": {"threads": 4}}]
    assert by_batch == [{"options": {"batch": 4}}, {"options": {"batch": 16}}]
    assert choices("cpu", ["int8", "float32"], threads=8, fast=False) == [[{"options": {"threads": 4}}], kinds]
    assert choices("cuda", ["float16", "float32"])[-1] == [{"compute_type": "float16"}]


def test_whether_a_model_is_tuned_for_the_fast_way_is_a_matter_of_where_that_is_proved() -> None:
    def tuned(model: str, **options: Any) -> set[str]:
        found = FasterWhisperSTT.tuning_dimensions(model, "cpu", FasterWhisperSTT.Options(**options))
        return {name for dimension in found for choice in dimension for name in choice.options}

    assert {"workers", "batch"} <= tuned("base")
    assert {"workers", "batch"} <= tuned("small", mode="fast")
    assert not {"workers", "batch", "mode"} & (tuned("small") | tuned("base", mode="classic"))
