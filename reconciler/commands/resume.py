"""`plotman resume`."""

from __future__ import annotations

import click

from reconciler import wishes
from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import for_option, fulfil, why_option
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
    """Let jobs go on.

    One that `suspend` had stopped is as free as before; one that was stopped for want of room, or by other
    hands, is kept running from now on.
    """
    farm = Farm.open(spec)
    jobs = chosen(farm.look().all_jobs, ids)
    for job in jobs:
        wishes.steer(farm.world.machine, farm.logs, "resume", job, span=span, why=why)
    return fulfil(farm, "resume", jobs, _running, "runs", PATIENCE)


def _running(facts: Facts, job: Job) -> bool:
    return any(each.id == job.id and each.run == "running" for each in facts.all_jobs)
