"""VocabularyOperations: what is asked of lists of words to expect."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import Vocabulary, VocabularyDraft, VocabularyUpdate


class VocabularyOperations(Protocol):
    """Lists of words to expect, by name."""

    async def vocabularies(self) -> list[Vocabulary]:
        """Return the lists of words to expect by name, without their terms."""
        ...

    async def vocabulary(self, name: str) -> Vocabulary:
        """Return a list with its terms, those most often used first.

        Raises:
            VocabularyNotFound: none has that name.
        """
        ...

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        """Store a new list of words to expect.

        Raises:
            InvalidRequest: the name is blank, or a term is none.
            VocabularyExists: a list has that name.
        """
        ...

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        """Change a list; a term that stays keeps how often it was used.

        Raises:
            VocabularyNotFound: none has that name.
            InvalidRequest: a term is none, or there would be too many.
        """
        ...

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        """Remove a list and return it as it was; jobs that name it go on without it.

        Raises:
            VocabularyNotFound: none has that name.
            VocabularyInUse: a model has it.
        """
        ...
