"""The checks of the conformance kit that every engine is put to in CI: those that transcribe once or twice."""

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
QUICK_CHECKS = [name for name in CHECKS if name not in LONG_CHECKS]
