"""WindowDecoder: Whisper's decoder run over batches of windows, whichever recordings they are of.

A window that was decoded badly is decoded again: first in a cheaper way, then padded to the half minute that Whisper
learned on, at last by sampling at higher temperatures. `orstt_core.engines.guards` tells what is bad.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from orstt_core.engines.alignment import POSITION_SECONDS, AlignedWord, align
from orstt_core.engines.guards import DecodedText, better, token_limit
from orstt_core.engines.padding_memory import FULL_FRAMES, PaddingMemory
from orstt_core.engines.unheard import are_known, moved, parted, unheard
from orstt_core.engines.voice_activity import Chunk
from orstt_core.engines.window_parts import Sound, halves, passage
from orstt_core.engines.window_queue import Window, WindowQueue
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.aligning_model import AligningWhisperModel
    from orstt_core.weights.derived import DerivedFiles

    Floats = NDArray[np.floating[Any]]

PADDING, MORE_PADDING = 300, 600
"""Positions of padding that the decoder is shown after a window, 6 s, and where it lost its way all the same, 12 s."""
DOUBTFUL_LOGPROB, LEAST_SPOKEN, SURE = -0.45, 2.0, 0.8
"""A text less probable than this may be in the wrong language: forced to English, 15 clips of six others came to -0.5
to -1.1, in their own to -0.1 to -0.7. So many seconds of speech tell a language, if it is so probable."""
MOST_TOKENS = 448
SAMPLES_PER_TEMPERATURE = 5
"""Of so many samples the most probable is taken: the library's `best_of`."""


@dataclass(frozen=True, eq=False)
class Asked:
    """How the windows of a recording are to be decoded.

    Attributes:
        language: the one that is spoken.
        tokenizer: the library's, set to language and task.
        prompt: the tokens before the text.
        suppressed: tokens that are no text.
        beam_size: how many readings are kept in view.
        temperatures: tried in order.
        in_language: how they are to be decoded where another language is spoken; None: it is known which one is.
    """

    language: str
    tokenizer: Any
    prompt: list[int]
    suppressed: list[int]
    beam_size: int
    temperatures: Sequence[float]
    in_language: Callable[[str], Asked] | None = None


class DecodedPart(NamedTuple):
    """A text, when its words were spoken, in seconds from the window's beginning, and the language."""

    text: DecodedText
    words: list[AlignedWord]
    language: str


AskedWindow = Window[Asked, list[DecodedPart]]
"""A window becomes one part; more where a passage of it was decoded by itself."""


