"""`orstt experiments create`, `pause`, `resume`, `stop`, `promote` and `delete`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

import click

from orstt_core.types import Experiment, ExperimentDraft, ExperimentJudge, ExperimentKind
from orstt_core.types.experiments import DEFAULT_RECORDINGS
from orstt_tui.commands import output
from orstt_tui.commands.completions import experiment_names, model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.listing import Moment
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.moments import EXAMPLES

if TYPE_CHECKING:
    from orstt_core.backend import Backend


NEXT: dict[tuple[ExperimentKind, ExperimentJudge], str] = {
    ("shadow", "people"): "orstt experiments judge {0}; orstt experiments show {0} says what was found",
    ("shadow", "references"): "orstt experiments judge {0}, or correct the jobs' texts: orstt jobs edit ID",
    ("split", "references"): "correct the jobs' texts: orstt jobs edit ID; orstt experiments show {0}",
    ("shadow", "proxies"): "orstt experiments show {0}",
    ("split", "proxies"): "orstt experiments show {0}",
}
"""How an experiment of each kind comes to be judged."""


class Share(click.ParamType[float]):
    """A share as a person writes it: 20 % or 0.2."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, more than 0 and at most 1."""
        text = str(value).strip()
        number = text.removesuffix("%")
        try:
            share = float(number) / (100 if number != text else 1)
        except ValueError:
            share = 0.0
        if not 0 < share <= 1:
            self.fail(f"{text!r} is no share, such as 20% or 0.2.", param, ctx)
        return share


@click.command
@click.argument("name")
@click.option("--b", metavar="NAME", required=True, shell_complete=model_names, help="The model that is tried.")
@click.option(
    "--a", metavar="NAME", shell_complete=model_names, help="The model that does the work. Default: the active one."
)
@click.option(
    "--kind",
    type=click.Choice(get_args(ExperimentKind)),
    default="shadow",
    show_default=True,
    help="Whether B transcribes the same recordings behind the scenes, or answers a share of the requests.",
)
@click.option(
    "--judge",
    type=click.Choice(get_args(ExperimentJudge)),
    help="What decides. Default: people in a shadow, references in a split.",
)
@click.option("--share", type=Share(), help="Which share of the recordings takes part, such as 20%.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Most seconds that B may compute.")
@click.option(
    "--recordings",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_RECORDINGS,
    show_default=True,
    help="Most recordings that take part.",
)
@click.option("--until", type=Moment(at_end=True), help=f"When it ends: {EXAMPLES}.")
@click.option(
    "--harm",
    type=click.FloatRange(0, 100),
    default=0.0,
    show_default=True,
    help="By how many points B may be worse before it stops.",
)
@click.option("--cloud", is_flag=True, help="B may send sound out of this machine.")
@json_option
@global_options
@click.pass_obj
def create(
    context: CommandContext,
    /,
    *,
    name: str,
    a: str | None,
    judge: ExperimentJudge | None,
    until: datetime | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Begin an experiment; it runs at once.

    B transcribes where jobs are worked on: by `orstt serve`, the terminal program, or `orstt jobs drain`.
    """

    async def begin(backend: Backend) -> Experiment:
        control = a or (await backend.info()).active_model
        default: ExperimentJudge = "people" if asked["kind"] == "shadow" else "references"
        draft = ExperimentDraft(name=name, a=control, judge=judge or default, until=until, **asked)
        return await backend.create_experiment(draft)

    begun = context.run(begin)
    if as_json:
        output.write_json(begun)
        return
    share = f"{begun.share:.0%} of the recordings"
    on = f"{begun.b} is tried on {share}" if begun.kind == "shadow" else f"{begun.b} answers {share}"
    output.write(f"{output.one_line(f'Began {begun.name}: {begun.a} does the work, {on}')}\n")
    work = f"transcribe with {begun.a}" if begun.kind == "shadow" else "transcribe without naming a model"
    output.write_stderr(f"next: {work}: orstt jobs submit FILE…, then orstt jobs drain unless a server runs")
    output.write_stderr(f"then: {NEXT[begun.kind, begun.judge].format(output.one_line(begun.name))}")


def _changing(
    verb: str, text: str, change: Callable[[Backend, str], Awaitable[Experiment]], past: str
) -> click.Command:
    """Return a command that changes an experiment."""

    @click.command(verb, help=text)
    @click.argument("name", shell_complete=experiment_names)
    @json_option
    @global_options
    @click.pass_obj
    def command(context: CommandContext, *, name: str, as_json: bool) -> None:
        async def changed(backend: Backend) -> Experiment:
            return await change(backend, name)

        found = context.run(changed)
        if as_json:
            output.write_json(found)
        else:
            reason = f": {found.reason}" if found.reason else ""
            output.write(output.one_line(f"{past} {found.name}{reason}") + "\n")
            if verb == "promote" and found.result.verdict != "better":
                output.write_stderr(f"this was not decided by the experiment: {found.result.words}")

    return command


pause = _changing(
    "pause",
    "Let no further recording take part for the time being.",
    lambda backend, name: backend.pause_experiment(name),
    "Paused",
)
resume = _changing(
    "resume", "Go on with an experiment.", lambda backend, name: backend.resume_experiment(name), "Resumed"
)
stop = _changing("stop", "End an experiment for good.", lambda backend, name: backend.stop_experiment(name), "Stopped")
promote = _changing(
    "promote",
    "Make B the active model in A's place, once it has proved that it works.\n\n"
    "`orstt models activate` with the name of A takes it back.",
    lambda backend, name: backend.promote_experiment(name),
    "Promoted",
)
delete = _changing(
    "delete",
    "Remove an experiment with all that it found.",
    lambda backend, name: backend.delete_experiment(name),
    "Removed",
)
