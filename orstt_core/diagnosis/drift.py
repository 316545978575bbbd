"""Findings of models that do worse of late than before."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from orstt_core.measurements.drift import PAST_DAYS, RECENT_DAYS, FigureChange
from orstt_core.types import Finding


def drift(changes: Iterable[FigureChange]) -> Iterator[Finding]:
    """Yield a finding for each model of which a figure became worse, with all those of it."""
    worse: dict[str, list[str]] = {}
    for change in changes:
        if change.is_worse:
            worse.setdefault(change.model, []).append(change.sentence)
    for model, sentences in worse.items():
        yield Finding(
            subject=f"drift of {model}",
            outcome="warning",
            detail=f"In the last {RECENT_DAYS} days, against the {PAST_DAYS} before, {'; '.join(sentences)}.",
            fix=f"orstt stats --by setup --model {shlex.quote(model)}",
        )
