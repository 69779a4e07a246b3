"""`plotman notify`: who is told of what, and whether it gets there."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.commands.codes import PARTLY
from reconciler.commands.context import load_plotters, load_spec, spec_option
from reconciler.commands.screen import Screen
from reconciler.errors import PlotmanError, UsageError
from reconciler.spec.place import spec_path

if TYPE_CHECKING:
    from reconciler.spec.notify import Target

DEADLINE = 20.0
"""Seconds that a target has to take a message."""


@click.group()
def command() -> None:
    """Who is told of what, by notify in the spec, and whether it gets there."""


@command.command()
@spec_option
def test(spec: str | None) -> int:
    """Send a message to every target, and say which of them took it."""
    path = spec_path(spec, os.environ)
    wish = load_spec(path, load_plotters(path)).spec.notify
    if wish is None:
        raise UsageError("the spec has no notify; `plotman notify events` lists what it can tell of")
    taken = 0
    for target, problem in zip(wish.targets, _try(wish.targets), strict=True):
        taken += problem is None
        click.echo(f"{target.place}: {problem or 'took the message'}", err=problem is not None)
    if taken == len(wish.targets):
        return 0
    return PARTLY if taken else PlotmanError.exit_code


@command.command()
@click.pass_obj
def events(ascii: bool) -> None:
    """All events that targets can be told of, with their levels."""
    from reconciler.notify.kinds import KINDS
    from reconciler.views.table import table

    screen = Screen.of(ascii)
    rows = [(name, kind.level, kind.about) for name, kind in KINDS.items()]
    header = ("event", "level", "told when")
    click.echo("\n".join(table(rows, header, width=screen.width, cut=screen.symbols.cut)))


def _try(targets: Sequence[Target]) -> Sequence[str | None]:
    """Why each of them did not take a message; None: it did. All are asked side by side."""
    import time

    from reconciler.machine import LocalMachine
    from reconciler.notify.digest import Digest
    from reconciler.notify.service import Service

    message = Digest(
        f"plotman on {LocalMachine().host}: a test", "This is what plotman's messages look like.", "info"
    )
    problems: list[str | None] = [f"no answer within {DEADLINE:.0f} s"] * len(targets)

    def attempt(number: int, target: Target) -> None:
        try:
            Service(target, os.environ).send(message)
            problems[number] = None
        except PlotmanError as error:
            problems[number] = str(error)

    threads = [threading.Thread(target=attempt, args=each, daemon=True) for each in enumerate(targets)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + DEADLINE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return tuple(problems)
