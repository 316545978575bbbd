"""Sounds that people hand in by mistake, silence, and where in a recording words lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orstt_core.errors import AudioError
from orstt_core.testing.subject import Subject, said, silence
from orstt_core.testing.violation import NotPromised, Violation, require
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

SILENCE_SECONDS = 20.0
"""Before somebody speaks."""
EARLY_SECONDS = 1.5
"""By which the first segment may begin before it: some sound is kept before speech, and segments are padded."""


def takes_any_sound(subject: Subject) -> None:
    """Nothing, a scrap, NaN, far too loud and far too quiet a sound is heard or refused as sound, whatever is in it."""
    for what, samples in _odd_sounds(subject.speech):
        try:
            subject.hear(samples)
        except AudioError:
            continue
        except Violation as violation:
            raise Violation(f"Of {what}: {violation}") from violation
        except Exception as error:
            raise Violation(f"Of {what} it raises {type(error).__name__}: {error}; AudioError is due.") from error


def hears_no_words_in_silence(subject: Subject) -> None:
    """Where nobody speaks there are no words."""
    import numpy as np

    noise = np.random.default_rng(1).normal(0, 1e-4, 5 * SAMPLE_RATE).astype(np.float32)
    scraps = [(f"{size} samples of nothing", np.zeros(size, np.float32)) for size in (0, 1, SAMPLE_RATE // 20)]
    for what, samples in (("five seconds of silence", silence(5)), ("five seconds of faint noise", noise), *scraps):
        try:
            text = said(subject.hear(samples))
        except AudioError:
            continue
        require(
            not text,
            f"In {what} it hears {text[:80]!r}. A WindowedSTT is given only the parts in which somebody speaks.",
        )


def times_count_from_the_beginning(subject: Subject) -> None:
    """Times are those of the recording, however long nobody speaks in it before."""
    import numpy as np

    if "segments" not in subject.kind.capabilities:
        raise NotPromised("It declares no `segments`: it gives no times.")
    segments = subject.hear(np.concatenate([silence(SILENCE_SECONDS), subject.speech]))
    require(segments, f"After {SILENCE_SECONDS:.0f} s of silence it hears nothing of what is said.")
    start = segments[0].start
    require(
        start is not None and start >= SILENCE_SECONDS - EARLY_SECONDS,
        f"The first segment begins at {start} s, where nobody speaks before {SILENCE_SECONDS:.0f} s.",
    )


def _odd_sounds(speech: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    import numpy as np

    holed = speech.copy()
    holed[speech.size // 2] = np.nan
    yield "no samples", speech[:0]
    yield "one sample", speech[:1]
    yield "a twentieth of a second", speech[: SAMPLE_RATE // 20]
    yield "speech with a NaN in it", holed
    yield "speech with an infinite sample", np.where(np.isnan(holed), np.inf, holed).astype(np.float32)
    yield "speech 80 dB too loud", speech * np.float32(1e4)
    yield "speech that is clipped throughout", np.clip(speech * np.float32(1e3), -1, 1)
    yield "speech 100 dB too quiet", speech * np.float32(1e-5)
    yield "a constant", np.full(3 * SAMPLE_RATE, 0.5, np.float32)


CHECKS = (takes_any_sound, hears_no_words_in_silence, times_count_from_the_beginning)
