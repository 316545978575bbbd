"""ModelService: what a person asks about models: list, configure, switch, load, pull; and which one a request means."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import TYPE_CHECKING

import msgspec

from orstt_core.caller import current_actor, current_caller
from orstt_core.conversion import check
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import (
    EngineUnknown,
    Forbidden,
    InvalidRequest,
    ModelInUse,
    ModelNotFound,
    ModelNotUsable,
    OrsttError,
)
from orstt_core.jobs.pipeline import spec_of
from orstt_core.loaded_models import loaded_model, served, unloaded_model
from orstt_core.model_watcher import ModelWatcher
from orstt_core.references import model_ref
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.probe import sends_sound
from orstt_core.runtime.slot import LoadedEngine
from orstt_core.settings import Settings
from orstt_core.text import normalize_name
from orstt_core.types import (
    Change,
    LoadedModel,
    Model,
    ModelDraft,
    ModelUpdate,
    PullProgress,
    Validation,
)
from orstt_core.types.options import OptionValue

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
        audit: told who changed what.
        pool: holds what is loaded.
        settings: give aliases, folders and whether the hub may be asked.
        changed: told, in a few words, what changed.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        pool: EnginePool,
        settings: Settings,
        *,
        changed: Callable[[str], None],
    ) -> None:
        from orstt_core.weights.pulls import Pulls

        self._database, self._audit, self._pool, self._settings = database, audit, pool, settings
        self._aliases = {normalize_name(alias): name for alias, name in settings.aliases.items()}
        self._store = ModelStore(database, sends_sound=sends_sound)
        self._vocabularies = VocabularyStore(database)
        self._pulls = Pulls(settings.cache_dir)
        self._watcher = ModelWatcher(database, self._store, changed)

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

    async def resolve(self, ref: int | str | None) -> Model:
        """Return the model that a request means: by id or name, else by one of the aliases; None is the active one.

        Raises:
            ModelNotFound: none of these.
        """
        if ref is None:
            return await self._store.active()
        try:
            return await self._store.get(ref)
        except ModelNotFound:
            ref = model_ref(ref)
            if not isinstance(ref, str) or ref not in self._aliases:
                raise
        meant = self._aliases[ref]
        try:
            return await (self._store.get(meant) if meant else self._store.active())
        except ModelNotFound as error:
            raise ModelNotFound(
                f"{ref!r} stands for {meant!r}, and no model is called so.",
                hint="Mend ORSTT_ALIASES on the server, or name another model.",
            ) from error

    async def aliases(self) -> dict[str, str]:
        """Return the aliases that mean a model now, each with its name."""
        models = await self._store.list()
        names = {model.name for model in models}
        active = next(model.name for model in models if model.is_active)
        meant = {alias: name or active for alias, name in self._aliases.items() if alias not in names}
        return {alias: name for alias, name in meant.items() if name in names}

    async def create(self, draft: ModelDraft) -> Change:
        """See `Backend.create_model`."""
        from orstt_core.validation import validate_draft

        draft = validate_draft(draft)
        _refuse_folder(draft.weights)
        return await self.add(draft)

    async def add(self, draft: ModelDraft) -> Change:
        """Do so, whoever names a folder: one that was put there for the model."""
        draft = await _with_usual_compute_type(await _with_fitting_options(draft))
        validation = await self._validate(draft)
        if not validation.valid:
            _refuse(validation)
        async with self._database.transaction():
            await self._database.lock("models")  # so that none of its vocabularies is removed meanwhile
            await self._vocabularies.require(draft.vocabulary)
            model = await self._store.add(draft)
            models = await self._record("model.created", model.name)
        self._watcher.announce(models, f"added {model.name}")
        return Change(model=model, warnings=_advice(validation))

    async def validate(self, draft: ModelDraft) -> Validation:
        """See `Backend.validate_model`."""
        from orstt_core.validation import refused_model, validate_draft

        try:
            draft = validate_draft(draft)  # what `create` would refuse is not valid
            _refuse_folder(draft.weights)
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
        from orstt_core.validation import validate_draft

        model = await self._store.get(ref)
        given = {name: value for name, value in msgspec.structs.asdict(update).items() if isinstance(value, str)}
        if update.model is not None:
            _refuse_folder(update.model)
        options = _changed_options(model.options, update.options or {})
        vocabulary = model.vocabulary if update.vocabulary is None else update.vocabulary
        draft = _draft_of(model)
        draft = validate_draft(msgspec.structs.replace(draft, **given, options=options, vocabulary=vocabulary))
        if update.options:
            draft = await _with_fitting_options(draft)
        changes = {
            name: value
            for name in (*given, "options", "vocabulary")
            if (value := getattr(draft, name)) != getattr(model, name)
        }
        warnings: list[str] = []
        if changes.keys() & set(COMPUTED_BY):
            validation = await self._validate(draft)
            if not validation.valid:
                _refuse(validation)
            warnings = _advice(validation)
            if model.is_active:
                await self._prove_change(model, changes)
        default = bool(update.is_default and not model.is_default)
        if default and model.sends_sound:
            raise InvalidRequest(
                f"{model.name} sends sound out of this machine, so it cannot be the default model.",
                hint="Activate it instead, or name it in a request.",
                field="is_default",
            )
        async with self._database.transaction():
            if changes.keys() & set(COMPUTED_BY):
                await self._refuse_if_changed(model, and_active=True)
            if "vocabulary" in changes:
                await self._database.lock("models")  # so that none of them is removed meanwhile
                await self._vocabularies.require(draft.vocabulary)
            changed = await self._store.update(model.id, changes, make_default=default)
            told = [*sorted(changes), *(["is_default"] if default else [])]
            if told:
                await self._audit.add(current_actor(), "model.updated", changed.name, ", ".join(told))
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

    async def pull(self, ref: str) -> AsyncGenerator[PullProgress]:
        """See `Backend.pull_model`."""
        target = await self._pull_target(check(ref, str, "ref"))
        # Whoever types `pull` asked for the network; over HTTP it is the operator who decides.
        allowed = self._settings.allow_download or not current_caller().remote
        async with aclosing(self._pulls.pull(*target, allow_download=allowed)) as steps:
            async for step in steps:
                if step.status == "success":
                    await self._audit.add(current_actor(), "model.pulled", target.weights)
                yield step

    async def load(self, ref: int | str, keep_alive: float | None) -> LoadedModel:
        """See `Backend.load_model`."""
        model = await self._store.get(ref)
        spec = spec_of(model)
        await self._pool.load(spec, name=model.name, keep_alive=keep_alive)
        await self._audit.add(current_actor(), "model.loaded", model.name)
        loaded = await self._loaded()
        return next((one for one, engine in loaded if engine.spec == spec), unloaded_model(model))

    async def unload(self, ref: int | str) -> LoadedModel:
        """See `Backend.unload_model`."""
        model = await self._store.get(ref)
        spec = spec_of(model)
        before = next((one for one, engine in await self._loaded() if engine.spec == spec), None)
        try:
            unloaded = before is not None and await self._pool.unload(spec) is not None
        except ModelInUse as error:  # the pool knows the weights, a person the name
            raise ModelInUse(f"{model.name} is in use.", hint=error.hint) from error
        if before is None or not unloaded:
            raise ModelNotFound(f"{model.name} is not loaded.", hint="`orstt ps` shows what is.")
        await self._audit.add(current_actor(), "model.unloaded", model.name)
        return before

    async def loaded(self) -> builtins.list[LoadedModel]:
        """See `Backend.loaded_models`."""
        return [loaded for loaded, _ in await self._loaded()]

    async def _prove(self, model: Model) -> builtins.list[str]:
        """Have a model answer before anybody depends on it; return what to know about it."""
        validation = await self._validate(_draft_of(model))
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

    async def _prove_change(self, model: Model, changes: Mapping[str, object]) -> None:
        try:
            await self._prove(msgspec.structs.replace(model, **changes))
        except OrsttError as error:
            raise ModelNotUsable(
                f"{model.name} is the active model and could not run so: {error}", hint="It stays as it was."
            ) from error

    async def _pull_target(self, ref: str) -> PullTarget:
        from orstt_core.pull_target import target_called, target_of_model

        try:
            model = await self._store.get(ref)
        except ModelNotFound:
            return await asyncio.to_thread(target_called, ref)
        return await asyncio.to_thread(target_of_model, model)

    async def _loaded(self) -> builtins.list[tuple[LoadedModel, LoadedEngine]]:
        engines = self._pool.loaded()
        models = await self._store.list()
        return [(loaded_model(engine, models), engine) for engine in engines]


def _refuse_folder(weights: str) -> None:
    """Refuse to whoever asks over the network to name a folder, whether it is there or not."""
    from orstt_core.weights.catalogue import folder_of

    if current_caller().remote and folder_of(weights):
        raise Forbidden(
            "Weights in a folder of the server cannot be named over the network.",
            hint="Configure them on the server itself: `orstt models add`.",
            field="model",
        )


def _draft_of(model: Model) -> ModelDraft:
    return msgspec.convert(model, ModelDraft, from_attributes=True)


async def _with_fitting_options(draft: ModelDraft) -> ModelDraft:
    """Return a draft whose options are as its engine has them; an engine is looked at for them only."""
    from orstt_core.runtime.probe import probe_engine
    from orstt_core.validation import fitting_options

    if not draft.options:
        return draft
    info = await asyncio.to_thread(probe_engine, draft.model_type)
    return msgspec.structs.replace(draft, options=fitting_options(info, draft.options))


async def _with_usual_compute_type(draft: ModelDraft) -> ModelDraft:
    """Return a draft with its engine's usual compute type where it has none; of an engine that fails, the usual one."""
    from orstt_core.engines.devices import usual_compute_type
    from orstt_core.runtime.probe import probe_engine

    if draft.compute_type:
        return draft
    offered: Mapping[str, list[str]] = {}
    with suppress(OrsttError):
        offered = (await asyncio.to_thread(probe_engine, draft.model_type)).compute_types
    return msgspec.structs.replace(draft, compute_type=usual_compute_type(draft.device, offered))


def _changed_options(stored: Mapping[str, OptionValue], given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Return both together; one that is stored goes where None is given, although its engine may not know it now."""
    return {name: value for name, value in {**stored, **given}.items() if value is not None or name not in stored}


def _refuse(validation: Validation) -> None:
    failed = next((check for check in validation.checks if check.outcome == "failed"), None)
    kind = EngineUnknown if failed and failed.name == "type" else InvalidRequest
    raise kind(validation.message)


def _advice(validation: Validation) -> list[str]:
    # A model that cannot run yet may still be configured: its weights can be brought later.
    return validation.warnings if validation.available else [*validation.warnings, validation.message]
