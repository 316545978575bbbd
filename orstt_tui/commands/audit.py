"""`orstt audit`: who did what to models and jobs."""

from __future__ import annotations

import click

from orstt_core.types import AuditEntry
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import date


@click.command
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@json_option
@global_options
@click.pass_obj
def audit(context: CommandContext, *, limit: int, as_json: bool) -> None:
    """List who did what to models and jobs.

    The latest first.
    """
    entries = context.run(lambda backend: backend.audit(limit))
    if as_json:
        output.write_json(entries)
    else:
        output.write_table([("AT", "WHO", "DID", "TO", "DETAIL"), *map(_row, entries)])


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (date(entry.at), entry.actor, entry.action, entry.subject, entry.detail)
