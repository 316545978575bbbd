"""Struct types made known to msgspec as a whole, before several threads use them.

msgspec looks at a Struct's annotations when it first converts to it, and meanwhile shows other threads what it has so
far: one that converts to the same Struct then ends the process by a segmentation fault (seen with msgspec 0.22.0).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeVar

import msgspec

Kind = TypeVar("Kind")

_completing = threading.RLock()
_complete: set[object] = set()


def complete(kind: Kind) -> Kind:
    """Return a type, with all that msgspec needs of it known; others wait until it is."""
    if kind not in _complete:
        with _completing:
            msgspec.json.Decoder(kind)
            _complete.add(kind)
    return kind


def complete_all(kinds: Iterable[object]) -> None:
    """Do so for all Structs among these; those that hold what msgspec cannot decode are nothing to convert to."""
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            with suppress(TypeError):
                complete(kind)
