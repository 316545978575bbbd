"""The checks of the conformance kit that every engine is put to in CI: those that transcribe once or twice."""

import os

from orstt_core.testing import CHECKS

LONG_CHECKS = (
    "loads-beside-another",
    "streams-segments",
    "can-be-left",
    "keeps-transcriptions-apart",
    "forgets-what-was-before",
    "takes-any-sound",
    "honours-options-it-declares",
    "gives-memory-back",
)
"""Together they transcribe some fifty times. `python -m orstt_core.testing TYPE MODEL` makes them all."""
EVERYTHING = bool(os.environ.get("ORSTT_WHOLE_KIT"))
"""Whether the long ones are made as well, as `just conformance` asks for: it takes half an hour."""
QUICK_CHECKS = [name for name in CHECKS if EVERYTHING or name not in LONG_CHECKS]
