"""Where model files are: find, join from packages, fetch with progress, verify.

Invariant: what `obtain` returns is a folder with every file that the engine needs, none of them known to be
damaged. `locate` only looks: it never asks a network and never loads native code.
"""

from orstt_core.weights.catalogue import FILES, SIZES, Repository
from orstt_core.weights.location import Kind, Location, locate
from orstt_core.weights.memory import Memory, machine_memory, requirements
from orstt_core.weights.provision import obtain

__all__ = [
    "FILES",
    "SIZES",
    "Kind",
    "Location",
    "Memory",
    "Repository",
    "locate",
    "machine_memory",
    "obtain",
    "requirements",
]
