"""Whisper's fast decoding: windows cut at pauses, each decoded by itself, several at a time.

Whisper's encoder takes half a minute at a time, however little of it is speech, and the classic way decodes one such
piece after another. Here a window is as long as what was said between two pauses, some ten seconds, is encoded at its
own length, and is decoded in a batch with others. No window knows the text of the one before.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from orstt_core.engines import whisper_classic
from orstt_core.engines.cancellation import current
from orstt_core.engines.timed_segments import sentences, timed_segments, timed_words
from orstt_core.engines.voice_activity import POSITION, Chunk, detection
from orstt_core.engines.whisper_classic import engine_errors
from orstt_core.engines.window_counts import count_window
from orstt_core.engines.window_decoder import Asked, AskedWindow, DecodedPart, WindowDecoder
from orstt_core.engines.windows import windows
from orstt_core.types import Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.aligning_model import AligningWhisperModel

MOST_AHEAD, FIRST_AHEAD = 32, 3
"""Windows of one recording that are decoded or wait for it: what is further ahead takes memory for nothing. Until the
first is decoded there are fewer: to look for speech in the minutes after them takes time from it."""
HEARD_SECONDS, HEARD_WINDOWS = 3.0, 8
"""A language is told from the first window with so many seconds of speech, or from the longest of so many: what is
taken for speech in music makes a few short ones, and to look on takes less than to decode one."""


def decode(
    decoder: WindowDecoder,
    samples: NDArray[np.float32],
    options: TranscribeOptions,
    languages: Container[str],
    classic: Callable[[], AligningWhisperModel],
) -> Iterator[Segment]:
    """Yield the segments of a recording in order, each as soon as it and those before it are known.

    Args:
        decoder: of a model that can do what the options ask for.
        samples: float32 mono at 16 kHz, shape (n,).
        options: with Whisper's own codes of languages.
        languages: those to decode in this way; a recording that is found to be in another one takes the classic.
        classic: returns the model for that.

    Raises:
        AudioError: the samples are not finite.
        EngineFailed: the library raised.
    """
    with engine_errors():
        chunks = windows(samples, detection=detection(options))
        first = list(_first(chunks))
        if not first:
            return
        spoken = _spoken(decoder, first, options)
        if spoken.language not in languages:
            options = replace(options, language=spoken.language, languages=())
            for segment in whisper_classic.decode(classic(), samples, options):
                yield replace(segment, language_probability=spoken.probability)
            return
        in_language = partial(_asked, decoder.model, options=options)
        is_open = options.language is None and not options.languages
        asked = in_language(spoken.language, in_language=in_language if is_open else None)
        end = 0.0
        number = 0
        for window in _decoded(decoder, asked, chain(first, chunks), spoken):
            count_window(repeated=window.repeated)
            for segment in _segments(window, asked, options, end):
                yield replace(segment, id=number, language_probability=spoken.probability)
                number, end = number + 1, segment.end or end


class _Spoken(NamedTuple):
    """The language of a recording, how probable it is, and the encoding that told it, of the window of that number."""

    language: str
    probability: float | None = None
    number: int = -1
    encoded: Any = None


def _first(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield the first windows up to one that a language can be told from."""
    for number, chunk in enumerate(chunks, 1):
        yield chunk
        if number == HEARD_WINDOWS or _speech_seconds(chunk) >= HEARD_SECONDS:
            return


def _speech_seconds(chunk: Chunk) -> float:
    return float(chunk.speech.sum()) * POSITION / SAMPLE_RATE


def _spoken(decoder: WindowDecoder, first: list[Chunk], options: TranscribeOptions) -> _Spoken:
    if options.language is not None:
        return _Spoken(options.language)
    number = max(range(len(first)), key=lambda number: _speech_seconds(first[number]))
    encoded, likelihoods = decoder.likelihoods(first[number])
    language = max(options.languages or likelihoods, key=lambda code: likelihoods.get(code, 0.0))
    return _Spoken(language, likelihoods.get(language, 0.0), number, encoded)


def _asked(
    model: AligningWhisperModel,
    language: str,
    options: TranscribeOptions,
    in_language: Callable[[str], Asked] | None = None,
) -> Asked:
    from faster_whisper.tokenizer import Tokenizer
    from faster_whisper.transcribe import get_suppressed_tokens

    tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task=options.task, language=language)
    before = tokenizer.encode(f" {options.initial_prompt.strip()}") if options.initial_prompt else []
    return Asked(
        language=language,
        tokenizer=tokenizer,
        prompt=model.get_prompt(tokenizer, before, without_timestamps=True, hotwords=options.hotwords),
        suppressed=get_suppressed_tokens(tokenizer, [-1]),
        beam_size=options.beam_size,
        temperatures=options.temperature,
        in_language=in_language,
    )


def _decoded(decoder: WindowDecoder, asked: Asked, chunks: Iterable[Chunk], spoken: _Spoken) -> Iterator[AskedWindow]:
    """Yield the windows that the chunks become, decoded, in order.

    What nobody waits for any more is abandoned. A batch that is being decoded ends by itself, in the decoder's thread.
    """
    cancellation = current()
    ahead: deque[AskedWindow] = deque()
    most = FIRST_AHEAD
    try:
        for number, chunk in enumerate(chunks):
            ahead.append(decoder.submit(asked, number, chunk, spoken.encoded if number == spoken.number else None))
            while ahead and (ahead[0].result.done() or len(ahead) >= most):
                cancellation.wait_for(ahead[0].result)
                yield ahead.popleft()
                most = MOST_AHEAD
        while ahead:
            cancellation.wait_for(ahead[0].result)
            yield ahead.popleft()
    finally:
        for window in ahead:
            window.abandon()


def _segments(window: AskedWindow, asked: Asked, options: TranscribeOptions, earliest: float) -> Iterator[Segment]:
    """Yield what was said in a window, by sentences; nothing begins before `earliest`."""
    for part in window.result.result():
        for segment in _sentences(part, window.chunk, asked, options, earliest):
            yield segment
            earliest = segment.end or earliest


def _sentences(
    part: DecodedPart, chunk: Chunk, asked: Asked, options: TranscribeOptions, earliest: float
) -> Iterator[Segment]:
    text, aligned, language = part
    if text.is_silence or not any(map(str.isalnum, text.text)):
        return
    start, end = chunk.times(0.0, chunk.samples.size / SAMPLE_RATE)
    whole = Segment(
        id=0,
        start=start,
        end=end,
        text=text.text.strip(),
        language=language,
        confidence=min(math.exp(text.avg_logprob), 1.0),
        avg_logprob=text.avg_logprob,
        compression_ratio=text.compression_ratio,
        no_speech_prob=text.no_speech_prob,
        temperature=text.temperature,
        seek=chunk.seek(0),
        tokens=text.tokens,
    )
    words = list(timed_words(aligned, chunk, 0.0, earliest))
    options = replace(options, language=language)
    yield from timed_segments(whole, aligned, words, sentences, options, asked.tokenizer.tokenizer)
