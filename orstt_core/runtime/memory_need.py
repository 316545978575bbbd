"""How much memory a model will need, told before it is loaded."""

from __future__ import annotations

from orstt_core.errors import OrsttError
from orstt_core.runtime.probe import probe_engine
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.weights import requirements


def memory_need(spec: EngineSpec) -> int:
    """Return the bytes that a model needs at its peak, 0 where that is not known.

    Which kind of weights it has its engine says; the first look at that takes about a second.
    """
    try:
        return requirements(probe_engine(spec.model_type).weights_format, spec.model, spec.compute_type) or 0
    except OrsttError:  # whoever loads the model will hear of it
        return 0
