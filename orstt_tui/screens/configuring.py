"""ConfiguringScreen: the commands that configure models: add, change, duplicate, tune, remove; and who did that."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import Binding, BindingType

from orstt_core.types import Change, Model, ModelDraft, ModelUpdate
from orstt_core.types.models import LONGEST_NAME
from orstt_tui.notifications import notify_warnings
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.weights_work import WeightsWork
from orstt_tui.widgets.model_detail import why_undeletable
from orstt_tui.widgets.model_table import ModelTable


class ConfiguringScreen(MainScreen):
    """A screen with a `ModelTable`, on which one model is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "N",
            "duplicate",
            "Duplicate",
            show=False,
            id="models.duplicate",
            tooltip="Configure another model like the selected one",
        ),
        Binding(
            "m",
            "make_default",
            "Make default",
            show=False,
            id="models.default",
            tooltip="Make the selected model the default",
        ),
        Binding("t", "tune", "Tune", show=False, id="models.tune", tooltip="Find and store its fastest setting"),
        Binding(
            "T", "undo_tuning", "Undo tuning", show=False, id="models.untune", tooltip="Put back what tuning changed"
        ),
        Binding(
            "h",
            "history",
            "History",
            show=False,
            id="models.history",
            tooltip="Who changed the selected model, and when",
        ),
    ]

    _selected: Model | None
    _work: WeightsWork

    def why_not(self, action: str) -> str:
        """Return why the selected model cannot be made the default one, or tuned."""
        model = self._selected
        if model is None:
            return ""
        if action == "make_default" and model.is_default:
            return f"{model.name} is the default model already."
        if action == "tune" and model.sends_sound:
            return f"{model.name} runs on a server: there is nothing to tune here."
        return super().why_not(action)

    @property
    def _taken(self) -> list[str]:
        return [model.name for model in self.query_one(ModelTable).models]

    def action_add(self) -> None:
        """Open the form for a new model."""
        self._open_form(None)

    def action_duplicate(self) -> None:
        """Open the form for a new model with what the selected one is."""
        if (model := self._selected) is not None:
            draft = msgspec.convert(model, ModelDraft, from_attributes=True)
            self._open_form(msgspec.structs.replace(draft, name=another_name(model.name, self._taken)))

    def action_edit(self) -> None:
        """Open the form for changing the selected model."""
        from orstt_tui.screens.edit_model import EditModelScreen

        if (model := self._selected) is not None:
            taken = [name for name in self._taken if name != model.name]
            self.app.push_screen(EditModelScreen(self.connection, model, taken), self._changed)

    def action_delete(self) -> None:
        """Ask, then remove the selected model; say why where that is not possible."""
        model = self._selected
        if model is None:
            return
        if reason := why_undeletable(model):
            self.app.notify(reason, severity="warning", markup=False)
            return

        def confirmed(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.delete(model)

        self.app.push_screen(ConfirmScreen(f"Delete {model.name}?", "Its weights stay on the disk."), confirmed)

    def action_make_default(self) -> None:
        """Make the selected model the default one."""
        if self._selected is not None:
            self.make_default(self._selected)

    def action_tune(self) -> None:
        """Find and store the fastest setting of the selected model; it goes on behind other screens."""
        if self._selected is not None:
            self._work.tune(self._selected)

    def action_undo_tuning(self) -> None:
        """Put the setting of the selected model back that it had before it was tuned."""
        if self._selected is not None:
            self.undo_tuning(self._selected)

    def action_history(self) -> None:
        """Show who changed the selected model, and when."""
        from orstt_tui.screens.audit import AuditScreen

        if self._selected is not None:
            self.app.push_screen(AuditScreen(self.connection, self._selected.name))

    def _open_form(self, given: ModelDraft | None) -> None:
        from orstt_tui.screens.add_model import AddModelScreen

        self.app.push_screen(AddModelScreen(self.connection, self._taken, given), self._changed)

    def _changed(self, change: Change | None) -> None:
        if change is not None:
            notify_warnings(self.app, change.warnings)
            self.query_one(ModelTable).go_to(change.model)

    @work(group="change", exit_on_error=False)
    async def delete(self, model: Model) -> None:
        """Remove this model."""
        await self.connection.backend.delete_model(model.id)

    @work(group="change", exit_on_error=False)
    async def make_default(self, model: Model) -> None:
        """Make this model the default one."""
        self._changed(await self.connection.backend.update_model(model.id, ModelUpdate(is_default=True)))

    @work(group="change", exit_on_error=False)
    async def undo_tuning(self, model: Model) -> None:
        """Put the setting of this model back that it had before it was tuned."""
        change = await self.connection.backend.undo_tuning(model.id)
        self._changed(change)
        self.app.notify(f"{model.name} is as it was before it was tuned.", markup=False)


def another_name(name: str, taken: list[str]) -> str:
    """Return a name for a model like the one of this name, such as `base-2`, that no other one has."""
    names = (f"{name[: LONGEST_NAME - len(ending)]}{ending}" for ending in (f"-{number}" for number in count(2)))
    return next(each for each in names if each not in taken)
