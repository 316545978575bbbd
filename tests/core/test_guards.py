"""Guards: texts that show that a decoder lost its way."""

from typing import Any

import pytest

from orstt_core.engines.guards import DecodedText, Trouble, better, is_repeated, token_limit

RIGHT: dict[str, Any] = {
    "tokens": list(range(20)),
    "text": "And Mr. John Dashwood had then leisure to consider how much there might be.",
    "ended": True,
    "avg_logprob": -0.2,
    "no_speech_prob": 0.05,
    "temperature": 0.0,
    "spoken_seconds": 6.0,
}


def decoded(**other: Any) -> DecodedText:
    return DecodedText(**{**RIGHT, **other})


@pytest.mark.parametrize(
    ("wrong", "trouble"),
    [
        ({"ended": False}, "endless"),
        ({"text": "No. " * 40}, "compressible"),
        ({"tokens": [1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5]}, "repeated"),
        ({"avg_logprob": -1.2}, "improbable"),
        ({"avg_logprob": -1.2, "no_speech_prob": 0.7}, "silent"),
        ({"tokens": [1, 2, 3]}, "sparse"),
    ],
)
def test_each_sign_is_seen(wrong: dict[str, Any], trouble: Trouble) -> None:
    assert decoded().troubles == []
    assert decoded(**wrong).troubles == [trouble]


def test_what_is_short_or_said_twice_is_believed() -> None:
    assert decoded(tokens=[1, 2], spoken_seconds=2.0).troubles == []
    assert decoded(avg_logprob=-1.2, confirmed=True).troubles == []
    assert not is_repeated([1, 1, 1])  # "ha ha ha"


def test_that_nothing_was_said_is_only_believed_of_a_window_as_whisper_learned_it() -> None:
    silent = decoded(avg_logprob=-1.2, no_speech_prob=0.7)
    assert not silent.is_silence
    padded = decoded(avg_logprob=-1.2, no_speech_prob=0.7, padded=True)
    assert padded.is_silence
    assert padded.troubles == []


def test_the_better_of_two_decodings_is_believed() -> None:
    loop = decoded(ended=False, avg_logprob=-0.01)
    assert better(loop, decoded()) == better(decoded(), loop) == decoded()
    assert better(decoded(tokens=[1, 2]), decoded(avg_logprob=-0.5)) == decoded(avg_logprob=-0.5)
    assert better(decoded(), decoded(avg_logprob=-0.1)) == decoded(avg_logprob=-0.1)


def test_what_a_loop_may_cost_is_bounded_by_the_window() -> None:
    assert token_limit(0.5) < 30
    assert token_limit(10) == 156
