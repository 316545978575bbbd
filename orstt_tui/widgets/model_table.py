"""ModelTable: the configured models, one a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.message import Message
from textual.widgets import DataTable

from orstt_core.text import readable_bytes
from orstt_core.types import LoadedModel, Model, StoredWeights
from orstt_tui.formatting import device_and_compute_type
from orstt_tui.weights_text import size_of
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.list_table import ListTable

ACTIVE_MARK = "●"
COLUMNS = Columns(
    names=("", "Name", "Type", "Device", "Compute", "Memory", "Files", "Status"),
    cut={"Name": Share(least=20)},
    expendable=("Compute", "Device", "Type", "Memory", "Files"),  # the details say it too
)


class ModelTable(ListTable):
    """Shows models and keeps the cursor on the same one whatever changes around it."""

    HELP = """\
# Models

Every configured model. **●** and the word *active* mark the one that transcribes.

- **Up / Down** or **j / k**: look at another one; its details and checks follow.
- **Enter**: go to the details, where *Activate* and *Delete* are. **a** activates at once.
- **n** adds a model, **N** one like it, **d** removes one. Its weights stay on the disk.
- **t** finds its fastest setting by trying, **m** makes it the default, **h** shows who changed it, and when.
- **Files** is the size of its weights, a dash where they are not here: **p** pulls them, **f** lists all that are.
- **Status** says of a model that would not run here why; its details say what to do about it.
- **Memory** is what a loaded model really uses; **l** loads one ahead of the first request, **u** unloads it.
"""

    class Highlighted(Message):
        """The cursor is on another model, or on none, or its model changed."""

        def __init__(self, model: Model | None) -> None:
            super().__init__()
            self.model = model

    class Opened(Message):
        """The person pressed Enter on the model under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(COLUMNS, id=id)
        self._models: dict[str, Model] = {}
        self._loaded: Mapping[str, LoadedModel] = {}
        self._unusable: Mapping[int, str] = {}
        self._stored: Mapping[str, StoredWeights] = {}
        self._work: Mapping[str, str] = {}
        self._highlighted: Model | None = None
        self._target: str | None = None

    @property
    def models(self) -> list[Model]:
        """The models shown."""
        return list(self._models.values())

    def show(self, models: Sequence[Model]) -> None:
        """Show these models instead of those before."""
        self._models = {str(model.id): model for model in models}
        self.fill()

    def fill(self) -> None:
        """Show all models anew, in the room there is."""
        models = self.models
        rows = {key: self._words_of(model) for key, model in self._models.items()}
        with self.prevent(DataTable.RowHighlighted):
            row = self.cursor_row
            self.fit(list(rows.values()))
            for number, words in rows.items():
                self.add_row(*self.cut(words, "bold" if self._models[number].is_active else "").values(), key=number)
            # A model that is gone leaves the cursor where it was, on its neighbour.
            row = max(min(row, len(models) - 1), 0) if (key := self._cursor_key()) is None else self.get_row_index(key)
            self.move_cursor(row=row)
        self._highlight(models[row] if models else None)

    def show_loaded(self, loaded: Mapping[str, LoadedModel]) -> None:
        """Show which models are in memory, by their names."""
        self._loaded = loaded
        self.fill()

    def show_facts(self, unusable: Mapping[int, str], stored: Mapping[str, StoredWeights]) -> None:
        """Show which models would not run, and why in a word, by their ids; and their files, by their names."""
        if (unusable, stored) != (self._unusable, self._stored):
            self._unusable, self._stored = dict(unusable), dict(stored)
            self.fill()

    def show_work(self, work: Mapping[str, str]) -> None:
        """Show how far the work on files of models is, by their names."""
        if work != self._work:
            self._work = work
            self.fill()

    def go_to(self, model: Model) -> None:
        """Put the cursor on this model, now or as soon as it is shown."""
        self._target = str(model.id)
        self.fill()

    def _words_of(self, model: Model) -> dict[str, str]:
        state = self._work.get(model.name) or self._unusable.get(model.id, "")
        return _words(model, self._loaded.get(model.name), size_of(self._stored.get(model.name)), state)

    def _cursor_key(self) -> str | None:
        active = next((model for model in self.models if model.is_active), None)
        on = self._highlighted or active
        for key in (self._target, str(on.id) if on else None):
            if key in self._models:
                self._target = None if key == self._target else self._target
                return key
        return None

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Report that the cursor moved."""
        event.stop()
        if event.row_key.value in self._models:
            self._highlight(self._models[event.row_key.value])

    def action_select_cursor(self) -> None:
        """Report that Enter was pressed on a row."""
        self.post_message(self.Opened())

    def _highlight(self, model: Model | None) -> None:
        if model != self._highlighted:
            self._highlighted = model
            self.post_message(self.Highlighted(model))


def _words(model: Model, loaded: LoadedModel | None, files: str, state: str) -> dict[str, str]:
    status = ["active"] * model.is_active + ["default"] * model.is_default
    status += ["sends sound out"] * model.sends_sound + [state] * bool(state)
    mark = ACTIVE_MARK if model.is_active else ""
    memory = (
        "" if loaded is None else readable_bytes(loaded.memory) if loaded.state in {"idle", "busy"} else loaded.state
    )
    words = (mark, model.name, model.model_type, *device_and_compute_type(model), memory, files, ", ".join(status))
    return dict(zip(COLUMNS.names, words, strict=True))
