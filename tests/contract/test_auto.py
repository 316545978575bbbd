"""What every Backend promises of the model `auto`: chosen by what was measured and wished, said, and stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from counting import Counting, count_of, write_count
from ends import Ends
from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.errors import InvalidRequest
from orstt_core.types import (
    AUTO,
    BenchmarkDraft,
    BenchmarkResult,
    Done,
    ErrorRate,
    ModelDraft,
    Started,
    TranscribeOptions,
    TranscribeRequest,
    UsedModel,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEASURED = {"quick": (10, 0.01), "careful": (0, 0.5), "sloppy": (600, 0.001)}
"""Words wrong of a thousand, and seconds for ten seconds of sound."""


async def test_auto_takes_the_model_that_meets_the_wish_and_says_why(
    ends: Ends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "counting", Counting)
    backend = ends.backend
    for name in MEASURED:
        await backend.create_model(ModelDraft(name=name, model_type="counting", model=name))
    draft = BenchmarkDraft(set="ours", models=tuple(MEASURED), recordings=1)
    before, benchmark = [await backend.create_benchmark(draft) for _ in range(2)]
    for name, (wrong, seconds) in MEASURED.items():
        for digest in "abcd":
            result = BenchmarkResult(
                model=name,
                recording="visit.wav",
                digest=digest * 64,
                language="en",
                used=UsedModel(name=name, type="counting", device="cpu", compute_type="int8"),
                audio_seconds=10.0,
                seconds=seconds,
                errors=ErrorRate(
                    substitutions=wrong, deletions=0, insertions=0, rate=wrong / 1000, total=1000, unit="words"
                ),
            )
            if name == "quick":  # it was another one once: what is measured anew counts
                nothing = ErrorRate(substitutions=0, deletions=1000, insertions=0, rate=1.0, total=1000, unit="words")
                await backend.add_benchmark_result(before.id, replace(result, errors=nothing))
            await backend.add_benchmark_result(benchmark.id, result)
    sound = write_count(tmp_path / "count.wav", 3)

    job = await backend.submit_job(TranscribeRequest(audio=sound, model=AUTO, options=TranscribeOptions(language="en")))
    assert (job.choice and job.choice.asked) == AUTO
    await backend.wait(job.id)
    done = await backend.job(job.id)
    assert (done.model, done.text) == ("quick", count_of(3))
    assert done.choice
    assert "quick is the quickest that is nearly as accurate as the best" in done.choice.why
    assert done.result
    assert (done.result.choice, done.result.sound and done.result.sound.duration) == (done.choice, 3.0)

    [started] = [event async for event in ends.other.follow_job(job.id) if isinstance(event, Started)]
    assert (started.model.name, started.choice) == ("quick", done.choice)

    best = await backend.transcript(sound, AUTO, language="en", prefer="best")
    assert (best.model.name, best.choice and best.choice.model) == ("careful", "careful")
    with pytest.raises(InvalidRequest, match="one is asked for") as refused:
        await backend.submit_job(
            TranscribeRequest(audio=sound, model="quick", options=TranscribeOptions(prefer="best"))
        )
    assert refused.value.field == "prefer"
    with pytest.raises(InvalidRequest, match="fits a recording"):
        await backend.create_model(ModelDraft(name=AUTO, model_type="counting"))


@pytest.mark.models
@pytest.mark.slow
async def test_a_real_recording_is_transcribed_by_a_model_that_is_here_and_knows_its_language(
    speaking: Backend, austen: Path
) -> None:
    asked = TranscribeRequest(audio=austen, model=AUTO, options=TranscribeOptions(language="en"))
    events = [event async for event in speaking.transcribe(asked)]
    done = events[-1]
    assert isinstance(done, Done)
    assert "leisure to consider how much there might be prudently in his power" in done.transcript.text
    assert done.transcript.choice
    assert done.transcript.choice.model == "base"  # of the others there are no weights, and none are fetched
    assert "as published" in done.transcript.choice.why
    assert done.transcript.sound
    assert (done.transcript.sound.snr or 0) > 15
    tiny = ModelDraft(name="tiny.en")
    if not (await speaking.validate_model(tiny)).available:
        return
    await speaking.create_model(tiny)
    await speaking.load_model("tiny.en", keep_alive=-1)  # else what is in memory would go before it
    by_language = {
        language: (await speaking.transcript(austen, AUTO, language=language)).model.name for language in ("en", "de")
    }
    assert by_language == {"en": "tiny.en", "de": "base"}
