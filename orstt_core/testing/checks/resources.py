"""Memory that is given back, and a network that is left alone."""

from __future__ import annotations

import gc
import ipaddress
import sys
from importlib import import_module
from typing import Any

from orstt_core.engines.voice_activity import SpeechDetection
from orstt_core.engines.windows import windows
from orstt_core.testing.subject import Subject
from orstt_core.testing.violation import NotPromised, require
from orstt_core.units import MIB

LEAST_MEMORY = 48 * MIB
"""What may stay however little the weights take: allocators and the threads of libraries keep some."""
GIVEN_BACK = 0.3
"""Of what loading and transcribing took, without importing the libraries, what `unload` gives back at least. Of Whisper
base it is 0.6: the rest is what allocators keep for the next time."""
ROUNDS = 3
"""After so many an allocator has what it keeps: Whisper base takes less more with each, and nothing more then, be it
loaded and unloaded or, as ONNX graphs, made to transcribe."""
TRANSCRIPTIONS = 6


def gives_memory_back(subject: Subject) -> None:
    """`unload` gives the memory back, and neither loading again nor transcribing again takes more each time."""
    _import_libraries(subject)
    before = _resident()
    peak = max([_load_and_unload(subject) for _ in range(ROUNDS)])
    idle = _resident()
    back, least = peak - idle, GIVEN_BACK * (peak - before)
    require(
        peak - before <= LEAST_MEMORY or back >= least,
        f"Loaded it takes {(peak - before) / MIB:.0f} MiB, of which `unload` gives {back / MIB:.0f} back.",
    )
    for _ in range(ROUNDS):
        _load_and_unload(subject)
    _verify_growth(_resident() - idle, f"Loaded and unloaded {ROUNDS} times more, its process keeps {{}} MiB more.")
    engine = subject.build()
    engine.load()
    for _ in range(ROUNDS):
        subject.hear(subject.speech, engine=engine)
    before = _resident()
    for _ in range(TRANSCRIPTIONS):
        subject.hear(subject.speech, engine=engine)
    _verify_growth(_resident() - before, f"{TRANSCRIPTIONS} more transcriptions of one recording took {{}} MiB more.")


def _import_libraries(subject: Subject) -> None:
    """Load what stays: the libraries, and then, as in the program, the speech detection, which all engines share."""
    subject.build()
    for module in subject.kind.requires:
        import_module(module)
    list(windows(subject.speech, detection=SpeechDetection()))


def _verify_growth(grown: int, how: str) -> None:
    require(grown <= LEAST_MEMORY, how.format(grown // MIB))


def stays_offline(subject: Subject) -> None:
    """Without leave to download it looks for no host and connects to none."""
    if subject.kind.sends_sound:
        raise NotPromised("It sends sound out of this machine, and says so.")
    if subject.settings.allow_download:
        raise NotPromised("Downloads are allowed: ORSTT_ALLOW_DOWNLOAD is set.")
    _Network.asked = []
    _Network.watch()
    engine = subject.build()
    engine.load()
    subject.hear(subject.speech, engine=engine)
    engine.unload()
    asked, _Network.asked = _Network.asked, None
    require(not asked, f"It asks the network for {', '.join(dict.fromkeys(asked or ()))}.")


class _Network:
    """What Python code asks of the network, while `asked` is a list; an audit hook stays for ever."""

    asked: list[str] | None = None
    _watched = False

    @classmethod
    def watch(cls) -> None:
        if not cls._watched:
            cls._watched = True
            sys.addaudithook(cls._hear)

    @classmethod
    def _hear(cls, event: str, arguments: tuple[Any, ...]) -> None:
        if cls.asked is None or event not in {"socket.connect", "socket.getaddrinfo"}:
            return
        host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = str(host[0] if isinstance(host, tuple) else host)
        if not _is_here(host):
            cls.asked.append(host)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _load_and_unload(subject: Subject) -> int:
    """Return what memory it took meanwhile."""
    engine = subject.build()
    engine.load()
    subject.hear(subject.speech, engine=engine)
    used = _resident()
    engine.unload()
    del engine
    return used


def _resident() -> int:
    import psutil

    gc.collect()
    return int(psutil.Process().memory_info().rss)


ALONE = frozenset({gives_memory_back})
"""Checks that measure their process."""
CHECKS = (stays_offline, gives_memory_back)
