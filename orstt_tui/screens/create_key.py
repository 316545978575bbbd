"""CreateKeyScreen: the form for a new API key; SecretScreen: its secret, the only time that it is shown."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Select, Static

from orstt_core.errors import OrsttError
from orstt_core.types import KeyDraft, NewKey
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane

LONGEST_NAME = 100
MEANINGS = {
    "transcribe": "transcribe: and see its own jobs",
    "manage": "manage: models too",
    "admin": "admin: everything",
}
MOST = {"days": 36_500.0, "rate": 1_000_000.0, "concurrent": 10_000.0}
"""What the numbers may be at most, as `KeyDraft` has it."""


class CreateKeyScreen(Dialog[NewKey | None]):
    """Gives the key that was created, or None."""

    HELP = """\
# A new key

- **Name**: whose key it is; it stands in the audit table, so no other key ever has it again.
- **Scope**: what it may do. Give programs that only transcribe no more than *transcribe*.
- **Expires**: after so many days; empty: never.
- **A minute**, **At once**: how many requests it may send, and have under way; empty: any number.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "create", "Create", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def compose(self) -> ComposeResult:
        """The form, what is wrong with it, the buttons."""
        with Pane("New key", classes="dialog -small", id="create-key"):
            yield labelled("Name", Field(id="name", max_length=LONGEST_NAME, placeholder="whose it is"))
            scopes = [(meaning, scope) for scope, meaning in MEANINGS.items()]
            yield labelled("Scope", Choice(scopes, id="scope", compact=True, allow_blank=False))
            yield labelled("Expires", Field(id="days", placeholder="days from now; empty: never"))
            yield labelled("A minute", Field(id="rate", placeholder="requests; empty: any number"))
            yield labelled("At once", Field(id="concurrent", placeholder="requests; empty: any number"))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Create (F5)", id="accept", variant="primary", compact=True, action="screen.create")

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_create(self) -> None:
        """Create the key, if nothing is wrong with the form."""
        try:
            draft = self._draft()
        except ValueError as error:
            self.query_one(FormProblem).show(str(error))
        else:
            self.create(draft)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def create(self, draft: KeyDraft) -> None:
        """Have the backend create it; what it refuses is said in the form, which stays."""
        try:
            self.dismiss(await self.connection.backend.create_key(draft))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))

    def _draft(self) -> KeyDraft:
        name, scope = self.query_one("#name", Input).value.strip(), self.query_one("#scope", Select).value
        if not name:
            raise ValueError("Give it a name.")
        days, rate, concurrent = (self._number(field) for field in MOST)
        if not (rate.is_integer() and concurrent.is_integer()):
            raise ValueError("Requests are counted whole.")
        return KeyDraft(
            name=name,
            scope=scope,  # type: ignore[arg-type]  # one of the keys of MEANINGS
            expires_in_days=days or None,
            requests_per_minute=int(rate),
            concurrent_requests=int(concurrent),
        )

    def _number(self, field: str) -> float:
        text = self.query_one(f"#{field}", Input).value.strip()
        try:
            number = float(text or 0)
        except ValueError:
            raise ValueError(f"{text!r} is no number.") from None
        if not 0 <= number <= MOST[field] or (text and not number):
            raise ValueError(f"{text} is not between 0 and {MOST[field]:.0f}; leave it empty for none.")
        return number


class SecretScreen(Dialog[None]):
    """Shows the secret of a new key."""

    HELP = """\
# The key

It is shown only now: what is stored is a hash that it cannot be found from. **y** copies it; a program sends it as
`Authorization: Bearer KEY`, `orstt --remote` takes it from `ORSTT_API_KEY`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="secret.copy", tooltip="Copy the key to the clipboard"),
        Binding("escape", "dismiss", "Close", id="secret.close", tooltip="Close; the key is not shown again"),
    ]

    def __init__(self, new: NewKey) -> None:
        super().__init__()
        self._new = new

    def compose(self) -> ComposeResult:
        """The secret in a line of its own, to be copied by mouse as well."""
        key = self._new.key
        with Pane(f"The key {key.name}, with the scope {key.scope}", classes="dialog", id="secret"):
            yield Static(self._new.secret, id="secret-text", markup=False)
            yield Static("It is shown only now. Keep it where passwords are kept.", classes="muted")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Copy (y)", id="copy", variant="primary", compact=True, action="screen.copy")
                yield Button("Close (Esc)", id="close", compact=True, action="screen.dismiss")

    def action_copy(self) -> None:
        """Copy it."""
        self.app.copy_to_clipboard(self._new.secret)
        self.app.notify("Copied the key.")
