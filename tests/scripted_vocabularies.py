"""The vocabularies of the scripted backend, in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from orstt_core.errors import VocabularyExists, VocabularyNotFound
from orstt_core.types import Term, Vocabulary, VocabularyDraft, VocabularyUpdate

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ScriptedVocabularies:
    """The part of `ScriptedBackend` that has vocabularies."""

    def __init__(self) -> None:
        self.lists: dict[str, Vocabulary] = {}

    async def vocabularies(self) -> list[Vocabulary]:
        self._maybe_fail()
        return [msgspec.structs.replace(self.lists[name], terms=[]) for name in sorted(self.lists)]

    async def vocabulary(self, name: str) -> Vocabulary:
        self._maybe_fail()
        if name not in self.lists:
            raise VocabularyNotFound(f"No vocabulary is called {name!r}.", hint="See `orstt vocabulary list`.")
        return self.lists[name]

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        self._maybe_fail()
        if draft.name in self.lists:
            raise VocabularyExists(f"A vocabulary called {draft.name!r} exists already.")
        made = Vocabulary(name=draft.name, description=draft.description, created_at=MADE, updated_at=MADE)
        self.lists[draft.name] = _with(made, draft.terms)
        return self.lists[draft.name]

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        stored = await self.vocabulary(name)
        terms = [term.text for term in stored.terms] if update.terms is None else list(update.terms)
        changed = _with(stored, [text for text in dict.fromkeys([*terms, *update.add]) if text not in update.remove])
        if update.description is not None:
            changed = msgspec.structs.replace(changed, description=update.description)
        self.lists[name] = changed
        return changed

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        await self.vocabulary(name)
        return self.lists.pop(name)

    def _maybe_fail(self) -> None:
        raise NotImplementedError


def _with(vocabulary: Vocabulary, texts: tuple[str, ...] | list[str]) -> Vocabulary:
    return msgspec.structs.replace(vocabulary, size=len(texts), terms=[Term(text=text) for text in texts])
