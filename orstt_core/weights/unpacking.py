"""Take a model's files out of an archive that a stranger made: only plain files, only below the folder, only so much.

Nothing is written before every member was looked at, so that what is refused leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from orstt_core.errors import WeightsDamaged
from orstt_core.weights.disk_space import refuse_without_room
from orstt_core.weights.files import BLOCK, FileRule, is_plain_name

MOST_MEMBERS = 10_000
MOST_TIMES = 40
"""How many times larger than an archive what it holds may be: of published models it is less than three."""
PLAIN = {0, stat.S_IFREG}
"""Kinds of a member that is a file; 0: the program that packed it does not say."""


def unpack(archive: Path, folder: Path, rules: Iterable[FileRule]) -> None:
    """Write the files of a model to a folder; one folder that all members share is left out of their names.

    Args:
        archive: a zip file.
        folder: is there, and empty.
        rules: which files a model has; others stay in the archive.

    Raises:
        WeightsDamaged: it is no archive, or one that nobody honest makes.
        WeightsError: the disk has no room for it.
        OSError: it cannot be written.
    """
    rules = list(rules)
    try:
        with ZipFile(archive) as packed:
            members = _members(packed, archive.stat().st_size)
            wanted = {name: each for name, each in members.items() if any(rule.matches(name) for rule in rules)}
            refuse_without_room(folder, sum(each.file_size for each in wanted.values()))
            for name, member in wanted.items():
                _write(packed, member, folder / name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise _refused(archive, f"it cannot be unpacked ({error})") from error


def _members(packed: ZipFile, size: int) -> dict[str, ZipInfo]:
    """Return the files by their names in the model's folder, once all of them are harmless."""
    archive = Path(packed.filename or "")
    files = [member for member in packed.infolist() if not member.is_dir()]
    if len(files) > MOST_MEMBERS:
        raise _refused(archive, f"it holds {len(files)} files")
    for member in packed.infolist():
        name = member.filename.removesuffix("/")
        if not is_plain_name(name):
            raise _refused(archive, f"its member {name[:100]!r} would be written elsewhere")
        if not member.is_dir() and stat.S_IFMT(member.external_attr >> 16) not in PLAIN:
            raise _refused(archive, f"its member {name[:100]!r} is no plain file")
    if sum(member.file_size for member in files) > MOST_TIMES * size:
        raise _refused(archive, f"it would take more than {MOST_TIMES} times its own size")
    tops = {member.filename.partition("/")[0] for member in files}
    shared = f"{tops.pop()}/" if len(tops) == 1 else ""
    named = {member.filename.removeprefix(shared): member for member in files}
    if len(named) != len(files):
        raise _refused(archive, "two of its members have the same name")
    if both := next((name for name in named if any(str(above) in named for above in PurePosixPath(name).parents)), ""):
        raise _refused(archive, f"what its member {both[:100]!r} is to stand in is a file as well")
    return named


def _write(packed: ZipFile, member: ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, path.open("xb") as target:
        shutil.copyfileobj(source, target, BLOCK)  # compares the checksum, and reads no more than was declared
        target.flush()
        os.fsync(target.fileno())


def _refused(archive: Path, why: str) -> WeightsDamaged:
    return WeightsDamaged(
        f"The archive {archive.name} is refused: {why}.", hint="Nothing of it was kept. Tell its publisher."
    )
