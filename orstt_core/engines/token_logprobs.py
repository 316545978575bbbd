"""How probable each token of a text is, as Whisper's decoder sees it when it reads the finished text once more.

That reading is the alignment pass which word times come from (`orstt_core.engines.alignment`). A token's probability is
that of the token, given the sound and the text before it in the same window of half a minute, at temperature 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from orstt_core.types import TokenLogprob

LEAST_PROBABILITY = 1e-10
"""Below what a float16 computation tells from nothing; its logarithm is still a number."""


def token_logprobs(tokenizer: Any, tokens: Sequence[int], probabilities: Sequence[float]) -> list[TokenLogprob]:
    """Return text tokens with the logarithms of their probabilities; the tokenizer is the library `tokenizers`'."""
    found = []
    for token, probability in zip(tokens, probabilities, strict=True):
        raw = bytes(_byte_of()[letter] for letter in tokenizer.id_to_token(token))
        found.append(
            TokenLogprob(
                token=raw.decode("utf-8", "replace"),
                logprob=math.log(min(max(float(probability), LEAST_PROBABILITY), 1.0)),
                bytes=list(raw),
            )
        )
    return found


@cache
def _byte_of() -> dict[str, int]:
    """Return which byte each letter of the vocabulary stands for.

    GPT-2's vocabulary, which Whisper's continues, writes bytes that are no visible letter of Latin-1 as the letters
    from U+0100 on, in order (`bytes_to_unicode` in OpenAI's gpt-2, `encoder.py`).
    """
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + place): byte for place, byte in enumerate(hidden)}
