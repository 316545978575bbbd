"""WeightsFormat: what follows from the facts about a kind of weights, such as what a reference to a model means."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from orstt_core.struct_types import complete
from orstt_core.weights.facts import Facts, Repository
from orstt_core.weights.files import FileRule, is_plain_name, total_size

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPOSITORY = re.compile(rf"(?=.{{3,193}}$)(?!.*(?:--|\.\.))(?!.*\.git$){_NAME}/{_NAME}")


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
        places = (Path(folder, model) for folder in kept)
        return next((place for place in places if os.path.isdir(place)), None)  # noqa: PTH112 - as below

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
