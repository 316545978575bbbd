"""OrsttApp: the terminal program. It paints first and opens the backend after.

The app holds what every screen shows (the connection, the models, the embedded API) as reactives; screens do the
work and ask the backend through the connection.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events, work
from textual.reactive import reactive

from orstt_core.errors import OrsttError
from orstt_core.settings import Settings
from orstt_core.termination import termination_signals
from orstt_tui.app_bindings import EVERYWHERE
from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.embedded import ApiState, EmbeddedApi, check_listening, listening
from orstt_tui.gives_tour import GivesTour, tour_file
from orstt_tui.key_queue import KeyHandled, KeyQueue
from orstt_tui.keymap import command_bindings, read_keymap
from orstt_tui.leaves_backend import LeavesBackend
from orstt_tui.notifications import NotifiesErrors, notify_error
from orstt_tui.screens.base import MainScreen
from orstt_tui.terminal import log_file, reserve_screen

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.types import BackendEvent, Job, LoadedModel, Model

UPDATES = 10
"""Times a second that served requests and loaded models are renewed at most."""
DEBOUNCE = 0.2
"""Seconds without another change before a change is said."""
SHOWN = 1.0
"""Seconds after which what a backend has is on the screen."""


class OrsttApp(NotifiesErrors, LeavesBackend, GivesTour, inherit_bindings=False):
    """The terminal program.

    Args:
        open_backend: returns the backend that settings name, not yet entered. Called in a thread after the first
            paint, so it may import whatever it needs.
        settings: which backend, where the embedded API listens, its key and limits.
        api: serve the embedded API from the start.
        overrides: those of the settings that were given as options.
        tour: what says that the tour was shown; None: it is shown only when it is asked for.
        opened: called once, when the program has shown what its backend has, or why there is none.
    """

    TITLE = "OR-STT"
    CSS_PATH = "app.tcss"
    BINDINGS = EVERYWHERE

    connection_state: reactive[ConnectionState] = reactive(ConnectionState(location="local"))
    models: reactive[tuple[Model, ...]] = reactive(())
    api: reactive[ApiState] = reactive(ApiState())
    loaded: reactive[tuple[LoadedModel, ...]] = reactive(())
    job: reactive[Job | None] = reactive(None, always_update=True)
    """The job that was reported last."""

    def __init__(
        self,
        open_backend: Callable[[Settings], Backend],
        *,
        settings: Settings,
        api: bool = False,
        overrides: Mapping[str, Any] | None = None,
        tour: Path | None = None,
        opened: Callable[[], object] | None = None,
    ) -> None:
        self._settings, self._overrides = settings, overrides or {}
        super().__init__()
        self._opened = opened
        self.tour_file = tour
        self._open_backend = open_backend
        self._connection = BackendConnection(
            partial(open_backend, settings),
            _shown_address(settings.remote),
            on_state=self._connection_changed,
            on_event=self._backend_reported,
        )
        self.set_reactive(OrsttApp.connection_state, self._connection.state)
        self._embedded = EmbeddedApi(settings)
        self._api_wanted = api
        self._loaded_stale = False
        self._unended: set[str] = set()
        self._keys = KeyQueue(self, super().on_event)
        self.closing_note = ""

    def on_mount(self) -> None:
        """Paint; everything else comes after."""
        keymap, problems = read_keymap(type(self))
        self.set_keymap(keymap)
        for problem in problems:
            self.notify(problem, severity="warning", markup=False)
        for number in () if self.is_headless else termination_signals():
            asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.set_interval(1 / UPDATES, self._renew)
        self.call_after_refresh(self.show_first)

    @work(exit_on_error=False)
    async def show_first(self) -> None:
        """Show the first main screen, let the keys go there that were typed so far, and open the backend."""
        try:
            await self.show_first_screen()
        finally:
            await self._keys.release()
            self._connection.start()

    async def on_unmount(self) -> None:
        """Leave nothing running."""
        try:
            await self._embedded.stop()
        finally:
            await self._connection.close()

    # --- keys -------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Have keys wait for those before them."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown) and not event.is_forwarded:
            self.end_tour()
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.add(event)
            return
        await super().on_event(event)
        if isinstance(event, events.Key | events.Paste):
            self._keys.bubbled()

    async def on_key_handled(self, message: KeyHandled) -> None:
        """Let the next key follow."""
        await self._keys.handled(message)

    # --- what the backend says --------------------------------------------------------------------

    def _connection_changed(self, state: ConnectionState) -> None:
        if state.problem is not None and self.connection_state.phase != "lost":
            notify_error(self, state.problem)
            self.notify(f"It is tried again by itself; {self.key_of('app.renew')} tries at once.", markup=False)
        self.connection_state = state
        if self._opened is not None and state.phase != "opening":
            self.set_timer(SHOWN, self._opened)
            self._opened = None
        if state.phase == "ready":
            self.refresh_models()
            self._loaded_stale = True
            self.begin_tour()
            self.ask_about_watched()
            if self._api_wanted:
                self._api_wanted = False
                self.start_api()

    def _backend_reported(self, event: BackendEvent) -> None:
        from orstt_core.types import ENDED, JobChanged, LoadedChanged, ModelsChanged  # who reports has them by then

        match event:
            case ModelsChanged(reason=reason):
                self.refresh_models(f"{reason[:1].upper()}{reason[1:]}")
            case LoadedChanged():
                self._loaded_stale = True
            case JobChanged(job=job):
                self._unended = self._unended - {job.id} if job.state in ENDED else self._unended | {job.id}
                self.job = job

    @work(exclusive=True, group="models", exit_on_error=False)
    async def refresh_models(self, reason: str = "") -> None:
        """Show the models as they are now, then say why they changed."""
        self.models = tuple(await self._connection.backend.models())
        if reason:
            # Of a hundred changes in a row the last one is said.
            await asyncio.sleep(DEBOUNCE)
            self.notify(reason, markup=False)

    @work(exclusive=True, group="loaded", exit_on_error=False)
    async def refresh_loaded(self) -> None:
        """Show what is loaded now."""
        self.loaded = tuple(await self._connection.backend.loaded_models())

    # --- the embedded API -------------------------------------------------------------------------

    @work(group="api", exit_on_error=False)
    async def start_api(self) -> None:
        """Serve the API; a taken port is a notice."""
        address = await self._embedded.start(self._connection.backend)
        self.api = self._embedded.state
        self.notify(f"The API serves on {address}. F8 shows its requests.", markup=False)

    @work(group="api", exit_on_error=False)
    async def stop_api(self) -> None:
        """Stop serving the API."""
        await self._embedded.stop()
        self.api = self._embedded.state
        self.notify("The API is off.")

    def forget_backend(self) -> None:
        """Show nothing any more of the backend that was left."""
        self.models, self.loaded, self._unended = (), (), set()
        self.api = self._embedded.state

    def _renew(self) -> None:
        if self._embedded.has_unseen():
            self.api = self._embedded.state
        if self._loaded_stale and self._connection.state.phase == "ready":
            self._loaded_stale = False
            self.refresh_loaded()

    # --- commands ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Leave Tab to a field that completes."""
        own = {binding.id for binding in command_bindings(type(self.focused or self))}
        return action != "next_field" or "path.complete" not in own

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.screen.focus_next()

    def action_toggle_api(self) -> None:
        """Start or stop the embedded API."""
        if self._embedded.running:
            self.stop_api()
        else:
            self.start_api()

    def action_renew(self) -> None:
        """Ask the backend again for what is shown, connect if need be, and draw the whole screen."""
        if self.connection_state.phase == "lost":
            self._connection.retry()
        else:
            self.refresh_models()
            self._loaded_stale = True
            for screen in self.screen_stack:
                if isinstance(screen, MainScreen):
                    screen.renew()
        self.draw_all()


