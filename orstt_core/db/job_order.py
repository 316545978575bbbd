"""JobOrder: what a list of jobs is sorted by, and which jobs come after one of it; an index serves each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orstt_core.types import JobQuery, JobSort

if TYPE_CHECKING:
    from piccolo.querystring import QueryString

SORT_KEYS: dict[JobSort, tuple[str, bool]] = {
    "age": ("number", False),
    "length": ("COALESCE(duration, -1)", False),
    "file": ("substr(lower(filename{bytewise}), 1, 200)", True),
    "model": ("model_name{bytewise}", True),
    "state": ("state", False),
}
"""What the rows are compared by, and whether the least comes first. Migration 12 has an index on each but the first;
the last has one from the beginning."""
BYTEWISE = {False: "", True: ' COLLATE "C"'}
"""On PostgreSQL: in the order that SQLite has, whatever the language of the database is."""


class JobOrder:
    """The order of a query.

    Args:
        query: says which.
        on_postgres: the kind of the database.
    """

    def __init__(self, query: JobQuery, *, on_postgres: bool) -> None:
        key, least_first = SORT_KEYS[query.sort]
        self._key = key.format(bytewise=BYTEWISE[on_postgres])
        self._ascending = least_first != query.reverse

    def behind(self, number: int) -> QueryString:
        """Return the condition of the jobs that come after the one with this number."""
        from piccolo.querystring import QueryString

        sign = ">" if self._ascending else "<"
        if self._key == "number":
            return QueryString(f"number {sign} {{}}", number)
        last = f"(SELECT {self._key}, number FROM transcription_job WHERE number = {{}})"  # noqa: S608 - own names
        return QueryString(f"({self._key}, number) {sign} {last}", number)

    def sorted(self, select: Any) -> Any:
        """Return a selection of jobs in this order."""
        from piccolo.querystring import QueryString

        keys = ["number"] if self._key == "number" else [self._key, "number"]
        return select.order_by(*map(QueryString, keys), ascending=self._ascending)
