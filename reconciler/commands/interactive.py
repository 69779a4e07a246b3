"""`plotman interactive`."""

from __future__ import annotations

import os
import shlex
import sys

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.looping import ARCHIVING, PLOTTING, address
from reconciler.commands.notifying import notifying
from reconciler.commands.screen import Screen
from reconciler.errors import UsageError
from reconciler.events import Event
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.views.symbols import ASCII, UNICODE


@click.command
@spec_option
@click.option("--read-only", is_flag=True, help="Only look: run no loop, and have no keys that act.")
@click.option(
    "--web",
    metavar="ADDRESS:PORT",
    callback=address,
    help="Serve it to browsers there instead, read-only: 127.0.0.1:8080.",
)
@click.pass_obj
def command(ascii: bool, spec: str | None, read_only: bool, web: tuple[str, int] | None) -> None:
    """The live dashboard; ? lists its keys.

    It runs the loop itself, unless another program does: then it watches that one. Quitting leaves all jobs running.
    """
    farm = Farm.open(spec, following=not read_only and web is None)
    if web is not None:
        from reconciler.dashboard.web import serve

        serve(_reader(farm.path, ascii), *web)
        return
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if not in_browser and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("interactive needs a terminal; `plotman apply` runs the loop without one")
    from reconciler.dashboard.feed import LiveFeed
    from reconciler.dashboard.show import show

    reading = read_only or in_browser
    plain = ascii or (not in_browser and Screen.of(ascii).symbols.marks == ASCII.marks)
    feed: LiveFeed | None = None

    def tell(event: Event) -> None:
        if feed is not None:
            feed.tell(event)

    with notifying(farm, (*PLOTTING, *ARCHIVING), tell) as listen:
        feed = LiveFeed(
            lambda: farm.source,
            farm.plotters,
            lambda: LocalWorld(LocalMachine()),
            watching=reading,
            listen=listen,
        )
        show(feed, ASCII if plain else UNICODE, reading=reading)


def _reader(path: str, ascii: bool) -> str:
    """The shell line that each browser's own dashboard is run by."""
    plain = ["--ascii"] if ascii else []
    words = [
        sys.executable,
        "-m",
        "reconciler",
        *plain,
        "interactive",
        "--read-only",
        "-f",
        os.path.abspath(path),
    ]
    return f"exec {shlex.join(words)}"
