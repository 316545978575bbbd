"""Which folders the terminal program watches, kept for its next start in a file beside the settings file.

`watched.toml` has a table for each folder: what a preset has, and whether it was being watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from orstt_core.conversion import convert
from orstt_core.errors import OrsttError, SettingsError
from orstt_core.settings import config_file
from orstt_core.types import TranscribeOptions, TranscribeRequest
from orstt_tui.folder_watch import WATCHED_FILE
from orstt_tui.presets import make_preset, preset_of, table_of

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


class KeptFolder(Struct, frozen=True, kw_only=True):
    """A folder that is watched, or was.

    Attributes:
        like: what is asked for, but for the recording.
        form: the format of the transcripts.
        watching: False where a person stopped it.
    """

    folder: Path
    like: TranscribeRequest
    form: str
    watching: bool


def watched_file() -> Path:
    """Return where they are kept."""
    return config_file().with_name(WATCHED_FILE)


def read_folders() -> tuple[list[KeptFolder], list[str]]:
    """Return the folders, and what is wrong with the others, or with the file."""
    from orstt_core.toml_file import read_toml

    try:
        tables = read_toml(watched_file())
    except SettingsError as error:
        return [], [error.message]
    folders, problems = [], []
    for name, values in tables.items():
        try:
            folders.append(_folder(name, values))
        except OrsttError as error:
            problems.append(f"{watched_file()}: the folder {name}: {error.message}")
    return folders, problems


def keep_folder(kept: KeptFolder) -> None:
    """Keep a folder, in the place of what was kept of it before.

    Raises:
        SettingsError: the file is no TOML: it is left as it is.
        StorageFull, FileProblem: it cannot be written.
    """
    from orstt_core.toml_file import change_toml

    table = table_of(make_preset("watched", kept.like.options, model=str(kept.like.model or ""), form=kept.form))
    table["watching"] = kept.watching

    def put(document: TOMLDocument) -> None:
        document[str(kept.folder)] = table

    change_toml(watched_file(), put)


def forget_folder(folder: Path) -> None:
    """Keep a folder no more; errors as of `keep_folder`."""
    from orstt_core.toml_file import change_toml

    def remove(document: TOMLDocument) -> None:
        document.pop(str(folder), None)

    change_toml(watched_file(), remove)


def _folder(name: str, values: object) -> KeptFolder:
    given = dict(values) if isinstance(values, Mapping) else {}
    watching = given.pop("watching", True) is True
    preset = preset_of("watched", given)
    options = convert(preset.options, TranscribeOptions)
    like = TranscribeRequest(audio=Path(name), model=preset.model or None, options=options)
    return KeptFolder(folder=Path(name), like=like, form=preset.format or "text", watching=watching)
