"""Model files of the server: which are there, are they right, and what may go."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import ArchiveBody, problems
from orstt_api.scopes import MANAGE, TRANSCRIBE
from orstt_api.wire import WEIGHTS
from orstt_core.errors import ModelExists, StorageFull, TooLarge, WeightsError
from orstt_core.text import readable_bytes
from orstt_core.types import Change, Pruned, StoredWeights, Verification


class VerifyOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which files to read: those of a configured model, or weights by a name that their format knows."""

    model: str


class PruneOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether to remove what is found, or only to say what it is."""

    remove: bool = False


class Weights(Controller):
    """Files are named without the folders that they are in."""

    path = WEIGHTS
    tags = ("Models",)
    opt = MANAGE

    @get("/", operation_id="listWeights", opt=TRANSCRIBE, responses=problems())
    async def list_weights(self, backend: InjectedBackend, model: FromQuery[str | None] = None) -> list[StoredWeights]:
        """List the weights of configured models, and all others that are there."""
        return await backend.weights(model)

    @post("/verify", operation_id="verifyWeights", status_code=200, responses=problems(TooLarge, WeightsError))
    async def verify(self, backend: InjectedBackend, data: JSONBody[VerifyOrder]) -> Verification:
        """Read every byte of a model's files and compare it with what was published."""
        return await backend.verify_weights(data.model)

    @post(
        "/import",
        operation_id="importModel",
        operation_class=ArchiveBody,
        request_max_body_size=None,
        responses=problems(ModelExists, StorageFull, TooLarge, WeightsError),
    )
    async def import_model(
        self, request: Request[Any, Any, Any], backend: InjectedBackend, name: FromQuery[str | None] = None
    ) -> Change:
        """Store the weights of an exported model, once each is what its digest says, and configure the model."""
        limit: int = request.app.state.import_bytes
        if int(request.headers.get("Content-Length", 0)) > limit:
            raise _too_large(limit)
        return await backend.import_model(_within(request.stream(), limit), name)

    @post("/prune", operation_id="pruneWeights", status_code=200, responses=problems(TooLarge, WeightsError))
    async def prune(self, backend: InjectedBackend, data: JSONBody[PruneOrder | None] = None) -> Pruned:
        """Say what no configured model needs and, if asked to, remove it."""
        return await backend.prune_weights(remove=bool(data and data.remove))


async def _within(archive: AsyncIterable[bytes], limit: int) -> AsyncGenerator[bytes]:
    """Pass an archive on, as long as it is not too large."""
    done = 0
    async for part in archive:
        done += len(part)
        if done > limit:
            raise _too_large(limit)
        yield part


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"The server lets in no model of more than {readable_bytes(limit)}.",
        hint="Its setting max_import_mb says so; on the server itself `orstt models import` has no limit.",
    )
