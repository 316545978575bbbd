"""What transcriptions took can be asked for: the same near and far, on both databases, and never what was said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from ends import Ends, SharedEnds
from msgspec.structs import replace
from stored_jobs import a_transcript, added, claimed

from orstt_core.db import measurements
from orstt_core.db.jobs import JobStore
from orstt_core.db.measurements import MeasurementStore
from orstt_core.errors import InvalidRequest
from orstt_core.measurements.machine import machine_in_words
from orstt_core.measurements.service import Measurements
from orstt_core.types import JobMeasured, MeasuredSetup, StatsQuery, TranscriptionFigures

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETUP = MeasuredSetup(
    engine="whisper",
    weights="base",
    device="cpu",
    compute_type="int8",
    settings={"workers": 2, "mode": "fast"},
    machine=machine_in_words(),
    versions={"orstt": "1.0", "ctranslate2": "4.6"},
)
FIGURES = TranscriptionFigures(
    audio_seconds=60.0,
    speech_seconds=30.0,
    seconds=6.0,
    first_segment_seconds=0.5,
    load_seconds=2.0,
    peak_memory=5_000_000_000,
    confidence=0.75,
    windows=8,
    repeated_windows=2,
)
UNMEASURED = TranscriptionFigures(audio_seconds=20.0)
SLOWER = replace(FIGURES, seconds=14.0, first_segment_seconds=1.5, load_seconds=0.0, peak_memory=9, confidence=0.25)
DAYS = tuple(datetime.now(UTC).date() - timedelta(days=ago) for ago in (3, 2, 1))
"""Days of which a sweep, which runs whenever it likes, removes nothing: their time to be kept is not over."""


async def transcribed(shared: SharedEnds, day: date, measured: JobMeasured, patched: pytest.MonkeyPatch) -> None:
    """End a job on that day, without an engine having worked on it."""
    store = JobStore(shared.core._database)

    async def now(_: object) -> datetime:
        return datetime(day.year, day.month, day.day, 0, 1, tzinfo=UTC)

    async with store.database.transaction():  # the worker here sees it only when it is done
        await added(store)
        job = await claimed(store)
        with patched.context() as clock:
            clock.setattr(type(store.database), "now", now)
            assert await store.attempts.finish(job.claim, a_transcript("secret"), None, measured)


async def test_figures_come_by_model_setup_day_and_one_by_one(
    ends: Ends, shared_ends: SharedEnds, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = replace(SETUP, machine="another one", settings={"workers": 4, "mode": "fast"})
    for day, figures, setup in (
        (DAYS[0], FIGURES, SETUP),
        (DAYS[1], UNMEASURED, SETUP),
        (DAYS[1], SLOWER, SETUP),
        (DAYS[2], FIGURES, elsewhere),
    ):
        measured = JobMeasured(model="measured", state="done", figures=figures, setup=setup)
        await transcribed(shared_ends, day, measured, monkeypatch)
    other = JobMeasured(model="other", state="done", figures=UNMEASURED, setup=SETUP)
    await transcribed(shared_ends, DAYS[0], other, monkeypatch)

    async def asked(**query: Any) -> Any:
        found = await ends.backend.stats(StatsQuery(**({"model": "measured"} | query)))
        assert found == await ends.other.stats(StatsQuery(**({"model": "measured"} | query)))
        return found

    [row] = await asked()
    assert (row.setups, row.transcriptions, row.first_day, row.last_day, row.at) == (2, 4, DAYS[0], DAYS[2], None)
    assert row.setup == replace(SETUP, machine="", settings={})  # what differs is empty
    assert (row.audio_seconds, row.speech_seconds, row.seconds) == (200.0, 90.0, 26.0)
    assert row.speed == pytest.approx(180 / 26)  # that of those whose time is known
    assert row.first_segment_seconds == pytest.approx(2.5 / 3)
    assert (row.load_seconds, row.peak_memory) == (2.0, 5_000_000_000)
    assert row.confidence == pytest.approx(1.75 / 3)
    assert row.repeated_share == 0.25
    assert [(each.setup, each.transcriptions) for each in await asked(by="setup")] == [(elsewhere, 1), (SETUP, 3)]
    by_day = await asked(by="day")
    assert [(each.last_day, each.transcriptions) for each in by_day] == [(DAYS[2], 1), (DAYS[1], 2), (DAYS[0], 1)]
    single = await asked(by="transcription")
    assert [(each.at.date(), each.seconds) for each in single] == [
        (DAYS[2], 6.0),
        (DAYS[1], 14.0),
        (DAYS[1], None),
        (DAYS[0], 6.0),
    ]
    unmeasured = (single[2].speed, single[2].confidence, single[2].peak_memory, single[2].repeated_share)
    assert unmeasured == (None,) * 4
    for by in ("day", "transcription"):
        assert await asked(by=by, since=DAYS[1], until=DAYS[1]) == [
            each for each in (by_day if by == "day" else single) if each.last_day == DAYS[1]
        ]
        assert [each.setup.machine for each in await asked(by=by, here=True)] == [SETUP.machine] * (
            2 if by == "day" else 3
        )
        assert len(await asked(by=by, limit=1)) == 1
    assert await asked(model="nobody") == []
    assert {each.model for each in await asked(model="")} >= {"measured", "other"}
    with pytest.raises(InvalidRequest, match="limit"):
        await ends.backend.stats(StatsQuery(limit=0))


async def test_single_transcriptions_go_with_their_time_and_their_days_stay(
    ends: Ends, shared_ends: SharedEnds, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    measured = JobMeasured(model="kept", state="done", figures=FIGURES, setup=SETUP)
    for day in (today, today - timedelta(days=10)):
        await transcribed(shared_ends, day, measured, monkeypatch)
    for days, left in ((-1.0, 2), (30.0, 2), (5.0, 1)):
        await Measurements(shared_ends.core._database, days).enforce()
        assert len(await ends.backend.stats(StatsQuery(by="transcription", model="kept"))) == left
        [row] = await ends.backend.stats(StatsQuery(model="kept"))
        assert row.transcriptions == 2


async def test_a_setup_is_stored_once_however_often_it_comes(shared_ends: SharedEnds) -> None:
    database = shared_ends.core._database
    store = MeasurementStore(database)
    setup = replace(SETUP, machine="new")
    for _ in range(2):
        async with database.transaction():
            await store.add("twice", setup, FIGURES)
    [row] = await shared_ends.core.stats(StatsQuery(model="twice", by="setup"))
    assert (row.transcriptions, row.setups) == (2, 1)


async def test_options_that_clients_invent_make_no_more_setups_than_a_day_may_have(
    shared_ends: SharedEnds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements, "MOST_SETUPS", 3)
    database = shared_ends.core._database
    store = MeasurementStore(database)
    for temperature in (0.1, 0.2, 0.3, 0.4, 0.5, 0.1):
        setup = replace(SETUP, settings={"temperature": [temperature]})
        async with database.transaction():
            await store.add("invented", setup, FIGURES)
    found = {
        str(row.setup.settings): row.transcriptions
        for row in await shared_ends.core.stats(StatsQuery(model="invented", by="setup"))
    }
    assert found == {
        "{'temperature': [0.1]}": 2,
        "{'temperature': [0.2]}": 1,
        "{'temperature': [0.3]}": 1,
        "{'various': True}": 2,
    }
    [whole] = await shared_ends.core.stats(StatsQuery(model="invented"))
    assert whole.transcriptions == 6


async def test_doctor_names_a_model_that_became_slower(
    ends: Ends, shared_ends: SharedEnds, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, today = shared_ends.core._database, datetime.now(UTC)
    for days, figures in ((10, FIGURES), (0, SLOWER)):

        async def then(_: object, when: datetime = today - timedelta(days=days)) -> datetime:
            return when

        with monkeypatch.context() as clock:
            clock.setattr(type(database), "now", then)
            async with database.transaction():
                for _ in range(20):
                    await MeasurementStore(database).add("drifting", SETUP, figures)
    found = {finding.subject: finding for finding in (await ends.backend.diagnose()).findings}
    assert "4.3 times real time, 10.0 before" in found["drift of drifting"].detail
    assert found["drift of drifting"].group == "models"
