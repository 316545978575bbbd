"""Errors of the work: weights, audio, engines and devices."""

from __future__ import annotations

from orstt_core.errors.base import OrsttError


class WeightsError(OrsttError):
    """Something is wrong with model files."""

    code = "weights_error"
    status = 409
    exit_code = 5


class WeightsNotFound(WeightsError, FileNotFoundError):
    """The model files are in none of the places looked at."""

    code = "weights_not_found"


class WeightsDamaged(WeightsError):
    """Model files are there but incomplete or not the published ones."""

    code = "weights_damaged"


class AudioError(OrsttError, ValueError):
    """The audio cannot be used."""

    code = "audio_error"
    status = 422
    exit_code = 6


class AudioEmpty(AudioError):
    """There is no sound in it at all: zero bytes or zero samples."""

    code = "audio_empty"


class AudioUnreadable(AudioError):
    """It is not audio, or too damaged to decode."""

    code = "audio_unreadable"


class OptionUnsupported(OrsttError):
    """The engine does not declare what was asked of it."""

    code = "option_unsupported"
    status = 422
    exit_code = 2


class EngineUnavailable(OrsttError, ImportError):
    """The engine is registered, but what it needs is not installed or does not start."""

    code = "engine_unavailable"
    status = 422
    exit_code = 5


class DeviceUnavailable(OrsttError):
    """The device or compute type is not to be had on this machine."""

    code = "device_unavailable"
    status = 422
    exit_code = 5


class EngineFailed(OrsttError, RuntimeError):
    """The engine raised, or its process died, while it worked."""

    code = "engine_failed"


class EngineDied(EngineFailed):
    """The engine's process ended, was ended because it hung, or outgrew its memory."""

    code = "engine_died"
