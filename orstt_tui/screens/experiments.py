"""ExperimentsScreen: models that are tried on live work, what was found, and what becomes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_core.errors import OrsttError
from orstt_core.types import Experiment, ExperimentState, Verdict
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.experiment_text import facts, figure_facts
from orstt_tui.formatting import count, date
from orstt_tui.job_states import Look
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

NONE = "No experiment yet. n begins one: a second model is tried beside the one that does the work."
LOOK_SECONDS = 5.0
"""How often the experiments are asked for again."""
LOOKS: dict[ExperimentState, Look] = {
    "running": Look("▶", ">", "text-primary", "bold"),
    "paused": Look("○", "o", ""),
    "stopped": Look("■", "-", "text-warning"),
    "promoted": Look("✓", "+", "text-success"),
}
VERDICTS: dict[Verdict, str] = {"undecided": "undecided", "better": "B is better", "worse": "B is worse"}
OVER = frozenset({"stopped", "promoted"})


class ExperimentsScreen(ListDialog[Experiment]):
    """Lists the experiments, the newest first.

    Args:
        connection: the place where they run.
    """

    HELP = """\
# Experiments

A second model, **B**, is tried on live work beside the one that does it, **A**. In a *shadow* A answers, and B
transcribes the same recordings when there is nothing else to do; in a *split* B answers a share of them. What decides
are people who compare texts without knowing which model wrote them, texts of what was said, or figures that engines
measure by themselves, which say less.

The answer may be looked at any time: its bounds hold however often that is done. An experiment stops by itself where B
does harm, or its budget is spent.

