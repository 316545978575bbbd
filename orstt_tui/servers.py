"""Servers by name: kept in a file beside the settings, reached with their keys, and asked whether they answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from orstt_core.addresses import without_credentials
from orstt_core.errors import Conflict, InvalidRequest, NotFound, ServerUnreachable, SettingsError, Unauthorized
from orstt_core.settings import Settings, config_file
from orstt_core.toml_file import change_toml, read_toml
from orstt_tui.server_keys import forget_key, read_key, store_key

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from orstt_core.backend import Backend
    from orstt_core.types import BackendInfo

LOCAL = "local"
"""The name of this machine, which is always there."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
ADDRESS = "://"
"""What tells an address from a name."""
SECONDS = 15.0
"""How long a server may take to say what it is."""


class Server(Struct, frozen=True, kw_only=True):
    """A server that is kept by name."""

    name: str
    address: str


class Answer(Struct, frozen=True, kw_only=True):
    """What a server said of itself, and how long it took to.

    Attributes:
        seconds: from the first byte sent to the last byte of the answer, connecting included.
    """

    info: BackendInfo
    seconds: float


def servers_file() -> Path:
    """Return where servers are kept."""
    return config_file().with_name("servers.toml")


def known_servers() -> list[Server]:
    """Return all servers that are kept, by name.

    Raises:
        SettingsError: the file cannot be read, or says something else.
    """
    path, found = servers_file(), []
    for name, entry in read_toml(path).items():
        address = entry.get("address") if isinstance(entry, dict) else None
        if not isinstance(address, str) or not NAME.fullmatch(name):
            raise SettingsError(
                f"{path} does not say where the server {name} is.",
                hint=f'Write below [{name}]: address = "http://HOST:8000", or remove it.',
            )
        found.append(Server(name=name, address=address))
    return sorted(found, key=lambda server: server.name.casefold())


def find_server(name: str) -> Server:
    """Return a server by its name.

    Raises:
        NotFound: none is called so.
        SettingsError: as `known_servers`.
    """
    servers = {server.name: server for server in known_servers()}
    if name in servers:
        return servers[name]
    near = get_close_matches(name, servers, n=1)
    raise NotFound(
        f"No server is called {name}.",
        hint=f"Did you mean {near[0]}?" if near else "`orstt servers list` has those that are kept.",
    )


def check_server(name: str, address: str, *, changed: bool = False) -> Server:
    """Return a server to be kept.

    Args:
        name: what it is called here.
        address: where it listens.
        changed: it is kept already, and has another address or another key.

    Raises:
        InvalidRequest: that is no name, no address, or there is a password in it.
        Conflict: there is one of that name.
        SettingsError: as `known_servers`.
    """
    name, address = name.strip(), address.strip().rstrip("/")
    if not NAME.fullmatch(name) or name == LOCAL:
        raise InvalidRequest(
            f"{name!r} cannot be the name of a server.",
            hint=f"Up to 40 letters, digits, dots and dashes; {LOCAL} is this machine.",
            field="name",
        )
    if not re.match(r"https?://[^/\s]", address):
        raise InvalidRequest(
            f"{address!r} is not the address of a server.", hint="Write it like http://asr.lan:8000.", field="address"
        )
    if without_credentials(address) != address:
        raise InvalidRequest(
            "There is a password in the address, which is kept in a file that others may read.",
            hint="Leave it out, and give a key.",
            field="address",
        )
    if not changed and any(server.name == name for server in known_servers()):
        raise Conflict(
            f"A server called {name} is kept already.",
            hint="Choose another name, or change that one: `orstt servers add --replace`.",
        )
    return Server(name=name, address=address)


def add_server(name: str, address: str, key: str = "", *, changed: bool = False) -> Server:
    """Keep a server, with its key where keys are kept.

    Args:
        name: what it is called here.
        address: where it listens.
        key: what opens it; empty: nothing does, or what did so far.
        changed: it is kept already.

    Raises:
        InvalidRequest, Conflict, SettingsError: as `check_server`.
        FileProblem, StorageFull: a file cannot be written.
    """
    server = check_server(name, address, changed=changed)

    def add(document: TOMLDocument) -> None:
        import tomlkit

        table = tomlkit.table()
        table.add("address", server.address)
        document[server.name] = table

    if key:
        store_key(server.name, key)
    elif not changed:
        forget_key(server.name)  # of another one that was called so, and was removed from the file by hand
    change_toml(servers_file(), add)
    return server


def remove_server(name: str) -> Server:
    """Keep a server and its key no more, and return it as it was.

    Raises:
        NotFound: none is called so.
        SettingsError, FileProblem, StorageFull: a file cannot be read or written.
    """
    server = find_server(name)

    def remove(document: TOMLDocument) -> None:
        document.remove(name)

    change_toml(servers_file(), remove)
    forget_key(name)
    return server


def resolved(settings: Settings) -> Settings:
    """Return the settings with the address and the key of the server that they name, if they name one that is kept.

    Such a server is sent its own key and no other: that of the settings belongs to another one.

    Raises:
        SettingsError: `remote` is neither an address nor the name of a server; or as `known_servers`.
    """
    if not settings.remote or ADDRESS in settings.remote:
        return settings
    if settings.remote == LOCAL:
        return replace(settings, remote="")
    try:
        server = find_server(settings.remote)
    except NotFound as error:
        raise SettingsError(
            f"{settings.remote!r} is not the address of a server, nor the name of one that is kept.",
            hint=f"{error.hint} An address is written like http://127.0.0.1:8000.",
            field="remote",
        ) from error
    return replace(settings, remote=server.address, api_key=read_key(server.name))


async def ask(open_backend: Callable[[], Backend]) -> Answer:
    """Return what a backend says of itself.

    Args:
        open_backend: makes it, not yet entered; called in a thread.

    Raises:
        OrsttError: it cannot be reached, refuses the key, or does not answer in time.
    """
    import asyncio

    begun = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS), await asyncio.to_thread(open_backend) as backend:
            info = await backend.info()
    except Unauthorized as error:
        raise Unauthorized(
            error.message, hint="Give it another key: `orstt servers add NAME ADDRESS --replace`."
        ) from None
    except TimeoutError:
        raise ServerUnreachable(
            f"The server does not answer within {SECONDS:.0f} seconds.", hint="Check the address, or try again later."
        ) from None
    return Answer(info=info, seconds=time.monotonic() - begun)


MAY = {"transcribe": "transcribe", "manage": "transcribe and manage models", "admin": "everything"}
"""Scope -> what it lets one do."""


def in_words(answer: Answer) -> dict[str, str]:
    """Return what a server said, for a person, by what each is about."""
    info = answer.info
    return {
        "answers": f"in {answer.seconds * 1000:.0f} ms",
        "may": MAY[info.scope] if info.scope else "not said: the server is older",
        "version": info.version,
        "database": info.database,
        "model": info.active_model,
    }
