"""Presets: named sets of what a transcription is asked for, kept in a file that commands and screens share.

`presets.toml` beside the settings file has a table for each: the options of a transcription by their names, and beside
them `model` and `format`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, json

from orstt_core.conversion import convert
from orstt_core.errors import InvalidRequest, OrsttError, SettingsError
from orstt_core.formats import FORMATS
from orstt_core.option_fields import checked_values, fields_of, in_words
from orstt_core.settings import config_file
from orstt_core.types import TranscribeOptions
from orstt_core.types.options import OptionValue

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

LONGEST_NAME = 60
"""Characters that a preset's name may have."""


class Preset(Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        name: of the preset.
        model: name of the model; empty: whichever is active.
        format: how transcripts are written; empty: as usual.
        options: those of `TranscribeOptions` that are not left at their defaults, by name.
    """

    name: str
    model: str = ""
    format: str = ""
    options: dict[str, OptionValue] = {}

    @property
    def words(self) -> str:
        """What it asks for, in one line."""
        titles = {field.name: field.title for field in fields_of(TranscribeOptions)}
        said = [f"{titles[name]} {in_words(value)}" for name, value in self.options.items()]
        return ", ".join([*([self.model] if self.model else []), *said, *([self.format] if self.format else [])])


def presets_file() -> Path:
    """Return where presets are kept."""
    return config_file().with_name("presets.toml")


def make_preset(name: str, options: TranscribeOptions, *, model: str = "", form: str = "") -> Preset:
    """Return a preset of what was asked for.

    Raises:
        InvalidRequest: the name is none for a preset.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"A preset needs a name of 1 to {LONGEST_NAME} characters in one line.", field="name")
    given = json.decode(json.encode(options), type=dict[str, OptionValue])
    values = checked_values(fields_of(TranscribeOptions), given)
    return Preset(name=name.strip(), model=model, format=form, options=values)


def read_presets() -> tuple[dict[str, Preset], list[str]]:
    """Return the presets by their names, and what is wrong with the file, by its line: those are left out."""
    from orstt_core.toml_file import read_toml

    path = presets_file()
    try:
        tables = read_toml(path)
    except SettingsError as error:
        return {}, [error.message]
    presets, problems = {}, []
    for name, values in tables.items():
        try:
            presets[name] = preset_of(name, values)
        except OrsttError as error:
            line = _line_of(path, name, getattr(error, "field", ""))
            problems.append(f"{path}, line {line}: the preset {name!r}: {error.message}")
    return presets, problems


def preset_named(name: str) -> Preset:
    """Return a preset.

    Raises:
        InvalidRequest: there is none of that name, or something is wrong with it.
    """
    presets, problems = read_presets()
    if name in presets:
        return presets[name]
    wrong = [problem for problem in problems if f" {name!r}: " in problem] or (problems if not presets else [])
    if wrong:
        raise InvalidRequest(wrong[0], hint=f"Mend it in {presets_file()}.", field="preset")
    known = f"There are: {', '.join(presets)}." if presets else "`orstt presets save` makes one."
    raise InvalidRequest(f"There is no preset called {name[:LONGEST_NAME]!r}.", hint=known, field="preset")


def save_preset(preset: Preset) -> None:
    """Keep a preset, in the place of one of the same name.

    Raises:
        SettingsError: the file is no TOML: it is left as it is.
        StorageFull, FileProblem: it cannot be written.
    """
    from orstt_core.toml_file import change_toml

    table = table_of(preset)

    def keep(document: TOMLDocument) -> None:
        document[preset.name] = table

    change_toml(presets_file(), keep)


def table_of(preset: Preset) -> Table:
    """Return what a file has of a preset, below its name."""
    import tomlkit

    table = tomlkit.table()
    table.update({name: value for name, value in (("model", preset.model), ("format", preset.format)) if value})
    table.update(preset.options)
    return table


def delete_preset(name: str) -> None:
    """Remove a preset, also one with which something is wrong.

    Raises:
        InvalidRequest: there is none of that name.
        SettingsError, StorageFull, FileProblem: as `save_preset`.
    """
    from orstt_core.toml_file import change_toml, read_toml

    if name not in read_toml(presets_file()):
        preset_named(name)

    def remove(document: TOMLDocument) -> None:
        del document[name]

    change_toml(presets_file(), remove)


def preset_of(name: str, values: object) -> Preset:
    """Return a preset as a file has it.

    Raises:
        InvalidRequest: something is wrong with it.
    """
    if not isinstance(values, Mapping):
        raise InvalidRequest("it is no table: begin it with its name in brackets.")
    given = dict(values)
    model, form = given.pop("model", ""), given.pop("format", "")
    if not isinstance(model, str):
        raise InvalidRequest("model is the name of a model, as text.", field="model")
    if form and form not in FORMATS:
        raise InvalidRequest(f"format is one of {', '.join(FORMATS)}.", field="format")
    return make_preset(
        name, convert(checked_values(fields_of(TranscribeOptions), given), TranscribeOptions), model=model, form=form
    )


def _line_of(path: Path, name: str, field: str) -> int:
    """Return the line of the file on which a preset, or a key of it, stands; the first where that is not found."""
    inside = False
    found = 1
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        key, _, _ = line.partition("=")
        if re.match(r"\s*\[", line):
            inside = line.strip().strip("[]").strip().strip("\"'") == name
            found = number if inside else found
        elif key.strip().strip("\"'") == (field if inside else name):
            return number
    return found
