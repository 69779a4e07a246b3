"""`plotman completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what SHELL needs to complete commands, options, ids and directories.

    \b
    bash: plotman completion bash > ~/.local/share/bash-completion/completions/plotman
    zsh:  plotman completion zsh > "${fpath[1]}/_plotman"
    fish: plotman completion fish > ~/.config/fish/completions/plotman.fish
    """
    made = get_completion_class(shell)
    assert made is not None, shell
    click.echo(made(ctx.find_root().command, {}, "plotman", "_PLOTMAN_COMPLETE").source())
