"""A list of the only phrases that may be heard: a grammar, for engines that are built on one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from msgspec import Meta

from orstt_core.errors import InvalidRequest

SHOWN = 5
"""How many unknown words a refusal names."""

Phrases = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^[^\W_][\w' -]*$", max_length=200)], ...],
    Meta(
        max_length=1000,
        title="Phrases",
        description="The only phrases that may be heard, as of commands; not given, whatever is said.",
    ),
]
"""The field `phrases` of an `Options`; letters, digits, and what stands inside words: no rules of a grammar."""


def refuse_unknown_words(phrases: Iterable[str], known: Callable[[str], bool], *, speaker: str) -> None:
    """Refuse phrases with words that a model cannot hear.

    Args:
        phrases: what may be heard.
        known: whether the model's dictionary holds a word.
        speaker: what to call the model.

    Raises:
        InvalidRequest: it names the unknown words.
    """
    words = dict.fromkeys(word for phrase in phrases for word in phrase.split())
    unknown = [word for word in words if not known(word)]
    if unknown:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        raise InvalidRequest(
            f"The dictionary of {speaker} does not hold: {', '.join(unknown[:SHOWN])}{more}.",
            hint="Write such words as others that sound alike, in the spelling of the dictionary.",
            field="options.phrases",
        )
