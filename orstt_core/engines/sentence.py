"""A sentence that is read aloud, and its words: something to hear where nobody has handed in a recording yet."""

from __future__ import annotations

import hashlib
import wave
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "data/sentence.wav"
"""Mono at 16 kHz; `orstt_core/data/README.md` says where it is from."""
LANGUAGE = "en"
TEXT = "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do for them"


def sentence() -> NDArray[np.float32]:
    """Return it as float32 mono samples at 16 kHz, shape (n,), within [-1, 1]."""
    import numpy as np

    with files("orstt_core").joinpath(FILE).open("rb") as file, wave.open(file) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32) / np.float32(2**15)


def sentence_digest() -> str:
    """Return the SHA-256 of the sound's file, in hexadecimal."""
    return hashlib.sha256(files("orstt_core").joinpath(FILE).read_bytes()).hexdigest()
