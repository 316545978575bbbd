"""What an engine says of itself, and the first of its three methods: nothing here needs the weights."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from orstt_core.engines.base import BaseSTT
from orstt_core.engines.inspection import inspect_engine
from orstt_core.errors import AudioError
from orstt_core.languages import language_name
from orstt_core.option_fields import fields_of
from orstt_core.testing.subject import Subject
from orstt_core.testing.violation import Violation, require
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECRET = re.compile(r"(?:^|_)(?:key|password|secret|token|credentials?)$")
"""How the name of an option ends that should be none: options are stored and shown."""
RATES = (8_000, 44_100, SAMPLE_RATE)
LENGTH_TOLERANCE = 0.01
"""Seconds by which resampling may change the length."""
LEAST, MOST = 0.3, 0.7
"""Between these the loudest sample must lie of a tone whose loudest is 0.5."""


def imports_lazily(subject: Subject) -> None:
    """Importing the class loads none of the libraries that it requires."""
    before = set(sys.modules)
    loaded = sorted(set(subject.kind.requires) & (set(sys.modules) - before))
    require(not loaded, f"Importing it imports {', '.join(loaded)}: do that inside methods, listing engines is cheap.")


def presents_itself(subject: Subject) -> None:
    """It is available here, and says what it is called, what it can do and what it runs on."""
    info = inspect_engine(subject.configuration.model_type, subject.kind)
    install = f" Type: {info.install}" if info.install else ""
    require(info.available, f"It is not available: {info.reason}{install}")
    require(subject.kind.title, "Its title is empty: people would read the name of the class.")
    language = subject.configuration.language
    require(
        subject.understands(language),
        f"The model does not know {language_name(language)}: give a recording in a language that it declares, on the "
        "command line as --audio FILE --language CODE.",
    )
    device = subject.configuration.device
    require(device in info.compute_types, f"It cannot run on {device} here: `devices` has {info.compute_types}.")


def describes_its_options(subject: Subject) -> None:
    """Its options are described, frozen, take no unknown name, and none of them is a secret."""
    options = subject.kind.Options
    require(issubclass(options, BaseSTT.Options), "Options must inherit from BaseSTT.Options.")
    config = options.__struct_config__
    require(
        config.frozen and config.forbid_unknown_fields,
        "Declare Options with frozen=True, kw_only=True, forbid_unknown_fields=True.",
    )
    for field in fields_of(options):
        require(field.description, f"The option {field.name} needs a description: a form shows it.")
        require(
            not SECRET.search(field.name),
            f"The option {field.name} looks like a secret; whoever may list models reads options. Take secrets from "
            "the environment or a file.",
        )


def preprocesses_sound(subject: Subject) -> None:
    """`preprocess` makes float32 mono at 16 kHz of what is sound, and refuses what is none."""
    import numpy as np

    engine = subject.build()
    for rate in RATES:
        tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
        stereo = np.stack([tone, tone], axis=1)
        for kind, samples in (("int16", (stereo * 2**15).astype(np.int16)), ("float64", tone)):
            _verify_preprocessed(engine.preprocess((rate, samples)), f"A second of {kind} at {rate} Hz")
    for what, samples in (("no samples", np.zeros(0)), ("a NaN", np.array([0.0, np.nan] * 500))):
        _verify_refusal(engine, samples, what)


def _verify_preprocessed(samples: NDArray[np.float32], what: str) -> None:
    import numpy as np

    require(isinstance(samples, np.ndarray), f"{what} becomes {type(samples).__name__}, not an array.")
    require(samples.dtype == np.float32 and samples.ndim == 1, f"{what} becomes {samples.dtype}, {samples.ndim}-D.")
    require(
        abs(samples.size - SAMPLE_RATE) <= LENGTH_TOLERANCE * SAMPLE_RATE,
        f"{what} becomes {samples.size} samples, where {SAMPLE_RATE} are due.",
    )
    loudest = float(np.abs(samples).max())
    require(LEAST < loudest < MOST, f"{what} whose loudest sample is 0.5 becomes one of {loudest:.3g}.")


def _verify_refusal(engine: BaseSTT, samples: NDArray[np.generic], what: str) -> None:
    import numpy as np

    try:
        found = engine.preprocess((SAMPLE_RATE, samples))
    except AudioError:
        return
    except Exception as error:
        raise Violation(f"Of {what} `preprocess` raises {type(error).__name__}: {error}; AudioError is due.") from error
    require(np.isfinite(found).all(), f"Of {what} `preprocess` makes samples that are no numbers.")


CHECKS = (imports_lazily, presents_itself, describes_its_options, preprocesses_sound)
