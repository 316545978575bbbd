"""PlainSession: one backend that is open from the first command to the last, whatever thread asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self, TypeVar

from orstt_core.errors import InvalidRequest
from orstt_tui.commands.context import CommandContext

if TYPE_CHECKING:
    import asyncio

    from orstt_core.backend import Backend

T = TypeVar("T")
ANNOUNCE_SECONDS = 0.5
"""How often what was not said yet is announced; again, since a signal that comes just before the wait is not seen."""
CLOSE_SECONDS = 60.0
"""How long the end waits for the end of the backend, which hands back what it works on."""


class PlainSession(CommandContext):
    """Runs each command on the same backend, which goes on with queued jobs while the next line is awaited.

    Use it as a context manager: entering opens the backend, leaving closes it.

    Args:
        like: says which backend; its options are those of the program's own command line.

    Attributes:
        ended: jobs of this machine that ended since this was emptied last, oldest first, as lines.
        announce: has them said while the person types; None: they are said before the next line.
    """

    def __init__(self, like: CommandContext) -> None:
        super().__init__(like.open_backend)
        self.overrides = dict(like.overrides)
        self.works_on_jobs = True
        self._given = dict(like.overrides)
        self._running: set[asyncio.Task[Any]] = set()
        self.ended: deque[str] = deque()
        self.announce: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        """Open the backend.

        Raises:
            SettingsError: a setting or the settings file is wrong.
            OrsttError: the backend cannot be opened.
        """
        from orstt_core.loop_thread import LoopThread, result_of

        self.log_to_stderr()
        self._backend = self.backend(drain=True)
        self._loop = LoopThread()
        try:
            result_of(self._loop.submit(self._backend.__aenter__()))
        except BaseException:
            self._loop.stop(CLOSE_SECONDS)
            raise
        self._listening = [self._loop.submit(work) for work in (self._listen(), self._announce())]
        return self

    def __exit__(self, *_: object) -> None:
        """Close the backend, and end its thread."""
        for each in self._listening:
            each.cancel()
        self._settle()
        try:
            self._loop.submit(self._backend.__aexit__(None, None, None)).result(CLOSE_SECONDS)
        finally:
            self._loop.stop(CLOSE_SECONDS)

    def run(
        self,
        work: Callable[[Backend], Coroutine[Any, Any, T]],
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        *,
        drain: bool = False,  # noqa: ARG002 - the open backend works on every queued job
    ) -> T:
        """Do a piece of work on the open backend; when it is interrupted, it is over before this ends.

        Raises:
            InvalidRequest: it names another backend, or is a server.
            OrsttError: as `CommandContext.run`.
        """
        given, self.overrides = self.overrides, dict(self._given)
        if given != self._given:
            raise InvalidRequest(
                "The server and the settings are those that the program began with.",
                hint="End it with Ctrl-D, and give the option to `orstt --plain`.",
            )
        if loop_factory is not None:
            raise InvalidRequest("That runs until it is stopped.", hint="Type it in a shell of its own.")
        try:
            return self._loop.submit(self._noted(work)).result()
        except BaseException:
            self._settle()
            raise

    async def _noted(self, work: Callable[[Backend], Coroutine[Any, Any, T]]) -> T:
        import asyncio

        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            return await work(self._backend)
        finally:
            self._running.discard(task)

    def _settle(self) -> None:
        """Cancel what is under way, and wait until it is over.

        It is known by its task alone: Ctrl-C may come before there is a future of it here.
        """

        async def over() -> None:
            import asyncio

            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

        self._loop.submit(over()).result()

    async def _listen(self) -> None:
        from orstt_core.types import ENDED, JobChanged
        from orstt_tui.commands.jobs.job_ids import job_label

        if self.settings.remote:  # a server reports everybody's jobs
            return
        under_way = set()
        async with aclosing(self._backend.events()) as events:
            async for event in events:
                if not isinstance(event, JobChanged):
                    continue
                if event.job.state not in ENDED:
                    under_way.add(event.job.id)
                elif event.job.id in under_way:  # a correction of what ended long ago is reported too
                    under_way.discard(event.job.id)
                    self.ended.append(f"{event.job.state}: job {job_label(event.job)}")

    async def _announce(self) -> None:
        import asyncio

        while True:
            if self.ended and self.announce is not None:
                self.announce()
            await asyncio.sleep(ANNOUNCE_SECONDS)
