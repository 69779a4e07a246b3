"""The command line: one verb a file, each with a click command named `command`; nothing else prints or exits.

A verb's module is imported only when that verb runs, so that `plotman --help` costs no more than click. A
command returns its exit code, or None for 0; what goes wrong is raised, and `main` gives it words and a code.

To add a command: a file, a line in VERBS.
"""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import click

from reconciler.errors import PlotmanError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VERBS: Mapping[str, str] = {
    "config": "make, find, check and convert specs",
    "plan": "what would be done, and why not more; changes nothing",
    "apply": "make it so: the loop, one tick, or a saved plan",
    "plot": "the loop with plotting only",
    "archive": "the loop with archiving only",
    "diff": "desired against observed state, leaf by leaf",
    "explain": "each rule: value, limit, passes or holds, when next",
    "observe": "all that can be seen, as planning sees it",
    "status": "the jobs that run",
    "dirs": "the directories: jobs, room, plots",
    "dsched": "the furthest job towards each dst directory",
    "details": "all about jobs",
    "files": "the temporary files of jobs",
    "logs": "the log of a job",
    "suspend": "stop jobs where they stand",
    "resume": "let jobs go on",
    "kill": "end jobs and remove their temporary files",
    "ignore": "leave jobs out of account",
    "pause": "start nothing new",
    "unpause": "start again",
    "kick": "forget back-offs and look now",
    "clean": "remove what transfers have left behind at a farmer",
    "plotter": "the definitions of plotters, and what they read from logs",
    "analyze": "how long finished plots took, by phase",
    "export": "all jobs that are over, as CSV",
    "history": "what was done and what came up",
    "report": "plots a day, failures, rates, and when disks are full",
    "simulate": "what a spec comes to on a machine, in virtual time",
    "tune": "what to change in a spec for more plots a day, by simulation",
    "fleet": "the hosts of a config repository, and how each does",
    "interactive": "the live dashboard",
    "prometheus": "a page of metrics",
    "notify": "who is told of what, and whether it gets there",
    "completion": "what a shell needs to complete plotman's commands",
    "version": "the version",
}
"""Every command and what it does, in the order of help; known without importing any."""

RUBBISH = 20_000
"""Objects made, and not freed, after which rubbish is looked for."""


class Verbs(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All verbs, in the order of help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb of that name, imported now; None where there is none."""
        if cmd_name not in VERBS:
            return None
        command = _imported(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the arguments begin with. Raises click's UsageError, with the nearest one, for none."""
        if args[0] not in VERBS and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f"did you mean {near[0]}?" if near else "`plotman --help` lists them"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs and options that begin so, without importing any verb."""
        from click.shell_completion import CompletionItem

        verbs = [
            CompletionItem(name, help=told) for name, told in VERBS.items() if name.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of verbs, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _imported(name: str) -> ModuleType:
    """The module of that name. What modules are made of stays: it is not looked through for rubbish, now or later."""
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--ascii", is_flag=True, help="Plain symbols only: + = * > - and the like.")
@click.pass_context
def plotman(ctx: click.Context, ascii: bool) -> None:
    """Say what the farm shall be, and see why it is not yet."""
    ctx.obj = ascii


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. arguments: without the program's name; None: those of this process."""
    # Nor is anything when all is over. And what a look makes is seldom rubbish that only a search finds.
    atexit.register(gc.freeze)
    gc.set_threshold(RUBBISH)
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name that the terminal cannot show must not cost the whole answer.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(arguments))


def _open_standard_streams() -> None:
    """Nothing to read, and nobody who reads, in place of those that whoever called has closed.

    Else the next file that is opened would be such a stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = plotman.main(arguments, prog_name="plotman", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        return UsageError.exit_code
    except click.ClickException as error:
        error.show()
        return PlotmanError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return PlotmanError.exit_code
    except PlotmanError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EDQUOT):
            raise
        # Python must not meet the pipe that nobody reads, or the full disk, once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            click.echo(f"cannot write to stdout: {error.strerror}", err=True)
        return PlotmanError.exit_code
    return code if isinstance(code, int) else 0
