"""What the transcriptions of models took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import MANAGE
from orstt_api.wire import API, CSV
from orstt_core.stats_table import to_csv
from orstt_core.types import Stats, StatsGrouping, StatsQuery

By = Annotated[StatsGrouping, QueryParameter(description="What a row is of.")]
ModelName = Annotated[str, QueryParameter(description="Only of the model that had this name.")]
Since = Annotated[date | None, QueryParameter(description="Only of this day (UTC) and later ones.")]
Until = Annotated[date | None, QueryParameter(description="Only of this day (UTC) and earlier ones.")]
Here = Annotated[bool, QueryParameter(description="Only what was measured on the server's machine.")]
Limit = Annotated[int, QueryParameter(description="How many rows at most: the latest.", ge=1, le=10_000)]
Format = Annotated[
    Literal["json", "csv"] | None,
    QueryParameter(description="Without it, what the header Accept asks for."),
]


@dataclass
class Table(Operation):
    """Documents an address that answers with JSON or with CSV, as it is asked to."""

    def __post_init__(self) -> None:
        """Describe the other kind of answer."""
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        assert answer.content is not None
        answer.content[CSV] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


def stats_query(
    *,
    by: By = "model",
    model: ModelName = "",
    since: Since = None,
    until: Until = None,
    here: Here = False,
    limit: Limit = 1000,
) -> StatsQuery:
    """Return what the query of an address asks for."""
    return StatsQuery(by=by, model=model, since=since, until=until, here=here, limit=limit)


class Statistics(Controller):
    """Figures only: nothing of what was said, and nobody's name."""

    path = API
    tags = ("Server",)
    opt = MANAGE
    dependencies = {"wanted": Provide(stats_query, sync_to_thread=False)}  # noqa: RUF012 - Litestar declares it so

    @get("/stats", operation_id="getStats", operation_class=Table, responses=problems())
    async def stats(
        self,
        request: Request[Any, Any, Any],
        backend: InjectedBackend,
        wanted: NamedDependency[StatsQuery],
        format: Format = None,  # noqa: A002 - whoever asks writes it so
    ) -> Response[list[Stats]]:
        """Say how fast models were, how much memory they took and how sure they were, as JSON or CSV."""
        found = await backend.stats(wanted)
        wants_csv = format == "csv" or (format is None and request.accept.best_match(["application/json", CSV]) == CSV)
        if wants_csv:
            return Response(to_csv(found), media_type=CSV)  # type: ignore[arg-type]  # described by `Table`
        return Response(found)
