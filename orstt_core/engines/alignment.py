"""When each word of a decoded window was spoken: its tokens laid along the sound by the decoder's cross-attention.

This is OpenAI's way of timing words (`whisper/timing.py`), as CTranslate2 does it in `align`: dynamic time warping
over the attention of the heads that follow the sound. Warped that way, a pause belongs to whatever word comes after it,
and the first word always begins with the window. Three things keep pauses out of words here: the decoder is shown
the positions near speech only; it is given the text with its timestamp tokens, which take up what silence is left; and
a word that would reach over a pause lies where most of its speech is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias
from unicodedata import category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.floating[Any]]
    Mask: TypeAlias = NDArray[np.bool_]
    Places: TypeAlias = NDArray[np.intp]

POSITION_SECONDS = 0.02
"""What one position of the encoder's output stands for."""
MOST_TOKENS = 440
"""Whisper's decoder has 448 positions; those of the prompt and of the end come on top."""
MARGIN_POSITIONS = 10
"""Sound kept before and after speech, 0.2 s: the detector notices soft beginnings late."""
PADDING_POSITIONS = 25
"""What the encoder made of the padding after the window, 0.5 s: without it the decoder may not see an end."""
LEAST_POSITIONS = 2
"""For each token. Speech has at most 14 tokens a second; where more are to fit, speech was not noticed as such."""
LONE_WORDS, LONE_SECONDS, BESIDE_SECONDS = 3, 1.0, 0.6
"""How many words may begin a segment apart from the rest, by how much, and where they would lie beside it."""
LEAST_CHANCE = 0.2
"""How probable they must be there, against where they are. Measured: 0.7 and more where music drew a word away, 0.001
and less where it was spoken apart."""
EDGE_POSITIONS = 20
"""How far a word beside a pause may be from where speech begins or ends, 0.4 s: timestamp tokens take up some of it."""
SPOKEN_MARKS = frozenset("%&@#*/\\§")
OPENING_MARKS = frozenset("\"'¿¡-")
"""Beside what Unicode calls opening; where a space stands before it, a quote or a hyphen belongs to the next word."""


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """A word with its marks, and its times in seconds from the window's beginning.

    Attributes:
        text: as it was decoded: with a space before it where there is one.
        probability: the mean of its tokens', 0 to 1; those of marks do not count.
        tokens: its text tokens, those of its marks too.
        probabilities: one for each of them.
    """

    text: str
    start: float
    end: float
    probability: float
    tokens: list[int]
    probabilities: list[float]


def align(
    model: Any, tokenizer: Any, memory: Floats, texts: Sequence[Sequence[int]], speech: Mask
) -> list[list[AlignedWord]]:
    """Return the words of each segment of a window; segments beyond `MOST_TOKENS` are left out.

    Args:
        model: a `ctranslate2.models.Whisper`.
        tokenizer: faster-whisper's `Tokenizer`, set to the window's language and task.
        memory: the encoder's output, shape (positions, width); those behind `speech` are padding.
        texts: the tokens of each segment as they were decoded, with or without timestamps.
        speech: whether each position of the window's sound holds speech, shape (positions,).
    """
    texts = list(_fitting(texts, tokenizer.eot))
    if not any(token < tokenizer.eot for text in texts for token in text) or not speech.size:
        return []
    found = _aligned(model, tokenizer, memory, texts, speech)
    for number, lone, hidden in _lone_beginnings(found):
        elsewhere = speech.copy()
        elsewhere[hidden] = False
        others = _aligned(model, tokenizer, memory, texts, elsewhere)
        if _chance(others[number][:lone]) >= LEAST_CHANCE * _chance(found[number][:lone]):
            found, speech = others, elsewhere
    return found


def _aligned(
    model: Any, tokenizer: Any, memory: Floats, texts: Sequence[Sequence[int]], speech: Mask
) -> list[list[AlignedWord]]:
    tokens = [token for text in texts for token in text]
    kept = _kept(speech, len(tokens))
    starts, probabilities = _token_starts(model, tokenizer, _shown(memory, kept, speech.size), tokens, kept.size)
    timed = zip(tokens, starts, starts[1:], probabilities, strict=True)
    found = []
    for text in texts:
        spoken = [token for token in islice(timed, len(text)) if token[0] < tokenizer.eot]
        found.append([_placed(word, kept, speech) for word in _without_marks(_words(tokenizer, spoken))])
    edged = _up_to_pauses([word for words in found for word in words], speech)
    return [list(islice(edged, len(words))) for words in found]


def _lone_beginnings(found: Sequence[Sequence[AlignedWord]]) -> Iterator[tuple[int, int, slice]]:
    """Yield each segment whose first words lie apart from the rest, how many they are, and the positions to hide.

    Music and noise that the detector takes for speech draw them away. If they were spoken there, they are improbable
    without those positions; if not, they are found beside the rest.
    """
    earliest = 0.0
    for number, words in enumerate(found):
        for lone, (word, following) in enumerate(pairwise(words[: LONE_WORDS + 1]), 1):
            if following.start - word.end > LONE_SECONDS:
                until = following.start - BESIDE_SECONDS
                yield number, lone, slice(round(earliest / POSITION_SECONDS), round(until / POSITION_SECONDS))
        earliest = words[-1].end if words else earliest


