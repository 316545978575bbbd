"""ExportModelScreen: where to write a model with its weights."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from orstt_tui.screens.file_dialog import accepting
from orstt_tui.screens.new_file import NewFileDialog
from orstt_tui.weights_text import SUFFIX


class ExportModelScreen(NewFileDialog):
    """Gives the file to write, or None.

    Args:
        model: its name; the suggested file is called so.
    """

    BINDINGS: ClassVar[list[BindingType]] = [accepting("Export")]
    HELP = """\
# Export a model

One file takes the weights, their digests and the configuration of the model into a network without a hub: **i** on the
Models screen there, or `orstt models import`, reads it. A name without a folder is a file where the program was
started, on this machine also when the model is on a server. The weights are verified first.
"""

    def __init__(self, model: str) -> None:
        super().__init__(f"Export {model}", "Export", file=f"{model.replace('/', '-')}{SUFFIX}")
