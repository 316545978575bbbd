"""Vocabularies: what a person asks about lists of words to expect, and how often their terms were said."""

from __future__ import annotations

import asyncio
import builtins
import logging
from collections.abc import Awaitable, Callable, Collection

from orstt_core.background import BackgroundTasks
from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import InvalidRequest, OrsttError, VocabularyInUse
from orstt_core.references import vocabulary_ref
from orstt_core.terms import count_terms, normalized_terms
from orstt_core.text import normalize_name
from orstt_core.types import Model, Vocabulary, VocabularyDraft, VocabularyUpdate
from orstt_core.types.vocabularies import MOST_TERMS

logger = logging.getLogger(__name__)


class Vocabularies:
    """The lists of one database, which must be open while a method runs.

    Args:
        database: where they are.
        audit: told who changed what.
        models: returns the configured models, whose lists are not removed.
    """

    def __init__(
        self, database: Database, audit: AuditLog, models: Callable[[], Awaitable[builtins.list[Model]]]
    ) -> None:
        self._database, self._audit, self._models = database, audit, models
        self._store = VocabularyStore(database)
        self._notes = BackgroundTasks()

    async def close(self) -> None:
        """Wait until the last uses are written down."""
        await self._notes.join()

    async def list(self) -> builtins.list[Vocabulary]:
        """See `Backend.vocabularies`."""
        return await self._store.list()

    async def get(self, name: str) -> Vocabulary:
        """See `Backend.vocabulary`."""
        return await self._store.get(name)

    async def create(self, draft: VocabularyDraft) -> Vocabulary:
        """See `Backend.create_vocabulary`."""
        name, terms = _fitting_name(draft.name), normalized_terms(draft.terms, "terms")
        async with self._database.transaction():
            vocabulary = await self._store.add(name, draft.description.strip(), terms)
            await self._audit.add(current_actor(), "vocabulary.created", name, f"terms {vocabulary.size}")
        return vocabulary

    async def update(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        """See `Backend.update_vocabulary`."""
        add, remove = normalized_terms(update.add, "add"), set(normalized_terms(update.remove, "remove"))
        async with self._database.transaction():
            await self._database.lock("vocabularies")  # what is there is read, and then replaced
            before = {term.text for term in (await self._store.get(name)).terms}
            if update.terms is not None:
                wanted = normalized_terms(update.terms, "terms")
                add, remove = [*wanted, *add], remove | (before - set(wanted))
            vocabulary = await self._store.change(name, description=update.description, add=add, remove=remove)
            if vocabulary.size > MOST_TERMS:
                raise InvalidRequest(
                    f"A vocabulary has {MOST_TERMS:,} terms at most.", hint="Make a second one.", field="add"
                )
            after = {term.text for term in vocabulary.terms}
            detail = f"added {len(after - before)}, removed {len(before - after)}"
            await self._audit.add(current_actor(), "vocabulary.updated", vocabulary.name, detail)
        return vocabulary

    async def delete(self, name: str) -> Vocabulary:
        """See `Backend.delete_vocabulary`."""
        async with self._database.transaction():
            await self._database.lock("models")
            users = [model.name for model in await self._models() if vocabulary_ref(name) in model.vocabulary]
            if users:
                raise VocabularyInUse(
                    f"The vocabulary {name} belongs to {', '.join(users)}.",
                    hint=f"Take it away first: orstt models update {users[0]} --vocabulary ''",
                )
            vocabulary = await self._store.delete(name)
            await self._audit.add(current_actor(), "vocabulary.deleted", vocabulary.name)
        return vocabulary

    def note(self, names: Collection[str], text: str) -> None:
        """Count which terms of these lists stand in a transcript; a list that is too long is ranked by that."""
        if names and text:
            self._notes.start(self._note(names, text))

    async def _note(self, names: Collection[str], text: str) -> None:
        try:
            terms = (await self._store.ranked(names)).terms
            if counts := await asyncio.to_thread(count_terms, terms, text):
                await self._store.note_uses(names, counts)
        except OrsttError as error:
            logger.warning("How often words of a vocabulary were said cannot be written down: %s", error.message)


def _fitting_name(text: str) -> str:
    name = normalize_name(text)
    if not name.isprintable() or "," in name or not name:
        raise InvalidRequest(
            "A vocabulary's name is a word or a few, without a comma, of letters that can be seen.",
            hint="Give it another.",
            field="name",
        )
    return name
