"""What the plain program offers by number and by short name: each entry is a command of `orstt`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import NamedTuple

MENU_WORDS = ("menu", "help", "?", "h")
"""What shows the entries again."""
END_WORDS = ("quit", "exit", "q")
"""What ends the program, as Ctrl-D does."""

LISTS = frozenset({"models", "jobs"})
"""Names of the menu that are groups of commands too; an option behind them is one of their lists."""
HELP = frozenset({"--help", "-h"})


class Entry(NamedTuple):
    """A line of the menu.

    Attributes:
        name: what to type.
        short: what may be typed instead.
        command: the words of the command that it is, behind `orstt`; `{}` stands for the next word of the line, `{*}`
            for all that follow, and what is left over comes behind.
        asks: what to ask for where it was chosen by its number, one question for each word that follows.
        what: what it does.
    """

    name: str
    short: str
    command: str
    asks: Sequence[str]
    what: str


MENU = (
    Entry("models", "m", "models list", (), "List the models; the star marks the active one."),
    Entry("activate", "a", "models activate", ("Name of the model",), "Transcribe with a model from now on."),
    Entry("add", "n", "models add", ("Name of the new model",), "Configure a model, such as: add mine --weights small"),
    Entry("pull", "p", "models pull", ("Name of the model",), "Bring the files of a model here."),
    Entry("transcribe", "t", "transcribe", ("Path of the recording",), "Read along while a recording becomes text."),
    Entry("submit", "s", "jobs submit", ("Path of the recording",), "Have it transcribed while you do something else."),
    Entry("jobs", "j", "jobs list", (), "List the jobs, newest first, each with its ID."),
    Entry("read", "r", "jobs read", ("ID of the job",), "Read a job's text, each segment with number and time."),
    Entry("search", "/", "jobs list --search {*}", ("Words to find",), "List the jobs whose texts hold these words."),
    Entry("cancel", "c", "jobs cancel", ("ID of the job",), "Cancel a job that waits or runs."),
    Entry(
        "correct",
        "e",
        "jobs correct",
        ("ID of the job", "Number of the segment"),
        "Let a segment say something else; asks for the text.",
    ),
    Entry("undo", "u", "jobs undo", ("ID of the job",), "Take the latest correction back."),
    Entry(
        "save",
        "w",
        "jobs show {} --output {}",
        ("ID of the job", "File, such as talk.txt or talk.srt"),
        "Write a job's text to a file.",
    ),
)


def lines() -> list[str]:
    """Return the menu, a line an entry, and what else may be typed."""
    width = max(len(entry.name) for entry in MENU)
    numbered = (f"{number:2} {entry.name:{width}}  {entry.what}" for number, entry in enumerate(MENU, start=1))
    return [
        *numbered,
        "Type a number, or a name with what it is about, such as: transcribe talk.wav",
        "Every other command of orstt works too, and --help behind each; menu shows this again.",
        "Ctrl-C stops what is going on, Ctrl-D ends the program.",
    ]


def words_of(line: str) -> list[str]:
    """Return the words of a line, as a shell takes it apart; a colon before the first one counts for nothing.

    Raises:
        ValueError: a quotation mark is open.
    """
    words = shlex.split(line.strip().removeprefix(":"))
    return words[1:] if words[:1] == ["orstt"] else words


def expand(words: Sequence[str], commands: Sequence[str], ask: Callable[[str], str] | None = None) -> list[str]:
    """Return the arguments for `orstt` that words of a line stand for.

    Args:
        words: not empty.
        commands: the names of the commands of `orstt`; with more words behind it, such a name is that command.
        ask: asks for what a number's entry needs; None where nobody can be asked.
    """
    first, *rest = words
    numbered = dict(enumerate(MENU, start=1))
    if first.isdecimal() and int(first) in numbered:
        entry = numbered[int(first)]
        missing = entry.asks[len(rest) :] if ask is not None else ()
        return _filled(entry, [*rest, *(ask(question) for question in missing if ask is not None)])
    entries = {name: entry for entry in MENU for name in (entry.name, entry.short)}
    # `jobs --state done` is the list with an option; `jobs submit` and `jobs --help` are the command of that name.
    listed = first in LISTS and rest and rest[0].startswith("-") and rest[0] not in HELP
    if first in entries and (listed or not (first in commands and rest)):
        return _filled(entries[first], rest)
    return list(words)


def missing_words(words: Sequence[str]) -> str:
    """Return what is said where a line has too few words behind a name of the menu; empty: it has enough.

    Args:
        words: as for `expand`, which asks for what a number lacks.
    """
    first, *rest = words
    for entry in MENU:
        if first in {entry.name, entry.short} and len(rest) < entry.command.split().count("{}") and not HELP & {*rest}:
            return f"{entry.name} needs behind it: {'; '.join(entry.asks)}"
    return ""


def _filled(entry: Entry, words: Sequence[str]) -> list[str]:
    left, arguments = list(words), []
    for word in entry.command.split():
        if word == "{*}":
            left = [" ".join(left)] if left else []
        if word not in {"{}", "{*}"}:
            arguments.append(word)
        elif left:
            arguments.append(left.pop(0))
    return [*arguments, *left]
