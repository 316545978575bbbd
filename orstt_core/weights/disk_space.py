"""Is there room on the disk? Asked before the first byte comes."""

from __future__ import annotations

import shutil
from pathlib import Path

from orstt_core.errors import WeightsError
from orstt_core.text import readable_bytes
from orstt_core.weights.files import exists


def refuse_without_room(folder: Path, needed: int) -> None:
    """Make sure that so many bytes can still be written.

    Raises:
        WeightsError: they cannot; it says how many are missing.
    """
    path = folder.absolute()
    free = shutil.disk_usage(next(each for each in (path, *path.parents) if exists(each))).free
    if free < needed:
        raise WeightsError(
            f"There is no room on the disk: {readable_bytes(needed)} are needed, {readable_bytes(free)} are free, "
            f"{readable_bytes(needed - free)} are missing.",
            hint="Make room: `orstt models prune` says what no model needs; `orstt doctor` names the folders.",
        )
