"""Which theme was chosen last: the next start has it again."""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs

logger = logging.getLogger(__name__)


def theme_file() -> Path:
    """Return where the name of the theme is kept."""
    return platformdirs.user_state_path("orstt") / "theme"


def remembered_theme() -> str:
    """Return the name of the theme that was chosen last; empty: none was, or it cannot be read."""
    try:
        return theme_file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remember_theme(name: str) -> None:
    """Keep a name for the next start; a machine where nothing can be written forgets it."""
    path = theme_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")
    except OSError as error:
        logger.warning("The theme cannot be kept for the next start: %s", error)
