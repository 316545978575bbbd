"""Model files on the machine that does the work: which are here, whether they are right, what may go."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FileOutcome = Literal["right", "damaged", "missing", "unknown"]
LeftoverKind = Literal["download", "temporary", "joined", "derived", "weights"]


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file of a model: its name in the model's folder, and its bytes."""

    name: str
    size: int


class StoredWeights(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The files of one set of weights.

    Attributes:
        weights: a name that its format knows, a hub repository or a folder, as models refer to it.
        weights_format: which kind of weights; empty: the engine finds its files itself, so nothing is known of them.
        kind: where they are: a `folder` that a person named, the hub's `cache`, installed packages (`package`), on the
            `hub` only, on the `server` that sound is sent to, or nowhere (`absent`).
        size: bytes of the files here; 0: none are.
        files: those here; empty where packages hold them in parts that were not joined yet.
        models: configured models that use them.
        folder: where they are; empty for callers over the network.
        detail: what to know about it, as a sentence.
    """

    weights: str
    weights_format: str
    kind: Literal["folder", "cache", "package", "hub", "absent", "server", "unknown"]
    size: int = 0
    files: list[StoredFile] = []
    models: list[str] = []
    folder: str = ""
    detail: str = ""

    @property
    def is_here(self) -> bool:
        """Whether the files are on the machine that does the work."""
        return self.kind in {"folder", "cache", "package"}


class VerifiedFile(Struct, frozen=True, kw_only=True):
    """A file that was read and compared.

    Attributes:
        sha256: digest of what was read, in hexadecimal; empty: nothing could be read.
        outcome: `right`: it is the published one; `unknown`: nobody published a digest to compare it with.
    """

    name: str
    outcome: FileOutcome
    size: int = 0
    sha256: str = ""


class Verification(Struct, frozen=True, kw_only=True):
    """What reading every byte of a model's files found.

    Attributes:
        weights: which they are.
        files: each of them.
        detail: the finding in a sentence.
        fix: what mends it; empty where nothing is wrong.
    """

    weights: str
    files: list[VerifiedFile]
    detail: str
    fix: str = ""

    @property
    def is_right(self) -> bool:
        """Whether no file is damaged or missing."""
        return not any(file.outcome in {"damaged", "missing"} for file in self.files)


class Leftover(Struct, frozen=True, kw_only=True):
    """Something on the disk that no configured model needs.

    Attributes:
        kind: `download`: one that was not finished; `temporary`: a killed process left it; `joined`: files joined from
            packages; `derived`: what was worked out of weights, such as an int8 copy; `weights`: fetched or imported.
        name: what it is called on the disk, without the folders above.
        size: bytes it takes.
    """

    kind: LeftoverKind
    name: str
    size: int


class Pruned(Struct, frozen=True, kw_only=True):
    """What can be removed, or was.

    Attributes:
        leftovers: each of them.
        removed: whether they are gone; otherwise they were only looked for.
    """

    leftovers: list[Leftover]
    removed: bool

    @property
    def size(self) -> int:
        """Bytes of all together."""
        return sum(leftover.size for leftover in self.leftovers)
