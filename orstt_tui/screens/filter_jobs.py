"""FilterJobsScreen: which jobs are listed, of which states, models and days, and in which order."""

from __future__ import annotations

from typing import ClassVar, get_args

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Select

from orstt_core.errors import InvalidRequest
from orstt_core.types import JobQuery, JobSort, Model
from orstt_tui.formatting import date
from orstt_tui.job_list import FILTERS, PURPOSES
from orstt_tui.moments import EXAMPLES, moment
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane

ALL = ""
"""The choice that leaves nothing out."""
ORDERS: dict[JobSort, tuple[str, str]] = {
    "age": ("newest first", "oldest first"),
    "length": ("longest first", "shortest first"),
    "file": ("files from A to Z", "files from Z to A"),
    "model": ("models from A to Z", "models from Z to A"),
    "state": ("under way first", "ended first"),
}


class FilterJobsScreen(Dialog[JobQuery | None]):
    """Gives what is to be listed, or None.

    Args:
        query: what is listed now.
    """

    HELP = f"""\
# Which jobs

Only those that fit all that is said here are listed. **From** and **To** are when a job was submitted:
{EXAMPLES}. A day counts whole.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "show", "Show", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, query: JobQuery) -> None:
        super().__init__()
        self._query = query

    def compose(self) -> ComposeResult:
        """The fields, what is wrong, the buttons."""
        query = self._query
        states = next((name for name, states in FILTERS.items() if states == query.states), "all")
        orders = [(names[reverse], f"{sort} {reverse}") for sort, names in ORDERS.items() for reverse in (0, 1)]
        with Pane("Which jobs", classes="dialog -small"):
            yield labelled(
                "State",
                Choice([(name, name) for name in FILTERS], value=states, id="states", allow_blank=False, compact=True),
            )
            yield labelled("Model", Choice([("all", ALL)], id="model", allow_blank=False, compact=True))
            purposes = [("all", ALL), *((name, purpose) for purpose, name in PURPOSES.items())]
            purpose = query.purpose or ALL
            yield labelled("Made for", Choice(purposes, value=purpose, id="purpose", allow_blank=False, compact=True))
            since, until = (date(each) if each else "" for each in (query.since, query.until))
            yield labelled("From", Field(since, id="since", placeholder="7d, yesterday, 2026-11-29"))
            yield labelled("To", Field(until, id="until", placeholder="today"))
            order = f"{query.sort} {int(query.reverse)}"
            yield labelled("Order", Choice(orders, value=order, id="order", allow_blank=False, compact=True))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Show (F5)", id="accept", variant="primary", compact=True, action="screen.show")

    def on_mount(self) -> None:
        """Offer the models that there are."""
        self.watch(self.app, "models", self._offer)
        self.query_one("#states").focus()

    def _offer(self, models: tuple[Model, ...]) -> None:
        names = sorted({model.name for model in models} | set(self._query.models))  # jobs outlive their models
        choice = self.query_one("#model", Select)
        choice.set_options([("all", ALL), *((name, name) for name in names)])
        choice.value = next(iter(self._query.models), ALL)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_show(self) -> None:
        """Give what the form says."""
        try:
            since, until = (self._moment(name, at_end=name == "until") for name in ("since", "until"))
        except InvalidRequest as error:
            self.query_one(FormProblem).show(str(error))
            return
        model, states = str(self.query_one("#model", Select).value), str(self.query_one("#states", Select).value)
        purpose = str(self.query_one("#purpose", Select).value)
        sort, _, reverse = str(self.query_one("#order", Select).value).partition(" ")
        self.dismiss(
            replace(
                self._query,
                states=next(named for name, named in FILTERS.items() if name == states),
                models=[model] if model else [],
                purpose=next((each for each in PURPOSES if each == purpose), None),
                since=since,
                until=until,
                sort=next(each for each in get_args(JobSort) if each == sort),
                reverse=reverse == "1",
            )
        )

    def _moment(self, name: str, *, at_end: bool) -> object:
        field = self.query_one(f"#{name}", Input)
        try:
            return moment(field.value, at_end=at_end) if field.value.strip() else None
        except InvalidRequest:
            field.focus()
            raise
