"""CommandContext: from the global options to a backend, and through one piece of work on it.

Imports nothing at the top that a mere `--help` would not need anyway.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orstt_core.termination import termination_signals

if TYPE_CHECKING:
    import asyncio

    from orstt_core.backend import Backend
    from orstt_core.settings import Settings

T = TypeVar("T")


class OpenBackend(Protocol):
    """Makes the backend for the settings, not yet entered; `drain`: one that works on every queued job."""

    def __call__(self, settings: Settings, *, drain: bool = False) -> Backend:
        """Return it."""
        ...


class CommandContext:
    """What the options said so far, and the backend they lead to.

    Args:
        open_backend: makes the backend for the settings; None means the one the settings name.

    Attributes:
        open_backend: as given.
        overrides: settings given as options; they go before the environment and the file.
        works_on_jobs: whether jobs of this machine go on behind the command that queues them.
    """

    def __init__(self, open_backend: OpenBackend | None = None) -> None:
        self.open_backend = open_backend
        self.works_on_jobs = False
        self.overrides: dict[str, Any] = {}

    @cached_property
    def settings(self) -> Settings:
        """The settings, with the options given; read at first use.

        Raises:
            SettingsError: a setting or the settings file is wrong.
        """
        from msgspec.structs import replace

        from orstt_core.home import provide_home
        from orstt_core.settings import load_settings

        settings = load_settings(**self.overrides)
        provide_home(settings.data_dir)
        if settings.remote == "local":  # the name of this machine among servers
            settings = replace(settings, remote="")
        return settings

    def backend(self, settings: Settings | None = None, *, drain: bool = False) -> Backend:
        """Return the backend, not yet entered.

        Args:
            settings: name it, a server by its address or its name; None: those that were read.
            drain: whether, on this machine, it works on every queued job while it is open; a server does anyway.

        Raises:
            SettingsError: a setting or the settings file is wrong, or no server is called so.
        """
        settings = settings or self.settings
        if settings.remote:
            from orstt_tui.servers import resolved

            settings = resolved(settings)
        if self.open_backend is not None:
            return self.open_backend(settings, drain=drain)
        from orstt_tui.commands.backends import open_backend

        return open_backend(settings, drain=drain)

    def log_to_stderr(self) -> None:
        """Send what is logged to standard error, as the settings have it; of other libraries all only by -vv."""
        from orstt_tui.commands.logs import log_to_stderr

        asked = self.overrides.get("log_level") == "debug"
        log_to_stderr(self.settings.log_level, self.settings.log_format, libraries=asked)

    def run(
        self,
        work: Callable[[Backend], Coroutine[Any, Any, T]],
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        *,
        drain: bool = False,
    ) -> T:
        """Open the backend, do the work on it, close it and return what the work returned.

        Args:
            work: what to do.
            loop_factory: makes the event loop; None is asyncio's own, which is there soonest.
            drain: as for `backend`.

        Raises:
            OrsttError: what the backend or the work raised.
            KeyboardInterrupt: the work was cancelled by Ctrl-C; the backend is closed by then.
            SystemExit: the same by SIGTERM or SIGHUP.
        """
        import asyncio

        self.log_to_stderr()

        async def opened() -> T:
            with _cancelled_by_termination():
                async with self.backend(drain=drain) as backend:
                    return await work(backend)

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(opened())


@contextmanager
def _cancelled_by_termination() -> Iterator[None]:
    """Let a signal to end cancel the task inside, as Ctrl-C does, so that everything is closed in order.

    Raises:
        SystemExit: that happened, and all is closed.
    """
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    received = []

    def cancel(number: int, _frame: object) -> None:
        received.append(number)
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    before = {number: signal.signal(number, cancel) for number in termination_signals()}
    try:
        yield
    except asyncio.CancelledError:
        if received:
            raise SystemExit(128 + received[0]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
