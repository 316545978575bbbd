"""What Whisper's encoder makes of the padding after speech, kept to be shown to the decoder after short windows.

Whisper learned on half minutes: speech, and silence up to the end. Given a short input alone its decoder does not see
that end, and says the last sentence again and again. More silence does help, but costs encoding. What the encoder makes
of padding hardly depends on the speech before it, so it is encoded once, after a sentence, kept with what is derived of
the weights, and appended from then on.
Encoded by itself, without speech before it, it makes loops of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orstt_core.engines.sentence import sentence, sentence_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.aligning_model import AligningWhisperModel
    from orstt_core.weights.derived import DerivedFiles

MARGIN_FRAMES = 100
"""Padding that is encoded with each window, 1 s: with 0.3 s and less more words are lost."""
FULL_FRAMES, FULL_POSITIONS = 3000, 1500
"""The half minute that Whisper learned on: features of 10 ms, outputs of 20 ms."""
FILE = "padding.npy"


class PaddingMemory:
    """Encodes windows and joins them to what a decoder is shown.

    Args:
        model: a loaded model.
        derived: keeps what the encoder makes of padding; None: nothing is kept.
    """

    def __init__(self, model: AligningWhisperModel, derived: DerivedFiles | None = None) -> None:
        self._model = model
        self._derived = derived
        self._encoding = threading.Lock()
        self._padding: NDArray[np.floating[Any]] | None = None

    def encode(self, samples: NDArray[np.float32], margin: int = MARGIN_FRAMES) -> NDArray[np.floating[Any]]:
        """Return the encoder's output for a window and some padding, shape (positions, width).

        Args:
            samples: float32 mono at 16 kHz, shape (n,), half a minute at most.
            margin: frames of padding after them; `FULL_FRAMES` fills the half minute.
        """
        import numpy as np

        features = self._model.feature_extractor(samples, padding=0)
        length = min(features.shape[1] + margin, FULL_FRAMES)
        # One position is two frames; zeros are what the library pads features with.
        padded = np.zeros((features.shape[0], length + length % 2), np.float32)
        padded[:, : features.shape[1]] = features[:, : padded.shape[1]]
        return self._model.encoded(padded)

    def padded(self, encoded: Sequence[NDArray[np.floating[Any]]], padding: int) -> NDArray[np.floating[Any]]:
        """Return several windows as one batch, each with padding after it up to a common length.

        Args:
            encoded: the encoder's output for each.
            padding: how many positions of it the longest gets.
        """
        import numpy as np

        length = min(max(map(len, encoded)) + padding, FULL_POSITIONS)
        batch = np.empty((len(encoded), length, encoded[0].shape[1]), encoded[0].dtype)
        for row, window in zip(batch, encoded, strict=True):
            row[: len(window)] = window
            row[len(window) :] = self._after_speech()[FULL_POSITIONS - length + len(window) :]
        return batch

    def _after_speech(self) -> NDArray[np.floating[Any]]:
        with self._encoding:
            if self._padding is None:
                self._padding = self._kept()
            return self._padding

    def _kept(self) -> NDArray[np.floating[Any]]:
        import numpy as np

        if self._derived is not None:
            model = self._model.model
            kind = f"padding-{model.device}-{model.compute_type}"  # each computes something else
            if folder := self._derived.folder(kind, self._write, made_of=sentence_digest()):
                with suppress(OSError, ValueError):  # it went away just now
                    return np.asarray(np.load(folder / FILE))
        return self._encoded_padding()

    def _write(self, folder: Path) -> None:
        import numpy as np

        np.save(folder / FILE, self._encoded_padding())

    def _encoded_padding(self) -> NDArray[np.floating[Any]]:
        return self.encode(sentence(), FULL_FRAMES)
