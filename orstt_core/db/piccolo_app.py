"""The Piccolo app: where its migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(
    app_name="orstt",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    # None are registered: migrations are written by hand, in SQL that both databases understand. What Piccolo
    # generates fails on SQLite for most changes, and knows no triggers.
    table_classes=[],
)
