"""What is known about a kind of weights: which files make a model, what memory it takes, and the models with a name.

The facts of each kind stand in a TOML file of its own, whose fields are those of `Facts`.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.struct_types import complete
from orstt_core.weights.files import FileRule, is_plain_name, total_size

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPOSITORY = re.compile(rf"(?=.{{3,193}}$)(?!.*(?:--|\.\.))(?!.*\.git$){_NAME}/{_NAME}")


class Published(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as its publisher made it: `size` in bytes and the SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Repository(Struct, frozen=True, forbid_unknown_fields=True):
    """A model as it is published, in a hub repository or by the format's origin, with what is known about it.

    Attributes:
        name: what people call the model, e.g. `base`; for a repository nobody listed, `owner/name`.
        repo: `owner/name` on the hub; empty: the format's `origin` has it.
        parameters: how many weights the model has.
        revision: the commit that `files` describes; empty is the newest one.
        aliases: other names of the same model.
        requires: files that this model cannot do without although its format can.
        holds: the model's files where the repository holds several models; else they are the format's.
        files: the published files.
    """

    name: str
    repo: str = ""
    parameters: int | None = None
    revision: str = ""
    aliases: list[str] = []
    requires: list[str] = []
    holds: list[str] = []
    files: dict[str, Published] = {}


class Origin(Struct, frozen=True, forbid_unknown_fields=True):
    """A server other than the hub where a format's models are published.

    Attributes:
        title: whose it is, in a sentence.
        address: where the paths below begin; the setting `weights_mirrors` may name another one.
        path: of a file, with `{name}` of the model, or `{file}` and `{sha256}`. What ends with `.zip` is an archive,
            which holds the model's folder.
        index: path of a list of archives with their sizes and MD5 digests, as Vosk's is.
        names: pattern of the names of models that it may have beside those listed.
    """

    title: str
    address: str
    path: str
    index: str = ""
    names: str = ""

    @property
    def has_archives(self) -> bool:
        """Whether a model comes as one archive."""
        return self.path.endswith(".zip")


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A file in an installed package that is a piece of a model file.

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


class MemoryFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a loaded model takes.

    Attributes:
        working_bytes: what its process needs beside the weights.
        weight_bytes: bytes of each weight as it is computed with, by compute type; while weights are converted to it
            they are in memory as they are stored as well. Empty: they are used as they are stored.
    """

    working_bytes: int
    weight_bytes: dict[str, float] = {}


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What the TOML file of a format says.

    Attributes:
        title: what its models are called in a sentence, e.g. `Whisper model in CTranslate2's format`.
        files: what a folder with a model holds.
        stored_bytes: bytes of each weight in the files; tells sizes from parameters and the other way round.
        memory: what a loaded model takes; None: not known.
        models: those with a name, smallest first.
        carriers: packages that carry a model.
        origin: where those without a repository are published.
        folders: where other programs keep folders of such models, each called by its model's name; `$NAME` and `~`
            stand for what they do in a shell.
    """

    title: str
    files: list[FileRule]
    stored_bytes: float | None = None
    memory: MemoryFacts | None = None
    models: list[Repository] = []
    carriers: list[Carrier] = []
    folders: list[str] = []
    origin: Origin | None = None


class WeightsFormat:
    """A kind of weights, as an engine declares it by name.

    Attributes:
        name: e.g. `ctranslate2-whisper`.
        title: what its models are called in a sentence.
        models: those with a name, by each of their names, smallest first.
        carriers: the packages that carry a model, by its name.
        origin: the server that has the models without a repository; None: there is none.
    """

    def __init__(self, name: str, facts: Facts) -> None:
        self.name = name
        self.title = facts.title
        self._memory = facts.memory
        self.models = {each: model for model in facts.models for each in (model.name, *model.aliases)}
        self.carriers = {carrier.model: carrier for carrier in facts.carriers}
        self._files = facts.files
        self._stored_bytes = facts.stored_bytes
        self._folders = facts.folders
        self.origin = facts.origin

    @classmethod
    def read(cls, name: str, path: Path) -> WeightsFormat:
        """Return the format that a TOML file describes.

        Raises:
            OSError: it cannot be read.
            msgspec.DecodeError: it is no TOML, or describes no format.
        """
        return cls(name, msgspec.toml.decode(path.read_bytes(), type=complete(Facts)))

    def resolve(self, model: str) -> Repository | Path | None:
        """Tell what a reference means: a name, a hub repository or a folder; None when it is none of them.

        `owner/name` is a repository, and `owner/name:FILE` one model of several in it, unless such a folder exists. A
        folder comes back absolute, whether it exists or not; one that is called by its name alone exists.
        """
        if found := self._kept_folder(model) or self.models.get(model) or folder_of(model):
            return found
        if self._has_origin(model):
            return Repository(name=model)
        repo, _, file = model.partition(":")
        if not _REPOSITORY.fullmatch(repo):
            return None
        return self._single_file(repo, file) if file else self._of_hub(repo)

    def knows(self, model: str) -> bool:
        """Return whether a model is called that, or a repository is known to hold such models."""
        return model in self.models or self._has_origin(model) or bool(self.models_in(model.partition(":")[0]))

    def models_in(self, repo: str) -> list[str]:
        """Return the names of the models that a hub repository is known to hold."""
        return [name for name, each in self.models.items() if each.repo == repo and each.name == name]

    @property
    def is_single_file(self) -> bool:
        """Whether a model of this kind is a single file, so that several in a folder are several models."""
        return len(self._files) == 1 and self._files[0].weights

    def rules(self, model: Repository | Path | None = None) -> list[FileRule]:
        """Return which files a folder holds; those of a model where that says more, as one named by its file does."""
        if isinstance(model, Path) and self.is_single_file and self.is_weights_file(model):
            return [FileRule(names=[model.name], weights=True)]
        if model is None or isinstance(model, Path):
            return self._files
        if model.holds:
            return [FileRule(names=[name], weights=self._is_weights(name)) for name in model.holds]
        return [*self._files, *(FileRule(names=[name]) for name in model.requires)]

    def is_weights_file(self, path: Path) -> bool:
        """Return whether a path names a file of weights, which an engine may pick among others in its folder.

        Raises:
            OSError: it may not be looked at.
        """
        return self._is_weights(path.name) and path.is_file()

    def sizes(self, repository: Repository, *, pinned: bool = True) -> dict[str, int]:
        """Return the published bytes by file; unless `pinned` only of weights, which stay when small files change."""
        files = repository.files.items()
        return {name: file.size for name, file in files if pinned or self._is_weights(name)}

    def disk(self, repository: Repository) -> int | None:
        """Return the bytes of a model's files: as published, or an estimate; None is unknown."""
        if any(map(self._is_weights, repository.files)):
            return sum(file.size for file in repository.files.values())
        if repository.parameters is None or self._stored_bytes is None:
            return None
        return round(self._stored_bytes * repository.parameters)

    def memory_need(self, model: Repository | Path, compute_type: str) -> int | None:
        """Return the bytes that a model needs at its peak; None is unknown."""
        if self._memory is None:
            return None
        each = self._memory.weight_bytes
        if not each:
            weights: float | None = self._stored(model)
        elif (parameters := self._parameters(model)) is None or self._stored_bytes is None:
            weights = None
        else:  # both forms are in memory while one is made from the other
            weights = parameters * (self._stored_bytes + each.get(compute_type, max(each.values())))
        return None if weights is None else self._memory.working_bytes + round(weights)

    @property
    def described(self) -> str:
        """What a folder holds, for a sentence: `config.json, model.bin, vocabulary.txt (or vocabulary.json)`."""
        return ", ".join(_described(rule.names) for rule in self._files if rule.required)

    def _kept_folder(self, model: str) -> Path | None:
        """Return the folder of that name among those that other programs keep."""
        if not re.fullmatch(_NAME, model):
            return None
        kept = [os.path.expanduser(os.path.expandvars(folder)) for folder in self._folders]  # noqa: PTH111 - as below
        return next((Path(folder, model) for folder in kept if os.path.isdir(os.path.join(folder, model))), None)  # noqa: PTH112, PTH118 - as below

    def _has_origin(self, model: str) -> bool:
        return bool(self.origin and fnmatchcase(model, self.origin.names) and re.fullmatch(_NAME, model))

    def _of_hub(self, repo: str) -> Repository:
        named = self.models_in(repo)
        return self.models[named[0]] if len(named) == 1 else Repository(name=repo, repo=repo)

    def _single_file(self, repo: str, file: str) -> Repository | None:
        if not (self.is_single_file and self._is_weights(file) and is_plain_name(file)):
            return None
        named = (self.models[name] for name in self.models_in(repo))
        return next((each for each in named if each.holds == [file]), None) or Repository(
            name=f"{repo}:{file}", repo=repo, holds=[file]
        )

    def _parameters(self, model: Repository | Path) -> int | None:
        """Return how many weights a model has: as published, or as the size of a folder's files tells."""
        if isinstance(model, Repository):
            return model.parameters
        stored = self._stored(model)
        return round(stored / self._stored_bytes) if stored and self._stored_bytes else None

    def _stored(self, model: Repository | Path) -> int | None:
        """Return the bytes of the files that hold the weights; None is unknown."""
        if isinstance(model, Repository):
            return self.disk(model)
        try:
            if model.is_file():
                return model.stat().st_size
            return total_size(model, (rule for rule in self._files if rule.weights)) or None
        except OSError:
            return None

    def _is_weights(self, name: str) -> bool:
        return any(rule.weights and rule.matches(name) for rule in self._files)


def folder_of(model: str) -> Path | None:
    """Return the absolute folder that a reference means, whether it exists or not; None when it means none."""
    if not model.isprintable() or not model.strip():
        return None
    # Not pathlib's own: they raise for an unknown ~user and where a folder above may not be read.
    folder = Path(os.path.abspath(os.path.expanduser(model)))  # noqa: PTH100, PTH111 - see above
    if _REPOSITORY.fullmatch(model.partition(":")[0]):
        return folder if os.path.isdir(folder) else None  # noqa: PTH112 - see above
    return folder if model.startswith(("~", ".")) or os.sep in model else None


def _described(names: list[str]) -> str:
    return f"{names[0]} (or {', '.join(names[1:])})" if names[1:] else names[0]
