"""QueueList: the recordings that are in line on the Transcribe screen; they are put in order and taken out here."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from orstt_tui.formatting import file_name
from orstt_tui.progress import RunMeter
from orstt_tui.recording_lengths import length_text
from orstt_tui.recording_queue import QueuedRecording, RecordingQueue
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane, show_title

COLUMNS = Columns(
    names=("#", "Recording", "Length", "State"),
    cut={"Recording": Share(least=16), "State": Share(least=10)},
    expendable=("#",),
    prose=frozenset({"State"}),
)


class QueueList(Pane):
    """One row for a recording, under how many there are; takes no room while there is none."""

    HELP = """\
# The queue

These recordings are transcribed one after the other, each as a job. **F5** begins, or goes on.

- **x** takes one out, **[** and **]** move it up and down.
- **Enter** opens the text of one that has ended.
- **Escape** stops the one that is worked on; those behind it stay in line.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "remove", "Remove", id="queue.remove", tooltip="Take the recording out of the queue"),
        Binding(
            "left_square_bracket,shift+up", "move(-1)", "Up", show=False, id="queue.up", tooltip="Transcribe it earlier"
        ),
        Binding(
            "right_square_bracket,shift+down",
            "move(1)",
            "Down",
            show=False,
            id="queue.down",
            tooltip="Transcribe it later",
        ),
    ]

    class Opened(Message):
        """Somebody wants to read the text of a recording."""

        def __init__(self, item: QueuedRecording) -> None:
            super().__init__()
            self.item = item

    class Changed(Message):
        """The line is another one now."""

    def __init__(self) -> None:
        super().__init__("Queue", id="queue", classes="-above")
        self.queue = RecordingQueue()
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """The list."""
        yield ListTable(COLUMNS)

    def on_mount(self) -> None:
        """There is nothing in line yet."""
        self.display = False

    @property
    def table(self) -> ListTable:
        """The list itself."""
        return self.query_one(ListTable)

    def draw(self, meter: RunMeter | None = None) -> None:
        """Show the line as it is now.

        Args:
            meter: that of the one that is worked on; None: nothing is.
        """
        items = self.queue.items
        self.display = bool(items)
        left = self.queue.left(meter) if meter is not None else ""
        title = " · ".join(part for part in (f"Queue: {self.queue.summary()}", left) if part)
        rows = [_words(number, item) for number, item in enumerate(items, start=1)]
        if (title, rows) != self._drawn:
            self._drawn = title, rows
            show_title(self, title)
            self.table.show_rows(rows)
            running = next((place for place, item in enumerate(items) if item.state == "running"), None)
            if running is not None and not self.table.has_focus:
                self.table.move_cursor(row=running)  # in sight, however long the line is

    def action_remove(self) -> None:
        """Take the selected one out."""
        if self.queue.remove(self.table.cursor_row) is None:
            self.notify("That one is being transcribed: Esc stops it.", severity="warning")
        self.draw()
        self.post_message(self.Changed())

    def action_move(self, step: int) -> None:
        """Move the selected one up or down."""
        place = self.queue.move(self.table.cursor_row, step)
        self.draw()
        self.table.move_cursor(row=place)

    def on_data_table_row_selected(self) -> None:
        """Open the text of the selected one, if there is one."""
        row, items = self.table.cursor_row, self.queue.items
        if 0 <= row < len(items) and items[row].job:
            self.post_message(self.Opened(items[row]))


def _words(number: int, item: QueuedRecording) -> dict[str, str]:
    state = f"{item.state}: {item.reason}" if item.reason else item.state
    words = (str(number), file_name(str(item.path)), length_text(item.length), state)
    return dict(zip(COLUMNS.names, words, strict=True))
