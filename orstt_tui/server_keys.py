"""The keys of servers: in the system's keyring where there is one, else in a file that nobody else can read.

The file goes before the keyring: a key that was put there was put there last, since one in the keyring leaves none in
the file.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orstt_core.errors import SettingsError
from orstt_core.settings import config_file
from orstt_core.toml_file import change_toml, read_toml
from orstt_core.whole_file import OWNER_ONLY

if TYPE_CHECKING:
    from types import ModuleType

    from tomlkit import TOMLDocument

logger = logging.getLogger(__name__)

SERVICE = "orstt"
"""What the keyring has our keys under."""
RECOMMENDED = 1
"""Priority from which keyring recommends one; below it are plain files, and those that take nothing."""
Place = Literal["keyring", "file", ""]


def keys_file() -> Path:
    """Return where keys stand that no keyring takes."""
    return config_file().with_name("server-keys.toml")


def store_key(name: str, key: str) -> Place:
    """Keep the key of a server, and return where.

    Raises:
        SettingsError, FileProblem, StorageFull: the file cannot be read or written.
    """
    if _to_keyring(name, key):
        _drop_from_file(name)
        return "keyring"

    def add(document: TOMLDocument) -> None:
        document[name] = key

    _check_mode()
    change_toml(keys_file(), add, OWNER_ONLY)
    return "file"


def read_key(name: str) -> str:
    """Return the key of a server; empty: none is kept.

    Raises:
        SettingsError: the file can be read by others, or cannot be read at all.
    """
    return _from_file(name) or _from_keyring(name)


def place_of_key(name: str) -> Place:
    """Return where the key of a server is kept; empty: none is.

    Raises:
        SettingsError: as `read_key`.
    """
    return "file" if _from_file(name) else "keyring" if _from_keyring(name) else ""


def forget_key(name: str) -> None:
    """Keep the key of a server no more.

    Raises:
        SettingsError, FileProblem, StorageFull: the file cannot be read or written.
    """
    _drop_from_file(name)
    if (keyring := _keyring()) is not None:
        try:
            keyring.delete_password(SERVICE, name)
        except keyring.errors.PasswordDeleteError:
            pass  # there was none
        except keyring.errors.KeyringError as error:
            logger.warning("The keyring does not let go of the key of %s: %s", name, type(error).__name__)


def _from_file(name: str) -> str:
    _check_mode()
    key = read_toml(keys_file()).get(name, "")
    return key if isinstance(key, str) else ""


def _drop_from_file(name: str) -> None:
    if _from_file(name):

        def remove(document: TOMLDocument) -> None:
            document.remove(name)

        change_toml(keys_file(), remove, OWNER_ONLY)


def _check_mode() -> None:
    path = keys_file()
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # none is there; one that cannot be read is told by reading it
    if stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"{path} holds keys, and others can read it.", hint=f"Close it: chmod 600 {path}")


def _to_keyring(name: str, key: str) -> bool:
    """Return whether the system's keyring took the key, and gives it back."""
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(SERVICE, name, key)
        return bool(keyring.get_password(SERVICE, name) == key)
    except keyring.errors.KeyringError as error:
        logger.info("No keyring takes the key of %s: %s", name, type(error).__name__)
        return False


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    if keyring is None:
        return ""
    try:
        return keyring.get_password(SERVICE, name) or ""
    except keyring.errors.KeyringError as error:
        logger.info("No keyring gives the key of %s: %s", name, type(error).__name__)
        return ""


def _keyring() -> ModuleType | None:
    """Return the library, which is an extra; None: it is not installed, or finds no keyring that it recommends."""
    if importlib.util.find_spec("keyring") is None:
        return None
    importlib.import_module("keyring.errors")
    keyring = importlib.import_module("keyring")
    return keyring if keyring.get_keyring().priority >= RECOMMENDED else None
