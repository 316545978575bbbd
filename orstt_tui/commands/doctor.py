"""`orstt doctor`: what works here, what is missing, and the command that mends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn, cast

import click

from orstt_core.errors import OrsttError, SettingsError
from orstt_core.settings import Settings
from orstt_core.types import Diagnosis, Finding
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option

if TYPE_CHECKING:
    from orstt_core.doctor import Records

UNHEALTHY = 5
"""Exit code when something is missing that the active model needs."""


@click.command
@json_option
@global_options
@click.pass_obj
def doctor(context: CommandContext, *, as_json: bool) -> int:
    """Say what works here, what is missing and what mends it.

    With --remote it is the server that is looked at. Exits with 5 if the active model cannot transcribe.
    """
    diagnosis = _diagnose(context)
    if as_json:
        output.write_json(diagnosis)
    else:
        for finding in diagnosis.findings:
            output.write(f"{finding.outcome:8} {output.one_line(finding.subject)}: {output.one_line(finding.detail)}\n")
            if finding.fix:
                output.write(f"{'':8} -> {output.one_line(finding.fix)}\n")
    return 0 if diagnosis.healthy else UNHEALTHY


def _diagnose(context: CommandContext) -> Diagnosis:
    try:
        settings = context.settings
    except SettingsError as error:
        return Diagnosis(
            findings=[Finding(subject="settings", outcome="missing", detail=error.message, fix=error.hint)]
        )
    try:
        return context.run(lambda backend: backend.diagnose())
    except OrsttError as error:
        if settings.remote:
            raise
        return _without_backend(settings, error)


def _without_backend(settings: Settings, error: OrsttError) -> Diagnosis:
    import asyncio

    from orstt_core.doctor import diagnose

    class Unread:
        """Records that cannot be read."""

        def __getattr__(self, _: str) -> Callable[..., Awaitable[NoReturn]]:
            async def unread(*_: object) -> NoReturn:
                raise error

            return unread

    return asyncio.run(diagnose(settings, cast("Records", Unread())))
