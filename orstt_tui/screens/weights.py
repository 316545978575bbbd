"""WeightsScreen: which model files are on the machine that does the work; verify, pull, export, import, prune them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.errors import ModelExists, OrsttError
from orstt_core.text import readable_bytes
from orstt_core.types import Pruned, StoredWeights, Verification, VerifiedFile
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count, shorten
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.weights_run import WeightsRun
from orstt_tui.weights_text import place_of, why_not
from orstt_tui.weights_work import WeightsWork
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.pane import Pane, show_title
from orstt_tui.widgets.run_status import RunStatus

if TYPE_CHECKING:
    from orstt_tui.screens.import_model import Archive

UPDATES = 10
"""Times a second that the work is followed at most."""
DIGEST = 64
"""Cells of a digest, which says nothing in fewer."""
COLUMNS = Columns(
    names=("Files", "Size", "State", "Models", "SHA-256", "Folder"),
    cut={
        "Files": Share(least=24, weight=3),
        "Models": Share(least=8),
        "SHA-256": Share(least=DIGEST, weight=9),
        "Folder": Share(least=12),
    },
    expendable=("SHA-256", "Folder"),
)
OUTCOMES = {"right": "right", "damaged": "DAMAGED", "missing": "MISSING", "unknown": "no digest known"}
OTHERS = "Models of other databases that use the same folders are not known here."
LISTED, WIDTH = 8, 30
"""Of what can be removed: how many are named in the question, and cells of a name."""


class WeightsScreen(Dialog[None]):
    """Lists the weights, below each its files.

    Args:
        connection: where they are.
        weights_work: what is under way with them.
        model: the one whose weights have the cursor at first.
        then: an action to begin with once they are listed.
    """

    HELP = """\
# Model files

The files of every configured model, whether they are here or not, and all others that a model could use.

