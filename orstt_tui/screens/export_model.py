"""ExportModelScreen: where to write a model with its weights."""

from __future__ import annotations

from pathlib import Path

from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.file_dialog import FileDialog
from orstt_tui.weights_text import SUFFIX


class ExportModelScreen(FileDialog[Path | None]):
    """Gives the file to write, or None.

    Args:
        model: its name; the suggested file is called so.
    """

    HELP = """\
# Export a model

One file takes the weights, their digests and the configuration of the model into a network without a hub: **i** on the
Models screen there, or `orstt models import`, reads it. A name without a folder is a file where the program was
started, on this machine also when the model is on a server. The weights are verified first.
"""

    def __init__(self, model: str) -> None:
        super().__init__(f"Export {model}", "Export", file=f"{model.replace('/', '-')}{SUFFIX}")

    def action_accept(self) -> None:
        """Give the file; ask first when that would replace one."""
        path = self.field.path
        if not self.field.value.strip():
            self.refuse("Name a file.")
        elif path.is_dir():
            self.refuse(f"{path} is a folder. Name a file in it.")
        elif not path.absolute().parent.is_dir():
            self.refuse(f"There is no folder {path.absolute().parent}.")
        elif path.exists():
            self._ask(path)
        else:
            self.dismiss(path)

    def _ask(self, path: Path) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.dismiss(path)

        self.app.push_screen(ConfirmScreen(f"Replace {path.name}?", f"{path} exists already."), answered)
