"""WatchScreen: folders whose recordings are transcribed as they appear, with what became of them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Select

from orstt_core.conversion import convert
from orstt_core.formats import FORMATS
from orstt_core.types import TranscribeOptions, TranscribeRequest
from orstt_tui.formatting import file_name, home_path
from orstt_tui.presets import Preset, read_presets
from orstt_tui.screens.dialog import Dialog
from orstt_tui.watched_folders import WatchedFolder, WatchedFolders
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.field import Choice, FormProblem, labelled
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import Matches, PathInput

COLUMNS = Columns(
    names=("Folder", "State", "Done", "Before", "Failed", "Now"),
    cut={"Folder": Share(least=20, weight=2), "Now": Share(least=12)},
    expendable=("Before", "Now"),
)
UPDATES = 4
"""Times a second that the list is drawn at most."""
NONE = "No folder is watched. Name one: what is put into it is transcribed, the text beside the recording."


class WatchScreen(Dialog[None]):
    """Lists the watched folders; they are watched as long as the program runs, whatever is on the screen.

    Args:
        watched: those of the program.
    """

    HELP = """\
# Watched folders

Recordings are transcribed as they appear in these folders, each once, when it has not changed for five seconds; the
transcript stands beside it. One whose transcript is there, and not older, is left alone: after a restart nothing is
done twice. The next start asks whether to go on with them; those that were stopped are listed then. `orstt watch
FOLDER` does the same without this program.

- **Before** counts those whose transcript was there before.
- **s** stops one, and starts it again; **d** takes it from the list.
- A **preset** says with which model and options (`Ctrl+T` on the Transcribe screen makes one).
"""
    CRUMB = "Watched folders"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "name", "New", id="watch.add", tooltip="Watch another folder"),
        Binding("f5", "add", "Watch", id="form.accept", tooltip="Go ahead with what the form says"),
        Binding("s", "start_or_stop", "Start or stop", id="watch.toggle", tooltip="Stop watching the folder, or go on"),
        Binding("d", "remove", "Remove", id="watch.remove", tooltip="Watch the folder no more"),
        Binding("escape,W", "dismiss", "Close", id="watch.close"),
    ]

    def __init__(self, watched: WatchedFolders) -> None:
        super().__init__()
        self._watched = watched
        self._presets: dict[str, Preset] = {}
        self._problems: list[str] = []
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """The list, and the form for another folder."""
        self._presets, self._problems = read_presets()
        with Pane("Watched folders", classes="dialog -list"):
            yield ListNote()
            yield DetailedList(COLUMNS)
            yield labelled("Folder", PathInput(id="folder", suffixes=(), placeholder="another folder; Tab completes"))
            yield Matches(id="matches", markup=False)
            with Horizontal(id="watch-options"):
                names = [("none: the active model", ""), *((name, name) for name in self._presets)]
                yield labelled("Preset", Choice(names, id="preset", compact=True, allow_blank=False))
                formats = [(form, form) for form in FORMATS]
                yield labelled("Format", Choice(formats, id="format", value="text", compact=True, allow_blank=False))
            yield FormProblem()

    def on_mount(self) -> None:
        """Follow what becomes of them."""
        self.query_one(FormProblem).show("\n".join(self._problems))
        self.set_interval(1 / UPDATES, self._draw)
        self._draw()
        if self._watched.folders:
            self.query_one(DetailedList).table.focus()
        else:
            self.action_name()

    def _draw(self) -> None:
        rows = [_words(each) for each in self._watched.folders]
        if rows != self._drawn:
            self._drawn = rows
            self.query_one(DetailedList).show(rows)
            self._say()

    def on_data_table_row_highlighted(self) -> None:
        """Say what went wrong with the selected one."""
        self._say()

    def _say(self) -> None:
        selected = self._selected
        self.query_one(ListNote).show(selected.problem if selected is not None else NONE)
        self.refresh_bindings()

    @property
    def _selected(self) -> WatchedFolder | None:
        row = self.query_one(DetailedList).table.cursor_row
        return self._watched.folders[row] if 0 <= row < len(self._watched.folders) else None

    def why_not(self, action: str) -> str:
        """Return why nothing can be done with the selected folder: there is none."""
        if action not in ("start_or_stop", "remove") or not self.is_mounted or self._selected is not None:
            return ""
        return "There is no folder."

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Select.Changed, "#preset")
    def _take_format(self, event: Select.Changed) -> None:
        preset = self._presets.get(str(event.value))
        if preset is not None and preset.format:
            self.query_one("#format", Select).value = preset.format

    def action_name(self) -> None:
        """Ask for a folder."""
        self.set_focus(self.query_one("#folder"))

    @on(Input.Submitted)
    def action_add(self) -> None:
        """Watch the folder that is named."""
        field = self.query_one("#folder", PathInput)
        if not field.value.strip() or not field.path.is_dir():
            problem = f"{field.path} is no folder." if field.value.strip() else "Name a folder."
            self.query_one(FormProblem).show(problem)
            field.focus()
            return
        preset = self._presets.get(str(self.query_one("#preset", Select).value), Preset(name=""))
        like = TranscribeRequest(
            audio=field.path, model=preset.model or None, options=convert(preset.options, TranscribeOptions)
        )
        self._watched.add(field.path.absolute(), like, str(self.query_one("#format", Select).value))
        field.value = ""
        self._draw()
        self.query_one(DetailedList).table.focus()

    def action_start_or_stop(self) -> None:
        """Stop watching the selected one, or go on."""
        if (watched := self._selected) is not None:
            if self._watched.is_running(watched):
                self._watched.stop(watched)
            else:
                self._watched.start(watched)

    def action_remove(self) -> None:
        """Watch the selected one no more."""
        if (watched := self._selected) is not None:
            self._watched.remove(watched)
            self._draw()


def _words(watched: WatchedFolder) -> dict[str, str]:
    now = ""
    if (run := watched.current) is not None:
        now = " ".join([f"{run.meter.share:.0%}", *run.meter.pace(), file_name(str(run.recording))])
    counts = map(str, (watched.done, watched.there, watched.failed))
    return dict(zip(COLUMNS.names, (home_path(watched.folder), watched.state, *counts, now), strict=True))
