"""`plotman logs`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from reconciler.commands import completing, shelf
from reconciler.commands.chosen import chosen, fitting
from reconciler.commands.context import Farm
from reconciler.commands.logfiles import blocks, read, size
from reconciler.commands.progress import progress
from reconciler.errors import PlotmanError, UsageError
from reconciler.facts import Facts
from reconciler.state import Ident, Known
from reconciler.views import words

if TYPE_CHECKING:
    from reconciler.plotters import Plotters

BLOCK = 1 << 20
PAUSE = 0.5
"""Seconds between two looks at a log that is followed."""


@click.command
@click.argument("job_id", metavar="ID", shell_complete=completing.logs)
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends.")
@click.option("--spec", metavar="SPEC", help="As -f elsewhere, which here follows.")
def command(job_id: str, follow: bool, spec: str | None) -> None:
    """The log of a job that runs, or of one in the journal and its monthly folders; keys in it are shortened.

    An ID is the beginning of a job's id or its plot's.
    """
    farm = Farm.open(spec)
    path, ident = _log(farm, job_id)
    try:
        for line in _lines(farm, path, ident if follow else None):
            click.echo(words.clean(line.decode(errors="replace").expandtabs()))
    except KeyboardInterrupt:
        if not follow:
            raise


def _log(farm: Farm, job_id: str) -> tuple[str, Ident | None]:
    """A log's path, and the process that writes it: of a job that runs, else of one that is over.

    Raises UsageError, PlotmanError.
    """
    facts = farm.look()
    if not fitting(facts.all_jobs, job_id) and (path := _over(farm, facts, job_id.lower())) is not None:
        return path, None
    job = chosen(facts.all_jobs, (job_id,))[0]
    if not isinstance(job.log, Known):
        raise PlotmanError(f"job {job.id} writes no log that is known: {job.log.why}")
    return job.log.value, job.ident


def _over(farm: Farm, facts: Facts, begun: str) -> str | None:
    """The log of the one job of the journal that is over and whose id, or whose plot's, begins so; None: there is none.

    A log's name tells the job's id, and only its lines the plot's, so that those are read last. Raises UsageError.
    """
    if not begun or set(begun) - set("0123456789abcdef"):
        return None
    entries = shelf.entries(farm.world.machine, farm.logs)
    plots = {start.log: start.plot_id for start in facts.starts if start.plot_id is not None}
    searches: tuple[Callable[[], Sequence[str]], ...] = (
        lambda: [entry.path for entry in entries if entry.name.id.startswith(begun)],
        lambda: [path for path, plot_id in plots.items() if plot_id.startswith(begun)],
        lambda: _telling(
            [entry.path for entry in entries if entry.outcome is not None], begun, farm.plotters
        ),
    )
    for search in searches:
        found = search()
        if len(found) == 1:
            return found[0]
        if found:
            listed = "\n".join(f"  {words.clean(path)}" for path in found)
            raise UsageError(f"{begun} may mean {len(found)} jobs; write more of the id:\n{listed}")
    return None


def _telling(paths: Sequence[str], begun: str, plotters: Plotters) -> Sequence[str]:
    """Those logs that tell of a plot whose id begins so."""
    found = []
    with progress(f"searching {words.plural(len(paths), 'log')}", sum(map(size, paths))) as advance:
        for path in paths:
            with suppress(PlotmanError):
                if _holds(path, begun.encode()):
                    plots = read(path, plotters).said.plots
                    found += [path] if any((plot.plot_id or "").startswith(begun) for plot in plots) else []
            advance(size(path))
    return found


def _holds(path: str, word: bytes) -> bool:
    """Do these bytes stand anywhere in a file? Raises PlotmanError."""
    before = b""
    for block in blocks(path):
        if word in before + block.lower():
            return True
        before = block[-len(word) :].lower()
    return False


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
