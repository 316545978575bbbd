"""Which model `auto` takes, of which it never does, and when a recording is transcribed once more."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import Counting
from msgspec.structs import replace
from polyglot import Detecting, EnglishOnly, Gaelic
from rated_models import CLEAN, NOISY, model, result
from stored_jobs import BASE, a_transcript, an_upload

from orstt_core.audio.facts import facts_of
from orstt_core.db.job_records import Claim, ClaimedJob
from orstt_core.engines import registry
from orstt_core.errors import DatabaseUnavailable, ModelNotUsable
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import SoundFile
from orstt_core.selection.auto import LEAST_CONFIDENCE, AutoSelector
from orstt_core.selection.decision import Candidate, decide, next_better
from orstt_core.selection.knowledge import Expectation, Knowledge, expect
from orstt_core.settings import Settings
from orstt_core.types import (
    AUTO,
    MeasuredSetup,
    Model,
    ModelChoice,
    SoundFacts,
    Stats,
    TranscribeOptions,
    TranscriptionFigures,
)

RATE = 16_000


def candidate(name: str, error: float, seconds: float, delay: float = 0.0) -> Candidate:
    return Candidate(model=model(name), expectation=Expectation(error=error, seconds=seconds), delay=delay)


@pytest.mark.parametrize(
    ("wish", "taken", "reason"),
    [
        ({}, "middle", "nearly as accurate"),
        ({"prefer": "fastest"}, "quick", "the quickest"),
        ({"prefer": "best"}, "best", "the most accurate"),
        ({"deadline": 7.0}, "middle", "within 7 s"),
        ({"deadline": 0.5}, "quick", "none is expected within 0.5 s"),
        ({"max_error": 25.0}, "quick", "at most 25 %"),
        ({"max_error": 1.0}, "best", "none is expected with at most 1 %"),
        ({"max_error": 1.0, "deadline": 7.0}, "middle", "none is expected with"),
    ],
)
def test_the_quickest_that_meets_the_wish_is_taken(wish: dict[str, Any], taken: str, reason: str) -> None:
    three = [candidate("best", 0.02, 10), candidate("middle", 0.05, 5), candidate("quick", 0.2, 1)]
    decision = decide(three, TranscribeOptions(**wish))
    assert decision.candidate.model.name == taken
    assert reason in decision.why


def test_what_must_be_loaded_first_or_waited_for_counts() -> None:
    two = [candidate("loaded", 0.03, 5), candidate("quicker", 0.03, 4, delay=2)]
    assert decide(two, TranscribeOptions()).candidate.model.name == "loaded"
    better = next_better([*two, candidate("better", 0.01, 9)], "loaded")
    assert better is not None
    assert better.model.name == "better"
    assert next_better(two, "loaded") is None


def test_what_was_measured_on_recordings_like_it_outweighs_what_is_published() -> None:
    base = model("base")
    published = expect(base, CLEAN, "en", Knowledge())
    assert published is not None
    assert (published.words, published.timed) == (0, False)
    assert published.error == pytest.approx(0.05)
    noisy = [result("base", 40, NOISY) for _ in range(50)]
    clean = [result("base", 2, CLEAN) for _ in range(50)]
    known = Knowledge(benchmarked=noisy + clean)
    [on_clean, on_noisy] = [expect(base, sound, "en", known) for sound in (CLEAN, NOISY)]
    assert on_clean
    assert on_noisy
    assert on_clean.error < 0.06
    assert on_noisy.error > 0.3
    assert on_clean.timed
    assert on_clean.seconds == pytest.approx(6.0)
    both = expect(base, CLEAN, "en", known, parts=2)
    assert both is not None
    assert both.seconds == pytest.approx(2 * on_clean.seconds)  # each channel by itself
    german = expect(base, CLEAN, "de", known)
    assert german is not None
    assert german.words == 0  # of English nothing is concluded
    assert german.error == pytest.approx(0.15)
    assert expect(model("vosk", model_type="vosk"), CLEAN, "en", known) is None


def test_how_fast_a_model_is_it_shows_on_recordings_with_as_much_speech() -> None:
    dense, sparse = replace(CLEAN, active_share=0.9), replace(CLEAN, active_share=0.2)
    known = Knowledge(
        benchmarked=[result("base", 2, sound, seconds=took) for sound, took in ((dense, 9.0), (sparse, 2.0))] * 9
    )
    for sound, took in ((dense, 9.0), (sparse, 2.0), (CLEAN, 5.5)):  # of the last it is not known
        expectation = expect(model("base"), sound, "en", known)
        assert expectation is not None
        assert expectation.seconds == pytest.approx(took, abs=0.1)


def test_recordings_that_were_transcribed_by_channel_tell_nothing_of_the_speed_on_others() -> None:
    def timed(speed: float, **settings: str) -> Stats:
        return Stats(
            model="base", setup=MeasuredSetup(engine="whisper", weights="base", settings={**settings}),
            first_day=date(2026, 1, 1), last_day=date(2026, 1, 1), transcriptions=9, audio_seconds=600.0,
            seconds=600.0 / speed, speed=speed,
        )  # fmt: skip

    known = Knowledge(stats=[timed(10.0), timed(2.0, channels="separate"), timed(2.0, tracks="all")])
    expectation = expect(model("base"), CLEAN, "en", known)
    assert expectation is not None
    assert expectation.seconds == pytest.approx(6.0)


def test_sound_is_told_by_its_noise_its_pauses_and_its_bandwidth() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, 20 * RATE).astype(np.float32)
    speech = np.where((np.arange(20 * RATE) // (RATE // 2)) % 2, 0.1, 0.001).astype(np.float32) * noise
    facts = facts_of(speech)
    assert facts.snr == pytest.approx(40, abs=2)
    assert facts.active_share == pytest.approx(0.5, abs=0.05)
    assert facts.bandwidth is not None
    assert facts.bandwidth > 7500
    spectrum = np.fft.rfft(speech)
    spectrum[len(spectrum) // 2 :] = 0
    narrow = facts_of(np.fft.irfft(spectrum).astype(np.float32))
    assert narrow.bandwidth == pytest.approx(4000, abs=200)
    assert facts_of(np.zeros(5 * RATE, np.float32)) == SoundFacts(duration=5.0)
    long = np.tile(speech, 20)
    assert facts_of(long).snr == pytest.approx(40, abs=3)


def job(**options: Any) -> ClaimedJob:
    return ClaimedJob(
        claim=Claim(job="a" * 16, attempt=1), filename="a.wav", model=BASE, options=TranscribeOptions(**options),
        recording=an_upload(), keep_alive=None, priority="interactive", waited=True, segments=[],
        choice=ModelChoice(asked=AUTO),
    )  # fmt: skip


async def test_neither_a_cloud_nor_a_model_of_another_language_is_taken_and_a_doubtful_text_is_made_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, engine in (("counting", Counting), ("gaelic", Gaelic)):
        monkeypatch.setitem(registry._registered, name, engine)
    models = [
        model("cloud", model_type="counting", sends_sound=True),
        model("narrow", model_type="gaelic"),
        model("first", model_type="counting"),
        model("second", model_type="counting"),
    ]
    known = [
        *[result("cloud", 0, CLEAN, seconds=0.1, engine="counting")] * 20,
        *[result("narrow", 0, CLEAN, seconds=0.1, engine="gaelic")] * 20,
        *[result("first", 4, CLEAN, seconds=1.0, engine="counting")] * 20,
        *[result("second", 2, CLEAN, seconds=9.0, engine="counting")] * 20,
    ]

    async def all_models() -> list[Model]:
        return models

    async def knowledge() -> Knowledge:
        return Knowledge(benchmarked=known)

    settings = Settings(data_dir=tmp_path)
    selector = AutoSelector(all_models, knowledge, EnginePool(settings), settings)
    sound = SoundFile(path=tmp_path / "a.f32", samples=60 * RATE, warnings=[], facts=CLEAN)
    english = job(language="en")
    chosen = await selector.choose(english, sound)
    assert chosen is not None
    assert chosen.model.name == "first"
    unsaid = await selector.choose(job(), sound)  # it may be any language: one that knows one only is left out
    assert unsaid is not None
    assert unsaid.model.name == "first"
    irish = await selector.choose(job(language="ga", prefer="fastest"), sound)
    assert irish is not None
    assert not irish.model.sends_sound
    with pytest.raises(ModelNotUsable, match=r"narrow.*hotwords"):
        await selector.choose(job(language="en", hotwords="Dashwood"), sound)

    transcript = replace(a_transcript("yes"), sound=CLEAN)
    doubtful = TranscriptionFigures(audio_seconds=60.0, seconds=1.0, confidence=LEAST_CONFIDENCE - 0.1)
    done = replace(english, model=chosen.model, choice=chosen.choice)
    again = await selector.choose_again(done, transcript, doubtful)
    assert again is not None
    assert (again.model.name, again.choice.instead_of, again.choice.seconds_before) == ("second", "first", 1.0)
    for options, figures in (
        (done.options, replace(doubtful, confidence=LEAST_CONFIDENCE)),
        (replace(done.options, prefer="fastest"), doubtful),
        (replace(done.options, deadline=5.0), doubtful),
    ):
        assert await selector.choose_again(replace(done, options=options), transcript, figures) is None

    async def away() -> list[Model]:
        raise DatabaseUnavailable("It is away.")

    away_now = AutoSelector(away, knowledge, EnginePool(settings), settings)
    fallen_back = await away_now.choose(english, sound)  # no reason to fail: who writes waits for the database
    assert fallen_back is not None
    assert (fallen_back.model, "It is away." in fallen_back.choice.why) == (english.model, True)
    assert await away_now.choose_again(done, transcript, doubtful) is None


async def test_a_model_of_one_language_is_taken_where_that_is_heard_and_hearing_it_is_worth_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: EnginePool
) -> None:
    for name, engine in (("detecting", Detecting), ("english", EnglishOnly)):
        monkeypatch.setitem(registry._registered, name, engine)
    wide, narrow = model("0.97", model_type="detecting"), model("narrow", model_type="english")
    known = [
        *[result("0.97", 2, CLEAN, seconds=60.0, engine="detecting")] * 20,
        *[result("narrow", 2, CLEAN, seconds=1.0, engine="english")] * 20,
    ]

    async def all_models() -> list[Model]:
        return [wide, narrow]

    async def knowledge() -> Knowledge:
        return Knowledge(benchmarked=known)

    settings = Settings(data_dir=tmp_path)
    selector = AutoSelector(all_models, knowledge, pool, settings)
    path = tmp_path / "a.f32"
    np.zeros(60 * RATE, np.float32).tofile(path)
    sound = SoundFile(path=path, samples=60 * RATE, warnings=[], facts=CLEAN)
    unheard = await selector.choose(job(), sound)  # nothing is in memory that could hear it
    assert unheard is not None
    assert (unheard.model.name, unheard.choice.language) == ("0.97", "")
    assert "Where the language is named, models of one language come into question too: narrow" in unheard.choice.why
    await pool.load(spec_of(wide))
    heard = await selector.choose(job(), sound)
    assert heard is not None
    assert (heard.model.name, heard.choice.language) == ("narrow", "en")
    assert heard.choice.why.startswith("English is spoken (97% sure). narrow is")
    short = replace(sound, samples=20 * RATE, facts=replace(CLEAN, duration=20.0))
    brief = await selector.choose(job(), short)  # listening takes nearly as long as transcribing
    assert brief is not None
    assert (brief.model.name, brief.choice.language) == ("0.97", "")
