"""Errors of the service and its machine: it is busy, full, not reached, or set up wrongly."""

from __future__ import annotations

from orstt_core.errors.base import OrsttError


class Busy(OrsttError):
    """The queue or what others may share is full, or the machine has no process, memory or open file left just now."""

    code = "busy"
    status = 503
    exit_code = 8
    retry_after = 5


class ModelSuspended(OrsttError):
    """The model's engine died repeatedly; requests for it are refused for a short while."""

    code = "model_suspended"
    status = 503
    exit_code = 8
    retry_after = 30


class StorageFull(OrsttError):
    """The disk has no room for a recording, or for a transcript; nothing is wrong with the request."""

    code = "storage_full"
    status = 507
    exit_code = 5


class DatabaseUnavailable(OrsttError):
    """The database cannot be opened, migrated or reached."""

    code = "database_unavailable"
    status = 503
    exit_code = 5
    retry_after = 5


class ServerUnreachable(OrsttError, ConnectionError):
    """A remote server does not answer, or not as an OR-STT server does."""

    code = "server_unreachable"
    status = 503
    exit_code = 7


class SettingsError(OrsttError, ValueError):
    """A setting or the settings file is wrong."""

    code = "settings_error"
    exit_code = 2
