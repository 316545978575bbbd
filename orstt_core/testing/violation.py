"""What a check raises: a broken promise, or that the engine never gave it."""

from __future__ import annotations


class Violation(Exception):
    """The engine breaks a promise; the message says how, and what to do about it."""


class NotPromised(Exception):
    """The engine does not promise what the check is about; the message says why."""


def require(condition: object, how: str) -> None:
    """Go on if the condition holds.

    Raises:
        Violation: it does not; `how` says what is wrong.
    """
    if not condition:
        raise Violation(how)
