"""ModelService: what a person asks about configured models: list, add, change, switch, remove, pull."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING

import msgspec

from orstt_core.caller import current_actor, current_caller
from orstt_core.conversion import check
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import Forbidden, InvalidRequest, ModelNotFound, ModelNotUsable, OrsttError
from orstt_core.loaded_models import served
from orstt_core.model_drafts import (
    advice,
    changed_fields,
    draft_of,
    refuse,
    refuse_folder,
    told_changes,
    updated_draft,
    with_fitting_options,
    with_usual_compute_type,
)
from orstt_core.model_watcher import ModelWatcher
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.settings import Settings
from orstt_core.types import Change, Model, ModelDraft, ModelUpdate, PullProgress, Validation

if TYPE_CHECKING:
    from orstt_core.pull_target import PullTarget

CHECKED = frozenset({"model_type", "device", "compute_type"})
"""Fields that have a check of their own."""
COMPUTED_BY = ("model", "device", "compute_type", "options")
"""What of a model decides how it computes, beside its type."""


class ModelService:
    """Models of one database, loaded in this process.

    Args:
        database: must be open while anything is asked.
        store: has its models.
        audit: told who changed what.
        pool: holds what is loaded.
        settings: give folders and whether the hub may be asked.
        changed: told, in a few words, what changed.
    """

    def __init__(
        self,
        database: Database,
        store: ModelStore,
        audit: AuditLog,
        pool: EnginePool,
        settings: Settings,
        *,
        changed: Callable[[str], None],
    ) -> None:
        from orstt_core.weights.pulls import Pulls

        self._database, self._audit, self._pool, self._settings = database, audit, pool, settings
        self._store, self._vocabularies = store, VocabularyStore(database)
        self._pulls = Pulls(settings.cache_dir, settings.weights_mirrors, settings.hub_token)
        self._watcher = ModelWatcher(database, store, changed)

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Meanwhile, tell too of changes that other processes make."""
        return self._watcher.watching()

    async def close(self) -> None:
        """Tell nothing more."""
        await self._watcher.close()

    async def list(self) -> builtins.list[Model]:
        """See `Backend.models`."""
        return await self._store.list()

    async def get(self, ref: int | str) -> Model:
        """See `Backend.model`."""
        return await self._store.get(ref)

    async def active(self) -> Model:
        """Return the active model."""
        return await self._store.active()

    async def create(self, draft: ModelDraft) -> Change:
        """See `Backend.create_model`."""
        from orstt_core.validation import validate_draft

        draft = validate_draft(draft)
        refuse_folder(draft.weights)
        return await self.add(draft)

    async def add(self, draft: ModelDraft) -> Change:
        """Do so, whoever names a folder: one that was put there for the model."""
        draft = await with_usual_compute_type(await with_fitting_options(draft))
        validation = await self._validate(draft)
        if not validation.valid:
            refuse(validation)
        async with self._database.transaction():
            await self._database.lock("models")  # so that none of its vocabularies is removed meanwhile
            await self._vocabularies.require(draft.vocabulary)
            model = await self._store.add(draft)
            models = await self._record("model.created", model.name)
        self._watcher.announce(models, f"added {model.name}")
        return Change(model=model, warnings=advice(validation))

    async def validate(self, draft: ModelDraft) -> Validation:
        """See `Backend.validate_model`."""
        from orstt_core.validation import refused_model, validate_draft

        try:
            draft = validate_draft(draft)  # what `create` would refuse is not valid
            refuse_folder(draft.weights)
        except (Forbidden, InvalidRequest) as error:
            if error.field not in CHECKED:
                return refused_model(error)
        return await self._validate(draft)

    async def activate(self, ref: int | str) -> Change:
        """See `Backend.activate_model`."""
        model = await self._store.get(ref)
        try:
            warnings = await self._prove(model)
        except OrsttError as error:
            active = await self._store.active()
            raise ModelNotUsable(
                f"{model.name} cannot be activated: {error}", hint=f"{active.name} stays active."
            ) from error
        async with self._database.transaction():
            await self._refuse_if_changed(model)
            model = await self._store.activate(model.id)
            models = await self._record("model.activated", model.name)
        self._watcher.announce(models, f"activated {model.name}")
        return Change(model=model, warnings=warnings)

    async def update(self, ref: int | str, update: ModelUpdate) -> Change:
        """See `Backend.update_model`."""
        from orstt_core.validation import unused_vocabulary

        model = await self._store.get(ref)
        draft = await updated_draft(model, update)
        changes = changed_fields(model, update, draft)
        computes_otherwise = bool(changes.keys() & set(COMPUTED_BY))
        if computes_otherwise:
            warnings = await self._prove_change(model, draft, changes)
        else:
            warnings = await asyncio.to_thread(unused_vocabulary, draft) if "vocabulary" in changes else []
        make_default = bool(update.is_default and not model.is_default)
        if make_default:
            _refuse_default(model)
        async with self._database.transaction():
            if computes_otherwise:
                await self._refuse_if_changed(model, and_active=True)
            if "vocabulary" in changes:
                await self._database.lock("models")  # so that none of them is removed meanwhile
                await self._vocabularies.require(draft.vocabulary)
            changed = await self._store.update(model.id, changes, make_default=make_default)
            recorded = told_changes(model, changes | ({"is_default": True} if make_default else {}))
            if recorded:
                await self._audit.add(current_actor(), "model.updated", changed.name, recorded)
            models = await self._watcher.note_change()
        self._watcher.announce(models, f"changed {changed.name}")
        return Change(model=changed, warnings=warnings)

    async def delete(self, ref: int | str) -> Model:
        """See `Backend.delete_model`."""
        async with self._database.transaction():
            model = await self._store.delete((await self._store.get(ref)).id)
            models = await self._record("model.deleted", model.name)
        self._watcher.announce(models, f"removed {model.name}")
        return model

    async def pull(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        """See `Backend.pull_model`."""
        target = await self._pull_target(check(ref, str, "ref"), check(model_type, str, "model_type"))
        # Whoever types `pull` asked for the network; over HTTP it is the operator who decides.
        allowed = self._settings.allow_download or not current_caller().remote
        async with aclosing(self._pulls.pull(*target, allow_download=allowed)) as steps:
            async for step in steps:
                if step.status == "success":
                    await self._audit.add(current_actor(), "model.pulled", target.weights)
                yield step

    async def _prove(self, model: Model) -> builtins.list[str]:
        """Have a model answer before anybody depends on it; return what to know about it."""
        validation = await self._validate(draft_of(model))
        if not (validation.valid and validation.available):
            raise ModelNotUsable(validation.message)
        # What is active goes on serving meanwhile.
        await self._pool.load(spec_of(model), name=model.name, probe=True)
        return validation.warnings

    async def _record(self, action: str, name: str) -> builtins.list[Model]:
        """Inside the transaction of a change: write it down for the audit, and return the models as they are then."""
        await self._audit.add(current_actor(), action, name)
        return await self._watcher.note_change()

    async def _refuse_if_changed(self, model: Model, *, and_active: bool = False) -> None:
        """Inside a transaction: make sure that what was proved is what is written, until the transaction ends.

        Raises:
            ModelNotUsable: somebody changed how the model computes meanwhile, or with `and_active` activated it.
        """
        await self._database.lock("models")
        now = await self._store.get(model.id)
        if served(now) != served(model) or (and_active and now.is_active != model.is_active):
            raise ModelNotUsable(f"{model.name} was changed by somebody else meanwhile.", hint="Do it once more.")

    async def _validate(self, draft: ModelDraft) -> Validation:
        from orstt_core.validation import validate

        return await asyncio.to_thread(validate, draft, self._settings)

    async def _prove_change(self, model: Model, draft: ModelDraft, changes: Mapping[str, object]) -> builtins.list[str]:
        """Check how a model would compute, and have it answer so if it is active; return what to know about it."""
        validation = await self._validate(draft)
        if not validation.valid:
            refuse(validation)
        if model.is_active:
            try:
                await self._prove(msgspec.structs.replace(model, **changes))
            except OrsttError as error:
                raise ModelNotUsable(
                    f"{model.name} is the active model and could not run so: {error}", hint="It stays as it was."
                ) from error
        return advice(validation)

    async def _pull_target(self, ref: str, model_type: str) -> PullTarget:
        from orstt_core.pull_target import target_called, target_of_model

        try:
            model = None if model_type else await self._store.get(ref)
        except ModelNotFound:
            model = None
        if model is None:
            return await asyncio.to_thread(target_called, ref, model_type)
        return await asyncio.to_thread(target_of_model, model)


def _refuse_default(model: Model) -> None:
    if model.sends_sound:
        raise InvalidRequest(
            f"{model.name} sends sound out of this machine, so it cannot be the default model.",
            hint="Activate it instead, or name it in a request.",
            field="is_default",
        )
