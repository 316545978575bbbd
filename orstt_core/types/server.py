"""The backend itself: where it is, what it reports, what it finds missing, how it says an error."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from orstt_core.types.jobs import JobChanged
from orstt_core.types.keys import Scope


class ModelsChanged(Struct, frozen=True, kw_only=True, tag_field="event", tag="models_changed"):
    """The configured models, or which is active, changed."""

    reason: str
    """One line for a log or a notice, e.g. `activated small`."""


class RequestServed(Struct, frozen=True, kw_only=True, tag_field="event", tag="request_served"):
    """The embedded API answered a request; shown in the terminal."""

    method: str
    path: str
    status: int
    seconds: float
    client: str = ""


class LoadedChanged(Struct, frozen=True, kw_only=True, tag_field="event", tag="loaded_changed"):
    """A model was loaded, unloaded, lent, given back or suspended; ask again what is loaded."""


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether a server can take another recording now; whether it lives at all is another question.

    Attributes:
        ready: it can, as a job or for somebody who waits for the transcript.
        reason: why not, or why not as a job, in words.
        queue_full: as many background jobs wait as may.
        interactive_full: as many transcriptions that somebody waits for wait as may.
        disk_full: there is no room for another recording.
    """

    ready: bool
    reason: str = ""
    queued: int = 0
    running: int = 0
    queue_full: bool = False
    interactive_full: bool = False
    disk_full: bool = False


BackendEvent = ModelsChanged | LoadedChanged | JobChanged | RequestServed


class BackendInfo(Struct, frozen=True, kw_only=True):
    """Where a backend is and what stands behind it."""

    location: str
    """`local`, or the server's address."""
    version: str
    database: str
    """`sqlite` or `postgres`; never an address or a password."""
    active_model: str
    aliases: dict[str, str] = {}
    """Other names that requests may give a model by, and the configured model that each means now."""
    scope: Scope | None = None
    """What whoever asks may do there; None: an older server, which does not say."""


class Finding(Struct, frozen=True, kw_only=True):
    """One line of `orstt doctor`."""

    group: str = ""
    """What it belongs to, such as `engines`; those of a group stand together."""
    subject: str
    outcome: Literal["ok", "warning", "missing"]
    detail: str
    fix: str = ""


class Diagnosis(Struct, frozen=True, kw_only=True):
    """What works here and what is missing."""

    findings: list[Finding]

    @property
    def healthy(self) -> bool:
        """True when nothing is missing."""
        return all(finding.outcome != "missing" for finding in self.findings)
