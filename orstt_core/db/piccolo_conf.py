"""Piccolo's entry point: `PICCOLO_CONF=orstt_core.db.piccolo_conf piccolo migrations check`.

`DB` is the database of the settings, unless a migration under way has put its own here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from piccolo.conf.apps import AppRegistry
from piccolo.engine import Engine

from orstt_core.db.engine import engine_for
from orstt_core.settings import load_settings

APP_REGISTRY = AppRegistry(apps=["orstt_core.db.piccolo_app"])
DB: Engine[Any]


def __getattr__(name: str) -> Engine[Any]:
    if name == "DB":
        return _settings_engine()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _settings_engine() -> Engine[Any]:
    # One object for all who ask: two engines wait for each other's transactions.
    return engine_for(load_settings().database)
