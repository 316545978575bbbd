"""EventPrinter: a transcription as a command shows it, its stages on the status line, its text at its destination."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from orstt_core.languages import NOT_LOOKED_FOR
from orstt_core.types import Done, NewSegment, Restarted, Started, TranscribeEvent
from orstt_tui.commands import output
from orstt_tui.commands.destination import Destination
from orstt_tui.commands.recordings import label
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.event_text import remarks, restart_line
from orstt_tui.progress import RunMeter


class EventPrinter:
    """Shows one transcription. Use it as a context manager: leaving clears the status line.

    Args:
        name: the recording, as the person named it.
        destination: takes the segments and the transcript.
        prefix: what goes before the stages, where there are several recordings.
        all_left: returns how long all of them still take, or nothing, given how far this one is.
        said: what was said of a model, for all recordings of a command alike; it is added to, and not said again.
    """

    def __init__(
        self,
        name: str,
        destination: Destination,
        prefix: str = "",
        all_left: Callable[[RunMeter], str] = lambda _: "",
        said: set[str] | None = None,
    ) -> None:
        self._name = name
        self._destination = destination
        self._prefix = prefix
        self._all_left = all_left
        self._said = set() if said is None else said
        self._meter = RunMeter()
        self._status = StatusLine()

    def __enter__(self) -> Self:
        self._destination.begin(self._name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.clear()

    def show(self, event: TranscribeEvent) -> None:
        """Show one event.

        Raises:
            FileProblem: the transcript cannot be written.
        """
        match event:
            case NewSegment(segment=segment):
                self._status.clear()
                self._destination.segment(segment)
            case Restarted():
                self._meter.line(event)
                self._status.clear()
                output.write_stderr(f"{self._prefix}{restart_line(event)}")
            case Done(transcript=transcript):
                self._status.clear()
                self._destination.deliver(self._name, transcript)
                for remark in remarks(transcript, label(self._name)):
                    self._say(remark)
            case Started(choice=choice) if choice and choice.why and not choice.instead_of:  # a restart says why itself
                self._meter.line(event)
                self._status.clear()
                output.write_stderr(f"{self._prefix}{choice.why}")
            case _:
                lines = self._meter.lines(event)
                left = self._all_left(self._meter)
                # Where nothing else helps, the name is left out: how far it is says more.
                self._status.show(
                    *(", ".join(filter(None, (line, left))) for line in (*map(self._prefix.__add__, lines), lines[-1]))
                )

    def _say(self, remark: str) -> None:
        """Say what to know of the transcript: of which recording, where there are several; of a model once for all."""
        if NOT_LOOKED_FOR not in remark:
            output.write_stderr(remark if label(self._name) in remark else f"{self._prefix}{remark}")
        elif remark not in self._said:
            self._said.add(remark)
            output.write_stderr(remark)
