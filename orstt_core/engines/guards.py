"""Signs that a window was decoded wrongly: it goes round in circles, does not end, or leaves speech out.

A speech model shows no error when it loses its way; its text does.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

Trouble = Literal["endless", "compressible", "repeated", "silent", "improbable", "sparse"]

MOST_COMPRESSION = 2.4
LEAST_LOGPROB = -1.0
"""Whisper's own thresholds (`whisper/transcribe.py`: compression_ratio_threshold, logprob_threshold)."""
MOST_NO_SPEECH = 0.6
"""Whisper's own (`no_speech_threshold`): more probable, and the text improbable, nothing was said."""
TOKENS_PER_SECOND, SPARE_TOKENS = 14, 16
"""What speech can hold at most: 14 tokens a second were measured in fast talk of all languages tried, and a short
word may be several tokens. Decoding stops there, which bounds what a loop costs."""
LEAST_TOKENS_PER_SECOND, JUDGED_SECONDS = 1.8, 4.0
"""Of heard speech: slower is only a text with something left out. What is shorter is not judged."""
LONGEST_PATTERN, LEAST_REPEATED = 12, 6
"""A pattern of up to so many tokens that is said three times on end, and at least so many tokens again, is a loop."""


class DecodedText(Struct, frozen=True, kw_only=True):
    """What the decoder made of a window.

    Attributes:
        tokens: of the text, without special ones.
        text: what they spell.
        ended: whether it came to an end by itself.
        avg_logprob: the mean logarithm of the tokens' probabilities, that of the end included.
        no_speech_prob: how probable it is that nothing was said.
        temperature: at which it was sampled.
        spoken_seconds: how much speech was heard in the window.
        padded: whether the window was padded to half a minute, as Whisper learned it: only then it is believed that
            nothing was said.
        confirmed: whether two ways of decoding gave the same text, which is believed however improbable it is.
    """

    tokens: list[int]
    text: str
    ended: bool
    avg_logprob: float
    no_speech_prob: float
    temperature: float
    spoken_seconds: float
    padded: bool = False
    confirmed: bool = False

    @property
    def compression_ratio(self) -> float:
        """How many times smaller the text is compressed: text that says the same again and again is small."""
        text = self.text.encode()
        return len(text) / len(zlib.compress(text)) if text else 0.0

    @property
    def is_silence(self) -> bool:
        """Whether the text is to be dropped: nothing was said."""
        return self.padded and _seems_silent(self)

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong with it; empty: nothing that could be told."""
        return [] if self.is_silence else list(_troubles(self))


def _seems_silent(decoded: DecodedText) -> bool:
    if not decoded.spoken_seconds and not decoded.padded:
        return True
    return decoded.no_speech_prob > MOST_NO_SPEECH and decoded.avg_logprob < LEAST_LOGPROB


def token_limit(seconds: float) -> int:
    """Return how many tokens a window of so many seconds may have."""
    return SPARE_TOKENS + round(TOKENS_PER_SECOND * seconds)


def better(first: DecodedText, second: DecodedText) -> DecodedText:
    """Return which of two decodings of one window to believe."""
    return min(first, second, key=_badness)


def _badness(decoded: DecodedText) -> tuple[int, bool, float]:
    troubles = set(decoded.troubles)
    serious = len(troubles - {"improbable", "sparse"})
    # Of texts that leave something out the longer one leaves out less.
    return serious, "sparse" in troubles, -decoded.avg_logprob


def _troubles(decoded: DecodedText) -> Iterator[Trouble]:
    if not decoded.ended:
        yield "endless"
    if decoded.compression_ratio > MOST_COMPRESSION:
        yield "compressible"
    if is_repeated(decoded.tokens):
        yield "repeated"
    if _seems_silent(decoded):
        yield "silent"
    elif decoded.avg_logprob < LEAST_LOGPROB and not decoded.confirmed:
        yield "improbable"
    if decoded.spoken_seconds >= JUDGED_SECONDS and (
        len(decoded.tokens) < LEAST_TOKENS_PER_SECOND * decoded.spoken_seconds
    ):
        yield "sparse"


def is_repeated(tokens: Sequence[int]) -> bool:
    """Whether a pattern of tokens is said three times on end."""
    for length in range(1, LONGEST_PATTERN + 1):
        run = 0
        for number in range(length, len(tokens)):
            run = run + 1 if tokens[number] == tokens[number - length] else 0
            if run >= max(2 * length, LEAST_REPEATED):
                return True
    return False
