"""Files in parts: written so that they appear whole or not at all, and read; texts as a whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from orstt_core.disk import why_not
from orstt_core.errors import FileProblem
from orstt_core.whole_file import written_whole

PART = 1 << 20
"""Bytes that are read at once."""


async def write_file(target: Path, parts: AsyncGenerator[bytes], report: Callable[[int], None]) -> None:
    """Write a file of parts, as `written_whole` does.

    Args:
        target: the file.
        parts: are closed in any case.
        report: called with the number of bytes so far.

    Raises:
        FileProblem, StorageFull: it cannot be written.
        OrsttError: what the parts raise.
    """
    import asyncio  # as below

    done = 0
    with written_whole(target) as file:
        async with aclosing(parts):
            async for data in parts:
                done += await asyncio.to_thread(file.write, data)
                report(done)


def read_text(source: Path) -> str:
    """Return a file that a person wrote.

    Raises:
        FileProblem: it cannot be read, or is not text in UTF-8.
    """
    try:
        return source.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileProblem(f"{source} cannot be read: {why_not(error)}.") from error
    except UnicodeDecodeError as error:
        raise FileProblem(f"{source} is not text in UTF-8.", hint="Save it in that encoding.") from error


async def read_file(source: Path, report: Callable[[int], None]) -> AsyncGenerator[bytes]:
    """Yield a file in parts.

    Args:
        source: the file.
        report: called with the number of bytes so far.

    Raises:
        FileProblem: it cannot be read.
    """
    import asyncio  # the help of a command, which comes by here, does without

    done = 0
    try:
        with source.open("rb") as file:
            while data := await asyncio.to_thread(file.read, PART):
                done += len(data)
                report(done)
                yield data
    except OSError as error:
        raise FileProblem(f"{source} cannot be read: {why_not(error)}.") from error