class WindowDecoder:
    """Decodes what is put into its queue, in threads of its own.

    Args:
        model: a loaded model.
        workers: as many batches are decoded at once.
        most: windows in a batch.
        derived: keeps what is worked out of the model's files; None: nothing is kept.

    Attributes:
        model: the same.
    """

    def __init__(
        self, model: AligningWhisperModel, workers: int, most: int, derived: DerivedFiles | None = None
    ) -> None:
        self.model = model
        self._memory = PaddingMemory(model, derived)
        self._queue: WindowQueue[Asked, list[DecodedPart]] = WindowQueue(most)
        self._threads = ThreadPoolExecutor(workers, "window")

    def submit(self, asked: Asked, number: int, chunk: Chunk, encoded: Floats | None = None) -> AskedWindow:
        """Have a window decoded; its `result` tells when it is, or raises what the library raised."""
        kind = (len(asked.prompt), asked.beam_size, asked.temperatures[0])
        window = AskedWindow(asked, kind, number, chunk, encoded)
        self._queue.put(window)
        self._threads.submit(self._work)
        return window

    def likelihoods(self, chunk: Chunk) -> tuple[Floats, dict[str, float]]:
        """Return a window's encoding, and how probable each language is in it."""
        encoded = self._memory.encode(chunk.samples)
        return encoded, self._likelihoods(encoded)

    def _likelihoods(self, encoded: Floats) -> dict[str, float]:
        [found] = self.model.model.detect_language(_view(self._memory.padded([encoded], PADDING)))
        return {token[2:-2]: float(probability) for token, probability in found}

    def _work(self) -> None:
        """Decode a batch; a window that came alone may have gone with the batch before."""
        batch = self._queue.take()
        try:
            self._decode(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits for the windows is to hear of it
            for window in batch:
                if not window.result.done():
                    window.result.set_exception(error)

    def _decode(self, batch: list[AskedWindow]) -> None:
        for window in batch:
            if window.encoded is None and window.wanted:
                window.encoded = self._memory.encode(window.chunk.samples)
        batch = [window for window in batch if window.wanted]
        encoded = [window.encoded for window in batch if window.encoded is not None]
        if not encoded:
            return
        asked = [window.recording for window in batch]
        texts = self._generated(encoded, asked, [window.chunk for window in batch], PADDING)
        # Those that are right first: others may take long.
        for window, text in sorted(zip(batch, texts, strict=True), key=lambda pair: bool(pair[1].troubles)):
            if window.wanted:
                window.result.set_result(self._finished(window, text))

    def _finished(self, window: AskedWindow, text: DecodedText) -> list[DecodedPart]:
        assert window.encoded is not None
        asked = window.recording
        window.repeated = bool(text.troubles)
        for again in self._again(window, text) if window.repeated else ():
            text = better(again, text)
            if not text.troubles or not window.wanted:
                break
        asked, text = self._in_its_language(window.encoded, window.chunk, asked, text)
        if text.is_silence or not text.tokens:
            return [DecodedPart(text, [], asked.language)]
        words = self._words(asked, window.encoded, text, window.chunk.speech)
        decoded = DecodedPart(text, words, asked.language)
        place = unheard(words, window.chunk.speech) if window.wanted else None
        return self._with_unheard(window, asked, decoded, place) if place else [decoded]

    def _words(self, asked: Asked, encoded: Floats, text: DecodedText, speech: NDArray[np.bool_]) -> list[AlignedWord]:
        memory = self._memory.padded([encoded], PADDING)[0]
        found = align(self.model.model, asked.tokenizer, memory, [text.tokens], speech)
        return found[0] if found else []

    def _in_its_language(
        self, encoded: Floats, sound: Chunk | Sound, asked: Asked, text: DecodedText
    ) -> tuple[Asked, DecodedText]:
        """Decode again what is doubtful where it is surely in another language than the recording began with."""
        if (
            asked.in_language is None
            or text.is_silence
            or text.avg_logprob > DOUBTFUL_LOGPROB
            or text.spoken_seconds < LEAST_SPOKEN
        ):
            return asked, text
        likelihoods = self._likelihoods(encoded)
        language = max(likelihoods, key=lambda code: likelihoods[code])
        if language == asked.language or likelihoods[language] < SURE:
            return asked, text
        there = asked.in_language(language)
        [again] = self._generated([encoded], [there], [sound], PADDING)
        return (there, again) if not again.troubles and again.avg_logprob > text.avg_logprob else (asked, text)

    def _with_unheard(self, window: AskedWindow, asked: Asked, decoded: DecodedPart, place: slice) -> list[DecodedPart]:
        """Decode by itself what no word covers, and return the window with it, where it is surely speech."""
        assert window.encoded is not None
        speech = window.chunk.speech.copy()
        sound = passage(window.chunk, place)
        encoded = self._memory.encode(sound.samples)
        [text] = self._generated([encoded], [asked], [sound], PADDING)
        there, text = self._in_its_language(encoded, sound, asked, text)
        if text.troubles or not text.tokens or text.avg_logprob < DOUBTFUL_LOGPROB:
            return [decoded]
        found = self._words(there, encoded, text, sound.speech)
        if are_known(found, decoded.words):
            return [decoded]
        speech[place] = False
        before, after = parted(self._words(asked, window.encoded, decoded.text, speech), place)
        return [
            *_part(decoded, before, asked),
            DecodedPart(text, moved(found, place), there.language),
            *_part(decoded, after, asked),
        ]

    def _again(self, window: AskedWindow, text: DecodedText) -> Iterator[DecodedText]:
        """Decode a window in other ways, the cheapest first."""
        assert window.encoded is not None
        asked, chunk = window.recording, window.chunk
        if "sparse" in text.troubles and (parted := self._parted(asked, chunk)):
            yield parted
        if "silent" not in text.troubles:
            [again] = self._generated([window.encoded], [asked], [chunk], MORE_PADDING)
            yield replace(again, confirmed=again.text == text.text)
        encoded = self._memory.encode(chunk.samples, FULL_FRAMES)
        for temperature in asked.temperatures:
            [found] = self._generated([encoded], [asked], [chunk], 0, temperature)
            yield replace(found, padded=True)

    def _parted(self, asked: Asked, chunk: Chunk) -> DecodedText | None:
        """Decode a window in two parts; None: there is no pause to part it at."""
        parts = halves(chunk)
        if not parts:
            return None
        encoded = [self._memory.encode(part.samples) for part in parts]
        first, second = self._generated(encoded, [asked, asked], parts, PADDING)
        return replace(
            first,
            tokens=[*first.tokens, *second.tokens],
            text=first.text + second.text,
            ended=first.ended and second.ended,
            avg_logprob=min(first.avg_logprob, second.avg_logprob),
            no_speech_prob=min(first.no_speech_prob, second.no_speech_prob),
            spoken_seconds=first.spoken_seconds + second.spoken_seconds,
        )

    def _generated(
        self,
        encoded: Sequence[Floats],
        asked: Sequence[Asked],
        chunks: Sequence[Chunk | Sound],
        padding: int,
        temperature: float | None = None,
    ) -> list[DecodedText]:
        first = asked[0]
        temperature = first.temperatures[0] if temperature is None else temperature
        limits = [token_limit(chunk.samples.size / SAMPLE_RATE) for chunk in chunks]
        results = self.model.model.generate(
            _view(self._memory.padded(encoded, padding)),
            [each.prompt for each in asked],
            max_length=min(len(first.prompt) + max(limits), MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=first.suppressed,
            **_search(temperature, first.beam_size),
        )
        return [
            _text(result, each.tokenizer, limit, chunk, temperature)
            for result, each, limit, chunk in zip(results, asked, limits, chunks, strict=True)
        ]


def _part(decoded: DecodedPart, words: Sequence[AlignedWord], asked: Asked) -> Iterator[DecodedPart]:
    """Yield what these words of a part are; nothing where there are none."""
    tokens = [token for word in words for token in word.tokens]
    if tokens:
        text = replace(decoded.text, tokens=tokens, text=asked.tokenizer.decode(tokens))
        yield DecodedPart(text, list(words), decoded.language)


def _search(temperature: float, beam_size: int) -> dict[str, Any]:
    """Return how tokens are chosen, as the library does it."""
    if temperature == 0:
        return {"beam_size": beam_size}
    return {
        "beam_size": 1,
        "num_hypotheses": SAMPLES_PER_TEMPERATURE,
        "sampling_topk": 0,
        "sampling_temperature": temperature,
    }


def _text(result: Any, tokenizer: Any, limit: int, chunk: Chunk | Sound, temperature: float) -> DecodedText:
    tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
    count = len(result.sequences_ids[0])
    return DecodedText(
        tokens=tokens,
        text=tokenizer.decode(tokens),
        ended=count < limit,
        # The library's score is the mean of the tokens'; that of the end is to count too.
        avg_logprob=float(result.scores[0]) * count / (count + 1),
        no_speech_prob=float(result.no_speech_prob),
        temperature=temperature,
        spoken_seconds=float(chunk.speech.sum()) * POSITION_SECONDS,
    )


def _view(array: Floats) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(array)
