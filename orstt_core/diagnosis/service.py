"""Findings of the service: its jobs, suspended models, keys and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from orstt_core.diagnosis.finding import ok
from orstt_core.settings import Settings
from orstt_core.types import ApiKey, Finding, JobPage, LoadedModel, Readiness


def jobs(readiness: Readiness, failed: JobPage) -> Finding:
    """Return how many jobs wait, run and failed, and whether more are accepted."""
    failures = f"{'more than ' if failed.next else ''}{len(failed.jobs)} failed"
    detail = f"{readiness.queued} waiting, {readiness.running} running, {failures}"
    if not readiness.ready or readiness.queue_full:
        return Finding(subject="jobs", outcome="warning", detail=f"{detail}; no more are taken: {readiness.reason}")
    return Finding(
        subject="jobs", outcome="ok", detail=detail, fix="orstt jobs list --state failed" if failed.jobs else ""
    )


def suspended(loaded: Sequence[LoadedModel]) -> Iterator[Finding]:
    """Yield the models that are suspended, and why."""
    for model in loaded:
        if model.state == "suspended":
            again = f" Tried again at {model.suspended_until.astimezone():%H:%M:%S}." if model.suspended_until else ""
            yield Finding(
                subject=f"suspended {', '.join(model.names)}", outcome="warning", detail=f"{model.reason}{again}"
            )


def keys(settings: Settings, created: Sequence[ApiKey]) -> Finding:
    """Return whether a server would let anybody in."""
    usable = sum(key.usable(datetime.now(UTC)) for key in created)
    if created and not (usable or settings.api_key):
        return Finding(
            subject="API keys",
            outcome="warning",
            detail="none can be used, so `orstt serve` lets nobody in",
            fix="orstt keys create NAME",
        )
    if not (usable or settings.api_key):
        return ok("API keys", "none: `orstt serve` answers this machine only")
    return ok("API keys", f"{usable} can be used" + (", and that of the setting api_key" if settings.api_key else ""))


def webhooks(settings: Settings, given_up: int) -> Finding:
    """Return whether notices are sent, and how many arrived nowhere."""
    if given_up:
        return Finding(
            subject="webhooks",
            outcome="warning",
            detail=f"notices of the last day that nobody took: {given_up}",
            fix="The server's log says why, notice by notice",
        )
    return ok("webhooks", "signed and sent" if settings.webhook_secret else "off: the setting webhook_secret is empty")
