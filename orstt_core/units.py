"""The two numbers that every room counts in: the rate of the sound that engines get, and the size of a mebibyte."""

SAMPLE_RATE = 16_000
"""Hz; what every Whisper model was trained on, and what any engine is given."""
SAMPLE_BYTES = 4
"""Of a float32 sample."""
MIB = 1 << 20
"""Bytes; settings of memory and upload sizes are given in it."""
