"""Report: what became of each check, for programs and, as a text, for people."""

from __future__ import annotations

from collections import Counter
from textwrap import indent, wrap

from msgspec import Struct

from orstt_core.types.models import Outcome

REASON_WIDTH = 96
REASON_INDENT = " " * 10


class Result(Struct, frozen=True, kw_only=True):
    """What became of one check.

    Attributes:
        check: its name, one of `CHECKS`.
        promise: what it holds the engine to, a sentence.
        outcome: `skipped` where the engine does not promise it.
        reason: why it failed or was skipped; empty: it passed.
        seconds: the time that it took.
    """

    check: str
    promise: str
    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        name = "FAILED" if self.outcome == "failed" else self.outcome
        reason = indent("\n".join(wrap(self.reason, REASON_WIDTH)), REASON_INDENT)
        return f"{name:8}  {self.promise} [{self.check}]" + (f"\n{reason}" if reason else "")


class Report(Struct, frozen=True, kw_only=True):
    """What became of all checks of one engine with one model.

    Attributes:
        subject: the engine, the model and where it ran, in words.
        results: in the order in which they were made.
    """

    subject: str
    results: list[Result]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(result.outcome != "failed" for result in self.results)

    def __getitem__(self, check: str) -> Result:
        """Return what became of the check of that name.

        Raises:
            KeyError: it was not made.
        """
        try:
            return next(result for result in self.results if result.check == check)
        except StopIteration:
            raise KeyError(check) from None

    @property
    def summary(self) -> str:
        """How many checks ended how, as a sentence."""
        counts = Counter(result.outcome for result in self.results)
        seconds = sum(result.seconds for result in self.results)
        ended = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))
        return f"{self.subject}: {ended} in {seconds:.0f} s."

    def text(self) -> str:
        """Return it as lines for a person."""
        return "\n".join([*map(str, self.results), "", self.summary])
