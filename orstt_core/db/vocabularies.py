"""VocabularyStore: the lists of words to expect. The only module that reads and writes their rows."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from orstt_core.errors import InvalidRequest, VocabularyExists, VocabularyNotFound
from orstt_core.references import vocabulary_ref
from orstt_core.types import Term, Vocabulary

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import VocabularyRow, VocabularyTerm

BATCH = 1000
"""Rows written in one statement: SQLite and PostgreSQL take some 32,000 values."""


class RankedTerms(NamedTuple):
    """The terms of some lists, the most used first, and the names of lists that there are no more."""

    terms: list[str]
    missing: list[str]


class VocabularyStore:
    """The lists of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> builtins.list[Vocabulary]:
        """Return all lists by name, without their terms."""
        from piccolo.query.functions import Count

        table, term = self._vocabularies, self._terms
        rows = await table.select().order_by(table.name)
        counted = await term.select(term.vocabulary, Count()).group_by(term.vocabulary)
        sizes = {row["vocabulary"]: row["count"] for row in counted}
        return [_vocabulary(row, size=sizes.get(row["number"], 0)) for row in rows]

    async def get(self, name: str) -> Vocabulary:
        """Return a list with its terms.

        Raises:
            VocabularyNotFound: none has that name.
        """
        row = await self._row(name)
        terms = await self._ranked([row["number"]])
        return _vocabulary(row, size=len(terms), terms=terms)

    async def add(self, name: str, description: str, terms: Sequence[str]) -> Vocabulary:
        """Store a list and return it.

        Raises:
            VocabularyExists: one has that name.
            InvalidRequest: something in it cannot be stored.
        """
        from orstt_core.db.failures import DuplicateRow, RowRefused

        table = self._vocabularies
        try:
            async with self._database.transaction():
                now = await self._database.now()
                await table.insert(table(name=name, description=description, created_at=now, updated_at=now))
                await self._add_terms((await self._row(name))["number"], terms)
                return await self.get(name)
        except DuplicateRow as error:
            raise VocabularyExists(
                f"A vocabulary called {name!r} exists already.",
                hint=f"Type: orstt vocabulary update {name} --add TERM, or choose another name.",
                field="name",
            ) from error
        except RowRefused as error:
            raise _unstorable() from error

    async def change(
        self, name: str, *, description: str | None, add: Sequence[str], remove: Collection[str]
    ) -> Vocabulary:
        """Change a list's description and terms, in one step, and return it.

        Raises:
            VocabularyNotFound: none has that name.
            InvalidRequest: something in it cannot be stored.
        """
        from orstt_core.db.failures import RowRefused

        table, term = self._vocabularies, self._terms
        try:
            async with self._database.transaction():
                await self._database.lock("vocabularies")
                row = await self._row(name)
                values: dict[Any, Any] = {table.updated_at: await self._database.now()}
                if description is not None:
                    values[table.description] = description
                await table.update(values).where(table.number == row["number"])
                kept = {known.text for known in await self._ranked([row["number"]])}
                for some in _batches(sorted(kept & set(remove))):
                    await term.delete().where((term.vocabulary == row["number"]) & term.term.is_in(some))
                await self._add_terms(row["number"], [text for text in add if text not in kept - set(remove)])
                return await self.get(name)
        except RowRefused as error:
            raise _unstorable() from error

    async def delete(self, name: str) -> Vocabulary:
        """Remove a list and return it as it was.

        Raises:
            VocabularyNotFound: none has that name.
        """
        table = self._vocabularies
        async with self._database.transaction():
            await self._database.lock("vocabularies")
            vocabulary = await self.get(name)
            await table.delete().where(table.name == vocabulary.name)
            return vocabulary

    async def ranked(self, names: Collection[str]) -> RankedTerms:
        """Return the terms of all these lists, each once; a list that there is no more is named."""
        if not names:
            return RankedTerms([], [])
        table = self._vocabularies
        rows = await table.select(table.number, table.name).where(table.name.is_in(builtins.list(names)))
        found = {row["name"] for row in rows}
        terms = await self._ranked([row["number"] for row in rows])
        texts = builtins.list(dict.fromkeys(term.text for term in terms))
        return RankedTerms(texts, [name for name in names if name not in found])

    async def require(self, names: Collection[str]) -> None:
        """Make sure that there are lists of all these names.

        Raises:
            VocabularyNotFound: names one that there is not.
        """
        for name in names:
            await self._row(name)

    async def note_uses(self, names: Collection[str], counts: Mapping[str, int]) -> None:
        """Write down how often terms of these lists stood in a transcript."""
        table, term = self._vocabularies, self._terms
        async with self._database.transaction():
            await self._database.lock("vocabularies")
            rows = await table.select(table.number).where(table.name.is_in(builtins.list(names)))
            numbers = [row["number"] for row in rows]
            for text, count in counts.items() if numbers else ():
                used = (term.term == text) & term.vocabulary.is_in(numbers)
                await term.update({term.uses: term.uses + count}).where(used)

    async def _row(self, name: str) -> dict[str, Any]:
        table = self._vocabularies
        name = vocabulary_ref(name)
        rows: builtins.list[dict[str, Any]] = await table.select().where(table.name == name)
        if not rows:
            raise VocabularyNotFound(f"No vocabulary is called {name[:100]!r}.", hint="See `orstt vocabulary list`.")
        return rows[0]

    async def _ranked(self, numbers: Sequence[int]) -> builtins.list[Term]:
        """Return the terms of lists, the most used first, else in the order in which they were added."""
        if not numbers:
            return []
        term = self._terms
        rows = await term.select(term.term, term.uses, term.number).where(term.vocabulary.is_in(builtins.list(numbers)))
        in_order = sorted(rows, key=lambda row: (-row["uses"], row["number"]))
        return [Term(text=row["term"], uses=row["uses"]) for row in in_order]

    async def _add_terms(self, number: int, terms: Sequence[str]) -> None:
        table = self._terms
        for some in _batches(terms):
            await table.insert(*(table(vocabulary=number, term=text) for text in some))

    @property
    def _vocabularies(self) -> type[VocabularyRow]:
        from orstt_core.db.tables import VocabularyRow

        return self._database.table(VocabularyRow)

    @property
    def _terms(self) -> type[VocabularyTerm]:
        from orstt_core.db.tables import VocabularyTerm

        return self._database.table(VocabularyTerm)


def _batches(texts: Sequence[str]) -> list[list[str]]:
    return [list(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]


def _vocabulary(row: Mapping[str, Any], *, size: int, terms: Sequence[Term] = ()) -> Vocabulary:
    return msgspec.convert({**row, "size": size, "terms": [msgspec.structs.asdict(term) for term in terms]}, Vocabulary)


def _unstorable() -> InvalidRequest:
    return InvalidRequest(
        "The vocabulary cannot be stored: a text is too long, or has characters that a database cannot hold.",
        hint="Shorten it, or remove what came along with pasted text.",
    )