def _chance(words: Sequence[AlignedWord]) -> float:
    return prod(probability for word in words for probability in word.probabilities)


def _fitting(texts: Sequence[Sequence[int]], end: int) -> Iterator[list[int]]:
    room = MOST_TOKENS
    for text in texts:
        tokens = [token for token in text if token != end]
        room -= len(tokens)
        if room < 0:
            return
        yield tokens


def _kept(speech: Mask, tokens: int) -> Places:
    """Return the positions near speech; all of them where the text cannot have been spoken in those."""
    import numpy as np

    near = np.convolve(speech, np.ones(2 * MARGIN_POSITIONS + 1))[MARGIN_POSITIONS:][: speech.size]
    kept = np.flatnonzero(near)
    return kept if kept.size >= LEAST_POSITIONS * tokens else np.arange(speech.size)


def _shown(memory: Floats, kept: Places, size: int) -> Floats:
    import numpy as np

    if kept.size == size:
        return memory
    return np.concatenate([memory[kept], memory[size : size + PADDING_POSITIONS]])


def _token_starts(
    model: Any, tokenizer: Any, memory: Floats, tokens: list[int], positions: int
) -> tuple[list[int], list[float]]:
    """Return where each token begins, and where the last one ends, in positions; and how probable each is."""
    import ctranslate2
    import numpy as np

    if len(memory) == model.n_mels:
        # CTranslate2 would take it for the features of sound that is still to be encoded (`is_encoded`, whisper.cc).
        memory = np.concatenate([memory, memory[-1:]])
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(memory[None]))
    [result] = model.align(view, tokenizer.sot_sequence, [tokens], 2 * positions)
    starts: dict[int, int] = {}
    for row, position in result.alignments:
        starts.setdefault(row, position)
    return [starts[row] for row in range(len(tokens) + 1)], list(result.text_token_probs)


def _words(tokenizer: Any, spoken: Sequence[tuple[int, int, int, float]]) -> Iterator[AlignedWord]:
    """Yield words and marks with times in positions, given each token's id, start, end and probability."""
    # The library goes by the language spoken, but a translation is English.
    translated = tokenizer.task == tokenizer.translate
    split = tokenizer.split_tokens_on_spaces if translated else tokenizer.split_to_word_tokens
    texts, parts = split([*(token for token, *_ in spoken), tokenizer.eot])
    remaining = iter(spoken)
    for text, part in zip(texts[:-1], parts[:-1], strict=True):
        tokens, starts, ends, probabilities = map(list, zip(*islice(remaining, len(part)), strict=True))
        mean = sum(probabilities) / len(probabilities)
        yield AlignedWord(text, starts[0], ends[-1], mean, tokens, probabilities)


def _without_marks(words: Iterator[AlignedWord]) -> list[AlignedWord]:
    """Return the words with their marks, which take no time from them."""
    found: list[AlignedWord] = []
    before: list[AlignedWord] = []
    for word in words:
        if not _is_mark(word.text):
            found.append(_joined([*before, word], word))
            before = []
        elif before or not found or _opens(word.text):
            before.append(word)
        else:
            found[-1] = _joined([found[-1], word], found[-1])
    return [*found[:-1], _joined([found[-1], *before], found[-1])] if found else []


def _is_mark(text: str) -> bool:
    marks = set(text.strip())
    return all(category(mark).startswith("P") for mark in marks) and not marks & SPOKEN_MARKS


def _opens(text: str) -> bool:
    first = text.strip()[:1]
    return first != "" and (
        category(first) in ("Ps", "Pi") or (first in OPENING_MARKS and (text.startswith(" ") or first in "¿¡"))
    )


def _joined(parts: Sequence[AlignedWord], timed: AlignedWord) -> AlignedWord:
    return replace(
        timed,
        text="".join(part.text for part in parts),
        tokens=[token for part in parts for token in part.tokens],
        probabilities=[probability for part in parts for probability in part.probabilities],
    )


def _placed(word: AlignedWord, kept: Places, speech: Mask) -> AlignedWord:
    """Return the word with its times in seconds, of positions that were kept."""
    import numpy as np

    first = min(int(word.start), kept.size - 1)
    places = kept[first : max(int(word.end), first + 1)]
    parts = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    part = max(reversed(parts), key=lambda part: int(speech[part].sum()))
    spoken = part[speech[part]] if speech[part].any() else part
    return replace(word, start=int(spoken[0]), end=int(spoken[-1]) + 1)


def _up_to_pauses(words: Sequence[AlignedWord], speech: Mask) -> Iterator[AlignedWord]:
    """Yield the words with times in seconds; those beside a pause reach to where the speech begins and ends."""
    last = 0
    for word, following in zip(words, [*words[1:], None], strict=True):
        start, end = int(word.start), int(word.end)
        earliest, latest = max(last, start - EDGE_POSITIONS), end + EDGE_POSITIONS
        latest = min(latest, speech.size if following is None else int(following.start))
        start -= _reach(speech[earliest:start][::-1])
        end += _reach(speech[end:latest])
        last = end
        yield replace(word, start=round(start * POSITION_SECONDS, 2), end=round(end * POSITION_SECONDS, 2))


def _reach(speech: Mask) -> int:
    """Return how many positions there are until the first without speech; 0 where all have some."""
    return 0 if speech.all() else int(speech.argmin())
