"""Recordings whose right transcript is known, for the engine `paced`, and real speech for Whisper."""

from __future__ import annotations

import difflib
import io
import itertools
import random
import re
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

from chaos.paced import RATE, WORDS, Conduct, level, text_of

SPOKEN_ALIKE = 0.85
"""Least likeness of two transcripts by Whisper of the same speech: one resumed in the middle may differ a little."""

HARMFUL = (Conduct.ABORTS, Conduct.ABORTS_ONCE, Conduct.HANGS, Conduct.LEAKS, Conduct.RAISES)
VICTIMS = {conduct: f"victim-of-{conduct.name.lower()}" for conduct in HARMFUL}
"""A model for each harmful conduct: one that dies again and again is suspended for half a minute each time, for which
a second recording of that conduct would wait."""


@dataclass(frozen=True)
class Recording:
    """A recording to submit.

    Attributes:
        filename: unique, so that its job's row can be told from all others.
        data: the WAV file.
        words: what it says, a segment each; None for real speech.
        conduct: the worst that the engine does over it.
        model: the model to ask for; empty: whichever is active.
        speech: for real speech, what is said in it.
    """

    filename: str
    data: bytes
    words: tuple[str, ...] | None
    conduct: Conduct = Conduct.QUICK
    model: str = ""
    speech: str = ""

    @property
    def can_be_done(self) -> bool:
        """Whether there is a transcript of it at all."""
        return self.conduct not in {Conduct.ABORTS, Conduct.HANGS, Conduct.LEAKS, Conduct.RAISES}

    def wrong(self, text: str, segments: list[dict[str, object]]) -> str:
        """Return what is wrong with a finished transcript; empty: nothing."""
        if self.words is None:
            alike = difflib.SequenceMatcher(None, _spoken(text), _spoken(self.speech)).ratio()
            return "" if alike >= SPOKEN_ALIKE else f"{self.filename}: {text!r} is not what is said in it"
        expected = [(n, float(n), n + 1.0, word) for n, word in enumerate(self.words)]
        found = [(s["id"], s["start"], s["end"], s["text"]) for s in segments]
        if found != expected:
            return f"{self.filename}: segments {found} instead of {expected}"
        return "" if text == " ".join(self.words) else f"{self.filename}: {text!r} instead of {self.words}"

    def wrong_so_far(self, text: str) -> str:
        """Return what is wrong with the text of a job that ended early; empty: nothing."""
        whole = " ".join(self.words) if self.words is not None else text
        return "" if whole.startswith(text) else f"{self.filename}: {text!r} does not begin {whole!r}"


class Studio:
    """Makes recordings.

    Args:
        seed: decides what is in them.
        speech: a WAV file of real speech, and what is said in it.
    """

    def __init__(self, seed: int, speech: tuple[Path, str] | None = None) -> None:
        self._random = random.Random(seed)
        self._speech = speech
        self._numbers = itertools.count(1)
        self._harmful = list(HARMFUL)
        self.made: dict[str, Recording] = {}

    def paced(
        self, seconds: int, conduct: Conduct = Conduct.QUICK, model: str = "", at: int | None = None
    ) -> Recording:
        """Make a recording for `paced`, of that conduct in second `at` if it is given and throughout otherwise."""
        words = self._random.sample(range(1, WORDS), seconds)
        conducts = [conduct if at is None or at == number else Conduct.QUICK for number in range(seconds)]
        levels = [level(word, how) for word, how in zip(words, conducts, strict=True)]
        return self._keep(
            Recording(
                filename=f"{conduct.name.lower()}-{next(self._numbers)}.wav",
                data=wav(levels),
                words=tuple(map(text_of, levels)),
                conduct=conduct,
                model=model,
            )
        )

    def harmful(self) -> Recording | None:
        """Make a recording that harms the engine in the middle, once for each conduct."""
        if not self._harmful:
            return None
        conduct = self._harmful.pop()
        return self.paced(6, conduct, model=VICTIMS[conduct], at=3)

    def spoken(self) -> Recording:
        """Make a recording of real speech, for Whisper."""
        assert self._speech is not None
        path, text = self._speech
        return self._keep(
            Recording(
                filename=f"speech-{next(self._numbers)}.wav",
                data=path.read_bytes(),
                words=None,
                model="base",
                speech=text,
            )
        )

    def _keep(self, recording: Recording) -> Recording:
        self.made[recording.filename] = recording
        return recording


def _spoken(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def wav(levels: list[int]) -> bytes:
    """Return a WAV file that holds each level for a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        for one in levels:
            out.writeframes(array("h", [one]).tobytes() * RATE)
    return file.getvalue()
