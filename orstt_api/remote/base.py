"""What the parts of `RemoteBackend` have in common: the connection, and what is said when it breaks."""

from __future__ import annotations

from orstt_api.server_connection import ServerConnection
from orstt_core.errors import ServerUnreachable


class RemotePart:
    """Asks a server by a connection that whoever is put together of the parts makes."""

    _server: ServerConnection

    def _broken(self, before: str, hint: str = "") -> ServerUnreachable:
        return ServerUnreachable(f"{self._server.location} stopped answering before {before}.", hint=hint)

    def _ended(self) -> ServerUnreachable:
        return ServerUnreachable(f"The connection to {self._server.location} ended.")
