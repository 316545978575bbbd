"""Tally: how many bytes of a model's files are here, told to whoever follows a download."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from orstt_core.errors import WeightsDamaged
from orstt_core.types import Loading

KINDS = {64: "sha256", 40: "git-sha1", 32: "md5"}
"""What a digest is, by its number of hexadecimal digits."""


class Wanted(Struct, frozen=True):
    """A file to fetch: its name, its bytes, and its digest: SHA-256, MD5, or Git's name for its content."""

    name: str
    size: int
    digest: str


class FileProgress(Struct, frozen=True):
    """How much of one file, and of all, is here, in bytes.

    Attributes:
        digest: begins with the kind of it, such as `sha256:`.
        done: bytes of the file so far.
        total: bytes of the file.
        overall_done: bytes of all files so far.
        overall_total: bytes of all files.
        fetched: how many of them came over the network, by this download.
    """

    digest: str
    done: int
    total: int
    overall_done: int
    overall_total: int
    fetched: int


class Tally:
    """Bytes that are here, over all files.

    Args:
        name: what is fetched, for a person.
        files: all of them.
        progress: hears of all files together.
        file_progress: hears of each.
    """

    def __init__(
        self,
        name: str,
        files: Iterable[Wanted],
        progress: Callable[[Loading], None],
        file_progress: Callable[[FileProgress], None] | None = None,
    ) -> None:
        self._name = name
        self._total = sum(file.size for file in files)
        self._progress, self._file_progress = progress, file_progress
        self._file: Wanted | None = None
        self._finished = self._done = self._fetched = 0
        self._report()

    @contextmanager
    def of(self, file: Wanted) -> Iterator[None]:
        """Count for this file until the block ends, when it is here as a whole."""
        self._file, self._done = file, 0
        yield
        self._finished += file.size
        self._done = 0
        self._report(file.size)
        self._file = None

    def found(self, count: int) -> None:
        """So many bytes of the file were here already."""
        self._done = count
        self._report(count)

    def add(self, count: int) -> None:
        """Count bytes that came; negative when they are fetched again.

        Raises:
            WeightsDamaged: they are more than the file has.
        """
        self._done += count
        self._fetched += max(0, count)
        if self._file and self._done > self._file.size:
            raise WeightsDamaged(
                f"{self._file.name} came damaged: it is larger than its publisher says. It was removed."
            )
        self._report(self._done)

    def say(self, detail: str) -> None:
        """Tell that something else is done meanwhile, such as waiting; raises what gives the download up."""
        self._progress(Loading(detail=detail))

    def _report(self, of_file: int = 0) -> None:
        done = self._finished + self._done
        self._progress(Loading(detail=f"fetching {self._name}", done=done, total=self._total))
        if self._file and self._file_progress:
            kind = KINDS[len(self._file.digest)]
            step = FileProgress(
                digest=f"{kind}:{self._file.digest}",
                done=of_file,
                total=self._file.size,
                overall_done=done,
                overall_total=self._total,
                fetched=self._fetched,
            )
            self._file_progress(step)
