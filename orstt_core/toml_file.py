"""A TOML file that a person keeps: changed where it must be, with comments and order as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orstt_core.disk import folder_lock, why_not
from orstt_core.errors import FileProblem, SettingsError
from orstt_core.whole_file import OTHERS_READ, write_whole

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file holds; nothing where there is none.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
    """
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error


def change_toml(path: Path, change: Callable[[TOMLDocument], None], mode: int = OTHERS_READ) -> None:
    """Change a file, which need not be there yet; it is replaced whole. Programs that change it at once take turns.

    Args:
        path: the file.
        change: changes the document.
        mode: as for `write_whole`.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
        StorageFull, FileProblem: it cannot be written; it is as it was then.
    """
    import tomlkit

    with ExitStack() as alone:
        folder = path.resolve().parent  # the file itself is another one after each change
        try:
            alone.enter_context(folder_lock(folder))
        except OSError as error:
            raise FileProblem(f"{folder} cannot be made: {why_not(error)}.") from error
        wanted = read_toml(path)  # says it in its own words if it is no TOML
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if wanted or path.exists() else tomlkit.document()
        change(document)
        write_whole(path, tomlkit.dumps(document), mode)


def put(document: TOMLDocument, name: str, value: object) -> None:
    """Give a key a value, in its place and with the comment behind it; a table there already keeps its comments."""
    import tomlkit

    held = document.get(name)
    if isinstance(value, Mapping):
        if isinstance(held, dict):
            for key in [key for key in held if key not in value]:
                held.remove(key)  # type: ignore[attr-defined]  # a table of tomlkit is a dict too
            held.update(value)
            return
        table = tomlkit.inline_table()
        table.update(value)
        value = table
    document[name] = value
