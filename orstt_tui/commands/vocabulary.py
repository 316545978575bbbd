"""`orstt vocabulary`: lists of words to expect; list, show, add, update, import, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from orstt_core.backend import Backend
from orstt_core.errors import FileProblem, VocabularyNotFound
from orstt_core.terms import terms_in
from orstt_core.types import Vocabulary, VocabularyDraft, VocabularyUpdate
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import count, date

description_option = click.option("--description", metavar="TEXT", help="What is in it.")


@click.group
@global_options
def vocabulary() -> None:
    """Keep lists of words to expect, such as names and drugs."""


@vocabulary.command("list")
@json_option
@global_options
@click.pass_obj
def list_vocabularies(context: CommandContext, *, as_json: bool) -> None:
    """List the vocabularies, with how many terms each has."""
    found = context.run(lambda backend: backend.vocabularies())
    if as_json:
        output.write_json(found)
        return
    rows = [(each.name, str(each.size), date(each.updated_at), each.description) for each in found]
    output.write_table([("NAME", "TERMS", "CHANGED", "DESCRIPTION"), *rows])


@vocabulary.command("show")
@click.argument("name")
@json_option
@global_options
@click.pass_obj
def show_vocabulary(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Show the terms of a vocabulary, those most often heard first."""
    found = context.run(lambda backend: backend.vocabulary(name))
    if as_json:
        output.write_json(found)
        return
    output.write_table([("USES", "TERM"), *((str(term.uses), term.text) for term in found.terms)])


@vocabulary.command("add")
@click.argument("name")
@click.argument("terms", metavar="[TERM]...", nargs=-1)
@description_option
@json_option
@global_options
@click.pass_obj
def add_vocabulary(
    context: CommandContext, *, name: str, terms: tuple[str, ...], description: str | None, as_json: bool
) -> None:
    """Make a vocabulary of terms; several words stand in quotes."""
    draft = VocabularyDraft(name=name, description=description or "", terms=terms)
    _report(context.run(lambda backend: backend.create_vocabulary(draft)), "Added", as_json=as_json)


@vocabulary.command("update")
@click.argument("name")
@click.option("--add", metavar="TERM", multiple=True, help="A term that it is to have too; may be given several times.")
@click.option("--remove", metavar="TERM", multiple=True, help="A term that it is to lose; may be given several times.")
@description_option
@json_option
@global_options
@click.pass_obj
def update_vocabulary(
    context: CommandContext,
    *,
    name: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    description: str | None,
    as_json: bool,
) -> None:
    """Change a vocabulary."""
    update = VocabularyUpdate(add=add, remove=remove, description=description)
    if update == VocabularyUpdate():
        raise click.UsageError("Nothing is to be changed.")
    _report(context.run(lambda backend: backend.update_vocabulary(name, update)), "Changed", as_json=as_json)


@vocabulary.command("import")
@click.argument("name")
@click.argument("file", type=click.File(encoding="utf-8-sig", errors="strict"))
@click.option("--replace", is_flag=True, help="Let it have these terms only.")
@json_option
@global_options
@click.pass_obj
def import_vocabulary(context: CommandContext, *, name: str, file: TextIO, replace: bool, as_json: bool) -> None:
    """Read the terms of a vocabulary from a file.

    They stand one on a line, or between commas; a line that begins with # is a comment. `-` is standard input.

    They are added to it; it is made where there is none.
    """
    terms = _terms_in(file)

    async def bring(backend: Backend) -> Vocabulary:
        update = VocabularyUpdate(terms=terms) if replace else VocabularyUpdate(add=terms)
        try:
            return await backend.update_vocabulary(name, update)
        except VocabularyNotFound:
            return await backend.create_vocabulary(VocabularyDraft(name=name, terms=terms))

    _report(context.run(bring), "Imported", as_json=as_json)


@vocabulary.command("remove")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@json_option
@global_options
@click.pass_obj
def remove_vocabularies(context: CommandContext, *, names: tuple[str, ...], as_json: bool) -> None:
    """Remove vocabularies; one that a model has is not removed."""

    async def remove(backend: Backend) -> None:
        for name in names:
            _report(await backend.delete_vocabulary(name), "Removed", as_json=as_json)

    context.run(remove)


def _terms_in(file: TextIO) -> tuple[str, ...]:
    """Return the terms in a text, without comments."""
    try:
        text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        name = Path(str(file.name)).name
        raise FileProblem(f"{name} cannot be read as text: {error}.", hint="It is to be text in UTF-8.") from error
    return tuple(terms_in("\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))))


def _report(changed: Vocabulary, verb: str, *, as_json: bool) -> None:
    if as_json:
        output.write_json(changed)
    else:
        output.write(f"{verb} {output.one_line(changed.name)}: {count(changed.size, 'term')}.\n")
