"""Weights for the server, with progress as newline-delimited JSON, as Ollama's clients expect it."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import Any

from litestar import Request, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse
from msgspec import Struct

from orstt_api.client_connection import while_connected
from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import Pull, problems
from orstt_api.scopes import MANAGE
from orstt_api.streaming import LINES, event_stream
from orstt_api.wire import API, PullFailure
from orstt_core.backend import Backend
from orstt_core.errors import OrsttError, TooLarge, WeightsError
from orstt_core.types import PullProgress, problem, to_json


class PullOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to pull: a configured model, or weights by a name that is known or a hub repository.

    Attributes:
        model: which.
        model_type: the engine that the weights are for; empty: as the name tells, else the usual one.
        stream: whether every step is answered; without it only the end is.
    """

    model: str
    model_type: str = ""
    stream: bool = True


@post(
    f"{API}/pull",
    operation_id="pullModel",
    tags=["Models"],
    status_code=200,
    opt=MANAGE,
    operation_class=Pull,
    responses={
        200: ResponseSpec(
            PullProgress, description="One object, or one a line; the last is `success`", generate_examples=False
        ),
        **problems(TooLarge, WeightsError),
    },
)
async def pull(request: Request[Any, Any, Any], backend: InjectedBackend, data: JSONBody[PullOrder]) -> ASGIResponse:
    """Bring weights to the server: find, join or fetch them, and verify.

    Callers that pull the same at the same time share one pull, which stops when the last of them has left. What
    fails after the first line is a line with `error` and the parts of a problem.
    """
    if data.stream:
        return await event_stream(
            request,
            partial(backend.pull_model, data.model, data.model_type),
            await_first=True,
            finish=False,
            failure=_failure,
            framing=LINES,
        )
    last = await while_connected(request, _last(backend, data), finish=False)
    return ASGIResponse(body=to_json(last), media_type="application/json")


async def _last(backend: Backend, order: PullOrder) -> PullProgress:
    last = PullProgress(status="")
    async with aclosing(backend.pull_model(order.model, order.model_type)) as steps:
        async for step in steps:
            last = step
    return last


def _failure(error: OrsttError) -> PullFailure:
    return PullFailure(error=str(error), problem=problem(error))
