"""Where model files are, by format: find, join from packages, fetch with progress, verify.

Invariant: what `obtain` returns is a folder with every file that the format asks for, none of them known to be
damaged. `locate` only looks: it never asks a network and never loads native code.
"""

from orstt_core.weights.location import Kind, Location, locate
from orstt_core.weights.memory import Memory, machine_memory, requirements
from orstt_core.weights.provision import obtain

__all__ = ["Kind", "Location", "Memory", "locate", "machine_memory", "obtain", "requirements"]
