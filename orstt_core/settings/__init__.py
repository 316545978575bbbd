"""Every setting in one place: environment, then the settings file, then the default.

A setting `name` is read from the environment variable `ORSTT_NAME`, then from the key `name` of the TOML
file `config.toml` in the platform's configuration folder (or the file `ORSTT_CONFIG` names). A secret may
also stand in a file: `ORSTT_API_KEY_FILE=/run/secrets/key`.
"""

from __future__ import annotations

from orstt_core.settings.fields import CREDENTIALS, HIDDEN, SECRETS, DecodeLimits, EngineSettings, Settings
from orstt_core.settings.reading import PREFIX, config_file, environ_without_secrets, load_settings, unknown_variables

__all__ = [
    "CREDENTIALS",
    "HIDDEN",
    "PREFIX",
    "SECRETS",
    "DecodeLimits",
    "EngineSettings",
    "Settings",
    "config_file",
    "environ_without_secrets",
    "load_settings",
    "unknown_variables",
]
