"""The terminal program of a page in the browser: it works on the page's own server, and on the files of one folder.

Whoever has a key of a server is not thereby somebody who works on its machine. So the interpreter itself refuses
(PEP 578) what the program would do beyond its current folder: read and write other files, start programs, speak to
anything but its server. To the screens that is a file without permission or a host that does not answer.
Nobody can run code of their own in the program: this holds its functions, not the language.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import termios
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

READABLE = ("/dev/null", "/usr/share/zoneinfo")
"""What the interpreter and its libraries read beside their own files."""
FOLDERS = ("os.listdir", "os.scandir")
CHANGES = (
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"),
    *("os.utime", "os.setxattr", "os.removexattr"),
)
"""What changes the files that it names first."""
REFUSED = (
    *("os.exec", "os.fork", "os.forkpty", "os.kill", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"),
    *("socket.bind", "socket.sendto", "sqlite3.connect", "subprocess.Popen"),
)
"""What a page's program has no use for."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Confinement:
    """An audit hook that refuses what a page's program may not do.

    Args:
        folders: whose files it may read and change.
        readable: whose files it may read.
        server: host and port that it may speak to.
    """

    def __init__(self, folders: list[str], readable: list[str], server: tuple[str, int]) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._readable = [*self._folders, *map(os.path.realpath, readable)]
        self._server = server
        checks: dict[str, Callable[[tuple[object, ...]], None]] = {
            "open": self._check_open,
            "socket.connect": self._check_address,
            "socket.getaddrinfo": self._check_host,
            **dict.fromkeys(FOLDERS, lambda arguments: self._check(arguments[0], self._readable)),
            **dict.fromkeys(CHANGES, self._check_change),
            **dict.fromkeys(REFUSED, _refuse),
        }
        self._checks = checks

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse an event.

        Raises:
            PermissionError: it may not be.
        """
        if (check := self._checks.get(event)) is not None:
            check(arguments)

    def _check_open(self, arguments: tuple[object, ...]) -> None:
        path, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else False
        writes = writes or (isinstance(flags, int) and bool(flags & WRITES))
        self._check(path, self._folders if writes and path != os.devnull else self._readable)

    def _check_change(self, arguments: tuple[object, ...]) -> None:
        for path in arguments:
            if isinstance(path, str | bytes | os.PathLike):
                self._check(path, self._folders)

    def _check(self, path: object, allowed: list[str]) -> None:
        if isinstance(path, int):  # opened, and so checked, before
            return
        real = os.path.realpath(os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ".")
        if not any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in allowed):
            _refuse((real,))

    def _check_address(self, arguments: tuple[object, ...]) -> None:
        address = arguments[1]
        if not (isinstance(address, tuple) and address[:2] == self._server):
            _refuse(arguments)

    def _check_host(self, arguments: tuple[object, ...]) -> None:
        if arguments[0] != self._server[0]:
            _refuse(arguments)


def _refuse(arguments: tuple[object, ...]) -> NoReturn:
    named = arguments[0] if arguments and isinstance(arguments[0], str) else None
    raise PermissionError(errno.EACCES, "Pages in the browser may not do that", named)


def confine() -> None:
    """Allow this process its current folder, its home and its server from now on; there is no way back."""
    server = urlsplit(os.environ["ORSTT_REMOTE"])
    assert server.hostname is not None
    assert server.port is not None
    sys.dont_write_bytecode = True
    libraries = [sys.prefix, sys.base_prefix, *filter(None, sys.path)]
    folders = [os.getcwd(), os.environ["HOME"]]  # noqa: PTH109 - texts are what is compared
    sys.addaudithook(Confinement(folders, [*libraries, *READABLE], (server.hostname, server.port)))


def main() -> int:
    """Run the program in the terminal on its standard input, which becomes its own."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    from orstt_tui.cli import main as run

    confine()
    return run()


if __name__ == "__main__":
    sys.exit(main())
