"""`orstt completion`: the script with which a shell completes what is typed after `orstt`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from orstt_tui.commands import output
from orstt_tui.commands.options import global_options

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ORSTT_COMPLETE"
"""By which the script asks `orstt` what may follow; click's own name for a program of this name."""


@click.command
@click.argument("shell", type=click.Choice(SHELLS))
@global_options
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script with which a shell completes commands.

    bash, in ~/.bashrc: eval "$(orstt completion bash)"

    zsh, in ~/.zshrc: eval "$(orstt completion zsh)"

    fish, once: orstt completion fish > ~/.config/fish/completions/orstt.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    output.write(kind(ctx.find_root().command, {}, "orstt", VARIABLE).source())
