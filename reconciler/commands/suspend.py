"""`plotman suspend`."""

from __future__ import annotations

import click

from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import for_option, fulfil, why_option, wish
from reconciler.facts import Facts
from reconciler.state import Job

PATIENCE = 10.0
"""Seconds that a running loop is given."""


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.jobs)
@for_option
@why_option
@spec_option
def command(ids: tuple[str, ...], span: float | None, why: str, spec: str | None) -> int:
    """Stop jobs where they stand, and keep them so."""
    farm = Farm.open(spec)
    jobs = chosen(farm.look().all_jobs, ids)
    for job in jobs:
        wish(farm, "suspend", job.id, job=job, span=span, why=why)
    return fulfil(farm, "suspend", jobs, _suspended, "is suspended", PATIENCE)


def _suspended(facts: Facts, job: Job) -> bool:
    return any(each.id == job.id and each.run == "suspended" for each in facts.all_jobs)
