"""NameReferenceScreen: which file holds what was really said."""

from __future__ import annotations

import asyncio
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import BindingType

from orstt_core.errors import OrsttError
from orstt_tui.file_parts import read_text
from orstt_tui.screens.file_dialog import FileDialog, accepting


class NamedReference(NamedTuple):
    """What was said, and the name of the file that says so; both empty: no file does."""

    text: str
    name: str


class NameReferenceScreen(FileDialog[NamedReference | None]):
    """Gives the text of a file, or None.

    Args:
        given: the path that stands there first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [accepting("Take")]
    HELP = """\
# A reference

A text file of what was really said in the recording. The errors of both transcripts are counted against it, after
case, punctuation and spellings are made alike. Without a name, against what a person corrected of one of the two.
"""

    def __init__(self, given: str = "") -> None:
        super().__init__("What was really said", "Take", file=given, suffix=".txt")

    def action_accept(self) -> None:
        """Read the file, if one is named."""
        if self.field.value.strip():
            self.read()
        else:
            self.dismiss(NamedReference("", ""))

    @work(exclusive=True, group="reference", exit_on_error=False)
    async def read(self) -> None:
        """Give the text of the file; what is wrong with it is said in the form, which stays."""
        path = self.field.path
        try:
            text = await asyncio.to_thread(read_text, path)
        except OrsttError as error:
            self.refuse(str(error))
            return
        if text.strip():
            self.dismiss(NamedReference(text, str(path)))
        else:
            self.refuse(f"{path.name} is empty.")
