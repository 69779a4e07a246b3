"""`plotman ignore`."""

from __future__ import annotations

import click

from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import for_option, ring, why_option, wish, withdraw
from reconciler.views import words


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.jobs)
@click.option("--undo", is_flag=True, help="Count them again.")
@for_option
@why_option
@spec_option
def command(ids: tuple[str, ...], undo: bool, span: float | None, why: str, spec: str | None) -> None:
    """Leave jobs out of account: they count against no limit, and nothing is done to them unasked."""
    farm = Farm.open(spec)
    for job in chosen(farm.look().all_jobs, ids):
        if undo:
            withdraw(farm, "ignore", job.id)
        else:
            wish(farm, "ignore", job.id, job=job, span=span, why=why)
        click.echo(f"{words.job_id(job)} {'counts again' if undo else 'is left out of account'}")
    ring(farm)
