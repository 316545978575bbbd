"""How probable each token of a text is, as Whisper's decoder sees it when it reads the finished text once more.

That reading is the alignment pass which word timestamps come from (`align` of CTranslate2, as faster-whisper's
`find_alignment` uses it). A token's probability is that of the token, given the sound and the text before it in
the same window of half a minute, at temperature 1.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict, deque
from collections.abc import Sequence
from copy import copy
from functools import cache
from typing import Any, Self

from faster_whisper import WhisperModel

from orstt_core.types import TokenLogprob

LEAST_PROBABILITY = 1e-10
"""Below what a float16 computation tells from nothing; its logarithm is still a number."""


class MeasuringWhisperModel(WhisperModel):  # type: ignore[misc]  # the library is not typed
    """A `WhisperModel` that can keep the probabilities of tokens.

    Attributes:
        found: those of segments by their text tokens, in the order in which they were decoded; None: not kept.
    """

    found: defaultdict[tuple[int, ...], deque[list[float]]] | None = None

    def measuring(self) -> Self:
        """Return this model with a record of its own for one recording: others may use the model meanwhile."""
        model = copy(self)
        model.found = defaultdict(deque)
        return model

    def probabilities(self, tokens: Sequence[int]) -> list[float]:
        """Return, once, the probabilities of the text tokens of a segment that was decoded; empty: not kept."""
        found = self.found
        return found[tuple(tokens)].popleft() if found and found[tuple(tokens)] else []

    def add_word_timestamps(
        self, segments: list[Any], tokenizer: Any, encoder_output: Any, num_frames: int, *args: Any, **options: Any
    ) -> Any:
        """Do what the library does, and keep the probabilities of the segments' tokens."""
        found = self.found
        for window in segments if found is not None else ():
            assert found is not None
            texts = [[token for token in segment["tokens"] if token < tokenizer.eot] for segment in window]
            tokens = list(itertools.chain.from_iterable(texts))
            if tokens:
                [result] = self.model.align(encoder_output, tokenizer.sot_sequence, [tokens], num_frames)
                probabilities = iter(result.text_token_probs)
                for text in texts:
                    found[tuple(text)].append(list(itertools.islice(probabilities, len(text))))
        return super().add_word_timestamps(segments, tokenizer, encoder_output, num_frames, *args, **options)


def token_logprobs(model: MeasuringWhisperModel, tokens: Sequence[int]) -> list[TokenLogprob]:
    """Return the text tokens of a segment with their logarithms; the model is one that measures."""
    text = [token for token in tokens if token < model.hf_tokenizer.token_to_id("<|endoftext|>")]
    found = []
    for token, probability in zip(text, model.probabilities(text), strict=True):
        raw = bytes(_byte_of()[letter] for letter in model.hf_tokenizer.id_to_token(token))
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
