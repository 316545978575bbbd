"""What is shown of an experiment, in a command and on a screen: its facts and its figures."""

from __future__ import annotations

from orstt_core.types import Experiment, ExperimentFigure
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
        ("Judged", count(result.judged, "recording")),
        ("Begun", f"{date(experiment.created_at)} by {experiment.created_by}"),
    ]
    return [(name, value) for name, value in rows if value]


def figure_rows(experiment: Experiment) -> list[tuple[str, ...]]:
    """Return the figures of both models as rows of a table, the first of which is its head."""
    head = ("FIGURE", "A", "B", "B IS BETTER BY", "95 % BETWEEN", "RECORDINGS")
    return [head, *(_row(each) for each in (experiment.result.main, *experiment.result.proxies))]


def figure_facts(experiment: Experiment) -> list[tuple[str, str]]:
    """Return the figures that are known, each with its name, in a line."""
    told = []
    for name, a, b, difference, bounds, _ in figure_rows(experiment)[1:]:
        sure = f" · B is better by {difference}, 95 % between {bounds}" if bounds != UNKNOWN else ""
        if (a, b) != (UNKNOWN, UNKNOWN):
            told.append((name, f"A {a} · B {b}{sure}"))
    return told


def _row(figure: ExperimentFigure) -> tuple[str, ...]:
    unit = "x" if figure.unit == "times" else "%"
    points = [UNKNOWN if value is None else f"{value:+.1f}" for value in (figure.difference, figure.low, figure.high)]
    bounds = f"{points[1]} and {points[2]}" if figure.low is not None else UNKNOWN
    heard = str(figure.recordings_a)
    if figure.recordings_b != figure.recordings_a:
        heard = f"{figure.recordings_a} and {figure.recordings_b}"
    return (
        f"{NAMES[figure.name]}{' (proxy)' if figure.proxy else ''}",
        *(UNKNOWN if value is None else f"{value:.1f} {unit}" for value in (figure.a, figure.b)),
        points[0],
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
