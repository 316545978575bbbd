"""The plots of docs/performance.md, drawn by the runs that measure what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


def plot_errors(found: Mapping[str, tuple[float, float]]) -> None:
    """Draw each way's error rate in percent against its seconds of processor time."""
    with _Plot("errors-by-speed", "seconds of processor time", "wrong words or letters, %") as axes:
        for name, (rate, cpu) in found.items():
            axes.scatter(cpu, rate, color="black" if name.startswith("ours") else "gray")
            axes.annotate(name, (cpu, rate), xytext=(6, 4), textcoords="offset points")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)


def plot_lengths(lengths: Sequence[float], found: Mapping[str, Sequence[float]]) -> None:
    """Draw how many seconds of sound each way decodes in a second, against the length of the recording."""
    with _Plot("speed-by-length", "seconds of recording", "times real time") as axes:
        for name, seconds in found.items():
            speeds = [length / each for length, each in zip(lengths, seconds, strict=True)]
            axes.plot(lengths, speeds, marker="o", color="black" if name == "ours" else None, label=name)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.legend()


class _Plot:
    """A plot that is written when it is left, the same bytes for the same figures."""

    def __init__(self, name: str, x: str, y: str) -> None:
        import matplotlib as mpl
        from matplotlib.figure import Figure

        mpl.rcParams["svg.hashsalt"] = name
        self._name = name
        self._figure = Figure(figsize=(7, 4), layout="constrained")
        self.axes = self._figure.subplots()
        self.axes.set(xlabel=x, ylabel=y)

    def __enter__(self) -> Axes:
        return self.axes

    def __exit__(self, *_: object) -> None:
        self._figure.savefig(PICTURES / f"{self._name}.svg", metadata={"Date": None})
