"""`plotman status`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm, spec_option, unreachable
from reconciler.commands.screen import Screen
from reconciler.commands.watching import watch, watch_option
from reconciler.errors import UsageError
from reconciler.facts import Facts
from reconciler.views import revisions, status, transfers
from reconciler.views.names import Names


@click.command
@spec_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@watch_option
@click.pass_obj
def command(ascii: bool, spec: str | None, as_json: bool, watching: bool) -> int:
    """The jobs that run, the youngest first, and below them the plots that are being moved.

    Piped, it is the jobs only: a plain table with one line of header and the ids in the first 8 columns. --json
    tells of both.
    """
    farm = Farm.open(spec)
    if watching:
        if as_json:
            raise UsageError("--watch shows tables; leave --json out")
        watch(ascii, lambda screen: _text(farm, farm.look(temps=True), screen))
        return 0
    facts = farm.look(temps=True)
    shown = status.to_json(facts, _rows(farm, facts)) if as_json else _text(farm, facts, Screen.of(ascii))
    click.echo(shown, nl=False)
    missing = unreachable(facts)
    for line in missing:
        click.echo(line, err=True)
    return PARTLY if missing else 0


def _text(farm: Farm, facts: Facts, screen: Screen) -> str:
    """The jobs; for a person's eyes the transfers too, which a shell line could take for jobs."""
    jobs = status.text(_rows(farm, facts), screen.symbols, screen.width)
    if screen.width is None:
        return jobs
    moving = transfers.text(transfers.rows(facts), Names(facts.spec), screen.symbols, screen.width)
    return "\n".join(filter(None, (jobs, moving, _spec(facts))))


def _spec(facts: Facts) -> str:
    """Which revision is followed, and why the newest is not; empty where the spec is a file."""
    source = facts.seen.source
    if source is None:
        return ""
    held_up = revisions.held_up(source)
    return f"spec {revisions.in_force(source)}\n" + (f"{held_up}\n" if held_up is not None else "")


def _rows(farm: Farm, facts: Facts) -> Sequence[status.Row]:
    idents = [job.ident for job in facts.all_jobs if job.ident is not None]
    return status.rows(facts, farm.world.machine.usage(idents))
