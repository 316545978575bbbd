"""ModelFiles: the files of the model under the cursor, where there is room for them beside everything else."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from orstt_core.text import readable_bytes
from orstt_core.types import Model, StoredFile, StoredWeights
from orstt_tui.formatting import shorten
from orstt_tui.weights_text import files_of
from orstt_tui.widgets.pane import CLASS, show_title

SIZE = 8
"""Cells of a size: `999 MB`, and a gap before it."""


class ModelFiles(Widget):
    """Shows the names and sizes of as many files as there is room for, over their folder."""

    DEFAULT_CLASSES = CLASS

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: tuple[Model | None, StoredWeights | None] = (None, None)
        show_title(self, "Files")

    def show(self, model: Model | None, stored: StoredWeights | None) -> None:
        """Show the files of this model; None: there is no model, or nothing is known of its files yet."""
        if (model, stored) != self._shown:
            self._shown = (model, stored)
            here = stored is not None and stored.is_here
            show_title(self, f"Files: {readable_bytes(stored.size)}" if stored is not None and here else "Files")
            self.refresh()

    def render(self) -> Content:
        """A line for each file; a sentence where there are none."""
        model, stored = self._shown
        if model is None:
            return Content("")
        if stored is None:
            return Content.styled("Looking for its files…", "$text-muted")
        if not stored.files:
            words = files_of(model, stored)
            return Content.styled(f"{words[:1].upper()}{words[1:]}.", "$text-muted")
        return Content("\n").join(self._lines(stored))

    def _lines(self, stored: StoredWeights) -> Iterator[Content]:
        width, height = self.size
        place = Content.styled(shorten(stored.folder, width), "$text-muted") if stored.folder else None
        room = height - (1 if place else 0)
        files = stored.files if len(stored.files) <= room else stored.files[: max(room - 1, 0)]
        names = min(max(map(_name_length, stored.files)), width - SIZE)
        for file in files:
            name = shorten(file.name, names)
            yield Content(f"{name}{' ' * (names - cell_len(name))}{readable_bytes(file.size):>{SIZE}}")
        if more := len(stored.files) - len(files):
            yield Content.styled(f"and {more} more: f lists them", "$text-muted")
        if place:
            yield place


def _name_length(file: StoredFile) -> int:
    return cell_len(file.name)
