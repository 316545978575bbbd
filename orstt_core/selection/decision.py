"""Which of several models to take: the quickest that meets the wish. Pure: what is known is handed in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orstt_core.selection.knowledge import Expectation
from orstt_core.types import Model, TranscribeOptions

NEARLY = 0.95
"""Share of the accuracy of the most accurate model that `balanced` asks for."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A model that could transcribe a recording, and what is expected of it.

    Attributes:
        delay: seconds until it would begin: loading, and work that goes before.
    """

    model: Model
    expectation: Expectation
    delay: float = 0.0

    @property
    def seconds(self) -> float:
        """When the text is expected, in seconds from now."""
        return self.delay + self.expectation.seconds

    @property
    def accuracy(self) -> float:
        """The share of words that are expected to be right."""
        return 1 - self.expectation.error


class Decision(Struct, frozen=True, kw_only=True):
    """The candidate to take, and why, in words."""

    candidate: Candidate
    why: str


def decide(candidates: Sequence[Candidate], options: TranscribeOptions) -> Decision:
    """Return which candidate meets the wish of a request at the least time.

    Args:
        candidates: one at least.
        options: the wish: `prefer`, `deadline`, `max_error`.
    """
    in_time = _within(candidates, options.deadline)
    open_to, late = in_time or [_quickest(candidates)], not in_time
    best = max(open_to, key=lambda each: (each.accuracy, -each.seconds))
    if late:
        chosen, reason = best, f"the quickest; none is expected within {options.deadline:g} s"
    elif options.max_error is not None:
        fitting = [each for each in open_to if 100 * each.expectation.error <= options.max_error]
        chosen = _quickest(fitting) if fitting else best
        limit = f"at most {options.max_error:g} % of words wrong"
        reason = f"the quickest with {limit}" if fitting else f"the most accurate; none is expected with {limit}"
    elif options.prefer == "best":
        chosen, reason = best, "the most accurate"
    elif options.prefer == "fastest":
        chosen, reason = _quickest(open_to), "the quickest"
    elif options.deadline is not None:
        chosen, reason = best, f"the most accurate within {options.deadline:g} s"
    else:
        chosen = _quickest([each for each in open_to if each.accuracy >= NEARLY * best.accuracy])
        reason = "the quickest that is nearly as accurate as the best"
    only = "the only one that fits" if len(candidates) == 1 and not late else reason
    return Decision(candidate=chosen, why=f"{chosen.model.name} is {only}: {in_words(chosen)}.")


def next_better(candidates: Sequence[Candidate], current: str) -> Candidate | None:
    """Return the candidate that is expected to be more accurate than the current one; the quickest that is nearly best.

    Args:
        candidates: what could transcribe the recording.
        current: name of the model whose text is not to be trusted.
    """
    accuracy = next((each.accuracy for each in candidates if each.model.name == current), 0.0)
    better = [each for each in candidates if each.model.name != current and each.accuracy > accuracy]
    if not better:
        return None
    best = max(each.accuracy for each in better)
    return _quickest([each for each in better if each.accuracy >= NEARLY * best])


def in_words(candidate: Candidate) -> str:
    """Return what is expected of a candidate, and by what."""
    expectation = candidate.expectation
    source = f"measured on {expectation.words} words like these" if expectation.words else "as published"
    speed = "measured here" if expectation.timed else "not measured here"
    return (
        f"about {100 * expectation.error:.0f} % of words wrong ({source}), {candidate.seconds:.1f} s "
        f"(its speed {speed})"
    )


def _within(candidates: Sequence[Candidate], deadline: float | None) -> list[Candidate]:
    return [each for each in candidates if deadline is None or each.seconds <= deadline]


def _quickest(candidates: Sequence[Candidate]) -> Candidate:
    return min(candidates, key=lambda each: (each.seconds, -each.accuracy))
