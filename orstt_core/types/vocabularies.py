"""Lists of words to expect, kept by name: drugs, people, procedures."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.timestamps import Timestamp

MOST_TERMS = 10_000
LONGEST_TERM = 100
LONGEST_VOCABULARY_NAME = 100

TermText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TERM)]
Terms = Annotated[tuple[TermText, ...], Meta(max_length=MOST_TERMS)]
_Description = Annotated[str, Meta(max_length=2000)]


class Term(Struct, frozen=True, kw_only=True):
    """A word, or several that belong together, and how often it stood in transcripts of jobs with its list."""

    text: str
    uses: int = 0


class Vocabulary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list of words to expect.

    Attributes:
        size: how many terms it has.
        terms: those most often used first; empty where several lists are returned.
    """

    name: str
    description: str = ""
    size: int = 0
    terms: list[Term] = []
    created_at: Timestamp
    updated_at: Timestamp


class VocabularyDraft(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person gives to make a list; a term has no comma, which separates terms."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_VOCABULARY_NAME)]
    description: _Description = ""
    terms: Terms = ()


class VocabularyUpdate(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a list; None leaves it as it is.

    Attributes:
        terms: all that it is to have; those that it has already keep how often they were used.
        add: terms that it is to have as well.
        remove: terms that it is to have no more; one that it does not have is passed over.
    """

    description: _Description | None = None
    terms: Terms | None = None
    add: Terms = ()
    remove: Terms = ()