- **State** says where weights are, and of a file whether it is the published one, once it was verified: **v**.
- **p** pulls what is not here. A pull that was stopped goes on where it was; it goes on behind other screens.
- **x** writes a model with its weights to one file, and **i** brings such a file in: for a machine without a network.
- **P** shows what no model needs, and removes it if you say so.
- **c** stops what is under way.
"""
    CRUMB = "Model files"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "verify", "Verify", id="weights.verify", tooltip="Read every byte and compare it"),
        Binding("p", "pull", "Pull", id="weights.pull", tooltip="Bring these files here"),
        Binding("x", "export", "Export", id="weights.export", tooltip="Write the model to one file"),
        Binding("i", "bring", "Import", id="weights.import", tooltip="Bring in a model from a file"),
        Binding("P", "prune", "Prune", id="weights.prune", tooltip="Remove what no model needs"),
        Binding("c", "cancel", "Cancel", id="weights.cancel", tooltip="Stop what is under way"),
        Binding("escape,f,q", "dismiss", "Close", id="weights.close"),
    ]

    def __init__(
        self, connection: BackendConnection, weights_work: WeightsWork, model: str = "", then: str = ""
    ) -> None:
        super().__init__()
        self.connection = connection
        self._work, self._wanted, self._then = weights_work, model, then
        self._rows: list[StoredWeights] = []
        """Which weights each line of the list is of."""
        self._stored: list[StoredWeights] = []
        self._under_way: list[WeightsRun] = []
        self._ended = weights_work.ended

    def compose(self) -> ComposeResult:
        """The list over what is under way."""
        with Pane("Model files", classes="dialog -list"):
            yield ListNote("Reading…")
            yield DetailedList(COLUMNS)
            yield RunStatus(percentage=False)

    def on_mount(self) -> None:
        """Fetch the list, and follow the work."""
        self.query_one(DetailedList).table.focus()
        self.set_interval(1 / UPDATES, self._follow)
        self._follow()
        self.read()

    @work(exclusive=True, group="stored", exit_on_error=False)
    async def read(self) -> None:
        """Show what is there now; the cursor stays where it was."""
        note = self.query_one(ListNote)
        try:
            self._stored = await self.connection.backend.weights()
        except OrsttError as error:
            note.show(str(error))
            return
        self._show()
        here = [each for each in self._stored if each.is_here]
        size = readable_bytes(sum(each.size for each in here))
        show_title(self.query_one(Pane), f"Model files: {size} in {count(len(here), 'model')}")
        note.show("" if self._stored else "There are none.")
        await self._begin()

    async def _begin(self) -> None:
        """Do what the screen was opened for, or say why not."""
        then, self._then = self._then, ""
        if reason := self.why_not(then):
            self.app.notify(reason, severity="warning", markup=False)
        elif then:
            await self.run_action(then)

    def _show(self) -> None:
        wanted, self._wanted = self._wanted or self._ref, ""
        lines = [(stored, words) for stored in self._stored for words in _lines(stored, self._verification(stored))]
        self._rows = [stored for stored, _ in lines]
        self.query_one(DetailedList).show([words for _, words in lines])
        if wanted != self._ref:
            named = (row for row, each in enumerate(self._rows) if wanted in (each.weights, *each.models))
            self.query_one(DetailedList).table.move_cursor(row=next(named, 0))
        self.refresh_bindings()

    def _follow(self) -> None:
        self.query_one(RunStatus).follow(self._work.run_to_show(self._ref))
        if self._work.runs != self._under_way:
            self._under_way = self._work.runs
            self.refresh_bindings()
        if self._work.ended != self._ended:
            self._ended = self._work.ended
            self.read()

    def on_data_table_row_highlighted(self) -> None:
        """Offer what can be done with these."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense now."""
        return bool(self._work.runs) if action == "cancel" else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why something cannot be done with the selected weights; empty: it can."""
        if not self.is_mounted:
            return ""
        if self._selected is None:
            return "There are no model files." if action in ("verify", "pull", "export") else ""
        return why_not(action, self._selected, self._work.run_of(self._ref))

    def action_verify(self) -> None:
        """Read every byte of the selected weights."""
        self._work.verify(self._ref)

    def action_pull(self) -> None:
        """Bring the selected weights here."""
        self._work.pull(self._ref)

    def action_cancel(self) -> None:
        """Stop what is shown of the work."""
        if run := self._work.run_to_show(self._ref):
            self._work.cancel(run.name)

    def action_export(self) -> None:
        """Ask where to, then write the model to a file."""
        from orstt_tui.screens.export_model import ExportModelScreen

        stored, name = self._selected, self._ref

        def named(file: Path | None) -> None:
            if file is not None:
                self._work.export(name, file, stored)

        self.app.push_screen(ExportModelScreen(name), named)

    def action_bring(self) -> None:
        """Ask which file, then import the model in it."""
        self._ask_for_archive()

    def _ask_for_archive(self, given: Archive | None = None, problem: str = "") -> None:
        from orstt_tui.screens.import_model import ImportModelScreen

        def named(archive: Archive | None) -> None:
            if archive is not None:
                self._work.bring(*archive, name_taken=lambda error: self._ask_again(archive, error))

        self.app.push_screen(ImportModelScreen(given, problem), named)

    def _ask_again(self, archive: Archive, error: ModelExists) -> bool:
        """Show the form as it was, with what is wrong; not to who is elsewhere by now."""
        if here := self.is_current:
            self._ask_for_archive(archive, error.message)
        return here

    @work(exclusive=True, group="prune", exit_on_error=False)
    async def action_prune(self) -> None:
        """Show what no model needs; remove it once that is confirmed."""
        found = await self.connection.backend.prune_weights()
        if not found.leftovers:
            self.app.notify("There is nothing that no model needs.")
            return

        def confirmed(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.prune()

        question = f"Remove {readable_bytes(found.size)} that no model needs?"
        self.app.push_screen(ConfirmScreen(question, _leftovers(found)), confirmed)

    @work(exclusive=True, group="prune", exit_on_error=False)
    async def prune(self) -> None:
        """Remove what no model needs."""
        removed = await self.connection.backend.prune_weights(remove=True)
        self.app.notify(f"Removed {readable_bytes(removed.size)}.")
        self.read()

    @property
    def _selected(self) -> StoredWeights | None:
        row = self.query_one(DetailedList).table.cursor_row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    @property
    def _ref(self) -> str:
        """What the selected weights are called where something is done with them: as the first model that has them."""
        stored = self._selected
        return "" if stored is None else stored.models[0] if stored.models else stored.weights

    def _verification(self, stored: StoredWeights) -> Verification | None:
        names = (*stored.models, stored.weights)
        return next((self._work.verified[name] for name in names if name in self._work.verified), None)


def _lines(stored: StoredWeights, found: Verification | None) -> Iterator[dict[str, str]]:
    """Yield the line of some weights, and one for each of their files."""
    size = readable_bytes(stored.size) if stored.is_here else ""
    yield _line(stored.weights, size, place_of(stored), ", ".join(stored.models), "", stored.folder)
    verified = {file.name: file for file in found.files} if found else {}
    for file in stored.files:
        yield _line(f"  {file.name}", readable_bytes(file.size), *_outcome(verified.get(file.name)))
    here = {file.name for file in stored.files}
    for name, gone in verified.items():
        if name not in here and gone.outcome != "right":
            yield _line(f"  {name}", "", *_outcome(gone))


def _outcome(file: VerifiedFile | None) -> tuple[str, str, str]:
    return ("not verified", "", "") if file is None else (OUTCOMES[file.outcome], "", file.sha256)


def _line(*words: str) -> dict[str, str]:
    return dict(zip(COLUMNS.names, (*words, *[""] * (len(COLUMNS.names) - len(words))), strict=True))


def _leftovers(found: Pruned) -> str:
    lines = [f"{readable_bytes(each.size):>7}  {shorten(each.name, WIDTH)} ({each.kind})" for each in found.leftovers]
    more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return "\n".join([*lines[:LISTED], *more, OTHERS])
