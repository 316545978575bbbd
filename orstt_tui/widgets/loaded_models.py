"""LoadedModels: which models are in memory and what they take, where there is room for that beside the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.widget import Widget

from orstt_core.text import readable_bytes
from orstt_core.types import LoadedModel
from orstt_tui.widgets.pane import CLASS, show_title

MARKS = {
    "busy": ("▶", "bold $text-accent"),
    "idle": ("●", "$text-success"),
    "loading": ("…", "$text-muted"),
    "suspended": ("✗", "bold $text-error"),
}
"""State of a loaded model -> its mark, which the word behind it repeats."""
NONE = "No model is in memory. The first recording loads the active one; l loads the selected one now."


class LoadedModels(Widget):
    """Shows a line for each model that is loaded, being loaded or suspended."""

    DEFAULT_CLASSES = CLASS

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._loaded: Sequence[LoadedModel] = ()
        show_title(self, "In memory")

    def show(self, loaded: Sequence[LoadedModel]) -> None:
        """Show these."""
        if loaded != self._loaded:
            self._loaded = loaded
            taken = sum(model.memory for model in loaded)
            show_title(self, f"In memory: {readable_bytes(taken)}" if taken else "In memory")
            self.refresh()

    def render(self) -> Content:
        """A line for each; a sentence where there are none."""
        return Content("\n").join(_lines(self._loaded)) if self._loaded else Content.styled(NONE, "$text-muted")


def _lines(loaded: Sequence[LoadedModel]) -> Iterator[Content]:
    width = max(len(_names(model)) for model in loaded)
    for model in loaded:
        mark, style = MARKS[model.state]
        memory = readable_bytes(model.memory) if model.memory else ""
        using = f", {model.using} at work" if model.using else ""
        yield Content.assemble((mark, style), f" {_names(model):<{width}}  {memory:>6}  ", (model.state, style), using)


def _names(model: LoadedModel) -> str:
    return ", ".join(model.names)
