"""Every transcription leaves its figures with the job's end, and never costs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from counting import CountingTogether, count_of, write_count
from counting_backend import SECONDS, counting_backend, done_by_a_second_engine, ended
from msgspec.structs import replace
from postgres import raw_sql
from stored_jobs import BASE

from orstt_core import __version__
from orstt_core.db.database import Database
from orstt_core.db.measurements import MeasurementStore
from orstt_core.engines.library_versions import library_versions
from orstt_core.engines.window_counts import WindowCounts, count_window, windows_counted_in
from orstt_core.local import LocalBackend
from orstt_core.measurements.ended_jobs import done_measured
from orstt_core.runtime.peak_memory import peak_memory
from orstt_core.runtime.protocol import Finished, Loaded, SegmentMessage, SoundFile, SpeechMessage
from orstt_core.runtime.transcription import Transcription
from orstt_core.settings import EngineSettings, Settings
from orstt_core.types import (
    MeasuredSetup,
    Model,
    NewSegment,
    Segment,
    StatsQuery,
    TranscribeOptions,
    TranscribeRequest,
    TranscriptionFigures,
    UsedModel,
)
from orstt_core.types.options import OptionValue

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_job_that_is_done_has_left_its_figures_and_no_text(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", cpu_threads=3)
    behaviour = tmp_path / "behaviour"
    behaviour.mkdir()
    request = TranscribeRequest(audio=write_count(tmp_path / "a.wav", SECONDS))
    async with counting_backend(settings, behaviour) as backend:
        done = await ended(backend, await backend.submit_job(request))
        assert done.result is not None
        [row] = await backend.stats(StatsQuery(by="transcription"))
        assert (row.model, row.transcriptions, row.audio_seconds) == ("counting", 1, SECONDS)
        assert row.seconds == done.result.seconds
        assert row.speed == pytest.approx(SECONDS / done.result.seconds)
        assert row.first_segment_seconds is not None
        assert 0 < row.first_segment_seconds <= done.result.seconds
        assert row.peak_memory is not None
        assert row.peak_memory > 1e6
        assert (row.speech_seconds, row.confidence, row.repeated_share) == (None, None, None)  # it says nothing of it
        assert (row.setup.engine, row.setup.weights) == ("counting", str(behaviour))
        assert row.setup.settings == {"cpu_threads": 3}
        assert row.setup.versions == {"orstt": __version__}
        assert row.setup.machine
        (behaviour / "always-die").touch()
        assert (await ended(backend, await backend.submit_job(request))).state == "failed"
        assert len(await backend.stats(StatsQuery(by="transcription"))) == 1  # only what was done is measured


async def test_what_a_process_took_that_died_is_not_guessed(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path
) -> None:
    job, kept = await done_by_a_second_engine(backend, recording, CountingTogether, tmp_path, dies_at=3)
    assert (job.text, kept) == (count_of(SECONDS), 2)
    [row] = await backend.stats(StatsQuery(by="transcription", model="CountingTogether"))
    assert (row.audio_seconds, row.seconds, row.speed, row.first_segment_seconds) == (SECONDS, None, None, None)


async def test_a_transcript_is_not_lost_for_its_figures(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def add(*_: object) -> None:
        raise RuntimeError("it cannot be stored")

    monkeypatch.setattr(MeasurementStore, "add", add)
    done = await ended(backend, await backend.submit_job(recording))
    assert (done.state, done.text, done.attempt) == ("done", count_of(SECONDS), 1)


async def test_a_database_from_before_the_figures_gets_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with LocalBackend(settings, drain=False):
        pass
    await raw_sql(
        settings.database,
        "DROP TABLE daily_measurement",
        "DROP TABLE transcription_measurement",
        "DROP TABLE measured_setup",
        "DROP INDEX audit_entry_subject",
        "DELETE FROM migration WHERE name = 'orstt_0011_measurements'",
    )
    async with LocalBackend(settings, drain=False) as backend:
        assert await backend.stats(StatsQuery()) == []


async def test_no_text_that_somebody_wrote_is_kept_with_the_figures() -> None:
    used, figures = (
        UsedModel(name="m", type="t", device="cpu", compute_type="int8"),
        TranscriptionFigures(audio_seconds=1.0),
    )

    def kept(engine: str, **options: OptionValue) -> dict[str, OptionValue]:
        model = replace(BASE, model_type=engine, options=options)
        spoken = TranscribeOptions(language="en", initial_prompt="Mister John", hotwords="Dashwood", beam_size=3)
        measured = done_measured(model, spoken, EngineSettings(), used, {}, figures)
        assert measured.setup
        return {name: value for name, value in measured.setup.settings.items() if name != "beam_size"}

    assert kept("pocketsphinx", phrases=["mister john", "dashwood"]) == {"phrases": 2}
    assert kept("azure", region="westeurope") == {}
    assert kept("whisper", mode="fast", workers=2) == {"mode": "fast", "workers": 2}
    assert kept("another package's", hint="Mister John", mode="fast", weights=[0.5, 1.0], shy=True) == {
        "weights": [0.5, 1.0],
        "shy": True,
    }


async def test_texts_that_were_kept_are_removed_and_their_sums_stay(database_url: str) -> None:
    figures, setup = TranscriptionFigures(audio_seconds=5.0, peak_memory=7), MeasuredSetup(engine="pocketsphinx")
    others = MeasuredSetup(engine="whisper", settings={"mode": "fast", "temperature": [0.2, 0.4]})
    async with Database(database_url) as database:
        store = MeasurementStore(database)
        async with database.transaction():
            for phrases in (["mister john", "o'er"], ["dashwood", "norland"], ["one"]):
                settings: dict[str, OptionValue] = {"phrases": [*phrases], "prompt": "say it", "threads": 2}
                await store.add("m", replace(setup, settings=settings), figures)
            await store.add("m", others, figures)
    await raw_sql(database_url, "DELETE FROM migration WHERE name = 'orstt_0020_no_texts'")
    async with Database(database_url) as database:
        store = MeasurementStore(database)
        found = await store.measured(StatsQuery(by="setup"), "")
        known = {str(each.setup.settings): each.totals for each in found}
        assert {text: (sums.transcriptions, sums.audio_seconds, sums.peak_memory) for text, sums in known.items()} == {
            "{'phrases': 2, 'threads': 2}": (2, 10.0, 7),
            "{'phrases': 1, 'threads': 2}": (1, 5.0, 7),
            str(others.settings): (1, 5.0, 7),
        }
        assert len(await store.measured(StatsQuery(by="transcription"), "")) == 4
        async with database.transaction():  # what comes now is of the same setup
            await store.add("m", replace(setup, settings={"phrases": 1, "threads": 2}), figures)
        assert len(await store.measured(StatsQuery(by="setup"), "")) == len(found)


async def test_figures_are_of_all_work_on_a_recording_together() -> None:
    def measured(model: Model, segments: list[Segment]) -> Transcription:
        sound = SoundFile(path=Path("none"), samples=160_000, warnings=[])
        transcription = Transcription(model, TranscribeOptions(), sound, segments)
        transcription.events(
            Loaded(device="cpu", compute_type="int8", seconds=2.0, warnings=[], libraries={"some": "1.0"})
        )
        return transcription

    def said(number: int, text: str, confidence: float | None) -> Segment:
        return Segment(id=number, start=number, end=number + 1, text=text, confidence=confidence)

    transcription = measured(BASE, [])
    transcription.seconds = 1.0  # of work that others interrupted
    transcription.events(SpeechMessage(start=0.0, spans=[(0.0, 1.5), (2.0, 4.0)]))
    transcription.events(SegmentMessage(event=NewSegment(segment=said(0, "a", 0.25)), seconds=0.5))
    transcription.events(SegmentMessage(event=NewSegment(segment=said(1, "bcd", 0.75)), seconds=0.75))
    transcription.events(SegmentMessage(event=NewSegment(segment=said(2, "unknown", None)), seconds=0.8))
    transcription.events(Finished(seconds=2.0, windows=3, repeated_windows=1, peak_memory=7))
    figures = transcription.figures
    assert (figures.audio_seconds, figures.speech_seconds, figures.seconds) == (10.0, 3.5, 3.0)
    assert (figures.first_segment_seconds, figures.load_seconds, figures.peak_memory) == (1.5, 2.0, 7)
    assert (figures.confidence, figures.windows, figures.repeated_windows) == (0.625, 3, 1)
    assert transcription.libraries == {"some": "1.0"}
    silent = measured(BASE, [])
    silent.events(SpeechMessage(start=0.0, spans=[]))
    assert silent.figures.speech_seconds == 0
    begun_elsewhere = measured(BASE, [said(0, "a", None)])
    begun_elsewhere.events(Finished(seconds=2.0))
    assert begun_elsewhere.figures.seconds is None


async def test_windows_are_counted_where_somebody_counts() -> None:
    count_window(repeated=True)
    counts = WindowCounts()
    with windows_counted_in(counts):
        count_window(repeated=True)
        count_window(repeated=False)
    count_window(repeated=True)
    assert counts == WindowCounts(windows=2, repeated=1)


async def test_the_system_tells_the_peak_and_libraries_their_versions(tmp_path: Path) -> None:
    before = peak_memory()
    assert before is not None
    much = bytearray(64 << 20)
    assert (peak_memory() or 0) > 1e6
    del much
    assert (peak_memory() or 0) >= before  # a peak stays
    assert peak_memory(tmp_path / "none") is None
    found = library_versions({"numpy": "numpy", "msgspec": "'orstt[some]'", "nowhere_to_be_found": "nothing"})
    assert set(found) == {"numpy", "msgspec"}
