"""Notifications: how an error reaches the person. Every failed piece of work ends here, expected or not."""

from __future__ import annotations

import logging
import textwrap

from textual.app import App
from textual.worker import Worker, WorkerState

from orstt_core.errors import OrsttError
from orstt_tui.terminal import log_file

logger = logging.getLogger(__name__)

ERROR_TIMEOUT = 8
"""Seconds an error stays on the screen, unless a dialog opens or another model is looked at before."""

LONGEST = 240
"""Characters of a notice: four lines of it. A longer one would cover what it speaks of."""


def error_text(error: BaseException) -> tuple[str, str]:
    """Return what to say about an error, and what to do about it."""
    if isinstance(error, OrsttError):
        return error.message, error.hint
    return f"Something went wrong that should not have: {error or type(error).__name__}", f"Details: {log_file()}"


def notify_error(app: App[None], error: BaseException, *, title: str = "", whole: str = "") -> None:
    """Show an error as a notice; one that nobody expected, or that is cut, goes to the log too.

    Args:
        app: shows it.
        error: what happened.
        title: what it means here.
        whole: a sentence that says where all of it stands, if it is too long for a notice; empty: in the log.
    """
    message, hint = error_text(error)
    text = f"{message}\n{hint}".strip()
    if not isinstance(error, OrsttError):
        logger.error("unexpected error", exc_info=error)
    elif len(text) > LONGEST:
        if not whole:
            logger.error("%s", error)
        text = f"{_beginning(message)}\n{whole or f'All of it: {log_file()}'}"
    app.notify(text, title=title, severity="error", timeout=ERROR_TIMEOUT, markup=False)


def _beginning(text: str) -> str:
    """Return as many sentences as fit, or words of the first one."""
    end = text.rfind(". ", 0, LONGEST) if len(text) > LONGEST else len(text)
    return text[: end + 1] if end > 0 else textwrap.shorten(text, LONGEST, placeholder=" …")


def notify_warnings(app: App[None], warnings: list[str]) -> None:
    """Show what a person should know although nothing is wrong."""
    for warning in warnings:
        app.notify(warning, severity="warning", timeout=ERROR_TIMEOUT, markup=False)


class NotifiesErrors:
    """For whatever runs workers: a worker that fails says so, and takes nothing else down with it."""

    app: App[None]

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show the error of a worker that failed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            notify_error(self.app, event.worker.error)
