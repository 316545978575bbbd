"""Make a finding of something that works."""

from __future__ import annotations

from orstt_core.types import Finding


def ok(subject: str, detail: str) -> Finding:
    """Return that it is as it should be."""
    return Finding(subject=subject, outcome="ok", detail=detail)
