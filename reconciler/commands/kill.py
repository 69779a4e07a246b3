"""`plotman kill`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.codes import HELD_BACK
from reconciler.commands.context import Farm
from reconciler.commands.wishing import fulfil, why_option, wish
from reconciler.errors import UsageError
from reconciler.facts import Facts
from reconciler.state import Job
from reconciler.views import words

PATIENCE = 30.0
"""Seconds that a running loop is given."""


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.jobs)
@click.option("-f", "--force", is_flag=True, help="Do not ask.")
@why_option
@click.option("--spec", metavar="SPEC", help="As -f elsewhere, which here spares the question.")
def command(ids: tuple[str, ...], force: bool, why: str, spec: str | None) -> int:
    """End jobs and remove their temporary files, as far as these are proven to be theirs."""
    if not force and not sys.stdin.isatty():
        raise UsageError("kill asks before it acts, and stdin is no terminal; kill -f does not ask")
    farm = Farm.open(spec)
    jobs = chosen(farm.look().all_jobs, ids)
    if not force and not _confirmed(jobs):
        click.echo("nothing was killed", err=True)
        return HELD_BACK
    for job in jobs:
        wish(farm, "kill", job.id, job=job, why=why)
    return fulfil(farm, "kill", jobs, _gone, "is gone", PATIENCE)


def _confirmed(jobs: Sequence[Job]) -> bool:
    for job in jobs:
        where = " ".join(job.tmps) or "?"
        phase = words.known(job.phase, "?:?")
        click.echo(f"  {words.job_id(job)}  {phase} on {words.clean(where)}", err=True)
    asked = f"End {words.plural(len(jobs), 'job')} and remove the temporary files?"
    return click.confirm(asked, default=False, err=True)


def _gone(facts: Facts, job: Job) -> bool:
    return facts.seen.jobs.fact == "known" and all(each.id != job.id for each in facts.all_jobs)
