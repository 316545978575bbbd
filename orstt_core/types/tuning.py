"""What `orstt tune` tries of a model, measures and keeps."""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

from orstt_core.types.options import OptionValue
from orstt_core.types.timestamps import Timestamp


class TuningChoice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of a model's setting that may make it faster.

    Attributes:
        options: of the engine; None is an option's default.
        compute_type: empty: it stays as it is.
    """

    options: dict[str, OptionValue] = {}
    compute_type: str = ""


class ModelSetting(Struct, frozen=True, kw_only=True):
    """What of a model is tuned.

    Attributes:
        options: those of its engine that are not left at their defaults.
    """

    compute_type: str
    options: dict[str, OptionValue] = {}

    def changed(self, choice: TuningChoice) -> ModelSetting:
        """Return the setting with a choice in it."""
        options = {**self.options, **choice.options}
        return ModelSetting(
            compute_type=choice.compute_type or self.compute_type,
            options={name: value for name, value in options.items() if value is not None},
        )

    @property
    def in_words(self) -> str:
        """A few words, such as `int8, workers=2`."""
        return ", ".join([self.compute_type, *(f"{name}={value}" for name, value in sorted(self.options.items()))])


class TuningFigures(Struct, frozen=True, kw_only=True):
    """What a setting takes, the model being loaded: medians of several runs.

    Attributes:
        clip_seconds: of wall time, for a sentence of some 7 s.
        long_seconds: of wall time, for that sentence many times over, with pauses.
        long_duration: how long that recording is, in seconds.
        wrong_words: of both together, the most of all runs.
        memory: most bytes that its process used (resident set).
    """

    clip_seconds: float
    long_seconds: float
    long_duration: float
    wrong_words: int
    memory: int


class TuningTrial(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A setting that was tried by turns with the one as it was.

    Attributes:
        before: of the setting as it was, in the same minutes.
        after: of the one that was tried.
        problem: why it could not be tried; there are no figures then.
        kept: whether it is faster than all before it, and as accurate as the setting as it was.
    """

    setting: ModelSetting
    before: TuningFigures | None = None
    after: TuningFigures | None = None
    problem: str = ""
    kept: bool = False

    @property
    def speed(self) -> float:
        """How many times as fast it is as the setting as it was: the geometric mean over clip and long recording."""
        if self.before is None or self.after is None:
            return 0.0
        clip = self.before.clip_seconds / self.after.clip_seconds
        return sqrt(clip * self.before.long_seconds / self.after.long_seconds)

    @property
    def accurate(self) -> bool:
        """Whether it hears no more words wrongly than the setting as it was."""
        if self.before is None or self.after is None:
            return False
        return self.after.wrong_words <= self.before.wrong_words


class Machine(Struct, frozen=True, kw_only=True):
    """What of a machine decides which setting is the fastest on it.

    Attributes:
        processor: the name of its model; empty: not known.
        cores: those that this program may use.
        memory_gb: rounded, in powers of 1024.
        gpus: names of NVIDIA's, as the driver has them.
    """

    processor: str
    cores: int
    memory_gb: int
    gpus: list[str] = []


class Tuning(Struct, frozen=True, kw_only=True):
    """How a model was tuned.

    Attributes:
        model: its name.
        weights: which ones it had.
        libraries: versions of what its engine computes with.
        before: what it was set to before it was first tuned on this machine: what is put back by `--undo`.
        after: what it was set to.
        trials: what was tried, in order.
    """

    model: str
    model_type: str
    weights: str
    device: str
    machine: Machine
    libraries: dict[str, str]
    at: Timestamp
    before: ModelSetting
    after: ModelSetting
    trials: list[TuningTrial]

    @property
    def best(self) -> TuningTrial | None:
        """The trial whose setting was stored; None: the setting was left as it was."""
        return next((trial for trial in reversed(self.trials) if trial.kept), None)


class TuningStatus(Struct, frozen=True, kw_only=True, tag_field="event", tag="status"):
    """What is being done now, in a few words."""

    text: str


class TuningTried(Struct, frozen=True, kw_only=True, tag_field="event", tag="tried"):
    """A setting was tried, and it is decided whether it is kept."""

    trial: TuningTrial


class Tuned(Struct, frozen=True, kw_only=True, tag_field="event", tag="tuned"):
    """The last event of a tuning that came to its end. One that fails raises its OrsttError instead."""

    tuning: Tuning


TuningEvent = TuningStatus | TuningTried | Tuned
