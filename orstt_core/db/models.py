"""ModelStore: the configured models. The only module that reads and writes their rows."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.errors import InvalidRequest, ModelExists, ModelInUse, ModelNotFound
from orstt_core.references import model_ref
from orstt_core.types import Model, ModelDraft, to_json

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import ModelSelection, STTModel


JSON = ("options", "vocabulary")
"""Columns that hold JSON."""


class ModelStore:
    """The models of one database. There are a handful, so whoever looks for one looks through all.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
        sends_sound: whether an engine of this type sends sound out of this machine.
    """

    def __init__(self, database: Database, *, sends_sound: Callable[[str], bool] = lambda _: False) -> None:
        self._database, self._sends_sound = database, sends_sound

    async def list(self) -> builtins.list[Model]:
        """Return all models in the order they were added."""
        table = self._models
        rows = await table.select().order_by(table.id)
        return [self._model(row) for row in rows]

    def _model(self, row: dict[str, Any]) -> Model:
        decoded = {name: msgspec.json.decode(row[name]) for name in JSON}
        return msgspec.convert(row | decoded | {"sends_sound": self._sends_sound(row["model_type"])}, Model)

    async def get(self, ref: int | str) -> Model:
        """Return the model of this id or exact name; digits that are nobody's name count as an id.

        Raises:
            ModelNotFound: there is none.
        """
        return _find(await self.list(), ref)

    async def active(self) -> Model:
        """Return the one active model."""
        return next(model for model in await self.list() if model.is_active)

    async def default(self) -> Model:
        """Return the one default model."""
        return next(model for model in await self.list() if model.is_default)

    async def add(self, draft: ModelDraft) -> Model:
        """Store a new model, neither active nor default, and return it.

        Raises:
            ModelExists: the name is taken.
            InvalidRequest: a value is longer than its column, or the name is empty.
        """
        from orstt_core.db.failures import DuplicateRow, RowRefused

        now = datetime.now(UTC)
        row = _columns(msgspec.structs.asdict(draft)) | {"model": draft.weights, "created_at": now, "updated_at": now}
        try:
            async with self._database.transaction():
                await self._models.insert(self._models(**row))
                return _find(await self.list(), draft.name)
        except DuplicateRow as error:
            raise _taken(draft.name) from error
        except RowRefused as error:
            raise _unstorable() from error

    async def activate(self, model_id: int) -> Model:
        """Make this the active model, in one step, and return it.

        Raises:
            ModelNotFound: there is none of that id.
        """
        from orstt_core.db.failures import RowRefused

        selection = self._selection
        try:
            async with self._database.transaction():
                _find(await self.list(), model_id)
                await selection.update({selection.active: model_id}).where(selection.id == 1)
                return _find(await self.list(), model_id)
        except RowRefused as error:  # somebody removed it meanwhile
            raise _not_found(model_id, []) from error

    async def update(self, model_id: int, changes: Mapping[str, object], *, make_default: bool = False) -> Model:
        """Change columns of a model, in one step with making it the default, and return it.

        Raises:
            ModelNotFound: there is none of that id.
            ModelExists: the new name is taken.
            InvalidRequest: a value is longer than its column.
        """
        from orstt_core.db.failures import DuplicateRow, RowRefused

        table, selection = self._models, self._selection
        try:
            async with self._database.transaction():
                _find(await self.list(), model_id)
                if changes:
                    values = {getattr(table, name): value for name, value in _columns(changes).items()}
                    await table.update(values).where(table.id == model_id)
                if make_default:
                    await selection.update({selection.default: model_id}).where(selection.id == 1)
                return _find(await self.list(), model_id)
        except DuplicateRow as error:
            raise _taken(str(changes.get("name", ""))) from error
        except RowRefused as error:
            raise _unstorable() from error

    async def delete(self, model_id: int) -> Model:
        """Remove a model and return it as it was.

        Raises:
            ModelNotFound: there is none of that id.
            ModelInUse: it is the active or the default one.
        """
        from orstt_core.db.failures import RowRefused

        table = self._models
        models = await self.list()
        model = _find(models, model_id)
        if model.is_active or model.is_default:
            raise _in_use(model)
        try:
            async with self._database.transaction():
                removed = await table.delete().where(table.id == model_id).returning(table.id)
        except RowRefused as error:  # somebody activated it meanwhile
            raise _in_use(await self.get(model_id)) from error
        if not removed:  # somebody else removed it meanwhile
            raise _not_found(model_id, models)
        return model

    @property
    def _models(self) -> type[STTModel]:
        from orstt_core.db.tables import STTModel

        return self._database.table(STTModel)

    @property
    def _selection(self) -> type[ModelSelection]:
        from orstt_core.db.tables import ModelSelection

        return self._database.table(ModelSelection)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a model as its row has them."""
    return {name: to_json(value).decode() if name in JSON else value for name, value in values.items()}


def _find(models: list[Model], ref: int | str) -> Model:
    ref = model_ref(ref)
    for model in models:
        if ref in (model.id, model.name):
            return model
    for model in models:
        if ref == str(model.id):
            return model
    raise _not_found(ref, models)


def _not_found(ref: int | str, models: list[Model]) -> ModelNotFound:
    if isinstance(ref, int):
        return ModelNotFound(f"No model has the id {ref}.", hint="See `orstt models list`.")
    from difflib import get_close_matches

    close = get_close_matches(ref, [model.name for model in models], n=1)
    return ModelNotFound(
        f"No model is called {ref!r}.", hint=f"Did you mean {close[0]!r}?" if close else "See `orstt models list`."
    )


def _taken(name: str) -> ModelExists:
    return ModelExists(f"A model called {name!r} is configured already.", hint="Choose another name.", field="name")


def _unstorable() -> InvalidRequest:
    return InvalidRequest(
        "The model cannot be stored: its name is empty, a value is too long, or text has characters that a database "
        "cannot hold.",
        hint="Shorten it, or remove what came along with pasted text.",
    )


def _in_use(model: Model) -> ModelInUse:
    if model.is_default and not model.is_active:
        return ModelInUse(
            f"{model.name} is the default model.",
            hint="Make another one the default first: `orstt models update OTHER --default`.",
        )
    return ModelInUse(f"{model.name} is the active model.", hint="Activate another one first.")
