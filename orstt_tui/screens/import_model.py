"""ImportModelScreen: which file to bring a model in from, and what to call it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from orstt_core.types.models import LONGEST_NAME
from orstt_tui.screens.file_dialog import FileDialog, accepting
from orstt_tui.widgets.field import Field, labelled

Archive = tuple[Path, str | None]
"""The file, and what to call the model; None: as it was called."""


class ImportModelScreen(FileDialog[Archive | None]):
    """Gives the file and the name, or None.

    Args:
        given: what stands in the form at first; None: nothing.
        problem: what is wrong with that.
    """

    BINDINGS: ClassVar[list[BindingType]] = [accepting("Import")]
    HELP = """\
# Import a model

Name a file that **x** on the Models screen, or `orstt models export`, wrote. Each of its files is compared with its
digest; what is damaged leaves nothing behind. The model is added, neither active nor default.

The file is read on this machine, also when the models are on a server.
"""

    def __init__(self, given: Archive | None = None, problem: str = "") -> None:
        file, name = given or ("", None)
        super().__init__("Import a model", "Import", file=str(file), problem=problem)
        self._model = name or ""

    def other_fields(self) -> Iterable[Widget]:
        """The name."""
        yield labelled("Name", Field(self._model, id="name", max_length=LONGEST_NAME, placeholder="as it was called"))

    def on_mount(self) -> None:
        """Go to what is to be changed: of a file that was named, its name."""
        if self.field.value:
            self.query_one("#name", Input).focus()

    def action_accept(self) -> None:
        """Give what the form says."""
        if self.field.value.strip() and self.field.path.is_file():
            self.dismiss((self.field.path, self.query_one("#name", Input).value.strip() or None))
            return
        self.refuse(f"There is no file {self.field.path}." if self.field.value.strip() else "Name a file.")
        self.field.focus()
