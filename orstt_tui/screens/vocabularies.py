"""VocabulariesScreen: lists of words to expect; they are made, changed and removed here."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.errors import OrsttError
from orstt_core.types import Vocabulary
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count, date
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.pane import Pane, show_title

NONE = "There are no vocabularies yet. n makes one: names of people, drugs, procedures."
COLUMNS = Columns(
    names=("Name", "Terms", "Changed", "Note"),
    cut={"Name": Share(least=12, weight=2), "Note": Share(least=9, weight=3)},
    expendable=("Note", "Changed"),
)


class VocabulariesScreen(Dialog[None]):
    """Lists the vocabularies by name."""

    HELP = """\
# Vocabularies

Lists of words to expect, such as names of people, drugs and procedures: a transcript gets these wrong first. A model
has a list for all that it transcribes (**e** on the Models screen), or a recording for itself (**Ctrl+G** in the form).

An engine that takes fewer words than there are is told those that stood in transcripts most often; the transcript says
what was left out.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "create", "New", id="vocabularies.create", tooltip="Make a list of words"),
        Binding("e,enter", "edit", "Edit", id="vocabularies.edit", tooltip="Change the selected list"),
        Binding("d", "delete", "Delete", id="vocabularies.delete", tooltip="Remove the selected list"),
        Binding("escape,V,q", "dismiss", "Close", id="vocabularies.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection
        self._vocabularies: list[Vocabulary] = []

    def compose(self) -> ComposeResult:
        """The list."""
        with Pane("Vocabularies", classes="dialog -list"):
            yield ListNote("Reading…")
            yield DetailedList(COLUMNS)

    def on_mount(self) -> None:
        """Fetch the lists."""
        self.query_one(DetailedList).table.focus()
        self.read()

    @work(exclusive=True, group="vocabularies", exit_on_error=False)
    async def read(self) -> None:
        """Show the lists as they are now; the cursor stays where it was."""
        note = self.query_one(ListNote)
        try:
            self._vocabularies = await self.connection.backend.vocabularies()
        except OrsttError as error:
            note.show(str(error))
            return
        self.query_one(DetailedList).show([_words(each) for each in self._vocabularies])
        total = f": {count(len(self._vocabularies), 'list')}" if self._vocabularies else ""
        show_title(self.query_one(Pane), f"Vocabularies{total}")
        note.show("" if self._vocabularies else NONE)
        self.refresh_bindings()

    def on_data_table_row_highlighted(self) -> None:
        """Offer what can be done."""
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Return why nothing can be done with the selected list: there is none."""
        if action not in ("edit", "delete") or not self.is_mounted or self._selected is not None:
            return ""
        return "There is no list."

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, opens the list."""
        self.action_edit()

    def action_create(self) -> None:
        """Open an empty form."""
        self._open(None)

    def action_edit(self) -> None:
        """Open the selected list, with its terms."""
        if self._selected is not None:
            self.edit(self._selected.name)

    @work(exclusive=True, group="vocabularies", exit_on_error=False)
    async def edit(self, name: str) -> None:
        """Fetch the terms of a list and open the form with them."""
        self._open(await self.connection.backend.vocabulary(name))

    def action_delete(self) -> None:
        """Ask, then remove the selected list."""
        chosen = self._selected
        if chosen is None:
            return

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - how Textual calls it
            if yes:
                self.delete(chosen)

        details = f"It has {count(chosen.size, 'term')}. It cannot be undone."
        self.app.push_screen(ConfirmScreen(f"Delete {chosen.name}?", details), answered)

    @work(group="change", exit_on_error=False)
    async def delete(self, vocabulary: Vocabulary) -> None:
        """Have the backend remove it."""
        deleted = await self.connection.backend.delete_vocabulary(vocabulary.name)
        self.app.notify(f"Deleted {deleted.name}.", markup=False)
        self.read()

    def _open(self, given: Vocabulary | None) -> None:
        from orstt_tui.screens.edit_vocabulary import EditVocabularyScreen

        def ended(changed: Vocabulary | None) -> None:
            if changed is not None:
                self.read()

        self.app.push_screen(EditVocabularyScreen(self.connection, given), ended)

    @property
    def _selected(self) -> Vocabulary | None:
        row = self.query_one(DetailedList).table.cursor_row
        return self._vocabularies[row] if 0 <= row < len(self._vocabularies) else None


def _words(vocabulary: Vocabulary) -> dict[str, str]:
    words = (vocabulary.name, str(vocabulary.size), date(vocabulary.updated_at), vocabulary.description)
    return dict(zip(COLUMNS.names, words, strict=True))
