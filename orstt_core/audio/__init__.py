"""Anything a person has -> float32 mono at 16 kHz, within limits. Importing this loads nothing native."""

from orstt_core.audio.channels import OneChannel
from orstt_core.audio.mono import Limits
from orstt_core.audio.sound import Sound, check_file, decode, decode_to, resample, shown_name
from orstt_core.audio.tracks import OneTrack
from orstt_core.units import SAMPLE_RATE

__all__ = [
    "SAMPLE_RATE",
    "Limits",
    "OneChannel",
    "OneTrack",
    "Sound",
    "check_file",
    "decode",
    "decode_to",
    "resample",
    "shown_name",
]
