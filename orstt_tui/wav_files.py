"""WAV files in memory: a part of one, and one that plays slower without sounding lower.

For that, pieces of it are moved apart and joined where their waves fit (WSOLA): W. Verhelst and M. Roelands, "An
overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale modification of speech", ICASSP
1993. Programs that play sound can seldom do it by themselves.
"""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECE_SECONDS, SEARCH_SECONDS = 0.04, 0.01
"""Pieces hold some periods of a voice; each is taken from where its wave goes on best, so far around its place."""


def excerpt(wav: bytes, start: float, end: float) -> bytes:
    """Return the part of a WAV file between two times in seconds, as far as there is one."""
    parameters, samples = _read(wav)
    return _written(parameters, samples[round(start * parameters.framerate) : round(end * parameters.framerate)])


def slowed(wav: bytes, speed: float) -> bytes:
    """Return a WAV file of 16-bit mono that plays at another speed: 0.75 is slower, 1 as it was."""
    import numpy as np

    parameters, samples = _read(wav)
    stretched = _stretched(samples.astype(np.float32), speed, parameters.framerate)
    return _written(parameters, np.clip(np.rint(stretched), -32768, 32767).astype("<i2"))


def _read(wav: bytes) -> tuple[wave._wave_params, NDArray[np.int16]]:
    import numpy as np

    with wave.open(io.BytesIO(wav)) as file:
        return file.getparams(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def _written(parameters: wave._wave_params, samples: NDArray[np.int16]) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams(parameters)
        file.writeframes(samples.tobytes())
    return target.getvalue()


def _stretched(samples: NDArray[np.float32], speed: float, rate: int) -> NDArray[np.float32]:
    import numpy as np

    hop, search = round(PIECE_SECONDS * rate / 2), round(SEARCH_SECONDS * rate)
    window = np.hanning(2 * hop + 1)[:-1].astype(np.float32)
    count = int(samples.size / speed / hop)
    padded = np.pad(samples, (hop + search, 3 * hop + search))
    target = np.zeros((count + 1) * hop, np.float32)
    place = hop + search
    for number in range(count):
        if number:
            wanted = padded[place + hop : place + 3 * hop]  # what follows the piece before
            around = hop + search + round(number * hop * speed)
            nearby = padded[around - search : around + search + 2 * hop]
            place = around - search + int(np.correlate(nearby, wanted, "valid").argmax())
        target[number * hop : (number + 2) * hop] += window * padded[place : place + 2 * hop]
    return target[: round(samples.size / speed)]
