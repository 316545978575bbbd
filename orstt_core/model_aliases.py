"""ModelAliases: which model a request means, that names one by another name than its own, or names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from orstt_core.db.models import ModelStore
from orstt_core.errors import ModelNotFound
from orstt_core.references import model_ref
from orstt_core.text import normalize_name
from orstt_core.types import AUTO, Model, ModelChoice


class AskedModel(NamedTuple):
    """The model that a request means, and where it leaves the choice open, that.

    Attributes:
        model: what transcribes if nobody chooses: never one that sends sound, where the choice is open.
        choice: the open choice; None: this model was asked for.
    """

    model: Model
    choice: ModelChoice | None = None


class ModelAliases:
    """Other names of models.

    Args:
        store: has the models.
        aliases: the setting: each other name with the name of a model, `auto`, or an empty one for the active.
    """

    def __init__(self, store: ModelStore, aliases: Mapping[str, str]) -> None:
        self._store = store
        self._aliases = {normalize_name(alias): name for alias, name in aliases.items()}

    async def resolve(self, ref: int | str | None) -> AskedModel:
        """Return the model that a request means: by id or name, else by one of the aliases; None is the active one.

        `auto` leaves the choice open, unless a model of an earlier version is called so.

        Raises:
            ModelNotFound: none of these.
        """
        if ref is None:
            return AskedModel(await self._store.active())
        try:
            return AskedModel(await self._store.get(ref))
        except ModelNotFound:
            ref = model_ref(ref)
            if ref == AUTO:
                return await self._open_choice()
            if not isinstance(ref, str) or ref not in self._aliases:
                raise
        meant = self._aliases[ref]
        try:
            if meant == AUTO:
                return await self._open_choice()
            return AskedModel(await (self._store.get(meant) if meant else self._store.active()))
        except ModelNotFound as error:
            raise ModelNotFound(
                f"{ref!r} stands for {meant!r}, and no model is called so.",
                hint="Mend ORSTT_ALIASES on the server, or name another model.",
            ) from error

    async def _open_choice(self) -> AskedModel:
        active = await self._store.active()
        model = await self._store.default() if active.sends_sound else active
        return AskedModel(model, ModelChoice(asked=AUTO))

    async def in_use(self) -> dict[str, str]:
        """Return the aliases that mean a model now, or `auto`, each with that name."""
        models = await self._store.list()
        names = {model.name for model in models}
        active = next(model.name for model in models if model.is_active)
        meant = {alias: name or active for alias, name in self._aliases.items() if alias not in names}
        return {alias: name for alias, name in meant.items() if name in {AUTO, *names}}
