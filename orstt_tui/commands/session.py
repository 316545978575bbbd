"""Session: from the global options to a backend, and through one piece of work on it.

Imports nothing at the top that a mere `--help` would not need anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

    from orstt_core.backend import Backend
    from orstt_core.settings import Settings

T = TypeVar("T")


class Session:
    """What the options said so far, and the backend they lead to.

    Args:
        open_backend: makes the backend for the settings; None means the one the settings name.

    Attributes:
        overrides: settings given as options; they go before the environment and the file.
    """

    def __init__(self, open_backend: Callable[[Settings], Backend] | None = None) -> None:
        self._open_backend = open_backend
        self.overrides: dict[str, Any] = {}

    @cached_property
    def settings(self) -> Settings:
        """The settings, with the options given; read at first use.

        Raises:
            SettingsError: a setting or the settings file is wrong.
        """
        from orstt_core.settings import load_settings

        return load_settings(**self.overrides)

    def backend(self) -> Backend:
        """Return the backend, not yet entered.

        Raises:
            SettingsError: a setting or the settings file is wrong.
        """
        if self._open_backend is not None:
            return self._open_backend(self.settings)
        from orstt_tui.commands.backends import open_backend

        return open_backend(self.settings)

    def run(
        self,
        work: Callable[[Backend], Coroutine[Any, Any, T]],
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> T:
        """Open the backend, do the work on it, close it and return what the work returned.

        Args:
            work: what to do.
            loop_factory: makes the event loop; None is asyncio's own, which is there soonest.

        Raises:
            OrsttError: what the backend or the work raised.
            KeyboardInterrupt: the work was cancelled by Ctrl-C; the backend is closed by then.
        """
        import asyncio

        from orstt_tui.commands.logs import log_to_stderr

        log_to_stderr(self.settings.log_level)

        async def opened() -> T:
            async with self.backend() as backend:
                return await work(backend)

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(opened())
