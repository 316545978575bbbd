"""`orstt experiments judge`: two texts of one recording, and which of them is better."""

from __future__ import annotations

from typing import get_args

import click

from orstt_core.types import Choice, ComparedRow, Experiment, ExperimentPair, Judgement, PairToJudge, Side
from orstt_tui.commands import output
from orstt_tui.commands.completions import experiment_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.marked_text import coloured_text
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.formatting import clock, count, file_name

QUIT = "quit"
TITLES: dict[str, Side] = {"LEFT": "first", "RIGHT": "second"}
ANSWERS = (*get_args(Choice), QUIT)


@click.command
@click.argument("name", shell_complete=experiment_names)
@click.option(
    "--pair", type=click.IntRange(min=1), help="Judge this pair, and ask nothing; needs --choice or --reference."
)
@click.option("--choice", type=click.Choice(get_args(Choice)), help="Which text of it is better.")
@click.option("--reference", metavar="TEXT", default="", help="What was said in it, where references judge.")
@json_option
@global_options
@click.pass_obj
def judge(
    context: CommandContext, *, name: str, pair: int | None, choice: Choice | None, reference: str, as_json: bool
) -> None:
    """Judge texts of an experiment, without knowing which model wrote them.

    Shows two texts of a recording, with what differs marked, and asks which is better: left, right, equal or neither;
    the first letter does, and quit ends. Where references judge it asks for what was said. With --json it prints the
    next pair and asks nothing.
    """
    if pair is not None and not (choice or reference):
        raise click.UsageError("--pair needs --choice or --reference.")
    if pair is None and (choice or reference):
        raise click.UsageError("--choice and --reference need --pair.")
    if pair is None:
        asked = context.run(lambda backend: backend.pair_to_judge(name))
    else:
        asked = _say(context, name, Judgement(pair=pair, choice=choice, reference=reference))
    if as_json:
        output.write_json(asked)
        return
    while pair is None and asked.pair is not None:
        judgement = _ask(asked.pair, asked.waiting, by_reference=asked.judge == "references")
        if judgement is None:
            return
        asked = _say(context, name, judgement)
    if asked.pair:
        output.write_stderr(f"{count(asked.waiting, 'pair')} left, {asked.judged} judged")
    else:
        found = context.run(lambda backend: backend.experiment(name))
        output.write_stderr(f"nothing to judge now, {asked.judged} judged{_what_is_missing(found)}")


def _what_is_missing(experiment: Experiment) -> str:
    """Return what has to happen before there is a further pair; empty: the experiment has no further one."""
    if experiment.state != "running":
        return ""
    if experiment.waiting:
        waiting = count(experiment.waiting, "recording")
        return f"; {waiting} still to be heard by B: a server, the terminal program or `orstt jobs drain` lets it"
    return f"; a pair comes with each further recording that {experiment.a} transcribes and {experiment.b} hears"


def _say(context: CommandContext, name: str, judgement: Judgement) -> PairToJudge:
    return context.run(lambda backend: backend.judge_pair(name, judgement))


def _ask(pair: ExperimentPair, waiting: int, *, by_reference: bool) -> Judgement | None:
    """Show a pair and return what a person says of it; None: they want to end."""
    row = ComparedRow(pieces=pair.pieces)
    output.write(f"{label(file_name(pair.filename))}, {clock(pair.duration)}; {count(waiting, 'pair')} left\n")
    for title, side in TITLES.items():
        output.write(f"{title:6} {coloured_text(row, side)}\n", styled=True)
    if by_reference:
        said = click.prompt("What was said? (nothing: end)", default="", show_default=False, err=True)
        return Judgement(pair=pair.id, reference=said) if said.strip() else None
    while True:
        said = (
            click.prompt("Better: left, right, equal, neither, or quit", err=True, prompt_suffix=" ? ").strip().lower()
        )
        match = [answer for answer in ANSWERS if said and answer.startswith(said)]
        if match == [QUIT]:
            return None
        if len(match) == 1:
            return Judgement(pair=pair.id, choice=match[0])
        output.write_stderr(f"{output.one_line(said)!r} is no answer; type one of these words, or its first letter")
