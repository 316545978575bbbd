"""What is shown of an experiment, in a command and on a screen: its facts and its figures."""

from __future__ import annotations

from orstt_core.types import Experiment, ExperimentFigure, ExperimentResult
from orstt_tui.formatting import count, date

NAMES = {
    "errors": "Errors",
    "preference": "Preferred",
    "confidence": "Confidence",
    "repeated": "Decoded again",
    "speed": "Speed",
}
"""What each figure is called."""
UNKNOWN = "-"


def facts(experiment: Experiment) -> list[tuple[str, str]]:
    """Return what is known of an experiment: names and values, without what is not set."""
    budget = [
        count(experiment.recordings, "recording"),
        f"{experiment.seconds:g} s of work" if experiment.seconds is not None else "",
        f"until {date(experiment.until)}" if experiment.until is not None else "",
    ]
    result = experiment.result
    rows = [
        ("A", f"{experiment.a} does the work"),
        ("B", f"{experiment.b} is tried"),
        ("Kind", f"{experiment.kind} on {experiment.share:.0%} of the recordings"),
        ("Judged by", experiment.judge),
        ("State", experiment.state + (f" ({experiment.cause})" if experiment.cause else "")),
        ("Why", experiment.reason),
        ("Budget", ", ".join(filter(None, budget))),
        ("Harm", f"stops once B is surely worse by more than {experiment.harm:g} points"),
        ("Spent", f"{experiment.spent:.0f} s of work by B"),
        ("Heard", _heard(experiment)),
        ("Judged", judged(result)),
        ("Begun", f"{date(experiment.created_at)} by {experiment.created_by}"),
    ]
    return [(name, value) for name, value in rows if value]


def figure_rows(experiment: Experiment) -> list[tuple[str, ...]]:
    """Return the figures of both models as rows of a table, the first of which is its head."""
    head = ("FIGURE", "A", "B", "B IS", "95 % BETWEEN", "RECORDINGS")
    return [head, *(_row(each) for each in (experiment.result.main, *experiment.result.proxies))]


def figure_facts(experiment: Experiment) -> list[tuple[str, str]]:
    """Return the figures that are known, each with its name, in a line."""
    told = []
    for name, a, b, difference, bounds, _ in figure_rows(experiment)[1:]:
        sure = f" · B is {difference}, 95 % between {bounds}" if bounds != UNKNOWN else ""
        if (a, b) != (UNKNOWN, UNKNOWN):
            told.append((name, f"A {a} · B {b}{sure}"))
    return told


def judged(result: ExperimentResult) -> str:
    """Return how many recordings are judged, and of how many nobody was asked."""
    alike = f", {result.alike:,} of them by themselves: both texts are the same" if result.alike else ""
    return count(result.judged, "recording") + alike


def _row(figure: ExperimentFigure) -> tuple[str, ...]:
    unit = "x" if figure.unit == "times" else "%"
    difference = bounds = UNKNOWN
    if figure.difference is not None and figure.low is not None and figure.high is not None:
        size = f"{abs(figure.difference):.1f}"
        is_worse = figure.difference < 0
        difference = "as good" if float(size) == 0 else f"{'worse' if is_worse else 'better'} by {size}"
        low, high = (-figure.high, -figure.low) if is_worse else (figure.low, figure.high)
        bounds = f"{low:+.1f} and {high:+.1f}"
    heard = str(figure.recordings_a)
    if figure.recordings_b != figure.recordings_a:
        heard = f"{figure.recordings_a} and {figure.recordings_b}"
    return (
        f"{NAMES[figure.name]}{' (proxy)' if figure.proxy else ''}",
        *(UNKNOWN if value is None else f"{value:.1f} {unit}" for value in (figure.a, figure.b)),
        difference,
        bounds,
        heard,
    )


def _heard(experiment: Experiment) -> str:
    parts = [
        count(experiment.result.recordings, "recording"),
        f"{experiment.waiting} waiting for B" if experiment.waiting else "",
        f"{experiment.result.failed} that B could not transcribe" if experiment.result.failed else "",
    ]
    return ", ".join(filter(None, parts))
