"""Words laid along the sound: pauses, marks, writing systems; on a stand-in that answers as CTranslate2's `align`."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from orstt_core.engines.alignment import AlignedWord, align

END, FIRST_TIMESTAMP = 1000, 1001
MEMORY = np.zeros((1500, 4), np.float32)
Span = tuple[float, float]


class Tokenizer:
    """One token a text; the ids are places in the list."""

    eot = END
    sot_sequence = (1,)
    transcribe = task = 2
    translate = 3

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        return [self.texts[token] if token < END else "" for token in tokens], [[token] for token in tokens]


class Model:
    """Puts each token where it is told to, as positions of what it is shown first; finds it improbable elsewhere."""

    n_mels = 80

    def __init__(self, starts: list[int]) -> None:
        self.starts = starts
        self.shown = 0
        self.chance = 0.5

    def align(self, memory: Any, prompt: object, tokens: list[list[int]], frames: int) -> list[SimpleNamespace]:
        assert len(self.starts) == len(tokens[0]) + 1
        assert memory.shape[1] != self.n_mels, "the library would take it for features that are still to be encoded"
        chance = 0.001 if self.shown else self.chance
        self.shown = self.shown or frames // 2
        rows = [(row, start) for row, start in enumerate(self.starts)]
        return [SimpleNamespace(alignments=rows, text_token_probs=[chance] * len(tokens[0]))]


def heard(seconds: float, *spans: Span) -> np.ndarray:
    times = np.arange(round(seconds * 50)) / 50
    found: np.ndarray = np.any([times < 0, *((times >= start) & (times < end) for start, end in spans)], axis=0)
    return found


def aligned(texts: list[str], starts: list[int], speech: np.ndarray) -> tuple[list[AlignedWord], int]:
    model = Model(starts)
    [words] = align(model, Tokenizer(texts), MEMORY, [list(range(len(texts)))], speech)
    return words, model.shown


def times(words: list[AlignedWord]) -> list[Span]:
    return [(word.start, word.end) for word in words]


def test_what_is_shown_is_never_taken_for_features_of_sound() -> None:
    shown = {aligned([" one"], [0, 20], heard(20, (10, 10 + length / 50)))[1] for length in range(30, 41)}
    assert shown == {length + 2 * 10 for length in range(30, 41)}


def test_the_decoder_is_shown_what_is_near_speech_and_the_times_are_those_of_the_window() -> None:
    words, shown = aligned([" one", " two"], [0, 60, 120], heard(30, (10, 11), (25, 26)))
    assert shown == 2 * (50 + 2 * 10)
    assert times(words) == [(10, 11), (25, 26)]


def test_a_word_never_reaches_over_a_pause() -> None:
    words, _ = aligned([" one", " two"], [0, 40, 140], heard(30, (10, 11), (25, 26)))
    assert times(words) == [(10, 10.6), (25, 26)]


def test_where_the_text_cannot_have_been_spoken_in_what_was_heard_all_is_shown() -> None:
    words, shown = aligned([f" {number}" for number in range(20)], list(range(100, 501, 20)), heard(30, (10, 10.1)))
    assert shown == 1500
    assert words[0].start == 2


def test_without_any_speech_the_times_are_those_of_the_decoder() -> None:
    words, shown = aligned([" one"], [100, 150], heard(30))
    assert (shown, times(words)) == (1500, [(2, 3)])


def test_a_word_beside_a_pause_reaches_to_where_the_speech_begins_and_ends() -> None:
    words, _ = aligned([" one", " two"], [20, 40, 50], heard(30, (10, 11)))
    assert times(words) == [(10, 10.6), (10.6, 11)]


@pytest.mark.parametrize(("chance", "start"), [(0.4, 20.0), (0.05, 2.0)], ids=["drawn away", "spoken there"])
def test_a_first_word_apart_from_the_rest_is_there_only_if_it_is_improbable_elsewhere(
    chance: float, start: float
) -> None:
    speech = heard(30, (2, 3), (20, 22))
    model = Model([0, 70, 130, 160])
    beside = Model([0, 40, 80, 120])
    beside.chance = chance
    models = iter([model, beside])
    both = SimpleNamespace(n_mels=80, align=lambda *arguments: next(models).align(*arguments))
    [words] = align(both, Tokenizer([" one", " two", " three"]), MEMORY, [[0, 1, 2]], speech)
    assert words[0].start == start
    assert beside.shown == 100 + 2 * 10
    assert words[1].start >= 20


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([" one", ",", " two", "."], [" one,", " two."]),
        ([' "', "one", '"', " two", "..."], [' "one"', " two..."]),
        (["《", "一", "》", "二", "。"], ["《一》", "二。"]),
        ([" ¿", "que", "?"], [" ¿que?"]),
        ([" हाँ", "।", " जी"], [" हाँ।", " जी"]),
        (["...", " one"], ["... one"]),
        ([" 5", "%", " -", "one"], [" 5", "%", " -one"]),
        ([" ..."], []),
    ],
)
def test_marks_belong_to_a_word_and_take_no_time(texts: list[str], words: list[str]) -> None:
    speech = heard(30, (0, 30))
    found, _ = aligned(texts, list(range(10, 10 * len(texts) + 11, 10)), speech)
    assert [word.text for word in found] == words
    assert all(word.end - word.start == pytest.approx(0.2) for word in found)
    assert sum(len(word.tokens) for word in found) == (len(texts) if words else 0)
    assert all(len(word.tokens) == len(word.probabilities) for word in found)


def test_timestamps_take_up_silence_and_are_no_text() -> None:
    texts = [[FIRST_TIMESTAMP, 0, FIRST_TIMESTAMP + 5], [FIRST_TIMESTAMP + 5, 1, FIRST_TIMESTAMP + 9, END]]
    model = Model([0, 10, 20, 30, 40, 50, 60])
    first, second = align(model, Tokenizer([" one", " two"]), MEMORY, texts, heard(30, (0, 30)))
    assert (times(first), times(second)) == ([(0.2, 0.4)], [(0.8, 1.0)])


def test_more_tokens_than_a_decoder_holds_are_left_without_words() -> None:
    texts = [[0] * 300, [0] * 300]
    found = align(Model(list(range(301))), Tokenizer([" a"]), MEMORY, texts, heard(30, (0, 30)))
    assert [len(words) for words in found] == [300]
    assert align(Model([]), Tokenizer([]), MEMORY, [[FIRST_TIMESTAMP, END]], heard(30)) == []
    assert align(Model([]), Tokenizer([" a"]), MEMORY, [[0]], heard(0)) == []
