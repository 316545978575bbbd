"""The checks of the kit by name, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import NamedTuple

from orstt_core.testing.checks import capabilities, contract, languages, loading, resources, sounds, streaming
from orstt_core.testing.subject import Subject


class Check(NamedTuple):
    """One promise, and how it is tried.

    Attributes:
        promise: a sentence.
        run: raises `Violation` where it is broken and `NotPromised` where it is not given.
        alone: in a process that nothing else was done in.
        essential: an engine that breaks it can be held to no other.
    """

    promise: str
    run: Callable[[Subject], None]
    alone: bool = False
    essential: bool = False


def _check(run: Callable[[Subject], None]) -> Check:
    promise = cleandoc(run.__doc__ or "").partition("\n")[0]
    return Check(promise, run, alone=run in resources.ALONE, essential=run in (contract.presents_itself, loading.loads))


CHECKS: Mapping[str, Check] = {
    run.__name__.replace("_", "-"): _check(run)
    for run in (
        *contract.CHECKS,
        *loading.CHECKS,
        *streaming.CHECKS,
        *sounds.CHECKS,
        *languages.CHECKS,
        *capabilities.CHECKS,
        *resources.CHECKS,
    )
}
"""By name, such as `streams-segments`."""
