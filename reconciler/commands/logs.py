"""`plotman logs`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reconciler.commands.chosen import chosen, fitting
from reconciler.commands.context import Farm
from reconciler.errors import PlotmanError
from reconciler.facts import Facts
from reconciler.state import Ident, Known
from reconciler.views import words

BLOCK = 1 << 20
PAUSE = 0.5
"""Seconds between two looks at a log that is followed."""


@click.command
@click.argument("job_id", metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends.")
@click.option("--spec", metavar="SPEC", help="As -f elsewhere, which here follows.")
def command(job_id: str, follow: bool, spec: str | None) -> None:
    """The log of a job that runs, or of one in the journal; keys in it are shortened."""
    farm = Farm.open(spec)
    path, ident = _log(farm.look(), job_id)
    try:
        for line in _lines(farm, path, ident if follow else None):
            click.echo(words.clean(line.decode(errors="replace").expandtabs()))
    except KeyboardInterrupt:
        if not follow:
            raise


def _log(facts: Facts, job_id: str) -> tuple[str, Ident | None]:
    """A log's path, and the process that writes it. Raises UsageError, PlotmanError."""
    if not fitting(facts.all_jobs, job_id):
        ended = [
            start
            for start in facts.starts
            if f"{start.plot_id}".startswith(job_id) or start.id.startswith(job_id)
        ]
        if len(ended) == 1:
            return ended[0].log, None
    job = chosen(facts.all_jobs, (job_id,))[0]
    if not isinstance(job.log, Known):
        raise PlotmanError(f"job {job.id} writes no log that is known: {job.log.why}")
    return job.log.value, job.ident


def _lines(farm: Farm, path: str, ident: Ident | None) -> Iterator[bytes]:
    """The lines of a log; with ident those to come, too, until that process ends."""
    machine = farm.world.machine
    offset, rest = 0, b""
    while True:
        lives = ident is not None and bool(machine.alive((ident,)))
        chunk = machine.read([(path, offset, BLOCK)])[path]
        if not isinstance(chunk, Known):
            raise PlotmanError(f"{path} cannot be read: {chunk.why}")
        offset += len(chunk.value.data)
        *lines, rest = (rest + chunk.value.data).split(b"\n")
        yield from (line.rstrip(b"\r") for line in lines)
        if chunk.value.data:
            continue
        if not lives or ident is None:
            break
        machine.wait((ident,), PAUSE, "")
    if rest:
        yield rest
