"""`orstt keys`: who may ask a server for what; create, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from orstt_core.backend import Backend
from orstt_core.types import SCOPES, ApiKey, KeyDraft, Scope
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import date, key_state


@click.group
@global_options
def keys() -> None:
    """Create, list and revoke the API keys of a server."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="transcribe",
    show_default=True,
    help="transcribe: and see its own jobs; manage: models too; admin: everything.",
)
@click.option(
    "--expires", "days", type=click.FloatRange(0, 36_500, min_open=True), metavar="DAYS", help="Default: never."
)
@click.option(
    "--rate", type=click.IntRange(0, 1_000_000), default=0, metavar="N", help="Requests a minute; default: any number."
)
@click.option(
    "--concurrent",
    type=click.IntRange(0, 10_000),
    default=0,
    metavar="N",
    help="Requests at once; default: any number.",
)
@json_option
@global_options
@click.pass_obj
def create_key(
    context: CommandContext, *, name: str, scope: Scope, days: float | None, rate: int, concurrent: int, as_json: bool
) -> None:
    """Create a key and print its secret, which is shown only now.

    From the first key on the server asks every request for one.
    """
    if not name.strip() or len(name) > 100:  # noqa: PLR2004 - as KeyDraft has it
        raise click.UsageError("A key's name has 1 to 100 letters.")
    draft = KeyDraft(
        name=name, scope=scope, expires_in_days=days, requests_per_minute=rate, concurrent_requests=concurrent
    )
    new = context.run(lambda backend: backend.create_key(draft))
    if as_json:
        output.write_json(new)
        return
    output.write(f"{new.secret}\n")
    until = f" until {date(new.key.expires_at)}" if new.key.expires_at else ""
    output.write_stderr(f"this is the key {new.key.name}, with the scope {new.key.scope}{until}; it is shown only now.")


@keys.command("list")
@json_option
@global_options
@click.pass_obj
def list_keys(context: CommandContext, *, as_json: bool) -> None:
    """List all keys, also those that are revoked or have expired; never their secrets."""
    found = context.run(lambda backend: backend.keys())
    if as_json:
        output.write_json(found)
        return
    now = datetime.now(UTC)
    header = ("ID", "NAME", "SCOPE", "STATE", "CREATED", "LAST USED", "A MINUTE", "AT ONCE")
    output.write_table([header, *(_row(key, now) for key in found)])


@keys.command("revoke")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@json_option
@global_options
@click.pass_obj
def revoke_keys(context: CommandContext, *, names: tuple[str, ...], as_json: bool) -> None:
    """Let keys open nothing any more, by name or id; this cannot be undone."""

    async def revoke(backend: Backend) -> None:
        for name in names:
            key = await backend.revoke_key(name)
            if as_json:
                output.write_json(key)
            else:
                output.write(f"Revoked {output.one_line(key.name)}.\n")
        now = datetime.now(UTC)
        if not any(key.usable(now) for key in await backend.keys()):
            output.write_stderr(
                "no key can be used any more: the API refuses everybody, this machine too, until another is created"
            )

    context.run(revoke)


def _row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    return (
        key.id,
        key.name,
        key.scope,
        key_state(key, now),
        date(key.created_at),
        date(key.last_used_at) if key.last_used_at else "never",
        str(key.requests_per_minute or "any"),
        str(key.concurrent_requests or "any"),
    )
