"""What the tests of the decoder's process share."""

import asyncio
import os
from pathlib import Path

from bad_media import one_sample_packets

from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.protocol import Recording


def recording(path: Path, name: str = "") -> Recording:
    return Recording(path=path, name=name or path.name, named=bool(name))


def endless(folder: Path) -> Path:
    """A recording that takes a minute of processor time to decode."""
    path = folder / "endless.mkv"
    path.write_bytes(one_sample_packets(20_000, repeated=60))
    return path


async def duration(decoder: Decoder, path: Path) -> float:
    async with decoder.decoded(recording(path)) as sound:
        return sound.duration


def child(decoder: Decoder) -> int:
    assert decoder._child
    return decoder._child.pid


async def at_work(decoder: Decoder, after: int = 0) -> int:
    """Wait until a child, other than the one before, works on a recording; return its process id."""
    while not (decoder._child and decoder._child.has_begun and decoder._child.pid != after):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    return decoder._child.pid


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
