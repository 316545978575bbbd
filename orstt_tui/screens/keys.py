"""KeysScreen: who may ask the server for what; keys are created and revoked here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.errors import OrsttError
from orstt_core.types import ApiKey, NewKey
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import date, key_state
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.pane import Pane, show_title

NONE = "There are no keys: this machine may use the API, others may not."
NO_USABLE = "No key can be used: the API refuses everybody, this machine too. n creates one."
LAST_KEY = (
    "It is the last key that can be used: the API then refuses everybody, this machine too, until another is created. "
    "Only the key of the settings, if there is one, still opens it."
)
COLUMNS = Columns(
    names=("Name", "Scope", "State", "Last used", "Expires", "Created", "By", "Limits"),
    cut={"Name": Share(least=12, weight=2), "By": Share(least=12), "Limits": Share(least=8)},
    expendable=("Limits", "By", "Created", "Last used"),
)


class KeysScreen(Dialog[None]):
    """Lists the keys, newest first, also those that open nothing any more."""

    HELP = """\
# API keys

From the first key on, the HTTP API asks every request for one: `Authorization: Bearer KEY`.

- **transcribe**: transcribe, and see its own jobs.
- **manage**: change, load and fetch models too.
- **admin**: everybody's jobs, keys and the audit table too.

**n** creates a key; its secret is shown once and stored nowhere. **r** revokes the selected one for good. A revoked
key keeps its name, so that the audit table stays true.
"""
    CRUMB = "API keys"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "create", "New", id="keys.create", tooltip="Create a key"),
        Binding("r", "revoke", "Revoke", id="keys.revoke", tooltip="Let the selected key open nothing any more"),
        Binding("escape,f11,q", "dismiss", "Close", id="keys.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection
        self._keys: list[ApiKey] = []

    def compose(self) -> ComposeResult:
        """The list."""
        with Pane("API keys", classes="dialog -list"):
            yield ListNote("Reading…")
            yield DetailedList(COLUMNS)

    def on_mount(self) -> None:
        """Fetch the keys."""
        self.query_one(DetailedList).table.focus()
        self.read()

    @work(exclusive=True, group="keys", exit_on_error=False)
    async def read(self) -> None:
        """Show the keys as they are now; the cursor stays where it was."""
        note = self.query_one(ListNote)
        try:
            self._keys = list(reversed(await self.connection.backend.keys()))
        except OrsttError as error:
            note.show(str(error))
            return
        now = datetime.now(UTC)
        self.query_one(DetailedList).show([_words(key, now) for key in self._keys])
        usable = sum(key.usable(now) for key in self._keys)
        pane = self.query_one(Pane)
        if self._keys:
            show_title(pane, f"API keys: {usable} of {len(self._keys)} can be used", "F1 says what the scopes mean")
        else:
            show_title(pane, "API keys")
        note.show("" if usable else NO_USABLE if self._keys else NONE)

    def on_data_table_row_highlighted(self) -> None:
        """Offer to revoke what can be."""
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Return why the selected key cannot be revoked."""
        if action != "revoke" or not self.is_mounted:
            return ""
        key = self._selected
        return "There is no key." if key is None else f"{key.name} is revoked already." if key.revoked_at else ""

    def action_create(self) -> None:
        """Open the form, then show the secret of what it made."""
        from orstt_tui.screens.create_key import CreateKeyScreen, SecretScreen

        def created(new: NewKey | None) -> None:
            if new is not None:
                self.read()
                self.app.push_screen(SecretScreen(new))

        self.app.push_screen(CreateKeyScreen(self.connection), created)

    def action_revoke(self) -> None:
        """Ask, then revoke the selected key."""
        key = self._selected
        if key is None:
            return
        now = datetime.now(UTC)
        last = key.usable(now) and sum(each.usable(now) for each in self._keys) == 1
        details = "Whoever uses it is refused from now on. It cannot be undone."
        question = ConfirmScreen(f"Revoke {key.name}?", f"{details} {LAST_KEY}" if last else details)

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - how Textual calls it
            if yes:
                self.revoke(key)

        self.app.push_screen(question, answered)

    @work(group="change", exit_on_error=False)
    async def revoke(self, key: ApiKey) -> None:
        """Have the backend revoke it."""
        revoked = await self.connection.backend.revoke_key(key.id)
        self.app.notify(f"Revoked {revoked.name}.", markup=False)
        self.read()

    @property
    def _selected(self) -> ApiKey | None:
        row = self.query_one(DetailedList).table.cursor_row
        return self._keys[row] if 0 <= row < len(self._keys) else None


def _words(key: ApiKey, now: datetime) -> dict[str, str]:
    used = date(key.last_used_at) if key.last_used_at else "never"
    expires = date(key.expires_at) if key.expires_at else "never"
    limits = [
        f"{most} {what}"
        for most, what in ((key.requests_per_minute, "a minute"), (key.concurrent_requests, "at once"))
        if most
    ]
    words = (key.name, key.scope, key_state(key, now), used, expires, date(key.created_at), key.created_by)
    return dict(zip(COLUMNS.names, (*words, ", ".join(limits) or "none"), strict=True))
