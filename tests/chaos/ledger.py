"""What clients saw: the other side of the books, held against the database at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from chaos.recordings import Recording


@dataclass
class Ledger:
    """What all clients of one run were told.

    Attributes:
        accepted: job id -> the recording, for every 202.
        keys: idempotency key -> job id.
        seen: job id -> the end state that some client saw it in, with its text.
        cancelled: jobs whose cancel was answered with success.
        broken: promises that a client saw broken, a sentence each.
        counts: how often things happened.
    """

    accepted: dict[str, Recording] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def accept(self, key: str, job: str, recording: Recording) -> None:
        """Note that a submission was accepted."""
        if self.keys.setdefault(key, job) != job:
            self.broken.append(f"one idempotency key became two jobs: {self.keys[key]} and {job}")
        self.accepted[job] = recording

    def ended(self, job: str, state: str, text: str) -> None:
        """Note that a client was told that a job ended so."""
        if self.seen.setdefault(job, (state, text)) != (state, text):
            self.broken.append(f"{job} was {self.seen[job]} and then {(state, text)}")

    def transcript(self, recording: Recording, text: str, segments: list[dict[str, object]] | None = None) -> None:
        """Note a finished transcript, and what is wrong with it."""
        if segments is None:
            segments = [
                {"id": n, "start": float(n), "end": n + 1.0, "text": word} for n, word in enumerate(text.split())
            ]
        if wrong := recording.wrong(text, segments):
            self.broken.append(wrong)
