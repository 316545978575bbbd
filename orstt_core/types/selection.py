"""Which model transcribes a recording, where that is not simply the one that was asked for."""

from __future__ import annotations

from msgspec import Struct


class SoundFacts(Struct, frozen=True, kw_only=True):
    """What a recording sounds like, as far as it was measured within milliseconds; None: it cannot be told.

    Attributes:
        duration: length in seconds.
        active_share: share of the time, 0 to 1, in which it is clearly louder than its background: an estimate of how
            much of it is speech.
        snr: level of the loud passages over that of the background, in dB: an estimate of the signal-to-noise ratio.
        bandwidth: highest frequency with energy in the loud passages, in Hz: 4000 or less of a telephone.
    """

    duration: float
    active_share: float | None = None
    snr: float | None = None
    bandwidth: float | None = None


AUTO = "auto"
"""The name by which a request leaves the choice of the model to the program."""


class ModelChoice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model that was chosen for a recording once it was decoded; its job keeps it, however often it is begun.

    Attributes:
        asked: what was asked for: `auto`, or the name of a model.
        model: name of the configured model that was chosen; empty: the choice is still to be made.
        why: the reason, a sentence or two for a person.
        language: which was heard in a short look at the recording, where none was asked for; empty: there was none.
        experiment: the id of the experiment that it was chosen for; empty: it was for none.
        arm: which side of the experiment the recording fell to.
        digest: the SHA-256 of the recording, by which it fell there, in hexadecimal digits.
        instead_of: the model whose transcript was not to be trusted, so that this one transcribed it once more.
        seconds_before: what that took, without loading.
    """

    asked: str
    model: str = ""
    why: str = ""
    language: str = ""
    experiment: str = ""
    arm: str = ""
    digest: str = ""
    instead_of: str = ""
    seconds_before: float = 0.0
