"""CreateExperimentScreen: the form for an experiment, which begins at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Select

from orstt_core.errors import OrsttError
from orstt_core.types import Experiment, ExperimentDraft, Model
from orstt_core.types.experiments import DEFAULT_RECORDINGS, LONGEST_EXPERIMENT_NAME
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.moments import moment
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane

KINDS = {"shadow": "shadow: A answers, B follows", "split": "split: B answers a share"}
JUDGES = {
    "people": "people, who see both texts",
    "references": "texts of what was said",
    "proxies": "how sure the engines are",
}
CLOUD = {"no": "no: no sound leaves this machine", "yes": "yes: B may send sound away"}


class CreateExperimentScreen(Dialog[Experiment | None]):
    """Gives the experiment that began, or None.

    Args:
        connection: where it is to run.
        models: the configured ones; the active one stands there as A.
    """

    HELP = f"""\
# A new experiment

- **A** does the work, **B** is tried beside it.
- **How**: in a *shadow* A answers, and B transcribes the same recordings when this machine has nothing else to do. In
  a *split* B answers a share of the requests; that takes several times as many recordings.
- **Judge**: people compare texts without knowing whose they are; or errors are counted against what was said; or how
  sure the engines were, a proxy.
- **Share** of the recordings that take part, in a hundred; empty: all of a shadow, half of a split.
- **At most** so many recordings, and **Minutes** that B computes, are its budget: else {DEFAULT_RECORDINGS}, and any.
- **Until**: the day, or day and time, when it ends: `2027-01-31`, `2027-01-31 14:30`; empty: never by itself.
- **Harm**: points that B may be worse before the experiment stops by itself.
- **Cloud**: whether B may be a model that sends sound to another machine. It would send what others recorded.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "create", "Begin", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, models: Sequence[Model]) -> None:
        super().__init__()
        self.connection = connection
        self._models = models

    def compose(self) -> ComposeResult:
        """The form, what is wrong with it, the buttons."""
        names = [(model.name, model.name) for model in self._models]
        active = next((model.name for model in self._models if model.is_active), Select.NULL)
        with Pane("New experiment", classes="dialog -small", id="create-experiment"):
            yield labelled("Name", Field(id="name", max_length=LONGEST_EXPERIMENT_NAME, placeholder="what to call it"))
            yield labelled("A", Choice(names, id="a", value=active, compact=True))
            yield labelled("B", Choice(names, id="b", prompt="which one is tried", compact=True))
            for field, meanings in (("kind", KINDS), ("judge", JUDGES)):
                choices = [(meaning, choice) for choice, meaning in meanings.items()]
                label = {"kind": "How", "judge": "Judge"}[field]
                yield labelled(label, Choice(choices, id=field, compact=True, allow_blank=False))
            yield labelled("Share", Field(id="share", placeholder="in a hundred; empty: as is usual"))
            yield labelled("At most", Field(id="recordings", placeholder=f"recordings; empty: {DEFAULT_RECORDINGS}"))
            yield labelled("Minutes", Field(id="minutes", placeholder="of B; empty: any"))
            yield labelled("Until", Field(id="until", placeholder="2027-01-31, or with 14:30; empty: any time"))
            yield labelled("Harm", Field(id="harm", placeholder="points; empty: none"))
            clouds = [(meaning, choice) for choice, meaning in CLOUD.items()]
            yield labelled("Cloud", Choice(clouds, id="cloud", compact=True, allow_blank=False))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Begin (F5)", id="accept", variant="primary", compact=True, action="screen.create")

    @on(Input.Changed)
    @on(Select.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_create(self) -> None:
        """Begin the experiment, if nothing is wrong with the form."""
        try:
            draft = self._draft()
        except ValueError as error:
            self.query_one(FormProblem).show(str(error))
        except OrsttError as error:
            self.query_one(FormProblem).show(error.message)
        else:
            self.create(draft)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def create(self, draft: ExperimentDraft) -> None:
        """Have the backend begin it; what it refuses is said in the form, which stays."""
        try:
            self.dismiss(await self.connection.backend.create_experiment(draft))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))

    def _draft(self) -> ExperimentDraft:
        if not (name := self.query_one("#name", Input).value.strip()):
            raise ValueError("Give it a name.")
        a, b, kind, judge = (self.query_one(f"#{field}", Select).value for field in ("a", "b", "kind", "judge"))
        if Select.NULL in (a, b):
            raise ValueError("Choose both models.")
        share, recordings, minutes = (self._number(field) for field in ("share", "recordings", "minutes"))
        if share is not None and not 0 < share <= 100:  # noqa: PLR2004 - of a hundred
            raise ValueError("The share is not between 0 and 100.")
        if recordings is not None and not recordings.is_integer():
            raise ValueError("Recordings are counted whole.")
        return ExperimentDraft(
            name=name,
            a=str(a),
            b=str(b),
            kind=kind,  # type: ignore[arg-type]  # one of the keys of KINDS
            judge=judge,  # type: ignore[arg-type]  # one of the keys of JUDGES
            share=None if share is None else share / 100,
            recordings=DEFAULT_RECORDINGS if recordings is None else int(recordings),
            seconds=None if minutes is None else 60 * minutes,
            until=moment(until, at_end=True) if (until := self.query_one("#until", Input).value.strip()) else None,
            harm=self._number("harm") or 0.0,
            cloud=self.query_one("#cloud", Select).value == "yes",
        )

    def _number(self, field: str) -> float | None:
        text = self.query_one(f"#{field}", Input).value.strip()
        try:
            return float(text) if text else None
        except ValueError:
            raise ValueError(f"{text!r} is no number.") from None
