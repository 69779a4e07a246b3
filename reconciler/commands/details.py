"""`plotman details`."""

from __future__ import annotations

import click

from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.context import Farm, spec_option
from reconciler.views import details


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.jobs)
@spec_option
def command(ids: tuple[str, ...], spec: str | None) -> None:
    """All about jobs."""
    farm = Farm.open(spec)
    facts = farm.look()
    jobs = chosen(facts.all_jobs, ids)
    usage = farm.world.machine.usage([job.ident for job in jobs if job.ident is not None])
    shown = (
        details.text(facts, job, usage.get(job.ident) if job.ident is not None else None) for job in jobs
    )
    click.echo("\n".join(shown), nl=False)
