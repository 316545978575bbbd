"""WindowDecoder: Whisper's decoder run over batches of windows, whichever recordings they are of.

A window that was decoded badly is decoded again: first in a cheaper way, then padded to the half minute that Whisper
learned on, at last by sampling at higher temperatures. `orstt_core.engines.guards` tells what is bad.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from orstt_core.engines.alignment import POSITION_SECONDS, AlignedWord, align
from orstt_core.engines.guards import DecodedText, better, token_limit
from orstt_core.engines.padding_memory import FULL_FRAMES, PaddingMemory
from orstt_core.engines.voice_activity import POSITION, Chunk
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
MOST_TOKENS = 448
SAMPLES_PER_TEMPERATURE = 5
"""Of so many samples the most probable is taken: the library's `best_of`."""
HALF_SECONDS = 1.0
"""What is decoded again in two parts is parted no nearer to its ends."""


@dataclass(frozen=True, eq=False)
class Asked:
    """How the windows of a recording are to be decoded.

    Attributes:
        tokenizer: the library's, set to language and task.
        prompt: the tokens before the text.
        suppressed: tokens that are no text.
        beam_size: how many readings are kept in view.
        temperatures: tried in order.
    """

    tokenizer: Any
    prompt: list[int]
    suppressed: list[int]
    beam_size: int
    temperatures: Sequence[float]


class Sound(NamedTuple):
    """Samples, shape (n,), and whether each position of 20 ms of them holds speech, as a `Chunk` has them."""

    samples: NDArray[np.float32]
    speech: NDArray[np.bool_]


class DecodedWindow(NamedTuple):
    """A window's text and when its words were spoken, in seconds from its beginning."""

    text: DecodedText
    words: list[AlignedWord]


AskedWindow = Window[Asked, DecodedWindow]


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
        self._queue: WindowQueue[Asked, DecodedWindow] = WindowQueue(most)
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
        [found] = self.model.model.detect_language(_view(self._memory.padded([encoded], PADDING)))
        return encoded, {token[2:-2]: float(probability) for token, probability in found}

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

    def _finished(self, window: AskedWindow, text: DecodedText) -> DecodedWindow:
        assert window.encoded is not None
        asked = window.recording
        for again in self._again(window, text) if text.troubles else ():
            text = better(again, text)
            if not text.troubles or not window.wanted:
                break
        if text.is_silence or not text.tokens:
            return DecodedWindow(text, [])
        memory = self._memory.padded([window.encoded], PADDING)[0]
        found = align(self.model.model, asked.tokenizer, memory, [text.tokens], window.chunk.speech)
        return DecodedWindow(text, found[0] if found else [])

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
        parts = _halves(chunk)
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


def _halves(chunk: Chunk) -> list[Sound]:
    """Return the chunk parted in the middle of its longest pause; nothing where it has none."""
    import numpy as np

    margin = round(HALF_SECONDS / POSITION_SECONDS)
    edges = np.flatnonzero(np.diff(chunk.speech.astype(np.int8), prepend=1, append=1))
    pauses = [pair for pair in edges.reshape(-1, 2).tolist() if margin < sum(pair) / 2 < chunk.speech.size - margin]
    if not pauses:
        return []
    first, last = max(pauses, key=lambda pair: pair[1] - pair[0])
    middle = (first + last) // 2
    sample = middle * POSITION
    return [Sound(chunk.samples[:sample], chunk.speech[:middle]), Sound(chunk.samples[sample:], chunk.speech[middle:])]


def _view(array: Floats) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(array)
