"""EditVocabularyScreen: the form for a list of words to expect, a new one or one that there is."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, TextArea

from orstt_core.errors import InvalidRequest, OrsttError
from orstt_core.terms import terms_in
from orstt_core.types import Vocabulary, VocabularyDraft, VocabularyUpdate
from orstt_core.types.vocabularies import LONGEST_VOCABULARY_NAME
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane


class EditVocabularyScreen(Dialog[Vocabulary | None]):
    """Gives the list as it was stored, or None.

    Args:
        given: the list to change, with its terms; None: a new one.
    """

    HELP = """\
# A list of words

One term on a line, or several between commas. A term is a word, or a few that belong together, such as a name. Paste a
list as it is; each term counts once.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "store", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, given: Vocabulary | None) -> None:
        super().__init__()
        self.connection = connection
        self._given = given

    def compose(self) -> ComposeResult:
        """The fields, the terms, the buttons."""
        given = self._given
        with Pane(given.name if given else "New vocabulary", classes="dialog", id="edit-vocabulary"):
            if given is None:
                yield labelled("Name", Field(id="name", max_length=LONGEST_VOCABULARY_NAME))
            terms = "\n".join(term.text for term in given.terms) if given else ""
            area = TextArea(terms, id="terms", compact=True, tab_behavior="focus", placeholder="a term on each line")
            area.cursor_blink = False
            yield area
            yield labelled("Note", Field(given.description if given else "", id="description"))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Save (F5)", id="accept", variant="primary", compact=True, action="screen.store")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_store(self) -> None:
        """Store what the form says."""
        self.store()

    @work(exclusive=True, group="change", exit_on_error=False)
    async def store(self) -> None:
        """Have the backend store it; what it refuses is said in the form, which stays."""
        try:
            self.dismiss(await self._stored())
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))

    async def _stored(self) -> Vocabulary:
        backend, description = self.connection.backend, self.query_one("#description", Input).value
        text = self.query_one("#terms", TextArea).text
        terms = tuple(terms_in(text))
        if not terms:
            self.query_one("#terms").focus()
            raise InvalidRequest("There is no word in the list.", hint="Write a word on each line.")
        if self._given is not None:
            update = VocabularyUpdate(description=description, terms=terms)
            return await backend.update_vocabulary(self._given.name, update)
        name = self.query_one("#name", Input).value
        return await backend.create_vocabulary(VocabularyDraft(name=name, description=description, terms=terms))
