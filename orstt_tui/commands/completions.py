"""What a shell may complete: names of models, ids of jobs, languages; asked of the backend while somebody presses Tab.

A shell waits for the answer, so whatever goes wrong, or takes long, is no suggestion at all and never a message.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine, Iterable
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from orstt_core.types import AUTO
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.output import one_line

if TYPE_CHECKING:
    from orstt_core.backend import Backend

Found = TypeVar("Found")
Items = list[CompletionItem[str]]

SECONDS = 2.0
"""The longest that a shell waits for a server."""
JOBS = 50
"""How many jobs are looked at, the newest first."""
ID_LENGTH = 8
"""Characters of an id that tell a person's jobs apart."""


def model_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Return the configured models."""
    models = _ask(ctx, lambda backend: backend.models())
    named = [(model.name, model.description) for model in models]
    return _matching([*named, (AUTO, "chosen by the recording")] if named else [], incomplete)


def job_ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Return the newest jobs."""
    from orstt_core.types import JobQuery

    async def newest(backend: Backend) -> list[tuple[str, str]]:
        page = await backend.jobs(JobQuery(limit=JOBS))
        return [(job.id[: max(ID_LENGTH, len(incomplete))], f"{job.state}: {job.filename}") for job in page.jobs]

    return _matching(_ask(ctx, newest), incomplete)


def experiment_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Return the experiments."""
    found = _ask(ctx, lambda backend: backend.experiments())
    return _matching(((each.name, f"{each.state}: {each.a}, {each.b}") for each in found), incomplete)


def setting_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Return the settings."""
    from orstt_core.settings import Settings

    return _matching(((name, "") for name in Settings.__struct_fields__), incomplete)


def server_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Return the servers that are kept by name."""
    from orstt_core.errors import OrsttError
    from orstt_tui.servers import known_servers

    try:
        return _matching(((server.name, server.address) for server in known_servers()), incomplete)
    except OrsttError:  # nothing may be said in the line that is being typed
        return []


def languages(incomplete: str) -> Items:
    """Return the codes of languages, with their names."""
    from orstt_core.languages import names_by_code

    return _matching(names_by_code().items(), incomplete)


def _ask(ctx: click.Context, question: Callable[[Backend], Coroutine[Any, Any, list[Found]]]) -> list[Found]:
    import asyncio

    async def answer(backend: Backend) -> list[Found]:
        async with asyncio.timeout(SECONDS):
            return await question(backend)

    try:
        with redirect_stderr(io.StringIO()):  # what is logged would stand in the line that is being typed
            return ctx.ensure_object(CommandContext).run(answer)
    except Exception:  # noqa: BLE001 - nothing may be said in the line that is being typed
        return []


def _matching(known: Iterable[tuple[str, str]], incomplete: str) -> Items:
    return [
        CompletionItem(value, help=one_line(about) or None) for value, about in known if value.startswith(incomplete)
    ]
