"""OffersCommands: every command of the program with its keys, for the palette, for help and for jumping to a widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import work
from textual.actions import parse
from textual.binding import Binding
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen

from orstt_core.errors import JobNotFound
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.drawn_app import DrawnApp
from orstt_tui.keymap import command_bindings, palette_bindings

if TYPE_CHECKING:
    from textual.command import Provider

    from orstt_core.types import Job, Model

MOST_JOBS = 20
"""How many jobs the palette offers, the newest first."""
SHORTEST_ID = 4
"""Characters of an id from which on a job is looked for by it."""
HEXADECIMAL = frozenset("0123456789abcdef")


class Offer(NamedTuple):
    """A command that can be run now: its name, what it does, its keys as text, and what runs it."""

    name: str
    what: str
    keys: str
    run: Callable[[], object]


def _commands() -> type[Provider]:
    from orstt_tui.palette import CommandProvider

    return CommandProvider


def _jobs() -> type[Provider]:
    from orstt_tui.palette import JobProvider

    return JobProvider


def _models() -> type[Provider]:
    from orstt_tui.palette import ModelProvider

    return ModelProvider


class OffersCommands(DrawnApp, inherit_bindings=False):
    """A program whose commands are found by name, and whose widgets by a letter."""

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands, _jobs, _models}

    _connection: BackendConnection
    models: reactive[tuple[Model, ...]]

    def offers(self, screen: Screen[object]) -> Iterator[Offer]:
        """Yield every command of the focused widget, its screen and the program: one binding, one command."""
        for node in (screen.focused or screen).ancestors_with_self:
            for binding in palette_bindings(type(node)):
                space, name, parameters = parse(binding.action)
                owner: DOMNode = {"screen": screen, "app": self}.get(space, node)
                if owner.check_action(name, parameters) and name != "command_palette":
                    run = partial(self.run_action, binding.action, node)
                    what = binding.tooltip or binding.description
                    yield Offer(binding.description, what, self.shown_keys(binding), run)
        yield Offer("Theme", "Choose other colours", "", self.action_change_theme)

    def shown_keys(self, binding: Binding) -> str:
        """Return the first of a command's keys, as it is written on the screen."""
        keys = self._keymap.get(binding.id or "", binding.key)
        return self.get_key_display(binding.with_key(keys.split(",")[0]))

    def key_of(self, command: str) -> str:
        """Return the same of a command of the program, by its id."""
        return self.shown_keys(next(binding for binding in command_bindings(type(self)) if binding.id == command))

    def action_jump(self) -> None:
        """Show a letter at everything that can be focused or pressed, or no more."""
        from orstt_tui.screens.jump import JumpScreen, targets_on

        if isinstance(self.screen, JumpScreen):
            self.screen.dismiss(None)
        else:
            self.push_screen(JumpScreen(targets_on(self.screen)), lambda target: target and target.go())

    async def open_model(self, model: Model) -> None:
        """Go to a model in the list."""
        from orstt_tui.widgets.model_table import ModelTable

        await self.switch_mode("models")
        self.screen_stack[0].query_one(ModelTable).go_to(model)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open_job(self, job_id: str, words: str = "") -> None:
        """Open the text of a job, where these words stand in it; what prevents that is a notice."""
        from orstt_tui.screens.transcript import TranscriptScreen

        job = await self._connection.backend.job(job_id)
        await self.switch_mode("jobs")
        await self.push_screen(TranscriptScreen(self._connection, job, words))

    async def jobs_called(self, query: str) -> list[Job]:
        """Return the newest jobs whose file is called so, whose text has it, or whose id begins so.

        Raises:
            OrsttError: nobody answers.
        """
        from orstt_core.types import JobQuery

        backend = self._connection.backend
        found = (await backend.jobs(JobQuery(text=query, limit=MOST_JOBS))).jobs
        if len(query) >= SHORTEST_ID and HEXADECIMAL.issuperset(query.lower()):
            with suppress(JobNotFound):
                found = [*found, await backend.job(query.lower())]
        return list({job.id: job for job in found}.values())
