"""No texts in measured setups: lists of phrases that a model was given were kept there, and are counted from now on.

Setups that are told apart by such texts alone become one, and so do the sums of their days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import Engine, engine_finder
from piccolo.querystring import QueryString

ID = "orstt_0020_no_texts"
VERSION = "1.38.0"
DESCRIPTION = "No texts in measured setups"

CHOICES = {
    "task": {"transcribe", "translate"},
    "channels": {"mixed", "separate"},
    "tracks": {"one", "all"},
    "mode": {"fast", "classic"},
    "answers": {"auto", "timed", "text", "stream"},
}
"""The options that were one of a few words then; any other text is somebody's own."""
SUMS = (
    "transcriptions", "audio_seconds", "timed_audio_seconds", "seconds", "speech_seconds", "speech_count",
    "first_segment_seconds", "first_segment_count", "load_seconds", "load_count", "confidence", "confidence_count",
    "windows", "repeated_windows",
)  # fmt: skip
COLUMNS = ", ".join((*SUMS, "peak_memory"))
ADDED = ", ".join(f"{name} = daily_measurement.{name} + excluded.{name}" for name in SUMS)
MERGE = f"""
    INSERT INTO daily_measurement (day, model, setup, {COLUMNS})
    SELECT day, model, {{}}, {COLUMNS} FROM daily_measurement WHERE setup = {{}}
    ON CONFLICT (day, model, setup) DO UPDATE SET {ADDED}, peak_memory = CASE
        WHEN excluded.peak_memory > daily_measurement.peak_memory THEN excluded.peak_memory
        ELSE daily_measurement.peak_memory
    END
"""  # noqa: S608 - made of this file's own names


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        for row in await engine.run_ddl("SELECT number, setup FROM measured_setup ORDER BY number"):
            setup = msgspec.json.decode(row["setup"])
            kept = dict(_without_texts(setup["settings"]))
            if kept != setup["settings"]:
                await _store(engine, row["number"], setup | {"settings": kept})

    manager.add_raw(run)
    return manager


def _without_texts(settings: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, list):
            yield name, len(value) if any(isinstance(item, str) for item in value) else value
        elif not isinstance(value, str) or value in CHOICES.get(name, ()):
            yield name, value


async def _store(engine: Engine[Any], number: int, setup: dict[str, Any]) -> None:
    async def ask(statement: str, *values: Any) -> Any:
        return await engine.run_querystring(QueryString(statement, *values))

    text = msgspec.json.encode(setup, order="sorted").decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    same = await ask("SELECT number FROM measured_setup WHERE digest = {}", digest)
    if not same:
        await ask("UPDATE measured_setup SET digest = {}, setup = {} WHERE number = {}", digest, text, number)
        return
    kept = same[0]["number"]
    await ask(MERGE, kept, number)
    await ask("DELETE FROM daily_measurement WHERE setup = {}", number)
    await ask("UPDATE transcription_measurement SET setup = {} WHERE setup = {}", kept, number)
    await ask("DELETE FROM measured_setup WHERE number = {}", number)
