"""Words to expect, put into the options of an engine in the one way that it has: hotwords, or a prompt."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from orstt_core.engines.base import TAKES_TERMS, BaseSTT
from orstt_core.terms import joined, phrases
from orstt_core.text import printable
from orstt_core.types import TranscribeOptions

NAMED = 5
"""Terms that were left out and are named; of a long list most are."""


def with_terms(
    engine: BaseSTT, options: TranscribeOptions, terms: Sequence[str], *, speaker: str
) -> tuple[TranscribeOptions, list[str]]:
    """Return the options with as many terms as the engine takes, and what to know about those that it does not.

    Args:
        engine: loaded.
        options: those of the request; hotwords and a prompt of its own come first.
        terms: the most used first.
        speaker: what to call the model.
    """
    if not terms:
        return options, []
    if not engine.capabilities & TAKES_TERMS:
        return options, [f"{speaker} cannot be told words to expect: its vocabulary is not used."]
    given = phrases(options.hotwords or "")
    terms = [term for term in terms if term not in given]
    taken = engine.fitting_terms(terms, options)
    left_out = [term for term in terms if term not in set(taken)]
    if not taken:
        pass
    elif "hotwords" in engine.capabilities:
        options = replace(options, hotwords=joined([*given, *taken]))
    else:
        prompt = f"{options.initial_prompt or ''} {', '.join(taken)}."
        options = replace(options, initial_prompt=prompt.strip())
    return options, [_told(left_out, len(terms), speaker)] if left_out else []


def _told(left_out: Sequence[str], total: int, speaker: str) -> str:
    names = printable(", ".join(left_out[:NAMED]))
    more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
    return f"{speaker} takes {total - len(left_out)} of the {total} terms of its vocabulary; left out: {names}{more}."
