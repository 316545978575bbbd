"""Models, their weights and engines: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

import msgspec
from msgspec.json import Decoder

from orstt_api.remote.base import RemotePart
from orstt_api.server_connection import LOAD_SECONDS
from orstt_api.wire import API, ARCHIVE, WEIGHTS, PullFailure, quote_ref
from orstt_core.conversion import check, check_kind
from orstt_core.protocols.engines import EngineOperations
from orstt_core.protocols.models import ModelOperations
from orstt_core.protocols.weights import WeightsOperations
from orstt_core.references import model_ref
from orstt_core.types import (
    Change,
    EngineList,
    KeepAlive,
    LoadedModel,
    Model,
    ModelDraft,
    ModelUpdate,
    Pruned,
    PullProgress,
    StoredWeights,
    Tuned,
    TuningEvent,
    Validation,
    Verification,
)

_TUNING_EVENT: Decoder[TuningEvent] = Decoder(TuningEvent)


class RemoteModels(RemotePart, ModelOperations, WeightsOperations, EngineOperations):
    """See the methods of `Backend`."""

    async def models(self) -> list[Model]:
        return await self._server.request("GET", f"{API}/models", list[Model])

    async def model(self, ref: int | str) -> Model:
        return await self._server.request("GET", _model_path(ref), Model)

    async def create_model(self, draft: ModelDraft) -> Change:
        check_kind(draft, ModelDraft, "draft")
        return await self._server.request("POST", f"{API}/models", Change, json=draft)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        check_kind(draft, ModelDraft, "draft")
        return await self._server.request("POST", f"{API}/models/validate", Validation, json=draft)

    async def activate_model(self, ref: int | str) -> Change:
        return await self._server.request("POST", f"{_model_path(ref)}/activate", Change, answer_seconds=LOAD_SECONDS)

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        check_kind(update, ModelUpdate, "update")
        return await self._server.request("PATCH", _model_path(ref), Change, json=update, answer_seconds=LOAD_SECONDS)

    async def delete_model(self, ref: int | str) -> Model:
        return await self._server.request("DELETE", _model_path(ref), Model)

    def pull_model(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        broken = self._broken("the pull was done")
        order = {"model": check(ref, str, "ref"), "model_type": check(model_type, str, "model_type")}
        return self._server.lines("POST", f"{API}/pull", order, _pull_progress, _is_success, broken)

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        asked = {"model": check(ref, str | None, "ref")}
        return await self._server.request(
            "GET",
            WEIGHTS,
            list[StoredWeights],
            params={name: value for name, value in asked.items() if value is not None},
        )

    async def verify_weights(self, ref: str) -> Verification:
        order = {"model": check(ref, str, "ref")}
        return await self._server.request(
            "POST", f"{WEIGHTS}/verify", Verification, json=order, answer_seconds=LOAD_SECONDS
        )

    def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        return self._server.download(f"{_model_path(ref)}/export")

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        asked = {} if check(name, str | None, "name") is None else {"name": name}
        return await self._server.request(
            "POST",
            f"{WEIGHTS}/import",
            Change,
            params=asked,
            content=aiter(archive),
            headers={"Content-Type": ARCHIVE},
            answer_seconds=LOAD_SECONDS,
        )

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        order = {"remove": check(remove, bool, "remove")}
        return await self._server.request("POST", f"{WEIGHTS}/prune", Pruned, json=order, answer_seconds=LOAD_SECONDS)

    def tune_model(self, ref: int | str, *, store: bool = True) -> AsyncGenerator[TuningEvent]:
        path = f"{_model_path(ref)}/tune?store={str(check(store, bool, 'store')).lower()}"
        return self._server.events("POST", path, _TUNING_EVENT, _is_tuned, self._broken("the tuning was done"))

    async def undo_tuning(self, ref: int | str) -> Change:
        return await self._server.request("POST", f"{_model_path(ref)}/tune/undo", Change, answer_seconds=LOAD_SECONDS)

    async def engines(self) -> EngineList:
        return await self._server.request("GET", f"{API}/engines", EngineList)

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        order = {"keep_alive": check(keep_alive, KeepAlive | None, "keep_alive")}
        return await self._server.request(
            "POST", f"{_model_path(ref)}/load", LoadedModel, json=order, answer_seconds=LOAD_SECONDS
        )

    async def unload_model(self, ref: int | str) -> LoadedModel:
        return await self._server.request("POST", f"{_model_path(ref)}/unload", LoadedModel)

    async def loaded_models(self) -> list[LoadedModel]:
        return await self._server.request("GET", f"{API}/ps", list[LoadedModel])


def _is_tuned(event: TuningEvent) -> bool:
    return isinstance(event, Tuned)


def _is_success(progress: PullProgress) -> bool:
    return progress.status == "success"


def _pull_progress(line: str) -> PullProgress:
    fields = msgspec.json.decode(line, type=dict[str, Any])
    if "error" in fields:
        raise msgspec.convert(fields, PullFailure).problem.error
    return msgspec.convert(fields, PullProgress)


def _model_path(ref: int | str) -> str:
    return f"{API}/models/{quote_ref(model_ref(ref))}"
