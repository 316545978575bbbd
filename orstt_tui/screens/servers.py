"""ServersScreen: the servers that are kept by name; one is asked, worked on, added or removed here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_core.errors import OrsttError
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.server_keys import place_of_key
from orstt_tui.servers import LOCAL, Answer, Server, in_words, known_servers, remove_server
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

Ask = Callable[..., Awaitable[Answer]]
PLACES = {"keyring": "in the keyring", "file": "in a file that only you can read", "": "none"}
CURRENT, ANSWERS, SILENT = "●", "✓", "✗"
"""Mark of the one that is worked on, of one that answered, and of one that did not."""


class Kept(Struct, frozen=True, kw_only=True):
    """A server, with where its key is."""

    server: Server
    key: str = ""


class ServersScreen(ListDialog[Kept]):
    """Lists this machine and the servers.

    Args:
        connection: says which one is worked on.
        ask: returns what a server says of itself, by its name or by address and key.
        switch: works on one, by its name.
    """

    HELP = """\
# Servers

Where OR-STT works: on this machine (*local*), or on a server that runs `orstt serve`. Each has a name, which
`orstt --remote NAME` takes too.

- **Enter** or **s** works on the selected one, without leaving the program. One that does not answer, or refuses its
  key, changes nothing.
- **n** keeps another one; its key is asked for once and kept in the keyring, or in a file that only you can read.
- **t** asks whether it answers, and what its key may do there. **e** gives it another
  address or key, **d** keeps it no more.
"""
    COLUMNS = Columns(
        names=("", "Name", "Address", "Key"),
        cut={"Name": Share(least=12), "Address": Share(least=20, weight=2), "Key": Share(least=8)},
        expendable=("Key",),
    )
    HEADING = "Servers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,enter", "switch", "Work there", id="servers.switch", tooltip="Work on the selected server"),
        Binding("n", "add", "New", id="servers.add", tooltip="Keep another server"),
        Binding("e", "edit", "Edit", id="servers.edit", tooltip="Change address or key of the selected server"),
        Binding("t", "test", "Test", id="servers.test", tooltip="Ask whether it answers, and what its key may do"),
        Binding("d", "remove", "Remove", id="servers.remove", tooltip="Keep the selected server no more"),
        Binding("escape,C,q", "close", "Close", id="servers.close"),
    ]

    def __init__(self, connection: BackendConnection, ask: Ask, switch: Callable[[str], object]) -> None:
        super().__init__()
        self.connection = connection
        self._ask, self._switch = ask, switch
        self._answers: dict[str, Answer | str] = {}

    def on_mount(self) -> None:
        """Read the list."""
        self.read()

    @work(exclusive=True, group="servers", exit_on_error=False)
    async def read(self) -> None:
        """Show the servers as they are kept now."""
        local = Kept(server=Server(name=LOCAL, address="this machine"))
        try:
            self.show_items([local, *await asyncio.to_thread(_kept)])
        except OrsttError as error:
            self.show_items([local])
            self.app.notify(str(error), severity="error", markup=False)
        self.show_title(f"Servers: {count(len(self._items) - 1, 'server')} · works on {self.connection.state.location}")

    def why_not(self, action: str) -> str:
        """Return why something cannot be done with the selected one."""
        if not self.is_mounted or self.selected is None:
            return ""
        if self.selected.server.name == LOCAL and action in ("edit", "test", "remove"):
            return "This machine is always there."
        if action in ("edit", "remove") and self._is_current(self.selected):
            return "OR-STT works there now: work elsewhere first."
        return "OR-STT works there already." if action == "switch" and self._is_current(self.selected) else ""

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, works there."""
        self.action_switch()

    def action_switch(self) -> None:
        """Work on the selected one."""
        if self.selected is None:
            return
        if reason := self.why_not("switch"):
            self.say_why_not(reason)
            return
        self.app.notify(f"Asking {self.selected.server.name}…", markup=False)
        self._switch(self.selected.server.name)

    def action_add(self) -> None:
        """Open an empty form."""
        self._open_form(None)

    def action_edit(self) -> None:
        """Open the form with the selected one."""
        if self.selected is not None:
            self._open_form(self.selected.server)

    def _open_form(self, given: Server | None) -> None:
        from orstt_tui.screens.add_server import AddServerScreen

        def ended(server: Server | None) -> None:
            if server is not None:
                self._answers.pop(server.name, None)
                self.read()

        self.app.push_screen(AddServerScreen(self._ask, given), ended)

    def action_test(self) -> None:
        """Ask the selected one."""
        if self.selected is not None:
            self.test(self.selected.server.name)

    @work(group="test", exit_on_error=False)
    async def test(self, name: str) -> None:
        """Show what a server says of itself, or why it says nothing."""
        self._show_answer(name, "Asking…")
        try:
            self._show_answer(name, await self._ask(name))
        except OrsttError as error:
            self._show_answer(name, str(error))

    def _show_answer(self, name: str, answer: Answer | str) -> None:
        self._answers[name] = answer
        self.show_items(self._items)

    def action_remove(self) -> None:
        """Ask, then keep the selected one no more."""
        if self.selected is None:
            return
        name = self.selected.server.name

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - how Textual calls it
            if yes:
                self.remove_kept(name)

        self.app.push_screen(
            ConfirmScreen(f"Remove {name}?", "Its key here goes too; nothing happens there."), answered
        )

    @work(group="change", exit_on_error=False)
    async def remove_kept(self, name: str) -> None:
        """Keep it no more."""
        await asyncio.to_thread(remove_server, name)
        self.app.notify(f"{name} is kept no more.", markup=False)
        self.read()

    def words(self, item: Kept) -> dict[str, str]:
        """Return mark, name, address and where the key is."""
        words = (self._mark(item), item.server.name, item.server.address, item.key)
        return dict(zip(self.COLUMNS.names, words, strict=True))

    def facts(self, item: Kept) -> Sequence[Line]:
        """Return what is known of it, and what it said."""
        lines: list[Line] = [Content.styled(item.server.name, "bold $text-primary"), Content(item.server.address)]
        if item.server.name != LOCAL:
            lines.append(("Key", PLACES[item.key]))
        answer = self._answers.get(item.server.name, "")
        if isinstance(answer, Answer):
            lines += [(fact.capitalize(), said) for fact, said in in_words(answer).items()]
        elif answer:
            lines.append(Content.styled(answer, "$text-warning"))
        return lines

    def colour(self, item: Kept) -> str:
        """Return the colour of its mark."""
        return {CURRENT: "text-primary", ANSWERS: "text-success", SILENT: "text-error"}.get(self._mark(item), "")

    def _mark(self, item: Kept) -> str:
        if self._is_current(item):
            return CURRENT
        answer = self._answers.get(item.server.name)
        return "" if answer is None else ANSWERS if isinstance(answer, Answer) else SILENT

    def _is_current(self, item: Kept) -> bool:
        return self.connection.state.location in (item.server.name, item.server.address)


def _kept() -> list[Kept]:
    return [Kept(server=server, key=place_of_key(server.name)) for server in known_servers()]
