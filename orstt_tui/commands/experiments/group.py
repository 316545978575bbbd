"""`orstt experiments`: begin an experiment, look at it, judge, pause, stop, promote, remove."""

from __future__ import annotations

import click

from orstt_tui.commands.experiments.changes import create, delete, pause, promote, resume, stop
from orstt_tui.commands.experiments.judge import judge
from orstt_tui.commands.experiments.listing import list_experiments, show
from orstt_tui.commands.options import global_options


@click.group
@global_options
def experiments() -> None:
    """Try a second model on live work.

    Model B is tried beside model A, which does the work, until it is sure which is better. An experiment is named by
    its name.
    """


for command in (create, list_experiments, show, judge, pause, resume, stop, promote, delete):
    experiments.add_command(command)
