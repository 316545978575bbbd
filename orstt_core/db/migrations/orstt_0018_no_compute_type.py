"""Models of engines that leave no choice of compute type: they were stored with int8, with which they do not compute.

What jobs say of their engine stays: a finished job is never changed.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0018_no_compute_type"
VERSION = "1.38.0"
DESCRIPTION = "no compute type where there is no choice"

MODELS = """
    UPDATE api_sttmodel SET compute_type = 'default'
    WHERE compute_type <> 'default'
        AND model_type IN ('pocketsphinx', 'vosk', 'whisper.cpp', 'openai', 'google', 'aws', 'azure')
"""


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, [MODELS])
