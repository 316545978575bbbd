"""Follow one transcription: its stages on the status line, its text to where it belongs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from orstt_core.types import Accepted, Done, Loading, NewSegment, Progress, Restarted, Started, TranscribeEvent
from orstt_tui.commands import output
from orstt_tui.commands.destination import Destination
from orstt_tui.commands.recordings import label
from orstt_tui.commands.status_line import StatusLine


async def follow(events: AsyncGenerator[TranscribeEvent], name: str, destination: Destination, place: str = "") -> None:
    """Read the events to their end and deliver the transcript; whatever happens, the events are closed.

    Args:
        events: from `Backend.transcribe` or `Backend.follow_job`.
        name: the recording, as the person named it.
        destination: takes the segments and the transcript.
        place: what goes before the stages, where there are several recordings.

    Raises:
        OrsttError: what the transcription failed with.
    """
    with StatusLine() as status:
        destination.begin(name)
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, NewSegment):
                    status.clear()
                    destination.segment(event.segment)
                elif isinstance(event, Restarted):
                    status.clear()
                    onward = "going on from there" if event.kept else "beginning again"
                    output.write_stderr(f"{place}{event.reason.rstrip('.')}; {onward}")
                elif isinstance(event, Done):
                    status.clear()
                    destination.deliver(name, event.transcript)
                    for warning in event.transcript.warnings:
                        output.write_stderr(f"warning: {warning}")
                    if not event.transcript.text.strip():
                        output.write_stderr(f"no speech was found in {label(name)}")
                else:
                    status.show(f"{place}{stage(event)}")


def stage(event: Accepted | Loading | Started | Progress) -> str:
    """Return in a few words how far the transcription is."""
    if isinstance(event, Accepted):
        return f"waiting, {event.ahead} before it" if event.ahead else "waiting"
    if isinstance(event, Loading):
        amount = f" {event.done / 1e6:.0f}/{event.total / 1e6:.0f} MB" if event.done and event.total else ""
        return f"{event.detail}{amount}"
    position = event.position if isinstance(event, Progress) else 0.0
    share = position / event.duration if event.duration else 1.0
    return f"{share:.0%} {position:.1f}/{event.duration:.1f} s"
