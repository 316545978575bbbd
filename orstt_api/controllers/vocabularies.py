"""Lists of words to expect as a REST resource."""

from __future__ import annotations

from urllib.parse import unquote

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import MANAGE, TRANSCRIBE
from orstt_api.wire import VOCABULARIES
from orstt_core.errors import TooLarge, VocabularyExists, VocabularyInUse, VocabularyNotFound
from orstt_core.types import Vocabulary, VocabularyDraft, VocabularyUpdate


class VocabularyLists(Controller):
    """A list is named in the path by its name, percent-encoded."""

    path = VOCABULARIES
    tags = ("Vocabularies",)
    opt = MANAGE

    @get("/", operation_id="listVocabularies", opt=TRANSCRIBE, responses=problems())
    async def list_vocabularies(self, backend: InjectedBackend) -> list[Vocabulary]:
        """List them by name, without their terms."""
        return await backend.vocabularies()

    @get("/{name:str}", operation_id="getVocabulary", opt=TRANSCRIBE, responses=problems(VocabularyNotFound))
    async def show(self, backend: InjectedBackend, name: FromPath[str]) -> Vocabulary:
        """Return one with its terms, those most often used first."""
        return await backend.vocabulary(unquote(name))

    @post("/", operation_id="createVocabulary", responses=problems(VocabularyExists, TooLarge))
    async def create(self, backend: InjectedBackend, data: JSONBody[VocabularyDraft]) -> Vocabulary:
        """Store a new list."""
        return await backend.create_vocabulary(data)

    @patch("/{name:str}", operation_id="updateVocabulary", responses=problems(VocabularyNotFound, TooLarge))
    async def update(
        self, backend: InjectedBackend, name: FromPath[str], data: JSONBody[VocabularyUpdate]
    ) -> Vocabulary:
        """Change a list; a term that stays keeps how often it was used."""
        return await backend.update_vocabulary(unquote(name), data)

    @delete(
        "/{name:str}",
        operation_id="deleteVocabulary",
        status_code=200,
        responses=problems(VocabularyNotFound, VocabularyInUse),
    )
    async def delete(self, backend: InjectedBackend, name: FromPath[str]) -> Vocabulary:
        """Remove a list and return it as it was; jobs that name it go on without it."""
        return await backend.delete_vocabulary(unquote(name))
