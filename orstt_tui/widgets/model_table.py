"""ModelTable: the configured models, one a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable

from orstt_core.text import readable_bytes
from orstt_core.types import LoadedModel, Model
from orstt_tui.formatting import shorten
from orstt_tui.widgets.list_table import ListTable

ACTIVE_MARK = "●"
COLUMNS = ("", "Name", "Type", "Device", "Compute", "Memory", "Status")
EXPENDABLE = ("Compute", "Device", "Type", "Memory")
"""Columns that go, in this order, before names can no longer be told apart; the details say it too."""
MIN_NAME = 20
"""Cells for a name before other columns go."""
PADDING = 2
"""Cells around what is in a column."""


class ModelTable(ListTable):
    """Shows models and keeps the cursor on the same one whatever changes around it."""

    HELP = """\
# Models

Every configured model. **●** and the word *active* mark the one that transcribes.

- **Up / Down** or **j / k**: look at another one; its details and checks follow.
- **Enter**: go to the details, where *Activate* and *Delete* are. **a** activates at once.
- **n** adds a model, **d** removes one. Its weights stay on the disk.
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
        super().__init__(id=id)
        self._models: dict[str, Model] = {}
        self._loaded: Mapping[str, LoadedModel] = {}
        self._highlighted: Model | None = None
        self._target: str | None = None
        self._shown_in = 0

    def on_resize(self) -> None:
        """Give the columns the room there is."""
        if self._room != self._shown_in:
            self.show(self.models)

    @property
    def _room(self) -> int:
        return self.size.width - self.styles.scrollbar_size_vertical

    @property
    def models(self) -> list[Model]:
        """The models shown."""
        return list(self._models.values())

    def show(self, models: Sequence[Model]) -> None:
        """Show these models instead of those before."""
        self._models = {str(model.id): model for model in models}
        with self.prevent(DataTable.RowHighlighted):
            row, self._shown_in = self.cursor_row, self._room
            rows = {key: _cells(model, self._loaded.get(model.name)) for key, model in self._models.items()}
            widths = self._fit(rows)
            for number, cells in rows.items():
                style = "bold" if self._models[number].is_active else ""
                # Text, not str: a name with brackets is a name, not markup.
                texts = (Text(shorten(cells[name], width), style=style) for name, width in widths.items())
                self.add_row(*texts, key=number)
            # A model that is gone leaves the cursor where it was, on its neighbour.
            row = max(min(row, len(models) - 1), 0) if (key := self._cursor_key()) is None else self.get_row_index(key)
            self.move_cursor(row=row)
        self._highlight(models[row] if models else None)

    def _fit(self, rows: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
        """Set up columns as wide as these rows need, as far as there is room, and return their widths."""
        texts = {name: (name, *(cells[name] for cells in rows.values())) for name in COLUMNS}
        widths = _widths({name: max(map(cell_len, column)) for name, column in texts.items()}, self._room)
        # Left to itself the table measures its columns after it was drawn, and the header keeps its old places.
        self.clear(columns=True)
        for name, width in widths.items():
            self.add_column(name, key=name, width=width)
        return widths

    def show_loaded(self, loaded: Mapping[str, LoadedModel]) -> None:
        """Show which models are in memory, by their names."""
        self._loaded = loaded
        self.show(self.models)

    def go_to(self, model: Model) -> None:
        """Put the cursor on this model, now or as soon as it is shown."""
        self._target = str(model.id)
        self.show(self.models)

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


def _cells(model: Model, loaded: LoadedModel | None) -> dict[str, str]:
    status = ", ".join(word for word, true in (("active", model.is_active), ("default", model.is_default)) if true)
    mark = ACTIVE_MARK if model.is_active else ""
    memory = (
        "" if loaded is None else readable_bytes(loaded.memory) if loaded.state in {"idle", "busy"} else loaded.state
    )
    words = (mark, model.name, model.model_type, model.device, model.compute_type, memory, status)
    return dict(zip(COLUMNS, words, strict=True))


def _widths(needed: dict[str, int], room: int) -> dict[str, int]:
    """Return the columns to show with their widths in cells: names are cut first, then columns go."""
    columns = {name: max(width, 1) for name, width in needed.items()}
    for expendable in (None, *EXPENDABLE):
        columns.pop(expendable or "-", None)
        name = columns["Name"] + min(room - sum(width + PADDING for width in columns.values()), 0)
        if name >= min(MIN_NAME, columns["Name"]):
            break
    return {**columns, "Name": max(name, 1)}
