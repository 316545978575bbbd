"""Findings of models that do worse of late than before."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from orstt_core.measurements.drift import FigureChange, sentences
from orstt_core.types import Finding


def drift(changes: Iterable[FigureChange]) -> Iterator[Finding]:
    """Yield a finding for each model of which a figure became worse, with all those of it."""
    for model, sentence in sentences(changes).items():
        yield Finding(
            subject=f"drift of {model}",
            outcome="warning",
            detail=sentence,
            fix=f"orstt stats --by setup --model {shlex.quote(model)}",
        )