- **v** or **Enter** judges: two texts of one recording, left and right.
- **n** begins one, **p** pauses it and lets it go on, **s** stops it for good.
- **m** makes B the active model, as *Activate* does; **d** deletes an experiment with all that it found.
"""
    COLUMNS = Columns(
        names=("", "Name", "A", "B", "Judged by", "Found"),
        cut={"Name": Share(least=10), "A": Share(least=6), "B": Share(least=6), "Found": Share(least=14, weight=2)},
        expendable=("Judged by",),
    )
    HEADING = "Experiments"
    CRUMB = "Experiments"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v,enter", "judge", "Judge", id="experiments.judge", tooltip="Say which of two texts is better"),
        Binding("n", "create", "New", id="experiments.create", tooltip="Begin an experiment"),
        Binding("p", "pause", "Pause", id="experiments.pause", tooltip="Pause the experiment, or let it go on"),
        Binding("s", "stop", "Stop", id="experiments.stop", tooltip="End the experiment for good"),
        Binding("m", "promote", "Promote B", id="experiments.promote", tooltip="Make B the active model in A's place"),
        Binding("d", "delete", "Delete", id="experiments.delete", tooltip="Delete it with all that it found"),
        Binding("escape,X,q", "close", "Close", id="experiments.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def on_mount(self) -> None:
        """Look from time to time: recordings are heard and judged meanwhile."""
        self.set_interval(LOOK_SECONDS, self.look_again)

    def look_again(self) -> None:
        """Ask for them again, while nothing stands over the list."""
        if self.is_current:
            self.read()

    def on_screen_resume(self) -> None:
        """Ask for them again: judgements change what was found."""
        self.read()

    @work(exclusive=True, group="experiments", exit_on_error=False)
    async def read(self) -> None:
        """Show the experiments as they are now; why there are none stands in their place."""
        try:
            found = await self.connection.backend.experiments()
        except OrsttError as error:
            self.show_problem(str(error))
            return
        chosen = self.selected
        self.show_items(found, next((each for each in found if chosen and self.is_same(each, chosen)), None))
        running = sum(each.state == "running" for each in found)
        self.show_title(f"Experiments: {count(len(found), 'experiment')}" + (f", {running} running" if running else ""))

    def why_not(self, action: str) -> str:
        """Return why something cannot be done with the selected one."""
        if action not in {"judge", "pause", "stop", "promote", "delete"} or not self.is_mounted:
            return ""
        if (chosen := self.selected) is None:
            return "There is no experiment yet: n begins one."
        if action in {"pause", "stop"} and chosen.state in OVER:
            return f"{chosen.name} is {chosen.state}: begin another one."
        if action == "promote" and chosen.state == "promoted":
            return f"{chosen.b} was promoted already."
        if action == "judge" and (chosen.kind == "split" or chosen.judge == "proxies"):
            return f"People have nothing to judge in {chosen.name}."
        return ""

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, judges."""
        self.action_judge()

    def action_judge(self) -> None:
        """Show pairs to judge."""
        from orstt_tui.screens.judging import JudgingScreen

        if self.selected is None:
            return
        if reason := self.why_not("judge"):
            self.say_why_not(reason)
            return
        self.app.push_screen(JudgingScreen(self.connection, self.selected))

    def action_create(self) -> None:
        """Open the form."""
        self.open_form()

    @work(exclusive=True, group="form", exit_on_error=False)
    async def open_form(self) -> None:
        """Ask for an experiment among the models that are configured now."""
        from orstt_tui.screens.create_experiment import CreateExperimentScreen

        models = await self.connection.backend.models()

        def ended(begun: Experiment | None) -> None:
            if begun is not None:
                self.app.notify(f"Began the experiment {begun.name}.", markup=False)

        self.app.push_screen(CreateExperimentScreen(self.connection, models), ended)

    def action_pause(self) -> None:
        """Pause the selected one, or let it go on; either is taken back by the same key."""
        if (chosen := self.selected) is not None:
            backend = self.connection.backend
            paused = chosen.state == "paused"
            self.change(chosen.name, backend.resume_experiment if paused else backend.pause_experiment)

    def action_stop(self) -> None:
        """Ask, then stop the selected one."""
        if (chosen := self.selected) is not None:
            self._confirm(
                f"Stop {chosen.name} for good?",
                f"All work is {chosen.a}'s again, and {chosen.b} transcribes nothing more. What was found stays.",
                chosen.name,
                self.connection.backend.stop_experiment,
            )

    def action_promote(self) -> None:
        """Ask, then make B the active model."""
        if (chosen := self.selected) is not None:
            self._confirm(
                f"Make {chosen.b} the active model in the place of {chosen.a}?",
                f"{chosen.result.words} {chosen.b} proves first that it works; activating {chosen.a} takes it back.",
                chosen.name,
                self.connection.backend.promote_experiment,
            )

    def action_delete(self) -> None:
        """Ask, then delete the selected one."""
        if (chosen := self.selected) is not None:
            self._confirm(
                f"Delete {chosen.name}?",
                f"{count(chosen.result.judged, 'judged recording')} and all else that it found are gone then.",
                chosen.name,
                self.connection.backend.delete_experiment,
            )

    def _confirm(self, question: str, details: str, name: str, change: Callable[[str], Awaitable[Experiment]]) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - how Textual calls it
            if yes:
                self.change(name, change)

        self.app.push_screen(ConfirmScreen(question, details), answered)

    @work(group="change", exit_on_error=False)
    async def change(self, name: str, change: Callable[[str], Awaitable[Experiment]]) -> None:
        """Have the backend change an experiment, and say how it stands then."""
        changed = await change(name)
        self.app.notify(changed.reason or f"{changed.name}: {changed.state}.", markup=False)
        self.read()

    # --- what is shown ----------------------------------------------------------------------------

    def words(self, item: Experiment) -> dict[str, str]:
        """Return mark, name, models, judge and answer."""
        found = f"{VERDICTS[item.result.verdict]}, {item.result.judged:,} judged"
        if item.result.alike:
            found += f" ({item.result.alike:,} alike)"
        cells = (LOOKS[item.state].shape, item.name, item.a, item.b, item.judge, found)
        return dict(zip(self.COLUMNS.names, cells, strict=True))

    def facts(self, item: Experiment) -> Sequence[Line]:
        """Return what was found, in words and figures, and how it was."""
        return [
            Content.assemble(
                (item.name, "bold $text-primary"),
                f"  {item.state} {'on' if item.state in OVER else 'since'} {date(item.changed_at)}",
            ),
            Content.styled(item.result.words, "bold"),
            *figure_facts(item),
            *(Content(remark) for remark in item.result.remarks),
            *facts(item),
        ]

    def is_same(self, item: Experiment, other: Experiment) -> bool:
        """Return whether they have the same name: what was found changes meanwhile."""
        return item.name == other.name

    def colour(self, item: Experiment) -> str:
        """Return the colour of its mark."""
        return LOOKS[item.state].colour

    def nothing(self) -> str:
        """Return how to begin."""
        return NONE