def _shown_address(remote: str) -> str:
    # Shown before the backend says it itself; a password in the address is not for the screen.
    return re.sub(r"//[^/]*@", "//", remote) or "local"


def run(
    open_backend: Callable[[Settings], Backend],
    *,
    settings: Settings,
    api: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    opened: Callable[[], object] | None = None,
) -> str:
    """Run the terminal program and return what to say when it has ended; empty: nothing.

    Args:
        open_backend: returns the backend that settings name, not yet entered.
        settings: the settings, options of the command line included.
        api: `HOST:PORT` to serve the embedded API there from the start; empty is the settings' address.
        overrides: those of the settings that were given as options.
        opened: as for `OrsttApp`.

    Raises:
        InvalidRequest: `api` is not an address.
        Forbidden: others could reach that address, and there is no key.
    """
    settings = listening(settings, api or "")
    if api is not None:
        asyncio.run(check_listening(partial(open_backend, settings), settings))
    with reserve_screen(settings.log_level):
        tour = None if settings.remote else tour_file(settings.data_dir)
        app = OrsttApp(
            open_backend, settings=settings, api=api is not None, overrides=overrides, tour=tour, opened=opened
        )
        app.run()
    if app.return_code:
        raise OrsttError("The terminal program ended because of an error of its own.", hint=f"Details: {log_file()}")
    return app.closing_note
