"""The database itself keeps exactly one active and one default model: attacked by SQL past the program.

SQLite's attacks come from a connection with foreign keys off, which is how the `sqlite3` shell starts.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from postgres import raw_sql

from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore

REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError, asyncpg.FeatureNotSupportedError)

ATTACKS = [
    "UPDATE api_sttmodel SET is_active = TRUE WHERE name = 'tiny'",
    "UPDATE api_sttmodel SET is_active = FALSE WHERE name = 'base'",
    "UPDATE api_sttmodel SET is_active = FALSE",
    "UPDATE api_sttmodel SET is_active = TRUE",
    "UPDATE api_sttmodel SET is_active = NOT is_active",
    "UPDATE api_sttmodel SET is_active = (name = 'tiny')",
    "UPDATE api_sttmodel SET is_active = NULL WHERE name = 'base'",
    "UPDATE api_sttmodel SET is_default = TRUE WHERE name = 'tiny'",
    "UPDATE api_sttmodel SET is_default = FALSE WHERE name = 'base'",
    "UPDATE api_sttmodel SET id = 77 WHERE name = 'base'",
    "DELETE FROM api_sttmodel WHERE name = 'base'",
    "DELETE FROM api_sttmodel",
    """INSERT INTO api_sttmodel (name, model_type, model, device, compute_type, is_active)
       VALUES ('x', 'whisper', 'x', 'cpu', 'int8', TRUE)""",
    """INSERT INTO api_sttmodel (name, model_type, model, device, compute_type, is_default)
       VALUES ('x', 'whisper', 'x', 'cpu', 'int8', TRUE)""",
    "UPDATE model_selection SET active_id = 99",
    "UPDATE model_selection SET default_id = 99",
    "UPDATE model_selection SET active_id = NULL",
    "UPDATE model_selection SET id = 2",
    "DELETE FROM model_selection",
    "INSERT INTO model_selection (id, active_id, default_id) VALUES (1, 1, 1)",
    "INSERT INTO model_selection (id, active_id, default_id) VALUES (2, 1, 1)",
]
ATTACKS_ON_SQLITE = [
    "UPDATE api_sttmodel SET is_active = 2 WHERE name = 'base'",
    "UPDATE api_sttmodel SET is_active = 'yes' WHERE name = 'tiny'",
    "UPDATE OR REPLACE api_sttmodel SET is_active = TRUE WHERE name = 'tiny'",
    "UPDATE OR IGNORE api_sttmodel SET is_active = FALSE WHERE name = 'base'",
    """REPLACE INTO api_sttmodel (id, name, model_type, model, device, compute_type)
       VALUES (2, 'base', 'whisper', 'base', 'cpu', 'int8')""",
    """REPLACE INTO api_sttmodel (id, name, model_type, model, device, compute_type)
       VALUES (9, 'base', 'whisper', 'base', 'cpu', 'int8')""",
    "UPDATE OR REPLACE api_sttmodel SET name = 'base' WHERE name = 'tiny'",
    "UPDATE OR REPLACE api_sttmodel SET id = 2 WHERE name = 'tiny'",
    "REPLACE INTO model_selection (id, active_id, default_id) VALUES (1, 99, 99)",
]
ATTACKS_ON_POSTGRES = [
    "TRUNCATE api_sttmodel",
    "TRUNCATE api_sttmodel CASCADE",
    "TRUNCATE model_selection",
]


async def flags(url: str) -> list[tuple[str, bool, bool]]:
    """Name and flags of each model, read past the program."""
    rows = await raw_sql(url, "SELECT name, is_active, is_default FROM api_sttmodel ORDER BY id")
    return [(name, bool(active), bool(default)) for name, active, default in rows]


@pytest.fixture
async def url(database_url: str) -> str:
    async with Database(database_url):
        return database_url


async def test_the_database_refuses_every_attack(url: str) -> None:
    before = await flags(url)
    assert [name for name, active, _ in before if active] == ["base"]
    for attack in ATTACKS + (ATTACKS_ON_POSTGRES if url.startswith("postgres") else []):
        with pytest.raises(REFUSED):
            print(attack, await raw_sql(url, attack))
        assert await flags(url) == before, attack


@pytest.mark.parametrize("attack", ATTACKS_ON_SQLITE)
async def test_sqlites_laxness_opens_no_gap(tmp_path: Path, attack: str) -> None:
    url = f"sqlite:///{tmp_path / 'orstt.sqlite'}"
    async with Database(url):
        pass
    with suppress(sqlite3.IntegrityError):  # OR IGNORE and OR REPLACE need not raise
        await raw_sql(url, attack)
    rows = await flags(url)
    assert [name for name, active, _ in rows if active] == ["base"]
    assert [name for name, _, default in rows if default] == ["base"]
    async with Database(url) as database:
        assert (await ModelStore(database).get(2)).name == "base"


@pytest.mark.parametrize("column", ["active", "default"])
async def test_the_selection_moves_the_flags_with_it(url: str, column: str) -> None:
    await raw_sql(url, f"UPDATE model_selection SET {column}_id = 3")
    moved = {"base": column != "active", "small": column == "active"}
    rows = await flags(url)
    assert {name for name, active, _ in rows if active} == {name for name, yes in moved.items() if yes}
    assert {name for name, _, default in rows if default} == {name for name, yes in moved.items() if not yes}


async def test_both_selections_can_move_in_one_statement(url: str) -> None:
    await raw_sql(url, "UPDATE model_selection SET active_id = 3, default_id = 4")
    await raw_sql(url, "UPDATE model_selection SET active_id = default_id, default_id = active_id")
    assert [row for row in await flags(url) if row[1] or row[2]] == [("small", False, True), ("medium", True, False)]


async def test_other_columns_can_be_changed_by_hand_and_the_time_follows(url: str) -> None:
    async with Database(url) as database:
        store = ModelStore(database)
        before = await store.get("base")
        await raw_sql(url, "UPDATE api_sttmodel SET description = 'by hand' WHERE name = 'base'")
        after = await store.get("base")
    assert after.description == "by hand"
    assert after.updated_at > before.updated_at
    assert after.is_active
