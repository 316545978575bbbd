"""Lists of words in the terminal program: made, changed, removed after a question, and given to a model."""

from __future__ import annotations

from scripted import ScriptedBackend
from textual.widgets import Input, TextArea
from tui.conftest import Open
from tui.piloting import screen_text, until

from orstt_tui.screens.edit_vocabulary import EditVocabularyScreen
from orstt_tui.screens.vocabularies import NONE, VocabulariesScreen


async def test_a_list_is_made_changed_and_removed(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("V")
        await until(pilot, lambda: NONE[:50] in screen_text(pilot))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditVocabularyScreen))
        await pilot.press("f5")
        await until(pilot, lambda: "There is no word in the list." in screen_text(pilot))
        pilot.app.screen.query_one("#name", Input).focus()
        await pilot.press(*"ward 3", "tab")  # to the words, before the note
        await until(pilot, lambda: isinstance(pilot.app.focused, TextArea))
        pilot.app.screen.query_one("#terms", TextArea).text = "metformin\n\nfolic acid, Dr. Wu\n"
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, VocabulariesScreen) and "ward 3" in screen_text(pilot))
        assert [term.text for term in backend.lists["ward 3"].terms] == ["metformin", "folic acid", "Dr. Wu"]

        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditVocabularyScreen))
        area = pilot.app.screen.query_one("#terms", TextArea)
        assert area.text == "metformin\nfolic acid\nDr. Wu"
        area.text = "metformin"
        await pilot.press("f5")
        await until(pilot, lambda: backend.lists["ward 3"].size == 1)

        await until(pilot, lambda: isinstance(pilot.app.screen, VocabulariesScreen))
        await pilot.press("d")
        await until(pilot, lambda: "Delete ward 3?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: NONE[:50] in screen_text(pilot))
    assert backend.lists == {}
