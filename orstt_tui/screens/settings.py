"""SettingsScreen: what is set, where that comes from and what it is for; changed in the settings file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_core.errors import OrsttError
from orstt_core.settings import Settings, config_file
from orstt_core.settings.listing import Setting, changed_since, in_text, list_settings
from orstt_core.settings.writing import unset_setting
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count
from orstt_tui.notifications import notify_error
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

GIVEN, LATER = "●", "↻"
"""Mark of what is not at its default, and of what counts from the next start only."""


class SettingsScreen(ListDialog[Setting]):
    """Lists the settings: those of the server that the program works on, to look at, or those of this machine.

    Args:
        connection: says whether the program works on a server, which has settings of its own.
        started_with: what the program was started with.
        overrides: those of them that were given as options.
    """

    HELP = """\
# Settings

Every setting of this machine, and where its value comes from: an *option* of the command line goes before the
*environment*, that before the settings *file*, and that before the *default*. **●** is not at its default.

- **Enter** or **e** changes it in the settings file, whose comments stay. **u** removes it from the file.
- **/** shows only lines with the words you type.
- Most are read when the program starts; **↻** marks what counts from the next start on.
- A secret is never shown and not written to the file: set its variable.

On a server its settings are shown, as it was started, to a key of the scope *manage*. They are changed on its own
machine. **w** shows those of this machine, and the server's again.
"""
    COLUMNS = Columns(
        names=("", "Setting", "Value", "From"),
        cut={"Value": Share(least=12)},
        prose=frozenset({"Value"}),
    )
    HEADING = "Settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,e", "edit", "Change", id="settings.edit", tooltip="Change the selected setting in the file"),
        Binding("u", "unset", "Unset", id="settings.unset", tooltip="Remove the selected setting from the file"),
        Binding("w", "whose", "Whose", id="settings.whose", tooltip="Show those of the server, or of this machine"),
        Binding("escape,S,q", "close", "Close", id="settings.close"),
    ]

    def __init__(self, connection: BackendConnection, started_with: Settings, overrides: Mapping[str, Any]) -> None:
        super().__init__()
        self.connection = connection
        self._started_with, self._overrides = started_with, overrides
        self._later: Mapping[str, str] = {}
        self._of_server = connection.state.location != "local"

    def on_mount(self) -> None:
        """Read the settings."""
        self.read()

    def read(self) -> None:
        """Show the settings as they are read now, or those that the server was started with."""
        if self._of_server:
            self.show_title(f"Settings of {self.connection.state.location}: asking…")
            self.ask()
            return
        here = "" if self.connection.state.location == "local" else " of this machine"
        try:
            settings = list_settings(**self._overrides)
        except OrsttError as error:
            self.show_title(f"Settings{here}")
            self.show_items(())
            self.show_problem(str(error))
            return
        self._later = changed_since(self._started_with, settings)
        later = f" · {count(len(self._later), 'change')} from the next start on" if self._later else ""
        self.show_title(f"Settings{here}{later}")
        self.show_items(settings)

    @work(exclusive=True, group="settings", exit_on_error=False)
    async def ask(self) -> None:
        """Show the settings of the server; why it does not tell them is said in their place."""
        settings: Sequence[Setting] = ()
        problem = ""
        try:
            settings = await self.connection.backend.settings()
        except OrsttError as error:
            problem = f"{error} w shows the settings of this machine."
        if not self._of_server:  # those of this machine were asked for meanwhile
            return
        self._later = {}
        self.show_title(f"Settings of {self.connection.state.location}, changed there only")
        self.show_items(settings)
        if problem:
            self.show_problem(problem)

    def action_whose(self) -> None:
        """Show those of the server, or of this machine."""
        self._of_server = not self._of_server
        self.read()

    def why_not(self, action: str) -> str:
        """Return why the selected setting cannot be changed, or why there are no others to show."""
        location = self.connection.state.location
        if action == "whose":
            return "These are the settings of this machine; there is no server." if location == "local" else ""
        if not self.is_mounted or self.selected is None:
            return ""
        if self._of_server and action in ("edit", "unset"):
            return f"Settings of {location} are changed on its machine."
        if action == "unset" and not self.selected.in_file:
            return f"{self.selected.name} is not in the settings file."
        return _secret(self.selected) if action == "edit" and self.selected.secret else ""

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, changes it."""
        self.action_edit()

    def action_edit(self) -> None:
        """Open the form."""
        from orstt_tui.screens.edit_setting import EditSettingScreen

        if self.selected is None:
            return
        if reason := self.why_not("edit"):
            self.say_why_not(reason)
            return

        def ended(changed: bool | None) -> None:  # noqa: FBT001 - how Textual calls it
            if changed:
                self.read()

        self.app.push_screen(EditSettingScreen(self.selected), ended)

    def action_unset(self) -> None:
        """Remove it from the file."""
        if self.selected is not None:
            try:
                unset_setting(self.selected.name)
            except OrsttError as error:
                notify_error(self.app, error)
            self.read()

    def words(self, item: Setting) -> dict[str, str]:
        """Return mark, name, value and where it comes from."""
        mark = LATER if item.name in self._later else GIVEN if item.source != "default" else ""
        return dict(zip(self.COLUMNS.names, (mark, item.name, item.text, item.source), strict=True))

    def searched(self, item: Setting) -> str:
        """Return what it is for, too."""
        return f"{super().searched(item)} {item.description} {item.variable}"

    def facts(self, item: Setting) -> Sequence[Line]:
        """Return everything about it."""
        lines: list[Line] = [Content.styled(item.name, "bold $text-primary"), Content(item.description)]
        lines += [Content.styled(remark, "$text-warning") for remark in self._remarks(item)]
        facts = {
            "Value": item.text or "empty",
            "From": self._source_in_words(item),
            "Default": "" if item.secret else in_text(item.default) or "empty",
            "May be": ", ".join(item.choices),
            "Variable": item.variable,
        }
        return [*lines, *((name, said) for name, said in facts.items() if said)]

    def _remarks(self, item: Setting) -> Iterator[str]:
        if item.name in self._later:
            now = "" if item.secret else f"; until then it is {self._later[item.name] or 'empty'}"
            yield f"Counts from the next start of the program{now}."
        if item.in_file and item.source in ("environment", "option"):
            yield "The file has a value too, which does not count."

    def _source_in_words(self, item: Setting) -> str:
        return {
            "default": "its default",
            "file": "the settings file of that machine" if self._of_server else str(config_file()),
            "environment": f"{item.variable}, which is set in the environment",
            "option": "an option of the command line",
        }[item.source]

    def colour(self, item: Setting) -> str:
        """Return the colour of its mark."""
        return "text-warning" if item.name in self._later else "text-primary"


def _secret(setting: Setting) -> str:
    variable = setting.variable.removesuffix("_FILE")
    return f"{setting.name} is a secret: not shown, and not written to the file. Set {variable} or {variable}_FILE."
