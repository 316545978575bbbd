"""AddServerScreen: the form for a server to be kept by name; it is asked before it is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from orstt_core.errors import OrsttError, ServerUnreachable, Unauthorized
from orstt_tui.screens.dialog import Dialog
from orstt_tui.server_keys import read_key
from orstt_tui.servers import Server, add_server, check_server
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane

if TYPE_CHECKING:
    from orstt_tui.screens.servers import Ask

ANYWAY = "F5 again keeps it all the same."


class AddServerScreen(Dialog[Server | None]):
    """Gives the server that is kept now, or None.

    Args:
        ask: returns what a server says of itself, by address and key.
        given: the one to change; None: a new one.
    """

    HELP = """\
# A server

- **Name**: what it is called here, and by `orstt --remote NAME`.
- **Address**: where `orstt serve` listens, such as `http://asr.lan:8000`.
- **Key**: what its administrator gave you (`orstt keys create` there); empty: it asks for none. It is not shown again.

The server is asked first. One that does not answer can be kept all the same.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "accept", "Keep", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, ask: Ask, given: Server | None = None) -> None:
        super().__init__()
        self._ask, self._given = ask, given
        self._unanswered = False

    def compose(self) -> ComposeResult:
        """The form, what is wrong with it, the buttons."""
        given = self._given
        with Pane(given.name if given else "New server", classes="dialog -small", id="add-server"):
            if given is None:
                yield labelled("Name", Field(id="name", max_length=40, placeholder="what it is called here"))
            address = given.address if given else ""
            yield labelled("Address", Field(address, id="address", placeholder="http://HOST:8000"))
            key = Field(id="key", placeholder="empty: as it is" if given else "empty: it asks for none")
            key.password = True
            yield labelled("Key", key)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Keep (F5)", id="accept", variant="primary", compact=True, action="screen.accept")

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self._unanswered = False
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_accept(self) -> None:
        """Ask the server, then keep it."""
        self.keep()

    @work(exclusive=True, group="change", exit_on_error=False)
    async def keep(self) -> None:
        """Keep the server if it answers and takes the key; what is wrong is said in the form, which stays."""
        given, problem = self._given, self.query_one(FormProblem)
        address, key = (self.query_one(f"#{field}", Input).value.strip() for field in ("address", "key"))
        try:
            server = check_server(
                given.name if given else self.query_one("#name", Input).value, address, changed=given is not None
            )
            if given is not None and not key:
                key = await asyncio.to_thread(read_key, given.name)
            if not self._unanswered:
                problem.show(f"Asking {server.address}…")
                await self._ask(server.address, key)
            kept = await asyncio.to_thread(add_server, server.name, server.address, key, changed=given is not None)
        except ServerUnreachable as error:
            self._unanswered = True
            problem.show(f"{error.message} {ANYWAY}")
        except Unauthorized as error:
            problem.show(error.message)  # the hint is for the command line
        except OrsttError as error:
            problem.show(str(error))
        else:
            self.dismiss(kept)
