"""HistoryScreen: how fast, how sure and how right a model was, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from orstt_core.types import Stats
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.curves import Curves, DayFigure
from orstt_tui.widgets.pane import Pane

NONE = "Nothing measured it."
NO_ERRORS = "orstt bench measures errors, on recordings with their texts."


class Figure(NamedTuple):
    """One of the figures that are drawn.

    Attributes:
        up: what stands at its axis.
        none: what is said where there is none.
    """

    up: str
    none: str


FIGURES = {
    "speed": Figure("times real time", NONE),
    "confidence": Figure("how sure it was, in a hundred", NONE),
    "errors": Figure("errors in a hundred, by the set of the benchmark", NO_ERRORS),
}


class HistoryScreen(Dialog[None]):
    """Shows the days of one model: all figures where there is room, otherwise one of them.

    Args:
        model: its name.
        days: what it took on each day.
        errors: its errors in benchmarks, by the set.
        drift: what is worse of late than before, a sentence; empty: nothing.
    """

    HELP = """\
# The history of a model

Its **speed** and how **sure** it was of what it transcribed, added up by day, and its **errors** in the benchmarks that
`orstt bench` ran: a letter for each set of recordings, since one is harder than another. The upright axis begins near
the least figure, so that changes are seen.

**b** shows the next figure where there is no room for all. `orstt stats --by day --model NAME` has the figures.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "next", "Next figure", id="history.next", tooltip="Show the next figure"),
        Binding("escape,q", "dismiss(None)", "Close", id="history.close"),
    ]

    def __init__(self, model: str, days: Sequence[Stats], errors: Sequence[DayFigure], drift: str = "") -> None:
        super().__init__()
        self._model, self._drift = model, drift
        self._days = days
        self._figures: dict[str, Sequence[DayFigure]] = {
            "speed": [DayFigure(model, each.last_day, each.speed) for each in days if each.speed],
            "confidence": [
                DayFigure(model, each.last_day, 100 * each.confidence) for each in days if each.confidence is not None
            ],
            "errors": errors,
        }
        self._shown = "speed"

    @property
    def crumb(self) -> str:
        """The model."""
        return self._model

    def compose(self) -> ComposeResult:
        """What it comes to, over the curves."""
        facts = f"{count(sum(each.transcriptions for each in self._days), 'transcription')} on "
        with Pane(f"History of {self._model}", classes="dialog -list", id="history"):
            yield Static(facts + count(len(self._days), "day"), classes="muted", markup=False)
            if self._drift:
                yield Static(self._drift, classes="drift", markup=False)
            for name, figure in FIGURES.items():
                with Vertical(id=name, classes="history-figure"):
                    yield Curves(figure.up)
                    yield Static(f"up: {figure.up}\n{figure.none}", classes="muted", markup=False)

    def on_mount(self) -> None:
        """Draw what there is."""
        for name, figures in self._figures.items():
            part = self.query_one(f"#{name}")
            part.query_one(Curves).display = bool(figures)
            part.query_one(Static).display = not figures
            part.query_one(Curves).show_days(figures)
        self._choose()

    def action_next(self) -> None:
        """Show the next figure."""
        names = list(FIGURES)
        self._shown = names[(names.index(self._shown) + 1) % len(names)]
        self._choose()

    def _choose(self) -> None:
        for name in FIGURES:
            self.query_one(f"#{name}").set_class(name == self._shown, "-chosen")
