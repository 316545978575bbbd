"""Lists of words to expect: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from orstt_api.remote.base import RemotePart
from orstt_api.wire import VOCABULARIES, quote_ref
from orstt_core.conversion import check_kind
from orstt_core.protocols.vocabularies import VocabularyOperations
from orstt_core.references import vocabulary_ref
from orstt_core.types import (
    Vocabulary,
    VocabularyDraft,
    VocabularyUpdate,
)


class RemoteVocabularies(RemotePart, VocabularyOperations):
    """See the methods of `Backend`."""

    async def vocabularies(self) -> list[Vocabulary]:
        return await self._server.request("GET", VOCABULARIES, list[Vocabulary])

    async def vocabulary(self, name: str) -> Vocabulary:
        return await self._server.request("GET", _vocabulary_path(name), Vocabulary)

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        check_kind(draft, VocabularyDraft, "draft")
        return await self._server.request("POST", VOCABULARIES, Vocabulary, json=draft)

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        check_kind(update, VocabularyUpdate, "update")
        return await self._server.request("PATCH", _vocabulary_path(name), Vocabulary, json=update)

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        return await self._server.request("DELETE", _vocabulary_path(name), Vocabulary)


def _vocabulary_path(name: str) -> str:
    return f"{VOCABULARIES}/{quote_ref(vocabulary_ref(name))}"
