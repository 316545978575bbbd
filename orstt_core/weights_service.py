"""WeightsService: what a person asks about model files: which are here, are they right, and what may go."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Sequence
from contextlib import ExitStack, closing
from typing import Any, TypeVar

from msgspec.structs import replace

from orstt_core.caller import current_actor, current_caller
from orstt_core.db.audit import AuditLog
from orstt_core.disk import why_not
from orstt_core.engines import registry
from orstt_core.errors import EngineUnavailable, EngineUnknown, InvalidRequest, ModelExists, ModelNotFound, WeightsError
from orstt_core.loaded_models import LoadedModels
from orstt_core.model_service import ModelService
from orstt_core.settings import Settings
from orstt_core.types import Change, Model, Pruned, StoredWeights, Verification
from orstt_core.weights import leftovers
from orstt_core.weights.arrivals import arrivals
from orstt_core.weights.inventory import Key, inventory, same_key

T = TypeVar("T")


class WeightsService:
    """Model files of this machine, for the models of one database.

    Args:
        models: are asked which weights are needed.
        loaded: asked which are in use.
        audit: told who removed what.
        settings: give the folders.
    """

    def __init__(self, models: ModelService, loaded: LoadedModels, audit: AuditLog, settings: Settings) -> None:
        self._models, self._loaded, self._audit = models, loaded, audit
        self._cache_dir = settings.cache_dir

    async def list(self, ref: str | None = None) -> builtins.list[StoredWeights]:
        """See `Backend.weights`."""
        models = await self._models.list()
        known = [_as_caller_may_read(each) for each in await asyncio.to_thread(self._list, models)]
        if ref is None:
            return known
        wanted = [each for each in known if ref in (*each.models, each.weights)]
        if wanted:
            return wanted
        key = same_key(await self._key(ref))
        return [each for each in known if (each.weights_format, each.weights) == key]

    async def verify(self, ref: str) -> Verification:
        """See `Backend.verify_weights`."""
        key = await self._key(ref)
        if not key[0]:
            raise InvalidRequest(f"{await self._owner(ref)}: nothing is known to compare them with.", field="model")
        from orstt_core.weights.verification import verify_weights

        found = await asyncio.to_thread(verify_weights, *key, cache_dir=self._cache_dir)
        if not found.is_right:
            await self._audit.add(current_actor(), "weights.damaged", found.weights, found.detail)
        return replace(found, weights=ref)

    async def export(self, ref: int | str) -> AsyncGenerator[bytes]:
        """See `Backend.export_model`."""
        from orstt_core.weights.archive import write_archive

        model = await self._models.get(ref)
        format_name = await asyncio.to_thread(format_name_of, model.model_type)
        if not format_name:
            raise InvalidRequest(f"{await self._owner(model.name)}: they cannot be exported.")
        parts = write_archive(model, format_name, self._cache_dir)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part
        await self._audit.add(current_actor(), "model.exported", model.name)

    async def import_archive(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        """See `Backend.import_model`."""
        from orstt_core.validation import validate_draft
        from orstt_core.weights.archive import install, read_manifest

        reader = ArchiveReader(archive)
        with ExitStack() as until_needed, closing(reader):
            manifest = await asyncio.to_thread(read_manifest, reader.read)
            draft = validate_draft(replace(manifest.model, name=manifest.model.name if name is None else name))
            if any(model.name == draft.name for model in await self._models.list()):
                raise ModelExists(
                    f"A model called {draft.name!r} is configured already.",
                    hint="Import it under another name: `orstt models import FILE --name NAME`.",
                    field="name",
                )
            installed = asyncio.to_thread(install, manifest, reader.read, self._cache_dir, until_needed)
            weights = await _to_its_end(installed, give_up=reader.close)
            await self._audit.add(current_actor(), "weights.imported", draft.name)
            return await self._models.add(replace(draft, model=weights))

    async def prune(self, *, remove: bool = False) -> Pruned:
        """See `Backend.prune_weights`."""
        with ExitStack() as undisturbed:
            if remove:
                none_arrives = arrivals(self._cache_dir, closed=True)
                await _to_its_end(asyncio.to_thread(undisturbed.enter_context, none_arrives))
            needed = await self.needed()
            found = await asyncio.to_thread(leftovers.find_leftovers, needed, self._cache_dir)
            if remove:
                for each in found:  # each is told at once: what fails at one comes after others are gone
                    await asyncio.to_thread(self._remove, each)
                    await self._audit.add(current_actor(), "weights.removed", each.leftover.name, each.leftover.kind)
        return Pruned(leftovers=[each.leftover for each in found], removed=remove)

    async def needed(self) -> set[str]:
        """Return the weights that models refer to, configured or loaded."""
        configured = {model.model for model in await self._models.list()}
        return configured | {loaded.model for loaded in await self._loaded.list()}

    async def _owner(self, name: str) -> str:
        """Return in words who has the files of a model that are none of ours."""
        if any(each.kind == "server" for each in await self.list(name)):
            return f"The server that {name} sends sound to has its files"
        return f"The engine of {name} finds its files itself"

    def _list(self, models: Sequence[Model]) -> builtins.list[StoredWeights]:
        used = {model.name: (format_name_of(model.model_type), model.model) for model in models}
        elsewhere = {model.name for model in models if model.sends_sound}
        found = inventory(used, cache_dir=self._cache_dir)
        return [_on_server(each) if each.models and elsewhere.issuperset(each.models) else each for each in found]

    async def _key(self, ref: str) -> Key:
        try:
            model = await self._models.get(ref)
        except ModelNotFound:
            from orstt_core.pull_target import target_called

            return await asyncio.to_thread(target_called, ref)
        return await asyncio.to_thread(format_name_of, model.model_type), model.model

    def _remove(self, found: leftovers.Found) -> None:
        try:
            leftovers.remove(found, self._cache_dir)
        except OSError as error:
            raise WeightsError(f"{found.leftover.name} cannot be removed: {why_not(error)}.") from error


class ArchiveReader:
    """What comes in parts on this event loop, read by a thread in the sizes that it asks for."""

    def __init__(self, archive: AsyncIterable[bytes]) -> None:
        self._parts = aiter(archive)
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._ended = False

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end; called in another thread."""
        while len(self._buffer) < count and not self._ended:
            part = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            self._ended = self._ended or part is None
            self._buffer += part or b""
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def close(self) -> None:
        """Let the thread, if it still reads, find the end."""
        self._ended = True

    async def _next(self) -> bytes | None:
        return None if self._ended else await anext(self._parts, None)


async def _to_its_end(work: Coroutine[Any, Any, T], give_up: Callable[[], None] = lambda: None) -> T:
    """Do work in a thread that takes a lock; who is cancelled meanwhile waits, so that the lock is known to be had."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        give_up()
        await asyncio.wait({task})
        raise


def format_name_of(model_type: str) -> str:
    """Return which kind of weights an engine declares; of our own, without looking at it; empty: none."""
    from orstt_core.runtime.probe import probe_engine

    try:
        if registry.is_light(model_type):
            return registry.engine_class(model_type).weights_format
        return probe_engine(model_type).weights_format
    except (EngineUnknown, EngineUnavailable):  # `orstt types` says why
        return ""


def _on_server(weights: StoredWeights) -> StoredWeights:
    return replace(weights, kind="server", detail="The server that sound is sent to has its files.")


def _as_caller_may_read(weights: StoredWeights) -> StoredWeights:
    """Leave out where files are, for who asks over the network."""
    if not current_caller().remote:
        return weights
    return replace(weights, folder="", detail="" if weights.is_here else weights.detail)
