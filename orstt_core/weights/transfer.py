"""One file from an address to the disk: it goes on where it was cut, is proved, and only then has its name.

Invariant: `NAME.incomplete` grows beside the place of the file, under a lock, and is renamed once all its bytes were
compared with the digest. A process that is killed leaves it for the next one; what is wrong is removed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from orstt_core.errors import WeightsDamaged
from orstt_core.weights.attempts import LOOK_SECONDS, retry
from orstt_core.weights.files import git_blob, md5, sha256
from orstt_core.weights.tally import KINDS, Tally, Wanted

if TYPE_CHECKING:
    from huggingface_hub.utils.tqdm import tqdm

INCOMPLETE = ".incomplete"
"""Ends the name of what is not whole yet."""
RANGE_NOT_SATISFIABLE = 416
_DIGESTS = {"sha256": sha256, "git-sha1": git_blob, "md5": md5}


def part_of(target: Path) -> Path:
    """Return where a file grows."""
    return target.with_name(f"{target.name}{INCOMPLETE}")


def missing_bytes(target: Path, size: int) -> int:
    """Return how many bytes of a file are still to come, by a look at its size."""
    return size - min(size, max(_size(target), _size(part_of(target))))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another process may just have put it in its place
        return 0


def is_wanted(path: Path, file: Wanted) -> bool:
    """Return whether a file is there and has the digest; reads it."""
    return path.is_file() and path.stat().st_size == file.size and _digest(path, file) == file.digest


def transfer(url: str, headers: Mapping[str, str], file: Wanted, target: Path, tally: Tally) -> None:
    """Bring a file to its place, unless another process has done so meanwhile.

    Args:
        url: where it is.
        headers: to send; those that prove who asks go to that host only.
        file: what it must be.
        target: its place.
        tally: counts the bytes; may raise to give up.

    Raises:
        WeightsDamaged: what came is something else; it is removed.
        OSError: it cannot be written.
        Exception: what the HTTP client raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(target)
    with exclusive(part, lambda: tally.found(file.size - missing_bytes(target, file.size))) as out:
        if is_wanted(target, file):
            part.unlink()
            return
        try:
            _fetch(url, headers, file, out, tally)
            os.fsync(out.fileno())
            if (found := _digest(part, file)) != file.digest:
                raise _came_damaged(file, f"its digest is {found} instead of {file.digest}")
        except WeightsDamaged:
            part.unlink()
            raise
        part.replace(target)


def _fetch(url: str, headers: Mapping[str, str], file: Wanted, out: BinaryIO, tally: Tally) -> None:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get

    bar = _bar(tally)
    sent = {**headers, "Accept-Encoding": "identity"}  # what is compressed on its way has another length

    def go_on() -> None:
        there = out.seek(0, os.SEEK_END)
        if there > file.size:
            there = out.truncate(0)
        # The library takes part in it only: it would begin again from nothing in another process.
        http_get(url, out, resume_size=there, headers=sent, expected_size=file.size, tqdm_class=bar)

    try:
        retry(go_on, tally.say)
    except HfHubHTTPError as error:
        if error.response.status_code == RANGE_NOT_SATISFIABLE:
            raise _came_damaged(file, "it is shorter than its publisher says") from error
        raise
    except OSError as error:
        if str(error).startswith("Consistency check failed"):  # of the size that was told
            raise _came_damaged(file, "it is of another size than its publisher says") from error
        raise
    finally:
        out.flush()


def _came_damaged(file: Wanted, why: str) -> WeightsDamaged:
    return WeightsDamaged(
        f"{file.name} came damaged: {why}. It was removed.",
        hint="Try again; if that does not help, something between here and the publisher changes files.",
    )


def _digest(path: Path, file: Wanted) -> str:
    return _DIGESTS[KINDS[len(file.digest)]](path)


@contextmanager
def exclusive(path: Path, waiting: Callable[[], object]) -> Iterator[BinaryIO]:
    """Open a file to append to it, once nobody else has it; what went away meanwhile is begun anew.

    Args:
        path: of the file; it is made.
        waiting: called every now and then while another process has it; may raise to give up.
    """
    while True:
        with path.open("ab") as file:
            _lock(file, waiting)
            if _is_at(path, file):
                yield file
                return


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _lock(out: BinaryIO, waiting: Callable[[], object]) -> None:
    while True:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            time.sleep(LOOK_SECONDS)
        except OSError:  # a disk that knows no locks: then the digest alone decides
            return
        else:
            return


def _bar(tally: Tally) -> type[tqdm]:
    """Return a class that the library takes for a progress bar; it shows nothing and reports bytes."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            options["disable"] = True
            super().__init__(*args, **options)  # type: ignore[no-untyped-call]  # the library's own class has no types
            tally.found(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            tally.add(int(n or 0))

        def update_transfer(self, n: float | None = 1) -> None:
            """Leave out the bytes as they travel: they are counted when they are written."""

    return Bar
