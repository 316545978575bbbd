"""A model of whisper.cpp in memory, by its binding `_pywhispercpp`: what it makes of one window, as plain values.

The library prints what it does, and its OpenMP has threads spin while they wait: both are turned off here.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from orstt_core.engines.cancellation import current
from orstt_core.engines.ggml_file import Sizes, checked_sizes, damaged
from orstt_core.engines.token_words import DecodedSegment, DecodedToken
from orstt_core.errors import EngineFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENGLISH_VOCABULARY = 51864
"""Tokens of a model for English only; others have more."""
ALIGNED_SIZES = {(4, 4): "TINY", (6, 6): "BASE", (12, 12): "SMALL", (24, 24): "MEDIUM", (32, 4): "LARGE_V3_TURBO"}
"""Layers of encoder and decoder -> OpenAI's model, whose heads that tell the times of words are known."""
LARGE, NEW_LARGE_VOCABULARY = (32, 32), 51866
BEST_OF = 5
"""Readings that are sampled at a temperature above zero, as OpenAI's command has it."""
ERROR_LEVEL = 4
"""Of the library's messages (ggml.h, `GGML_LOG_LEVEL_ERROR`)."""
TICKS = 100
"""Whisper.cpp counts in hundredths of a second."""

_failures: list[str] = []
"""What the library said since the last model was begun to be loaded."""


class DecodingTask(NamedTuple):
    """How to decode a window; temperatures begin at one, and rise by a step up to 1 while it decodes badly."""

    language: str
    translate: bool
    prompt: str
    beam_size: int
    temperature: float
    temperature_step: float


class WhisperCppModel:
    """A loaded model; it serves one call at a time.

    Args:
        path: GGML weights.
        threads: of the CPU; 0 lets the library choose.
        aligned: measure when tokens end, without which their ends are of no use; it decodes a quarter slower.

    Raises:
        WeightsDamaged: the file holds none.
    """

    def __init__(self, path: Path, threads: int, *, aligned: bool) -> None:
        sizes = checked_sizes(path)
        self._library = binding()
        self._threads = threads
        self.is_multilingual = sizes.vocabulary > ENGLISH_VOCABULARY
        parameters = self._library.whisper_context_default_params()
        parameters.use_gpu = False
        if aligned:
            parameters.flash_attn = False  # it keeps no attention to align by
            parameters.dtw_token_timestamps = True
            heads, parameters.dtw_n_top = _heads(sizes)
            parameters.dtw_aheads_preset = getattr(
                self._library.whisper_alignment_heads_preset, f"WHISPER_AHEADS_{heads}"
            )
        _failures.clear()
        # What it returns looks the same when it failed, and to ask that anything crashes.
        self._context = self._library.whisper_init_from_file_with_params(str(path), parameters)
        if _failures:
            raise damaged(path)

    def free(self) -> None:
        """Give the memory back; the model is of no use afterwards."""
        self._library.whisper_free(self._context)

    def likelihoods(self, samples: NDArray[np.float32]) -> dict[str, float]:
        """Return how probable each language is in the first half minute of samples, by code."""
        import numpy as np

        library, threads = self._library, self._threads or os.cpu_count() or 1
        found = np.zeros(library.whisper_lang_max_id() + 1, np.float32)
        library.whisper_pcm_to_mel(self._context, samples, samples.size, threads)
        if library.whisper_lang_auto_detect(self._context, 0, threads, found) < 0:
            raise EngineFailed("whisper.cpp failed while it looked for the language.")
        return {library.whisper_lang_str(number): float(likelihood) for number, likelihood in enumerate(found)}

    def decode(self, samples: NDArray[np.float32], task: DecodingTask) -> list[DecodedSegment]:
        """Return what is said in one window of samples.

        Raises:
            WorkCancelled: nobody wants it any more; in the middle of the computation.
            EngineFailed: the library did not say why.
        """
        parameters, cancellation = self._parameters(task), current()
        self._library.assign_abort_callback(parameters, lambda: cancellation.requested)
        failed = self._library.whisper_full(self._context, parameters, samples, samples.size)
        cancellation.check()
        if failed:
            raise EngineFailed(f"whisper.cpp failed while it decoded, with its code {failed}.")
        count = self._library.whisper_full_n_segments(self._context)
        return [self._segment(number) for number in range(count)]

    def _parameters(self, task: DecodingTask) -> Any:
        strategies = self._library.whisper_sampling_strategy
        beams = task.beam_size > 1
        parameters = self._library.whisper_full_default_params(
            strategies.WHISPER_SAMPLING_BEAM_SEARCH if beams else strategies.WHISPER_SAMPLING_GREEDY
        )
        if beams:
            parameters.beam_search = {"beam_size": task.beam_size, "patience": -1.0}
        parameters.greedy = {"best_of": BEST_OF}
        parameters.print_progress = parameters.print_realtime = parameters.print_timestamps = False
        parameters.no_context = True
        parameters.language, parameters.translate = task.language, task.translate
        parameters.initial_prompt = task.prompt
        parameters.temperature, parameters.temperature_inc = task.temperature, task.temperature_step
        if self._threads:
            parameters.n_threads = self._threads
        return parameters

    def _segment(self, number: int) -> DecodedSegment:
        library, context = self._library, self._context
        return DecodedSegment(
            library.whisper_full_get_segment_t0(context, number) / TICKS,
            library.whisper_full_get_segment_t1(context, number) / TICKS,
            list(self._tokens(number)),
        )

    def _tokens(self, number: int) -> Iterator[DecodedToken]:
        """Yield those of the text: times and the end have tokens as well."""
        library, context = self._library, self._context
        end_of_text = library.whisper_token_eot(context)
        for place in range(library.whisper_full_n_tokens(context, number)):
            token = library.whisper_full_get_token_data(context, number, place)
            if token.id < end_of_text:
                spelt = library.whisper_token_to_bytes(context, token.id)
                yield DecodedToken(spelt, token.plog, token.t_dtw / TICKS)


@cache
def binding() -> Any:
    """Import the library, silent; threads that wait for each other sleep, as other work shares the cores.

    Raises:
        ImportError: it is not installed, or does not load.
    """
    before = os.environ.get("OMP_WAIT_POLICY")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when the library is loaded
    try:
        import _pywhispercpp
    finally:
        if before is None:
            del os.environ["OMP_WAIT_POLICY"]
    _pywhispercpp.whisper_log_set(_note)
    # It would call the function after the interpreter has ended.
    atexit.register(_pywhispercpp.whisper_log_set, None)
    return _pywhispercpp


def _note(level: int, text: str) -> None:
    if level == ERROR_LEVEL:
        _failures.append(text)


def _heads(sizes: Sizes) -> tuple[str, int]:
    """Return the set of attention heads that tell the times of words, and of how many layers, counted from the last.

    Unknown models have those of half of their layers, which is what openai-whisper does with them.
    """
    layers = (sizes.audio_layers, sizes.text_layers)
    if layers == LARGE:
        return "LARGE_V3" if sizes.vocabulary >= NEW_LARGE_VOCABULARY else "LARGE_V2", -1
    if name := ALIGNED_SIZES.get(layers):
        return f"{name}_EN" if sizes.vocabulary == ENGLISH_VOCABULARY else name, -1
    return "N_TOP_MOST", max(1, sizes.text_layers // 2)
