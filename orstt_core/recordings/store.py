"""RecordingStore: where the bytes of recordings are: a folder of this machine, or later some shared storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import Struct


class Blob(Struct, frozen=True, kw_only=True):
    """Bytes that were stored.

    Attributes:
        name: names them in their store, and nothing else: what is stored again gets another name, so that removing
            the one cannot hit the other. Only `restore` gives a name again, one whose bytes are gone.
        sha256: the SHA-256 of the bytes, in hexadecimal digits.
    """

    name: str
    sha256: str


class RecordingStore(Protocol):
    """Bytes by name. Nothing here blocks the event loop."""

    async def put(self, source: Path | BinaryIO, *, sha256: str = "") -> Blob:
        """Store bytes; when this returns they survive a power cut.

        As long as no row names them a `sweep` leaves them for ten minutes at least.

        Args:
            source: a file, which becomes the store's whatever comes of it, or an open one, which is read to its end.
            sha256: of a file's bytes, where whoever wrote them has counted it; else it is counted here.

        Raises:
            FileProblem: the store cannot be written.
            StorageFull: it is full.
            Busy: no file can be opened just now.
        """
        ...

    def local_path(self, name: str) -> AbstractAsyncContextManager[Path]:
        """Lend a file on this machine that holds the bytes; its path means nothing once the context was left.

        Raises:
            FileProblem, StorageFull, Busy: they cannot be brought here.
        """
        ...

    async def remove(self, name: str) -> None:
        """Remove bytes; nothing happens where there are none (any more).

        Raises:
            FileProblem: they cannot be removed now.
        """
        ...

    async def restore(self, name: str, stored: str) -> None:
        """Let bytes that were stored just now take the name of the same ones that are gone, unless these are there.

        Args:
            name: the one that a row gives, which the caller has locked.
            stored: the name that `put` gave; nothing has it any more where it was needed.

        Raises:
            FileProblem, StorageFull, Busy: they cannot be brought there.
        """
        ...

    async def has_room(self) -> bool:
        """Tell whether a recording could be stored and decoded; true where that is not known."""
        ...

    async def sweep(self, named: Callable[[], Awaitable[Collection[str]]]) -> None:
        """Remove what processes that died left behind.

        Args:
            named: returns the names that rows know. Asked after looking at what is there: what is stored meanwhile
                stays.
        """
        ...
