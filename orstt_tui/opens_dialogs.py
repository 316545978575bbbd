"""OpensDialogs: the commands of the program that show a dialog over whatever screen is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widget import Widget

from orstt_core.settings import config_file
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.drawn_app import DrawnApp
from orstt_tui.notifications import notify_error

if TYPE_CHECKING:
    from orstt_tui.watched_folders import WatchedFolders


class OpensDialogs(DrawnApp, inherit_bindings=False):
    """A program with dialogs of its own; each is imported when it is first asked for, and open once at most."""

    _connection: BackendConnection
    _overrides: Mapping[str, Any]
    _watched_asked = False

    def action_go_back(self, depth: int) -> None:
        """Close the screens above this one of those that are open."""
        if depth < len(self.screen_stack):
            self.screen_stack[depth].pop_until_active()

    def action_help(self) -> None:
        """Show what the focused widget is for, and the keys that work there."""
        from orstt_tui.screens.command_screen import CommandScreen
        from orstt_tui.screens.help import HelpScreen, keys_here

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
            return
        where = self.focused or self.screen
        text = next((node.HELP for node in where.ancestors_with_self if isinstance(node, Widget) and node.HELP), "")
        more = self.screen.COMMANDS_HELP if isinstance(self.screen, CommandScreen) else ""
        self.push_screen(HelpScreen(text + more, keys_here(self)))

    def action_requests(self) -> None:
        """Show what the embedded API served."""
        from orstt_tui.screens.requests import RequestsScreen

        self._open(RequestsScreen)

    def action_audit(self) -> None:
        """Show who did what."""
        from orstt_tui.screens.audit import AuditScreen

        self._open(AuditScreen, self._connection)

    def action_keys(self) -> None:
        """Show who may ask the API for what."""
        from orstt_tui.screens.keys import KeysScreen

        self._open(KeysScreen, self._connection)

    def action_vocabularies(self) -> None:
        """Show the lists of words to expect."""
        from orstt_tui.screens.vocabularies import VocabulariesScreen

        self._open(VocabulariesScreen, self._connection)

    def action_engines(self) -> None:
        """Show what can transcribe, and what is missing."""
        from orstt_tui.screens.engines import EnginesScreen

        self._open(EnginesScreen, self._connection)

    def action_doctor(self) -> None:
        """Show what works, and what is missing."""
        from orstt_tui.screens.doctor import DoctorScreen

        self._open(DoctorScreen, self._connection)

    def action_log(self) -> None:
        """Show what this program logs."""
        from orstt_tui.screens.log import LogScreen

        self._open(LogScreen)

    def action_settings(self) -> None:
        """Show what is set."""
        from orstt_tui.screens.settings import SettingsScreen

        self._open(SettingsScreen, self._connection, self._settings, self._overrides)

    def action_watch(self) -> None:
        """Show which folders are watched."""
        from orstt_tui.screens.watch import WatchScreen

        self._open(WatchScreen, self.watched)

    @cached_property
    def watched(self) -> WatchedFolders:
        """The folders whose recordings are transcribed as they appear."""
        from orstt_tui.watched_folders import WatchedFolders

        return WatchedFolders(
            self._connection,
            lambda work: self.run_worker(work, group="watch", exit_on_error=False),
            lambda error: notify_error(self, error),
            kept=not self._settings.remote,
        )

    def ask_about_watched(self) -> None:
        """List the folders that were watched at the end of the program; ask, once, whether to go on with them."""
        from orstt_tui.folder_watch import WATCHED_FILE

        if self._watched_asked or self._settings.remote or not config_file().with_name(WATCHED_FILE).exists():
            return
        self._watched_asked = True
        if watching := self.watched.list_kept():
            from orstt_tui.formatting import home_path
            from orstt_tui.screens.confirm import ConfirmScreen

            def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
                for watched in watching:
                    (self.watched.start if yes else self.watched.stop)(watched)

            names = ", ".join(home_path(watched.folder) for watched in watching)
            what = "this folder" if len(watching) == 1 else f"these {len(watching)} folders"
            details = f"{names}: what is put there is transcribed ({self._connection.state.location})."
            self.push_screen(ConfirmScreen(f"Go on watching {what}?", details), answered)

    def _open(self, dialog: Callable[..., Screen[None]], *arguments: object) -> None:
        if type(self.screen) is not dialog:
            self.push_screen(dialog(*arguments))
