"""What Piccolo's transactions lack on either database: they leave their connection open when something fails."""

from __future__ import annotations

from abc import abstractmethod
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

from orstt_core.db.failures import translated

if TYPE_CHECKING:
    from orstt_core.db.postgres import Postgres
    from orstt_core.db.sqlite import SQLite


class TidyTransaction:
    """Stands before Piccolo's class: gives the connection back whatever goes wrong, and translates errors."""

    engine: SQLite | Postgres
    connection: Any
    get_connection: Any
    commit: Any
    rollback: Any
    _parent: Any
    """The transaction that this one joins."""

    @abstractmethod
    async def start(self) -> None:
        """Begin on `connection`."""

    @abstractmethod
    def is_open(self) -> bool:
        """Tell whether there still is something to roll back."""

    @abstractmethod
    async def give_back(self) -> None:
        """Close the connection, or give it back; doing so twice does nothing."""

    async def __aenter__(self) -> Any:
        if self._parent is not None:
            return self._parent
        with translated(self.engine.explain):
            self.connection = await self.get_connection()
            try:
                await self.start()
            except BaseException:
                await self.give_back()
                raise
        current: ContextVar[Any] = self.engine.current_transaction
        current.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._parent is not None:
            return False
        try:
            with translated(self.engine.explain):
                if error is None:
                    await self.commit()
                elif self.is_open():
                    await self.rollback()
        finally:
            self.engine.current_transaction.set(None)
            await self.give_back()
        return False
