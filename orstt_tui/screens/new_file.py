"""NewFileDialog: asks for a file to write, and once more before it replaces one."""

from __future__ import annotations

from pathlib import Path

from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.file_dialog import FileDialog


class NewFileDialog(FileDialog[Path | None]):
    """Gives the file to write, or None."""

    def problem_of(self, path: Path) -> str:  # noqa: ARG002 - a subclass looks
        """Return what is wrong with this name; empty: nothing is."""
        return ""

    def action_accept(self) -> None:
        """Give the file; ask first when that would replace one."""
        path = self.field.path
        if not self.field.value.strip():
            self.refuse("Name a file.")
        elif path.is_dir():
            self.refuse(f"{path} is a folder. Name a file in it.")
        elif not path.absolute().parent.is_dir():
            self.refuse(f"There is no folder {path.absolute().parent}.")
        elif problem := self.problem_of(path):
            self.refuse(problem)
        elif path.exists():
            self._ask(path)
        else:
            self.dismiss(path)

    def _ask(self, path: Path) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.dismiss(path)

        self.app.push_screen(ConfirmScreen(f"Replace {path.name}?", f"{path} exists already."), answered)
