"""LeavesBackend: the program leaves its backend, for another one or for good; what that would end is asked about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import work

from orstt_core.settings import Settings
from orstt_tui.embedded import EmbeddedApi
from orstt_tui.main_screens import MakesMainScreens
from orstt_tui.opens_dialogs import OpensDialogs
from orstt_tui.servers import LOCAL, Answer, ask

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.types import Job
    from orstt_tui.screens.confirm import ConfirmScreen
    from orstt_tui.screens.transcribe import TranscribeScreen

QUIT_GROUP = "quit"
"""Worker group of what is done before the program ends."""
SWITCH_GROUP = "switch"
"""Worker group of what is done before it works elsewhere."""


class LeavesBackend(OpensDialogs, MakesMainScreens, inherit_bindings=False):
    """A program that may end, or go on with another backend.

    Attributes:
        closing_note: what is said in the shell once the program has ended.
    """

    _open_backend: Callable[[Settings], Backend]
    _embedded: EmbeddedApi
    _unended: set[str]
    closing_note: str

    @abstractmethod
    def forget_backend(self) -> None:
        """Show nothing any more of the backend that was left."""

    def action_servers(self) -> None:
        """Show the servers that are kept by name."""
        from orstt_tui.screens.servers import ServersScreen

        self._open(ServersScreen, self._connection, self.ask_server, self.switch_server)

    async def action_quit(self) -> None:
        """End the program; ask first when that would end a transcription, or interrupt jobs."""
        from orstt_tui.screens.confirm import ConfirmScreen

        if isinstance(self.screen, ConfirmScreen) or self._runs(QUIT_GROUP):
            return
        if (dialog := self._leaving("Quit", "when OR-STT runs again", self.keep_and_quit)) is None:
            self.exit()
        else:
            self.push_screen(dialog, lambda yes: self.exit() if yes else None)

    @work(exclusive=True, group=QUIT_GROUP, exit_on_error=False)
    async def keep_and_quit(self, screen: TranscribeScreen, *, own: bool) -> None:
        """Have the work go on as jobs, then end the program and name them; what prevents that is a notice.

        Args:
            screen: whose work it is.
            own: a transcription was under way, not only recordings in line.
        """
        from orstt_tui.screens.confirm import closing_note

        job, waiting = await _kept(screen, own=own)
        if job is not None or waiting:
            self.closing_note = closing_note(job, waiting, self._connection.state.location)
        self.exit()

    async def ask_server(self, server: str, key: str = "") -> Answer:
        """Return what a server says of itself.

        Args:
            server: its name, if it is kept; else its address.
            key: of one that is not kept.

        Raises:
            OrsttError: it cannot be reached, or refuses the key.
        """
        return await ask(partial(self._open_backend, replace(self._settings, remote=server, api_key=key)))

    @work(exclusive=True, group=SWITCH_GROUP, exit_on_error=False)
    async def switch_server(self, name: str) -> None:
        """Work on a server that is kept by name, or on this machine again.

        A server that does not answer, or refuses the key, is a notice; the program stays where it is.
        """
        if name != LOCAL:
            await self.ask_server(name)
        kept: list[tuple[TranscribeScreen, bool]] = []
        question = self._leaving(
            f"Switch to {name}",
            "when OR-STT works on this machine again",
            lambda screen, *, own: kept.append((screen, own)),
        )
        if question is not None and not await self.push_screen_wait(question) and not kept:
            return
        for screen, own in kept:
            await _kept(screen, own=own)
        if self._embedded.running:
            await self._embedded.stop()
            self.notify("The API is off: it served what the program worked on before.")
        await self._connection.leave(name)
        self.forget_backend()
        await self.make_screens_anew()
        settings = replace(self._settings, remote="" if name == LOCAL else name)
        self._connection.enter(partial(self._open_backend, settings))

    def _leaving(self, what: str, again: str, keep: Callable[..., object]) -> ConfirmScreen | None:
        """Return what asks before the backend is left; None: nothing is lost or interrupted.

        Args:
            what: is about to be done, such as `Quit`.
            again: when jobs of this machine go on.
            keep: is told the screen whose work is to go on as jobs, and whether a transcription of it is under way.
        """
        from orstt_tui.screens.changing_jobs import ChangingJobsScreen
        from orstt_tui.screens.confirm import Unfinished, leaving_dialog
        from orstt_tui.screens.measuring import MeasuringScreen
        from orstt_tui.screens.transcribe import TranscribeScreen
        from orstt_tui.transcription_run import TRANSCRIPTION_GROUP

        nodes = [worker.node for worker in self.workers if worker.group == TRANSCRIPTION_GROUP and worker.is_running]
        own = next((node for node in nodes if isinstance(node, TranscribeScreen)), None)
        screens = self.main_screens()
        transcribe = next((screen for screen in screens if isinstance(screen, TranscribeScreen)), None)
        submitting = next((screen for screen in screens if isinstance(screen, ChangingJobsScreen)), None)
        measuring = next((screen for screen in screens if isinstance(screen, MeasuringScreen)), None)
        ending = {own.job if own else "", measuring.job if measuring else ""}
        jobs, location = self._unended - ending, self._connection.state.location
        return leaving_dialog(
            what,
            Unfinished(
                own=own is not None,
                waiting=len(transcribe.queue.waiting) if transcribe else 0,
                unsubmitted=submitting.unsubmitted if submitting else 0,
                jobs=len(jobs) if location == LOCAL else 0,
                measuring=measuring is not None and bool(measuring.progress),
            ),
            goes_on=again if location == LOCAL else f"at {location}",
            keep=partial(keep, transcribe, own=own is not None),
        )

    def _runs(self, group: str) -> bool:
        return any(worker.group == group and worker.is_running for worker in self.workers)


async def _kept(screen: TranscribeScreen, *, own: bool) -> tuple[Job | None, int]:
    """Have the work of a screen go on as jobs; return that of its transcription, and how many others were in line."""
    waiting = len(screen.queue.waiting)
    job = await screen.keep_as_job() if own else None
    await screen.submit_waiting()
    return job, waiting
