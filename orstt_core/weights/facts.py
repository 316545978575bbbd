"""What is known about a kind of weights: which files make a model, what memory it takes, and the models with a name.

The facts of each kind stand in a TOML file of its own, whose fields are those of `Facts`.
"""

from __future__ import annotations

from msgspec import Struct

from orstt_core.weights.files import FileRule


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
